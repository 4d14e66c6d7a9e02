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

ORR_KERNEL void orr_norm_rows(orr_real *y, const orr_real *x, const orr_real *restrict gain,
                              const orr_real *restrict bias, size_t rows, size_t n, orr_real eps)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        const orr_real mean = orr_vsum(x, n, 0, false) / (orr_real)n;
        const orr_real scale = orr_rsqrt(orr_vsum(x, n, mean, true) / (orr_real)n + eps);
        for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
    }
}

ORR_KERNEL void orr_softmax_rows(orr_real *x, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        const orr_real top = orr_vlargest(x, n);
        for (size_t i = 0; i < n; i++) x[i] = orr_vexp(x[i] - top);
        const orr_real scale = 1 / orr_vsum(x, n, 0, false);
        for (size_t i = 0; i < n; i++) x[i] *= scale;
    }
}
