/* A curve set opened: its curves, their names and groups. Shared by tables, pictures and views/curves. */
#ifndef ORRERY_APP_CURVE_SET_H
#define ORRERY_APP_CURVE_SET_H

#include "app/export.h"

struct orr_curve_member {
    struct orr_curve *curve;
    const char *run_name, *series;
    size_t group; /* into groups; 0 without grouping */
};
struct orr_curve_group {
    const char *value, *series; /* of the configuration key */
    size_t n;                   /* curves */
};
struct orr_open_set {
    size_t n, n_groups;
    struct orr_curve_member *members;
    struct orr_curve_group *groups; /* empty unless group_by */
    struct orr_arena arena;
};

/* Opens every curve that exists, series by series, runs in the order given. ENOTFOUND when there is none. */
enum orr_status orr_curve_set_open(struct orr_app *app, const struct orr_curve_set *q, struct orr_open_set *out,
                                   struct orr_error *err);
void orr_curve_set_close(struct orr_open_set *s); /* NULL-safe fields; s may be zeroed */

/* What a legend calls member i: the run where runs differ, the series where series differ, both where both do. Lives in
 * the arena. Of group g: "lr=0.1" with the number of runs. */
const char *orr_curve_set_label(struct orr_open_set *s, const struct orr_curve_set *q, size_t i);
const char *orr_curve_set_group_label(struct orr_open_set *s, const struct orr_curve_set *q, size_t g);
/* The curves of a group, in a new array in the arena. */
struct orr_curve **orr_curve_set_group(struct orr_open_set *s, size_t g, size_t *n);

/* The window asked for, completed from the data; never empty. Prepares the curves. */
enum orr_status orr_curve_set_window(struct orr_open_set *s, const struct orr_curve_set *q,
                                     const struct orr_ticker *ticker, double *x0, double *x1, struct orr_error *err);

#endif
