#include "methods/detect/fit.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ops.h>
#include <orrery/optim.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "methods/detect/yolo_file.h"
#include "methods/model_file.h"

#define NOMINAL_BATCH  64.0
#define MOMENTUM_START .8
#define CLIP           10.0

struct orr_yolo_fit {
    struct orr_yolo_fit_options o;
    const struct orr_detect_set *set;
    struct orr_yolo net, mean; /* mean: weights and statistics of its own */
    struct orr_yolo_gains gains;
    struct orr_optim optim;
    struct orr_tape *tape;
    size_t *order; /* [set->n] */
    float *planes; /* (batch, 3, size, size) */
    struct orr_target *targets;
    orr_real *backup; /* everything of numbers() at the start of the epoch */
    struct orr_yolo_fit_state state;
};

struct orr_yolo_fit_options orr_yolo_fit_defaults(enum orr_yolo_kind kind, int epochs)
{
    return (struct orr_yolo_fit_options){.kind = kind,
                                         .size = 256,
                                         .batch = 16,
                                         .epochs = epochs,
                                         .seed = 1,
                                         .lr = .01,
                                         .final_share = .01,
                                         .momentum = .937,
                                         .weight_decay = 5e-4,
                                         .warmup = 3,
                                         .class_gain = .3,
                                         .plain = epochs / 10,
                                         .augment = orr_augment_defaults()};
}

/* ---- batches ---- */

static void shuffle(struct orr_yolo_fit *f)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, f->o.seed, 1000 + (uint64_t)f->state.epoch);
    for (size_t i = 0; i < f->set->n; i++) f->order[i] = i;
    for (size_t i = f->set->n; i > 1; i--) {
        const size_t j = (size_t)orr_rng_below(&rng, i), keep = f->order[i - 1];
        f->order[i - 1] = f->order[j];
        f->order[j] = keep;
    }
}

static size_t gather(struct orr_yolo_fit *f, size_t at, int n)
{
    struct orr_augment a = f->o.augment;
    const size_t plane = 3 * (size_t)f->o.size * (size_t)f->o.size;
    size_t targets = 0;
    if (f->state.epoch >= f->o.epochs - f->o.plain) a.mosaic = 0;
    for (int i = 0; i < n; i++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, f->o.seed + 1, (uint64_t)f->state.epoch * f->set->n + at + (uint64_t)i);
        targets += orr_augment_sample(f->set, f->order[at + (size_t)i], f->o.size, &a, &rng, i,
                                      f->planes + (size_t)i * plane, f->targets + targets);
    }
    return targets;
}

/* ---- life ---- */

static enum orr_status check(const struct orr_yolo_fit_options *o, const struct orr_detect_set *set,
                             struct orr_error *err)
{
    if (set->n < 1) return orr_error_set(err, ORR_EINVAL, "data", "no images to train on");
    if (o->batch < 1 || o->epochs < 1 || o->size < ORR_YOLO_STRIDE || o->size % ORR_YOLO_STRIDE)
        return orr_error_set(err, ORR_EINVAL, "batch, epochs, size",
                             "%d, %d, %d: expected 1 or more, and a multiple of %d", o->batch, o->epochs, o->size,
                             (int)ORR_YOLO_STRIDE);
    if (!(o->lr > 0) || !isfinite(o->lr)) return orr_error_set(err, ORR_EINVAL, "lr", "%g: must be above 0", o->lr);
    return ORR_OK;
}

/* Weights to begin with, where they fit. */
static enum orr_status take_start(struct orr_yolo_fit *f, struct orr_error *err)
{
    struct orr_yolo from;
    int size;
    if (!f->o.start) return ORR_OK;
    const enum orr_status s = orr_yolo_load(f->o.start, &from, &size, err);
    if (s) return s;
    const bool fits = from.kind == f->net.kind && from.classes == f->net.classes;
    if (fits) {
        memcpy(f->net.params.value, from.params.value, from.params.n * sizeof *from.params.value);
        memcpy(f->net.state, from.state, from.n_state * sizeof *from.state);
        memcpy(f->net.anchor, from.anchor, sizeof from.anchor);
    }
    orr_yolo_free(&from);
    return fits ? ORR_OK
                : orr_error_set(err, ORR_EINVAL, f->o.start, "is no %s network of %d classes",
                                orr_yolo_kind_name(f->net.kind), f->net.classes);
}

static void copy_mean(struct orr_yolo_fit *f)
{
    memcpy(f->mean.params.value, f->net.params.value, f->net.params.n * sizeof *f->net.params.value);
    memcpy(f->mean.state, f->net.state, f->net.n_state * sizeof *f->net.state);
    memcpy(f->mean.anchor, f->net.anchor, sizeof f->net.anchor);
}

/* Weights with batch norm folded in are of no use to training, which normalises by its batches. */
static void begin_from_folded(struct orr_yolo_fit *f)
{
    if (!f->o.start || !orr_yolo_is_folded(&f->net)) return;
    shuffle(f);
    gather(f, 0, f->o.batch);
    orr_yolo_unfold(&f->net, f->tape, f->planes, f->o.batch, f->o.size, f->o.size);
}

static size_t numbers(const struct orr_yolo_fit *f)
{
    return f->net.params.n * (2 + (f->optim.m != NULL) + (f->optim.v != NULL)) + 2 * f->net.n_state;
}

enum orr_status orr_yolo_fit_open(const struct orr_yolo_fit_options *o, const struct orr_detect_set *set, int classes,
                                  const char *const *names, struct orr_yolo_fit **out, struct orr_error *err)
{
    *out = NULL;
    enum orr_status s = check(o, set, err);
    if (s) return s;
    struct orr_yolo_fit *f = orr_xcalloc(1, sizeof *f);
    const size_t batch = (size_t)o->batch < set->n ? (size_t)o->batch : set->n;
    f->o = *o;
    f->o.batch = (int)batch;
    f->set = set;
    f->state = (struct orr_yolo_fit_state){.epochs = o->epochs, .anchors_before = NAN, .anchors_after = NAN};
    s = orr_yolo_init(&f->net, o->kind, classes, o->seed, err);
    if (!s) s = orr_yolo_init(&f->mean, o->kind, classes, o->seed, err);
    if (s) goto fail;
    for (int c = 0; c < classes; c++) {
        snprintf(f->net.class_name[c], sizeof f->net.class_name[c], "%.23s", names[c]);
        memcpy(f->mean.class_name[c], f->net.class_name[c], sizeof f->net.class_name[c]);
    }
    if (!o->keep_anchors && !o->start)
        orr_yolo_fit_anchors(&f->net, set, o->size, o->seed, &f->state.anchors_before, &f->state.anchors_after);
    s = take_start(f, err);
    if (s) goto fail;
    f->gains = orr_yolo_gains(classes, o->size);
    if (o->class_gain > 0) f->gains.class = o->class_gain;
    struct orr_optim_options optim = orr_optim_defaults(o->adam ? ORR_ADAMW : ORR_MOMENTUM, o->lr);
    optim.nesterov = true;
    optim.weight_decay = 0; /* ours, on kernels alone */
    orr_optim_init(&f->optim, &optim, &f->net.params);
    f->tape = orr_tape_new();
    f->order = orr_alloc(set->n, sizeof *f->order);
    f->planes = orr_alloc(batch * 3 * (size_t)o->size * (size_t)o->size, sizeof *f->planes);
    f->targets = orr_alloc(batch * ORR_TARGETS_MAX, sizeof *f->targets);
    f->backup = orr_alloc(numbers(f), sizeof *f->backup);
    if (!f->order || !f->planes || !f->targets || !f->backup) {
        s = orr_error_set(err, ORR_ENOMEM, "batch", "no memory for %zu images of %d pixels", batch, o->size);
        goto fail;
    }
    begin_from_folded(f);
    copy_mean(f);
    *out = f;
    return ORR_OK;
fail:
    orr_yolo_fit_close(f);
    return s;
}

void orr_yolo_fit_close(struct orr_yolo_fit *f)
{
    if (!f) return;
    orr_yolo_free(&f->net);
    orr_yolo_free(&f->mean);
    orr_optim_free(&f->optim);
    orr_tape_free(f->tape);
    free(f->order);
    free(f->planes);
    free(f->targets);
    free(f->backup);
    free(f);
}

struct orr_yolo_fit_state orr_yolo_fit_state(const struct orr_yolo_fit *f) { return f->state; }
void orr_yolo_fit_set_epochs(struct orr_yolo_fit *f, int epochs) { f->o.epochs = f->state.epochs = epochs; }
const struct orr_yolo *orr_yolo_fit_mean(struct orr_yolo_fit *f) { return &f->mean; }
size_t orr_yolo_fit_allocations(const struct orr_yolo_fit *f) { return orr_tape_allocations(f->tape); }

/* ---- an epoch ---- */

/* What changes as one trains: weights and their mean, moments, statistics and their mean. */
static void visit(const struct orr_yolo_fit *f, orr_real *block, bool save)
{
    struct {
        orr_real *p;
        size_t n;
    } const part[] = {{f->net.params.value, f->net.params.n},
                      {f->mean.params.value, f->net.params.n},
                      {f->optim.m, f->optim.m ? f->net.params.n : 0},
                      {f->optim.v, f->optim.v ? f->net.params.n : 0},
                      {f->net.state, f->net.n_state},
                      {f->mean.state, f->net.n_state}};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        if (part[k].n) memcpy(save ? block : part[k].p, save ? part[k].p : block, part[k].n * sizeof *block);
        block += part[k].n;
    }
}

static void set_rates(struct orr_yolo_fit *f, size_t steps_per_epoch)
{
    const double done = (double)f->state.step / (double)steps_per_epoch, share = fmin(done / f->o.epochs, 1);
    const double warm = f->o.warmup > 0 ? fmin(done / f->o.warmup, 1) : 1;
    const double lr = f->o.lr * (1 - share * (1 - f->o.final_share));
    f->optim.o.lr = f->state.lr = lr * fmax(warm, 1e-3);
    f->optim.o.momentum = MOMENTUM_START + (f->o.momentum - MOMENTUM_START) * warm;
}

/* Kernels alone decay. */
static void add_decay(struct orr_yolo_fit *f)
{
    struct orr_params *p = &f->net.params;
    const double decay = f->o.weight_decay * f->o.batch / NOMINAL_BATCH, shrink = 1 - f->optim.o.lr * f->o.weight_decay;
    for (size_t k = 0; k < p->n_tensors; k++) {
        if (!p->tensor[k].decay) continue;
        orr_real *g = orr_params_grad(p, k), *w = orr_params_value(p, k);
        for (size_t i = 0, n = orr_shape_count(p->tensor[k].shape); i < n; i++)
            if (f->o.adam)
                w[i] *= (orr_real)shrink; /* decoupled */
            else
                g[i] += (orr_real)decay * w[i];
    }
}

static void move_mean(struct orr_yolo_fit *f)
{
    const double d = .9999 * (1 - exp(-(double)f->state.step / 2000));
    const orr_real keep = (orr_real)d, take = (orr_real)(1 - d);
    for (size_t i = 0; i < f->net.params.n; i++)
        f->mean.params.value[i] = keep * f->mean.params.value[i] + take * f->net.params.value[i];
    for (size_t i = 0; i < f->net.n_state; i++) f->mean.state[i] = keep * f->mean.state[i] + take * f->net.state[i];
}

struct sums {
    double box, object, class, gradient;
    size_t n;
};

static void step(struct orr_yolo_fit *f, size_t at, int n, size_t steps_per_epoch, struct sums *sum)
{
    struct orr_var *out[ORR_YOLO_LEVELS];
    struct orr_yolo_loss parts;
    const size_t targets = gather(f, at, n);
    orr_tape_reset(f->tape);
    orr_params_zero_grad(&f->net.params);
    orr_yolo_forward(&f->net, f->tape, f->planes, n, f->o.size, f->o.size, true, out);
    struct orr_var *loss = orr_yolo_loss(&f->net, out, f->targets, targets, &f->gains, &parts);
    if (!isfinite(loss->value[0])) {
        f->state.diverged = true;
        return;
    }
    orr_tape_backward(loss);
    const double norm = orr_params_clip(&f->net.params, CLIP);
    if (!isfinite(norm)) {
        f->state.diverged = true;
        return;
    }
    set_rates(f, steps_per_epoch);
    add_decay(f);
    orr_optim_step(&f->optim, &f->net.params);
    f->state.step++;
    move_mean(f);
    sum->box += parts.box;
    sum->object += parts.object;
    sum->class += parts.class;
    sum->gradient += norm;
    sum->n++;
}

enum orr_status orr_yolo_fit_epoch(struct orr_yolo_fit *f, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_yolo_fit_state before = f->state;
    const int64_t optim_step = f->optim.step;
    const size_t n = f->set->n, batch = (size_t)f->o.batch, steps = (n + batch - 1) / batch;
    struct sums sum = {0};
    if (f->state.diverged || f->state.epoch >= f->o.epochs) return ORR_OK;
    visit(f, f->backup, true);
    shuffle(f);
    for (size_t at = 0; at < n && !f->state.diverged; at += batch) {
        const uint64_t done = (uint64_t)before.epoch * steps + at / batch;
        if (!orr_ticker_tick(ticker, "training", "steps", done, (uint64_t)f->o.epochs * steps)) {
            visit(f, f->backup, false);
            f->state = before;
            f->optim.step = optim_step;
            return orr_error_set(err, ORR_ECANCELLED, NULL, "stopped after epoch %d", before.epoch);
        }
        step(f, at, (int)(n - at < batch ? n - at : batch), steps, &sum);
    }
    f->state.epoch++;
    const double k = sum.n ? (double)sum.n : NAN;
    f->state.box = sum.box / k;
    f->state.object = sum.object / k;
    f->state.class = sum.class / k;
    f->state.gradient = sum.gradient / k;
    return ORR_OK;
}

/* ---- checkpoints ---- */

enum { FACTS = 7 };
static const char *const FACT_NAMES[FACTS] = {"kind", "classes", "size", "batch", "seed", "images", "optim"};

/* What a checkpoint must agree in. */
static void facts(const struct orr_yolo_fit *f, char text[FACTS][32])
{
    snprintf(text[0], 32, "%s", orr_yolo_kind_name(f->net.kind));
    snprintf(text[1], 32, "%d", f->net.classes);
    snprintf(text[2], 32, "%d", f->o.size);
    snprintf(text[3], 32, "%d", f->o.batch);
    snprintf(text[4], 32, "%" PRIu64, f->o.seed);
    snprintf(text[5], 32, "%zu", f->set->n);
    snprintf(text[6], 32, "%s", f->o.adam ? "adamw" : "sgd");
}

enum orr_status orr_yolo_fit_save(const struct orr_yolo_fit *f, const char *path, struct orr_error *err)
{
    const int64_t n = (int64_t)numbers(f);
    char text[FACTS][32], epoch[32], steps[32];
    float *block = orr_alloc((size_t)n, sizeof *block), anchors[ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS * 2];
    const int64_t n_anchors = ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS * 2;
    if (!block) return orr_error_set(err, ORR_ENOMEM, path, "no memory for the checkpoint");
    visit(f, block, true);
    for (int k = 0; k < n_anchors; k++) anchors[k] = (float)(&f->net.anchor[0][0][0])[k];
    facts(f, text);
    snprintf(epoch, sizeof epoch, "%d", f->state.epoch);
    snprintf(steps, sizeof steps, "%" PRId64, f->state.step);
    const struct orr_safetensor_out out[] = {{"state", &n, 1, block}, {"anchors", &n_anchors, 1, anchors}};
    const char *metadata[2 * FACTS + 5] = {"epoch", epoch, "steps", steps};
    for (int k = 0; k < FACTS; k++) {
        metadata[4 + 2 * k] = FACT_NAMES[k];
        metadata[5 + 2 * k] = text[k];
    }
    const enum orr_status s = orr_safetensors_write(path, out, 2, metadata, err);
    free(block);
    return s;
}

enum orr_status orr_yolo_fit_load(struct orr_yolo_fit *f, const char *path, struct orr_error *err)
{
    struct orr_safetensors file = {0};
    float *block = NULL, anchors[ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS * 2];
    char text[FACTS][32];
    facts(f, text);
    enum orr_status s = orr_safetensors_open(path, 0, &file, err);
    for (int k = 0; !s && k < FACTS; k++)
        if (strcmp(orr_model_metadata(&file, FACT_NAMES[k]), text[k]))
            s = orr_error_set(err, ORR_EINVAL, path, "a checkpoint with %s %s, this training has %s", FACT_NAMES[k],
                              orr_model_metadata(&file, FACT_NAMES[k]), text[k]);
    const double epoch = s ? 0 : orr_model_number(&file, "epoch", -1),
                 steps = s ? 0 : orr_model_number(&file, "steps", -1);
    const struct orr_safetensor *x = s ? NULL : orr_safetensors_find(&file, "state"),
                                *a = s ? NULL : orr_safetensors_find(&file, "anchors");
    if (!s && (!x || !a || x->count != numbers(f) || a->count != sizeof anchors / sizeof *anchors ||
               !(epoch >= 0 && epoch < INT_MAX) || !(steps >= 0 && steps < 1e15)))
        s = orr_error_set(err, ORR_EFORMAT, path, "is no whole checkpoint of a detector's training");
    if (!s) block = orr_alloc(x->count, sizeof *block);
    if (!s && !block) s = orr_error_set(err, ORR_ENOMEM, path, "no memory for the checkpoint");
    if (!s) s = orr_safetensors_read(&file, x, 0, x->count, block, err);
    if (!s) s = orr_safetensors_read(&file, a, 0, a->count, anchors, err);
    for (size_t k = 0; !s && k < a->count; k++)
        if (!(anchors[k] > 0 && isfinite(anchors[k])))
            s = orr_error_set(err, ORR_EFORMAT, path, "its anchors are damaged");
    if (!s) {
        visit(f, block, false);
        for (size_t k = 0; k < a->count; k++)
            (&f->net.anchor[0][0][0])[k] = (&f->mean.anchor[0][0][0])[k] = (double)anchors[k];
        f->state.epoch = (int)epoch;
        f->state.step = f->optim.step = (int64_t)steps;
    }
    free(block);
    orr_safetensors_close(&file);
    return s;
}
