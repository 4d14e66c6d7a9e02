/* Batch norm and SiLU in one: what lies between two convolutions of a detector. Neither the normalised values nor those
 * before the activation are kept; the way back computes them again from the input, which is on the tape anyway. */
#include <orrery/ops.h>

#include "num/kernel.h"
#include "num/op.h"

enum { LANES = 16 }; /* partial sums, so that a reduction vectorises without changing its order between machines */

static orr_real lane_sum(const orr_real s[LANES])
{
    orr_real sum = 0;
    for (int l = 0; l < LANES; l++) sum += s[l];
    return sum;
}

ORR_KERNEL static orr_real plane_sum(const orr_real *restrict x, size_t n)
{
    orr_real s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += x[i + (size_t)l];
    for (; i < n; i++) s[0] += x[i];
    return lane_sum(s);
}

ORR_KERNEL static orr_real plane_squares(const orr_real *restrict x, orr_real mean, size_t n)
{
    orr_real s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += (x[i + (size_t)l] - mean) * (x[i + (size_t)l] - mean);
    for (; i < n; i++) s[0] += (x[i] - mean) * (x[i] - mean);
    return lane_sum(s);
}

ORR_KERNEL static void forward(const orr_real *restrict x, orr_real a, orr_real b, orr_real *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const orr_real z = a * x[i] + b;
        y[i] = z * orr_vsigmoid(z);
    }
}

/* d becomes the gradient by z = a x + b; sums of it and of it times x - mean are added. */
ORR_KERNEL static void back_through_silu(const orr_real *restrict x, orr_real a, orr_real b, orr_real mean,
                                         orr_real *restrict d, size_t n, double *sum, double *sum_x)
{
    orr_real s[LANES] = {0}, t[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) {
            const size_t k = i + (size_t)l;
            const orr_real z = a * x[k] + b, g = orr_vsigmoid(z), dz = d[k] * (g + z * g * (1 - g));
            d[k] = dz;
            s[l] += dz;
            t[l] += dz * (x[k] - mean);
        }
    for (; i < n; i++) {
        const orr_real z = a * x[i] + b, g = orr_vsigmoid(z), dz = d[i] * (g + z * g * (1 - g));
        d[i] = dz;
        s[0] += dz;
        t[0] += dz * (x[i] - mean);
    }
    *sum += (double)lane_sum(s);
    *sum_x += (double)lane_sum(t);
}

ORR_KERNEL static void back_through_norm(orr_real *restrict g, bool add, const orr_real *restrict d,
                                         const orr_real *restrict x, orr_real k, orr_real by_x, orr_real rest, size_t n)
{
    ORR_ACCUMULATE(g, add, i, n, k * d[i] - by_x * x[i] - rest);
}

struct planes {
    size_t b, c, p; /* images, channels, positions */
};

/* saved: per channel the mean and 1 / sigma. With u the gradient by z: dx = gain / sigma (u - mean(u) - x_hat mean(u
 * x_hat)) over the
 * batch; running statistics are constants, and only the first term is left. */
static void batch_norm_silu_backward(struct orr_var *out)
{
    struct orr_var *x = out->in[0], *gain = out->in[1], *bias = out->in[2];
    const struct planes s = {(size_t)x->shape.size[0], (size_t)x->shape.size[1],
                             (size_t)x->shape.size[2] * (size_t)x->shape.size[3]};
    const double m = (double)(s.b * s.p);
    const bool training = out->i[0];
    bool add, add_gain, add_bias;
    orr_real *g = orr_grad_of(x, &add), *gg = orr_grad_of(gain, &add_gain), *gb = orr_grad_of(bias, &add_bias);
    for (size_t c = 0; c < s.c; c++) {
        const orr_real mean = out->saved[2 * c], scale = out->saved[2 * c + 1], a = gain->value[c] * scale,
                       b = bias->value[c] - a * mean;
        double sum = 0, sum_x = 0;
        for (size_t i = 0; i < s.b; i++) {
            const size_t at = (i * s.c + c) * s.p;
            back_through_silu(x->value + at, a, b, mean, out->grad + at, s.p, &sum, &sum_x);
        }
        const double sum_hat = sum_x * (double)scale;
        if (gg) gg[c] = (orr_real)sum_hat + (add_gain ? gg[c] : 0);
        if (gb) gb[c] = (orr_real)sum + (add_bias ? gb[c] : 0);
        if (!g) continue;
        const orr_real by_x = training ? (orr_real)((double)a * (double)scale * sum_hat / m) : 0;
        const orr_real rest = training ? (orr_real)((double)a * sum / m) - by_x * mean : 0;
        for (size_t i = 0; i < s.b; i++) {
            const size_t at = (i * s.c + c) * s.p;
            back_through_norm(g + at, add, out->grad + at, x->value + at, a, by_x, rest, s.p);
        }
    }
}
static const struct orr_op BATCH_NORM_SILU = {"batch_norm_silu", batch_norm_silu_backward};

struct orr_var *orr_batch_norm_silu(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, orr_real *running,
                                    double momentum, double eps, bool training)
{
    assert(x->shape.axes == 4 && gain->n == (size_t)x->shape.size[1] && bias->n == gain->n);
    const struct planes s = {(size_t)x->shape.size[0], (size_t)x->shape.size[1],
                             (size_t)x->shape.size[2] * (size_t)x->shape.size[3]};
    struct orr_var *y = orr_tape_push(x->tape, &BATCH_NORM_SILU, x->shape, (struct orr_var *[]){x, gain, bias}, 3);
    y->i[0] = training;
    y->saved = orr_tape_alloc(x->tape, 2 * s.c);
    const double m = (double)(s.b * s.p);
    for (size_t c = 0; c < s.c; c++) {
        double mean = (double)running[c], var = (double)running[s.c + c];
        if (training) {
            double sum = 0, squares = 0;
            for (size_t i = 0; i < s.b; i++) sum += (double)plane_sum(x->value + (i * s.c + c) * s.p, s.p);
            mean = sum / m;
            for (size_t i = 0; i < s.b; i++)
                squares += (double)plane_squares(x->value + (i * s.c + c) * s.p, (orr_real)mean, s.p);
            var = squares / m;
            running[c] = (orr_real)((1 - momentum) * (double)running[c] + momentum * mean);
            running[s.c + c] =
                (orr_real)((1 - momentum) * (double)running[s.c + c] + momentum * (m > 1 ? squares / (m - 1) : var));
        }
        const orr_real scale = (orr_real)(1 / sqrt(var + eps)), a = gain->value[c] * scale,
                       b = bias->value[c] - a * (orr_real)mean;
        y->saved[2 * c] = (orr_real)mean;
        y->saved[2 * c + 1] = scale;
        for (size_t i = 0; i < s.b; i++) {
            const size_t at = (i * s.c + c) * s.p;
            forward(x->value + at, a, b, y->value + at, s.p);
        }
    }
    return y;
}
