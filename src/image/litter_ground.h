/* Grounds for many scenes: those of ground.c evaluate noise several times per pixel, which takes longer than everything that
 * lies on them. Here noise is evaluated once, into tiles, and a ground is a few looks into them. */
#ifndef ORRERY_IMAGE_LITTER_GROUND_H
#define ORRERY_IMAGE_LITTER_GROUND_H

#include "image/draw.h"

enum orr_scene_ground {
    ORR_SCENE_GRASS,
    ORR_SCENE_SAND,
    ORR_SCENE_ASPHALT,
    ORR_SCENE_WATER,
    ORR_SCENE_PAVING,
    ORR_SCENE_LEAVES,
    ORR_SCENE_WOOD,
    ORR_SCENE_ANY, /* no ground in particular: noises and stripes mixed at random, of any colour */
    ORR_SCENE_GRAVEL,
    ORR_SCENE_CONCRETE,
    ORR_SCENE_SNOW,
    ORR_SCENE_TILES,
    ORR_SCENE_MUD,
    ORR_SCENE_BRICKS,
    ORR_SCENE_GROUNDS
};
enum { ORR_SCENE_TRAINING_GROUNDS = ORR_SCENE_GRAVEL }; /* those before are for training, the others are held out */

struct orr_noise_tiles;
struct orr_noise_tiles *orr_noise_tiles_new(void); /* always the same ones; NULL: no memory. About 2 MB, 50 ms */
void orr_noise_tiles_free(struct orr_noise_tiles *t);

/* Covers the picture; hues, scale and direction are drawn from rng. */
void orr_scene_ground_paint(struct orr_picture *c, enum orr_scene_ground ground, const struct orr_noise_tiles *t,
                            struct orr_rng *rng);

#endif
