/* Fans of forecast curves as text, drawn by the same code as the workbench's. */
#ifndef ORRERY_CLI_FORECAST_CHART_H
#define ORRERY_CLI_FORECAST_CHART_H

#include "app/curve_forecast.h"
#include "tui/canvas.h"

/* Appends what was recorded and what is forecast of at most 8 curves as lines of text, width columns (0: 100). */
void orr_forecast_chart(const struct orr_curve_items *items, const struct orr_curve_forecasts *f, int width,
                        enum orr_glyphs glyphs, struct orr_str *out);

#endif
