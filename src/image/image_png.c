/* PNG through libpng. libpng reports by longjmp: what is live across it stands in a struct, not in registers. */
#include "image/image_codec.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    SIGNATURE = 8,
    CHUNK_MEMORY = 4 << 20, /* a compressed text or profile may not unfold to more; none of them is shown */
    CHUNKS_KEPT = 100
};

bool orr_image_is_png(const unsigned char *bytes, size_t n)
{
    return n >= SIGNATURE && memcmp(bytes, "\x89PNG\r\n\x1a\n", SIGNATURE) == 0;
}

struct decoder {
    const struct orr_image_source *source;
    size_t at;
    png_structp png;
    png_infop info;
    unsigned char *pixels; /* rows of 3 or 4 channels while decoding */
    char fault[160];
    bool cut_off;
};

static void on_error(png_structp png, png_const_charp message)
{
    struct decoder *d = png_get_error_ptr(png);
    strncpy(d->fault, message, sizeof d->fault - 1);
    png_longjmp(png, 1);
}
static void on_warning(png_structp png, png_const_charp message) { (void)png, (void)message; }

static void give_bytes(png_structp png, png_bytep to, size_t n)
{
    struct decoder *d = png_get_io_ptr(png);
    if (n > d->source->n - d->at) {
        d->cut_off = true;
        png_error(png, "the file ends within the picture");
    }
    memcpy(to, d->source->bytes + d->at, n);
    d->at += n;
}

/* Lays RGBA over white and packs the rest, in place: pixel i is read before 3 i + 2 is written. */
static void over_white(unsigned char *p, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        const unsigned a = p[4 * i + 3];
        for (size_t k = 0; k < 3; k++) p[3 * i + k] = (unsigned char)((p[4 * i + k] * a + 255 * (255 - a) + 127) / 255);
    }
}

static bool asked_for_memory(struct decoder *d, size_t pixels, size_t channels)
{
    d->pixels = orr_alloc(pixels, channels);
    return d->pixels != NULL;
}

static enum orr_status decode(struct decoder *d, struct orr_image *out, struct orr_error *err)
{
    const char *name = d->source->name;
    if (setjmp(png_jmpbuf(d->png)))
        return orr_error_set(err, ORR_EFORMAT, name, "%s PNG (at byte %zu: %s); copy or export it again",
                             d->cut_off ? "a cut-off" : "a damaged", d->at, d->fault);
    png_set_read_fn(d->png, d, give_bytes);
    png_set_user_limits(d->png, 0x7fffffff, 0x7fffffff); /* sides are judged below, with a message of our own */
    png_set_chunk_malloc_max(d->png, CHUNK_MEMORY);
    png_set_chunk_cache_max(d->png, CHUNKS_KEPT);
    png_read_info(d->png, d->info);
    const png_uint_32 width = png_get_image_width(d->png, d->info), height = png_get_image_height(d->png, d->info);
    /* Deflate unfolds a byte to at most 1032; a pixel may take a single bit. */
    enum orr_status s = orr_image_check_size(d->source, width, height, 8 * 1032, err);
    if (s) return s;
    out->width = (int)width;
    out->height = (int)height;

    const bool transparent =
        (png_get_color_type(d->png, d->info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(d->png, d->info, PNG_INFO_tRNS);
    png_set_expand(d->png);
    png_set_scale_16(d->png);
    png_set_gray_to_rgb(d->png);
    const int passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    const size_t channels = transparent ? 4 : 3, stride = png_get_rowbytes(d->png, d->info);
    if (stride != channels * width) png_error(d->png, "rows of an unexpected length");
    if (!asked_for_memory(d, (size_t)width * height, channels))
        return orr_error_set(err, ORR_ENOMEM, name, "no memory for %lu x %lu pixels", (unsigned long)width,
                             (unsigned long)height);
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < height; y++) png_read_row(d->png, d->pixels + y * stride, NULL);
    png_read_end(d->png, NULL);
    if (transparent) over_white(d->pixels, (size_t)width * height);
    out->rgb = d->pixels;
    d->pixels = NULL;
    return ORR_OK;
}

enum orr_status orr_image_parse_png(const struct orr_image_source *source, struct orr_image *out, struct orr_error *err)
{
    struct decoder d = {.source = source};
    enum orr_status s = ORR_ENOMEM;
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    if (d.info)
        s = decode(&d, out, err);
    else
        orr_error_set(err, s, source->name, "no memory to decode the picture");
    if (d.png) png_destroy_read_struct(&d.png, &d.info, NULL);
    free(d.pixels);
    return s;
}

/* ---- writing ---- */

static void take_bytes(png_structp png, png_bytep bytes, size_t n) { orr_str_append_n(png_get_io_ptr(png), bytes, n); }
static void take_flush(png_structp png) { (void)png; }

static bool encode(png_structp png, png_infop info, const struct orr_image *image, struct orr_str *out)
{
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_write_fn(png, out, take_bytes, take_flush);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < image->height; y++) png_write_row(png, image->rgb + (size_t)y * (size_t)image->width * 3);
    png_write_end(png, NULL);
    return true;
}

bool orr_image_encode_png(const struct orr_image *image, struct orr_str *out)
{
    struct decoder d = {0}; /* for its room for a fault */
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    const bool done = info && encode(png, info, image, out);
    if (png) png_destroy_write_struct(&png, &info);
    return done;
}
