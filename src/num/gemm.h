/* Matrix products on OpenBLAS, the only place that knows it. */
#ifndef ORRERY_NUM_GEMM_H
#define ORRERY_NUM_GEMM_H

#include <stdbool.h>

#include <orrery/tensor.h>

/* C (m, n) = alpha op(A) op(B) + beta C, row-major; op(A) is (m, k): A itself (m, k), or with ta the transpose of a
 * (k, m) one. Leading dimensions are row lengths. beta 0 does not read C. */
void orr_gemm(bool ta, bool tb, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
              int ldb, orr_real beta, orr_real *c, int ldc);

/* Threads inside one product: 1 by default, so that the pool over items has the cores. The library is loaded at the first
 * large product; where it is missing, our own loops do the work, slowly. */
void orr_blas_set_threads(int n);
int orr_blas_threads(void);
/* "OpenBLAS 0.3.21 ... SkylakeX", its threading model; static. */
const char *orr_blas_describe(void);

#endif
