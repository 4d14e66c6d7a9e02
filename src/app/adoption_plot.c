/* Adoption as files: the table of forecasts, the picture of one series, the collapse plot. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/adoption.h"
#include "app/export.h"
#include "base/mem.h"
#include "base/vec.h"
#include "num/special.h"

enum { CURVE_POINTS = 200 };
static const double FEWEST_EVENTS = 10, PHI_REACH = 4;

struct rows {
    double *data;
    size_t len, cap;
};

static void push(struct rows *r, double x, double y)
{
    ORR_VEC_PUSH(r, x);
    ORR_VEC_PUSH(r, y);
}

/* gnuplot refuses an empty data set. */
static void pad(struct rows *r, size_t columns)
{
    while (r->len < columns) ORR_VEC_PUSH(r, NAN);
}

struct picture {
    struct rows counts, fit, forecast, jumps, phi;
};

static void take_series(struct picture *p, const struct orr_adoption_item *item, const struct orr_adoption_result *r)
{
    for (size_t i = 0; i < item->n; i++) push(&p->counts, item->t[i], item->c[i]);
    const struct orr_forecast *f = &r->forecast;
    const double end = f->n ? f->t[f->n - 1] : item->n ? item->t[item->n - 1] : 1;
    for (int i = 1; r->has_parameters && i <= CURVE_POINTS; i++) {
        const double x = end * i / CURVE_POINTS, y = orr_adoption_curve(&r->fit, x);
        push(&p->fit, x, y < 1e15 ? y : NAN);
    }
    for (size_t k = 0; k < f->n; k++) {
        push(&p->forecast, f->t[k], f->mean[k]);
        push(&p->forecast, f->lower[k], f->upper[k]);
    }
    for (size_t k = 0; r->has_parameters && k < r->fit.jumps.n; k++)
        push(&p->jumps, item->t[r->fit.jumps.jump[k].at], item->c[r->fit.jumps.jump[k].at]);
}

static void take_collapse(struct picture *p, const struct orr_adoption_set *set,
                          const struct orr_adoption_results *results)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct orr_adoption_item *item = &set->items[i];
        const struct orr_adoption_result *r = &results->items[i];
        if (!r->has_parameters || r->fit.outcome != ORR_CONVERGED || item->c[item->n - 1] < FEWEST_EVENTS) continue;
        for (size_t k = 0; k < item->n; k++) {
            double x, y;
            orr_adoption_collapse(&r->fit, item->t[k], item->c[k], &x, &y);
            push(&p->counts, x, y);
        }
    }
    for (int i = 0; i <= CURVE_POINTS; i++) {
        const double x = PHI_REACH * (2.0 * i / CURVE_POINTS - 1);
        push(&p->phi, x, orr_normal_cdf(x));
    }
}

static enum orr_status draw(const struct orr_adoption_set *set, const struct orr_adoption_results *results, size_t item,
                            bool collapse, enum orr_plot_format format, const char *path,
                            const struct orr_ticker *ticker, struct orr_error *err)
{
    struct picture p = {0};
    if (collapse)
        take_collapse(&p, set, results);
    else
        take_series(&p, &set->items[item], &results->items[item]);
    const bool has_fit = p.fit.len, has_forecast = p.forecast.len, has_jumps = p.jumps.len;
    pad(&p.counts, 2);
    pad(&p.fit, 2);
    pad(&p.forecast, 4);
    pad(&p.jumps, 2);
    pad(&p.phi, 2);
    char interval[32];
    snprintf(interval, sizeof interval, "%g%% interval", 100 * results->items[item].forecast.level);
    const struct orr_plot_variable variables[] = {
        {.name = "title_text", .text = collapse ? "All series rescaled" : set->items[item].name},
        {.name = "x_label", .text = collapse                 ? "(ln t - mu) / sigma"
                                    : *set->items[item].period ? set->items[item].period
                                                               : "period"},
        {.name = "interval", .text = interval},
        {.name = "collapse", .number = collapse},
        {.name = "log_y", .number = 0},
        {.name = "has_fit", .number = has_fit},
        {.name = "has_forecast", .number = has_forecast},
        {.name = "has_jumps", .number = has_jumps},
    };
    const struct orr_plot_data data[] = {
        {"counts", p.counts.len / 2, 2, p.counts.data}, {"fit", p.fit.len / 2, 2, p.fit.data},
        {"forecast", p.forecast.len / 4, 4, p.forecast.data}, {"jumps", p.jumps.len / 2, 2, p.jumps.data},
        {"phi", p.phi.len / 2, 2, p.phi.data},
    };
    const struct orr_plot plot = {.view = "adoption", .format = format, .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables, .data = data,
                                  .n_data = sizeof data / sizeof *data};
    const enum orr_status status = orr_plot_write(&plot, path, ticker, err);
    free(p.counts.data);
    free(p.fit.data);
    free(p.forecast.data);
    free(p.jumps.data);
    free(p.phi.data);
    return status;
}

enum orr_status orr_adoption_export(const struct orr_adoption_set *set, const struct orr_adoption_query *query,
                                    const struct orr_adoption_results *results, size_t item, bool collapse,
                                    const char *path, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    enum orr_status status = orr_export_kind(path, &kind, err);
    if (status != ORR_OK) return status;
    if (kind.picture && item >= set->n) return orr_error_set(err, ORR_ENOTFOUND, path, "there is no series to draw");
    if (kind.picture) return draw(set, results, item, collapse, kind.plot, path, ticker, err);
    struct orr_table t = {0};
    orr_adoption_table(set, query, results, &t);
    status = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return status;
}
