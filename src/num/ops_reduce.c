#include <orrery/ops.h>

#include "num/kernel.h"
#include "num/op.h"

static struct orr_var *scalar(struct orr_tape *t, const struct orr_op *op, struct orr_var *const *in, int n_in)
{
    return orr_tape_push(t, op, (struct orr_shape){0}, in, n_in);
}

/* ---- sums ---- */

static void sum_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    const orr_real d = out->grad[0] * (orr_real)out->f[0];
    if (g) ORR_ACCUMULATE(g, add, i, out->in[0]->n, d);
}
static const struct orr_op SUM = {"sum", sum_backward};

static struct orr_var *scaled_sum(struct orr_var *a, double scale)
{
    struct orr_var *y = scalar(a->tape, &SUM, &a, 1);
    double s = 0;
    for (size_t i = 0; i < a->n; i++) s += (double)a->value[i];
    y->f[0] = scale;
    y->value[0] = (orr_real)(s * scale);
    return y;
}
struct orr_var *orr_sum(struct orr_var *a) { return scaled_sum(a, 1); }
struct orr_var *orr_mean(struct orr_var *a) { return scaled_sum(a, 1 / (double)a->n); }

static void mean_rows_backward(struct orr_var *out)
{
    const size_t n = (size_t)orr_shape_last(out->shape), group = (size_t)out->i[0];
    const orr_real scale = (orr_real)1 / (orr_real)group;
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    for (size_t r = 0; g && r < out->in[0]->n / n; r++) {
        const orr_real *d = out->grad + r / group * n;
        ORR_ACCUMULATE(g + r * n, add, i, n, scale * d[i]);
    }
}
static const struct orr_op MEAN_ROWS = {"mean_rows", mean_rows_backward};

struct orr_var *orr_mean_rows(struct orr_var *a, int group)
{
    const size_t n = (size_t)orr_shape_last(a->shape), rows = a->n / n;
    assert(group > 0 && rows % (size_t)group == 0);
    struct orr_var *y = orr_tape_push(a->tape, &MEAN_ROWS, orr_shape2((int)rows / group, (int)n), &a, 1);
    y->i[0] = group;
    const orr_real scale = (orr_real)1 / (orr_real)group;
    memset(y->value, 0, y->n * sizeof *y->value);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y->value[r / (size_t)group * n + i] += scale * a->value[r * n + i];
    return y;
}

/* ---- cross-entropy: saved holds log sum exp per row; f[0] = 1 / rows that count ---- */

enum { LANES = 16 };

ORR_KERNEL static orr_real log_sum_exp(const orr_real *restrict x, size_t n)
{
    orr_real top[LANES], sum[LANES] = {0};
    for (int l = 0; l < LANES; l++) top[l] = x[0];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) top[l] = x[i + (size_t)l] > top[l] ? x[i + (size_t)l] : top[l];
    for (; i < n; i++) top[0] = x[i] > top[0] ? x[i] : top[0];
    for (int l = 1; l < LANES; l++) top[0] = top[l] > top[0] ? top[l] : top[0];
    const orr_real hi = top[0];
    for (i = 0; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) sum[l] += orr_vexp(x[i + (size_t)l] - hi);
    for (; i < n; i++) sum[0] += orr_vexp(x[i] - hi);
    double s = 0;
    for (int l = 0; l < LANES; l++) s += (double)sum[l];
    return hi + (orr_real)log(s);
}

ORR_KERNEL static void softmax_minus(orr_real *restrict g, bool add, const orr_real *restrict x, orr_real lse, orr_real d,
                                     size_t n)
{
    ORR_ACCUMULATE(g, add, i, n, d * orr_vexp(x[i] - lse));
}

static void cross_entropy_backward(struct orr_var *out)
{
    const struct orr_var *x = out->in[0];
    const size_t n = (size_t)orr_shape_last(x->shape), rows = x->n / n;
    const int32_t *labels = out->extra;
    const orr_real d = out->grad[0] * (orr_real)out->f[0];
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    for (size_t r = 0; g && r < rows; r++) {
        orr_real *row = g + r * n;
        if (labels[r] < 0) {
            if (!add) memset(row, 0, n * sizeof *row);
            continue;
        }
        softmax_minus(row, add, x->value + r * n, out->saved[r], d, n);
        row[labels[r]] -= d;
    }
}
static const struct orr_op CROSS_ENTROPY = {"cross_entropy", cross_entropy_backward};

struct orr_var *orr_cross_entropy(struct orr_var *logits, const int32_t *labels)
{
    const size_t n = (size_t)orr_shape_last(logits->shape), rows = logits->n / n;
    struct orr_var *y = scalar(logits->tape, &CROSS_ENTROPY, &logits, 1);
    y->extra = labels;
    y->saved = orr_tape_alloc(logits->tape, rows);
    double loss = 0;
    size_t counted = 0;
    for (size_t r = 0; r < rows; r++) {
        if (labels[r] < 0) continue;
        assert((size_t)labels[r] < n);
        y->saved[r] = log_sum_exp(logits->value + r * n, n);
        loss += (double)y->saved[r] - (double)logits->value[r * n + (size_t)labels[r]];
        counted++;
    }
    y->f[0] = counted ? 1 / (double)counted : 0;
    y->value[0] = (orr_real)(loss * y->f[0]);
    return y;
}

/* ---- KL(p || q) of p = softmax(x) from fixed logits: sum_k p_k (log p_k - log q_k), whose gradient is
 * p_k (log p_k - log q_k - KL) ---- */

static void kl_logits_backward(struct orr_var *out)
{
    const struct orr_var *x = out->in[0];
    const size_t n = (size_t)orr_shape_last(x->shape), rows = x->n / n;
    const orr_real d = out->grad[0] / (orr_real)rows, *lse = out->saved, *other = lse + rows, *each = other + rows;
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    for (size_t r = 0; g && r < rows; r++) {
        const orr_real *a = x->value + r * n, *b = (const orr_real *)out->extra + r * n;
        orr_real *row = g + r * n;
        ORR_ACCUMULATE(row, add, i, n, d * orr_vexp(a[i] - lse[r]) * (a[i] - lse[r] - b[i] + other[r] - each[r]));
    }
}
static const struct orr_op KL_LOGITS = {"kl_logits", kl_logits_backward};

struct orr_var *orr_kl_logits(struct orr_var *logits, const orr_real *other)
{
    const size_t n = (size_t)orr_shape_last(logits->shape), rows = logits->n / n;
    struct orr_var *y = scalar(logits->tape, &KL_LOGITS, &logits, 1);
    y->extra = other;
    y->saved = orr_tape_alloc(logits->tape, 3 * rows);
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
        const orr_real *a = logits->value + r * n, *b = other + r * n;
        const orr_real own = log_sum_exp(a, n), their = log_sum_exp(b, n);
        double kl = 0;
        for (size_t i = 0; i < n; i++) kl += (double)(orr_vexp(a[i] - own) * (a[i] - own - b[i] + their));
        y->saved[r] = own;
        y->saved[rows + r] = their;
        y->saved[2 * rows + r] = (orr_real)kl;
        sum += kl;
    }
    y->value[0] = (orr_real)(sum / (double)rows);
    return y;
}

/* ---- binary cross-entropy: l(x, t) = max(x, 0) - x t + log(1 + e^-|x|) ---- */

static void bce_backward(struct orr_var *out)
{
    const struct orr_var *x = out->in[0];
    const orr_real *t = out->extra, *w = out->saved, d = out->grad[0] / (orr_real)x->n;
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (!g) return;
    if (w)
        ORR_ACCUMULATE(g, add, i, x->n, d * w[i] * (orr_vsigmoid(x->value[i]) - t[i]));
    else
        ORR_ACCUMULATE(g, add, i, x->n, d * (orr_vsigmoid(x->value[i]) - t[i]));
}
static const struct orr_op BCE = {"bce_logits", bce_backward};

struct orr_var *orr_bce_logits(struct orr_var *logits, const orr_real *targets, const orr_real *weight)
{
    struct orr_var *y = scalar(logits->tape, &BCE, &logits, 1);
    y->extra = targets;
    y->saved = (orr_real *)(uintptr_t)weight; /* only read */
    double s = 0;
    for (size_t i = 0; i < logits->n; i++) {
        const double x = (double)logits->value[i], l = (x > 0 ? x : 0) - x * (double)targets[i] + log1p(exp(-fabs(x)));
        s += weight ? (double)weight[i] * l : l;
    }
    y->value[0] = (orr_real)(s / (double)logits->n);
    return y;
}

/* ---- differences: mean of phi(a - b); i[0] = which phi, f[0] = delta ---- */

enum phi { PHI_SQUARE, PHI_ABS, PHI_HUBER };

static double phi_value(enum phi phi, double e, double delta)
{
    switch (phi) {
    case PHI_SQUARE: return e * e;
    case PHI_ABS: return fabs(e);
    case PHI_HUBER: return fabs(e) <= delta ? 0.5 * e * e : delta * (fabs(e) - 0.5 * delta);
    }
    return 0;
}

static inline orr_real phi_slope(enum phi phi, orr_real e, orr_real delta)
{
    switch (phi) {
    case PHI_SQUARE: return 2 * e;
    case PHI_ABS: return e > 0 ? 1 : e < 0 ? -1 : 0;
    case PHI_HUBER: return e > delta ? delta : e < -delta ? -delta : e;
    }
    return 0;
}

static void difference_backward(struct orr_var *out)
{
    const struct orr_var *a = out->in[0], *b = out->in[1];
    const orr_real d = out->grad[0] / (orr_real)a->n, delta = (orr_real)out->f[0];
    const enum phi phi = (enum phi)out->i[0];
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) ORR_ACCUMULATE(g, add, i, a->n, d * phi_slope(phi, a->value[i] - b->value[i], delta));
    g = orr_grad_of(out->in[1], &add);
    if (g) ORR_ACCUMULATE(g, add, i, a->n, -d * phi_slope(phi, a->value[i] - b->value[i], delta));
}
static const struct orr_op DIFFERENCE = {"difference", difference_backward};

static struct orr_var *difference(struct orr_var *a, struct orr_var *b, enum phi phi, double delta)
{
    assert(a->n == b->n);
    struct orr_var *y = scalar(a->tape, &DIFFERENCE, (struct orr_var *[]){a, b}, 2);
    y->i[0] = (int32_t)phi;
    y->f[0] = delta;
    double s = 0;
    for (size_t i = 0; i < a->n; i++) s += phi_value(phi, (double)a->value[i] - (double)b->value[i], delta);
    y->value[0] = (orr_real)(s / (double)a->n);
    return y;
}
struct orr_var *orr_mse(struct orr_var *a, struct orr_var *b) { return difference(a, b, PHI_SQUARE, 0); }
struct orr_var *orr_l1(struct orr_var *a, struct orr_var *b) { return difference(a, b, PHI_ABS, 0); }
struct orr_var *orr_huber(struct orr_var *a, struct orr_var *b, double delta)
{
    return difference(a, b, PHI_HUBER, delta);
}

/* ---- Gaussian likelihood and divergence ---- */

static void gaussian_backward(struct orr_var *out)
{
    const struct orr_var *m = out->in[0], *l = out->in[1];
    const orr_real *y = out->extra, d = out->grad[0] / (orr_real)m->n;
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) ORR_ACCUMULATE(g, add, i, m->n, d * (m->value[i] - y[i]) * orr_vexp(-2 * l->value[i]));
    g = orr_grad_of(out->in[1], &add);
    if (g)
        ORR_ACCUMULATE(g, add, i, m->n,
                       d * (1 - (y[i] - m->value[i]) * (y[i] - m->value[i]) * orr_vexp(-2 * l->value[i])));
}
static const struct orr_op GAUSSIAN = {"gaussian_nll", gaussian_backward};

struct orr_var *orr_gaussian_nll(struct orr_var *mean, struct orr_var *log_sigma, const orr_real *y)
{
    assert(mean->n == log_sigma->n);
    struct orr_var *out = scalar(mean->tape, &GAUSSIAN, (struct orr_var *[]){mean, log_sigma}, 2);
    out->extra = y;
    double s = 0;
    for (size_t i = 0; i < mean->n; i++) {
        const double l = (double)log_sigma->value[i], e = ((double)y[i] - (double)mean->value[i]) * exp(-l);
        s += l + 0.5 * e * e;
    }
    out->value[0] = (orr_real)(s / (double)mean->n);
    return out;
}

/* KL = sum (mean^2 + e^log_var - 1 - log_var) / 2 */
static void kl_backward(struct orr_var *out)
{
    const struct orr_var *m = out->in[0], *l = out->in[1];
    const orr_real d = out->grad[0] * (orr_real)out->f[0];
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) ORR_ACCUMULATE(g, add, i, m->n, d * m->value[i]);
    g = orr_grad_of(out->in[1], &add);
    if (g) ORR_ACCUMULATE(g, add, i, m->n, d * (orr_real)0.5 * (orr_vexp(l->value[i]) - 1));
}
static const struct orr_op KL = {"kl_normal", kl_backward};

struct orr_var *orr_kl_normal(struct orr_var *mean, struct orr_var *log_var)
{
    assert(mean->n == log_var->n);
    struct orr_var *out = scalar(mean->tape, &KL, (struct orr_var *[]){mean, log_var}, 2);
    out->f[0] = (double)orr_shape_last(mean->shape) / (double)mean->n;
    double s = 0;
    for (size_t i = 0; i < mean->n; i++) {
        const double m = (double)mean->value[i], l = (double)log_var->value[i];
        s += 0.5 * (m * m + exp(l) - 1 - l);
    }
    out->value[0] = (orr_real)(s * out->f[0]);
    return out;
}
