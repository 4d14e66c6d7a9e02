#include "cli/text_chart.h"

#include <math.h>
#include <string.h>

#include "app/curve_set.h"
#include "base/mem.h"
#include "tui/chart.h"

enum { WIDTH = 100, HEIGHT = 24, MOST = 64 };

static const char *x_label(const struct orr_curve_options *o)
{
    switch (o->x) {
    case ORR_X_STEP: return "step";
    case ORR_X_RELATIVE: return "seconds since the start";
    case ORR_X_WALL: return "time";
    case ORR_X_SERIES: return o->x_series;
    }
    return NULL;
}

static enum orr_ticks_kind x_ticks(const struct orr_curve_options *o)
{
    return o->x == ORR_X_WALL ? ORR_TICKS_TIME : o->x == ORR_X_RELATIVE ? ORR_TICKS_DURATION : ORR_TICKS_NUMBER;
}

/* One line per curve, from as many bins as the plot has dots. */
static enum orr_status curve_series(struct orr_open_set *set, const struct orr_curve_set *q, size_t i, double x0,
                                    double x1, size_t n, struct orr_chart_series *out, struct orr_error *err)
{
    struct orr_bin *bins = orr_arena_zalloc(&set->arena, n, sizeof *bins);
    *out = (struct orr_chart_series){.name = orr_curve_set_label(set, q, i), .bins = bins, .n_bins = n};
    return orr_curve_bin(set->members[i].curve, &q->options, x0, x1, n, bins, err);
}

/* One line with a band per group. */
static enum orr_status band_series(struct orr_open_set *set, const struct orr_curve_set *q, size_t g, double x0,
                                   double x1, size_t n, struct orr_chart_series *out, struct orr_error *err)
{
    size_t n_curves;
    struct orr_curve **curves = orr_curve_set_group(set, g, &n_curves);
    struct orr_band_bin *bins = orr_arena_zalloc(&set->arena, n, sizeof *bins);
    const enum orr_status s = orr_curve_band(curves, n_curves, &q->options, x0, x1, n, q->min_max, bins, err);
    if (s) return s;
    double *x = orr_arena_zalloc(&set->arena, 4 * n, sizeof *x), *y = x + n, *lo = y + n, *hi = lo + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = bins[i].x;
        y[i] = bins[i].mean;
        lo[i] = bins[i].lo;
        hi[i] = bins[i].hi;
    }
    *out = (struct orr_chart_series){
        .name = orr_curve_set_group_label(set, q, g), .n = n, .x = x, .y = y, .lo = lo, .hi = hi};
    return ORR_OK;
}

enum orr_status orr_text_chart(struct orr_app *app, const struct orr_curve_set *q, enum orr_glyphs glyphs,
                               const struct orr_ticker *ticker, struct orr_str *out, struct orr_error *err)
{
    struct orr_open_set set = {0};
    struct orr_canvas canvas;
    struct orr_chart_series series[MOST];
    struct orr_chart chart = orr_chart_init();
    orr_canvas_init(&canvas, q->width ? q->width : WIDTH, q->height ? q->height : HEIGHT);
    canvas.glyphs = glyphs;
    const struct orr_rect all = {0, 0, canvas.width, canvas.height};
    enum orr_status s = orr_curve_set_open(app, q, &set, err);
    if (s == ORR_OK) s = orr_curve_set_window(&set, q, ticker, &chart.x0, &chart.x1, err);
    if (s) goto out;
    const size_t have = q->group_by ? set.n_groups : set.n;
    if (have > MOST) {
        s = orr_error_set(err, ORR_EINVAL, NULL,
                          "%zu curves in one chart of text; the most is %d: choose fewer runs, or --group-by", have,
                          MOST);
        goto out;
    }
    chart.title = q->title;
    chart.x_label = x_label(&q->options);
    chart.x_ticks = x_ticks(&q->options);
    chart.log_x = q->options.log_x;
    chart.log_y = q->log_y;
    chart.series = series;
    chart.n_series = have;
    for (size_t i = 0; i < have; i++) series[i] = (struct orr_chart_series){.name = ""}; /* the legend takes room */
    const size_t n = orr_chart_columns(&canvas, all, &chart);
    for (size_t i = 0; i < have && s == ORR_OK; i++)
        s = q->group_by ? band_series(&set, q, i, chart.x0, chart.x1, n, &series[i], err)
                        : curve_series(&set, q, i, chart.x0, chart.x1, n, &series[i], err);
    if (s) goto out;
    orr_chart_draw(&canvas, all, &chart);
    orr_canvas_dump(&canvas, false, out);
out:
    orr_curve_set_close(&set);
    orr_canvas_free(&canvas);
    return s;
}
