/* Systems that the ODE solver is compared with CVODE on: tests/data/ode_cvode.c solved them once with SUNDIALS and wrote
 * tests/data/ode_cvode.json, test_ode_cvode.c solves them again. */
#ifndef ORRERY_TESTS_AID_ODE_H
#define ORRERY_TESTS_AID_ODE_H

#include <math.h>

#include <orrery/rng.h>

enum { N = 20, TIMES = 11, KINDS = 4 };

struct system {
    double a[N][N];
    void (*rhs)(const struct system *, const double *y, double *dy);
};

static inline void gene(const struct system *s, const double *y, double *dy) /* -x + sum A x^2 / (1 + x^2) */
{
    for (int i = 0; i < N; i++) {
        dy[i] = -y[i];
        for (int j = 0; j < N; j++) dy[i] += s->a[i][j] * y[j] * y[j] / (1 + y[j] * y[j]);
    }
}
static inline void epidemic(const struct system *s, const double *y, double *dy) /* -x + (1 - x) sum A x */
{
    for (int i = 0; i < N; i++) {
        double in = 0;
        for (int j = 0; j < N; j++) in += s->a[i][j] * y[j];
        dy[i] = -y[i] + (1 - y[i]) * in;
    }
}
static inline void predators(const struct system *s, const double *y, double *dy) /* x (1 - x) - x sum A x */
{
    for (int i = 0; i < N; i++) {
        double in = 0;
        for (int j = 0; j < N; j++) in += s->a[i][j] * y[j];
        dy[i] = y[i] * (1 - y[i]) - y[i] * in;
    }
}
static inline void phases(const struct system *s, const double *y, double *dy) /* Kuramoto */
{
    for (int i = 0; i < N; i++) {
        dy[i] = 0.1 * i;
        for (int j = 0; j < N; j++) dy[i] += s->a[i][j] * sin(y[j] - y[i]);
    }
}

static void (*const KIND[KINDS])(const struct system *, const double *, double *) = {gene, epidemic, predators, phases};

/* System and start number `kind`; times 0, 0.5, ... */
static inline void draw_system(int kind, struct system *s, double y0[N], double t[TIMES])
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 4, (uint64_t)kind);
    s->rhs = KIND[kind];
    for (int k = 0; k < TIMES; k++) t[k] = 0.5 * k;
    for (int i = 0; i < N; i++) {
        y0[i] = 0.05 + 0.9 * orr_rng_uniform(&rng);
        for (int j = 0; j < N; j++) s->a[i][j] = i != j && orr_rng_uniform(&rng) < 0.2 ? 0.5 + orr_rng_uniform(&rng) : 0;
    }
}

#endif
