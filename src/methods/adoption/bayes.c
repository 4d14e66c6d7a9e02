/* The reinforced Poisson process, Bayes: posterior by importance sampling, predictive intervals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "methods/adoption/rpp.h"
#include "num/special.h"
#include "num/stats.h"

enum { DIM = ORR_WSB_PARAMS, ROUND = 512, LEAST_ROUNDS = 2, ROUNDS = 6, DRAWS = ROUND * ROUNDS, T_DF = 5 };
static const double ENOUGH = 150; /* effective draws; ridges and long tails take more rounds */
static const double WIDEN = 1.25;    /* proposals are wider than what they cover */
static const double STEADIEST = 1e3; /* shape at which a learned Gamma prior is as good as a point */
static const double FEWEST_EFFECTIVE = 20; /* draws that a posterior is trusted with */

/* A multivariate Student t with location and scale = lower * lower'. */
struct proposal {
    double location[DIM], lower[DIM][DIM], log_det;
};

static void set_proposal(struct proposal *q, const double *location, double cov[DIM][DIM])
{
    memset(q, 0, sizeof *q);
    memcpy(q->location, location, sizeof q->location);
    for (int i = 0; i < DIM; i++) {
        for (int j = 0; j <= i; j++) {
            double s = cov[i][j] * WIDEN * WIDEN;
            for (int k = 0; k < j; k++) s -= q->lower[i][k] * q->lower[j][k];
            q->lower[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / q->lower[j][j];
        }
        q->log_det += log(q->lower[i][i]);
    }
}

static void draw(const struct proposal *q, struct orr_rng *rng, double *theta)
{
    const double scale = sqrt(T_DF / (2 * orr_rng_gamma(rng, T_DF / 2.0)));
    double z[DIM];
    for (int i = 0; i < DIM; i++) z[i] = orr_rng_normal(rng) * scale;
    for (int i = 0; i < DIM; i++) {
        theta[i] = q->location[i];
        for (int k = 0; k <= i; k++) theta[i] += q->lower[i][k] * z[k];
    }
}

/* Log density but for the constant that both proposals share. */
static double log_density(const struct proposal *q, const double *theta)
{
    double z[DIM], square = 0;
    for (int i = 0; i < DIM; i++) {
        double s = theta[i] - q->location[i];
        for (int k = 0; k < i; k++) s -= q->lower[i][k] * z[k];
        z[i] = s / q->lower[i][i];
        square += z[i] * z[i];
    }
    return -q->log_det - 0.5 * (T_DF + DIM) * log1p(square / T_DF);
}

static double log_target(const struct orr_counts *counts, const double *log_t, double m,
                         const struct orr_rpp_prior *p, double dispersion, const double *theta)
{
    if (!(fabs(theta[0]) < 50 && fabs(theta[2]) < 20)) return -INFINITY;
    const double a = (theta[1] - p->mu_mean) / p->mu_sd, b = (theta[2] - p->log_sigma_mean) / p->log_sigma_sd;
    return orr_rpp_log_likelihood(m, counts->n, log_t, counts->c, theta, NULL) / dispersion + p->alpha * theta[0] -
           p->beta * exp(theta[0]) - 0.5 * a * a - 0.5 * b * b;
}

/* Turns log weights into weights of sum 1 and returns the log of their mean. */
static double normalise(double *w, size_t n, double *effective)
{
    double top = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, w[i]);
    if (!isfinite(top)) top = 0;
    for (size_t i = 0; i < n; i++) sum += w[i] = exp(w[i] - top);
    for (size_t i = 0; i < n; i++) {
        w[i] = sum > 0 ? w[i] / sum : 1 / (double)n;
        squares += w[i] * w[i];
    }
    *effective = 1 / squares;
    return top + log(sum / (double)n);
}

static void moments(const double *theta, const double *w, size_t n, double *mean, double cov[DIM][DIM])
{
    memset(mean, 0, DIM * sizeof *mean);
    memset(cov, 0, DIM * sizeof *cov);
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < DIM; j++) mean[j] += w[i] * theta[3 * i + j];
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < DIM; j++)
            for (int k = 0; k < DIM; k++)
                cov[j][k] += w[i] * (theta[3 * i + j] - mean[j]) * (theta[3 * i + k] - mean[k]);
}

static void sample(const struct orr_counts *counts, const double *log_t, const struct orr_rpp_prior *prior,
                   uint64_t seed, struct orr_rpp_posterior *out)
{
    struct proposal q[ROUNDS];
    struct orr_rng rng;
    double target[DRAWS], mean[DIM], cov[DIM][DIM];
    orr_rng_seed(&rng, seed, counts->n);
    set_proposal(&q[0], out->mode.theta, out->mode.covariance);
    for (size_t r = 0; r < ROUNDS; r++) {
        for (size_t i = r * ROUND; i < (r + 1) * ROUND; i++) {
            double *theta = out->theta + DIM * i;
            draw(&q[r], &rng, theta);
            target[i] = log_target(counts, log_t, out->m, prior, out->dispersion, theta);
        }
        for (size_t i = 0; i < (r + 1) * ROUND; i++) { /* against the mixture of all proposals so far */
            double mixture = 0;
            for (size_t k = 0; k <= r; k++) mixture += exp(log_density(&q[k], out->theta + DIM * i));
            out->weight[i] = target[i] - log(mixture / (double)(r + 1));
        }
        out->log_evidence = normalise(out->weight, (r + 1) * ROUND, &out->effective);
        out->n = (r + 1) * ROUND;
        if (r + 1 >= LEAST_ROUNDS && out->effective >= ENOUGH) break;
        if (r + 1 < ROUNDS) {
            moments(out->theta, out->weight, (r + 1) * ROUND, mean, cov);
            set_proposal(&q[r + 1], mean, cov);
        }
    }
}

enum orr_status orr_rpp_posterior(const struct orr_counts *counts, double m, const struct orr_rpp_prior *prior,
                                  bool adapt, uint64_t seed, struct orr_rpp_posterior *out, struct orr_error *err)
{
    const struct orr_rpp_prior weak = orr_rpp_weak_prior();
    if (!prior) prior = &weak;
    memset(out, 0, sizeof *out);
    out->m = m;
    out->dispersion = 1;
    enum orr_status status = orr_rpp_mode(counts, m, prior, 1, &out->mode, err);
    if (status == ORR_OK && adapt) {
        out->dispersion = orr_rpp_dispersion(counts, m, out->mode.theta);
        if (out->dispersion > 1) status = orr_rpp_mode(counts, m, prior, out->dispersion, &out->mode, err);
    }
    if (status != ORR_OK) return status;
    if (out->mode.outcome == ORR_DIVERGED)
        return orr_error_set(err, ORR_EINVAL, "bayes", "no parameters explain the counts; are they cumulative?");

    double *log_t = orr_alloc(counts->n, sizeof *log_t);
    out->theta = orr_alloc(DRAWS, DIM * sizeof *out->theta);
    out->weight = orr_alloc(DRAWS, sizeof *out->weight);
    if (!log_t || !out->theta || !out->weight) {
        free(log_t);
        orr_rpp_posterior_free(out);
        return orr_error_set(err, ORR_ENOMEM, "bayes", "no memory for %d draws", DRAWS);
    }
    for (size_t i = 0; i < counts->n; i++) log_t[i] = log(counts->t[i]);
    sample(counts, log_t, prior, seed, out);
    free(log_t);
    return ORR_OK;
}

void orr_rpp_posterior_free(struct orr_rpp_posterior *p)
{
    free(p->theta);
    free(p->weight);
    p->theta = p->weight = NULL;
    p->n = 0;
}

/* ---- what the draws say ---- */

struct weighted {
    double x, w;
};
static int by_value(const void *a, const void *b)
{
    const double x = ((const struct weighted *)a)->x, y = ((const struct weighted *)b)->x;
    return (x > y) - (x < y);
}

/* Quantiles of x[0..n) with weights, interpolated between the middles of the steps of the distribution function. */
static void weighted_quantiles(struct weighted *s, size_t n, size_t n_probs, const double *probs, double *out)
{
    qsort(s, n, sizeof *s, by_value);
    for (size_t k = 0; k < n_probs; k++) {
        double sum = 0, x0 = s[0].x, at0 = 0;
        out[k] = s[n - 1].x;
        for (size_t i = 0; i < n; i++) {
            const double at = sum + s[i].w / 2;
            if (at >= probs[k]) {
                out[k] = i == 0 || at <= at0 ? s[i].x : x0 + (s[i].x - x0) * (probs[k] - at0) / (at - at0);
                break;
            }
            sum += s[i].w;
            x0 = s[i].x;
            at0 = at;
        }
    }
}

void orr_rpp_interval(const struct orr_rpp_posterior *p, int j, double level, double *lo, double *median, double *hi)
{
    struct weighted s[DRAWS];
    const double probs[] = {(1 - level) / 2, 0.5, (1 + level) / 2};
    double q[3];
    for (size_t i = 0; i < p->n; i++) s[i] = (struct weighted){p->theta[DIM * i + j], p->weight[i]};
    weighted_quantiles(s, p->n, 3, probs, q);
    *lo = j == 1 ? q[0] : exp(q[0]);
    *median = j == 1 ? q[1] : exp(q[1]);
    *hi = j == 1 ? q[2] : exp(q[2]);
}

enum orr_status orr_rpp_predict(const struct orr_rpp_posterior *p, double last_t, double last_c, size_t n_ahead,
                                const double *t, size_t n_probs, const double *probs, uint64_t seed,
                                const struct orr_ticker *ticker, double *out, struct orr_error *err)
{
    struct weighted s[DRAWS];
    double *count = orr_alloc(p->n, 2 * sizeof *count), *before = NULL;
    if (count) before = count + p->n;
    if (!before) return orr_error_set(err, ORR_ENOMEM, "bayes", "no memory for %zu draws", p->n);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, UINT64_C(0x9d1c) + p->n);
    struct orr_wsb wsb;
    for (size_t i = 0; i < p->n; i++) {
        orr_wsb_from_theta(p->m, p->theta + DIM * i, &wsb);
        count[i] = last_c;
        before[i] = orr_wsb_phi(&wsb, last_t);
    }
    enum orr_status status = ORR_OK;
    for (size_t k = 0; k < n_ahead && status == ORR_OK; k++) {
        if (!orr_ticker_tick(ticker, "forecasting adoption", "periods", k, n_ahead)) status = ORR_ECANCELLED;
        for (size_t i = 0; i < p->n; i++) {
            orr_wsb_from_theta(p->m, p->theta + DIM * i, &wsb);
            const double now = orr_wsb_phi(&wsb, t[k]);
            if (p->weight[i] > 0 && count[i] < 1e12)
                count[i] += orr_rpp_draw(p->m + count[i], wsb.lambda * (now - before[i]), p->dispersion, &rng);
            before[i] = now;
            s[i] = (struct weighted){count[i], p->weight[i]};
        }
        weighted_quantiles(s, p->n, n_probs, probs, out + k * n_probs);
    }
    free(count);
    if (status == ORR_ECANCELLED) orr_error_set(err, status, "bayes", "stopped before the last period");
    return status;
}

/* ---- the prior of a population ---- */

struct pooled {
    double n, mu, mu2, log_sigma, log_sigma2, lambda, log_lambda;
};

static void pool(struct pooled *s, const struct orr_rpp_posterior *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const double *x = p->theta + DIM * i, w = p->weight[i];
        s->lambda += w * exp(x[0]);
        s->log_lambda += w * x[0];
        s->mu += w * x[1];
        s->mu2 += w * x[1] * x[1];
        s->log_sigma += w * x[2];
        s->log_sigma2 += w * x[2] * x[2];
    }
    s->n++;
}

/* The M step in closed form; the Gamma's shape from ln E - E ln by Minka's (2002) approximation. */
static void maximise(const struct pooled *s, struct orr_rpp_prior *prior)
{
    const double mean = s->lambda / s->n, gap = fmax(log(mean) - s->log_lambda / s->n, 1e-6);
    prior->alpha = fmin((3 - gap + sqrt((gap - 3) * (gap - 3) + 24 * gap)) / (12 * gap), STEADIEST);
    prior->beta = prior->alpha / mean;
    prior->mu_mean = s->mu / s->n;
    prior->mu_sd = sqrt(fmax(s->mu2 / s->n - prior->mu_mean * prior->mu_mean, 1e-4));
    prior->log_sigma_mean = s->log_sigma / s->n;
    prior->log_sigma_sd = sqrt(fmax(s->log_sigma2 / s->n - prior->log_sigma_mean * prior->log_sigma_mean, 1e-4));
}

struct expectation {
    const struct orr_counts *series;
    double m;
    const struct orr_rpp_prior *prior;
    uint64_t seed;
    struct pooled *of; /* [n], n 0 where a series says nothing */
};

static void expect(void *ctx, size_t i)
{
    const struct expectation *x = ctx;
    struct orr_rpp_posterior p;
    x->of[i] = (struct pooled){0};
    if (orr_rpp_posterior(&x->series[i], x->m, x->prior, true, x->seed + i, &p, NULL) != ORR_OK) return;
    if (p.effective > FEWEST_EFFECTIVE) pool(&x->of[i], &p);
    orr_rpp_posterior_free(&p);
}

static void add(struct pooled *sums, const struct pooled *x)
{
    sums->n += x->n;
    sums->mu += x->mu;
    sums->mu2 += x->mu2;
    sums->log_sigma += x->log_sigma;
    sums->log_sigma2 += x->log_sigma2;
    sums->lambda += x->lambda;
    sums->log_lambda += x->log_lambda;
}

enum orr_status orr_rpp_learn_prior(const struct orr_counts *series, size_t n, double m, int rounds, uint64_t seed,
                                    int threads, const struct orr_ticker *ticker, struct orr_rpp_prior *out,
                                    struct orr_error *err)
{
    *out = orr_rpp_weak_prior();
    struct expectation x = {series, m, out, seed, orr_xcalloc(n + 1, sizeof *x.of)};
    enum orr_status status = ORR_OK;
    for (int r = 0; r < rounds && status == ORR_OK; r++) {
        struct pooled sums = {0};
        if (!orr_parallel_for(n, threads, expect, &x, ticker, "learning the prior", "series"))
            status = orr_error_set(err, ORR_ECANCELLED, "bayes", "stopped while learning the prior");
        for (size_t i = 0; i < n && status == ORR_OK; i++) add(&sums, &x.of[i]); /* in order, whatever the threads */
        if (status == ORR_OK && sums.n < 3)
            status = orr_error_set(err, ORR_EINVAL, "bayes",
                                   "a prior needs at least 3 usable series; only %g of %zu are", sums.n, n);
        if (status == ORR_OK) maximise(&sums, out);
    }
    free(x.of);
    return status;
}
