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
