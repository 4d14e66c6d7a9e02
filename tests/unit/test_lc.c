/* Learning curves: cleaning, direction, families and their fits, and the verb on good and bad input. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "methods/curve/lc.h"

enum { N = 20, AHEAD = 30 };

struct forecast {
    double t[AHEAD], mean[AHEAD], lower[AHEAD], upper[AHEAD];
    enum orr_outcome outcome;
};

static struct forecast forecast(const char *method, size_t n, const double *y, enum orr_lc_direction direction)
{
    struct forecast f = {.outcome = ORR_CONVERGED};
    double t[256];
    for (size_t i = 0; i < n; i++) t[i] = (double)i + 1;
    for (size_t k = 0; k < AHEAD; k++) f.t[k] = (double)(n + k) + 1;
    const struct orr_lc_options o = orr_lc_defaults();
    struct orr_lc_model *m = orr_lc_model_new(orr_lc_method_find(method), &o);
    struct orr_lc_item item = {{n, t, y, direction, NULL}, {AHEAD, f.t, f.mean, f.lower, f.upper, 0.9, ORR_CONVERGED}};
    ck_assert_int_eq(orr_lc_forecast(m, 1, &item, NULL, NULL), ORR_OK);
    f.outcome = item.out.outcome;
    orr_lc_model_free(m);
    return f;
}

START_TEST(a_step_that_falls_back_replaces_what_was_there)
{
    const double t[] = {1, 2, 3, 4, 2, 3, 4, 5}, y[] = {9, 8, 7, 6, 5, 4, 3, 2};
    double to[8], yo[8];
    struct orr_lc_cleaning c;
    ck_assert_int_eq(orr_lc_clean(8, t, y, to, yo, &c, "x", NULL), ORR_OK);
    ck_assert_uint_eq(c.n, 5);
    ck_assert_uint_eq(c.replaced, 3);
    ck_assert_double_eq(yo[0], 9);
    ck_assert_double_eq(yo[1], 5);
    ck_assert_double_eq(to[4], 5);
}
END_TEST

START_TEST(values_that_are_not_finite_are_dropped_and_three_at_the_end_are_a_divergence)
{
    const double t[] = {1, 2, 3, 4, 5, 6, 7}, y[] = {3, NAN, 2, 1, INFINITY, NAN, NAN};
    double to[7], yo[7];
    struct orr_lc_cleaning c;
    ck_assert_int_eq(orr_lc_clean(7, t, y, to, yo, &c, "x", NULL), ORR_OK);
    ck_assert_uint_eq(c.n, 3);
    ck_assert_uint_eq(c.dropped, 4);
    ck_assert(c.diverged);
    ck_assert_int_eq(orr_lc_clean(6, t, y, to, yo, &c, "x", NULL), ORR_OK);
    ck_assert(!c.diverged);
}
END_TEST

START_TEST(two_points_are_a_named_error)
{
    const double t[] = {1, 2}, y[] = {3, 2};
    double to[2], yo[2];
    struct orr_lc_cleaning c;
    struct orr_error err;
    ck_assert_int_eq(orr_lc_clean(2, t, y, to, yo, &c, "val/loss", &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "val/loss");
    ck_assert_ptr_nonnull(strstr(err.message, "needs at least 3"));
}
END_TEST

START_TEST(every_family_finds_a_curve_of_its_own_kind)
{
    static const char *const names[] = {"pow3", "pow4", "exp3", "exp4", "ilog2", "janoschek", "mmf"};
    double y[N + AHEAD];
    for (int f = 0; f < 7; f++) {
        for (int i = 0; i < N + AHEAD; i++) {
            const double x = i + 1;
            y[i] = f == 0   ? 0.2 + 3 * pow(x, -0.7)
                   : f == 1 ? 0.2 + 3 * pow(x + 4, -0.9)
                   : f == 2 ? 0.2 + 3 * exp(-0.1 * x)
                   : f == 3 ? 0.2 + 3 * exp(-0.5 * pow(x, 0.6))
                   : f == 4 ? 0.2 + 3 / log(x + 1)
                   : f == 5 ? 0.2 + 3 * exp(-0.01 * pow(x, 1.5))
                            : 0.2 + 3 / (1 + pow(x / 9, 1.4));
        }
        const struct forecast r = forecast(names[f], N, y, ORR_LC_FALLING);
        for (int k = 0; k < AHEAD; k++)
            ck_assert_msg(fabs(r.mean[k] - y[N + k]) < 0.01, "%s at %d: %g, not %g", names[f], N + k + 1, r.mean[k],
                          y[N + k]);
    }
}
END_TEST

START_TEST(the_evidence_picks_the_right_family_out_of_noise)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 1);
    double y[N];
    for (int i = 0; i < N; i++) y[i] = 1 + 2 * exp(-0.25 * (i + 1)) + 0.005 * orr_rng_normal(&rng);
    const struct forecast r = forecast("power", N, y, ORR_LC_FALLING);
    ck_assert_double_eq_tol(r.mean[AHEAD - 1], 1, 0.03);
    ck_assert_double_lt(r.lower[AHEAD - 1], r.mean[AHEAD - 1]);
    ck_assert_double_gt(r.upper[AHEAD - 1], 0.99);
}
END_TEST

START_TEST(a_constant_is_carried_on_and_said_not_to_be_identified)
{
    const double y[] = {5, 5, 5, 5};
    static const char *const names[] = {"power", "power-best", "pow3", "mmf"};
    for (int i = 0; i < 4; i++) {
        const struct forecast r = forecast(names[i], 4, y, ORR_LC_UNKNOWN);
        ck_assert_int_eq(r.outcome, ORR_NOT_IDENTIFIED);
        ck_assert_double_eq(r.mean[AHEAD - 1], 5);
    }
    ck_assert_double_eq(forecast("last", 4, y, ORR_LC_UNKNOWN).upper[3], 5);
}
END_TEST

START_TEST(a_loss_stays_above_zero_and_an_accuracy_below_one)
{
    double loss[N], accuracy[N];
    for (int i = 0; i < N; i++) {
        loss[i] = 1 - i / 21.0;
        accuracy[i] = 0.3 + i / 32.0;
    }
    const struct forecast a = forecast("power", N, loss, ORR_LC_UNKNOWN),
                          b = forecast("power", N, accuracy, ORR_LC_UNKNOWN);
    for (int k = 0; k < AHEAD; k++) {
        ck_assert_double_ge(a.lower[k], 0);
        ck_assert_double_le(b.upper[k], 1);
    }
}
END_TEST

START_TEST(the_direction_is_that_of_the_trend)
{
    const double up[] = {1, 2, 2, 3, 2.5, 4}, down[] = {4, 3, 3.5, 2, 1, 2};
    ck_assert_int_eq(orr_lc_trend(6, up), ORR_LC_RISING);
    ck_assert_int_eq(orr_lc_trend(6, down), ORR_LC_FALLING);
}
END_TEST

START_TEST(steps_from_zero_are_moved_by_one_step)
{
    const double zero[] = {0, 128, 256}, one[] = {1, 2, 3}, late[] = {16, 23, 32};
    ck_assert_double_eq(orr_lc_shift(3, zero), 128);
    ck_assert_double_eq(orr_lc_shift(3, one), 0);
    ck_assert_double_eq(orr_lc_shift(3, late), 0);
}
END_TEST

START_TEST(a_graph_is_read_and_its_rows_are_normalised)
{
    static const char json[] =
        "{\"nodes\":[{\"id\":0,\"op\":\"input\",\"width\":8},{\"id\":1,\"op\":\"linear 16\",\"width\":16,"
        "\"activation\":\"relu\"},{\"id\":2,\"op\":\"linear 2\",\"width\":2}],\"edges\":[[0,1],[1,2],[7,1]]}";
    struct orr_lc_graph g;
    struct orr_error err;
    ck_assert_int_eq(orr_lc_graph_parse("g", json, &g, &err), ORR_OK);
    ck_assert_int_eq(g.n, 3);
    ck_assert_double_eq_tol((double)g.link[1][0], 0.4, 1e-6);
    ck_assert_double_eq_tol((double)g.link[1][1], 0.2, 1e-6);
    ck_assert_double_eq_tol((double)g.link[0][1], 2.0 / 3, 1e-6);
    ck_assert_int_eq(orr_lc_graph_parse("g", "{\"nodes\":[]}", &g, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_lc_graph_parse("g", "{\"nodes\":[1,null],\"edges\":[3,[1],[\"a\",{}]]}", &g, &err), ORR_OK);
}
END_TEST

ORR_SUITE("lc", a_step_that_falls_back_replaces_what_was_there,
          values_that_are_not_finite_are_dropped_and_three_at_the_end_are_a_divergence, two_points_are_a_named_error,
          every_family_finds_a_curve_of_its_own_kind, the_evidence_picks_the_right_family_out_of_noise,
          a_constant_is_carried_on_and_said_not_to_be_identified, a_loss_stays_above_zero_and_an_accuracy_below_one,
          the_direction_is_that_of_the_trend, steps_from_zero_are_moved_by_one_step,
          a_graph_is_read_and_its_rows_are_normalised)
