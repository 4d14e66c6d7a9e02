/* Drawing of small pictures: float RGB, coverage masks, paths filled without jagged edges, paints, noise, blur.
 * Everything is deterministic: what is random comes from a generator or a seed that the caller gives, and what is drawn in
 * one place looks the same at any size of picture. Coordinates are in pixels, x to the right, y downwards; the centre of the
 * first pixel is (0.5, 0.5). Colours are 0..1 per channel as they will be shown (no gamma); nothing is clipped until a
 * picture is read out.
 *
 *     orr_picture_paint(&c, NULL, &(struct orr_paint){.from = grey});                      the ground
 *     orr_path_ellipse(&p, 0, 0, 1, 0.6);                                                 a thing in its own coordinates
 *     orr_path_transform(&p, 0, orr_affine_pose(24, 20, 0.3, 9, 9));                      turned, scaled, placed
 *     orr_mask_fill(&m, &p, ORR_FILL_NONZERO);                                            its silhouette, smooth
 *     orr_picture_paint(&c, &m, &(struct orr_paint){.from = red});
 *     if (orr_mask_box(&m, 0.5f, &box)) ...                                               where it is
 */
#ifndef ORRERY_IMAGE_DRAW_H
#define ORRERY_IMAGE_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/rng.h>

#include "base/vec.h"

enum { ORR_MAX_SIDE = 8192 };

struct orr_rgb {
    float r, g, b;
};
struct orr_point {
    double x, y;
};
struct orr_pixel_box { /* pixel edges: x0 <= x < x1 */
    int x0, y0, x1, y1;
};

/* ---- picture.c: pictures and masks ---- */

struct orr_picture {
    int width, height;
    float *rgb; /* [height][width][3] */
};
struct orr_mask {
    int width, height;
    float *a;   /* [height][width], coverage 0..1 */
};

/* Black, or empty. False: a side is below 1 or above ORR_MAX_SIDE, or no memory. Free with the functions below; zeroed ones
 * may be freed. */
bool orr_picture_init(struct orr_picture *c, int width, int height);
bool orr_mask_init(struct orr_mask *m, int width, int height);
void orr_picture_free(struct orr_picture *c);
void orr_mask_free(struct orr_mask *m);

struct orr_rgb orr_rgb_hsv(double hue, double saturation, double value); /* hue in turns, any number */
struct orr_rgb orr_rgb_mix(struct orr_rgb a, struct orr_rgb b, double t); /* a + t (b - a) */
static inline float orr_rgb_luma(struct orr_rgb c) { return 0.299f * c.r + 0.587f * c.g + 0.114f * c.b; }

enum orr_mix {
    ORR_MIX_OVER,     /* paint covers */
    ORR_MIX_MULTIPLY, /* shadows, stains */
    ORR_MIX_ADD       /* gloss */
};
/* What to paint with: one colour, a gradient or a function of the place. */
struct orr_paint {
    enum { ORR_PAINT_SOLID, ORR_PAINT_LINEAR, ORR_PAINT_RADIAL, ORR_PAINT_FUNCTION } kind;
    struct orr_rgb from, to;  /* solid: from */
    struct orr_point a, b;    /* linear: from at a, to at b; radial: from at a, to on the circle around a through b */
    struct orr_rgb (*at)(const void *ctx, double x, double y); /* function of the place in pixels */
    const void *ctx;
    int samples;              /* function: of a pixel, samples by samples, averaged; 0: its centre alone */
    enum orr_mix mix;
    double transparency;      /* 0: opaque where the mask is 1 */
};
/* Through a mask of the picture's size; NULL: everywhere. */
void orr_picture_paint(struct orr_picture *c, const struct orr_mask *m, const struct orr_paint *p);

/* Gaussian blur by sigma pixels; the border repeats. */
void orr_picture_blur(struct orr_picture *c, double sigma);
void orr_mask_blur(struct orr_mask *m, double sigma);
/* (v - 1/2) contrast + 1/2 + brightness, then grain of that standard deviation from rng (NULL: none). */
void orr_picture_expose(struct orr_picture *c, double contrast, double brightness, double grain, struct orr_rng *rng);

void orr_mask_clear(struct orr_mask *m);
void orr_mask_copy(struct orr_mask *to, const struct orr_mask *from);       /* equal sizes */
void orr_mask_shift(struct orr_mask *m, int dx, int dy);                    /* what comes in is empty */
void orr_mask_within(struct orr_mask *m, const struct orr_mask *other);     /* m and other */
void orr_mask_without(struct orr_mask *m, const struct orr_mask *other);    /* m and not other: m lies below other */
double orr_mask_area(const struct orr_mask *m);                             /* pixels, parts counted as parts */
/* The smallest box around all pixels covered by at least `least` (> 0); false: there are none. */
bool orr_mask_box(const struct orr_mask *m, float least, struct orr_pixel_box *box);

/* Clipped to 0..1. out: (channels, height, width), channels 3 or, as luma, 1. */
void orr_picture_planes(const struct orr_picture *c, int channels, float *out);
void orr_picture_bytes(const struct orr_picture *c, unsigned char *out); /* (height, width, 3) */

/* ---- path.c: outlines ---- */

/* x' = a x + c y + e, y' = b x + d y + f. */
struct orr_affine {
    double a, b, c, d, e, f;
};
/* Scales by sx, sy, turns by angle (radians, clockwise on the screen), moves to x, y. */
struct orr_affine orr_affine_pose(double x, double y, double angle, double sx, double sy);
struct orr_point orr_affine_apply(struct orr_affine t, struct orr_point p);

/* Closed contours. Zero-initialise; functions append; free with orr_path_free. */
struct orr_path {
    ORR_VEC(struct orr_point) points;
    ORR_VEC(size_t) starts; /* of contours, into points */
};
void orr_path_free(struct orr_path *p);
void orr_path_clear(struct orr_path *p);
void orr_path_move(struct orr_path *p, double x, double y); /* begins a contour */
void orr_path_line(struct orr_path *p, double x, double y);
void orr_path_curve(struct orr_path *p, double x1, double y1, double x2, double y2, double x, double y); /* cubic Bezier */
void orr_path_polygon(struct orr_path *p, const struct orr_point *points, size_t n);
void orr_path_regular(struct orr_path *p, int corners, double x, double y, double radius, double angle);
void orr_path_star(struct orr_path *p, int tips, double x, double y, double outer, double inner, double angle);
void orr_path_ellipse(struct orr_path *p, double x, double y, double rx, double ry);
void orr_path_rect(struct orr_path *p, double x, double y, double width, double height, double corner_radius);
/* The outline of a line of this width through the points, with round joints and ends; fill it with ORR_FILL_NONZERO. */
void orr_path_stroke(struct orr_path *p, const struct orr_point *points, size_t n, double width);
/* A closed blob around (x, y): radius times 1 +- roughness, smooth, of this seed. */
void orr_path_blob(struct orr_path *p, double x, double y, double radius, double roughness, uint64_t seed);
/* Transforms the points from index `first` on (0: all). */
void orr_path_transform(struct orr_path *p, size_t first, struct orr_affine t);

enum orr_fill { ORR_FILL_NONZERO, ORR_FILL_EVEN_ODD /* contours within contours are holes */ };
/* Adds the coverage of the inside: m or path. */
void orr_mask_fill(struct orr_mask *m, const struct orr_path *p, enum orr_fill rule);

/* ---- noise.c: functions of the plane ---- */

double orr_noise(uint64_t seed, double x, double y); /* gradient noise, about -1..1, features of size 1 */
/* The weighted mean of octaves, about -1..1. */
double orr_noise_fractal(uint64_t seed, double x, double y, int octaves, double gain);
double orr_noise_ridges(uint64_t seed, double x, double y, int octaves); /* 0..1, sharp crests */
/* Cells around one random point per unit square: distance to the nearest point, to the border of the cell, a number 0..1 of
 * the cell. */
struct orr_noise_cell {
    double distance, border, value;
};
struct orr_noise_cell orr_noise_cells(uint64_t seed, double x, double y);

#endif
