/* Learning prompts of a dual encoder on a task: few images of half of the classes, scored on that half and on the classes
 * that were never shown. Shared by `orrery prompt`, `orrery eval prompt` and views/prompts. */
#ifndef ORRERY_APP_PROMPT_H
#define ORRERY_APP_PROMPT_H

#include "base/arena.h"
#include "base/table.h"
#include "methods/prompt/prompt.h"
#include "methods/prompt/tasks.h"

/* path: a folder of CLIP's or a file of `orrery prompt pretrain`; NULL: the shipped encoder. ENOTFOUND says how to get one. */
enum orr_status orr_prompt_encoder(const char *path, const struct orr_ticker *ticker, struct orr_clip *out,
                                   struct orr_error *err);

/* A task as an encoder sees it. The encoder is borrowed. */
struct orr_prompt_world {
    const struct orr_clip *clip;
    struct orr_prompt_task task;
    const char *source;     /* a drawn task's or package's name, or the folder; owned */
    enum orr_prompt_split split; /* scored on: TEST, or VALIDATION to choose settings by */
    float *pixels;          /* (images of that split, 3, side, side) */
    float *features;        /* (images, embed) of the plain encoder */
    struct orr_arena arena; /* labels of a folder */
};
/* name: a task that `orrery prompt tasks` lists, or a folder with images/CLASS/x.png, or CLASS/x.jpg itself. ENOTFOUND,
 * EFORMAT name the file. */
enum orr_status orr_prompt_world_open(struct orr_prompt_world *w, const struct orr_clip *clip, const char *name, uint64_t seed,
                                      const struct orr_ticker *ticker, struct orr_error *err);
/* The same, scored on at most `each` images of a class of a split. */
enum orr_status orr_prompt_world_open_some(struct orr_prompt_world *w, const struct orr_clip *clip, const char *name,
                                           uint64_t seed, enum orr_prompt_split split, size_t each,
                                           const struct orr_ticker *ticker, struct orr_error *err);
void orr_prompt_world_free(struct orr_prompt_world *w); /* NULL-safe */
/* prompt_folder.c: pictures in subfolders named as their classes ("_" reads as a blank), under `path` or its folder images.
 * Files and classes are sorted by name; of each class every third picture is for tests, every tenth of the others for validation,
 * as many as a drawn task has of each. Labels live in the arena. ENOTFOUND: no pictures; EINVAL: fewer than two classes or more
 * than ORR_PROMPT_CLASSES, or a class with fewer than three pictures; a picture that cannot be read is named. */
enum orr_status orr_prompt_folder(const char *path, int side, struct orr_arena *a, const struct orr_ticker *ticker,
                                  struct orr_prompt_task *out, struct orr_error *err);

struct orr_prompt_query {
    const struct orr_method *method; /* input ORR_DATA_IMAGES, prompt not NULL */
    struct orr_prompt_settings settings;
    struct orr_prompts_options options;
    const struct orr_prompts_layout *layout; /* instead of the method's own; NULL */
    int shots;                               /* images of each class */
    bool all;                                /* learn all classes, not the base half */
    uint64_t seed;                           /* which images, which prompts to begin with, order of batches */
};
/* EINVAL: no such method, with those there are. */
enum orr_status orr_prompt_query_init(struct orr_prompt_query *q, const char *method, struct orr_error *err);

enum { ORR_PROMPT_BASE, ORR_PROMPT_NEW, ORR_PROMPT_HARMONIC, ORR_PROMPT_ACCURACY, ORR_PROMPT_METRICS };
extern const char *const orr_prompt_metric_names[ORR_PROMPT_METRICS]; /* "base", "new", "harmonic", "accuracy" */

struct orr_prompt_result {
    const struct orr_method *method;
    struct orr_prompts prompts;       /* learned; params.n 0: zero-shot, linear probe */
    struct orr_prompts_log log;       /* of the training */
    struct orr_prompts_log *search;   /* of the search before it; NULL: none */
    struct orr_prompts_choice choice[ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS]; /* of a search */
    int longest;                      /* of a search; 0: none */
    /* Shares of test images: base among base names, new among new names, their harmonic mean, all among all names. NaN where
     * the method has no answer. */
    double score[ORR_PROMPT_METRICS];
    double seconds;                   /* of training and search, processor time of this thread */
    size_t parameters, shots;         /* shots: images of each class that there were */
};
/* Learns and scores. The 16 shots serve all: a search takes half of them for the lengths and half for the prompts, then trains
 * afresh on all. ECANCELLED: stopped. Free *out also after an error. */
enum orr_status orr_prompt_run(const struct orr_prompt_world *w, const struct orr_prompt_query *q,
                               const struct orr_ticker *ticker, struct orr_prompt_result *out, struct orr_error *err);
void orr_prompt_result_free(struct orr_prompt_result *r);
/* Scores prompts on a task, which may be another than the one they come from. */
enum orr_status orr_prompt_score(const struct orr_prompt_world *w, const struct orr_prompts *p, const struct orr_ticker *ticker,
                                 double score[ORR_PROMPT_METRICS], struct orr_error *err);

/* prompt_report.c: one object with scores, ledger, weights of a search, losses and nearest words. */
void orr_prompt_json(const struct orr_prompt_world *w, const struct orr_prompt_query *q, const struct orr_prompt_result *r,
                     struct orr_str *out);
/* A row per branch and layer: prompts before, removed, added, there; of a search also length, margin, entropy and weights. */
void orr_prompt_ledger(const struct orr_prompts *p, const struct orr_prompt_result *r, struct orr_table *t);

/* prompt_look.c: what the prompted encoder makes of some of the images that it is scored on, `each` of every class. */
struct orr_prompt_look {
    size_t n;
    int classes, grid;               /* patches per side */
    size_t *image;                   /* [n] among those of the split */
    float *probability;              /* (n, classes) among all names */
    float *attention, *prompts;      /* (n, grid * grid), [n]: shares of the class token's attention at the last layer */
};
enum orr_status orr_prompt_look(const struct orr_prompt_world *w, const struct orr_prompts *p, size_t each,
                                struct orr_prompt_look *out, struct orr_error *err);
void orr_prompt_look_free(struct orr_prompt_look *l);

/* prompt_plot.c: the ledger as a table, or the weights of a search as a picture, by the file's extension. */
enum orr_status orr_prompt_export(const struct orr_prompt_world *w, const struct orr_prompt_result *r, const char *path,
                                  const struct orr_ticker *ticker, struct orr_error *err);

#endif
