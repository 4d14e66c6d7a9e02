/* Work in the background that a screen waits for. Every such screen starts, ends and drops it in the same way; a screen that
 * was closed, or asks for something else meanwhile, is not called any more. */
#ifndef ORRERY_TUI_TASK_H
#define ORRERY_TUI_TASK_H

#include "tui/screen.h"

struct orr_ui_task; /* one on its way */

struct orr_ui_task_kind {
    bool reads_store;
    /* On a thread of its own. store: a handle of its own where reads_store, else NULL. */
    enum orr_status (*run)(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err);
    /* On the UI's thread, when the screen still waits: takes what it wants out of `work`. err: why, when it failed. */
    void (*done)(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err);
    void (*release)(void *work);
};

/* *task is the screen's: not NULL while it waits. What it waited for before is dropped. work is released when it is over,
 * however it went; title is copied. */
void orr_ui_task_start(struct orr_ui *ui, struct orr_ui_task **task, const char *title, const struct orr_ui_task_kind *kind,
                       void *screen, void *work);
/* The screen no longer waits: the work is cancelled. Nothing when *task is NULL. */
void orr_ui_task_drop(struct orr_ui_task **task);
/* Asks the work to stop; the screen still waits for what it brings. NULL-safe. */
void orr_ui_task_cancel(const struct orr_ui_task *task);
uint64_t orr_ui_task_job(const struct orr_ui_task *task); /* for its progress; 0 for NULL */

#endif
