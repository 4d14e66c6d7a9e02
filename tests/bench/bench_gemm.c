/* Products of matrices by the numeric core against OpenBLAS's sgemm called directly, on squares in all four forms and on
 * what one training step of each workload multiplies; then the whole step against those products alone, the floor under
 * which a step made of products cannot come. One thread, times of the processor. */
#include "bench.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <orrery/rng.h>

#include "base/mem.h"
#include "base/vec.h"
#include "num/gemm.h"
#include "workload.h"

static const double BLOCK = 0.1; /* seconds per measurement */
enum { REPETITIONS = 9 };

struct product {
    bool ta, tb;
    int m, n, k, count;
};
typedef void (*sgemm_function)(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, int, int, int, float, const float *, int,
                               const float *, int, float, float *, int);

struct work {
    ORR_VEC(struct product) products;
    size_t room;              /* numbers in each operand */
    float *a, *b, *c;
    sgemm_function sgemm;
    struct orr_workload *step;
};

/* ---- what is multiplied ---- */

static void add(struct work *w, bool ta, bool tb, int m, int n, int k, int count)
{
    ORR_VEC_PUSH(&w->products, ((struct product){ta, tb, m, n, k, count}));
}

/* A dense layer forward and backward; the first layer hands no gradient to its input. */
static void add_linear(struct work *w, int rows, int in, int out, bool first, int count)
{
    add(w, false, true, rows, out, in, count);
    add(w, true, false, out, in, rows, count);
    if (!first) add(w, false, false, rows, in, out, count);
}

/* A convolution as a product per image of weights (out, k) and patches (k, positions). */
static void add_conv(struct work *w, int out, int k, int positions, bool first, int images)
{
    add(w, false, false, out, positions, k, images);
    add(w, false, true, out, k, positions, images);
    if (!first) add(w, true, false, k, positions, out, images);
}

static void mlp(struct work *w)
{
    add_linear(w, 64, 784, 256, true, 1);
    add_linear(w, 64, 256, 128, false, 1);
    add_linear(w, 64, 128, 10, false, 1);
}
static void cnn(struct work *w)
{
    add_conv(w, 16, 9, 784, true, 64);
    add_conv(w, 32, 144, 196, false, 64);
    add_linear(w, 64, 1568, 64, false, 1);
    add_linear(w, 64, 64, 10, false, 1);
}
static void transformer(struct work *w)
{
    enum { ROWS = 16 * 64, D = 128, LAYERS = 4, HEADS = 16 * 4 * LAYERS, SEQUENCE = 64, PER_HEAD = 32 };
    add_linear(w, ROWS, D, 3 * D, false, LAYERS);
    add_linear(w, ROWS, D, D, false, LAYERS);
    add_linear(w, ROWS, D, 4 * D, false, LAYERS);
    add_linear(w, ROWS, 4 * D, D, false, LAYERS);
    add_linear(w, ROWS, D, 4096, false, 1);
    add(w, false, true, SEQUENCE, SEQUENCE, PER_HEAD, 2 * HEADS); /* q k', dy v' */
    add(w, false, false, SEQUENCE, PER_HEAD, SEQUENCE, 2 * HEADS); /* p v, ds k */
    add(w, true, false, SEQUENCE, PER_HEAD, SEQUENCE, 2 * HEADS);  /* p' dy, ds' q */
}
static void gru(struct work *w)
{
    enum { B = 64, T = 50, H = 64 };
    add_linear(w, B * T, 16, 3 * H, true, 1);
    add(w, false, true, B, 3 * H, H, T);
    add(w, false, false, B, H, 3 * H, T);
    add(w, true, false, 3 * H, H, B * T, 1);
    add_linear(w, B, H, 16, false, 1);
}
static void neural_ode(struct work *w)
{
    add_linear(w, 64, 16, 32, false, 80);
    add_linear(w, 64, 32, 64, false, 80);
    add_linear(w, 64, 64, 16, false, 80);
}
static void tiny(struct work *w)
{
    add_linear(w, 1, 4, 16, false, 80);
    add_linear(w, 1, 16, 4, false, 80);
}

static const struct {
    const char *name;
    void (*products)(struct work *w);
} STEPS[] = {{"mlp", mlp}, {"cnn", cnn}, {"transformer", transformer}, {"gru", gru}, {"neural_ode", neural_ode}, {"tiny", tiny}};

/* ---- both sides ---- */

static double flops(const struct work *w)
{
    double sum = 0;
    for (size_t i = 0; i < w->products.len; i++) {
        const struct product *p = &w->products.data[i];
        sum += 2.0 * p->m * p->n * p->k * p->count;
    }
    return sum;
}

static void prepare(struct work *w)
{
    size_t room = 0;
    for (size_t i = 0; i < w->products.len; i++) {
        const struct product *p = &w->products.data[i];
        const size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
        const size_t most = m * k > k * n ? m * k : k * n;
        if (most > room) room = most;
        if (m * n > room) room = m * n;
    }
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 0);
    w->room = room;
    w->a = orr_xcalloc(3 * room, sizeof *w->a);
    w->b = w->a + room;
    w->c = w->b + room;
    for (size_t i = 0; i < 2 * room; i++) w->a[i] = (float)(orr_rng_uniform(&rng) - 0.5) * 1e-3F;
}

static void all_ours(struct work *w)
{
    for (size_t i = 0; i < w->products.len; i++) {
        const struct product p = w->products.data[i];
        for (int r = 0; r < p.count; r++)
            orr_gemm(p.ta, p.tb, p.m, p.n, p.k, 1, w->a, p.ta ? p.m : p.k, w->b, p.tb ? p.k : p.n, 1, w->c, p.n);
    }
}
static void all_openblas(struct work *w)
{
    for (size_t i = 0; i < w->products.len; i++) {
        const struct product p = w->products.data[i];
        for (int r = 0; r < p.count; r++)
            w->sgemm(CblasRowMajor, p.ta ? CblasTrans : CblasNoTrans, p.tb ? CblasTrans : CblasNoTrans, p.m, p.n, p.k, 1, w->a,
                     p.ta ? p.m : p.k, w->b, p.tb ? p.k : p.n, 1, w->c, p.n);
    }
}
static void whole_step(struct work *w) { orr_workload_step(w->step); }

static double seconds_of(struct work *w, void (*once)(struct work *w))
{
    once(w);
    const double start = orr_bench_cpu();
    double now;
    int n = 0;
    do {
        once(w);
        n++;
    } while ((now = orr_bench_cpu()) - start < BLOCK);
    return (now - start) / n;
}

static bool speed_ours(void *ctx, struct orr_bench_sample *out)
{
    *out = (struct orr_bench_sample){flops(ctx) / seconds_of(ctx, all_ours) * 1e-9, NAN};
    return true;
}
static bool speed_openblas(void *ctx, struct orr_bench_sample *out)
{
    *out = (struct orr_bench_sample){flops(ctx) / seconds_of(ctx, all_openblas) * 1e-9, NAN};
    return true;
}
static bool time_step(void *ctx, struct orr_bench_sample *out)
{
    *out = (struct orr_bench_sample){seconds_of(ctx, whole_step) * 1e3, NAN};
    return true;
}
static bool time_products(void *ctx, struct orr_bench_sample *out)
{
    *out = (struct orr_bench_sample){seconds_of(ctx, all_openblas) * 1e3, NAN};
    return true;
}

/* ---- rows ---- */

static sgemm_function find_sgemm(void)
{
    void *const library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void *const symbol = library ? dlsym(library, "cblas_sgemm") : NULL;
    sgemm_function f;
    memcpy(&f, &symbol, sizeof f);
    return f;
}

static void compare(struct orr_bench_report *report, struct work *w, const char *config)
{
    struct orr_bench_case c = {.name = "gemm", .config = config, .threads = 1, .unit = "GFLOP/s", .peer_name = "OpenBLAS sgemm",
                               .peer_missing = w->sgemm ? NULL : "no libopenblas.so.0", .ours = speed_ours,
                               .peer = speed_openblas, .ctx = w, .repetitions = REPETITIONS};
    prepare(w);
    orr_bench_compare(report, &c);
    if (w->step) {
        char floor[96];
        snprintf(floor, sizeof floor, "%s step, all of it", orr_workload_name(w->step));
        c.config = floor;
        c.unit = "ms/step";
        c.peer_name = "its products alone, OpenBLAS";
        c.lower_is_better = true;
        c.ours = time_step;
        c.peer = time_products;
        orr_bench_compare(report, &c);
    }
    free(w->a);
    free(w->products.data);
}

static void run(struct orr_bench_report *report)
{
    const sgemm_function sgemm = find_sgemm();
    char config[96];
    orr_blas_set_threads(1);
    for (int n = 256; n <= 1024; n *= 2)
        for (int form = 0; form < 4; form++) {
            struct work w = {.sgemm = sgemm};
            add(&w, form & 2, form & 1, n, n, n, 1);
            snprintf(config, sizeof config, "%d x %d x %d, A%s B%s", n, n, n, form & 2 ? "'" : "", form & 1 ? "'" : "");
            compare(report, &w, config);
        }
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        struct work w = {.sgemm = sgemm, .step = orr_workload_open(STEPS[i].name)};
        STEPS[i].products(&w);
        snprintf(config, sizeof config, "products of a step of %s", STEPS[i].name);
        compare(report, &w, config);
        orr_workload_free(w.step);
    }
}

const struct orr_bench orr_bench_gemm = {"gemm", "matrix products, against OpenBLAS called directly", run};
