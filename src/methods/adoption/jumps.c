/* Abrupt jumps: the model against the model with a step at an unknown time, by BIC. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/adoption/adoption.h"
#include "num/lsq.h"

enum { FEWEST_POINTS = 6, EVALUATIONS = 60 };
static const double STRONG_EVIDENCE = 6, ANSCOMBE = 3.0 / 8;
/* Roots of counts vary by 1/4, less where they are below 1; series that seem smoother only have few events. */
static const double SMALLEST_VARIANCE = 0.1;

/* Increments d_k = c_k - c_(k-1), c_(-1) = 0, through sqrt(d + 3/8). */
struct increments {
    size_t n;
    double m;
    const double *log_t, *zero, *root; /* [n] ln t; zeros; sqrt(d + 3/8) of the data */
    const unsigned char *free;         /* [n] 1: a jump explains this increment */
    double *curve, *slope;             /* [n], (n, 3): work */
};

static bool model(const void *ctx, const double *theta, double *residual, double *jacobian)
{
    const struct increments *q = ctx;
    if (!orr_wsb_residuals(q->m, q->n, q->log_t, q->zero, theta, q->curve, q->slope)) return false;
    for (size_t i = 0; i < q->n; i++) {
        const double d = fmax(q->curve[i] - (i ? q->curve[i - 1] : 0), 0), root = sqrt(d + ANSCOMBE);
        residual[i] = q->free[i] ? 0 : root - q->root[i];
        for (size_t j = 0; j < ORR_WSB_PARAMS; j++)
            jacobian[3 * i + j] =
                q->free[i] ? 0 : (q->slope[3 * i + j] - (i ? q->slope[3 * (i - 1) + j] : 0)) / (2 * root);
    }
    return true;
}

static double fit(const struct increments *q, const struct orr_counts *counts, const struct orr_wsb_options *options,
                  double *theta, double *work)
{
    double lower[ORR_WSB_PARAMS], upper[ORR_WSB_PARAMS];
    orr_wsb_box(counts, options, lower, upper);
    const struct orr_lsq lsq = {q->n, ORR_WSB_PARAMS, model, q, lower, upper, EVALUATIONS, 1e-7};
    return orr_lsq_solve(&lsq, theta, work).sum_squares;
}

/* BIC = n ln(S/n) + k ln n, where no variance is smaller than that of counts. */
static double bic(double sum_squares, size_t n, size_t jumps)
{
    const double points = (double)n;
    return points * log(fmax(sum_squares / points, SMALLEST_VARIANCE)) +
           (double)(ORR_WSB_PARAMS + 2 * jumps) * log(points);
}

/* The one increment whose freeing lowers the sum of squares most; *at is 0 when there is none. False: stopped. */
static bool best_jump(struct increments *q, unsigned char *free_mask, const struct orr_counts *counts,
                      const struct orr_wsb_options *options, const struct orr_ticker *ticker, const double *theta0,
                      double *work, size_t *at, double *s, double *theta)
{
    *s = INFINITY;
    *at = 0;
    for (size_t k = 1; k < q->n; k++) { /* the first increment is where the series starts, not a jump */
        if (free_mask[k]) continue;
        if (!orr_ticker_tick(ticker, "looking for jumps", "periods", k, q->n)) return false;
        double trial[ORR_WSB_PARAMS];
        memcpy(trial, theta0, sizeof trial);
        free_mask[k] = 1;
        const double sum = fit(q, counts, options, trial, work);
        free_mask[k] = 0;
        struct orr_wsb p;
        orr_wsb_from_theta(q->m, trial, &p);
        const double now = orr_wsb_count(&p, exp(q->log_t[k]));
        const double before = k ? orr_wsb_count(&p, exp(q->log_t[k - 1])) : 0;
        const double extra = counts->c[k] - (k ? counts->c[k - 1] : 0) - (now - before);
        if (extra > 0 && sum < *s) {
            *s = sum;
            *at = k;
            memcpy(theta, trial, sizeof trial);
        }
    }
    return true;
}

static void record(struct orr_jumps *out, const struct increments *q, const struct orr_counts *counts, size_t at,
                   double evidence, const double *theta)
{
    struct orr_wsb p;
    orr_wsb_from_theta(q->m, theta, &p);
    const double curve = orr_wsb_count(&p, exp(q->log_t[at])) - (at ? orr_wsb_count(&p, exp(q->log_t[at - 1])) : 0);
    const double size = counts->c[at] - (at ? counts->c[at - 1] : 0) - curve;
    out->jump[out->n++] = (struct orr_jump){at, size, evidence};
}

enum orr_status orr_wsb_jumps(const struct orr_counts *counts, const struct orr_wsb_options *options,
                              const struct orr_ticker *ticker, struct orr_jumps *out, struct orr_error *err)
{
    out->n = 0;
    struct orr_wsb_fit start;
    enum orr_status status = orr_wsb_least_squares(counts, NULL, options, &start, err);
    const size_t n = counts->n;
    if (status != ORR_OK || n < FEWEST_POINTS || start.outcome == ORR_DIVERGED) return status;
    double *memory = orr_alloc(4 * n + 3 * n + orr_lsq_work(n, ORR_WSB_PARAMS), sizeof *memory);
    unsigned char *free_mask = calloc(n, 1);
    if (!memory || !free_mask) {
        free(memory);
        free(free_mask);
        return orr_error_set(err, ORR_ENOMEM, "jumps", "no memory for %zu points", n);
    }
    double *log_t = memory, *zero = log_t + n, *root = zero + n, *curve = root + n, *slope = curve + n,
           *work = slope + 3 * n;
    for (size_t i = 0; i < n; i++) {
        log_t[i] = log(counts->t[i] / options->time_unit);
        zero[i] = 0;
        root[i] = sqrt(fmax(counts->c[i] - (i ? counts->c[i - 1] : 0), 0) + ANSCOMBE);
    }
    struct increments q = {n, options->m, log_t, zero, root, free_mask, curve, slope};

    double theta[ORR_WSB_PARAMS];
    orr_wsb_to_theta(&start.p, theta);
    double now = bic(fit(&q, counts, options, theta, work), n, 0);
    while (out->n < ORR_JUMPS_MAX && n > ORR_WSB_PARAMS + 2 * (out->n + 1)) {
        size_t at = 0;
        double s, next[ORR_WSB_PARAMS];
        if (!best_jump(&q, free_mask, counts, options, ticker, theta, work, &at, &s, next)) {
            status = orr_error_set(err, ORR_ECANCELLED, "jumps", "stopped before the last period");
            break;
        }
        if (!at) break;
        const double then = bic(s, n, out->n + 1);
        if (now - then <= STRONG_EVIDENCE) break;
        free_mask[at] = 1;
        record(out, &q, counts, at, now - then, next);
        memcpy(theta, next, sizeof theta);
        now = then;
    }
    free(memory);
    free(free_mask);
    return status;
}
