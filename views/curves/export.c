/* Writing what the screen shows. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/export.h"
#include "views/curves/state.h"

struct export {
    char *x_series, *group_by;
    const char **series;
    struct orr_curve_set q;
};

static void release(void *ctx)
{
    struct export *e = ctx;
    for (size_t i = 0; i < e->q.n_series; i++) free((char *)e->series[i]);
    free(e->series);
    free((int64_t *)e->q.runs);
    free(e->x_series);
    free(e->group_by);
    free(e);
}

static enum orr_status write(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                             struct orr_error *err)
{
    const struct export *e = ctx;
    struct orr_app app = {.store = store};
    return orr_app_curve_export(&app, &e->q, path, ticker, err);
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
    orr_ui_export(ui, &(struct orr_ui_export){.path = path, .command = command.data, .reads_store = true, .write = write,
                                              .release = release, .ctx = e});
    orr_str_free(&command);
}
