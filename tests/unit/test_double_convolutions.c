/* Gradients of convolutions and pooling (gradients.h), on odd sizes and at borders. */
#include "gradients.h"

static int stride, pad, groups;
static struct orr_var *build_conv_any(struct orr_var **l)
{
    return orr_conv2d(l[0], l[1], l[2], stride, pad, groups, ORR_ACT_SILU);
}

START_TEST(convolution_with_strides_padding_groups_and_odd_borders)
{
    static struct check c;
    struct {
        int stride, pad, groups, ch, h, w, o, k;
    } const cases[] = {{1, 0, 1, 3, 5, 7, 4, 1}, {2, 1, 1, 2, 7, 5, 3, 3}, {3, 2, 1, 1, 8, 6, 2, 5},
                       {1, 1, 4, 4, 4, 3, 4, 3}, {2, 0, 2, 4, 6, 6, 6, 2}, {1, 2, 1, 1, 2, 1, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stride = cases[i].stride;
        pad = cases[i].pad;
        groups = cases[i].groups;
        c = (struct check){.build = build_conv_any};
        leaf(&c, orr_shape4(2, cases[i].ch, cases[i].h, cases[i].w));
        leaf(&c, orr_shape4(cases[i].o, cases[i].ch / groups, cases[i].k, cases[i].k));
        leaf(&c, orr_shape1(cases[i].o));
        expect_gradients(&c);
    }
}
END_TEST

static bool packed_bias;
static struct orr_var *build_conv_packed(struct orr_var **l)
{
    /* twice, so that a gradient is also added to one that is there */
    return orr_add(orr_conv2d_packed(l[0], l[1], packed_bias ? l[2] : NULL, stride, pad),
                   orr_conv2d_packed(l[0], l[1], NULL, stride, pad));
}

START_TEST(packed_convolution_with_strides_padding_and_odd_borders)
{
    static struct check c;
    struct {
        int stride, pad, ch, h, w, o, k;
    } const cases[] = {{1, 0, 3, 5, 7, 9, 1}, {1, 1, 2, 4, 9, 5, 3}, {2, 1, 2, 7, 5, 3, 3}, {2, 2, 1, 8, 6, 2, 6},
                       {1, 0, 2, 6, 5, 1, 3}, {2, 0, 2, 5, 4, 2, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stride = cases[i].stride;
        pad = cases[i].pad;
        packed_bias = i % 2 == 0;
        c = (struct check){.build = build_conv_packed};
        leaf(&c, orr_shape4(2, cases[i].ch, cases[i].h, cases[i].w));
        leaf(&c, orr_shape4(cases[i].o, cases[i].ch, cases[i].k, cases[i].k));
        if (packed_bias) leaf(&c, orr_shape1(cases[i].o));
        expect_gradients(&c);
    }
}
END_TEST

static struct orr_var *build_max(struct orr_var **l) { return orr_max_pool2d(l[0], 3, 2, 1); }
static struct orr_var *build_max2(struct orr_var **l) { return orr_max_pool2d(l[0], 2, 2, 0); }
static struct orr_var *build_sppf(struct orr_var **l) { return orr_max_pool2d(l[0], 5, 1, 2); }
static struct orr_var *build_avg(struct orr_var **l) { return orr_avg_pool2d(l[0], 3, 2, 1); }
static struct orr_var *build_avg_same(struct orr_var **l) { return orr_avg_pool2d(l[0], 3, 1, 1); }
static struct orr_var *build_avg_wide(struct orr_var **l) { return orr_avg_pool2d(l[0], 9, 1, 4); }
static struct orr_var *build_avg_even(struct orr_var **l) { return orr_avg_pool2d(l[0], 2, 1, 1); }
static struct orr_var *build_global(struct orr_var **l) { return orr_global_avg_pool(l[0]); }
static struct orr_var *build_up(struct orr_var **l) { return orr_upsample2x(l[0]); }

START_TEST(pooling_and_upsampling)
{
    static struct check c;
    struct orr_var *(*const builds[])(struct orr_var **) = {build_max,      build_max2,     build_sppf,     build_avg,
                                                            build_avg_same, build_avg_wide, build_avg_even, build_global,
                                                            build_up};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        c = (struct check){.build = builds[i]};
        leaf(&c, orr_shape4(2, 3, 5, 7));
        expect_gradients(&c);
    }
}
END_TEST

/* The mean of what of the window lies inside the image. */
static double window_mean(const double *x, int h, int w, int y0, int x0, int size)
{
    double sum = 0;
    int n = 0;
    for (int y = y0; y < y0 + size; y++)
        for (int c = x0; c < x0 + size; c++)
            if (y >= 0 && y < h && c >= 0 && c < w) sum += x[y * w + c], n++;
    return sum / n;
}

START_TEST(average_pooling_is_the_mean_of_each_window)
{
    enum { H = 6, W = 9 };
    struct orr_rng r;
    double x[H * W];
    orr_rng_seed(&r, 5, 0);
    for (int i = 0; i < H * W; i++) x[i] = orr_rng_normal(&r);
    const int cases[][3] = {{3, 1, 1}, {5, 1, 2}, {9, 1, 4}, {13, 1, 6}, {1, 1, 0}, {2, 1, 1}, {3, 2, 1}, {2, 2, 0}};
    struct orr_tape *t = orr_tape_new();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int size = cases[k][0], step = cases[k][1], border = cases[k][2];
        const struct orr_var *y = orr_avg_pool2d(orr_tape_input(t, orr_shape4(1, 1, H, W), x), size, step, border);
        const int oh = y->shape.size[2], ow = y->shape.size[3];
        for (int i = 0; i < oh * ow; i++) {
            const double want = window_mean(x, H, W, i / ow * step - border, i % ow * step - border, size);
            ck_assert_msg(fabs(y->value[i] - want) < 1e-12, "size %d at %d: %g is not %g", size, i, y->value[i], want);
        }
    }
    orr_tape_free(t);
}
END_TEST

ORR_SUITE("gradients of convolutions", convolution_with_strides_padding_groups_and_odd_borders,
          packed_convolution_with_strides_padding_and_odd_borders, pooling_and_upsampling,
          average_pooling_is_the_mean_of_each_window)
