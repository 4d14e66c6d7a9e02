/* What the readers of the two formats share. */
#ifndef ORRERY_IMAGE_IMAGE_CODEC_H
#define ORRERY_IMAGE_IMAGE_CODEC_H

#include <stdint.h>

#include "image/image.h"

/* A file in memory. */
struct orr_image_source {
    const unsigned char *bytes;
    size_t n;
    const char *name;
};
/* Refuses sides that are 0 or too large, and pictures of which each pixel would have to come from less than 1 /
 * pixels_per_byte of a byte: they must be cut off, and no memory is asked for what a file of this length cannot hold. */
enum orr_status orr_image_check_size(const struct orr_image_source *source, uint64_t width, uint64_t height,
                                     uint64_t pixels_per_byte, struct orr_error *err);

bool orr_image_is_png(const unsigned char *bytes, size_t n);
enum orr_status orr_image_parse_png(const struct orr_image_source *source, struct orr_image *out,
                                    struct orr_error *err);
bool orr_image_is_jpeg(const unsigned char *bytes, size_t n);
enum orr_status orr_image_parse_jpeg(const struct orr_image_source *source, struct orr_image *out,
                                     struct orr_error *err);

#endif
