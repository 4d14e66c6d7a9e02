/* Drawn data sets: a picture per number, of a class each, from a seed. Synthetic, and labelled so wherever they are shown.
 * What is drawn follows from set, seed, number and class alone; its size changes the detail, not what is to be seen. */
#ifndef ORRERY_IMAGE_SETS_H
#define ORRERY_IMAGE_SETS_H

#include "image/studio.h"

struct orr_image_set {
    const char *name;          /* "shapes" */
    const char *about;         /* one line that says that it is synthetic */
    int classes;
    const char *const *labels; /* [classes] */
    /* Draws onto s->picture; s->object is the silhouette of the thing, or empty where the whole picture is of the class. */
    void (*draw)(struct orr_studio *s, int label, struct orr_rng *rng);
};
extern const struct orr_image_set *const orr_image_sets[]; /* shapes, textures, land-cover, litter; NULL-terminated */
const struct orr_image_set *orr_image_set_find(const char *name, size_t length); /* NULL: there is none */

/* Picture `item` of the family `seed`. label 0 <= label < classes. */
void orr_image_set_draw(const struct orr_image_set *set, struct orr_studio *s, uint64_t seed, uint64_t item, int label);

/* textures.c, land.c */
extern const struct orr_image_set orr_set_textures, orr_set_land_cover;

#endif
