/* Exponential, logistic, Gompertz and Bass growth, by least squares. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/adoption/adoption.h"
#include "methods/baselines/baselines.h"
#include "num/special.h"

enum { PARAMS = 3, EVALUATIONS = 200, MAX_STARTS = 6 };
static const double LARGEST_COUNT = 1e15, LARGEST_EXPONENT = 500;

/* ---- the curves; their scales are positive and held as logs ---- */

static double bounded_exp(double x) { return exp(fmin(x, LARGEST_EXPONENT)); }

/* c = a + b exp(r t), with r of either sign. */
static double exponential(const double *p, double t, double *g)
{
    const double e = bounded_exp(p[2] * t);
    g[0] = 1;
    g[1] = e;
    g[2] = p[1] * t * e;
    return p[0] + p[1] * e;
}
static bool exponential_start(const struct orr_counts *counts, int k, double *p)
{
    static const double rates[] = {0.05, 0.3, -0.1, -0.5};
    if (k >= 4) return false;
    const double t0 = counts->t[0], t1 = counts->t[counts->n - 1], c0 = counts->c[0], c1 = counts->c[counts->n - 1];
    const double rise = exp(rates[k] * t1) - exp(rates[k] * t0);
    p[2] = rates[k];
    p[1] = rise != 0 ? (c1 - c0) / rise : 0;
    p[0] = c1 - p[1] * exp(rates[k] * t1);
    return true;
}

/* c = K / (1 + exp(-(t - t0) r)), p = (ln K, t0, ln r). */
static double logistic(const double *p, double t, double *g)
{
    const double top = bounded_exp(p[0]), r = bounded_exp(p[2]), x = r * (t - p[1]), s = 1 / (1 + bounded_exp(-x));
    const double slope = top * s * (1 - s);
    g[0] = top * s;
    g[1] = -slope * r;
    g[2] = slope * x;
    return top * s;
}

/* c = K exp(-exp(-(t - t0) r)), p = (ln K, t0, ln r). */
static double gompertz(const double *p, double t, double *g)
{
    const double top = bounded_exp(p[0]), r = bounded_exp(p[2]), x = r * (t - p[1]), e = bounded_exp(-x);
    const double s = bounded_exp(-e), slope = top * s * e;
    g[0] = top * s;
    g[1] = -slope * r;
    g[2] = e > 0 && s > 0 ? slope * x : 0;
    return top * s;
}
static bool s_shape_start(const struct orr_counts *counts, int k, double *p)
{
    static const double tops[] = {1.1, 2, 5}, rates[] = {0.5, 0.2, 0.1};
    if (k >= 3) return false;
    const double last = counts->t[counts->n - 1], c = counts->c[counts->n - 1];
    p[0] = log(tops[k] * fmax(c, 1));
    p[1] = k == 0 ? last / 2 : last * (0.5 + 0.5 * k);
    p[2] = log(rates[k]);
    return true;
}

/* Bass (1969): c = M (1 - e) / (1 + (q/p) e), e = exp(-(p + q) t), p = (ln M, ln p, ln q). */
static double bass(const double *par, double t, double *g)
{
    const double top = bounded_exp(par[0]), p = exp(par[1]), q = exp(par[2]), e = exp(-fmin((p + q) * t, 700));
    const double u = 1 - e, v = 1 + q / p * e, c = top * u / v;
    /* de/dp = de/dq = -t e; dv/dp = -(q/p^2) e - (q/p) t e; dv/dq = e/p - (q/p) t e */
    const double du = t * e, dvp = -q / (p * p) * e - q / p * t * e, dvq = e / p - q / p * t * e;
    g[0] = c;
    g[1] = top * (du * v - u * dvp) / (v * v) * p;
    g[2] = top * (du * v - u * dvq) / (v * v) * q;
    return c;
}
static bool bass_start(const struct orr_counts *counts, int k, double *p)
{
    static const double tops[] = {1.2, 3, 1.5, 8}, innovate[] = {0.1, 0.03, 0.01, 0.01}, imitate[] = {0.1, 0.1, 0.4, 0.2};
    if (k >= 4) return false;
    p[0] = log(tops[k] * fmax(counts->c[counts->n - 1], 1));
    p[1] = log(innovate[k]);
    p[2] = log(imitate[k]);
    return true;
}

const struct orr_growth_curve orr_growth_exponential = {
    "exponential", exponential, exponential_start, {-1e13, -1e13, -5}, {1e13, 1e13, 3}};
const struct orr_growth_curve orr_growth_logistic = {
    "logistic", logistic, s_shape_start, {-5, -200, -7}, {30, 500, 3}};
const struct orr_growth_curve orr_growth_gompertz = {
    "gompertz", gompertz, s_shape_start, {-5, -200, -7}, {30, 500, 3}};
const struct orr_growth_curve orr_growth_bass = {"bass", bass, bass_start, {-5, -18, -18}, {30, 2, 2}};

/* ---- the fit ---- */

struct problem {
    const struct orr_growth_curve *curve;
    const struct orr_counts *counts;
};

static bool model(const void *ctx, const double *p, double *residual, double *jacobian)
{
    const struct problem *q = ctx;
    for (size_t i = 0; i < q->counts->n; i++) {
        residual[i] = q->curve->value(p, q->counts->t[i], jacobian + PARAMS * i) - q->counts->c[i];
        if (!isfinite(residual[i]) || fabs(residual[i]) > LARGEST_COUNT) return false;
    }
    return true;
}

void orr_baseline_finish(const struct orr_counts *observed, size_t n_ahead, double sd, struct orr_forecast *out)
{
    const double last_t = observed->t[observed->n - 1], last_c = observed->c[observed->n - 1];
    const double z = orr_normal_quantile((1 + out->level) / 2);
    out->n = n_ahead;
    for (size_t k = 0; k < n_ahead; k++) {
        const double h = (double)(k + 1), mean = isfinite(out->mean[k]) ? out->mean[k] : last_c;
        out->t[k] = last_t + h;
        out->mean[k] = fmin(fmax(mean, last_c), LARGEST_COUNT);
        out->lower[k] = fmax(out->mean[k] - z * sd * sqrt(h), last_c);
        out->upper[k] = out->mean[k] + z * sd * sqrt(h);
    }
}

enum orr_status orr_growth_forecast(const struct orr_growth_curve *curve, const struct orr_counts *observed,
                                    size_t n_ahead, const struct orr_ticker *ticker, struct orr_forecast *out,
                                    struct orr_error *err)
{
    enum orr_status status = orr_counts_check(observed, NULL, err);
    if (status != ORR_OK) return status;
    const size_t n = observed->n;
    double *work = orr_alloc(orr_lsq_work(n, PARAMS), sizeof *work);
    if (!work) return orr_error_set(err, ORR_ENOMEM, curve->name, "no memory for %zu points", n);
    const struct problem problem = {curve, observed};
    const struct orr_lsq q = {n, PARAMS, model, &problem, curve->lower, curve->upper, EVALUATIONS, 1e-9};
    double best[PARAMS] = {0}, p[PARAMS], gradient[PARAMS];
    struct orr_lsq_info info = {INFINITY, 0, false};
    for (int k = 0; curve->start(observed, k, p); k++) {
        if (!orr_ticker_tick(ticker, curve->name, "starts", (uint64_t)k, MAX_STARTS)) {
            status = orr_error_set(err, ORR_ECANCELLED, curve->name, "stopped");
            goto out;
        }
        const struct orr_lsq_info now = orr_lsq_solve(&q, p, work);
        if (now.sum_squares < info.sum_squares) {
            info = now;
            for (int j = 0; j < PARAMS; j++) best[j] = p[j];
        }
    }
    out->outcome = !isfinite(info.sum_squares) ? ORR_DIVERGED
                   : n < PARAMS                ? ORR_NOT_IDENTIFIED
                   : info.converged            ? ORR_CONVERGED
                                               : ORR_STOPPED_AT_LIMIT;
    const double last_t = observed->t[n - 1];
    for (size_t h = 0; h < n_ahead; h++)
        out->mean[h] = isfinite(info.sum_squares) ? curve->value(best, last_t + (double)(h + 1), gradient) : NAN;
    const double df = fmax((double)n - PARAMS, 1);
    orr_baseline_finish(observed, n_ahead, isfinite(info.sum_squares) ? sqrt(info.sum_squares / df) : 0, out);
out:
    free(work);
    return status;
}
