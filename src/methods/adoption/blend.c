/* Forecasts of the blend, and calibrated intervals. */
#include "methods/adoption/blend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What was learned on; outside, the nearest edge is used. */
static const double AGES[2] = {3, 36}, HORIZONS[2] = {1, 12}, GROWTHS[2] = {1, 1000}, DISPERSIONS[2] = {1, 150};
static const double PSEUDO_EVENT = 0.25, SMALLEST_SPREAD = 0.05, SMALLEST_RATE = -40, LARGEST_RATE = 30;
enum { WINDOWS = 3 };
static const double LINE_PERIODS = 3, FARTHEST = 3 /* of Z from R */;
static const double CURVE_AGE = 6; /* two periods per parameter: before, a fitted curve says nothing */
static const double WINDOW_SHARE[WINDOWS] = {0, 0.25, 0.5}; /* of the age, at least one period */

const double orr_blend_probs[ORR_BLEND_PROBS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                 0.75,  0.9,  0.95,  0.975, 0.99, 0.995};

static double clip_log(double x, const double range[2], double unit)
{
    return log(fmin(fmax(x, range[0]), range[1]) / unit);
}

/* c at any time up to the last by straight lines between the points, from c(0) = 0. */
static double count_at(const struct orr_counts *counts, double t)
{
    double t0 = 0, c0 = 0;
    for (size_t i = 0; i < counts->n; i++) {
        const double t1 = counts->t[i], c1 = counts->c[i];
        if (t <= t1) return t <= 0 ? 0 : c0 + (c1 - c0) * (t - t0) / (t1 - t0);
        t0 = t1, c0 = c1;
    }
    return c0;
}

/* Z_h of (3); R where no curve fits. */
static void expect_curve(const struct orr_counts *counts, double m, struct orr_blend_state *out)
{
    struct orr_rpp_mode mode;
    struct orr_wsb wsb;
    const bool fits = orr_rpp_mode(counts, m, NULL, 1, &mode, NULL) == ORR_OK && mode.outcome != ORR_DIVERGED;
    if (fits) orr_wsb_from_theta(m, mode.theta, &wsb);
    for (size_t k = 0; k < out->ahead; k++) {
        const double h = (double)(k + 1);
        double z = 0;
        if (fits) {
            const double tau = wsb.lambda * (orr_wsb_phi(&wsb, out->age + h) - orr_wsb_phi(&wsb, out->age));
            z = log(((m + out->count) * expm1(fmin(tau, LARGEST_RATE)) + PSEUDO_EVENT) / h) - out->recent;
        }
        out->curve[k] = out->recent + (isfinite(z) ? fmin(fmax(z, -FARTHEST), FARTHEST) : 0);
    }
}

enum orr_status orr_blend_observe(const struct orr_counts *counts, const struct orr_rpp_posterior *posterior,
                                  size_t n_ahead, uint64_t seed, const struct orr_ticker *ticker,
                                  struct orr_blend_state *out, struct orr_error *err)
{
    static const double probs[3] = {0.05, 0.5, 0.95};
    memset(out, 0, sizeof *out);
    out->age = counts->t[counts->n - 1];
    out->count = counts->c[counts->n - 1];
    out->dispersion = posterior->dispersion;
    for (int k = 0; k < WINDOWS; k++) {
        const double w = fmin(fmax(WINDOW_SHARE[k] * out->age, 1), out->age);
        const double grown = fmax(out->count - count_at(counts, out->age - w), 0);
        out->recent += log((grown + PSEUDO_EVENT) / w) / WINDOWS;
    }
    const double w = fmin(LINE_PERIODS, out->age);
    out->line = log((fmax(out->count - count_at(counts, out->age - w), 0) + PSEUDO_EVENT) / w);
    double *q = orr_alloc(n_ahead, 4 * sizeof *q), *t = q ? q + 3 * n_ahead : NULL;
    out->growth = orr_alloc(n_ahead, 3 * sizeof *out->growth);
    enum orr_status status = q && out->growth ? ORR_OK
                                              : orr_error_set(err, ORR_ENOMEM, "blend", "no memory for %zu periods",
                                                              n_ahead);
    for (size_t k = 0; k < n_ahead && status == ORR_OK; k++) t[k] = out->age + (double)(k + 1);
    if (status == ORR_OK)
        status = orr_rpp_predict(posterior, out->age, out->count, n_ahead, t, 3, probs, seed, ticker, q, err);
    if (status == ORR_OK) {
        out->ahead = n_ahead;
        out->spread = out->growth + n_ahead;
        out->curve = out->spread + n_ahead;
        expect_curve(counts, posterior->m, out);
        for (size_t k = 0; k < n_ahead; k++) {
            out->growth[k] = q[3 * k + 1] - out->count;
            out->spread[k] = log((q[3 * k + 2] - out->count + 1) / (q[3 * k] - out->count + 1));
        }
    } else {
        orr_blend_state_free(out);
    }
    free(q);
    return status;
}

void orr_blend_state_free(struct orr_blend_state *s)
{
    free(s->growth);
    s->growth = s->spread = s->curve = NULL;
    s->ahead = 0;
}

void orr_blend_design(const struct orr_blend_state *s, size_t h, double *fixed, double slope[ORR_BLEND_LEARNED])
{
    const double w = 1 / fmax(s->dispersion, 1);
    *fixed = (1 - w) * s->recent + w * log((s->growth[h - 1] + PSEUDO_EVENT) / (double)h);
    slope[0] = clip_log((double)h, HORIZONS, 6);
    slope[1] = (1 - w) * (s->line - s->recent);
    slope[2] = (1 - w) * fmax(1 - CURVE_AGE / s->age, 0) * (s->curve[h - 1] - s->recent);
}

static double growth(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                     size_t h)
{
    if (which == ORR_BLEND_BAYES) return s->growth[h - 1];
    double fixed, slope[ORR_BLEND_LEARNED];
    orr_blend_design(s, h, &fixed, slope);
    const double rate = fixed + b->quickening * slope[0] + b->line * slope[1] + b->curve * slope[2];
    return (double)h * exp(fmin(fmax(rate, SMALLEST_RATE), LARGEST_RATE));
}

double orr_blend_median(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                        size_t h)
{
    return s->count + growth(b, which, s, h);
}

double orr_blend_growth_term(double d) { return clip_log(d + 1, GROWTHS, 10); }

void orr_blend_error_basis(const struct orr_blend_state *s, size_t h, double d, double *basis)
{
    basis[0] = 1;
    basis[1] = clip_log((double)h, HORIZONS, 6);
    basis[2] = clip_log(s->age, AGES, 9);
    basis[ORR_BLEND_GROWTH] = orr_blend_growth_term(d);
    basis[4] = clip_log(s->dispersion, DISPERSIONS, 1);
    basis[5] = log(s->spread[h - 1] + SMALLEST_SPREAD);
}

/* Never below c, and free of infinities when nothing grows. */
double orr_blend_quantile(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                          size_t h, double prob)
{
    const struct orr_blend_errors *const errors = &b->errors[which];
    const double d = growth(b, which, s, h);
    double basis[ORR_BLEND_SIZES], log_size = 0;
    orr_blend_error_basis(s, h, d, basis);
    for (int j = 0; j < ORR_BLEND_SIZES; j++) log_size += errors->scale[j] * basis[j];
    const double *const p = orr_blend_probs, *const q = errors->quantile;
    int i = 0;
    while (i + 2 < ORR_BLEND_PROBS && prob > p[i + 1]) i++;
    const double at = fmin(fmax((prob - p[i]) / (p[i + 1] - p[i]), 0), 1), e = q[i] + at * (q[i + 1] - q[i]);
    return s->count + fmax((d + 1) * exp(fmin(exp(log_size) * e, LARGEST_RATE)) - 1, 0);
}
