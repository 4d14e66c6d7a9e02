#include <orrery/ops.h>

#include "num/activation.h"
#include "num/kernel.h"
#include "num/op.h"
#include "num/rows.h"

/* ---- sums and products ---- */

ORR_KERNEL static void add_rows(orr_real *restrict y, const orr_real *restrict a, const orr_real *restrict b, size_t rows,
                                size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[r * n + i] = a[r * n + i] + b[i];
}

ORR_KERNEL static void mul_rows(orr_real *restrict y, const orr_real *restrict a, const orr_real *restrict b, size_t rows,
                                size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[r * n + i] = a[r * n + i] * b[i];
}

ORR_KERNEL static void copy_or_add(orr_real *restrict g, bool add, const orr_real *restrict d, orr_real scale, size_t n)
{
    ORR_ACCUMULATE(g, add, i, n, scale * d[i]);
}

ORR_KERNEL static void mul_back(orr_real *restrict g, bool add, const orr_real *restrict d, const orr_real *restrict other,
                                size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        const orr_real *dr = d + r * n;
        orr_real *gr = g + r * n;
        ORR_ACCUMULATE(gr, add, i, n, dr[i] * other[i]);
    }
}

ORR_KERNEL static void mul_back_rows(orr_real *restrict g, bool add, const orr_real *restrict d,
                                     const orr_real *restrict a, size_t rows, size_t n)
{
    if (!add) memset(g, 0, n * sizeof *g);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) g[i] += d[r * n + i] * a[r * n + i];
}

static void check_suffix(const struct orr_var *a, const struct orr_var *b)
{
    assert(b->shape.axes <= a->shape.axes && b->n > 0 && a->n % b->n == 0);
    for (int k = 1; k <= b->shape.axes; k++)
        assert(b->shape.size[b->shape.axes - k] == a->shape.size[a->shape.axes - k]);
    (void)a;
    (void)b;
}

static void add_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) copy_or_add(g, add, out->grad, 1, out->n);
    g = orr_grad_of(out->in[1], &add);
    if (g) orr_sum_rows(g, add, out->grad, out->n / out->in[1]->n, out->in[1]->n);
}
static const struct orr_op ADD = {"add", add_backward};

struct orr_var *orr_add(struct orr_var *a, struct orr_var *b)
{
    check_suffix(a, b);
    struct orr_var *y = orr_tape_push(a->tape, &ADD, a->shape, (struct orr_var *[]){a, b}, 2);
    add_rows(y->value, a->value, b->value, a->n / b->n, b->n);
    return y;
}

static void mul_backward(struct orr_var *out)
{
    const struct orr_var *a = out->in[0], *b = out->in[1];
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) mul_back(g, add, out->grad, b->value, a->n / b->n, b->n);
    g = orr_grad_of(out->in[1], &add);
    if (g) mul_back_rows(g, add, out->grad, a->value, a->n / b->n, b->n);
}
static const struct orr_op MUL = {"mul", mul_backward};

struct orr_var *orr_mul(struct orr_var *a, struct orr_var *b)
{
    check_suffix(a, b);
    struct orr_var *y = orr_tape_push(a->tape, &MUL, a->shape, (struct orr_var *[]){a, b}, 2);
    mul_rows(y->value, a->value, b->value, a->n / b->n, b->n);
    return y;
}

/* ---- linear combinations ---- */

ORR_KERNEL static void combine(orr_real *restrict y, const orr_real *const *a, const orr_real *w, int terms, size_t n)
{
    const orr_real *restrict a0 = a[0];
    if (terms == 2) { /* the commonest: x + h k */
        const orr_real *restrict a1 = a[1];
        for (size_t i = 0; i < n; i++) y[i] = w[0] * a0[i] + w[1] * a1[i];
        return;
    }
    for (size_t i = 0; i < n; i++) y[i] = w[0] * a0[i];
    for (int k = 1; k < terms; k++) {
        const orr_real *restrict ak = a[k];
        for (size_t i = 0; i < n; i++) y[i] += w[k] * ak[i];
    }
}

static void combine_backward(struct orr_var *out)
{
    for (int k = 0; k < out->i[0]; k++) {
        bool add;
        orr_real *g = orr_grad_of(out->in[k], &add);
        if (g) copy_or_add(g, add, out->grad, out->saved[k], out->n);
    }
}
static const struct orr_op COMBINE = {"combine", combine_backward};

struct orr_var *orr_combine(struct orr_var *const *a, const double *w, int n)
{
    assert(n >= 1 && n <= ORR_MAX_INPUTS);
    struct orr_tape *t = a[0]->tape;
    struct orr_var *y = orr_tape_push(t, &COMBINE, a[0]->shape, a, n);
    y->saved = orr_tape_alloc(t, ORR_MAX_INPUTS);
    y->i[0] = n;
    const orr_real *values[ORR_MAX_INPUTS];
    for (int k = 0; k < n; k++) {
        assert(a[k]->n == y->n);
        values[k] = a[k]->value;
        y->saved[k] = (orr_real)w[k];
    }
    combine(y->value, values, y->saved, n, y->n);
    return y;
}

struct orr_var *orr_axpby(double alpha, struct orr_var *a, double beta, struct orr_var *b)
{
    return orr_combine((struct orr_var *[]){a, b}, (double[]){alpha, beta}, 2);
}
struct orr_var *orr_sub(struct orr_var *a, struct orr_var *b) { return orr_axpby(1, a, -1, b); }
struct orr_var *orr_scale(struct orr_var *a, double alpha)
{
    return orr_combine((struct orr_var *[]){a}, (double[]){alpha}, 1);
}

/* ---- activations ---- */

static void activate_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) orr_activation_backward(g, add, out->grad, out->in[0]->value, out->value, out->n, out->i[0]);
}
static const struct orr_op ACTIVATE = {"activate", activate_backward};

struct orr_var *orr_activate(struct orr_var *a, enum orr_activation act)
{
    if (act == ORR_ACT_NONE) return a;
    struct orr_var *y = orr_tape_push(a->tape, &ACTIVATE, a->shape, &a, 1);
    y->i[0] = (int32_t)act;
    orr_activation_forward(y->value, a->value, y->n, act);
    return y;
}

/* ---- dropout ---- */

static void dropout_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) mul_back(g, add, out->grad, out->saved, 1, out->n);
}
static const struct orr_op DROPOUT = {"dropout", dropout_backward};

struct orr_var *orr_dropout(struct orr_var *a, double p, struct orr_rng *rng)
{
    assert(p >= 0 && p < 1);
    if (p == 0) return a;
    struct orr_var *y = orr_tape_push(a->tape, &DROPOUT, a->shape, &a, 1);
    y->saved = orr_tape_alloc(a->tape, a->n);
    const orr_real keep = (orr_real)(1 / (1 - p));
    for (size_t i = 0; i < a->n; i++) y->saved[i] = orr_rng_uniform(rng) < p ? 0 : keep;
    mul_rows(y->value, a->value, y->saved, 1, a->n);
    return y;
}
