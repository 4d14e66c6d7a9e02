/* The least-squares fit, and the authors' own variant of it. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/adoption/adoption.h"
#include "num/lsq.h"
#include "num/special.h"

/* The search box in (ln lambda, mu - ln t, ln sigma). Far wider than any meaningful fit: a fit that reaches its edge
 * is on a ridge and is reported as not identified. */
static const double LOG_LAMBDA[2] = {-20, 30}, MU_BELOW = 60, MU_ABOVE = 200, LOG_SIGMA[2] = {-7, 8};
/* The authors bound lambda by infinity only, but their solver gave up on the ridge below this; the curves agree there. */
static const double LOG_LARGEST_PAPER_LAMBDA = 16.1;

/* The coarse grid of starts: mu as a quantile of ln t or beyond its ends, and sigma. lambda follows in closed form. */
static const double START_MU[] = {-3, -1, -0.3, 0, 0.25, 0.5, 0.75, 1, 1.3, 2, 4};
static const double START_SIGMA[] = {0.15, 0.4, 0.8, 1.5, 3};
enum {
    N_MU = sizeof START_MU / sizeof *START_MU,
    N_SIGMA = sizeof START_SIGMA / sizeof *START_SIGMA,
    MAX_STARTS = 8,
    SCOUT_EVALUATIONS = 12, /* per start, before the best are followed to the end */
    FULL_EVALUATIONS = 100,
    PAPER_EVALUATIONS = 2000,
};
static const double TOLERANCE = 1e-9, PAPER_TOLERANCE = 1e-11, FLAT_GRADIENT = 1e-8;

struct problem {
    size_t n;
    double m;
    const double *log_t, *c, *weight;
};

struct orr_wsb_options orr_wsb_defaults(void) { return (struct orr_wsb_options){1, 1, false, 3}; }
struct orr_wsb_options orr_wsb_paper(void) { return (struct orr_wsb_options){1, 12, true, 5}; }

void orr_wsb_box(const struct orr_counts *counts, const struct orr_wsb_options *o, double *lower, double *upper)
{
    lower[0] = LOG_LAMBDA[0];
    upper[0] = LOG_LAMBDA[1];
    lower[1] = log(counts->t[0] / o->time_unit) - MU_BELOW;
    upper[1] = log(counts->t[counts->n - 1] / o->time_unit) + MU_ABOVE;
    lower[2] = LOG_SIGMA[0];
    upper[2] = LOG_SIGMA[1];
    if (o->paper) { /* the authors' bounds are 0 and infinity */
        lower[1] = 0;
        upper[0] = LOG_LARGEST_PAPER_LAMBDA;
        upper[2] = 40;
        upper[1] = 1e6;
    }
}

size_t orr_wsb_work(size_t n) { return n + orr_lsq_work(n, ORR_WSB_PARAMS); }

static bool model(const void *ctx, const double *theta, double *residual, double *jacobian)
{
    const struct problem *q = ctx;
    if (!orr_wsb_residuals(q->m, q->n, q->log_t, q->c, theta, residual, jacobian)) return false;
    if (q->weight) {
        for (size_t i = 0; i < q->n; i++) {
            residual[i] *= q->weight[i];
            for (size_t j = 0; jacobian && j < ORR_WSB_PARAMS; j++) jacobian[3 * i + j] *= q->weight[i];
        }
    }
    return true;
}

struct start {
    double theta[ORR_WSB_PARAMS], sum_squares;
};

/* For given mu and sigma, lambda by regression of ln(1 + c/m) on Phi, weighted by (m + c)^2 as an error of c would be;
 * then the sum of squares of c there. */
static void rate_start(const struct problem *q, double mu, double sigma, struct start *s)
{
    double xy = 0, xx = DBL_MIN;
    for (size_t i = 0; i < q->n; i++) {
        double cdf, pdf;
        orr_normal_both((q->log_t[i] - mu) / sigma, &cdf, &pdf);
        const double w = (q->m + q->c[i]) * (q->weight ? q->weight[i] : 1), x = w * cdf;
        xy += x * w * log1p(q->c[i] / q->m);
        xx += x * x;
    }
    const double lambda = fmin(fmax(xy / xx, 1e-6), 1e12);
    s->theta[0] = log(lambda);
    s->theta[1] = mu;
    s->theta[2] = log(sigma);
    s->sum_squares = 0;
    for (size_t i = 0; i < q->n && s->sum_squares < INFINITY; i++) {
        double cdf, pdf;
        orr_normal_both((q->log_t[i] - mu) / sigma, &cdf, &pdf);
        const double x = lambda * cdf;
        const double r = (x < 300 ? q->m * (exp(x) - 1) - q->c[i] : INFINITY) * (q->weight ? q->weight[i] : 1);
        s->sum_squares += r * r;
    }
}

/* Keeps the `keep` best of the grid in best[], by sum of squares. */
static size_t choose_starts(const struct problem *q, size_t keep, struct start *best)
{
    const double first = q->log_t[0], last = q->log_t[q->n - 1], span = fmax(last - first, 0.5);
    size_t have = 0;
    for (size_t a = 0; a < N_MU; a++) {
        for (size_t b = 0; b < N_SIGMA; b++) {
            struct start s;
            rate_start(q, first + START_MU[a] * span, START_SIGMA[b], &s);
            if (!(s.sum_squares < INFINITY)) continue;
            if (have == keep && s.sum_squares >= best[have - 1].sum_squares) continue;
            size_t at = have < keep ? have++ : have - 1;
            for (; at > 0 && best[at - 1].sum_squares > s.sum_squares; at--) best[at] = best[at - 1];
            best[at] = s;
        }
    }
    return have;
}

/* scipy's curve_fit, which the authors used, stops where it starts when the gradient there is below 1e-8: with
 * (0.5, 2, 0.5) the curve is flat over the first months. Such rows of theirs hold the start values. */
static bool is_flat(const struct orr_lsq *q, const double *theta, double *work)
{
    double *r = work, *jac = r + q->m;
    if (!q->model(q->ctx, theta, r, jac)) return false;
    const double scale[ORR_WSB_PARAMS] = {exp(-theta[0]), 1, exp(-theta[2])}; /* d ln x to d x */
    for (size_t j = 0; j < ORR_WSB_PARAMS; j++) {
        double g = 0;
        for (size_t i = 0; i < q->m; i++) g += jac[3 * i + j] * scale[j] * r[i];
        const double to_limit = g > 0 ? j == 1 ? theta[1] : exp(theta[j]) : 1; /* Coleman and Li's scaling */
        if (fabs(g) * to_limit >= FLAT_GRADIENT) return false;
    }
    return true;
}

static void solve(const struct orr_lsq *q, const struct orr_wsb_options *o, const struct problem *data, double *work,
                  double *theta, struct orr_lsq_info *best, int *evaluations)
{
    struct start starts[MAX_STARTS];
    const int keep = o->starts < 1 ? 1 : o->starts > MAX_STARTS ? MAX_STARTS : o->starts;
    size_t n = choose_starts(data, (size_t)keep, starts);
    struct orr_lsq scout = *q;
    scout.max_evaluations = n > 1 ? SCOUT_EVALUATIONS : q->max_evaluations;
    for (size_t s = 0; s < n; s++) {
        const struct orr_lsq_info info = orr_lsq_solve(&scout, starts[s].theta, work);
        *evaluations += info.evaluations;
        if (info.sum_squares < best->sum_squares) {
            *best = info;
            memcpy(theta, starts[s].theta, sizeof starts[s].theta);
        }
    }
    if (n > 1 && !best->converged) {
        *best = orr_lsq_solve(q, theta, work);
        *evaluations += best->evaluations;
    }
}

/* mu = 0 is an allowed end with `paper`: only the outer edges of the box count. */
static bool is_at_limit(const double *theta, const double *lower, const double *upper)
{
    for (size_t j = 0; j < ORR_WSB_PARAMS; j++)
        if ((theta[j] <= lower[j] && !(j == 1 && lower[1] == 0)) || theta[j] >= upper[j]) return true;
    return false;
}

void orr_wsb_least_squares_into(const struct orr_counts *counts, const double *weight,
                                const struct orr_wsb_options *o, double *work, struct orr_wsb_fit *out)
{
    const size_t n = counts->n;
    double *log_t = work, *rest = work + n;
    for (size_t i = 0; i < n; i++) log_t[i] = log(counts->t[i] / o->time_unit);
    const struct problem data = {n, o->m, log_t, counts->c, weight};

    double lower[ORR_WSB_PARAMS], upper[ORR_WSB_PARAMS];
    orr_wsb_box(counts, o, lower, upper);
    const struct orr_lsq q = {n, ORR_WSB_PARAMS, model, &data, lower, upper,
                              o->paper ? PAPER_EVALUATIONS : FULL_EVALUATIONS, o->paper ? PAPER_TOLERANCE : TOLERANCE};
    double theta[ORR_WSB_PARAMS] = {log(0.5), 2, log(0.5)};
    struct orr_lsq_info info = {INFINITY, 0, false};
    memset(out, 0, sizeof *out);
    if (o->paper && is_flat(&q, theta, rest)) {
        orr_wsb_from_theta(o->m, theta, &out->p);
        double s = 0;
        for (size_t i = 0; i < n; i++) s += pow(orr_wsb_count(&out->p, counts->t[i] / o->time_unit) - counts->c[i], 2);
        out->rmse = sqrt(s / (double)n);
        out->n = n;
        out->outcome = ORR_NOT_IDENTIFIED;
        return;
    }
    if (o->paper) {
        info = orr_lsq_solve(&q, theta, rest);
        out->evaluations = info.evaluations;
    }
    if (!o->paper || is_at_limit(theta, lower, upper)) solve(&q, o, &data, rest, theta, &info, &out->evaluations);
    orr_wsb_from_theta(o->m, theta, &out->p);
    out->n = n;
    out->rmse = sqrt(info.sum_squares / (double)n);
    out->at_limit = is_at_limit(theta, lower, upper);
    out->outcome = !(info.sum_squares < INFINITY) ? ORR_DIVERGED
                   : n < ORR_WSB_PARAMS || out->at_limit ? ORR_NOT_IDENTIFIED
                   : info.converged                                    ? ORR_CONVERGED
                                                                       : ORR_STOPPED_AT_LIMIT;
}

enum orr_status orr_wsb_least_squares(const struct orr_counts *counts, const double *weight,
                                      const struct orr_wsb_options *options, struct orr_wsb_fit *out,
                                      struct orr_error *err)
{
    const enum orr_status status = orr_counts_check(counts, NULL, err);
    if (status != ORR_OK) return status;
    if (!(options->m > 0) || !(options->time_unit > 0))
        return orr_error_set(err, ORR_EINVAL, "least-squares", "m and the time unit must be positive");
    double *work = orr_alloc(orr_wsb_work(counts->n), sizeof *work);
    if (!work) return orr_error_set(err, ORR_ENOMEM, "least-squares", "no memory for %zu points", counts->n);
    orr_wsb_least_squares_into(counts, weight, options, work, out);
    free(work);
    return ORR_OK;
}
