/* Written by `orrery eval tables --real DIR --learn FILE`: learned from 1181 questions over 8891 tables (ottqa: dev
 * questions of OTT-QA, MIT, wenhuchen/OTT-QA; text of the tables from Wikipedia, CC BY-SA, none of it in here). */
#include "methods/tables/ranker.h"

const struct orr_table_ranker orr_table_ranker_shipped = {{
    6.56034F, /* bm25f */
    2.77252F, /* bm25f_top */
    0.477482F, /* place */
    2.27967F, /* cover_title */
    -4.56427F, /* cover_section */
    1.58499F, /* cover_text */
    0.635395F, /* cover_intro */
    3.58380F, /* cover_header */
    -0.639475F, /* cover_cells */
    5.13089F, /* cover_all */
    3.74565F, /* whole_title */
    0.511505F, /* whole_section */
    0.882158F, /* whole_header */
    7.79691F, /* rest_section */
    -2.42650F, /* rest_text */
    0.659873F, /* rest_intro */
    4.29301F, /* rest_header */
    -0.0140975F, /* rest_cells */
    0.342860F, /* best_heading */
    0.613929F, /* headings */
    2.99399F, /* best_row */
    -5.14172F, /* second_row */
    8.64825F, /* best_cell */
    5.36023F, /* pairs_title */
    -1.40469F, /* pairs_section */
    2.28530F, /* pairs_text */
    -0.256934F, /* pairs_intro */
    0.321761F, /* pairs_header */
    -0.802009F, /* pairs_cells */
    2.31509F, /* numbers_title */
    0.464776F, /* numbers_cells */
    0.523499F, /* numbers_text */
    -0.606568F, /* rows */
    -1.18464F, /* columns */
    -0.146081F, /* intro */
    -0.189204F, /* text */
    2.33887F, /* sibling */
    -0.673839F, /* has_sibling */
    2.88974F, /* dense */
    1.43285F, /* dense_top */
    0.00000F, /* near_table */
    0.00000F, /* near_rows */
}};

const struct orr_table_ranker orr_table_ranker_near = {{
    4.67272F, /* bm25f */
    2.10588F, /* bm25f_top */
    0.815933F, /* place */
    1.71016F, /* cover_title */
    -5.20783F, /* cover_section */
    1.50824F, /* cover_text */
    0.257763F, /* cover_intro */
    3.47420F, /* cover_header */
    -0.731697F, /* cover_cells */
    4.65314F, /* cover_all */
    3.28216F, /* whole_title */
    0.397227F, /* whole_section */
    0.554106F, /* whole_header */
    8.38316F, /* rest_section */
    -2.63490F, /* rest_text */
    0.502490F, /* rest_intro */
    2.66045F, /* rest_header */
    0.421261F, /* rest_cells */
    0.301596F, /* best_heading */
    0.227296F, /* headings */
    2.88285F, /* best_row */
    -5.54649F, /* second_row */
    9.08006F, /* best_cell */
    4.94955F, /* pairs_title */
    -1.13506F, /* pairs_section */
    3.17336F, /* pairs_text */
    -1.28747F, /* pairs_intro */
    0.722549F, /* pairs_header */
    -0.938165F, /* pairs_cells */
    1.94193F, /* numbers_title */
    0.457363F, /* numbers_cells */
    0.450592F, /* numbers_text */
    -0.907830F, /* rows */
    -1.27124F, /* columns */
    -0.117526F, /* intro */
    -0.200044F, /* text */
    2.08026F, /* sibling */
    -0.799723F, /* has_sibling */
    2.43893F, /* dense */
    1.21341F, /* dense_top */
    0.198080F, /* near_table */
    0.368166F, /* near_rows */
}};
