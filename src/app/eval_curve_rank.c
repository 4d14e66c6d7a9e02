#include "app/eval_curve_rank.h"

#include <math.h>

struct orr_eval_rank orr_eval_rank(const double *forecast, const double *truth, size_t n, bool rising)
{
    const double sign = rising ? -1 : 1;
    double agree = 0, pairs_f = 0, pairs_t = 0;
    size_t first = 0;
    struct orr_eval_rank r = {NAN, NAN, NAN};
    if (n < 2) return r;
    double best = INFINITY, kept = INFINITY;
    for (size_t i = 0; i < n; i++) {
        size_t better = 0; /* forecasts that are better, earlier ones first among equals */
        for (size_t j = 0; j < n; j++) {
            const double df = sign * (forecast[j] - forecast[i]), dt = sign * (truth[j] - truth[i]);
            better += df < 0 || (df == 0 && j < i);
            if (j <= i) continue;
            agree += (df > 0) == (dt > 0) && df != 0 && dt != 0 ? 1 : df != 0 && dt != 0 ? -1 : 0;
            pairs_f += df != 0;
            pairs_t += dt != 0;
        }
        if (better == 0) first = i;
        if (better < (n + 1) / 2) kept = fmin(kept, sign * truth[i]);
        best = fmin(best, sign * truth[i]);
    }
    r.tau = pairs_f > 0 && pairs_t > 0 ? agree / sqrt(pairs_f * pairs_t) : 0;
    r.regret = sign * truth[first] - best;
    r.stop = kept - best;
    return r;
}
