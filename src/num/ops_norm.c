#include <orrery/ops.h>

#include "num/kernel.h"
#include "num/op.h"

enum { LANES = 16 }; /* partial sums, so that a reduction vectorises without changing its order between machines */

ORR_KERNEL static void moments(const orr_real *restrict x, size_t n, orr_real *mean, orr_real *var)
{
    orr_real s[LANES] = {0}, q[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += x[i + (size_t)l];
    for (; i < n; i++) s[0] += x[i];
    orr_real sum = 0;
    for (int l = 0; l < LANES; l++) sum += s[l];
    const orr_real m = sum / (orr_real)n;
    for (i = 0; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) q[l] += (x[i + (size_t)l] - m) * (x[i + (size_t)l] - m);
    for (; i < n; i++) q[0] += (x[i] - m) * (x[i] - m);
    orr_real sq = 0;
    for (int l = 0; l < LANES; l++) sq += q[l];
    *mean = m;
    *var = sq / (orr_real)n;
}

ORR_KERNEL static orr_real dot(const orr_real *restrict a, const orr_real *restrict b, size_t n)
{
    orr_real s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += a[i + (size_t)l] * b[i + (size_t)l];
    for (; i < n; i++) s[0] += a[i] * b[i];
    orr_real sum = 0;
    for (int l = 0; l < LANES; l++) sum += s[l];
    return sum;
}

/* ---- layer norm and RMS norm: saved holds x_hat (R, n), then 1 / sigma per row ---- */

ORR_KERNEL static void normalise_row(const orr_real *restrict x, orr_real mean, orr_real scale,
                                     const orr_real *restrict gain, const orr_real *restrict bias,
                                     orr_real *restrict hat, orr_real *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hat[i] = (x[i] - mean) * scale;
        y[i] = hat[i] * gain[i];
    }
    if (bias)
        for (size_t i = 0; i < n; i++) y[i] += bias[i];
}

/* With u = dy * gain: dx = (u - mean(u) - x_hat mean(u x_hat)) / sigma; RMS norm has no mean(u). */
ORR_KERNEL static void normalise_row_back(orr_real *restrict g, bool add, const orr_real *restrict d,
                                          const orr_real *restrict hat, const orr_real *restrict gain, orr_real scale,
                                          bool centred, orr_real *restrict u, size_t n)
{
    orr_real s[LANES] = {0}, q[LANES] = {0}, mean_u = 0, mean_uh = 0;
    for (size_t i = 0; i < n; i++) u[i] = d[i] * gain[i];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) {
            s[l] += u[i + (size_t)l];
            q[l] += u[i + (size_t)l] * hat[i + (size_t)l];
        }
    for (; i < n; i++) s[0] += u[i], q[0] += u[i] * hat[i];
    for (int l = 0; l < LANES; l++) mean_u += s[l], mean_uh += q[l];
    mean_u = centred ? mean_u / (orr_real)n : 0;
    mean_uh /= (orr_real)n;
    ORR_ACCUMULATE(g, add, j, n, scale * (u[j] - mean_u - hat[j] * mean_uh));
}

ORR_KERNEL static void gain_back(orr_real *restrict gg, orr_real *restrict gb, const orr_real *restrict d,
                                 const orr_real *restrict hat, size_t n)
{
    if (gg)
        for (size_t i = 0; i < n; i++) gg[i] += d[i] * hat[i];
    if (gb)
        for (size_t i = 0; i < n; i++) gb[i] += d[i];
}

static void norm_backward(struct orr_var *out)
{
    struct orr_var *x = out->in[0], *gain = out->in[1], *bias = out->in[2];
    const size_t n = gain->n, rows = out->n / n;
    const orr_real *hat = out->saved, *scale = out->saved + out->n;
    bool add, add_gain, add_bias;
    orr_real *g = orr_grad_of(x, &add), *gg = orr_grad_of(gain, &add_gain), *gb = orr_grad_of(bias, &add_bias);
    if (gg && !add_gain) memset(gg, 0, n * sizeof *gg);
    if (gb && !add_bias) memset(gb, 0, n * sizeof *gb);
    orr_real *u = orr_tape_alloc(out->tape, n);
    for (size_t r = 0; r < rows; r++) {
        gain_back(gg, gb, out->grad + r * n, hat + r * n, n);
        if (g)
            normalise_row_back(g + r * n, add, out->grad + r * n, hat + r * n, gain->value, scale[r], out->i[0], u, n);
    }
}
static const struct orr_op LAYER_NORM = {"layer_norm", norm_backward}, RMS_NORM = {"rms_norm", norm_backward};

static struct orr_var *norm(const struct orr_op *op, struct orr_var *x, struct orr_var *gain, struct orr_var *bias,
                            double eps, bool centred)
{
    const size_t n = gain->n, rows = x->n / n;
    assert((size_t)orr_shape_last(x->shape) == n && (!bias || bias->n == n));
    struct orr_var *y = orr_tape_push(x->tape, op, x->shape, (struct orr_var *[]){x, gain, bias}, 3);
    y->i[0] = centred;
    y->saved = orr_tape_alloc(x->tape, x->n + rows);
    for (size_t r = 0; r < rows; r++) {
        const orr_real *row = x->value + r * n;
        orr_real mean = 0, var;
        if (centred)
            moments(row, n, &mean, &var);
        else
            var = dot(row, row, n) / (orr_real)n;
        const orr_real scale = orr_rsqrt(var + (orr_real)eps);
        y->saved[x->n + r] = scale;
        normalise_row(row, mean, scale, gain->value, bias ? bias->value : NULL, y->saved + r * n, y->value + r * n, n);
    }
    return y;
}

struct orr_var *orr_layer_norm(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, double eps)
{
    return norm(&LAYER_NORM, x, gain, bias, eps, true);
}
struct orr_var *orr_rms_norm(struct orr_var *x, struct orr_var *gain, double eps)
{
    return norm(&RMS_NORM, x, gain, NULL, eps, false);
}

/* ---- batch norm: channels c, images b, planes of p positions (p 1 for (R, C)); saved: x_hat, then 1 / sigma ---- */

struct planes {
    size_t b, c, p;
};

static struct planes planes_of(const struct orr_var *x)
{
    assert(x->shape.axes == 2 || x->shape.axes == 4);
    struct planes s = {(size_t)x->shape.size[0], (size_t)x->shape.size[1], 1};
    if (x->shape.axes == 4) s.p = (size_t)x->shape.size[2] * (size_t)x->shape.size[3];
    return s;
}

/* Per channel, with u = dy * gain over the m numbers of the channel: as layer norm, over the batch. */
static void batch_norm_backward(struct orr_var *out)
{
    struct orr_var *x = out->in[0], *gain = out->in[1], *bias = out->in[2];
    const struct planes s = planes_of(x);
    const orr_real *hat = out->saved, *scale = out->saved + x->n, m = (orr_real)(s.b * s.p);
    bool add, add_gain, add_bias;
    orr_real *g = orr_grad_of(x, &add), *gg = orr_grad_of(gain, &add_gain), *gb = orr_grad_of(bias, &add_bias);
    for (size_t c = 0; c < s.c; c++) {
        double sum_d = 0, sum_dh = 0;
        for (size_t b = 0; b < s.b; b++) {
            const size_t at = (b * s.c + c) * s.p;
            orr_real d = 0, dh = 0;
            for (size_t i = 0; i < s.p; i++) d += out->grad[at + i], dh += out->grad[at + i] * hat[at + i];
            sum_d += (double)d;
            sum_dh += (double)dh;
        }
        if (gg) gg[c] = (orr_real)sum_dh + (add_gain ? gg[c] : 0);
        if (gb) gb[c] = (orr_real)sum_d + (add_bias ? gb[c] : 0);
        if (!g) continue;
        const bool training = out->i[0];
        const orr_real k = gain->value[c] * scale[c];
        const orr_real mean_d = training ? (orr_real)sum_d / m : 0, mean_dh = training ? (orr_real)sum_dh / m : 0;
        for (size_t b = 0; b < s.b; b++) {
            const size_t at = (b * s.c + c) * s.p;
            const orr_real *d = out->grad + at, *h = hat + at;
            ORR_ACCUMULATE(g + at, add, i, s.p, k * (d[i] - mean_d - h[i] * mean_dh));
        }
    }
}
static const struct orr_op BATCH_NORM = {"batch_norm", batch_norm_backward};

struct orr_var *orr_batch_norm(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, orr_real *running,
                               double momentum, double eps, bool training)
{
    const struct planes s = planes_of(x);
    assert(gain->n == s.c && bias->n == s.c);
    struct orr_var *y = orr_tape_push(x->tape, &BATCH_NORM, x->shape, (struct orr_var *[]){x, gain, bias}, 3);
    y->i[0] = training;
    y->saved = orr_tape_alloc(x->tape, x->n + s.c);
    const double m = (double)(s.b * s.p);
    for (size_t c = 0; c < s.c; c++) {
        double mean = (double)running[c], var = (double)running[s.c + c];
        if (training) {
            double sum = 0, sq = 0;
            for (size_t b = 0; b < s.b; b++)
                for (size_t i = 0; i < s.p; i++) sum += (double)x->value[(b * s.c + c) * s.p + i];
            mean = sum / m;
            for (size_t b = 0; b < s.b; b++)
                for (size_t i = 0; i < s.p; i++) {
                    const double e = (double)x->value[(b * s.c + c) * s.p + i] - mean;
                    sq += e * e;
                }
            var = sq / m;
            running[c] = (orr_real)((1 - momentum) * (double)running[c] + momentum * mean);
            const double unbiased = m > 1 ? sq / (m - 1) : var;
            running[s.c + c] = (orr_real)((1 - momentum) * (double)running[s.c + c] + momentum * unbiased);
        }
        const orr_real scale = (orr_real)(1 / sqrt(var + eps)), mu = (orr_real)mean, k = gain->value[c], z = bias->value[c];
        y->saved[x->n + c] = scale;
        for (size_t b = 0; b < s.b; b++) {
            const size_t at = (b * s.c + c) * s.p;
            for (size_t i = 0; i < s.p; i++) {
                const orr_real h = (x->value[at + i] - mu) * scale;
                y->saved[at + i] = h;
                y->value[at + i] = k * h + z;
            }
        }
    }
    return y;
}

/* ---- softmax ---- */

ORR_KERNEL static void softmax_row(const orr_real *restrict x, orr_real *restrict y, size_t n)
{
    orr_real top[LANES], sum[LANES] = {0}, hi, total = 0;
    for (int l = 0; l < LANES; l++) top[l] = x[0];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) top[l] = x[i + (size_t)l] > top[l] ? x[i + (size_t)l] : top[l];
    for (; i < n; i++) top[0] = x[i] > top[0] ? x[i] : top[0];
    hi = top[0];
    for (int l = 1; l < LANES; l++) hi = top[l] > hi ? top[l] : hi;
    for (i = 0; i < n; i++) y[i] = orr_vexp(x[i] - hi);
    for (i = 0; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) sum[l] += y[i + (size_t)l];
    for (; i < n; i++) sum[0] += y[i];
    for (int l = 0; l < LANES; l++) total += sum[l];
    const orr_real scale = 1 / total;
    for (i = 0; i < n; i++) y[i] *= scale;
}

static void softmax_backward(struct orr_var *out) /* dx = y (dy - sum(dy y)) */
{
    const size_t n = (size_t)orr_shape_last(out->shape);
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    for (size_t r = 0; g && r < out->n; r += n) {
        const orr_real *d = out->grad + r, *y = out->value + r, s = dot(d, y, n);
        ORR_ACCUMULATE(g + r, add, i, n, y[i] * (d[i] - s));
    }
}
static const struct orr_op SOFTMAX = {"softmax", softmax_backward};

struct orr_var *orr_softmax(struct orr_var *x)
{
    const size_t n = (size_t)orr_shape_last(x->shape);
    struct orr_var *y = orr_tape_push(x->tape, &SOFTMAX, x->shape, &x, 1);
    for (size_t r = 0; r < x->n; r += n) softmax_row(x->value + r, y->value + r, n);
    return y;
}
