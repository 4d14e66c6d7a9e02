/* The adoption curve, its jacobian, and what a series must be like to be fitted. */
#include "methods/adoption/adoption.h"

#include <math.h>
#include <stdio.h>

#include "num/special.h"

/* exp(x) of anything larger is of no use as a count and would overflow soon after. */
static const double LARGEST_EXPONENT = 600;

double orr_wsb_phi(const struct orr_wsb *p, double t)
{
    return t > 0 ? orr_normal_cdf((log(t) - p->mu) / p->sigma) : 0;
}

double orr_wsb_count(const struct orr_wsb *p, double t) { return p->m * expm1(p->lambda * orr_wsb_phi(p, t)); }
double orr_wsb_ultimate(const struct orr_wsb *p) { return p->m * expm1(p->lambda); }
double orr_wsb_impact_time(const struct orr_wsb *p) { return exp(p->mu); }

void orr_wsb_collapse(const struct orr_wsb *p, double t, double c, double *x, double *y)
{
    *x = (log(t) - p->mu) / p->sigma;
    *y = log1p(c / p->m) / p->lambda;
}

void orr_wsb_from_theta(double m, const double *theta, struct orr_wsb *p)
{
    *p = (struct orr_wsb){m, exp(theta[0]), theta[1], exp(theta[2])};
}

void orr_wsb_to_theta(const struct orr_wsb *p, double *theta)
{
    theta[0] = log(p->lambda);
    theta[1] = p->mu;
    theta[2] = log(p->sigma);
}

/* With z = (ln t - mu) / sigma, E = exp(lambda Phi(z)) and phi the normal density:
 *   dc/d ln lambda = m lambda Phi E,  dc/d mu = -m lambda phi E / sigma,  dc/d ln sigma = -m lambda phi z E. */
bool orr_wsb_residuals(double m, size_t n, const double *log_t, const double *c, const double *theta, double *residual,
                       double *jacobian)
{
    const double lambda = exp(theta[0]), inverse_sigma = exp(-theta[2]);
    for (size_t i = 0; i < n; i++) {
        const double z = (log_t[i] - theta[1]) * inverse_sigma;
        double cdf, pdf;
        orr_normal_both(z, &cdf, &pdf);
        const double x = lambda * cdf;
        if (!(x < LARGEST_EXPONENT)) return false;
        const double e = m * exp(x);
        /* exp(x) - 1 without cancellation: the series is exact to rounding for small x */
        residual[i] = (x < 1e-3 ? m * x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4))) : e - m) - c[i];
        if (!jacobian) continue;
        const double d = -lambda * pdf * e;
        jacobian[3 * i] = x * e;
        jacobian[3 * i + 1] = d * inverse_sigma;
        jacobian[3 * i + 2] = d * z;
    }
    return true;
}

enum orr_status orr_counts_check(const struct orr_counts *counts, bool *decreasing, struct orr_error *err)
{
    char where[64];
    bool falls = false, any = false;
    if (counts->n == 0)
        return orr_error_set(err, ORR_EINVAL, "counts", "the series is empty; give at least one period");
    for (size_t i = 0; i < counts->n; i++) {
        const double t = counts->t[i], c = counts->c[i];
        snprintf(where, sizeof where, "counts, point %zu", i + 1);
        if (!isfinite(t) || t <= 0 || (i && t <= counts->t[i - 1]))
            return orr_error_set(err, ORR_EINVAL, where,
                                 "time %g; times must be positive and rise from point to point", t);
        if (!isfinite(c) || c < 0)
            return orr_error_set(err, ORR_EINVAL, where, "count %g; counts must be finite and not negative", c);
        falls |= i && c < counts->c[i - 1];
        any |= c > 0;
    }
    if (!any) return orr_error_set(err, ORR_EINVAL, "counts", "all counts are zero; there is nothing to fit yet");
    if (decreasing) *decreasing = falls;
    return ORR_OK;
}
