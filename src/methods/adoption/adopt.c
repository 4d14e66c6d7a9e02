/* The four fits behind one call, and the descriptor of the method. */
#include "methods/adoption/adopt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/special.h"

static const double LARGEST_COUNT = 1e15;

static const char *const fit_names[] = {"least-squares", "rpp", "bayes", "blend"};
const char *orr_adoption_fit_name(enum orr_adoption_fit fit) { return fit_names[fit]; }

struct orr_adoption_settings orr_adoption_defaults(void)
{
    return (struct orr_adoption_settings){ORR_ADOPTION_BAYES, false, 1, 0.9, 1};
}

double orr_adoption_curve(const struct orr_adoption *a, double t)
{
    const double x = t / a->time_unit;
    if (!isfinite(a->anchor_c)) return orr_wsb_count(&a->p, x);
    const double df = orr_wsb_phi(&a->p, x) - orr_wsb_phi(&a->p, a->anchor_t);
    return (a->p.m + a->anchor_c) * exp(a->p.lambda * df) - a->p.m;
}

void orr_adoption_collapse(const struct orr_adoption *a, double t, double c, double *x, double *y)
{
    orr_wsb_collapse(&a->p, t / a->time_unit, c, x, y);
    if (!isfinite(a->anchor_c)) return;
    /* with an anchor m + c = (m + n) exp(lambda (Phi - Phi_T)) */
    *y = log((a->p.m + c) / (a->p.m + a->anchor_c)) / a->p.lambda + orr_wsb_phi(&a->p, a->anchor_t);
}

/* Everything that the fits below share. */
struct job {
    const struct orr_counts *counts;
    const struct orr_adoption_settings *settings;
    const struct orr_rpp_prior *prior;
    const struct orr_blend *blend;
    size_t n_ahead;
    const struct orr_ticker *ticker;
    struct orr_adoption *out;
    struct orr_forecast *forecast;
    struct orr_error *err;
};

static double last_time(const struct job *j) { return j->counts->t[j->counts->n - 1]; }
static double last_count(const struct job *j) { return j->counts->c[j->counts->n - 1]; }

/* Anchors the curve at the last count and takes its residuals. */
static void set_anchor(const struct job *j)
{
    struct orr_adoption *out = j->out;
    out->anchor_t = last_time(j);
    out->anchor_c = last_count(j);
    out->ultimate =
        (out->p.m + out->anchor_c) * exp(out->p.lambda * (1 - orr_wsb_phi(&out->p, out->anchor_t))) - out->p.m;
    double sum = 0;
    for (size_t i = 0; i < j->counts->n; i++) {
        const double r = orr_adoption_curve(out, j->counts->t[i]) - j->counts->c[i];
        sum += r * r;
    }
    out->rmse = sqrt(sum / (double)j->counts->n);
}

/* The curve at the estimates; the interval spreads as the residuals do, by the root of the time ahead. */
static enum orr_status least_squares(const struct job *j)
{
    struct orr_wsb_options options = j->settings->paper ? orr_wsb_paper() : orr_wsb_defaults();
    options.m = j->settings->m;
    struct orr_wsb_fit fit;
    enum orr_status status = orr_wsb_least_squares(j->counts, NULL, &options, &fit, j->err);
    if (status != ORR_OK) return status;
    struct orr_wsb_identity identity;
    status = orr_wsb_identify(j->counts, &options, &fit, j->settings->level, &identity, j->err);
    if (status != ORR_OK) return status;
    struct orr_adoption *out = j->out;
    out->p = fit.p;
    out->time_unit = options.time_unit;
    out->condition = identity.condition;
    out->rmse = fit.rmse;
    out->ultimate = orr_wsb_ultimate(&fit.p);
    memcpy(out->lo, identity.lo, sizeof out->lo);
    memcpy(out->hi, identity.hi, sizeof out->hi);
    out->outcome = fit.outcome == ORR_CONVERGED && !identity.identified ? ORR_NOT_IDENTIFIED : fit.outcome;
    if (!j->forecast) return ORR_OK;
    const double df = fmax((double)j->counts->n - ORR_WSB_PARAMS, 1);
    const double sd = fit.rmse * sqrt((double)j->counts->n / df);
    const double z = orr_normal_quantile((1 + j->settings->level) / 2);
    for (size_t k = 0; k < j->n_ahead; k++) {
        const double c = orr_wsb_count(&fit.p, j->forecast->t[k] / options.time_unit), spread = z * sd * sqrt((double)k + 1);
        j->forecast->mean[k] = isfinite(c) ? fmin(fmax(c, last_count(j)), LARGEST_COUNT) : last_count(j);
        j->forecast->lower[k] = fmax(j->forecast->mean[k] - spread, last_count(j));
        j->forecast->upper[k] = j->forecast->mean[k] + spread;
    }
    return ORR_OK;
}

/* The negative binomial of the maximum-likelihood parameters, from the last count on. */
static enum orr_status rpp(const struct job *j)
{
    struct orr_rpp_mode mode;
    enum orr_status status = orr_rpp_mode(j->counts, j->settings->m, NULL, 1, &mode, j->err);
    if (status != ORR_OK) return status;
    struct orr_adoption *out = j->out;
    orr_wsb_from_theta(j->settings->m, mode.theta, &out->p);
    out->dispersion = orr_rpp_dispersion(j->counts, j->settings->m, mode.theta);
    out->outcome = mode.outcome;
    if (mode.outcome == ORR_DIVERGED)
        return orr_error_set(j->err, ORR_EINVAL, "rpp", "no parameters explain the counts; are they cumulative?");
    const double alpha = (1 - j->settings->level) / 2, z = orr_normal_quantile(1 - alpha);
    for (int k = 0; k < ORR_WSB_PARAMS; k++) {
        const double sd = sqrt(fmax(mode.covariance[k][k], 0) * out->dispersion);
        const double lo = mode.theta[k] - z * sd, hi = mode.theta[k] + z * sd;
        out->lo[k] = k == 1 ? lo : exp(lo);
        out->hi[k] = k == 1 ? hi : exp(hi);
    }
    set_anchor(j);
    if (!j->forecast) return ORR_OK;
    const double r = out->p.m + last_count(j), phi = orr_wsb_phi(&out->p, last_time(j)), d = out->dispersion;
    for (size_t k = 0; k < j->n_ahead; k++) {
        const double p = exp(-out->p.lambda * (orr_wsb_phi(&out->p, j->forecast->t[k]) - phi));
        const double q[3] = {alpha, 0.5, 1 - alpha};
        double *const to[3] = {&j->forecast->lower[k], &j->forecast->mean[k], &j->forecast->upper[k]};
        for (int i = 0; i < 3; i++)
            *to[i] = fmin(last_count(j) + d * orr_negbin_quantile(r / d, p, q[i]), LARGEST_COUNT);
    }
    return ORR_OK;
}

/* Later quantiles are never below earlier ones. */
void orr_adoption_forecast(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                           double level, struct orr_forecast *out)
{
    const double alpha = (1 - level) / 2;
    double lower = 0, mean = 0, upper = 0;
    for (size_t k = 0; k < s->ahead; k++) {
        lower = fmax(lower, orr_blend_quantile(b, which, s, k + 1, alpha));
        mean = fmax(mean, fmin(orr_blend_median(b, which, s, k + 1), LARGEST_COUNT));
        upper = fmax(upper, fmin(orr_blend_quantile(b, which, s, k + 1, 1 - alpha), LARGEST_COUNT));
        out->lower[k] = fmin(lower, mean);
        out->mean[k] = mean;
        out->upper[k] = fmax(upper, mean);
    }
}

static enum orr_status forecast(const struct job *j, const struct orr_rpp_posterior *posterior,
                                enum orr_blend_forecast which)
{
    struct orr_blend_state s;
    const enum orr_status status =
        orr_blend_observe(j->counts, posterior, j->n_ahead, j->settings->seed, j->ticker, &s, j->err);
    if (status != ORR_OK) return status;
    orr_adoption_forecast(j->blend, which, &s, j->settings->level, j->forecast);
    orr_blend_state_free(&s);
    return ORR_OK;
}

/* The posterior, and the forecast of the process or, for `blend`, of the blend. */
static enum orr_status bayes(const struct job *j, enum orr_blend_forecast which)
{
    struct orr_rpp_posterior posterior;
    enum orr_status status =
        orr_rpp_posterior(j->counts, j->settings->m, j->prior, true, j->settings->seed, &posterior, j->err);
    if (status != ORR_OK) return status;
    struct orr_adoption *out = j->out;
    double median[ORR_WSB_PARAMS];
    for (int k = 0; k < ORR_WSB_PARAMS; k++)
        orr_rpp_interval(&posterior, k, j->settings->level, &out->lo[k], &median[k], &out->hi[k]);
    orr_wsb_from_theta(j->settings->m, posterior.mode.theta, &out->p);
    out->dispersion = posterior.dispersion;
    out->outcome = posterior.mode.outcome;
    set_anchor(j);
    if (j->forecast) status = forecast(j, &posterior, which);
    orr_rpp_posterior_free(&posterior);
    return status;
}

enum orr_status orr_adoption_fit(const struct orr_counts *counts, const struct orr_adoption_settings *settings,
                                 const struct orr_rpp_prior *prior, const struct orr_blend *shipped, bool jumps,
                                 size_t n_ahead, const struct orr_ticker *ticker, struct orr_adoption *out,
                                 struct orr_forecast *forecast, struct orr_error *err)
{
    memset(out, 0, sizeof *out);
    enum orr_status status = orr_counts_check(counts, &out->decreasing, err);
    if (status != ORR_OK) return status;
    if (!(settings->m > 0) || !(settings->level > 0 && settings->level < 1))
        return orr_error_set(err, ORR_EINVAL, "adoption", "m must be positive and the level between 0 and 1");
    if (!orr_ticker_tick(ticker, "fitting adoption", "series", 0, 1))
        return orr_error_set(err, ORR_ECANCELLED, "adoption", "stopped before the fit");
    out->time_unit = 1;
    out->condition = out->dispersion = out->anchor_t = out->anchor_c = NAN;
    for (size_t k = 0; forecast && k < n_ahead; k++) forecast->t[k] = counts->t[counts->n - 1] + (double)(k + 1);
    const struct job j = {counts,  settings, prior ? prior : &orr_rpp_shipped_prior, shipped ? shipped : &orr_blend_shipped,
                          n_ahead, ticker,   out,
                          forecast, err};
    switch (settings->fit) {
    case ORR_ADOPTION_LEAST_SQUARES: status = least_squares(&j); break;
    case ORR_ADOPTION_RPP: status = rpp(&j); break;
    case ORR_ADOPTION_BAYES: status = bayes(&j, ORR_BLEND_BAYES); break;
    case ORR_ADOPTION_BLEND: status = bayes(&j, ORR_BLEND_BLEND); break;
    }
    if (status == ORR_OK && jumps) {
        struct orr_wsb_options options = orr_wsb_defaults();
        options.m = settings->m;
        status = orr_wsb_jumps(counts, &options, ticker, &out->jumps, err);
    }
    if (status == ORR_OK && forecast) {
        forecast->n = n_ahead;
        forecast->level = settings->level;
        forecast->outcome = out->outcome;
    }
    return status;
}

/* ---- the descriptor ---- */

enum { PARAM_FIT, PARAM_PAPER, PARAM_M, PARAM_LEVEL };
static const struct orr_param params[] = {
    {"fit", ORR_PARAM_CHOICE, "bayes", 0, 3, "", "least-squares|rpp|bayes|blend", "how the curve is fitted"},
    {"paper", ORR_PARAM_BOOL, "false", 0, 1, "", NULL,
     "least-squares with the authors' settings: parameters >= 0, one start, time in units of 12 periods"},
    {"m", ORR_PARAM_REAL, "1", 1e-6, 1e6, "events", NULL, "initial attractiveness"},
    {"level", ORR_PARAM_REAL, "0.9", 0.01, 0.999, "", NULL, "probability that an interval is to cover"},
    {0},
};

static enum orr_status forecast_counts(const struct orr_counts *observed, size_t n_ahead, const double *values,
                                       uint64_t seed, const struct orr_ticker *ticker, struct orr_forecast *out,
                                       struct orr_error *err)
{
    struct orr_adoption_settings settings = orr_adoption_defaults();
    settings.seed = seed;
    settings.fit = (enum orr_adoption_fit)values[PARAM_FIT];
    settings.paper = values[PARAM_PAPER] != 0;
    settings.m = values[PARAM_M];
    settings.level = values[PARAM_LEVEL];
    struct orr_adoption fit;
    return orr_adoption_fit(observed, &settings, NULL, NULL, false, n_ahead, ticker, &fit, out, err);
}

const struct orr_method orr_method_adoption = {
    .name = "adoption",
    .summary = "adoption curves of Wang, Song and Barabasi on cumulative counts",
    .source = "Wang, Song and Barabasi 2013; Shen et al. 2014 (arXiv 1401.0778); Bhandari et al. 2025 (arXiv 2502.15987)",
    .equations = "c(t) = m (exp(lambda Phi((ln t - mu) / sigma)) - 1)\n"
                 "ultimate impact m (exp(lambda) - 1), impact time exp(mu)\n"
                 "increment of a period: negative binomial, size m + n, success exp(-lambda dPhi)\n"
                 "blend: ln(D/h) = (1 - w) R + w Y + b ln(h/6), w = 1 / dispersion",
    .params = params,
    .input = ORR_DATA_COUNTS,
    .baseline = false,
    .forecast_counts = forecast_counts,
};
