/* orrery eval curve on a small sweep of its own: that it runs through, parts by run, and prints what scripts rely on. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_store.h"
#include "app/eval_curve.h"
#include "app/eval_curve_rank.h"

static struct orr_error err;

static void put_rate(struct orr_store *store, int64_t run, bool high)
{
    static const char graph[] = "{\"nodes\":[{\"op\":\"input\"},{\"op\":\"linear 8\",\"width\":8}],\"edges\":[[0,1]]}";
    const struct orr_config_value rate = {
        .is_number = true, .number = high ? 0.1 : 1e-4, .text = high ? "0.1" : "1e-4"};
    aid_ok(orr_store_config_put(store, run, "lr", &rate, &err), &err);
    aid_ok(orr_store_graph_put(store, run, graph, &err), &err);
}

/* Runs of the group as the sweep leaves them: 201 epochs of losses that end where their number says; or, by rate, with one graph
 * for all and two learning rates, at the higher of which the loss falls no more after epoch 60. */
static void make_runs(struct orr_store *store, int n, bool by_rate)
{
    aid_ok(orr_store_begin(store, &err), &err);
    for (int k = 0; k < n; k++) {
        int64_t step[201], id;
        double loss[201], accuracy[201];
        char key[32], name[32];
        snprintf(key, sizeof key, "lab:%d", k);
        snprintf(name, sizeof name, "curve-mlp-%d", k);
        const struct orr_run run = {.key = key,
                                    .name = name,
                                    .project = "lab",
                                    .group = "curve-mlp",
                                    .state = "finished",
                                    .notes = "",
                                    .started = NAN,
                                    .ended = NAN};
        aid_ok(orr_store_run_put(store, &run, &id, &err), &err);
        for (int i = 0; i <= 200; i++) {
            step[i] = i;
            loss[i] = by_rate ? 0.1 + exp(-0.01 * (k % 2 ? fmin(i, 60) : i)) : 0.1 + 0.01 * k + exp(-0.03 * i);
            loss[i] += 0.002 * sin(9.0 * i + k);
            accuracy[i] = 1 - loss[i] / 2;
        }
        if (by_rate) put_rate(store, id, k % 2);
        aid_ok(orr_store_append(store, id, "val/loss", 201, step, loss, NULL, &err), &err);
        aid_ok(orr_store_append(store, id, "val/accuracy", 201, step, accuracy, NULL, &err), &err);
    }
    aid_ok(orr_store_commit(store, &err), &err);
}

static const struct orr_eval_row *find(const struct orr_eval *e, const char *setting, const char *method,
                                       const char *metric)
{
    for (size_t i = 0; i < e->n_rows; i++)
        if (!strcmp(e->rows[i].task, "mlp loss") && !strcmp(e->rows[i].setting, setting) &&
            !strcmp(e->rows[i].method, method) && !strcmp(e->rows[i].metric, metric))
            return &e->rows[i];
    ck_abort_msg("no row %s %s %s", setting, method, metric);
}

START_TEST(all_ends_methods_and_metrics_have_their_rows)
{
    static const char *const methods[] = {"last", "power", "node", "curve-ode"};
    struct aid_store a = aid_store_new();
    make_runs(a.store, 40, false);
    const char *const from = a.path;
    const struct orr_eval_curve_options o = {.seed = 1,
                                             .seeds = 2,
                                             .threads = 1,
                                             .steps = 40,
                                             .from = &from,
                                             .n_from = 1,
                                             .methods = methods,
                                             .n_methods = 4};
    struct orr_eval e = {0};
    aid_ok(orr_eval_curve(&o, NULL, &e, &err), &err);
    const double last = find(&e, "40->200", "last", "medape")->value.value;
    ck_assert_double_gt(last, find(&e, "40->80", "last", "medape")->value.value);
    ck_assert_double_lt(find(&e, "40->200", "power", "medape")->value.value, 0.2 * last);
    ck_assert_double_lt(find(&e, "40->200", "curve-ode", "medape")->value.value, last);
    const struct orr_eval_row *coverage = find(&e, "40->140", "node", "coverage90");
    ck_assert(coverage->value.value >= 0 && coverage->value.value <= 1 && coverage->n > 5 && coverage->n < 30);
    find(&e, "40->200", "curve-ode", "kendall_tau");
    find(&e, "40->200", "curve-ode", "regret@5");
    const double tau =
        find(&e, "40->200", "last", "kendall_tau")->value.value; /* half way to the last value is the last value */
    ck_assert_double_eq(find(&e, "40->200 halfway", "last", "kendall_tau")->value.value, tau);
    ck_assert(find(&e, "40->200 halfway", "power", "regret")->value.value >= 0);
    find(&e, "stop worse half at 20%", "power", "epochs_saved");
    bool paired = false;
    for (size_t i = 0; i < e.n_paired; i++)
        paired |= !strcmp(e.paired[i].method, "curve-ode") && !strcmp(e.paired[i].against, "node");
    ck_assert(paired);
    orr_eval_free(&e);
    aid_store_end(&a);
}
END_TEST

/* Runs whose curves part only after what is seen, as their learning rate says. */
START_TEST(settings_tell_what_the_points_do_not)
{
    static const char *const methods[] = {"curve-ode", "curve-ode-config", "curve-ode-graph-config"};
    struct aid_store a = aid_store_new();
    make_runs(a.store, 40, true);
    const char *const from = a.path;
    const struct orr_eval_curve_options o = {.seed = 1,
                                             .seeds = 1,
                                             .threads = 1,
                                             .steps = 150,
                                             .from = &from,
                                             .n_from = 1,
                                             .methods = methods,
                                             .n_methods = 3};
    struct orr_eval e = {0};
    aid_ok(orr_eval_curve(&o, NULL, &e, &err), &err);
    const double blind = find(&e, "40->200", "curve-ode", "mape")->value.value;
    for (int k = 1; k < 3; k++) {
        const double error = find(&e, "40->200", methods[k], "mape")->value.value;
        ck_assert_msg(error < 0.6 * blind, "%s: %g, not far below %g", methods[k], error, blind);
    }
    orr_eval_free(&e);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_store_without_the_sweeps_is_refused)
{
    struct aid_store a = aid_store_new();
    const char *const from = a.path;
    const struct orr_eval_curve_options o = {.seed = 1, .threads = 1, .from = &from, .n_from = 1};
    struct orr_eval e = {0};
    ck_assert_int_eq(orr_eval_curve(&o, NULL, &e, &err), ORR_ENOTFOUND);
    orr_eval_free(&e);
    aid_store_end(&a);
}
END_TEST

START_TEST(ranking_scores_are_those_of_a_small_example)
{
    const double forecast[] = {0.1, 0.2, 0.3, 0.4}, truth[] = {0.2, 0.1, 0.3, 0.5};
    const struct orr_eval_rank r = orr_eval_rank(forecast, truth, 4, false);
    ck_assert_double_eq_tol(r.tau, 4.0 / 6, 1e-12);
    ck_assert_double_eq_tol(r.regret, 0.1, 1e-12);
    ck_assert_double_eq_tol(r.stop, 0, 1e-12);
    ck_assert_double_eq_tol(orr_eval_rank(forecast, truth, 4, true).regret, 0, 1e-12);
    ck_assert(isnan(orr_eval_rank(forecast, truth, 1, true).tau));
}
END_TEST

ORR_SUITE("eval_curve", all_ends_methods_and_metrics_have_their_rows, settings_tell_what_the_points_do_not,
          a_store_without_the_sweeps_is_refused, ranking_scores_are_those_of_a_small_example)
