/* Adoption curves of Wang, Song and Barabasi (Science 342, 2013), as fitted to open-weight models by arXiv 2502.15987:
 *
 *   c(t) = m (exp(lambda Phi((ln t - mu) / sigma)) - 1)                                                    (1)
 *
 * is the cumulative count at age t; lambda is the relative fitness, mu the immediacy, sigma the longevity. It is the
 * mean of the reinforced Poisson process (Shen et al., arXiv 1401.0778) with rate lambda f(t) (m + i - 1) before event
 * i, f the log-normal density. Times are periods since release, so mu is in log periods. */
#ifndef ORRERY_METHODS_ADOPTION_ADOPTION_H
#define ORRERY_METHODS_ADOPTION_ADOPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/method.h>
#include <orrery/progress.h>
#include <orrery/rng.h>

/* ---- model.c ---- */

struct orr_wsb {
    double m, lambda, mu, sigma;
};
enum { ORR_WSB_PARAMS = 3 }; /* theta = (ln lambda, mu, ln sigma) */

double orr_wsb_phi(const struct orr_wsb *p, double t);      /* Phi((ln t - mu) / sigma), 0 for t <= 0 */
double orr_wsb_count(const struct orr_wsb *p, double t);    /* equation (1) */
double orr_wsb_ultimate(const struct orr_wsb *p);           /* m (exp(lambda) - 1) */
double orr_wsb_impact_time(const struct orr_wsb *p);        /* exp(mu) */
/* ln(1 + c/m) / lambda against (ln t - mu) / sigma: where every series falls onto Phi (the collapse plot). */
void orr_wsb_collapse(const struct orr_wsb *p, double t, double c, double *x, double *y);

/* Residuals c(t_i) - c_i of (1) and their jacobian (n, 3) in theta, from log_t[i] = ln t_i. jacobian may be NULL.
 * False when the curve overflows. */
bool orr_wsb_residuals(double m, size_t n, const double *log_t, const double *c, const double *theta, double *residual,
                       double *jacobian);
void orr_wsb_from_theta(double m, const double *theta, struct orr_wsb *p);
void orr_wsb_to_theta(const struct orr_wsb *p, double *theta);

/* What a fit may assume: n >= 1, t finite, positive and rising, c finite and >= 0, not all 0. Sets err and returns
 * ORR_EINVAL otherwise; *decreasing (may be NULL) tells whether c falls somewhere, which fits tolerate. */
enum orr_status orr_counts_check(const struct orr_counts *counts, bool *decreasing, struct orr_error *err);

/* ---- least_squares.c ---- */

struct orr_wsb_options {
    double m;         /* 1 */
    double time_unit; /* t is divided by it: 12 with `paper`, else 1 */
    bool paper;       /* the authors' settings: one start (0.5, 2, 0.5), all parameters >= 0 */
    int starts;       /* how many of the most promising starts are followed */
};
struct orr_wsb_options orr_wsb_defaults(void);
struct orr_wsb_options orr_wsb_paper(void);

struct orr_wsb_fit {
    struct orr_wsb p;    /* in units of time_unit */
    double rmse;         /* of c */
    size_t n;
    int evaluations;
    bool at_limit;       /* a parameter ended at the edge of what is searched */
    enum orr_outcome outcome;
};

/* Bounded Levenberg-Marquardt with the analytic jacobian from several starts. weight[i] 0 leaves point i out (NULL:
 * all count). O(starts * n) per iteration; one allocation per call. */
enum orr_status orr_wsb_least_squares(const struct orr_counts *counts, const double *weight,
                                      const struct orr_wsb_options *options, struct orr_wsb_fit *out,
                                      struct orr_error *err);

/* The same for counts that were checked, with a workspace of orr_wsb_work(n) doubles: allocates nothing. */
void orr_wsb_least_squares_into(const struct orr_counts *counts, const double *weight,
                                const struct orr_wsb_options *options, double *work, struct orr_wsb_fit *out);
size_t orr_wsb_work(size_t n);

/* The box that fits search, in theta and for times in units of time_unit; lower and upper are [3]. */
void orr_wsb_box(const struct orr_counts *counts, const struct orr_wsb_options *options, double *lower, double *upper);

/* ---- identify.c: what the data can tell about the parameters ---- */

struct orr_wsb_identity {
    double lo[ORR_WSB_PARAMS], hi[ORR_WSB_PARAMS]; /* lambda, mu, sigma: profile-likelihood interval; +-INFINITY (0 for
                                                      lambda and sigma below) where the data set no limit */
    double level;
    double condition; /* of the jacobian in theta with columns scaled to length 1; INFINITY when singular */
    bool identified;  /* every interval is finite and there are more points than parameters */
};
enum { ORR_WSB_LARGEST_CONDITION = 10000 };

/* Profile likelihood: theta_j is moved away from its estimate while the others are fitted anew, until the sum of
 * squares S passes S_min + max(S_min / (n - 3), 1/12) F_{1,n-3}(level) (Bates and Watts 1988, ch. 6; 1/12 is the
 * variance of rounding to whole counts). A few hundred evaluations of (1). */
enum orr_status orr_wsb_identify(const struct orr_counts *counts, const struct orr_wsb_options *options,
                                 const struct orr_wsb_fit *fit, double level, struct orr_wsb_identity *out,
                                 struct orr_error *err);

/* ---- jumps.c: abrupt extra adoption, the outliers of the paper ---- */

enum { ORR_JUMPS_MAX = 4 };
struct orr_jump {
    size_t at;      /* the jump happened between points at - 1 and at (0: before the first) */
    double size;    /* events beyond the fitted curve */
    double evidence; /* drop of BIC */
};
struct orr_jumps {
    size_t n;
    struct orr_jump jump[ORR_JUMPS_MAX]; /* strongest first */
};
/* Compares (1) with (1) plus a step at an unknown time by BIC, adding steps while BIC falls by more than 6 ("strong",
 * Kass and Raftery 1995). Increments are compared as sqrt(d + 3/8), whose variance does not depend on their size
 * (Anscombe 1948) and is taken to be no smaller than that of rare events; a step leaves one increment free, so it costs
 * two parameters. Below 5% of series without jumps get one. O(n^2) per step tried. */
enum orr_status orr_wsb_jumps(const struct orr_counts *counts, const struct orr_wsb_options *options,
                              const struct orr_ticker *ticker, struct orr_jumps *out, struct orr_error *err);

#endif
