/* Arrows of a vector field in the cells of a chart that hold nothing else. */
#ifndef ORRERY_TUI_CHART_ARROWS_H
#define ORRERY_TUI_CHART_ARROWS_H

#include "tui/chart.h"

/* u, v (rows, columns), row 0 at y0; between its points the field is interpolated. */
struct orr_arrows {
    double x0, x1, y0, y1; /* what the field spans */
    const double *u, *v;
    int rows, columns;
};
/* r: the plot of a chart whose window is wx0..wx1, wy0..wy1. One arrow every few cells: where it points as seen on the
 * screen by its glyph, how fast by its brightness. */
void orr_arrows_draw(struct orr_canvas *c, struct orr_rect r, double wx0, double wx1, double wy0, double wy1,
                     const struct orr_arrows *a);

#endif
