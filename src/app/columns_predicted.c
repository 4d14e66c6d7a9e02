#include "app/columns_predicted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/curve_forecast.h"
#include "base/mem.h"

static const double OBSERVE = 0.2;

/* Forecasts of all runs; items are the runs that have the series, in the order of the list. */
struct predictions {
    struct orr_curve_items items;
    struct orr_curve_forecasts running, finished; /* of all items each: only the fitting one counts */
    bool *is_running;                             /* [items.n] */
};

static const struct orr_curve_forecast *of(const struct predictions *p, size_t i)
{
    return p->is_running[i] ? &p->running.items[i] : &p->finished.items[i];
}

static double epochs_of(struct orr_store *store, int64_t run)
{
    struct orr_config_list config;
    double epochs = NAN;
    if (orr_store_config(store, run, &config, NULL)) return NAN;
    for (size_t i = 0; i < config.n; i++)
        if (!strcmp(config.values[i].key, "epochs")) epochs = config.values[i].number;
    orr_config_list_free(&config);
    return epochs;
}

/* Runs that go on are forecast one by one: each has an end of its own. */
static enum orr_status forecast_running(struct orr_store *store, const struct orr_lc_model *model,
                                        struct predictions *p, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    p->running.items = orr_arena_zalloc(&p->running.arena, p->items.n + 1, sizeof *p->running.items);
    for (size_t i = 0; i < p->items.n && !s; i++) {
        struct orr_curve_forecast_query q = orr_curve_forecast_defaults();
        const struct orr_curve_item *item = &p->items.items[i];
        struct orr_curve_items one = {.n = 1, .items = &p->items.items[i]};
        struct orr_curve_forecasts f;
        if (!p->is_running[i]) continue;
        const double end = epochs_of(store, item->run);
        if (item->n && end > item->t[item->n - 1]) q.horizon = end - item->t[item->n - 1];
        s = orr_curve_forecast_with(model, &one, &q, NULL, &f, err);
        if (!s && f.items[0].out.n) {
            struct orr_curve_forecast *kept = &p->running.items[i];
            const struct orr_forecast *o = &f.items[0].out;
            double *last = orr_arena_zalloc(&p->running.arena, 3, sizeof *last);
            last[0] = o->mean[o->n - 1], last[1] = o->lower[o->n - 1], last[2] = o->upper[o->n - 1];
            *kept = f.items[0];
            kept->out = (struct orr_forecast){.n = 1, .mean = last, .lower = last + 1, .upper = last + 2};
        }
        orr_curve_forecasts_free(&f);
    }
    return s;
}

static double value_of(const struct predictions *p, size_t i, enum orr_predicted what)
{
    const struct orr_forecast *o = &of(p, i)->out;
    if (!o->n) return NAN;
    return what == ORR_PREDICTED_LOW    ? o->lower[o->n - 1]
           : what == ORR_PREDICTED_HIGH ? o->upper[o->n - 1]
                                        : o->mean[o->n - 1];
}

static double rank_of(const struct predictions *p, size_t i)
{
    const double own = value_of(p, i, ORR_PREDICTED);
    size_t rank = 1;
    if (isnan(own)) return NAN;
    for (size_t k = 0; k < p->items.n; k++) {
        const double other = value_of(p, k, ORR_PREDICTED);
        if (strcmp(p->items.items[k].group, p->items.items[i].group) != 0) continue;
        rank += of(p, i)->direction == ORR_LC_RISING ? other > own : other < own;
    }
    return (double)rank;
}

/* Items are by run; items.n: there is none. The runs asked for may stand in any order. */
static size_t item_of(const struct orr_curve_items *items, int64_t run)
{
    size_t lo = 0, hi = items->n;
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        if (items->items[mid].run < run)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < items->n && items->items[lo].run == run ? lo : items->n;
}

static void find_running(struct orr_store *store, struct predictions *p)
{
    struct orr_run_list all;
    p->is_running = orr_xcalloc(p->items.n + 1, sizeof *p->is_running);
    if (orr_store_runs(store, &all, NULL)) return;
    for (size_t i = 0; i < p->items.n; i++) {
        const struct orr_run *r = orr_run_list_find(&all, p->items.items[i].run);
        p->is_running[i] = r && !strcmp(r->state, "running");
    }
    orr_run_list_free(&all);
}

enum orr_status orr_predicted_columns(struct orr_store *store, const struct orr_run_list *runs, const char *series,
                                      double *const out[ORR_PREDICTEDS], struct orr_error *err)
{
    struct predictions p = {0};
    struct orr_lc_model *model = NULL;
    struct orr_curve_forecast_query q = orr_curve_forecast_defaults();
    q.observe_share = OBSERVE;
    enum orr_status s = orr_curve_model(q.method, NULL, &model, NULL);
    if (s) s = orr_curve_model("power", NULL, &model, err); /* where no models are installed */
    if (!s) s = orr_curve_items_add_all(store, NULL, series, NULL, &p.items, err);
    find_running(store, &p);
    if (!s) s = orr_curve_forecast_with(model, &p.items, &q, NULL, &p.finished, err);
    if (!s) s = forecast_running(store, model, &p, err);
    for (size_t i = 0; i < runs->n; i++) {
        const size_t at = s ? p.items.n : item_of(&p.items, runs->runs[i].id);
        const bool known = at < p.items.n;
        for (int k = 0; k < ORR_PREDICTED_RANK; k++) out[k][i] = known ? value_of(&p, at, (enum orr_predicted)k) : NAN;
        out[ORR_PREDICTED_RANK][i] = known ? rank_of(&p, at) : NAN;
    }
    free(p.is_running);
    orr_curve_forecasts_free(&p.running);
    orr_curve_forecasts_free(&p.finished);
    orr_curve_items_free(&p.items);
    orr_lc_model_free(model);
    return s;
}
