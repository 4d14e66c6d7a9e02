/* The detector's network: YOLOv5n at 640 pixels on two threads against OpenCV's DNN module on one ONNX file, its
 * inference against
 * the products alone (the floor under which it cannot come), and a training step against PyTorch (detect_peer.py). */
#include "bench.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/optim.h>

#include "base/json.h"
#include "base/mem.h"
#include "image/image.h"
#include "methods/detect/infer.h"
#include "methods/detect/loss.h"
#include "methods/detect/yolo_file.h"
#include "num/gemm.h"

enum { SIZE = 640, THREADS = 2, TRAIN_SIZE = 256, BATCH = 16, CLASSES = 6 };
static const char script[] = "tests/bench/detect_peer.py";

/* The generator of detect_torch.py. */
static void numbers(uint64_t stream, size_t n, float *out)
{
    uint32_t x = (uint32_t)(stream * 2654435761u + 12345);
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        out[i] = ((float)(x >> 8) / 8388608.0f - 1) / 2 + 0.5f;
    }
}

static struct json_object *ask_peer(const char *const argv[], double *rss)
{
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL;
    if (orr_bench_run(&child)) orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL);
    if (rss) *rss = child.rss_mb;
    orr_str_free(&text);
    return o;
}

static bool seconds_of(struct json_object *o, double *out)
{
    struct json_object *x;
    const bool ok = o && json_object_object_get_ex(o, "seconds", &x);
    if (ok) *out = json_object_get_double(x);
    return ok;
}

/* ---- inference ---- */

struct looking {
    struct orr_yolo y;
    struct orr_yolo_infer *f;
    float *x;
    char file[256], picture[256];
    double rss;
    float *a, *b, *c; /* operands of the floor */
};

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The median image of a few, as the peer measures. */
static bool measure_look(struct looking *w, double (*now)(void), double *out)
{
    enum { FIRST = 2, IMAGES = 9 };
    const float *levels[ORR_YOLO_LEVELS];
    struct orr_error err;
    double seconds[IMAGES];
    for (int k = -FIRST; k < IMAGES; k++) {
        const double begin = now();
        if (orr_yolo_infer_run(w->f, w->x, SIZE, SIZE, levels, &err)) return false;
        if (k >= 0) seconds[k] = now() - begin;
    }
    qsort(seconds, IMAGES, sizeof *seconds, by_size);
    *out = seconds[IMAGES / 2];
    return true;
}

static bool look_ours(void *ctx, struct orr_bench_sample *out)
{
    struct looking *w = ctx;
    out->rss_mb = w->rss;
    return measure_look(w, orr_bench_now, &out->value);
}

static bool look_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct looking *w = ctx;
    char size[16], threads[16];
    snprintf(size, sizeof size, "%d", SIZE);
    snprintf(threads, sizeof threads, "%d", THREADS);
    const char *const argv[] = {"/usr/bin/python3", script, "run", w->file, size, threads, NULL};
    struct json_object *o = ask_peer(argv, &out->rss_mb);
    const bool ok = seconds_of(o, &out->value);
    json_object_put(o);
    return ok;
}

static bool floor_ours(void *ctx, struct orr_bench_sample *out)
{
    *out = (struct orr_bench_sample){.rss_mb = NAN};
    return measure_look(ctx, orr_bench_cpu, &out->value);
}

/* Every convolution as one product of weights (out, k) and a patch matrix (k, positions) that is there already. */
static bool floor_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct looking *w = ctx;
    double total = 0;
    for (int k = 0; k < w->y.n_steps; k++) {
        const struct orr_yolo_step *s = &w->y.step[k];
        const struct orr_yolo_conv *c = &w->y.conv[s->conv];
        if (s->op != ORR_YOLO_CONV) continue;
        const int terms = c->in * c->size * c->size, positions = (SIZE / s->stride) * (SIZE / s->stride);
        double seconds[5];
        for (int r = 0; r < 5; r++) {
            const double begin = orr_bench_cpu();
            orr_gemm(false, false, c->out, positions, terms, 1, w->a, terms, w->b, positions, 0, w->c, positions);
            seconds[r] = orr_bench_cpu() - begin;
        }
        qsort(seconds, 5, sizeof *seconds, by_size);
        total += seconds[2];
    }
    *out = (struct orr_bench_sample){total, NAN};
    return true;
}

/* Outputs of both on one input must agree, or a comparison of their times would mean nothing. */
static bool same_outputs(struct looking *w)
{
    char size[16];
    snprintf(size, sizeof size, "%d", SIZE);
    const char *const argv[] = {"/usr/bin/python3", script, "run", w->file, size, "2", NULL};
    struct json_object *o = ask_peer(argv, NULL), *list;
    const float *levels[ORR_YOLO_LEVELS];
    struct orr_error err;
    bool ok = o && json_object_object_get_ex(o, "outputs", &list) &&
              orr_yolo_infer_run(w->f, w->x, SIZE, SIZE, levels, &err) == ORR_OK;
    for (size_t l = 0; ok && l < ORR_YOLO_LEVELS; l++) {
        const size_t n = (size_t)(3 * (5 + w->y.classes)) * (size_t)(SIZE / (8 << l)) * (size_t)(SIZE / (8 << l));
        double sum = 0;
        for (size_t i = 0; i < n; i++) sum += fabs((double)levels[l][i]);
        ok = fabs(sum / (double)n - json_object_get_double(json_object_array_get_idx(list, l))) < 1e-4;
    }
    json_object_put(o);
    return ok;
}

/* The memory of the whole command, as the peer's is that of its whole process. */
static double command_memory(const struct looking *w)
{
    const char *const argv[] = {orr_bench_orrery(), "detect", "run",       w->picture, "--weights", w->file,
                                "--size",           "640",    "--threads", "2",        NULL};
    struct orr_bench_child child = {.argv = argv};
    return orr_bench_run(&child) ? child.rss_mb : NAN;
}

/* NULL: ready; else what is missing. */
static const char *prepare(struct looking *w, int threads)
{
    struct orr_error err;
    struct orr_image picture = {0};
    int size;
    size_t a = 1, b = 1;
    snprintf(w->file, sizeof w->file, "%s/yolov5n.onnx", orr_bench_scratch());
    snprintf(w->picture, sizeof w->picture, "%s/picture.png", orr_bench_scratch());
    const char *const argv[] = {"/usr/bin/python3", script, "write", w->file, NULL};
    struct orr_bench_child child = {.argv = argv};
    if (!orr_bench_run(&child) || orr_yolo_load(w->file, &w->y, &size, &err))
        return "python3-onnx and python3-torch, which write the file, are not installed";
    w->x = orr_xcalloc(3 * SIZE * SIZE, sizeof *w->x);
    numbers(999, 3 * SIZE * SIZE, w->x);
    w->f = orr_yolo_infer_new(&w->y, threads);
    for (int k = 0; k < w->y.n_steps; k++) {
        const struct orr_yolo_step *s = &w->y.step[k];
        const struct orr_yolo_conv *c = &w->y.conv[s->conv];
        if (s->op != ORR_YOLO_CONV) continue;
        const size_t terms = (size_t)(c->in * c->size * c->size),
                     positions = (size_t)(SIZE / s->stride) * (size_t)(SIZE / s->stride);
        a = terms * (size_t)c->out > a ? terms * (size_t)c->out : a;
        b = terms * positions > b ? terms * positions : b;
        b = (size_t)c->out * positions > b ? (size_t)c->out * positions : b;
    }
    w->a = orr_xcalloc(a, sizeof *w->a);
    w->b = orr_xcalloc(b, sizeof *w->b);
    w->c = orr_xcalloc(b, sizeof *w->c);
    for (size_t i = 0; i < a; i++) w->a[i] = 1e-3f;
    for (size_t i = 0; i < b; i++) w->b[i] = 1e-3f;
    if (orr_image_init(&picture, SIZE, SIZE)) orr_image_write_png(w->picture, &picture, &err);
    orr_image_free(&picture);
    return NULL;
}

static void discard(struct looking *w)
{
    orr_yolo_infer_free(w->f);
    orr_yolo_free(&w->y);
    free(w->x);
    free(w->a);
    free(w->b);
    free(w->c);
}

static void run_opencv(struct orr_bench_report *report)
{
    struct looking w = {.rss = NAN};
    const char *missing = prepare(&w, THREADS);
    if (!missing && !same_outputs(&w)) missing = "OpenCV's outputs are not ours, or python3-opencv is not installed";
    if (!missing) w.rss = command_memory(&w);
    orr_bench_compare(report, &(struct orr_bench_case){.name = "detect_opencv",
                                                       .config = "YOLOv5n of 80 classes, 640 pixels, one ONNX file",
                                                       .threads = THREADS,
                                                       .unit = "s/image",
                                                       .lower_is_better = true,
                                                       .peer_name = "OpenCV DNN",
                                                       .peer_missing = missing,
                                                       .ours = look_ours,
                                                       .peer = look_peer,
                                                       .ctx = &w,
                                                       .repetitions = 7});
    discard(&w);
}

static void run_floor(struct orr_bench_report *report)
{
    struct looking w = {.rss = NAN};
    const char *missing = prepare(&w, 1);
    orr_bench_compare(report, &(struct orr_bench_case){.name = "detect_gemm_floor",
                                                       .config = "YOLOv5n, 640 pixels; peer: its products alone, sgemm",
                                                       .threads = 1,
                                                       .unit = "cpu s/image",
                                                       .lower_is_better = true,
                                                       .peer_name = "OpenBLAS",
                                                       .peer_missing = missing,
                                                       .ours = floor_ours,
                                                       .peer = floor_peer,
                                                       .ctx = &w,
                                                       .repetitions = 7});
    discard(&w);
}

/* ---- training ---- */

struct training {
    struct orr_yolo y;
    struct orr_optim optim;
    struct orr_tape *tape;
    float *x;
    struct orr_target target[4 * BATCH];
    const char *width;
};

static bool train_ours(void *ctx, struct orr_bench_sample *out)
{
    struct training *w = ctx;
    const struct orr_yolo_gains gains = orr_yolo_gains(CLASSES, TRAIN_SIZE);
    double best = INFINITY;
    for (int k = 0; k < 3; k++) {
        struct orr_var *level[ORR_YOLO_LEVELS];
        struct orr_yolo_loss parts;
        const double begin = orr_bench_cpu();
        orr_tape_reset(w->tape);
        orr_params_zero_grad(&w->y.params);
        orr_yolo_forward(&w->y, w->tape, w->x, BATCH, TRAIN_SIZE, TRAIN_SIZE, true, level);
        orr_tape_backward(orr_yolo_loss(&w->y, level, w->target, 4 * BATCH, &gains, &parts));
        orr_optim_step(&w->optim, &w->y.params);
        best = fmin(best, orr_bench_cpu() - begin);
    }
    *out = (struct orr_bench_sample){best / BATCH, NAN};
    return true;
}

static bool train_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct training *w = ctx;
    char size[16], batch[16];
    snprintf(size, sizeof size, "%d", TRAIN_SIZE);
    snprintf(batch, sizeof batch, "%d", BATCH);
    const char *const argv[] = {"/usr/bin/python3", script, "train", w->width, size, batch, "4", NULL};
    struct json_object *o = ask_peer(argv, &out->rss_mb);
    const bool ok = seconds_of(o, &out->value);
    json_object_put(o);
    return ok;
}

static void compare_training(struct orr_bench_report *report, enum orr_yolo_kind kind, const char *width,
                             const char *config)
{
    struct training w = {.width = width, .tape = orr_tape_new()};
    struct orr_optim_options o = orr_optim_defaults(ORR_MOMENTUM, .001);
    struct orr_error err;
    o.momentum = .937;
    o.nesterov = true;
    if (!orr_yolo_init(&w.y, kind, CLASSES, 1, &err)) {
        orr_optim_init(&w.optim, &o, &w.y.params);
        w.x = orr_xcalloc(BATCH * 3 * TRAIN_SIZE * TRAIN_SIZE, sizeof *w.x);
        numbers(999, BATCH * 3 * TRAIN_SIZE * TRAIN_SIZE, w.x);
        for (int i = 0; i < 4 * BATCH; i++)
            w.target[i] = (struct orr_target){
                i % BATCH,
                i % CLASSES,
                {37 * i % TRAIN_SIZE + .5, 53 * i % TRAIN_SIZE + .5, 20 + 7 * i % 60, 20 + 11 * i % 60}};
        orr_bench_compare(report, &(struct orr_bench_case){.name = "detect_train",
                                                           .config = config,
                                                           .threads = 1,
                                                           .unit = "cpu s/image",
                                                           .lower_is_better = true,
                                                           .peer_name = "PyTorch",
                                                           .ours = train_ours,
                                                           .peer = train_peer,
                                                           .ctx = &w,
                                                           .repetitions = 5});
    }
    orr_yolo_free(&w.y);
    orr_optim_free(&w.optim);
    orr_tape_free(w.tape);
    free(w.x);
}

static void run_train(struct orr_bench_report *report)
{
    compare_training(report, ORR_YOLO_PICO, ".125", "pico, 256 pixels, batch 16, a step with its loss");
    compare_training(report, ORR_YOLO_N, ".25", "n, 256 pixels, batch 16, a step with its loss");
}

const struct orr_bench orr_bench_detect_opencv = {"detect_opencv", "YOLOv5n at 640 pixels against OpenCV's DNN module",
                                                  run_opencv};
const struct orr_bench orr_bench_detect_gemm_floor = {"detect_gemm_floor",
                                                      "the same against the products that it is made of", run_floor};
const struct orr_bench orr_bench_detect_train = {"detect_train", "training of the detector against PyTorch", run_train};
