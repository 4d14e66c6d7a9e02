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

struct orr_app {
    struct orr_store *store;
    const char *store_path;
    void *command_log; /* FILE* of --record, or NULL */
};

/* The batch form of an action that the user took, appended to the command log when one is recorded. */
void orr_app_log(struct orr_app *app, const char *command);

#endif
