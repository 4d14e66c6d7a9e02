/* Sequence baselines: an LSTM and a small causal Transformer over the observed values of a weight. */
#include "methods/weights/private.h"

enum { HIDDEN = 16, WIDTH = 16, HEADS = 2, K = ORR_WEIGHTS_DIRECT };

static void build_lstm(struct orr_params *p, size_t points, struct orr_rng *rng)
{
    (void)points;
    orr_params_add(p, "w_ih", orr_shape2(4 * HIDDEN, 1), ORR_INIT_FAN_IN_UNIFORM, 1, HIDDEN, rng);
    orr_params_add(p, "w_hh", orr_shape2(4 * HIDDEN, HIDDEN), ORR_INIT_FAN_IN_UNIFORM, 1, HIDDEN, rng);
    orr_params_add(p, "b_ih", orr_shape1(4 * HIDDEN), ORR_INIT_FAN_IN_UNIFORM, 1, HIDDEN, rng);
    orr_params_add(p, "b_hh", orr_shape1(4 * HIDDEN), ORR_INIT_FAN_IN_UNIFORM, 1, HIDDEN, rng);
    orr_params_add(p, "head.weight", orr_shape2(K, HIDDEN), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(p, "head.bias", orr_shape1(K), ORR_INIT_ZERO, 0, 0, rng);
}

static struct orr_var *lstm(const struct orr_params *p, struct orr_var *x, size_t points)
{
    struct orr_tape *t = x->tape;
    struct orr_var *steps = orr_reshape(x, orr_shape3(x->shape.size[0], (int)points, 1));
    struct orr_var *h = orr_lstm(steps, NULL, orr_tape_param(t, p, 0), orr_tape_param(t, p, 1), orr_tape_param(t, p, 2),
                                 orr_tape_param(t, p, 3));
    return orr_linear(orr_select(h, (int)points - 1), orr_tape_param(t, p, 4), orr_tape_param(t, p, 5), ORR_ACT_NONE);
}

static void add_linear(struct orr_params *p, const char *weight, const char *bias, int out, int in, struct orr_rng *rng)
{
    orr_params_add(p, weight, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(p, bias, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}

static void build_transformer(struct orr_params *p, size_t points, struct orr_rng *rng)
{
    add_linear(p, "embed.weight", "embed.bias", WIDTH, 1, rng);
    orr_params_add(p, "position", orr_shape2((int)points, WIDTH), ORR_INIT_NORMAL, 0.1, 0, rng);
    orr_params_add(p, "norm1.gain", orr_shape1(WIDTH), ORR_INIT_ONE, 0, 0, rng);
    orr_params_add(p, "norm1.bias", orr_shape1(WIDTH), ORR_INIT_ZERO, 0, 0, rng);
    add_linear(p, "qkv.weight", "qkv.bias", 3 * WIDTH, WIDTH, rng);
    add_linear(p, "out.weight", "out.bias", WIDTH, WIDTH, rng);
    orr_params_add(p, "norm2.gain", orr_shape1(WIDTH), ORR_INIT_ONE, 0, 0, rng);
    orr_params_add(p, "norm2.bias", orr_shape1(WIDTH), ORR_INIT_ZERO, 0, 0, rng);
    add_linear(p, "up.weight", "up.bias", 2 * WIDTH, WIDTH, rng);
    add_linear(p, "down.weight", "down.bias", WIDTH, 2 * WIDTH, rng);
    add_linear(p, "head.weight", "head.bias", K, WIDTH, rng);
}

/* One pre-norm block. */
static struct orr_var *transformer(const struct orr_params *p, struct orr_var *x, size_t points)
{
    struct orr_tape *t = x->tape;
    struct orr_var *v[17];
    for (size_t i = 0; i < 17; i++) v[i] = orr_tape_param(t, p, i);
    struct orr_var *h =
        orr_linear(orr_reshape(x, orr_shape3(x->shape.size[0], (int)points, 1)), v[0], v[1], ORR_ACT_NONE);
    h = orr_add(h, v[2]);
    struct orr_var *a = orr_linear(orr_layer_norm(h, v[3], v[4], 1e-5), v[5], v[6], ORR_ACT_NONE);
    h = orr_add(h, orr_linear(orr_attention(a, HEADS, true, NULL), v[7], v[8], ORR_ACT_NONE));
    struct orr_var *f = orr_linear(orr_layer_norm(h, v[9], v[10], 1e-5), v[11], v[12], ORR_ACT_GELU);
    h = orr_add(h, orr_linear(f, v[13], v[14], ORR_ACT_NONE));
    return orr_linear(orr_select(h, (int)points - 1), v[15], v[16], ORR_ACT_NONE);
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_weights_net lstm_net = {orr_direct_width, K, build_lstm, lstm, orr_direct_row};
static const struct orr_weights_net transformer_net = {orr_direct_width, K, build_transformer, transformer, orr_direct_row};
static const struct orr_weights_method lstm_method, transformer_method;
const struct orr_method orr_weights_lstm = {.name = "lstm",
                                            .summary = "LSTM over the observed values of each weight",
                                            .source = "Hochreiter and Schmidhuber 1997",
                                            .equations = "h_i = LSTM(h_(i-1), w_i);  (w_1', ..) = W h_n + b",
                                            .params = no_params,
                                            .input = ORR_DATA_TRAJECTORIES,
                                            .baseline = true,
                                            .weights = &lstm_method};
const struct orr_method orr_weights_transformer = {
    .name = "transformer",
    .summary = "small causal Transformer over the observed values of each weight",
    .source = "Vaswani et al. 2017",
    .equations = "one pre-norm block, 2 heads, width 16; the last token gives all horizons",
    .params = no_params,
    .input = ORR_DATA_TRAJECTORIES,
    .baseline = true,
    .weights = &transformer_method};
#define DIRECT(ident)                                                                                                  \
    static const struct orr_weights_method ident##_method = {.face = &orr_weights_##ident, .least = 2, .steps = 600,   \
                                                             .net = &ident##_net, .build = orr_network_build,          \
                                                             .learn = orr_network_learn, .forecast = orr_direct_forecast}
DIRECT(lstm);
DIRECT(transformer);
