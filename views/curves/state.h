/* Curves: what the files of this folder share. */
#ifndef ORRERY_VIEWS_CURVES_STATE_H
#define ORRERY_VIEWS_CURVES_STATE_H

#include "app/curve_set.h"
#include "base/vec.h"
#include "tui/chart.h"
#include "tui/screen.h"
#include "tui/task.h"

struct orr_curves_series { /* a row of the list */
    char *name;
    size_t runs; /* of those shown that have it */
    bool shown;
};

/* What a line on the chart is drawn from. */
struct orr_curves_line {
    const char *label;       /* in the set's arena */
    struct orr_bin *bins;    /* [columns + 2], the neighbours of the window at both ends; NULL for bands */
    struct orr_band_bin *band;
    double *x, *y, *lo, *hi; /* [columns] of a band */
    size_t n;
    char note[96];           /* the value at the crosshair, or the forecast */
};

struct orr_curves_forecast;

struct orr_curves {
    int64_t *runs;
    size_t n_runs;
    ORR_VEC(struct orr_curves_series) list;
    size_t list_row, list_top;
    bool pane, list_focus;   /* the list is shown; keys go to it */

    struct orr_curve_options options;
    char *x_series;          /* owned; options.x_series */
    char *group_by;          /* bands; NULL: none */
    bool min_max, log_y, robust;
    double x0, x1;           /* window; NaN: all */
    double cursor;           /* NaN: none */

    struct orr_open_set set; /* the curves shown */
    struct orr_curves_line *lines;
    size_t n_lines;
    double full0, full1;     /* range of x over all curves; NaN: no points */
    size_t columns;          /* of the bins at hand */
    bool stale, rough;       /* bins have to be made anew; are not exact yet */
    int slices;              /* passes so far from rough to exact */
    bool waiting;            /* some curve is not prepared for the options yet */
    struct orr_error error;  /* of the last attempt; code ORR_OK: none */
    struct orr_rect plot;    /* where the plot was drawn, for the mouse */
    struct orr_ui_task *work; /* the pass over long curves in the background */
    struct orr_curves_forecast *forecast; /* NULL: not in forecast mode */
};

/* load.c */
enum orr_status orr_curves_load(struct orr_ui *ui, struct orr_curves *v, struct orr_error *err); /* the list, then the set */
void orr_curves_open_set(struct orr_ui *ui, struct orr_curves *v); /* after another choice of series or groups */
void orr_curves_follow(struct orr_ui *ui, struct orr_curves *v);   /* the store changed */
void orr_curves_prepare(struct orr_ui *ui, struct orr_curves *v);  /* after other options: passes, range */
void orr_curves_bins(struct orr_ui *ui, struct orr_curves *v, size_t columns, bool may_be_rough);
void orr_curves_refine(struct orr_ui *ui, struct orr_curves *v); /* a timer's turn: a part of what a rough paint left */
void orr_curves_free_set(struct orr_curves *v);
/* The curve set as batch verbs see it; names live in *series, which the caller frees. */
void orr_curves_query(const struct orr_curves *v, struct orr_curve_set *q, const char ***series);

/* window.c: all take the window as it is and keep it inside the data. */
void orr_curves_window(const struct orr_curves *v, double *x0, double *x1); /* never empty */
void orr_curves_zoom(struct orr_curves *v, double factor);                  /* below 1: closer */
void orr_curves_pan(struct orr_curves *v, double part);                     /* of the window */
void orr_curves_move_cursor(struct orr_curves *v, double part);
void orr_curves_cursor_to(struct orr_curves *v, double part);               /* 0 left end, 1 right end */

/* draw.c */
void orr_curves_draw(struct orr_ui *ui, struct orr_curves *v, struct orr_canvas *c, struct orr_rect r);

/* forecast.c: fans over the curves shown. But for the first three, only in forecast mode. */
void orr_curves_forecast_toggle(struct orr_ui *ui, struct orr_curves *v);
void orr_curves_forecast_end(struct orr_curves *v);
void orr_curves_forecast_follow(struct orr_ui *ui, struct orr_curves *v); /* other curves came onto the chart */
void orr_curves_forecast_beside(struct orr_ui *ui, struct orr_curves *v); /* the next method beside the first */
void orr_curves_forecast_scrub(struct orr_ui *ui, struct orr_curves *v, int by); /* steps of the observed share */
size_t orr_curves_forecast_most(const struct orr_curves *v);              /* series that the next may fill; 0: none */
size_t orr_curves_forecast_series(const struct orr_curves *v, struct orr_chart_series *out);
double orr_curves_forecast_cut(const struct orr_curves *v);               /* where observation ends; NaN: nowhere */
void orr_curves_forecast_note(const struct orr_curves *v, size_t line, char *out, size_t n);
void orr_curves_forecast_title(const struct orr_curves *v, struct orr_str *out);
void orr_curves_forecast_status(const struct orr_curves *v, struct orr_str *out);
void orr_curves_forecast_command(const struct orr_curves *v, const char *path, struct orr_str *out);
void orr_curves_forecast_export(struct orr_ui *ui, const struct orr_curves *v, const char *path);

/* export.c: a file written by a job. */
void orr_curves_export(struct orr_ui *ui, const struct orr_curves *v, const char *path);

#endif
