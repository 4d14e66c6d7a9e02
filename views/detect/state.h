/* What the Detect screen holds: a network, pictures, what it saw in the one that is shown, and scores over all. */
#ifndef ORRERY_VIEWS_DETECT_STATE_H
#define ORRERY_VIEWS_DETECT_STATE_H

#include "app/detect_figure.h"
#include "tui/picture.h"
#include "tui/screen.h"
#include "tui/task.h"

enum {
    DETECT_MOST = 300, /* boxes of a picture */
    DETECT_WIDE = 96   /* columns from which on the picture has a pane beside it */
};

/* Shown alone where there is no room for two; else the picture stands at the left of the others. */
enum detect_pane {
    DETECT_PICTURE,
    DETECT_OBJECTS,
    DETECT_SCORES,
    DETECT_CURVES,
    DETECT_CONFUSION,
    DETECT_TIMES,
    DETECT_PANES
};

/* Opened together, held by the screen and by the job that looks. */
struct detect_opened {
    int holders; /* counted on the UI's thread only */
    struct orr_detect_gallery *gallery;
    struct orr_detector *detector; /* NULL: there is none, see why */
    struct orr_error why;
};

/* One picture and what the network said about it. */
struct detect_shot {
    size_t at;
    struct orr_detect_image picture;
    int *as;                     /* [picture.n_labels] the network's class of that name, -1: it knows none */
    struct orr_detect_look look; /* raw: thresholds are applied at each key */
    struct orr_table times;
};

struct detect {
    char *source, *weights; /* NULL: drawn:easy, the network shipped */
    enum orr_detect_part part;
    struct detect_opened *opened;
    struct orr_ui_task *running, *testing;
    struct orr_error error;
    size_t wanted; /* picture asked for */
    bool has_shot;
    struct detect_shot shot;
    uint64_t version; /* of the picture shown */
    double confidence, iou;
    bool truth, false_alarms, missed, shares;
    enum detect_pane pane;
    /* What is kept at these thresholds, and how it stands to the truth: detect_choose. */
    struct orr_detection kept[DETECT_MOST];
    int taken[DETECT_MOST]; /* label, -1: none */
    size_t n_kept;
    bool *found;               /* [labels] */
    struct orr_scores *scores; /* of all pictures; NULL: not scored yet */
    struct orr_error score_error;
    struct orr_picture_pane pane_cells;
};

static inline const struct orr_yolo *detect_net(const struct detect *s)
{
    return s->opened && s->opened->detector ? orr_detector_net(s->opened->detector) : NULL;
}
static inline const char *detect_source(const struct detect *s) { return s->source ? s->source : "drawn:easy"; }
static inline const char *detect_weights(const struct detect *s) { return s->weights ? s->weights : "n"; }

/* load.c */
void detect_open(struct orr_ui *ui, struct detect *s);          /* in the background */
void detect_go(struct orr_ui *ui, struct detect *s, size_t to); /* to a picture, in the background */
void detect_test(struct orr_ui *ui, struct detect *s);          /* scores, in the background */
void detect_choose(struct detect *s);                           /* thresholds have changed: some microseconds */
void detect_leave(struct detect *s);                            /* the screen closes */
void detect_let_go(struct detect_opened *o);                    /* one holder less; NULL-safe */

/* export.c. path NULL: the command that prints what is shown; else the one that writes it */
void detect_command(const struct detect *s, const char *path, struct orr_str *out);
void detect_export(struct orr_ui *ui, struct detect *s, const char *path); /* in the background */

/* draw.c, pane.c */
void detect_render(struct detect *s, struct orr_canvas *c, struct orr_rect r);
void detect_render_panes(const struct detect *s, struct orr_canvas *c, struct orr_rect r);

#endif
