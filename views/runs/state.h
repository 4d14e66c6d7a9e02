/* The run table's state, shared by the files of this folder. */
#ifndef ORRERY_VIEWS_RUNS_STATE_H
#define ORRERY_VIEWS_RUNS_STATE_H

#include "app/runs.h"
#include "base/vec.h"
#include "tui/screen.h"
#include "tui/widgets/table.h"


struct orr_names {
    char **data;
    size_t len, cap;
};

/* What the table shows; everything here is remembered in the store's settings. */
struct orr_runs_query {
    char *filter, *sort, *group_by; /* NULL: none */
    bool descending, changed_only;
    struct orr_names columns;       /* empty: the default ones */
};

struct orr_runs_load;
struct orr_runs_chooser; /* chooser.c: the column chooser while it is open */

struct orr_runs {
    struct orr_runs_query query;
    char *draft; /* the filter being typed; NULL: query.filter counts */
    struct orr_run_table table;
    bool loaded, partial; /* partial: only the first rows, the others are on their way */
    struct orr_error error; /* of the last load; the table before it stays */
    struct orr_table_widget widget;
    bool to_top;                   /* the next table starts at its first row instead of at the run before */
    size_t state_column;           /* SIZE_MAX: not shown */
    double seconds;                /* the last load took */
    struct orr_runs_load *pending; /* a load on a worker thread */
    struct orr_runs_chooser *chooser;
    int64_t *targets;              /* of the change being asked for */
    size_t n_targets;
    bool details;                  /* the pane beside the table, where there is room */
    int64_t detail_run;            /* what detail_text tells about */
    int64_t detail_counter;
    struct orr_str detail_text;
};

/* load.c: fills the table by the query, keeping the cursor on its run and column. Slow stores load on a worker thread. */
void orr_runs_load(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_complete(struct orr_ui *ui, struct orr_runs *v); /* here and now, where only the first rows are there */
void orr_runs_abandon(struct orr_runs *v); /* the pending load, if any, ends in nothing */
void orr_runs_settings_read(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_settings_write(struct orr_ui *ui, const struct orr_runs *v);
void orr_runs_query_free(struct orr_runs_query *q);
/* As last loaded; NULL when it is gone; borrowed until the next load. */
const struct orr_run *orr_runs_info(struct orr_ui *ui, int64_t run);

/* screen.c */
int64_t orr_runs_here(const struct orr_runs *v); /* the run under the cursor, -1 when there is none */
/* The selected runs, or else the one under the cursor. The caller frees; *n receives how many. */
int64_t *orr_runs_targets(struct orr_ui *ui, const struct orr_runs *v, size_t *n);
void orr_runs_settle(struct orr_ui *ui, struct orr_runs *v); /* loads and shows the error if there is one */

/* arrange.c: arg NULL asks in a prompt where a text is needed. */
void orr_runs_filter(struct orr_ui *ui, struct orr_runs *v, const char *arg);
void orr_runs_sort(struct orr_ui *ui, struct orr_runs *v, const char *arg);
void orr_runs_set_columns(struct orr_ui *ui, struct orr_runs *v, const char *text);
void orr_runs_group(struct orr_ui *ui, struct orr_runs *v, const char *arg);
void orr_runs_open_group(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_reset(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_complete_filter(struct orr_ui *ui, void *v, const char *text, struct orr_str *out);
void orr_runs_complete_group(struct orr_ui *ui, void *v, const char *text, struct orr_str *out);
void orr_runs_complete_column(struct orr_ui *ui, const char *text, struct orr_str *out); /* the last of "a,b,c" */

/* change.c: likewise. */
void orr_runs_pin(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_note(struct orr_ui *ui, struct orr_runs *v, const char *arg);
void orr_runs_tag(struct orr_ui *ui, struct orr_runs *v, const char *arg);
void orr_runs_delete(struct orr_ui *ui, struct orr_runs *v);

/* details.c: configuration and metrics of the run under the cursor. */
void orr_runs_details(struct orr_ui *ui, struct orr_runs *v, struct orr_canvas *c, struct orr_rect r);

/* chooser.c */
void orr_runs_chooser_open(struct orr_ui *ui, struct orr_runs *v);
void orr_runs_chooser_close(struct orr_runs *v);
bool orr_runs_chooser_key(struct orr_ui *ui, struct orr_runs *v, struct orr_key key);
void orr_runs_chooser_render(struct orr_runs *v, struct orr_canvas *c, struct orr_rect r);

#endif
