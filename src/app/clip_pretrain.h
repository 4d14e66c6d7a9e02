/* The small dual encoder that ships: pre-trained on captioned scenes, scored without any learning of prompts, written. */
#ifndef ORRERY_APP_CLIP_PRETRAIN_H
#define ORRERY_APP_CLIP_PRETRAIN_H

#include "base/table.h"
#include "methods/clip/pretrain.h"
#include "methods/prompt/tasks.h"

/* Under datasets/models. */
#define ORR_CLIP_SHIPPED "clip-small.safetensors"

enum orr_clip_half { ORR_CLIP_BASE, ORR_CLIP_NEW, ORR_CLIP_ALL, ORR_CLIP_HALVES };

/* Zero-shot accuracy on the test pictures of the base classes among base labels, of the new among new, of all among all. False:
 * the ticker said stop, or no memory. */
bool orr_clip_zero_shot(const struct orr_clip *c, const struct orr_prompt_task *t, const struct orr_ticker *ticker,
                        double accuracy[ORR_CLIP_HALVES]);

struct orr_clip_score {
    const char *task, *about; /* static */
    int classes, pictures;    /* of all; of the test */
    bool compound;
    double accuracy[ORR_CLIP_HALVES];
};
enum { ORR_CLIP_MOST_TASKS = 32, ORR_CLIP_TASK_SEED = 1 };
struct orr_clip_scores {
    int n;
    struct orr_clip_score task[ORR_CLIP_MOST_TASKS];
    char missing[256]; /* names of the tasks of packages that are not installed, parted by blanks */
    double mean[ORR_CLIP_HALVES]; /* over the drawn tasks */
};
/* Every drawn task, and those of packages that are there. ECANCELLED, ENOMEM. */
enum orr_status orr_clip_score_all(const struct orr_clip *c, const struct orr_ticker *ticker, struct orr_clip_scores *out,
                                   struct orr_error *err);

/* A row per task, then the means of the drawn ones. Zero-initialise *t; free with orr_table_free. */
void orr_clip_score_table(const struct orr_clip_scores *s, struct orr_table *t);

/* Pre-trains by `o` (resuming from o->checkpoint), scores, writes `path` (float16) and removes the checkpoint. */
enum orr_status orr_clip_ship(const struct orr_clip_pretrain_options *o, const char *path, const struct orr_ticker *ticker,
                              orr_clip_pretrain_seen seen, void *ctx, struct orr_clip_scores *scores, struct orr_error *err);

#endif
