/* Weights: runs, the scene of one, forecasts and fields, all in the background. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "tui/runs_arg.h"
#include "tui/ui.h"
#include "views/weights/state.h"

enum { RUNS_MAX = 1000 };
static const double OBSERVED_SHARE = 0.2;

/* What a task works on. */
struct work {
    char *learn;
    int64_t run;
    bool has_also, again; /* again: what is shown stays until the new is there */
    struct orr_scene_coordinate also;
    struct orr_scene_query query;
    bool overlay;
    struct weights_scene *scene;
    struct weights_result *result;
    struct orr_scene_field field;
};

/* ---- shared things ---- */

static struct weights_scene *hold_scene(struct weights_scene *x)
{
    atomic_fetch_add(&x->holders, 1);
    return x;
}
static void let_scene_go(struct weights_scene *x)
{
    if (!x || atomic_fetch_sub(&x->holders, 1) > 1) return;
    orr_scene_free(&x->scene);
    free(x);
}
void weights_hold(struct weights_result *r) { atomic_fetch_add(&r->holders, 1); }
void weights_let_go(struct weights_result *r)
{
    if (!r || atomic_fetch_sub(&r->holders, 1) > 1) return;
    for (size_t i = 0; i < r->n; i++) orr_scene_forecast_free(&r->forecasts[i]);
    let_scene_go(r->scene);
    free(r);
}
static void release(void *payload)
{
    struct work *x = payload;
    let_scene_go(x->scene);
    weights_let_go(x->result);
    free(x->learn);
    free(x);
}

/* The method asked for has to be fitted, on the other runs of the group: no model of it was shipped. */
bool weights_learns(const struct weights_view *s)
{
    const struct orr_weights_method *m = orr_weights_method_find(s->method);
    return s->scene && *s->scene->scene.group && m && orr_weights_method_learns(m) && !orr_weights_method_tuned(m) &&
           strcmp(s->method, "flow") != 0 && strcmp(s->method, "farcast") != 0;
}

bool weights_busy(const struct weights_view *s) { return s->loading || s->forecasting || s->fielding; }
size_t weights_scope(const struct weights_view *s)
{
    return s->widget.row ? s->widget.row - 1 : s->scene->scene.run.n_tensors;
}

/* ---- which runs ---- */

/* Runs with snapshots, the newest first. */
static void find_any(struct orr_ui *ui, struct weights_view *s)
{
    struct orr_sql_result r = {0};
    if (orr_store_sql(orr_ui_store(ui),
                      "SELECT id FROM run WHERE EXISTS (SELECT 1 FROM snapshot WHERE run_id = run.id) ORDER BY id DESC",
                      RUNS_MAX, NULL, &r, NULL) == ORR_OK) {
        s->runs = orr_xcalloc(r.rows + 1, sizeof *s->runs);
        for (size_t i = 0; i < r.rows; i++)
            if (r.cells[i] && orr_parse_int64(r.cells[i], strlen(r.cells[i]), &s->runs[s->n_runs])) s->n_runs++;
    }
    orr_sql_result_free(&r);
}

void weights_find_runs(struct orr_ui *ui, struct weights_view *s, const char *arg)
{
    free(s->runs);
    s->runs = NULL;
    s->n_runs = s->run_at = 0;
    s->error = (struct orr_error){0};
    const enum orr_status status = orr_ui_runs_arg(ui, arg, &s->runs, &s->n_runs, &s->error);
    if (status == ORR_OK && !s->n_runs) {
        free(s->runs);
        s->runs = NULL;
        find_any(ui, s);
    }
    weights_forget(s);
    if (s->n_runs && !s->error.code) weights_load(ui, s);
}

/* ---- the scene ---- */

static enum orr_status run_load(void *payload, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct work *x = payload;
    return orr_scene_load(store, x->run, ORR_SCENE_SAMPLE, x->has_also ? &x->also : NULL, ticker, &x->scene->scene, err);
}

/* A fifth of the steps, two snapshots at least; all where there are no more. */
static size_t observed_at_first(const struct orr_scene *s)
{
    size_t n = 0;
    if (s->sound < 4) return s->sound;
    while (n < s->sound && (double)s->steps[n] <= OBSERVED_SHARE * (double)s->steps[s->sound - 1] + 1e-9) n++;
    return n < 2 ? 2 : n;
}

/* The scene of the run as it is now. Who observed everything goes on to. */
static void take_scene(struct orr_ui *ui, struct weights_view *s, struct weights_scene *scene)
{
    const bool all = s->scene && s->observed == s->scene->scene.sound;
    orr_ui_task_drop(&s->forecasting);
    orr_ui_task_drop(&s->fielding);
    weights_let_go(s->result); /* its numbers are those of the scene before */
    let_scene_go(s->scene);
    s->result = NULL;
    s->field_of = NULL;
    s->scene = hold_scene(scene);
    if (!s->observed || s->observed > scene->scene.sound) s->observed = observed_at_first(&scene->scene);
    if (all) s->observed = scene->scene.sound;
    weights_list(s);
    weights_draw_lines(s);
    weights_forecast(ui, s);
}

static void loaded(struct orr_ui *ui, void *screen, void *payload, enum orr_job_state state, const struct orr_error *err)
{
    const struct work *x = payload;
    struct weights_view *s = screen;
    if (state == ORR_JOB_DONE) {
        take_scene(ui, s, x->scene);
    } else if (!x->again) { /* else it is being written; what was there stays */
        s->error = *err;
        if (state == ORR_JOB_CANCELLED) orr_error_set(&s->error, ORR_ECANCELLED, NULL, "stopped; R reads the snapshots again");
    }
}
static const struct orr_ui_task_kind load_kind = {.reads_store = true, .run = run_load, .done = loaded, .release = release};

static void submit_load(struct orr_ui *ui, struct weights_view *s, bool again)
{
    struct work *x = orr_xcalloc(1, sizeof *x);
    x->again = again;
    x->run = s->runs[s->run_at];
    x->has_also = s->has_chosen;
    x->also = s->chosen;
    x->scene = orr_xcalloc(1, sizeof *x->scene);
    atomic_init(&x->scene->holders, 1);
    orr_ui_task_start(ui, &s->loading, "weights", &load_kind, s, x);
}

void weights_load(struct orr_ui *ui, struct weights_view *s)
{
    weights_forget(s);
    s->error = (struct orr_error){0};
    submit_load(ui, s, false);
}

/* Step of the last snapshot of the run that is shown; -1: none. */
static int64_t last_step(struct orr_ui *ui, const struct weights_view *s)
{
    char sql[96];
    struct orr_sql_result r = {0};
    int64_t step = -1;
    snprintf(sql, sizeof sql, "SELECT max(step) FROM snapshot WHERE run_id = %lld", (long long)s->runs[s->run_at]);
    if (orr_store_sql(orr_ui_store(ui), sql, 1, NULL, &r, NULL) == ORR_OK && r.rows && r.cells[0] &&
        !orr_parse_int64(r.cells[0], strlen(r.cells[0]), &step))
        step = -1;
    orr_sql_result_free(&r);
    return step;
}

void weights_follow(struct orr_ui *ui, struct weights_view *s)
{
    if (s->loading) return;
    if (!s->n_runs) {
        weights_find_runs(ui, s, NULL);
    } else if (s->scene) {
        const struct orr_run_weights *run = &s->scene->scene.run;
        if (last_step(ui, s) > run->steps[run->n_steps - 1]) submit_load(ui, s, true);
    } else if (s->error.code == ORR_ENOTFOUND && last_step(ui, s) >= 0) {
        weights_load(ui, s);
    }
}

/* By the user: a stopped fit still forecasts with the best it has found. */
void weights_stop(struct weights_view *s)
{
    orr_ui_task_cancel(s->loading);
    orr_ui_task_cancel(s->forecasting);
    orr_ui_task_cancel(s->fielding);
}

void weights_forget(struct weights_view *s)
{
    orr_ui_task_drop(&s->forecasting);
    orr_ui_task_drop(&s->fielding);
    orr_ui_task_drop(&s->loading);
    weights_let_go(s->result);
    let_scene_go(s->scene);
    s->result = NULL;
    s->field_of = NULL;
    s->scene = NULL;
    s->n_drawn = 0;
    s->forecast_error = (struct orr_error){0};
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
}

/* ---- forecasts ---- */

static bool take(struct weights_result *r, struct orr_store *store, const struct orr_scene_query *q,
                 const struct orr_ticker *ticker, enum orr_status *status, struct orr_error *err)
{
    struct orr_scene_forecast *f = &r->forecasts[r->n];
    *status = orr_scene_forecast(store, &r->scene->scene, q, ticker, f, err);
    if (!f->whole) {
        orr_scene_forecast_free(f);
        return false;
    }
    r->list[r->n++] = f;
    return true;
}

static enum orr_status run_forecast(void *payload, struct orr_store *store, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    struct work *x = payload;
    enum orr_status status;
    take(x->result, store, &x->query, ticker, &status, err);
    for (size_t i = 0; !status && x->overlay && i < ORR_WEIGHTS_OVERLAYS; i++) {
        struct orr_scene_query q = x->query;
        enum orr_status of_overlay;
        q.method = orr_weights_overlays[i];
        q.learn = NULL;
        if (!strcmp(q.method, x->query.method)) continue;
        take(x->result, NULL, &q, ticker, &of_overlay, NULL); /* a method that needs more snapshots is left out */
        if (of_overlay == ORR_ECANCELLED) status = orr_error_set(err, of_overlay, NULL, "stopped");
    }
    return status;
}

static void forecast_made(struct orr_ui *ui, void *screen, void *payload, enum orr_job_state state,
                          const struct orr_error *err)
{
    struct work *x = payload;
    struct weights_view *s = screen;
    s->forecast_error = state == ORR_JOB_FAILED ? *err : (struct orr_error){0};
    if (state != ORR_JOB_CANCELLED || x->result->n) { /* else the last forecast stays */
        weights_let_go(s->result);
        s->result = x->result;
        x->result = NULL;
        s->field_of = NULL;
    }
    weights_want_field(ui, s);
}
static const struct orr_ui_task_kind forecast_kind = {.run = run_forecast, .done = forecast_made, .release = release};
static const struct orr_ui_task_kind fit_kind = {
    .reads_store = true, .run = run_forecast, .done = forecast_made, .release = release};

void weights_forecast(struct orr_ui *ui, struct weights_view *s)
{
    orr_ui_task_drop(&s->forecasting);
    orr_ui_task_drop(&s->fielding);
    s->forecast_error = (struct orr_error){0};
    if (!s->scene || !s->scene->scene.sound) return;
    const struct orr_scene *scene = &s->scene->scene;
    struct work *x = orr_xcalloc(1, sizeof *x);
    if (weights_learns(s)) x->learn = orr_xstrdup(scene->group);
    x->query = (struct orr_scene_query){
        .method = s->method, .learn = x->learn, .observed = s->observed, .to = s->to, .seed = 1};
    x->overlay = s->overlay;
    x->result = orr_xcalloc(1, sizeof *x->result);
    atomic_init(&x->result->holders, 1);
    x->result->scene = hold_scene(s->scene);
    x->result->observed = s->observed;
    orr_ui_task_start(ui, &s->forecasting, "weight forecast", x->learn ? &fit_kind : &forecast_kind, s, x);
}

/* ---- the field ---- */

static enum orr_status run_field(void *payload, struct orr_store *store, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    struct work *x = payload;
    (void)store;
    return orr_scene_field(&x->result->scene->scene, x->result->list[0], ticker, &x->field, err);
}

static void field_made(struct orr_ui *ui, void *screen, void *payload, enum orr_job_state state, const struct orr_error *err)
{
    const struct work *x = payload;
    struct weights_view *s = screen;
    (void)ui, (void)err;
    if (state != ORR_JOB_DONE || s->result != x->result) return;
    s->field = x->field;
    s->field_of = s->result;
}
static const struct orr_ui_task_kind field_kind = {.run = run_field, .done = field_made, .release = release};

void weights_want_field(struct orr_ui *ui, struct weights_view *s)
{
    struct orr_scene_plane plane;
    if (!s->arrows || !s->scene || !s->result || !s->result->n || s->forecasting || s->result->observed != s->observed)
        return;
    const struct orr_scene_forecast *f = s->result->list[0];
    const size_t scope = weights_scope(s);
    if (!orr_weights_method_has_field(f->model->method)) return;
    if (s->field_of == s->result && s->field.scope == scope) return;
    orr_ui_task_drop(&s->fielding);
    if (!orr_scene_plane(&s->scene->scene, scope, &plane)) return;
    struct work *x = orr_xcalloc(1, sizeof *x);
    x->result = s->result;
    weights_hold(x->result);
    x->field.scope = scope;
    orr_scene_window(&s->scene->scene, &f, 1, scope, &plane, &x->field.x0, &x->field.x1, &x->field.y0, &x->field.y1);
    orr_ui_task_start(ui, &s->fielding, "velocity field", &field_kind, s, x);
}

/* ---- the list ---- */

static void shape_text(const struct orr_run_tensor *t, char out[64])
{
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < t->rank && at < 50; i++)
        at += (size_t)snprintf(out + at, 64 - at, "%s%lld", i ? "x" : "", (long long)t->shape[i]);
    if (!t->rank) snprintf(out, 64, "1");
}

void weights_list(struct weights_view *s)
{
    static const char *const names[] = {"tensor", "shape", "weights", "norm", "change", "moved", "last"};
    enum { COLUMNS = sizeof names / sizeof *names };
    const struct orr_scene *scene = &s->scene->scene;
    const size_t n = scene->run.n_tensors;
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    orr_table_init(&s->table, n + 1, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++)
        orr_table_column(&s->table, c, names[c], c < 2 ? ORR_CELL_TEXT : c == 2 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    for (size_t row = 0; row <= n; row++) {
        const size_t scope = row ? row - 1 : n, now = s->observed ? s->observed - 1 : 0;
        char shape[64] = "";
        if (row) shape_text(&scene->run.tensors[scope], shape);
        orr_table_set_text(&s->table, row, 0, row ? scene->run.tensors[scope].name : "all");
        orr_table_set_text(&s->table, row, 1, shape);
        orr_table_set_number(&s->table, row, 2, (double)orr_scene_weights(scene, scope));
        const double norm = orr_scene_norm(scene, scope, now);
        orr_table_set_number(&s->table, row, 3, norm);
        orr_table_set_number(&s->table, row, 4, norm - orr_scene_norm(scene, scope, 0));
        orr_table_set_number(&s->table, row, 5, orr_scene_distance(scene, scope, 0, now));
        if (now) orr_table_set_number(&s->table, row, 6, orr_scene_distance(scene, scope, now - 1, now));
    }
    orr_table_widget_set(&s->widget, &s->table);
}

void weights_draw_lines(struct weights_view *s)
{
    if (!s->scene) return;
    const struct orr_scene *scene = &s->scene->scene;
    const bool one = s->has_chosen && orr_scene_position(scene, s->chosen) != SIZE_MAX;
    s->n_drawn = 0;
    if (one) s->lines[s->n_drawn++] = s->chosen;
    if (s->n_lines > s->n_drawn)
        s->n_drawn += orr_scene_draw(scene, weights_scope(s), s->seed, s->n_lines - s->n_drawn, s->lines + s->n_drawn);
}
