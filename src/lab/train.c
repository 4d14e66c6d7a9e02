#include "lab/train.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/safetensors.h"
#include "base/str.h"

enum { EVAL_BATCH = 256, EVAL_LABELS = 8192 /* of text: its windows are long */, LARGEST_SNAPSHOT = 1000000, GATE_SAMPLES = 256 };

struct orr_train {
    struct orr_train_options o;
    const struct orr_dataset *data;
    struct orr_train_events events;
    struct orr_model model;
    struct orr_optim optim;
    struct orr_tape *tape;
    size_t *order;        /* [n train] this epoch's permutation */
    orr_real *x, *y;      /* a batch, gathered */
    int32_t *label;
    struct orr_jumper *jumper; /* NULL: no jumps */
    orr_real *backup;     /* parameters, moments and statistics at the start of the epoch */
    struct orr_train_state state;
};

struct orr_train_options orr_train_defaults(void)
{
    return (struct orr_train_options){.arch = "mlp:64", .optim = orr_optim_defaults(ORR_ADAM, 1e-3), .batch = 64,
                                      .epochs = 10, .seed = 1, .weights_every = 1};
}

static size_t batch_size(const struct orr_train *t)
{
    const size_t n = t->data->n[ORR_TRAIN];
    return (size_t)t->o.batch < n ? (size_t)t->o.batch : n;
}

bool orr_train_counts_steps(const char *metric) { return orr_starts_with(metric, "batch/") || orr_starts_with(metric, "jump/"); }

static enum orr_status emit(struct orr_train *t, const char *name, int64_t step, double value, struct orr_error *err)
{
    return t->events.metric ? t->events.metric(t->events.ctx, name, step, value, err) : ORR_OK;
}

/* ---- snapshots ---- */

static enum orr_status snapshot(struct orr_train *t, int64_t step, struct orr_error *err)
{
    const struct orr_params *p = &t->model.params;
    const size_t limit = t->o.largest_snapshot ? t->o.largest_snapshot : LARGEST_SNAPSHOT;
    if (!t->events.snapshot || p->n > limit) return ORR_OK;
    enum orr_status s = ORR_OK;
    for (size_t k = 0; !s && k < p->n_tensors; k++) {
        const struct orr_param_tensor *w = &p->tensor[k];
        s = t->events.snapshot(t->events.ctx, step, w->name, w->shape, p->value + w->offset, err);
        char name[80];
        if (!s && t->o.moments && t->optim.m) {
            snprintf(name, sizeof name, "optim.m.%s", w->name);
            s = t->events.snapshot(t->events.ctx, step, name, w->shape, t->optim.m + w->offset, err);
        }
        if (!s && t->o.moments && t->optim.v) {
            snprintf(name, sizeof name, "optim.v.%s", w->name);
            s = t->events.snapshot(t->events.ctx, step, name, w->shape, t->optim.v + w->offset, err);
        }
    }
    return s;
}

/* ---- evaluation ---- */

static int argmax(const orr_real *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static size_t hits(const struct orr_var *out, const int32_t *label)
{
    const int classes = orr_shape_last(out->shape);
    size_t n = 0;
    for (size_t i = 0; i < out->n / (size_t)classes; i++) n += argmax(out->value + i * (size_t)classes, classes) == label[i];
    return n;
}

/* Mean cross-entropy over a batch, or mean squared error. */
static struct orr_var *loss_of(struct orr_var *out, const int32_t *label, const orr_real *y)
{
    return label ? orr_cross_entropy(out, label) : orr_mse(out, orr_tape_input(out->tape, out->shape, y));
}

/* Training samples index[0..n) side by side. */
static void gather(const struct orr_dataset *d, const size_t *index, size_t n, orr_real *x, int32_t *label, orr_real *y)
{
    const size_t targets = orr_dataset_targets(d), outputs = (size_t)d->outputs;
    for (size_t i = 0; i < n; i++) {
        const size_t k = index[i];
        memcpy(x + i * d->width, d->x[ORR_TRAIN] + k * d->width, d->width * sizeof *x);
        if (d->classes)
            memcpy(label + i * targets, d->label[ORR_TRAIN] + k * targets, targets * sizeof *label);
        else
            memcpy(y + i * outputs, d->y[ORR_TRAIN] + k * outputs, outputs * sizeof *y);
    }
}

double orr_model_loss(struct orr_model *m, struct orr_tape *t, const struct orr_dataset *d, const size_t *index, size_t n,
                      bool gradient)
{
    orr_real *x = orr_alloc(n * d->width, sizeof *x), *y = orr_alloc(n * (size_t)d->outputs, sizeof *y);
    int32_t *label = orr_alloc(n * orr_dataset_targets(d), sizeof *label);
    double loss = NAN;
    if (x && y && label) {
        gather(d, index, n, x, label, y);
        orr_tape_reset(t);
        orr_tape_record(t, gradient);
        struct orr_var *l = loss_of(orr_model_forward(m, t, x, (int)n, false, NULL), d->classes ? label : NULL, y);
        loss = (double)l->value[0];
        if (gradient) orr_params_zero_grad(&m->params);
        if (gradient && isfinite(loss)) orr_tape_backward(l);
        orr_tape_record(t, true);
    }
    free(x);
    free(y);
    free(label);
    return loss;
}

bool orr_model_evaluate(struct orr_model *m, struct orr_tape *t, const struct orr_dataset *d, enum orr_split split,
                        const struct orr_ticker *ticker, double *loss, double *accuracy)
{
    double sum = 0;
    size_t right = 0, at = 0;
    const size_t targets = orr_dataset_targets(d);
    const size_t batch = targets == 1 ? EVAL_BATCH : targets < EVAL_LABELS ? EVAL_LABELS / targets : 1;
    orr_tape_record(t, false);
    for (; at < d->n[split]; at += batch) {
        if (!orr_ticker_tick(ticker, "evaluating", "samples", at, d->n[split])) break;
        const size_t n = d->n[split] - at < batch ? d->n[split] - at : batch;
        const int32_t *label = d->classes ? d->label[split] + at * targets : NULL;
        orr_tape_reset(t);
        struct orr_var *out = orr_model_forward(m, t, d->x[split] + at * d->width, (int)n, false, NULL);
        sum += (double)loss_of(out, label, label ? NULL : d->y[split] + at * (size_t)d->outputs)->value[0] * (double)n;
        if (label) right += hits(out, label);
    }
    orr_tape_record(t, true);
    const bool whole = at >= d->n[split];
    *loss = whole ? sum / (double)d->n[split] : (double)NAN;
    *accuracy = whole && d->classes ? (double)right / (double)(d->n[split] * targets) : (double)NAN;
    return whole;
}

static double norm_of(const orr_real *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static enum orr_status emit_norms(struct orr_train *t, struct orr_error *err)
{
    const struct orr_params *p = &t->model.params;
    enum orr_status s = emit(t, "weight_norm", t->state.epoch, norm_of(p->value, p->n), err);
    for (size_t k = 0; !s && t->o.layer_norms && k < p->n_tensors; k++) {
        char name[80];
        if (p->tensor[k].shape.axes < 2) continue;
        snprintf(name, sizeof name, "weight_norm/%s", p->tensor[k].name);
        s = emit(t, name, t->state.epoch, norm_of(p->value + p->tensor[k].offset, orr_shape_count(p->tensor[k].shape)), err);
    }
    return s;
}

/* Of text: e^loss, the number of tokens among which the model is undecided. */
static enum orr_status emit_perplexity(struct orr_train *t, const char *name, double loss, struct orr_error *err)
{
    return t->data->tokens ? emit(t, name, t->state.epoch, exp(loss), err) : ORR_OK;
}

static enum orr_status emit_validation(struct orr_train *t, struct orr_error *err)
{
    const struct orr_train_state *st = &t->state;
    enum orr_status s = emit(t, "val/loss", st->epoch, st->validation_loss, err);
    if (!s && t->data->classes) s = emit(t, "val/accuracy", st->epoch, st->validation_accuracy, err);
    if (!s) s = emit_perplexity(t, "val/perplexity", st->validation_loss, err);
    return s ? s : emit_norms(t, err);
}

static bool evaluate(struct orr_train *t, const struct orr_ticker *ticker)
{
    return orr_model_evaluate(&t->model, t->tape, t->data, ORR_VALIDATION, ticker, &t->state.validation_loss,
                              &t->state.validation_accuracy);
}

/* ---- jumps ---- */

size_t orr_train_gate_samples(const struct orr_train *t)
{
    const size_t all = t->data->n[ORR_VALIDATION], share = t->data->n[ORR_TRAIN] / 100 * (size_t)t->o.epochs;
    const size_t n = share > GATE_SAMPLES ? share : GATE_SAMPLES;
    return n < all ? n : all;
}

/* Splits are shuffled: the first samples are as good as any, and the same for all candidates. */
static bool jump_loss(void *ctx, const struct orr_ticker *ticker, double *loss)
{
    struct orr_train *t = ctx;
    struct orr_dataset first = *t->data;
    double accuracy;
    first.n[ORR_VALIDATION] = orr_train_gate_samples(t);
    return orr_model_evaluate(&t->model, t->tape, &first, ORR_VALIDATION, ticker, loss, &accuracy);
}

static enum orr_status jump(struct orr_train *t, const struct orr_ticker *ticker, struct orr_error *err)
{
    if (!t->jumper) return ORR_OK;
    const struct orr_jump_subject subject = {&t->model.params, &t->optim, t, jump_loss};
    const struct orr_jump_result *r;
    enum orr_status s = orr_jumper_step(t->jumper, t->state.step, &subject, ticker, &r, err);
    if (s || !r) return s;
    t->state.jumps++;
    t->state.jumps_accepted += r->outcome == ORR_JUMP_ACCEPTED;
    t->state.jump = *r;
    s = emit(t, "jump/scale", r->step, r->scale, err);
    if (!s) s = emit(t, "jump/loss_before", r->step, r->before, err);
    return s ? s : emit(t, "jump/loss_after", r->step, isfinite(r->after) ? r->after : NAN, err);
}

const struct orr_jump_result *orr_train_jumps(const struct orr_train *t, size_t *n)
{
    *n = 0;
    return t->jumper ? orr_jumper_results(t->jumper, n) : NULL;
}

/* ---- life ---- */

static enum orr_status check(const struct orr_train_options *o, struct orr_error *err)
{
    if (o->batch < 1 || o->epochs < 1)
        return orr_error_set(err, ORR_EINVAL, "batch, epochs", "%d and %d: both must be 1 or more", o->batch, o->epochs);
    if (!(o->optim.lr > 0) || !isfinite(o->optim.lr))
        return orr_error_set(err, ORR_EINVAL, "lr", "%g: the learning rate must be above 0", o->optim.lr);
    if (o->weights != ORR_RECORD_NEVER && o->weights_every < 1)
        return orr_error_set(err, ORR_EINVAL, "weights", "every %d: must be 1 or more", o->weights_every);
    return ORR_OK;
}

static size_t backup_size(const struct orr_train *t)
{
    return t->model.params.n * (1 + (t->optim.m != NULL) + (t->optim.v != NULL)) + t->model.n_state;
}

enum orr_status orr_train_open(const struct orr_train_options *o, const struct orr_dataset *data,
                               const struct orr_train_events *events, struct orr_train **out, struct orr_error *err)
{
    *out = NULL;
    enum orr_status s = check(o, err);
    if (s) return s;
    struct orr_train *t = orr_xcalloc(1, sizeof *t);
    t->o = *o;
    t->data = data;
    if (events) t->events = *events;
    s = orr_model_build(o->arch, data, o->seed, &t->model, err);
    if (!s && o->start && o->n_start != t->model.params.n + t->model.n_state)
        s = orr_error_set(err, ORR_EINVAL, o->arch, "%zu weights to start with; this network has %zu", o->n_start,
                          t->model.params.n + t->model.n_state);
    if (s) goto fail;
    if (o->start) {
        memcpy(t->model.params.value, o->start, t->model.params.n * sizeof *o->start);
        if (t->model.n_state) memcpy(t->model.state, o->start + t->model.params.n, t->model.n_state * sizeof *o->start);
    }
    const size_t n = batch_size(t), steps = (data->n[ORR_TRAIN] + n - 1) / n;
    const bool fits = steps < INT_MAX / (size_t)o->epochs;
    if (t->o.optim.total == 0) t->o.optim.total = fits ? (int)(steps * (size_t)o->epochs) : INT_MAX;
    orr_optim_init(&t->optim, &t->o.optim, &t->model.params);
    if (o->jump.method && !fits) s = orr_error_set(err, ORR_EINVAL, o->jump.method, "so many steps leave no room for jumps");
    if (!s && o->jump.method)
        s = orr_jumper_new(&o->jump, &t->model.params, (int64_t)steps * o->epochs, &t->jumper, err);
    if (s) goto fail;
    t->tape = orr_tape_new();
    t->order = orr_alloc(data->n[ORR_TRAIN], sizeof *t->order);
    t->x = orr_alloc(n * data->width, sizeof *t->x);
    t->y = orr_alloc(n * (size_t)data->outputs, sizeof *t->y);
    t->label = orr_alloc(n * orr_dataset_targets(data), sizeof *t->label);
    t->backup = orr_alloc(backup_size(t), sizeof *t->backup);
    if (!t->order || !t->x || !t->y || !t->label || !t->backup) {
        s = orr_error_set(err, ORR_ENOMEM, o->arch, "no memory for batches of %zu", n);
        goto fail;
    }
    t->state = (struct orr_train_state){.epochs = o->epochs, .lr = orr_optim_lr(&t->o.optim, 0), .train_loss = NAN,
                                        .train_accuracy = NAN, .parameters = t->model.params.n};
    s = evaluate(t, o->ticker) ? emit_validation(t, err) : orr_error_set(err, ORR_ECANCELLED, NULL, "stopped before it began");
    t->o.ticker = NULL; /* of this call only */
    if (!s && o->weights != ORR_RECORD_NEVER) s = snapshot(t, 0, err);
    if (!s) s = jump(t, NULL, err); /* none yet: the path begins */
    if (s) goto fail;
    *out = t;
    return ORR_OK;
fail:
    orr_train_close(t);
    return s;
}

void orr_train_close(struct orr_train *t)
{
    if (!t) return;
    orr_model_free(&t->model);
    orr_optim_free(&t->optim);
    orr_jumper_free(t->jumper);
    orr_tape_free(t->tape);
    free(t->order);
    free(t->x);
    free(t->y);
    free(t->label);
    free(t->backup);
    free(t);
}

struct orr_train_state orr_train_state(const struct orr_train *t) { return t->state; }
void orr_train_set_lr(struct orr_train *t, double lr) { t->optim.o.lr = t->o.optim.lr = lr; }
struct orr_model *orr_train_model(struct orr_train *t) { return &t->model; }

size_t orr_train_steps_per_epoch(const struct orr_train *t)
{
    return (t->data->n[ORR_TRAIN] + batch_size(t) - 1) / batch_size(t);
}

size_t orr_train_weights(const struct orr_train *t, orr_real *out)
{
    const struct orr_model *m = &t->model;
    if (out) memcpy(out, m->params.value, m->params.n * sizeof *out);
    if (out && m->n_state) memcpy(out + m->params.n, m->state, m->n_state * sizeof *out);
    return m->params.n + m->n_state;
}

size_t orr_train_allocations(const struct orr_train *t) { return orr_tape_allocations(t->tape); }

/* ---- an epoch ---- */

/* Moves the numbers of the run's state to or from the backup. */
static void swap_backup(struct orr_train *t, bool save)
{
    struct {
        orr_real *p;
        size_t n;
    } const part[] = {{t->model.params.value, t->model.params.n},
                      {t->optim.m, t->optim.m ? t->model.params.n : 0},
                      {t->optim.v, t->optim.v ? t->model.params.n : 0},
                      {t->model.state, t->model.n_state}};
    orr_real *b = t->backup;
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        if (part[k].n) memcpy(save ? b : part[k].p, save ? part[k].p : b, part[k].n * sizeof *b);
        b += part[k].n;
    }
}

static void shuffle(struct orr_train *t, struct orr_rng *rng)
{
    const size_t n = t->data->n[ORR_TRAIN];
    for (size_t i = 0; i < n; i++) t->order[i] = i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)orr_rng_below(rng, i), keep = t->order[i - 1];
        t->order[i - 1] = t->order[j];
        t->order[j] = keep;
    }
}


struct sums {
    double loss, norm;
    size_t right, samples, steps;
};

static enum orr_status step(struct orr_train *t, size_t at, size_t n, struct orr_rng *rng, struct sums *sum,
                            struct orr_error *err)
{
    gather(t->data, t->order + at, n, t->x, t->label, t->y);
    orr_tape_reset(t->tape);
    orr_params_zero_grad(&t->model.params);
    struct orr_var *out = orr_model_forward(&t->model, t->tape, t->x, (int)n, true, rng);
    struct orr_var *loss = loss_of(out, t->data->classes ? t->label : NULL, t->y);
    const double value = (double)loss->value[0];
    if (!isfinite(value)) {
        t->state.diverged = true;
        return ORR_OK;
    }
    orr_tape_backward(loss);
    const double norm = orr_params_grad_norm(&t->model.params);
    orr_optim_step(&t->optim, &t->model.params);
    t->state.step++;
    sum->loss += value * (double)n;
    sum->norm += norm;
    sum->steps++;
    sum->samples += n;
    if (t->data->classes) sum->right += hits(out, t->label);
    enum orr_status s = ORR_OK;
    if (t->o.log_every && t->state.step % t->o.log_every == 0) {
        s = emit(t, "batch/loss", t->state.step, value, err);
        if (!s) s = emit(t, "batch/grad_norm", t->state.step, norm, err);
    }
    if (!s && t->o.weights == ORR_RECORD_STEPS && t->state.step % t->o.weights_every == 0)
        s = snapshot(t, t->state.step, err);
    return s;
}

static enum orr_status close_epoch(struct orr_train *t, const struct sums *sum, struct orr_error *err)
{
    struct orr_train_state *st = &t->state;
    st->epoch++;
    st->lr = orr_optim_lr(&t->o.optim, t->optim.step);
    st->train_loss = st->diverged ? NAN : sum->loss / (double)sum->samples;
    const double labels = (double)(sum->samples * orr_dataset_targets(t->data));
    st->train_accuracy = t->data->classes && !st->diverged ? (double)sum->right / labels : NAN;
    enum orr_status s = emit(t, "train/loss", st->epoch, st->train_loss, err);
    if (!s && t->data->classes) s = emit(t, "train/accuracy", st->epoch, st->train_accuracy, err);
    if (!s) s = emit_perplexity(t, "train/perplexity", st->train_loss, err);
    if (!s) s = emit(t, "lr", st->epoch, st->lr, err);
    if (!s && sum->steps) s = emit(t, "grad_norm", st->epoch, sum->norm / (double)sum->steps, err);
    if (!s) s = emit_validation(t, err);
    if (!isfinite(st->validation_loss)) st->diverged = true;
    if (!s && t->o.weights == ORR_RECORD_EPOCHS && st->epoch % t->o.weights_every == 0) s = snapshot(t, st->epoch, err);
    return s;
}

static enum orr_status undo_epoch(struct orr_train *t, const struct orr_train_state *before, int64_t optim_step,
                                  struct orr_error *err)
{
    swap_backup(t, false);
    t->state = *before;
    t->optim.step = optim_step;
    if (t->jumper) orr_jumper_undo(t->jumper);
    return orr_error_set(err, ORR_ECANCELLED, NULL, "stopped after epoch %d", before->epoch);
}

enum orr_status orr_train_epoch(struct orr_train *t, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_train_state before = t->state;
    const int64_t optim_step = t->optim.step;
    if (before.diverged || before.epoch >= before.epochs) return ORR_OK;
    struct orr_rng rng;
    struct sums sum = {0};
    const size_t n = t->data->n[ORR_TRAIN], batch = batch_size(t), steps = orr_train_steps_per_epoch(t);
    orr_rng_seed(&rng, t->o.seed, 1000 + (uint64_t)before.epoch);
    shuffle(t, &rng);
    swap_backup(t, true);
    if (t->jumper) orr_jumper_mark(t->jumper);
    for (size_t at = 0; at < n && !t->state.diverged; at += batch) {
        const uint64_t done = (uint64_t)before.epoch * steps + at / batch;
        if (!orr_ticker_tick(ticker, t->o.arch, "steps", done, (uint64_t)before.epochs * steps))
            return undo_epoch(t, &before, optim_step, err);
        enum orr_status s = step(t, at, n - at < batch ? n - at : batch, &rng, &sum, err);
        if (!s && !t->state.diverged) s = jump(t, ticker, err);
        if (s == ORR_ECANCELLED) return undo_epoch(t, &before, optim_step, err);
        if (s) return s;
    }
    if (!evaluate(t, ticker)) return undo_epoch(t, &before, optim_step, err);
    return close_epoch(t, &sum, err);
}

enum orr_status orr_train_test(struct orr_train *t, double *loss, double *accuracy, struct orr_error *err)
{
    orr_model_evaluate(&t->model, t->tape, t->data, ORR_TEST, NULL, loss, accuracy);
    enum orr_status s = emit(t, "test/loss", t->state.epoch, *loss, err);
    if (!s && t->data->classes) s = emit(t, "test/accuracy", t->state.epoch, *accuracy, err);
    return s ? s : emit_perplexity(t, "test/perplexity", *loss, err);
}

/* ---- checkpoints ---- */

enum orr_status orr_train_save(const struct orr_train *t, const char *to, struct orr_error *err)
{
    const int64_t n = (int64_t)t->model.params.n, k = (int64_t)t->model.n_state;
    struct orr_safetensor_out tensor[5];
    struct orr_str jumps = {0};
    orr_real *path = NULL;
    size_t count = 0, numbers = 0;
    enum orr_status s = t->jumper ? orr_jumper_save(t->jumper, &jumps, &path, &numbers, err) : ORR_OK;
    if (s) return s;
    const int64_t path_shape = (int64_t)numbers;
    tensor[count++] = (struct orr_safetensor_out){"params", &n, 1, t->model.params.value};
    if (t->optim.m) tensor[count++] = (struct orr_safetensor_out){"optim.m", &n, 1, t->optim.m};
    if (t->optim.v) tensor[count++] = (struct orr_safetensor_out){"optim.v", &n, 1, t->optim.v};
    if (k) tensor[count++] = (struct orr_safetensor_out){"state", &k, 1, t->model.state};
    if (numbers) tensor[count++] = (struct orr_safetensor_out){"jump.path", &path_shape, 1, path};
    char seed[32], epoch[32], steps[32], optim_steps[32], lr[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->o.seed);
    snprintf(epoch, sizeof epoch, "%d", t->state.epoch);
    snprintf(steps, sizeof steps, "%lld", (long long)t->state.step);
    snprintf(optim_steps, sizeof optim_steps, "%lld", (long long)t->optim.step);
    orr_format_double(t->o.optim.lr, lr);
    const char *const metadata[] = {"arch",  t->o.arch, "data", t->data->name, "seed",       seed, "epoch", epoch,
                                    "steps", steps,     "lr",   lr,            "optim_steps", optim_steps, "jumps",
                                    orr_str_c(&jumps), NULL};
    s = orr_safetensors_write(to, tensor, count, metadata, err);
    orr_str_free(&jumps);
    free(path);
    return s;
}

static const char *metadata(const struct orr_safetensors *f, const char *key)
{
    for (size_t i = 0; i < f->n_metadata; i++)
        if (!strcmp(f->metadata[i].key, key)) return f->metadata[i].value;
    return "";
}

static enum orr_status read_tensor(struct orr_safetensors *f, const char *path, const char *name, orr_real *to, size_t n,
                                   struct orr_error *err)
{
    if (!to || n == 0) return ORR_OK;
    const struct orr_safetensor *x = orr_safetensors_find(f, name);
    if (!x || x->count != n)
        return orr_error_set(err, ORR_EFORMAT, path, "no tensor `%s` of %zu numbers: not a checkpoint of this run", name, n);
    return orr_safetensors_read(f, x, 0, n, to, err);
}

static enum orr_status read_jumps(struct orr_train *t, struct orr_safetensors *f, const char *path, struct orr_error *err)
{
    const char *text = metadata(f, "jumps");
    const struct orr_safetensor *x = orr_safetensors_find(f, "jump.path");
    const size_t n = x ? x->count : 0;
    if (!t->jumper)
        return *text ? orr_error_set(err, ORR_EINVAL, path, "a checkpoint of a run with jumps: %s", text) : ORR_OK;
    if (n > orr_jumper_largest_path(t->jumper))
        return orr_error_set(err, ORR_EFORMAT, path, "the path before a jump is too long");
    orr_real *values = orr_alloc(n, sizeof *values);
    enum orr_status s = values ? ORR_OK : orr_error_set(err, ORR_ENOMEM, path, "no memory for the path of the weights");
    if (!s && x) s = orr_safetensors_read(f, x, 0, n, values, err);
    if (!s) s = orr_jumper_load(t->jumper, path, text, values, n, err);
    free(values);
    size_t jumps;
    const struct orr_jump_result *r = orr_jumper_results(t->jumper, &jumps);
    t->state.jumps = s ? 0 : jumps;
    t->state.jumps_accepted = 0;
    for (size_t i = 0; i < t->state.jumps; i++) t->state.jumps_accepted += r[i].outcome == ORR_JUMP_ACCEPTED;
    if (t->state.jumps) t->state.jump = r[jumps - 1];
    return s;
}

enum orr_status orr_train_load(struct orr_train *t, const char *path, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->o.seed);
    if (!s && (strcmp(metadata(&f, "arch"), t->o.arch) || strcmp(metadata(&f, "data"), t->data->name) ||
               strcmp(metadata(&f, "seed"), seed)))
        s = orr_error_set(err, ORR_EINVAL, path, "a checkpoint of %s on %s with seed %s", metadata(&f, "arch"),
                          metadata(&f, "data"), metadata(&f, "seed"));
    int64_t epoch = 0, steps = 0, optim_steps = 0;
    double lr = 0;
    const char *e = metadata(&f, "epoch"), *n = metadata(&f, "steps"), *o = metadata(&f, "optim_steps"), *l = metadata(&f, "lr");
    if (!s && (!orr_parse_int64(e, strlen(e), &epoch) || !orr_parse_int64(n, strlen(n), &steps) ||
               !orr_parse_int64(o, strlen(o), &optim_steps) || !orr_parse_double(l, strlen(l), &lr) || epoch < 0 ||
               epoch > INT_MAX || steps < 0 || optim_steps < 0 || !(lr > 0) || !isfinite(lr)))
        s = orr_error_set(err, ORR_EFORMAT, path, "the checkpoint does not say where it stands");
    if (!s) s = read_jumps(t, &f, path, err);
    if (!s) s = read_tensor(&f, path, "params", t->model.params.value, t->model.params.n, err);
    if (!s) s = read_tensor(&f, path, "optim.m", t->optim.m, t->model.params.n, err);
    if (!s) s = read_tensor(&f, path, "optim.v", t->optim.v, t->model.params.n, err);
    if (!s) s = read_tensor(&f, path, "state", t->model.state, t->model.n_state, err);
    if (!s) {
        t->state.epoch = (int)epoch;
        t->state.step = steps;
        t->optim.step = optim_steps;
        orr_train_set_lr(t, lr);
        t->state.lr = orr_optim_lr(&t->o.optim, optim_steps);
    }
    orr_safetensors_close(&f);
    return s;
}
