/* The Lab screen: a form for new runs, the sessions that train or have trained, a race of optimisers. */
#ifndef ORRERY_VIEWS_LAB_STATE_H
#define ORRERY_VIEWS_LAB_STATE_H

#include "app/lab_session.h"
#include "base/vec.h"
#include "lab/surface.h"
#include "tui/screen.h"
#include "tui/widgets/form.h"

enum lab_mode { LAB_FORM, LAB_WATCH, LAB_RACE };
enum lab_row {
    LAB_RECIPE, LAB_DATA, LAB_ARCH, LAB_OPTIM, LAB_LR, LAB_SCHEDULE, LAB_BATCH, LAB_EPOCHS, LAB_SEED, LAB_RECORD,
    LAB_JUMP, LAB_JUMP_AT, LAB_ROWS
};
enum lab_panel { LAB_ALL, LAB_LOSS, LAB_ACCURACY, LAB_NORMS, LAB_RATE, LAB_PANELS };

struct lab_session {
    struct orr_lab_session *session;
    struct orr_lab_look look;
    uint64_t job;
    char name[200];
};
/* Kept by the shell: training goes on when the screen is closed. */
struct lab_bench {
    ORR_VEC(struct lab_session) sessions; /* oldest first */
};

struct lab {
    enum lab_mode mode;
    struct lab_bench *bench;
    size_t row, top;           /* in the list of sessions */
    struct orr_rect list;      /* where it was drawn */
    struct orr_job_view sweep; /* `:lab sweep FILE` on its way */
    bool has_sweep;
    enum lab_panel panel;
    bool log_y;
    /* the form */
    struct orr_form form;
    struct orr_param params[LAB_ROWS + 1];
    char choices[LAB_ROWS][512]; /* of rows that take typed values too */
    double recipe;               /* the recipe that the other rows were last set to */
    struct orr_lab_session *parent; /* of a fork; NULL: a new run */
    char parent_name[200];
    struct orr_error error;      /* why it cannot be started as it stands */
    /* the race */
    struct orr_race race;
    size_t surface;
    double lr_factor;
    int speed;                   /* steps per frame */
    bool running;
};

/* form.c */
void lab_form_init(struct lab *s);
void lab_form_fork(struct lab *s, const struct lab_session *from); /* the settings of a session, and its weights */
void lab_form_key(struct lab *s, int steps);                       /* changes the value under the cursor */
void lab_form_set(struct orr_ui *ui, struct lab *s, const char *text);
bool lab_form_job(struct lab *s, struct orr_lab_job *job, char text[4][160], struct orr_error *err);
void lab_form_render(struct lab *s, struct orr_canvas *c, struct orr_rect r);
void lab_form_command(struct lab *s, struct orr_str *out);

/* watch.c */
struct lab_bench *lab_bench_of(struct orr_ui *ui);
struct lab_session *lab_here(struct lab *s); /* NULL when there is none */
bool lab_refresh(struct orr_ui *ui, struct lab *s); /* takes what is new; true while something trains */
void lab_start(struct orr_ui *ui, struct lab *s);
double lab_next_lr(double lr, int direction); /* 1, 2, 5, 10, ... */
void lab_watch_command(const struct orr_lab_job *job, struct orr_str *out);

/* draw.c */
void lab_watch_render(struct lab *s, struct orr_canvas *c, struct orr_rect r);

/* race.c */
void lab_race_start(struct lab *s);
void lab_race_advance(struct lab *s, int steps);
void lab_race_render(struct lab *s, struct orr_canvas *c, struct orr_rect r);

/* export.c */
void lab_export(struct orr_ui *ui, struct lab *s, const char *path);

#endif
