/* Columns over all runs, loaded once and kept until the store changes: what the run table shows, filters and sorts by,
 * so that another sort or filter costs no query. */
#ifndef ORRERY_APP_COLUMNS_H
#define ORRERY_APP_COLUMNS_H

#include "app/app.h"

/* One column: a cell per run in the order of the frame's runs. */
struct orr_run_column {
    const char *spec;         /* as asked for */
    enum orr_cell_kind kind;
    const double *number;     /* [runs], NaN = empty; NULL for TEXT columns without any number */
    const char *const *text;  /* [runs], NULL = empty; TEXT and configuration columns, else NULL */
    bool config;              /* a configuration key */
};

/* All runs and the columns loaded so far. Valid until orr_run_frame_get is called after a change of the store. */
struct orr_run_frame {
    struct orr_store *store;
    int64_t counter;              /* the store's change counter when it was loaded */
    struct orr_run_list runs;
    struct orr_name_list series, config;
    struct orr_run_column **columns;
    size_t n_columns;
    const char **words;           /* [runs] folded text that plain words of a filter are sought in; NULL until needed */
    struct orr_arena arena;       /* owns columns and words */
    bool part;                    /* of some runs only: runs and names are borrowed from a whole frame */
};

/* The app's frame, loaded anew when the store has changed. Borrowed. 10,000 runs: a few milliseconds when stale. */
enum orr_status orr_run_frame_get(struct orr_app *app, struct orr_run_frame **out, struct orr_error *err);
void orr_run_frame_free(struct orr_run_frame *f); /* NULL-safe */
bool orr_run_frame_is_current(const struct orr_app *app); /* orr_run_frame_get would read nothing */
const struct orr_run *orr_run_frame_find(const struct orr_run_frame *f, int64_t run); /* NULL: not there */

/* Gives a frame that `from` has loaded on another thread to `to`, where it counts as the state at `counter`: right when
 * the change counter of to's store was `counter` before the loading began and is so still. */
void orr_run_frame_hand_over(struct orr_app *from, struct orr_app *to, int64_t counter);

/* What this process has just written for some runs; NULL or false: left as it was. */
struct orr_run_edit {
    const bool *pin;
    const char *notes;
    bool tags; /* added or removed: read anew */
};
/* Brings the frame up to date after the one commit that made this edit, without reading all runs again. `before` is the
 * change counter before it; when others wrote as well, the frame stays stale and is loaded anew when next asked for. */
void orr_run_frame_edited(struct orr_app *app, int64_t before, const int64_t *runs, size_t n,
                          const struct orr_run_edit *edit);

/* A frame over some of f's runs (copies in runs[0..n), borrowed): its columns have the same kinds as f's, but only the
 * cells of these runs are read. Lives as long as f; end with orr_run_frame_part_end. */
void orr_run_frame_part(const struct orr_run_frame *f, struct orr_run *runs, size_t n, struct orr_run_frame *out);
void orr_run_frame_part_end(struct orr_run_frame *part);

/* A column by its specification (see runs.h), loaded when it was not yet. ENOTFOUND names the nearest known name. */
enum orr_status orr_run_frame_column(struct orr_run_frame *f, const char *spec, const struct orr_run_column **out,
                                     struct orr_error *err);
/* Name, group, project, state, tags and notes of one run in lower case. The first call loads the tags. */
enum orr_status orr_run_frame_words(struct orr_run_frame *f, const char *const **out, struct orr_error *err);

/* The specifications shown when none are asked for: id, name, state, steps, up to four common metrics, the configuration
 * keys that differ between some runs. At most `cap`; they live in the arena. */
enum orr_status orr_run_frame_default_columns(struct orr_run_frame *f, struct orr_arena *a, const char **specs,
                                              size_t cap, size_t *n, struct orr_error *err);

/* True for names of losses and errors: their best value is the smallest. */
bool orr_series_lower_is_better(const char *name);
/* How telling a series is by its name: 3 validation metrics, 2 other metrics, 0 timings, learning rates and the like. */
int orr_series_rank(const char *name);

#endif
