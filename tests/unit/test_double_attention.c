/* Gradients of attention (gradients.h): whole, masked, with prompts, of packed texts. */
#include "gradients.h"

#include <string.h>

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

ORR_SUITE("gradients of attention", attention_causal_full_and_masked,
          attention_with_prompts_alone_and_mixed_over_options, mixed_attention_equals_one_attention_per_option,
          packed_texts_turned_by_position_and_attending_to_themselves)
