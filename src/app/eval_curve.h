/* The tasks of `orrery eval curve`. */
#ifndef ORRERY_APP_EVAL_CURVE_H
#define ORRERY_APP_EVAL_CURVE_H

#include "app/app.h"
#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_curve_options {
    bool quick;
    uint64_t seed;
    int seeds; /* of learned methods; 0: five, one when quick */
    int threads;
    int steps;        /* of their fits; 0: each method's own */
    const char *real; /* folder of real curves; NULL: none */
    const char *const
        *from; /* [n_from] stores that hold runs of the sweeps; n_from 0: the one in the cache folder, trained
                                on first use */
    size_t n_from;
    const char *const *methods; /* [n_methods] labels of what to compare; n_methods 0: all */
    size_t n_methods;
    const char *retrain; /* folder that receives the shipped models, fitted on all curves; NULL: none */
    struct orr_shards *shards; /* NULL: all here */
};
/* Curves come from datasets/sweeps/curve-mlp.json and cell-fashion.json (quick: a part of the first), trained on first use into
 * the user's cache folder (orrery/curve-eval.db) and kept. ORR_ECANCELLED: stopped; whole runs are kept. */
enum orr_status orr_eval_curve(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                               struct orr_eval *out, struct orr_error *err);

#endif
