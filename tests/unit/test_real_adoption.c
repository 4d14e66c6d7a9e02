#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/eval_adoption.h"

/* The rows of `orrery eval adoption --quick` on the models of $REAL, without the packages. */
static const struct orr_eval *evaluate(void)
{
    static struct orr_eval eval;
    const char *real = getenv("REAL");
    if (!real || !*real) {
        puts("skipped: REAL names no folder of real data");
        return NULL;
    }
    struct orr_error err;
    const struct orr_eval_adoption_options o = {.real = real, .quick = true, .seed = 1, .only_models = true};
    ck_assert_msg(orr_eval_adoption(&o, NULL, &eval, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return &eval;
}

static double value(const struct orr_eval *e, const char *task, const char *setting, const char *method,
                    const char *metric)
{
    for (size_t i = 0; i < e->n_rows; i++) {
        const struct orr_eval_row *r = &e->rows[i];
        if (!strcmp(r->task, task) && !strcmp(r->setting, setting) && !strcmp(r->method, method) &&
            !strcmp(r->metric, metric))
            return r->value.value;
    }
    ck_abort_msg("no row %s %s %s %s", task, setting, method, metric);
}

START_TEST(published_parameters_are_reproduced_and_the_blend_beats_every_baseline)
{
    static const char *const baselines[] = {"persistence", "linear", "exponential", "logistic", "gompertz", "bass"};
    static const char *const settings[] = {"6+6", "12+6", "12+12"};
    const struct orr_eval *e = evaluate();
    if (!e) return;
    ck_assert_double_eq(value(e, "golden", "identified", "wsb-paper", "agrees@1e-3"), 1);
    ck_assert_double_gt(value(e, "golden", "not identified", "wsb-paper", "agrees@1e-3"), 0.8);
    ck_assert_double_gt(value(e, "golden", "not identified", "wsb-paper", "not_worse"), 0.95);
    for (int s = 0; s < 3; s++) {
        const double blend = value(e, "forecast-hf", settings[s], "blend", "medape");
        for (size_t b = 0; b < sizeof baselines / sizeof *baselines; b++)
            ck_assert_msg(blend < value(e, "forecast-hf", settings[s], baselines[b], "medape"), "%s at %s", baselines[b],
                          settings[s]);
    }
}
END_TEST

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { SEEDS = 5, MOST = 200 };

/* Forecasts of five seeds, lowest to highest, as a share of the process' own 90% interval. */
struct range {
    double lo, hi;
};
static void widen(struct range *r, double d)
{
    r->lo = fmin(r->lo, d);
    r->hi = fmax(r->hi, d);
}
static double share(const struct range *r, double spread) { return log((r->hi + 1) / (r->lo + 1)) / spread; }

/* Five seeds at 12 periods: how far forecasts of 12 more lie apart, and how many draws stand behind them. The process
 * alone has a few series, dispersed a hundredfold, whose next year holds nothing or much: there only its middle is
 * steady; what is forecast by default, the blend, is steady everywhere. */
static void five_seeds(const char *file, size_t every)
{
    enum { OBSERVE = 12, AHEAD = 12 };
    struct orr_adoption_set set = {0};
    struct orr_str path = {0};
    struct orr_error err;
    double apart[MOST], bayes_apart[MOST], effective[MOST * SEEDS];
    size_t n = 0, used = 0;
    orr_str_printf(&path, "%s/%s", getenv("REAL"), file);
    ck_assert_msg(orr_adoption_load_table(path.data, NULL, &set, &err) == ORR_OK, "%s", err.message);
    for (size_t i = 0; i < set.n && n < MOST; i++) {
        const struct orr_adoption_item *item = &set.items[i];
        if (item->n < OBSERVE || item->c[OBSERVE - 1] < 10 || used++ % every) continue;
        const struct orr_counts counts = {OBSERVE, item->t, item->c};
        struct range blend = {INFINITY, 0}, bayes = {INFINITY, 0};
        double spread = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct orr_rpp_posterior p;
            struct orr_blend_state s;
            ck_assert_int_eq(orr_rpp_posterior(&counts, 1, &orr_rpp_shipped_prior, true, seed, &p, NULL), ORR_OK);
            ck_assert_int_eq(orr_blend_observe(&counts, &p, AHEAD, seed, NULL, &s, NULL), ORR_OK);
            widen(&blend, orr_blend_median(&orr_blend_shipped, ORR_BLEND_BLEND, &s, AHEAD) - s.count);
            widen(&bayes, orr_blend_median(&orr_blend_shipped, ORR_BLEND_BAYES, &s, AHEAD) - s.count);
            effective[n * SEEDS + seed - 1] = p.effective;
            spread = fmax(spread, s.spread[AHEAD - 1]);
            orr_blend_state_free(&s);
            orr_rpp_posterior_free(&p);
        }
        bayes_apart[n] = share(&bayes, spread);
        apart[n++] = share(&blend, spread);
    }
    ck_assert_uint_gt(n, 5);
    qsort(apart, n, sizeof *apart, by_value);
    qsort(bayes_apart, n, sizeof *bayes_apart, by_value);
    qsort(effective, n * SEEDS, sizeof *effective, by_value);
    printf("%s: %zu series, five forecasts apart by median %.3f, 95%% %.3f, bayes %.3f, %.3f; effective draws median %.0f, "
           "5%% %.0f\n", file, n, apart[n / 2], apart[n * 19 / 20], bayes_apart[n / 2], bayes_apart[n * 19 / 20], effective[n * SEEDS / 2], effective[n * SEEDS / 20]);
    ck_assert_double_lt(bayes_apart[n / 2], 0.1);
    ck_assert_double_lt(apart[n * 19 / 20], 0.2);
    ck_assert_double_gt(effective[n * SEEDS / 20], 50);
    orr_adoption_set_free(&set);
    orr_str_free(&path);
}

START_TEST(five_seeds_of_the_posterior_give_the_same_forecasts_of_real_series)
{
    const char *real = getenv("REAL");
    if (!real || !*real) {
        puts("skipped: REAL names no folder of real data");
        return;
    }
    static const char *const companies[] = {"OpenAI", "Salesforce", "StabilityAI"};
    for (size_t i = 0; i < 3; i++) {
        char file[100];
        snprintf(file, sizeof file, "hf_adoption/data/2025-02-18/finetune/%s.csv", companies[i]);
        five_seeds(file, 1);
    }
    five_seeds("pypi_downloads/pypi_downloads.csv", 40);
}
END_TEST

ORR_SUITE("real adoption", five_seeds_of_the_posterior_give_the_same_forecasts_of_real_series,
          published_parameters_are_reproduced_and_the_blend_beats_every_baseline)
