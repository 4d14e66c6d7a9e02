/* Pictures of 8 bits a channel: reading PNG and JPEG files, writing PNG, changing their size, handing them to networks.
 * Files are hostile: what they claim is checked before memory is asked for, and every fault is an error value. */
#ifndef ORRERY_IMAGE_IMAGE_H
#define ORRERY_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>

#include "base/str.h"

/* What is read: any sides up to ORR_IMAGE_MAX_SIDE whose product is at most ORR_IMAGE_MAX_PIXELS (300 MB of colours). */
enum { ORR_IMAGE_MAX_SIDE = 65500, ORR_IMAGE_MAX_PIXELS = 100000000 };

struct orr_image {
    int width, height;
    unsigned char *rgb; /* [height][width][3] */
};

/* Black. False: a side below 1, too large as above, or no memory; *image is then empty. Free with orr_image_free, which takes
 * zeroed ones too. */
bool orr_image_init(struct orr_image *image, int width, int height);
void orr_image_free(struct orr_image *image);

/* Reads a PNG or JPEG file, told apart by its content and not by its name. Of any kind of file colours come out: grey becomes
 * equal channels, palettes are resolved, 16 bits are rounded to 8, what is transparent is laid over white, CMYK is multiplied
 * out, and a JPEG that a camera marked as turned (EXIF) is turned upright. Colour profiles and gamma are ignored, as other
 * detectors' readers do. EIO, EFORMAT (damaged, cut off or neither format), EUNSUPPORTED (too large), ENOMEM; *out
 * is then empty. */
enum orr_status orr_image_read(const char *path, struct orr_image *out, struct orr_error *err);
/* The same of n bytes, named `name` in messages. */
enum orr_status orr_image_parse(const void *bytes, size_t n, const char *name, struct orr_image *out,
                                struct orr_error *err);

enum orr_status orr_image_write_png(const char *path, const struct orr_image *image, struct orr_error *err);
bool orr_image_encode_png(const struct orr_image *image, struct orr_str *out); /* appends; false: no memory */

/* ---- image_resize.c ---- */

enum orr_resample { ORR_RESAMPLE_NEAREST, ORR_RESAMPLE_BILINEAR, ORR_RESAMPLE_BICUBIC };
/* Fills `out`, which has the size wanted. Bilinear and bicubic (a = -1/2) filters widen when shrinking, so that nothing
 * aliases; the results are those of Pillow's Image.resize to the bit. False: no memory. O(pixels times the filter's width). */
bool orr_image_resize(const struct orr_image *in, struct orr_image *out, enum orr_resample how);

/* Where a point of the picture went: x -> scale x + dx, y -> scale y + dy, up to the rounding of sides to whole pixels. */
struct orr_letterbox {
    float scale, dx, dy;
};
/* The whole of `in`, bilinear, as large as it fits into the middle of `out`; what is left over is grey 114. */
bool orr_image_letterbox(const struct orr_image *in, struct orr_image *out, struct orr_letterbox *map);

/* out: (3, height, width) of (v / 255 - mean) / std. mean or std NULL: 0 or 1. */
void orr_image_planes(const struct orr_image *in, const float mean[3], const float std[3], float *out);

#endif
