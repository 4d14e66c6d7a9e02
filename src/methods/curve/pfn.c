/* A prior-data fitted network (LC-PFN, Adriaensen et al. 2023): a transformer that has seen nothing but draws from a prior over
 * curves, and so answers with its posterior. Observed points and knots ahead are tokens; all attend to the observed ones. */
#include "methods/curve/private.h"

enum { K = ORR_LC_KNOTS, SEEN = ORR_LC_SEEN, TOKENS = SEEN + K, D = 48, HEADS = 4, LAYERS = 2, WIDE = 96, IN = 4 };
static const float MASKED = -1e9F;

enum { EMBED = 0, CONTEXT_IN = 2, FIRST = 4, PER_LAYER = 12, NORM = FIRST + LAYERS * PER_LAYER, OUT = NORM + 2 };

static void add_norm(struct orr_params *p, const char *gain, const char *bias, struct orr_rng *rng)
{
    orr_params_add(p, gain, orr_shape1(D), ORR_INIT_ONE, 0, 0, rng);
    orr_params_add(p, bias, orr_shape1(D), ORR_INIT_ZERO, 0, 0, rng);
}

static void build(struct orr_params *p, struct orr_rng *rng)
{
    static const char *const names[LAYERS][6] = {{"layer.0.norm1.gain", "layer.0.norm1.bias", "layer.0.qkv",
                                                  "layer.0.mix", "layer.0.norm2.gain", "layer.0.norm2.bias"},
                                                 {"layer.1.norm1.gain", "layer.1.norm1.bias", "layer.1.qkv",
                                                  "layer.1.mix", "layer.1.norm2.gain", "layer.1.norm2.bias"}};
    static const char *const wide[LAYERS][2] = {{"layer.0.up", "layer.0.down"}, {"layer.1.up", "layer.1.down"}};
    orr_lc_add_linear(p, "embed", D, IN, 1, rng);
    orr_lc_add_linear(p, "context", D, ORR_LC_CONTEXT, 1, rng);
    for (int l = 0; l < LAYERS; l++) {
        add_norm(p, names[l][0], names[l][1], rng);
        orr_lc_add_linear(p, names[l][2], 3 * D, D, 1, rng);
        orr_lc_add_linear(p, names[l][3], D, D, 0.5, rng);
        add_norm(p, names[l][4], names[l][5], rng);
        orr_lc_add_linear(p, wide[l][0], WIDE, D, 1, rng);
        orr_lc_add_linear(p, wide[l][1], D, WIDE, 0.5, rng);
    }
    add_norm(p, "norm.gain", "norm.bias", rng);
    orr_lc_add_linear(p, "out", 2, D, 0.5, rng);
}

static struct orr_var *norm(const struct orr_params *p, size_t i, struct orr_var *x)
{
    return orr_layer_norm(x, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1), 1e-5);
}

/* Value, time, and which of the two kinds: (n, TOKENS, IN). */
static struct orr_var *tokens(struct orr_tape *t, const struct orr_lc_batch *b)
{
    struct orr_var *x = orr_tape_zeros(t, orr_shape3(b->n, TOKENS, IN));
    for (int i = 0; i < b->n; i++)
        for (int k = 0; k < TOKENS; k++) {
            orr_real *row = x->value + (i * TOKENS + k) * IN;
            const float *point = b->points + (i * SEEN + (k < SEEN ? k : 0)) * ORR_LC_POINT;
            row[0] = k < SEEN ? (orr_real)point[0] : 0;
            row[1] = k < SEEN ? (orr_real)point[1] : (orr_real)b->span[i] * (orr_real)(k - SEEN + 1) / K;
            row[2] = k < SEEN;
            row[3] = k >= SEEN;
        }
    return x;
}

static struct orr_lc_output pfn(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                bool training, double done, struct orr_rng *rng)
{
    (void)training, (void)done, (void)rng;
    struct orr_var *mask = orr_tape_zeros(t, orr_shape2(TOKENS, TOKENS));
    for (int i = 0; i < TOKENS; i++)
        for (int j = SEEN; j < TOKENS; j++)
            if (i != j) mask->value[i * TOKENS + j] = (orr_real)MASKED;
    struct orr_var *context = orr_tape_input(t, orr_shape2(b->n, ORR_LC_CONTEXT), b->context), *copies[TOKENS];
    context = orr_lc_linear(p, CONTEXT_IN, context, ORR_ACT_NONE);
    for (int k = 0; k < TOKENS; k++) copies[k] = context;
    struct orr_var *x = orr_add(orr_lc_linear(p, EMBED, tokens(t, b), ORR_ACT_NONE), orr_stack(copies, TOKENS));
    for (int l = 0; l < LAYERS; l++) {
        const size_t i = FIRST + (size_t)l * PER_LAYER;
        struct orr_var *qkv = orr_lc_linear(p, i + 2, norm(p, i, x), ORR_ACT_NONE);
        x = orr_add(x, orr_lc_linear(p, i + 4, orr_attention(qkv, HEADS, false, mask->value), ORR_ACT_NONE));
        struct orr_var *up = orr_lc_linear(p, i + 8, norm(p, i + 6, x), ORR_ACT_GELU);
        x = orr_add(x, orr_lc_linear(p, i + 10, up, ORR_ACT_NONE));
    }
    x = orr_reshape(norm(p, NORM, x), orr_shape2(b->n, TOKENS * D));
    return orr_lc_decode(p, OUT, orr_reshape(orr_slice(x, SEEN * D, K * D), orr_shape3(b->n, K, D)));
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_lc_net net = {2000, 1, false, 1, build, pfn};
static const struct orr_lc_method method;
const struct orr_method orr_lc_pfn = {
    .name = "pfn",
    .summary = "a transformer fitted to draws from the LC-PFN prior",
    .source = "Adriaensen et al. 2023",
    .equations = "q(y(x) | y_1..y_n) = transformer, trained on y ~ prior",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &method,
};
static const struct orr_lc_method method = {.face = &orr_lc_pfn, .net = &net};
