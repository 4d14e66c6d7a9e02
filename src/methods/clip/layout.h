/* Private to src/methods/clip: where the tensors of a dual encoder lie among its parameters. */
#ifndef ORRERY_METHODS_CLIP_LAYOUT_H
#define ORRERY_METHODS_CLIP_LAYOUT_H

#include "methods/clip/clip.h"

enum { ORR_CLIP_BLOCK_TENSORS = 12 }; /* in the order of struct orr_clip_weights */
enum orr_clip_part {
    ORR_CLIP_CLASS, ORR_CLIP_PATCH, ORR_CLIP_VISION_POSITIONS, ORR_CLIP_LN_PRE /* and its bias */,
    ORR_CLIP_BLOCKS = 5,
    ORR_CLIP_LN_POST, ORR_CLIP_VISION_PROJECTION, ORR_CLIP_TOKENS, ORR_CLIP_TEXT_POSITIONS, ORR_CLIP_LN_FINAL,
    ORR_CLIP_TEXT_PROJECTION, ORR_CLIP_LOGIT_SCALE
};
/* Index of a tensor; gains are followed by their biases. */
size_t orr_clip_tensor(const struct orr_clip *c, enum orr_clip_part part);

#endif
