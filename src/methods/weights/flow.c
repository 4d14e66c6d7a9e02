/* Gradient flow matching (arXiv 2505.20221). Training is a flow dw/dt = v(w, t); on the segment between snapshots i and i + 1
 * the observed velocity is u = m (w_(i+1) - w_i) at w(t) = (1 - s) w_i + s w_(i+1), t = (i + s) / m. A field v_theta, one for
 * all weights, is fitted to u on whole runs and integrated from the last observed snapshot to the end of training.
 *
 * With tau = 0 at the last observed time and 1 at the end, z the weight's distance from its last observed value in units of
 * how far its tensor has moved, and x = (observed points, value, 1, the optimiser's direction):
 *     dz/dtau = sum_j g_j(tau) x_j - k z + sum_r o_r(tau) tanh(<a_r, s x> + b_r + p_r z)
 *     g(tau) = g0 + g1 e^(-3 tau) + g2 e^(-10 tau),   o(tau) = o0 + o1 e^(-3 tau),   k > 0.
 * All of g, s, b, p, o and k are what one network says of the tensor from how it has moved as a whole: lengths of its updates
 * and angles between them, its size, its role and depth, optimiser and learning rate. Persistence (all 0), the straight line
 * and every relaxation to a mix of the observed points are among the fields it can say. See flow_fit.c for the loss. */
#include "methods/weights/flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/optim.h>

#include "base/mem.h"
#include "num/activation.h"

enum {
    SEEN = ORR_WEIGHTS_SEEN, OWN = ORR_FLOW_OWN, ABOUT = ORR_FLOW_ABOUT, HIDDEN = ORR_FLOW_HIDDEN, UNITS = ORR_FLOW_UNITS,
    CLOCKS = ORR_FLOW_CLOCKS, SAYS = ORR_FLOW_SAYS,
    ROWS = 4096,
    FARTHEST = 3, /* standard deviations that a number of a tensor goes from those that were learned from */
    STEPS = 5, /* of RK4 and, four times as many, of Euler */
};
_Static_assert(UNITS == 8, "orr_flow_velocity doubles z three times");

/* ---- inputs ---- */

static float bounded(double x, double most) { return (float)(x > most ? most : x > -most ? x : -most); }

void orr_flow_fill_about(const struct orr_flow_about *a, float x[ABOUT])
{
    memset(x, 0, ABOUT * sizeof *x);
    memcpy(x, a->context, ORR_WEIGHTS_CONTEXT * sizeof *x);
    x += ORR_WEIGHTS_CONTEXT;
    if (a->lr > 0) {
        x[0] = 1;
        x[1] = bounded(log(a->lr) + 4.5, 6);
        x[2] = bounded(log(a->scale / a->lr) / 2, 4);
    }
    if (a->depth >= 0) {
        x[3] = 1;
        x[4] = a->depth <= 0;
        x[5] = a->depth >= 1;
    }
    x[6 + a->role] = 1;
    if (a->optim >= 0 && a->optim < ORR_WEIGHTS_OPTIMS) x[6 + ORR_ROLES + a->optim] = 1;
    x[6 + ORR_ROLES + ORR_WEIGHTS_OPTIMS] = a->term;
}

enum { OF_OPTIM = ORR_WEIGHTS_CONTEXT + 6 + ORR_ROLES }; /* where the optimisers begin */

int orr_flow_takes_for(const struct orr_params *p, int optim)
{
    const orr_real *shift = orr_params_value(p, ORR_FLOW_SHIFT); /* minus the share of an optimiser among what was learned from */
    if (optim < 0 || optim >= ORR_WEIGHTS_OPTIMS) return -1;
    if (optim == ORR_ADAMW && !(shift[OF_OPTIM + optim] < 0)) optim = ORR_ADAM;
    return shift[OF_OPTIM + optim] < 0 ? optim : -1;
}

void orr_flow_bound_about(const struct orr_params *p, float x[ABOUT])
{
    const orr_real *shift = orr_params_value(p, ORR_FLOW_SHIFT), *unit = orr_params_value(p, ORR_FLOW_UNIT);
    for (size_t k = 0; k < ABOUT; k++) {
        const double from = -(double)shift[k], u = (double)unit[k];
        if (u > 0) x[k] = (float)(from + bounded(((double)x[k] - from) * u, FARTHEST) / u);
    }
}

void orr_flow_fill_own(const double z[SEEN - 1], double value, double term, float *x, size_t stride)
{
    for (size_t k = 0; k < SEEN - 1; k++) x[k * stride] = bounded(z[k], 20);
    x[(SEEN - 1) * stride] = bounded(value, 4);
    x[SEEN * stride] = 1;
    x[(SEEN + 1) * stride] = bounded(term, 8);
}

/* ---- the field ---- */

static void add_linear(struct orr_params *p, const char *weight, const char *bias, int out, int in, double gain,
                       struct orr_rng *rng)
{
    orr_params_add(p, weight, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, gain, 0, rng);
    orr_params_add(p, bias, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}

static void build(struct orr_weights_model *m, struct orr_rng *rng)
{
    struct orr_params *p = &m->params;
    orr_params_add(p, "about.shift", orr_shape1(ABOUT), ORR_INIT_ZERO, 0, 0, NULL);
    orr_params_add(p, "about.unit", orr_shape1(ABOUT), ORR_INIT_ONE, 0, 0, NULL);
    add_linear(p, "tensor.0.weight", "tensor.0.bias", HIDDEN, ABOUT, 1.7, rng);
    add_linear(p, "tensor.1.weight", "tensor.1.bias", HIDDEN, HIDDEN, 1.7, rng);
    add_linear(p, "tensor.2.weight", "tensor.2.bias", SAYS, HIDDEN, 0.2, rng);
    orr_params_add(p, "inner.weight", orr_shape2(UNITS, OWN), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
}

static struct orr_var *layer(const struct orr_params *p, size_t i, struct orr_var *x, enum orr_activation act)
{
    return orr_linear(x, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1), act);
}

struct orr_var *orr_flow_network(const struct orr_params *p, struct orr_var *about)
{
    struct orr_tape *t = about->tape; /* shift and unit are set, not learned: constants */
    struct orr_var *shift = orr_tape_input(t, orr_shape1(ABOUT), orr_params_value(p, ORR_FLOW_SHIFT));
    struct orr_var *unit = orr_tape_input(t, orr_shape1(ABOUT), orr_params_value(p, ORR_FLOW_UNIT));
    struct orr_var *h = layer(p, ORR_FLOW_W0, orr_mul(orr_add(about, shift), unit), ORR_ACT_SILU);
    return layer(p, ORR_FLOW_W2, layer(p, ORR_FLOW_W1, h, ORR_ACT_SILU), ORR_ACT_NONE);
}

/* Where its parts begin. */
enum { GAIN = CLOCKS * OWN, BIAS = GAIN + OWN, PULL = BIAS + UNITS, OUT = PULL + UNITS, LEAK = OUT + 2 * UNITS };
_Static_assert(LEAK + 1 == SAYS, "parts of what the network says");

static struct orr_var *part(struct orr_var *says, int first, int n) { return orr_transpose(orr_slice(says, first, n)); }

void orr_flow_unpack(struct orr_var *says, struct orr_flow_tensor *t)
{
    for (int c = 0; c < CLOCKS; c++) t->gates[c] = part(says, c * OWN, OWN);
    t->gain = part(says, GAIN, OWN);
    t->bias = part(says, BIAS, UNITS);
    t->pull = part(says, PULL, UNITS);
    for (int c = 0; c < 2; c++) t->out[c] = part(says, OUT + c * UNITS, UNITS);
    t->decay = orr_reshape(orr_activate(orr_slice(says, LEAK, 1), ORR_ACT_SOFTPLUS), orr_shape1(says->shape.size[0]));
}

struct orr_var *orr_flow_inner(const struct orr_params *p, const struct orr_flow_tensor *t, struct orr_var *own)
{
    struct orr_var *gained = orr_add(own, orr_mul(own, t->gain));
    return orr_add(orr_transpose(orr_matmul(gained, orr_tape_param(own->tape, p, ORR_FLOW_INNER), true, true)), t->bias);
}

static void clocks_at(double tau, double c[CLOCKS])
{
    c[0] = 1;
    c[1] = exp(-3 * tau);
    c[2] = exp(-10 * tau);
}

/* (W, n, G) -> (W, G), times n. */
static struct orr_var *mean_of(struct orr_var *x)
{
    const int *size = x->shape.size;
    return orr_reshape(orr_mean_rows(x, size[1]), orr_shape2(size[0], size[2]));
}

struct orr_var *orr_flow_velocity(const struct orr_flow_tensor *t, struct orr_var *own, struct orr_var *inner, double tau,
                                  struct orr_var *z)
{
    double c[CLOCKS];
    clocks_at(tau, c);
    struct orr_var *drive = mean_of(orr_mul(own, orr_combine(t->gates, c, CLOCKS))), *copies = z;
    for (int k = 0; k < 3; k++) copies = orr_concat(copies, copies); /* (W, UNITS G) */
    struct orr_var *h = orr_add(inner, orr_mul(orr_reshape(copies, inner->shape), t->pull));
    struct orr_var *bent = mean_of(orr_mul(orr_activate(h, ORR_ACT_TANH), orr_combine(t->out, c, 2)));
    struct orr_var *const parts[3] = {drive, bent, orr_mul(z, t->decay)};
    return orr_combine(parts, (const double[3]){OWN, UNITS, -1}, 3);
}

void orr_flow_rows_prepare(const struct orr_params *p, struct orr_flow_rows *r, const float *own)
{
    const size_t n = r->n;
    const orr_real *inner = orr_params_value(p, ORR_FLOW_INNER);
    memset(r->drive, 0, CLOCKS * n * sizeof *r->drive);
    for (size_t u = 0; u < UNITS; u++)
        for (size_t i = 0; i < n; i++) r->inner[u * n + i] = r->says[BIAS + u];
    for (size_t j = 0; j < OWN; j++) {
        const float *x = own + j * n;
        for (size_t c = 0; c < CLOCKS; c++)
            for (size_t i = 0; i < n; i++) r->drive[c * n + i] += r->says[c * OWN + j] * x[i];
        for (size_t u = 0; u < UNITS; u++) {
            const float a = (float)inner[u * OWN + j] * (1 + r->says[GAIN + j]);
            for (size_t i = 0; i < n; i++) r->inner[u * n + i] += a * x[i];
        }
    }
}

void orr_flow_rows_velocity(const struct orr_flow_rows *r, double tau, const double *z, double *dz)
{
    const size_t n = r->n;
    double c[CLOCKS];
    float *v = r->z, *h = r->h; /* v: first z */
    const float decay = r->says[LEAK] > 20 ? r->says[LEAK] : log1pf(expf(r->says[LEAK]));
    clocks_at(tau, c);
    const float c0 = (float)c[0], c1 = (float)c[1], c2 = (float)c[2];
    for (size_t i = 0; i < n; i++) v[i] = (float)z[i];
    for (size_t i = 0; i < n; i++)
        dz[i] = (double)(c0 * r->drive[i] + c1 * r->drive[n + i] + c2 * r->drive[2 * n + i] - decay * v[i]);
    for (size_t u = 0; u < UNITS; u++) {
        const float pull = r->says[PULL + u], o = c0 * r->says[OUT + u] + c1 * r->says[OUT + UNITS + u];
        for (size_t i = 0; i < n; i++) h[i] = r->inner[u * n + i] + pull * v[i];
        orr_activation_forward(h, h, n, ORR_ACT_TANH);
        for (size_t i = 0; i < n; i++) dz[i] += (double)(o * h[i]);
    }
}

/* ---- integration ---- */

struct flow {
    const struct orr_weights_model *m;
    struct orr_flow_rows rows;
    float *own; /* (OWN, n) */
};

static void velocity(void *ctx, double tau, size_t n, const double *z, double *dz)
{
    (void)n;
    orr_flow_rows_velocity(&((struct flow *)ctx)->rows, tau, z, dz);
}

/* What the network says of the block's tensor. */
static void look(struct flow *f, const struct orr_weights_block *b, struct orr_tape *tape)
{
    const struct orr_observed *o = b->observed;
    const struct orr_weights_options *options = &f->m->o;
    float context[ORR_WEIGHTS_CONTEXT], about[ABOUT];
    orr_gram_context(b->gram, o->weights, o->t[o->n - 1], context);
    const int optim = options->optimiser ? orr_flow_takes_for(&f->m->params, o->optim) : -1;
    const struct orr_flow_about a = {context, optim >= 0 ? o->lr : 0, o->depth, b->scale, optim, o->role,
                                     options->moments && b->term && o->term_square > 0};
    orr_flow_fill_about(&a, about);
    orr_flow_bound_about(&f->m->params, about);
    orr_tape_record(tape, false);
    orr_tape_reset(tape);
    struct orr_var *says = orr_flow_network(&f->m->params, orr_tape_input(tape, orr_shape2(1, ABOUT), about));
    memcpy(f->rows.says, says->value, sizeof f->rows.says);
}

/* Rows at..at + n of the block, and what does not change along their paths. */
static void prepare(struct flow *f, const struct orr_weights_block *b, size_t at, size_t n)
{
    const struct orr_observed *o = b->observed;
    const bool term = f->m->o.moments && b->term && o->term_square > 0;
    const double size = sqrt(fmax(b->gram[SEEN * SEEN - 1], 0) / (double)o->weights) + 1e-12;
    const double unit = term ? sqrt((double)o->weights / o->term_square) : 0;
    f->rows.n = n;
    for (size_t i = 0; i < n; i++) {
        double z[SEEN - 1];
        for (size_t k = 0; k < SEEN - 1; k++) z[k] = (double)b->z[k * b->count + at + i];
        orr_flow_fill_own(z, (double)b->w[at + i] / size, term ? unit * (double)b->term[at + i] : 0, f->own + i, n);
    }
    orr_flow_rows_prepare(&f->m->params, &f->rows, f->own);
}

static void give_rows(struct flow *f, float *memory)
{
    f->own = memory;
    f->rows.drive = memory + ROWS * OWN;
    f->rows.inner = f->rows.drive + ROWS * CLOCKS;
    f->rows.z = f->rows.inner + ROWS * UNITS;
    f->rows.h = f->rows.z + ROWS;
}
enum { ROW_FLOATS = OWN + CLOCKS + UNITS + 2 };

static enum orr_status field_at(const struct orr_weights_model *m, const struct orr_weights_block *b, double tau,
                                const float *z, float *dz, struct orr_tape *tape, struct orr_error *err)
{
    float *memory = orr_alloc(ROWS * ROW_FLOATS, sizeof *memory);
    double *y = orr_alloc(2 * ROWS, sizeof *y);
    const enum orr_status status = memory && y ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "flow", "no memory for a batch");
    struct flow f = {.m = m};
    if (!status) {
        give_rows(&f, memory);
        look(&f, b, tape);
    }
    for (size_t at = 0; at < b->count && !status; at += ROWS) {
        const size_t n = b->count - at < ROWS ? b->count - at : ROWS;
        prepare(&f, b, at, n);
        for (size_t i = 0; i < n; i++) y[i] = (double)z[at + i];
        orr_flow_rows_velocity(&f.rows, tau, y, y + ROWS);
        for (size_t i = 0; i < n; i++) dz[at + i] = (float)y[ROWS + i];
    }
    free(memory);
    free(y);
    return status;
}

static enum orr_status integrate(const struct orr_weights_model *m, const struct orr_weights_block *b, size_t n_ahead,
                                 const double *tau, float *z, struct orr_tape *tape, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    double *memory = orr_alloc(ROWS * (n_ahead + 2) + n_ahead + 1, sizeof *memory);
    float *floats = orr_alloc(ROWS * ROW_FLOATS, sizeof *floats);
    enum orr_status status = memory && floats ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "flow", "no memory for a batch");
    if (status) goto out;
    double *times = memory, *start = times + n_ahead + 1, *out = start + ROWS;
    times[0] = 0;
    memcpy(times + 1, tau, n_ahead * sizeof *tau);
    memset(start, 0, ROWS * sizeof *start);
    struct flow f = {.m = m};
    give_rows(&f, floats);
    const struct orr_ode_options o = {.method = m->o.solver,
                                      .rtol = 1e-3,
                                      .atol = 1e-3,
                                      .step = m->o.solver == ORR_EULER ? 0.25 / STEPS
                                              : m->o.solver == ORR_RK4 ? 1.0 / STEPS
                                                                       : 0};
    look(&f, b, tape);
    for (size_t at = 0; at < b->count && !status; at += ROWS) {
        const size_t n = b->count - at < ROWS ? b->count - at : ROWS;
        if (!orr_ticker_tick(ticker, "flow", "weights", at, b->count)) {
            status = orr_error_set(err, ORR_ECANCELLED, "flow", "stopped");
            break;
        }
        struct orr_ode_info info;
        prepare(&f, b, at, n);
        status = orr_ode_solve(velocity, &f, n, start, times, n_ahead + 1, &o, ticker, out, &info, err);
        for (size_t h = 0; h < n_ahead && !status; h++)
            for (size_t i = 0; i < n; i++) z[h * b->count + at + i] = (float)out[(h + 1) * n + i];
    }
out:
    free(memory);
    free(floats);
    return status;
}

static const struct orr_weights_method flow, flow_loss;
static const struct orr_param params[] = {
    {"solver", ORR_PARAM_CHOICE, "rk4", 0, 0, "", "euler|rk4|dopri5", "how the field is integrated"},
    {0},
};
const struct orr_method orr_method_flow = {
    .name = "flow",
    .summary = "a learned velocity field over weights, integrated to the end of training",
    .source = "Gradient Flow Matching for Learning Update Dynamics in Neural Network Training, arXiv 2505.20221",
    .equations = "dw/dt = v(w(t), t, c);  min E |v(w(t), t, c) - m (w_(i+1) - w_i)| + |w_n + int v - w(t)|, "
                 "w(t) on the segment i",
    .params = params,
    .input = ORR_DATA_TRAJECTORIES,
    .weights = &flow,
};
const struct orr_method orr_method_flow_loss = {
    .name = "flow-loss",
    .summary = "the field of flow, tuned to where the network's loss is low: for jumps",
    .source = "as flow; the tuning is ours",
    .equations = "dw/dt = v(w(t), t, c);  first as flow, then min E log(L(w_n + int v) + 0.1), L the loss of the run's network",
    .params = params,
    .input = ORR_DATA_TRAJECTORIES,
    .weights = &flow_loss,
};
#define FIELD(name)                                                                                                    \
    static const struct orr_weights_method name = {.face = &orr_method_##name, .least = 2, .any_fraction = true,       \
                                                   .points = SEEN, .steps = 4000, .build = build,                      \
                                                   .learn = orr_flow_learn, .forecast = integrate, .velocity = field_at}
FIELD(flow);
FIELD(flow_loss);
