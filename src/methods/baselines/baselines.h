/* What an adoption forecast has to beat: methods for cumulative counts, through the same interface. */
#ifndef ORRERY_METHODS_BASELINES_BASELINES_H
#define ORRERY_METHODS_BASELINES_BASELINES_H

#include <orrery/method.h>

#include "num/lsq.h"

extern const struct orr_method orr_baseline_persistence, orr_baseline_linear, orr_baseline_exponential,
    orr_baseline_logistic, orr_baseline_gompertz, orr_baseline_bass;

/* ---- growth.c: growth curves with three parameters, fitted by least squares ---- */

struct orr_growth_curve {
    const char *name;
    /* c(t) and its gradient in the three parameters. */
    double (*value)(const double *p, double t, double *gradient);
    /* Starting values from the series, the k-th of several; false when there is no k-th. */
    bool (*start)(const struct orr_counts *counts, int k, double *p);
    double lower[3], upper[3];
};
extern const struct orr_growth_curve orr_growth_exponential, orr_growth_logistic, orr_growth_gompertz,
    orr_growth_bass;

/* Fits `curve` and writes its forecasts, never below the last count (counts do not fall), with intervals from the
 * spread of the residuals. Periods ahead follow the last time one by one. */
enum orr_status orr_growth_forecast(const struct orr_growth_curve *curve, const struct orr_counts *observed,
                                    size_t n_ahead, const struct orr_ticker *ticker, struct orr_forecast *out,
                                    struct orr_error *err);
/* Times, level and bounds of a point forecast: out->mean is set, the interval is +- z sd sqrt(h). */
void orr_baseline_finish(const struct orr_counts *observed, size_t n_ahead, double sd, struct orr_forecast *out);

#endif
