/* Network dynamics without topology (Ding et al., arXiv 2412.18734). Per node a window -> h = MLP(window); latent edges from
 * pairs of h; dz_i/dt = f(z_i) + sum_j e_ij g(z_i, z_j) from z = h; a decoder reads the state from z. g's first layer splits
 * into W1 z_i + W2 z_j and its second is linear and leaves the sum (ops_pair.c): exact, and about 16 times less per pair.
 *
 * Changed here against the paper, since it forecasts better: windows and forecasts are changes relative to the last state in
 * a node's own unit (scale.c), so that the decoder gives dec(z(t)) - dec(z(0)); 12 Runge-Kutta steps, shorter first. */
#include <orrery/ode.h>

#include "methods/netdyn/private.h"
#include "num/tape_watch.h"

enum { MANY_PAIRS = 1 << 17 /* worth asking before */ };
enum { HIDDEN = 32, LATENT = 16, FIELD = 32, PAIR = 16, HEADS = 3, HEAD = 8, READ = 8 };
static const double STRENGTH = 8; /* true weights are divided by it: the usual number of neighbours */

enum edges { EDGES_NONE, EDGES_FIXED, EDGES_ATTENTION, EDGES_MEAN, EDGES_TRUE };
/* The tensors, in the order of build. */
enum {
    ENC0,
    ENC0_B,
    ENC1,
    ENC1_B,
    FIELD0,
    FIELD0_B,
    FIELD1,
    FIELD1_B,
    DEC0,
    DEC0_B,
    DEC1,
    DEC1_B,
    MSG_I,
    MSG_B,
    MSG_J,
    MSG_OUT,
    EDGE_I,
    EDGE_B,
    EDGE_J,
    EDGE_W,
    QUERY = EDGE_I,
    KEY = EDGE_B,
};

static void linear(struct orr_params *p, const char *weight, const char *bias, int out, int in, double gain,
                   struct orr_rng *rng)
{
    orr_params_add(p, weight, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, gain, 0, rng);
    if (bias) orr_params_add(p, bias, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}

static void build(struct orr_params *p, const struct orr_nodes_options *o, enum edges e, struct orr_rng *rng)
{
    linear(p, "encoder.0.weight", "encoder.0.bias", HIDDEN, (int)o->window + ORR_NODES_EXTRA, 1, rng);
    linear(p, "encoder.1.weight", "encoder.1.bias", LATENT, HIDDEN, 1, rng);
    linear(p, "field.0.weight", "field.0.bias", FIELD, LATENT, 1, rng);
    linear(p, "field.1.weight", "field.1.bias", LATENT, FIELD, 0.3, rng);
    linear(p, "decoder.0.weight", "decoder.0.bias", READ, LATENT, 1, rng);
    linear(p, "decoder.1.weight", "decoder.1.bias", 1, READ, 1, rng);
    if (e == EDGES_NONE) return;
    linear(p, "message.self.weight", "message.bias", PAIR, LATENT, 1, rng);
    linear(p, "message.other.weight", NULL, PAIR, LATENT, 1, rng);
    linear(p, "message.out.weight", NULL, LATENT, PAIR, 0.3, rng);
    if (e == EDGES_ATTENTION) {
        linear(p, "query.weight", NULL, HEADS * HEAD, LATENT, 1, rng);
        linear(p, "key.weight", NULL, HEADS * HEAD, LATENT, 1, rng);
    } else if (e != EDGES_TRUE) {
        linear(p, "edge.self.weight", "edge.bias", PAIR, LATENT, 1, rng);
        linear(p, "edge.other.weight", NULL, PAIR, LATENT, 1, rng);
        const size_t w = orr_params_add(p, "edge.out.weight", orr_shape1(PAIR + 1), ORR_INIT_UNIFORM, 0.25, 0, rng);
        orr_params_value(p, w)[PAIR] = 1;
    }
}

struct net {
    const struct orr_params *p;
    struct orr_tape *tape;
    enum edges kind;
    const int32_t *index;
    int batch, n, k;
    struct orr_var *w[EDGE_W + 1]; /* tensors on the tape */
    struct orr_var *e;             /* (batch, n, k), or for a mean field its sums in every column of (batch, n, PAIR) */
};

static struct orr_var *attention(const struct net *s, struct orr_var *z)
{
    struct orr_var *q = orr_linear(z, s->w[QUERY], NULL, ORR_ACT_NONE),
                   *k = orr_linear(z, s->w[KEY], NULL, ORR_ACT_NONE);
    return orr_pair_attention(q, k, HEADS, s->index, s->k);
}

/* False: whoever watches has stopped it, and throws the result away. */
static bool go_on(const struct net *s)
{
    return (size_t)s->batch * (size_t)s->n * (size_t)s->k < MANY_PAIRS || orr_tape_go_on(s->tape);
}

/* f(z_i) + W sum_j e_ij relu(p_i + q_j) */
static struct orr_var *field(void *ctx, double t, struct orr_var *z)
{
    const struct net *s = ctx;
    (void)t;
    struct orr_var *hidden = orr_linear(z, s->w[FIELD0], s->w[FIELD0_B], ORR_ACT_SILU);
    struct orr_var *own = orr_linear(hidden, s->w[FIELD1], s->w[FIELD1_B], ORR_ACT_NONE);
    if (s->kind == EDGES_NONE || !go_on(s)) return own;
    struct orr_var *e = s->kind == EDGES_ATTENTION ? attention(s, z) : s->e;
    if (s->kind == EDGES_ATTENTION && !go_on(s)) return own;
    struct orr_var *p = orr_linear(z, s->w[MSG_I], s->w[MSG_B], ORR_ACT_NONE);
    struct orr_var *q = orr_linear(z, s->w[MSG_J], NULL, ORR_ACT_NONE), *sum;
    if (s->kind == EDGES_MEAN) /* g(z_i, z_i): what the released code builds */
        sum = orr_mul(orr_activate(orr_add(p, q), ORR_ACT_RELU), s->e);
    else
        sum = orr_pair_sum(p, q, e, s->index);
    return orr_add(own, orr_linear(sum, s->w[MSG_OUT], NULL, ORR_ACT_NONE));
}

static struct orr_var *true_edges(const struct net *s, const struct orr_nodes_batch *b)
{
    struct orr_var *e = orr_tape_zeros(s->tape, orr_shape3(s->batch, s->n, s->k));
    for (int k = 0; k < s->batch; k++) {
        const struct orr_graph *g = b->graph[k];
        for (size_t i = 0; g && i < g->n; i++)
            for (size_t at = g->row[i]; at < g->row[i + 1]; at++)
                e->value[((size_t)k * g->n + i) * g->n + (size_t)g->from[at]] = (orr_real)(g->weight[at] / STRENGTH);
    }
    return e;
}

/* MLP([h_i, h_j]) / n; for a mean field its sums over j, repeated for every hidden unit. */
static struct orr_var *fixed_edges(struct net *s, struct orr_var *h)
{
    struct orr_var *a = orr_linear(h, s->w[EDGE_I], s->w[EDGE_B], ORR_ACT_NONE);
    struct orr_var *b = orr_linear(h, s->w[EDGE_J], NULL, ORR_ACT_NONE);
    struct orr_var *e = orr_scale(orr_pair_score(a, b, s->w[EDGE_W], s->index, s->k), 1.0 / s->k);
    if (s->kind != EDGES_MEAN) return e;
    struct orr_var *ones = orr_tape_zeros(s->tape, orr_shape2(PAIR, s->k));
    for (size_t i = 0; i < ones->n; i++) ones->value[i] = 1;
    return orr_linear(e, ones, NULL, ORR_ACT_NONE);
}

static struct orr_var *decode(const struct net *s, struct orr_var *z)
{
    struct orr_var *hidden = orr_linear(z, s->w[DEC0], s->w[DEC0_B], ORR_ACT_TANH);
    return orr_linear(hidden, s->w[DEC1], s->w[DEC1_B], ORR_ACT_NONE);
}

static void forward(const struct orr_nodes_model *m, struct orr_tape *tape, const struct orr_nodes_batch *b,
                    const int32_t *index, enum edges kind, int n_tau, const double *tau, struct orr_var **z,
                    struct orr_var **edges)
{
    struct net s = {
        .p = &m->params, .tape = tape, .kind = kind, .index = index, .batch = (int)b->batch, .n = (int)b->n};
    s.k = index ? (int)m->o.near : s.n;
    if (kind == EDGES_TRUE) s.index = NULL, s.k = s.n;
    for (size_t t = 0; t < m->params.n_tensors; t++) s.w[t] = orr_tape_param(tape, &m->params, t);
    const int width = (int)m->o.window + ORR_NODES_EXTRA;
    struct orr_var *x = orr_tape_input(tape, orr_shape3(s.batch, s.n, width), b->features);
    struct orr_var *h =
        orr_linear(orr_linear(x, s.w[ENC0], s.w[ENC0_B], ORR_ACT_TANH), s.w[ENC1], s.w[ENC1_B], ORR_ACT_TANH);
    if (kind == EDGES_FIXED || kind == EDGES_MEAN) s.e = fixed_edges(&s, h);
    if (kind == EDGES_TRUE) s.e = true_edges(&s, b);
    if (edges) *edges = kind == EDGES_FIXED ? s.e : kind == EDGES_ATTENTION ? attention(&s, h) : NULL;
    struct orr_var *start = decode(&s, h), *state = h;
    double now = 0;
    for (int k = 0; k < n_tau; k++) {
        state = orr_ode_step(field, &s, ORR_RK4, now, tau[k] - now, state);
        now = tau[k];
        z[k] = orr_axpby(m->gain, decode(&s, state), -m->gain, start);
    }
}

/* ---- the variants ---- */

#define VARIANT(ident, kind, has_latent, has_graph)                                                                    \
    static void ident##_build(struct orr_params *p, const struct orr_nodes_options *o, struct orr_rng *rng)            \
    {                                                                                                                  \
        build(p, o, kind, rng);                                                                                        \
    }                                                                                                                  \
    static void ident##_forward(const struct orr_nodes_model *m, struct orr_tape *tape,                                \
                                const struct orr_nodes_batch *b, const int32_t *index, int n_tau, const double *tau,   \
                                struct orr_var **z, struct orr_var **edges)                                            \
    {                                                                                                                  \
        forward(m, tape, b, index, kind, n_tau, tau, z, edges);                                                        \
    }                                                                                                                  \
    static const struct orr_nodes_net ident##_net = {                                                                  \
        .build = ident##_build, .forward = ident##_forward, .epochs = 80, .latent = has_latent, .graph = has_graph}
VARIANT(fixed, EDGES_FIXED, true, false);
VARIANT(attention, EDGES_ATTENTION, true, false);
VARIANT(mean_field, EDGES_MEAN, false, false);
VARIANT(true_graph, EDGES_TRUE, false, true);
VARIANT(node, EDGES_NONE, false, false);

static const struct orr_param no_params[] = {{0}};

#define METHOD(ident, network, text, what, base, formula)                                                              \
    static const struct orr_nodes_method network##_method;                                                             \
    const struct orr_method ident = {.name = text,                                                                     \
                                     .summary = what,                                                                  \
                                     .source = "Ding et al. 2024, arXiv 2412.18734",                                   \
                                     .equations = formula,                                                             \
                                     .params = no_params,                                                              \
                                     .input = ORR_DATA_NODES,                                                          \
                                     .baseline = base,                                                                 \
                                     .nodes = &network##_method};                                                      \
    static const struct orr_nodes_method network##_method = {.face = &ident, .least = 3, .net = &network##_net}
METHOD(orr_method_netdyn, fixed, "netdyn", "neural ODE on a latent graph inferred from the window", false,
       "h_i = MLP(window_i), e_ij = MLP([h_i, h_j]) / n, dz_i/dt = f(z_i) + sum_j e_ij g(z_i, z_j), x_i = dec(z_i)");
METHOD(orr_nodes_attention, attention, "netdyn-attention", "the same with edges that vary in time by attention", false,
       "e_ij(t) = mean over 3 heads of softmax_j LeakyReLU(q(z_i) k(z_j))");
METHOD(orr_nodes_mean_field, mean_field, "mean-field", "the same with g(z_i, z_i): ablation", true,
       "dz_i/dt = f(z_i) + g(z_i, z_i) sum_j e_ij");
METHOD(orr_nodes_node, node, "node", "neural ODE of each node alone", true, "dz_i/dt = f(z_i)");
METHOD(orr_nodes_true_graph, true_graph, "true-graph", "the same with the true edges: an oracle", true,
       "dz_i/dt = f(z_i) + sum_j A_ij g(z_i, z_j)");
