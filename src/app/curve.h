/* Curves: from chunk summaries to what a chart of a given width shows, in time bounded by the width, not by the number
 * of points. Shared by `orrery curve`, views/curves, exports and forecasts. */
#ifndef ORRERY_APP_CURVE_H
#define ORRERY_APP_CURVE_H

#include "app/app.h"

enum orr_x_axis { ORR_X_STEP, ORR_X_RELATIVE /* seconds since the first point */, ORR_X_WALL, ORR_X_SERIES };

/* One bin: all points whose x falls into one column. n 0: no point; n = nan_count > 0: a gap in the line. */
struct orr_bin {
    double x;                      /* centre, in data units */
    double min, max, mean;         /* over finite values; NaN where there are none */
    double first, last;            /* the first and last finite value in the order of the points, to join columns */
    int64_t n, nan_count;          /* nan_count: NaN and infinities */
};

struct orr_curve; /* a series opened for drawing: its chunk summaries, a cache of decoded chunks, smoothing state */

enum orr_status orr_curve_open(struct orr_store *store, int64_t run, const char *series, struct orr_curve **out,
                               struct orr_error *err);
void orr_curve_close(struct orr_curve *c);
const char *orr_curve_name(const struct orr_curve *c);
int64_t orr_curve_run(const struct orr_curve *c);
int64_t orr_curve_points(const struct orr_curve *c);
/* Picks up points appended since, and a series that was written anew. */
enum orr_status orr_curve_refresh(struct orr_curve *c, struct orr_error *err);

struct orr_curve_options {
    enum orr_x_axis x;
    const char *x_series;  /* ORR_X_SERIES: the name of the series of x values, joined on step */
    double smooth;         /* 0: none; else the weight of the past in a debiased exponential mean, 0 < smooth < 1,
                              applied to every point before binning */
    bool log_x;            /* bins evenly spaced in log x; x <= 0 is left out */
};
/* Smoothing and every x axis but the step need one pass over all points (10 million: some hundred milliseconds), whose
 * summary is kept and which later calls reuse. The calls below make the pass themselves when it is missing; a caller
 * that may not wait asks orr_curve_ready and lets a job prepare a curve of its own, then takes the summary over.
 * ORR_ECANCELLED keeps what was done: the next call goes on from there. */
enum orr_status orr_curve_prepare(struct orr_curve *c, const struct orr_curve_options *o,
                                  const struct orr_ticker *ticker, struct orr_error *err);
bool orr_curve_ready(const struct orr_curve *c, const struct orr_curve_options *o);
int64_t orr_curve_unprepared(const struct orr_curve *c, const struct orr_curve_options *o); /* points still to pass over */
/* Moves the summaries of `from` (the same run and series, perhaps opened by another thread, whose store may be closed by
 * now) into c. `from` is only good for orr_curve_close afterwards. */
void orr_curve_adopt(struct orr_curve *c, struct orr_curve *from);

/* The range of x under the options (finite values), and of y over all points. */
enum orr_status orr_curve_range(struct orr_curve *c, const struct orr_curve_options *o, double *x0, double *x1,
                                double *y0, double *y1, struct orr_error *err);
/* Fills bins[0..n) for x0 <= x <= x1. Exact: equals binning of all points. Bin i begins at x0 + (x1 - x0) i / n, or at
 * x0 (x1 / x0)^(i / n) with log_x; the last one includes x1. Reads only the chunks that a bin's border cuts. EINVAL when
 * x0 > x1, or x0 <= 0 with log_x. */
enum orr_status orr_curve_bin(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1, size_t n,
                              struct orr_bin *bins, struct orr_error *err);
/* The same within a millisecond or two, for a paint right after a key: of the chunks that are cut by a border and not in
 * memory only some are read, the others count whole in one bin; *exact tells whether there were such. */
enum orr_status orr_curve_bin_rough(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1,
                                    size_t n, struct orr_bin *bins, bool *exact, struct orr_error *err);
/* The point nearest to x: its x, step and (smoothed) value; ENOTFOUND on an empty curve. */
enum orr_status orr_curve_at(struct orr_curve *c, const struct orr_curve_options *o, double x, double *px,
                             int64_t *step, double *value, struct orr_error *err);

/* The finite points next to the window on both sides, as bins of one point (n 0: there is none), so that a line can
 * leave the chart. */
enum orr_status orr_curve_edges(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1,
                                struct orr_bin *left, struct orr_bin *right, struct orr_error *err);
/* Points first..first+n-1 by position: step, x under the options and (smoothed) value. Arrays of n, any may be NULL. */
enum orr_status orr_curve_points_read(struct orr_curve *c, const struct orr_curve_options *o, int64_t first, size_t n,
                                      int64_t *step, double *x, double *value, size_t *got, struct orr_error *err);

/* Mean and band over runs (seeds): common bins; a curve without a point in a bin counts with the value on the
 * straight line between its neighbouring bins, never beyond its ends. lo/hi = mean -/+ one standard deviation (n - 1 in
 * the divisor; equal to the mean for one curve), or minimum and maximum. */
struct orr_band_bin {
    double x, mean, lo, hi;
    int64_t n; /* curves with data here */
};
enum orr_status orr_curve_band(struct orr_curve *const *curves, size_t n_curves, const struct orr_curve_options *o,
                               double x0, double x1, size_t n, bool min_max, struct orr_band_bin *bins,
                               struct orr_error *err);

#endif
