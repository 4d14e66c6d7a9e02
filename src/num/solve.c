/* Cholesky, and a pseudo-inverse by Jacobi rotations. */
#include "num/solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SWEEPS = 60 };

bool orr_solve_positive(size_t n, double *a, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0)) return false;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return true;
}

/* One rotation in the plane (p, q) that makes a[p][q] zero (Golub and Van Loan, 8.5); v collects the rotations. */
static void rotate(size_t n, double *a, double *v, size_t p, size_t q)
{
    const double off = a[p * n + q];
    const double theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        const double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        const double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        const double f = v[k * n + p], g = v[k * n + q];
        v[k * n + p] = c * f - s * g;
        v[k * n + q] = s * f + c * g;
    }
}

void orr_pseudo_inverse(size_t n, const double *given, double cut, double *out)
{
    double *a = orr_xmalloc(2 * n * n * sizeof *a + 1), *v = a + n * n;
    memcpy(a, given, n * n * sizeof *a);
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) v[i * n + j] = i == j;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, diagonal = 0;
        for (size_t i = 0; i < n; i++) {
            diagonal += fabs(a[i * n + i]);
            for (size_t j = i + 1; j < n; j++) off += fabs(a[i * n + j]);
        }
        if (!(off > 1e-17 * diagonal)) break;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (a[p * n + q] != 0) rotate(n, a, v, p, q);
    }
    for (size_t i = 0; i < n; i++) largest = fmax(largest, a[i * n + i]);
    memset(out, 0, n * n * sizeof *out);
    for (size_t e = 0; e < n; e++) {
        const double lambda = a[e * n + e];
        if (!(lambda > cut * largest)) continue;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) out[i * n + j] += v[i * n + e] * v[j * n + e] / lambda;
    }
    free(a);
}
