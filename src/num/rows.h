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
/* Every row of y (rows, n) += bias (n). */
void orr_add_to_rows(orr_real *restrict y, const orr_real *restrict bias, size_t rows, size_t n);
/* Layer norm of every row: y = (x - mean) gain / sqrt(var + eps) + bias; y may be x. */
void orr_norm_rows(orr_real *y, const orr_real *x, const orr_real *restrict gain, const orr_real *restrict bias,
                   size_t rows, size_t n, orr_real eps);
/* softmax of every row, in place. */
void orr_softmax_rows(orr_real *x, size_t rows, size_t n);

#endif
