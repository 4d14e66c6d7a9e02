/* Ordinary differential equations dy/dt = f(t, y): plain solvers in double precision for simulation, and fixed-step
 * ones through the tape for neural ODEs. */
#ifndef ORRERY_ODE_H
#define ORRERY_ODE_H

#include <orrery/error.h>
#include <orrery/progress.h>
#include <orrery/tape.h>

/* Writes f(t, y) into dy[0..n). */
typedef void (*orr_ode_rhs)(void *ctx, double t, size_t n, const double *y, double *dy);

enum orr_ode_method { ORR_EULER, ORR_RK4, ORR_DOPRI5 };

struct orr_ode_options {
    enum orr_ode_method method;
    double rtol, atol;   /* DOPRI5; 0: 1e-6, 1e-9 */
    double step;         /* EULER, RK4: the step, shortened to hit every output; DOPRI5: the first step, 0 = chosen */
    size_t max_steps;    /* 0: one million */
};
struct orr_ode_info {
    size_t steps, rejected, calls; /* calls of f */
};

/* Solves from t[0] with y0[0..n) and writes the states at t[0..n_t) (increasing or decreasing) into out (n_t, n), row 0
 * being y0. DOPRI5 steps freely and interpolates (Dormand and Prince 1980; continuous extension of order 4 by Hairer,
 * Norsett and Wanner, Solving ODEs I, II.6). EINVAL for a t that does not move on; EFORMAT never; ECANCELLED; EUNSUPPORTED
 * when max_steps or the smallest step is reached (stiff or exploding): what was reached is in out, the rest NaN. */
enum orr_status orr_ode_solve(orr_ode_rhs f, void *ctx, size_t n, const double *y0, const double *t, size_t n_t,
                              const struct orr_ode_options *options, const struct orr_ticker *ticker, double *out,
                              struct orr_ode_info *info, struct orr_error *err);

/* The right-hand side as operations on the tape; t is a plain number. */
typedef struct orr_var *(*orr_ode_field)(void *ctx, double t, struct orr_var *y);

/* One fixed step of size h from (t, y). */
struct orr_var *orr_ode_step(orr_ode_field f, void *ctx, enum orr_ode_method method, double t, double h,
                             struct orr_var *y);
/* n steps from t0 to t1; states[0..n) (may be NULL) receives the state after each; returns the last. DOPRI5 here is its
 * fifth-order step without error control. */
struct orr_var *orr_ode_unroll(orr_ode_field f, void *ctx, enum orr_ode_method method, double t0, double t1, int n,
                               struct orr_var *y, struct orr_var **states);

#endif
