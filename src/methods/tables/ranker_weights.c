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
    0.613928F,   /* headings */
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
    5.8941F,     /* bm25f */
    2.13598F,    /* bm25f_top */
    0.497182F,   /* place */
    1.60384F,    /* cover_title */
    -4.72904F,   /* cover_section */
    2.11863F,    /* cover_text */
    0.08599F,    /* cover_intro */
    2.79879F,    /* cover_header */
    -0.11152F,   /* cover_cells */
    4.7936F,     /* cover_all */
    3.58435F,    /* whole_title */
    0.394068F,   /* whole_section */
    1.15175F,    /* whole_header */
    7.29837F,    /* rest_section */
    -2.66682F,   /* rest_text */
    0.514879F,   /* rest_intro */
    3.99384F,    /* rest_header */
    0.208566F,   /* rest_cells */
    0.238396F,   /* best_heading */
    0.59447F,    /* headings */
    2.91463F,    /* best_row */
    -5.40279F,   /* second_row */
    8.3473F,     /* best_cell */
    4.78834F,    /* pairs_title */
    -1.06197F,   /* pairs_section */
    2.23641F,    /* pairs_text */
    -0.692105F,  /* pairs_intro */
    1.08539F,    /* pairs_header */
    -0.72987F,   /* pairs_cells */
    2.2706F,     /* numbers_title */
    0.568701F,   /* numbers_cells */
    0.521015F,   /* numbers_text */
    -0.714392F,  /* rows */
    -1.29147F,   /* columns */
    -0.0487465F, /* intro */
    -0.195698F,  /* text */
    2.39848F,    /* sibling */
    -0.899503F,  /* has_sibling */
    2.73891F,    /* dense */
    1.36206F,    /* dense_top */
    0.530401F,   /* near_table */
    0.530401F,   /* near_rows */
}};
