/* Filling the run table, here or on a worker thread, and remembering how it was set up. */
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/mem.h"
#include "tui/ui.h"
#include "views/runs/state.h"

enum {
    FIRST_ROWS = 200,   /* the first load brings as many, more than a screen has, and a worker all of them */
    SMALL_STORE = 1000, /* runs: read between two key strokes */
};
/* A small store that takes longer than this to read, such as one on a network, is read by a worker too. */
static const double SLOW_SECONDS = 0.05;

struct orr_runs_load {
    struct orr_runs *owner; /* NULL: nobody waits any more; touched on the UI's thread only */
    struct orr_ui *ui;
    char *path;
    struct orr_runs_query query;
    int64_t counter;     /* of the UI's store when this was asked for */
    struct orr_app app;  /* the worker's; its columns become the UI's */
    struct orr_run_table table;
    double seconds;
};

static char *copy(const char *s) { return s ? orr_xstrdup(s) : NULL; }

static void query_copy(const struct orr_runs_query *from, const char *filter, struct orr_runs_query *to)
{
    *to = (struct orr_runs_query){.filter = copy(filter), .sort = copy(from->sort), .group_by = copy(from->group_by),
                                  .descending = from->descending, .changed_only = from->changed_only};
    for (size_t i = 0; i < from->columns.len; i++) ORR_VEC_PUSH(&to->columns, orr_xstrdup(from->columns.data[i]));
}

void orr_runs_query_free(struct orr_runs_query *q)
{
    free(q->filter);
    free(q->sort);
    free(q->group_by);
    for (size_t i = 0; i < q->columns.len; i++) free(q->columns.data[i]);
    free(q->columns.data);
    *q = (struct orr_runs_query){0};
}

static struct orr_run_query to_app(const struct orr_runs_query *q, const char *filter)
{
    return (struct orr_run_query){.filter = filter, .columns = q->columns.len ? (const char *const *)q->columns.data : NULL,
                                  .n_columns = q->columns.len, .sort = q->sort, .descending = q->descending,
                                  .group_by = q->group_by, .changed_only = q->changed_only};
}

const struct orr_run *orr_runs_info(struct orr_ui *ui, int64_t run)
{
    const struct orr_run_frame *f = orr_ui_app(ui)->frame; /* a stale one is being replaced already */
    return f ? orr_run_frame_find(f, run) : NULL;
}

/* ---- taking over a new table ---- */

static size_t column_named(const struct orr_table *t, const char *name, size_t otherwise)
{
    for (size_t c = 0; name && c < t->columns; c++)
        if (strcmp(t->column[c].name, name) == 0) return c;
    return otherwise;
}

static void take(struct orr_runs *v, struct orr_run_table *table)
{
    struct orr_table_widget *w = &v->widget;
    const struct orr_table *old = &v->table.table;
    const int64_t run = v->loaded && w->row < old->rows ? v->table.run[w->row] : -1;
    char *column = v->loaded && w->column < old->columns ? orr_xstrdup(old->column[w->column].name) : NULL;
    orr_run_table_free(&v->table);
    v->table = *table;
    *table = (struct orr_run_table){0};
    v->loaded = true;
    v->partial = !v->query.group_by && v->table.table.rows < v->table.matched;
    v->detail_run = -1;
    if (v->to_top) w->row = 0;
    for (size_t r = 0; !v->to_top && r < v->table.table.rows; r++)
        if (v->table.run[r] == run) w->row = r;
    v->to_top = false;
    w->column = column_named(&v->table.table, column, w->column);
    w->sorted = column_named(&v->table.table, v->query.sort, SIZE_MAX);
    w->descending = v->query.descending;
    const size_t name = column_named(&v->table.table, "name", 0), frozen = name <= 1 ? name + 1 : 1;
    if (w->frozen != frozen) w->left = 0; /* other columns: none is scrolled away */
    w->frozen = frozen;                   /* what tells runs apart stays in sight */
    v->state_column = column_named(&v->table.table, "state", SIZE_MAX);
    orr_table_widget_set(w, &v->table.table);
    free(column);
}

/* ---- on a worker ---- */

static void release(void *payload)
{
    struct orr_runs_load *l = payload;
    orr_runs_query_free(&l->query);
    orr_run_table_free(&l->table);
    orr_run_frame_free(l->app.frame);
    free(l->path);
    free(l);
}

static enum orr_status run(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_runs_load *l = payload;
    struct orr_app *app = &l->app;
    const char *const *words;
    struct orr_run_frame *f;
    if (!orr_ticker_tick(ticker, "loading runs", "runs", 0, 0)) return ORR_ECANCELLED;
    enum orr_status s = orr_store_open(l->path, ORR_STORE_READ, &app->store, err);
    if (s != ORR_OK) return s;
    const struct orr_run_query q = to_app(&l->query, l->query.filter);
    const double start = orr_ui_clock();
    s = orr_app_runs(app, &q, &l->table, err);
    l->seconds = orr_ui_clock() - start;
    if (s == ORR_OK) s = orr_run_frame_get(app, &f, err);
    if (s == ORR_OK) s = orr_run_frame_words(f, &words, err); /* so that a filter acts with its first letter */
    orr_store_close(app->store);
    app->store = NULL;
    return s;
}

static void done(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id;
    struct orr_runs_load *l = payload;
    struct orr_runs *v = l->owner;
    if (v) {
        v->pending = NULL;
        v->error = state == ORR_JOB_FAILED ? *err : (struct orr_error){0};
        if (v->error.code) orr_ui_error(l->ui, &v->error);
        if (state == ORR_JOB_DONE) {
            struct orr_app *app = orr_ui_app(l->ui);
            if (orr_store_change_counter(app->store) == l->counter) orr_run_frame_hand_over(&l->app, app, l->counter);
            take(v, &l->table);
            v->seconds = l->seconds; /* a store that has become fast loads here again */
        }
        orr_ui_redraw(l->ui);
    }
    release(l);
}

void orr_runs_abandon(struct orr_runs *v)
{
    if (v->pending) v->pending->owner = NULL;
    v->pending = NULL;
}

static void load_by_worker(struct orr_ui *ui, struct orr_runs *v, const char *filter)
{
    struct orr_app *app = orr_ui_app(ui);
    struct orr_runs_load *l = orr_xcalloc(1, sizeof *l);
    *l = (struct orr_runs_load){.owner = v, .ui = ui, .path = orr_xstrdup(app->store_path),
                                .counter = orr_store_change_counter(app->store)};
    query_copy(&v->query, filter, &l->query);
    v->pending = l;
    orr_jobs_submit(orr_ui_jobs(ui), "runs", run, l, release, done, NULL);
}

static void load_here(struct orr_ui *ui, struct orr_runs *v, const char *filter, size_t limit)
{
    struct orr_run_table table = {0};
    struct orr_run_query q = to_app(&v->query, filter);
    const double start = orr_ui_clock();
    const bool first = !v->loaded;
    q.limit = limit;
    v->error = (struct orr_error){0};
    if (orr_app_runs(orr_ui_app(ui), &q, &table, &v->error) == ORR_OK) take(v, &table);
    else orr_run_table_free(&table);
    /* The first load reads the columns; the ones after it show how fast this store is. */
    v->seconds = first ? 0 : orr_ui_clock() - start;
}

void orr_runs_load(struct orr_ui *ui, struct orr_runs *v)
{
    const char *filter = v->draft ? v->draft : v->query.filter;
    struct orr_app *app = orr_ui_app(ui);
    const bool small = v->table.total < SMALL_STORE && v->seconds < SLOW_SECONDS;
    orr_runs_abandon(v);
    if (v->loaded && app->store_path && !small && !orr_run_frame_is_current(app)) {
        load_by_worker(ui, v, filter);
        return;
    }
    /* Groups and columns that differ are known when all is read. */
    const bool all = v->loaded || !app->store_path || v->query.group_by || v->query.changed_only;
    load_here(ui, v, filter, all ? 0 : FIRST_ROWS);
    if (v->partial) load_by_worker(ui, v, filter);
}

void orr_runs_complete(struct orr_ui *ui, struct orr_runs *v)
{
    if (!v->partial) return;
    orr_runs_abandon(v);
    load_here(ui, v, v->draft ? v->draft : v->query.filter, 0);
}

/* ---- settings ---- */

static char *setting(struct orr_ui *ui, const char *key)
{
    char *value = NULL;
    struct orr_error err;
    if (orr_store_setting(orr_ui_store(ui), key, &value, &err) != ORR_OK) return NULL;
    if (value && *value) return value;
    free(value);
    return NULL;
}

static bool flag(struct orr_ui *ui, const char *key)
{
    char *value = setting(ui, key);
    const bool on = value && strcmp(value, "1") == 0;
    free(value);
    return on;
}

void orr_runs_settings_read(struct orr_ui *ui, struct orr_runs *v)
{
    struct orr_runs_query *q = &v->query;
    char *columns = setting(ui, "runs.columns"), *rest = columns, *name;
    q->filter = setting(ui, "runs.filter");
    q->sort = setting(ui, "runs.sort");
    q->group_by = setting(ui, "runs.group");
    q->descending = flag(ui, "runs.descending");
    q->changed_only = flag(ui, "runs.changed");
    while (rest && (name = strsep(&rest, "\n")))
        if (*name) ORR_VEC_PUSH(&q->columns, orr_xstrdup(name));
    free(columns);
}

/* A store that may not be written just forgets. */
static void put(struct orr_ui *ui, const char *key, const char *value)
{
    struct orr_error err;
    char *now = setting(ui, key);
    if (strcmp(now ? now : "", value ? value : "") != 0) orr_store_setting_put(orr_ui_store(ui), key, value ? value : "", &err);
    free(now);
}

void orr_runs_settings_write(struct orr_ui *ui, const struct orr_runs *v)
{
    const struct orr_runs_query *q = &v->query;
    struct orr_str columns = {0};
    for (size_t i = 0; i < q->columns.len; i++) orr_str_printf(&columns, "%s%s", i ? "\n" : "", q->columns.data[i]);
    put(ui, "runs.filter", q->filter);
    put(ui, "runs.sort", q->sort);
    put(ui, "runs.group", q->group_by);
    put(ui, "runs.descending", q->descending ? "1" : "");
    put(ui, "runs.changed", q->changed_only ? "1" : "");
    put(ui, "runs.columns", orr_str_c(&columns));
    orr_str_free(&columns);
}
