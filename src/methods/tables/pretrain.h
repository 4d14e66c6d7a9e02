/* Training of the small encoder (text/encoder_bag.h) by symmetric InfoNCE (van den Oord et al. 2018): in a batch of pairs
 * each text is told from all others by its partner. Batches of WordNet and of tables take turns. */
#ifndef ORRERY_METHODS_TABLES_PRETRAIN_H
#define ORRERY_METHODS_TABLES_PRETRAIN_H

#include <orrery/progress.h>

#include "methods/tables/pairs.h"

struct orr_bag_options {
    int rows, dim; /* of the table */
    int batch;     /* pairs */
    int64_t steps;
    double lr;              /* Adam: warm-up, then this, over the second half of the steps down to nothing */
    double wordnet_share;   /* of the batches */
    uint64_t seed;
    const char *checkpoint; /* written every `every` steps and when stopped, resumed from where it is there; NULL: none */
    int64_t every;
};
struct orr_bag_options orr_bag_defaults(void);

struct orr_bag_report {
    int64_t step, steps;
    double loss, accuracy; /* means since the last report; accuracy: share of texts whose partner is the nearest */
    double lr;
};
typedef void (*orr_bag_seen)(void *ctx, const struct orr_bag_report *r);

/* *out becomes (rows, dim); the caller frees. Stopped by the ticker: ECANCELLED, and the checkpoint is written. EFORMAT: the
 * checkpoint is of another training. EINVAL: nothing to learn from, or diverged. One thread; the same options and data give the
 * same numbers on one kind of processor. O(steps x (features of a batch + rows) x dim). */
enum orr_status orr_bag_pretrain(const struct orr_pair_source *source, const struct orr_bag_options *o,
                                 const struct orr_ticker *ticker, orr_bag_seen seen, void *ctx, float **out,
                                 struct orr_error *err);

#endif
