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

ORR_SUITE("real adoption", published_parameters_are_reproduced_and_the_blend_beats_every_baseline)
