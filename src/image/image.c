#include "image/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/reader.h"
#include "image/image_codec.h"

/* ---- life ---- */

bool orr_image_init(struct orr_image *image, int width, int height)
{
    *image = (struct orr_image){0};
    if (width < 1 || height < 1 || width > ORR_IMAGE_MAX_SIDE || height > ORR_IMAGE_MAX_SIDE) return false;
    const size_t n = (size_t)width * (size_t)height;
    if (n > ORR_IMAGE_MAX_PIXELS) return false;
    unsigned char *rgb = orr_alloc(n, 3);
    if (!rgb) return false;
    memset(rgb, 0, 3 * n);
    *image = (struct orr_image){width, height, rgb};
    return true;
}

void orr_image_free(struct orr_image *image)
{
    free(image->rgb);
    *image = (struct orr_image){0};
}

/* ---- reading ---- */

enum orr_status orr_image_check_size(const struct orr_image_source *source, uint64_t width, uint64_t height,
                                     uint64_t pixels_per_byte, struct orr_error *err)
{
    const unsigned long long w = width, h = height;
    if (w == 0 || h == 0)
        return orr_error_set(err, ORR_EFORMAT, source->name, "a picture of %llu x %llu pixels has nothing to show", w,
                             h);
    if (w > ORR_IMAGE_MAX_SIDE || h > ORR_IMAGE_MAX_SIDE || w * h > ORR_IMAGE_MAX_PIXELS)
        return orr_error_set(err, ORR_EUNSUPPORTED, source->name,
                             "%llu x %llu pixels are too many: up to %d million are read, sides up to %d; "
                             "make the picture smaller first",
                             w, h, ORR_IMAGE_MAX_PIXELS / 1000000, ORR_IMAGE_MAX_SIDE);
    if (pixels_per_byte && w * h / pixels_per_byte > source->n)
        return orr_error_set(err, ORR_EFORMAT, source->name,
                             "the file is cut off: %zu bytes cannot hold %llu x %llu pixels; copy it again", source->n,
                             w, h);
    return ORR_OK;
}

static enum orr_status parse(const struct orr_image_source *source, struct orr_image *out, struct orr_error *err)
{
    *out = (struct orr_image){0};
    if (source->n == 0) return orr_error_set(err, ORR_EFORMAT, source->name, "the file is empty");
    enum orr_status s;
    if (orr_image_is_png(source->bytes, source->n))
        s = orr_image_parse_png(source, out, err);
    else if (orr_image_is_jpeg(source->bytes, source->n))
        s = orr_image_parse_jpeg(source, out, err);
    else
        s = orr_error_set(err, ORR_EFORMAT, source->name,
                          "neither a PNG nor a JPEG picture, whatever its name says; "
                          "convert it to one of the two");
    if (s) orr_image_free(out);
    return s;
}

enum orr_status orr_image_parse(const void *bytes, size_t n, const char *name, struct orr_image *out,
                                struct orr_error *err)
{
    return parse(&(struct orr_image_source){.bytes = bytes, .n = n, .name = name}, out, err);
}

enum orr_status orr_image_read(const char *path, struct orr_image *out, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    *out = (struct orr_image){0};
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    size_t n;
    const unsigned char *bytes = orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
    s = orr_reader_status(r, err);
    if (!s)
        s = parse(&(struct orr_image_source){.bytes = bytes, .n = n, .name = path}, out, err);
    orr_reader_close(r);
    return s;
}

/* ---- writing ---- */

enum orr_status orr_image_write_png(const char *path, const struct orr_image *image, struct orr_error *err)
{
    struct orr_str bytes = {0};
    const enum orr_status s = orr_image_encode_png(image, &bytes)
                                  ? orr_file_write(path, bytes.data, bytes.len, err)
                                  : orr_error_set(err, ORR_ENOMEM, path, "no memory to encode the picture");
    orr_str_free(&bytes);
    return s;
}

/* ---- handing over ---- */

void orr_image_planes(const struct orr_image *in, const float mean[3], const float std[3], float *out)
{
    const size_t n = (size_t)in->width * (size_t)in->height;
    for (size_t k = 0; k < 3; k++) {
        const float m = mean ? mean[k] : 0, d = std ? std[k] : 1;
        float value[256]; /* one division per value instead of one per pixel */
        for (int v = 0; v < 256; v++) value[v] = ((float)v / 255 - m) / d;
        for (size_t i = 0; i < n; i++) out[k * n + i] = value[in->rgb[3 * i + k]];
    }
}
