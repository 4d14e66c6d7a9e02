/* Forecasts of checkpoint folders of 10^4 to 10^8 weights, streamed by blocks: nanoseconds per weight, and the peak memory of
 * `orrery forecast weights` on them. farcast against the same map in numpy (weights_peer.py beside this file); flow alone. Then
 * the checkpoints of a real size, 10 snapshots of 290,000 weights. Checkpoints are synthetic, made here by arithmetic. */
#include "bench.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "app/weights.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"

enum { TENSORS = 24, BLOCK = 1 << 16, FEW = 3 };
static const char script[] = "tests/bench/weights_peer.py";

struct work {
    char folder[128], out[160];
    const char *method;
    size_t weights;
    bool whole_seconds; /* the unit is seconds, not nanoseconds per weight */
    double rss_mb;      /* of one child; measured once, NaN before */
};

/* A weight at snapshot i: from where a hash puts it towards where another puts it. */
static float weight(uint64_t k, double progress)
{
    uint64_t x = (k + 1) * 0x9E3779B97F4A7C15ULL;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9ULL;
    const double from = (double)(int32_t)(x >> 32) / 2147483648.0, by = (double)(int32_t)x / 2147483648.0;
    return (float)(0.1 * from + 0.02 * by * progress);
}

static bool write_snapshot(const struct work *w, size_t i, float *block)
{
    struct orr_safetensor_out out[TENSORS];
    char names[TENSORS][32], path[200];
    int64_t sizes[TENSORS];
    const size_t n = w->weights < TENSORS * 1000 ? 1 : TENSORS;
    struct orr_safetensors_writer *file;
    const double progress = 1 - exp(-0.3 * (double)i);
    for (size_t t = 0; t < n; t++) {
        snprintf(names[t], sizeof names[t], "layers.%02zu.weight", t);
        sizes[t] = (int64_t)(w->weights / n + (t < w->weights % n));
        out[t] = (struct orr_safetensor_out){names[t], &sizes[t], 1, NULL};
    }
    snprintf(path, sizeof path, "%s/step_%zu.safetensors", w->folder, i);
    bool ok = !orr_safetensors_begin(path, out, n, NULL, &file, NULL);
    for (uint64_t at = 0; ok && at < w->weights; at += BLOCK) {
        const size_t k = w->weights - at < BLOCK ? (size_t)(w->weights - at) : BLOCK;
        for (size_t j = 0; j < k; j++) block[j] = weight(at + j, progress);
        ok = !orr_safetensors_put(file, block, k, NULL);
    }
    return !orr_safetensors_end(file, ok, NULL) && ok;
}

static bool write_folder(struct work *w, size_t weights, size_t snapshots)
{
    w->weights = weights;
    snprintf(w->folder, sizeof w->folder, "%s/%zux%zu", orr_bench_scratch(), weights, snapshots);
    snprintf(w->out, sizeof w->out, "%s/forecast.safetensors", orr_bench_scratch());
    float *block = orr_xmalloc(BLOCK * sizeof *block);
    bool ok = mkdir(w->folder, 0700) == 0;
    for (size_t i = 0; ok && i < snapshots; i++) ok = write_snapshot(w, i, block);
    free(block);
    return ok;
}

static void remove_folder(const struct work *w, size_t snapshots)
{
    char path[200];
    for (size_t i = 0; i < snapshots; i++) {
        snprintf(path, sizeof path, "%s/step_%zu.safetensors", w->folder, i);
        unlink(path);
    }
    rmdir(w->folder);
    unlink(w->out);
}

static double measure_rss(const struct work *w)
{
    const char *const argv[] = {orr_bench_orrery(),
                                "forecast",
                                "weights",
                                w->folder,
                                "--method",
                                w->method,
                                "--to",
                                "40",
                                "--out",
                                w->out,
                                NULL};
    struct orr_bench_child child = {.argv = argv};
    return orr_bench_run(&child) ? child.rss_mb : (double)NAN;
}

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* In this process, so that starting one does not count; opening the files does. Nanoseconds are of the processor, the kernel's
 * part included: gigabytes that the disk has to bring would else be what is measured. */
static bool measure_ours(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const struct orr_weights_query q = {.method = w->method, .to = 40, .seed = 1, .out = w->out};
    struct orr_weights_forecasts f;
    const double start = w->whole_seconds ? orr_bench_now() : cpu_now();
    const bool ok = orr_weights_run_folder(w->folder, &q, NULL, &f, NULL) == ORR_OK;
    const double seconds = (w->whole_seconds ? orr_bench_now() : cpu_now()) - start;
    orr_weights_forecasts_free(&f);
    if (isnan(w->rss_mb)) w->rss_mb = measure_rss(w);
    *out = (struct orr_bench_sample){w->whole_seconds ? seconds : 1e9 * seconds / (double)w->weights, w->rss_mb};
    return ok;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const char *const argv[] = {"/usr/bin/python3", script, w->folder, w->out, NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL, *seconds;
    bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
              json_object_object_get_ex(o, w->whole_seconds ? "seconds" : "cpu_seconds", &seconds);
    if (ok) {
        const double s = json_object_get_double(seconds);
        *out = (struct orr_bench_sample){w->whole_seconds ? s : 1e9 * s / (double)w->weights, child.rss_mb};
    }
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

static bool room_for(size_t weights)
{
    struct statvfs fs;
    return statvfs(orr_bench_scratch(), &fs) == 0 &&
           (double)fs.f_bavail * (double)fs.f_frsize > 3.0 * sizeof(float) * FEW * (double)weights;
}

static void compare(struct orr_bench_report *report, struct work *w, const char *method, size_t snapshots,
                    const char *peer_missing)
{
    char config[96];
    w->method = method;
    w->rss_mb = (double)NAN;
    snprintf(config, sizeof config, "%.0e weights x %zu snapshots, %s", (double)w->weights, snapshots, method);
    const struct orr_bench_case c = {.name = "weights",
                                     .config = config,
                                     .threads = 1,
                                     .unit = w->whole_seconds ? "s" : "ns/weight",
                                     .lower_is_better = true,
                                     .peer_name = "numpy",
                                     .peer_missing = peer_missing,
                                     .ours = measure_ours,
                                     .peer = measure_peer,
                                     .ctx = w,
                                     .repetitions = 5};
    orr_bench_compare(report, &c);
}

static void run(struct orr_bench_report *report)
{
    static const size_t sizes[] = {10000, 100000, 1000000, 10000000, 100000000};
    enum { MOST_FLOW = 10000000 /* half a minute for ten times as many, six times */ };
    const char *missing = access(script, R_OK) ? "no peer script: run from the source tree" : NULL;
    struct work w = {.rss_mb = (double)NAN};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!room_for(sizes[i])) {
            fprintf(stderr, "orrery-bench: weights (%zu): no room for the checkpoints in /tmp\n", sizes[i]);
            continue;
        }
        if (write_folder(&w, sizes[i], FEW)) {
            compare(report, &w, "farcast", FEW, missing);
            if (sizes[i] <= MOST_FLOW) compare(report, &w, "flow", FEW, "nothing else has this field");
        }
        remove_folder(&w, FEW);
    }
    enum { REAL_WEIGHTS = 290000, REAL_SNAPSHOTS = 10 };
    w.whole_seconds = true;
    if (write_folder(&w, REAL_WEIGHTS, REAL_SNAPSHOTS)) {
        compare(report, &w, "farcast", REAL_SNAPSHOTS, missing);
        compare(report, &w, "flow", REAL_SNAPSHOTS, "nothing else has this field");
    }
    remove_folder(&w, REAL_SNAPSHOTS);
}

const struct orr_bench orr_bench_weights = {"weights", "forecasts of 10^4 to 10^8 weights, streamed, against numpy",
                                            run};
