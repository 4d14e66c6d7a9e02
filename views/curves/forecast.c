/* Forecast mode: a fan for every curve on the chart, from the part of it that is taken as observed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/curve_forecast.h"
#include "base/mem.h"
#include "base/shell.h"
#include "tui/export.h"
#include "views/curves/state.h"

enum {
    MOST = 12,    /* fans on one chart */
    POINTS = 512, /* that a longer curve is averaged down to */
    METHODS = 5,  /* which may stand beside the first */
};
static const char *const methods[METHODS] = {"curve-blend", "curve-ode", "power", "last", "lstm"};
static const double LEAST = 0.02, STEP = 0.02, USUAL = 0.2, LEVEL = 0.9;

struct orr_curves_forecast {
    double share;  /* observed part; 1: all, and as far ahead again */
    size_t beside; /* methods[beside] besides methods[first]; 0: none */
    size_t first;  /* 0, or the next that is installed */
    struct orr_lc_model *model[METHODS];
    struct orr_curve_items items; /* one per line of the chart, at most MOST */
    struct orr_curve_forecasts of[2];
    char advice[160];
};

void orr_curves_forecast_end(struct orr_curves *v)
{
    struct orr_curves_forecast *f = v->forecast;
    if (!f) return;
    for (size_t i = 0; i < METHODS; i++) orr_lc_model_free(f->model[i]);
    orr_curve_items_free(&f->items);
    for (int k = 0; k < 2; k++) orr_curve_forecasts_free(&f->of[k]);
    free(f);
    v->forecast = NULL;
}

/* ---- curves and models ---- */

/* Means of bins, whose number bounds the time however long the curve is; exact where bins hold one point each. */
static enum orr_status add_curve(struct orr_ui *ui, struct orr_curves *v, size_t i, struct orr_error *err)
{
    struct orr_curves_forecast *f = v->forecast;
    const struct orr_curve_member *m = &v->set.members[i];
    const struct orr_curve_options plain = {.x = ORR_X_STEP};
    struct orr_bin bins[POINTS];
    double t[POINTS], y[POINTS], x0, x1, y0, y1;
    size_t n = 0;
    enum orr_status s = ORR_OK;
    if (orr_curve_points(m->curve) <= POINTS) {
        s = orr_curve_points_read(m->curve, &plain, 0, POINTS, NULL, t, y, &n, err);
    } else {
        s = orr_curve_range(m->curve, &plain, &x0, &x1, &y0, &y1, err);
        if (!s) s = orr_curve_bin(m->curve, &plain, x0, x1, POINTS, bins, err);
        for (size_t k = 0; k < POINTS && !s; k++)
            if (bins[k].n > bins[k].nan_count) t[n] = bins[k].x, y[n++] = bins[k].mean;
    }
    if (s) return s;
    struct orr_curve_item *item = orr_curve_items_add_points(&f->items, m->run_name, m->series, n, t, y);
    return orr_curve_item_graph(orr_ui_store(ui), orr_curve_run(m->curve), &f->items, item, err);
}

static enum orr_status get_model(struct orr_curves_forecast *f, size_t method, struct orr_error *err)
{
    return f->model[method] ? ORR_OK : orr_curve_model(methods[method], NULL, &f->model[method], err);
}

/* ---- forecasts ---- */

static double final_of(const struct orr_curve_forecast *r) { return r->out.n ? r->out.mean[r->out.n - 1] : NAN; }

/* Runs that need not go on: even the better end of their interval is worse than the worse end of the best one's. */
static bool may_stop(const struct orr_curve_forecasts *r, size_t i)
{
    const struct orr_curve_forecast *a = &r->items[i];
    if (!a->out.n) return false;
    for (size_t k = 0; k < r->n; k++) {
        const struct orr_curve_forecast *b = &r->items[k];
        if (!b->out.n || b->direction != a->direction) continue;
        const size_t la = a->out.n - 1, lb = b->out.n - 1;
        if (a->direction == ORR_LC_RISING ? a->out.upper[la] < b->out.lower[lb] : a->out.lower[la] > b->out.upper[lb])
            return true;
    }
    return false;
}

static size_t rank_of(const struct orr_curve_forecasts *r, size_t i)
{
    size_t rank = 1;
    for (size_t k = 0; k < r->n; k++) {
        const double a = final_of(&r->items[k]), b = final_of(&r->items[i]);
        rank += r->items[i].direction == ORR_LC_RISING ? a > b : a < b;
    }
    return rank;
}

static bool same_series(const struct orr_curve_items *items)
{
    for (size_t i = 1; i < items->n; i++)
        if (strcmp(items->items[i].series, items->items[0].series) != 0) return false;
    return items->n > 1;
}

static void advise(struct orr_curves_forecast *f)
{
    size_t stop = 0;
    f->advice[0] = '\0';
    if (!same_series(&f->items)) return;
    for (size_t i = 0; i < f->of[0].n; i++) stop += may_stop(&f->of[0], i);
    if (stop)
        snprintf(f->advice, sizeof f->advice, "%zu of %zu may stop here: the best stays ahead of their intervals", stop,
                 f->of[0].n);
    else
        snprintf(f->advice, sizeof f->advice, "none may stop yet: the intervals overlap");
}

static struct orr_curve_forecast_query query(const struct orr_curves_forecast *f)
{
    struct orr_curve_forecast_query q = orr_curve_forecast_defaults();
    q.level = LEVEL;
    q.observe_share = f->share < 1 ? f->share : 0;
    return q;
}

static void compute(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_curves_forecast *f = v->forecast;
    const struct orr_curve_forecast_query q = query(f);
    struct orr_error err;
    const size_t which[2] = {f->first, f->beside};
    for (int k = 0; k < 2; k++) {
        orr_curve_forecasts_free(&f->of[k]);
        if (k && !f->beside) continue;
        if (get_model(f, which[k], &err) ||
            orr_curve_forecast_with(f->model[which[k]], &f->items, &q, NULL, &f->of[k], &err))
            orr_ui_error(ui, &err);
        for (size_t i = 0; i < f->of[k].n; i++) {
            const struct orr_forecast *o = &f->of[k].items[i].out;
            if (o->n && o->t[o->n - 1] > v->full1) v->full1 = o->t[o->n - 1], v->stale = true;
        }
    }
    advise(f);
}

/* After other curves came onto the chart. */
void orr_curves_forecast_follow(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_curves_forecast *f = v->forecast;
    struct orr_error err;
    if (!f) return;
    if (v->group_by || v->options.x != ORR_X_STEP) {
        orr_ui_message(ui, ORR_COLOR_WARN, "forecasts are drawn over steps, for single curves");
        orr_curves_forecast_end(v);
        return;
    }
    orr_curve_items_free(&f->items);
    for (size_t i = 0; i < v->set.n && i < MOST; i++)
        if (add_curve(ui, v, i, &err)) orr_ui_error(ui, &err);
    compute(ui, v);
}

void orr_curves_forecast_toggle(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_error err;
    if (v->forecast) {
        orr_curves_forecast_end(v);
        orr_curves_prepare(ui, v);
        return;
    }
    v->forecast = orr_xcalloc(1, sizeof *v->forecast);
    v->forecast->share = USUAL;
    while (v->forecast->first + 1 < METHODS && get_model(v->forecast, v->forecast->first, &err)) v->forecast->first++;
    if (v->set.n > MOST) orr_ui_message(ui, ORR_COLOR_WARN, "forecasts of the first %d of %zu curves", MOST, v->set.n);
    orr_curves_forecast_follow(ui, v);
}

void orr_curves_forecast_beside(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_curves_forecast *f = v->forecast;
    struct orr_error err;
    if (!f) {
        orr_curves_forecast_toggle(ui, v);
        return;
    }
    do f->beside = (f->beside + 1) % METHODS;
    while (f->beside && (f->beside <= f->first || get_model(f, f->beside, &err))); /* what is not installed is left out */
    compute(ui, v);
}

void orr_curves_forecast_scrub(struct orr_ui *ui, struct orr_curves *v, int by)
{
    struct orr_curves_forecast *f = v->forecast;
    const double share = round((f->share + by * STEP) / STEP) * STEP;
    f->share = share < LEAST ? LEAST : share > 1 ? 1 : share;
    compute(ui, v);
}

/* ---- on the chart ---- */

size_t orr_curves_forecast_series(const struct orr_curves *v, struct orr_chart_series *out)
{
    const struct orr_curves_forecast *f = v->forecast;
    size_t n = 0;
    for (int k = 0; f && k < 2; k++)
        for (size_t i = 0; i < f->of[k].n; i++) {
            const struct orr_forecast *o = &f->of[k].items[i].out;
            if (!o->n) continue;
            out[n++] = (struct orr_chart_series){.dash = k ? ORR_DASH_DOTTED : ORR_DASH_DASHED,
                                                 .color = (int)(i % 8) + 1,
                                                 .n = o->n,
                                                 .x = o->t,
                                                 .y = o->mean,
                                                 .lo = k ? NULL : o->lower,
                                                 .hi = k ? NULL : o->upper};
        }
    return n;
}

size_t orr_curves_forecast_most(const struct orr_curves *v) { return v->forecast ? 2 * MOST : 0; }

double orr_curves_forecast_cut(const struct orr_curves *v)
{
    const struct orr_curves_forecast *f = v->forecast;
    for (size_t i = 0; i < f->of[0].n; i++)
        if (f->of[0].items[i].observed) return f->items.items[i].t[f->of[0].items[i].observed - 1];
    return NAN;
}

void orr_curves_forecast_note(const struct orr_curves *v, size_t i, char *out, size_t n)
{
    const struct orr_curves_forecast *f = v->forecast;
    const struct orr_curve_forecast *r = i < f->of[0].n ? &f->of[0].items[i] : NULL;
    char mean[24], low[24], high[24];
    if (!r || !r->out.n) {
        snprintf(out, n, "too short");
        return;
    }
    const size_t k = r->out.n - 1;
    orr_ticks_value(r->out.mean[k], mean);
    orr_ticks_value(r->out.lower[k], low);
    orr_ticks_value(r->out.upper[k], high);
    if (same_series(&f->items))
        snprintf(out, n, "#%zu %s [%s, %s]%s", rank_of(&f->of[0], i), mean, low, high,
                 may_stop(&f->of[0], i) ? " stop" : "");
    else
        snprintf(out, n, "%s [%s, %s]", mean, low, high);
}

void orr_curves_forecast_title(const struct orr_curves *v, struct orr_str *out)
{
    const struct orr_curves_forecast *f = v->forecast;
    orr_str_printf(out, "  forecast from %.0f%% by %s", 100 * f->share, methods[f->first]);
    if (f->beside) orr_str_printf(out, " beside %s", methods[f->beside]);
}

void orr_curves_forecast_status(const struct orr_curves *v, struct orr_str *out)
{
    const struct orr_curves_forecast *f = v->forecast;
    orr_str_printf(out, "  h l observe %.0f%%", 100 * f->share);
    if (*f->advice) orr_str_printf(out, "  %s", f->advice);
}

void orr_curves_forecast_command(const struct orr_curves *v, const char *path, struct orr_str *out)
{
    const struct orr_curves_forecast *f = v->forecast;
    struct orr_str word = {0};
    orr_str_append(out, "orrery forecast curve");
    for (size_t i = 0; i < v->set.n && i < MOST; i++) {
        orr_str_clear(&word);
        orr_str_printf(&word, "%lld/%s", (long long)orr_curve_run(v->set.members[i].curve), v->set.members[i].series);
        orr_shell_append(out, word.data);
    }
    orr_str_printf(out, " --method %s", methods[f->first]);
    if (f->share < 1) orr_str_printf(out, " --observe %.0f%%", 100 * f->share);
    if (path) {
        orr_str_append(out, " --plot");
        orr_shell_append(out, path);
    }
    orr_str_free(&word);
}

/* ---- a file, written by a job ---- */

struct export {
    size_t n;
    struct {
        int64_t run;
        char *series;
    } items[MOST];
    struct orr_curve_forecast_query q;
};

static void release(void *ctx)
{
    struct export *e = ctx;
    for (size_t i = 0; i < e->n; i++) free(e->items[i].series);
    free(e);
}

static enum orr_status write_file(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                                  struct orr_error *err)
{
    const struct export *e = ctx;
    struct orr_curve_items items = {0};
    struct orr_curve_forecasts f = {0};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < e->n && !s; i++) s = orr_curve_items_add(store, e->items[i].run, e->items[i].series, &items, err);
    if (!s) s = orr_curve_forecast_run(&items, &e->q, ticker, &f, err);
    if (!s) s = orr_curve_forecast_export(&items, &e->q, &f, path, ticker, err);
    orr_curve_forecasts_free(&f);
    orr_curve_items_free(&items);
    return s;
}

void orr_curves_forecast_export(struct orr_ui *ui, const struct orr_curves *v, const char *path)
{
    const struct orr_curves_forecast *f = v->forecast;
    struct export *e = orr_xcalloc(1, sizeof *e);
    struct orr_str command = {0};
    orr_curves_forecast_command(v, path, &command);
    e->q = query(f);
    e->q.method = methods[f->first];
    for (; e->n < v->set.n && e->n < MOST; e->n++) {
        e->items[e->n].run = orr_curve_run(v->set.members[e->n].curve);
        e->items[e->n].series = orr_xstrdup(v->set.members[e->n].series);
    }
    orr_ui_export(ui, &(struct orr_ui_export){.path = path, .command = orr_str_c(&command), .reads_store = true,
                                              .write = write_file, .release = release, .ctx = e});
    orr_str_free(&command);
}
