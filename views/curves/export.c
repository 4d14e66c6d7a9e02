/* Writing what the screen shows, by a job: gnuplot takes a while. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "views/curves/state.h"

struct export {
    struct orr_ui *ui;
    char *store, *path, *command, *x_series, *group_by;
    const char **series;
    struct orr_curve_set q;
};

static void release(void *payload)
{
    struct export *e = payload;
    for (size_t i = 0; i < e->q.n_series; i++) free((char *)e->series[i]);
    free(e->series);
    free((int64_t *)e->q.runs);
    free(e->store);
    free(e->path);
    free(e->command);
    free(e->x_series);
    free(e->group_by);
    free(e);
}

static enum orr_status run(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct export *e = payload;
    struct orr_app app = {.store_path = e->store};
    enum orr_status status = orr_store_open(e->store, ORR_STORE_READ, &app.store, err);
    if (status == ORR_OK) status = orr_app_curve_export(&app, &e->q, e->path, ticker, err);
    orr_store_close(app.store);
    return status;
}

static void done(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id;
    struct export *e = payload;
    if (state == ORR_JOB_DONE) {
        orr_ui_message(e->ui, ORR_COLOR_GOOD, "wrote %s; again: %s", e->path, e->command);
        orr_app_log(orr_ui_app(e->ui), e->command);
    } else if (state == ORR_JOB_FAILED) {
        orr_ui_error(e->ui, err);
    }
    release(e);
}

void orr_curves_export(struct orr_ui *ui, const struct orr_curves *v, const char *path)
{
    struct orr_export_kind kind;
    struct orr_error err;
    struct orr_str command = {0};
    if (orr_export_kind(path, &kind, &err) != ORR_OK) {
        orr_ui_error(ui, &err);
        return;
    }
    struct export *e = orr_xcalloc(1, sizeof *e);
    int64_t *runs = orr_xcalloc(v->n_runs + 1, sizeof *runs);
    orr_curves_query(v, &e->q, &e->series);
    for (size_t i = 0; i < e->q.n_series; i++) e->series[i] = orr_xstrdup(e->series[i]);
    if (v->n_runs) memcpy(runs, v->runs, v->n_runs * sizeof *runs);
    e->q.runs = runs;
    if (v->x_series) e->q.options.x_series = e->x_series = orr_xstrdup(v->x_series);
    if (v->group_by) e->q.group_by = e->group_by = orr_xstrdup(v->group_by);
    orr_app_curve_command(&e->q, path, &command);
    e->ui = ui;
    e->store = orr_xstrdup(orr_store_path(orr_ui_store(ui)));
    e->path = orr_xstrdup(path);
    e->command = orr_xstrdup(command.data);
    orr_str_free(&command);
    orr_jobs_submit(orr_ui_jobs(ui), "export", run, e, release, done, NULL);
}
