/* Every operation's gradient against central differences, in double precision, on odd sizes and at borders. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/ode.h>
#include <orrery/ops.h>

enum { MAX_LEAVES = 6, MAX_N = 600 };

struct leaf {
    struct orr_shape shape;
    double value[MAX_N];
};
struct check {
    int n;
    struct leaf leaf[MAX_LEAVES];
    /* The value to differentiate, of any shape: its numbers are summed with fixed random weights. */
    struct orr_var *(*build)(struct orr_var **leaves);
};

static double run(const struct check *c, struct orr_tape *t, double grad[][MAX_N])
{
    struct orr_var *leaf[MAX_LEAVES];
    double weight[8192];
    struct orr_rng rng;
    orr_tape_reset(t);
    for (int k = 0; k < c->n; k++) leaf[k] = orr_tape_leaf(t, c->leaf[k].shape, c->leaf[k].value);
    struct orr_var *y = c->build(leaf);
    orr_rng_seed(&rng, 7, 7);
    ck_assert(y->n <= 8192);
    for (size_t i = 0; i < y->n; i++) weight[i] = orr_rng_normal(&rng);
    struct orr_var *loss = orr_sum(orr_mul(y, orr_tape_input(t, y->shape, weight)));
    const double value = loss->value[0];
    if (grad) {
        orr_tape_backward(loss);
        for (int k = 0; k < c->n; k++)
            for (size_t i = 0; i < leaf[k]->n; i++) grad[k][i] = leaf[k]->grad ? leaf[k]->grad[i] : 0;
    }
    return value;
}

static void expect_gradients(struct check *c)
{
    static double grad[MAX_LEAVES][MAX_N];
    const double h = 1e-5;
    struct orr_tape *t = orr_tape_new();
    run(c, t, grad);
    for (int k = 0; k < c->n; k++)
        for (size_t i = 0; i < orr_shape_count(c->leaf[k].shape); i++) {
            double *x = &c->leaf[k].value[i];
            const double keep = *x;
            double f[4]; /* central differences of order 4: at -2h, -h, h, 2h */
            for (int j = 0; j < 4; j++) {
                *x = keep + h * (j < 2 ? j - 2 : j - 1);
                f[j] = run(c, t, NULL);
            }
            *x = keep;
            const double numeric = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
            ck_assert_msg(fabs(numeric - grad[k][i]) < 1e-6 * (1 + fabs(numeric)), "leaf %d, number %zu: %g, expected %g",
                          k, i, grad[k][i], numeric);
        }
    orr_tape_free(t);
}

static uint64_t stream;

static void leaf(struct check *c, struct orr_shape shape)
{
    struct orr_rng rng;
    struct leaf *l = &c->leaf[c->n++];
    l->shape = shape;
    ck_assert(orr_shape_count(shape) <= MAX_N);
    orr_rng_seed(&rng, 11, stream++);
    for (size_t i = 0; i < orr_shape_count(shape); i++) l->value[i] = 0.5 * orr_rng_normal(&rng);
}

/* ---- what is checked ---- */

static struct orr_var *build_add(struct orr_var **l) { return orr_add(l[0], l[1]); }
static struct orr_var *build_sub(struct orr_var **l) { return orr_sub(l[0], l[1]); }
static struct orr_var *build_mul(struct orr_var **l) { return orr_mul(l[0], l[1]); }
static struct orr_var *build_mul_self(struct orr_var **l) { return orr_mul(l[0], l[0]); }
static struct orr_var *build_combine(struct orr_var **l)
{
    return orr_combine((struct orr_var *[]){l[0], l[1], l[0]}, (double[]){0.5, -2, 3}, 3);
}

START_TEST(sums_products_and_combinations_of_whole_and_repeated_operands)
{
    static struct check c;
    struct orr_var *(*const same[])(struct orr_var **) = {build_add, build_sub, build_mul, build_combine};
    for (size_t i = 0; i < 4; i++) {
        c = (struct check){.build = same[i]};
        leaf(&c, orr_shape3(2, 3, 5));
        leaf(&c, orr_shape3(2, 3, 5));
        expect_gradients(&c);
    }
    struct orr_var *(*const rows[])(struct orr_var **) = {build_add, build_mul};
    for (size_t i = 0; i < 2; i++) {
        c = (struct check){.build = rows[i]};
        leaf(&c, orr_shape3(2, 3, 5));
        leaf(&c, orr_shape2(3, 5));
        expect_gradients(&c);
    }
    c = (struct check){.build = build_mul_self};
    leaf(&c, orr_shape1(17));
    expect_gradients(&c);
}
END_TEST

static enum orr_activation act;
static struct orr_var *build_activate(struct orr_var **l) { return orr_activate(l[0], act); }
static struct orr_var *build_linear(struct orr_var **l) { return orr_linear(l[0], l[1], l[2], act); }
static struct orr_var *build_conv(struct orr_var **l) { return orr_conv2d(l[0], l[1], l[2], 1, 1, 1, act); }

START_TEST(every_activation_alone_and_fused_into_linear_and_convolution)
{
    static struct check c;
    for (act = ORR_ACT_NONE; act <= ORR_ACT_SOFTPLUS; act++) {
        c = (struct check){.build = build_activate};
        leaf(&c, orr_shape2(7, 5));
        expect_gradients(&c);
        c = (struct check){.build = build_linear};
        leaf(&c, orr_shape3(2, 3, 7));
        leaf(&c, orr_shape2(5, 7));
        leaf(&c, orr_shape1(5));
        expect_gradients(&c);
        c = (struct check){.build = build_conv};
        leaf(&c, orr_shape4(2, 3, 5, 4));
        leaf(&c, orr_shape4(4, 3, 3, 3));
        leaf(&c, orr_shape1(4));
        expect_gradients(&c);
    }
}
END_TEST

static struct orr_var *build_linear_plain(struct orr_var **l) { return orr_linear(l[0], l[1], NULL, ORR_ACT_NONE); }

START_TEST(linear_without_bias_and_beyond_the_small_products)
{
    static struct check c;
    c = (struct check){.build = build_linear_plain};
    leaf(&c, orr_shape2(33, 17));
    leaf(&c, orr_shape2(19, 17)); /* 33 * 17 * 19 > 8192: the library's product */
    expect_gradients(&c);
}
END_TEST

static bool ta, tb;
static struct orr_var *build_matmul(struct orr_var **l) { return orr_matmul(l[0], l[1], ta, tb); }

START_TEST(matmul_in_every_transposition_batched_and_with_a_shared_factor)
{
    static struct check c;
    for (int k = 0; k < 8; k++) {
        ta = k & 1;
        tb = k & 2;
        c = (struct check){.build = build_matmul};
        leaf(&c, ta ? orr_shape3(2, 4, 3) : orr_shape3(2, 3, 4));
        if (k & 4)
            leaf(&c, tb ? orr_shape2(5, 4) : orr_shape2(4, 5));
        else
            leaf(&c, tb ? orr_shape3(2, 5, 4) : orr_shape3(2, 4, 5));
        expect_gradients(&c);
    }
}
END_TEST

static const int32_t IDS[] = {3, 0, 3, 6, 1};
static struct orr_var *build_embedding(struct orr_var **l) { return orr_embedding(l[0], IDS, 5); }
static const int32_t BAGS[] = {0, 3, 3, 5}; /* the second is empty */
static struct orr_var *build_embedding_bag(struct orr_var **l) { return orr_embedding_bag(l[0], IDS, BAGS, 3); }
static struct orr_var *build_concat(struct orr_var **l) { return orr_concat(l[0], orr_concat(l[1], l[0])); }
static struct orr_var *build_channels(struct orr_var **l) { return orr_concat_channels(l[0], l[1]); }
static struct orr_var *build_slice(struct orr_var **l) { return orr_add(orr_slice(l[0], 1, 3), orr_slice(l[0], 2, 3)); }
static struct orr_var *build_select(struct orr_var **l) { return orr_mul(orr_select(l[0], 2), orr_select(l[0], 0)); }
static struct orr_var *build_stack(struct orr_var **l)
{
    return orr_stack((struct orr_var *[]){l[0], l[1], l[0], l[1], l[0], l[0], l[1]}, 7);
}
static struct orr_var *build_transpose(struct orr_var **l) { return orr_transpose(l[0]); }
static struct orr_var *build_views(struct orr_var **l) /* one variable through two views */
{
    return orr_add(orr_reshape(l[0], orr_shape2(3, 4)), orr_reshape(orr_activate(l[0], ORR_ACT_TANH), orr_shape2(3, 4)));
}

START_TEST(embedding_and_the_operations_on_shapes)
{
    static struct check c;
    struct {
        struct orr_var *(*build)(struct orr_var **);
        struct orr_shape a, b;
    } const cases[] = {
        {build_embedding, orr_shape2(7, 3), {0}},
        {build_embedding_bag, orr_shape2(7, 3), {0}},
        {build_concat, orr_shape3(2, 3, 4), orr_shape3(2, 3, 1)},
        {build_channels, orr_shape4(2, 3, 2, 2), orr_shape4(2, 1, 2, 2)},
        {build_slice, orr_shape2(4, 5), {0}},
        {build_select, orr_shape3(3, 4, 2), {0}},
        {build_stack, orr_shape2(3, 2), orr_shape2(3, 2)},
        {build_transpose, orr_shape3(2, 3, 4), {0}},
        {build_views, orr_shape2(4, 3), {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        c = (struct check){.build = cases[i].build};
        leaf(&c, cases[i].a);
        if (cases[i].b.axes) leaf(&c, cases[i].b);
        expect_gradients(&c);
    }
}
END_TEST

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
    return orr_add(orr_conv2d_packed(l[0], l[1], packed_bias ? l[2] : NULL, stride, pad), orr_conv2d_packed(l[0], l[1], NULL, stride, pad));
}

START_TEST(packed_convolution_with_strides_padding_and_odd_borders)
{
    static struct check c;
    struct {
        int stride, pad, ch, h, w, o, k;
    } const cases[] = {{1, 0, 3, 5, 7, 9, 1}, {1, 1, 2, 4, 9, 5, 3}, {2, 1, 2, 7, 5, 3, 3}, {2, 2, 1, 8, 6, 2, 6}, {1, 0, 2, 6, 5, 1, 3},
                       {2, 0, 2, 5, 4, 2, 1}};
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

static double running[8];
static bool training;
static struct orr_var *build_layer_norm(struct orr_var **l) { return orr_layer_norm(l[0], l[1], l[2], 1e-5); }
static struct orr_var *build_rms_norm(struct orr_var **l) { return orr_rms_norm(l[0], l[1], 1e-5); }
static struct orr_var *build_batch_norm(struct orr_var **l)
{
    for (int i = 0; i < 3; i++) running[i] = 0.1 * i, running[3 + i] = 1 + 0.5 * i;
    return orr_batch_norm(l[0], l[1], l[2], running, 0.1, 1e-3, training);
}
static struct orr_var *build_batch_norm_silu(struct orr_var **l)
{
    for (int i = 0; i < 3; i++) running[i] = 0.1 * i, running[3 + i] = 1 + 0.5 * i;
    return orr_batch_norm_silu(l[0], l[1], l[2], running, 0.1, 1e-3, training);
}
static struct orr_var *build_softmax(struct orr_var **l) { return orr_softmax(l[0]); }

START_TEST(normalisations_in_training_and_evaluation)
{
    static struct check c;
    for (int n = 5; n <= 37; n += 32) {
        c = (struct check){.build = build_layer_norm};
        leaf(&c, orr_shape2(4, n));
        leaf(&c, orr_shape1(n));
        leaf(&c, orr_shape1(n));
        expect_gradients(&c);
        c = (struct check){.build = build_rms_norm};
        leaf(&c, orr_shape2(4, n));
        leaf(&c, orr_shape1(n));
        expect_gradients(&c);
        c = (struct check){.build = build_softmax};
        leaf(&c, orr_shape2(3, n));
        expect_gradients(&c);
    }
    for (int k = 0; k < 4; k++) {
        training = k & 1;
        c = (struct check){.build = build_batch_norm};
        leaf(&c, k & 2 ? orr_shape2(7, 3) : orr_shape4(2, 3, 3, 2));
        leaf(&c, orr_shape1(3));
        leaf(&c, orr_shape1(3));
        expect_gradients(&c);
        c = (struct check){.build = build_batch_norm_silu};
        leaf(&c, orr_shape4(2, 3, k & 2 ? 5 : 2, 5));
        leaf(&c, orr_shape1(3));
        leaf(&c, orr_shape1(3));
        expect_gradients(&c);
    }
}
END_TEST

static bool causal;
static const double *mask;
static struct orr_var *build_attention(struct orr_var **l) { return orr_attention(l[0], 2, causal, mask); }

START_TEST(attention_causal_full_and_masked)
{
    static struct check c;
    static double m[49];
    for (int i = 0; i < 49; i++) m[i] = i % 7 == 5 && i / 7 != 5 ? -INFINITY : 0.1 * (i % 3);
    for (int k = 0; k < 4; k++) {
        causal = k & 1;
        mask = k & 2 ? m : NULL;
        c = (struct check){.build = build_attention};
        leaf(&c, orr_shape3(2, 7, 18));
        expect_gradients(&c);
    }
}
END_TEST

static const int32_t option_begin[] = {0, 0, 1, 3, 6}; /* options of 0, 1, 2 and 3 prompts */
static const int32_t one_option[] = {0, 6}, no_prompt[] = {0, 0};
static struct orr_var *build_prompted(struct orr_var **l)
{
    return orr_attention_prompted(l[0], l[1], option_begin, 4, l[2], 2, causal, mask);
}
static struct orr_var *build_prompted_one(struct orr_var **l)
{
    return orr_attention_prompted(l[0], l[1], one_option, 1, NULL, 2, causal, mask);
}
static struct orr_var *build_prompted_twice(struct orr_var **l) /* gradients of both uses add up */
{
    return orr_add(orr_mul(build_prompted(l), build_prompted(l)), build_prompted_one(l));
}

START_TEST(attention_with_prompts_alone_and_mixed_over_options)
{
    static struct check c;
    static double m[49];
    for (int i = 0; i < 49; i++) m[i] = i % 7 == 5 && i / 7 != 5 ? -INFINITY : 0.1 * (i % 3);
    struct orr_var *(*const builds[])(struct orr_var **) = {build_prompted, build_prompted_one, build_prompted_twice};
    for (int k = 0; k < 12; k++) {
        causal = k & 1;
        mask = k & 2 ? m : NULL;
        c = (struct check){.build = builds[k / 4]};
        leaf(&c, orr_shape3(2, 7, 18));
        leaf(&c, orr_shape2(6, 12));
        if (c.build != build_prompted_one) leaf(&c, orr_shape1(4));
        expect_gradients(&c);
    }
}
END_TEST

/* sum_c w_c Attn([x; E_c]) as the paper writes it, one attention per option, over masked copies of one long sequence. */
START_TEST(mixed_attention_equals_one_attention_per_option)
{
    enum { B = 2, S = 5, P = 6, D = 6, HEADS = 2, N = S + P };
    struct orr_rng r;
    static double qkv[B * S * 3 * D], kv[P * 2 * D], w[4] = {0.1, 0.2, 0.3, 0.4}, whole[B * N * 3 * D], m[N * N], want[B * S * D];
    orr_rng_seed(&r, 3, 1);
    for (size_t i = 0; i < B * S * 3 * D; i++) qkv[i] = orr_rng_normal(&r);
    for (size_t i = 0; i < P * 2 * D; i++) kv[i] = orr_rng_normal(&r);
    for (int b = 0; b < B; b++) {
        memcpy(whole + b * N * 3 * D, qkv + b * S * 3 * D, S * 3 * D * sizeof *qkv);
        for (int p = 0; p < P; p++) memcpy(whole + (b * N + S + p) * 3 * D + D, kv + p * 2 * D, 2 * D * sizeof *kv);
    }
    struct orr_tape *t = orr_tape_new();
    for (int c = 0; c < 4; c++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                m[i * N + j] = j < S ? (i < S && j > i ? -INFINITY : 0)
                                     : (j - S >= option_begin[c] && j - S < option_begin[c + 1] ? 0 : -INFINITY);
        const struct orr_var *y = orr_attention(orr_tape_input(t, orr_shape3(B, N, 3 * D), whole), HEADS, false, m);
        for (int b = 0; b < B; b++)
            for (int i = 0; i < S * D; i++) want[b * S * D + i] += w[c] * y->value[b * N * D + i];
    }
    struct orr_var *x = orr_tape_input(t, orr_shape3(B, S, 3 * D), qkv), *e = orr_tape_input(t, orr_shape2(P, 2 * D), kv);
    const struct orr_var *y =
        orr_attention_prompted(x, e, option_begin, 4, orr_tape_input(t, orr_shape1(4), w), HEADS, true, NULL);
    for (int i = 0; i < B * S * D; i++) ck_assert_msg(fabs(y->value[i] - want[i]) < 1e-12, "%d", i);
    const struct orr_var *plain = orr_attention(x, HEADS, true, NULL);
    const struct orr_var *none =
        orr_attention_prompted(x, orr_tape_input(t, orr_shape2(0, 2 * D), kv), no_prompt, 1, NULL, HEADS, true, NULL);
    for (int i = 0; i < B * S * D; i++) ck_assert(fabs(plain->value[i] - none->value[i]) < 1e-12);
    orr_tape_free(t);
}
END_TEST

static const int32_t texts[] = {0, 4, 5, 10};
static struct orr_var *build_rotary(struct orr_var **l) { return orr_rotary(l[0], 2, texts, 3, 100); }
static struct orr_var *build_packed(struct orr_var **l)
{
    return orr_attention_packed(orr_rotary(l[0], 2, texts, 3, 100), 2, texts, 3);
}

START_TEST(packed_texts_turned_by_position_and_attending_to_themselves)
{
    static struct check c;
    c = (struct check){.build = build_rotary};
    leaf(&c, orr_shape2(10, 24));
    expect_gradients(&c);
    c = (struct check){.build = build_packed};
    leaf(&c, orr_shape2(10, 24));
    expect_gradients(&c);
}
END_TEST

static struct orr_var *build_gru(struct orr_var **l) { return orr_gru(l[0], l[1], l[2], l[3], l[4], l[5]); }
static struct orr_var *build_lstm(struct orr_var **l) { return orr_lstm(l[0], l[1], l[2], l[3], l[4], l[5]); }

START_TEST(recurrent_layers_through_time)
{
    static struct check c;
    for (int gates = 3; gates <= 4; gates++) {
        c = (struct check){.build = gates == 3 ? build_gru : build_lstm};
        leaf(&c, orr_shape3(3, 5, 2));
        leaf(&c, orr_shape2(3, 4));
        leaf(&c, orr_shape2(4 * gates, 2));
        leaf(&c, orr_shape2(4 * gates, 4));
        leaf(&c, orr_shape1(4 * gates));
        leaf(&c, orr_shape1(4 * gates));
        expect_gradients(&c);
    }
}
END_TEST

static const int32_t LABELS[] = {2, 0, -1, 4, 4};
static double targets[15], weights[15];
static struct orr_var *build_cross_entropy(struct orr_var **l) { return orr_cross_entropy(l[0], LABELS); }
static struct orr_var *build_kl_logits(struct orr_var **l) { return orr_kl_logits(l[0], targets); }
static struct orr_var *build_bce(struct orr_var **l) { return orr_bce_logits(l[0], targets, NULL); }
static struct orr_var *build_bce_weighted(struct orr_var **l) { return orr_bce_logits(l[0], targets, weights); }
static struct orr_var *build_mse(struct orr_var **l) { return orr_mse(l[0], l[1]); }
static struct orr_var *build_l1(struct orr_var **l) { return orr_l1(l[0], l[1]); }
static struct orr_var *build_huber(struct orr_var **l) { return orr_huber(l[0], l[1], 0.7); }
static struct orr_var *build_gaussian(struct orr_var **l) { return orr_gaussian_nll(l[0], l[1], targets); }
static struct orr_var *build_kl(struct orr_var **l) { return orr_kl_normal(l[0], l[1]); }
static struct orr_var *build_mean(struct orr_var **l) { return orr_mean(l[0]); }
static struct orr_var *build_mean_rows(struct orr_var **l) { return orr_mean_rows(l[0], 5); }

START_TEST(reductions_and_losses)
{
    static struct check c;
    for (int i = 0; i < 15; i++) targets[i] = i % 4 / 3.0, weights[i] = 0.5 + i % 3;
    struct {
        struct orr_var *(*build)(struct orr_var **);
        int leaves;
    } const cases[] = {{build_cross_entropy, 1}, {build_kl_logits, 1}, {build_bce, 1},  {build_bce_weighted, 1}, {build_mse, 2},
                       {build_l1, 2},            {build_huber, 2}, {build_gaussian, 2},    {build_kl, 2},
                       {build_mean, 1},          {build_mean_rows, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        c = (struct check){.build = cases[i].build};
        for (int k = 0; k < cases[i].leaves; k++)
            leaf(&c, cases[i].build == build_cross_entropy ? orr_shape2(5, 5) : orr_shape2(5, 3));
        expect_gradients(&c);
    }
}
END_TEST

struct field {
    struct orr_var *w, *b;
};
static enum orr_ode_method method;
static struct orr_var *mlp_field(void *ctx, double t, struct orr_var *y)
{
    const struct field *f = ctx;
    return orr_scale(orr_linear(y, f->w, f->b, ORR_ACT_TANH), 1 + 0.3 * t);
}
static struct orr_var *build_ode(struct orr_var **l)
{
    struct field f = {l[1], l[2]};
    return orr_ode_unroll(mlp_field, &f, method, 0, 1, 3, l[0], NULL);
}

START_TEST(every_ode_solver_unrolled)
{
    static struct check c;
    for (method = ORR_EULER; method <= ORR_DOPRI5; method++) {
        c = (struct check){.build = build_ode};
        leaf(&c, orr_shape2(3, 4));
        leaf(&c, orr_shape2(4, 4));
        leaf(&c, orr_shape1(4));
        expect_gradients(&c);
    }
}
END_TEST

static const int32_t near_nodes[2 * 5 * 3] = {1, 2, 3, 0, 2, 4, 3, 2, 0, 4, 1, 0, 0, 1, 2,
                                              4, 3, 1, 1, 2, 3, 0, 1, 4, 2, 4, 0, 3, 2, 1};
static const int32_t *pair_index;

static struct orr_var *build_pair_sum(struct orr_var **l) { return orr_pair_sum(l[0], l[1], l[2], pair_index); }
static struct orr_var *build_pair_score(struct orr_var **l) { return orr_pair_score(l[0], l[1], l[2], pair_index, 3); }
static struct orr_var *build_pair_attention(struct orr_var **l)
{
    return orr_pair_attention(l[0], l[1], 3, pair_index, 3);
}
/* The same nodes at both ends and twice in a sum: gradients add up. */
static struct orr_var *build_pair_twice(struct orr_var **l)
{
    return orr_add(orr_pair_sum(l[0], l[0], l[1], pair_index), orr_pair_sum(l[0], l[0], l[1], pair_index));
}

START_TEST(messages_scores_and_attention_between_all_pairs_and_near_ones)
{
    static struct check c;
    for (int sparse = 0; sparse < 2; sparse++) {
        pair_index = sparse ? near_nodes : NULL;
        const struct orr_shape edges = orr_shape3(2, 5, sparse ? 3 : 5);
        c = (struct check){.build = build_pair_sum};
        leaf(&c, orr_shape3(2, 5, 32));
        leaf(&c, orr_shape3(2, 5, 32));
        leaf(&c, edges);
        expect_gradients(&c);
        c = (struct check){.build = build_pair_score};
        leaf(&c, orr_shape3(2, 5, 32));
        leaf(&c, orr_shape3(2, 5, 32));
        leaf(&c, orr_shape1(33));
        expect_gradients(&c);
        c = (struct check){.build = build_pair_attention};
        leaf(&c, orr_shape3(2, 5, 6));
        leaf(&c, orr_shape3(2, 5, 6));
        expect_gradients(&c);
        c = (struct check){.build = build_pair_twice};
        leaf(&c, orr_shape3(2, 5, 16));
        leaf(&c, edges);
        expect_gradients(&c);
    }
}
END_TEST

static struct orr_var *build_dropout(struct orr_var **l)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 5, 5);
    return orr_dropout(l[0], 0.4, &rng);
}

START_TEST(dropout_hands_gradients_on_through_the_same_mask)
{
    static struct check c = {.build = build_dropout};
    leaf(&c, orr_shape2(9, 11));
    expect_gradients(&c);
}
END_TEST

ORR_SUITE("gradients", sums_products_and_combinations_of_whole_and_repeated_operands,
          every_activation_alone_and_fused_into_linear_and_convolution,
          linear_without_bias_and_beyond_the_small_products,
          matmul_in_every_transposition_batched_and_with_a_shared_factor, embedding_and_the_operations_on_shapes,
          convolution_with_strides_padding_groups_and_odd_borders,
          packed_convolution_with_strides_padding_and_odd_borders, pooling_and_upsampling,
          average_pooling_is_the_mean_of_each_window,
          normalisations_in_training_and_evaluation, attention_causal_full_and_masked,
          attention_with_prompts_alone_and_mixed_over_options, mixed_attention_equals_one_attention_per_option,
          packed_texts_turned_by_position_and_attending_to_themselves, recurrent_layers_through_time,
          reductions_and_losses, every_ode_solver_unrolled,
          messages_scores_and_attention_between_all_pairs_and_near_ones, dropout_hands_gradients_on_through_the_same_mask)
