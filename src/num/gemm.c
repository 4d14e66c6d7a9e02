#include "num/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "num/kernel.h"

/* ---- small products ----
 * Blocks of C of a few rows, as wide as a vector type, whose sums stay in registers while p runs over the k terms: no packing,
 * no checks. The types are longer than some processors' registers; the compiler splits them there. Six rows of sixteen
 * columns are what the sixteen registers of AVX2 hold. */

enum { SMALL_SIDE = 64, FEW_ROWS = 3 };

typedef orr_real vector16 __attribute__((vector_size(16 * sizeof(orr_real))));
typedef orr_real vector4 __attribute__((vector_size(4 * sizeof(orr_real))));

struct operands {
    const orr_real *a, *b;
    size_t a_row, a_term, ldb; /* from one row of op(A), one term, one row of B to the next */
    orr_real *c;
    size_t ldc;
    int k;
    orr_real alpha, beta;
};

/* A kernel's helpers must be compiled into it, or they would be built for the plainest processor. */
#define INLINE static inline __attribute__((always_inline))

/* Rows i.. and columns j.. of C: NAME(operands, i, j) for ROWS rows of one TYPE each. */
#define DEFINE_BLOCK(NAME, TYPE, ROWS)                                                                                 \
    INLINE void NAME(const struct operands *o, int i, int j)                                                           \
    {                                                                                                                  \
        TYPE sum[ROWS] = {0}, row;                                                                                     \
        const orr_real *a = o->a + (size_t)i * o->a_row, *b = o->b + j;                                                \
        for (int p = 0; p < o->k; p++, a += o->a_term, b += o->ldb) {                                                  \
            memcpy(&row, b, sizeof row);                                                                               \
            for (size_t r = 0; r < ROWS; r++) sum[r] += a[r * o->a_row] * row;                                         \
        }                                                                                                              \
        for (size_t r = 0; r < ROWS; r++) {                                                                            \
            orr_real *c = o->c + ((size_t)i + r) * o->ldc + j;                                                         \
            TYPE y = o->alpha * sum[r];                                                                                \
            if (o->beta != 0) {                                                                                        \
                memcpy(&row, c, sizeof row);                                                                           \
                y += o->beta * row;                                                                                    \
            }                                                                                                          \
            memcpy(c, &y, sizeof y);                                                                                   \
        }                                                                                                              \
    }
DEFINE_BLOCK(block_6x16, vector16, 6)
DEFINE_BLOCK(block_4x16, vector16, 4)
DEFINE_BLOCK(block_1x16, vector16, 1)
DEFINE_BLOCK(block_8x4, vector4, 8)
DEFINE_BLOCK(block_4x4, vector4, 4)
DEFINE_BLOCK(block_1x4, vector4, 1)

/* Columns j.. of C, all m rows: sixteen or four of them. */
INLINE void columns16(const struct operands *o, int m, int j)
{
    int i = 0;
    for (; i + 6 <= m; i += 6) block_6x16(o, i, j);
    for (; i + 4 <= m; i += 4) block_4x16(o, i, j);
    for (; i < m; i++) block_1x16(o, i, j);
}
INLINE void columns4(const struct operands *o, int m, int j)
{
    int i = 0;
    for (; i + 8 <= m; i += 8) block_8x4(o, i, j);
    for (; i + 4 <= m; i += 4) block_4x4(o, i, j);
    for (; i < m; i++) block_1x4(o, i, j);
}

/* The last columns of C, from j on, fewer than a vector: those of B are padded, those of C stored one by one. */
INLINE void last_columns(const struct operands *o, int m, int j, int left)
{
    enum { ROWS = 24 };
    orr_real b[SMALL_SIDE * 16], c[ROWS * 16];
    const int width = left <= 4 ? 4 : 16;
    struct operands part = *o;
    part.b = b;
    part.ldb = part.ldc = (size_t)width;
    part.c = c;
    part.beta = 0;
    for (int p = 0; p < o->k; p++)
        for (int l = 0; l < width; l++) b[p * width + l] = l < left ? o->b[(size_t)p * o->ldb + (size_t)(j + l)] : 0;
    for (int i = 0; i < m; i += ROWS) {
        const int rows = m - i < ROWS ? m - i : ROWS;
        part.a = o->a + (size_t)i * o->a_row;
        if (width == 4) columns4(&part, rows, 0);
        else columns16(&part, rows, 0);
        for (int r = 0; r < rows; r++)
            for (int l = 0; l < left; l++) {
                orr_real *to = o->c + (size_t)(i + r) * o->ldc + j + l;
                *to = c[r * width + l] + (o->beta == 0 ? 0 : o->beta * *to);
            }
    }
}

ORR_KERNEL static void small_nn(bool ta, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
                                int ldb, orr_real beta, orr_real *c, int ldc)
{
    const struct operands o = {a, b, ta ? 1 : (size_t)lda, ta ? (size_t)lda : 1, (size_t)ldb, c, (size_t)ldc, k, alpha, beta};
    int j = 0;
    for (; j + 16 <= n; j += 16) columns16(&o, m, j);
    if (n - j == 4) columns4(&o, m, j);
    else if (n > j) last_columns(&o, m, j, n - j);
}

INLINE void transpose4(vector4 v[4])
{
    const vector4 a = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5), b = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    const vector4 c = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5), d = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
    v[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    v[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    v[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    v[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

INLINE orr_real dot(const orr_real *a, const orr_real *b, int k)
{
    orr_real sum = 0;
    for (int p = 0; p < k; p++) sum += a[p] * b[p];
    return sum;
}

/* A few rows of A against the rows of B, four dot products at a time. */
ORR_KERNEL static void few_nt(int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b, int ldb,
                              orr_real beta, orr_real *c, int ldc)
{
    const int whole = k & ~3;
    for (int i = 0; i < m; i++, a += lda, c += ldc) {
        int j = 0;
        for (; j + 4 <= n; j += 4) {
            const orr_real *row = b + (size_t)j * ldb;
            vector4 x, y, sum[4] = {{0}};
            for (int p = 0; p < whole; p += 4) {
                memcpy(&x, a + p, sizeof x);
                for (size_t r = 0; r < 4; r++) {
                    memcpy(&y, row + r * (size_t)ldb + p, sizeof y);
                    sum[r] += x * y;
                }
            }
            transpose4(sum);
            y = (sum[0] + sum[1]) + (sum[2] + sum[3]);
            for (int r = 0; whole < k && r < 4; r++) y[r] += dot(a + whole, row + (size_t)r * ldb + whole, k - whole);
            y *= alpha;
            if (beta != 0) {
                memcpy(&x, c + j, sizeof x);
                y += beta * x;
            }
            memcpy(c + j, &y, sizeof y);
        }
        for (; j < n; j++) {
            const orr_real sum = alpha * dot(a, b + (size_t)j * ldb, k);
            c[j] = beta == 0 ? sum : sum + beta * c[j];
        }
    }
}

/* t (k, n) = the transpose of b (n, k). */
ORR_KERNEL static void transpose(int n, int k, const orr_real *b, int ldb, orr_real *t)
{
    int j = 0;
    for (; j + 4 <= n; j += 4) {
        const orr_real *row = b + (size_t)j * ldb;
        int p = 0;
        for (; p + 4 <= k; p += 4) {
            vector4 v[4];
            for (size_t r = 0; r < 4; r++) memcpy(&v[r], row + r * (size_t)ldb + p, sizeof v[r]);
            transpose4(v);
            for (int r = 0; r < 4; r++) memcpy(t + (p + r) * n + j, &v[r], sizeof v[r]);
        }
        for (; p < k; p++)
            for (int r = 0; r < 4; r++) t[p * n + j + r] = row[(size_t)r * ldb + p];
    }
    for (; j < n; j++)
        for (int p = 0; p < k; p++) t[p * n + j] = b[(size_t)j * ldb + p];
}

/* B transposed: transpose it once into a buffer, then as above. */
static void small_nt(bool ta, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
                     int ldb, orr_real beta, orr_real *c, int ldc)
{
    if (m <= FEW_ROWS && !ta) {
        few_nt(m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    orr_real t[SMALL_SIDE * SMALL_SIDE];
    transpose(n, k, b, ldb, t);
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

/* Any product as small ones over blocks of B. Where the library is missing, everything comes here: right, and slow. */
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

/* Up to how many multiplications, with at most SMALL_SIDE terms, a product is faster here than in the library: measured
 * against OpenBLAS 0.3.21, which for AVX-512 has small products of its own, except that it transposes slowly. */
static size_t small_limit(bool ta, bool tb, int m, int n)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f")) {
        if (m <= FEW_ROWS || (ta && !tb)) return 1024;
        return tb && !ta && m >= 16 && n >= 16 ? 1 << 18 : 4096;
    }
#endif
    (void)ta, (void)tb, (void)n;
    return m <= FEW_ROWS ? 8192 : 1 << 19;
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

void orr_gemm(bool ta, bool tb, int m, int n, int k, orr_real alpha, const orr_real *a, int lda, const orr_real *b,
              int ldb, orr_real beta, orr_real *c, int ldc)
{
    assert(m >= 0 && n >= 0 && k >= 0);
    if (m == 0 || n == 0) return;
    if (k <= SMALL_SIDE && (size_t)m * n * k <= small_limit(ta, tb, m, n)) {
        blocked(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
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
