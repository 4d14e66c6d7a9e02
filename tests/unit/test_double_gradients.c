/* Gradients (gradients.h) of all operations but convolutions and attention, on odd sizes. */
#include "gradients.h"

#include <orrery/ode.h>

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
    } const cases[] = {{build_cross_entropy, 1}, {build_kl_logits, 1}, {build_bce, 1},  {build_bce_weighted, 1},
                 {build_mse, 2},           {build_l1, 2},        {build_huber, 2}, {build_gaussian, 2},
                 {build_kl, 2},            {build_mean, 1},      {build_mean_rows, 1}};
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
          normalisations_in_training_and_evaluation, recurrent_layers_through_time, reductions_and_losses,
          every_ode_solver_unrolled, messages_scores_and_attention_between_all_pairs_and_near_ones,
          dropout_hands_gradients_on_through_the_same_mask)
