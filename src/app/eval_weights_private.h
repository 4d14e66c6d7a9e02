/* What the parts of `orrery eval weights` share. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_PRIVATE_H
#define ORRERY_APP_EVAL_WEIGHTS_PRIVATE_H

#include "app/eval_weights_score.h"
#include "app/eval_weights_tune.h"

/* What is compared. Methods are fitted for one group (optimiser) and one observed fraction, "shared" ones on the runs of all
 * groups, "pooled" ones on those of all groups for all fractions at once. "shipped" ones are those of datasets/models, fitted on
 * training runs of all tasks. */
struct orr_eval_arm {
    const char *label, *method;
    bool drawn; /* depends on the seed */
    bool shared, pooled, shipped;
    bool half;  /* not fitted itself: half of what flow forecasts */
    bool blind, unmoved /* without moments */, matching, plain, published; /* options of flow, of farcast */
    bool tuned; /* by the loss of the training runs' networks */
    int of;     /* an ablation or control: compared only with this arm; 0: a method */
};
enum { ORR_ARM_FARCAST = 10, ORR_ARM_FLOW = 13, ORR_ARM_HALF, ORR_ARM_LOSS = 23, ORR_EVAL_ARMS, ORR_EVAL_SEEDS = 5 };
extern const struct orr_eval_arm orr_eval_arms[ORR_EVAL_ARMS];

struct orr_eval_job {
    size_t arm, seed;
    int fraction, group; /* -1: all */
    double seconds;      /* of the fit; NaN: none */
};
struct orr_eval_panel {
    const struct orr_eval_weights_options *o;
    const struct orr_eval_task *task;
    struct orr_weights_set by_group[ORR_EVAL_GROUPS], all;
    bool moments;   /* were recorded */
    size_t seeds, n_jobs;
    struct orr_eval_job *jobs;
    double *score;  /* (ARMS, FRACTIONS, seeds, runs, SCORES) */
    double *truth;  /* (runs, SCORES) loss and accuracy at the weights that training reached */
};
static inline double *orr_eval_score(const struct orr_eval_panel *p, size_t arm, size_t fraction, size_t seed, size_t run)
{
    return p->score + (((arm * ORR_WEIGHTS_FRACTIONS + fraction) * p->seeds + seed) * p->task->n + run) * ORR_SCORES;
}

/* New numbers for the runs of a set, so that those held back (the last) are of all groups. */
void orr_eval_shuffle(struct orr_weights_set *set, size_t runs, uint64_t seed);
enum orr_status orr_eval_transfer(const struct orr_eval_weights_options *o, const struct orr_eval_task *tasks, size_t n_tasks,
                                  const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err);
void orr_eval_report(const struct orr_eval_panel *p, struct orr_eval *out);

#endif
