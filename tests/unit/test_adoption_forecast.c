#include "suite.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "app/adoption.h"

enum { MONTHS = 24, AHEAD = 12, SERIES = 24 };
static double months[MONTHS];

static void simulate(uint64_t seed, double *c, struct orr_wsb *p)
{
    struct orr_rng rng;
    for (int i = 0; i < MONTHS; i++) months[i] = i + 1;
    for (uint64_t item = 0;; item++) {
        orr_rng_seed(&rng, seed, item);
        *p = (struct orr_wsb){1, 3 + orr_rng_gamma(&rng, 3), 1.5 + 0.5 * orr_rng_normal(&rng),
                              exp(0.3 * orr_rng_normal(&rng))};
        orr_rpp_simulate(p, MONTHS, months, &rng, c);
        if (c[MONTHS - 1] > 0) return;
    }
}

static struct orr_adoption_set make_set(void)
{
    struct orr_adoption_set set = {0};
    set.items = calloc(SERIES, sizeof *set.items);
    set.n = SERIES;
    for (size_t i = 0; i < SERIES; i++) {
        struct orr_wsb p;
        double *c = orr_arena_alloc(&set.arena, MONTHS * sizeof *c);
        simulate(i, c, &p);
        set.items[i] = (struct orr_adoption_item){
            .name = orr_arena_printf(&set.arena, "series %zu", i), .group = "", .period = "month", .n = MONTHS,
            .t = months, .c = c};
    }
    return set;
}

START_TEST(forecasts_of_every_method_rise_and_lie_within_their_bounds)
{
    static const char *const methods[] = {"bayes", "blend", "rpp", "least-squares", "linear", "gompertz"};
    struct orr_adoption_set set = make_set();
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        struct orr_adoption_query q = orr_adoption_query_defaults();
        q.method = methods[m];
        q.observe = 10;
        struct orr_adoption_results r;
        struct orr_error err;
        ck_assert_msg(orr_adoption_run(&set, &q, NULL, &r, &err) == ORR_OK, "%s", err.message);
        for (size_t i = 0; i < r.n; i++) {
            const struct orr_forecast *f = &r.items[i].forecast;
            if (r.items[i].status != ORR_OK) continue; /* nothing counted in the first months */
            ck_assert_uint_eq(f->n, AHEAD);
            double before = set.items[i].c[9];
            for (size_t k = 0; k < f->n; k++) {
                ck_assert_msg(f->mean[k] >= before - 1e-9, "%s, %zu months ahead", methods[m], k + 1);
                ck_assert(f->lower[k] <= f->mean[k] && f->mean[k] <= f->upper[k]);
                ck_assert_double_eq(f->t[k], 11 + (double)k);
                before = f->mean[k];
            }
        }
        orr_adoption_results_free(&r);
    }
    orr_adoption_set_free(&set);
}
END_TEST

START_TEST(neither_threads_nor_repetition_change_a_forecast)
{
    struct orr_adoption_set set = make_set();
    struct orr_str text[3] = {{0}};
    static const int threads[3] = {1, 3, 1};
    for (int k = 0; k < 3; k++) {
        struct orr_adoption_query q = orr_adoption_query_defaults();
        q.threads = threads[k];
        q.jumps = true;
        struct orr_adoption_results r;
        ck_assert_int_eq(orr_adoption_run(&set, &q, NULL, &r, NULL), ORR_OK);
        orr_adoption_json(&set, &q, &r, &text[k]);
        orr_adoption_results_free(&r);
    }
    ck_assert_str_eq(text[0].data, text[1].data);
    ck_assert_str_eq(text[0].data, text[2].data);
    for (int k = 0; k < 3; k++) orr_str_free(&text[k]);
    orr_adoption_set_free(&set);
}
END_TEST

START_TEST(predictive_intervals_cover_simulated_futures_as_often_as_they_say)
{
    enum { TRIALS = 150 };
    int covered = 0, n = 0;
    const struct orr_rpp_prior prior = {6, 1, 1.5, 0.5, 0, 0.3};
    for (uint64_t k = 0; k < TRIALS; k++) {
        struct orr_wsb p;
        double c[MONTHS];
        simulate(1000 + k, c, &p);
        if (!(c[11] > 0)) continue;
        const struct orr_counts seen = {12, months, c};
        struct orr_rpp_posterior posterior;
        ck_assert_int_eq(orr_rpp_posterior(&seen, 1, &prior, true, k, &posterior, NULL), ORR_OK);
        const double probs[2] = {0.05, 0.95};
        double q[2 * AHEAD];
        orr_rpp_predict(&posterior, 12, c[11], AHEAD, months + 12, 2, probs, k, NULL, q, NULL);
        orr_rpp_posterior_free(&posterior);
        covered += c[MONTHS - 1] >= q[2 * AHEAD - 2] && c[MONTHS - 1] <= q[2 * AHEAD - 1];
        n++;
    }
    ck_assert_msg(covered > 0.83 * n && covered < 0.97 * n, "%d of %d", covered, n);
}
END_TEST

START_TEST(the_prior_of_a_population_is_found_from_its_series)
{
    enum { N = 120 };
    static double c[N][MONTHS];
    struct orr_counts series[N];
    for (uint64_t i = 0; i < N; i++) {
        struct orr_wsb p;
        simulate(5000 + i, c[i], &p);
        series[i] = (struct orr_counts){MONTHS, months, c[i]};
    }
    struct orr_rpp_prior prior;
    ck_assert_int_eq(orr_rpp_learn_prior(series, N, 1, 5, 1, 0, NULL, &prior, NULL), ORR_OK);
    ck_assert_double_eq_tol(prior.alpha / prior.beta, 6, 1); /* the mean of lambda */
    ck_assert_double_eq_tol(prior.mu_mean, 1.5, 0.3);
    ck_assert_double_eq_tol(prior.log_sigma_mean, 0, 0.2);
    struct orr_error err;
    ck_assert_int_eq(orr_rpp_learn_prior(series, 2, 1, 2, 1, 0, NULL, &prior, &err), ORR_EINVAL);
}
END_TEST

START_TEST(the_closed_forms_of_the_event_time_likelihood_hold)
{
    /* With F linear over a period in which nothing happens, X = m F; forecasts grow with F and diverge at X + beta. */
    double c[MONTHS] = {0};
    for (int i = 0; i < MONTHS; i++) months[i] = i + 1;
    const struct orr_wsb p = {1, 2, 1.5, 0.8};
    ck_assert_double_eq_tol(orr_rpp_exposure(&p, 1, months, c), orr_wsb_phi(&p, 1), 1e-12);
    ck_assert_double_eq_tol(orr_rpp_mean_forecast(1, 10, 8, 2, 1, 0), 10, 1e-12);
    ck_assert_double_gt(orr_rpp_mean_forecast(1, 10, 8, 2, 1, 0.1), 10);
    ck_assert(isinf(orr_rpp_mean_forecast(1, 10, 0.5, 2, 0.1, 0.7)));
    /* lambda = N / X maximises the binned likelihood when one period holds everything */
    c[0] = 40;
    const double log_t[1] = {0}, x = orr_rpp_exposure(&p, 1, months, c);
    double theta[3] = {log(40 / x), p.mu, log(p.sigma)}, g[3];
    orr_rpp_log_likelihood(1, 1, log_t, c, theta, g);
    ck_assert_double_eq_tol(g[0], 0, 1e-9);
}
END_TEST

struct watch {
    int left, asked, after; /* ticks until the stop, ticks so far, ticks after the stop */
};
static bool stop_after(void *ctx, const struct orr_progress *p)
{
    (void)p;
    struct watch *w = ctx;
    w->asked++;
    if (w->left > 0) w->left--;
    else w->after++;
    return w->left > 0;
}

static enum orr_status run_watched(const struct orr_adoption_set *set, const char *method, bool jumps, struct watch *w)
{
    struct orr_adoption_query q = orr_adoption_query_defaults();
    q.method = method;
    q.jumps = jumps;
    q.threads = 1;
    const struct orr_ticker ticker = {stop_after, w};
    struct orr_adoption_results r;
    struct orr_error err;
    const enum orr_status status = orr_adoption_run(set, &q, &ticker, &r, &err);
    if (status == ORR_ECANCELLED) ck_assert_ptr_null(r.items);
    else orr_adoption_results_free(&r);
    return status;
}

START_TEST(a_run_of_every_method_stops_at_any_tick)
{
    static const char *const methods[] = {"bayes", "blend", "rpp", "least-squares", "persistence", "linear",
                                          "exponential", "logistic", "gompertz", "bass"};
    struct orr_adoption_set set = make_set();
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        struct watch all = {.left = INT_MAX};
        ck_assert_int_eq(run_watched(&set, methods[m], false, &all), ORR_OK);
        ck_assert_msg(all.asked > SERIES, "%s asks %d times for %d series", methods[m], all.asked, SERIES);
        for (int k = 1; k < all.asked; k += 1 + all.asked / 4) {
            struct watch w = {.left = k};
            ck_assert_msg(run_watched(&set, methods[m], false, &w) == ORR_ECANCELLED, "%s, tick %d", methods[m], k);
            ck_assert_msg(w.after <= 3, "%s asked %d times after tick %d said stop", methods[m], w.after, k);
        }
    }
    orr_adoption_set_free(&set);
}
END_TEST

START_TEST(the_search_for_jumps_in_a_long_series_stops_within_a_period)
{
    enum { DAYS = 300 };
    double t[DAYS], c[DAYS];
    for (int i = 0; i < DAYS; i++) t[i] = i + 1, c[i] = 3 * i + (i > 200 ? 500 : 0);
    struct orr_adoption_item item = {.name = "days", .group = "", .period = "day", .n = DAYS, .t = t, .c = c};
    const struct orr_adoption_set set = {.n = 1, .items = &item};
    struct watch w = {.left = 40}; /* far within the first of many rounds over all periods */
    ck_assert_int_eq(run_watched(&set, "rpp", true, &w), ORR_ECANCELLED);
    ck_assert_int_le(w.after, 3);
}
END_TEST

START_TEST(learning_from_a_population_stops_at_any_series)
{
    static double c[SERIES][MONTHS];
    struct orr_blend_series series[SERIES];
    struct orr_counts counts[SERIES];
    const struct orr_rpp_prior priors[2] = {orr_rpp_weak_prior(), orr_rpp_weak_prior()};
    for (size_t i = 0; i < SERIES; i++) {
        struct orr_wsb p;
        simulate(i, c[i], &p);
        counts[i] = (struct orr_counts){MONTHS, months, c[i]};
        series[i] = (struct orr_blend_series){counts[i], i % 2};
    }
    const struct orr_blend_lesson lesson = {series, SERIES, 2, priors, NULL, NULL, 7, 1};
    for (int k = 1; k < SERIES; k += 6) {
        struct watch w = {.left = k}, v = {.left = k};
        struct orr_rpp_prior prior;
        struct orr_blend blends[3];
        struct orr_error err;
        const struct orr_ticker first = {stop_after, &w}, second = {stop_after, &v};
        ck_assert_int_eq(orr_rpp_learn_prior(counts, SERIES, 1, 3, 1, 1, &first, &prior, &err), ORR_ECANCELLED);
        ck_assert_int_eq(orr_blend_learn(&lesson, &second, blends, &err), ORR_ECANCELLED);
        ck_assert_int_le(w.after, 3);
        ck_assert_int_le(v.after, 3);
    }
}
END_TEST

START_TEST(intervals_learned_on_over_dispersed_series_hold_on_others_like_them)
{
    /* every month's growth is multiplied by luck that a Poisson process does not know */
    enum { N = 160, LEARN = 80 };
    static double c[N][MONTHS];
    struct orr_blend_series series[N];
    struct orr_rpp_prior priors[4];
    for (size_t g = 0; g < 4; g++) priors[g] = orr_rpp_weak_prior();
    for (size_t i = 0; i < N; i++) {
        struct orr_rng rng;
        struct orr_wsb p;
        simulate(9000 + i, c[i], &p);
        orr_rng_seed(&rng, 31, i);
        double before = 0, sum = 0;
        for (int k = 0; k < MONTHS; k++) {
            const double d = c[i][k] - before;
            before = c[i][k];
            c[i][k] = sum += round((20 + d) * exp(0.8 * orr_rng_normal(&rng)));
        }
        series[i] = (struct orr_blend_series){{MONTHS, months, c[i]}, i % 4};
    }
    const struct orr_blend_lesson lesson = {series, LEARN, 4, priors, NULL, NULL, 8, 0};
    struct orr_blend blends[5];
    ck_assert_int_eq(orr_blend_learn(&lesson, NULL, blends, NULL), ORR_OK);
    for (int fit = ORR_ADOPTION_BAYES; fit <= ORR_ADOPTION_BLEND; fit++) {
        int covered = 0;
        for (size_t i = LEARN; i < N; i++) {
            const struct orr_counts seen = {12, months, c[i]};
            struct orr_adoption_settings settings = orr_adoption_defaults();
            settings.fit = (enum orr_adoption_fit)fit;
            double t[AHEAD], mean[AHEAD], lower[AHEAD], upper[AHEAD];
            struct orr_forecast f = {.t = t, .mean = mean, .lower = lower, .upper = upper};
            struct orr_adoption a;
            ck_assert_int_eq(orr_adoption_fit(&seen, &settings, &priors[0], &blends[4], false, AHEAD, NULL, &a, &f, NULL),
                             ORR_OK);
            covered += c[i][MONTHS - 1] >= lower[AHEAD - 1] && c[i][MONTHS - 1] <= upper[AHEAD - 1];
        }
        ck_assert_msg(covered > 0.82 * LEARN && covered < 0.98 * LEARN, "fit %d: %d of %d", fit, covered, LEARN);
    }
}
END_TEST

START_TEST(wrong_settings_are_refused_with_the_remedy)
{
    struct orr_adoption_set set = make_set();
    struct orr_adoption_results r;
    struct orr_error err;
    struct orr_adoption_query q = orr_adoption_query_defaults();
    q.method = "arima";
    ck_assert_int_eq(orr_adoption_run(&set, &q, NULL, &r, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "least-squares"));
    q.method = "bayes";
    q.paper = true;
    ck_assert_int_eq(orr_adoption_run(&set, &q, NULL, &r, &err), ORR_EINVAL);
    orr_adoption_set_free(&set);
}
END_TEST

START_TEST(one_bad_series_does_not_stop_the_others)
{
    struct orr_adoption_set set = make_set();
    set.items[1].c[3] = -1;
    const struct orr_adoption_query q = orr_adoption_query_defaults();
    struct orr_adoption_results r;
    ck_assert_int_eq(orr_adoption_run(&set, &q, NULL, &r, NULL), ORR_OK);
    ck_assert_int_eq(r.items[1].status, ORR_EINVAL);
    ck_assert_int_eq(r.items[0].status, ORR_OK);
    struct orr_str json = {0};
    orr_adoption_json(&set, &q, &r, &json);
    ck_assert_ptr_nonnull(strstr(json.data, "\"outcome\":\"failed\""));
    orr_str_free(&json);
    orr_adoption_results_free(&r);
    orr_adoption_set_free(&set);
}
END_TEST

ORR_SUITE("adoption forecast", forecasts_of_every_method_rise_and_lie_within_their_bounds,
          neither_threads_nor_repetition_change_a_forecast,
          predictive_intervals_cover_simulated_futures_as_often_as_they_say,
          the_prior_of_a_population_is_found_from_its_series, the_closed_forms_of_the_event_time_likelihood_hold,
          a_run_of_every_method_stops_at_any_tick, the_search_for_jumps_in_a_long_series_stops_within_a_period,
          learning_from_a_population_stops_at_any_series,
          intervals_learned_on_over_dispersed_series_hold_on_others_like_them,
          wrong_settings_are_refused_with_the_remedy, one_bad_series_does_not_stop_the_others)
