/* The numeric core by itself: a network trains, an ODE is solved and a statistic computed by a program that takes what it needs
 * from liborrery.a and links nothing but libm, pthread and libutf8proc, which makes error messages harmless (OpenBLAS is found
 * when it runs). Anything else that the core came to need would fail to link. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <orrery/ode.h>
#include <orrery/ops.h>
#include <orrery/optim.h>
#include <orrery/rng.h>

#include "num/stats.h"

enum { ROWS = 64, IN = 8, HIDDEN = 96, STEPS = 60 };

/* Mean squared error of a small network on y = sin of the sum of its inputs, before and after STEPS steps of Adam. */
static void train(double *before, double *after)
{
    struct orr_rng rng;
    struct orr_params p = {0};
    struct orr_optim optim = {0};
    static orr_real x[ROWS * IN], y[ROWS];
    orr_rng_seed(&rng, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int k = 0; k < IN; k++) sum += (double)(x[i * IN + k] = (orr_real)orr_rng_normal(&rng));
        y[i] = (orr_real)sin(sum);
    }
    const size_t w0 = orr_params_add(&p, "w0", orr_shape2(HIDDEN, IN), ORR_INIT_XAVIER, 1, 0, &rng);
    const size_t b0 = orr_params_add(&p, "b0", orr_shape1(HIDDEN), ORR_INIT_ZERO, 0, 0, &rng);
    const size_t w1 = orr_params_add(&p, "w1", orr_shape2(1, HIDDEN), ORR_INIT_XAVIER, 1, 0, &rng);
    const struct orr_optim_options o = orr_optim_defaults(ORR_ADAM, 1e-2);
    orr_optim_init(&optim, &o, &p);
    struct orr_tape *t = orr_tape_new();
    for (int step = 0; step < STEPS; step++) {
        orr_tape_reset(t);
        orr_params_zero_grad(&p);
        struct orr_var *h = orr_linear(orr_tape_input(t, orr_shape2(ROWS, IN), x), orr_tape_param(t, &p, w0),
                                       orr_tape_param(t, &p, b0), ORR_ACT_TANH);
        h = orr_linear(h, orr_tape_param(t, &p, w1), NULL, ORR_ACT_NONE);
        struct orr_var *loss = orr_mse(h, orr_tape_input(t, orr_shape2(ROWS, 1), y));
        orr_tape_backward(loss);
        orr_optim_step(&optim, &p);
        *after = (double)loss->value[0];
        if (step == 0) *before = *after;
    }
    orr_tape_free(t);
    orr_optim_free(&optim);
    orr_params_free(&p);
}

static void decay(void *ctx, double t, size_t n, const double *y, double *dy)
{
    (void)ctx, (void)t, (void)n;
    dy[0] = -y[0];
}

int main(void)
{
    double before = NAN, after = NAN, y[2], quartiles[] = {1, 2, 3, 4, 5};
    train(&before, &after);
    const struct orr_ode_options o = {.method = ORR_DOPRI5, .rtol = 1e-8, .atol = 1e-10};
    const enum orr_status s = orr_ode_solve(decay, NULL, 1, (double[]){1}, (double[]){0, 1}, 2, &o, NULL, y, NULL, NULL);
    const bool right = after < 0.5 * before && s == ORR_OK && fabs(y[1] - exp(-1)) < 1e-6 && orr_stats_median(quartiles, 5) == 3;
    if (!right) fprintf(stderr, "core_alone: loss %g to %g, y(1) = %g\n", before, after, y[1]);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
