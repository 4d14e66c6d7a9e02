/* Written by `orrery eval tables --real DIR --learn FILE`: learned from 1181 questions over 8891 tables (ottqa: dev
 * questions of OTT-QA, MIT, wenhuchen/OTT-QA; text of the tables from Wikipedia, CC BY-SA, none of it in here). */
#include "methods/tables/ranker.h"

const struct orr_table_ranker orr_table_ranker_shipped = {{
    6.56034F,    /* bm25f */
    2.77252F,    /* bm25f_top */
    0.477482F,   /* place */
    2.27967F,    /* cover_title */
    -4.56427F,   /* cover_section */
    1.58499F,    /* cover_text */
    0.635395F,   /* cover_intro */
    3.58380F,    /* cover_header */
    -0.639475F,  /* cover_cells */
    5.13089F,    /* cover_all */
    3.74565F,    /* whole_title */
    0.511505F,   /* whole_section */
    0.882158F,   /* whole_header */
    7.79691F,    /* rest_section */
    -2.42650F,   /* rest_text */
    0.659873F,   /* rest_intro */
    4.29301F,    /* rest_header */
    -0.0140975F, /* rest_cells */
    0.342860F,   /* best_heading */
    0.613929F,   /* headings */
    2.99399F,    /* best_row */
    -5.14172F,   /* second_row */
    8.64825F,    /* best_cell */
    5.36023F,    /* pairs_title */
    -1.40469F,   /* pairs_section */
    2.28530F,    /* pairs_text */
    -0.256934F,  /* pairs_intro */
    0.321761F,   /* pairs_header */
    -0.802009F,  /* pairs_cells */
    2.31509F,    /* numbers_title */
    0.464776F,   /* numbers_cells */
    0.523499F,   /* numbers_text */
    -0.606568F,  /* rows */
    -1.18464F,   /* columns */
    -0.146081F,  /* intro */
    -0.189204F,  /* text */
    2.33887F,    /* sibling */
    -0.673839F,  /* has_sibling */
    2.88974F,    /* dense */
    1.43285F,    /* dense_top */
    0.00000F,    /* near_table */
    0.00000F,    /* near_rows */
}};

const struct orr_table_ranker orr_table_ranker_near = {{
    5.42596F,    /* bm25f */
    2.15467F,    /* bm25f_top */
    0.717236F,   /* place */
    1.35777F,    /* cover_title */
    -5.23874F,   /* cover_section */
    2.11163F,    /* cover_text */
    -0.123213F,  /* cover_intro */
    2.73588F,    /* cover_header */
    0.198643F,   /* cover_cells */
    4.63064F,    /* cover_all */
    3.60273F,    /* whole_title */
    0.483035F,   /* whole_section */
    1.15335F,    /* whole_header */
    7.35177F,    /* rest_section */
    -2.30411F,   /* rest_text */
    0.454771F,   /* rest_intro */
    3.94350F,    /* rest_header */
    0.140965F,   /* rest_cells */
    0.236447F,   /* best_heading */
    0.526828F,   /* headings */
    2.62307F,    /* best_row */
    -5.82811F,   /* second_row */
    8.79608F,    /* best_cell */
    4.77920F,    /* pairs_title */
    -0.586289F,  /* pairs_section */
    1.91259F,    /* pairs_text */
    -1.17179F,   /* pairs_intro */
    1.56595F,    /* pairs_header */
    -0.784742F,  /* pairs_cells */
    2.31641F,    /* numbers_title */
    0.630571F,   /* numbers_cells */
    0.494181F,   /* numbers_text */
    -0.723704F,  /* rows */
    -1.27133F,   /* columns */
    -0.0217456F, /* intro */
    -0.205041F,  /* text */
    2.29859F,    /* sibling */
    -0.866351F,  /* has_sibling */
    2.60906F,    /* dense */
    1.29990F,    /* dense_top */
    0.406165F,   /* near_table */
    0.406165F,   /* near_rows */
}};
