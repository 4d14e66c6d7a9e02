/* Training of netdyn on synthetic networks: seconds of the processor per step of ten windows of 100 nodes against the same model
 * in PyTorch (netdyn_train_peer.py beside this file), with its pairs split as ours are and as published; then the growth of a
 * step with the number of nodes, with all latent edges and with 32 for each node. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "methods/netdyn/netdyn.h"
#include "methods/netdyn/simulate.h"

enum { BATCH = 10, SERIES = 25, HELD = 5, EPOCHS = 5 };
static const char script[] = "tests/bench/netdyn_train_peer.py";

struct training {
    size_t nodes, series, near;
    struct orr_nodes *x;
    struct orr_nodes_case *cases;
    const char *mode;
};

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool prepare(struct training *w)
{
    w->x = orr_xcalloc(w->series, sizeof *w->x);
    w->cases = orr_xcalloc(w->series, sizeof *w->cases);
    for (size_t k = 0; k < w->series; k++) {
        struct orr_network_options o = orr_network_defaults();
        o.nodes = w->nodes;
        o.item = k;
        if (orr_network_simulate(&o, NULL, NULL, &w->x[k], NULL)) return false;
        w->cases[k].x = &w->x[k];
    }
    return true;
}

static void discard(struct training *w)
{
    for (size_t k = 0; w->x && k < w->series; k++) orr_nodes_free(&w->x[k]);
    free(w->x);
    free(w->cases);
}

/* A whole fit over its steps: looking at the windows held back and calibrating count too. */
static bool measure_ours(void *ctx, struct orr_bench_sample *out)
{
    struct training *w = ctx;
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m = NULL;
    const size_t held = w->series >= HELD ? w->series / HELD : 0, steps = (w->series - held + BATCH - 1) / BATCH;
    o.epochs = w->series > 1 ? EPOCHS : 1;
    o.near = w->near;
    const double start = cpu_now();
    const bool ok = orr_nodes_fit(orr_nodes_method_find("netdyn"), w->cases, w->series, &o, NULL, &m, NULL) == ORR_OK;
    *out = (struct orr_bench_sample){(cpu_now() - start) / (double)(steps * (size_t)o.epochs), NAN};
    orr_nodes_model_free(m);
    return ok;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct training *w = ctx;
    char nodes[32], batch[32];
    snprintf(nodes, sizeof nodes, "%zu", w->nodes);
    snprintf(batch, sizeof batch, "%d", BATCH);
    const char *const argv[] = {"/usr/bin/python3", script, nodes, batch, "1", w->mode, NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL, *seconds;
    const bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
                    json_object_object_get_ex(o, "seconds", &seconds);
    if (ok) *out = (struct orr_bench_sample){json_object_get_double(seconds), child.rss_mb};
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

static void compare(struct orr_bench_report *report, const char *mode)
{
    struct training w = {.nodes = 100, .series = SERIES, .mode = mode};
    char config[96];
    snprintf(config, sizeof config, "100 nodes, batch 10, RK4 x 12; peer: %s", mode);
    if (prepare(&w))
        orr_bench_compare(report, &(struct orr_bench_case){.name = "netdyn_train",
                                                           .config = config,
                                                           .threads = 1,
                                                           .unit = "cpu s/step",
                                                           .lower_is_better = true,
                                                           .peer_name = "PyTorch",
                                                           .ours = measure_ours,
                                                           .peer = measure_peer,
                                                           .ctx = &w,
                                                           .repetitions = 5});
    discard(&w);
}

/* One window alone: a step and the calibration on it. */
static void grow(struct orr_bench_report *report, size_t nodes, size_t near)
{
    struct training w = {.nodes = nodes, .series = 1, .near = near};
    char config[96];
    snprintf(config, sizeof config,
             near ? "%zu nodes, one window, %zu latent edges each" : "%zu nodes, one window, all pairs", nodes, near);
    if (prepare(&w))
        orr_bench_compare(report, &(struct orr_bench_case){.name = "netdyn_train",
                                                           .config = config,
                                                           .threads = 1,
                                                           .unit = "cpu s/step",
                                                           .lower_is_better = true,
                                                           .peer_name = "-",
                                                           .peer_missing = "growth alone",
                                                           .ours = measure_ours,
                                                           .ctx = &w,
                                                           .repetitions = 5});
    discard(&w);
}

static void run(struct orr_bench_report *report)
{
    static const size_t dense[] = {30, 100, 300, 1000}, sparse[] = {1000, 3000, 10000};
    compare(report, "split");
    compare(report, "pairs");
    for (size_t k = 0; k < sizeof dense / sizeof *dense; k++) grow(report, dense[k], 0);
    for (size_t k = 0; k < sizeof sparse / sizeof *sparse; k++) grow(report, sparse[k], 32);
}

const struct orr_bench orr_bench_netdyn_train = {
    "netdyn_train", "network dynamics: a training step against PyTorch, and its growth with nodes", run};
