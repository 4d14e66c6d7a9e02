/* Networks for learning curves: that they learn, that batches do not mix, that a file holds all of them. */
#include "suite.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"
#include "methods/curve/lc.h"

enum { CURVES = 40, POINTS = 40, SEEN = 8 };

/* Losses that fall to a floor, which the graph tells: widths 8 (high) and 512 (low). */
struct world {
    double t[POINTS], y[CURVES][POINTS];
    struct orr_lc_graph graph[2];
    struct orr_lc_example examples[CURVES];
};

static void make_world(struct world *w)
{
    static const char *const json[2] = {"{\"nodes\":[{\"op\":\"input\",\"width\":8},{\"op\":\"linear "
                                        "8\",\"width\":8,\"activation\":\"relu\"}],\"edges\":[[0,1]]}",
                                        "{\"nodes\":[{\"op\":\"input\",\"width\":8},{\"op\":\"linear "
                                        "512\",\"width\":512,\"activation\":\"tanh\"}],\"edges\":[[0,1]]}"};
    struct orr_rng rng;
    orr_rng_seed(&rng, 5, 5);
    for (int g = 0; g < 2; g++) ck_assert_int_eq(orr_lc_graph_parse("g", json[g], &w->graph[g], NULL), ORR_OK);
    for (int i = 0; i < POINTS; i++) w->t[i] = i + 1;
    for (int c = 0; c < CURVES; c++) {
        const double kink = c % 2 ? 0.2 : 0.8, rate = 0.15 + 0.1 * orr_rng_uniform(&rng);
        for (int i = 0; i < POINTS; i++) /* the same start; the floors part after what is seen */
            w->y[c][i] = kink * (i > SEEN ? exp(-0.2 * (i - SEEN)) : 1) + 1 - kink + exp(-rate * i) +
                         0.002 * orr_rng_normal(&rng);
        w->examples[c] =
            (struct orr_lc_example){{POINTS, w->t, w->y[c], ORR_LC_FALLING, &w->graph[c % 2]}, (size_t)c, 1};
    }
}

static struct orr_lc_model *fit(const struct world *w, const char *method, int steps, enum orr_lc_graph_use graph)
{
    struct orr_lc_options o = orr_lc_defaults();
    struct orr_lc_model *m = NULL;
    o.steps = steps;
    o.graph = graph;
    ck_assert_int_eq(orr_lc_fit(orr_lc_method_find(method), CURVES, w->examples, &o, NULL, &m, NULL), ORR_OK);
    return m;
}

struct forecast {
    double t[3], mean[3], lower[3], upper[3];
};

static void forecast(const struct orr_lc_model *m, const struct world *w, size_t n, struct forecast *f)
{
    struct orr_lc_item items[CURVES];
    for (size_t i = 0; i < n; i++) {
        const double t[3] = {10, 20, POINTS};
        memcpy(f[i].t, t, sizeof t);
        items[i] = (struct orr_lc_item){w->examples[i].whole,
                                        {3, f[i].t, f[i].mean, f[i].lower, f[i].upper, 0.9, ORR_CONVERGED}};
        items[i].seen.n = SEEN;
    }
    ck_assert_int_eq(orr_lc_forecast(m, n, items, NULL, NULL), ORR_OK);
}

static double mean_error(const struct world *w, const struct forecast *f)
{
    double sum = 0;
    for (size_t i = 0; i < CURVES; i++) sum += fabs(f[i].mean[2] - w->y[i][POINTS - 1]) / CURVES;
    return sum;
}

START_TEST(the_architecture_tells_what_the_points_do_not)
{
    struct world w;
    struct forecast with[CURVES], without[CURVES];
    make_world(&w);
    struct orr_lc_model *a = fit(&w, "curve-ode", 150, ORR_LC_GRAPH_TRUE),
                        *b = fit(&w, "curve-ode", 150, ORR_LC_GRAPH_NONE);
    forecast(a, &w, CURVES, with);
    forecast(b, &w, CURVES, without);
    ck_assert_msg(mean_error(&w, with) < 0.5 * mean_error(&w, without), "%g with, %g without", mean_error(&w, with),
                  mean_error(&w, without));
    orr_lc_model_free(a);
    orr_lc_model_free(b);
}
END_TEST

START_TEST(every_network_learns_and_gives_ordered_finite_intervals)
{
    static const char *const names[] = {"curve-ode", "node", "nsde", "lstm", "vrnn", "lcbnn", "pfn", "curve-blend"};
    struct world w;
    make_world(&w);
    for (int k = 0; k < 8; k++) {
        struct forecast f[CURVES];
        struct orr_lc_model *first = fit(&w, names[k], 1, ORR_LC_GRAPH_TRUE),
                            *m = fit(&w, names[k], 30, ORR_LC_GRAPH_TRUE);
        ck_assert_msg(m->validation < first->validation, "%s: %g, not below %g", names[k], m->validation,
                      first->validation);
        forecast(m, &w, CURVES, f);
        for (size_t i = 0; i < CURVES; i++)
            for (int e = 0; e < 3; e++)
                ck_assert_msg(f[i].lower[e] <= f[i].mean[e] && f[i].mean[e] <= f[i].upper[e] && isfinite(f[i].upper[e]),
                              "%s: %g %g %g", names[k], f[i].lower[e], f[i].mean[e], f[i].upper[e]);
        orr_lc_model_free(first);
        orr_lc_model_free(m);
    }
}
END_TEST

START_TEST(a_curve_is_forecast_alike_alone_and_among_others)
{
    static const char *const names[] = {"curve-ode", "node", "nsde", "vrnn", "lcbnn", "curve-blend"};
    struct world w;
    struct forecast one[CURVES], all[CURVES];
    make_world(&w);
    for (int k = 0; k < 6; k++) {
        struct orr_lc_model *m = fit(&w, names[k], 5, ORR_LC_GRAPH_TRUE);
        forecast(m, &w, 1, one);
        forecast(m, &w, CURVES, all);
        for (int e = 0; e < 3; e++) {
            ck_assert_double_eq_tol(one[0].mean[e], all[0].mean[e], 1e-4);
            ck_assert_double_eq_tol(one[0].upper[e], all[0].upper[e], 1e-3);
        }
        orr_lc_model_free(m);
    }
}
END_TEST

/* Half of the graphs are hidden. */
START_TEST(a_blend_is_the_mean_of_its_networks_and_with_a_graph_the_one_that_looks_at_it)
{
    static const char *const members[] = {"curve-ode", "node", "nsde", "lstm", "vrnn", "lcbnn"};
    struct world w;
    struct forecast one[CURVES], blend[CURVES];
    double sum[4] = {0}, with_graph[4];
    make_world(&w);
    for (int k = 0; k < 6; k++) {
        struct orr_lc_model *m = fit(&w, members[k], 20, ORR_LC_GRAPH_TRUE);
        for (int i = 0; i < 4; i += 2) w.examples[i].whole.graph = NULL;
        forecast(m, &w, 4, one);
        for (int i = 0; i < 4; i += 2) w.examples[i].whole.graph = &w.graph[0];
        for (int i = 0; i < 4; i++) sum[i] += one[i].mean[2] / 6;
        for (int i = 0; i < 4 && !k; i++) with_graph[i] = one[i].mean[2];
        orr_lc_model_free(m);
    }
    struct orr_lc_model *m = fit(&w, "curve-blend", 20, ORR_LC_GRAPH_TRUE);
    ck_assert_int_eq(m->o.steps, 6 * 20);
    for (int i = 0; i < 4; i += 2) w.examples[i].whole.graph = NULL;
    forecast(m, &w, 4, blend);
    for (int i = 0; i < 4; i++) ck_assert_double_eq_tol(blend[i].mean[2], i % 2 ? with_graph[i] : sum[i], 1e-5);
    ck_assert_double_ge(fabs(sum[1] - with_graph[1]), 1e-3);
    int differ = 0; /* intervals are calibrated apart */
    for (int k = 0; k < ORR_LC_KNOTS; k++) differ += m->spread[k][4] != m->spread[ORR_LC_KNOTS + k][4];
    ck_assert_int_eq(differ, ORR_LC_KNOTS);
    orr_lc_model_free(m);
}
END_TEST

START_TEST(the_unit_of_the_metric_and_of_time_does_not_matter)
{
    static const double units[] = {7, 1e-250, 1e250};
    struct world w;
    struct forecast a[CURVES];
    make_world(&w);
    struct orr_lc_model *m = fit(&w, "node", 20, ORR_LC_GRAPH_TRUE);
    forecast(m, &w, 1, a);
    for (int u = 0; u < 3; u++) {
        double t[POINTS], y[POINTS], te[3], mean[3], lower[3], upper[3];
        for (int i = 0; i < POINTS; i++) t[i] = 100 * w.t[i], y[i] = units[u] * w.y[0][i];
        for (int e = 0; e < 3; e++) te[e] = 100 * a[0].t[e];
        struct orr_lc_item item = {{SEEN, t, y, ORR_LC_FALLING, NULL}, {3, te, mean, lower, upper, 0.9, ORR_CONVERGED}};
        ck_assert_int_eq(orr_lc_forecast(m, 1, &item, NULL, NULL), ORR_OK);
        for (int e = 0; e < 3; e++) ck_assert_double_eq_tol(mean[e] / units[u], a[0].mean[e], 1e-4);
        te[2] = 1e9; /* farther than anything that was learned from */
        ck_assert_int_eq(orr_lc_forecast(m, 1, &item, NULL, NULL), ORR_OK);
        ck_assert_int_eq(item.out.outcome, ORR_NOT_IDENTIFIED);
    }
    orr_lc_model_free(m);
}
END_TEST

static void keep_and_damage(const char *method)
{
    struct world w;
    struct forecast a[CURVES], b[CURVES];
    struct orr_error err;
    const char *path = aid_file_write("model.safetensors", "", 0);
    make_world(&w);
    struct orr_lc_model *m = fit(&w, method, 5, ORR_LC_GRAPH_TRUE), *again = NULL;
    ck_assert_int_eq(orr_lc_save(m, path, "a test", &err), ORR_OK);
    ck_assert_msg(orr_lc_load(path, &again, &err) == ORR_OK, "%s", err.message);
    forecast(m, &w, 5, a);
    forecast(again, &w, 5, b);
    for (int i = 0; i < 5; i++)
        for (int e = 0; e < 3; e++) {
            ck_assert_double_eq_tol(a[i].mean[e], b[i].mean[e], 1e-6);
            ck_assert_double_eq_tol(a[i].upper[e], b[i].upper[e], 1e-5);
        }
    orr_lc_model_free(again);
    m->params.value[3] = NAN;
    ck_assert_int_eq(orr_lc_save(m, path, "a test", &err), ORR_OK);
    ck_assert_int_eq(orr_lc_load(path, &again, &err), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "not finite"));
    ck_assert_ptr_null(again);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_int_ne(orr_lc_load(path, &again, &err), ORR_OK);
    orr_lc_model_free(m);
}

START_TEST(a_file_holds_all_of_a_model_and_damage_is_named)
{
    keep_and_damage("curve-ode");
    keep_and_damage("curve-blend");
}
END_TEST

ORR_SUITE_IN_FOLDER("lc_net", the_architecture_tells_what_the_points_do_not,
                    every_network_learns_and_gives_ordered_finite_intervals,
                    a_curve_is_forecast_alike_alone_and_among_others,
                    a_blend_is_the_mean_of_its_networks_and_with_a_graph_the_one_that_looks_at_it,
                    the_unit_of_the_metric_and_of_time_does_not_matter, a_file_holds_all_of_a_model_and_damage_is_named)
