/* Equations as in Ding et al., arXiv 2412.18734, after Pastor-Satorras and Vespignani 2001 (SIS), Novozhilov et al. 2006
 * (population), Alon 2006 (gene), Gao, Barzel and Barabasi 2016 (mutualistic), Wilson and Cowan 1972, MacArthur 1970
 * (Lotka-Volterra) and Kuramoto 1984. */
#include "methods/netdyn/dynamics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const orr_dynamics_names[ORR_DYNAMICS_KINDS] = {"sis",          "population",     "gene",    "mutualistic",
                                                            "wilson-cowan", "lotka-volterra", "kuramoto"};

int orr_dynamics_find(const char *name)
{
    for (int k = 0; k < ORR_DYNAMICS_KINDS; k++)
        if (!strcmp(name, orr_dynamics_names[k])) return k;
    return -1;
}

const char *orr_dynamics_equation(enum orr_dynamics kind)
{
    static const char *const text[ORR_DYNAMICS_KINDS] = {
        "dx_i/dt = -a_i x_i + (1 - x_i) sum_j A_ij x_j",
        "dx_i/dt = -x_i^0.5 + sum_j A_ij x_j^0.2",
        "dx_i/dt = -x_i + sum_j A_ij x_j^2 / (1 + x_j^2)",
        "dx_i/dt = x_i (1 - x_i^2) + x_i sum_j A_ij x_j / (1 + x_j)",
        "dx_i/dt = -x_i + sum_j A_ij / (1 + exp(-(x_j - 1)))",
        "dx_i/dt = x_i (a_i - b_i x_i) - x_i sum_j A_ij x_j",
        "dx_i/dt = a_i + sum_j A_ij sin(x_j - x_i)",
    };
    return text[kind];
}

void orr_system_free(struct orr_system *s)
{
    orr_graph_free(&s->graph);
    free(s->a);
    free(s->b);
    free(s->work);
    s->a = s->b = s->work = NULL;
}

double orr_dynamics_self(enum orr_dynamics kind, double a, double b, double x)
{
    switch (kind) {
    case ORR_SIS: return -a * x;
    case ORR_POPULATION: return -sqrt(fmax(x, 0));
    case ORR_GENE:
    case ORR_WILSON_COWAN: return -x;
    case ORR_MUTUALISTIC: return x * (1 - x * x);
    case ORR_LOTKA_VOLTERRA: return x * (a - b * x);
    default: return a;
    }
}

void orr_dynamics_receive(enum orr_dynamics kind, double x, double u[2])
{
    u[0] = 1;
    u[1] = 0;
    if (kind == ORR_SIS) u[0] = 1 - x;
    if (kind == ORR_MUTUALISTIC) u[0] = x;
    if (kind == ORR_LOTKA_VOLTERRA) u[0] = -x;
    if (kind == ORR_KURAMOTO) { /* sin(y - x) = cos(x) sin(y) - sin(x) cos(y) */
        u[0] = cos(x);
        u[1] = -sin(x);
    }
}

void orr_dynamics_send(enum orr_dynamics kind, double x, double v[2])
{
    v[1] = 0;
    switch (kind) {
    case ORR_POPULATION: v[0] = pow(fmax(x, 0), 0.2); break;
    case ORR_GENE: v[0] = x * x / (1 + x * x); break;
    case ORR_MUTUALISTIC: v[0] = x / (1 + fmax(x, 0)); break;
    case ORR_WILSON_COWAN: v[0] = 1 / (1 + exp(1 - x)); break;
    case ORR_KURAMOTO:
        v[0] = sin(x);
        v[1] = cos(x);
        break;
    default: v[0] = x;
    }
}

void orr_system_rhs(void *ctx, double t, size_t n, const double *x, double *dx)
{
    const struct orr_system *s = ctx;
    const struct orr_graph *g = &s->graph;
    (void)t;
    for (size_t j = 0; j < n; j++) orr_dynamics_send(s->kind, x[j], s->work + 2 * j);
    for (size_t i = 0; i < n; i++) {
        double u[2], in[2] = {0, 0};
        for (size_t e = g->row[i]; e < g->row[i + 1]; e++) {
            const double *v = s->work + 2 * (size_t)g->from[e];
            in[0] += g->weight[e] * v[0];
            in[1] += g->weight[e] * v[1];
        }
        orr_dynamics_receive(s->kind, x[i], u);
        dx[i] = orr_dynamics_self(s->kind, s->a[i], s->b[i], x[i]) + u[0] * in[0] + u[1] * in[1];
    }
}
