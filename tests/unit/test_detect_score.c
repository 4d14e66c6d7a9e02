/* Suppression and scores: worked out by hand, and against an independent implementation (tests/data/detect_score.py). */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "methods/detect/score.h"

#define NEAR(a, b) ck_assert_double_eq_tol((a), (b), 1e-9)

static struct orr_label object(float x0, float y0, float x1, float y1, int class)
{
    return (struct orr_label){{x0, y0, x1, y1}, class};
}
static struct orr_detection found(float x0, float y0, float x1, float y1, float confidence, int class)
{
    return (struct orr_detection){{x0, y0, x1, y1}, confidence, class};
}

START_TEST(overlap_is_intersection_over_union)
{
    const struct orr_box a = {0, 0, 10, 10}, b = {5, 0, 15, 10}, c = {10, 0, 20, 10}, empty = {3, 3, 3, 3};
    NEAR(orr_box_iou(&a, &a), 1);
    NEAR(orr_box_iou(&a, &b), 1.0 / 3);
    NEAR(orr_box_iou(&a, &c), 0);
    NEAR(orr_box_iou(&a, &empty), 0);
}
END_TEST

START_TEST(suppression_keeps_the_most_confident_of_a_class)
{
    /* Rows: centre, size, objectness, two classes. The second lies nearly on the first; the third too, but is of
     * another class. */
    static const float rows[] = {10, 10, 10, 10, .9f, .9f, .1f, 11, 10, 10, 10, .8f, .9f, .2f,
                                 10, 11, 10, 10, .9f, .1f, .8f, 50, 50, 10, 10, .5f, .4f, .6f,
                                 80, 80, 10, 10, .1f, .9f, .9f, 10, 10, 10, 10, NAN, 1,   1};
    struct orr_nms_options o = orr_nms_deploy();
    struct orr_detection d[300];
    ck_assert_uint_eq(orr_nms(rows, 6, 2, &o, d), 3);
    ck_assert_int_eq(d[0].class, 0);
    ck_assert_float_eq_tol(d[0].confidence, .81f, 1e-6f);
    ck_assert_float_eq_tol(d[0].box.x0, 5, 1e-6f);
    ck_assert_int_eq(d[1].class, 1);
    ck_assert_float_eq_tol(d[2].confidence, .3f, 1e-6f);
    o.across = true;
    ck_assert_uint_eq(orr_nms(rows, 6, 2, &o, d), 2);
    o.most = 1;
    ck_assert_uint_eq(orr_nms(rows, 6, 2, &o, d), 1);
    o = orr_nms_evaluate(); /* all classes of all rows: one of each class of the three that meet, two each of the others */
    ck_assert_uint_eq(orr_nms(rows, 6, 2, &o, d), 6);
}
END_TEST

/* Class 0: two objects. Best first: true, false, true: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1; envelope 1, 2/3, 2/3:
 * 51 recalls up to .5 have 1, the other 50 have 2/3. */
START_TEST(average_precision_worked_out_by_hand)
{
    const struct orr_label one[] = {object(0, 0, 10, 10, 0)}, two[] = {object(20, 20, 40, 40, 0)};
    const struct orr_detection first[] = {found(0, 0, 10, 10, .9f, 0), found(50, 50, 60, 60, .8f, 0)};
    const struct orr_detection second[] = {found(20, 20, 40, 40, .7f, 0)};
    struct orr_score s = {0};
    struct orr_scores *r = orr_xcalloc(1, sizeof *r);
    orr_score_init(&s, 2);
    orr_score_add(&s, 100, 100, one, 1, first, 2);
    orr_score_add(&s, 100, 100, two, 1, second, 1);
    orr_score_compute(&s, NULL, 0, r);
    const double expected = (51 + 50 * 2.0 / 3) / 101;
    NEAR(r->map50, expected);
    NEAR(r->map, expected);
    NEAR(r->class_score[0].ap50, expected);
    ck_assert(isnan(r->class_score[1].ap50)); /* a class without objects does not count */
    ck_assert_uint_eq(r->objects, 2);
    /* F1 is highest where everything is taken: p 2/3, r 1, f1 .8. */
    NEAR(r->precision, 2.0 / 3);
    NEAR(r->recall, 1);
    NEAR(r->f1, .8);
    /* Sizes: 1 % and 4 % of the image are medium; the false one too. */
    NEAR(r->ap_size[ORR_SIZE_MEDIUM], expected);
    ck_assert(isnan(r->ap_size[ORR_SIZE_SMALL]));
    ck_assert_uint_eq(r->objects_size[ORR_SIZE_MEDIUM], 2);
    /* The first image twice, the second never: one object, found. */
    const size_t of[] = {0, 0};
    orr_score_compute(&s, of, 2, r);
    NEAR(r->map50, 1);
    ck_assert_uint_eq(r->objects, 2);
    orr_score_free(&s);
    free(r);
}
END_TEST

START_TEST(an_object_is_taken_once_and_overlap_decides_at_which_thresholds)
{
    const struct orr_label one[] = {object(0, 0, 10, 10, 0)};
    /* IoU .6 exactly, then the very box: at .5, .55, .6 the first takes it and the second is false; above, the second is true. */
    const struct orr_detection d[] = {found(0, 0, 6, 10, .9f, 0), found(0, 0, 10, 10, .8f, 0)};
    struct orr_score s = {0};
    struct orr_scores *r = orr_xcalloc(1, sizeof *r);
    orr_score_init(&s, 1);
    orr_score_add(&s, 100, 100, one, 1, d, 2);
    orr_score_compute(&s, NULL, 0, r);
    NEAR(r->map50, 1);
    NEAR(r->map, (3 * 1 + 7 * .5) / 10);
    orr_score_free(&s);
    free(r);
}
END_TEST

START_TEST(the_matrix_counts_confusions_misses_and_false_alarms)
{
    const struct orr_label l[] = {object(0, 0, 10, 10, 0), object(30, 30, 50, 50, 1), object(60, 60, 80, 80, 1)};
    const struct orr_detection d[] = {found(0, 0, 10, 10, .9f, 0), found(30, 30, 50, 49, .8f, 0),
                                      found(80, 0, 90, 10, .7f, 1),
                                      found(60, 60, 80, 80, .2f, 1)}; /* the last is not confident enough */
    struct orr_score s = {0};
    struct orr_scores *r = orr_xcalloc(1, sizeof *r);
    static const double expected[9] = {1, 1, 0, 0, 0, 1, 0, 1, 0};
    orr_score_init(&s, 2);
    orr_score_add(&s, 100, 100, l, 3, d, 4);
    orr_score_compute(&s, NULL, 0, r);
    for (int k = 0; k < 9; k++) NEAR(r->matrix[k], expected[k]);
    orr_score_free(&s);
    free(r);
}
END_TEST

START_TEST(nothing_at_all_is_no_number)
{
    struct orr_score s = {0};
    struct orr_scores *r = orr_xcalloc(1, sizeof *r);
    const struct orr_detection d[] = {found(0, 0, 10, 10, .9f, 0)};
    orr_score_init(&s, 2);
    orr_score_compute(&s, NULL, 0, r);
    ck_assert(isnan(r->map50) && isnan(r->f1));
    orr_score_add(&s, 10, 10, NULL, 0, d, 1); /* an image without objects */
    orr_score_add(&s, 10, 10, NULL, 0, NULL, 0);
    orr_score_compute(&s, NULL, 0, r);
    ck_assert(isnan(r->map50));
    ck_assert_uint_eq(r->images, 2);
    NEAR(r->matrix[0 * 3 + 2], 1);
    orr_score_free(&s);
    free(r);
}
END_TEST

static double at(struct json_object *o, const char *key)
{
    struct json_object *x;
    ck_assert(json_object_object_get_ex(o, key, &x));
    return json_object_get_double(x);
}
static double item(struct json_object *a, size_t k) { return json_object_get_double(json_object_array_get_idx(a, k)); }

START_TEST(scores_are_those_of_an_independent_implementation)
{
    struct json_object *g, *images, *labels, *list, *ap50, *ap;
    struct orr_error err;
    struct orr_score s = {0};
    struct orr_scores *r = orr_xcalloc(1, sizeof *r);
    ck_assert_int_eq(orr_json_parse_file("tests/data/detect/score.json", 1 << 20, &g, &err), ORR_OK);
    ck_assert(json_object_object_get_ex(g, "images", &images) && json_object_object_get_ex(g, "ap50", &ap50) &&
              json_object_object_get_ex(g, "ap", &ap));
    orr_score_init(&s, (int)at(g, "classes"));
    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct orr_label l[16];
        struct orr_detection d[32];
        struct json_object *image = json_object_array_get_idx(images, i);
        ck_assert(json_object_object_get_ex(image, "labels", &labels) &&
                  json_object_object_get_ex(image, "found", &list));
        const size_t n_labels = json_object_array_length(labels), n = json_object_array_length(list);
        ck_assert(n_labels <= 16 && n <= 32);
        for (size_t k = 0; k < n_labels; k++) {
            struct json_object *x = json_object_array_get_idx(labels, k);
            l[k] = object((float)item(x, 1), (float)item(x, 2), (float)item(x, 3), (float)item(x, 4), (int)item(x, 0));
        }
        for (size_t k = 0; k < n; k++) {
            struct json_object *x = json_object_array_get_idx(list, k);
            d[k] = found((float)item(x, 2), (float)item(x, 3), (float)item(x, 4), (float)item(x, 5), (float)item(x, 1),
                         (int)item(x, 0));
        }
        orr_score_add(&s, (int)at(g, "side"), (int)at(g, "side"), l, n_labels, d, n);
    }
    orr_score_compute(&s, NULL, 0, r);
    for (size_t c = 0; c < 3; c++) {
        ck_assert_double_eq_tol(r->class_score[c].ap50, item(ap50, c), 1e-9);
        ck_assert_double_eq_tol(r->class_score[c].ap, item(ap, c), 1e-9);
    }
    ck_assert_double_eq_tol(r->map50, at(g, "map50"), 1e-9);
    ck_assert_double_eq_tol(r->map, at(g, "map"), 1e-9);
    ck_assert_double_eq_tol(r->confidence, at(g, "confidence"), 1e-9);
    ck_assert_double_eq_tol(r->precision, at(g, "precision"), 1e-9);
    ck_assert_double_eq_tol(r->recall, at(g, "recall"), 1e-9);
    ck_assert_double_eq_tol(r->f1, at(g, "f1"), 1e-9);
    orr_score_free(&s);
    json_object_put(g);
    free(r);
}
END_TEST

ORR_SUITE("detect_score", overlap_is_intersection_over_union, suppression_keeps_the_most_confident_of_a_class,
          average_precision_worked_out_by_hand, an_object_is_taken_once_and_overlap_decides_at_which_thresholds,
          the_matrix_counts_confusions_misses_and_false_alarms, nothing_at_all_is_no_number,
          scores_are_those_of_an_independent_implementation)
