#include "lab/example.h"

#include <math.h>
#include <stdio.h>

#include <orrery/rng.h>

#include "base/json.h"
#include "base/str.h"
#include "lab/logs.h"

/* One item of the random number family per file, so that a changed file leaves the others as they are. */
enum item { SWEEP = 1000, OPTIMIZERS = 2000, FINETUNE = 3000, DIVERGED = 4000, LONG_RUN = 5000 };

/* A loss that falls by a power law to a floor: loss(t) = floor + amplitude (1 + t / tau)^-alpha, times exp(noise) with
 * noise from an autoregression of order one. */
struct loss {
    double floor, amplitude, tau, alpha; /* tau in steps */
    double spread, memory;               /* standard deviation of the noise, its correlation from point to point */
    double noise;                        /* state */
    struct orr_rng rng;
};

static double loss_clean(const struct loss *l, double t)
{
    return l->floor + l->amplitude * pow(1 + t / l->tau, -l->alpha);
}

static double loss_noisy(struct loss *l, double t)
{
    l->noise = l->memory * l->noise + sqrt(1 - l->memory * l->memory) * l->spread * orr_rng_normal(&l->rng);
    return loss_clean(l, t) * exp(l->noise);
}

static void append_row_end(struct orr_str *s) { orr_str_append_char(s, '\n'); }

static void append_cell(struct orr_str *s, double x)
{
    orr_str_append_char(s, ',');
    if (!isnan(x)) orr_logs_append_number(s, x);
}

/* ---- a sweep: learning rate x width x seed, as PyTorch Lightning's CSV logger writes it ---- */

static enum orr_status write_sweep_run(const char *folder, double lr, int width, int seed, struct orr_rng rng,
                                       struct orr_error *err)
{
    enum { STEPS = 2000, EVERY = 10, VALIDATE = 100, EPOCH = 200 };
    const double off = log10(lr / 1e-3); /* decades from the best learning rate; too high hurts more than too low */
    struct loss train = {.floor = 0.35 + (off > 0 ? 0.6 : 0.1) * off * off - 0.05 * log2(width / 64.0), .amplitude = 1.95,
                         .tau = 60 * pow(lr / 1e-3, -0.8), .alpha = 0.75, .spread = 0.03 + 0.03 * fmax(0, off),
                         .memory = 0.5, .rng = rng};
    train.floor += 0.01 * orr_rng_normal(&train.rng);
    const double overfit = 0.02 * log2(width / 32.0); /* the gap grows with width and time */
    struct orr_str csv = {0}, yaml = {0};
    orr_str_append(&csv, "epoch,step,train_loss,val_loss,val_accuracy\n");
    for (int step = EVERY; step <= STEPS; step += EVERY) {
        orr_str_printf(&csv, "%d,%d", (step - 1) / EPOCH, step);
        append_cell(&csv, loss_noisy(&train, step));
        orr_str_append(&csv, ",,\n");
        if (step % VALIDATE) continue;
        const double gap = 0.03 + overfit * step / STEPS;
        const double val = loss_clean(&train, step) + gap + 0.006 * orr_rng_normal(&train.rng);
        orr_str_printf(&csv, "%d,%d,", (step - 1) / EPOCH, step);
        append_cell(&csv, val);
        append_cell(&csv, 1 - 0.9 * (1 - exp(-0.55 * val)) + 0.004 * orr_rng_normal(&train.rng));
        append_row_end(&csv);
    }
    orr_str_append(&yaml, "source: synthetic\nmodel: mlp\noptimizer: adam\nbatch_size: 64\nlr: ");
    orr_str_append_double(&yaml, lr);
    orr_str_printf(&yaml, "\nwidth: %d\nseed: %d\n", width, seed);
    enum orr_status status = orr_logs_write(folder, "metrics.csv", &csv, err);
    if (status == ORR_OK) status = orr_logs_write(folder, "hparams.yaml", &yaml, err);
    orr_str_free(&csv);
    orr_str_free(&yaml);
    return status;
}

static enum orr_status write_sweep(const char *root, uint64_t seed, struct orr_error *err)
{
    static const double lrs[] = {1e-4, 3e-4, 1e-3, 3e-3};
    static const char *const lr_names[] = {"1e-4", "3e-4", "1e-3", "3e-3"};
    static const int widths[] = {64, 128, 256};
    enum { LRS = 4, WIDTHS = 3, SEEDS = 5 };
    for (int i = 0; i < LRS * WIDTHS * SEEDS; i++) {
        const int lr = i / (WIDTHS * SEEDS), width = i / SEEDS % WIDTHS, s = i % SEEDS + 1;
        char folder[4096];
        snprintf(folder, sizeof folder, "%s/sweep/lr%s-w%d-s%d", root, lr_names[lr], widths[width], s);
        struct orr_rng rng;
        orr_rng_seed(&rng, seed, SWEEP + (uint64_t)i);
        const enum orr_status status = write_sweep_run(folder, lrs[lr], widths[width], s, rng, err);
        if (status) return status;
    }
    return ORR_OK;
}

/* ---- four optimizers, as TensorBoard event files ---- */

static enum orr_status write_optimizers(const char *root, uint64_t seed, struct orr_error *err)
{
    static const struct {
        const char *name;
        double floor, tau, alpha, lr;
    } optimizers[] = {{"adam", 0.42, 15, 0.9, 1e-3},
                      {"momentum", 0.40, 30, 0.85, 1e-2},
                      {"rmsprop", 0.47, 12, 0.8, 1e-3},
                      {"sgd", 0.55, 60, 0.7, 1e-1}};
    enum { STEPS = 1500, EVERY = 5, VALIDATE = 50 };
    const double start = 1735689600; /* 2025-01-01 00:00 UTC */
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        struct loss l = {.floor = optimizers[i].floor, .amplitude = 1.9, .tau = optimizers[i].tau,
                         .alpha = optimizers[i].alpha, .spread = 0.04, .memory = 0.6};
        orr_rng_seed(&l.rng, seed, OPTIMIZERS + i);
        struct orr_str file = {0};
        double wall = start + 3600 * (double)i;
        orr_logs_append_event_version(&file, wall);
        for (int step = 0; step <= STEPS; step += EVERY) {
            wall += 0.25 * EVERY * (1 + 0.05 * fabs(orr_rng_normal(&l.rng)));
            const double lr = optimizers[i].lr * 0.5 * (1 + cos(M_PI * step / STEPS));
            orr_logs_append_event_scalar(&file, wall, step, "train/loss", (float)loss_noisy(&l, step));
            orr_logs_append_event_scalar(&file, wall, step, "lr", (float)lr);
            if (step % VALIDATE) continue;
            const double val = loss_clean(&l, step) * 1.06 + 0.01 * orr_rng_normal(&l.rng);
            orr_logs_append_event_scalar(&file, wall, step, "val/loss", (float)val);
        }
        char folder[4096];
        snprintf(folder, sizeof folder, "%s/optimizers/%s", root, optimizers[i].name);
        const enum orr_status status = orr_logs_write(folder, "events.out.tfevents.1735689600.synthetic", &file, err);
        orr_str_free(&file);
        if (status) return status;
    }
    return ORR_OK;
}

/* ---- fine-tuning of three model sizes, as JSON lines of one file ---- */

static void append_field(struct orr_str *s, const char *key, double x)
{
    orr_str_printf(s, ",\"%s\":", key);
    orr_logs_append_number(s, x);
}

static enum orr_status write_finetune(const char *root, uint64_t seed, struct orr_error *err)
{
    static const struct {
        const char *run;
        int millions;
        double floor;
    } models[] = {{"tune-60m", 60, 2.45}, {"tune-160m", 160, 2.2}, {"tune-410m", 410, 1.95}};
    enum { STEPS = 1000, EVERY = 5, WARMUP = 100, TOKENS = 32768 };
    struct orr_str file = {0};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct loss l = {.floor = models[i].floor, .amplitude = 1.3, .tau = 40, .alpha = 0.6, .spread = 0.02,
                         .memory = 0.3};
        orr_rng_seed(&l.rng, seed, FINETUNE + i);
        const double peak = 6e-4 * sqrt(60.0 / models[i].millions);
        for (int step = EVERY; step <= STEPS; step += EVERY) {
            orr_str_append(&file, "{\"run\":");
            orr_json_append_string(&file, models[i].run);
            if (step == EVERY)
                orr_str_printf(&file, ",\"config\":{\"source\":\"synthetic\",\"parameters_m\":%d,\"warmup\":%d}",
                               models[i].millions, WARMUP);
            orr_str_printf(&file, ",\"step\":%d", step);
            const double loss = loss_noisy(&l, step);
            append_field(&file, "loss", loss);
            append_field(&file, "perplexity", exp(loss));
            append_field(&file, "grad_norm", 0.6 * exp(0.3 * orr_rng_normal(&l.rng)) + 3 / sqrt(step));
            append_field(&file, "lr", step < WARMUP ? peak * step / WARMUP : peak * sqrt((double)WARMUP / step));
            append_field(&file, "tokens", (double)step * TOKENS);
            orr_str_append(&file, "}\n");
        }
    }
    const enum orr_status status = orr_logs_write(root, "finetune.jsonl", &file, err);
    orr_str_free(&file);
    return status;
}

/* ---- a run that diverges to NaN, and a long one: generic CSV ---- */

static enum orr_status write_diverged(const char *root, uint64_t seed, struct orr_error *err)
{
    enum { STEPS = 400, BREAKS = 240, NAN_FROM = 262 };
    struct loss l = {.floor = 0.5, .amplitude = 1.8, .tau = 10, .alpha = 0.8, .spread = 0.06, .memory = 0.7};
    orr_rng_seed(&l.rng, seed, DIVERGED);
    struct orr_str csv = {0}, yaml = {0};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/diverged", root);
    orr_str_append(&csv, "step,loss,grad_norm\n");
    for (int step = 1; step <= STEPS; step++) {
        const double blow_up = step < BREAKS ? 1 : exp(0.25 * (step - BREAKS));
        const double loss = loss_noisy(&l, step) * blow_up, norm = blow_up * exp(0.3 * orr_rng_normal(&l.rng));
        if (step >= NAN_FROM) {
            orr_str_printf(&csv, "%d,nan,nan\n", step);
            continue;
        }
        orr_str_printf(&csv, "%d", step);
        append_cell(&csv, loss);
        append_cell(&csv, norm);
        append_row_end(&csv);
    }
    orr_str_append(&yaml, "source: synthetic\nmodel: mlp\noptimizer: sgd\nlr: 0.9\nwidth: 128\nseed: 1\n");
    enum orr_status status = orr_logs_write(folder, "metrics.csv", &csv, err);
    if (status == ORR_OK) status = orr_logs_write(folder, "hparams.yaml", &yaml, err);
    orr_str_free(&csv);
    orr_str_free(&yaml);
    return status;
}

static enum orr_status write_long(const char *root, uint64_t seed, struct orr_error *err)
{
    enum { STEPS = 20000, SPIKE = 2500 };
    struct loss l = {.floor = 1.7, .amplitude = 8, .tau = 30, .alpha = 0.5, .spread = 0.02, .memory = 0.2};
    orr_rng_seed(&l.rng, seed, LONG_RUN);
    struct orr_str csv = {0}, yaml = {0};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/long", root);
    orr_str_append(&csv, "step,loss,grad_norm\n");
    double spike = 0; /* now and then the loss jumps and heals, as in long pre-training */
    for (int step = 1; step <= STEPS; step++) {
        spike = orr_rng_below(&l.rng, SPIKE) == 0 ? 0.5 + orr_rng_uniform(&l.rng) : spike * 0.97;
        orr_str_printf(&csv, "%d", step);
        append_cell(&csv, loss_noisy(&l, step) + spike);
        append_cell(&csv, (0.3 + spike) * exp(0.2 * orr_rng_normal(&l.rng)));
        append_row_end(&csv);
    }
    orr_str_append(&yaml, "source: synthetic\nmodel: transformer\noptimizer: adamw\nlr: 0.0003\nwidth: 512\nseed: 1\n");
    enum orr_status status = orr_logs_write(folder, "metrics.csv", &csv, err);
    if (status == ORR_OK) status = orr_logs_write(folder, "hparams.yaml", &yaml, err);
    orr_str_free(&csv);
    orr_str_free(&yaml);
    return status;
}

enum orr_status orr_example_write(const char *folder, uint64_t seed, struct orr_error *err)
{
    enum orr_status status = write_sweep(folder, seed, err);
    if (status == ORR_OK) status = write_optimizers(folder, seed, err);
    if (status == ORR_OK) status = write_finetune(folder, seed, err);
    if (status == ORR_OK) status = write_diverged(folder, seed, err);
    if (status == ORR_OK) status = write_long(folder, seed, err);
    return status;
}
