/* What the Prompts screen holds: an encoder with a task, what was learned on it, and where the eye is. */
#ifndef ORRERY_VIEWS_PROMPTS_STATE_H
#define ORRERY_VIEWS_PROMPTS_STATE_H

#include <pthread.h>

#include "app/prompt.h"
#include "tui/picture.h"
#include "tui/screen.h"
#include "tui/task.h"

enum prompts_pane { PANE_LENGTHS, PANE_LEDGER, PANE_SCORES, PANE_WORDS, PANE_IMAGE, PROMPTS_PANES };
enum { PROMPTS_SCORES = 256 /* runs that the table keeps */, PROMPTS_WORDS = 3 };

/* An encoder and a task, held by the screen and by the jobs that learn on it. */
struct prompts_opened {
    int holders; /* counted on the UI's thread only */
    struct orr_clip clip;
    struct orr_prompt_world world;
};

struct prompts_score {
    const struct orr_method *method;
    uint64_t seed;
    double score[ORR_PROMPT_METRICS];
};

/* What a job has done so far; the job writes and the screen reads under the lock. */
struct prompts_live {
    pthread_mutex_t lock;
    int holders; /* under the lock */
    const struct orr_method *method; /* of the run that goes on */
    int longest, layers[ORR_PROMPTS_BRANCHES];
    struct orr_prompts_log log;
    size_t n_scores;
    struct prompts_score score[PROMPTS_SCORES];
};

/* One learned prompt in words. */
struct prompts_word {
    int layer, row;
    size_t n;
    struct orr_prompts_word near[PROMPTS_WORDS];
};

/* What the last run brought. */
struct prompts_shown {
    struct orr_prompt_result result;
    struct orr_prompt_look look;
    struct prompts_word *word;
    size_t n_words;
};

struct prompts {
    char *encoder, *task; /* encoder NULL: the shipped one */
    const struct orr_method *method;
    uint64_t seed;
    struct prompts_opened *opened;
    struct orr_ui_task *running;
    struct prompts_live *live; /* of the job that runs or ran last; NULL: none */
    struct prompts_shown *shown;
    struct orr_error error;
    size_t n_scores;
    struct prompts_score score[PROMPTS_SCORES];
    enum prompts_pane pane;
    int epoch; /* of the search that is shown; -1: the last */
    size_t image, top;
    bool playing;
    struct orr_picture_pane picture;
    uint64_t version; /* of the task: pictures of another one are others */
};

/* load.c */
void prompts_open(struct orr_ui *ui, struct prompts *s);             /* reads encoder and task in the background */
void prompts_learn(struct orr_ui *ui, struct prompts *s);            /* the method with the seed */
void prompts_learn_all(struct orr_ui *ui, struct prompts *s);        /* every method, three seeds */
void prompts_leave(struct prompts *s);
void prompts_refresh(struct prompts *s);                             /* takes over what a running job has done */
const struct orr_method *prompts_method(size_t k);                   /* in the order of the table; NULL after the last */
/* The search to show: of the running job, or of the last result. False: none. */
bool prompts_film(const struct prompts *s, const struct orr_prompts_log **log, int *longest, int layers[ORR_PROMPTS_BRANCHES]);

/* draw.c, draw_image.c */
void prompts_render(struct prompts *s, struct orr_canvas *c, struct orr_rect r);
void prompts_draw_image(struct prompts *s, struct orr_canvas *c, struct orr_rect r);

#endif
