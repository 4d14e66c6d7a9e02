/* Written by `orrery eval tables --real DIR --learn FILE`: learned from 1181 questions over 8891 tables (ottqa: dev
 * questions of OTT-QA, MIT, wenhuchen/OTT-QA; text of the tables from Wikipedia, CC BY-SA, none of it in here). */
#include "methods/tables/ranker.h"

const struct orr_table_ranker orr_table_ranker_shipped = {{
    6.83028F, /* bm25f */
    2.90656F, /* bm25f_top */
    0.74597F, /* place */
    1.9693F, /* cover_title */
    -4.6998F, /* cover_section */
    2.00057F, /* cover_text */
    0.652508F, /* cover_intro */
    3.26472F, /* cover_header */
    -0.684197F, /* cover_cells */
    5.15903F, /* cover_all */
    3.78329F, /* whole_title */
    0.527127F, /* whole_section */
    0.964924F, /* whole_header */
    7.90895F, /* rest_section */
    -1.93999F, /* rest_text */
    0.486876F, /* rest_intro */
    4.76437F, /* rest_header */
    0.0361373F, /* rest_cells */
    0.330772F, /* best_heading */
    0.428911F, /* headings */
    3.20764F, /* best_row */
    -5.27528F, /* second_row */
    8.24186F, /* best_cell */
    5.94226F, /* pairs_title */
    -0.632912F, /* pairs_section */
    2.11604F, /* pairs_text */
    -0.985096F, /* pairs_intro */
    0.431077F, /* pairs_header */
    -0.734162F, /* pairs_cells */
    2.20481F, /* numbers_title */
    0.47691F, /* numbers_cells */
    0.426132F, /* numbers_text */
    -0.554992F, /* rows */
    -1.16333F, /* columns */
    -0.134297F, /* intro */
    -0.212955F, /* text */
    2.27009F, /* sibling */
    -0.694864F, /* has_sibling */
}};
