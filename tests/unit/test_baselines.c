#include "suite.h"

#include <math.h>
#include <string.h>

#include "methods/adoption/adoption.h"
#include "methods/baselines/baselines.h"

enum { N = 12, AHEAD = 6 };
static double periods[N + AHEAD];
static const struct orr_growth_curve *const curves[] = {&orr_growth_exponential, &orr_growth_logistic,
                                                        &orr_growth_gompertz, &orr_growth_bass};
static const double truths[4][3] = {{2, 3, 0.2}, {5, 6, -0.7}, {5, 5, -1.2}, {5.5, -4, -1.2}};

static void set_periods(void)
{
    for (int i = 0; i < N + AHEAD; i++) periods[i] = i + 1;
}

struct result {
    double t[AHEAD], mean[AHEAD], lower[AHEAD], upper[AHEAD];
    struct orr_forecast f;
};
static enum orr_status forecast(const char *method, const double *c, size_t n, struct result *r, struct orr_error *err)
{
    set_periods();
    r->f = (struct orr_forecast){.t = r->t, .mean = r->mean, .lower = r->lower, .upper = r->upper, .level = 0.9};
    const struct orr_counts counts = {n, periods, c};
    return orr_method_find(method)->forecast_counts(&counts, AHEAD, (const double[]){0}, 1, NULL, &r->f, err);
}

START_TEST(the_gradients_of_the_growth_curves_agree_with_finite_differences)
{
    for (size_t k = 0; k < 4; k++) {
        for (double t = 0.5; t < 30; t += 1.7) {
            double p[3], g[3], unused[3];
            memcpy(p, truths[k], sizeof p);
            curves[k]->value(p, t, g);
            for (int j = 0; j < 3; j++) {
                const double h = 1e-6, was = p[j];
                p[j] = was + h;
                const double up = curves[k]->value(p, t, unused);
                p[j] = was - h;
                const double down = curves[k]->value(p, t, unused);
                p[j] = was;
                ck_assert_msg(fabs((up - down) / (2 * h) - g[j]) <= 1e-5 * (1 + fabs(g[j])), "%s, parameter %d, t %g",
                              curves[k]->name, j, t);
            }
        }
    }
}
END_TEST

START_TEST(a_growth_curve_forecasts_its_own_future)
{
    set_periods();
    for (size_t k = 0; k < 4; k++) {
        double c[N], g[3];
        for (int i = 0; i < N; i++) c[i] = curves[k]->value(truths[k], periods[i], g);
        struct result r;
        ck_assert_int_eq(forecast(curves[k]->name, c, N, &r, NULL), ORR_OK);
        ck_assert_int_eq(r.f.outcome, ORR_CONVERGED);
        for (int h = 0; h < AHEAD; h++)
            ck_assert_double_eq_tol(r.mean[h], curves[k]->value(truths[k], periods[N + h], g), 1e-2 * r.mean[h]);
    }
}
END_TEST

START_TEST(persistence_and_linear_do_what_their_names_say)
{
    const double c[] = {1, 4, 9, 10, 12, 15};
    struct result r;
    forecast("persistence", c, 6, &r, NULL);
    ck_assert_double_eq(r.mean[AHEAD - 1], 15);
    ck_assert_double_eq(r.t[0], 7);
    forecast("linear", c, 6, &r, NULL);
    ck_assert_double_eq_tol(r.mean[2], 15 + 3 * (15.0 - 9) / 3, 1e-12); /* the last three periods grew by 6 */
    const double two[] = {3, 8}; /* shorter than three periods: from nothing at release */
    forecast("linear", two, 2, &r, NULL);
    ck_assert_double_eq_tol(r.mean[0], 8 + 8.0 / 2, 1e-12);
}
END_TEST

START_TEST(every_baseline_gives_rising_forecasts_within_their_bounds_or_says_why_not)
{
    static const double series[][N] = {
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
        {9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1}, /* falls: accepted, forecast never below the last */
        {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048},
        {1e12, 2e12, 3e12, 4e12, 5e12, 6e12, 7e12, 8e12, 9e12, 1e13, 1.1e13, 1.2e13},
    };
    for (size_t m = 0; orr_methods[m]; m++) {
        if (!orr_methods[m]->baseline || orr_methods[m]->input != ORR_DATA_COUNTS) continue;
        for (size_t s = 0; s < sizeof series / sizeof *series; s++) {
            for (size_t n = 1; n <= N; n += 4) {
                struct result r;
                struct orr_error err;
                const enum orr_status status = forecast(orr_methods[m]->name, series[s], n, &r, &err);
                if (s == 1 && n < N) {
                    ck_assert_int_eq(status, ORR_EINVAL); /* all zero so far */
                    continue;
                }
                ck_assert_int_eq(status, ORR_OK);
                for (int h = 0; h < AHEAD; h++) {
                    ck_assert_msg(isfinite(r.mean[h]) && r.mean[h] >= series[s][n - 1], "%s", orr_methods[m]->name);
                    ck_assert(r.lower[h] <= r.mean[h] && r.mean[h] <= r.upper[h]);
                }
            }
        }
    }
}
END_TEST

START_TEST(methods_are_found_by_name)
{
    ck_assert_ptr_nonnull(orr_method_find("adoption"));
    ck_assert(!orr_method_find("adoption")->baseline);
    ck_assert_ptr_null(orr_method_find("prophet"));
    ck_assert_str_eq(orr_outcome_name(ORR_NOT_IDENTIFIED), "not identified");
}
END_TEST

ORR_SUITE("baselines", the_gradients_of_the_growth_curves_agree_with_finite_differences,
          a_growth_curve_forecasts_its_own_future, persistence_and_linear_do_what_their_names_say,
          every_baseline_gives_rising_forecasts_within_their_bounds_or_says_why_not, methods_are_found_by_name)
