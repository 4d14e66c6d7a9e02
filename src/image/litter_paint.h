/* Paints and finishes that pieces of litter share. */
#ifndef ORRERY_IMAGE_LITTER_PAINT_H
#define ORRERY_IMAGE_LITTER_PAINT_H

#include "image/studio.h"

static inline struct orr_rgb orr_rgb_grey(double v) { return (struct orr_rgb){(float)v, (float)v, (float)v}; }
static inline struct orr_paint orr_paint_solid(struct orr_rgb c) { return (struct orr_paint){.from = c}; }
/* A gradient from one side of the thing to the other. */
static inline struct orr_paint orr_paint_across(struct orr_rgb left, struct orr_rgb right, double half_width)
{
    return (struct orr_paint){
        .kind = ORR_PAINT_LINEAR, .from = left, .to = right, .a = {-half_width, 0}, .b = {half_width, 0}};
}

/* Of something printed or dyed: any colour whose hue the studio allows. */
struct orr_rgb orr_litter_colour(const struct orr_studio *s, struct orr_rng *rng);
/* A streak of light along the thing. */
void orr_litter_gloss(struct orr_studio *s, double x, double top, double bottom, double width, double strength);
/* n lines across the silhouette, a darker and a lighter one side by side. */
void orr_litter_creases(struct orr_studio *s, int n, double width, double strength, struct orr_rng *rng);

#endif
