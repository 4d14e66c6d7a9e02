/* What the Select screen holds: a model with a pool, a prompt, and the rankings of every estimator. */
#ifndef ORRERY_VIEWS_SELECT_STATE_H
#define ORRERY_VIEWS_SELECT_STATE_H

#include "app/select.h"
#include "app/select_figure.h"
#include "tui/screen.h"
#include "tui/task.h"
#include "tui/widgets/table.h"

enum { SELECT_SHOWN = 200 /* candidates of a ranking */, SELECT_DEFINITIONS = 100 /* that show the calibration */ };

/* An opened model and pool, held by the screen and by the job that asks it. */
struct select_opened {
    int holders; /* counted on the UI's thread only */
    struct orr_select *select;
};

struct select {
    char *model, *pool, *column, *prompt; /* NULL: not chosen yet */
    bool exact, decode;
    struct select_opened *opened;
    struct orr_ui_task *running; /* opens or asks; only one at a time touches `opened` */
    bool again;                  /* ask anew when it ends */
    struct orr_error error;
    bool has_result;
    struct orr_select_result result;
    struct orr_table table;       /* of the result */
    struct orr_table_widget list; /* its column is the estimator looked at */
    bool shows_calibration;
    struct orr_ui_task *calibrating;
    struct orr_select_curves *curves; /* of the model; NULL: not known */
    struct orr_error curves_error;
};

/* load.c */
void select_open(struct orr_ui *ui, struct select *s); /* in the background */
void select_ask(struct orr_ui *ui, struct select *s);  /* likewise; the newest prompt wins */
void select_calibrate(struct orr_ui *ui, struct select *s); /* likewise, unless it is known */
void select_export(struct orr_ui *ui, struct select *s, const char *path);
void select_leave(struct select *s);                   /* the screen closes */

/* The estimator and the candidate under the cursor; NULL, or false, where there is none. */
const struct orr_select_ranking *select_ranking(const struct select *s);
bool select_candidate(const struct select *s, uint32_t *candidate);

/* draw.c, pane.c */
void select_render(struct select *s, struct orr_canvas *c, struct orr_rect r);
void select_draw_pane(const struct select *s, struct orr_canvas *c, struct orr_rect r);

#endif
