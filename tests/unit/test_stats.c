#include "suite.h"

#include <math.h>

#include <orrery/rng.h>

#include "num/minimise.h"
#include "num/special.h"
#include "num/stats.h"

static void near(double x, double want, double relative)
{
    ck_assert_msg(fabs(x - want) <= relative * fabs(want), "%.17g is not %.17g", x, want);
}

START_TEST(special_functions_agree_with_published_values) /* computed with scipy 1.10 */
{
    near(orr_normal_cdf(-3.7), 0.00010779973347738823, 1e-14);
    near(orr_normal_cdf(1.234567), 0.8915041515245979, 1e-15);
    near(orr_normal_quantile(1e-10), -6.361340902404056, 1e-14);
    near(orr_normal_quantile(0.3), -0.5244005127080409, 1e-14);
    near(orr_gamma_cdf(2.5, 1.7), 0.36143007689620493, 1e-13);
    near(orr_gamma_cdf(30, 42), 0.9778608520508079, 1e-13);
    near(orr_beta_cdf(2.5, 7, 0.3), 0.6412224629717211, 1e-13);
    near(orr_beta_cdf(150, 3.5, 0.97), 0.2376870530245408, 1e-12);
    near(orr_f_quantile(1, 7, 0.9), 3.5894280908647977, 1e-11);
    near(orr_chi2_quantile(9, 0.99), 21.665994333461924, 1e-11);
    near(orr_gamma_quantile(0.4, 0.05), 0.0004146537155715284, 1e-10);
    near(orr_negbin_cdf(3.5, 0.2, 12), 0.4987223902956437, 1e-13);
}
END_TEST

START_TEST(negative_binomial_quantiles_agree_with_published_values)
{
    ck_assert_double_eq(orr_negbin_quantile(3.5, 0.2, 0.05), 3);
    ck_assert_double_eq(orr_negbin_quantile(3.5, 0.2, 0.5), 13);
    ck_assert_double_eq(orr_negbin_quantile(3.5, 0.2, 0.95), 30);
    ck_assert_double_eq(orr_negbin_quantile(1000.5, 0.01, 0.05), 93930);
    ck_assert_double_eq(orr_negbin_quantile(1000.5, 0.01, 0.95), 104282);
    ck_assert_double_eq(orr_negbin_quantile(2, 1, 0.9), 0); /* success at once: no failures */
    ck_assert(isinf(orr_negbin_quantile(2, 0, 0.9)));
}
END_TEST

START_TEST(the_table_of_the_normal_distribution_is_exact_to_rounding)
{
    for (double z = -12; z < 12; z += 0.00137) {
        double cdf, pdf;
        orr_normal_both(z, &cdf, &pdf);
        ck_assert_msg(fabs(cdf - orr_normal_cdf(z)) < 3e-16, "cdf(%g)", z);
        ck_assert_msg(fabs(pdf - orr_normal_pdf(z)) < 1e-13, "pdf(%g)", z);
    }
    double cdf, pdf;
    orr_normal_both(NAN, &cdf, &pdf);
    ck_assert(isnan(cdf) && isnan(pdf));
}
END_TEST

START_TEST(quantiles_undo_distribution_functions)
{
    for (double p = 0.01; p < 1; p += 0.07) {
        near(orr_normal_cdf(orr_normal_quantile(p)), p, 1e-13);
        near(orr_gamma_cdf(3.3, orr_gamma_quantile(3.3, p)), p, 1e-12);
        const double k = orr_negbin_quantile(7.7, 0.03, p);
        ck_assert(orr_negbin_cdf(7.7, 0.03, k) >= p && orr_negbin_cdf(7.7, 0.03, k - 1) < p);
    }
}
END_TEST

START_TEST(quantiles_of_samples_interpolate_as_numpy_does)
{
    double x[] = {5, 1, 4, 2};
    near(orr_stats_median(x, 4), 3, 0);
    near(orr_stats_quantile(x, 4, 0.9), 4.7, 1e-15); /* numpy.quantile([1, 2, 4, 5], 0.9) */
    near(orr_stats_quantile(x, 4, 1), 5, 0);
    ck_assert(isnan(orr_stats_median(x, 0)));
    double with_infinity[] = {1, INFINITY, 2};
    near(orr_stats_median(with_infinity, 3), 2, 0);
    const double values[] = {1, 2, 3}, weights[] = {1, 1, 8};
    near(orr_stats_weighted_quantile(values, weights, 3, 0.15), 2, 0);
    near(orr_stats_weighted_quantile(values, weights, 3, 0.5), 3, 0);
}
END_TEST

START_TEST(bootstrap_intervals_of_a_mean_cover_it_as_often_as_they_say)
{
    enum { TRIALS = 400, N = 40 };
    struct orr_rng rng;
    orr_rng_seed(&rng, 3, 0);
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double x[N];
        for (int i = 0; i < N; i++) x[i] = 2 + orr_rng_normal(&rng);
        const struct orr_stats_interval b =
            orr_stats_bootstrap(x, NULL, N, ORR_STAT_MEAN, 200, 0.9, (uint64_t)trial);
        covered += b.lo <= 2 && 2 <= b.hi;
    }
    ck_assert_msg(covered > 0.84 * TRIALS && covered < 0.95 * TRIALS, "%d of %d", covered, TRIALS);
}
END_TEST

START_TEST(a_paired_bootstrap_sees_a_difference_that_unpaired_noise_hides)
{
    enum { N = 60 };
    double x[N], y[N];
    struct orr_rng rng;
    orr_rng_seed(&rng, 4, 0);
    for (int i = 0; i < N; i++) {
        const double level = 10 * orr_rng_normal(&rng);
        x[i] = level;
        y[i] = level + 1 + 0.1 * orr_rng_normal(&rng);
    }
    const struct orr_stats_interval d = orr_stats_bootstrap(x, y, N, ORR_STAT_MEAN, 500, 0.95, 1);
    ck_assert(d.hi < -0.9 && d.lo > -1.1 && d.value > d.lo && d.value < d.hi);
}
END_TEST

START_TEST(kendalls_tau_agrees_with_scipy) /* scipy.stats.kendalltau(x, y)[0], scipy 1.10 */
{
    near(orr_stats_kendall((const double[]){12, 2, 1, 12, 2}, (const double[]){1, 4, 7, 1, 0}, 5), -0.4714045207910316, 1e-15);
    const double x[] = {3.1, 2.4, 2.4, 5.0, 1.0, 4.2, 4.2, 4.2, 0.5, 2.4}, y[] = {2, 2, 1, 5.5, 1, 3, 4, 3, 0, 7};
    near(orr_stats_kendall(x, y, 10), 0.667124384994991, 1e-15);
    enum { N = 2000 }; /* i = np.arange(2000); a = (i * 7919) % 101; b = ((i * 104729) % 997 + a) // 10 */
    static double a[N], b[N];
    for (int i = 0; i < N; i++) {
        a[i] = i * 7919 % 101;
        b[i] = (i * 104729 % 997 + i * 7919 % 101) / 10;
    }
    near(orr_stats_kendall(a, b, N), 0.06327778701485177, 1e-13);
    near(orr_stats_kendall(a, a, N), 1, 1e-15);
    ck_assert(isnan(orr_stats_kendall(x, (const double[]){1, 1, 1}, 3)) && isnan(orr_stats_kendall(x, y, 1)));
}
END_TEST

START_TEST(regret_is_what_the_best_of_the_chosen_lacks)
{
    const double score[] = {0.9, 0.8, 0.7, 0.7, 0.1}, truth[] = {3, 5, 9, 8, 7};
    near(orr_stats_top_k_regret(score, truth, 5, 1, true), 6, 0);
    near(orr_stats_top_k_regret(score, truth, 5, 2, true), 4, 0);
    ck_assert_double_eq(orr_stats_top_k_regret(score, truth, 5, 3, true), 0); /* of equal scores the earlier first */
    near(orr_stats_top_k_regret(score, truth, 5, 1, false), 4, 0);
    ck_assert_double_eq(orr_stats_top_k_regret(score, truth, 5, 9, false), 0);
    ck_assert(isnan(orr_stats_top_k_regret(score, truth, 5, 0, true)));
}
END_TEST

/* c = np.array(confidence); h = np.array(hit); k = np.ceil(c * 5).astype(int) - 1
 * sum(abs(c[k == b].mean() - h[k == b].mean()) * (k == b).mean() for b in range(5) if (k == b).any())
 * p = np.arange(1, 10) / 10; np.mean([abs((u <= q).mean() - q) for q in p]) */
START_TEST(calibration_errors_agree_with_numpy)
{
    const double confidence[] = {.95, .9, .81, .8, .62, .6, .55, .3, .2, 1};
    const bool hit[] = {1, 1, 0, 1, 1, 0, 0, 0, 1, 1};
    near(orr_stats_ece(confidence, hit, 10, 5), 0.349, 1e-14);
    ck_assert(isnan(orr_stats_ece(NULL, NULL, 0, 5)));
}
END_TEST

static double rosenbrock(void *ctx, const double *x, double *g)
{
    ++*(int *)ctx;
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

START_TEST(bfgs_finds_the_bottom_of_a_curved_valley)
{
    double x[2] = {-1.2, 1};
    int evaluations = 0;
    bool converged;
    orr_minimise(rosenbrock, &evaluations, 2, x, 200, 1e-9, &converged);
    ck_assert(converged && fabs(x[0] - 1) < 1e-6 && fabs(x[1] - 1) < 1e-6);
    ck_assert_int_lt(evaluations, 200);
}
END_TEST

ORR_SUITE("stats", special_functions_agree_with_published_values,
          negative_binomial_quantiles_agree_with_published_values,
          the_table_of_the_normal_distribution_is_exact_to_rounding, quantiles_undo_distribution_functions,
          quantiles_of_samples_interpolate_as_numpy_does, bootstrap_intervals_of_a_mean_cover_it_as_often_as_they_say,
          a_paired_bootstrap_sees_a_difference_that_unpaired_noise_hides, kendalls_tau_agrees_with_scipy,
          regret_is_what_the_best_of_the_chosen_lacks, calibration_errors_agree_with_numpy,
          bfgs_finds_the_bottom_of_a_curved_valley)
