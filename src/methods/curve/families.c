/* The families, their shapes and their fit. Sources: Domhan et al. 2015 (IJCAI), Viering and Loog 2022. */
#include "methods/curve/families.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "methods/curve/lc.h"
#include "num/lsq.h"

enum { STARTS = 3, EVALUATIONS = 60 };

/* Shape parameters on a grid: `n` of them, evenly spaced in the logarithm from lo to hi. */
struct range {
    double lo, hi;
    int n;
};
struct family {
    const char *name;
    int shapes;
    struct range grid[2];
    double limit[2][2]; /* of the fit, logarithms */
    /* g and its derivatives by theta = ln q */
    double (*g)(double x, double unit, const double *theta, double *slope);
};

static double pow3(double x, double unit, const double *theta, double *slope)
{
    (void)unit;
    const double b = exp(theta[0]), l = log(x), g = exp(-b * l);
    slope[0] = -b * l * g;
    return g;
}

static double pow4(double x, double unit, const double *theta, double *slope)
{
    (void)unit;
    const double b = exp(theta[0]), d = exp(theta[1]), l = log(x + d), g = exp(-b * l);
    slope[0] = -b * l * g;
    slope[1] = -b * g / (x + d) * d;
    return g;
}

static double exp3(double x, double unit, const double *theta, double *slope)
{
    (void)unit;
    const double b = exp(theta[0]), g = exp(-b * x);
    slope[0] = -b * x * g;
    return g;
}

/* exp(-kappa x^delta): exp4 with delta <= 1 (Domhan's c - exp(-a x^alpha + b)), janoschek with any. */
static double stretched(double x, double unit, const double *theta, double *slope)
{
    (void)unit;
    const double k = exp(theta[0]), d = exp(theta[1]), l = log(x), u = k * exp(d * l), g = exp(-u);
    slope[0] = -u * g;
    slope[1] = -u * d * l * g;
    return g;
}

/* 1 / ln(x + 1) with x in steps, not in units of the last. */
static double ilog2(double x, double unit, const double *theta, double *slope)
{
    (void)theta, (void)slope;
    return 1 / log(x * unit + 1);
}

/* Morgan-Mercer-Flodin: a - (a - b) / (1 + (k x)^d). */
static double mmf(double x, double unit, const double *theta, double *slope)
{
    (void)unit;
    const double l = theta[0] + log(x), d = exp(theta[1]), u = exp(fmin(d * l, 300)), g = 1 / (1 + u);
    slope[0] = -g * g * u * d;
    slope[1] = -g * g * u * d * l;
    return g;
}

static const struct family families[ORR_LC_FAMILIES] = {
    [ORR_LC_POW3] = {"pow3", 1, {{0.03, 6, 16}}, {{-5, 3}}, pow3},
    [ORR_LC_POW4] = {"pow4", 2, {{0.03, 6, 12}, {0.003, 1, 6}}, {{-5, 3}, {-9, 2}}, pow4},
    [ORR_LC_EXP3] = {"exp3", 1, {{0.05, 50, 20}}, {{-5, 6}}, exp3},
    [ORR_LC_EXP4] = {"exp4", 2, {{0.1, 30, 12}, {0.15, 1, 5}}, {{-5, 6}, {-2.5, 0}}, stretched},
    [ORR_LC_ILOG2] = {"ilog2", 0, {{0}}, {{0}}, ilog2},
    [ORR_LC_JANOSCHEK] = {"janoschek", 2, {{0.1, 30, 12}, {0.3, 3, 6}}, {{-5, 6}, {-2.5, 1.6}}, stretched},
    [ORR_LC_MMF] = {"mmf", 2, {{0.1, 100, 12}, {0.3, 3, 6}}, {{-4, 8}, {-2.5, 1.6}}, mmf},
};

int orr_lc_family_parameters(int family) { return 2 + families[family].shapes; }

bool orr_lc_points_make(size_t n, const double *t, const double *y, struct orr_lc_points *p)
{
    *p = (struct orr_lc_points){.shift = t[0] >= 1 ? 0 : 1 - t[0]}; /* as the published fits: x = 1, ... */
    p->n = n < ORR_LC_FIT_POINTS ? n : ORR_LC_FIT_POINTS;
    p->unit = t[n - 1] + p->shift;
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < p->n; k++) {
        const size_t first = k * n / p->n, last = (k + 1) * n / p->n;
        double st = 0, sy = 0;
        for (size_t i = first; i < last; i++) st += t[i], sy += y[i];
        p->x[k] = (st / (double)(last - first) + p->shift) / p->unit;
        p->y[k] = sy / (double)(last - first);
        low = fmin(low, p->y[k]);
        high = fmax(high, p->y[k]);
    }
    p->origin = low;
    p->scale = high - low;
    if (!(p->scale > 1e-12 * (fabs(high) + fabs(low)))) return false;
    for (size_t k = 0; k < p->n; k++) p->y[k] = (p->y[k] - low) / p->scale;
    return isfinite(p->scale);
}

struct problem {
    const struct family *f;
    const struct orr_lc_points *p;
    size_t n;
};

/* Parameters c, a, theta. */
static bool residuals(const void *ctx, const double *v, double *r, double *jacobian)
{
    const struct problem *q = ctx;
    const int k = 2 + q->f->shapes;
    for (size_t i = 0; i < q->n; i++) {
        double slope[2] = {0, 0};
        const double g = q->f->g(q->p->x[i], q->p->unit, v + 2, slope);
        if (!isfinite(g)) return false;
        double *row = jacobian + i * (size_t)k;
        r[i] = v[0] + v[1] * g - q->p->y[i];
        row[0] = 1;
        row[1] = g;
        for (int j = 2; j < k; j++) row[j] = v[1] * slope[j - 2];
    }
    return true;
}

/* c and a for given shapes; the sum of squares. */
static double closed_form(const struct problem *q, double *v)
{
    double slope[2], g[ORR_LC_FIT_POINTS], mg = 0, my = 0, gg = 0, gy = 0, ss = 0;
    for (size_t i = 0; i < q->n; i++) {
        g[i] = q->f->g(q->p->x[i], q->p->unit, v + 2, slope);
        mg += g[i] / (double)q->n;
        my += q->p->y[i] / (double)q->n;
    }
    for (size_t i = 0; i < q->n; i++) {
        gg += (g[i] - mg) * (g[i] - mg);
        gy += (g[i] - mg) * (q->p->y[i] - my);
    }
    if (!(gg > 1e-14 * (1 + mg * mg)) || !isfinite(gg)) return INFINITY;
    v[1] = gy / gg;
    v[0] = my - v[1] * mg;
    for (size_t i = 0; i < q->n; i++) ss += (v[0] + v[1] * g[i] - q->p->y[i]) * (v[0] + v[1] * g[i] - q->p->y[i]);
    return ss;
}

static double grid_value(const struct range *r, int i)
{
    return log(r->lo) + (log(r->hi) - log(r->lo)) * i / (r->n > 1 ? r->n - 1 : 1);
}

/* The best grid points, best first; returns how many. */
static int best_starts(const struct problem *q, double starts[STARTS][4], double ss[STARTS])
{
    int n = 0;
    const int n0 = q->f->shapes > 0 ? q->f->grid[0].n : 1, n1 = q->f->shapes > 1 ? q->f->grid[1].n : 1;
    for (int i = 0; i < n0 * n1; i++) {
        double v[4] = {0};
        if (q->f->shapes > 0) v[2] = grid_value(&q->f->grid[0], i / n1);
        if (q->f->shapes > 1) v[3] = grid_value(&q->f->grid[1], i % n1);
        const double s = closed_form(q, v);
        int at = n;
        while (at > 0 && s < ss[at - 1]) at--;
        if (at == STARTS || !isfinite(s)) continue;
        const int moved = (n < STARTS ? n : STARTS - 1) - at;
        memmove(&ss[at + 1], &ss[at], (size_t)moved * sizeof *ss);
        memmove(&starts[at + 1], &starts[at], (size_t)moved * sizeof *starts);
        ss[at] = s;
        memcpy(starts[at], v, sizeof v);
        if (n < STARTS) n++;
    }
    return n;
}

/* Cholesky factor of J'J at the solution, with a little on the diagonal: what the data do not tell stays wide, not infinite. */
static void factorise(const struct problem *q, const double *v, double *l)
{
    const int k = 2 + q->f->shapes;
    double r[ORR_LC_FIT_POINTS], jac[ORR_LC_FIT_POINTS * 4], a[16] = {0};
    residuals(q, v, r, jac);
    for (size_t i = 0; i < q->n; i++)
        for (int x = 0; x < k; x++)
            for (int y = 0; y <= x; y++)
                a[x * k + y] += jac[i * (size_t)k + (size_t)x] * jac[i * (size_t)k + (size_t)y];
    for (int x = 0; x < k; x++) a[x * k + x] += 1e-4;
    for (int x = 0; x < k; x++)
        for (int y = 0; y <= x; y++) {
            double s = a[x * k + y];
            for (int z = 0; z < y; z++) s -= l[x * k + z] * l[y * k + z];
            l[x * k + y] = x == y ? sqrt(fmax(s, 1e-8)) : s / l[y * k + y];
        }
}

struct orr_lc_fitted orr_lc_family_fit(int family, const struct orr_lc_points *p, size_t n)
{
    const struct problem q = {&families[family], p, n};
    const size_t k = (size_t)(2 + q.f->shapes);
    double starts[STARTS][4], ss[STARTS], work[2 * ORR_LC_FIT_POINTS * 5];
    const double lower[4] = {-20, -20, q.f->limit[0][0], q.f->limit[1][0]},
                 upper[4] = {20, 20, q.f->limit[0][1], q.f->limit[1][1]};
    struct orr_lc_fitted best = {.sum_squares = INFINITY};
    double v[4] = {0};
    const int n_starts = best_starts(&q, starts, ss);
    for (int s = 0; s < n_starts; s++) {
        struct orr_lsq_info info = {ss[s], 0, true};
        if (q.f->shapes && n >= k && isfinite(ss[s])) {
            const struct orr_lsq problem = {n, k, residuals, &q, lower, upper, EVALUATIONS, 1e-8};
            info = orr_lsq_solve(&problem, starts[s], work);
        }
        if (!(info.sum_squares < best.sum_squares)) continue;
        best.sum_squares = info.sum_squares;
        best.converged = info.converged;
        memcpy(v, starts[s], sizeof v);
    }
    best.ok = isfinite(best.sum_squares);
    best.c = v[0];
    best.a = v[1];
    best.theta[0] = v[2];
    best.theta[1] = v[3];
    if (best.ok) factorise(&q, v, best.factor);
    return best;
}

double orr_lc_family_value(int family, const struct orr_lc_fitted *f, double x, double unit, double s2,
                           double *variance)
{
    double slope[2] = {0, 0};
    const double g = families[family].g(x, unit, f->theta, slope);
    if (variance) { /* d' (J'J)^-1 d = |L^-1 d|^2 */
        const int k = 2 + families[family].shapes;
        const double d[4] = {1, g, f->a * slope[0], f->a * slope[1]};
        double z[4], sum = 0;
        for (int i = 0; i < k; i++) {
            z[i] = d[i];
            for (int j = 0; j < i; j++) z[i] -= f->factor[i * k + j] * z[j];
            z[i] /= f->factor[i * k + i];
            sum += z[i] * z[i];
        }
        *variance = s2 * (1 + sum);
    }
    return f->c + f->a * g;
}
