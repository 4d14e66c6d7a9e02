/* What a question and a table have in common, as numbers: the evidence of the re-ranker.
 *
 * Notation: Q the question's different words, R those of them that the title lacks, mass(S) the sum of idf over a
 * set S. */
#ifndef ORRERY_METHODS_TABLES_FEATURES_H
#define ORRERY_METHODS_TABLES_FEATURES_H

#include "text/topk.h"

enum orr_table_feature {
    ORR_TF_BM25F,                                 /* BM25F score / mass(Q) */
    ORR_TF_BM25F_TOP,                             /* BM25F score / that of the first candidate */
    ORR_TF_PLACE,                                 /* 1 / place in the list of stage 1 */
    ORR_TF_COVER,                                 /* [ORR_FIELDS] mass(Q & field) / mass(Q) */
    ORR_TF_COVER_ALL = ORR_TF_COVER + ORR_FIELDS, /* the same in any field */
    ORR_TF_WHOLE_TITLE,                           /* mass(title & Q) / mass(title) */
    ORR_TF_WHOLE_SECTION,
    ORR_TF_WHOLE_HEADER,
    ORR_TF_REST_SECTION, /* mass(R & field) / mass(R) */
    ORR_TF_REST_TEXT,
    ORR_TF_REST_INTRO,
    ORR_TF_REST_HEADER,
    ORR_TF_REST_CELLS,
    ORR_TF_BEST_HEADING, /* largest share of a heading's mass that the question has */
    ORR_TF_HEADINGS,     /* the same summed over headings, / 4 */
    ORR_TF_BEST_ROW,     /* largest mass(R & row) / mass(R) */
    ORR_TF_SECOND_ROW,
    ORR_TF_BEST_CELL,   /* largest mass of a cell all of whose words are in Q, without title words, / mass(R) */
    ORR_TF_PAIRS_TITLE, /* neighbours of the question that are neighbours in the field: their smaller idf, / all */
    ORR_TF_PAIRS_SECTION,
    ORR_TF_PAIRS_TEXT,
    ORR_TF_PAIRS_INTRO,
    ORR_TF_PAIRS_HEADER,
    ORR_TF_PAIRS_CELLS,   /* at most 3 */
    ORR_TF_NUMBERS_TITLE, /* share of the question's numbers in title or section; 1/2 where it has none */
    ORR_TF_NUMBERS_CELLS,
    ORR_TF_NUMBERS_TEXT, /* in text or intro */
    ORR_TF_ROWS,         /* ln(1 + n) of these */
    ORR_TF_COLUMNS,
    ORR_TF_INTRO,
    ORR_TF_TEXT,
    ORR_TF_SIBLING, /* (score - best score of another candidate of the same title) / first score; 0.3: none */
    ORR_TF_HAS_SIBLING,
    ORR_TF_DENSE,      /* cosine of the vectors of question and table */
    ORR_TF_DENSE_TOP,  /* the same less the largest of the candidates */
    ORR_TF_NEAR_TABLE, /* cosine of an encoder's vectors, in standard deviations above the mean of the candidates: what
                          encoders differ in is taken out; 0 where there is no encoder */
    ORR_TF_NEAR_ROWS,  /* the same of the best row or the mini-table */
    ORR_TABLE_FEATURES
};
extern const char *const orr_table_feature_names[ORR_TABLE_FEATURES];

/* Scratch memory of one thread. */
struct orr_table_scratch;
struct orr_table_scratch *orr_table_scratch_new(const struct orr_index *x);
void orr_table_scratch_free(struct orr_table_scratch *s); /* NULL-safe */

/* What stage 2 says of the candidates: [n] each, or NULL (0). */
struct orr_table_nearness {
    const float *hashed, *table, *rows; /* cosines: of hashed vectors, of an encoder's with the table, with its rows */
};
/* x: [n][ORR_TABLE_FEATURES] of the candidates hits[0..n), in the order of the stage before. O(words of the
 * candidates). */
void orr_table_features(struct orr_table_scratch *s, const struct orr_query *q, const struct orr_hit *hits,
                        const struct orr_table_nearness *near, size_t n, float *x);
/* Mean and standard deviation of x[0..n), which is > 0. */
void orr_table_spread(const float *x, size_t n, float *mean, float *sd);

/* For one table: how much of the question each of its rows holds. row[i] is mass(R & row i), cell[i * columns + c]
 * the mass of the question's words in the cell, heading[c] the share of the heading that the question has.
 * Zero-initialised arrays of rows, rows * columns and columns; each may be NULL. */
void orr_table_match(struct orr_table_scratch *s, const struct orr_query *q, uint32_t doc, float *row, float *cell,
                     float *heading);

#endif
