/* Styles of scenes: of the training family and of the one that is held out. */
#ifndef ORRERY_IMAGE_LITTER_STYLE_H
#define ORRERY_IMAGE_LITTER_STYLE_H

#include "image/litter_ground.h"

struct orr_litter_style {
    enum orr_scene_ground ground;
    double hue_from, hue_span;          /* of print and dye */
    double light;                       /* direction it comes from */
    double shadow, softness, height;    /* strength; blur and length in sides */
    double stretch_least, stretch_most; /* of pieces, and as often the inverse */
    double contrast, brightness, vignette, grain, blur;
    struct orr_rgb tint; /* of the light */
};

/* Style `index` of its family, always the same. */
struct orr_litter_style orr_litter_style_of(bool held_out, int index);

#endif
