/* What several operations do to the rows of a matrix. */
#ifndef ORRERY_NUM_ROWS_H
#define ORRERY_NUM_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/tensor.h>

/* Every row of y (rows, n) becomes bias (n). */
void orr_fill_rows(orr_real *restrict y, const orr_real *restrict bias, size_t rows, size_t n);
/* g (n) becomes the column sums of d (rows, n), or grows by them: the gradient of a bias. */
void orr_sum_rows(orr_real *restrict g, bool add, const orr_real *restrict d, size_t rows, size_t n);

#endif
