/* Jump-started training against plain training: `orrery eval weights --jump`. */
#ifndef ORRERY_APP_EVAL_JUMP_H
#define ORRERY_APP_EVAL_JUMP_H

#include "app/app.h"
#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_jump_options {
    bool quick;
    uint64_t seed;    /* of the bootstrap */
    int threads;
    size_t runs;      /* per task and optimiser; 0: 12, and 6 of the slow tasks; 5 when quick */
    const char *const *tasks; /* [n_tasks] only these, as the sweeps of eval weights are named ("weights-mlp"); n_tasks 0: all */
    size_t n_tasks;
    struct orr_shards *shards; /* NULL: all here */
};
/* Trains items of datasets/sweeps/jump-*.json once without and once with each way to jump. Nothing is stored. */
enum orr_status orr_eval_jump(const struct orr_eval_jump_options *o, const struct orr_ticker *ticker, struct orr_eval *out,
                              struct orr_error *err);

#endif
