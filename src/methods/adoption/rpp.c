/* The likelihood of the reinforced Poisson process and its maximum. */
#include "methods/adoption/rpp.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/special.h"

/* The box of the maximum-likelihood fit in theta; mu relative to the logs of the first and last time. */
static const double LOG_LAMBDA[2] = {-12, 14}, MU_BELOW = 12, MU_ABOVE = 12, LOG_SIGMA[2] = {-4, 4};
static const double REJECTED = 0.99; /* confidence at which the pure process is given up */
enum { NEWTON_STEPS = 80, DIM = ORR_WSB_PARAMS };

struct orr_rpp_prior orr_rpp_weak_prior(void) { return (struct orr_rpp_prior){1.5, 0.2, 2.3, 1.5, 0.0, 0.7}; }

double orr_rpp_log_likelihood(double m, size_t n, const double *log_t, const double *c, const double *theta,
                              double *gradient)
{
    const double lambda = exp(theta[0]), inverse_sigma = exp(-theta[2]);
    double sum = 0, g0 = 0, g1 = 0, g2 = 0, cdf0 = 0, pdf0 = 0, z0 = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        const double z = (log_t[i] - theta[1]) * inverse_sigma;
        double cdf, pdf;
        orr_normal_both(z, &cdf, &pdf);
        const double tau = lambda * (cdf - cdf0), d = fmax(c[i] - count, 0), r = m + count;
        sum -= tau * r;
        double slope = -r; /* d log P / d tau */
        if (d > 0) {
            const double e = exp(-tau), rise = tau < 1e-5 ? tau * (1 - tau / 2) : 1 - e;
            if (!(rise > 0)) return -INFINITY;
            sum += d * log(rise);
            slope += d * e / rise;
        }
        g0 += slope * tau;
        g1 -= slope * lambda * (pdf - pdf0) * inverse_sigma;
        g2 -= slope * lambda * (pdf * z - pdf0 * z0);
        cdf0 = cdf, pdf0 = pdf, z0 = z;
        count = fmax(count, c[i]);
    }
    if (gradient) gradient[0] = g0, gradient[1] = g1, gradient[2] = g2;
    return sum == sum ? sum : -INFINITY;
}

double orr_rpp_exposure(const struct orr_wsb *p, size_t n, const double *t, const double *c)
{
    double x = 0, before = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        const double now = orr_wsb_phi(p, t[i]), r = p->m + count, d = fmax(c[i] - count, 0);
        x += (now - before) * (d > 0 ? d / log1p(d / r) : r); /* logarithmic mean of r and r + d */
        before = now;
        count = fmax(count, c[i]);
    }
    return x;
}

double orr_rpp_mean_forecast(double m, double events, double exposure, double alpha, double beta, double df)
{
    const double left = exposure + beta - df;
    return left > 0 ? (m + events) * pow((exposure + beta) / left, events + alpha) - m : INFINITY;
}

/* ---- the mode ---- */

struct target {
    size_t n;
    double m, dispersion;
    const double *log_t, *c;
    const struct orr_rpp_prior *prior;
    double lower[DIM], upper[DIM];
};

/* Log posterior and gradient; the prior is stated in ln lambda, so that Gamma(alpha, beta) contributes
 * alpha ln lambda - beta lambda. */
static double evaluate(const struct target *q, const double *theta, double *g)
{
    double f = orr_rpp_log_likelihood(q->m, q->n, q->log_t, q->c, theta, g) / q->dispersion;
    for (int j = 0; j < DIM; j++) g[j] /= q->dispersion;
    const struct orr_rpp_prior *p = q->prior;
    if (p) {
        const double lambda = exp(theta[0]), a = (theta[1] - p->mu_mean) / p->mu_sd,
                     b = (theta[2] - p->log_sigma_mean) / p->log_sigma_sd;
        f += p->alpha * theta[0] - p->beta * lambda - 0.5 * a * a - 0.5 * b * b;
        g[0] += p->alpha - p->beta * lambda;
        g[1] -= a / p->mu_sd;
        g[2] -= b / p->log_sigma_sd;
    }
    return f;
}

/* Minus the Hessian by central differences of the analytic gradient. */
static void curvature(const struct target *q, const double *theta, double h[DIM][DIM])
{
    for (int j = 0; j < DIM; j++) {
        const double step = 1e-4;
        double a[DIM], b[DIM], ga[DIM] = {0}, gb[DIM] = {0};
        memcpy(a, theta, sizeof a);
        memcpy(b, theta, sizeof b);
        a[j] -= step;
        b[j] += step;
        evaluate(q, a, ga);
        evaluate(q, b, gb);
        for (int k = 0; k < DIM; k++) h[j][k] = (ga[k] - gb[k]) / (2 * step);
    }
    for (int j = 0; j < DIM; j++)
        for (int k = 0; k < j; k++) h[j][k] = h[k][j] = (h[j][k] + h[k][j]) / 2;
}

/* Lower Cholesky factor of h + ridge D with D its diagonal; false when not positive definite. */
static bool cholesky(double h[DIM][DIM], double ridge, double l[DIM][DIM])
{
    for (int i = 0; i < DIM; i++) {
        for (int j = 0; j <= i; j++) {
            double s = h[i][j] + (i == j ? ridge * (fabs(h[i][i]) + 1e-6) : 0);
            for (int k = 0; k < j; k++) s -= l[i][k] * l[j][k];
            if (i != j)
                l[i][j] = s / l[j][j];
            else if (s > 1e-12 * (fabs(h[i][i]) + 1e-12))
                l[i][i] = sqrt(s);
            else
                return false;
        }
    }
    return true;
}

static void cholesky_solve(double l[DIM][DIM], const double *b, double *x)
{
    for (int i = 0; i < DIM; i++) {
        double s = b[i];
        for (int k = 0; k < i; k++) s -= l[i][k] * x[k];
        x[i] = s / l[i][i];
    }
    for (int i = DIM; i-- > 0;) {
        double s = x[i];
        for (int k = i + 1; k < DIM; k++) s -= l[k][i] * x[k];
        x[i] = s / l[i][i];
    }
}

/* Damped Newton ascent; returns the value reached. */
static double climb(const struct target *q, double *theta, bool *converged)
{
    double g[DIM] = {0}, f = evaluate(q, theta, g), ridge = 0;
    *converged = false;
    if (!isfinite(f)) return -INFINITY;
    for (int step = 0; step < NEWTON_STEPS; step++) {
        double h[DIM][DIM], l[DIM][DIM] = {{0}}, x[DIM], next[DIM], gn[DIM] = {0}, gain = -1, move = 0;
        curvature(q, theta, h);
        for (int tries = 0; tries < 40 && !(gain >= 0); tries++) {
            if (cholesky(h, ridge, l)) {
                cholesky_solve(l, g, x);
                move = 0;
                for (int j = 0; j < DIM; j++) {
                    next[j] = fmin(fmax(theta[j] + fmin(fmax(x[j], -2), 2), q->lower[j]), q->upper[j]);
                    move = fmax(move, fabs(next[j] - theta[j]));
                }
                const double fn = evaluate(q, next, gn);
                gain = isfinite(fn) ? fn - f : -1;
            }
            if (!(gain >= 0)) ridge = ridge * 4 + 1e-3;
        }
        if (!(gain >= 0)) {
            *converged = true; /* no shorter step helps either: a maximum to rounding */
            return f;
        }
        memcpy(theta, next, sizeof next);
        memcpy(g, gn, sizeof gn);
        f += gain;
        ridge = ridge > 1e-3 ? ridge / 8 : 0;
        if (gain < 1e-9 && move < 1e-5) {
            *converged = true;
            break;
        }
    }
    return f;
}

/* The least-squares fit, pulled into the box, and two general shapes. lambda of each by lambda = N / X. */
static void set_starts(const struct orr_counts *counts, const struct target *q, double starts[3][DIM])
{
    struct orr_wsb_options options = orr_wsb_defaults();
    options.m = q->m;
    struct orr_wsb_fit fit;
    const double first = q->log_t[0], last = q->log_t[q->n - 1];
    double shape[3][2] = {{last, 0}, {last - 0.7, log(0.7)}, {first + 0.5 * (last - first), log(1.2)}};
    if (orr_wsb_least_squares(counts, NULL, &options, &fit, NULL) == ORR_OK && fit.outcome != ORR_DIVERGED) {
        shape[0][0] = fmin(fmax(fit.p.mu, first - 2), last + 2);
        shape[0][1] = fmin(fmax(log(fit.p.sigma), -1.5), 1);
    }
    for (int s = 0; s < 3; s++) {
        struct orr_wsb p = {q->m, 1, shape[s][0], exp(shape[s][1])};
        const double x = orr_rpp_exposure(&p, q->n, counts->t, counts->c), n = fmax(counts->c[q->n - 1], 0.5);
        starts[s][0] = fmin(fmax(log(n / fmax(x, 1e-9)), -5), 6);
        starts[s][1] = shape[s][0];
        starts[s][2] = shape[s][1];
    }
}

/* Inverse of minus the Hessian; directions that are flat or curve the wrong way get a finite spread. */
static void spread(const struct target *q, struct orr_rpp_mode *out)
{
    double h[DIM][DIM], l[DIM][DIM] = {{0}};
    curvature(q, out->theta, h);
    double ridge = 0;
    while (!cholesky(h, ridge, l)) ridge = ridge * 4 + 1e-4;
    for (int j = 0; j < DIM; j++) {
        double unit[DIM] = {0}, x[DIM];
        unit[j] = 1;
        cholesky_solve(l, unit, x);
        for (int k = 0; k < DIM; k++) out->covariance[j][k] = x[k];
    }
}

enum orr_status orr_rpp_mode(const struct orr_counts *counts, double m, const struct orr_rpp_prior *prior,
                             double dispersion, struct orr_rpp_mode *out, struct orr_error *err)
{
    const enum orr_status status = orr_counts_check(counts, NULL, err);
    if (status != ORR_OK) return status;
    const size_t n = counts->n;
    double *log_t = orr_alloc(n, sizeof *log_t);
    if (!log_t) return orr_error_set(err, ORR_ENOMEM, "rpp", "no memory for %zu points", n);
    for (size_t i = 0; i < n; i++) log_t[i] = log(counts->t[i]);
    const struct target q = {n, m, dispersion, log_t, counts->c, prior,
                             {LOG_LAMBDA[0], log_t[0] - MU_BELOW, LOG_SIGMA[0]},
                             {LOG_LAMBDA[1], log_t[n - 1] + MU_ABOVE, LOG_SIGMA[1]}};
    double starts[3][DIM];
    set_starts(counts, &q, starts);
    bool converged = false;
    out->log_posterior = -INFINITY;
    out->dispersion = dispersion;
    for (int s = 0; s < 3; s++) {
        bool ok;
        const double f = climb(&q, starts[s], &ok);
        if (f > out->log_posterior) {
            out->log_posterior = f;
            converged = ok;
            memcpy(out->theta, starts[s], sizeof starts[s]);
        }
    }
    if (isfinite(out->log_posterior)) {
        spread(&q, out);
        out->outcome = converged ? ORR_CONVERGED : ORR_STOPPED_AT_LIMIT;
        for (int j = 0; j < DIM; j++)
            if (out->theta[j] <= q.lower[j] || out->theta[j] >= q.upper[j]) out->outcome = ORR_NOT_IDENTIFIED;
        if (!prior && n < DIM) out->outcome = ORR_NOT_IDENTIFIED;
    } else {
        out->outcome = ORR_DIVERGED;
    }
    free(log_t);
    return ORR_OK;
}

double orr_rpp_dispersion(const struct orr_counts *counts, double m, const double *theta)
{
    struct orr_wsb p;
    orr_wsb_from_theta(m, theta, &p);
    double chi2 = 0, before = 0, count = 0, used = 0;
    for (size_t i = 0; i < counts->n; i++) {
        const double now = orr_wsb_phi(&p, counts->t[i]), tau = p.lambda * (now - before), r = m + count;
        const double mean = r * expm1(tau), variance = mean * exp(tau), d = fmax(counts->c[i] - count, 0);
        if (variance > 1e-9) {
            chi2 += (d - mean) * (d - mean) / fmax(variance, 0.5); /* rare events would dominate with their own */
            used++;
        }
        before = now;
        count = fmax(count, counts->c[i]);
    }
    const double df = used - DIM;
    if (df < 1) return 1;
    return chi2 > orr_chi2_quantile(df, REJECTED) ? chi2 / df : 1;
}
