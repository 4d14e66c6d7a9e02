/* Baselines that learn nothing: persistence, straight line, parabola, dynamic mode decomposition. Each forecast is a mix of
 * the observed snapshots, the same for all weights of a tensor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/private.h"

static void persistence(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                        double *c)
{
    (void)m;
    (void)t;
    for (size_t h = 0; h < n_ahead; h++) c[h * (o->n + 1) + o->n - 1] = 1;
}

/* Least squares by a polynomial of the given degree through the observed snapshots: with the basis p_k(t) = (t - t_last)^k,
 * c(t) = p(t)^T (P^T P)^-1 P^T. */
static void polynomial(const struct orr_observed *o, size_t degree, size_t n_ahead, const double *t, double *c)
{
    const size_t k = (degree < o->n - 1 ? degree : o->n - 1) + 1;
    const double last = o->t[o->n - 1], unit = last > o->t[0] ? last - o->t[0] : 1;
    for (size_t h = 0; h < n_ahead; h++) {
        double a[9] = {0}, b[3], x = 1;
        for (size_t i = 0; i < o->n; i++) {
            double p[3] = {1, (o->t[i] - last) / unit, 0};
            p[2] = p[1] * p[1];
            for (size_t u = 0; u < k; u++)
                for (size_t v = 0; v < k; v++) a[u * k + v] += p[u] * p[v];
        }
        for (size_t u = 0; u < k; u++, x *= (t[h] - last) / unit) b[u] = x;
        orr_solve_positive(k, a, b);
        for (size_t i = 0; i < o->n; i++) {
            const double s = (o->t[i] - last) / unit;
            c[h * (o->n + 1) + i] = b[0] + (k > 1 ? b[1] * s : 0) + (k > 2 ? b[2] * s * s : 0);
        }
    }
}
static void linear(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t, double *c)
{
    (void)m;
    polynomial(o, 1, n_ahead, t, c);
}
static void quadratic(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                      double *c)
{
    (void)m;
    polynomial(o, 2, n_ahead, t, c);
}

/* Divides c (n, n) by its spectral radius where that is above 1, so that no mode grows: training settles, and noise in a few
 * snapshots otherwise grows to 1e25. The radius is lim |c^k|^(1/k), here with k = 2^14, by squaring. */
static void hold(size_t n, double *c)
{
    enum { SQUARINGS = 14 };
    double *a = orr_xmalloc(2 * n * n * sizeof *a + 1), *b = a + n * n, size = 0;
    memcpy(a, c, n * n * sizeof *a);
    for (int s = 0;; s++) {
        double norm = 0;
        for (size_t i = 0; i < n * n; i++) norm += a[i] * a[i];
        norm = sqrt(norm);
        size = 2 * size + log(norm + 1e-300); /* log |c^(2^s)| */
        if (s == SQUARINGS || !(norm > 0) || !isfinite(norm)) break;
        for (size_t i = 0; i < n * n; i++) a[i] /= norm;
        memset(b, 0, n * n * sizeof *b);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++)
                for (size_t j = 0; j < n; j++) b[i * n + j] += a[i * n + k] * a[k * n + j];
        memcpy(a, b, n * n * sizeof *a);
    }
    const double radius = exp(size / (1 << SQUARINGS));
    for (size_t i = 0; i < n * n && radius > 1 && isfinite(radius); i++) c[i] /= radius;
    free(a);
}

/* Exact DMD (Tu et al. 2014) by the method of snapshots: with X = [w_0 .. w_(n-1)], Y = [w_1 .. w_n], A = Y X^+,
 *     A^h w_n = Y C^(h-1) b,   C = (X^T X)^+ X^T Y,   b = (X^T X)^+ X^T w_n,
 * so that inner products of snapshots are all it needs. Unequal steps are resampled to equal ones; between whole steps the
 * forecast is interpolated. */
static void dmd(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t, double *c)
{
    (void)m;
    const size_t p = o->n, n = p - 1;
    const double cut = 1e-4; /* of eigenvalues: directions below a hundredth of the largest are noise of the steps */
    const double step = (o->t[p - 1] - o->t[0]) / (double)n;
    double *r = orr_xcalloc(5 * p * p + 4 * p, sizeof *r), *g = r + p * p, *x = g + p * p, *inverse = x + p * p;
    double *map = inverse + p * p, *b = map + p * p, *next = b + p, *mix = next + p, *before = mix + p;
    orr_observed_resample(p, o->t, p, r);
    orr_gram_resample(o->gram, p, r, p, g);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) x[i * n + j] = g[i * p + j];
    orr_pseudo_inverse(n, x, cut, inverse);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            b[i] += inverse[i * n + k] * g[k * p + n];
            for (size_t j = 0; j < n; j++) map[i * n + j] += inverse[i * n + k] * g[k * p + j + 1];
        }
    }
    hold(n, map);
    mix[n] = 1; /* on the p equally spaced snapshots */
    size_t done = 0;
    for (size_t h = 0; h < n_ahead; h++) {
        const double ahead = (t[h] - o->t[n]) / step;
        while ((double)done < ahead - 1e-9) {
            memcpy(before, mix, p * sizeof *mix);
            if (done++) {
                memset(next, 0, p * sizeof *next);
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++) next[i] += map[i * n + j] * b[j];
                memcpy(b, next, p * sizeof *b);
            }
            mix[0] = 0;
            for (size_t i = 0; i < n; i++) mix[i + 1] = b[i];
        }
        const double s = 1 - ((double)done - ahead);
        for (size_t k = 0; k < p; k++)
            for (size_t i = 0; i < p; i++)
                c[h * (p + 1) + i] += ((s > 1 - 1e-9 ? 1 : s) * mix[k] + (s > 1 - 1e-9 ? 0 : 1 - s) * before[k]) * r[k * p + i];
    }
    free(r);
}

static const struct orr_param no_params[] = {{0}};

#define FIXED(ident, text, what, origin, formula, function, fewest)                                                    \
    static const struct orr_weights_method ident##_method;                                                             \
    const struct orr_method orr_weights_##ident = {.name = text, .summary = what, .source = origin, .equations = formula, \
                                                   .params = no_params, .input = ORR_DATA_TRAJECTORIES, .baseline = true,   \
                                                   .weights = &ident##_method};                                        \
    static const struct orr_weights_method ident##_method = {.face = &orr_weights_##ident, .least = fewest,            \
                                                             .any_fraction = true, .coefficients = function}

FIXED(persistence, "persistence", "the last observed weights", "", "w(t) = w_n", persistence, 1);
FIXED(linear, "linear", "straight line through the observed weights", "", "w(t) = a + b t, least squares", linear, 2);
FIXED(quadratic, "quadratic", "parabola through the observed weights", "", "w(t) = a + b t + c t^2, least squares", quadratic, 3);
FIXED(dmd, "dmd", "dynamic mode decomposition: one linear map from each snapshot to the next", "Tu et al. 2014",
      "w_(i+1) = A w_i, A = Y X^+", dmd, 3);
