/* Layers that the networks for learning curves share. */
#include <stdio.h>

#include "methods/curve/private.h"

void orr_lc_add_linear(struct orr_params *p, const char *name, int out, int in, double gain, struct orr_rng *rng)
{
    char full[64];
    snprintf(full, sizeof full, "%s.weight", name);
    orr_params_add(p, full, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, gain, 0, rng);
    snprintf(full, sizeof full, "%s.bias", name);
    orr_params_add(p, full, orr_shape1(out), ORR_INIT_ZERO, 0, 0, rng);
}

struct orr_var *orr_lc_linear(const struct orr_params *p, size_t i, struct orr_var *x, enum orr_activation act)
{
    return orr_linear(x, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1), act);
}

void orr_lc_add_recurrent(struct orr_params *p, const char *name, int gates, int hidden, int in, struct orr_rng *rng)
{
    static const char *const parts[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    for (int i = 0; i < 4; i++) {
        char full[64];
        snprintf(full, sizeof full, "%s.%s", name, parts[i]);
        const int n = gates * hidden;
        orr_params_add(p, full,
                       i == 0   ? orr_shape2(n, in)
                       : i == 1 ? orr_shape2(n, hidden)
                                : orr_shape1(n),
                       ORR_INIT_FAN_IN_UNIFORM, 1, hidden, rng);
    }
}

struct orr_var *orr_lc_encode(const struct orr_params *p, size_t gru, struct orr_tape *t, const struct orr_lc_batch *b)
{
    struct orr_var *x = orr_tape_input(t, orr_shape3(b->n, ORR_LC_SEEN, ORR_LC_POINT), b->points);
    struct orr_var *h = orr_gru(x, NULL, orr_tape_param(t, p, gru), orr_tape_param(t, p, gru + 1),
                                orr_tape_param(t, p, gru + 2), orr_tape_param(t, p, gru + 3));
    return orr_concat(orr_select(h, ORR_LC_SEEN - 1), orr_tape_input(t, orr_shape2(b->n, ORR_LC_CONTEXT), b->context));
}

struct orr_lc_output orr_lc_decode(const struct orr_params *p, size_t i, struct orr_var *states)
{
    const struct orr_shape shape = orr_shape2(states->shape.size[0], ORR_LC_KNOTS);
    struct orr_var *both = orr_lc_linear(p, i, states, ORR_ACT_NONE);
    return (struct orr_lc_output){.mean = orr_reshape(orr_slice(both, 0, 1), shape),
                                  .log_scale = orr_reshape(orr_slice(both, 1, 1), shape)};
}

struct orr_var *orr_lc_normal(struct orr_tape *t, struct orr_shape shape, bool training, struct orr_rng *rng)
{
    struct orr_var *e = orr_tape_zeros(t, shape);
    const size_t own = training ? e->n : (size_t)orr_shape_last(shape);
    for (size_t i = 0; i < e->n; i++) e->value[i] = i < own ? (orr_real)orr_rng_normal(rng) : e->value[i - own];
    return e;
}
