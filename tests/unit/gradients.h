/* The gradient of an operation against central differences: what the suites of gradients share. In double precision. */
#ifndef ORRERY_TESTS_GRADIENTS_H
#define ORRERY_TESTS_GRADIENTS_H

#include "suite.h"

#include <math.h>

#include <orrery/ops.h>

enum { MAX_LEAVES = 6, MAX_N = 600 };

struct leaf {
    struct orr_shape shape;
    double value[MAX_N];
};
struct check {
    int n;
    struct leaf leaf[MAX_LEAVES];
    /* The value to differentiate, of any shape: its numbers are summed with fixed random weights. */
    struct orr_var *(*build)(struct orr_var **leaves);
};

static inline double run(const struct check *c, struct orr_tape *t, double grad[][MAX_N])
{
    struct orr_var *leaf[MAX_LEAVES];
    double weight[8192];
    struct orr_rng rng;
    orr_tape_reset(t);
    for (int k = 0; k < c->n; k++) leaf[k] = orr_tape_leaf(t, c->leaf[k].shape, c->leaf[k].value);
    struct orr_var *y = c->build(leaf);
    orr_rng_seed(&rng, 7, 7);
    ck_assert(y->n <= 8192);
    for (size_t i = 0; i < y->n; i++) weight[i] = orr_rng_normal(&rng);
    struct orr_var *loss = orr_sum(orr_mul(y, orr_tape_input(t, y->shape, weight)));
    const double value = loss->value[0];
    if (grad) {
        orr_tape_backward(loss);
        for (int k = 0; k < c->n; k++)
            for (size_t i = 0; i < leaf[k]->n; i++) grad[k][i] = leaf[k]->grad ? leaf[k]->grad[i] : 0;
    }
    return value;
}

/* Fails the test unless every leaf's gradient is right. */
static inline void expect_gradients(struct check *c)
{
    static double grad[MAX_LEAVES][MAX_N];
    const double h = 1e-5;
    struct orr_tape *t = orr_tape_new();
    run(c, t, grad);
    for (int k = 0; k < c->n; k++)
        for (size_t i = 0; i < orr_shape_count(c->leaf[k].shape); i++) {
            double *x = &c->leaf[k].value[i];
            const double keep = *x;
            double f[4]; /* central differences of order 4: at -2h, -h, h, 2h */
            for (int j = 0; j < 4; j++) {
                *x = keep + h * (j < 2 ? j - 2 : j - 1);
                f[j] = run(c, t, NULL);
            }
            *x = keep;
            const double numeric = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
            ck_assert_msg(fabs(numeric - grad[k][i]) < 1e-6 * (1 + fabs(numeric)), "leaf %d, number %zu: %g, expected %g",
                          k, i, grad[k][i], numeric);
        }
    orr_tape_free(t);
}

/* One more leaf with random numbers, others each time. */
static inline void leaf(struct check *c, struct orr_shape shape)
{
    static uint64_t stream;
    struct orr_rng rng;
    struct leaf *l = &c->leaf[c->n++];
    l->shape = shape;
    ck_assert(orr_shape_count(shape) <= MAX_N);
    orr_rng_seed(&rng, 11, stream++);
    for (size_t i = 0; i < orr_shape_count(shape); i++) l->value[i] = 0.5 * orr_rng_normal(&rng);
}

#endif
