/* Whether a least-squares fit tells its parameters: profile intervals and the condition number. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/adoption/adoption.h"
#include "num/lsq.h"
#include "num/special.h"

enum { REFIT_EVALUATIONS = 40, MAX_EXPANSIONS = 60, BISECTIONS = 30 };
static const double ROUNDING_VARIANCE = 1.0 / 12;

struct profile {
    size_t n;
    double m;
    const double *log_t, *c;
    double lower[ORR_WSB_PARAMS], upper[ORR_WSB_PARAMS];
    double *work;
};

static bool model(const void *ctx, const double *theta, double *residual, double *jacobian)
{
    const struct profile *p = ctx;
    return orr_wsb_residuals(p->m, p->n, p->log_t, p->c, theta, residual, jacobian);
}

/* Eigenvalues of a symmetric 3 x 3 matrix by cyclic Jacobi rotations. */
static void eigenvalues(double a[3][3], double *min, double *max)
{
    for (int sweep = 0; sweep < 30; sweep++) {
        for (int p = 0; p < 2; p++) {
            for (int q = p + 1; q < 3; q++) {
                if (fabs(a[p][q]) < 1e-300) continue;
                const double h = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const double t = (h < 0 ? -1 : 1) / (fabs(h) + sqrt(h * h + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < 3; k++) {
                    const double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y;
                    a[k][q] = s * x + c * y;
                }
                for (int k = 0; k < 3; k++) {
                    const double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y;
                    a[q][k] = s * x + c * y;
                }
            }
        }
    }
    *min = fmin(a[0][0], fmin(a[1][1], a[2][2]));
    *max = fmax(a[0][0], fmax(a[1][1], a[2][2]));
}

/* Fills the condition number and the columns' lengths. */
static double condition_number(const struct profile *p, const double *theta, double *length)
{
    double *r = p->work, *jac = r + p->n, a[3][3] = {{0}};
    if (!model(p, theta, r, jac)) return INFINITY;
    for (size_t i = 0; i < p->n; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++) a[j][k] += jac[3 * i + j] * jac[3 * i + k];
    for (int j = 0; j < 3; j++) length[j] = sqrt(a[j][j]);
    for (int j = 0; j < 3; j++)
        for (int k = 0; k < 3; k++) a[j][k] /= length[j] > 0 && length[k] > 0 ? length[j] * length[k] : 1;
    if (!(length[0] > 0 && length[1] > 0 && length[2] > 0)) return INFINITY;
    double min, max;
    eigenvalues(a, &min, &max);
    return min > 0 ? sqrt(max / min) : INFINITY;
}

/* The smallest sum of squares with theta_j held at x; theta is the start and receives the others' best values. */
static double refit(struct profile *p, size_t j, double x, double *theta)
{
    double lower[ORR_WSB_PARAMS], upper[ORR_WSB_PARAMS];
    memcpy(lower, p->lower, sizeof lower);
    memcpy(upper, p->upper, sizeof upper);
    lower[j] = upper[j] = theta[j] = x;
    const struct orr_lsq q = {p->n, ORR_WSB_PARAMS, model, p, lower, upper, REFIT_EVALUATIONS, 1e-7};
    return orr_lsq_solve(&q, theta, p->work).sum_squares;
}

/* Where the profile of theta_j passes `threshold` on one side (sign -1 or 1); +-INFINITY when it never does. */
static double crossing(struct profile *p, size_t j, int sign, const double *best, double step, double threshold)
{
    const double edge = sign < 0 ? p->lower[j] : p->upper[j];
    double theta[ORR_WSB_PARAMS], inside = best[j], outside = NAN;
    memcpy(theta, best, sizeof theta);
    for (int i = 0; i < MAX_EXPANSIONS; i++, step *= 1.6) {
        const double x = sign < 0 ? fmax(inside - step, edge) : fmin(inside + step, edge);
        if (refit(p, j, x, theta) > threshold) {
            outside = x;
            break;
        }
        inside = x;
        if (x == edge) return (sign < 0 ? -INFINITY : INFINITY);
    }
    if (isnan(outside)) return (sign < 0 ? -INFINITY : INFINITY);
    for (int i = 0; i < BISECTIONS && fabs(outside - inside) > 1e-3 * (1e-2 + fabs(outside - best[j])); i++) {
        const double x = (inside + outside) / 2;
        if (refit(p, j, x, theta) > threshold)
            outside = x;
        else
            inside = x;
    }
    return (inside + outside) / 2;
}

enum orr_status orr_wsb_identify(const struct orr_counts *counts, const struct orr_wsb_options *options,
                                 const struct orr_wsb_fit *fit, double level, struct orr_wsb_identity *out,
                                 struct orr_error *err)
{
    const enum orr_status status = orr_counts_check(counts, NULL, err);
    if (status != ORR_OK) return status;
    const size_t n = counts->n;
    double *memory = orr_alloc(n + orr_lsq_work(n, ORR_WSB_PARAMS), sizeof *memory);
    if (!memory) return orr_error_set(err, ORR_ENOMEM, "identify", "no memory for %zu points", n);
    struct profile p = {.n = n, .m = options->m, .log_t = memory, .c = counts->c, .work = memory + n};
    for (size_t i = 0; i < n; i++) memory[i] = log(counts->t[i] / options->time_unit);
    orr_wsb_box(counts, options, p.lower, p.upper);

    double theta[ORR_WSB_PARAMS], length[ORR_WSB_PARAMS] = {0};
    orr_wsb_to_theta(&fit->p, theta);
    out->level = level;
    out->condition = condition_number(&p, theta, length);
    out->identified = n > ORR_WSB_PARAMS && !fit->at_limit && out->condition < ORR_WSB_LARGEST_CONDITION;
    const double best = fit->rmse * fit->rmse * (double)n, df = (double)n - ORR_WSB_PARAMS;
    for (size_t j = 0; j < ORR_WSB_PARAMS; j++) {
        double lo = -INFINITY, hi = INFINITY;
        if (n > ORR_WSB_PARAMS && best < INFINITY) {
            const double variance = fmax(best / df, ROUNDING_VARIANCE);
            const double threshold = best + variance * orr_f_quantile(1, df, level);
            const double step = fmin(fmax(sqrt(variance) / (length[j] + DBL_MIN), 1e-4), 1.0);
            lo = crossing(&p, j, -1, theta, step, threshold);
            hi = crossing(&p, j, 1, theta, step, threshold);
        }
        out->identified = out->identified && isfinite(lo) && isfinite(hi);
        out->lo[j] = j == 1 ? lo : exp(lo); /* theta holds the logs of lambda and sigma */
        out->hi[j] = j == 1 ? hi : exp(hi);
    }
    free(memory);
    return ORR_OK;
}
