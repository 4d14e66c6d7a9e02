/* One recurrent network for all nodes: the window in, all horizons of the training grid out. */
#include "methods/netdyn/private.h"

enum { HIDDEN = 32 };
enum { W_IH, W_HH, B_IH, B_HH, OUT, OUT_B };

static void build(struct orr_params *p, const struct orr_nodes_options *o, struct orr_rng *rng)
{
    (void)o;
    orr_params_add(p, "lstm.weight_ih", orr_shape2(4 * HIDDEN, 1 + ORR_NODES_EXTRA), ORR_INIT_UNIFORM, 0.18, 0, rng);
    orr_params_add(p, "lstm.weight_hh", orr_shape2(4 * HIDDEN, HIDDEN), ORR_INIT_UNIFORM, 0.18, 0, rng);
    orr_params_add(p, "lstm.bias_ih", orr_shape1(4 * HIDDEN), ORR_INIT_UNIFORM, 0.18, 0, rng);
    orr_params_add(p, "lstm.bias_hh", orr_shape1(4 * HIDDEN), ORR_INIT_ZERO, 0, 0, rng);
    orr_params_add(p, "out.weight", orr_shape2(ORR_NODES_GRID, HIDDEN), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(p, "out.bias", orr_shape1(ORR_NODES_GRID), ORR_INIT_ZERO, 0, 0, rng);
}

/* Every step sees its point and what is known of the node as a whole. */
static void forward(const struct orr_nodes_model *m, struct orr_tape *tape, const struct orr_nodes_batch *b,
                    const int32_t *index, int n_tau, const double *tau, struct orr_var **z, struct orr_var **edges)
{
    const int rows = (int)(b->batch * b->n), w = (int)m->o.window, in = 1 + ORR_NODES_EXTRA;
    struct orr_var *x = orr_tape_zeros(tape, orr_shape3(rows, w, in)), *p[OUT_B + 1];
    (void)index, (void)tau;
    if (edges) *edges = NULL;
    for (int t = 0; t <= OUT_B; t++) p[t] = orr_tape_param(tape, &m->params, (size_t)t);
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < w; k++) {
            const float *f = b->features + (size_t)r * (size_t)(w + ORR_NODES_EXTRA);
            orr_real *to = x->value + ((size_t)r * (size_t)w + (size_t)k) * (size_t)in;
            to[0] = (orr_real)f[k];
            for (int e = 0; e < ORR_NODES_EXTRA; e++) to[1 + e] = (orr_real)f[w + e];
        }
    struct orr_var *h = orr_select(orr_lstm(x, NULL, p[W_IH], p[W_HH], p[B_IH], p[B_HH]), w - 1);
    struct orr_var *y = orr_scale(orr_linear(h, p[OUT], p[OUT_B], ORR_ACT_NONE), m->gain);
    for (int k = 0; k < n_tau && k < ORR_NODES_GRID; k++)
        z[k] = orr_reshape(orr_slice(y, k, 1), orr_shape3((int)b->batch, (int)b->n, 1));
}

static const struct orr_nodes_net net = {.build = build, .forward = forward, .epochs = 80, .horizons = true};
static const struct orr_param no_params[] = {{0}};
static const struct orr_nodes_method method;
const struct orr_method orr_nodes_lstm = {.name = "lstm",
                                          .summary = "one LSTM for all nodes, without edges",
                                          .source = "Hochreiter and Schmidhuber 1997",
                                          .equations = "z_i(tau_1..tau_12) = W LSTM(window_i)",
                                          .params = no_params,
                                          .input = ORR_DATA_NODES,
                                          .baseline = true,
                                          .nodes = &method};
static const struct orr_nodes_method method = {.face = &orr_nodes_lstm, .least = 3, .net = &net};
