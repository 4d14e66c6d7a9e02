/* Fits of the adoption screen, in the background, and its list. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"

/* Owned by the job and then by `finished`. */
struct adoption_job {
    struct adoption *screen; /* NULL: the screen was closed meanwhile, or asked anew */
    char *path;
    struct orr_adoption_query query;
    struct orr_adoption_set set;
    struct orr_adoption_results results;
};

static void free_job(void *payload)
{
    struct adoption_job *x = payload;
    orr_adoption_results_free(&x->results);
    orr_adoption_set_free(&x->set);
    free(x->path);
    free(x);
}

static enum orr_status run_job(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct adoption_job *x = payload;
    struct orr_store *store = NULL;
    enum orr_status status = orr_store_open(x->path, ORR_STORE_READ, &store, err);
    if (status == ORR_OK) status = orr_adoption_load(store, NULL, 0, NULL, &x->set, err);
    if (status == ORR_OK) status = orr_adoption_run(&x->set, &x->query, ticker, &x->results, err);
    orr_store_close(store);
    return status;
}

/* ---- the list ---- */

/* By relative fitness, greatest first; what could not be fitted comes last. */
static int by_fitness(const void *a, const void *b, void *results)
{
    const struct orr_adoption_result *items = ((const struct orr_adoption_results *)results)->items;
    const struct orr_adoption_result *x = &items[*(const size_t *)a], *y = &items[*(const size_t *)b];
    const double u = x->has_parameters ? x->fit.p.lambda : -INFINITY, v = y->has_parameters ? y->fit.p.lambda : -INFINITY;
    if (u != v) return u < v ? 1 : -1;
    return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

static void build_list(struct adoption *s)
{
    static const char *const names[] = {"name", "count", "lambda", "mu", "sigma", "ultimate", "outcome", "jumps"};
    enum { COLUMNS = sizeof names / sizeof *names };
    const size_t n = s->set.n;
    free(s->order);
    s->order = orr_xcalloc(n + 1, sizeof *s->order);
    for (size_t i = 0; i < n; i++) s->order[i] = i;
    qsort_r(s->order, n, sizeof *s->order, by_fitness, &s->results);
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    orr_table_init(&s->table, n, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++)
        orr_table_column(&s->table, c, names[c], c == 0 || c == 6 ? ORR_CELL_TEXT : ORR_CELL_NUMBER);
    for (size_t row = 0; row < n; row++) {
        const struct orr_adoption_item *item = &s->set.items[s->order[row]];
        const struct orr_adoption_result *r = &s->results.items[s->order[row]];
        orr_table_set_text(&s->table, row, 0, item->name);
        if (item->n) orr_table_set_number(&s->table, row, 1, item->c[item->n - 1]);
        orr_table_set_text(&s->table, row, 6, r->status == ORR_OK ? orr_outcome_name(r->fit.outcome) : "not fitted");
        if (!r->has_parameters) continue;
        const double values[] = {r->fit.p.lambda, r->fit.p.mu, r->fit.p.sigma, r->fit.ultimate};
        for (size_t c = 0; c < 4; c++) orr_table_set_number(&s->table, row, c + 2, values[c]);
        orr_table_set_number(&s->table, row, 7, (double)r->fit.jumps.n);
    }
    orr_table_widget_set(&s->widget, &s->table);
}

static void finished(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)id;
    struct orr_ui *ui = ctx;
    struct adoption_job *x = payload;
    struct adoption *s = x->screen;
    if (s && s->running == x) {
        s->running = NULL;
        if (state == ORR_JOB_DONE) {
            adoption_forget(s);
            s->set = x->set;
            s->results = x->results;
            x->set = (struct orr_adoption_set){0};
            x->results = (struct orr_adoption_results){0};
            s->error = (struct orr_error){0};
            build_list(s);
            adoption_show(s, 0);
        } else if (state == ORR_JOB_FAILED) {
            s->error = *err;
        }
        orr_ui_redraw(ui);
    }
    free_job(x);
}

void adoption_cancel(struct orr_ui *ui, struct adoption *s)
{
    if (!s->running) return;
    s->running->screen = NULL;
    s->running = NULL;
    orr_jobs_cancel(orr_ui_jobs(ui), s->job);
}

void adoption_start(struct orr_ui *ui, struct adoption *s)
{
    adoption_cancel(ui, s);
    struct adoption_job *x = orr_xcalloc(1, sizeof *x);
    *x = (struct adoption_job){
        .screen = s, .path = orr_xstrdup(orr_store_path(orr_ui_store(ui))), .query = s->query};
    s->running = x;
    s->job = orr_jobs_submit(orr_ui_jobs(ui), "adoption fits", run_job, x, free_job, finished, ui);
}

/* ---- files ---- */

struct export {
    struct orr_ui *ui;
    char *store, *path, *command;
    struct orr_adoption_query query;
    int64_t run; /* 0: all */
    bool collapse;
};

static void free_export(void *payload)
{
    struct export *x = payload;
    free(x->store);
    free(x->path);
    free(x->command);
    free(x);
}

/* What the command does, on a thread of its own: gnuplot takes a while. */
static enum orr_status run_export(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct export *x = payload;
    struct orr_store *store = NULL;
    struct orr_adoption_set set = {0};
    struct orr_adoption_results results = {0};
    enum orr_status status = orr_store_open(x->store, ORR_STORE_READ, &store, err);
    if (status == ORR_OK) status = orr_adoption_load(store, &x->run, x->run ? 1 : 0, NULL, &set, err);
    if (status == ORR_OK) status = orr_adoption_run(&set, &x->query, ticker, &results, err);
    if (status == ORR_OK)
        status = orr_adoption_export(&set, &x->query, &results, 0, x->collapse, x->path, ticker, err);
    orr_adoption_results_free(&results);
    orr_adoption_set_free(&set);
    orr_store_close(store);
    return status;
}

static void exported(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id;
    struct export *x = payload;
    if (state == ORR_JOB_DONE) {
        orr_ui_message(x->ui, ORR_COLOR_GOOD, "wrote %s; again: %s", x->path, x->command);
        orr_app_log(orr_ui_app(x->ui), x->command);
    } else if (state == ORR_JOB_FAILED) {
        orr_ui_error(x->ui, err);
    }
    free_export(x);
}

void adoption_export(struct orr_ui *ui, const struct adoption *s, const char *path)
{
    if (s->shown == SIZE_MAX) return;
    const struct orr_adoption_item *item = &s->set.items[s->shown];
    struct orr_str command = {0};
    struct export *x = orr_xcalloc(1, sizeof *x);
    *x = (struct export){.ui = ui, .store = orr_xstrdup(orr_store_path(orr_ui_store(ui))), .path = orr_xstrdup(path),
                         .query = s->query, .run = s->collapse ? 0 : item->run, .collapse = s->collapse};
    orr_str_append(&command, "orrery export adoption");
    if (x->run) orr_str_printf(&command, " %lld", (long long)x->run);
    orr_str_printf(&command, " --method %s --ahead %zu --jumps", s->query.method, s->query.ahead);
    if (x->run && s->observed < item->n) {
        x->query.observe = s->observed;
        orr_str_printf(&command, " --observe %zu", s->observed);
    }
    orr_str_append(&command, s->collapse ? " --collapse --out" : " --out");
    orr_shell_append(&command, path);
    x->command = orr_xstrdup(command.data);
    orr_str_free(&command);
    orr_jobs_submit(orr_ui_jobs(ui), "export", run_export, x, free_export, exported, NULL);
}

/* ---- the one that is shown ---- */

void adoption_forget(struct adoption *s)
{
    orr_adoption_results_free(&s->one);
    orr_adoption_results_free(&s->results);
    orr_adoption_set_free(&s->set);
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    free(s->order);
    s->order = NULL;
    s->shown = SIZE_MAX;
    s->is_moved = false;
}

void adoption_show(struct adoption *s, size_t observed)
{
    orr_adoption_results_free(&s->one);
    s->is_moved = false;
    s->shown = s->widget.row < s->set.n ? s->order[s->widget.row] : SIZE_MAX;
    if (s->shown == SIZE_MAX) return;
    struct orr_adoption_item *item = &s->set.items[s->shown];
    s->observed = observed && observed < item->n ? observed : item->n;
    const struct orr_adoption_set only = {.n = 1, .items = item};
    struct orr_adoption_query q = s->query;
    q.observe = s->observed;
    q.threads = 1;
    q.ahead = ADOPTION_AHEAD + (item->n - s->observed);
    if (orr_adoption_run(&only, &q, NULL, &s->one, NULL) == ORR_OK) s->moved = s->one.items[0].fit;
}
