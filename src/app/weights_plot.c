/* Weight forecasts as pictures: data for the template views/weights/plot.gp. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/weights_figure.h"
#include "base/mem.h"
#include "base/vec.h"

enum { MOST_METHODS = 16 };

struct rows {
    double *data;
    size_t len, cap;
};
struct drawing {
    struct rows observed, truth, forecast, field;
    const char *names[MOST_METHODS];
    size_t n_names;
    double x0, x1, y0, y1;
    char title[200], x_label[64], y_label[64];
};

static void push(struct rows *r, size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++) ORR_VEC_PUSH(r, x[i]);
}
/* A row of NaN ends a data set; alone it is one that draws nothing, for gnuplot refuses empty data. */
static void end_set(struct rows *r, size_t columns)
{
    const double nothing[4] = {NAN, NAN, NAN, NAN};
    push(r, columns, nothing);
}

/* Lines one after another: observed and true (x, y), forecasts (x, mean, low, high) method by method. */
static void take_trajectories(const struct orr_weights_picture *p, struct drawing *d)
{
    const struct orr_scene *s = p->scene;
    for (size_t l = 0; l < p->n_lines; l++) {
        const struct orr_scene_coordinate c = p->lines[l];
        const struct orr_scene_tensor *t = &s->tensors[c.tensor];
        const size_t at = orr_scene_position(s, c);
        for (size_t i = 0; i < s->sound; i++) {
            const double row[2] = {(double)s->steps[i], (double)t->w[i * t->kept + at]};
            if (i < p->observed) push(&d->observed, 2, row);
            if (i + 1 >= p->observed) push(&d->truth, 2, row);
        }
        end_set(&d->observed, 2);
        end_set(&d->truth, 2);
    }
    for (size_t m = 0; m < p->n_forecasts; m++)
        for (size_t l = 0; l < p->n_lines; l++) {
            const struct orr_scene_coordinate c = p->lines[l];
            const struct orr_scene_tensor *t = &s->tensors[c.tensor];
            const struct orr_scene_forecast *f = p->forecasts[m];
            const size_t at = orr_scene_position(s, c), now = f->observed - 1;
            const double x = (double)t->w[now * t->kept + at], start[4] = {(double)s->steps[now], x, x, x};
            push(&d->forecast, 4, start);
            for (size_t h = 0; h < f->n_ahead; h++) {
                const double mean = (double)f->mean[c.tensor][h * t->kept + at],
                             half = f->spread[c.tensor * f->n_ahead + h];
                const double row[4] = {(double)f->steps[h], mean, mean - half, mean + half};
                push(&d->forecast, 4, row);
            }
            end_set(&d->forecast, 4);
        }
    snprintf(d->x_label, sizeof d->x_label, "step");
    snprintf(d->y_label, sizeof d->y_label, "weight");
}

static void take_plane(const struct orr_weights_picture *p, struct drawing *d)
{
    const struct orr_scene *s = p->scene;
    struct orr_scene_plane plane;
    if (!orr_scene_plane(s, p->scope, &plane)) return;
    orr_scene_window(s, p->forecasts, p->n_forecasts, p->scope, &plane, &d->x0, &d->x1, &d->y0, &d->y1);
    for (size_t i = 0; i < s->sound; i++) {
        const double row[2] = {plane.at[0][i], plane.at[1][i]};
        if (i < p->observed) push(&d->observed, 2, row);
        if (i + 1 >= p->observed) push(&d->truth, 2, row);
    }
    for (size_t m = 0; m < p->n_forecasts; m++) {
        const size_t now = p->forecasts[m]->observed - 1;
        const double start[4] = {plane.at[0][now], plane.at[1][now], NAN, NAN};
        push(&d->forecast, 4, start);
        for (size_t h = 0; h < p->forecasts[m]->n_ahead; h++) {
            double row[4] = {NAN, NAN, NAN, NAN};
            orr_scene_project(s, p->forecasts[m], p->scope, &plane, h, row);
            push(&d->forecast, 4, row);
        }
        end_set(&d->forecast, 4);
    }
    double longest = 0;
    const double wx = (d->x1 - d->x0) / (ORR_FIELD_COLUMNS - 1), wy = (d->y1 - d->y0) / (ORR_FIELD_ROWS - 1);
    for (size_t k = 0; p->field && k < ORR_FIELD_ROWS * ORR_FIELD_COLUMNS; k++)
        longest = fmax(longest, hypot(p->field->u[k / ORR_FIELD_COLUMNS][k % ORR_FIELD_COLUMNS] / wx,
                                      p->field->v[k / ORR_FIELD_COLUMNS][k % ORR_FIELD_COLUMNS] / wy));
    for (size_t k = 0; p->field && longest > 0 && k < ORR_FIELD_ROWS * ORR_FIELD_COLUMNS; k++) {
        const size_t r = k / ORR_FIELD_COLUMNS, c = k % ORR_FIELD_COLUMNS;
        const double u = p->field->u[r][c], v = p->field->v[r][c], length = hypot(u / wx, v / wy);
        const double scale = length > 0 ? 0.95 / sqrt(length * longest) : 0; /* by roots: slow places show too */
        const double row[4] = {d->x0 + wx * (double)c, d->y0 + wy * (double)r, scale * u, scale * v};
        push(&d->field, 4, row);
    }
    snprintf(d->x_label, sizeof d->x_label, "principal direction 1 (%.0f%% of the path's variance)",
             100 * plane.share[0]);
    snprintf(d->y_label, sizeof d->y_label, "principal direction 2 (%.0f%%)", 100 * plane.share[1]);
}

static void take_histogram(const struct orr_weights_picture *p, struct drawing *d)
{
    struct orr_weights_histogram h;
    if (!orr_weights_histogram(p, &h)) return;
    for (size_t b = 0; b < ORR_WEIGHTS_BINS; b++) {
        const double row[4] = {h.lo + (h.hi - h.lo) * ((double)b + 0.5) / ORR_WEIGHTS_BINS, h.share[0][b],
                               h.share[1][b], h.share[2][b]};
        push(&d->forecast, 4, row);
    }
    snprintf(d->x_label, sizeof d->x_label, "weight");
    snprintf(d->y_label, sizeof d->y_label, "share of the weights");
}

static void take_errors(const struct orr_weights_picture *p, struct drawing *d)
{
    for (size_t m = 0; m < p->n_forecasts; m++) {
        for (size_t h = 0; h < p->forecasts[m]->n_ahead; h++) {
            const double row[4] = {(double)p->forecasts[m]->steps[h],
                                   orr_scene_error(p->scene, p->forecasts[m], p->scope, false, h),
                                   orr_scene_error(p->scene, p->forecasts[m], p->scope, true, h), NAN};
            push(&d->forecast, 4, row);
        }
        end_set(&d->forecast, 4);
    }
    snprintf(d->x_label, sizeof d->x_label, "step");
    snprintf(d->y_label, sizeof d->y_label, "mean absolute error");
}

static enum orr_status draw(const struct orr_weights_picture *p, enum orr_weights_chart chart,
                            enum orr_plot_format format, const char *path, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    struct drawing d = {.x1 = 1, .y1 = 1};
    char scope[120];
    orr_weights_scope_name(p, scope);
    snprintf(d.title, sizeof d.title, "%.60s: %s", p->scene->name, scope);
    for (size_t m = 0; m < p->n_forecasts && m < MOST_METHODS; m++) d.names[d.n_names++] = p->forecasts[m]->method;
    switch (chart) {
    case ORR_WEIGHTS_TRAJECTORIES: take_trajectories(p, &d); break;
    case ORR_WEIGHTS_PLANE: take_plane(p, &d); break;
    case ORR_WEIGHTS_HISTOGRAM: take_histogram(p, &d); break;
    case ORR_WEIGHTS_ERROR: take_errors(p, &d); break;
    case ORR_WEIGHTS_CHARTS: break;
    }
    const bool has_field = d.field.len, has_forecast = d.forecast.len;
    if (!d.observed.len) end_set(&d.observed, 2);
    if (!d.truth.len) end_set(&d.truth, 2);
    if (!d.forecast.len) end_set(&d.forecast, 4);
    if (!d.field.len) end_set(&d.field, 4);
    const struct orr_plot_variable variables[] = {
        {.name = "chart", .text = orr_weights_chart_names[chart]},
        {.name = "title_text", .text = d.title},
        {.name = "x_label", .text = d.x_label},
        {.name = "y_label", .text = d.y_label},
        {.name = "n_methods", .number = (double)d.n_names},
        {.name = "names", .texts = d.names, .n = d.n_names},
        {.name = "n_lines", .number = (double)p->n_lines},
        {.name = "now", .number = (double)p->scene->steps[p->observed - 1]},
        {.name = "has_field", .number = has_field},
        {.name = "has_forecast", .number = has_forecast},
        {.name = "has_truth", .number = p->n_forecasts && p->forecasts[0]->truth},
        {.name = "x0", .number = d.x0},
        {.name = "x1", .number = d.x1},
        {.name = "y0", .number = d.y0},
        {.name = "y1", .number = d.y1},
    };
    const struct orr_plot_data data[] = {{"observed", d.observed.len / 2, 2, d.observed.data},
                                         {"truth", d.truth.len / 2, 2, d.truth.data},
                                         {"forecast", d.forecast.len / 4, 4, d.forecast.data},
                                         {"field", d.field.len / 4, 4, d.field.data}};
    const struct orr_plot plot = {.view = "weights",
                                  .format = format,
                                  .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables,
                                  .data = data,
                                  .n_data = 4};
    const enum orr_status status = orr_plot_write(&plot, path, ticker, err);
    free(d.observed.data);
    free(d.truth.data);
    free(d.forecast.data);
    free(d.field.data);
    return status;
}

enum orr_status orr_weights_figure(const struct orr_weights_picture *p, enum orr_weights_chart chart, const char *path,
                                   const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct orr_table t = {0};
    enum orr_status status = orr_export_kind(path, &kind, err);
    const char *empty = status ? NULL : orr_weights_chart_empty(p, chart);
    if (empty) return orr_error_set(err, ORR_EINVAL, orr_weights_chart_names[chart], "%s", empty);
    if (!status && kind.picture) return draw(p, chart, kind.plot, path, ticker, err);
    if (!status) orr_weights_chart_table(p, chart, &t);
    if (!status) status = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return status;
}
