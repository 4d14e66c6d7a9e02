/* Fits of the adoption screen, in the background, and its list. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/export.h"
#include "tui/ui.h"

static const double LIST_SECONDS = 0.2; /* between two sortings of a list that is being fitted */

/* Held by the job, by the screen that waits for it, and by the screen that shows its series. The worker publishes each
 * series as it is fitted; what is published does not change any more. */
struct adoption_job {
    atomic_int holders;
    struct orr_adoption_query query;
    struct orr_adoption_set set;
    struct orr_adoption_results *parts; /* [set.n] of one series each */
    atomic_bool *fitted;                /* [set.n] */
    atomic_bool loaded;                 /* all of the above is there */
    atomic_size_t n_fitted, wanted;     /* wanted: the item to be fitted next, SIZE_MAX: any */
};

static struct adoption_job *hold(struct adoption_job *x)
{
    atomic_fetch_add(&x->holders, 1);
    return x;
}

static void let_go(void *work)
{
    struct adoption_job *x = work;
    if (!x || atomic_fetch_sub(&x->holders, 1) > 1) return;
    for (size_t i = 0; x->parts && i < x->set.n; i++) orr_adoption_results_free(&x->parts[i]);
    free(x->parts);
    free(x->fitted);
    orr_adoption_set_free(&x->set);
    free(x);
}

static enum orr_status fit_item(struct adoption_job *x, size_t i, struct orr_error *err)
{
    const struct orr_adoption_set only = {.n = 1, .items = &x->set.items[i]};
    const enum orr_status status = orr_adoption_run(&only, &x->query, NULL, &x->parts[i], err);
    if (status != ORR_OK) return status;
    atomic_store(&x->fitted[i], true);
    atomic_fetch_add(&x->n_fitted, 1);
    return ORR_OK;
}

static enum orr_status run_job(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct adoption_job *x = work;
    enum orr_status status = orr_adoption_load(store, NULL, 0, NULL, &x->set, err);
    if (status != ORR_OK) return status;
    x->parts = orr_xcalloc(x->set.n + 1, sizeof *x->parts);
    x->fitted = orr_xcalloc(x->set.n + 1, sizeof *x->fitted);
    atomic_store(&x->loaded, true);
    for (size_t i = 0; i < x->set.n && status == ORR_OK;) {
        const size_t wanted = atomic_exchange(&x->wanted, SIZE_MAX);
        if (!orr_ticker_tick(ticker, "fitting adoption", "series", atomic_load(&x->n_fitted), x->set.n)) return ORR_ECANCELLED;
        if (wanted < x->set.n && !atomic_load(&x->fitted[wanted])) status = fit_item(x, wanted, err);
        else if (atomic_load(&x->fitted[i])) i++;
        else status = fit_item(x, i++, err);
    }
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
        orr_table_set_text(&s->table, row, 6, !s->fitted[s->order[row]] ? "..." :
                           r->status == ORR_OK ? orr_outcome_name(r->fit.outcome) : "not fitted");
        if (!r->has_parameters) continue;
        const double values[] = {r->fit.p.lambda, r->fit.p.mu, r->fit.p.sigma, r->fit.ultimate};
        for (size_t c = 0; c < 4; c++) orr_table_set_number(&s->table, row, c + 2, values[c]);
        orr_table_set_number(&s->table, row, 7, (double)r->fit.jumps.n);
    }
    orr_table_widget_set(&s->widget, &s->table);
}

/* The cursor stays on its series once it has left the top, or something was done to the series. */
static void keep_cursor(struct adoption *s)
{
    const bool touched = s->shown != SIZE_MAX && (s->is_moved || s->observed < s->set.items[s->shown].n);
    for (size_t row = 0; (s->widget.row || touched) && row < s->set.n; row++)
        if (s->order[row] == s->shown) {
            s->widget.row = row;
            break;
        }
    if (s->widget.row >= s->set.n) s->widget.row = 0;
    if (s->set.n && (s->order[s->widget.row] != s->shown || !s->one.n)) adoption_show(s, 0);
}

void adoption_follow(struct adoption *s)
{
    struct adoption_job *x = s->running;
    if (!x || !atomic_load(&x->loaded)) return;
    const bool is_new = s->source != x;
    if (is_new) {
        adoption_forget(s);
        s->source = hold(x);
        s->set = x->set;
        s->results = (struct orr_adoption_results){.n = x->set.n, .items = orr_xcalloc(x->set.n + 1, sizeof *s->results.items)};
        s->fitted = orr_xcalloc(x->set.n + 1, sizeof *s->fitted);
    }
    const size_t n = atomic_load(&x->n_fitted);
    const double now = orr_ui_clock();
    if (!is_new && (n == s->n_fitted || (n < s->set.n && now < s->next_list))) return;
    s->n_fitted = n;
    s->next_list = now + LIST_SECONDS;
    for (size_t i = 0; i < s->set.n; i++) {
        if (s->fitted[i] || !atomic_load(&x->fitted[i])) continue;
        s->fitted[i] = true;
        s->results.items[i] = x->parts[i].items[0];
    }
    build_list(s);
    keep_cursor(s);
}

static void finished(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct adoption *s = screen;
    (void)ui, (void)work;
    adoption_follow(s);
    s->error = state == ORR_JOB_FAILED ? *err : (struct orr_error){0};
    let_go(s->running);
    s->running = NULL;
}

static const struct orr_ui_task_kind fits_task = {true, run_job, finished, let_go};

void adoption_cancel(struct adoption *s)
{
    orr_ui_task_drop(&s->task);
    let_go(s->running);
    s->running = NULL;
}

void adoption_start(struct orr_ui *ui, struct adoption *s)
{
    adoption_cancel(s);
    struct adoption_job *x = orr_xcalloc(1, sizeof *x);
    x->query = s->query;
    atomic_init(&x->wanted, SIZE_MAX);
    atomic_init(&x->holders, 1);
    s->running = hold(x);
    orr_ui_task_start(ui, &s->task, "adoption fits", &fits_task, s, x);
}

/* ---- files ---- */

struct export {
    struct orr_adoption_query query;
    int64_t run; /* 0: all */
    bool collapse;
};

static enum orr_status write_export(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    const struct export *x = ctx;
    struct orr_adoption_set set = {0};
    struct orr_adoption_results results = {0};
    enum orr_status status = orr_adoption_load(store, &x->run, x->run ? 1 : 0, NULL, &set, err);
    if (status == ORR_OK) status = orr_adoption_run(&set, &x->query, ticker, &results, err);
    if (status == ORR_OK) status = orr_adoption_export(&set, &x->query, &results, 0, x->collapse, path, ticker, err);
    orr_adoption_results_free(&results);
    orr_adoption_set_free(&set);
    return status;
}

void adoption_export(struct orr_ui *ui, const struct adoption *s, const char *path)
{
    if (s->shown == SIZE_MAX) return;
    const struct orr_adoption_item *item = &s->set.items[s->shown];
    struct orr_str command = {0};
    struct export *x = orr_xcalloc(1, sizeof *x);
    *x = (struct export){.query = s->query, .run = s->collapse ? 0 : item->run, .collapse = s->collapse};
    orr_str_append(&command, "orrery export adoption");
    if (x->run) orr_str_printf(&command, " %lld", (long long)x->run);
    orr_str_printf(&command, " --method %s --ahead %zu --jumps", s->query.method, s->query.ahead);
    if (x->run && s->observed < item->n) {
        x->query.observe = s->observed;
        orr_str_printf(&command, " --observe %zu", s->observed);
    }
    orr_str_append(&command, s->collapse ? " --collapse --out" : " --out");
    orr_shell_append(&command, path);
    orr_ui_export(ui, &(struct orr_ui_export){.path = path, .command = command.data, .reads_store = true,
                                              .write = write_export, .release = free, .ctx = x});
    orr_str_free(&command);
}

/* ---- the one that is shown ---- */

void adoption_forget(struct adoption *s)
{
    orr_adoption_results_free(&s->one);
    orr_adoption_results_free(&s->results);
    let_go(s->source);
    s->source = NULL;
    s->set = (struct orr_adoption_set){0};
    free(s->fitted);
    s->fitted = NULL;
    s->n_fitted = 0;
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
    if (s->observed == item->n) { /* as the list has it, or soon will */
        if (!s->fitted[s->shown]) {
            atomic_store(&s->source->wanted, s->shown);
            return;
        }
        s->one = (struct orr_adoption_results){.n = 1, .items = orr_xcalloc(1, sizeof *s->one.items)};
        s->one.items[0] = s->results.items[s->shown];
        s->moved = s->one.items[0].fit;
        return;
    }
    const struct orr_adoption_set only = {.n = 1, .items = item};
    struct orr_adoption_query q = s->query;
    q.observe = s->observed;
    q.threads = 1;
    q.ahead = ADOPTION_AHEAD + (item->n - s->observed);
    if (orr_adoption_run(&only, &q, NULL, &s->one, NULL) == ORR_OK) s->moved = s->one.items[0].fit;
}
