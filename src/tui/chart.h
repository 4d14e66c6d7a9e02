/* Charts drawn in cells: pure functions of data and size. Braille cells carry 2 x 4 dots, block cells 1 x 2, ASCII cells
 * one; a series is a stroke from minimum to maximum per dot column, so that no spike is lost however many points share
 * a column. Series differ by colour and by the marker that the line carries, so that one colour is enough to tell them
 * apart. Any size works: parts are dropped by priority down to a sparkline of one row. */
#ifndef ORRERY_TUI_CHART_H
#define ORRERY_TUI_CHART_H

#include "app/curve.h"
#include "tui/canvas.h"
#include "tui/ticks.h"

enum orr_chart_kind {
    ORR_CHART_LINE,   /* points joined in their order; a NaN breaks the line */
    ORR_CHART_POINTS, /* a marker per point */
    ORR_CHART_STEPS,  /* joined by horizontal, then vertical strokes */
};
enum orr_chart_dash { ORR_DASH_SOLID, ORR_DASH_DASHED, ORR_DASH_DOTTED }; /* forecasts, references */

/* One series: bins as orr_curve_bin makes them (use orr_chart_columns bins), or arrays of n points. All borrowed. */
struct orr_chart_series {
    const char *name; /* in the legend; NULL: not listed */
    enum orr_chart_kind kind;
    enum orr_chart_dash dash;
    int color; /* 0: by position; else 1..8, an Okabe-Ito colour and its marker */
    const struct orr_bin *bins;
    size_t n_bins;
    size_t n;
    const double *x, *y;   /* [n] */
    const double *lo, *hi; /* [n] or NULL: an uncertainty band, drawn dotted */
    const char *note;      /* legend text after the name; NULL: the value under the cursor, where there is one */
};

struct orr_chart {
    const char *title, *x_label, *y_label; /* NULL: none */
    const struct orr_chart_series *series;
    size_t n_series;
    double x0, x1, y0, y1; /* window; NaN: from the data */
    bool log_x, log_y;     /* what is <= 0 is left out */
    bool robust_y;         /* automatic y range without outliers: see orr_chart_range_y */
    enum orr_ticks_kind x_ticks;
    double cursor;         /* x of the crosshair; NaN: none */
    bool hide_legend;
};

/* A chart without data, with every automatic choice on. */
struct orr_chart orr_chart_init(void);

/* Where the parts go: depends on the size, the glyphs and the number of series, never on values, so that a chart does
 * not jump while it is zoomed. Parts that have no room have h or w 0. */
struct orr_chart_layout {
    struct orr_rect title, plot, gutter /* y labels */, axis /* x axis line */, labels /* x labels */, legend;
    int columns, rows;   /* dots in the plot */
    int legend_columns;  /* entries side by side */
    bool sparkline;
};
struct orr_chart_layout orr_chart_layout(const struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart);
/* Dot columns of the plot: the number of bins to ask for. At least 1. */
size_t orr_chart_columns(const struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart);

/* The window that will be drawn. Never empty: a constant gets a margin, no data gives 0..1 (1..10 on log axes). */
void orr_chart_range_x(const struct orr_chart *chart, double *x0, double *x1);
/* Robust: quantiles 0.02 and 0.98 of what is in the window, widened by a quarter, at most the full range. */
void orr_chart_range_y(const struct orr_chart *chart, double *y0, double *y1);

void orr_chart_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart);

/* The marker of a series (1..8) in the canvas's glyphs, as in the legend. */
uint32_t orr_chart_marker(const struct orr_canvas *c, int color);
/* y[0..n) as one row of bars or dots, for tables; NaN is a blank. */
void orr_chart_sparkline(struct orr_canvas *c, int x, int y, int width, const double *values, size_t n,
                         struct orr_style s);

#endif
