/* Scores of forecasts for `orrery eval weights`. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_SCORE_H
#define ORRERY_APP_EVAL_WEIGHTS_SCORE_H

#include "app/eval_weights_runs.h"

enum { ORR_SCORE_MAE, ORR_SCORE_RMSE, ORR_SCORE_LOSS, ORR_SCORE_ACCURACY, ORR_SCORES };
extern const char *const orr_score_names[ORR_SCORES];

/* The weights, tensors in the run's order, into its network; false: they are not those of this network. */
bool orr_eval_put_weights(const struct orr_eval_run *r, const float *const *weights, struct orr_params *p);
/* Relative times of the snapshots up to a fraction; returns how many. */
size_t orr_eval_observed_times(const struct orr_eval_run *r, double fraction, double t[ORR_OBSERVED_MAX]);
/* Tensor k of the run at its first n snapshots: the block (n + terms, count), of which *o knows the whole; room for n + 1. */
enum orr_status orr_eval_observe(const struct orr_eval_run *r, size_t k, size_t n, const double *t, struct orr_observed *o,
                                 float *block);
/* Loss and accuracy on the test split of a run's network with the weights that training reached; NaN without a network. */
void orr_eval_truth(const struct orr_eval_run *r, double score[ORR_SCORES]);
/* Forecasts the last weights of one run from its first part and scores them; score is left alone when the method cannot.
 * network: loss and accuracy too. half: NULL, or scores of going only half the way from the last observed weights. */
void orr_eval_forecast(const struct orr_weights_model *m, const struct orr_eval_run *r, double fraction, bool network,
                       double score[ORR_SCORES], double *half);

#endif
