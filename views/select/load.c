/* Jobs of the Select screen: opening a model with a pool, asking it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/export.h"

struct select_job {
    struct orr_select_source source; /* strings are its own */
    struct select_opened *opened;    /* asked; or NULL while it opens */
    struct orr_select *fresh;
    char *prompt;
    struct orr_select_options options;
    struct orr_select_result result;
};

static void let_go(struct select_opened *o)
{
    if (!o || --o->holders > 0) return;
    orr_select_close(o->select);
    free(o);
}

static void free_job(void *work)
{
    struct select_job *x = work;
    let_go(x->opened);
    orr_select_close(x->fresh);
    orr_select_result_free(&x->result);
    free((char *)x->source.model);
    free((char *)x->source.pool);
    free((char *)x->source.column);
    free(x->prompt);
    free(x);
}

static void forget_result(struct select *s)
{
    orr_select_result_free(&s->result);
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    s->has_result = false;
}

static enum orr_status run(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct select_job *x = work;
    x->source.store = store;
    if (!orr_ticker_tick(ticker, "selecting", "candidates", 0, 0)) return ORR_ECANCELLED;
    if (!x->opened) return orr_select_open(&x->source, ticker, &x->fresh, err);
    return orr_select_ask(x->opened->select, x->prompt, &x->options, ticker, &x->result, err);
}

static void take(struct select *s, struct select_job *x)
{
    if (x->fresh) {
        let_go(s->opened);
        s->opened = orr_xcalloc(1, sizeof *s->opened);
        *s->opened = (struct select_opened){1, x->fresh};
        x->fresh = NULL;
        s->again = s->prompt != NULL;
        return;
    }
    forget_result(s);
    s->result = x->result;
    x->result = (struct orr_select_result){0};
    s->has_result = true;
    orr_select_table(s->opened->select, &s->result, &s->table);
    orr_table_widget_set(&s->list, &s->table);
    if (s->list.column == 0) s->list.column = 1;
}

static void done(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct select *s = screen;
    if (state == ORR_JOB_DONE)
        take(s, work);
    else if (state == ORR_JOB_FAILED)
        s->error = *err;
    if (s->again && s->opened) select_ask(ui, s);
}

static const struct orr_ui_task_kind task = {true, run, done, free_job};

static char *copy(const char *text) { return text ? orr_xstrdup(text) : NULL; }

void select_open(struct orr_ui *ui, struct select *s)
{
    if (!s->model || !s->pool) return;
    orr_ui_task_drop(&s->running); /* what it brings is no longer wanted */
    forget_result(s);
    let_go(s->opened);
    s->opened = NULL;
    struct select_job *x = orr_xcalloc(1, sizeof *x);
    x->source = (struct orr_select_source){.model = copy(s->model), .pool = copy(s->pool), .column = copy(s->column)};
    s->error = (struct orr_error){0};
    orr_ui_task_start(ui, &s->running, "open model", &task, s, x);
}

void select_ask(struct orr_ui *ui, struct select *s)
{
    s->again = false;
    if (!s->prompt) return;
    if (s->running || !s->opened) { /* when that ends, the newest prompt is asked */
        s->again = true;
        if (s->opened) orr_ui_task_cancel(s->running);
        return;
    }
    struct select_job *x = orr_xcalloc(1, sizeof *x);
    x->opened = s->opened;
    x->opened->holders++;
    x->prompt = copy(s->prompt);
    x->options = (struct orr_select_options){.exact = s->exact, .decode = s->decode, .k = SELECT_SHOWN, .seed = 1};
    s->error = (struct orr_error){0};
    orr_ui_task_start(ui, &s->running, "select", &task, s, x);
}

/* ---- calibration ---- */

struct calibration {
    char *model;
    struct orr_select_curves *curves;
};

static void free_calibration(void *work)
{
    struct calibration *x = work;
    free(x->model);
    free(x->curves);
    free(x);
}

static enum orr_status calibrate(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct calibration *x = work;
    (void)store;
    return orr_select_curves(x->model, SELECT_DEFINITIONS, false, ticker, x->curves, err);
}

static void calibrated(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct select *s = screen;
    struct calibration *x = work;
    if (state == ORR_JOB_FAILED) s->curves_error = *err;
    if (state == ORR_JOB_DONE) {
        s->curves = x->curves;
        x->curves = NULL;
    }
    orr_ui_redraw(ui);
}

static const struct orr_ui_task_kind calibration_task = {false, calibrate, calibrated, free_calibration};

void select_calibrate(struct orr_ui *ui, struct select *s)
{
    if (!s->model || s->curves || s->calibrating) return;
    struct calibration *x = orr_xcalloc(1, sizeof *x);
    x->model = copy(s->model);
    x->curves = orr_xcalloc(1, sizeof *x->curves);
    s->curves_error = (struct orr_error){0};
    orr_ui_task_start(ui, &s->calibrating, "calibration", &calibration_task, s, x);
}

/* ---- export ---- */

struct figure {
    char *model;
    bool calibration;
};

static void free_figure(void *ctx)
{
    struct figure *x = ctx;
    free(x->model);
    free(x);
}

static enum orr_status write_figure(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    const struct figure *x = ctx;
    (void)store;
    return orr_select_figure_export(x->model, SELECT_DEFINITIONS, x->calibration, path, ticker, err);
}

void select_export(struct orr_ui *ui, struct select *s, const char *path)
{
    struct orr_str command = {0};
    if (!s->model) return;
    struct figure *x = orr_xcalloc(1, sizeof *x);
    *x = (struct figure){copy(s->model), s->shows_calibration};
    orr_str_append(&command, "orrery export select --model");
    orr_shell_append(&command, s->model);
    orr_str_append(&command, x->calibration ? " --calibration --out" : " --out");
    orr_shell_append(&command, path);
    orr_ui_export(ui, &(struct orr_ui_export){
                          .path = path, .command = command.data, .write = write_figure, .release = free_figure, .ctx = x});
    orr_str_free(&command);
}

void select_leave(struct select *s)
{
    orr_ui_task_drop(&s->running);
    orr_ui_task_drop(&s->calibrating);
    free(s->curves);
    forget_result(s);
    let_go(s->opened);
}

const struct orr_select_ranking *select_ranking(const struct select *s)
{
    const size_t at = s->list.column;
    return s->has_result && at >= 1 && at <= s->result.n_rankings ? &s->result.ranking[at - 1] : NULL;
}

bool select_candidate(const struct select *s, uint32_t *candidate)
{
    const struct orr_select_ranking *r = select_ranking(s);
    if (!r || s->list.row >= r->n) return false;
    *candidate = r->rank[s->list.row];
    return true;
}
