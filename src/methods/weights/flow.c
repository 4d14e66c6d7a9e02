/* Gradient flow matching (arXiv 2505.20221). Training is a flow dw/dt = v(w, t); on the segment between snapshots i and i + 1
 * the observed velocity is u = m (w_(i+1) - w_i) at w(t) = (1 - s) w_i + s w_(i+1), t = (i + s) / m. A field v_theta, one for all
 * weights, is fitted by E || v_theta(w(t), t, c) - u ||^2 on whole runs (large errors count linearly) and integrated from the
 * last observed snapshot to the end of training. c holds the observed values of the weight, how its tensor moved as a whole,
 * its role and the optimiser. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/private.h"

enum {
    SEEN = 5,       /* observed points, the last of which is the origin */
    OWN = SEEN + 1, /* numbers of the weight itself: z(t), the points before the last, its value */
    SHARED = ORR_WEIGHTS_CONTEXT + 2 + ORR_ROLES + ORR_WEIGHTS_OPTIMS, /* numbers of its tensor and the time */
    FEATURES = OWN + SHARED,
    HIDDEN = 32,
    ROWS = 4096,
    STEPS = 5, /* of RK4 and, four times as many, of Euler */
};

static int width(size_t points)
{
    (void)points;
    return FEATURES;
}

static void add_linear(struct orr_params *p, const char *weight, const char *bias, int out, int in, double gain,
                       struct orr_rng *rng)
{
    orr_params_add(p, weight, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, gain, 0, rng);
    orr_params_add(p, bias, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}

static void build(struct orr_params *p, size_t points, struct orr_rng *rng)
{
    (void)points;
    add_linear(p, "gate.0.weight", "gate.0.bias", HIDDEN, SHARED, 1, rng);
    add_linear(p, "gate.1.weight", "gate.1.bias", OWN, HIDDEN, 0.3, rng);
    add_linear(p, "field.0.weight", "field.0.bias", HIDDEN, FEATURES, 1, rng);
    add_linear(p, "field.1.weight", "field.1.bias", HIDDEN, HIDDEN, 1, rng);
    add_linear(p, "field.2.weight", "field.2.bias", 1, HIDDEN, 0.1, rng);
    orr_params_add(p, "sum", orr_shape2(1, OWN), ORR_INIT_ONE, 0, 0, rng);
}

static struct orr_var *layer(const struct orr_params *p, size_t i, struct orr_var *x, enum orr_activation act)
{
    return orr_linear(x, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1), act);
}

/* v = g(c, t) . own + f(own, c, t): what all weights of a tensor share is linear in the weight, with gates that only the tensor
 * and the time set; f adds what is not. */
static struct orr_var *field(const struct orr_params *p, struct orr_var *x, size_t points)
{
    (void)points;
    struct orr_var *own = orr_slice(x, 0, OWN), *shared = orr_slice(x, OWN, SHARED);
    struct orr_var *gate = layer(p, 2, layer(p, 0, shared, ORR_ACT_SILU), ORR_ACT_NONE);
    struct orr_var *line = orr_linear(orr_mul(own, gate), orr_tape_param(x->tape, p, 10), NULL, ORR_ACT_NONE);
    return orr_add(line, layer(p, 8, layer(p, 6, layer(p, 4, x, ORR_ACT_SILU), ORR_ACT_SILU), ORR_ACT_NONE));
}

static float bounded(double x) { return (float)(x > 8 ? 8 : x > -8 ? x : -8); }

/* What does not change with tau. context[6] is the log of the tensor's size over its scale. */
static void fill_shared(bool optimiser, const float *context, int optim, enum orr_tensor_role role, double tau,
                        float *x)
{
    memset(x, 0, SHARED * sizeof *x);
    memcpy(x, context, ORR_WEIGHTS_CONTEXT * sizeof *x);
    x[ORR_WEIGHTS_CONTEXT] = (float)tau;
    x[ORR_WEIGHTS_CONTEXT + 1] = (float)(1 / (0.1 + tau)) / 4;
    x[ORR_WEIGHTS_CONTEXT + 2 + role] = 1;
    if (optimiser && optim >= 0 && optim < ORR_WEIGHTS_OPTIMS) x[ORR_WEIGHTS_CONTEXT + 2 + ORR_ROLES + optim] = 1;
}

static bool row(const struct orr_weights_model *m, const struct orr_weights_sample *s, struct orr_rng *rng, float *x,
                float *y)
{
    const double ahead = ORR_WEIGHTS_GRID - s->n, at = s->n + ahead * orr_rng_uniform(rng);
    const int i = (int)at < ORR_WEIGHTS_GRID ? (int)at : ORR_WEIGHTS_GRID - 1;
    x[0] = bounded(orr_grid_value(s->z, at));
    for (int k = 0; k < SEEN - 1; k++) x[1 + k] = bounded(orr_grid_value(s->z, s->n * (double)k / (SEEN - 1)));
    x[SEEN] = bounded(s->value * exp(-(double)s->context[6]));
    fill_shared(m->o.optimiser, s->context, s->optim, s->role, (at - s->n) / ahead, x + OWN);
    y[0] = (float)(((double)s->z[i + 1] - (double)s->z[i]) * ahead); /* dz/dtau */
    return true;
}

/* ---- integration ---- */

struct flow {
    const struct orr_weights_model *m;
    const struct orr_weights_block *b;
    struct orr_tape *tape;
    float *x, *v; /* (count, FEATURES), (count) */
};

static void velocity(void *ctx, double tau, size_t n, const double *z, double *dz)
{
    const struct flow *f = ctx;
    float shared[SHARED];
    fill_shared(f->m->o.optimiser, f->b->context, f->b->observed->optim, f->b->observed->role, tau, shared);
    for (size_t i = 0; i < n; i++) {
        f->x[i * FEATURES] = bounded(z[i]);
        memcpy(f->x + i * FEATURES + OWN, shared, sizeof shared);
    }
    orr_network_run(f->m, f->tape, f->x, n, f->v);
    for (size_t i = 0; i < n; i++) dz[i] = (double)f->v[i];
}

/* The features of rows at..at+n that do not change with tau. */
static void fill_own(const struct orr_weights_block *b, size_t at, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < SEEN - 1; k++)
            x[i * FEATURES + 1 + (size_t)k] = bounded((double)b->z[(size_t)k * b->count + at + i]);
        x[i * FEATURES + SEEN] = bounded((double)b->w[at + i] / b->scale * exp(-(double)b->context[6]));
    }
}

static enum orr_status field_at(const struct orr_weights_model *m, const struct orr_weights_block *b, double tau,
                                const float *z, float *dz, struct orr_tape *tape, struct orr_error *err)
{
    float *x = orr_alloc(ROWS * (FEATURES + 1), sizeof *x);
    double *y = orr_alloc(2 * ROWS, sizeof *y);
    if (x && y) {
        struct flow f = {m, b, tape, x, x + ROWS * FEATURES};
        for (size_t at = 0; at < b->count; at += ROWS) {
            const size_t n = b->count - at < ROWS ? b->count - at : ROWS;
            fill_own(b, at, n, x);
            for (size_t i = 0; i < n; i++) y[i] = (double)z[at + i];
            velocity(&f, tau, n, y, y + ROWS);
            for (size_t i = 0; i < n; i++) dz[at + i] = (float)y[ROWS + i];
        }
    }
    const enum orr_status status = x && y ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "flow", "no memory for a batch");
    free(x);
    free(y);
    return status;
}

static enum orr_status integrate(const struct orr_weights_model *m, const struct orr_weights_block *b, size_t n_ahead,
                                 const double *tau, float *z, struct orr_tape *tape, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    double *memory = orr_alloc(ROWS * (n_ahead + 2) + n_ahead + 1, sizeof *memory);
    float *x = orr_alloc(ROWS * (FEATURES + 1), sizeof *x);
    enum orr_status status = memory && x ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "flow", "no memory for a batch");
    if (status) goto out;
    double *times = memory, *start = times + n_ahead + 1, *out = start + ROWS;
    times[0] = 0;
    memcpy(times + 1, tau, n_ahead * sizeof *tau);
    struct flow f = {m, b, tape, x, x + ROWS * FEATURES};
    const struct orr_ode_options o = {.method = m->o.solver,
                                      .rtol = 1e-3,
                                      .atol = 1e-3,
                                      .step = m->o.solver == ORR_EULER ? 0.25 / STEPS
                                              : m->o.solver == ORR_RK4 ? 1.0 / STEPS
                                                                       : 0};
    for (size_t at = 0; at < b->count && !status; at += ROWS) {
        const size_t n = b->count - at < ROWS ? b->count - at : ROWS;
        if (!orr_ticker_tick(ticker, "flow", "weights", at, b->count)) {
            status = orr_error_set(err, ORR_ECANCELLED, "flow", "stopped");
            break;
        }
        memset(start, 0, n * sizeof *start);
        fill_own(b, at, n, x);
        struct orr_ode_info info;
        status = orr_ode_solve(velocity, &f, n, start, times, n_ahead + 1, &o, ticker, out, &info, err);
        for (size_t h = 0; h < n_ahead && !status; h++)
            for (size_t i = 0; i < n; i++) z[h * b->count + at + i] = (float)out[(h + 1) * n + i];
    }
out:
    free(memory);
    free(x);
    return status;
}

static const struct orr_weights_net net = {width, 1, 600, build, field, row, integrate, field_at};
static const struct orr_weights_method flow;
static const struct orr_param params[] = {
    {"solver", ORR_PARAM_CHOICE, "rk4", 0, 0, "", "euler|rk4|dopri5", "how the field is integrated"},
    {0},
};
const struct orr_method orr_method_flow = {
    .name = "flow",
    .summary = "a learned velocity field over weights, integrated to the end of training",
    .source = "Gradient Flow Matching for Learning Update Dynamics in Neural Network Training, arXiv 2505.20221",
    .equations = "dw/dt = v(w(t), t, c);  min E || v(w(t), t, c) - m (w_(i+1) - w_i) ||^2,  w(t) on the segment i",
    .params = params,
    .input = ORR_DATA_TRAJECTORIES,
    .weights = &flow,
};
static const struct orr_weights_method flow = {
    .face = &orr_method_flow, .least = 2, .any_fraction = true, .points = SEEN, .net = &net};
