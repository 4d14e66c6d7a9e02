/* Configuration, tags and final metrics of runs side by side. Shared by `orrery diff` and views/diff. */
#ifndef ORRERY_APP_DIFF_H
#define ORRERY_APP_DIFF_H

#include "app/app.h"

struct orr_diff {
    struct orr_table table; /* columns: kind ("run", "config", "tag", "metric"), key, then one text column per run */
    bool *differs;          /* [rows] not the same text for all runs */
    size_t n_differ;
};
/* differing_only drops the equal rows. Metrics are the last finite value of each series. ENOTFOUND for an unknown run,
 * EINVAL for fewer than one. Free with orr_diff_free. */
enum orr_status orr_app_diff(struct orr_app *app, const int64_t *runs, size_t n, bool differing_only,
                             struct orr_diff *out, struct orr_error *err);
void orr_diff_free(struct orr_diff *d);

#endif
