/* Names and values of the series, and the chart of one row. Private to src/tui/chart*.c. */
#ifndef ORRERY_TUI_CHART_LEGEND_H
#define ORRERY_TUI_CHART_LEGEND_H

#include "tui/chart_axes.h"

int orr_chart_color(const struct orr_chart_series *s, size_t i); /* 1..8 of the series at position i */
/* Series that are listed, and the columns of the widest name. */
size_t orr_legend_entries(const struct orr_chart *chart, int *widest);
void orr_legend_draw(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a);
/* One row: name, shape, last value of the first series. */
void orr_legend_sparkline(struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart);

#endif
