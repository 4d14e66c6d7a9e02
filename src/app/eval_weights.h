/* The tasks of `orrery eval weights`. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_H
#define ORRERY_APP_EVAL_WEIGHTS_H

#include "app/app.h"
#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_weights_options {
    bool quick;
    uint64_t seed;
    int seeds;          /* of learned methods; 0: five, one when quick */
    int threads;
    size_t runs;        /* per task and group (optimiser), a third of them for testing; 0: 240, 18 when quick */
    size_t tests;       /* test runs that are scored per task and group; 0: all */
    const char *const *tasks; /* [n_tasks] only these ("weights-mlp"); n_tasks 0: all */
    size_t n_tasks;
    const char *const *from; /* [n_from] stores that hold runs of the sweeps already; a task found in none is trained */
    size_t n_from;
    bool transfer;      /* only the matrix of what is fitted on one part and tested on another */
    const char *const *methods; /* [n_methods] labels of what to compare; n_methods 0: all */
    size_t n_methods;
    const char *retrain; /* folder that receives flow.safetensors and farcast.safetensors, fitted on the training runs of all
                            tasks; NULL: none */
    struct orr_shards *shards; /* NULL: all here */
};
/* Trajectories come from datasets/sweeps/weights-*.json, trained on first use into the user's cache folder
 * (orrery/weights-runs.db) and kept. ORR_ECANCELLED: stopped; whole runs are kept. */
enum orr_status orr_eval_weights(const struct orr_eval_weights_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval *out, struct orr_error *err);

#endif
