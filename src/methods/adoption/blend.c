/* Forecasts of the blend. */
#include "methods/adoption/blend.h"

#include <math.h>

#include "methods/baselines/baselines.h"

/* What the blend was learned on; outside, the nearest edge is used. */
static const double AGES[2] = {3, 36}, HORIZONS[2] = {1, 12}, COUNTS[2] = {7, 1000}, GROWTHS[2] = {1, 1000};
static const double PSEUDO_EVENT = 0.25, SMALLEST_SHAPE = -40, NEGLIGIBLE = 0.01;
enum { WINDOWS = 3 };
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

static double share_of_models(double age) { return 1 / (1 + exp((age - 9) / 1.5)); }

/* Y_h from the two models; where one fails the other stands alone. */
static enum orr_status fit_models(const struct orr_counts *counts, const struct orr_rpp_prior *prior, size_t n,
                                  uint64_t seed, struct orr_blend_state *out, struct orr_error *err)
{
    double t[ORR_BLEND_AHEAD], bayes[ORR_BLEND_AHEAD], gompertz[ORR_BLEND_AHEAD], lower[ORR_BLEND_AHEAD],
        upper[ORR_BLEND_AHEAD];
    static const double half = 0.5;
    for (size_t k = 0; k < n; k++) t[k] = out->age + (double)(k + 1);
    struct orr_rpp_posterior posterior;
    enum orr_status status = orr_rpp_posterior(counts, 1, prior, true, seed, &posterior, err);
    const bool has_bayes = status == ORR_OK;
    if (has_bayes) {
        status = orr_rpp_predict(&posterior, out->age, out->count, n, t, 1, &half, seed, NULL, bayes, err);
        orr_rpp_posterior_free(&posterior);
    }
    if (status == ORR_ENOMEM) return status;
    struct orr_forecast curve = {n, t, gompertz, lower, upper, 0.5, ORR_CONVERGED};
    status = orr_growth_forecast(&orr_growth_gompertz, counts, n, NULL, &curve, err);
    if (status != ORR_OK) return status;
    for (size_t k = 0; k < n; k++) {
        const double h = (double)(k + 1), g = log((gompertz[k] - out->count + PSEUDO_EVENT) / h);
        const double b = has_bayes ? log((bayes[k] - out->count + PSEUDO_EVENT) / h) : g;
        out->model[k] = curve.outcome == ORR_DIVERGED ? b : (b + g) / 2;
    }
    out->ahead = n;
    return ORR_OK;
}

enum orr_status orr_blend_observe(const struct orr_counts *counts, const struct orr_rpp_prior *prior, size_t n_ahead,
                                  uint64_t seed, struct orr_blend_state *out, struct orr_error *err)
{
    const enum orr_status status = orr_counts_check(counts, NULL, err);
    if (status != ORR_OK) return status;
    out->age = counts->t[counts->n - 1];
    out->count = counts->c[counts->n - 1];
    out->recent = 0;
    out->ahead = 0;
    for (int k = 0; k < WINDOWS; k++) {
        const double w = fmin(fmax(WINDOW_SHARE[k] * out->age, 1), out->age);
        const double grown = fmax(out->count - count_at(counts, out->age - w), 0);
        out->recent += log((grown + PSEUDO_EVENT) / w) / WINDOWS;
    }
    if (share_of_models(out->age) < NEGLIGIBLE) return ORR_OK;
    return fit_models(counts, prior, n_ahead < ORR_BLEND_AHEAD ? n_ahead : ORR_BLEND_AHEAD, seed, out, err);
}

void orr_blend_design(const struct orr_blend_state *s, double h, double *fixed, double *slope)
{
    const double log_h = clip_log(h, HORIZONS, 6);
    double lean = 0;
    if (s->ahead) {
        const size_t k = h < 1 ? 0 : (size_t)h - 1, last = s->ahead - 1;
        lean = share_of_models(s->age) * (s->model[k < last ? k : last] - s->recent);
    }
    *fixed = s->recent + lean;
    slope[0] = lean;
    slope[1] = lean * log_h;
    slope[2] = 1;
    slope[3] = log_h;
    slope[4] = clip_log(s->age, AGES, 9);
    slope[5] = clip_log(s->count, COUNTS, 50);
}

static double growth(const struct orr_blend *b, const struct orr_blend_state *s, double h)
{
    double x, slope[ORR_BLEND_PARAMS];
    orr_blend_design(s, h, &x, slope);
    for (int j = 0; j < ORR_BLEND_PARAMS; j++) x += b->p[j] * slope[j];
    return h * exp(fmin(fmax(x, SMALLEST_SHAPE), 30));
}

double orr_blend_median(const struct orr_blend *b, const struct orr_blend_state *s, double h)
{
    return s->count + growth(b, s, h);
}

void orr_blend_error_basis(double age, double h, double d, double *basis)
{
    basis[0] = 1;
    basis[1] = clip_log(h, HORIZONS, 6);
    basis[2] = clip_log(age, AGES, 9);
    basis[3] = clip_log(d + 1, GROWTHS, 10);
}

/* Errors are ln((y - c + 1) / (D + 1)) over their expected size: never below c, and free of infinities when nothing
 * grows. */
double orr_blend_quantile(const struct orr_blend *b, const struct orr_blend_state *s, double h, double prob)
{
    const double d = growth(b, s, h);
    double basis[ORR_BLEND_SIZES], log_size = 0;
    orr_blend_error_basis(s->age, h, d, basis);
    for (int j = 0; j < ORR_BLEND_SIZES; j++) log_size += b->scale[j] * basis[j];
    const double *const p = orr_blend_probs, *const q = b->quantile;
    int i = 0;
    while (i + 2 < ORR_BLEND_PROBS && prob > p[i + 1]) i++;
    const double at = fmin(fmax((prob - p[i]) / (p[i + 1] - p[i]), 0), 1), e = q[i] + at * (q[i + 1] - q[i]);
    return s->count + fmax((d + 1) * exp(exp(log_size) * e) - 1, 0);
}
