/* Fitting many series at once, and showing the results. */
#include "app/adoption.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parallel.h"

enum { FITS = ORR_ADOPTION_BLEND + 1 };

struct orr_adoption_query orr_adoption_query_defaults(void)
{
    return (struct orr_adoption_query){.method = "blend", .m = 1, .level = 0.9, .seed = 1, .ahead = 12};
}

const char *orr_adoption_methods(void)
{
    return "blend|bayes|rpp|least-squares|persistence|linear|exponential|logistic|gompertz|bass";
}

/* ---- running ---- */

struct run {
    const struct orr_adoption_set *set;
    const struct orr_adoption_query *query;
    const struct orr_method *baseline; /* NULL: a fit of adoption */
    enum orr_adoption_fit fit;
    struct orr_adoption_result *items;
    const struct orr_ticker *ticker; /* of the calling thread */
    pthread_t caller;
    atomic_bool stop;
    atomic_size_t done;
};

/* A long item asks within itself; only the caller's thread may ask whoever watches, and tells the others. */
static bool go_on(void *ctx, const struct orr_progress *progress)
{
    (void)progress;
    struct run *r = ctx;
    if (pthread_equal(pthread_self(), r->caller) &&
        !orr_ticker_tick(r->ticker, "fitting adoption", "series", atomic_load(&r->done), r->set->n))
        atomic_store(&r->stop, true);
    return !atomic_load(&r->stop);
}

static size_t observed_points(const struct orr_adoption_query *q, size_t n)
{
    size_t use = q->observe ? q->observe : n;
    if (q->observe_share > 0) use = (size_t)fmax(1, floor(q->observe_share * (double)n + 0.5));
    return use < n ? use : n;
}

static void run_item(void *ctx, size_t i)
{
    struct run *r = ctx;
    const struct orr_ticker ticker = {go_on, r};
    const struct orr_adoption_query *q = r->query;
    const struct orr_adoption_item *item = &r->set->items[i];
    struct orr_adoption_result *out = &r->items[i];
    if (!orr_shards_mine(q->shards, i)) return;
    out->observed = observed_points(q, item->n);
    const struct orr_counts counts = {out->observed, item->t, item->c};
    if (r->baseline) {
        static const double none[1] = {0};
        out->forecast.level = q->level;
        out->status =
            r->baseline->forecast_counts(&counts, q->ahead, none, q->seed, &ticker, &out->forecast, &out->error);
        out->fit.outcome = out->forecast.outcome;
    } else {
        /* the seed belongs to the item, so that neither order nor company change its forecast */
        const struct orr_adoption_settings settings = {r->fit, q->paper, q->m, q->level,
                                                       q->seed + XXH3_64bits(item->name, strlen(item->name))};
        out->has_parameters = true;
        out->status = orr_adoption_fit(&counts, &settings, NULL, NULL, q->jumps, q->ahead, &ticker, &out->fit,
                                       &out->forecast, &out->error);
    }
    if (out->status != ORR_OK) {
        out->forecast.n = 0;
        out->has_parameters = false;
    }
    atomic_fetch_add(&r->done, 1);
}

static enum orr_status choose(const struct orr_adoption_query *q, struct run *r, struct orr_error *err)
{
    for (int f = 0; f < FITS; f++) {
        if (strcmp(orr_adoption_fit_name((enum orr_adoption_fit)f), q->method)) continue;
        r->fit = (enum orr_adoption_fit)f;
        if (q->paper && r->fit != ORR_ADOPTION_LEAST_SQUARES)
            return orr_error_set(err, ORR_EINVAL, "adoption", "--paper goes with --method least-squares");
        return ORR_OK;
    }
    r->baseline = orr_method_find(q->method);
    if (!r->baseline || !r->baseline->baseline || r->baseline->input != ORR_DATA_COUNTS)
        return orr_error_set(err, ORR_EINVAL, "adoption", "no method '%s'; there are %s", q->method,
                             orr_adoption_methods());
    if (q->paper || q->jumps)
        return orr_error_set(err, ORR_EINVAL, "adoption", "--paper and --jumps do not go with %s", q->method);
    return ORR_OK;
}

enum orr_status orr_adoption_run(const struct orr_adoption_set *set, const struct orr_adoption_query *q,
                                 const struct orr_ticker *ticker, struct orr_adoption_results *out,
                                 struct orr_error *err)
{
    *out = (struct orr_adoption_results){0};
    struct run r = {.set = set, .query = q, .ticker = ticker, .caller = pthread_self()};
    enum orr_status status = choose(q, &r, err);
    if (status != ORR_OK) return status;
    size_t per_item, total;
    if (__builtin_mul_overflow(q->ahead, (size_t)4, &per_item) || __builtin_mul_overflow(per_item, set->n, &total))
        return orr_error_set(err, ORR_EINVAL, "adoption", "too many periods ahead");
    r.items = out->items = orr_xcalloc(set->n + 1, sizeof *out->items);
    out->numbers = orr_alloc(total, sizeof *out->numbers);
    out->n = set->n;
    if (!out->numbers) {
        orr_adoption_results_free(out);
        return orr_error_set(err, ORR_ENOMEM, "adoption", "no memory for %zu forecasts of %zu periods", set->n, q->ahead);
    }
    for (size_t i = 0; i < set->n; i++) {
        double *at = out->numbers + i * per_item;
        struct orr_forecast *f = &out->items[i].forecast;
        f->t = at;
        f->mean = at + q->ahead;
        f->lower = at + 2 * q->ahead;
        f->upper = at + 3 * q->ahead;
    }
    if (!orr_parallel_for(set->n, q->threads, run_item, &r, ticker, "fitting adoption", "series") ||
        atomic_load(&r.stop)) {
        orr_adoption_results_free(out);
        return orr_error_set(err, ORR_ECANCELLED, "adoption", "stopped before all series were fitted");
    }
    return ORR_OK;
}

void orr_adoption_results_free(struct orr_adoption_results *r)
{
    free(r->items);
    free(r->numbers);
    *r = (struct orr_adoption_results){0};
}

/* ---- showing ---- */

enum {
    COL_NAME, COL_GROUP, COL_OBSERVED, COL_COUNT, COL_LAMBDA, COL_MU, COL_SIGMA, COL_ULTIMATE, COL_IMPACT, COL_RMSE,
    COL_OUTCOME, COL_JUMPS, COL_AT, COL_FORECAST, COL_LOWER, COL_UPPER, COLS
};

void orr_adoption_table(const struct orr_adoption_set *set, const struct orr_adoption_query *q,
                        const struct orr_adoption_results *results, struct orr_table *t)
{
    static const struct {
        const char *name;
        enum orr_cell_kind kind;
    } columns[COLS] = {
        {"name", ORR_CELL_TEXT},       {"group", ORR_CELL_TEXT},     {"observed", ORR_CELL_INTEGER},
        {"count", ORR_CELL_NUMBER},    {"lambda", ORR_CELL_NUMBER},  {"mu", ORR_CELL_NUMBER},
        {"sigma", ORR_CELL_NUMBER},    {"ultimate", ORR_CELL_NUMBER}, {"impact_time", ORR_CELL_NUMBER},
        {"rmse", ORR_CELL_NUMBER},     {"outcome", ORR_CELL_TEXT},   {"jumps", ORR_CELL_INTEGER},
        {"age", ORR_CELL_NUMBER},      {"forecast", ORR_CELL_NUMBER}, {"lower", ORR_CELL_NUMBER},
        {"upper", ORR_CELL_NUMBER},
    };
    orr_table_init(t, set->n, COLS);
    for (size_t c = 0; c < COLS; c++) orr_table_column(t, c, columns[c].name, columns[c].kind);
    for (size_t i = 0; i < set->n; i++) {
        const struct orr_adoption_item *item = &set->items[i];
        const struct orr_adoption_result *r = &results->items[i];
        orr_table_set_text(t, i, COL_NAME, item->name);
        orr_table_set_text(t, i, COL_GROUP, item->group);
        orr_table_set_number(t, i, COL_OBSERVED, (double)r->observed);
        if (r->observed) orr_table_set_number(t, i, COL_COUNT, item->c[r->observed - 1]);
        orr_table_set_text(t, i, COL_OUTCOME, r->status == ORR_OK ? orr_outcome_name(r->fit.outcome) : r->error.message);
        if (r->has_parameters) {
            const struct orr_wsb *p = &r->fit.p;
            orr_table_set_number(t, i, COL_LAMBDA, p->lambda);
            orr_table_set_number(t, i, COL_MU, p->mu);
            orr_table_set_number(t, i, COL_SIGMA, p->sigma);
            orr_table_set_number(t, i, COL_ULTIMATE, r->fit.ultimate);
            orr_table_set_number(t, i, COL_IMPACT, orr_wsb_impact_time(p) * r->fit.time_unit);
            orr_table_set_number(t, i, COL_RMSE, r->fit.rmse);
            if (q->jumps) orr_table_set_number(t, i, COL_JUMPS, (double)r->fit.jumps.n);
        }
        if (r->forecast.n) {
            const size_t k = r->forecast.n - 1;
            orr_table_set_number(t, i, COL_AT, r->forecast.t[k]);
            orr_table_set_number(t, i, COL_FORECAST, r->forecast.mean[k]);
            orr_table_set_number(t, i, COL_LOWER, r->forecast.lower[k]);
            orr_table_set_number(t, i, COL_UPPER, r->forecast.upper[k]);
        }
    }
}

static void append_fit(struct orr_str *s, const struct orr_adoption *fit)
{
    static const char *const names[ORR_WSB_PARAMS] = {"lambda", "mu", "sigma"};
    const double p[ORR_WSB_PARAMS] = {fit->p.lambda, fit->p.mu, fit->p.sigma};
    orr_str_append(s, ",\"parameters\":{");
    for (int j = 0; j < ORR_WSB_PARAMS; j++) {
        orr_str_printf(s, "%s\"%s\":{\"value\":", j ? "," : "", names[j]);
        orr_json_append_double(s, p[j]);
        orr_json_append_member_number(s, "lower", fit->lo[j]);
        orr_json_append_member_number(s, "upper", fit->hi[j]);
        orr_str_append_char(s, '}');
    }
    orr_json_append_member_number(s, "m", fit->p.m);
    orr_json_append_member_number(s, "time_unit", fit->time_unit);
    orr_str_append_char(s, '}');
    orr_json_append_member_number(s, "ultimate", fit->ultimate);
    orr_json_append_member_number(s, "impact_time", orr_wsb_impact_time(&fit->p) * fit->time_unit);
    orr_json_append_member_number(s, "rmse", fit->rmse);
    orr_json_append_member_number(s, "condition", fit->condition);
    orr_json_append_member_number(s, "dispersion", fit->dispersion);
    orr_str_append(s, ",\"jumps\":[");
    for (size_t k = 0; k < fit->jumps.n; k++) {
        orr_str_printf(s, "%s{\"point\":%zu", k ? "," : "", fit->jumps.jump[k].at + 1);
        orr_json_append_member_number(s, "size", fit->jumps.jump[k].size);
        orr_json_append_member_number(s, "bic_drop", fit->jumps.jump[k].evidence);
        orr_str_append_char(s, '}');
    }
    orr_str_append_char(s, ']');
}

void orr_adoption_json(const struct orr_adoption_set *set, const struct orr_adoption_query *q,
                       const struct orr_adoption_results *results, struct orr_str *out)
{
    orr_str_append_char(out, '[');
    for (size_t i = 0; i < set->n; i++) {
        const struct orr_adoption_item *item = &set->items[i];
        const struct orr_adoption_result *r = &results->items[i];
        orr_str_append(out, i ? ",\n{\"name\":" : "\n{\"name\":");
        orr_json_append_string(out, item->name);
        orr_json_append_member_text(out, "group", item->group);
        orr_json_append_member_text(out, "period", item->period);
        if (item->run) orr_json_append_member_number(out, "run", (double)item->run);
        orr_json_append_member_number(out, "observed", (double)r->observed);
        orr_json_append_member_text(out, "method", q->method);
        orr_json_append_member_number(out, "horizon", (double)q->ahead);
        orr_json_append_member_text(out, "outcome", r->status == ORR_OK ? orr_outcome_name(r->fit.outcome) : "failed");
        if (r->status != ORR_OK) orr_json_append_member_text(out, "error", r->error.message);
        if (r->has_parameters) append_fit(out, &r->fit);
        orr_json_append_member_number(out, "level", q->level);
        orr_json_append_member_numbers(out, "age", r->forecast.t, r->forecast.n);
        orr_json_append_member_numbers(out, "mean", r->forecast.mean, r->forecast.n);
        orr_json_append_member_numbers(out, "lower", r->forecast.lower, r->forecast.n);
        orr_json_append_member_numbers(out, "upper", r->forecast.upper, r->forecast.n);
        orr_str_append(out, ",\"provenance\":{\"version\":\"" ORR_VERSION "\"");
        orr_json_append_member_number(out, "seed", (double)q->seed);
        orr_str_append(out, q->paper ? ",\"paper\":true}}" : ",\"paper\":false}}");
    }
    orr_str_append(out, "\n]\n");
}
