/* Curves: from chunk summaries to what a chart of a given width shows, in time bounded by the width, not by the number
 * of points. Shared by `orrery curve`, views/curves, exports and forecasts. */
#ifndef ORRERY_APP_CURVE_H
#define ORRERY_APP_CURVE_H

#include "app/app.h"

enum orr_x_axis { ORR_X_STEP, ORR_X_RELATIVE /* seconds since the first point */, ORR_X_WALL, ORR_X_SERIES };

/* One bin: all points whose x falls into one column. n 0: a gap. */
struct orr_bin {
    double x;                      /* centre, in data units */
    double min, max, mean;         /* over finite values; NaN where there are none */
    double first, last;            /* finite values at both ends, to join columns without false vertical strokes */
    int64_t n, nan_count;
};

struct orr_curve; /* a series opened for drawing: its chunk summaries, a cache of decoded chunks, smoothing state */

enum orr_status orr_curve_open(struct orr_store *store, int64_t run, const char *series, struct orr_curve **out,
                               struct orr_error *err);
void orr_curve_close(struct orr_curve *c);
const char *orr_curve_name(const struct orr_curve *c);
int64_t orr_curve_run(const struct orr_curve *c);
int64_t orr_curve_points(const struct orr_curve *c);
/* Picks up points appended since. */
enum orr_status orr_curve_refresh(struct orr_curve *c, struct orr_error *err);

struct orr_curve_options {
    enum orr_x_axis x;
    const char *x_series;  /* ORR_X_SERIES: the name of the series of x values, joined on step */
    double smooth;         /* 0: none; else the weight of the past in a debiased exponential mean, 0 < smooth < 1,
                              applied to every point before binning */
    bool log_x;            /* bins evenly spaced in log x; x <= 0 is left out */
};
/* The range of x under the options (finite values), and of y over all points. */
enum orr_status orr_curve_range(struct orr_curve *c, const struct orr_curve_options *o, double *x0, double *x1,
                                double *y0, double *y1, struct orr_error *err);
/* Fills bins[0..n) for x0 <= x <= x1. Exact: equals binning of all points. */
enum orr_status orr_curve_bin(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1, size_t n,
                              struct orr_bin *bins, struct orr_error *err);
/* The point nearest to x: its x, step and (smoothed) value; ENOTFOUND on an empty curve. */
enum orr_status orr_curve_at(struct orr_curve *c, const struct orr_curve_options *o, double x, double *px,
                             int64_t *step, double *value, struct orr_error *err);

/* Mean and band over runs (seeds): bins aligned by x; lo/hi = mean -/+ one standard deviation, or min/max. */
struct orr_band_bin {
    double x, mean, lo, hi;
    int64_t n; /* curves with data here */
};
enum orr_status orr_curve_band(struct orr_curve *const *curves, size_t n_curves, const struct orr_curve_options *o,
                               double x0, double x1, size_t n, bool min_max, struct orr_band_bin *bins,
                               struct orr_error *err);

#endif
