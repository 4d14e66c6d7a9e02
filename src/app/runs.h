/* The run table: columns, filter, sort, groups. Shared by `orrery runs` and views/runs. */
#ifndef ORRERY_APP_RUNS_H
#define ORRERY_APP_RUNS_H

#include "app/app.h"

/* Column specifications:
 *   id name key project group state tags notes started ended steps points series     about the run
 *   val/loss  last:val/loss  min:val/loss  max:val/loss  best:val/loss  count:val/loss  a series, summarised
 *     (best = step of the minimum for names with loss/error/err/ppl, else of the maximum)
 *   config:lr  or  lr                                                    a configuration key
 *   predicted:val/loss                                                    a stored forecast, where there is one
 * A bare word is looked up as a run field, then a configuration key, then a series. */

/* Filter expressions: terms joined by blanks (and) or `|` (or, binds weaker), `!` negates, parentheses group.
 *   word            substring of name, group, project, state, tags or notes, without case
 *   column=value  column!=value  column<1e-3  column<=..  column>..  column>=..  column~regex
 * Quotes keep blanks. An error names the position. */
struct orr_run_query {
    const char *filter;         /* NULL or "": all */
    const char *const *columns; /* NULL: the default ones for this store */
    size_t n_columns;
    const char *sort;           /* column specification, NULL: pinned first, then newest */
    bool descending;
    const char *group_by;       /* configuration key or run field: one row per value, mean and count; NULL: none */
    bool changed_only;          /* drop configuration columns that are equal over all runs shown */
    size_t limit;               /* 0: all */
};

struct orr_run_table {
    struct orr_table table; /* one row per run shown (or group), columns as asked */
    int64_t *run;           /* [rows] run ids; for groups the first member */
    size_t total;           /* runs in the store */
};
enum orr_status orr_app_runs(struct orr_app *app, const struct orr_run_query *q, struct orr_run_table *out,
                             struct orr_error *err);
void orr_run_table_free(struct orr_run_table *t);

#endif
