/* orrery forecast curve on pipes: what it prints, and what it says of bad input. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_command.h"
#include "base/json.h"

/* The first object that the line prints for this input. */
static struct json_object *forecast(const char *line, const char *input, int code)
{
    struct aid_output o = aid_command(NULL, line, input);
    struct json_object *all = NULL;
    ck_assert_msg(o.code == code, "%s: exit %d: %s", line, o.code, o.err);
    ck_assert_int_eq(orr_json_parse("stdout", o.out, strlen(o.out), &all, NULL), ORR_OK);
    ck_assert_uint_ge(json_object_array_length(all), 1);
    struct json_object *first = json_object_get(json_object_array_get_idx(all, 0));
    json_object_put(all);
    aid_output_free(&o);
    return first;
}

static const char *text(struct json_object *o, const char *key)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

static double at(struct json_object *o, const char *key, size_t k)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) && k < json_object_array_length(v)
               ? json_object_get_double(json_object_array_get_idx(v, k))
               : NAN;
}

START_TEST(a_pipe_gives_one_object_with_every_horizon)
{
    struct json_object *o =
        forecast("forecast curve - --method pow3 --horizon 3 --json", "step,loss\n1,1\n2,.5\n4,.25\n8,.125\n", 0);
    ck_assert_str_eq(text(o, "series"), "loss");
    ck_assert_str_eq(text(o, "direction"), "falling");
    ck_assert_str_eq(text(o, "observed"), "4");
    ck_assert_double_eq(at(o, "step", 0), 11);
    ck_assert_double_eq_tol(at(o, "mean", 0), 1.0 / 11, 1e-3);
    ck_assert(at(o, "lower", 0) <= at(o, "mean", 0) && at(o, "mean", 0) <= at(o, "upper", 0));
    json_object_put(o);
}
END_TEST

START_TEST(a_share_is_observed_and_the_rest_is_shown_beside_the_forecast)
{
    struct json_object *o = forecast("forecast curve - --observe 50% --method last --json",
                                     "epoch,acc\n0,.1\n1,.2\n2,.3\n3,.4\n4,.5\n5,.6\n6,.7\n", 0);
    ck_assert_str_eq(text(o, "direction"), "rising");
    ck_assert_str_eq(text(o, "observed"), "4");
    ck_assert_double_eq(at(o, "mean", 2), 0.4);
    ck_assert_double_eq(at(o, "actual", 2), 0.7);
    json_object_put(o);
}
END_TEST

START_TEST(two_points_fail_by_name_and_leave_the_other_curves)
{
    struct json_object *o =
        forecast("forecast curve - --method power -s '' --json", "step,loss,acc\n1,5,.1\n2,4,.2\n3,,.3\n4,,.4\n", 4);
    ck_assert_str_eq(text(o, "outcome"), "failed");
    ck_assert_ptr_nonnull(strstr(text(o, "error"), "needs at least 3"));
    json_object_put(o);
    json_object_put(forecast("forecast curve - --method power --json", "5\n4\n", 1));
}
END_TEST

START_TEST(a_log_that_ends_in_nan_has_diverged)
{
    struct json_object *o = forecast("forecast curve - --method power --json",
                                     "step,loss\n1,5\n2,4\n3,3.5\n4,3.2\n5,nan\n6,nan\n7,nan\n", 0);
    ck_assert_str_eq(text(o, "outcome"), "diverged");
    ck_assert_str_eq(text(o, "dropped"), "3");
    json_object_put(o);
}
END_TEST

START_TEST(a_constant_and_a_restart_are_handled_as_said)
{
    struct json_object *o = forecast("forecast curve - --method power --json", "5\n5\n5\n5\n", 0);
    ck_assert_str_eq(text(o, "outcome"), "not identified");
    ck_assert_double_eq(at(o, "mean", 0), 5);
    json_object_put(o);
    o = forecast("forecast curve - --method power --json", "step,loss\n1,5\n2,4\n3,3\n2,4.5\n3,4.2\n4,4\n", 0);
    ck_assert_str_eq(text(o, "replaced"), "2");
    ck_assert_str_eq(text(o, "points"), "4");
    json_object_put(o);
}
END_TEST

START_TEST(the_default_method_names_or_handles_what_is_not_a_curve)
{
    static const struct {
        const char *lines;
        int code;
        const char *key, *value;
    } cases[] = {
        {"5\n5\n5\n5\n", 0, "outcome", "not identified"},
        {"loss\n5\n4\n", 1, "error", "2 usable points of 2"},
        {"loss\nnan\nnan\nnan\nnan\n", 1, "error", "0 usable points of 4"},
        {"loss\n5\n4\nnan\n3\n2.5\n2.2\n", 0, "dropped", "1"},
        {"step,loss\n1,5\n2,4\n3,3\n2,4.5\n3,4.2\n4,4\n", 0, "replaced", "2"},
        {"step,loss\n1,5\n2,4\n30,3\n31,2.9\n", 0, "points", "4"},
        {"loss\n5\n4\n3.5\n3.2\n3\n", 0, "direction", "falling"},
        {"accuracy\n.1\n.3\n.5\n.6\n", 0, "direction", "rising"},
        {"x\n3\n4\n4.5\n4.7\n4.8\n", 0, "direction", "rising"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct json_object *o = forecast("forecast curve - --json", cases[k].lines, cases[k].code);
        ck_assert_msg(strstr(text(o, cases[k].key), cases[k].value), "case %zu: %s", k, text(o, cases[k].key));
        json_object_put(o);
    }
}
END_TEST

ORR_SUITE("curve forecast", a_pipe_gives_one_object_with_every_horizon,
          a_share_is_observed_and_the_rest_is_shown_beside_the_forecast,
          two_points_fail_by_name_and_leave_the_other_curves, a_log_that_ends_in_nan_has_diverged,
          a_constant_and_a_restart_are_handled_as_said,
          the_default_method_names_or_handles_what_is_not_a_curve)
