/* The network: sizes, both ways of evaluating it, its files. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ops.h>

#include "methods/detect/detect.h"
#include "methods/detect/infer.h"

static struct orr_yolo network(enum orr_yolo_kind kind, int classes)
{
    struct orr_yolo y;
    struct orr_error err;
    struct orr_rng rng;
    ck_assert_int_eq(orr_yolo_init(&y, kind, classes, 3, &err), ORR_OK);
    orr_rng_seed(&rng, 5, 5);
    for (size_t i = 0; i < y.n_state; i++) y.state[i] = (orr_real)(0.5 + 0.5 * orr_rng_uniform(&rng));
    for (size_t k = 0; k < y.params.n_tensors; k++) /* gains and biases that matter */
        for (size_t i = 0; y.params.tensor[k].shape.axes == 1 && i < orr_shape_count(y.params.tensor[k].shape); i++)
            orr_params_value(&y.params, k)[i] += (orr_real)(0.2 * orr_rng_normal(&rng));
    return y;
}

START_TEST(networks_have_as_many_parameters_as_published)
{
    static const struct {
        enum orr_yolo_kind kind;
        int classes;
        size_t parameters;
    } cases[] = {{ORR_YOLO_N, 80, 1872157}, {ORR_YOLO_S, 80, 7235389}, {ORR_YOLO_M, 80, 21190557},
                 {ORR_YOLO_N, 6, 1772035},  {ORR_YOLO_S, 6, 7035811},  {ORR_YOLO_PICO, 6, 449587}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_yolo y;
        struct orr_error err;
        ck_assert_int_eq(orr_yolo_init(&y, cases[i].kind, cases[i].classes, 1, &err), ORR_OK);
        ck_assert_uint_eq(orr_yolo_parameters(&y), cases[i].parameters);
        orr_yolo_free(&y);
    }
}
END_TEST

/* What a kernel does in single precision with this processor's instructions, against the plain way. */
START_TEST(packed_convolutions_give_what_plain_ones_give)
{
    static const struct {
        int in, h, w, out, size, stride, pad;
    } cases[] = {{5, 9, 13, 17, 3, 1, 1},
                 {3, 40, 64, 8, 6, 2, 2},
                 {8, 7, 50, 33, 1, 1, 0},
                 {4, 1, 1, 3, 3, 1, 1},
                 {2, 3, 200, 9, 3, 2, 1}};
    struct orr_rng rng;
    struct orr_tape *t = orr_tape_new();
    orr_rng_seed(&rng, 8, 8);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct orr_shape sx = orr_shape4(2, cases[k].in, cases[k].h, cases[k].w);
        const struct orr_shape sw = orr_shape4(cases[k].out, cases[k].in, cases[k].size, cases[k].size);
        struct orr_var *leaf[3];
        float *values[3];
        const struct orr_shape shapes[3] = {sx, sw, orr_shape1(cases[k].out)};
        orr_tape_reset(t);
        for (int j = 0; j < 3; j++) {
            const size_t n = orr_shape_count(shapes[j]);
            values[j] = malloc(n * sizeof(float));
            for (size_t i = 0; i < n; i++) values[j][i] = (float)orr_rng_normal(&rng);
            leaf[j] = orr_tape_leaf(t, shapes[j], values[j]);
        }
        const struct orr_var *plain =
            orr_conv2d(leaf[0], leaf[1], leaf[2], cases[k].stride, cases[k].pad, 1, ORR_ACT_NONE);
        const struct orr_var *packed = orr_conv2d_packed(leaf[0], leaf[1], leaf[2], cases[k].stride, cases[k].pad);
        ck_assert_uint_eq(plain->n, packed->n);
        for (size_t i = 0; i < plain->n; i++)
            ck_assert_float_le(fabsf(plain->value[i] - packed->value[i]), 1e-5f * (10 + fabsf(plain->value[i])));
        for (int j = 0; j < 3; j++) free(values[j]);
    }
    orr_tape_free(t);
}
END_TEST

static void expect_same_outputs(enum orr_yolo_kind kind, int height, int width, int threads)
{
    struct orr_yolo y = network(kind, 6);
    struct orr_error err;
    struct orr_rng rng;
    struct orr_var *slow[ORR_YOLO_LEVELS];
    const float *fast[ORR_YOLO_LEVELS];
    struct orr_tape *t = orr_tape_new();
    const size_t n = 3 * (size_t)height * (size_t)width;
    float *x = malloc(n * sizeof *x);
    orr_rng_seed(&rng, 6, 6);
    for (size_t i = 0; i < n; i++) x[i] = (float)orr_rng_uniform(&rng);
    orr_tape_record(t, false);
    orr_yolo_forward(&y, t, x, 1, height, width, false, slow);
    struct orr_yolo_infer *f = orr_yolo_infer_new(&y, threads);
    ck_assert_int_eq(orr_yolo_infer_run(f, x, height, width, fast, &err), ORR_OK);
    for (int l = 0; l < ORR_YOLO_LEVELS; l++)
        for (size_t i = 0; i < slow[l]->n; i++)
            ck_assert_float_le(fabsf(slow[l]->value[i] - fast[l][i]), 1e-4f * (1 + fabsf(slow[l]->value[i])));
    orr_yolo_infer_free(f);
    orr_tape_free(t);
    orr_yolo_free(&y);
    free(x);
}

START_TEST(the_fast_way_gives_what_the_tape_gives)
{
    expect_same_outputs(ORR_YOLO_PICO, 96, 64, 1);
    expect_same_outputs(ORR_YOLO_PICO, 32, 32, 2);
    expect_same_outputs(ORR_YOLO_N, 64, 160, 2);
    expect_same_outputs(ORR_YOLO_M, 32, 64, 1); /* chains of bottlenecks */
}
END_TEST

START_TEST(nothing_is_allocated_for_further_images)
{
    struct orr_yolo y = network(ORR_YOLO_PICO, 2);
    struct orr_error err;
    const float *out[ORR_YOLO_LEVELS];
    float *x = calloc(3 * 64 * 64, sizeof *x);
    struct orr_yolo_infer *f = orr_yolo_infer_new(&y, 2);
    ck_assert_int_eq(orr_yolo_infer_run(f, x, 64, 64, out, &err), ORR_OK);
    const size_t before = orr_yolo_infer_allocations(f);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(orr_yolo_infer_run(f, x, i ? 64 : 32, 32, out, &err), ORR_OK);
    ck_assert_uint_eq(orr_yolo_infer_allocations(f), before);
    ck_assert_int_eq(orr_yolo_infer_run(f, x, 40, 64, out, &err), ORR_EINVAL);
    orr_yolo_infer_free(f);
    orr_yolo_free(&y);
    free(x);
}
END_TEST

ORR_SUITE("yolo", networks_have_as_many_parameters_as_published, packed_convolutions_give_what_plain_ones_give,
          the_fast_way_gives_what_the_tape_gives, nothing_is_allocated_for_further_images)
