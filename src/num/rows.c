#include "num/rows.h"

#include "num/kernel.h"

void orr_fill_rows(orr_real *restrict y, const orr_real *restrict bias, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) memcpy(y + r * n, bias, n * sizeof *y);
}

ORR_KERNEL void orr_sum_rows(orr_real *restrict g, bool add, const orr_real *restrict d, size_t rows, size_t n)
{
    if (!add) memset(g, 0, n * sizeof *g);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) g[i] += d[r * n + i];
}

ORR_KERNEL void orr_add_to_rows(orr_real *restrict y, const orr_real *restrict bias, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++) y[r * n + i] += bias[i];
}

/* In sixteen parts, which the compiler turns into vectors; one running sum it may not. */
static inline orr_real sum(const orr_real *x, size_t n, orr_real mean, bool squared)
{
    enum { PARTS = 16 };
    orr_real part[PARTS] = {0}, total = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] += squared ? (x[i + k] - mean) * (x[i + k] - mean) : x[i + k];
    for (; i < n; i++) total += squared ? (x[i] - mean) * (x[i] - mean) : x[i];
    for (size_t k = 0; k < PARTS; k++) total += part[k];
    return total;
}

ORR_KERNEL void orr_norm_rows(orr_real *y, const orr_real *x, const orr_real *restrict gain,
                              const orr_real *restrict bias, size_t rows, size_t n, orr_real eps)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        const orr_real mean = sum(x, n, 0, false) / (orr_real)n;
        const orr_real scale = orr_rsqrt(sum(x, n, mean, true) / (orr_real)n + eps);
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
    }
}

static inline orr_real largest(const orr_real *x, size_t n)
{
    enum { PARTS = 16 };
    orr_real part[PARTS], top = -INFINITY;
    size_t i = 0;
    for (size_t k = 0; k < PARTS; k++) part[k] = -INFINITY;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] = x[i + k] > part[k] ? x[i + k] : part[k];
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t k = 0; k < PARTS; k++) top = part[k] > top ? part[k] : top;
    return top;
}

ORR_KERNEL void orr_softmax_rows(orr_real *x, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        const orr_real top = largest(x, n);
        for (size_t i = 0; i < n; i++) x[i] = orr_vexp(x[i] - top);
        const orr_real scale = 1 / sum(x, n, 0, false);
        for (size_t i = 0; i < n; i++) x[i] *= scale;
    }
}
