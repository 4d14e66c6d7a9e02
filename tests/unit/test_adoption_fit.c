#include "suite.h"

#include <math.h>
#include <string.h>

#include "methods/adoption/adopt.h"
#include "num/lsq.h"

enum { MONTHS = 24 };
static double months[MONTHS];

static void set_months(void)
{
    for (int i = 0; i < MONTHS; i++) months[i] = i + 1;
}

static struct orr_counts curve(const struct orr_wsb *p, size_t n, double *c)
{
    set_months();
    for (size_t i = 0; i < n; i++) c[i] = orr_wsb_count(p, months[i]);
    return (struct orr_counts){n, months, c};
}

START_TEST(the_jacobian_agrees_with_finite_differences)
{
    set_months();
    double log_t[MONTHS], zero[MONTHS] = {0};
    for (int i = 0; i < MONTHS; i++) log_t[i] = log(months[i]);
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 0);
    for (int trial = 0; trial < 200; trial++) {
        double theta[3] = {2 * orr_rng_uniform(&rng), 3 * orr_rng_uniform(&rng), orr_rng_normal(&rng) * 0.5};
        double r[MONTHS], jac[3 * MONTHS], up[MONTHS], down[MONTHS];
        ck_assert(orr_wsb_residuals(1, MONTHS, log_t, zero, theta, r, jac));
        for (int j = 0; j < 3; j++) {
            const double h = 1e-5, was = theta[j];
            theta[j] = was + h;
            orr_wsb_residuals(1, MONTHS, log_t, zero, theta, up, NULL);
            theta[j] = was - h;
            orr_wsb_residuals(1, MONTHS, log_t, zero, theta, down, NULL);
            theta[j] = was;
            for (int i = 0; i < MONTHS; i++)
                ck_assert_double_eq_tol((up[i] - down[i]) / (2 * h), jac[3 * i + j], 1e-6 * (1 + fabs(jac[3 * i + j]) + r[i]));
        }
    }
}
END_TEST

START_TEST(the_gradient_of_the_process_likelihood_agrees_with_finite_differences)
{
    set_months();
    double log_t[MONTHS], c[MONTHS];
    for (int i = 0; i < MONTHS; i++) log_t[i] = log(months[i]);
    const struct orr_wsb truth = {1, 5, 1.5, 0.8};
    struct orr_rng rng;
    orr_rng_seed(&rng, 2, 0);
    orr_rpp_simulate(&truth, MONTHS, months, &rng, c);
    for (int trial = 0; trial < 100; trial++) {
        double theta[3] = {1 + orr_rng_uniform(&rng), 1 + orr_rng_uniform(&rng), orr_rng_normal(&rng) * 0.3}, g[3];
        orr_rpp_log_likelihood(1, MONTHS, log_t, c, theta, g);
        for (int j = 0; j < 3; j++) {
            const double h = 1e-5, was = theta[j];
            theta[j] = was + h;
            const double up = orr_rpp_log_likelihood(1, MONTHS, log_t, c, theta, NULL);
            theta[j] = was - h;
            const double down = orr_rpp_log_likelihood(1, MONTHS, log_t, c, theta, NULL);
            theta[j] = was;
            ck_assert_double_eq_tol((up - down) / (2 * h), g[j], 1e-4 * (1 + fabs(g[j])));
        }
    }
}
END_TEST

START_TEST(least_squares_returns_the_parameters_of_a_curve_without_noise)
{
    static const struct orr_wsb truths[] = {{1, 5, 2, 0.8}, {1, 7, 1.2, 1.5}, {1, 3, 0.5, 0.4}, {30, 2, 2.2, 1}};
    for (size_t k = 0; k < 4; k++) {
        double c[MONTHS];
        const struct orr_counts counts = curve(&truths[k], MONTHS, c);
        struct orr_wsb_options options = orr_wsb_defaults();
        options.m = truths[k].m;
        struct orr_wsb_fit fit;
        ck_assert_int_eq(orr_wsb_least_squares(&counts, NULL, &options, &fit, NULL), ORR_OK);
        ck_assert_int_eq(fit.outcome, ORR_CONVERGED);
        ck_assert_double_eq_tol(fit.p.lambda, truths[k].lambda, 1e-3);
        ck_assert_double_eq_tol(fit.p.mu, truths[k].mu, 1e-3);
        ck_assert_double_eq_tol(fit.p.sigma, truths[k].sigma, 1e-3);
    }
}
END_TEST

struct data {
    size_t n;
    const double *log_t, *c;
};
static bool model(const void *ctx, const double *theta, double *r, double *jac)
{
    const struct data *d = ctx;
    return orr_wsb_residuals(1, d->n, d->log_t, d->c, theta, r, jac);
}

START_TEST(the_bounded_solver_ends_no_higher_than_minpack)
{
    set_months();
    double log_t[MONTHS], c[MONTHS], work[1000];
    for (int i = 0; i < MONTHS; i++) log_t[i] = log(months[i]);
    const double lower[3] = {-INFINITY, -INFINITY, -INFINITY}, upper[3] = {INFINITY, INFINITY, INFINITY};
    for (uint64_t k = 0; k < 60; k++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, 3, k);
        const struct orr_wsb truth = {1, 4 + 2 * orr_rng_uniform(&rng), 1.5, 0.8};
        orr_rpp_simulate(&truth, MONTHS, months, &rng, c);
        const struct data d = {MONTHS, log_t, c};
        const struct orr_lsq q = {MONTHS, 3, model, &d, lower, upper, 500, 1e-12};
        double ours[3] = {1.5, 1.5, 0}, theirs[3] = {1.5, 1.5, 0};
        const struct orr_lsq_info a = orr_lsq_solve(&q, ours, work), b = orr_lsq_minpack(&q, theirs);
        ck_assert_double_le(a.sum_squares, b.sum_squares * (1 + 1e-6) + 1e-9);
    }
}
END_TEST

START_TEST(a_parameter_at_its_limit_is_held_while_the_others_go_on)
{
    double c[MONTHS], work[1000], log_t[MONTHS];
    const struct orr_wsb truth = {1, 5, 1, 0.8};
    const struct orr_counts counts = curve(&truth, MONTHS, c);
    for (int i = 0; i < MONTHS; i++) log_t[i] = log(months[i]);
    const struct data d = {MONTHS, log_t, counts.c};
    const double lower[3] = {-5, 1.4, -3}, upper[3] = {5, 3, 3}; /* mu = 1 is outside */
    const struct orr_lsq q = {MONTHS, 3, model, &d, lower, upper, 500, 1e-12};
    double theta[3] = {1, 2, 0};
    const struct orr_lsq_info info = orr_lsq_solve(&q, theta, work);
    ck_assert(info.converged);
    ck_assert_double_eq(theta[1], 1.4);
    ck_assert(theta[0] > -5 && theta[0] < 5 && theta[2] > -3 && theta[2] < 3);
}
END_TEST

START_TEST(paper_settings_stay_at_the_start_where_the_curve_is_flat)
{
    const double t[] = {1, 2, 3}, c[] = {3, 5, 6};
    const struct orr_counts counts = {3, t, c};
    const struct orr_wsb_options options = orr_wsb_paper();
    struct orr_wsb_fit fit;
    ck_assert_int_eq(orr_wsb_least_squares(&counts, NULL, &options, &fit, NULL), ORR_OK);
    ck_assert_int_eq(fit.outcome, ORR_NOT_IDENTIFIED);
    ck_assert_double_eq_tol(fit.p.lambda, 0.5, 1e-12);
    ck_assert_double_eq(fit.p.mu, 2);
}
END_TEST

START_TEST(profile_intervals_hold_the_truth_of_a_finished_curve_and_tell_a_convex_one)
{
    double c[MONTHS];
    const struct orr_wsb truth = {1, 5, 1.5, 0.6};
    struct orr_counts counts = curve(&truth, MONTHS, c);
    for (int i = 0; i < MONTHS; i++) c[i] = round(c[i]);
    struct orr_wsb_options options = orr_wsb_defaults();
    struct orr_wsb_fit fit;
    struct orr_wsb_identity identity;
    orr_wsb_least_squares(&counts, NULL, &options, &fit, NULL);
    ck_assert_int_eq(orr_wsb_identify(&counts, &options, &fit, 0.9, &identity, NULL), ORR_OK);
    ck_assert(identity.identified);
    ck_assert(identity.lo[0] < 5 && 5 < identity.hi[0]);
    ck_assert(identity.lo[1] < 1.5 && 1.5 < identity.hi[1]);
    ck_assert(identity.lo[2] < 0.6 && 0.6 < identity.hi[2]);
    const double condition = identity.condition;

    const struct orr_wsb slow = {1, 80, 3.5, 1}; /* seen for 6 months only: still convex */
    counts = curve(&slow, 6, c);
    for (int i = 0; i < 6; i++) c[i] = round(c[i]);
    orr_wsb_least_squares(&counts, NULL, &options, &fit, NULL);
    orr_wsb_identify(&counts, &options, &fit, 0.9, &identity, NULL);
    ck_assert(!identity.identified);
    ck_assert(isinf(identity.hi[0]) || isinf(identity.hi[1]) || isinf(identity.hi[2]) || isinf(identity.lo[1]) ||
              identity.condition >= ORR_WSB_LARGEST_CONDITION);
    ck_assert_double_gt(identity.condition, condition);
}
END_TEST

/* A series as the evaluation simulates them, of many shapes and sizes; at least one event. */
static void simulate_any(uint64_t seed, uint64_t item, size_t n, double *c)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, item);
    do {
        const struct orr_wsb p = {1, orr_rng_gamma(&rng, 6), 2 + 0.6 * orr_rng_normal(&rng),
                                  exp(-0.1 + 0.35 * orr_rng_normal(&rng))};
        orr_rpp_simulate(&p, n, months, &rng, c);
    } while (!(c[n - 1] > 0));
}

static size_t count_jumps(size_t n, const double *c, size_t *first)
{
    const struct orr_counts counts = {n, months, c};
    const struct orr_wsb_options options = orr_wsb_defaults();
    struct orr_jumps jumps;
    ck_assert_int_eq(orr_wsb_jumps(&counts, &options, NULL, &jumps, NULL), ORR_OK);
    *first = jumps.n ? jumps.jump[0].at : 0;
    return jumps.n;
}

START_TEST(at_most_one_series_in_twenty_without_jumps_gets_one)
{
    enum { TRIALS = 500 };
    static const size_t lengths[] = {12, MONTHS};
    set_months();
    for (size_t k = 0; k < 2; k++) {
        int alarms = 0;
        for (uint64_t i = 0; i < TRIALS; i++) {
            double c[MONTHS];
            size_t first;
            simulate_any(5, i, lengths[k], c);
            alarms += count_jumps(lengths[k], c, &first) > 0;
        }
        ck_assert_msg(alarms <= 0.05 * TRIALS, "%d of %d at %zu months", alarms, TRIALS, lengths[k]);
    }
}
END_TEST

START_TEST(jumps_are_found_where_they_are)
{
    enum { TRIALS = 500, AT = 15 };
    set_months();
    int n = 0, placed = 0;
    for (uint64_t i = 0; i < TRIALS; i++) {
        double c[MONTHS];
        size_t first;
        simulate_any(6, i, MONTHS, c);
        if (c[MONTHS - 1] < 30) continue; /* fewer events hide a doubling */
        for (int k = AT; k < MONTHS; k++) c[k] += fmax(c[AT - 1], 10); /* the count doubles at once */
        n++;
        placed += count_jumps(MONTHS, c, &first) > 0 && first == AT;
    }
    ck_assert_int_gt(n, TRIALS / 2);
    ck_assert_msg(placed >= 0.9 * n, "%d of %d placed", placed, n);
}
END_TEST

START_TEST(series_that_cannot_be_fitted_are_refused_with_the_point_named)
{
    const double t[] = {1, 2, 3}, back[] = {1, 1, 2};
    const struct {
        const double *t;
        double c[3];
        size_t n;
        const char *where;
    } bad[] = {
        {t, {1, NAN, 2}, 3, "counts, point 2"}, {t, {1, 2, -1}, 3, "counts, point 3"}, {t, {0, 0, 0}, 3, "counts"},
        {t, {1, 2, INFINITY}, 3, "counts, point 3"}, {back, {1, 2, 3}, 3, "counts, point 2"}, {t, {0}, 0, "counts"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct orr_counts counts = {bad[i].n, bad[i].t, bad[i].c};
        struct orr_error err;
        ck_assert_int_eq(orr_counts_check(&counts, NULL, &err), ORR_EINVAL);
        ck_assert_str_eq(err.where, bad[i].where);
    }
    const double falls[] = {5, 4, 6};
    bool decreasing = false;
    ck_assert_int_eq(orr_counts_check(&(struct orr_counts){3, t, falls}, &decreasing, NULL), ORR_OK);
    ck_assert(decreasing);
}
END_TEST

START_TEST(a_fitted_series_collapses_onto_the_normal_distribution)
{
    double c[MONTHS];
    const struct orr_wsb p = {1, 5, 2, 0.8};
    curve(&p, MONTHS, c);
    for (int i = 0; i < MONTHS; i++) {
        double x, y;
        orr_wsb_collapse(&p, months[i], c[i], &x, &y);
        ck_assert_double_eq_tol(y, 0.5 * erfc(-x / sqrt(2)), 1e-12);
    }
}
END_TEST

ORR_SUITE("adoption fit", the_jacobian_agrees_with_finite_differences,
          the_gradient_of_the_process_likelihood_agrees_with_finite_differences,
          least_squares_returns_the_parameters_of_a_curve_without_noise,
          the_bounded_solver_ends_no_higher_than_minpack, a_parameter_at_its_limit_is_held_while_the_others_go_on,
          paper_settings_stay_at_the_start_where_the_curve_is_flat,
          profile_intervals_hold_the_truth_of_a_finished_curve_and_tell_a_convex_one,
          at_most_one_series_in_twenty_without_jumps_gets_one, jumps_are_found_where_they_are,
          series_that_cannot_be_fitted_are_refused_with_the_point_named,
          a_fitted_series_collapses_onto_the_normal_distribution)
