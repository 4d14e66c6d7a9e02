/* Pieces of litter for scenes: several kinds of each material, those of litter.c among them. */
#ifndef ORRERY_IMAGE_LITTER_PIECE_H
#define ORRERY_IMAGE_LITTER_PIECE_H

#include "image/studio.h"

struct orr_litter_piece {
    const char *name;
    enum orr_material material;
    double
        fill; /* area of the box around the piece, lying straight, as a part of the square of twice the pose's scale */
};
extern const struct orr_litter_piece orr_litter_pieces[];
extern const int orr_litter_piece_count;

/* Draws piece `k` as orr_litter_draw does. */
void orr_litter_piece_draw(struct orr_studio *s, int k, struct orr_affine pose, struct orr_rng *rng);

/* Things that are no litter: a stone, a twig or a tuft of grass. */
void orr_litter_clutter_draw(struct orr_studio *s, struct orr_affine pose, struct orr_rng *rng);

#endif
