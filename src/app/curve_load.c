/* Curves to forecast: series of the store, of files and of pipes, cleaned. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/curve_forecast.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ingest/format.h"

void orr_curve_items_free(struct orr_curve_items *s)
{
    free(s->items);
    orr_arena_free(&s->arena);
    *s = (struct orr_curve_items){0};
}

enum orr_lc_direction orr_curve_direction(const char *series)
{
    return orr_series_lower_is_better(series) ? ORR_LC_FALLING
           : orr_series_rank(series)          ? ORR_LC_RISING
                                              : ORR_LC_UNKNOWN;
}

static struct orr_curve_item *add_item(struct orr_curve_items *s)
{
    if ((s->n & (s->n + 1)) == 0) s->items = orr_xrealloc(s->items, 2 * s->n + 2, sizeof *s->items);
    struct orr_curve_item *item = &s->items[s->n++];
    *item = (struct orr_curve_item){.name = "", .group = "", .series = ""};
    return item;
}

static void make_room(struct orr_curve_items *s, struct orr_curve_item *item, size_t n)
{
    item->t = orr_arena_alloc(&s->arena, (n + 1) * sizeof *item->t);
    item->y = orr_arena_alloc(&s->arena, (n + 1) * sizeof *item->y);
}

/* Cleans the points at the times in item->t; what is wrong with them is the item's own affair. */
static void clean(struct orr_curve_item *item, size_t n, const double *value)
{
    item->status = orr_lc_clean(n, item->t, value, item->t, item->y, &item->cleaning, item->series, &item->error);
    item->n = item->cleaning.n;
    item->direction = orr_curve_direction(item->series);
}

static void take(struct orr_curve_items *s, struct orr_curve_item *item, size_t n, const int64_t *step, const double *value)
{
    make_room(s, item, n);
    for (size_t i = 0; i < n; i++) item->t[i] = (double)step[i];
    clean(item, n, value);
}

struct orr_curve_item *orr_curve_items_add_points(struct orr_curve_items *s, const char *name, const char *series,
                                                  size_t n, const double *t, const double *y)
{
    struct orr_curve_item *item = add_item(s);
    item->name = orr_arena_strdup(&s->arena, name);
    item->series = orr_arena_strdup(&s->arena, series);
    make_room(s, item, n);
    if (n) memcpy(item->t, t, n * sizeof *t);
    clean(item, n, y);
    return item;
}

/* ---- from the store ---- */

static enum orr_status most_telling(struct orr_store *store, int64_t run, struct orr_arena *a, const char **out,
                                    struct orr_error *err)
{
    struct orr_series_list list;
    const enum orr_status s = orr_store_series(store, run, &list, err);
    const char *best = NULL;
    if (s) return s;
    for (size_t i = 0; i < list.n; i++)
        if (list.series[i].n > 1 && (!best || orr_series_rank(list.series[i].name) > orr_series_rank(best)))
            best = list.series[i].name;
    *out = best ? orr_arena_strdup(a, best) : NULL;
    orr_series_list_free(&list);
    return best ? ORR_OK : orr_error_set(err, ORR_ENOTFOUND, NULL, "run %lld has no series", (long long)run);
}

enum orr_status orr_curve_item_graph(struct orr_store *store, int64_t run, struct orr_curve_items *s,
                                     struct orr_curve_item *item, struct orr_error *err)
{
    char *json = NULL;
    const enum orr_status status = orr_store_graph(store, run, &json, err);
    if (status) return status == ORR_ENOTFOUND ? ORR_OK : status;
    item->graph = orr_arena_alloc(&s->arena, sizeof *item->graph);
    /* A graph of a layout that is not ours is no reason to refuse the curve. */
    if (orr_lc_graph_parse(item->name, json, item->graph, NULL)) item->graph = NULL;
    free(json);
    return ORR_OK;
}

static enum orr_status add_series(struct orr_store *store, const struct orr_run *run, const char *name,
                                  struct orr_curve_items *out, struct orr_error *err)
{
    struct orr_series found;
    enum orr_status s = orr_store_series_find(store, run->id, name, &found, err);
    if (s) return s;
    const size_t n = (size_t)found.n;
    int64_t *step = orr_alloc(n, sizeof *step);
    double *value = orr_alloc(n, sizeof *value);
    size_t got = 0;
    s = step && value ? orr_store_points(store, found.id, 0, n, step, value, NULL, &got, err)
                      : orr_error_set(err, ORR_ENOMEM, name, "no memory for %zu points", n);
    if (!s) {
        struct orr_curve_item *item = add_item(out);
        item->run = run->id;
        item->name = orr_arena_strdup(&out->arena, run->name);
        item->group = orr_arena_strdup(&out->arena, run->group);
        item->series = orr_arena_strdup(&out->arena, name);
        s = orr_curve_item_graph(store, run->id, out, item, err);
        take(out, item, got, step, value);
    }
    free(step);
    free(value);
    return s;
}

enum orr_status orr_curve_items_add(struct orr_store *store, int64_t run, const char *series,
                                    struct orr_curve_items *out, struct orr_error *err)
{
    struct orr_run_list list;
    const char *name = series;
    enum orr_status s = orr_store_runs(store, &list, err);
    if (s) return s;
    const struct orr_run *r = orr_run_list_find(&list, run);
    if (!r) s = orr_error_set(err, ORR_ENOTFOUND, NULL, "there is no run %lld", (long long)run);
    if (!s && !name) s = most_telling(store, run, &out->arena, &name, err);
    if (!s) s = add_series(store, r, name, out, err);
    orr_run_list_free(&list);
    return s;
}

enum orr_status orr_curve_items_add_all(struct orr_store *store, const char *group, const char *series,
                                        const struct orr_ticker *ticker, struct orr_curve_items *out,
                                        struct orr_error *err)
{
    struct orr_run_list list;
    enum orr_status s = orr_store_runs(store, &list, err);
    if (s) return s;
    for (size_t i = 0; i < list.n && !s; i++) {
        if (group && strcmp(list.runs[i].group, group) != 0) continue;
        if (!orr_ticker_tick(ticker, "loading curves", "runs", i, list.n))
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
        else if ((s = add_series(store, &list.runs[i], series, out, err)) == ORR_ENOTFOUND)
            s = ORR_OK; /* not every run has every series */
    }
    orr_run_list_free(&list);
    return s;
}

enum orr_status orr_curve_items_add_named(struct orr_store *store, const char *text, const char *series,
                                          struct orr_curve_items *out, struct orr_error *err)
{
    int64_t run;
    enum orr_status s = orr_store_run_find(store, text, &run, err);
    if (!s) return orr_curve_items_add(store, run, series, out, err);
    for (const char *slash = strchr(text, '/'); slash && s == ORR_ENOTFOUND; slash = strchr(slash + 1, '/')) {
        char *head = orr_xstrndup(text, (size_t)(slash - text));
        if (orr_store_run_find(store, head, &run, NULL) == ORR_OK)
            s = orr_curve_items_add(store, run, slash + 1, out, err);
        free(head);
    }
    return s;
}

/* ---- from a file, through its importer ---- */

struct file_series {
    uint32_t run;
    const char *name;
    ORR_VEC(int64_t) step;
    ORR_VEC(double) value;
};
struct taking {
    struct orr_arena *arena;
    ORR_VEC(struct file_series) series; /* by handle */
    ORR_VEC(const char *) run_name, run_group;
};

static enum orr_status take_run(void *ctx, uint32_t run, const struct orr_run_meta *meta, struct orr_error *err)
{
    (void)err;
    struct taking *x = ctx;
    while (x->run_name.len <= run) {
        ORR_VEC_PUSH(&x->run_name, "");
        ORR_VEC_PUSH(&x->run_group, "");
    }
    if (meta->name) x->run_name.data[run] = orr_arena_strdup(x->arena, meta->name);
    if (meta->group) x->run_group.data[run] = orr_arena_strdup(x->arena, meta->group);
    return ORR_OK;
}

static enum orr_status take_series(void *ctx, uint32_t series, uint32_t run, const char *name, struct orr_error *err)
{
    (void)series, (void)err;
    struct taking *x = ctx;
    ORR_VEC_PUSH(&x->series, (struct file_series){.run = run, .name = orr_arena_strdup(x->arena, name)});
    return ORR_OK;
}

static enum orr_status take_points(void *ctx, uint32_t series, const struct orr_points *p, struct orr_error *err)
{
    (void)err;
    struct taking *x = ctx;
    struct file_series *f = &x->series.data[series];
    for (size_t i = 0; i < p->n; i++) {
        ORR_VEC_PUSH(&f->step, p->step[i]);
        ORR_VEC_PUSH(&f->value, p->value[i]);
    }
    return ORR_OK;
}

/* The most telling series of each run, those of the name given, or all. */
static bool wanted(const struct taking *x, const struct file_series *f, const char *series)
{
    if (series) return !*series || !strcmp(f->name, series);
    for (size_t i = 0; i < x->series.len; i++) {
        const struct file_series *g = &x->series.data[i];
        const int a = orr_series_rank(g->name), b = orr_series_rank(f->name);
        if (g != f && g->run == f->run && g->step.len > 1 && (a > b || (a == b && g < f))) return false;
    }
    return true;
}

enum orr_status orr_curve_items_add_file(const char *path, const char *series, const struct orr_ticker *ticker,
                                         struct orr_curve_items *out, struct orr_error *err)
{
    static const struct orr_sink_ops ops = {.run = take_run, .series = take_series, .points = take_points};
    struct taking x = {.arena = &out->arena};
    struct orr_sink *sink = orr_sink_new(&ops, &x, 0);
    struct orr_ingest in = {.path = path, .run_key = path};
    if (ticker) in.ticker = *ticker;
    const struct orr_format *format = orr_format_detect(path);
    if (!format) format = &orr_format_csv;
    enum orr_status s = format->read(&in, sink, err);
    if (!s) s = orr_sink_flush(sink, err);
    size_t added = 0;
    for (size_t i = 0; i < x.series.len && !s; i++) {
        struct file_series *f = &x.series.data[i];
        if (!wanted(&x, f, series)) continue;
        struct orr_curve_item *item = add_item(out);
        item->series = f->name;
        if (f->run < x.run_name.len) item->name = x.run_name.data[f->run];
        if (!*item->name) item->name = orr_arena_strdup(x.arena, path); /* the log does not name its run */
        if (f->run < x.run_group.len) item->group = x.run_group.data[f->run];
        take(out, item, f->step.len, f->step.data, f->value.data);
        added++;
    }
    if (!s && !added)
        s = orr_error_set(err, ORR_ENOTFOUND, path, series && *series ? "has no series %s" : "has no series%s",
                          series ? series : "");
    for (size_t i = 0; i < x.series.len; i++) {
        free(x.series.data[i].step.data);
        free(x.series.data[i].value.data);
    }
    free(x.series.data);
    free(x.run_name.data);
    free(x.run_group.data);
    orr_sink_free(sink);
    free(in.state);
    return s;
}
