/* The runs that a screen is opened for. */
#ifndef ORRERY_TUI_RUNS_ARG_H
#define ORRERY_TUI_RUNS_ARG_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

struct orr_ui;

/* arg: ids or names parted by blanks or commas; NULL: the selected runs (none: n 0). *out is the caller's. ENOTFOUND or
 * EINVAL for a word that names no run. */
enum orr_status orr_ui_runs_arg(struct orr_ui *ui, const char *arg, int64_t **out, size_t *n, struct orr_error *err);

#endif
