/* LC-BNN (Klein et al., ICLR 2017): a Bayesian network gives the weights of basis functions of learning curves. The posterior
 * over its weights is approximated by dropout at work (Gal and Ghahramani 2016), where the authors sample by SGHMC. */
#include <math.h>

#include "methods/curve/private.h"

enum { K = ORR_LC_KNOTS, HIDDEN = 32, WIDE = 64, BASES = 14 };
static const double DROPOUT = 0.1;

enum { GRU = 0, HIDDEN0 = 4, HIDDEN1 = 6, WEIGHTS = 8, SCALE = 10 };

static void build(struct orr_params *p, struct orr_rng *rng)
{
    orr_lc_add_recurrent(p, "encoder", 3, HIDDEN, ORR_LC_POINT, rng);
    orr_lc_add_linear(p, "hidden.0", WIDE, HIDDEN + ORR_LC_CONTEXT, 1, rng);
    orr_lc_add_linear(p, "hidden.1", WIDE, WIDE, 1, rng);
    orr_lc_add_linear(p, "weights", BASES, WIDE, 0.3, rng);
    orr_lc_add_linear(p, "log_scale", K, WIDE, 0.3, rng);
}

/* phi_j(x) at x = e^tau > 1, each 0 at x = 1: power laws, exponentials, inverse logarithm, straight lines. */
static double basis(int j, double tau)
{
    static const double powers[] = {0.1, 0.25, 0.5, 1, 2, 4}, rates[] = {0.25, 0.5, 1, 2, 4};
    const double x = exp(tau);
    if (j < 6) return 1 - exp(-powers[j] * tau);
    if (j < 11) return 1 - exp(-rates[j - 6] * (x - 1));
    return j == 11 ? 1 - log(2) / log(x + 1) : j == 12 ? tau : (x - 1) / 4;
}

/* Dropout at work, with one mask for all rows of a forecast. */
static struct orr_var *thin(struct orr_var *x, bool training, struct orr_rng *rng)
{
    struct orr_var *mask = orr_tape_zeros(x->tape, x->shape);
    const size_t own = training ? mask->n : (size_t)orr_shape_last(x->shape);
    for (size_t i = 0; i < mask->n; i++)
        mask->value[i] = i >= own                         ? mask->value[i - own]
                         : orr_rng_uniform(rng) < DROPOUT ? 0
                                                          : (orr_real)(1 / (1 - DROPOUT));
    return orr_mul(x, mask);
}

static struct orr_lc_output lcbnn(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                  bool training, double done, struct orr_rng *rng)
{
    (void)done;
    struct orr_var *h = orr_lc_linear(p, HIDDEN0, orr_lc_encode(p, GRU, t, b), ORR_ACT_TANH);
    h = thin(orr_lc_linear(p, HIDDEN1, thin(h, training, rng), ORR_ACT_TANH), training, rng);
    struct orr_var *phi = orr_tape_zeros(t, orr_shape3(b->n, BASES, K));
    for (int i = 0; i < b->n; i++)
        for (int j = 0; j < BASES; j++)
            for (int k = 0; k < K; k++)
                phi->value[(i * BASES + j) * K + k] = (orr_real)basis(j, (double)b->span[i] * (k + 1) / K);
    struct orr_var *weight = orr_reshape(orr_lc_linear(p, WEIGHTS, h, ORR_ACT_NONE), orr_shape3(b->n, 1, BASES));
    return (struct orr_lc_output){.mean = orr_reshape(orr_matmul(weight, phi, false, false), orr_shape2(b->n, K)),
                                  .log_scale = orr_lc_linear(p, SCALE, h, ORR_ACT_NONE)};
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_lc_net net = {1500, 0.2, false, 16, build, lcbnn};
static const struct orr_lc_method method;
const struct orr_method orr_lc_lcbnn = {
    .name = "lcbnn",
    .summary = "a Bayesian network that weighs basis functions of learning curves",
    .source = "Klein et al. 2017",
    .equations = "y(x) = sum_j w_j phi_j(x), w = BNN(y_1..y_n)",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &method,
};
static const struct orr_lc_method method = {.face = &orr_lc_lcbnn, .net = &net};
