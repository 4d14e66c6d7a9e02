/* Dynamics on networks: dx_i/dt = f_i(x_i) + sum_j A_ij g(x_i, x_j). */
#ifndef ORRERY_METHODS_NETDYN_DYNAMICS_H
#define ORRERY_METHODS_NETDYN_DYNAMICS_H

#include <orrery/ode.h>

#include "methods/netdyn/graph.h"

enum orr_dynamics {
    ORR_SIS,            /* -a x_i + sum A (1 - x_i) x_j: epidemics */
    ORR_POPULATION,     /* -x_i^.5 + sum A x_j^.2: birth and death with migration */
    ORR_GENE,           /* -x_i + sum A x_j^2 / (1 + x_j^2): regulation of genes (Michaelis-Menten) */
    ORR_MUTUALISTIC,    /* x_i (1 - x_i^2) + sum A x_i x_j / (1 + x_j): species that help each other */
    ORR_WILSON_COWAN,   /* -x_i + sum A / (1 + e^-(x_j - 1)): populations of neurons */
    ORR_LOTKA_VOLTERRA, /* x_i (a - b x_i) - sum A x_i x_j: species that compete */
    ORR_KURAMOTO,       /* a + sum A sin(x_j - x_i): coupled phases */
    ORR_DYNAMICS_KINDS
};
extern const char *const orr_dynamics_names[ORR_DYNAMICS_KINDS]; /* "sis", "population", ... */
/* The kind of that name; -1. */
int orr_dynamics_find(const char *name);
/* "dx_i/dt = ..." with its source, for help and captions. */
const char *orr_dynamics_equation(enum orr_dynamics kind);

/* One system: a graph and what its nodes are like. */
struct orr_system {
    enum orr_dynamics kind;
    struct orr_graph graph;
    double *a, *b; /* [n] recovery rate, growth and self-limitation, own frequency; as the kind needs */
    double *work;  /* private */
};
void orr_system_free(struct orr_system *s);

/* f_i(x). */
double orr_dynamics_self(enum orr_dynamics kind, double a, double b, double x);
/* Every g here is u1(x_i) v1(x_j) + u2(x_i) v2(x_j), so that a right-hand side takes O(n) evaluations and two sparse
 * products. u and v have two numbers. */
void orr_dynamics_receive(enum orr_dynamics kind, double x, double u[2]);
void orr_dynamics_send(enum orr_dynamics kind, double x, double v[2]);
/* The right-hand side for orr_ode_solve; ctx is a struct orr_system, which must not be shared between threads. O(n + m). */
void orr_system_rhs(void *ctx, double t, size_t n, const double *x, double *dx);

#endif
