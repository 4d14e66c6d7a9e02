/* Written by `orrery eval tables --real DIR --learn FILE`: learned from 1181 questions over 8891 tables (ottqa: dev
 * questions of OTT-QA, MIT, wenhuchen/OTT-QA; text of the tables from Wikipedia, CC BY-SA, none of it in here). */
#include "methods/tables/ranker.h"

const struct orr_table_ranker orr_table_ranker_shipped = {{
    6.83028, /* bm25f */
    2.90656, /* bm25f_top */
    0.74597, /* place */
    1.9693, /* cover_title */
    -4.6998, /* cover_section */
    2.00057, /* cover_text */
    0.652508, /* cover_intro */
    3.26472, /* cover_header */
    -0.684197, /* cover_cells */
    5.15903, /* cover_all */
    3.78329, /* whole_title */
    0.527127, /* whole_section */
    0.964924, /* whole_header */
    7.90895, /* rest_section */
    -1.93999, /* rest_text */
    0.486876, /* rest_intro */
    4.76437, /* rest_header */
    0.0361373, /* rest_cells */
    0.330772, /* best_heading */
    0.428911, /* headings */
    3.20764, /* best_row */
    -5.27528, /* second_row */
    8.24186, /* best_cell */
    5.94226, /* pairs_title */
    -0.632912, /* pairs_section */
    2.11604, /* pairs_text */
    -0.985096, /* pairs_intro */
    0.431077, /* pairs_header */
    -0.734162, /* pairs_cells */
    2.20481, /* numbers_title */
    0.47691, /* numbers_cells */
    0.426132, /* numbers_text */
    -0.554992, /* rows */
    -1.16333, /* columns */
    -0.134297, /* intro */
    -0.212955, /* text */
    2.27009, /* sibling */
    -0.694864, /* has_sibling */
}};
