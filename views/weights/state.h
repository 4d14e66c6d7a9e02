/* The Weights screen: tensors of a run, its trajectory in four charts, a forecast that is scrubbed through. */
#ifndef ORRERY_VIEWS_WEIGHTS_STATE_H
#define ORRERY_VIEWS_WEIGHTS_STATE_H

#include <stdatomic.h>

#include "app/weights_figure.h"
#include "tui/task.h"
#include "tui/weights_chart.h"
#include "tui/widgets/table.h"

/* Shared by the screen and the jobs that work on it; immutable once published. */
struct weights_scene {
    atomic_int holders;
    struct orr_scene scene;
};
struct weights_result {
    atomic_int holders;
    struct weights_scene *scene;
    size_t observed;
    struct orr_scene_forecast forecasts[ORR_WEIGHTS_SHOWN_MOST];
    const struct orr_scene_forecast *list[ORR_WEIGHTS_SHOWN_MOST];
    size_t n;
};
struct weights_view {
    int64_t *runs; /* to go through with n and N */
    size_t n_runs, run_at;
    struct orr_error error;             /* of the run */
    struct weights_scene *scene;        /* NULL: none yet */
    struct weights_result *result;      /* NULL: none; may lag behind what is asked for */
    struct orr_error forecast_error;    /* of the last one asked for */
    struct orr_scene_field field;
    const struct weights_result *field_of; /* which result the field belongs to; NULL: none */
    struct orr_ui_task *loading, *forecasting, *fielding; /* on their way */
    /* the list: all weights, then each tensor */
    struct orr_table table;
    struct orr_table_widget widget;
    /* what is asked for */
    const char *method; /* of the registry */
    size_t observed;    /* 0: before the run is loaded */
    int64_t to;         /* 0: the last step, or twice it */
    uint64_t seed;
    size_t n_lines;     /* trajectories wanted */
    struct orr_scene_coordinate lines[ORR_SCENE_LINES], chosen;
    size_t n_drawn;
    bool has_chosen;
    enum orr_weights_chart chart;
    struct orr_weights_look look;
    bool overlay, arrows, whole /* the chart alone */;
};

/* load.c */
void weights_find_runs(struct orr_ui *ui, struct weights_view *s, const char *arg);
void weights_load(struct orr_ui *ui, struct weights_view *s);     /* the run at run_at */
void weights_follow(struct orr_ui *ui, struct weights_view *s);   /* the store has changed */
void weights_forecast(struct orr_ui *ui, struct weights_view *s); /* as asked for, in the background */
void weights_want_field(struct orr_ui *ui, struct weights_view *s);
void weights_stop(struct weights_view *s);                        /* what is being computed; what is shown stays */
void weights_forget(struct weights_view *s);                      /* everything of the run */
void weights_list(struct weights_view *s);                        /* the table as of `observed` */
void weights_draw_lines(struct weights_view *s);                  /* which trajectories are shown */
size_t weights_scope(const struct weights_view *s);
bool weights_learns(const struct weights_view *s);
bool weights_busy(const struct weights_view *s);
void weights_hold(struct weights_result *r);
void weights_let_go(struct weights_result *r); /* NULL-safe */

/* draw.c */
bool weights_picture(const struct weights_view *s, struct orr_weights_picture *p);
void weights_render(struct orr_ui *ui, struct weights_view *s, struct orr_canvas *c, struct orr_rect r);

/* export.c */
void weights_command(const struct weights_view *s, const char *path, struct orr_str *out);
void weights_export(struct orr_ui *ui, const struct weights_view *s, const char *path);

#endif
