/* Statistics and the bootstrap. */
#include "num/stats.h"

#include <math.h>
#include <stdlib.h>

#include <orrery/rng.h>

#include "base/mem.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void orr_stats_sort(double *x, size_t n) { qsort(x, n, sizeof *x, ascending); }

double orr_stats_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return n ? sum / (double)n : NAN;
}

static double sorted_quantile(const double *x, size_t n, double p)
{
    if (n == 0) return NAN;
    const double at = p * (double)(n - 1);
    const size_t i = (size_t)at;
    if (i + 1 >= n) return x[n - 1];
    const double part = at - (double)i;
    return part > 0 ? x[i] + part * (x[i + 1] - x[i]) : x[i]; /* no inf - inf where the place is exact */
}

double orr_stats_quantile(double *x, size_t n, double p)
{
    orr_stats_sort(x, n);
    return sorted_quantile(x, n, p);
}

double orr_stats_median(double *x, size_t n) { return orr_stats_quantile(x, n, 0.5); }

double orr_stats_weighted_quantile(const double *x, const double *weight, size_t n, double p)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += weight[i];
    for (size_t i = 0; i < n; i++) {
        sum += weight[i];
        if (sum >= p * total && weight[i] > 0) return x[i];
    }
    return n ? x[n - 1] : NAN;
}

static double statistic(double *x, size_t n, enum orr_statistic what)
{
    switch (what) {
    case ORR_STAT_MEAN: return orr_stats_mean(x, n);
    case ORR_STAT_RMS: return sqrt(orr_stats_mean(x, n));
    case ORR_STAT_MEDIAN: break;
    }
    return orr_stats_median(x, n);
}

struct orr_stats_interval orr_stats_bootstrap(const double *x, const double *y, size_t n, enum orr_statistic what, size_t rounds,
                                  double level, uint64_t seed)
{
    struct orr_stats_interval out = {NAN, NAN, NAN};
    double *draw = orr_alloc(n, 2 * sizeof *draw), *at = orr_alloc(rounds, sizeof *at);
    if (draw && at && n) {
        double *const other = draw + n;
        struct orr_rng rng;
        orr_rng_seed(&rng, seed, n);
        for (size_t r = 0; r <= rounds; r++) { /* the last round is the sample itself */
            for (size_t i = 0; i < n; i++) {
                const size_t k = r < rounds ? (size_t)orr_rng_below(&rng, n) : i;
                draw[i] = x[k];
                if (y) other[i] = y[k];
            }
            const double s = statistic(draw, n, what) - (y ? statistic(other, n, what) : 0);
            if (r < rounds)
                at[r] = s == s ? s : 0; /* inf - inf: both failed alike */
            else
                out.value = s;
        }
        if (rounds) {
            orr_stats_sort(at, rounds);
            out.lo = sorted_quantile(at, rounds, (1 - level) / 2);
            out.hi = sorted_quantile(at, rounds, (1 + level) / 2);
        }
    }
    free(draw);
    free(at);
    return out;
}
