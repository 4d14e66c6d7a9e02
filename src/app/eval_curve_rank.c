#include "app/eval_curve_rank.h"

#include <math.h>

#include "num/stats.h"

struct orr_eval_rank orr_eval_rank(const double *forecast, const double *truth, size_t n, bool rising)
{
    if (n < 2) return (struct orr_eval_rank){NAN, NAN, NAN, NAN};
    const double tau = orr_stats_kendall(forecast, truth, n);
    return (struct orr_eval_rank){
        .tau = isnan(tau) ? 0 : tau, /* no order forecast */
        .regret = orr_stats_top_k_regret(forecast, truth, n, 1, rising),
        .regret5 = orr_stats_top_k_regret(forecast, truth, n, 5, rising),
        .stop = orr_stats_top_k_regret(forecast, truth, n, (n + 1) / 2, rising),
    };
}
