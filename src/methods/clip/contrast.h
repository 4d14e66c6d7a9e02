/* Private to src/methods/clip: pictures of captioned scenes among all class sentences of a kind. */
#ifndef ORRERY_METHODS_CLIP_CONTRAST_H
#define ORRERY_METHODS_CLIP_CONTRAST_H

#include "image/caption_scene.h"
#include "methods/clip/clip.h"

struct orr_contrast {
    struct orr_contrast_group {
        int n, length;
        int32_t *ids, *end, *label; /* (n, length); [n]; [batch] */
    } group[ORR_CAPTION_GROUPS];
    int batch;
    /* pairs: sentences (4 pairs, context); [4 pairs]; pictures and their relations [pairs] */
    int32_t *ids, *end, *row, *relation;
    struct orr_str text;
};
void orr_contrast_init(struct orr_contrast *k, const struct orr_clip *c, int batch);
void orr_contrast_free(struct orr_contrast *k);

/* The sum over kinds of the mean cross-entropy of the pictures that are of one class of that kind; image (batch, embed).
 * half 0: nouns, colours and patterns; 1: counts, places and relations. */
struct orr_var *orr_contrast_loss(struct orr_contrast *k, const struct orr_clip *c, struct orr_var *image,
                                  struct orr_caption *const *scenes, int half);

#endif
