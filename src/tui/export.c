#include "tui/export.h"

#include <stdlib.h>

#include "app/app.h"
#include "base/mem.h"

struct export {
    struct orr_ui *ui;
    struct orr_ui_export e; /* texts are ours */
    char *store;
};

static void release(void *payload)
{
    struct export *x = payload;
    if (x->e.release) x->e.release(x->e.ctx);
    free((char *)x->e.path);
    free((char *)x->e.command);
    free(x->store);
    free(x);
}

static enum orr_status run(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct export *x = payload;
    struct orr_store *store = NULL;
    enum orr_status s = x->store ? orr_store_open(x->store, ORR_STORE_READ, &store, err) : ORR_OK;
    if (!s) s = x->e.write(x->e.ctx, store, x->e.path, ticker, err);
    orr_store_close(store);
    return s;
}

static void done(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id;
    struct export *x = payload;
    if (state == ORR_JOB_DONE && x->e.command) {
        orr_ui_message(x->ui, ORR_COLOR_GOOD, "wrote %s; again: %s", x->e.path, x->e.command);
        orr_app_log(orr_ui_app(x->ui), x->e.command);
    } else if (state == ORR_JOB_DONE) {
        orr_ui_message(x->ui, ORR_COLOR_GOOD, "wrote %s", x->e.path);
    } else if (state == ORR_JOB_FAILED) {
        orr_ui_error(x->ui, err);
    }
    release(x);
}

void orr_ui_export(struct orr_ui *ui, const struct orr_ui_export *e)
{
    struct export *x = orr_xcalloc(1, sizeof *x);
    x->ui = ui;
    x->e = *e;
    x->e.path = orr_xstrdup(e->path);
    x->e.command = e->command ? orr_xstrdup(e->command) : NULL;
    if (e->reads_store) x->store = orr_xstrdup(orr_store_path(orr_ui_store(ui)));
    orr_jobs_submit(orr_ui_jobs(ui), "export", run, x, release, done, NULL);
}
