#include "num/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
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

/* One row: c (n) = alpha a (k) B + beta c, B read once, four rows at a time. */
ORR_KERNEL static void one_row(int n, int k, orr_real alpha, const orr_real *restrict a, const orr_real *restrict b, int ldb,
                               orr_real beta, orr_real *restrict c)
{
    enum { PART = 4096 }; /* of c, which stays in the nearest cache */
    for (int j0 = 0; j0 < n; j0 += PART) {
        const int nj = n - j0 < PART ? n - j0 : PART;
        orr_real *const out = c + j0;
        for (int j = 0; j < nj; j++) out[j] = beta == 0 ? 0 : beta * out[j];
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            const orr_real x0 = alpha * a[p], x1 = alpha * a[p + 1], x2 = alpha * a[p + 2], x3 = alpha * a[p + 3];
            const orr_real *r0 = b + (size_t)p * (size_t)ldb + j0, *r1 = r0 + ldb, *r2 = r1 + ldb, *r3 = r2 + ldb;
            for (int j = 0; j < nj; j++) out[j] += x0 * r0[j] + x1 * r1[j] + x2 * r2[j] + x3 * r3[j];
        }
        for (; p < k; p++) {
            const orr_real x = alpha * a[p], *r = b + (size_t)p * (size_t)ldb + j0;
            for (int j = 0; j < nj; j++) out[j] += x * r[j];
        }
    }
}

/* ---- OpenBLAS, loaded at the first product that needs it ----
 * Linked in, its constructor would cost every start of every command several milliseconds and leave threads spinning
 * beside ours for some thirty more. */

static struct {
    bool found;
    void (*set_threads)(int n);
    int (*threads)(void);
    char *(*describe)(void);
#ifdef ORR_REAL_DOUBLE
    void (*gemm)(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, int, int, int, double, const double *, int, const double *,
                 int, double, double *, int);
#else
    void (*gemm)(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, int, int, int, float, const float *, int, const float *, int,
                 float, float *, int);
#endif
} blas;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

#ifdef ORR_REAL_DOUBLE
#define GEMM_NAME "cblas_dgemm"
#else
#define GEMM_NAME "cblas_sgemm"
#endif

/* A function pointer from what dlsym returns: POSIX guarantees the representation, ISO C has no cast for it. */
static bool find(void *library, const char *name, void *function)
{
    void *const symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void load(void)
{
    void *const library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    blas.found = find(library, "openblas_set_num_threads", &blas.set_threads) &&
                 find(library, "openblas_get_num_threads", &blas.threads) &&
                 find(library, "openblas_get_config", &blas.describe) && find(library, GEMM_NAME, &blas.gemm);
    if (blas.found) blas.set_threads(1); /* the cores belong to the pools over items */
}

/* Without the library: the small product over blocks of B. Right, and slow. */
static void blocked(bool ta, bool tb, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
                    int ldb, orr_real beta, orr_real *c, int ldc)
{
    for (int p = 0; p < k || p == 0; p += SMALL_SIDE)
        for (int j = 0; j < n; j += SMALL_SIDE) {
            const int kp = k - p < SMALL_SIDE ? k - p : SMALL_SIDE, nj = n - j < SMALL_SIDE ? n - j : SMALL_SIDE;
            (tb ? small_nt : small_nn)(ta, m, nj, kp, alpha, ta ? a + (size_t)p * lda : a + p, lda,
                                       tb ? b + (size_t)j * ldb + p : b + (size_t)p * ldb + j, ldb, p ? 1 : beta, c + j, ldc);
        }
}

void orr_gemm(bool ta, bool tb, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
              int ldb, orr_real beta, orr_real *c, int ldc)
{
    assert(m >= 0 && n >= 0 && k >= 0);
    if (m == 0 || n == 0) return;
    if (n <= SMALL_SIDE && k <= SMALL_SIDE && (size_t)m * n * k <= SMALL) {
        (tb ? small_nt : small_nn)(ta, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    if (m == 1 && !ta && !tb) {
        one_row(n, k, alpha, a, b, ldb, beta, c);
        return;
    }
    pthread_once(&loaded, load);
    if (blas.found)
        blas.gemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
                  ldb, beta, c, ldc);
    else
        blocked(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void orr_blas_set_threads(int n)
{
    pthread_once(&loaded, load);
    if (blas.found) blas.set_threads(n);
}

int orr_blas_threads(void)
{
    pthread_once(&loaded, load);
    return blas.found ? blas.threads() : 1;
}

const char *orr_blas_describe(void)
{
    pthread_once(&loaded, load);
    return blas.found ? blas.describe() : "no libopenblas.so.0: large products are slow; `make deps` installs it";
}
