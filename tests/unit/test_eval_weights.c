#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aid_command.h"
#include "aid_store.h"
#include "app/eval_weights.h"
#include "app/eval_weights_summary.h"

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

/* tests/data/weights_summary: results made up so that means, counts and marks can be checked by hand. */
START_TEST(the_page_of_results_is_the_golden_one_and_results_read_back_as_printed)
{
    struct orr_eval e = {0}, again = {0};
    struct orr_error err;
    struct orr_str json = {0}, page = {0}, twice = {0};
    size_t n = 0;
    char *golden = (char *)aid_slurp("tests/data/weights_summary/page.md", &n);
    ck_assert_ptr_nonnull(golden);
    ck_assert_msg(!orr_eval_read("tests/data/weights_summary/result.json", "weights", &e, &err), "%s", err.message);
    orr_eval_weights_summary(&e, &page);
    ck_assert_msg(page.len == n && !memcmp(page.data, golden, n), "%s", page.data);
    e.name = "weights";
    orr_eval_json(&e, &json);
    ck_assert_msg(!orr_eval_parse("again", json.data, json.len, "weights", &again, &err), "%s", err.message);
    ck_assert(again.n_rows == e.n_rows && again.n_paired == e.n_paired);
    orr_eval_weights_summary(&again, &twice);
    ck_assert_str_eq(twice.data, page.data);
    free(golden);
    orr_str_free(&json);
    orr_str_free(&page);
    orr_str_free(&twice);
    orr_eval_free(&e);
    orr_eval_free(&again);
}
END_TEST

START_TEST(what_is_no_result_of_this_evaluation_is_refused_with_its_place)
{
    static const struct { const char *text, *says; enum orr_status status; } wrong[] = {
        {"[]", "no result", ORR_EFORMAT},
        {"{\"eval\":\"curve\",\"rows\":[],\"paired\":[]}", "eval curve", ORR_EINVAL},
        {"{\"eval\":\"weights\",\"rows\":{},\"paired\":[]}", "\"rows\"", ORR_EFORMAT},
        {"{\"eval\":\"weights\",\"rows\":[],\"paired\":[7]}", "entry 1 of \"paired\"", ORR_EFORMAT},
        {
            "{\"eval\":\"weights\",\"rows\":[{\"task\":\"t\",\"setting\":\"\",\"method\":\"m\",\"metric\":\"mae\",\"better\":\"up\","
         "\"value\":1,\"lo\":1,\"hi\":1,\"n\":1}],\"paired\":[]}",
         "entry 1 of \"rows\"", ORR_EFORMAT},
        {
            "{\"eval\":\"weights\",\"rows\":[{\"task\":\"t\",\"setting\":\"\",\"method\":\"m\",\"metric\":\"mae\",\"better\":\"lower\","
         "\"value\":\"1\",\"lo\":1,\"hi\":1,\"n\":1}],\"paired\":[]}",
         "entry 1 of \"rows\"", ORR_EFORMAT},
        {"{\"eval\":\"weights\",\"rows\":[", "", ORR_EFORMAT},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct orr_eval e = {0};
        struct orr_error err = {0};
        ck_assert_int_eq(orr_eval_parse("r.json", wrong[i].text, strlen(wrong[i].text), "weights", &e, &err), wrong[i].status);
        ck_assert_msg(strstr(err.where, "r.json") && strstr(err.message, wrong[i].says), "%s: %s", err.where, err.message);
        orr_eval_free(&e);
    }
    struct aid_output o = aid_command_expect(NULL, "eval weights no-such.json", 2);
    ck_assert_ptr_nonnull(strstr(o.err, "--summary"));
    aid_output_free(&o);
    o = aid_command_expect(NULL, "eval weights --summary", 2);
    aid_output_free(&o);
}
END_TEST

ORR_SUITE("eval weights", drawn_sequences_are_scored_by_kind_fraction_and_method, names_that_are_none_are_refused,
          the_page_of_results_is_the_golden_one_and_results_read_back_as_printed,
          what_is_no_result_of_this_evaluation_is_refused_with_its_place)
