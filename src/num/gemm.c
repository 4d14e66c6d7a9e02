#include "num/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <stdatomic.h>
#include <string.h>

#include "num/kernel.h"

/* Below this many multiplications a product is faster here than behind the library's checks and packing. */
enum { SMALL = 8192, SMALL_SIDE = 64 };

/* C rows one by one: each is a combination of the rows of B, so that the inner loop runs over contiguous n. */
ORR_KERNEL static void small_nn(bool ta, int m, int n, int k, orr_real alpha, const orr_real *restrict a, int lda,
                                const orr_real *restrict b, int ldb, orr_real beta, orr_real *restrict c, int ldc)
{
    for (int i = 0; i < m; i++) {
        orr_real acc[SMALL_SIDE];
        for (int j = 0; j < n; j++) acc[j] = 0;
        for (int p = 0; p < k; p++) {
            const orr_real x = ta ? a[(size_t)p * lda + i] : a[(size_t)i * lda + p];
            const orr_real *row = b + (size_t)p * ldb;
            for (int j = 0; j < n; j++) acc[j] += x * row[j];
        }
        orr_real *out = c + (size_t)i * ldc;
        if (beta == 0)
            for (int j = 0; j < n; j++) out[j] = alpha * acc[j];
        else
            for (int j = 0; j < n; j++) out[j] = alpha * acc[j] + beta * out[j];
    }
}

/* B transposed: transpose it once into a buffer, then as above. */
static void small_nt(bool ta, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
                     int ldb, orr_real beta, orr_real *c, int ldc)
{
    orr_real t[SMALL_SIDE * SMALL_SIDE];
    for (int j = 0; j < n; j++)
        for (int p = 0; p < k; p++) t[p * n + j] = b[(size_t)j * ldb + p];
    small_nn(ta, m, n, k, alpha, a, lda, t, n, beta, c, ldc);
}

/* Whether somebody said how many threads a product may have; OpenBLAS by itself would take every core. */
static atomic_bool threads_chosen;

void orr_gemm(bool ta, bool tb, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
              int ldb, orr_real beta, orr_real *c, int ldc)
{
    assert(m >= 0 && n >= 0 && k >= 0);
    if (m == 0 || n == 0) return;
    if (n <= SMALL_SIDE && k <= SMALL_SIDE && (size_t)m * n * k <= SMALL) {
        (tb ? small_nt : small_nn)(ta, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    if (!atomic_load_explicit(&threads_chosen, memory_order_relaxed)) orr_blas_set_threads(1);
    const CBLAS_TRANSPOSE oa = ta ? CblasTrans : CblasNoTrans, ob = tb ? CblasTrans : CblasNoTrans;
#ifdef ORR_REAL_DOUBLE
    cblas_dgemm(CblasRowMajor, oa, ob, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
#else
    cblas_sgemm(CblasRowMajor, oa, ob, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
#endif
}

void orr_blas_set_threads(int n)
{
    atomic_store(&threads_chosen, true);
    openblas_set_num_threads(n);
}
int orr_blas_threads(void) { return openblas_get_num_threads(); }
const char *orr_blas_describe(void) { return openblas_get_config(); }
