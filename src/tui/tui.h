/* The interactive face: runs the workbench on the terminal until the user leaves. */
#ifndef ORRERY_TUI_TUI_H
#define ORRERY_TUI_TUI_H

#include <stdbool.h>

#include "app/app.h"

struct orr_tui_options {
    struct orr_app *app;      /* with an open store */
    const char *screen, *arg; /* what to show first; NULL: the run table */
    bool plain;               /* the line mode on any terminal: lines of text and nothing else, for screen readers */
};
/* Needs terminals on standard input and output. Returns the exit code: 0, 1 when the terminal cannot be used, 130 after
 * Ctrl-C, 143 and 129 after SIGTERM and SIGHUP. A terminal that cannot place the cursor (TERM=dumb) gets a line mode that
 * takes the same commands. The terminal is restored on every way out, crashes included. */
int orr_tui_run(const struct orr_tui_options *options);

#endif
