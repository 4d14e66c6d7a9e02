/* Training of curve-ode and lstm over learning curves against the same networks in PyTorch: optimiser steps per second of the
 * processor, one thread, batches of 64 curves. Ours cuts its curves while it trains, the peer (curve_train_peer.py beside this
 * file) has its batches beforehand. The curves are synthetic. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "methods/curve/lc.h"

enum { CURVES = 16, POINTS = 100, STEPS = 300 };
static const char script[] = "tests/bench/curve_train_peer.py";
static const char graph_json[] =
    "{\"nodes\":[{\"op\":\"input\",\"width\":1},{\"op\":\"conv3x3 4\",\"width\":4,\"activation\":\"relu\"},"
    "{\"op\":\"max pool\",\"width\":4},{\"op\":\"conv3x3 "
    "4\",\"width\":4,\"activation\":\"relu\"},{\"op\":\"sum\",\"width\":4},"
    "{\"op\":\"global pool\",\"width\":4},{\"op\":\"linear 10\",\"width\":10}],"
    "\"edges\":[[0,1],[1,2],[2,3],[2,4],[3,4],[4,5],[5,6]]}";

struct work {
    const char *method;
    struct orr_lc_graph graph;
    struct orr_lc_example curves[CURVES];
    double t[POINTS], y[CURVES][POINTS];
};

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool measure_ours(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    struct orr_lc_options o = orr_lc_defaults();
    struct orr_lc_model *m = NULL;
    o.steps = STEPS;
    o.prior = 0;
    const double start = cpu_now();
    const bool ok = !orr_lc_fit(orr_lc_method_find(w->method), CURVES, w->curves, &o, NULL, &m, NULL);
    *out = (struct orr_bench_sample){STEPS / (cpu_now() - start), NAN};
    orr_lc_model_free(m);
    return ok;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    char steps[16];
    snprintf(steps, sizeof steps, "%d", STEPS);
    const char *const argv[] = {"/usr/bin/python3", script, w->method, steps, NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL, *speed;
    const bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
                    json_object_object_get_ex(o, "steps_per_s", &speed);
    *out = (struct orr_bench_sample){ok ? json_object_get_double(speed) : (double)NAN, child.rss_mb};
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

static bool make_curves(struct work *w)
{
    for (int i = 0; i < POINTS; i++) w->t[i] = i + 1;
    for (size_t c = 0; c < CURVES; c++) {
        for (int i = 0; i < POINTS; i++)
            w->y[c][i] = 0.3 + 2 * pow(i + 1, -0.3 - 0.05 * (double)c) + 0.01 * sin(7.0 * i + (double)c);
        w->curves[c] = (struct orr_lc_example){{POINTS, w->t, w->y[c], ORR_LC_FALLING, &w->graph}, c, 1};
    }
    return orr_lc_graph_parse("bench", graph_json, &w->graph, NULL) == ORR_OK;
}

static void run(struct orr_bench_report *report)
{
    static const struct {
        const char *method, *config;
    } rows[] = {{"curve-ode", "curve-ode: 64 curves, GCN, GRU, 10 steps of RK4"},
                {"lstm", "lstm: 64 curves, 20 points to 10"}};
    const char *missing = access(script, R_OK) ? "no peer script: run from the source tree" : NULL;
    static struct work w;
    const bool made = make_curves(&w);
    for (size_t i = 0; made && i < sizeof rows / sizeof *rows; i++) {
        w.method = rows[i].method;
        const struct orr_bench_case c = {.name = "curve_train",
                                         .config = rows[i].config,
                                         .threads = 1,
                                         .unit = "steps/s",
                                         .peer_name = "PyTorch",
                                         .peer_missing = missing,
                                         .ours = measure_ours,
                                         .peer = measure_peer,
                                         .ctx = &w,
                                         .repetitions = 5};
        orr_bench_compare(report, &c);
    }
}

const struct orr_bench orr_bench_curve_train = {
    "curve_train", "training of curve-ode and lstm over learning curves, against PyTorch", run};
