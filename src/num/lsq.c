/* Levenberg-Marquardt with box limits, and MINPACK as its reference. */
#include "num/lsq.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cminpack.h>

#include "base/mem.h"

/* Marquardt's (1963) damping with the gain-ratio update of Nielsen (1999): after a good step mu shrinks smoothly, after
 * bad ones it grows ever faster. */
static const double FIRST_DAMPING = 1e-3, SMALLEST_PIVOT = 1e-14;

size_t orr_lsq_work(size_t m, size_t n) { return 2 * m + 2 * m * n; }

/* Solves (A + mu D) x = -g on the free parameters by Cholesky, D the diagonal of A. A is (n, n), symmetric. */
static bool damped_step(size_t n, const double *a, const double *g, const bool *held, double mu, double *x)
{
    double l[ORR_LSQ_MAX * ORR_LSQ_MAX];
    size_t map[ORR_LSQ_MAX], k = 0;
    for (size_t i = 0; i < n; i++)
        if (held[i])
            x[i] = 0;
        else
            map[k++] = i;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double aij = a[map[i] * n + map[j]];
            double s = i == j ? aij + mu * (aij > 0 ? aij : 1) : aij;
            for (size_t q = 0; q < j; q++) s -= l[i * n + q] * l[j * n + q];
            if (i != j)
                l[i * n + j] = s / l[j * n + j];
            else if (s > SMALLEST_PIVOT * aij && s > 0)
                l[i * n + i] = sqrt(s);
            else
                return false;
        }
    }
    double y[ORR_LSQ_MAX];
    for (size_t i = 0; i < k; i++) {
        double s = -g[map[i]];
        for (size_t q = 0; q < i; q++) s -= l[i * n + q] * y[q];
        y[i] = s / l[i * n + i];
    }
    for (size_t i = k; i-- > 0;) {
        double s = y[i];
        for (size_t q = i + 1; q < k; q++) s -= l[q * n + i] * y[q];
        y[i] = s / l[i * n + i];
    }
    for (size_t i = 0; i < k; i++) x[map[i]] = y[i];
    return true;
}

static double sum_of_squares(size_t m, const double *r)
{
    double s = 0;
    for (size_t i = 0; i < m; i++) s += r[i] * r[i];
    return s;
}

/* A = J'J (n, n) and g = J'r. */
static void normal_equations(size_t m, size_t n, const double *jac, const double *r, double *a, double *g)
{
    memset(a, 0, n * n * sizeof *a);
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i < m; i++, jac += n) {
        for (size_t j = 0; j < n; j++) {
            g[j] += jac[j] * r[i];
            for (size_t k = 0; k <= j; k++) a[j * n + k] += jac[j] * jac[k];
        }
    }
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < j; k++) a[k * n + j] = a[j * n + k];
}

/* Holds the parameters that sit on a limit and want to leave through it. */
static void choose_held(const struct orr_lsq *q, const double *p, const double *g, bool *held)
{
    for (size_t j = 0; j < q->n; j++)
        held[j] = (p[j] <= q->lower[j] && g[j] >= 0) || (p[j] >= q->upper[j] && g[j] <= 0);
}

struct orr_lsq_info orr_lsq_solve(const struct orr_lsq *q, double *p, double *work)
{
    const size_t m = q->m, n = q->n;
    double *r = work, *r_new = r + m, *jac = r_new + m, *jac_new = jac + m * n;
    double a[ORR_LSQ_MAX * ORR_LSQ_MAX], g[ORR_LSQ_MAX], step[ORR_LSQ_MAX], p_new[ORR_LSQ_MAX];
    bool held[ORR_LSQ_MAX];
    struct orr_lsq_info info = {INFINITY, 1, false};

    for (size_t j = 0; j < n; j++) p[j] = fmin(fmax(p[j], q->lower[j]), q->upper[j]);
    if (!q->model(q->ctx, p, r, jac)) return info;
    info.sum_squares = sum_of_squares(m, r);
    double mu = FIRST_DAMPING, grow = 2;
    normal_equations(m, n, jac, r, a, g);
    choose_held(q, p, g, held);
    while (info.evaluations < q->max_evaluations) {
        if (!damped_step(n, a, g, held, mu, step)) {
            mu = mu * grow + DBL_MIN;
            grow *= 2;
            if (mu > 1e18) break;
            continue;
        }
        double moved = 0, promised = 0; /* promised = -(2 g's + s'As), the gain of the linear model */
        for (size_t j = 0; j < n; j++) {
            p_new[j] = fmin(fmax(p[j] + step[j], q->lower[j]), q->upper[j]);
            step[j] = p_new[j] - p[j];
            moved = fmax(moved, fabs(step[j]) / (fabs(p[j]) + 1e-3));
        }
        for (size_t j = 0; j < n; j++) {
            double as = 0;
            for (size_t k = 0; k < n; k++) as += a[j * n + k] * step[k];
            promised -= step[j] * (2 * g[j] + as);
        }
        if (moved < 1e-12 || fabs(promised) <= q->tolerance * info.sum_squares || info.sum_squares == 0) {
            info.converged = true;
            break;
        }
        info.evaluations++;
        const bool inside = q->model(q->ctx, p_new, r_new, jac_new);
        const double s = inside ? sum_of_squares(m, r_new) : INFINITY;
        if (s < info.sum_squares) {
            const double ratio = promised > 0 ? (info.sum_squares - s) / promised : 1, u = 2 * ratio - 1;
            mu *= fmax(1.0 / 3, 1 - u * u * u);
            grow = 2;
            info.sum_squares = s;
            memcpy(p, p_new, n * sizeof *p);
            double *t = r;
            r = r_new, r_new = t;
            t = jac;
            jac = jac_new, jac_new = t;
            normal_equations(m, n, jac, r, a, g);
            choose_held(q, p, g, held);
        } else {
            mu *= grow;
            grow *= 2;
            if (!(mu < 1e18)) {
                info.converged = inside; /* no step of any length helps: a minimum to rounding */
                break;
            }
        }
    }
    return info;
}

/* ---- MINPACK ---- */

struct minpack_ctx {
    const struct orr_lsq *q;
    double *r, *jac;
};

static int minpack_model(void *ctx, int m, int n, const double *p, double *fvec, double *fjac, int ldfjac, int flag)
{
    const struct minpack_ctx *c = ctx;
    if (!c->q->model(c->q->ctx, p, c->r, c->jac)) return -1;
    if (flag == 1) memcpy(fvec, c->r, (size_t)m * sizeof *fvec);
    if (flag == 2)
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) fjac[i + j * ldfjac] = c->jac[i * n + j];
    return 0;
}

struct orr_lsq_info orr_lsq_minpack(const struct orr_lsq *q, double *p)
{
    const size_t m = q->m, n = q->n;
    struct orr_lsq_info info = {INFINITY, 0, false};
    double *w = orr_alloc(2 * m + 2 * m * n + 6 * n + 2 * m, sizeof *w);
    int pivots[ORR_LSQ_MAX], evaluations = 0, jacobians = 0;
    if (!w || m < n) {
        free(w);
        return info;
    }
    double *fvec = w, *r = fvec + m, *jac = r + m, *fjac = jac + m * n, *diag = fjac + m * n, *qtf = diag + n,
           *wa1 = qtf + n, *wa2 = wa1 + n, *wa3 = wa2 + n, *wa4 = wa3 + n;
    struct minpack_ctx ctx = {q, r, jac};
    const int status = lmder(minpack_model, &ctx, (int)m, (int)n, p, fvec, fjac, (int)m, q->tolerance, q->tolerance, 0,
                             q->max_evaluations, diag, 1, 100, 0, &evaluations, &jacobians, pivots, qtf, wa1, wa2, wa3,
                             wa4);
    info.sum_squares = sum_of_squares(m, fvec);
    info.evaluations = evaluations;
    info.converged = status >= 1 && status <= 4;
    free(w);
    return info;
}
