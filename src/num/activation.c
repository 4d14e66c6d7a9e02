#include "num/activation.h"

#include "num/kernel.h"
#include "num/op.h"

#define SQRT_HALF      ((orr_real)0.70710678118654752)
#define INV_SQRT_2PI   ((orr_real)0.39894228040143268)
#define QUICK          ((orr_real)1.702)
#define LEAK           ((orr_real)0.01)

/* log(1 + e^x) without overflow. */
static inline orr_real softplus(orr_real x) { return (x > 0 ? x : 0) + (orr_real)log1p((double)orr_vexp(x > 0 ? -x : x)); }

ORR_KERNEL void orr_activation_forward(orr_real *y, const orr_real *x, size_t n, enum orr_activation act)
{
    switch (act) {
    case ORR_ACT_NONE:
        if (y != x) memcpy(y, x, n * sizeof *y);
        break;
    case ORR_ACT_RELU:
        for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : 0;
        break;
    case ORR_ACT_LEAKY_RELU:
        for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : LEAK * x[i];
        break;
    case ORR_ACT_TANH:
        for (size_t i = 0; i < n; i++) y[i] = orr_vtanh(x[i]);
        break;
    case ORR_ACT_SIGMOID:
        for (size_t i = 0; i < n; i++) y[i] = orr_vsigmoid(x[i]);
        break;
    case ORR_ACT_SILU:
        for (size_t i = 0; i < n; i++) y[i] = x[i] * orr_vsigmoid(x[i]);
        break;
    case ORR_ACT_QUICK_GELU:
        for (size_t i = 0; i < n; i++) y[i] = x[i] * orr_vsigmoid(QUICK * x[i]);
        break;
    case ORR_ACT_GELU: /* x Phi(x) */
        for (size_t i = 0; i < n; i++) y[i] = (orr_real)0.5 * x[i] * (1 + orr_verf(SQRT_HALF * x[i]));
        break;
    case ORR_ACT_EXP:
        for (size_t i = 0; i < n; i++) y[i] = orr_vexp(x[i]);
        break;
    case ORR_ACT_SOFTPLUS:
        for (size_t i = 0; i < n; i++) y[i] = softplus(x[i]);
        break;
    }
}

static inline orr_real d_swish(orr_real x, orr_real beta) /* of x sigmoid(beta x) */
{
    const orr_real s = orr_vsigmoid(beta * x);
    return s + beta * x * s * (1 - s);
}

static inline orr_real d_gelu(orr_real x) /* Phi(x) + x phi(x) */
{
    const orr_real gauss = orr_vexp((orr_real)-0.5 * x * x);
    return (orr_real)0.5 * (1 + orr_verf_of(SQRT_HALF * x, gauss)) + x * INV_SQRT_2PI * gauss;
}

ORR_KERNEL void orr_activation_backward(orr_real *g, bool add, const orr_real *d, const orr_real *x, const orr_real *y,
                                        size_t n, enum orr_activation act)
{
    switch (act) {
    case ORR_ACT_NONE: ORR_ACCUMULATE(g, add, i, n, d[i]); break;
    case ORR_ACT_RELU: ORR_ACCUMULATE(g, add, i, n, y[i] > 0 ? d[i] : 0); break;
    case ORR_ACT_LEAKY_RELU: ORR_ACCUMULATE(g, add, i, n, y[i] > 0 ? d[i] : LEAK * d[i]); break;
    case ORR_ACT_TANH: ORR_ACCUMULATE(g, add, i, n, d[i] * (1 - y[i] * y[i])); break;
    case ORR_ACT_SIGMOID: ORR_ACCUMULATE(g, add, i, n, d[i] * y[i] * (1 - y[i])); break;
    case ORR_ACT_SILU: ORR_ACCUMULATE(g, add, i, n, d[i] * d_swish(x[i], 1)); break;
    case ORR_ACT_QUICK_GELU: ORR_ACCUMULATE(g, add, i, n, d[i] * d_swish(x[i], QUICK)); break;
    case ORR_ACT_GELU: ORR_ACCUMULATE(g, add, i, n, d[i] * d_gelu(x[i])); break;
    case ORR_ACT_EXP: ORR_ACCUMULATE(g, add, i, n, d[i] * y[i]); break;
    case ORR_ACT_SOFTPLUS: ORR_ACCUMULATE(g, add, i, n, d[i] * orr_vsigmoid(x[i])); break;
    }
}

bool orr_activation_needs_input(enum orr_activation act)
{
    return act == ORR_ACT_SILU || act == ORR_ACT_QUICK_GELU || act == ORR_ACT_GELU || act == ORR_ACT_SOFTPLUS;
}

void orr_activation_apply(struct orr_var *y, enum orr_activation act)
{
    if (act == ORR_ACT_NONE) return;
    const orr_real *product = y->value;
    if (y->needs_grad && orr_activation_needs_input(act)) {
        y->saved = y->value;
        y->value = orr_tape_alloc(y->tape, y->n);
    }
    orr_activation_forward(y->value, product, y->n, act);
}
