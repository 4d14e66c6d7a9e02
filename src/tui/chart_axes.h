/* Scales, axes, grid and crosshair of a chart. Private to src/tui/chart*.c. */
#ifndef ORRERY_TUI_CHART_AXES_H
#define ORRERY_TUI_CHART_AXES_H

#include "tui/chart.h"

/* Data to dots: linear or log, never overflowing. */
struct orr_scale {
    bool log;
    double a, b; /* dot = a + b * (x or log10 x) */
    double lo, hi;
};
struct orr_scale orr_scale_x(double lo, double hi, bool log, int columns);
struct orr_scale orr_scale_y(double lo, double hi, bool log, int rows); /* upside down: hi is row 0 */
double orr_scale_dot(const struct orr_scale *s, double v);              /* NaN for v <= 0 on a log scale */

struct orr_axes {
    struct orr_scale x, y;
    struct orr_chart_layout layout;
    int dx, dy; /* dots per cell */
};
/* Frame, labels and a faint grid; drawn before the plane. */
void orr_axes_draw(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a);
/* The crosshair, drawn after the plane: a line where the cells are free, a tint where they are not. */
void orr_axes_cursor(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a);

#endif
