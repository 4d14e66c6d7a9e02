/* Training steps of the numeric core against PyTorch on the same workloads: forward, backward, Adam, float32, random
 * batches cycled through. The peer is a script of the peers folder ($ORRERY_PEERS/core/torch_train.py), which uses
 * PyTorch's own layers and initialisation. Three rows each: the time of a step with one thread on both sides; the time
 * with as many threads as there are cores, where each side takes the setting that is fastest for it; and the peak memory
 * of a process that does only this, above the same process before it does anything. */
#include "bench.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/number.h"
#include "num/gemm.h"
#include "workload.h"

enum { MEMORY_STEPS = 40 };
static const double BLOCK = 0.5; /* seconds of steps per measurement */

/* How PyTorch is started: its OpenMP and OpenBLAS threads get into each other's way, so that the fastest setting differs
 * between workloads. */
struct setting {
    int threads, blas;
    bool passive; /* OMP_WAIT_POLICY=passive: waiting threads sleep */
};

struct side_by_side {
    struct orr_workload *w;
    int threads;                    /* ours, inside a product */
    struct setting peer;
    double rss_mb, peer_rss_mb;     /* peaks: ours of a child, the peer's the largest of its runs so far */
    double start_mb, peer_start_mb; /* the same before anything is built; NaN: not measured yet */
    char peer_name[96];
};

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    struct side_by_side *s = ctx;
    orr_blas_set_threads(s->threads);
    for (int i = 0; i < 3; i++) orr_workload_step(s->w);
    const double start = orr_bench_now();
    double now;
    int steps = 0;
    do {
        if (!isfinite(orr_workload_step(s->w))) return false;
        steps++;
    } while ((now = orr_bench_now()) - start < BLOCK);
    orr_blas_set_threads(1);
    *out = (struct orr_bench_sample){(now - start) / steps * 1e3, s->rss_mb};
    return true;
}

static bool torch(void *ctx, struct orr_bench_sample *out)
{
    struct side_by_side *s = ctx;
    char script[512], batch[16], threads[16], blas[16];
    snprintf(script, sizeof script, "%s/core/torch_train.py", getenv("ORRERY_PEERS"));
    snprintf(batch, sizeof batch, "%d", orr_workload_batch(s->w));
    snprintf(threads, sizeof threads, "%d", s->peer.threads);
    snprintf(blas, sizeof blas, "%d", s->peer.blas);
    const char *const argv[] = {"/usr/bin/python3", script, "--workload", orr_workload_name(s->w), "--batch", batch,
                                "--threads", threads, "--blas-threads", blas, "--repeats", "1", "--seeds", "1", NULL};
    const char *const env[] = {"OMP_WAIT_POLICY=passive", NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text, .env = s->peer.passive ? env : NULL};
    struct json_object *o = NULL, *seconds, *config, *version;
    const bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
                    json_object_object_get_ex(o, "seconds", &seconds);
    if (ok) {
        *out = (struct orr_bench_sample){json_object_get_double(seconds) * 1e3, child.rss_mb};
        if (!(child.rss_mb <= s->peer_rss_mb)) s->peer_rss_mb = child.rss_mb;
        const bool named = json_object_object_get_ex(o, "config", &config) &&
                           json_object_object_get_ex(config, "torch", &version);
        snprintf(s->peer_name, sizeof s->peer_name, "PyTorch %s", named ? json_object_get_string(version) : "");
    }
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

/* ---- memory ---- */

/* A process so short that polling would miss it: it says its peak itself. */
static double our_peak(const char *name, int steps)
{
    char n[16];
    snprintf(n, sizeof n, "%d", steps);
    const char *const argv[] = {"/proc/self/exe", ORR_BENCH_STEPS, name, n, NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    double mb = NAN;
    if (!orr_bench_run(&child) || !orr_parse_double(orr_str_c(&text), strcspn(orr_str_c(&text), "\n"), &mb)) mb = NAN;
    orr_str_free(&text);
    return mb;
}

static double torch_start_peak(void)
{
    const char *const argv[] = {"/usr/bin/python3", "-c", "import torch", NULL};
    struct orr_bench_child child = {.argv = argv};
    return orr_bench_run(&child) ? child.rss_mb : NAN;
}

/* Peaks do not vary from run to run as times do: they are measured once, the peer's beside its times. */
static bool our_memory(void *ctx, struct orr_bench_sample *out)
{
    struct side_by_side *s = ctx;
    if (isnan(s->start_mb)) s->start_mb = our_peak(orr_workload_name(s->w), 0);
    *out = (struct orr_bench_sample){s->rss_mb - s->start_mb, s->rss_mb};
    return isfinite(out->value);
}

static bool torch_memory(void *ctx, struct orr_bench_sample *out)
{
    struct side_by_side *s = ctx;
    if (isnan(s->peer_start_mb)) s->peer_start_mb = torch_start_peak();
    *out = (struct orr_bench_sample){s->peer_rss_mb - s->peer_start_mb, s->peer_rss_mb};
    return isfinite(out->value);
}

/* ---- rows ---- */

/* Runs each setting once and keeps the fastest. */
static void choose(struct side_by_side *s, int n, bool with_peer)
{
    const struct setting settings[] = {{1, 1, false}, {n, n, false}, {n, 1, false}, {n, n, true}};
    double best = INFINITY, best_ours = INFINITY;
    struct setting chosen = settings[0];
    int threads = 1;
    for (size_t k = 0; with_peer && k < sizeof settings / sizeof *settings; k++) {
        struct orr_bench_sample x;
        s->peer = settings[k];
        if (torch(s, &x) && x.value < best) best = x.value, chosen = settings[k];
    }
    for (int t = 1; t <= n; t += n > 1 ? n - 1 : 1) {
        struct orr_bench_sample x;
        s->threads = t;
        if (ours(s, &x) && x.value < best_ours) best_ours = x.value, threads = t;
    }
    s->peer = chosen;
    s->threads = threads;
    const size_t end = strlen(s->peer_name);
    snprintf(s->peer_name + end, sizeof s->peer_name - end, " (threads %d, BLAS %d%s; ours %d)", chosen.threads, chosen.blas,
             chosen.passive ? ", passive" : "", threads);
}

static void run(struct orr_bench_report *report, const char *name)
{
    struct side_by_side s = {.w = orr_workload_open(name), .threads = 1, .peer = {1, 1, false},
                             .rss_mb = our_peak(name, MEMORY_STEPS), .peer_rss_mb = NAN, .start_mb = NAN,
                             .peer_start_mb = NAN, .peer_name = "PyTorch"};
    const char *missing = getenv("ORRERY_PEERS") ? NULL : "set ORRERY_PEERS to the peers folder";
    char config[96];
    snprintf(config, sizeof config, "batch %d, %zu parameters, Adam", orr_workload_batch(s.w), orr_workload_parameters(s.w));
    struct orr_bench_case c = {.name = name, .config = config, .threads = 1, .unit = "ms/step", .lower_is_better = true,
                               .peer_name = s.peer_name, .peer_missing = missing, .ours = ours, .peer = torch, .ctx = &s};
    orr_bench_compare(report, &c);
    c.unit = "MB above start";
    c.ours = our_memory;
    c.peer = torch_memory;
    orr_bench_compare(report, &c);
    c.threads = cores();
    if (c.threads > 1) {
        choose(&s, c.threads, !missing);
        const size_t end = strlen(config);
        snprintf(config + end, sizeof config - end, ", best settings");
        char chosen[sizeof s.peer_name];
        memcpy(chosen, s.peer_name, sizeof chosen); /* runs of the peer set it anew */
        c.peer_name = chosen;
        c.unit = "ms/step";
        c.ours = ours;
        c.peer = torch;
        orr_bench_compare(report, &c);
    }
    orr_workload_free(s.w);
}

int orr_bench_steps(const char *name, int steps)
{
    struct orr_workload *w = steps > 0 ? orr_workload_open(name) : NULL;
    if (steps > 0 && !w) return EXIT_FAILURE;
    bool finite = true;
    for (int i = 0; i < steps; i++) finite &= isfinite(orr_workload_step(w)) != 0;
    orr_workload_free(w);
    printf("%.6f\n", orr_bench_peak(getpid()));
    return finite ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void run_mlp(struct orr_bench_report *r) { run(r, "mlp"); }
static void run_cnn(struct orr_bench_report *r) { run(r, "cnn"); }
static void run_transformer(struct orr_bench_report *r) { run(r, "transformer"); }
static void run_gru(struct orr_bench_report *r) { run(r, "gru"); }
static void run_node(struct orr_bench_report *r) { run(r, "neural_ode"); }
static void run_tiny(struct orr_bench_report *r) { run(r, "tiny"); }

const struct orr_bench orr_bench_mlp = {"mlp", "training step: 784-256-128-10", run_mlp};
const struct orr_bench orr_bench_cnn = {"cnn", "training step: two convolutions, two dense layers", run_cnn};
const struct orr_bench orr_bench_transformer = {"transformer", "training step: 4 layers, d 128", run_transformer};
const struct orr_bench orr_bench_gru = {"gru", "training step: 50 steps, 64 hidden", run_gru};
const struct orr_bench orr_bench_neural_ode = {"neural_ode", "training step: RK4 x 20, 16-32-64-16", run_node};
const struct orr_bench orr_bench_tiny = {"tiny", "training step: RK4 x 20, 4-16-4", run_tiny};
