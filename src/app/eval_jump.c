#include "app/eval_jump.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/example.h"
#include "app/jump.h"
#include "app/lab.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "lab/sweep.h"
#include "num/gemm.h"

enum { ROUNDS = 1000, EPOCHS_MOST = 64, OPTIMS = 4, MOST_DATA = 16, SAMPLES = 1000 };

static const struct {
    const char *name;
    bool slow;
} tasks[] = {{"linear2d", false}, {"logistic", false}, {"mlp", false}, {"cnn", true}, {"lm", true}};
enum { TASKS = sizeof tasks / sizeof *tasks };

/* One way to jump. The first is the run without; persistence is that run with a jump to where it stands. */
struct arm {
    const char *label, *method, *at;
    bool ungated, zero_momentum;
    double horizon;
};
static const struct arm arms[] = {
    {.label = "none"},
    {.label = "persistence", .method = "persistence", .at = "20%"},
    {.label = "linear", .method = "linear", .at = "10%"},
    {.label = "farcast", .method = "farcast", .at = "10%"},
    {.label = "flow", .method = "flow", .at = "10%"},
    {.label = "flow-loss", .method = "flow-loss", .at = "10%"},
    {.label = "linear", .method = "linear", .at = "20%"},
    {.label = "farcast", .method = "farcast", .at = "20%"},
    {.label = "flow", .method = "flow", .at = "20%"},
    {.label = "flow-loss", .method = "flow-loss", .at = "20%"},
    {.label = "linear-ungated", .method = "linear", .at = "20%", .ungated = true},
    {.label = "farcast-ungated", .method = "farcast", .at = "20%", .ungated = true},
    {.label = "flow-ungated", .method = "flow", .at = "20%", .ungated = true},
    {.label = "flow-loss-ungated", .method = "flow-loss", .at = "20%", .ungated = true},
    {.label = "flow-zeroed", .method = "flow", .at = "20%", .zero_momentum = true},
    {.label = "linear", .method = "linear", .at = "40%"},
    {.label = "farcast", .method = "farcast", .at = "40%"},
    {.label = "flow", .method = "flow", .at = "40%"},
    {.label = "flow-loss", .method = "flow-loss", .at = "40%"},
    {.label = "linear", .method = "linear", .at = "20%,40%,60%"},
    {.label = "farcast", .method = "farcast", .at = "20%,40%,60%"},
    {.label = "flow", .method = "flow", .at = "20%,40%,60%"},
    {.label = "flow-loss", .method = "flow-loss", .at = "20%,40%,60%"},
};
enum { ARMS = sizeof arms / sizeof *arms };

enum { SAVED, HARMED, ACCEPTANCE, LOSS, ACCURACY, RATIO, COST, METRICS };
static const char *const metric_names[METRICS] = {"steps_saved", "harmed",     "acceptance", "loss",
                                                   "accuracy",    "loss_ratio", "gate_cost"};

struct run {
    size_t n;                      /* epochs measured, with epoch 0 */
    double loss[EPOCHS_MOST + 1];  /* [n] validation */
    bool jumped[EPOCHS_MOST + 1];  /* a jump was accepted within the epoch, or at its end */
    double score[METRICS];
};
struct panel {
    const struct orr_eval_jump_options *o;
    const char *task;
    size_t n;                     /* items */
    struct orr_sweep_item *item;  /* [n] by optimiser, then number */
    int *optim;                   /* [n] */
    const struct orr_dataset **of; /* [n] */
    struct orr_dataset data[MOST_DATA];
    size_t n_data;
    struct orr_weights_model *model[ARMS];
    struct run *run;              /* (n, ARMS) */
    struct orr_error *err;        /* [n] code set: the item could not be trained */
};

static bool wanted(const struct panel *p, size_t arm)
{
    /* A minute's subset leaves out what only differs in when. */
    return !p->o->quick || !arms[arm].at || !strcmp(arms[arm].at, "20%");
}

/* ---- one run ---- */

static enum orr_status on_metric(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    struct run *r = ctx;
    (void)err;
    if (!strcmp(name, "val/loss") && step >= 0 && step <= EPOCHS_MOST) r->loss[step] = value, r->n = (size_t)step + 1;
    return ORR_OK;
}

static enum orr_status train(const struct panel *p, size_t item, size_t arm, struct run *r, struct orr_error *err)
{
    const struct orr_sweep_item *it = &p->item[item];
    const struct orr_train_events events = {.ctx = r, .metric = on_metric};
    struct orr_train_options o = orr_train_defaults();
    struct orr_train *t = NULL;
    o.arch = it->arch;
    o.batch = it->batch;
    o.epochs = it->epochs;
    o.seed = it->seed;
    o.optim = orr_optim_defaults((enum orr_optim_kind)p->optim[item], it->lr);
    o.optim.weight_decay = it->weight_decay;
    enum orr_status s = orr_lab_parse_schedule(it->schedule, &o.optim.schedule, err);
    if (!s && arms[arm].method) {
        o.jump = (struct orr_jump_options){.method = arms[arm].method, .model = p->model[arm], .ungated = arms[arm].ungated,
                                           .zero_momentum = arms[arm].zero_momentum, .horizon = arms[arm].horizon};
        s = orr_jump_parse_at(arms[arm].at, &o.jump, err);
    }
    if (!s) s = orr_train_open(&o, p->of[item], &events, &t, err);
    while (!s && orr_train_state(t).epoch < o.epochs && !orr_train_state(t).diverged) s = orr_train_epoch(t, NULL, err);
    if (!s && !orr_train_state(t).diverged) s = orr_train_test(t, &r->score[LOSS], &r->score[ACCURACY], err);
    size_t jumps;
    const struct orr_jump_result *result = t ? orr_train_jumps(t, &jumps) : NULL;
    if (!s && result && jumps) {
        r->score[ACCEPTANCE] = (double)orr_train_state(t).jumps_accepted / (double)jumps;
        r->score[RATIO] = result->after / result->before;
        const double per_epoch = (double)orr_train_steps_per_epoch(t);
        for (size_t i = 0; i < jumps; i++)
            if (result[i].outcome == ORR_JUMP_ACCEPTED) r->jumped[(size_t)ceil((double)result[i].step / per_epoch)] = true;
        /* The gate looks at its samples once and once per candidate, forward only: a third of a step's work. */
        const double samples = (double)orr_train_gate_samples(t);
        double looks = 0;
        for (size_t i = 0; i < jumps; i++) looks += 1 + result[i].tried;
        r->score[COST] = 100 * looks * samples / 3 /
                         ((double)p->of[item]->n[ORR_TRAIN] * (double)it->epochs);
    }
    orr_train_close(t);
    return s;
}

/* ---- steps saved ---- */

/* When a run's best validation loss so far came down to `level`, in epochs, between two of them by proportion but for those
 * with a jump, which count whole; NaN: never. A loss that is not finite is no progress. */
static double reached(const struct run *r, double level)
{
    double best = r->n ? r->loss[0] : (double)NAN;
    if (best <= level) return 0;
    for (size_t i = 1; i < r->n; i++) {
        if (r->loss[i] <= level) {
            const double share = isfinite(best) && !r->jumped[i] ? (best - level) / (best - r->loss[i]) : 1;
            return (double)i - 1 + share;
        }
        best = r->loss[i] < best || isnan(best) ? r->loss[i] : best;
    }
    return NAN;
}

static double lowest(const struct run *r)
{
    double best = NAN;
    for (size_t i = 0; i < r->n; i++)
        if (r->loss[i] < best || isnan(best)) best = r->loss[i];
    return best;
}

/* In percent of all steps: how much sooner the run with jumps came to the lowest validation loss that plain training reached;
 * where it never did, how much sooner plain training had reached the lowest that the jumping run did: steps lost. */
static double steps_saved(const struct run *plain, const struct run *jumping, int epochs)
{
    const double level = lowest(plain), then = reached(plain, level), now = reached(jumping, level);
    if (!isnan(now)) return 100 * (then - now) / epochs;
    const double lost = reached(plain, lowest(jumping));
    return isnan(lost) ? (double)-100 : 100 * (lost - then) / epochs;
}

static void work(void *ctx, size_t i)
{
    struct panel *p = ctx;
    struct run *plain = &p->run[i * ARMS];
    for (size_t arm = 0; arm < ARMS; arm++) {
        struct run *r = plain + arm;
        for (int m = 0; m < METRICS; m++) r->score[m] = NAN;
        if (!wanted(p, arm)) continue;
        if (train(p, i, arm, r, &p->err[i])) return;
        r->score[SAVED] = steps_saved(plain, r, p->item[i].epochs);
        r->score[HARMED] = r->score[SAVED] < 0;
    }
}

/* ---- what is trained ---- */

/* A thousand samples of validation and of test: enough to compare, quick enough after every epoch. */
static enum orr_status data_of(struct panel *p, const char *name, const struct orr_dataset **out, struct orr_error *err)
{
    for (size_t i = 0; i < p->n_data; i++)
        if (!strcmp(p->data[i].name, name)) {
            *out = &p->data[i];
            return ORR_OK;
        }
    if (p->n_data == MOST_DATA) return orr_error_set(err, ORR_EINVAL, name, "too many data sets in one sweep");
    struct orr_dataset *d = &p->data[p->n_data];
    const enum orr_status s = orr_dataset_load(name, d, err);
    if (s) return s;
    if (d->n[ORR_VALIDATION] > SAMPLES) d->n[ORR_VALIDATION] = SAMPLES;
    if (d->n[ORR_TEST] > SAMPLES) d->n[ORR_TEST] = SAMPLES;
    *out = d;
    p->n_data++;
    return ORR_OK;
}

/* The first `per_optim` plain items of each optimiser. */
static enum orr_status draw(struct panel *p, const struct orr_sweep *sweep, size_t per_optim, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    p->item = orr_xcalloc(OPTIMS * per_optim + 1, sizeof *p->item);
    p->optim = orr_xcalloc(OPTIMS * per_optim + 1, sizeof *p->optim);
    p->of = orr_xcalloc(OPTIMS * per_optim + 1, sizeof *p->of);
    for (int optim = 0; optim < OPTIMS && !s; optim++)
        for (size_t i = 0, have = 0; i < orr_sweep_runs(sweep) && have < per_optim && !s; i++) {
            struct orr_sweep_item *it = &p->item[p->n];
            enum orr_optim_kind kind = ORR_SGD;
            s = orr_sweep_draw(sweep, i, it, err);
            if (!s) s = orr_lab_parse_optim(it->optim, &kind, err);
            if (s || strcmp(it->jump, "none") != 0 || (int)kind != optim || it->epochs > EPOCHS_MOST) continue;
            s = data_of(p, it->data, &p->of[p->n], err);
            p->optim[p->n] = optim;
            if (!s) have++, p->n++;
        }
    p->run = orr_xcalloc(p->n * ARMS + 1, sizeof *p->run);
    p->err = orr_xcalloc(p->n + 1, sizeof *p->err);
    return s;
}

static enum orr_status open_panel(struct panel *p, size_t per_optim, struct orr_error *err)
{
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    struct orr_sweep *sweep = NULL;
    orr_str_printf(&path, "%s/sweeps/jump-%s.json", datasets ? datasets : "datasets", p->task);
    enum orr_status s = orr_sweep_read(path.data, &sweep, err);
    if (!s) s = draw(p, sweep, per_optim, err);
    for (size_t arm = 0; arm < ARMS && !s; arm++)
        if (arms[arm].method) s = orr_jump_model(arms[arm].method, NULL, &p->model[arm], err);
    orr_sweep_free(sweep);
    orr_str_free(&path);
    free(datasets);
    return s;
}

static void close_panel(struct panel *p)
{
    for (size_t i = 0; i < p->n_data; i++) orr_dataset_free(&p->data[i]);
    for (size_t arm = 0; arm < ARMS; arm++) orr_weights_model_free(p->model[arm]);
    free(p->item);
    free(p->optim);
    free(p->of);
    free(p->run);
    free(p->err);
}

/* ---- the tables ---- */

/* Scores of the runs of one optimiser (-1: of all) on which both arms have one. */
static size_t column(const struct panel *p, int optim, size_t arm, size_t against, int metric, double *x, double *y)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const double a = p->run[i * ARMS + arm].score[metric], b = p->run[i * ARMS + against].score[metric];
        if ((optim >= 0 && p->optim[i] != optim) || !isfinite(a) || !isfinite(b)) continue;
        x[n] = a;
        y[n++] = b;
    }
    return n;
}

static size_t find_arm(const char *label, const char *at)
{
    size_t i = 0;
    while (i < ARMS && (strcmp(arms[i].label, label) != 0 || strcmp(arms[i].at ? arms[i].at : "", at) != 0)) i++;
    return i;
}

static void pair(const struct panel *p, int optim, const char *setting, size_t arm, size_t against, int metric, double *x,
                 double *y, struct orr_eval *out)
{
    if (against == ARMS || against == arm) return;
    const size_t n = column(p, optim, arm, against, metric, x, y);
    if (n)
        orr_eval_paired(out, p->task, setting, arms[arm].label, arms[against].label, metric_names[metric],
                        orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed), n);
}

static void report_arm(const struct panel *p, int optim, size_t arm, double *x, double *y, struct orr_eval *out)
{
    static const bool higher[METRICS] = {[SAVED] = true, [ACCEPTANCE] = true, [ACCURACY] = true};
    const struct arm *a = &arms[arm];
    char setting[64];
    snprintf(setting, sizeof setting, "%s %s", optim < 0 ? "all" : orr_lab_optim_name((enum orr_optim_kind)optim),
             a->at ? a->at : "");
    if (!a->at) setting[strlen(setting) - 1] = '\0';
    for (int metric = 0; metric < METRICS; metric++) {
        const size_t n = column(p, optim, arm, arm, metric, x, y);
        const enum orr_statistic what = metric == RATIO ? ORR_STAT_MEDIAN : ORR_STAT_MEAN;
        if (!n || (!a->method && (metric == SAVED || metric == HARMED))) continue;
        orr_eval_row(out, p->task, setting, a->label, metric_names[metric], higher[metric] ? "higher" : "lower",
                     orr_stats_bootstrap(x, NULL, n, what, ROUNDS, 0.95, p->o->seed), n);
        if (metric != RATIO) continue;
        double worst = x[0];
        for (size_t i = 1; i < n; i++) worst = fmax(worst, x[i]);
        orr_eval_row(out, p->task, setting, a->label, "worst_ratio", "lower",
                     (struct orr_stats_interval){worst, worst, worst}, n);
    }
    if (!a->method) return;
    pair(p, optim, setting, arm, 0, LOSS, x, y, out);
    pair(p, optim, setting, arm, 0, ACCURACY, x, y, out);
    pair(p, optim, setting, arm, find_arm("linear", a->at), SAVED, x, y, out);
    if (a->ungated || a->zero_momentum) pair(p, optim, setting, arm, find_arm(a->method, a->at), SAVED, x, y, out);
}

static enum orr_status run_task(const struct orr_eval_jump_options *o, const char *name, bool slow,
                                const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    struct panel p = {.o = o, .task = name};
    enum orr_status s = open_panel(&p, o->runs ? o->runs : o->quick ? 5 : slow ? 6 : 12, err);
    const struct orr_region region = {p.run, p.n * ARMS * sizeof *p.run};
    if (!s && !orr_shards_for(o->shards, p.n, o->threads, work, &p, ticker, name, "runs", &region, 1))
        s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
    for (size_t i = 0; i < p.n && !s; i++)
        if (p.err[i].code) {
            *err = p.err[i];
            s = err->code;
        }
    double *x = orr_xcalloc(2 * p.n + 1, sizeof *x);
    for (int optim = -1; optim < OPTIMS && !s; optim++)
        for (size_t arm = 0; arm < ARMS; arm++)
            if (wanted(&p, arm)) report_arm(&p, optim, arm, x, x + p.n, out);
    free(x);
    close_panel(&p);
    return s;
}

static bool asked(const struct orr_eval_jump_options *o, const char *task)
{
    for (size_t i = 0; i < o->n_tasks; i++)
        if (orr_starts_with(o->tasks[i], "weights-") && !strcmp(o->tasks[i] + strlen("weights-"), task)) return true;
    return !o->n_tasks;
}

enum orr_status orr_eval_jump(const struct orr_eval_jump_options *o, const struct orr_ticker *ticker, struct orr_eval *out,
                              struct orr_error *err)
{
    const double start = orr_clock_now();
    enum orr_status s = ORR_OK;
    orr_blas_set_threads(1); /* the cores belong to the runs */
    out->name = "weights";
    out->seed = o->seed;
    for (size_t i = 0; i < TASKS && !s; i++)
        if (asked(o, tasks[i].name)) s = run_task(o, tasks[i].name, tasks[i].slow, ticker, out, err);
    out->seconds = orr_clock_now() - start;
    return s;
}
