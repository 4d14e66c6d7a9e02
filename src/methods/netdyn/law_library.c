/* Couplings that an equation is looked for among: those of the usual models of spreading, regulation, populations, neurons and
 * phases (Barzel and Barabasi 2013; Gao and Yan 2022, Nature Computational Science 2, two-phase inference), each with what
 * the receiver makes of it. Their order is that of model files: new ones go to the end. */
#include <math.h>

#include "methods/netdyn/law.h"

enum receive { ALONE, TIMES_X, TIMES_REST, RECEIVERS };
enum send { LINEAR, POWER_FIFTH, ROOT, HILL_1, HILL_2, SIGMOID, SIGMOID_1, TANH, SENDERS };
enum { PRODUCTS = RECEIVERS * SENDERS, SINE = PRODUCTS, DIFFERENCE, COUPLINGS };

static const char *const names[COUPLINGS] = {
    "x_j",
    "x_j^0.2",
    "x_j^0.5",
    "x_j / (1 + x_j)",
    "x_j^2 / (1 + x_j^2)",
    "1 / (1 + exp(-x_j))",
    "1 / (1 + exp(-(x_j - 1)))",
    "tanh x_j",
    "x_i x_j",
    "x_i x_j^0.2",
    "x_i x_j^0.5",
    "x_i x_j / (1 + x_j)",
    "x_i x_j^2 / (1 + x_j^2)",
    "x_i / (1 + exp(-x_j))",
    "x_i / (1 + exp(-(x_j - 1)))",
    "x_i tanh x_j",
    "(1 - x_i) x_j",
    "(1 - x_i) x_j^0.2",
    "(1 - x_i) x_j^0.5",
    "(1 - x_i) x_j / (1 + x_j)",
    "(1 - x_i) x_j^2 / (1 + x_j^2)",
    "(1 - x_i) / (1 + exp(-x_j))",
    "(1 - x_i) / (1 + exp(-(x_j - 1)))",
    "(1 - x_i) tanh x_j",
    "sin(x_j - x_i)",
    "x_j - x_i",
};

static double root(double x) { return x < 0 ? -sqrt(-x) : sqrt(x); }

void orr_law_basis(double x, double phi[ORR_LAW_SELF])
{
    phi[0] = 1;
    phi[1] = x;
    phi[2] = x * x;
    phi[3] = x * x * x;
    phi[4] = root(x);
}

int orr_law_couplings(void) { return COUPLINGS; }
const char *orr_law_coupling_name(int coupling) { return names[coupling]; }
int orr_law_terms(int coupling) { return coupling < PRODUCTS ? 1 : 2; }

void orr_law_receive(int coupling, double x, double u[2])
{
    u[0] = 1;
    u[1] = 0;
    if (coupling == SINE) { /* sin(y - x) = cos(x) sin(y) - sin(x) cos(y) */
        u[0] = cos(x);
        u[1] = -sin(x);
    } else if (coupling == DIFFERENCE) {
        u[1] = -x;
    } else if (coupling / SENDERS == TIMES_X) {
        u[0] = x;
    } else if (coupling / SENDERS == TIMES_REST) {
        u[0] = 1 - x;
    }
}

void orr_law_send(int coupling, double x, double v[2])
{
    const double size = fabs(x);
    v[0] = x;
    v[1] = 1;
    if (coupling == SINE) {
        v[0] = sin(x);
        v[1] = cos(x);
    }
    if (coupling >= PRODUCTS) return;
    switch (coupling % SENDERS) {
    case POWER_FIFTH: v[0] = copysign(pow(size, 0.2), x); break;
    case ROOT: v[0] = root(x); break;
    case HILL_1: v[0] = x / (1 + size); break;
    case HILL_2: v[0] = x * x / (1 + x * x); break;
    case SIGMOID: v[0] = 1 / (1 + exp(-x)); break;
    case SIGMOID_1: v[0] = 1 / (1 + exp(1 - x)); break;
    case TANH: v[0] = tanh(x); break;
    default: break;
    }
}
