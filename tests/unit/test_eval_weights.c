#include "suite.h"

#include <math.h>
#include <string.h>

#include "app/eval_weights.h"

static const struct orr_eval_row *find(const struct orr_eval_row *rows, size_t n, const char *setting, const char *method,
                                       const char *against)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].setting, setting) && !strcmp(rows[i].method, method) && !strcmp(rows[i].metric, "mae") &&
            (!against || !strcmp(rows[i].against, against)))
            return &rows[i];
    ck_abort_msg("no row %s of %s", setting, method);
}

START_TEST(drawn_sequences_are_scored_by_kind_fraction_and_method)
{
    static const char *const tasks[] = {"synthetic"}, *const methods[] = {"persistence", "nlinear", "farcast"};
    const struct orr_eval_weights_options o = {
        .seed = 1, .seeds = 1, .threads = 1, .runs = 30, .tasks = tasks, .n_tasks = 1, .methods = methods, .n_methods = 3};
    struct orr_eval e = {0};
    struct orr_error err;
    ck_assert_msg(!orr_eval_weights(&o, NULL, &e, &err), "%s", err.message);
    static const char *const settings[] = {"exponential 10%", "oscillating 20%", "plateau 40%", "noisy 40%"};
    for (size_t i = 0; i < 4; i++) {
        const struct orr_eval_row *r = find(e.rows, e.n_rows, settings[i], "persistence", NULL);
        ck_assert(r->n == 10 && r->value.value > 0 && r->value.lo <= r->value.value && r->value.value <= r->value.hi);
    }
    /* the mean of the differences is the difference of the means */
    const struct orr_eval_row *d = find(e.paired, e.n_paired, "exponential 20%", "farcast", "nlinear");
    const double a = find(e.rows, e.n_rows, "exponential 20%", "farcast", NULL)->value.value;
    const double b = find(e.rows, e.n_rows, "exponential 20%", "nlinear", NULL)->value.value;
    ck_assert_double_eq_tol(d->value.value, a - b, 1e-9);
    ck_assert(a < find(e.rows, e.n_rows, "exponential 20%", "persistence", NULL)->value.value / 2);
    for (size_t i = 0; i < e.n_rows; i++) ck_assert_str_ne(e.rows[i].metric, "loss"); /* there is no network */
    orr_eval_free(&e);
}
END_TEST

START_TEST(names_that_are_none_are_refused)
{
    static const char *const wrong[] = {"weights-mpl"};
    struct orr_eval e = {0};
    struct orr_error err;
    struct orr_eval_weights_options o = {.seed = 1, .threads = 1, .tasks = wrong, .n_tasks = 1};
    ck_assert_int_eq(orr_eval_weights(&o, NULL, &e, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "weights-mpl"));
    orr_eval_free(&e);
    o = (struct orr_eval_weights_options){.seed = 1, .threads = 1, .methods = wrong, .n_methods = 1};
    ck_assert_int_eq(orr_eval_weights(&o, NULL, &e, &err), ORR_EINVAL);
    orr_eval_free(&e);
}
END_TEST

ORR_SUITE("eval weights", drawn_sequences_are_scored_by_kind_fraction_and_method, names_that_are_none_are_refused)
