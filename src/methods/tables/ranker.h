/* The re-ranker: a weighted sum of the features, learned listwise (Cao et al. 2007, top-one probability): the table
 * that answers should be the likeliest of the candidates under softmax(w . x). */
#ifndef ORRERY_METHODS_TABLES_RANKER_H
#define ORRERY_METHODS_TABLES_RANKER_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "methods/tables/features.h"

struct orr_table_ranker {
    float weight[ORR_TABLE_FEATURES];
};
/* Learned on all questions of OTT-QA that the evaluation knows; see ranker_weights.c for where it came from. */
extern const struct orr_table_ranker orr_table_ranker_shipped;
/* The same with an encoder's cosines, learned with those of the npm sentence encoder (text/encoder_use.c) and whole
 * tables. */
extern const struct orr_table_ranker orr_table_ranker_near;

float orr_table_rank_score(const struct orr_table_ranker *r, const float *x);

/* Lists of candidates to learn from. */
struct orr_table_lists {
    size_t n;            /* lists */
    const size_t *first; /* [n + 1] list i holds rows first[i]..first[i + 1] of x */
    const size_t *right; /* [n] the row that answers */
    const float *x;      /* [first[n]][ORR_TABLE_FEATURES] */
};
/* Minimises the mean over lists of -ln softmax(w . z)_right + decay / 2 |w|^2, z: features in units of their
 * standard deviation over all rows, by Newton's method; convex, so that the result depends on no seed. EINVAL
 * without lists. */
enum orr_status orr_table_ranker_fit(const struct orr_table_lists *lists, double decay, const struct orr_ticker *ticker,
                                     struct orr_table_ranker *out, struct orr_error *err);

#endif
