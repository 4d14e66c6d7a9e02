#include "aid_image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static void take(png_structp png, png_bytep bytes, size_t n) { orr_str_append_n(png_get_io_ptr(png), bytes, n); }
static void flush(png_structp png) { (void)png; }

struct orr_str aid_png_file(const struct aid_png *p)
{
    static const int channels[7] = {1, 0, 3, 1, 2, 0, 4};
    struct orr_str out = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL); /* its errors abort */
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &out, take, flush);
    png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, p->depth, p->type,
                 p->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (p->palette) png_set_PLTE(png, info, (const png_color *)(const void *)p->palette, p->colours);
    if (p->trns) png_set_tRNS(png, info, p->trns, p->trns_n, NULL);
    png_write_info(png, info);
    const size_t stride = ((size_t)p->width * (size_t)channels[p->type] * (size_t)p->depth + 7) / 8;
    png_bytepp rows = malloc((size_t)p->height * sizeof *rows);
    for (int y = 0; y < p->height; y++) rows[y] = (png_bytep)(p->rows + (size_t)y * stride);
    png_write_image(png, rows);
    png_write_end(png, NULL);
    free(rows);
    png_destroy_write_struct(&png, &info);
    return out;
}

struct orr_str aid_jpeg_file(const struct aid_jpeg *j)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &n);
    c.image_width = (JDIMENSION)j->width;
    c.image_height = (JDIMENSION)j->height;
    c.input_components = j->channels;
    c.in_color_space = j->channels == 1 ? JCS_GRAYSCALE : j->channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 100, TRUE);
    for (int k = 0; k < c.num_components; k++) c.comp_info[k].h_samp_factor = c.comp_info[k].v_samp_factor = 1;
    if (j->progressive) jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    if (j->orientation) {
        const unsigned char v = (unsigned char)abs(j->orientation);
        const unsigned char little[] = {'E',  'x',  'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                                        0x12, 0x01, 3,   0,   1, 0, 0,   0,   v,  0, 0, 0, 0, 0, 0, 0};
        const unsigned char big[] = {'E',  'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                     0x01, 0x12, 0,   3,   0, 0, 0,   1,   0, v,  0, 0, 0, 0, 0, 0};
        jpeg_write_marker(&c, JPEG_APP0 + 1, j->orientation > 0 ? little : big, sizeof little);
    }
    while (c.next_scanline < c.image_height) {
        unsigned char *row =
            (unsigned char *)j->rows + (size_t)c.next_scanline * (size_t)j->width * (size_t)j->channels;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    struct orr_str out = {0};
    orr_str_append_n(&out, bytes, n);
    free(bytes);
    return out;
}
