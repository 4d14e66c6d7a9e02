#include "methods/detect/infer.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "num/conv_packed.h"
#include "num/kernel.h"

enum {
    THREADS_MAX = 16,
    ALIGN = 16 /* numbers */,
    FINE = 8 /* panels per thread below which blocks are shared out too */,
    SPINS = 4000
};

/* A value that lies in memory: by itself, or as channels of a concatenation, which costs nothing that way. */
struct place {
    int owner;     /* the step whose memory it is */
    int channel;   /* where it begins there */
    size_t offset; /* of an owner: into memory */
    int last;      /* of an owner: the last step that reads it */
};

struct folded {
    float *weight, *bias;
};

struct orr_yolo_infer {
    struct orr_yolo net; /* its params and state are not kept */
    struct folded conv[ORR_YOLO_CONVS_MAX];
    float *weights;
    size_t n_weights;

    int height, width; /* what is laid out; 0: nothing */
    struct place place[ORR_YOLO_STEPS_MAX];
    float *memory, *scratch;
    size_t n_memory, n_scratch /* per thread */;
    void *memory_block, *scratch_block;
    size_t allocations;

    int threads;
    pthread_t worker[THREADS_MAX];
    pthread_mutex_t lock;
    pthread_cond_t begin;
    uint64_t images; /* runs begun: guarded by lock */
    bool end;
    atomic_int arrived, phase;           /* of the barrier */
    atomic_int next[ORR_YOLO_STEPS_MAX]; /* tasks taken of each step */
    const float *image;
    double seconds[ORR_YOLO_STEPS_MAX], started, done[ORR_YOLO_STEPS_MAX]; /* the last two: when, by the clock */
};
struct member {
    struct orr_yolo_infer *f;
    int index;
};

/* ---- folding ---- */

/* gain (w x - mean) / sqrt(var + eps) + bias = (gain / sqrt(var + eps)) w x + (bias - mean gain / sqrt(var + eps)). */
static void fold(const struct orr_yolo *y, const struct orr_yolo_conv *c, float *weight, float *bias)
{
    const int k = c->in * c->size * c->size;
    const orr_real *w = orr_params_value(&y->params, c->weight), *p = orr_params_value(&y->params, c->weight + 1);
    memcpy(weight, w, (size_t)c->out * (size_t)k * sizeof *weight);
    memcpy(bias, p, (size_t)c->out * sizeof *bias);
    if (c->output) return;
    const orr_real *shift = orr_params_value(&y->params, c->weight + 2), *mean = y->state + c->state,
                   *var = mean + c->out;
    for (int o = 0; o < c->out; o++) {
        const double scale = (double)p[o] / sqrt((double)var[o] + ORR_YOLO_BN_EPS);
        for (int i = 0; i < k; i++)
            weight[(size_t)o * (size_t)k + (size_t)i] =
                (float)((double)weight[(size_t)o * (size_t)k + (size_t)i] * scale);
        bias[o] = (float)((double)shift[o] - (double)mean[o] * scale);
    }
}

void orr_yolo_fold(const struct orr_yolo *y, int conv, float *weight, float *bias)
{
    fold(y, &y->conv[conv], weight, bias);
}

static size_t rounded(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

static void pack_all(struct orr_yolo_infer *f, const struct orr_yolo *y)
{
    size_t n = 0, largest = 0;
    for (int i = 0; i < y->n_convs; i++) {
        const struct orr_yolo_conv *c = &y->conv[i];
        const size_t k = (size_t)c->in * (size_t)c->size * (size_t)c->size;
        n += rounded(orr_conv_packed_numbers(c->out, (int)k)) + rounded((size_t)c->out);
        if (k * (size_t)c->out > largest) largest = k * (size_t)c->out;
        if (orr_conv_packed_scratch((int)k) > f->n_scratch) f->n_scratch = rounded(orr_conv_packed_scratch((int)k));
    }
    float *plain = orr_xcalloc(largest, sizeof *plain);
    f->n_weights = n;
    float *at = f->weights = orr_xcalloc(n, sizeof *f->weights);
    for (int i = 0; i < y->n_convs; i++) {
        const struct orr_yolo_conv *c = &y->conv[i];
        const int k = c->in * c->size * c->size;
        f->conv[i].weight = at;
        at += rounded(orr_conv_packed_numbers(c->out, k));
        f->conv[i].bias = at;
        at += rounded((size_t)c->out);
        fold(y, c, plain, f->conv[i].bias);
        orr_conv_pack(plain, c->out, k, f->conv[i].weight);
    }
    free(plain);
}

/* ---- laying out ---- */

static size_t cells(const struct orr_yolo_infer *f, int step)
{
    const int stride = f->net.step[step].stride;
    return (size_t)(f->height / stride) * (size_t)(f->width / stride);
}
static size_t numbers(const struct orr_yolo_infer *f, int step)
{
    return cells(f, step) * (size_t)f->net.step[step].channels;
}

static void find_places(struct orr_yolo_infer *f)
{
    struct orr_yolo *y = &f->net;
    for (int k = 0; k < y->n_steps; k++) f->place[k] = (struct place){.owner = k, .last = k};
    for (int k = 0; k < y->n_steps; k++) { /* every value is part of one concatenation at most */
        int channel = 0;
        for (int j = 0; y->step[k].op == ORR_YOLO_CAT && j < y->step[k].n_in; j++) {
            const int in = y->step[k].in[j];
            f->place[in].owner = k;
            f->place[in].channel = channel;
            channel += y->step[in].channels;
        }
    }
    for (int k = 0; k < y->n_steps; k++) {
        const struct orr_yolo_step *s = &y->step[k];
        for (int j = 0; j < s->n_in; j++)
            if (s->in[j] >= 0) f->place[f->place[s->in[j]].owner].last = k;
        if (s->add >= 0) f->place[f->place[s->add].owner].last = k;
    }
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) f->place[y->output[l]].last = y->n_steps;
}

/* The first step that writes into an owner's memory. */
static int birth(const struct orr_yolo_infer *f, int owner)
{
    for (int k = 0; k < owner; k++)
        if (f->place[k].owner == owner) return k;
    return owner;
}

/* Each owner in turn lies as low as those allow that live at the same time. */
static size_t find_offsets(struct orr_yolo_infer *f)
{
    size_t total = 0;
    for (int k = 0; k < f->net.n_steps; k++) {
        if (f->place[k].owner != k) continue;
        const int first = birth(f, k);
        const size_t n = rounded(numbers(f, k));
        size_t at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (int j = 0; j < k; j++) {
                const struct place *p = &f->place[j];
                if (p->owner != j || p->last < first || birth(f, j) > f->place[k].last) continue;
                const size_t end = p->offset + rounded(numbers(f, j));
                if (at < end && p->offset < at + n) {
                    at = end;
                    moved = true;
                }
            }
        }
        f->place[k].offset = at;
        if (at + n > total) total = at + n;
    }
    return total;
}

static float *aligned(void *block) { return (float *)(((uintptr_t)block + 63) & ~(uintptr_t)63); }

static enum orr_status lay_out(struct orr_yolo_infer *f, int height, int width, struct orr_error *err)
{
    f->height = height;
    f->width = width;
    find_places(f);
    const size_t n = find_offsets(f);
    if (n > f->n_memory) {
        free(f->memory_block);
        f->n_memory = 0;
        f->memory_block = orr_alloc(n + ALIGN, sizeof *f->memory);
        f->allocations++;
        if (!f->memory_block) {
            f->height = 0;
            return orr_error_set(err, ORR_ENOMEM, "image", "no memory for %d x %d pixels", width, height);
        }
        f->memory = aligned(f->memory_block);
        f->n_memory = n;
    }
    return ORR_OK;
}

static float *value(const struct orr_yolo_infer *f, int step)
{
    const struct place *p = &f->place[step];
    return f->memory + f->place[p->owner].offset + (size_t)p->channel * cells(f, step);
}

/* ---- the steps ---- */

static int take(struct orr_yolo_infer *f, int step)
{
    return atomic_fetch_add_explicit(&f->next[step], 1, memory_order_relaxed);
}

static void run_conv(struct orr_yolo_infer *f, int step, float *scratch)
{
    const struct orr_yolo_step *s = &f->net.step[step];
    const struct orr_yolo_conv *c = &f->net.conv[s->conv];
    const int in_stride = s->stride / c->stride;
    const struct orr_conv_packed p = {.in = c->in,
                                      .h = f->height / in_stride,
                                      .w = f->width / in_stride,
                                      .out = c->out,
                                      .size = c->size,
                                      .stride = c->stride,
                                      .pad = c->pad,
                                      .oh = f->height / s->stride,
                                      .ow = f->width / s->stride,
                                      .weight = f->conv[s->conv].weight,
                                      .bias = f->conv[s->conv].bias,
                                      .act = c->output ? ORR_ACT_NONE : ORR_ACT_SILU,
                                      .x = s->in[0] < 0 ? f->image : value(f, s->in[0]),
                                      .add = s->add < 0 ? NULL : value(f, s->add),
                                      .y = value(f, step)};
    const int panels = orr_conv_packed_panels(&p), blocks = orr_conv_packed_blocks(&p);
    const int groups = f->threads == 1 || panels >= FINE * f->threads ? 1 : blocks < f->threads ? blocks : f->threads;
    for (int task; (task = take(f, step)) < panels * groups;) {
        const int panel = task / groups, g = task % groups;
        orr_conv_packed_run(&p, panel, panel + 1, blocks * g / groups, blocks * (g + 1) / groups, scratch);
    }
}

ORR_KERNEL static void max_columns(const float *restrict x, float *restrict y, int h, int w)
{
    for (int r = 0; r < h; r++, x += w, y += w)
        for (int i = 0; i < w; i++) {
            float m = x[i];
            for (int d = -2; d <= 2; d++)
                if (i + d >= 0 && i + d < w && x[i + d] > m) m = x[i + d];
            y[i] = m;
        }
}
ORR_KERNEL static void max_rows(const float *restrict x, float *restrict y, int h, int w)
{
    for (int r = 0; r < h; r++) {
        float *out = y + (size_t)r * (size_t)w;
        memcpy(out, x + (size_t)r * (size_t)w, (size_t)w * sizeof *out);
        for (int d = -2; d <= 2; d++) {
            if (r + d < 0 || r + d >= h || d == 0) continue;
            const float *in = x + (size_t)(r + d) * (size_t)w;
            for (int i = 0; i < w; i++) out[i] = in[i] > out[i] ? in[i] : out[i];
        }
    }
}

/* Planes of the input, one by one. */
static void run_planes(struct orr_yolo_infer *f, int step, float *scratch)
{
    const struct orr_yolo_step *s = &f->net.step[step];
    const int stride = f->net.step[s->in[0]].stride, h = f->height / stride, w = f->width / stride;
    const size_t n = (size_t)h * (size_t)w;
    for (int c; (c = take(f, step)) < s->channels;) {
        const float *x = value(f, s->in[0]) + (size_t)c * n;
        if (s->op == ORR_YOLO_POOL) {
            max_columns(x, scratch, h, w);
            max_rows(scratch, value(f, step) + (size_t)c * n, h, w);
            continue;
        }
        float *y = value(f, step) + 4 * (size_t)c * n;
        for (int r = 0; r < h; r++, x += w, y += 4 * w) {
            for (int i = 0; i < w; i++) y[2 * i] = y[2 * i + 1] = x[i];
            memcpy(y + 2 * w, y, 2 * (size_t)w * sizeof *y);
        }
    }
}

/* ---- the threads: each goes through all steps, and waits at the end of each for the others ---- */

/* Who comes last stamps the step: the others may get a core again only later, and would count their wait to the next one. */
static void barrier(struct orr_yolo_infer *f, int step)
{
    const int phase = atomic_load(&f->phase);
    if (f->threads == 1 || atomic_fetch_add(&f->arrived, 1) == f->threads - 1) {
        f->done[step] = orr_clock_now();
        atomic_store(&f->arrived, 0);
        atomic_store(&f->phase, phase + 1);
        return;
    }
    for (int spins = 0; atomic_load(&f->phase) == phase; spins++)
        if (spins > SPINS) sched_yield(); /* the other may want this very core */
}

static void work(struct orr_yolo_infer *f, int index)
{
    float *scratch = f->scratch + (size_t)index * f->n_scratch;
    double before = f->started;
    for (int k = 0; k < f->net.n_steps; k++) {
        if (f->net.step[k].op == ORR_YOLO_CAT) continue;
        if (f->net.step[k].op == ORR_YOLO_CONV)
            run_conv(f, k, scratch);
        else
            run_planes(f, k, scratch);
        barrier(f, k);
    }
    for (int k = 0; k < f->net.n_steps && index == 0; k++) {
        f->seconds[k] = f->net.step[k].op == ORR_YOLO_CAT ? 0 : f->done[k] - before;
        before += f->seconds[k];
    }
}

static void *member_main(void *arg)
{
    struct member m = *(struct member *)arg;
    free(arg);
    uint64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&m.f->lock);
        while (m.f->images == seen && !m.f->end) pthread_cond_wait(&m.f->begin, &m.f->lock);
        const bool end = m.f->end;
        seen = m.f->images;
        pthread_mutex_unlock(&m.f->lock);
        if (end) return NULL;
        work(m.f, m.index);
    }
}

/* ---- life ---- */

struct orr_yolo_infer *orr_yolo_infer_new(const struct orr_yolo *y, int threads)
{
    struct orr_yolo_infer *f = orr_xcalloc(1, sizeof *f);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = threads > 0 ? threads : cores > 0 ? (int)cores : 1;
    if (wanted > THREADS_MAX) wanted = THREADS_MAX;
    f->net = *y;
    f->net.params = (struct orr_params){0};
    f->net.state = NULL;
    f->n_scratch = rounded(2048 * 16); /* a plane of a pool, of an image of 65536 pixels or less a side */
    pack_all(f, y);
    f->scratch_block = orr_xcalloc((size_t)wanted * f->n_scratch + ALIGN, sizeof *f->scratch);
    f->scratch = aligned(f->scratch_block);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->begin, NULL);
    f->threads = 1;
    while (f->threads < wanted) {
        struct member *m = orr_xmalloc(sizeof *m);
        *m = (struct member){f, f->threads};
        if (pthread_create(&f->worker[f->threads], NULL, member_main, m)) {
            free(m);
            break; /* with fewer threads each does more */
        }
        f->threads++;
    }
    f->allocations = 4;
    return f;
}

void orr_yolo_infer_free(struct orr_yolo_infer *f)
{
    if (!f) return;
    pthread_mutex_lock(&f->lock);
    f->end = true;
    pthread_cond_broadcast(&f->begin);
    pthread_mutex_unlock(&f->lock);
    for (int t = 1; t < f->threads; t++) pthread_join(f->worker[t], NULL);
    pthread_cond_destroy(&f->begin);
    pthread_mutex_destroy(&f->lock);
    free(f->weights);
    free(f->memory_block);
    free(f->scratch_block);
    free(f);
}

enum orr_status orr_yolo_infer_run(struct orr_yolo_infer *f, const float *planes, int height, int width,
                                   const float *out[ORR_YOLO_LEVELS], struct orr_error *err)
{
    if (height < ORR_YOLO_STRIDE || width < ORR_YOLO_STRIDE || height % ORR_YOLO_STRIDE || width % ORR_YOLO_STRIDE)
        return orr_error_set(err, ORR_EINVAL, "image", "%d x %d pixels: both sides must be multiples of %d", width,
                             height, (int)ORR_YOLO_STRIDE);
    if (height != f->height || width != f->width) {
        const enum orr_status s = lay_out(f, height, width, err);
        if (s) return s;
    }
    f->image = planes;
    f->started = orr_clock_now();
    for (int k = 0; k < f->net.n_steps; k++) atomic_store_explicit(&f->next[k], 0, memory_order_relaxed);
    if (f->threads > 1) {
        pthread_mutex_lock(&f->lock);
        f->images++;
        pthread_cond_broadcast(&f->begin);
        pthread_mutex_unlock(&f->lock);
    }
    work(f, 0);
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) out[l] = value(f, f->net.output[l]);
    return ORR_OK;
}

const double *orr_yolo_infer_seconds(const struct orr_yolo_infer *f) { return f->seconds; }
size_t orr_yolo_infer_allocations(const struct orr_yolo_infer *f) { return f->allocations; }
