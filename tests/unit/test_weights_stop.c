#include "suite.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/weights/weights.h"

enum { STEPS = 21, WEIGHTS = 40, RUNS = 10, MANY = 20000, SEEN = 5, HORIZONS = 3 };
static double grid[STEPS];

struct stop {
    int left, after; /* ticks until it says stop; ticks that came nevertheless */
};
static bool tick(void *ctx, const struct orr_progress *p)
{
    struct stop *s = ctx;
    (void)p;
    if (s->left <= 0) s->after++;
    return --s->left > 0;
}

static void make_set(struct orr_weights_set *set)
{
    float w[STEPS * WEIGHTS];
    for (size_t run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < STEPS; i++) {
            grid[i] = (double)i / (STEPS - 1);
            for (size_t k = 0; k < WEIGHTS; k++)
                w[i * WEIGHTS + k] =
                    (float)(sin(3.7 * (double)(run * WEIGHTS + k)) + cos(2.1 * (double)k) * (1 - exp(-3 * grid[i])));
        }
        ck_assert(!orr_weights_set_add(set, run, 0, ORR_ROLE_MATRIX, STEPS, grid, WEIGHTS, w, WEIGHTS, 1, "set", NULL));
    }
}

/* Forecasts MANY weights; mean (HORIZONS, MANY). */
static enum orr_status forecast(const struct orr_weights_model *m, struct stop *s, float *mean)
{
    static const double ahead[HORIZONS] = {0.4, 0.7, 1};
    static struct orr_observed o;
    float *w = orr_xmalloc(SEEN * MANY * sizeof *w);
    const struct orr_ticker ticker = {tick, s};
    for (size_t i = 0; i < SEEN * MANY; i++) w[i] = (float)sin((double)(i % MANY) + 0.1 * (double)(i / MANY));
    ck_assert(!orr_observed_init(&o, SEEN, grid, 0, ORR_ROLE_MATRIX, "test", NULL));
    ck_assert(!orr_observed_add(&o, w, MANY, "test", NULL));
    const enum orr_status status = orr_weights_forecast(m, &o, w, MANY, HORIZONS, ahead, mean, NULL, &ticker, NULL);
    free(w);
    return status;
}

static bool all_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

START_TEST(a_fit_of_any_method_stops_at_the_tick_that_says_so_and_what_it_has_forecasts)
{
    struct orr_weights_set set = {0};
    make_set(&set);
    float *mean = orr_xmalloc(HORIZONS * MANY * sizeof *mean);
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights) continue;
        for (int ticks = 1; ticks < 200; ticks = ticks * 3 + 1) {
            struct orr_weights_options o = orr_weights_defaults();
            struct orr_weights_model *m;
            struct stop s = {ticks, 0};
            const struct orr_ticker ticker = {tick, &s};
            o.fraction = 0.2;
            o.steps = 60;
            const enum orr_status status = orr_weights_fit(orr_methods[i]->weights, &set, &o, &ticker, &m, NULL);
            ck_assert_msg(s.after == 0, "%s goes on after a stop at tick %d", orr_methods[i]->name, ticks);
            if (s.left > 0)
                ck_assert_msg(!status, "%s", orr_methods[i]->name);
            else
                ck_assert_msg(status == ORR_ECANCELLED, "%s: %d after %d ticks", orr_methods[i]->name, status, ticks);
            if (m) {
                struct stop never = {1 << 30, 0};
                if (status) ck_assert_int_eq(m->outcome, ORR_CANCELLED);
                ck_assert_msg(!forecast(m, &never, mean) && all_finite(mean, HORIZONS * MANY), "%s, stopped at tick %d",
                              orr_methods[i]->name, ticks);
            }
            orr_weights_model_free(m);
        }
    }
    free(mean);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(a_forecast_of_any_method_stops_at_any_of_its_ticks)
{
    struct orr_weights_set set = {0};
    make_set(&set);
    float *mean = orr_xmalloc(HORIZONS * MANY * sizeof *mean);
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights) continue;
        struct orr_weights_options o = orr_weights_defaults();
        struct orr_weights_model *m;
        o.fraction = 0.2;
        o.steps = 5;
        ck_assert(!orr_weights_fit(orr_methods[i]->weights, &set, &o, NULL, &m, NULL));
        int most = 1;
        for (;; most += most < 8 ? 1 : most) {
            struct stop s = {most, 0};
            if (!forecast(m, &s, mean)) break;
            ck_assert_msg(s.after == 0 && s.left == 0, "%s at tick %d", orr_methods[i]->name, most);
            ck_assert_int_lt(most, 10000);
        }
        ck_assert_msg(most > 1, "%s never ticks", orr_methods[i]->name);
        orr_weights_model_free(m);
    }
    free(mean);
    orr_weights_set_free(&set);
}
END_TEST

ORR_SUITE("weights stop", a_fit_of_any_method_stops_at_the_tick_that_says_so_and_what_it_has_forecasts,
          a_forecast_of_any_method_stops_at_any_of_its_ticks)
