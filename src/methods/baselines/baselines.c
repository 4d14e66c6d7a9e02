/* The baselines as methods. */
#include "methods/baselines/baselines.h"

#include <math.h>

#include "methods/adoption/adoption.h"

enum { RECENT = 3 };

static const struct orr_param no_params[] = {{0}};

/* Mean growth per period over the last `back` periods, from c = 0 before the first point; and the standard deviation
 * of the growths themselves around their mean over the whole series, for the interval. */
static double recent_growth(const struct orr_counts *o, size_t back)
{
    const size_t n = o->n;
    const double t0 = n > back ? o->t[n - 1 - back] : 0, c0 = n > back ? o->c[n - 1 - back] : 0;
    return o->t[n - 1] > t0 ? (o->c[n - 1] - c0) / (o->t[n - 1] - t0) : 0;
}

static double growth_spread(const struct orr_counts *o, double about)
{
    double sum = 0;
    for (size_t i = 0; i < o->n; i++) {
        const double d = o->c[i] - (i ? o->c[i - 1] : 0) - about;
        sum += d * d;
    }
    return sqrt(sum / (double)o->n);
}

static enum orr_status straight(const struct orr_counts *o, size_t n_ahead, double slope, struct orr_forecast *out,
                                struct orr_error *err)
{
    const enum orr_status status = orr_counts_check(o, NULL, err);
    if (status != ORR_OK) return status;
    for (size_t k = 0; k < n_ahead; k++) out->mean[k] = o->c[o->n - 1] + slope * (double)(k + 1);
    out->outcome = ORR_CONVERGED;
    orr_baseline_finish(o, n_ahead, growth_spread(o, slope), out);
    return ORR_OK;
}

static enum orr_status persistence(const struct orr_counts *o, size_t n_ahead, const double *values, uint64_t seed,
                                   const struct orr_ticker *ticker, struct orr_forecast *out, struct orr_error *err)
{
    (void)values, (void)seed, (void)ticker;
    return straight(o, n_ahead, 0, out, err);
}

static enum orr_status linear(const struct orr_counts *o, size_t n_ahead, const double *values, uint64_t seed,
                              const struct orr_ticker *ticker, struct orr_forecast *out, struct orr_error *err)
{
    (void)values, (void)seed, (void)ticker;
    return straight(o, n_ahead, o->n ? recent_growth(o, RECENT) : 0, out, err);
}

#define GROWTH_METHOD(curve)                                                                                           \
    static enum orr_status forecast_##curve(const struct orr_counts *o, size_t n_ahead, const double *values,          \
                                            uint64_t seed, const struct orr_ticker *ticker, struct orr_forecast *out,  \
                                            struct orr_error *err)                                                     \
    {                                                                                                                  \
        (void)values, (void)seed;                                                                                      \
        return orr_growth_forecast(&orr_growth_##curve, o, n_ahead, ticker, out, err);                                 \
    }
GROWTH_METHOD(exponential)
GROWTH_METHOD(logistic)
GROWTH_METHOD(gompertz)
GROWTH_METHOD(bass)

#define BASELINE(ident, text, what, origin, formula, function)                                                         \
    const struct orr_method ident = {.name = text,                                                                     \
                                     .summary = what,                                                                  \
                                     .source = origin,                                                                 \
                                     .equations = formula,                                                             \
                                     .params = no_params,                                                              \
                                     .input = ORR_DATA_COUNTS,                                                         \
                                     .baseline = true,                                                                 \
                                     .forecast_counts = function}
BASELINE(orr_baseline_persistence, "persistence", "the last count, for ever",
         "",
         "c(T+h) = c(T)", persistence);
BASELINE(orr_baseline_linear, "linear", "a straight line through the last three periods",
         "",
         "c(T+h) = c(T) + h (c(T) - c(T-3)) / 3", linear);
BASELINE(orr_baseline_exponential, "exponential", "exponential growth or saturation, least squares",
         "",
         "c(t) = a + b exp(r t)", forecast_exponential);
BASELINE(orr_baseline_logistic, "logistic", "logistic growth, least squares",
         "Verhulst 1838",
         "c(t) = K / (1 + exp(-r (t - t0)))", forecast_logistic);
BASELINE(orr_baseline_gompertz, "gompertz", "Gompertz growth, least squares",
         "Gompertz 1825",
         "c(t) = K exp(-exp(-r (t - t0)))", forecast_gompertz);
BASELINE(orr_baseline_bass, "bass", "diffusion of innovations, least squares",
         "Bass 1969",
         "c(t) = M (1 - e) / (1 + (q/p) e), e = exp(-(p + q) t)", forecast_bass);
