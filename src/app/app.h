/* Use cases: what TUI and CLI both call, so that the two cannot diverge. Each takes plain arguments, reads or writes
 * the store, and gives plain results. One orr_app per process; use cases are called on the owner's thread unless they
 * say otherwise. */
#ifndef ORRERY_APP_APP_H
#define ORRERY_APP_APP_H

#include <orrery/error.h>
#include <orrery/progress.h>
#include <orrery/store.h>

#include "base/str.h"
#include "base/table.h"

struct orr_run_frame; /* app/runs.h */
struct orr_shards;

struct orr_app {
    struct orr_store *store;
    const char *store_path;
    void *command_log;           /* FILE* of --record, or NULL */
    struct orr_shards *shards;   /* app/shards.h: this process is one of several, or puts theirs together; else NULL */
    struct orr_run_frame *frame; /* columns of the run table loaded so far; owned, made on demand */
};

/* Frees what use cases keep and closes the store; not the command log. */
void orr_app_close(struct orr_app *app);

/* The batch form of an action that the user took, appended to the command log when one is recorded. */
void orr_app_log(struct orr_app *app, const char *command);

#endif
