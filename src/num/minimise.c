/* BFGS. */
#include "num/minimise.h"

#include <math.h>
#include <string.h>

static const double ARMIJO = 1e-4;
enum { HALVINGS = 40, MAX = ORR_MINIMISE_MAX };

static double dot(size_t n, const double *a, const double *b)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static void reset(size_t n, double h[MAX][MAX], double scale)
{
    memset(h, 0, MAX * sizeof *h);
    for (size_t i = 0; i < n; i++) h[i][i] = scale;
}

/* H <- (I - r s y') H (I - r y s') + r s s', r = 1 / s'y; left alone where s'y is not safely positive. */
static void update(size_t n, double h[MAX][MAX], const double *s, const double *y)
{
    const double sy = dot(n, s, y);
    if (!(sy > 1e-12 * sqrt(dot(n, s, s) * dot(n, y, y)))) return;
    double hy[MAX];
    for (size_t i = 0; i < n; i++) hy[i] = dot(n, h[i], y);
    const double yhy = dot(n, y, hy);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            h[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy;
}

double orr_minimise(orr_objective objective, void *ctx, size_t n, double *x, int steps, double tolerance,
                    bool *converged)
{
    double h[MAX][MAX], g[MAX], gn[MAX], d[MAX], s[MAX], y[MAX], xn[MAX], f = objective(ctx, x, g);
    bool done = false, fresh = true;
    reset(n, h, 1 / fmax(sqrt(dot(n, g, g)), 1e-12));
    for (int step = 0; step < steps && !done; step++) {
        for (size_t i = 0; i < n; i++) d[i] = -dot(n, h[i], g);
        double slope = dot(n, g, d);
        if (!(slope < 0)) {
            reset(n, h, 1 / fmax(sqrt(dot(n, g, g)), 1e-12));
            for (size_t i = 0; i < n; i++) d[i] = -dot(n, h[i], g);
            slope = dot(n, g, d);
        }
        double fn = INFINITY, length = 1;
        for (int k = 0; k < HALVINGS; k++, length /= 2) {
            for (size_t i = 0; i < n; i++) xn[i] = x[i] + length * d[i];
            fn = objective(ctx, xn, gn);
            if (fn <= f + ARMIJO * length * slope) break;
        }
        if (!(fn < f)) break; /* no step helps: a minimum to rounding, or a kink */
        for (size_t i = 0; i < n; i++) {
            s[i] = xn[i] - x[i];
            y[i] = gn[i] - g[i];
        }
        if (fresh && dot(n, y, y) > 0) reset(n, h, dot(n, s, y) > 0 ? dot(n, s, y) / dot(n, y, y) : 1);
        fresh = false;
        update(n, h, s, y);
        memcpy(x, xn, n * sizeof *x);
        memcpy(g, gn, n * sizeof *g);
        f = fn;
        done = sqrt(dot(n, g, g)) <= tolerance * (fabs(f) + 1);
    }
    if (converged) *converged = done || sqrt(dot(n, g, g)) <= 100 * tolerance * (fabs(f) + 1);
    return f;
}
