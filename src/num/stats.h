/* Small statistics that tables, forecasts and evaluations share. */
#ifndef ORRERY_NUM_STATS_H
#define ORRERY_NUM_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

double orr_stats_mean(const double *x, size_t n); /* NaN for n 0 */

/* Quantile with linear interpolation (type 7 of Hyndman and Fan 1996, numpy's default). Reorders x. O(n log n). NaN for
 * n 0; infinities sort to their ends, NaNs must not occur. */
double orr_stats_quantile(double *x, size_t n, double p);
double orr_stats_median(double *x, size_t n); /* reorders x */
void orr_stats_sort(double *x, size_t n);     /* ascending */

/* Smallest x whose cumulative weight reaches p of the total; x ascending, weights >= 0. O(n). */
double orr_stats_weighted_quantile(const double *x, const double *weight, size_t n, double p);

struct orr_stats_interval {
    double value, lo, hi;
};

enum orr_statistic { ORR_STAT_MEAN, ORR_STAT_MEDIAN, ORR_STAT_RMS /* square root of the mean */ };

/* The statistic of x[0..n) with a percentile bootstrap interval (Efron 1979): whole items are drawn again, `rounds`
 * times. y NULL: of x itself; else the paired difference statistic(x) - statistic(y) over the same draws.
 * O(rounds n log n). Memory refused: lo and hi are NaN. */
struct orr_stats_interval orr_stats_bootstrap(const double *x, const double *y, size_t n, enum orr_statistic what, size_t rounds,
                                  double level, uint64_t seed);

/* ---- ranking: no NaN may occur; NaN is returned where nothing is defined or memory was refused ---- */

/* Kendall's tau-b of n pairs: concordant less discordant pairs over sqrt(pairs not tied in x * pairs not tied in y), counted
 * by the exchanges of a merge sort (Knight 1966). O(n log n). NaN where all of x or all of y are equal, and for n < 2. */
double orr_stats_kendall(const double *x, const double *y, size_t n);

/* How much worse than the best truth of all the best one is among the k items that `score` ranks first: 0 when they hold the
 * best. Both are better when larger, or both when smaller; of equal scores the earlier comes first. O(n log n). */
double orr_stats_top_k_regret(const double *score, const double *truth, size_t n, size_t k, bool larger_is_better);

/* ---- calibration: NaN for n 0 ---- */

/* Expected calibration error of n confidences in 0..1, hit where the prediction was right: mean over the bins of equal width,
 * weighted by their numbers, of |mean confidence - share of hits| (Guo et al. 2017). */
double orr_stats_ece(const double *confidence, const bool *hit, size_t n, size_t bins);

#endif
