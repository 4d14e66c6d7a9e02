#include "cli/forecast_chart.h"

#include "tui/chart.h"

enum { WIDTH = 100, HEIGHT = 20, MOST = 8 };

void orr_forecast_chart(const struct orr_curve_items *items, const struct orr_curve_forecasts *f, int width,
                        enum orr_glyphs glyphs, struct orr_str *out)
{
    struct orr_canvas canvas;
    struct orr_chart_series series[2 * MOST];
    struct orr_chart chart = orr_chart_init();
    size_t n = 0;
    orr_canvas_init(&canvas, width > 0 ? width : WIDTH, HEIGHT);
    canvas.glyphs = glyphs;
    for (size_t i = 0; i < items->n && i < MOST; i++) {
        const struct orr_curve_item *item = &items->items[i];
        const struct orr_forecast *o = &f->items[i].out;
        const char *name = *item->name ? item->name : item->series;
        const int color = (int)i + 1;
        series[n] = (struct orr_chart_series){.name = name, .color = color, .n = item->n, .x = item->t, .y = item->y};
        n++;
        if (!o->n) continue;
        series[n] = (struct orr_chart_series){.dash = ORR_DASH_DASHED,
                                              .color = color,
                                              .n = o->n,
                                              .x = o->t,
                                              .y = o->mean,
                                              .lo = o->lower,
                                              .hi = o->upper};
        n++;
        if (i == 0) chart.cursor = item->t[f->items[i].observed - 1]; /* where observation ends */
    }
    chart.series = series;
    chart.n_series = n;
    chart.title = items->n ? items->items[0].series : NULL;
    chart.x_label = "step";
    orr_chart_draw(&canvas, (struct orr_rect){0, 0, canvas.width, canvas.height}, &chart);
    orr_canvas_dump(&canvas, false, out);
    orr_canvas_free(&canvas);
}
