/* Training runs as what flow-loss is tuned on. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_TUNE_H
#define ORRERY_APP_EVAL_WEIGHTS_TUNE_H

#include "app/eval_weights_score.h"

/* The training runs of the tasks, each as seen from every fraction, whose networks can be built; the tasks must outlive it.
 * Not for several threads at once. Free with orr_eval_judge_free. */
struct orr_weights_judge *orr_eval_judge_new(const struct orr_eval_task *const *task, size_t n_tasks, uint64_t seed);
void orr_eval_judge_free(struct orr_weights_judge *j); /* NULL-safe */

#endif
