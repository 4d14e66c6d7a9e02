/* Writing what a screen shows into a file, in the background: gnuplot takes a while. */
#ifndef ORRERY_TUI_EXPORT_H
#define ORRERY_TUI_EXPORT_H

#include "tui/screen.h"

struct orr_ui_export {
    const char *path;    /* of the file; copied */
    const char *command; /* the batch command that does the same, shown and logged when it is done; copied. NULL: there is none */
    bool reads_store;
    /* On a thread of its own. store: a handle of its own where reads_store, else NULL. */
    enum orr_status (*write)(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                             struct orr_error *err);
    void (*release)(void *ctx);
    void *ctx;           /* released when it is over, however it went */
};
/* Submits the job; tells how it ended in the status line. */
void orr_ui_export(struct orr_ui *ui, const struct orr_ui_export *e);

#endif
