/* Tables of node states: what is read, what is refused, and forecasts of it. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_command.h"
#include "aid_folder.h"
#include "app/network.h"

static struct orr_network load(const char *text, const char *edges)
{
    struct orr_network w;
    struct orr_error err;
    const char *path = aid_file_write("x.csv", text, strlen(text)),
               *more = edges ? aid_file_write("e.csv", edges, strlen(edges)) : NULL;
    ck_assert_msg(orr_network_load(path, more, &w, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return w;
}

static void refused(const char *text, const char *edges, const char *where, const char *message)
{
    struct orr_network w;
    struct orr_error err;
    const char *path = aid_file_write("x.csv", text, strlen(text)),
               *more = edges ? aid_file_write("e.csv", edges, strlen(edges)) : NULL;
    ck_assert_msg(orr_network_load(path, more, &w, &err) != ORR_OK, "took: %s", text);
    ck_assert_msg(strstr(err.where, where) && strstr(err.message, message), "%s: %s", err.where, err.message);
    orr_network_free(&w);
}

START_TEST(rows_of_times_and_rows_of_nodes_give_the_same_network)
{
    struct orr_network a = load("time,left,right\n0,1,10\n0.5,2,20\n1,3,30\n", "to,from,weight\nleft,right,2\n");
    struct orr_network b =
        load("node,time,value\nleft,1,3\nleft,0,1\nright,0.5,20\nleft,0.5,2\nright,0,10\nright,1,30\n", NULL);
    ck_assert_uint_eq(a.n, 2);
    ck_assert_uint_eq(a.points, 3);
    ck_assert(b.n == 2 && b.points == 3 && !memcmp(a.t, b.t, sizeof(double[3])) &&
              !memcmp(a.x, b.x, sizeof(double[6])));
    ck_assert(orr_graph_weight(&a.graph, 0, 1) == 2 && a.graph.m == 1 && b.graph.n == 0);
    orr_network_free(&a);
    orr_network_free(&b);
    a = load("1,2\n3,4\n", NULL); /* no header: every column is a node's */
    ck_assert(a.n == 2 && a.t[1] == 1 && a.x[3] == 4 && !strcmp(a.names.entries[1].text, "2"));
    orr_network_free(&a);
    a = load("date;a\n2020-01-01;5\n2020-01-02;6\n", NULL); /* dates count rows */
    ck_assert(a.n == 1 && a.t[1] == 1 && a.x[1] == 6);
    orr_network_free(&a);
}
END_TEST

START_TEST(gaps_are_filled_by_straight_lines_from_observed_rows_only)
{
    struct orr_network w = load("t,a,b\n0,,1\n1,2,NA\n2,,3\n3,6,nan\n4,,99\n", NULL);
    struct orr_nodes x;
    ck_assert_uint_eq(w.gaps, 5);
    ck_assert_int_eq(orr_network_observe(&w, 4, &x, NULL), ORR_OK);
    static const double want[] = {2, 1, 2, 2, 4, 3, 6, 3};
    for (int k = 0; k < 8; k++) ck_assert_msg(x.x[k] == want[k], "number %d: %g", k, x.x[k]);
    orr_nodes_free(&x);
    orr_network_free(&w);
    w = load("t,a\n0,0\n1,2\n4,8\n", NULL); /* unequal steps are read off at equal ones */
    ck_assert(w.uneven);
    ck_assert_int_eq(orr_network_observe(&w, 3, &x, NULL), ORR_OK);
    ck_assert(x.step == 2 && x.x[0] == 0 && x.x[1] == 4 && x.x[2] == 8);
    orr_nodes_free(&x);
    orr_network_free(&w);
    struct orr_error err;
    w = load("t,a,late\n0,1,\n1,1,\n2,1,5\n", NULL);
    ck_assert_int_eq(orr_network_observe(&w, 2, &x, &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "late");
    orr_network_free(&w);
}
END_TEST

START_TEST(damaged_tables_are_refused_by_line_and_name)
{
    refused("", NULL, "x.csv", "empty");
    refused("t,a,b\n0,1,2\n1,2\n", NULL, "x.csv:3", "2 cells");
    refused("t,a\n0,1\n1,frog\n", NULL, "x.csv:3", "column 2: 'frog'");
    refused("t,a\n0,1\n1,inf\n", NULL, "x.csv:3", "'inf'");
    refused("t,a\n0,1\n0,2\n", NULL, "x.csv:3", "does not come after");
    refused("t,a\n0,1\nsoon,2\n", NULL, "x.csv:3", "'soon'");
    refused("t,a,a\n0,1,2\n1,1,2\n", NULL, "x.csv:1", "'a' has two columns");
    refused("t,a,b\n0,1,\n1,2,\n", NULL, "x.csv", "'b' has no value");
    refused("t,a\n0,1\n", NULL, "x.csv", "1 times");
    refused("node,time,value\na,0,1\na,0,2\n", NULL, "x.csv:3", "two values");
    refused("t,a,b\n0,1,2\n1,2,3\n", "to,from\na,c\n", "e.csv:2", "'c' is not in the table");
    refused("t,a,b\n0,1,2\n1,2,3\n", "to,from,weight\na,b,-1\n", "e.csv:2", "weight '-1'");
    refused("t,a,b\n0,1,2\n1,2,3\n", "a,b\n", "e.csv:1", "columns to and from");
}
END_TEST

/* A line and a parabola, so that persistence and ar are known by hand. */
static struct orr_network simple(void)
{
    struct orr_str text = {0};
    orr_str_append(&text, "t,a,b\n");
    for (int k = 0; k < 40; k++) orr_str_printf(&text, "%d,%d,%g\n", k, k, 100 * exp(-0.1 * k));
    struct orr_network w = load(orr_str_c(&text), "to,from\na,b\n");
    orr_str_free(&text);
    return w;
}

START_TEST(every_method_forecasts_the_rest_of_a_table)
{
    static const char *const methods[] = {"netdyn", "netdyn-attention", "mean-field", "true-graph", "node",
                                          "lstm",   "svd-lasso",        "var",        "ar",         "persistence"};
    struct orr_network w = simple();
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        struct orr_network_query q = orr_network_query_defaults();
        struct orr_network_forecast f;
        struct orr_error err;
        q.method = methods[k];
        q.observe = 30;
        q.fit = true;
        q.epochs = 2;
        ck_assert_msg(orr_network_predict(&w, &q, NULL, &f, &err) == ORR_OK, "%s: %s", methods[k], err.message);
        ck_assert_uint_eq(f.horizon, 10);
        for (size_t i = 0; i < 20; i++) ck_assert_msg(isfinite(f.f.mean[i]), "%s", methods[k]);
        ck_assert(isfinite(f.mae) && f.t0 == 29 && f.step == 1);
        if (!strcmp(methods[k], "persistence")) ck_assert(f.f.mean[18] == 29 && fabs(f.mae - 3.848) < 0.002);
        if (!strcmp(methods[k], "ar")) ck_assert_double_lt(f.mae, 0.5);
        orr_network_forecast_free(&f);
    }
    orr_network_free(&w);
}
END_TEST

START_TEST(a_single_node_and_a_horizon_beyond_the_table_are_forecast)
{
    struct orr_network w = load("t,a\n0,1\n1,2\n2,3\n3,4\n4,5\n5,6\n6,7\n7,8\n", NULL);
    static const char *const methods[] = {"netdyn-law", "netdyn", "netdyn-attention", "lstm", "svd-lasso", "var", "ar"};
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        struct orr_network_query q = orr_network_query_defaults();
        struct orr_network_forecast f;
        struct orr_error err;
        q.method = methods[k];
        q.horizon = 50;
        q.epochs = 2;
        ck_assert_msg(orr_network_predict(&w, &q, NULL, &f, &err) == ORR_OK, "%s: %s", methods[k], err.message);
        for (size_t i = 0; i < 50; i++) ck_assert_msg(isfinite(f.f.mean[i]), "%s at %zu", methods[k], i);
        ck_assert(isnan(f.mae));
        orr_network_forecast_free(&f);
    }
    orr_network_free(&w);
}
END_TEST

START_TEST(what_cannot_be_forecast_is_named)
{
    struct orr_network w = load("t,a,b\n0,1,2\n1,2,3\n2,3,4\n", NULL);
    struct orr_network_forecast f;
    struct orr_error err;
    static const struct {
        const char *method;
        size_t observe;
        const char *message;
    } cases[] = {
        {"oracle", 0, "no method"}, {"netdyn", 0, "6 or more"}, {"ar", 0, "needs 4"}, {"ar", 9, "9 rows of 3"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct orr_network_query q = orr_network_query_defaults();
        q.method = cases[k].method;
        q.observe = cases[k].observe;
        ck_assert_int_eq(orr_network_predict(&w, &q, NULL, &f, &err), ORR_EINVAL);
        ck_assert_msg(strstr(err.message, cases[k].message), "%s", err.message);
        orr_network_forecast_free(&f);
    }
    orr_network_free(&w);
    w = simple();
    orr_graph_free(&w.graph);
    struct orr_network_query q = orr_network_query_defaults();
    q.method = "true-graph";
    ck_assert_int_eq(orr_network_predict(&w, &q, NULL, &f, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "edge list"));
    orr_network_forecast_free(&f);
    orr_network_free(&w);
}
END_TEST

START_TEST(the_verbs_work_in_a_pipe)
{
    struct aid_output states = aid_command_expect(NULL, "simulate network --nodes 12 --points 40 --seed 3", 0);
    struct aid_output o = aid_command(NULL, "forecast network - --observe 30 --method var --json", states.out);
    ck_assert_msg(o.code == 0, "%s", o.err);
    ck_assert_ptr_nonnull(strstr(o.out, "\"node\":\"n11\",\"observed\":30,\"method\":\"var\",\"horizon\":10,"));
    ck_assert_ptr_nonnull(strstr(o.err, "against the rest of the table"));
    aid_output_free(&o);
    o = aid_command(NULL, "forecast network - --csv --method persistence --observe 39", states.out);
    ck_assert_int_eq(o.code, 0);
    ck_assert_ptr_nonnull(strstr(o.out, "node,observed,forecast,lower,upper,truth,mae\nn0,"));
    aid_output_free(&o);
    aid_output_free(&states);
}
END_TEST

ORR_SUITE_IN_FOLDER("network", rows_of_times_and_rows_of_nodes_give_the_same_network,
                    gaps_are_filled_by_straight_lines_from_observed_rows_only,
                    damaged_tables_are_refused_by_line_and_name, every_method_forecasts_the_rest_of_a_table,
                    a_single_node_and_a_horizon_beyond_the_table_are_forecast, what_cannot_be_forecast_is_named,
                    the_verbs_work_in_a_pipe)
