/* How long a forecast, a fit and a training may take to notice that they are to stop: the longest time between two
 * ticks, which is the longest that a cancellation waits. No peer; below 100 ms is what is asked for. Weights and networks are
 * synthetic. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/train.h"
#include "methods/netdyn/netdyn.h"
#include "methods/netdyn/simulate.h"
#include "methods/weights/weights.h"

enum { NODES = 1000, NODES_SECONDS = 2 /* then it is stopped */ };
enum { RUNS = 8, KEPT = 64, SNAPSHOTS = 21, STEPS = 20, SEEN = 10, MANY = 1 << 16 /* weights of one block of the app */ };

struct work {
    const char *method;
    const struct orr_weights_set *set;
    const struct orr_nodes_case *nodes;
    double last, longest; /* processor time of the thread: a busy machine does not count */
    double until;         /* when to say stop; 0: never */
};

static bool tick(void *ctx, const struct orr_progress *p)
{
    struct work *w = ctx;
    (void)p;
    const double now = orr_bench_cpu();
    if (now - w->last > w->longest) w->longest = now - w->last;
    w->last = now;
    return !w->until || now < w->until;
}

static void begin(struct work *w) { w->longest = 0, w->last = orr_bench_cpu(); }

static bool end(struct work *w, bool ok, struct orr_bench_sample *out)
{
    tick(w, NULL);
    *out = (struct orr_bench_sample){1e3 * w->longest, (double)NAN};
    return ok;
}

static bool measure_fit(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m = NULL;
    const struct orr_ticker ticker = {tick, w};
    o.steps = STEPS;
    o.fraction = strcmp(w->method, "flow") ? 0.2 : 0;
    begin(w);
    const bool ok = !orr_weights_fit(orr_weights_method_find(w->method), w->set, &o, &ticker, &m, NULL);
    orr_weights_model_free(m);
    return end(w, ok, out);
}

/* One block, as large as the app's are at most. */
static bool measure_forecast(void *ctx, struct orr_bench_sample *out)
{
    static struct orr_observed observed;
    struct work *w = ctx;
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m = NULL;
    const struct orr_ticker ticker = {tick, w};
    float *x = malloc(2 * SEEN * MANY * sizeof *x), *mean = x ? x + SEEN * MANY : NULL;
    double t[2 * SEEN];
    o.steps = 5;
    o.fraction = strcmp(w->method, "flow") ? 0.5 : 0;
    for (size_t i = 0; i < 2 * SEEN; i++) t[i] = (double)(i + 1) / (2 * SEEN);
    for (size_t i = 0; x && i < SEEN * MANY; i++) x[i] = (float)sin((double)(i % MANY) + 0.1 * (double)(i / MANY));
    bool ok = x && !orr_weights_fit(orr_weights_method_find(w->method), w->set, &o, NULL, &m, NULL) &&
              !orr_observed_init(&observed, SEEN, t, 0, ORR_ROLE_MATRIX, "bench", NULL) &&
              !orr_observed_add(&observed, x, MANY, "bench", NULL);
    begin(w);
    ok = ok && !orr_weights_forecast(m, &observed, x, MANY, SEEN, t + SEEN, mean, NULL, &ticker, NULL);
    orr_weights_model_free(m);
    free(x);
    return end(w, ok, out);
}

static enum orr_status ignore(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    (void)ctx, (void)name, (void)step, (void)value, (void)err;
    return ORR_OK;
}

/* An epoch of a network of the lab, with what opening it evaluates. */
static bool measure_training(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    struct orr_train_options o = orr_train_defaults();
    const struct orr_train_events events = {.metric = ignore};
    const struct orr_ticker ticker = {tick, w};
    struct orr_dataset data = {0};
    struct orr_train *t = NULL;
    o.arch = w->method;
    o.ticker = &ticker;
    bool ok = !orr_dataset_load(strncmp(w->method, "cnn", 3) ? "digits" : "fashion-mnist:28:640", &data, NULL);
    begin(w);
    ok = ok && !orr_train_open(&o, &data, &events, &t, NULL) && !orr_train_epoch(t, &ticker, NULL);
    ok = end(w, ok, out);
    if (t) orr_train_close(t);
    orr_dataset_free(&data);
    return ok;
}

/* One window of NODES nodes; what it takes to come back after the stop counts too. */
static bool measure_nodes(void *ctx, struct orr_bench_sample *out, bool fit)
{
    struct work *w = ctx;
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m = NULL;
    struct orr_nodes_forecast f = {0};
    const struct orr_nodes_method *method = orr_nodes_method_find(w->method);
    const struct orr_ticker ticker = {tick, w};
    o.epochs = 1;
    enum orr_status s = ORR_OK;
    if (!fit) s = orr_nodes_fit(method, w->nodes, orr_nodes_method_learns(method), &o, NULL, &m, NULL);
    begin(w);
    w->until = w->last + NODES_SECONDS;
    if (fit)
        s = orr_nodes_fit(method, w->nodes, 1, &o, &ticker, &m, NULL);
    else if (!s)
        s = orr_nodes_run(m, w->nodes, ORR_NODES_AHEAD, &ticker, &f, NULL);
    w->until = 0;
    const bool ok = end(w, !s || s == ORR_ECANCELLED, out);
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    return ok;
}
static bool measure_nodes_fit(void *ctx, struct orr_bench_sample *out) { return measure_nodes(ctx, out, true); }
static bool measure_nodes_run(void *ctx, struct orr_bench_sample *out) { return measure_nodes(ctx, out, false); }

/* Weights that decay towards where a sine puts them. */
static bool make_set(struct orr_weights_set *set)
{
    double t[SNAPSHOTS];
    float *x = malloc(SNAPSHOTS * KEPT * sizeof *x);
    bool ok = x;
    for (size_t run = 0; run < RUNS * 4 && ok; run++) {
        for (size_t i = 0; i < SNAPSHOTS; i++) {
            t[i] = (double)i / (SNAPSHOTS - 1);
            for (size_t k = 0; k < KEPT; k++) {
                const double phase = 1 + 3.7 * (double)(k + KEPT * run);
                x[i * KEPT + k] = (float)(sin(phase) + cos(2.1 * phase) * (1 - exp(-(1 + (double)(run % 4)) * t[i])));
            }
        }
        ok = !orr_weights_set_add(set, run / 4, 0, run % 2 ? ORR_ROLE_BIAS : ORR_ROLE_MATRIX, SNAPSHOTS, t, KEPT, x, KEPT, 1,
                                  "bench", NULL);
    }
    free(x);
    return ok;
}

static void measure(struct orr_bench_report *report, struct work *w, const char *what, orr_bench_side side)
{
    char config[96];
    snprintf(config, sizeof config, "%s %s", what, w->method);
    const struct orr_bench_case c = {.name = "cancel", .config = config, .threads = 1, .unit = "ms", .lower_is_better = true,
                                     .peer_name = "-", .peer_missing = "there is none: 100 ms are asked for", .ours = side,
                                     .ctx = w, .repetitions = 5};
    orr_bench_compare(report, &c);
}

static void run_nodes(struct orr_bench_report *report, struct work *w)
{
    static const char *const methods[] = {"netdyn-law", "netdyn", "netdyn-attention", "lstm", "svd-lasso", "var"};
    struct orr_network_options o = orr_network_defaults();
    struct orr_nodes x = {0};
    const struct orr_nodes_case c = {.x = &x};
    o.nodes = NODES;
    w->nodes = &c;
    if (!orr_network_simulate(&o, NULL, NULL, &x, NULL))
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            w->method = methods[i];
            if (orr_nodes_method_learns(orr_nodes_method_find(w->method)))
                measure(report, w, "fit to 1,000 nodes of", measure_nodes_fit);
            measure(report, w, "forecast of 1,000 nodes by", measure_nodes_run);
        }
    w->nodes = NULL;
    orr_nodes_free(&x);
}

static void run(struct orr_bench_report *report)
{
    static const char *const methods[] = {"flow", "farcast", "dmd", "lstm", "transformer", "introspection", "wnn"};
    static const char *const archs[] = {"mlp:64", "cnn"};
    struct orr_weights_set set = {0};
    struct work w = {.set = &set};
    if (make_set(&set))
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            w.method = methods[i];
            if (orr_weights_method_learns(orr_weights_method_find(w.method))) measure(report, &w, "fit of", measure_fit);
            measure(report, &w, "forecast of a block by", measure_forecast);
        }
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++) {
        w.method = archs[i];
        measure(report, &w, "epoch of", measure_training);
    }
    orr_weights_set_free(&set);
    run_nodes(report, &w);
}

const struct orr_bench orr_bench_cancel = {"cancel", "longest wait of a cancelled forecast, fit and training", run};
