/* Images with known objects, and what is done to them before a network learns from them. */
#ifndef ORRERY_METHODS_DETECT_DATA_H
#define ORRERY_METHODS_DETECT_DATA_H

#include "image/image.h"
#include "methods/detect/loss.h"

struct orr_detect_image {
    struct orr_image image;   /* owned */
    char name[96];            /* file name, or "drawn 17" */
    struct orr_label *labels; /* owned; boxes in pixels of the image */
    size_t n_labels;
};
void orr_detect_image_free(struct orr_detect_image *i);

/* Held in memory, shrunk to the size that a network looks at. */
struct orr_detect_set {
    size_t n, cap;
    struct orr_detect_image *images; /* [n] owned */
};
void orr_detect_set_free(struct orr_detect_set *s);
/* Takes the image over, shrunk so that its longer side is at most `size`. False: no memory, and *i is freed. */
bool orr_detect_set_add(struct orr_detect_set *s, struct orr_detect_image *i, int size);

struct orr_augment {
    double mosaic;                 /* share of images put together from four */
    double hue, saturation, value; /* factors 1 -+ this */
    double scale, translate;       /* 1 -+ this; of the side */
    double flip;                   /* share mirrored */
    double lamps;                  /* share under another lamp: hues turned by any angle, channels times 1.25^-1..1.25 */
};
struct orr_augment orr_augment_defaults(void); /* 1, .015 / .7 / .4, .5, .1, .5, 0 */
struct orr_augment orr_augment_none(void);

/* Sample `index` of the set, changed as `a` says with what rng draws, as planes (3, size, size) of 0..1. Its objects
 * are appended to
 * targets, which has room for ORR_TARGETS_MAX more; of those cut off at the border what has 2 pixels a side and a
 * tenth of its area left
 * stays. Returns how many. */
enum { ORR_TARGETS_MAX = 1024 };
size_t orr_augment_sample(const struct orr_detect_set *s, size_t index, int size, const struct orr_augment *a,
                          struct orr_rng *rng, int image, float *planes, struct orr_target *targets);

/* Anchors for a set, by k-means of the boxes' sides (fitted into `size`) under 1 - IoU of boxes with one centre,
 * sorted by area; from
 * `seed`. False, and nothing is changed, with fewer than nine boxes. Mean best IoU before and after, where not NULL. */
bool orr_yolo_fit_anchors(struct orr_yolo *y, const struct orr_detect_set *s, int size, uint64_t seed, double *before,
                          double *after);

#endif
