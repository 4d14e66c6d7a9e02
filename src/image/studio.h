/* A place to compose pictures in: the picture, the silhouette of the thing that is being drawn, and room for its parts. Things
 * are drawn in coordinates of their own (about -1..1) and placed by a pose. What comes out is synthetic, and whoever shows
 * it says so. */
#ifndef ORRERY_IMAGE_STUDIO_H
#define ORRERY_IMAGE_STUDIO_H

#include "image/draw.h"

struct orr_studio {
    struct orr_picture picture;
    struct orr_mask object; /* of the thing begun last */
    struct orr_mask part;   /* scratch */
    struct orr_path path;   /* what is appended here is what the functions below fill; they clear it */
    struct orr_affine pose; /* from the thing's coordinates to pixels */
    double hue_from, hue_span; /* of colours that may be any: 0, 1 unless set */
};
bool orr_studio_init(struct orr_studio *s, int width, int height); /* false: as orr_picture_init */
void orr_studio_free(struct orr_studio *s);

void orr_studio_begin(struct orr_studio *s, struct orr_affine pose); /* a new thing: its silhouette is empty */
/* Fills the path, in the thing's coordinates like the gradient points of the paint, and adds it to the silhouette. */
void orr_studio_body(struct orr_studio *s, enum orr_fill rule, struct orr_paint paint);
/* The same within the silhouette, which stays as it is. */
void orr_studio_detail(struct orr_studio *s, enum orr_fill rule, struct orr_paint paint);
/* Paints the whole silhouette once more. */
void orr_studio_coat(struct orr_studio *s, struct orr_paint paint);
/* Darkens the surroundings of the silhouette, dx, dy pixels away, blurred by sigma pixels, by 0..1. */
void orr_studio_shadow(struct orr_studio *s, int dx, int dy, double sigma, double strength);

/* ---- grounds: things lie on them ---- */
enum orr_ground {
    ORR_GROUND_PLAIN, ORR_GROUND_GRASS, ORR_GROUND_SAND, ORR_GROUND_ASPHALT, ORR_GROUND_WATER, ORR_GROUND_PAVING,
    ORR_GROUND_LEAVES, ORR_GROUND_WOOD, ORR_GROUNDS
};
extern const char *const orr_ground_names[ORR_GROUNDS];
/* Covers the whole picture; hues, scale and direction are drawn from rng. */
void orr_ground_paint(struct orr_studio *s, enum orr_ground ground, struct orr_rng *rng);

/* ---- shapes ---- */
enum orr_shape_kind {
    ORR_SHAPE_DISC, ORR_SHAPE_RING, ORR_SHAPE_SQUARE, ORR_SHAPE_TRIANGLE, ORR_SHAPE_STAR, ORR_SHAPE_CROSS,
    ORR_SHAPE_CRESCENT, ORR_SHAPE_HEXAGON, ORR_SHAPE_KINDS
};
extern const char *const orr_shape_names[ORR_SHAPE_KINDS];
/* Appends the outline, of radius about 1; fill it with ORR_FILL_EVEN_ODD. */
void orr_shape_path(struct orr_path *p, enum orr_shape_kind kind);

/* ---- litter ---- */
enum orr_material {
    ORR_MATERIAL_PLASTIC, ORR_MATERIAL_PAPER, ORR_MATERIAL_GLASS, ORR_MATERIAL_METAL, ORR_MATERIAL_CARDBOARD,
    ORR_MATERIAL_ORGANIC, ORR_MATERIALS
};
extern const char *const orr_material_names[ORR_MATERIALS];
enum orr_litter {
    ORR_LITTER_BOTTLE, ORR_LITTER_GLASS, ORR_LITTER_CAN, ORR_LITTER_BAG, ORR_LITTER_CUP, ORR_LITTER_PAPER,
    ORR_LITTER_CARTON, ORR_LITTER_PEEL, ORR_LITTER_KINDS
};
extern const char *const orr_litter_names[ORR_LITTER_KINDS];
enum orr_material orr_litter_material(enum orr_litter kind);
/* Draws one piece where the pose puts it (scales: half its length in pixels), its colours and form from rng; s->object is its
 * silhouette afterwards. Cast a shadow with orr_studio_shadow. */
void orr_litter_draw(struct orr_studio *s, enum orr_litter kind, struct orr_affine pose, struct orr_rng *rng);

static inline double orr_between(struct orr_rng *rng, double a, double b) { return a + (b - a) * orr_rng_uniform(rng); }

#endif
