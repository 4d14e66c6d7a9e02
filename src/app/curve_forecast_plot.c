/* Forecasts of curves as files: tables, JSON, and pictures through the template of views/curves. */
#include <math.h>
#include <stdlib.h>

#include "app/curve_forecast.h"
#include "app/export.h"
#include "base/mem.h"
#include "base/vec.h"

enum { COLUMNS = 4, CURVES_MAX = 12 };

struct picture {
    ORR_VEC(double) rows, singles; /* (n, COLUMNS) x, mean, low, high; one row of NaN parts the curves */
    ORR_VEC(const char *) names;
    double x0, x1, y0, y1;
};

static void push(struct picture *p, double x, double mean, double low, double high)
{
    const double row[COLUMNS] = {x, mean, low, high};
    for (int i = 0; i < COLUMNS; i++) ORR_VEC_PUSH(&p->rows, row[i]);
    p->x0 = fmin(p->x0, x), p->x1 = fmax(p->x1, x);
    p->y0 = fmin(p->y0, low), p->y1 = fmax(p->y1, high);
}

/* A row without x parts two curves. */
static void end_curve(struct picture *p, const char *name, size_t points)
{
    for (int i = 0; i < COLUMNS; i++) ORR_VEC_PUSH(&p->rows, NAN);
    ORR_VEC_PUSH(&p->names, name);
    ORR_VEC_PUSH(&p->singles, points == 1);
}

static void take(struct picture *p, const struct orr_curve_item *item, const struct orr_curve_forecast *f,
                 const char *method, struct orr_arena *a)
{
    const char *name = *item->name ? item->name : item->series;
    for (size_t i = 0; i < item->n; i++) push(p, item->t[i], item->y[i], item->y[i], item->y[i]);
    end_curve(p, name, item->n);
    if (!f->out.n) return;
    const size_t last = f->observed - 1;
    push(p, item->t[last], item->y[last], item->y[last], item->y[last]);
    for (size_t k = 0; k < f->out.n; k++) push(p, f->out.t[k], f->out.mean[k], f->out.lower[k], f->out.upper[k]);
    end_curve(p, orr_arena_printf(a, "%s: %s", name, method), f->out.n + 1);
}

static enum orr_status draw(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                            const struct orr_curve_forecasts *f, enum orr_plot_format format, const char *path,
                            const struct orr_ticker *ticker, struct orr_error *err)
{
    struct picture p = {.x0 = INFINITY, .x1 = -INFINITY, .y0 = INFINITY, .y1 = -INFINITY};
    struct orr_arena a = {0};
    for (size_t i = 0; i < items->n && i < CURVES_MAX; i++)
        if (items->items[i].n) take(&p, &items->items[i], &f->items[i], q->method, &a);
    enum orr_status s = p.names.len ? ORR_OK : orr_error_set(err, ORR_ENOTFOUND, path, "there is no curve to draw");
    if (!s) {
        const char *title = orr_arena_printf(&a, "%s, forecast by %s with %g%% intervals", items->items[0].series,
                                             q->method, 100 * q->level);
        const struct orr_plot_variable variables[] = {
            {.name = "n", .number = (double)p.names.len},
            {.name = "names", .texts = p.names.data, .n = p.names.len},
            {.name = "title_text", .text = title},
            {.name = "x_label", .text = "step"},
            {.name = "x0", .number = p.x0},
            {.name = "x1", .number = p.x1 > p.x0 ? p.x1 : p.x0 + 1},
            {.name = "empty", .number = 0},
            {.name = "y0", .number = p.y0},
            {.name = "y1", .number = p.y1},
            {.name = "log_x", .number = 0},
            {.name = "log_y", .number = 0},
            {.name = "x_kind", .number = 0},
            {.name = "bands", .number = 1},
        };
        const struct orr_plot_data data[] = {{"curves", p.rows.len / COLUMNS, COLUMNS, p.rows.data},
                                             {"singles", p.singles.len, 1, p.singles.data}};
        const struct orr_plot plot = {.view = "curves",
                                      .format = format,
                                      .variables = variables,
                                      .n_variables = sizeof variables / sizeof *variables,
                                      .data = data,
                                      .n_data = 2};
        s = orr_plot_write(&plot, path, ticker, err);
    }
    free(p.rows.data);
    free(p.singles.data);
    free(p.names.data);
    orr_arena_free(&a);
    return s;
}

enum orr_status orr_curve_forecast_export(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                                          const struct orr_curve_forecasts *f, const char *path,
                                          const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    enum orr_status s = orr_export_kind(path, &kind, err);
    if (s) return s;
    if (kind.picture) return draw(items, q, f, kind.plot, path, ticker, err);
    struct orr_table t = {0};
    orr_curve_forecast_table(items, q, f, &t);
    s = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return s;
}
