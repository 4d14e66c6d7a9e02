/* JPEG through libjpeg-turbo, which reports by longjmp: what is live across it stands in a struct, not in registers. */
#include "image/image_codec.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h names FILE */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/mem.h"

enum {
    SCANS_MAX = 200, /* of a progressive picture; encoders write about ten. Each costs a pass over all coefficients */
    EXIF_MARKER = JPEG_APP0 + 1,
    EXIF_BYTES = 4096 /* orientation stands in the first directory */
};

bool orr_image_is_jpeg(const unsigned char *bytes, size_t n) { return n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0; }

struct decoder {
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct info;
    jmp_buf escape;
    const struct orr_image_source *source;
    unsigned char *pixels; /* [height][width][3] */
    unsigned char *row;    /* of four channels */
    char fault[JMSG_LENGTH_MAX];
    bool cut_off;
};

static void on_error(j_common_ptr info)
{
    struct decoder *d = info->client_data;
    d->errors.format_message(info, d->fault);
    longjmp(d->escape, 1);
}

/* libjpeg goes on after damage and paints it grey. A picture that is not all there would become a sample that nobody meant. */
static void on_message(j_common_ptr info, int level)
{
    struct decoder *d = info->client_data;
    if (level >= 0) return;
    const int code = d->errors.msg_code;
    d->cut_off = code == JWRN_JPEG_EOF;
    if (d->cut_off || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC) on_error(info);
}

static void on_progress(j_common_ptr info)
{
    struct decoder *d = info->client_data;
    if (d->info.input_scan_number > SCANS_MAX) {
        snprintf(d->fault, sizeof d->fault, "more than %d scans", SCANS_MAX);
        longjmp(d->escape, 1);
    }
}

/* ---- orientation ---- */

static unsigned number_at(const unsigned char *p, int bytes, bool little)
{
    unsigned v = 0;
    for (int k = 0; k < bytes; k++) v |= (unsigned)p[k] << 8 * (little ? k : bytes - 1 - k);
    return v;
}

/* EXIF tag 0x0112 of the first directory, 1..8; 1 (upright) where there is none. */
static int orientation(const struct jpeg_decompress_struct *info)
{
    for (const struct jpeg_marker_struct *m = info->marker_list; m; m = m->next) {
        if (m->marker != EXIF_MARKER || m->data_length < 14 || memcmp(m->data, "Exif\0", 6) != 0) continue;
        const unsigned char *tiff = m->data + 6;
        const size_t n = m->data_length - 6;
        const bool little = tiff[0] == 'I';
        const size_t at = number_at(tiff + 4, 4, little);
        if (at > n || n - at < 2) return 1;
        const size_t entries = number_at(tiff + at, 2, little);
        for (size_t i = 0; i < entries && n - at - 2 >= 12 * (i + 1); i++) {
            const unsigned char *entry = tiff + at + 2 + 12 * i;
            if (number_at(entry, 2, little) != 0x0112) continue;
            const unsigned v = number_at(entry + 8, 2, little);
            return v >= 1 && v <= 8 ? (int)v : 1;
        }
        return 1;
    }
    return 1;
}

/* The picture turned upright; `o` as in EXIF: 2 mirrored, 3 upside down, 4 both, 5..8 the same with rows and columns swapped. */
static bool turn(struct orr_image *image, int o)
{
    const int w = image->width, h = image->height;
    struct orr_image to;
    if (o == 1) return true;
    if (!orr_image_init(&to, o < 5 ? w : h, o < 5 ? h : w)) return false;
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++) {
            int fx = o < 5 ? x : y, fy = o < 5 ? y : x;
            if (o == 2 || o == 3 || o == 7 || o == 8) fx = w - 1 - fx;
            if (o == 3 || o == 4 || o == 6 || o == 7) fy = h - 1 - fy;
            memcpy(to.rgb + 3 * ((size_t)y * (size_t)to.width + (size_t)x),
                   image->rgb + 3 * ((size_t)fy * (size_t)w + (size_t)fx), 3);
        }
    orr_image_free(image);
    *image = to;
    return true;
}

/* ---- decoding ---- */

/* A row of CMYK; Adobe writes it inverted, which makes it a product of what each ink lets through. */
static void from_cmyk(const unsigned char *row, size_t width, bool inverted, unsigned char *rgb)
{
    for (size_t x = 0; x < width; x++) {
        const unsigned char *p = row + 4 * x;
        for (size_t k = 0; k < 3; k++) {
            const unsigned ink = inverted ? p[k] : 255u - p[k], black = inverted ? p[3] : 255u - p[3];
            rgb[3 * x + k] = (unsigned char)((ink * black + 127) / 255);
        }
    }
}

static enum orr_status read_rows(struct decoder *d, struct orr_error *err)
{
    struct jpeg_decompress_struct *info = &d->info;
    const bool cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
    info->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    d->pixels = orr_alloc((size_t)info->image_width * info->image_height, 3);
    d->row = cmyk ? orr_alloc(info->image_width, 4) : NULL;
    if (!d->pixels || (cmyk && !d->row))
        return orr_error_set(err, ORR_ENOMEM, d->source->name, "no memory for %u x %u pixels", info->image_width,
                             info->image_height);
    jpeg_start_decompress(info);
    const size_t width = info->output_width;
    while (info->output_scanline < info->output_height) {
        unsigned char *to = d->pixels + 3 * width * info->output_scanline, *row = cmyk ? d->row : to;
        jpeg_read_scanlines(info, &row, 1);
        if (cmyk) from_cmyk(row, width, info->saw_Adobe_marker, to);
    }
    jpeg_finish_decompress(info);
    return ORR_OK;
}

static enum orr_status decode(struct decoder *d, struct orr_image *out, struct orr_error *err)
{
    struct jpeg_decompress_struct *info = &d->info;
    if (setjmp(d->escape))
        return orr_error_set(err, d->errors.msg_code == JERR_OUT_OF_MEMORY ? ORR_ENOMEM : ORR_EFORMAT, d->source->name,
                             "%s JPEG (%s); copy or export it again", d->cut_off ? "a cut-off" : "a damaged", d->fault);
    jpeg_create_decompress(info);
    info->client_data = d; /* after creation, which clears the struct */
    info->progress = &d->progress;
    d->progress.progress_monitor = on_progress;
    jpeg_save_markers(info, EXIF_MARKER, EXIF_BYTES);
    jpeg_mem_src(info, (unsigned char *)d->source->bytes, d->source->n);
    jpeg_read_header(info, TRUE);
    /* Huffman codes take a bit or more for each block of 64 pixels; chroma planes may be of a sixteenth of the pixels, but
     * brightness is there. Arithmetic codes have no such bound. */
    enum orr_status s =
        orr_image_check_size(d->source, info->image_width, info->image_height, info->arith_code ? 0 : 8 * 64, err);
    if (s) return s;
    const int turned = orientation(info);
    out->width = (int)info->image_width;
    out->height = (int)info->image_height;
    s = read_rows(d, err);
    if (s) return s;
    out->rgb = d->pixels;
    d->pixels = NULL;
    return turn(out, turned) ? ORR_OK
                             : orr_error_set(err, ORR_ENOMEM, d->source->name, "no memory to turn the picture");
}

enum orr_status orr_image_parse_jpeg(const struct orr_image_source *source, struct orr_image *out,
                                     struct orr_error *err)
{
    struct decoder d = {.source = source};
    d.info.err = jpeg_std_error(&d.errors);
    d.info.client_data = &d; /* for errors while it is created */
    d.errors.error_exit = on_error;
    d.errors.emit_message = on_message;
    const enum orr_status s = decode(&d, out, err);
    jpeg_destroy_decompress(&d.info);
    free(d.pixels);
    free(d.row);
    return s;
}
