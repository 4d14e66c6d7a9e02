/* A function of two variables as a map in cells: heights as background colours, contour lines, paths over it. */
#ifndef ORRERY_TUI_CHART_MAP_H
#define ORRERY_TUI_CHART_MAP_H

#include "tui/chart.h"

struct orr_map {
    double x0, x1, y0, y1;
    double (*height)(const void *ctx, double x, double y); /* 0 to 1 */
    const void *ctx;
    const struct orr_chart_series *paths; /* x, y; the last point gets the marker; bins and bands are ignored */
    size_t n_paths;
    const double (*spots)[2]; /* places to mark with + */
    size_t n_spots;
};
void orr_map_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_map *map);

#endif
