/* Drawn scenes for detectors: pieces of litter of six materials on grounds, with the box of what is to be seen of each.
 * Everything follows from seed, item and options; the size changes the detail and what is too small to be a box, not what
 * lies where. Synthetic, and whoever shows them says so.
 *
 * Of two families of styles, grounds, hues of print and dye, colour and direction of the light and how far pieces are stretched
 * never occur in both. A detector is trained on the one and tested on the other. */
#ifndef ORRERY_IMAGE_LITTER_SCENE_H
#define ORRERY_IMAGE_LITTER_SCENE_H

#include "image/image.h"
#include "image/studio.h"

enum orr_litter_split {
    ORR_LITTER_EASY, /* none to five pieces, boxes of 1.5 % to 18 % of the picture */
    ORR_LITTER_WILD  /* numbers and sizes of boxes after TACO (Proenca and Simoes, 2020): mean 3.2, median 0.35 % */
};
struct orr_litter_scene_options {
    enum orr_litter_split split;
    bool held_out; /* of the family of styles that is for testing */
    int size;      /* pixels, 32 to 2048 */
};

/* Classes are orr_material_names in the order of enum orr_material. */
struct orr_litter_box {
    int material;
    int piece;            /* of orr_litter_pieces */
    float x0, y0, x1, y1; /* pixel edges of what is to be seen */
    float visible;        /* as a part of the whole piece */
};
enum {
    ORR_LITTER_MOST = 24, /* pieces of a scene */
    ORR_LITTER_STYLES_TRAINING = 1000,
    ORR_LITTER_STYLES_HELD_OUT = 12
};
struct orr_litter_scene {
    struct orr_image image; /* size x size; grown here, freed by the caller */
    struct orr_litter_box boxes[ORR_LITTER_MOST];
    int n;
    int style; /* of its family */
};

/* What drawing needs besides: noise, room for a piece. One per thread. */
struct orr_litter_scenes;
/* NULL: a size out of range, or no memory. */
struct orr_litter_scenes *orr_litter_scenes_new(const struct orr_litter_scene_options *options);
void orr_litter_scenes_free(struct orr_litter_scenes *g);

/* Pieces of which less than a quarter is to be seen, or that are narrower than two pixels, are drawn and get no box. False: no
 * memory. *scene is zeroed or was drawn before, of any size. Three milliseconds for 256 x 256. */
bool orr_litter_scene_draw(struct orr_litter_scenes *g, uint64_t seed, uint64_t item, struct orr_litter_scene *scene);

#endif
