#include "app/curve_forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/vec.h"

struct orr_curve_forecast_query orr_curve_forecast_defaults(void)
{
    return (struct orr_curve_forecast_query){.method = "curve-blend", .level = 0.9, .seed = 1};
}

void orr_curve_forecasts_free(struct orr_curve_forecasts *f)
{
    orr_arena_free(&f->arena);
    *f = (struct orr_curve_forecasts){0};
}

/* "curve-lstm.safetensors": other kinds of methods have networks of the same names. */
static const char *model_file(const char *method, char out[64])
{
    snprintf(out, 64, "%s%s.safetensors", orr_starts_with(method, "curve-") ? "" : "curve-", method);
    return out;
}

enum orr_status orr_curve_model(const char *method, const char *path, struct orr_lc_model **out, struct orr_error *err)
{
    const struct orr_lc_method *m = orr_lc_method_find(method);
    const struct orr_lc_options o = orr_lc_defaults();
    *out = NULL;
    if (!m) return orr_error_set(err, ORR_EINVAL, "--method", "'%s' is no method for learning curves", method);
    if (!orr_lc_method_learns(m)) {
        *out = orr_lc_model_new(m, &o);
        return ORR_OK;
    }
    char *datasets = path ? NULL : orr_example_datasets();
    struct orr_str shipped = {0};
    char file[64];
    orr_str_printf(&shipped, "%s/models/%s", datasets ? datasets : "datasets", model_file(method, file));
    enum orr_status s = ORR_OK;
    if (!path && access(shipped.data, R_OK) != 0)
        s = orr_error_set(err, ORR_ENOTFOUND, method,
                          "learns from whole curves, and there is no fitted model at %s: name one with --model", shipped.data);
    if (!s) s = orr_lc_load(path ? path : shipped.data, out, err);
    if (!s && strcmp(orr_lc_method_name((*out)->method), method) != 0)
        s = orr_error_set(err, ORR_EINVAL, path ? path : shipped.data, "was fitted for method %s",
                          orr_lc_method_name((*out)->method));
    if (s) {
        orr_lc_model_free(*out);
        *out = NULL;
    }
    orr_str_free(&shipped);
    free(datasets);
    return s;
}

/* ---- what is observed, and where to forecast ---- */

static size_t observed_of(const struct orr_curve_item *item, const struct orr_curve_forecast_query *q)
{
    size_t n = item->n;
    if (q->observe && q->observe < n) n = q->observe;
    if (q->observe_share > 0) {
        const double until = item->t[0] + q->observe_share * (item->t[item->n - 1] - item->t[0]);
        for (n = 0; n < item->n && item->t[n] <= until;) n++;
    }
    return n;
}

/* Recorded times up to the end, then on at their last spacing; thinned evenly. */
static void set_times(const struct orr_curve_item *item, const struct orr_curve_forecast_query *q, size_t seen,
                      struct orr_curve_forecast *f, struct orr_arena *a)
{
    const double from = item->t[seen - 1], last = item->t[item->n - 1], first = item->t[0];
    const double end = q->horizon > 0 ? from + q->horizon : last > from ? last : from + fmax(from - first, 1);
    const double spacing =
        fmax((from - item->t[seen / 2]) / (double)(seen - 1 - seen / 2), (end - from) / ORR_CURVE_AHEAD_MAX);
    ORR_VEC(double) t = {0};
    for (size_t i = seen; i < item->n && item->t[i] <= end; i++) ORR_VEC_PUSH(&t, item->t[i]);
    for (double x = (t.len ? t.data[t.len - 1] : from) + spacing; x < end - spacing / 2; x += spacing)
        ORR_VEC_PUSH(&t, x);
    if (!t.len || t.data[t.len - 1] < end) ORR_VEC_PUSH(&t, end);
    const size_t n = t.len < ORR_CURVE_AHEAD_MAX ? t.len : ORR_CURVE_AHEAD_MAX;
    double *numbers = orr_arena_zalloc(a, 5 * n, sizeof *numbers);
    f->out = (struct orr_forecast){.n = n,
                                   .t = numbers,
                                   .mean = numbers + n,
                                   .lower = numbers + 2 * n,
                                   .upper = numbers + 3 * n,
                                   .level = q->level};
    f->actual = numbers + 4 * n;
    size_t at = seen;
    for (size_t k = 0; k < n; k++) {
        f->out.t[k] = t.data[(k + 1) * t.len / n - 1];
        while (at < item->n && item->t[at] < f->out.t[k]) at++;
        f->actual[k] = at < item->n && item->t[at] <= f->out.t[k] ? item->y[at] : NAN;
    }
    free(t.data);
}

static void prepare(const struct orr_curve_item *item, const struct orr_curve_forecast_query *q,
                    struct orr_curve_forecast *f, struct orr_arena *a)
{
    f->status = item->status;
    f->error = item->error;
    if (f->status) return;
    f->observed = observed_of(item, q);
    if (f->observed < ORR_LC_LEAST) {
        f->status = orr_error_set(&f->error, ORR_EINVAL, item->series,
                                  "%zu of %zu points are within --observe: a forecast needs at least %d", f->observed,
                                  item->n, ORR_LC_LEAST);
        return;
    }
    const struct orr_lc_observed seen = {f->observed, item->t, item->y, q->direction ? q->direction : item->direction,
                                         NULL};
    f->direction = orr_lc_direction_of(&seen);
    set_times(item, q, f->observed, f, a);
}

/* Progress of a group as progress of all. */
struct within {
    const struct orr_ticker *outer;
    size_t first, n;
};
static bool tick_within(void *ctx, const struct orr_progress *p)
{
    const struct within *w = ctx;
    return orr_ticker_tick(w->outer, p->what, p->unit, w->first + p->done, w->n);
}

/* Items first..first+n-1, as one batch. */
static enum orr_status forecast_group(const struct orr_lc_model *model, const struct orr_curve_items *items, size_t first,
                                      size_t n, const struct orr_curve_forecast_query *q, const struct orr_ticker *ticker,
                                      struct orr_curve_forecasts *out, struct orr_error *err)
{
    struct orr_lc_item work[ORR_CURVE_TOGETHER];
    size_t usable = 0;
    for (size_t i = first; i < first + n; i++) {
        const struct orr_curve_item *item = &items->items[i];
        struct orr_curve_forecast *f = &out->items[i];
        prepare(item, q, f, &out->arena);
        if (!f->status)
            work[usable++] = (struct orr_lc_item){{f->observed, item->t, item->y, f->direction, item->graph}, f->out};
    }
    const double start = orr_clock_now();
    const enum orr_status s = orr_lc_forecast(model, usable, work, ticker, err);
    out->seconds += orr_clock_now() - start;
    for (size_t i = first, k = 0; i < first + n && !s; i++)
        if (!out->items[i].status) {
            out->items[i].out.outcome = work[k++].out.outcome;
            if (items->items[i].cleaning.diverged && out->items[i].observed == items->items[i].n)
                out->items[i].out.outcome = ORR_DIVERGED;
        }
    return s;
}

enum orr_status orr_curve_forecast_with(const struct orr_lc_model *model, const struct orr_curve_items *items,
                                        const struct orr_curve_forecast_query *q, const struct orr_ticker *ticker,
                                        struct orr_curve_forecasts *out, struct orr_error *err)
{
    *out = (struct orr_curve_forecasts){.n = items->n, .made_with = ""};
    out->items = orr_arena_zalloc(&out->arena, items->n + 1, sizeof *out->items);
    enum orr_status s = ORR_OK;
    for (size_t first = 0; first < items->n && !s; first += ORR_CURVE_TOGETHER) {
        const size_t left = items->n - first, n = left < ORR_CURVE_TOGETHER ? left : ORR_CURVE_TOGETHER;
        if (!orr_shards_mine(q->shards, first / ORR_CURVE_TOGETHER)) continue;
        struct within w = {ticker, first, items->n};
        s = forecast_group(model, items, first, n, q, &(struct orr_ticker){tick_within, &w}, out, err);
    }
    return s;
}

enum orr_status orr_curve_forecast_run(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                                       const struct orr_ticker *ticker, struct orr_curve_forecasts *out,
                                       struct orr_error *err)
{
    struct orr_lc_model *model;
    char file[64];
    *out = (struct orr_curve_forecasts){.made_with = ""};
    enum orr_status s = orr_curve_model(q->method, q->model, &model, err);
    if (s) return s;
    s = orr_curve_forecast_with(model, items, q, ticker, out, err);
    if (model->params.n)
        out->made_with = q->model ? orr_arena_strdup(&out->arena, q->model)
                                  : orr_arena_printf(&out->arena, "datasets/models/%s", model_file(q->method, file));
    orr_lc_model_free(model);
    return s;
}

/* ---- what is printed ---- */

static const char *direction_name(enum orr_lc_direction d)
{
    return d == ORR_LC_RISING ? "rising" : d == ORR_LC_FALLING ? "falling" : "";
}

enum {
    COL_NAME,
    COL_SERIES,
    COL_OBSERVED,
    COL_LAST,
    COL_STEP,
    COL_FORECAST,
    COL_LOWER,
    COL_UPPER,
    COL_ACTUAL,
    COL_OUTCOME,
    COLS
};

void orr_curve_forecast_table(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                              const struct orr_curve_forecasts *f, struct orr_table *t)
{
    (void)q;
    static const struct {
        const char *name;
        enum orr_cell_kind kind;
    } columns[COLS] = {{"run", ORR_CELL_TEXT},     {"series", ORR_CELL_TEXT},  {"observed", ORR_CELL_INTEGER},
                       {"last", ORR_CELL_NUMBER},  {"step", ORR_CELL_NUMBER},  {"forecast", ORR_CELL_NUMBER},
                       {"lower", ORR_CELL_NUMBER}, {"upper", ORR_CELL_NUMBER}, {"actual", ORR_CELL_NUMBER},
                       {"outcome", ORR_CELL_TEXT}};
    orr_table_init(t, f->n, COLS);
    for (size_t c = 0; c < COLS; c++) orr_table_column(t, c, columns[c].name, columns[c].kind);
    for (size_t i = 0; i < f->n; i++) {
        const struct orr_curve_item *item = &items->items[i];
        const struct orr_curve_forecast *r = &f->items[i];
        orr_table_set_text(t, i, COL_NAME, item->name);
        orr_table_set_text(t, i, COL_SERIES, item->series);
        orr_table_set_number(t, i, COL_OBSERVED, (double)r->observed);
        orr_table_set_text(t, i, COL_OUTCOME, r->status ? r->error.message : orr_outcome_name(r->out.outcome));
        if (!r->out.n) continue;
        const size_t k = r->out.n - 1;
        orr_table_set_number(t, i, COL_LAST, item->y[r->observed - 1]);
        orr_table_set_number(t, i, COL_STEP, r->out.t[k]);
        orr_table_set_number(t, i, COL_FORECAST, r->out.mean[k]);
        orr_table_set_number(t, i, COL_LOWER, r->out.lower[k]);
        orr_table_set_number(t, i, COL_UPPER, r->out.upper[k]);
        orr_table_set_number(t, i, COL_ACTUAL, r->actual[k]);
    }
}

static void append_item(const struct orr_curve_item *item, const struct orr_curve_forecast_query *q,
                        const struct orr_curve_forecast *r, const char *made_with, struct orr_str *out)
{
    orr_str_append(out, "{\"name\":");
    orr_json_append_string(out, item->name);
    orr_json_append_member_text(out, "series", item->series);
    if (item->run) orr_json_append_member_number(out, "run", (double)item->run);
    orr_json_append_member_number(out, "observed", (double)r->observed);
    orr_json_append_member_number(out, "points", (double)item->n);
    orr_json_append_member_number(out, "dropped", (double)item->cleaning.dropped);
    orr_json_append_member_number(out, "replaced", (double)item->cleaning.replaced);
    orr_json_append_member_text(out, "method", q->method);
    orr_json_append_member_text(out, "outcome", r->status ? "failed" : orr_outcome_name(r->out.outcome));
    if (r->status) orr_json_append_member_text(out, "error", r->error.message);
    if (r->out.n) {
        const double *seen = item->t + r->observed - 1;
        orr_json_append_member_text(out, "direction", direction_name(r->direction));
        orr_json_append_member_number(out, "horizon", r->out.t[r->out.n - 1] - *seen);
        orr_json_append_member_number(out, "last_step", *seen);
        orr_json_append_member_number(out, "last", item->y[r->observed - 1]);
    }
    orr_json_append_member_number(out, "level", q->level);
    orr_json_append_member_numbers(out, "step", r->out.t, r->out.n);
    orr_json_append_member_numbers(out, "mean", r->out.mean, r->out.n);
    orr_json_append_member_numbers(out, "lower", r->out.lower, r->out.n);
    orr_json_append_member_numbers(out, "upper", r->out.upper, r->out.n);
    orr_json_append_member_numbers(out, "actual", r->actual, r->out.n);
    orr_str_append(out, ",\"provenance\":{\"version\":\"" ORR_VERSION "\"");
    orr_json_append_member_text(out, "model", made_with);
    orr_json_append_member_text(out, "graph", item->graph ? "stored" : "none");
    orr_json_append_member_number(out, "seed", (double)q->seed);
    orr_str_append(out, "}}");
}

void orr_curve_forecast_json(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                             const struct orr_curve_forecasts *f, struct orr_str *out)
{
    orr_str_append_char(out, '[');
    for (size_t i = 0; i < f->n; i++) {
        orr_str_append(out, i ? ",\n" : "\n");
        append_item(&items->items[i], q, &f->items[i], f->made_with, out);
    }
    orr_str_append(out, "\n]\n");
}
