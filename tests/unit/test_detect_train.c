/* What a detector learns from: the box loss, who answers for which object, changed pictures, anchors, checkpoints. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "base/mem.h"
#include "methods/detect/fit.h"
#include "methods/detect/yolo_file.h"

START_TEST(the_gradient_of_ciou_is_that_of_its_value)
{
    static const double cases[][8] = {{5, 5, 4, 6, 5.6, 4, 5, 5},     {5, 5, 4, 4, 5.1, 5.1, 1, 1},
                                      {5, 5, 1, 2, 5.2, 5.1, 6, 7},   {5, 5, 4, 4, 20, 25, 3, 8},
                                      {5, 5, 4, 4, 8, 5, 3, 9},       {.3, -.2, 7, .5, 0, 0, .6, 8},
                                      {1, 1, 2, 2, 1.01, 1, 2.2, 2.1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double p[4], t[4];
        memcpy(p, cases[k], sizeof p);
        memcpy(t, cases[k] + 4, sizeof t);
        const struct orr_ciou c = orr_ciou(p, t);
        for (int i = 0; i < 4; i++) {
            double f[4]; /* of fourth order, alpha held */
            const double keep = p[i], h = 1e-4;
            for (int j = 0; j < 4; j++) {
                p[i] = keep + h * (j < 2 ? j - 2 : j - 1);
                const struct orr_ciou d = orr_ciou(p, t);
                f[j] = d.iou - d.distance - c.alpha * d.v;
            }
            p[i] = keep;
            const double numeric = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
            ck_assert_msg(fabs(numeric - c.gradient[i]) < 1e-6 * (1 + fabs(numeric)), "case %zu, %d: %g, expected %g",
                          k, i, c.gradient[i], numeric);
        }
    }
    const double same[4] = {3, 4, 5, 6};
    ck_assert_double_eq_tol(orr_ciou(same, same).value, 1, 1e-6);
}
END_TEST

START_TEST(objects_are_answered_for_by_fitting_anchors_and_the_nearest_cells)
{
    struct orr_yolo y;
    struct orr_error err;
    struct orr_assignment *a;
    ck_assert_int_eq(orr_yolo_init(&y, ORR_YOLO_PICO, 1, 1, &err), ORR_OK);
    /* 10 x 13 pixels, its centre in cell (2, 3) of stride 8, left of and below the cell's middle. Anchors of sides
     * below 4 times: all
     * three of stride 8 (33 / 10 is), of stride 16 only 30 x 61? 61 / 13 is not. */
    const struct orr_target t = {0, 0, {2 * 8 + 2, 3 * 8 + 6, 10, 13}};
    size_t n = orr_yolo_assign(&y, &t, 1, 64, 64, &a);
    ck_assert_uint_eq(n, 9);
    static const int cells[3][2] = {{2, 3}, {1, 3}, {2, 4}};
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(a[i].level, 0);
        ck_assert_int_eq(a[i].x, cells[i % 3][0]);
        ck_assert_int_eq(a[i].y, cells[i % 3][1]);
        ck_assert_int_eq(a[i].anchor, (int)i / 3);
    }
    free(a);
    const struct orr_target corner = {0, 0, {1, 1, 10, 13}}; /* no cells beyond the border */
    n = orr_yolo_assign(&y, &corner, 1, 64, 64, &a);
    ck_assert_uint_eq(n, 3);
    free(a);
    const struct orr_target huge = {0, 0, {32, 32, 2000, 2}}; /* no anchor fits */
    ck_assert_uint_eq(orr_yolo_assign(&y, &huge, 1, 64, 64, &a), 0);
    free(a);
    orr_yolo_free(&y);
}
END_TEST

/* A picture whose object is a white rectangle on black. */
static struct orr_detect_image picture(int width, int height, int x0, int y0, int x1, int y1, int class)
{
    struct orr_detect_image i = {.n_labels = 1, .labels = orr_xcalloc(1, sizeof *i.labels)};
    ck_assert(orr_image_init(&i.image, width, height));
    for (int y = y0; y < y1; y++) memset(i.image.rgb + 3 * (y * width + x0), 255, 3 * (size_t)(x1 - x0));
    i.labels[0] = (struct orr_label){{(float)x0, (float)y0, (float)x1, (float)y1}, class};
    return i;
}

static void fill_set(struct orr_detect_set *s, size_t n, int size)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 4, 4);
    for (size_t k = 0; k < n; k++) {
        const int w = 10 + (int)orr_rng_below(&rng, 20), h = 10 + (int)orr_rng_below(&rng, 20);
        const int x = (int)orr_rng_below(&rng, (uint64_t)(64 - w)), y = (int)orr_rng_below(&rng, (uint64_t)(64 - h));
        struct orr_detect_image i = picture(64, 64, x, y, x + w, y + h, (int)(k % 2));
        ck_assert(orr_detect_set_add(s, &i, size));
    }
}

/* The bounds of what is white, per object there is only one; 0 where nothing is. */
static bool white_box(const float *planes, int size, double out[4])
{
    int x0 = size, y0 = size, x1 = 0, y1 = 0;
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            if (planes[y * size + x] > .8f) {
                x0 = x < x0 ? x : x0;
                y0 = y < y0 ? y : y0;
                x1 = x + 1 > x1 ? x + 1 : x1;
                y1 = y + 1 > y1 ? y + 1 : y1;
            }
    out[0] = (x0 + x1) / 2.0;
    out[1] = (y0 + y1) / 2.0;
    out[2] = x1 - x0;
    out[3] = y1 - y0;
    return x1 > x0;
}

START_TEST(boxes_move_with_what_they_are_of)
{
    enum { SIZE = 96 };
    static float planes[3 * SIZE * SIZE];
    static struct orr_target t[ORR_TARGETS_MAX];
    struct orr_augment a = orr_augment_defaults();
    struct orr_detect_set s = {0};
    struct orr_detect_image i = picture(64, 48, 20, 10, 50, 30, 1);
    size_t seen = 0;
    ck_assert(orr_detect_set_add(&s, &i, 64));
    a.hue = a.saturation = a.value = 0;
    for (uint64_t k = 0; k < 60; k++) { /* the first ones without mosaic, which would show the object four times */
        struct orr_rng rng;
        double box[4];
        a.mosaic = 0;
        orr_rng_seed(&rng, 9, k);
        const size_t n = orr_augment_sample(&s, 0, SIZE, &a, &rng, 3, planes, t);
        if (!n) continue;
        ck_assert(white_box(planes, SIZE, box));
        ck_assert_int_eq(t[0].image, 3);
        ck_assert_int_eq(t[0].class, 1);
        for (int c = 0; c < 4; c++) ck_assert_double_eq_tol(t[0].box[c], box[c], 2);
        seen++;
    }
    ck_assert_uint_gt(seen, 40);
    a.mosaic = 1;
    for (uint64_t k = 0; k < 60; k++) { /* all objects lie inside */
        struct orr_rng rng;
        orr_rng_seed(&rng, 10, k);
        const size_t n = orr_augment_sample(&s, 0, SIZE, &a, &rng, 0, planes, t);
        ck_assert_uint_le(n, 4);
        for (size_t j = 0; j < n; j++)
            for (int c = 0; c < 2; c++) {
                ck_assert_double_ge(t[j].box[c] - t[j].box[2 + c] / 2, -1e-9);
                ck_assert_double_le(t[j].box[c] + t[j].box[2 + c] / 2, SIZE + 1e-9);
            }
    }
    orr_detect_set_free(&s);
}
END_TEST

START_TEST(another_lamp_turns_hues_all_round_and_leaves_the_boxes)
{
    enum { SIZE = 32, PLANE = SIZE * SIZE };
    static float plain[3 * PLANE], lit[3 * PLANE];
    static struct orr_target t[ORR_TARGETS_MAX], u[ORR_TARGETS_MAX];
    struct orr_augment a = orr_augment_none();
    struct orr_detect_set s = {0};
    struct orr_detect_image i = picture(SIZE, SIZE, 4, 8, 20, 24, 1);
    int strongest[3] = {0};
    for (int k = 0; k < PLANE; k++) memcpy(i.image.rgb + 3 * k, (const unsigned char[]){200, 40, 40}, 3); /* red */
    ck_assert(orr_detect_set_add(&s, &i, SIZE));
    for (uint64_t k = 0; k < 90; k++) {
        struct orr_rng rng, same;
        orr_rng_seed(&rng, 11, k);
        same = rng;
        a.lamps = 0;
        const size_t n = orr_augment_sample(&s, 0, SIZE, &a, &rng, 0, plain, t);
        a.lamps = 1;
        ck_assert_uint_eq(orr_augment_sample(&s, 0, SIZE, &a, &same, 0, lit, u), n);
        ck_assert_uint_eq(n, 1);
        ck_assert_mem_eq(t[0].box, u[0].box, sizeof t[0].box);
        ck_assert_float_eq_tol(plain[0], 200 / 255.f, 1e-4f);
        const float r = lit[0], g = lit[PLANE], b = lit[2 * PLANE];
        ck_assert(r >= 0 && g >= 0 && b >= 0 && r <= 1 && g <= 1 && b <= 1);
        strongest[r > g && r > b ? 0 : g > b ? 1 : 2]++;
    }
    for (int c = 0; c < 3; c++) ck_assert_int_gt(strongest[c], 15);
    orr_detect_set_free(&s);
}
END_TEST

START_TEST(large_pictures_are_shrunk_with_their_boxes)
{
    struct orr_detect_set s = {0};
    struct orr_detect_image i = picture(200, 100, 20, 40, 60, 80, 0);
    ck_assert(orr_detect_set_add(&s, &i, 50));
    ck_assert_int_eq(s.images[0].image.width, 50);
    ck_assert_int_eq(s.images[0].image.height, 25);
    ck_assert_float_eq_tol(s.images[0].labels[0].box.x0, 5, 1e-4f);
    ck_assert_float_eq_tol(s.images[0].labels[0].box.y1, 20, 1e-4f);
    orr_detect_set_free(&s);
}
END_TEST

START_TEST(anchors_fit_the_boxes_better_than_those_of_coco)
{
    struct orr_yolo y;
    struct orr_error err;
    struct orr_detect_set s = {0};
    double before, after, last = 0;
    ck_assert_int_eq(orr_yolo_init(&y, ORR_YOLO_PICO, 2, 1, &err), ORR_OK);
    fill_set(&s, 8, 64);
    ck_assert(!orr_yolo_fit_anchors(&y, &s, 64, 1, &before, &after)); /* fewer boxes than anchors */
    fill_set(&s, 60, 64);
    ck_assert(orr_yolo_fit_anchors(&y, &s, 64, 1, &before, &after));
    ck_assert_double_gt(after, before);
    ck_assert_double_gt(after, .75);
    for (int k = 0; k < 9; k++) {
        const double *a = y.anchor[k / 3][k % 3];
        ck_assert_double_ge(a[0] * a[1], last);
        last = a[0] * a[1];
    }
    orr_detect_set_free(&s);
    orr_yolo_free(&y);
}
END_TEST

static bool stop_after(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return (*(int *)ctx)-- > 0;
}

static struct orr_yolo_fit *start(const struct orr_detect_set *s, int epochs)
{
    static const char *const names[] = {"left", "right"};
    struct orr_yolo_fit_options o = orr_yolo_fit_defaults(ORR_YOLO_PICO, epochs);
    struct orr_yolo_fit *f;
    struct orr_error err;
    o.size = 64;
    o.batch = 4;
    ck_assert_int_eq(orr_yolo_fit_open(&o, s, 2, names, &f, &err), ORR_OK);
    return f;
}

static void expect_same_weights(struct orr_yolo_fit *a, struct orr_yolo_fit *b)
{
    const struct orr_yolo *x = orr_yolo_fit_mean(a), *y = orr_yolo_fit_mean(b);
    ck_assert_mem_eq(x->params.value, y->params.value, x->params.n * sizeof *x->params.value);
    ck_assert_mem_eq(x->state, y->state, x->n_state * sizeof *x->state);
    ck_assert_mem_eq(x->anchor, y->anchor, sizeof x->anchor);
}

START_TEST(a_resumed_training_ends_with_the_same_bytes_and_a_stopped_epoch_is_undone)
{
    const char *path = aid_file_write("x.ckpt", "", 0);
    struct orr_detect_set s = {0};
    struct orr_error err;
    fill_set(&s, 12, 64);
    struct orr_yolo_fit *whole = start(&s, 3), *first = start(&s, 3), *second = start(&s, 3);
    for (int e = 0; e < 3; e++) ck_assert_int_eq(orr_yolo_fit_epoch(whole, NULL, &err), ORR_OK);
    const size_t allocations = orr_yolo_fit_allocations(whole);
    ck_assert_int_eq(orr_yolo_fit_epoch(whole, NULL, &err), ORR_OK); /* all done: nothing happens */
    ck_assert_int_eq(orr_yolo_fit_state(whole).epoch, 3);
    ck_assert_uint_eq(orr_yolo_fit_allocations(whole), allocations);
    ck_assert(isfinite(orr_yolo_fit_state(whole).box) && orr_yolo_fit_state(whole).step == 9);

    ck_assert_int_eq(orr_yolo_fit_epoch(first, NULL, &err), ORR_OK);
    int left = 1;
    const struct orr_ticker ticker = {stop_after, &left};
    ck_assert_int_eq(orr_yolo_fit_epoch(first, &ticker, &err), ORR_ECANCELLED);
    ck_assert_int_eq(orr_yolo_fit_state(first).epoch, 1);
    ck_assert_int_eq(orr_yolo_fit_save(first, path, &err), ORR_OK);
    ck_assert_int_eq(orr_yolo_fit_load(second, path, &err), ORR_OK);
    expect_same_weights(first, second);
    for (int e = 0; e < 2; e++) ck_assert_int_eq(orr_yolo_fit_epoch(second, NULL, &err), ORR_OK);
    expect_same_weights(whole, second);

    struct orr_detect_set other = {0};
    fill_set(&other, 10, 64);
    struct orr_yolo_fit *wrong = start(&other, 3);
    ck_assert_int_eq(orr_yolo_fit_load(wrong, path, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "images"));
    orr_yolo_fit_close(whole);
    orr_yolo_fit_close(first);
    orr_yolo_fit_close(second);
    orr_yolo_fit_close(wrong);
    orr_detect_set_free(&s);
    orr_detect_set_free(&other);
}
END_TEST

START_TEST(training_lowers_the_losses_of_boxes_and_classes)
{
    struct orr_detect_set s = {0};
    struct orr_error err;
    fill_set(&s, 24, 64);
    struct orr_yolo_fit *f = start(&s, 12);
    ck_assert_int_eq(orr_yolo_fit_epoch(f, NULL, &err), ORR_OK);
    const struct orr_yolo_fit_state first = orr_yolo_fit_state(f);
    for (int e = 1; e < 12; e++) ck_assert_int_eq(orr_yolo_fit_epoch(f, NULL, &err), ORR_OK);
    const struct orr_yolo_fit_state last = orr_yolo_fit_state(f);
    ck_assert_msg(last.box < .95 * first.box, "box %g, at first %g", last.box, first.box);
    ck_assert_msg(last.class < first.class, "class %g, at first %g", last.class, first.class);
    orr_yolo_fit_close(f);
    orr_detect_set_free(&s);
}
END_TEST

ORR_SUITE_IN_FOLDER("detect_train", the_gradient_of_ciou_is_that_of_its_value,
                    objects_are_answered_for_by_fitting_anchors_and_the_nearest_cells, boxes_move_with_what_they_are_of,
                    another_lamp_turns_hues_all_round_and_leaves_the_boxes, large_pictures_are_shrunk_with_their_boxes,
                    anchors_fit_the_boxes_better_than_those_of_coco,
                    a_resumed_training_ends_with_the_same_bytes_and_a_stopped_epoch_is_undone,
                    training_lowers_the_losses_of_boxes_and_classes)
