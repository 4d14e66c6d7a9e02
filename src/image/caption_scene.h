/* Captioned scenes: seeded pictures of shapes, digits, garments, litter, textures and land cover with colours, patterns,
 * counts, places, relations, grounds and styles of drawing, and sentences of a small grammar that say what is there.
 * Synthetic, and labelled so wherever they are shown. */
#ifndef ORRERY_IMAGE_CAPTION_SCENE_H
#define ORRERY_IMAGE_CAPTION_SCENE_H

#include "base/str.h"
#include "image/studio.h"

/* What a picture looks like, whatever is on it. */
enum orr_scene_style {
    /* an encoder is trained on these */
    ORR_STYLE_FLAT, ORR_STYLE_SHADED, ORR_STYLE_OUTLINE, ORR_STYLE_PHOTO, ORR_STYLE_PASTEL, ORR_STYLE_MARKER,
    /* and never sees these */
    ORR_STYLE_CHALK, ORR_STYLE_NIGHT, ORR_STYLE_POSTER, ORR_STYLE_FADED, ORR_STYLES
};
enum { ORR_STYLES_TRAINED = ORR_STYLE_CHALK };
extern const char *const orr_scene_style_names[ORR_STYLES];

#endif
