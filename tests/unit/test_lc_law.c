/* Closed forms in the blend: believed where a curve follows one, and nowhere else. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "methods/curve/private.h"

enum { POINTS = 100, SEEN = 20 };

struct world {
    double t[POINTS], y[POINTS], at[2], mean[2], lower[2], upper[2];
    struct orr_forecast out;
};

/* 0.3 + 1.5 exp(-t / 8) with noise; a forecast of another method that stands at 0.6 [0.4, 0.8]. */
static struct orr_lc_observed make(struct world *w, double noise)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 3, 1);
    for (int i = 0; i < POINTS; i++) {
        w->t[i] = i + 1;
        w->y[i] = 0.3 + 1.5 * exp(-w->t[i] / 8) + noise * orr_rng_normal(&rng);
    }
    for (int k = 0; k < 2; k++) {
        w->at[k] = k ? POINTS : 40;
        w->mean[k] = 0.6;
        w->lower[k] = 0.4;
        w->upper[k] = 0.8;
    }
    w->out = (struct orr_forecast){.n = 2, .t = w->at, .mean = w->mean, .lower = w->lower, .upper = w->upper, .level = 0.9};
    return (struct orr_lc_observed){.n = SEEN, .t = w->t, .y = w->y, .direction = ORR_LC_FALLING};
}

START_TEST(a_curve_that_follows_a_law_is_carried_on_by_it)
{
    struct world w;
    const struct orr_lc_observed o = make(&w, 0);
    orr_lc_trust_law(&o, &w.out);
    for (int k = 0; k < 2; k++) {
        const double truth = 0.3 + 1.5 * exp(-w.at[k] / 8);
        ck_assert_double_eq_tol(w.mean[k], truth, 0.01 * truth);
        ck_assert(w.lower[k] <= truth && truth <= w.upper[k]);
        ck_assert_double_lt(w.upper[k] - w.lower[k], 0.1);
    }
}
END_TEST

START_TEST(a_noisy_curve_is_left_to_the_other_method)
{
    struct world w;
    const struct orr_lc_observed o = make(&w, 0.15);
    orr_lc_trust_law(&o, &w.out);
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(w.mean[k], 0.6, 0.01);
        ck_assert_double_eq_tol(w.upper[k], 0.8, 0.02);
    }
}
END_TEST

START_TEST(in_between_the_interval_holds_both)
{
    struct world w;
    const struct orr_lc_observed o = make(&w, 0.01);
    orr_lc_trust_law(&o, &w.out);
    ck_assert(w.mean[1] > 0.31 && w.mean[1] < 0.59);
    ck_assert(w.lower[1] < 0.3 && w.upper[1] > w.mean[1] + 0.1);
}
END_TEST

START_TEST(few_points_and_jumps_change_nothing_that_is_not_finite)
{
    struct world w, before;
    struct orr_lc_observed o = make(&w, 0);
    before = w;
    o.n = 11;
    orr_lc_trust_law(&o, &w.out);
    ck_assert_mem_eq(w.mean, before.mean, sizeof w.mean + sizeof w.lower + sizeof w.upper);
    o.n = SEEN;
    for (int i = 0; i < SEEN; i++) w.y[i] = i == SEEN - 1; /* flat, then a jump */
    orr_lc_trust_law(&o, &w.out);
    for (int k = 0; k < 2; k++) ck_assert(isfinite(w.mean[k]) && w.lower[k] <= w.mean[k] && w.mean[k] <= w.upper[k]);
    for (int i = 0; i < SEEN; i++) w.y[i] = 1e-300 * (i + 1);
    orr_lc_trust_law(&o, &w.out);
    for (int k = 0; k < 2; k++) ck_assert(isfinite(w.mean[k]) && w.lower[k] <= w.mean[k] && w.mean[k] <= w.upper[k]);
}
END_TEST

ORR_SUITE("lc_law", a_curve_that_follows_a_law_is_carried_on_by_it, a_noisy_curve_is_left_to_the_other_method,
          in_between_the_interval_holds_both, few_points_and_jumps_change_nothing_that_is_not_finite)
