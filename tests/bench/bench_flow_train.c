/* Training of the networks among the weight methods, flow and the LSTM and Transformer baselines, against the same networks in
 * PyTorch: optimiser steps per second of the processor, one thread. Ours draws its batches from trajectories while it trains, the
 * peer (flow_train_peer.py beside this file) has them beforehand. The trajectories are synthetic. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "methods/weights/weights.h"

enum { RUNS = 4 /* too few to hold any back: steps alone are timed */, WEIGHTS = 256, SNAPSHOTS = 21, STEPS = 400 };
static const char script[] = "tests/bench/flow_train_peer.py";

struct work {
    const char *method;
    struct orr_weights_set set;
    char sizes[5][16]; /* of flow, as the peer takes them */
};

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct orr_weights_model *fit(const struct work *w, int steps)
{
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m = NULL;
    o.steps = steps;
    o.fraction = strcmp(w->method, "flow") ? 0.2 : 0;
    return orr_weights_fit(orr_weights_method_find(w->method), &w->set, &o, NULL, &m, NULL) ? NULL : m;
}

static bool measure_ours(void *ctx, struct orr_bench_sample *out)
{
    const double start = cpu_now();
    struct orr_weights_model *m = fit(ctx, STEPS);
    *out = (struct orr_bench_sample){STEPS / (cpu_now() - start), NAN};
    const bool ok = m != NULL;
    orr_weights_model_free(m);
    return ok;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    char steps[16];
    snprintf(steps, sizeof steps, "%d", STEPS);
    const char *const argv[] = {"/usr/bin/python3", script,      w->method,   steps,       w->sizes[0],
                                w->sizes[1],        w->sizes[2], w->sizes[3], w->sizes[4], NULL};
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

/* Weights that decay towards where a sine puts them. */
static bool make_set(struct orr_weights_set *set)
{
    double t[SNAPSHOTS];
    float w[SNAPSHOTS * WEIGHTS];
    bool ok = true;
    for (size_t run = 0; run < RUNS && ok; run++)
        for (size_t tensor = 0; tensor < 4 && ok; tensor++) {
            for (size_t i = 0; i < SNAPSHOTS; i++) {
                t[i] = (double)i / (SNAPSHOTS - 1);
                for (size_t k = 0; k < WEIGHTS; k++) {
                    const double phase = 1 + 3.7 * (double)(k + WEIGHTS * (tensor + 4 * run));
                    w[i * WEIGHTS + k] =
                        (float)(sin(phase) + cos(2.1 * phase) * (1 - exp(-(1 + (double)tensor) * t[i])));
                }
            }
            ok = !orr_weights_set_add(set, run, 0, tensor % 2 ? ORR_ROLE_BIAS : ORR_ROLE_MATRIX, SNAPSHOTS, t, WEIGHTS,
                                      w, WEIGHTS, 1, "bench", NULL);
        }
    return ok;
}

static const struct orr_param_tensor *tensor_of(const struct orr_weights_model *m, const char *name)
{
    for (size_t i = 0; i < m->params.n_tensors; i++)
        if (!strcmp(m->params.tensor[i].name, name)) return &m->params.tensor[i];
    return NULL;
}

/* The peer builds flow's network from the sizes of ours; false: it is not the one that the peer knows. */
static bool take_sizes(struct work *w)
{
    struct orr_weights_model *m = fit(w, 1);
    const struct orr_param_tensor *first = m ? tensor_of(m, "tensor.0.weight") : NULL;
    const struct orr_param_tensor *last = m ? tensor_of(m, "tensor.2.weight") : NULL;
    const struct orr_param_tensor *inner = m ? tensor_of(m, "inner.weight") : NULL;
    const bool known = first && last && inner;
    if (known) {
        const int sizes[5] = {first->shape.size[1], first->shape.size[0], last->shape.size[0], inner->shape.size[1],
                              inner->shape.size[0]};
        for (int i = 0; i < 5; i++) snprintf(w->sizes[i], sizeof w->sizes[i], "%d", sizes[i]);
    }
    orr_weights_model_free(m);
    return known;
}

static void run(struct orr_bench_report *report)
{
    static const struct {
        const char *method, *config;
    } rows[] = {{"flow", "flow: 32 tensors x 16 weights, path and velocity"},
                {"lstm", "lstm: 256 weights, 5 observed points"},
                {"transformer", "transformer: 256 weights, 5 observed points"}};
    const char *missing = access(script, R_OK) ? "no peer script: run from the source tree" : NULL;
    struct work w = {.method = ""};
    const bool made = make_set(&w.set);
    for (size_t i = 0; made && i < sizeof rows / sizeof *rows; i++) {
        w.method = rows[i].method;
        const bool known = i || take_sizes(&w);
        const struct orr_bench_case c = {.name = "flow_train",
                                         .config = rows[i].config,
                                         .threads = 1,
                                         .unit = "steps/s",
                                         .peer_name = "PyTorch",
                                         .peer_missing = known ? missing : "the peer knows another network",
                                         .ours = measure_ours,
                                         .peer = measure_peer,
                                         .ctx = &w,
                                         .repetitions = 5};
        orr_bench_compare(report, &c);
    }
    orr_weights_set_free(&w.set);
}

const struct orr_bench orr_bench_flow_train = {
    "flow_train", "training of flow, LSTM and Transformer over weights, against PyTorch", run};
