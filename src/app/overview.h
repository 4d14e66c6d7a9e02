/* The store at a glance: what `orrery` prints without a terminal. */
#ifndef ORRERY_APP_OVERVIEW_H
#define ORRERY_APP_OVERVIEW_H

#include "app/app.h"

/* Appends the overview as text: where the store is, what it holds, the newest runs, the best values, what to try next.
 * width: terminal columns, 0 without one. Data of the store, no terminal needed. */
enum orr_status orr_app_overview(struct orr_app *app, int width, struct orr_str *out, struct orr_error *err);
/* What to try where there are no runs, or no store at all. */
void orr_app_overview_empty(const char *store_path, struct orr_str *out);

#endif
