/* PNG and JPEG files of every kind, and what is wrong with some. */
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "aid_image.h"

/* Reads and frees the file. */
static enum orr_status load(struct orr_str file, struct orr_image *image, struct orr_error *err)
{
    *err = (struct orr_error){0};
    const enum orr_status s = orr_image_parse(file.data, file.len, "x.img", image, err);
    orr_str_free(&file);
    return s;
}

static void expect(struct orr_str file, int width, int height, const unsigned char *rgb, int tolerance)
{
    struct orr_image image;
    struct orr_error err;
    ck_assert_msg(load(file, &image, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(image.width, width);
    ck_assert_int_eq(image.height, height);
    for (int i = 0; i < 3 * width * height; i++)
        ck_assert_msg(abs(image.rgb[i] - rgb[i]) <= tolerance, "byte %d: %d, not %d", i, image.rgb[i], rgb[i]);
    orr_image_free(&image);
}

static void expect_error(struct orr_str file, enum orr_status status, const char *what)
{
    struct orr_image image = {1, 1, NULL};
    struct orr_error err;
    ck_assert_int_eq(load(file, &image, &err), status);
    ck_assert_str_eq(err.where, "x.img");
    ck_assert_msg(strstr(err.message, what), "%s", err.message);
    ck_assert(!image.rgb && image.width == 0);
}

static struct orr_str cut(struct orr_str file, size_t n)
{
    file.len = n;
    return file;
}

START_TEST(png_of_every_kind_becomes_colours)
{
    static const unsigned char rgb[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7};
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        const bool il = interlaced;
        expect(aid_png_file(&(struct aid_png){2, 2, 8, 2, il, .rows = rgb}), 2, 2, rgb, 0);
        static const unsigned char grey[4] = {0, 77, 200, 255},
                                   grey_rgb[12] = {0, 0, 0, 77, 77, 77, 200, 200, 200, 255, 255, 255};
        expect(aid_png_file(&(struct aid_png){2, 2, 8, 0, il, .rows = grey}), 2, 2, grey_rgb, 0);
        static const unsigned char bits[2] = {0x40, 0x80},
                                   bits_rgb[12] = {0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0};
        expect(aid_png_file(&(struct aid_png){2, 2, 1, 0, il, .rows = bits}), 2, 2, bits_rgb, 0);
        static const unsigned char palette[6] = {10, 20, 30, 40, 50, 60}, index[2] = {0x40, 0x80},
                                   index_rgb[12] = {10, 20, 30, 40, 50, 60, 40, 50, 60, 10, 20, 30};
        expect(aid_png_file(&(struct aid_png){2, 2, 1, 3, il, index, palette, 2, NULL, 0}), 2, 2, index_rgb, 0);
        static const unsigned char wide[4] = {0x80, 0x7f, 0x12, 0xff}, wide_rgb[6] = {128, 128, 128, 19, 19, 19};
        expect(aid_png_file(&(struct aid_png){2, 1, 16, 0, il, .rows = wide}), 2, 1, wide_rgb, 0);
    }
}
END_TEST

START_TEST(what_is_transparent_lies_over_white)
{
    static const unsigned char rgba[16] = {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128, 255, 255, 255, 3},
                               rgb[12] = {10, 20, 30, 255, 255, 255, 127, 177, 255, 255, 255, 255};
    expect(aid_png_file(&(struct aid_png){2, 2, 8, 6, false, .rows = rgba}), 2, 2, rgb, 0);
    expect(aid_png_file(&(struct aid_png){2, 2, 8, 6, true, .rows = rgba}), 2, 2, rgb, 0);
    static const unsigned char ga[4] = {0, 51, 0, 255}, ga_rgb[6] = {204, 204, 204, 0, 0, 0};
    expect(aid_png_file(&(struct aid_png){2, 1, 8, 4, false, .rows = ga}), 2, 1, ga_rgb, 0);
    static const unsigned char palette[6] = {10, 20, 30, 40, 50, 60}, alpha[1] = {0}, index[1] = {0x40},
                               index_rgb[6] = {255, 255, 255, 40, 50, 60};
    expect(aid_png_file(&(struct aid_png){2, 1, 1, 3, false, index, palette, 2, alpha, 1}), 2, 1, index_rgb, 0);
}
END_TEST

START_TEST(jpeg_of_every_kind_becomes_colours)
{
    unsigned char rgb[16 * 16 * 3], grey[16 * 16], grey_rgb[16 * 16 * 3], cmyk[16 * 16 * 4];
    for (int i = 0; i < 256; i++) {
        rgb[3 * i] = (unsigned char)(i % 16 * 10), rgb[3 * i + 1] = (unsigned char)(i / 16 * 10), rgb[3 * i + 2] = 90;
        grey[i] = (unsigned char)(i / 16 * 15);
        memset(grey_rgb + 3 * i, grey[i], 3);
        memcpy(cmyk + 4 * i, rgb + 3 * i, 3);
        cmyk[4 * i + 3] = 255;
    }
    for (int progressive = 0; progressive < 2; progressive++) {
        expect(aid_jpeg_file(&(struct aid_jpeg){16, 16, 3, progressive, 0, rgb}), 16, 16, rgb, 4);
        expect(aid_jpeg_file(&(struct aid_jpeg){16, 16, 1, progressive, 0, grey}), 16, 16, grey_rgb, 2);
        expect(aid_jpeg_file(&(struct aid_jpeg){16, 16, 4, progressive, 0, cmyk}), 16, 16, rgb, 4);
    }
}
END_TEST

START_TEST(a_turned_photograph_is_turned_upright)
{
    /* Rows and columns of blocks of 8 with values v[y][x]; flat blocks survive JPEG. Upright: 3 wide, 2 high. */
    static const int upright[2][3] = {{10, 60, 110}, {150, 200, 250}};
    for (int o = 1; o <= 8; o++) {
        const bool swapped = o >= 5;
        const int w = swapped ? 2 : 3, h = swapped ? 3 : 2;
        unsigned char grey[24 * 24];
        for (int y = 0; y < 8 * h; y++)
            for (int x = 0; x < 8 * w; x++) {
                int ux = 0, uy = 0; /* where EXIF says that stored (x, y) belongs */
                const int sx = x / 8, sy = y / 8;
                switch (o) {
                case 1: ux = sx, uy = sy; break;
                case 2: ux = 2 - sx, uy = sy; break;
                case 3: ux = 2 - sx, uy = 1 - sy; break;
                case 4: ux = sx, uy = 1 - sy; break;
                case 5: ux = sy, uy = sx; break;         /* row 0 is the left side, column 0 the top */
                case 6: ux = 2 - sy, uy = sx; break;     /* row 0 is the right side, column 0 the top */
                case 7: ux = 2 - sy, uy = 1 - sx; break; /* right, bottom */
                case 8: ux = sy, uy = 1 - sx; break;     /* left, bottom */
                }
                grey[y * 8 * w + x] = (unsigned char)upright[uy][ux];
            }
        for (int sign = -1; sign <= 1; sign += 2) {
            struct orr_image image;
            struct orr_error err;
            ck_assert_int_eq(
                load(aid_jpeg_file(&(struct aid_jpeg){8 * w, 8 * h, 1, false, sign * o, grey}), &image, &err), ORR_OK);
            ck_assert_int_eq(image.width, 24);
            ck_assert_int_eq(image.height, 16);
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 3; x++)
                    ck_assert_msg(abs(image.rgb[3 * ((8 * y + 4) * 24 + 8 * x + 4)] - upright[y][x]) <= 2,
                                  "orientation %d", o);
            orr_image_free(&image);
        }
    }
}
END_TEST

START_TEST(files_cut_off_anywhere_are_named_errors)
{
    unsigned char rgb[40 * 30 * 3];
    for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (unsigned char)(i * 7919 >> 3);
    struct orr_str files[3] = {aid_png_file(&(struct aid_png){40, 30, 8, 2, false, .rows = rgb}),
                               aid_jpeg_file(&(struct aid_jpeg){40, 30, 3, false, 0, rgb}),
                               aid_jpeg_file(&(struct aid_jpeg){40, 30, 3, true, 0, rgb})};
    for (int k = 0; k < 3; k++) {
        /* Without its last two bytes, the end marker, a JPEG is complete. */
        for (size_t n = 0; n + 2 < files[k].len; n += n < 200 ? 1 : 97) {
            struct orr_image image;
            struct orr_error err = {0};
            ck_assert_msg(orr_image_parse(files[k].data, n, "x.img", &image, &err) != ORR_OK,
                          "file %d, %zu of %zu bytes", k, n, files[k].len);
            ck_assert(!image.rgb && err.message[0] && strcmp(err.where, "x.img") == 0);
        }
        orr_str_free(&files[k]);
    }
}
END_TEST

static struct orr_str png_head(uint32_t width, uint32_t height)
{
    static const unsigned char one[3] = {1, 2, 3};
    struct orr_str f = aid_png_file(&(struct aid_png){1, 1, 8, 2, false, .rows = one});
    for (int k = 0; k < 4; k++) {
        f.data[16 + k] = (char)(width >> (24 - 8 * k));
        f.data[20 + k] = (char)(height >> (24 - 8 * k));
    }
    uint32_t crc = ~0u; /* of the type and the data of IHDR */
    for (int i = 12; i < 29; i++) {
        crc ^= (unsigned char)f.data[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    for (int k = 0; k < 4; k++) f.data[29 + k] = (char)(~crc >> (24 - 8 * k));
    return f;
}

START_TEST(sizes_are_judged_before_memory_is_asked_for)
{
    expect_error(png_head(1, 2000000000), ORR_EUNSUPPORTED, "too many");
    expect_error(png_head(20000, 20000), ORR_EUNSUPPORTED, "100 million");
    expect_error(png_head(9000, 9000), ORR_EFORMAT, "cannot hold 9000 x 9000");
    expect_error(png_head(0, 5), ORR_EFORMAT, "damaged"); /* libpng refuses it itself */
    unsigned char grey[64] = {0};
    struct orr_str jpeg = aid_jpeg_file(&(struct aid_jpeg){8, 8, 1, false, 0, grey});
    size_t at = 2;
    while ((unsigned char)jpeg.data[at + 1] != 0xc0) /* SOF0: length, precision, height, width */
        at += 2 + (size_t)((unsigned char)jpeg.data[at + 2] << 8 | (unsigned char)jpeg.data[at + 3]);
    memcpy(jpeg.data + at + 5, "\x23\x28\x23\x28", 4); /* 9000 x 9000 */
    expect_error(jpeg, ORR_EFORMAT, "cannot hold 9000 x 9000");
}
END_TEST

START_TEST(a_single_pixel_and_a_side_of_20000_are_read)
{
    static const unsigned char one[3] = {1, 2, 3};
    expect(aid_png_file(&(struct aid_png){1, 1, 8, 2, false, .rows = one}), 1, 1, one, 0);
    static const unsigned char white[3] = {255, 255, 255};
    expect(aid_jpeg_file(&(struct aid_jpeg){1, 1, 3, false, 0, white}), 1, 1, white, 1);
    unsigned char *rgb = calloc(20000 * 3, 3);
    memset(rgb + 59990 * 3, 200, 30);
    expect(aid_png_file(&(struct aid_png){20000, 3, 8, 2, false, .rows = rgb}), 20000, 3, rgb, 0);
    memset(rgb, 200, 20000 * 9);
    expect(aid_jpeg_file(&(struct aid_jpeg){3, 20000, 3, false, 0, rgb}), 3, 20000, rgb, 1);
    free(rgb);
}
END_TEST

START_TEST(neither_format_and_no_bytes_at_all_are_named_errors)
{
    struct orr_str gif = {0};
    orr_str_append(&gif, "GIF89a and so on");
    expect_error(gif, ORR_EFORMAT, "neither a PNG nor a JPEG");
    expect_error((struct orr_str){0}, ORR_EFORMAT, "empty");
    unsigned char rgb[3] = {0};
    expect_error(cut(aid_png_file(&(struct aid_png){1, 1, 8, 2, false, .rows = rgb}), 40), ORR_EFORMAT, "cut-off PNG");
}
END_TEST

START_TEST(files_are_written_read_and_measured)
{
    struct orr_image image, back;
    struct orr_error err = {0};
    ck_assert(orr_image_init(&image, 5, 4));
    for (int i = 0; i < 60; i++) image.rgb[i] = (unsigned char)(4 * i);
    const char *path = aid_file_write("out.png", "", 0);
    ck_assert_int_eq(orr_image_read(path, &back, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_image_write_png(path, &image, &err), ORR_OK);
    ck_assert_int_eq(orr_image_read(path, &back, &err), ORR_OK);
    ck_assert(back.width == 5 && back.height == 4 && memcmp(back.rgb, image.rgb, 60) == 0);
    orr_image_free(&back);
    unsigned char grey[128] = {0};
    struct orr_str jpeg = aid_jpeg_file(&(struct aid_jpeg){16, 8, 1, false, 6, grey});
    ck_assert_int_eq(orr_image_read(aid_file_write("turned.jpg", jpeg.data, jpeg.len), &back, &err), ORR_OK);
    ck_assert(back.width == 8 && back.height == 16);
    orr_image_free(&back);
    orr_str_free(&jpeg);
    ck_assert_int_eq(orr_image_read("/nonexistent/x.png", &back, &err), ORR_EIO);
    ck_assert(strstr(err.where, "x.png"));
    ck_assert_int_ne(orr_image_write_png("/nonexistent/x.png", &image, &err), ORR_OK);
    orr_image_free(&image);
    ck_assert(!orr_image_init(&image, 0, 4) && !orr_image_init(&image, 20000, 20000) &&
              !orr_image_init(&image, 70000, 1));
}
END_TEST

ORR_SUITE_IN_FOLDER("image files", png_of_every_kind_becomes_colours, what_is_transparent_lies_over_white,
                    jpeg_of_every_kind_becomes_colours, a_turned_photograph_is_turned_upright,
                    files_cut_off_anywhere_are_named_errors, sizes_are_judged_before_memory_is_asked_for,
                    a_single_pixel_and_a_side_of_20000_are_read, neither_format_and_no_bytes_at_all_are_named_errors,
                    files_are_written_read_and_measured)
