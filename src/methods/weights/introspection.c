/* Introspection (Sinha et al. 2017) and WNN (Jang et al. 2023): small networks that jump ahead from a few past values. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/private.h"

enum { HIDDEN = 40, PAST = 4, BRANCH = 16, VALUES = 5, K = ORR_WEIGHTS_DIRECT, ROWS = 4096 };
static const double past[PAST] = {0.4, 0.6, 0.8, 1}; /* of the time t, from which it jumps to 2 t */

static void add_linear(struct orr_params *p, const char *weight, const char *bias, int out, int in, struct orr_rng *rng)
{
    orr_params_add(p, weight, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(p, bias, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}
static struct orr_var *layer(const struct orr_params *p, size_t i, struct orr_var *x, enum orr_activation act)
{
    return orr_linear(x, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1), act);
}

/* ---- introspection ---- */

static int past_width(size_t points)
{
    (void)points;
    return PAST;
}
static void build_introspection(struct orr_params *p, size_t points, struct orr_rng *rng)
{
    (void)points;
    add_linear(p, "hidden.weight", "hidden.bias", HIDDEN, PAST, rng);
    add_linear(p, "out.weight", "out.bias", 1, HIDDEN, rng);
}
static struct orr_var *introspection(const struct orr_params *p, struct orr_var *x, size_t points)
{
    (void)points;
    return layer(p, 2, layer(p, 0, x, ORR_ACT_RELU), ORR_ACT_NONE);
}
/* From any grid point up to the middle of the run. */
static void jump_row(const struct orr_weights_model *m, const struct orr_weights_sample *s, struct orr_rng *rng,
                     float *x, float *y)
{
    (void)m;
    const int j =
        s->n + (int)orr_rng_below(rng, (uint64_t)(ORR_WEIGHTS_GRID / 2 >= s->n ? ORR_WEIGHTS_GRID / 2 - s->n + 1 : 1));
    for (int k = 0; k < PAST; k++) x[k] = (float)(orr_grid_value(s->z, past[k] * j) - (double)s->z[j]);
    y[0] = (float)(orr_grid_value(s->z, 2.0 * j) - (double)s->z[j]);
}

/* Values of a block along times that grow by doubling: (n, count). */
struct path {
    size_t n, count;
    double t[16];
    float *z;
};
static float along(const struct path *p, double t, size_t i)
{
    size_t k = 0;
    while (k + 2 < p->n && p->t[k + 1] < t) k++;
    const float *a = p->z + k * p->count + i;
    const float s = (float)((t - p->t[k]) / (p->t[k + 1] - p->t[k]));
    return a[0] + (s < 0 ? 0 : s) * (a[p->count] - a[0]);
}

static enum orr_status jump(const struct orr_weights_model *m, const struct orr_weights_block *b, size_t n_ahead,
                            const double *tau, float *z, struct orr_tape *tape, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    const double first = b->observed->t[0], last = b->observed->t[b->observed->n - 1];
    float *memory = orr_alloc(ROWS * (16 + PAST + 1), sizeof *memory);
    if (!memory) return orr_error_set(err, ORR_ENOMEM, "introspection", "no memory for a batch");
    float *x = memory + 16 * ROWS, *y = x + PAST * ROWS;
    enum orr_status status = ORR_OK;
    for (size_t at = 0; at < b->count && !status; at += ROWS) {
        struct path p = {.n = b->points, .count = b->count - at < ROWS ? b->count - at : ROWS, .z = memory};
        if (!orr_ticker_tick(ticker, "introspection", "weights", at, b->count))
            status = orr_error_set(err, ORR_ECANCELLED, "introspection", "stopped");
        for (size_t k = 0; k < b->points; k++) {
            p.t[k] = first + (last - first) * (double)k / (double)(b->points - 1);
            memcpy(p.z + k * p.count, b->z + k * b->count + at, p.count * sizeof *z);
        }
        while (p.t[p.n - 1] < 1 && p.n < 16) {
            const double t = p.t[p.n - 1];
            const float *from = p.z + (p.n - 1) * p.count;
            float *to = p.z + p.n * p.count;
            for (size_t i = 0; i < p.count; i++)
                for (int k = 0; k < PAST; k++) x[i * PAST + (size_t)k] = along(&p, past[k] * t, i) - from[i];
            orr_network_run(m, tape, x, p.count, y);
            for (size_t i = 0; i < p.count; i++) to[i] = from[i] + y[i];
            p.t[p.n++] = 2 * t;
        }
        for (size_t h = 0; h < n_ahead; h++)
            for (size_t i = 0; i < p.count; i++) z[h * b->count + at + i] = along(&p, last + (1 - last) * tau[h], i);
    }
    free(memory);
    return status;
}

/* ---- wnn ---- */

static void build_wnn(struct orr_params *p, size_t points, struct orr_rng *rng)
{
    (void)points;
    add_linear(p, "values.weight", "values.bias", BRANCH, VALUES, rng);
    add_linear(p, "differences.weight", "differences.bias", BRANCH, VALUES - 1, rng);
    add_linear(p, "gate.weight", "gate.bias", BRANCH, BRANCH, rng);
    add_linear(p, "out.weight", "out.bias", K, BRANCH, rng);
}
static struct orr_var *wnn(const struct orr_params *p, struct orr_var *x, size_t points)
{
    (void)points;
    struct orr_var *d = orr_sub(orr_slice(x, 1, VALUES - 1), orr_slice(x, 0, VALUES - 1));
    struct orr_var *h = layer(p, 2, d, ORR_ACT_SILU);
    struct orr_var *gate = layer(p, 4, h, ORR_ACT_SIGMOID);
    return layer(p, 6, orr_add(orr_mul(layer(p, 0, x, ORR_ACT_SILU), gate), h), ORR_ACT_NONE);
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_weights_net introspection_net = {past_width, 1, build_introspection, introspection, jump_row};
static const struct orr_weights_net wnn_net = {orr_direct_width, K, build_wnn, wnn, orr_direct_row};
static const struct orr_weights_method introspection_method, wnn_method;
const struct orr_method orr_weights_introspection = {
    .name = "introspection",
    .summary = "from four past values at t to the value at 2t, again and again",
    .source = "Sinha et al., Introspection, ICLR 2017",
    .equations = "w(2t) = w(t) + f(w(0.4t), w(0.6t), w(0.8t), w(t))",
    .params = no_params,
    .input = ORR_DATA_TRAJECTORIES,
    .baseline = true,
    .weights = &introspection_method};
const struct orr_method orr_weights_wnn = {
    .name = "wnn",
    .summary = "five values and their four differences, gated, added to the last value",
    .source = "Jang et al., Learning to Boost Training by Periodic Nowcasting Near Future Weights, ICML 2023",
    .equations = "w_h = w_n + W (a(values) sigma(G b(differences)) + b(differences))",
    .params = no_params,
    .input = ORR_DATA_TRAJECTORIES,
    .baseline = true,
    .weights = &wnn_method};
static const struct orr_weights_method introspection_method = {.face = &orr_weights_introspection,
                                                               .least = 2,
                                                               .points = VALUES,
                                                               .any_fraction = true,
                                                               .steps = 2000,
                                                               .net = &introspection_net,
                                                               .build = orr_network_build,
                                                               .learn = orr_network_learn,
                                                               .forecast = jump};
static const struct orr_weights_method wnn_method = {.face = &orr_weights_wnn,
                                                     .least = 2,
                                                     .points = VALUES,
                                                     .steps = 2000,
                                                     .net = &wnn_net,
                                                     .build = orr_network_build,
                                                     .learn = orr_network_learn,
                                                     .forecast = orr_direct_forecast};
