/* Scores of forecasts for `orrery eval weights`. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_SCORE_H
#define ORRERY_APP_EVAL_WEIGHTS_SCORE_H

#include "app/eval_weights_runs.h"

enum { ORR_SCORE_MAE, ORR_SCORE_RMSE, ORR_SCORE_LOSS, ORR_SCORE_ACCURACY, ORR_SCORES };
extern const char *const orr_score_names[ORR_SCORES];

/* Loss and accuracy on the test split of a run's network with the weights that training reached; NaN without a network. */
void orr_eval_truth(const struct orr_eval_run *r, double score[ORR_SCORES]);
/* Forecasts the last weights of one run from its first part and scores them; score is left alone when the method cannot.
 * network: loss and accuracy too. half: NULL, or scores of going only half the way from the last observed weights. */
void orr_eval_forecast(const struct orr_weights_model *m, const struct orr_eval_run *r, double fraction, bool network,
                       double score[ORR_SCORES], double *half);

#endif
