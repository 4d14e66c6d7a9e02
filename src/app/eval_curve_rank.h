/* Ranking by forecasts: configuration search and early stopping. */
#ifndef ORRERY_APP_EVAL_CURVE_RANK_H
#define ORRERY_APP_EVAL_CURVE_RANK_H

#include <stdbool.h>
#include <stddef.h>

struct orr_eval_rank {
    double tau;    /* Kendall's tau-b of forecast and truth */
    double regret; /* how much worse the truth of the curve forecast best is than the best there is */
    double regret5; /* the same of the best among the five forecast best */
    double stop;    /* the same of the best curve left when the worse half by the forecast is stopped */
};
/* Of n curves; rising: larger is better. O(n log n). n < 2: NaN. */
struct orr_eval_rank orr_eval_rank(const double *forecast, const double *truth, size_t n, bool rising);

#endif
