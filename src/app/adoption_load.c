/* Series of counts for the adoption use cases: from runs of the store, tables and standard input. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/adoption.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/vec.h"
#include "ingest/format.h"

static const char *const published_names[ORR_WSB_PARAMS] = {"lambda_i", "mu_i", "sigma_i"};

void orr_adoption_set_free(struct orr_adoption_set *s)
{
    free(s->items);
    orr_arena_free(&s->arena);
    *s = (struct orr_adoption_set){0};
}

static struct orr_adoption_item *add_item(struct orr_adoption_set *s)
{
    if ((s->n & (s->n + 1)) == 0) s->items = orr_xrealloc(s->items, 2 * s->n + 2, sizeof *s->items);
    struct orr_adoption_item *item = &s->items[s->n++];
    *item = (struct orr_adoption_item){.name = "", .group = "", .period = "", .published = {NAN, NAN, NAN}};
    return item;
}

/* Takes over the points with positive steps. */
static void set_points(struct orr_adoption_set *s, struct orr_adoption_item *item, size_t n, const int64_t *step,
                       const double *value)
{
    item->t = orr_arena_alloc(&s->arena, (n + 1) * sizeof *item->t);
    item->c = orr_arena_alloc(&s->arena, (n + 1) * sizeof *item->c);
    item->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (step[i] <= 0) continue;
        item->t[item->n] = (double)step[i];
        item->c[item->n++] = value[i];
    }
}

/* ---- from the store ---- */

static enum orr_status load_run(struct orr_store *store, const struct orr_run *run, const char *name,
                                struct orr_adoption_set *out, struct orr_error *err)
{
    struct orr_series series;
    enum orr_status status = orr_store_series_find(store, run->id, name, &series, err);
    if (status != ORR_OK) return status;
    const size_t n = (size_t)series.n;
    int64_t *step = orr_alloc(n, sizeof *step);
    double *value = orr_alloc(n, sizeof *value);
    struct orr_config_list config = {0};
    size_t got = 0;
    status = step && value ? orr_store_points(store, series.id, 0, n, step, value, NULL, &got, err)
                           : orr_error_set(err, ORR_ENOMEM, run->name, "no memory for %zu points", n);
    if (status == ORR_OK) status = orr_store_config(store, run->id, &config, err);
    if (status == ORR_OK) {
        struct orr_adoption_item *item = add_item(out);
        item->run = run->id;
        item->name = orr_arena_strdup(&out->arena, run->name);
        item->group = orr_arena_strdup(&out->arena, run->group);
        for (size_t i = 0; i < config.n; i++) {
            const struct orr_config_value *v = &config.values[i];
            if (!strcmp(v->key, "period")) item->period = orr_arena_strdup(&out->arena, v->text);
            for (int j = 0; j < ORR_WSB_PARAMS; j++)
                if (v->is_number && !strcmp(v->key, published_names[j])) item->published[j] = v->number;
        }
        set_points(out, item, got, step, value);
    }
    orr_config_list_free(&config);
    free(step);
    free(value);
    return status;
}

static bool is_wanted(const struct orr_run *run, const int64_t *runs, size_t n_runs)
{
    if (n_runs == 0) return !strcmp(run->project, "adoption");
    for (size_t i = 0; i < n_runs; i++)
        if (runs[i] == run->id) return true;
    return false;
}

enum orr_status orr_adoption_load(struct orr_store *store, const int64_t *runs, size_t n_runs, const char *series,
                                  struct orr_adoption_set *out, struct orr_error *err)
{
    struct orr_run_list list = {0};
    enum orr_status status = orr_store_runs(store, &list, err);
    const size_t before = out->n;
    for (size_t i = 0; status == ORR_OK && i < list.n; i++) {
        if (!is_wanted(&list.runs[i], runs, n_runs)) continue;
        status = load_run(store, &list.runs[i], series ? series : "count", out, err);
        if (status == ORR_ENOTFOUND && n_runs == 0) status = ORR_OK; /* a run of the project without that series */
    }
    orr_run_list_free(&list);
    if (status == ORR_OK && out->n == before)
        return orr_error_set(err, ORR_ENOTFOUND, orr_store_path(store),
                             "no adoption series here; import a table of counts, or name runs and --series");
    return status;
}

/* ---- from a table, through its importer ---- */

struct taking {
    struct orr_adoption_set *set;
    size_t first; /* item of run handle 0 */
    ORR_VEC(uint32_t) run_of; /* by series handle */
};

static enum orr_status take_run(void *ctx, uint32_t run, const struct orr_run_meta *meta, struct orr_error *err)
{
    (void)err;
    struct taking *x = ctx;
    while (x->first + run >= x->set->n) add_item(x->set);
    struct orr_adoption_item *item = &x->set->items[x->first + run];
    if (meta->name) item->name = orr_arena_strdup(&x->set->arena, meta->name);
    if (meta->group) item->group = orr_arena_strdup(&x->set->arena, meta->group);
    return ORR_OK;
}

static enum orr_status take_config(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind,
                                   const char *value, struct orr_error *err)
{
    (void)kind, (void)err;
    struct taking *x = ctx;
    struct orr_adoption_item *item = &x->set->items[x->first + run];
    if (!strcmp(key, "period")) item->period = orr_arena_strdup(&x->set->arena, value);
    for (int j = 0; j < ORR_WSB_PARAMS; j++) {
        double number;
        if (!strcmp(key, published_names[j]) && orr_parse_double(value, strlen(value), &number))
            item->published[j] = number;
    }
    return ORR_OK;
}

static enum orr_status take_series(void *ctx, uint32_t series, uint32_t run, const char *name, struct orr_error *err)
{
    (void)series, (void)name, (void)err;
    struct taking *x = ctx;
    ORR_VEC_PUSH(&x->run_of, run);
    return ORR_OK;
}

/* The batches of a series are appended to what its item has; tables give each series in one or few batches. */
static enum orr_status take_points(void *ctx, uint32_t series, const struct orr_points *p, struct orr_error *err)
{
    (void)err;
    struct taking *x = ctx;
    struct orr_adoption_item *item = &x->set->items[x->first + x->run_of.data[series]];
    const size_t had = item->n;
    double *t = orr_arena_alloc(&x->set->arena, (had + p->n + 1) * sizeof *t);
    double *c = orr_arena_alloc(&x->set->arena, (had + p->n + 1) * sizeof *c);
    for (size_t i = 0; i < had; i++) t[i] = item->t[i], c[i] = item->c[i];
    set_points(x->set, item, p->n, p->step, p->value);
    for (size_t i = 0; i < item->n; i++) t[had + i] = item->t[i], c[had + i] = item->c[i];
    item->t = t;
    item->c = c;
    item->n += had;
    return ORR_OK;
}

enum orr_status orr_adoption_load_table(const char *path, const struct orr_ticker *ticker,
                                        struct orr_adoption_set *out, struct orr_error *err)
{
    static const struct orr_sink_ops ops = {
        .run = take_run, .config = take_config, .series = take_series, .points = take_points};
    struct taking x = {.set = out, .first = out->n};
    struct orr_sink *sink = orr_sink_new(&ops, &x, 0);
    struct orr_ingest in = {.path = path, .run_key = path};
    if (ticker) in.ticker = *ticker;
    enum orr_status status = orr_format_counts.read(&in, sink, err);
    if (status == ORR_OK) status = orr_sink_flush(sink, err);
    orr_sink_free(sink);
    free(in.state);
    free(x.run_of.data);
    return status;
}
