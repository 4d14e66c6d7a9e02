/* Runs of one task for `orrery eval weights`: trained, loaded, parted. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_RUNS_H
#define ORRERY_APP_EVAL_WEIGHTS_RUNS_H

#include "app/eval_weights.h"
#include "app/weights.h"
#include "lab/train.h"

enum { ORR_EVAL_GROUPS = 4 };

/* One run, whole. */
struct orr_eval_run {
    struct orr_run_weights w;
    float **values;      /* [w.n_tensors] (n_steps, n) */
    float **direction;   /* [w.n_tensors] the optimiser's, likewise, or NULL */
    char arch[160];
    uint64_t seed;
    const struct orr_dataset *data; /* NULL: no network, only sequences */
    int group;
    bool test;
};
struct orr_eval_task {
    const char *name;
    const char *const *groups;   /* [ORR_EVAL_GROUPS] names of its parts: optimisers, or kinds of sequences */
    size_t n, n_data;
    struct orr_eval_run *runs;   /* by group, training runs first */
    struct orr_dataset *data[64];
};
/* Takes the sweep's runs from one of o->from, else trains what is missing of it, and loads `per_group` runs of each optimiser;
 * which ones are for testing follows from their keys. "synthetic": sequences drawn from laws instead, by kind. Free with
 * orr_eval_task_free (also after an error). */
enum orr_status orr_eval_task_load(const char *name, size_t per_group, const struct orr_eval_weights_options *o,
                                   const struct orr_ticker *ticker,
                                   struct orr_eval_task *out, struct orr_error *err);
/* eval_weights_synthetic.c */
enum orr_status orr_eval_task_draw(size_t per_group, size_t tests, struct orr_eval_task *out, struct orr_error *err);
void orr_eval_task_free(struct orr_eval_task *t);
/* The training runs of one group (or of all, -1), numbered from *number on, appended to a set; `most` weights of a tensor. */
enum orr_status orr_eval_task_set(const struct orr_eval_task *t, int group, size_t most, size_t *number,
                                  struct orr_weights_set *set, struct orr_error *err);
/* Those that `in` says are of a part. */
typedef bool (*orr_eval_in_part)(const struct orr_eval_task *t, const struct orr_eval_run *r, const char *part);
enum orr_status orr_eval_task_part(const struct orr_eval_task *t, orr_eval_in_part in, const char *part, size_t most,
                                   size_t *number, struct orr_weights_set *set, struct orr_error *err);

#endif
