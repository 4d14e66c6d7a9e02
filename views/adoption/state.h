/* What the Adoption screen holds: all series with their fits, and one of them taken apart. */
#ifndef ORRERY_VIEWS_ADOPTION_STATE_H
#define ORRERY_VIEWS_ADOPTION_STATE_H

#include "app/adoption.h"
#include "tui/screen.h"
#include "tui/task.h"
#include "tui/widgets/table.h"

enum { ADOPTION_AHEAD = 12 };
enum adoption_slider { SLIDER_LAMBDA, SLIDER_MU, SLIDER_SIGMA, SLIDERS };

struct adoption_job; /* the fits of all series, in the background */

struct adoption {
    struct orr_adoption_set set;
    struct orr_adoption_results results;
    struct orr_adoption_query query;
    struct orr_table table;      /* sorted by relative fitness, for the list */
    size_t *order;               /* [set.n] row of the list -> item */
    struct orr_table_widget widget;
    struct adoption_job *running; /* fits on their way; NULL: none */
    struct adoption_job *source;  /* whose series are shown: owns what set and results point to */
    bool *fitted;                 /* [set.n] has its result */
    size_t n_fitted;
    double next_list;             /* when the list is to be sorted again */
    struct orr_ui_task *task;
    struct orr_error error;      /* of the last load */
    /* the series under the cursor, fitted to its first `observed` points, with the sliders' parameters */
    size_t shown;                /* item; SIZE_MAX: none */
    size_t observed;
    struct orr_adoption_results one; /* of this series alone */
    struct orr_adoption moved;   /* its fit after the sliders */
    bool is_moved;
    enum adoption_slider slider;
    bool collapse, log_y, whole /* the chart alone */;
};

/* load.c */
void adoption_start(struct orr_ui *ui, struct adoption *s);
void adoption_follow(struct adoption *s); /* takes what has been fitted meanwhile */
void adoption_cancel(struct adoption *s);
/* Fits the series under the cursor to its first `observed` points (0: all). A few milliseconds; without
 * observed it takes what the list has, or has this series fitted next. */
void adoption_show(struct adoption *s, size_t observed);
void adoption_forget(struct adoption *s);
/* Writes what is shown: a picture, or the table, by the extension. In the background. */
void adoption_export(struct orr_ui *ui, const struct adoption *s, const char *path);

/* draw.c */
void adoption_render(struct adoption *s, struct orr_canvas *c, struct orr_rect r);

#endif
