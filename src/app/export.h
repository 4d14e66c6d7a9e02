/* Writing what a view shows into a file, by the extension of its name: .csv .json .md tables, .png .svg .pdf pictures. */
#ifndef ORRERY_APP_EXPORT_H
#define ORRERY_APP_EXPORT_H

#include "app/app.h"
#include "app/curve.h"
#include "base/table.h"
#include "plot/plot.h"

struct orr_export_kind {
    bool picture;
    enum orr_table_format table; /* unless picture */
    enum orr_plot_format plot;   /* if picture */
};
/* EINVAL, naming the extensions that exist, for any other. */
enum orr_status orr_export_kind(const char *path, struct orr_export_kind *out, struct orr_error *err);

/* Writes a table as .csv, .json, .md or .txt, atomically. */
enum orr_status orr_export_table(const struct orr_table *t, const char *path, struct orr_error *err);

/* A set of curves: one per run and series name that exists. What `orrery curve` prints, `orrery export` and the key e of
 * views/curves write, and views/curves shows. */
struct orr_curve_set {
    const int64_t *runs;
    size_t n_runs;
    const char *const *series; /* names */
    size_t n_series;
    struct orr_curve_options options;
    double x0, x1;         /* window; NaN: all */
    size_t bins;           /* 0: every point (at most 5 million; EINVAL names the remedy) */
    bool log_y;            /* pictures only */
    const char *group_by;  /* mean and band per value of this configuration key ("" = all runs together); NULL: none */
    bool min_max;          /* band from minimum to maximum instead of mean -/+ standard deviation */
    const char *title;     /* pictures; NULL: the series names */
    int width, height;     /* pictures, 0: the default */
};
void orr_curve_set_init(struct orr_curve_set *q); /* everything off, the whole range, 400 bins */

/* As a table in long form. Columns: run, name, series, step or x, then value (every point) or n, mean, min, max, first,
 * last (bins), or group, series, x, n, mean, lo, hi (bands). Zero-initialise *out; free with orr_table_free.
 * ENOTFOUND when no run has any of the series. */
enum orr_status orr_app_curve_table(struct orr_app *app, const struct orr_curve_set *q, const struct orr_ticker *ticker,
                                    struct orr_table *out, struct orr_error *err);
/* As a file; the kind by its extension. */
enum orr_status orr_app_curve_export(struct orr_app *app, const struct orr_curve_set *q, const char *path,
                                     const struct orr_ticker *ticker, struct orr_error *err);
/* As a picture in memory: text for the terminal, sixel. */
enum orr_status orr_app_curve_plot(struct orr_app *app, const struct orr_curve_set *q, enum orr_plot_format format,
                                   const struct orr_ticker *ticker, struct orr_str *out, struct orr_error *err);
/* The command line that prints the table: "orrery curve 3 4 --series val/loss --smooth 0.9". With path: the one that
 * writes the file, "orrery export curve 3 --series val/loss --out loss.png". Words are quoted for a POSIX shell. */
void orr_app_curve_command(const struct orr_curve_set *q, const char *path, struct orr_str *out);

#endif
