/* Neural ODEs over learning curves. curve-ode (arXiv 2412.15554): a graph encoder gives g, a sequence encoder the mean and
 * variance of z_0, dz/dtau = f(z, g), a linear decoder the curve. tau is the logarithm of time, in which power laws are
 * exponentials and an autonomous field serves curves of any length; s in 0..1 runs from the last observed point to the end, so
 * that dz/ds = span f(z, g). node is the same without graph and noise, nsde with noise along the way instead of at z_0. */
#include <math.h>

#include <orrery/ode.h>

#include "methods/curve/private.h"

enum { K = ORR_LC_KNOTS, HIDDEN = 32, D = 16, G = 16, WIDE = 4 * D };
static const double KL_WEIGHT = 2e-3, KL_BY = 0.1 /* of the fit: annealed until then */, NOISE = 0.2;

/* ---- the graph: two convolutions (Kipf and Welling 2017) and a soft pooling ---- */

enum { GCN0 = 0, GCN1 = 2, POOL = 4, GRAPH_PARAMS = 6 };

static void build_graph(struct orr_params *p, struct orr_rng *rng)
{
    orr_lc_add_linear(p, "graph.0", G, ORR_LC_FEATURES, 1.4, rng);
    orr_lc_add_linear(p, "graph.1", G, G, 1.4, rng);
    orr_lc_add_linear(p, "graph.pool", 1, G, 1, rng);
}

/* H_(l+1) = relu(A H_l W_l); g = sum_i softmax(w H)_i H_i. */
static struct orr_var *encode_graph(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b)
{
    const int n = b->n, nodes = ORR_LC_NODES;
    struct orr_var *link = orr_tape_input(t, orr_shape3(n, nodes, nodes), b->link);
    struct orr_var *h = orr_tape_input(t, orr_shape3(n, nodes, ORR_LC_FEATURES), b->node);
    h = orr_matmul(link, orr_lc_linear(p, GCN0, h, ORR_ACT_NONE), false, false);
    h = orr_activate(h, ORR_ACT_RELU);
    h = orr_activate(orr_matmul(link, orr_lc_linear(p, GCN1, h, ORR_ACT_NONE), false, false), ORR_ACT_RELU);
    struct orr_var *score = orr_reshape(orr_lc_linear(p, POOL, h, ORR_ACT_NONE), orr_shape2(n, nodes));
    score = orr_softmax(orr_add(score, orr_tape_input(t, orr_shape2(n, nodes), b->mask)));
    return orr_reshape(orr_matmul(orr_reshape(score, orr_shape3(n, 1, nodes)), h, false, false), orr_shape2(n, G));
}

/* ---- the field and what stands around it ---- */

/* Tensors from `first` on. */
enum { GRU = 0, MEAN = 4, VARIANCE = 6, FIELD = 8, CONTEXT_IN = 9, OUT = 11, DECODE = 13, DIFFUSION = 15 };

static void build_core(struct orr_params *p, int seen, bool diffusion, struct orr_rng *rng)
{
    orr_lc_add_recurrent(p, "encoder", 3, HIDDEN, ORR_LC_POINT, rng);
    orr_lc_add_linear(p, "z0.mean", D, seen, 1, rng);
    orr_lc_add_linear(p, "z0.log_variance", D, seen, 0.3, rng);
    orr_params_add(p, "field.z", orr_shape2(WIDE, D), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_lc_add_linear(p, "field.context", WIDE, seen, 1, rng);
    orr_lc_add_linear(p, "field.out", D, WIDE, 0.5, rng);
    orr_lc_add_linear(p, "decoder", 2, D, 0.5, rng);
    if (diffusion) orr_lc_add_linear(p, "diffusion", D, D, 0.3, rng);
}

struct field {
    const struct orr_params *p;
    size_t first;
    struct orr_var *context; /* (n, WIDE) what z is added to */
    struct orr_var *span;    /* (n, D) */
};

static struct orr_var *slope(void *ctx, double t, struct orr_var *z)
{
    (void)t;
    const struct field *f = ctx;
    struct orr_var *h = orr_linear(z, orr_tape_param(z->tape, f->p, f->first + FIELD), NULL, ORR_ACT_NONE);
    h = orr_activate(orr_add(h, f->context), ORR_ACT_GELU);
    return orr_mul(orr_lc_linear(f->p, f->first + OUT, h, ORR_ACT_NONE), f->span);
}

static struct field field_of(const struct orr_params *p, size_t first, struct orr_tape *t, const struct orr_lc_batch *b,
                             struct orr_var *seen)
{
    struct orr_var *span = orr_tape_zeros(t, orr_shape2(b->n, D));
    for (size_t i = 0; i < span->n; i++) span->value[i] = (orr_real)b->span[i / D];
    return (struct field){p, first, orr_lc_linear(p, first + CONTEXT_IN, seen, ORR_ACT_NONE), span};
}

/* ---- curve-ode ---- */

static void build_curve_ode(struct orr_params *p, struct orr_rng *rng)
{
    build_graph(p, rng);
    build_core(p, HIDDEN + ORR_LC_CONTEXT + G, false, rng);
}

static struct orr_lc_output curve_ode(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                      bool training, double done, struct orr_rng *rng)
{
    struct orr_var *seen = orr_concat(orr_lc_encode(p, GRAPH_PARAMS + GRU, t, b), encode_graph(p, t, b)), *states[K];
    struct orr_var *mean = orr_lc_linear(p, GRAPH_PARAMS + MEAN, seen, ORR_ACT_NONE),
                   *log_variance = orr_lc_linear(p, GRAPH_PARAMS + VARIANCE, seen, ORR_ACT_NONE);
    struct orr_var *noise =
        orr_mul(orr_lc_normal(t, mean->shape, training, rng), orr_activate(orr_scale(log_variance, 0.5), ORR_ACT_EXP));
    struct field f = field_of(p, GRAPH_PARAMS, t, b, seen);
    orr_ode_unroll(slope, &f, ORR_RK4, 0, 1, K, orr_axpby(1, mean, NOISE, noise), states);
    struct orr_lc_output out = orr_lc_decode(p, GRAPH_PARAMS + DECODE, orr_stack(states, K));
    if (training)
        out.extra = orr_scale(orr_kl_normal(mean, log_variance), KL_WEIGHT * (done < KL_BY ? done / KL_BY : 1));
    return out;
}

/* ---- node ---- */

static void build_node(struct orr_params *p, struct orr_rng *rng)
{
    build_core(p, HIDDEN + ORR_LC_CONTEXT, false, rng);
}

static struct orr_lc_output node(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                 bool training, double done, struct orr_rng *rng)
{
    (void)training, (void)done, (void)rng;
    struct orr_var *seen = orr_lc_encode(p, GRU, t, b), *states[K];
    struct field f = field_of(p, 0, t, b, seen);
    orr_ode_unroll(slope, &f, ORR_RK4, 0, 1, K, orr_lc_linear(p, MEAN, seen, ORR_ACT_NONE), states);
    return orr_lc_decode(p, DECODE, orr_stack(states, K));
}

/* ---- nsde: dz = f dtau + g dW by Euler and Maruyama, two steps per knot ---- */

static void build_nsde(struct orr_params *p, struct orr_rng *rng) { build_core(p, HIDDEN + ORR_LC_CONTEXT, true, rng); }

static struct orr_lc_output nsde(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                 bool training, double done, struct orr_rng *rng)
{
    (void)done;
    enum { FINER = 2 };
    const double h = 1.0 / (K * FINER);
    struct orr_var *seen = orr_lc_encode(p, GRU, t, b), *states[K];
    struct orr_var *z = orr_lc_linear(p, MEAN, seen, ORR_ACT_NONE);
    struct field f = field_of(p, 0, t, b, seen);
    for (int k = 0; k < K * FINER; k++) {
        struct orr_var *wiener = orr_lc_normal(t, z->shape, training, rng);
        for (size_t i = 0; i < wiener->n; i++) wiener->value[i] *= (orr_real)sqrt(h * (double)b->span[i / D]);
        struct orr_var *g = orr_activate(orr_lc_linear(p, DIFFUSION, z, ORR_ACT_NONE), ORR_ACT_SIGMOID);
        z = orr_axpby(1, orr_axpby(1, z, h, slope(&f, k * h, z)), NOISE, orr_mul(g, wiener));
        if (k % FINER == FINER - 1) states[k / FINER] = z;
    }
    return orr_lc_decode(p, DECODE, orr_stack(states, K));
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_lc_net curve_ode_net = {1500, 0.2, true, 8, build_curve_ode, curve_ode};
static const struct orr_lc_net node_net = {1500, 0.2, false, 1, build_node, node};
static const struct orr_lc_net nsde_net = {1500, 0.2, false, 8, build_nsde, nsde};
static const struct orr_lc_method curve_ode_method, node_method, nsde_method;
const struct orr_method orr_lc_curve_ode = {
    .name = "curve-ode",
    .summary = "a neural ODE from the observed points and the network's architecture, with calibrated intervals",
    .source =
        "Architecture-Aware Learning Curve Extrapolation via Graph Ordinary Differential Equation, arXiv 2412.15554",
    .equations = "g = pool(GCN(A, X));  z_0 ~ N(mu, sigma)(GRU(y), g);  dz/d ln t = f(z, g);  y = W z",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .curve = &curve_ode_method,
};
const struct orr_method orr_lc_node = {
    .name = "node",
    .summary = "the neural ODE without architecture and noise",
    .source = "Chen et al. 2018",
    .equations = "dz/d ln t = f(z);  y = W z",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &node_method,
};
const struct orr_method orr_lc_nsde = {
    .name = "nsde",
    .summary = "a neural stochastic differential equation",
    .source = "Li et al. 2020",
    .equations = "dz = f(z) d ln t + g(z) dW;  y = W z",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &nsde_method,
};
static const struct orr_lc_method curve_ode_method = {.face = &orr_lc_curve_ode, .net = &curve_ode_net};
static const struct orr_lc_method node_method = {.face = &orr_lc_node, .net = &node_net};
static const struct orr_lc_method nsde_method = {.face = &orr_lc_nsde, .net = &nsde_net};
