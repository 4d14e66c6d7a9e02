/* The built-in reader: an answer out of the best tables, by evidence of rows and columns. No model: cells are
 * chosen, counted, compared, added. */
#ifndef ORRERY_METHODS_TABLES_READER_H
#define ORRERY_METHODS_TABLES_READER_H

#include "methods/tables/cascade.h"
#include "text/doc.h"

/* A table with what of the question its parts hold (methods/tables/features.h). */
struct orr_reading {
    const struct orr_doc *doc;
    const float *row, *cell, *heading; /* [rows] [rows * columns] [columns] */
    float score;                       /* of the last stage */
};

enum orr_answer_how {
    ORR_ANSWER_NONE,
    ORR_ANSWER_CELL,
    ORR_ANSWER_COUNT,
    ORR_ANSWER_MOST,
    ORR_ANSWER_LEAST,
    ORR_ANSWER_SUM,
    ORR_ANSWER_MEAN,
    ORR_ANSWER_DIFFERENCE
};
extern const char *const orr_answer_how_names[]; /* "none", "cell", "count", ... */

struct orr_answer {
    enum orr_answer_how how;
    const char *text;   /* "" for NONE; in the arena */
    size_t table;       /* of the readings given */
    size_t row, column; /* SIZE_MAX where the answer is no single cell */
    float score;        /* compares answers to one question */
};
/* The best answer from n tables, best table first. O(cells). */
void orr_tables_answer(const char *question, const struct orr_reading *tables, size_t n, struct orr_arena *a,
                       struct orr_answer *out);

/* The rows[0..n) of a table that hold most of the question, in the table's order; at most `most`, and at least the
 * first rows where none holds anything. The mini-table of the cascade. */
size_t orr_mini_table(const struct orr_reading *t, size_t most, size_t *rows);

/* Agreement of answers as question answering measures it (SQuAD): F1 over words and exact match after folding case,
 * articles and punctuation. In [0,1]. */
double orr_answer_f1(const char *given, const char *right);
double orr_answer_exact(const char *given, const char *right);

#endif
