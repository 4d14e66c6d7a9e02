/* Runs of one task for `orrery eval weights`: trained, loaded, parted. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_RUNS_H
#define ORRERY_APP_EVAL_WEIGHTS_RUNS_H

#include "app/eval_weights.h"
#include "app/weights.h"
#include "lab/train.h"

enum { ORR_EVAL_OPTIMS = 4 };

/* One run, whole. */
struct orr_eval_run {
    struct orr_run_weights w;
    float **values;      /* [w.n_tensors] (n_steps, n) */
    char arch[160];
    uint64_t seed;
    const struct orr_dataset *data;
    bool test;
};
struct orr_eval_task {
    const char *name;
    size_t n, n_data;
    struct orr_eval_run *runs;   /* by optimiser, training runs first */
    struct orr_dataset *data[64];
};
/* Trains what is missing of the sweep and loads `per_optim` runs of each optimiser; which ones are for testing follows from
 * their keys. Free with orr_eval_task_free (also after an error). */
enum orr_status orr_eval_task_load(const char *name, size_t per_optim, int threads, const struct orr_ticker *ticker,
                                   struct orr_eval_task *out, struct orr_error *err);
void orr_eval_task_free(struct orr_eval_task *t);
/* The training runs of one optimiser (or of all, -1), numbered from *number on, appended to a set. */
enum orr_status orr_eval_task_set(const struct orr_eval_task *t, int optim, size_t most, size_t *number,
                                  struct orr_weights_set *set, struct orr_error *err);

#endif
