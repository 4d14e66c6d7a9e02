#include "tui/task.h"

#include <stdlib.h>

#include "base/mem.h"

struct orr_ui_task {
    struct orr_ui *ui;
    struct orr_ui_task **place; /* NULL: dropped; touched on the UI's thread only */
    const struct orr_ui_task_kind *kind;
    void *screen, *work;
    char *store;
    uint64_t job;
};

static void release(void *payload)
{
    struct orr_ui_task *t = payload;
    t->kind->release(t->work);
    free(t->store);
    free(t);
}

static enum orr_status run(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_ui_task *t = payload;
    struct orr_store *store = NULL;
    enum orr_status s = t->store ? orr_store_open(t->store, ORR_STORE_READ, &store, err) : ORR_OK;
    if (!s) s = t->kind->run(t->work, store, ticker, err);
    orr_store_close(store);
    return s;
}

static void done(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id;
    struct orr_ui_task *t = payload;
    if (t->place) {
        *t->place = NULL;
        t->kind->done(t->ui, t->screen, t->work, state, err);
        orr_ui_redraw(t->ui);
    }
    release(t);
}

void orr_ui_task_start(struct orr_ui *ui, struct orr_ui_task **task, const char *title, const struct orr_ui_task_kind *kind,
                       void *screen, void *work)
{
    orr_ui_task_drop(task);
    struct orr_ui_task *t = orr_xcalloc(1, sizeof *t);
    *t = (struct orr_ui_task){.ui = ui, .place = task, .kind = kind, .screen = screen, .work = work};
    if (kind->reads_store) t->store = orr_xstrdup(orr_store_path(orr_ui_store(ui)));
    *task = t;
    t->job = orr_jobs_submit(orr_ui_jobs(ui), title, run, t, release, done, NULL);
}

void orr_ui_task_drop(struct orr_ui_task **task)
{
    struct orr_ui_task *t = *task;
    if (!t) return;
    t->place = NULL;
    *task = NULL;
    orr_jobs_cancel(orr_ui_jobs(t->ui), t->job);
}

void orr_ui_task_cancel(const struct orr_ui_task *t)
{
    if (t) orr_jobs_cancel(orr_ui_jobs(t->ui), t->job);
}

uint64_t orr_ui_task_job(const struct orr_ui_task *t) { return t ? t->job : 0; }
