/* Pictures as characters. */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "tui/color.h"
#include "tui/picture.h"

/* The left half red, the right half blue. */
static struct orr_image halves(int width, int height)
{
    struct orr_image image;
    ck_assert(orr_image_init(&image, width, height));
    for (int i = 0; i < width * height; i++) image.rgb[3 * i + (i % width < width / 2 ? 0 : 2)] = 255;
    return image;
}

static int count(const struct orr_canvas *c, enum orr_color bg)
{
    int n = 0;
    for (int i = 0; i < c->width * c->height; i++) n += c->cells[i].style.bg == bg;
    return n;
}

START_TEST(a_picture_keeps_its_proportions_and_its_colours)
{
    struct orr_image image = halves(40, 20);
    struct orr_picture_pane pane = {0};
    struct orr_canvas c;
    struct orr_rect place;
    orr_canvas_init(&c, 30, 20);
    orr_picture_draw(&pane, &image, 1, &c, (struct orr_rect){2, 1, 20, 18}, &place);
    ck_assert(place.x == 2 && place.w == 20 && place.h == 5 && place.y == 1 + 6); /* cells are twice as high as wide */
    ck_assert_int_eq(count(&c, ORR_COLOR_RGB), 100);
    const struct orr_cell *left = &c.cells[9 * 30 + 3], *right = &c.cells[9 * 30 + 20];
    const uint32_t l = left->cp == ' ' ? left->paper : left->ink, r = right->cp == ' ' ? right->paper : right->ink;
    ck_assert_msg((l >> 16) > 200 && (l & 255) < 60, "%06x", l);
    ck_assert_msg((r >> 16) < 60 && (r & 255) > 200, "%06x", r);
    orr_canvas_free(&c);
    orr_image_free(&image);
    orr_picture_pane_free(&pane);
}
END_TEST

START_TEST(what_was_drawn_is_remembered_until_picture_place_or_terminal_change)
{
    struct orr_image image = halves(16, 16), other = halves(16, 16);
    struct orr_picture_pane pane = {0};
    struct orr_canvas c;
    struct orr_rect place;
    orr_canvas_init(&c, 16, 8);
    orr_picture_draw(&pane, &image, 1, &c, (struct orr_rect){0, 0, 16, 8}, &place);
    const uint32_t before = c.cells[0].ink, paper = c.cells[0].paper;
    memset(other.rgb, 255, 16 * 16 * 3);
    orr_picture_draw(&pane, &other, 1, &c, (struct orr_rect){0, 0, 16, 8}, &place); /* said to be the same */
    ck_assert(c.cells[0].ink == before && c.cells[0].paper == paper);
    orr_picture_draw(&pane, &other, 2, &c, (struct orr_rect){0, 0, 16, 8}, &place);
    ck_assert(c.cells[0].ink != before || c.cells[0].paper != paper);
    c.colors = 256;
    orr_picture_draw(&pane, &image, 2, &c, (struct orr_rect){0, 0, 16, 8}, &place);
    ck_assert(c.cells[0].paper != 0xFFFFFF);
    orr_canvas_free(&c);
    orr_image_free(&image);
    orr_image_free(&other);
    orr_picture_pane_free(&pane);
}
END_TEST

START_TEST(terminals_of_every_kind_get_what_they_can_show)
{
    struct orr_image image = halves(32, 32);
    static const int colors[] = {0, 8, 16, 256, 1 << 24};
    for (int glyphs = ORR_GLYPHS_ASCII; glyphs <= ORR_GLYPHS_BRAILLE; glyphs++)
        for (int k = 0; k < 5; k++) {
            struct orr_picture_pane pane = {0};
            struct orr_canvas c;
            struct orr_rect place;
            orr_canvas_init(&c, 16, 8);
            c.glyphs = (enum orr_glyphs)glyphs;
            c.colors = colors[k];
            orr_picture_draw(&pane, &image, 1, &c, (struct orr_rect){0, 0, 16, 8}, &place);
            ck_assert(place.w == 16 && place.h == 8);
            ck_assert_int_eq(count(&c, ORR_COLOR_RGB), colors[k] ? 128 : 0);
            int shown = 0;
            for (int i = 0; i < 128; i++) {
                shown += c.cells[i].cp != ' ';
                if (glyphs == ORR_GLYPHS_ASCII) ck_assert(c.cells[i].cp >= ' ' && c.cells[i].cp < 0x7F);
            }
            if (colors[k] == 0) ck_assert_int_gt(shown, 0); /* without colours, the glyphs alone tell light from dark */
            orr_picture_pane_free(&pane);
            orr_canvas_free(&c);
        }
    orr_image_free(&image);
}
END_TEST

START_TEST(no_room_and_odd_sizes_do_no_harm)
{
    struct orr_image image = halves(1, 2000), flat = halves(2000, 1), none = {0};
    struct orr_picture_pane pane = {0};
    struct orr_canvas c;
    struct orr_rect place;
    orr_canvas_init(&c, 5, 3);
    orr_picture_draw(&pane, &image, 1, &c, (struct orr_rect){0, 0, 0, 3}, &place);
    ck_assert_int_eq(place.w, 0);
    orr_picture_draw(&pane, &image, 1, &c, (struct orr_rect){0, 0, 5, 3}, &place);
    ck_assert(place.w == 1 && place.h == 3);
    orr_picture_draw(&pane, &flat, 2, &c, (struct orr_rect){-3, 2, 40, 9}, &place); /* clipped to the canvas */
    ck_assert(place.w == 40 && place.h == 1);
    orr_picture_draw(&pane, &none, 3, &c, (struct orr_rect){0, 0, 5, 3}, &place);
    ck_assert_int_eq(place.w, 0);
    orr_canvas_free(&c);
    orr_image_free(&image);
    orr_image_free(&flat);
    orr_picture_pane_free(&pane);
}
END_TEST

START_TEST(lines_over_a_picture_keep_its_colours_behind_them)
{
    struct orr_canvas c;
    orr_canvas_init(&c, 3, 1);
    orr_canvas_put_rgb(&c, 0, 0, 0x2580, 0xFF0000, 0x0000FE);
    orr_canvas_put_over(&c, 0, 0, 0x2500, ORR_COLOR_GOOD, ORR_BOLD);
    ck_assert(c.cells[0].cp == 0x2500 && c.cells[0].style.fg == ORR_COLOR_GOOD && c.cells[0].style.bg == ORR_COLOR_RGB);
    ck_assert_uint_eq(c.cells[0].paper, 0x7F007F);
    orr_canvas_put_over(&c, 1, 0, 'x', ORR_COLOR_GOOD, 0);
    ck_assert(c.cells[1].cp == 'x' && c.cells[1].style.bg == ORR_COLOR_DEFAULT);
    orr_canvas_put_over(&c, 7, 0, 'x', ORR_COLOR_GOOD, 0);
    orr_canvas_free(&c);
    ck_assert_int_eq(orr_color_of_rgb(0xFF0000, ORR_DEPTH_256), 196);
    ck_assert_int_eq(orr_color_of_rgb(0xFE0101, ORR_DEPTH_16), 9);
    ck_assert_int_eq(orr_color_of_rgb(0xFE0101, ORR_DEPTH_8), 1);
    ck_assert_int_eq(orr_color_of_rgb(0x123456, ORR_DEPTH_DIRECT), 0x123456);
    ck_assert_int_eq(orr_color_of_rgb(0x123456, ORR_DEPTH_MONO), -1);
}
END_TEST

ORR_SUITE("pictures", a_picture_keeps_its_proportions_and_its_colours,
          what_was_drawn_is_remembered_until_picture_place_or_terminal_change,
          terminals_of_every_kind_get_what_they_can_show, no_room_and_odd_sizes_do_no_harm,
          lines_over_a_picture_keep_its_colours_behind_them)
