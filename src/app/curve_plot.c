/* Curve sets as pictures: bins go to the template views/curves/plot.gp. */
#include <math.h>
#include <stdlib.h>

#include "app/curve_set.h"
#include "base/mem.h"
#include "base/vec.h"

enum { COLUMNS = 4 }; /* x, mean, low, high */

struct picture {
    ORR_VEC(double) rows;
    ORR_VEC(const char *) names;
    ORR_VEC(double) singles; /* 1 where a curve is one point, which no line shows */
    double x0, x1, y0, y1;
    bool log_y;
};

static void push_row(struct picture *p, double x, double mean, double lo, double hi)
{
    if (lo > 0 || !p->log_y) p->y0 = fmin(p->y0, lo);
    if (hi > 0 || !p->log_y) p->y1 = fmax(p->y1, hi);
    ORR_VEC_PUSH(&p->rows, x);
    ORR_VEC_PUSH(&p->rows, mean);
    ORR_VEC_PUSH(&p->rows, lo);
    ORR_VEC_PUSH(&p->rows, hi);
}

/* An empty set would shift the index of those after it: it gets a row that draws nothing. */
static void end_curve(struct picture *p, const char *name, size_t points)
{
    if (!points) push_row(p, p->x0, NAN, NAN, NAN);
    push_row(p, NAN, NAN, NAN, NAN);
    ORR_VEC_PUSH(&p->names, name);
    ORR_VEC_PUSH(&p->singles, points == 1);
}

static enum orr_status add_bins(struct picture *p, struct orr_open_set *s, const struct orr_curve_set *q, size_t n,
                                struct orr_error *err)
{
    struct orr_bin *bins = orr_xmalloc(n * sizeof *bins);
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < s->n && status == ORR_OK; i++) {
        size_t points = 0;
        status = orr_curve_bin(s->members[i].curve, &q->options, p->x0, p->x1, n, bins, err);
        for (size_t k = 0; status == ORR_OK && k < n; k++)
            if (bins[k].n > bins[k].nan_count)
                push_row(p, bins[k].x, bins[k].mean, bins[k].min, bins[k].max), points++;
            else if (bins[k].n) /* a gap */
                push_row(p, bins[k].x, NAN, NAN, NAN);
        if (status == ORR_ENOTFOUND) status = ORR_OK; /* without the series on the x axis */
        end_curve(p, orr_curve_set_label(s, q, i), points);
    }
    free(bins);
    return status;
}

static enum orr_status add_bands(struct picture *p, struct orr_open_set *s, const struct orr_curve_set *q, size_t n,
                                 struct orr_error *err)
{
    struct orr_band_bin *bins = orr_xmalloc(n * sizeof *bins);
    enum orr_status status = ORR_OK;
    for (size_t g = 0; g < s->n_groups && status == ORR_OK; g++) {
        size_t curves, points = 0;
        struct orr_curve **c = orr_curve_set_group(s, g, &curves);
        status = orr_curve_band(c, curves, &q->options, p->x0, p->x1, n, q->min_max, bins, err);
        for (size_t k = 0; status == ORR_OK && k < n; k++)
            if (bins[k].n) push_row(p, bins[k].x, bins[k].mean, bins[k].lo, bins[k].hi), points++;
        end_curve(p, orr_curve_set_group_label(s, q, g), points);
    }
    free(bins);
    return status;
}

static const char *x_label(const struct orr_curve_options *o)
{
    switch (o->x) {
    case ORR_X_RELATIVE: return "time since the first point (h:mm)";
    case ORR_X_WALL: return "time (UTC)";
    case ORR_X_SERIES: return o->x_series;
    case ORR_X_STEP: break;
    }
    return "step";
}

static void make_title(const struct orr_curve_set *q, struct orr_str *out)
{
    if (q->title) {
        orr_str_append(out, q->title);
        return;
    }
    for (size_t i = 0; i < q->n_series && i < 4; i++) orr_str_printf(out, "%s%s", i ? ", " : "", q->series[i]);
    if (q->n_series > 4) orr_str_append(out, ", ...");
    if (q->options.smooth > 0) orr_str_printf(out, "  (smoothed %g)", q->options.smooth);
}

static void widen_constant(double *x0, double *x1, bool log)
{
    if (*x1 > *x0) return;
    *x0 = log ? *x0 / 2 : *x0 - 1;
    *x1 = log ? *x1 * 2 : *x1 + 1;
}

/* Either a file (path) or text in memory (out). */
static enum orr_status draw(struct orr_app *app, const struct orr_curve_set *q, enum orr_plot_format format,
                            const char *path, const struct orr_ticker *ticker, struct orr_str *out,
                            struct orr_error *err)
{
    struct orr_open_set s = {0};
    struct picture p = {.y0 = NAN, .y1 = NAN, .log_y = q->log_y};
    struct orr_str title = {0};
    enum orr_status status = orr_curve_set_open(app, q, &s, err);
    if (status == ORR_OK) status = orr_curve_set_window(&s, q, ticker, &p.x0, &p.x1, err);
    if (status == ORR_OK) {
        widen_constant(&p.x0, &p.x1, q->options.log_x);
        const size_t n = q->bins ? q->bins : 400;
        status = q->group_by ? add_bands(&p, &s, q, n, err) : add_bins(&p, &s, q, n, err);
    }
    if (status == ORR_OK) {
        make_title(q, &title);
        const double kind = q->options.x == ORR_X_RELATIVE ? 1 : q->options.x == ORR_X_WALL ? 2 : 0;
        const struct orr_plot_variable variables[] = {
            {.name = "n", .number = (double)p.names.len},
            {.name = "names", .texts = p.names.data, .n = p.names.len},
            {.name = "title_text", .text = orr_str_c(&title)},
            {.name = "x_label", .text = x_label(&q->options)},
            {.name = "x0", .number = p.x0},
            {.name = "x1", .number = p.x1},
            {.name = "empty", .number = isnan(p.y0)},
            {.name = "y0", .number = isnan(p.y0) ? 1 : p.y0},
            {.name = "y1", .number = isnan(p.y0) ? 10 : p.y1},
            {.name = "log_x", .number = q->options.log_x},
            {.name = "log_y", .number = q->log_y},
            {.name = "x_kind", .number = kind},
            {.name = "bands", .number = 1},
        };
        const struct orr_plot_data data[] = {{"curves", p.rows.len / COLUMNS, COLUMNS, p.rows.data},
                                             {"singles", p.singles.len, 1, p.singles.data}};
        const struct orr_plot plot = {.view = "curves",
                                      .format = format,
                                      .width = q->width,
                                      .height = q->height,
                                      .variables = variables,
                                      .n_variables = sizeof variables / sizeof *variables,
                                      .data = data,
                                      .n_data = 2};
        status = path ? orr_plot_write(&plot, path, ticker, err) : orr_plot_render(&plot, ticker, out, err);
    }
    free(p.rows.data);
    free(p.names.data);
    free(p.singles.data);
    orr_str_free(&title);
    orr_curve_set_close(&s);
    return status;
}

enum orr_status orr_app_curve_plot(struct orr_app *app, const struct orr_curve_set *q, enum orr_plot_format format,
                                   const struct orr_ticker *ticker, struct orr_str *out, struct orr_error *err)
{
    return draw(app, q, format, NULL, ticker, out, err);
}

enum orr_status orr_app_curve_export(struct orr_app *app, const struct orr_curve_set *q, const char *path,
                                     const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct orr_table t = {0};
    enum orr_status status = orr_export_kind(path, &kind, err);
    if (status != ORR_OK) return status;
    if (kind.picture) return draw(app, q, kind.plot, path, ticker, NULL, err);
    status = orr_app_curve_table(app, q, ticker, &t, err);
    if (status == ORR_OK) status = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return status;
}
