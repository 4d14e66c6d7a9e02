/* Drawing, and the data sets that are drawn. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/sets.h"
#include "lab/train.h"

static struct orr_mask mask(int width, int height)
{
    struct orr_mask m;
    ck_assert(orr_mask_init(&m, width, height));
    return m;
}

/* Area of the path's inside in a picture of 20 x 20. */
static double area_of(struct orr_path *p, enum orr_fill rule)
{
    struct orr_mask m = mask(20, 20);
    orr_mask_fill(&m, p, rule);
    const double area = orr_mask_area(&m);
    orr_mask_free(&m);
    orr_path_free(p);
    return area;
}

START_TEST(coverage_is_the_area_of_the_inside)
{
    struct orr_path p = {0};
    orr_path_rect(&p, 3.25, 4.5, 7.3, 6.25, 0);
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_NONZERO), 7.3 * 6.25, 1e-3);
    orr_path_ellipse(&p, 10, 9.7, 7, 5);
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_NONZERO), M_PI * 7 * 5, 0.6); /* a polygon of 40 corners */
    orr_path_ellipse(&p, 10, 10, 8, 8);
    orr_path_ellipse(&p, 10, 10, 4, 4);
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_EVEN_ODD), M_PI * (64 - 16), 0.8);
    orr_path_regular(&p, 3, 10, 10, 6, 0.4);
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_NONZERO), 3 * sqrt(3) / 4 * 36, 0.1);
    orr_path_rect(&p, -5, -5, 10, 10, 0); /* a quarter is in the picture */
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_NONZERO), 25, 1e-3);
}
END_TEST

START_TEST(a_stroke_covers_its_crossings_too)
{
    const struct orr_point back_and_forth[4] = {{4, 10}, {16, 10}, {4, 10}, {16, 10}};
    struct orr_path p = {0};
    orr_path_stroke(&p, back_and_forth, 4, 4);
    ck_assert_double_eq_tol(area_of(&p, ORR_FILL_NONZERO), 12 * 4 + M_PI * 4, 0.3);
}
END_TEST

START_TEST(outlines_outside_of_all_bounds_do_no_harm)
{
    struct orr_path p = {0};
    struct orr_mask m = mask(7, 5);
    const struct orr_point wild[5] = {{1e300, -1e300}, {(double)NAN, 2}, {-1e300, 1e300}, {(double)INFINITY, 3}, {2, 2}};
    orr_path_polygon(&p, wild, 5);
    orr_mask_fill(&m, &p, ORR_FILL_NONZERO);
    orr_path_clear(&p);
    orr_mask_fill(&m, &p, ORR_FILL_EVEN_ODD); /* nothing */
    for (int i = 0; i < 35; i++) ck_assert(m.a[i] >= 0 && m.a[i] <= 1);
    orr_mask_free(&m);
    orr_path_free(&p);
    struct orr_picture c;
    ck_assert(!orr_picture_init(&c, 0, 5) && !orr_picture_init(&c, 5, ORR_MAX_SIDE + 1) && !orr_mask_init(&m, -1, 1));
}
END_TEST

START_TEST(affine_maps_turn_before_they_scale_and_move)
{
    const struct orr_affine turn = orr_affine_pose(0, 0, M_PI / 2, 1, 1), move = orr_affine_pose(3, 4, 0, 2, 5);
    const struct orr_point p = orr_affine_apply(move, orr_affine_apply(turn, (struct orr_point){1, 0}));
    ck_assert_double_eq_tol(p.x, 3, 1e-12); /* turned to (0, 1), then scaled and moved */
    ck_assert_double_eq_tol(p.y, 9, 1e-12);
}
END_TEST

START_TEST(paint_covers_multiplies_and_adds)
{
    struct orr_picture c;
    struct orr_mask m = mask(2, 1);
    ck_assert(orr_picture_init(&c, 2, 1));
    m.a[0] = 1;
    m.a[1] = 0.5f;
    orr_picture_paint(&c, NULL, &(struct orr_paint){.from = {0.5f, 0.5f, 0.5f}});
    orr_picture_paint(&c, &m, &(struct orr_paint){.from = {1, 0, 0}});
    ck_assert_double_eq_tol(c.rgb[0], 1, 1e-6);
    ck_assert_double_eq_tol(c.rgb[3], 0.75, 1e-6);
    ck_assert_double_eq_tol(c.rgb[4], 0.25, 1e-6);
    orr_picture_paint(&c, &m, &(struct orr_paint){.from = {0.5f, 1, 1}, .mix = ORR_MIX_MULTIPLY});
    ck_assert_double_eq_tol(c.rgb[0], 0.5, 1e-6);
    orr_picture_paint(&c, &m, &(struct orr_paint){.from = {1, 1, 1}, .mix = ORR_MIX_ADD, .transparency = 0.5});
    ck_assert_double_eq_tol(c.rgb[0], 1, 1e-6);
    const struct orr_rgb orange = orr_rgb_hsv(1.0 / 12, 1, 1), blue = orr_rgb_hsv(-1.0 / 3, 1, 0.5);
    ck_assert_double_eq_tol(orange.g, 0.5, 1e-6);
    ck_assert_double_eq_tol(blue.b, 0.5, 1e-6);
    ck_assert_double_eq_tol(blue.r, 0, 1e-6);
    orr_mask_free(&m);
    orr_picture_free(&c);
}
END_TEST

START_TEST(blur_keeps_the_amount_and_the_border_repeats)
{
    struct orr_mask m = mask(41, 31);
    m.a[15 * 41 + 20] = 1;
    orr_mask_blur(&m, 2);
    ck_assert_double_eq_tol(orr_mask_area(&m), 1, 1e-5);
    ck_assert_double_eq_tol(m.a[15 * 41 + 20], 1 / (2 * M_PI * 4), 1e-3);
    ck_assert_double_eq_tol(m.a[15 * 41 + 18], m.a[17 * 41 + 20], 1e-7);
    for (int i = 0; i < 41 * 31; i++) m.a[i] = 0.3f;
    orr_mask_blur(&m, 5);
    for (int i = 0; i < 41 * 31; i++) ck_assert_double_eq_tol(m.a[i], 0.3, 1e-5);
    orr_mask_free(&m);
}
END_TEST

START_TEST(masks_shift_cut_and_are_boxed)
{
    struct orr_mask a = mask(10, 8), b = mask(10, 8);
    struct orr_pixel_box box;
    ck_assert(!orr_mask_box(&a, 0.5f, &box));
    a.a[2 * 10 + 3] = a.a[4 * 10 + 5] = 1;
    a.a[0] = 0.2f;
    ck_assert(orr_mask_box(&a, 0.5f, &box));
    ck_assert(box.x0 == 3 && box.y0 == 2 && box.x1 == 6 && box.y1 == 5);
    orr_mask_copy(&b, &a);
    orr_mask_shift(&b, 2, -1);
    ck_assert_float_eq(b.a[1 * 10 + 5], 1);
    ck_assert_float_eq(b.a[3 * 10 + 7], 1);
    ck_assert_double_eq_tol(orr_mask_area(&b), 2, 1e-6); /* the faint corner is gone */
    orr_mask_copy(&b, &a);
    orr_mask_without(&b, &a);
    ck_assert_double_lt(orr_mask_area(&b), 0.2);
    orr_mask_free(&a);
    orr_mask_free(&b);
}
END_TEST

START_TEST(noise_is_bounded_smooth_and_the_seeds_own)
{
    double least = 1, most = -1, changed = 0;
    for (int i = 0; i < 4000; i++) {
        const double x = 0.37 * i, y = 100 - 0.11 * i, v = orr_noise(5, x, y);
        least = fmin(least, v);
        most = fmax(most, v);
        changed += fabs(v - orr_noise(6, x, y));
        ck_assert_double_lt(fabs(orr_noise(5, x + 1e-4, y) - v), 1e-3);
        const struct orr_noise_cell c = orr_noise_cells(5, x, y);
        ck_assert(c.distance >= 0 && c.distance < 1.5 && c.border >= -1e-9 && c.value >= 0 && c.value < 1);
        const double r = orr_noise_ridges(5, x, y, 3);
        ck_assert(r >= 0 && r <= 1);
    }
    ck_assert(least > -1.2 && least < -0.6 && most < 1.2 && most > 0.6 && changed > 400);
}
END_TEST

static void draw(struct orr_studio *s, const struct orr_image_set *set, uint64_t item, int label, int side, unsigned char *out)
{
    ck_assert(orr_studio_init(s, side, side));
    orr_image_set_draw(set, s, 7, item, label);
    orr_picture_bytes(&s->picture, out);
}

START_TEST(the_same_number_gives_the_same_bytes_and_another_one_others)
{
    static unsigned char a[24 * 24 * 3], b[24 * 24 * 3];
    struct orr_studio s;
    for (size_t k = 0; orr_image_sets[k]; k++)
        for (int label = 0; label < orr_image_sets[k]->classes; label++) {
            draw(&s, orr_image_sets[k], 3, label, 24, a);
            orr_studio_free(&s);
            draw(&s, orr_image_sets[k], 4, label, 24, b);
            ck_assert_mem_ne(a, b, sizeof a);
            orr_image_set_draw(orr_image_sets[k], &s, 7, 3, label); /* what was drawn before leaves no trace */
            orr_picture_bytes(&s.picture, b);
            ck_assert_mem_eq(a, b, sizeof a);
            orr_studio_free(&s);
        }
}
END_TEST

START_TEST(a_larger_picture_shows_the_same_in_more_detail)
{
    enum { SIDE = 24 };
    static unsigned char small[SIDE * SIDE * 3], large[4 * SIDE * SIDE * 3];
    struct orr_studio s;
    for (size_t k = 0; orr_image_sets[k]; k++)
        for (int label = 0; label < orr_image_sets[k]->classes; label++) {
            double difference = 0, spread = 0, mean[2] = {0, 0};
            draw(&s, orr_image_sets[k], 11, label, SIDE, small);
            orr_studio_free(&s);
            draw(&s, orr_image_sets[k], 11, label, 2 * SIDE, large);
            orr_studio_free(&s);
            for (int pass = 0; pass < 2; pass++)
                for (int y = 0; y < SIDE; y++)
                    for (int x = 0; x < SIDE; x++)
                        for (int c = 0; c < 3; c++) {
                            const unsigned char *l = large + (2 * y * 2 * SIDE + 2 * x) * 3 + c;
                            const double p = small[(y * SIDE + x) * 3 + c], n = 3.0 * SIDE * SIDE;
                            const double q = (l[0] + l[3] + l[6 * SIDE] + l[6 * SIDE + 3]) / 4.0;
                            if (pass == 0) mean[0] += p / n, mean[1] += q / n;
                            else difference += fabs(p - q), spread += fabs(p - mean[0]) + fabs(q - mean[1]);
                        }
            ck_assert_double_lt(fabs(mean[0] - mean[1]), 8);
            ck_assert_msg(difference < 0.75 * spread, "%s %d: %g of %g", orr_image_sets[k]->name, label, difference, spread);
        }
}
END_TEST

START_TEST(boxes_hold_the_silhouettes_of_things)
{
    static const char *const names[] = {"shapes", "litter"};
    static unsigned char bytes[32 * 32 * 3];
    struct orr_studio s;
    struct orr_pixel_box box;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 64; i++) {
            const struct orr_image_set *set = orr_image_set_find(names[k], strlen(names[k]));
            draw(&s, set, 100 + (uint64_t)i, i % set->classes, 32, bytes);
            ck_assert(orr_mask_box(&s.object, 0.5f, &box));
            ck_assert(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= 32 && box.y1 <= 32);
            ck_assert_int_ge(box.x1 - box.x0, 4);
            double inside = 0;
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++) {
                    const bool in = x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1;
                    inside += in ? (double)s.object.a[y * 32 + x] : 0;
                    ck_assert(in || s.object.a[y * 32 + x] < 0.5f);
                }
            ck_assert_double_gt(inside, 0.9 * orr_mask_area(&s.object));
            ck_assert_double_gt(inside, 20);
            orr_studio_free(&s);
        }
    draw(&s, orr_image_set_find("textures", 8), 1, 0, 32, bytes);
    ck_assert(!orr_mask_box(&s.object, 0.5f, &box)); /* all of it is texture */
    orr_studio_free(&s);
}
END_TEST

START_TEST(pieces_of_litter_lie_where_they_are_put_and_shadows_beside_them)
{
    struct orr_studio s;
    struct orr_rng rng;
    struct orr_pixel_box box;
    ck_assert(orr_studio_init(&s, 80, 60));
    for (int kind = 0; kind < ORR_LITTER_KINDS; kind++) {
        orr_rng_seed(&rng, 1, (uint64_t)kind);
        orr_ground_paint(&s, (enum orr_ground)kind, &rng);
        orr_litter_draw(&s, (enum orr_litter)kind, orr_affine_pose(50, 20, 0, 15, 15), &rng);
        ck_assert(orr_mask_box(&s.object, 0.5f, &box));
        ck_assert(box.x0 >= 30 && box.x1 <= 70 && box.y0 >= 0 && box.y1 <= 40);
        ck_assert_double_eq_tol((box.y0 + box.y1) / 2.0, 20, 6);
        const size_t at = 3 * ((size_t)20 * 80 + 50);
        float before = s.picture.rgb[at], outside = 0, after = 0;
        for (int y = 0; y < 60; y++) outside += s.picture.rgb[3 * (size_t)(y * 80 + box.x1 + 1)];
        if (s.object.a[at / 3] >= 1) {
            orr_studio_shadow(&s, 2, 1, 2, 0.7);
            ck_assert_float_eq(before, s.picture.rgb[at]);
            for (int y = 0; y < 60; y++) after += s.picture.rgb[3 * (size_t)(y * 80 + box.x1 + 1)];
            ck_assert_float_lt(after, outside);
        }
        ck_assert(orr_litter_material((enum orr_litter)kind) < ORR_MATERIALS);
    }
    orr_studio_free(&s);
}
END_TEST

static struct orr_dataset load(const char *name)
{
    struct orr_dataset d;
    struct orr_error err;
    ck_assert_msg(orr_dataset_load(name, &d, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return d;
}

START_TEST(drawn_data_sets_are_balanced_and_their_splits_their_own)
{
    struct orr_dataset a = load("litter:12:80"), b = load("litter:12:160"), grey = load("litter:12:80:grey");
    ck_assert(a.sample.size[0] == 3 && a.sample.size[1] == 12 && a.width == 432 && a.classes == 8);
    ck_assert(grey.sample.size[0] == 1 && grey.width == 144);
    ck_assert_uint_eq(a.n[ORR_TRAIN], 80);
    ck_assert_uint_eq(a.n[ORR_TEST], 200);
    for (int s = 0; s < ORR_SPLITS; s++) {
        size_t count[8] = {0};
        for (size_t i = 0; i < a.n[s]; i++) count[a.label[s][i]]++;
        for (int k = 0; k < 8; k++) ck_assert_uint_eq(count[k], a.n[s] / 8);
    }
    /* More pictures to train on leave those of the test as they are: up to the scale, which follows from the training split. */
    const orr_real *p = a.x[ORR_TEST], *q = b.x[ORR_TEST];
    const orr_real slope = (q[1] - q[0]) / (p[1] - p[0]);
    for (size_t i = 2; i < a.width; i++) ck_assert_double_eq_tol(q[i] - q[0], slope * (p[i] - p[0]), 1e-3);
    ck_assert_mem_ne(a.x[ORR_TRAIN], a.x[ORR_TEST], a.width * sizeof *p);
    ck_assert_mem_ne(a.x[ORR_TRAIN], a.x[ORR_VALIDATION], a.width * sizeof *p);
    orr_dataset_free(&a);
    orr_dataset_free(&b);
    orr_dataset_free(&grey);
}
END_TEST

START_TEST(wrong_options_of_a_drawn_set_are_named_errors)
{
    static const char *const bad[] = {"shapes:", "shapes:7", "shapes:97", "shapes:16:0", "shapes:16:", "shapes:16:200:gray",
                                      "shapes:x", "shapes:16:9999999", "shapes:16:20:30", "shapes::200",
                                      "shapes:99999999999999999999999999999999999999999999"};
    struct orr_dataset d;
    struct orr_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.message[0] = '\0';
        ck_assert_msg(orr_dataset_load(bad[i], &d, &err) == ORR_EINVAL && strstr(err.message, "SIDE"), "%s", bad[i]);
    }
    ck_assert_int_eq(orr_dataset_load("shape", &d, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_dataset_load("shapesx:16", &d, &err), ORR_ENOTFOUND);
}
END_TEST

START_TEST(a_cnn_tells_drawn_classes_apart_far_better_than_chance)
{
    static const char *const sets[] = {"shapes:12:480", "textures:12:480", "land-cover:12:480", "litter:12:480"};
    static const double floors[] = {0.3, 0.3, 0.6, 0.3}; /* of eight classes: chance is 0.125 */
    struct orr_error err;
    for (size_t k = 0; k < 4; k++) {
        struct orr_dataset d = load(sets[k]);
        struct orr_train_options o = orr_train_defaults();
        struct orr_train *t;
        o.arch = "cnn:8-16-32";
        o.batch = 16;
        o.epochs = 10;
        o.optim.lr = 3e-3;
        ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_OK);
        for (int i = 0; i < 10; i++) ck_assert_int_eq(orr_train_epoch(t, NULL, &err), ORR_OK);
        ck_assert_msg(orr_train_state(t).validation_accuracy > floors[k], "%s: %g", sets[k],
                      orr_train_state(t).validation_accuracy);
        orr_train_close(t);
        orr_dataset_free(&d);
    }
}
END_TEST

ORR_SUITE("image", coverage_is_the_area_of_the_inside, a_stroke_covers_its_crossings_too,
          outlines_outside_of_all_bounds_do_no_harm, affine_maps_turn_before_they_scale_and_move,
          paint_covers_multiplies_and_adds,
          blur_keeps_the_amount_and_the_border_repeats, masks_shift_cut_and_are_boxed, noise_is_bounded_smooth_and_the_seeds_own,
          the_same_number_gives_the_same_bytes_and_another_one_others, a_larger_picture_shows_the_same_in_more_detail,
          boxes_hold_the_silhouettes_of_things, pieces_of_litter_lie_where_they_are_put_and_shadows_beside_them,
          drawn_data_sets_are_balanced_and_their_splits_their_own, wrong_options_of_a_drawn_set_are_named_errors,
          a_cnn_tells_drawn_classes_apart_far_better_than_chance)
