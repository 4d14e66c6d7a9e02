/* The reinforced Poisson process behind an adoption curve (Shen et al. 2014), from counts per period.
 *
 * Between two observation times the process is a pure birth process in the time lambda F(t), F = Phi((ln t - mu)/sigma),
 * so that the increment d_k of period k, given r = m + N_(k-1) and tau = lambda (F(t_k) - F(t_(k-1))), is negative
 * binomial (Yule 1925; the Polya process):
 *
 *   P(d) = C(r + d - 1, d) exp(-tau r) (1 - exp(-tau))^d                                                     (2)
 *
 * This is exact for binned counts. As bins shrink to single events it becomes the likelihood of the event times, for
 * which, given mu and sigma, lambda = n / X with X = (m + n) F(T) - sum_i F(t_i), and a Gamma(alpha, beta) prior on
 * lambda gives the mean forecast (m + n) ((X + beta) / (X + beta - dF))^(n + alpha) - m. */
#ifndef ORRERY_METHODS_ADOPTION_RPP_H
#define ORRERY_METHODS_ADOPTION_RPP_H

#include "methods/adoption/adoption.h"

/* ---- simulate.c ---- */

/* Draws c[0..n) at times t from the process; counts stop growing at 1e12. O(n). */
void orr_rpp_simulate(const struct orr_wsb *p, size_t n, const double *t, struct orr_rng *rng, double *c);
/* One increment of period k given (2); dispersion >= 1 multiplies its variance. */
double orr_rpp_draw(double r, double tau, double dispersion, struct orr_rng *rng);

/* ---- rpp.c ---- */

/* The log of (2) summed over periods, without the binomials (they do not depend on theta), and its gradient in theta
 * (may be NULL). Decreases of c count as 0. -INFINITY outside of the domain. O(n). */
double orr_rpp_log_likelihood(double m, size_t n, const double *log_t, const double *c, const double *theta,
                              double *gradient);
/* X of the event-time likelihood, for binned counts: within a period the process climbs from r to r + d, and its mean
 * over lambda F is the logarithmic mean of the two. lambda = N_n / X then maximises every period's term of (2). */
double orr_rpp_exposure(const struct orr_wsb *p, size_t n, const double *t, const double *c);
/* The mean forecast above for an exposure X, n events so far and an increase dF of F. INFINITY where it diverges. */
double orr_rpp_mean_forecast(double m, double events, double exposure, double alpha, double beta, double df);

/* Gamma on lambda, normal on mu and ln sigma. Times in periods. */
struct orr_rpp_prior {
    double alpha, beta, mu_mean, mu_sd, log_sigma_mean, log_sigma_sd;
};
struct orr_rpp_prior orr_rpp_weak_prior(void); /* wide enough for months or days; documented in the manual */

struct orr_rpp_mode {
    double theta[ORR_WSB_PARAMS], covariance[ORR_WSB_PARAMS][ORR_WSB_PARAMS];
    double log_posterior, dispersion;
    enum orr_outcome outcome;
};
/* Maximum of the likelihood (prior NULL) or of the posterior by Newton's method from several starts, and the inverse
 * of the negative Hessian there. dispersion divides the log-likelihood (1: the pure process). */
enum orr_status orr_rpp_mode(const struct orr_counts *counts, double m, const struct orr_rpp_prior *prior,
                             double dispersion, struct orr_rpp_mode *out, struct orr_error *err);
/* Pearson's chi^2 / df at theta where a chi^2 test at 1% rejects the pure process, else 1. */
double orr_rpp_dispersion(const struct orr_counts *counts, double m, const double *theta);

/* ---- bayes.c ---- */

struct orr_rpp_posterior {
    size_t n;
    double *theta;  /* (n, 3) */
    double *weight; /* [n], sum 1 */
    double effective;  /* 1 / sum of squared weights */
    double log_evidence, m, dispersion;
    struct orr_rpp_mode mode;
};
/* Weighted draws by adaptive importance sampling: a Student t about the mode, then ones about what the earlier found,
 * until enough draws are effective (at most six rounds), weighted against all of them (Owen and Zhou 2000). prior NULL:
 * weak. adapt: estimate the dispersion. O(1000 n). */
enum orr_status orr_rpp_posterior(const struct orr_counts *counts, double m, const struct orr_rpp_prior *prior,
                                  bool adapt, uint64_t seed, struct orr_rpp_posterior *out, struct orr_error *err);
void orr_rpp_posterior_free(struct orr_rpp_posterior *p);
/* Central interval of parameter j (in units of lambda, mu, sigma) and its median. */
void orr_rpp_interval(const struct orr_rpp_posterior *p, int j, double level, double *lo, double *median, double *hi);
/* Predictive distribution at times t[0..n_ahead) after the last count: for each, the quantiles probs[0..n_probs) into
 * out (n_ahead, n_probs). Counts never fall below the last. */
enum orr_status orr_rpp_predict(const struct orr_rpp_posterior *p, double last_t, double last_c, size_t n_ahead,
                                const double *t, size_t n_probs, const double *probs, uint64_t seed,
                                const struct orr_ticker *ticker, double *out, struct orr_error *err);

/* Empirical Bayes: the prior under which the pooled marginal likelihood of the series is greatest, by EM over posterior
 * draws. Series that orr_counts_check refuses are skipped. Several threads (0: one per core), the same result. */
enum orr_status orr_rpp_learn_prior(const struct orr_counts *series, size_t n, double m, int rounds, uint64_t seed,
                                    int threads, const struct orr_ticker *ticker, struct orr_rpp_prior *out,
                                    struct orr_error *err);

#endif
