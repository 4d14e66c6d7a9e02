/* Pre-training of a small dual encoder on captioned scenes (image/caption_scene.h, synthetic) by symmetric InfoNCE: in a batch
 * of pairs each picture is told from the others by its caption, and each caption by its picture. Captions leave things out; so
 * from step `classes_from` on each picture is also told by all sentences of a kind (all nouns, all colours, ..., the four
 * relations of a pair), in the way in which an encoder is used without learning. */
#ifndef ORRERY_METHODS_CLIP_PRETRAIN_H
#define ORRERY_METHODS_CLIP_PRETRAIN_H

#include "methods/clip/clip.h"

struct orr_clip_pretrain_options {
    int image, patch, width, heads, vision_layers, text_layers, embed, context;
    int batch;
    int64_t steps;
    size_t scenes;          /* different pictures, drawn when first needed and kept: 3 image^2 bytes each */
    int64_t classes_from;   /* first step with class sentences; they count `classes_weight` for each kind */
    double classes_weight;
    double lr;              /* AdamW: warm-up, then this, over the last 30% of the steps down to nothing */
    uint64_t seed;
    const char *checkpoint; /* written every `every` steps and resumed from where it is there; NULL: none. A run that has not
                               begun to slow down may be resumed with another number of steps. */
    int64_t every;
};
struct orr_clip_pretrain_options orr_clip_pretrain_defaults(void);

struct orr_clip_pretrain_report {
    int64_t step, steps;
    double loss, accuracy;  /* means since the last report, of InfoNCE alone; accuracy: share of the pictures whose own caption is
                               the best of its batch */
    double scale, lr;
};
typedef void (*orr_clip_pretrain_seen)(void *ctx, const struct orr_clip_pretrain_report *r);

/* Zero-initialise *out. seen may be NULL. Stopped by the ticker: ECANCELLED, and the checkpoint is written. EFORMAT: the
 * checkpoint is of another run. EINVAL: diverged. Single-threaded; the same options give the same weights on one kind of
 * processor. */
enum orr_status orr_clip_pretrain(const struct orr_clip_pretrain_options *o, const struct orr_ticker *ticker,
                                  orr_clip_pretrain_seen seen, void *ctx, struct orr_clip *out, struct orr_error *err);

#endif
