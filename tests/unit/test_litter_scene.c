#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/litter_piece.h"
#include "image/litter_scene.h"
#include "image/litter_style.h"

static struct orr_litter_scenes *scenes(enum orr_litter_split split, bool held_out, int size)
{
    struct orr_litter_scenes *g = orr_litter_scenes_new(&(struct orr_litter_scene_options){split, held_out, size});
    ck_assert_ptr_nonnull(g);
    return g;
}

START_TEST(a_scene_follows_from_seed_and_item_alone)
{
    struct orr_litter_scenes *g = scenes(ORR_LITTER_EASY, false, 64), *again = scenes(ORR_LITTER_EASY, false, 64);
    struct orr_litter_scene a = {0}, b = {0};
    ck_assert(orr_litter_scene_draw(g, 5, 9, &a));
    ck_assert(orr_litter_scene_draw(again, 5, 8, &b)); /* what was drawn before does not matter */
    ck_assert(memcmp(a.image.rgb, b.image.rgb, 64 * 64 * 3) != 0);
    ck_assert(orr_litter_scene_draw(again, 5, 9, &b));
    ck_assert(memcmp(a.image.rgb, b.image.rgb, 64 * 64 * 3) == 0);
    ck_assert(a.n == b.n && a.style == b.style && memcmp(a.boxes, b.boxes, (size_t)a.n * sizeof *a.boxes) == 0);
    orr_image_free(&a.image);
    orr_image_free(&b.image);
    orr_litter_scenes_free(g);
    orr_litter_scenes_free(again);
}
END_TEST

START_TEST(boxes_hold_what_is_to_be_seen_at_any_size)
{
    struct orr_litter_scenes *small = scenes(ORR_LITTER_EASY, true, 128), *large = scenes(ORR_LITTER_EASY, true, 256);
    struct orr_litter_scene a = {0}, b = {0};
    int compared = 0, empty = 0, of_class[ORR_MATERIALS] = {0};
    for (uint64_t item = 0; item < 60; item++) {
        ck_assert(orr_litter_scene_draw(small, 1, item, &a) && orr_litter_scene_draw(large, 1, item, &b));
        empty += b.n == 0;
        for (int k = 0; k < b.n; k++) {
            const struct orr_litter_box p = b.boxes[k];
            ck_assert(p.x0 >= 0 && p.y0 >= 0 && p.x1 <= 256 && p.y1 <= 256 && p.x1 - p.x0 >= 2 && p.y1 - p.y0 >= 2);
            ck_assert(p.visible >= 0.25f && p.visible <= 1);
            ck_assert_int_eq(p.material, orr_litter_pieces[p.piece].material);
            of_class[p.material]++;
        }
        for (int k = 0; a.n == b.n && k < a.n; k++, compared++) {
            const struct orr_litter_box p = a.boxes[k], q = b.boxes[k];
            const float off[4] = {2 * p.x0 - q.x0, 2 * p.y0 - q.y0, 2 * p.x1 - q.x1, 2 * p.y1 - q.y1};
            ck_assert_int_eq(p.piece, q.piece);
            for (int i = 0; i < 4; i++)
                ck_assert_msg(fabsf(off[i]) <= 4, "item %d, box %d: side %d is off by %g", (int)item, k, i,
                              (double)off[i]);
        }
    }
    ck_assert_int_gt(compared, 100);
    ck_assert(empty > 0 && empty < 12);
    for (int m = 0; m < ORR_MATERIALS; m++) ck_assert_int_gt(of_class[m], 5);
    orr_image_free(&a.image);
    orr_image_free(&b.image);
    orr_litter_scenes_free(small);
    orr_litter_scenes_free(large);
}
END_TEST

START_TEST(some_pieces_lie_under_others)
{
    struct orr_litter_scenes *g = scenes(ORR_LITTER_EASY, false, 128);
    struct orr_litter_scene s = {0};
    int covered = 0;
    for (uint64_t item = 0; item < 80; item++) {
        ck_assert(orr_litter_scene_draw(g, 2, item, &s));
        for (int k = 0; k < s.n; k++) covered += s.boxes[k].visible < 0.9f;
    }
    ck_assert_int_gt(covered, 10);
    orr_image_free(&s.image);
    orr_litter_scenes_free(g);
}
END_TEST

START_TEST(held_out_styles_share_neither_ground_nor_hue_nor_light_with_those_for_training)
{
    for (int i = 0; i < ORR_LITTER_STYLES_TRAINING; i++)
        for (int j = 0; j < ORR_LITTER_STYLES_HELD_OUT; j++) {
            const struct orr_litter_style a = orr_litter_style_of(false, i), b = orr_litter_style_of(true, j);
            ck_assert_int_ne(a.ground, b.ground);
            ck_assert(a.hue_from + a.hue_span < b.hue_from || b.hue_from + b.hue_span < a.hue_from);
            ck_assert(b.light < a.light);
            ck_assert(a.stretch_most < b.stretch_least);
        }
}
END_TEST

START_TEST(sizes_out_of_range_are_refused)
{
    ck_assert_ptr_null(orr_litter_scenes_new(&(struct orr_litter_scene_options){.size = 31}));
    ck_assert_ptr_null(orr_litter_scenes_new(&(struct orr_litter_scene_options){.size = 2049}));
    orr_litter_scenes_free(NULL);
}
END_TEST

ORR_SUITE("litter scenes", a_scene_follows_from_seed_and_item_alone, boxes_hold_what_is_to_be_seen_at_any_size,
          some_pieces_lie_under_others, held_out_styles_share_neither_ground_nor_hue_nor_light_with_those_for_training,
          sizes_out_of_range_are_refused)
