/* The shell driven in-process: a temporary store with synthetic runs, keys in, text out. No terminal. */
#ifndef ORRERY_TESTS_AID_UI_H
#define ORRERY_TESTS_AID_UI_H

#include "app/app.h"
#include "tui/canvas.h"
#include "tui/ui.h"

struct orr_aid_ui {
    char folder[64], path[96];
    struct orr_app app;
    struct orr_jobs *jobs;
    struct orr_ui *ui;
    struct orr_canvas canvas;
    struct orr_str text; /* of the last dump */
};

/* n runs, the same for the same n: every third has failed, two models, learning rates, three series of 20 points. */
struct orr_aid_ui *orr_aid_ui_new(int n_runs, int width, int height);
void orr_aid_ui_free(struct orr_aid_ui *a);
/* Closes the shell and opens it again on the same store. */
void orr_aid_ui_reopen(struct orr_aid_ui *a);
void orr_aid_ui_keys(struct orr_aid_ui *a, const char *keys);  /* "j j Enter", names as in key tables */
void orr_aid_ui_type(struct orr_aid_ui *a, const char *text); /* characters, blanks included */
void orr_aid_ui_resize(struct orr_aid_ui *a, int width, int height);
void orr_aid_ui_settle(struct orr_aid_ui *a); /* until no job is left */
const char *orr_aid_ui_dump(struct orr_aid_ui *a); /* valid until the next dump */
void orr_aid_ui_golden(struct orr_aid_ui *a, const char *name);

#endif
