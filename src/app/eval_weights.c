#include "app/eval_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/eval_weights_runs.h"
#include "app/example.h"
#include "app/lab.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "num/gemm.h"

enum { FRACTIONS = ORR_WEIGHTS_FRACTIONS, ROUNDS = 1000, MOST = 256, POINTS = ORR_WEIGHTS_GRID + 1, MAX_SEEDS = 5 };

/* What is compared. Methods are fitted on one optimiser's runs, "shared" ones on those of all; "shipped" ones are those of
 * datasets/models, which were fitted on training runs of all tasks. */
struct arm {
    const char *label, *method;
    bool shared, blind, plain, shipped;
};
static const struct arm arms[] = {
    {.label = "persistence", .method = "persistence"},
    {.label = "linear", .method = "linear"},
    {.label = "quadratic", .method = "quadratic"},
    {.label = "dmd", .method = "dmd"},
    {.label = "dlinear", .method = "dlinear"},
    {.label = "nlinear", .method = "nlinear"},
    {.label = "lstm", .method = "lstm"},
    {.label = "transformer", .method = "transformer"},
    {.label = "introspection", .method = "introspection"},
    {.label = "wnn", .method = "wnn"},
    {.label = "farcast", .method = "farcast"},
    {.label = "farcast-plain", .method = "farcast", .plain = true},
    {.label = "flow", .method = "flow"},
    {.label = "flow-shared", .method = "flow", .shared = true},
    {.label = "flow-blind", .method = "flow", .shared = true, .blind = true},
    {.label = "flow-shipped", .method = "flow", .shared = true, .shipped = true},
    {.label = "farcast-shipped", .method = "farcast", .shared = true, .shipped = true},
};
enum { ARMS = sizeof arms / sizeof *arms, FARCAST = 10, FARCAST_PLAIN, FLOW, FLOW_SHARED, FLOW_BLIND };
enum { MAE = 0, RMSE, LOSS, ACCURACY, METRICS };
static const char *const metric_names[METRICS] = {"mae", "rmse", "loss", "accuracy"};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One fit, used on all runs it is for. */
struct job {
    size_t arm, fraction, optim, seed;
};
struct panel {
    const struct orr_eval_weights_options *o;
    const struct orr_eval_task *task;
    struct orr_weights_set by_optim[ORR_EVAL_OPTIMS], all;
    size_t seeds, n_jobs;
    struct job *jobs;
    double *score;   /* (ARMS, FRACTIONS, seeds, runs, METRICS) */
    double *seconds; /* (ARMS, FRACTIONS, seeds, ORR_EVAL_OPTIMS) of the fit; NaN: none */
    double *truth;   /* (runs, METRICS) loss and accuracy at the weights that training reached */
};

static double *score_of(const struct panel *p, size_t arm, size_t fraction, size_t seed, size_t run)
{
    return p->score + (((arm * FRACTIONS + fraction) * p->seeds + seed) * p->task->n + run) * METRICS;
}

/* Loss and accuracy on the test split of a run's network with these weights, tensors in the run's order. */
static void evaluate(const struct orr_eval_run *r, const float *const *weights, double *loss, double *accuracy)
{
    struct orr_model m = {0};
    *loss = *accuracy = NAN;
    if (orr_model_build(r->arch, r->data, r->seed, &m, NULL)) return;
    struct orr_tape *tape = orr_tape_new();
    size_t found = 0;
    for (size_t i = 0; i < m.params.n_tensors; i++)
        for (size_t k = 0; k < r->w.n_tensors; k++)
            if (!strcmp(m.params.tensor[i].name, r->w.tensors[k].name) &&
                orr_shape_count(m.params.tensor[i].shape) == r->w.tensors[k].n) {
                memcpy(m.params.value + m.params.tensor[i].offset, weights[k], r->w.tensors[k].n * sizeof **weights);
                found++;
            }
    if (found == m.params.n_tensors) orr_model_evaluate(&m, tape, r->data, ORR_TEST, NULL, loss, accuracy);
    orr_tape_free(tape);
    orr_model_free(&m);
}

/* Forecasts the last weights of one run and scores them. */
static bool forecast(const struct orr_weights_model *m, const struct orr_eval_run *r, double fraction,
                     double score[METRICS])
{
    const size_t steps = r->w.n_steps;
    double t[ORR_OBSERVED_MAX], absolute = 0, square = 0;
    const double end = 1, last = (double)r->w.steps[steps - 1];
    size_t n = 0;
    while (n < steps && n < ORR_OBSERVED_MAX && (double)r->w.steps[n] <= fraction * last + 1e-9)
        t[n] = (double)r->w.steps[n] / last, n++;
    float **mean = orr_xcalloc(r->w.n_tensors, sizeof *mean);
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    bool ok = true;
    for (size_t k = 0; k < r->w.n_tensors && ok; k++) {
        const size_t count = r->w.tensors[k].n;
        mean[k] = orr_xmalloc(count * sizeof **mean);
        ok = !orr_observed_init(o, n, t, r->w.optim, orr_tensor_role(r->w.tensors[k].rank), NULL, NULL) &&
             !orr_observed_add(o, r->values[k], count, NULL, NULL) &&
             !orr_weights_forecast(m, o, r->values[k], count, 1, &end, mean[k], NULL, NULL, NULL);
        const float *real = r->values[k] + (steps - 1) * count;
        for (size_t i = 0; i < count && ok; i++) {
            const double e = (double)mean[k][i] - (double)real[i];
            absolute += fabs(e);
            square += e * e;
        }
    }
    if (ok) {
        score[MAE] = absolute / (double)r->w.weights;
        score[RMSE] = sqrt(square / (double)r->w.weights);
        evaluate(r, (const float *const *)mean, &score[LOSS], &score[ACCURACY]);
    }
    for (size_t k = 0; k < r->w.n_tensors; k++) free(mean[k]);
    free(mean);
    free(o);
    return ok;
}

static enum orr_status get_model(const struct panel *p, const struct job *j, const struct orr_weights_options *o,
                                 struct orr_weights_model **m)
{
    const struct arm *a = &arms[j->arm];
    const struct orr_weights_method *method = orr_weights_method_find(a->method);
    const struct orr_weights_set *set = a->shared ? &p->all : &p->by_optim[j->optim];
    if (!a->shipped) return orr_weights_fit(method, orr_weights_method_learns(method) ? set : NULL, o, NULL, m, NULL);
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/models/%s.safetensors", datasets ? datasets : "datasets", a->method);
    const enum orr_status s = orr_weights_load(path.data, m, NULL);
    orr_str_free(&path);
    free(datasets);
    return s;
}

static void work(void *ctx, size_t i)
{
    struct panel *p = ctx;
    const struct job *j = &p->jobs[i];
    const struct arm *a = &arms[j->arm];
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m = NULL;
    o.fraction = orr_weights_fractions[j->fraction];
    o.seed = p->o->seed + j->seed;
    o.optimiser = !a->blind;
    if (a->plain) o.lambda = 0;
    const double start = now();
    if (get_model(p, j, &o, &m) == ORR_OK) {
        if (!a->shipped)
            p->seconds[((j->arm * FRACTIONS + j->fraction) * p->seeds + j->seed) * ORR_EVAL_OPTIMS + j->optim] =
                now() - start;
        for (size_t r = 0; r < p->task->n; r++) {
            const struct orr_eval_run *run = &p->task->runs[r];
            if (!run->test || (!a->shared && run->w.optim != (int)j->optim)) continue;
            forecast(m, run, o.fraction, score_of(p, j->arm, j->fraction, j->seed, r));
        }
    }
    orr_weights_model_free(m);
}

/* Methods without randomness are fitted once. */
static bool random_arm(const struct arm *a)
{
    static const char *const drawn[] = {"lstm", "transformer", "introspection", "wnn", "flow"};
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (!a->shipped && !strcmp(drawn[i], a->method)) return true;
    return false;
}

static bool wanted(const struct orr_eval_weights_options *o, const char *label)
{
    for (size_t i = 0; i < o->n_methods; i++)
        if (!strcmp(o->methods[i], label)) return true;
    return !o->n_methods;
}

static void list_jobs(struct panel *p)
{
    p->jobs = orr_xcalloc(ARMS * FRACTIONS * p->seeds * ORR_EVAL_OPTIMS, sizeof *p->jobs);
    for (size_t arm = 0; arm < ARMS; arm++)
        for (size_t f = 0; f < FRACTIONS && wanted(p->o, arms[arm].label); f++)
            for (size_t s = 0; s < (random_arm(&arms[arm]) ? p->seeds : 1); s++)
                for (size_t optim = 0; optim < (arms[arm].shared ? 1 : ORR_EVAL_OPTIMS); optim++)
                    p->jobs[p->n_jobs++] = (struct job){arm, f, optim, s};
}

/* Mean over the seeds that there are. */
static double mean_score(const struct panel *p, size_t arm, size_t f, size_t run, int metric)
{
    double sum = 0;
    size_t n = 0;
    for (size_t s = 0; s < p->seeds; s++) {
        const double x = score_of(p, arm, f, s, run)[metric];
        if (!isnan(x)) sum += x, n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

/* Scores of all test runs of an optimiser. */
static size_t column(const struct panel *p, size_t arm, size_t f, int optim, int metric, double *out)
{
    size_t n = 0;
    for (size_t r = 0; r < p->task->n; r++)
        if (p->task->runs[r].test && p->task->runs[r].w.optim == optim) out[n++] = mean_score(p, arm, f, r, metric);
    return n;
}

static bool complete(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) return false;
    return n > 0;
}

static struct orr_stats_interval bootstrap(const struct panel *p, const double *x, const double *y, size_t n)
{
    return orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed);
}

static void report_cell(const struct panel *p, size_t f, int optim, struct orr_eval *out)
{
    static const size_t ours[] = {FLOW, FARCAST, FLOW_SHARED}; /* each against the others, or its ablations */
    char setting[64];
    double *x = orr_xcalloc(2 * p->task->n + 1, sizeof *x), *y = x + p->task->n;
    snprintf(setting, sizeof setting, "%s %.0f%%", orr_lab_optim_name((enum orr_optim_kind)optim),
             100 * orr_weights_fractions[f]);
    for (int metric = 0; metric < METRICS; metric++) {
        const char *name = metric_names[metric], *better = metric == ACCURACY ? "higher" : "lower";
        size_t n = 0;
        for (size_t r = 0; r < p->task->n && metric >= LOSS; r++)
            if (p->task->runs[r].test && p->task->runs[r].w.optim == optim)
                x[n++] = p->truth[r * METRICS + (size_t)metric];
        if (complete(x, n) && metric >= LOSS)
            orr_eval_row(out, p->task->name, setting, "truth", name, better, bootstrap(p, x, NULL, n), n);
        for (size_t arm = 0; arm < ARMS; arm++) {
            n = column(p, arm, f, optim, metric, x);
            if (complete(x, n))
                orr_eval_row(out, p->task->name, setting, arms[arm].label, name, better, bootstrap(p, x, NULL, n), n);
        }
        for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
            for (size_t arm = 0; arm < ARMS; arm++) {
                const bool ablation = arm > FARCAST && arm != FLOW;
                if (arm == ours[k] ||
                    (k == 2 ? arm != FLOW_BLIND && arm != FLOW : ablation && (k != 1 || arm != FARCAST_PLAIN)))
                    continue;
                n = column(p, ours[k], f, optim, metric, x);
                column(p, arm, f, optim, metric, y);
                if (complete(x, n) && complete(y, n))
                    orr_eval_paired(out, p->task->name, setting, arms[ours[k]].label, arms[arm].label, name,
                                    bootstrap(p, x, y, n), n);
            }
    }
    free(x);
}

static void report(const struct panel *p, struct orr_eval *out)
{
    for (size_t f = 0; f < FRACTIONS; f++)
        for (int optim = 0; optim < ORR_EVAL_OPTIMS; optim++) report_cell(p, f, optim, out);
    for (size_t arm = 0; arm < ARMS; arm++) {
        double x[FRACTIONS * MAX_SEEDS * ORR_EVAL_OPTIMS];
        size_t n = 0;
        const size_t cells = FRACTIONS * p->seeds * ORR_EVAL_OPTIMS;
        for (size_t i = 0; i < cells; i++)
            if (!isnan(p->seconds[arm * cells + i])) x[n++] = p->seconds[arm * cells + i];
        if (n)
            orr_eval_row(out, p->task->name, "all", arms[arm].label, "fit_seconds", "lower", bootstrap(p, x, NULL, n),
                         n);
    }
}

static enum orr_status run_task(const struct orr_eval_weights_options *o, const struct orr_eval_task *task,
                                const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    struct panel p = {.o = o, .task = task, .seeds = (size_t)(o->seeds ? o->seeds : o->quick ? 1 : MAX_SEEDS)};
    enum orr_status s = ORR_OK;
    size_t number = 0;
    for (int optim = 0; optim < ORR_EVAL_OPTIMS && !s; optim++) {
        size_t own = 0;
        s = orr_eval_task_set(task, optim, MOST, &own, &p.by_optim[optim], err);
    }
    if (!s) s = orr_eval_task_set(task, -1, MOST / 4, &number, &p.all, err);
    const size_t n = ARMS * FRACTIONS * p.seeds * (task->n + 1) * METRICS,
                 cells = ARMS * FRACTIONS * p.seeds * ORR_EVAL_OPTIMS;
    p.score = orr_xmalloc(n * sizeof *p.score);
    p.seconds = orr_xmalloc(cells * sizeof *p.seconds);
    p.truth = orr_xcalloc((task->n + 1) * METRICS, sizeof *p.truth);
    for (size_t i = 0; i < n; i++) p.score[i] = NAN;
    for (size_t i = 0; i < cells; i++) p.seconds[i] = NAN;
    for (size_t r = 0; r < task->n && !s; r++) {
        const struct orr_eval_run *run = &task->runs[r];
        if (!run->test) continue;
        const float **final = orr_xcalloc(run->w.n_tensors, sizeof *final);
        for (size_t k = 0; k < run->w.n_tensors; k++)
            final[k] = run->values[k] + (run->w.n_steps - 1) * run->w.tensors[k].n;
        evaluate(run, final, &p.truth[r * METRICS + LOSS], &p.truth[r * METRICS + ACCURACY]);
        free(final);
    }
    list_jobs(&p);
    if (!s && !orr_parallel_for(p.n_jobs, o->threads, work, &p, ticker, task->name, "fits"))
        s = orr_error_set(err, ORR_ECANCELLED, task->name, "stopped");
    if (!s) report(&p, out);
    for (int optim = 0; optim < ORR_EVAL_OPTIMS; optim++) orr_weights_set_free(&p.by_optim[optim]);
    orr_weights_set_free(&p.all);
    free(p.jobs);
    free(p.score);
    free(p.seconds);
    free(p.truth);
    return s;
}

/* ---- what ships ---- */

static void shuffle(struct orr_weights_set *set, size_t runs, uint64_t seed);

/* The shipped models serve all tasks, optimisers and fractions. */
static enum orr_status retrain(const struct orr_eval_weights_options *o, struct orr_weights_set *set, size_t runs,
                               const struct orr_ticker *ticker, struct orr_error *err)
{
    static const char *const names[] = {"flow", "farcast"};
    enum { STEPS = 12000 };
    enum orr_status s = ORR_OK;
    shuffle(set, runs, o->seed);
    for (size_t i = 0; i < sizeof names / sizeof *names && !s; i++) {
        struct orr_weights_options options = orr_weights_defaults();
        struct orr_weights_model *m = NULL;
        struct orr_str path = {0}, by = {0};
        options.seed = o->seed;
        options.steps = STEPS;
        orr_str_printf(&path, "%s/%s.safetensors", o->retrain, names[i]);
        orr_str_printf(&by, "orrery eval weights --retrain: %zu runs, %d steps, seed %llu", runs, STEPS,
                       (unsigned long long)o->seed);
        s = orr_weights_fit(orr_weights_method_find(names[i]), set, &options, ticker, &m, err);
        if (!s) s = orr_weights_save(m, path.data, by.data, err);
        orr_weights_model_free(m);
        orr_str_free(&path);
        orr_str_free(&by);
    }
    return s;
}

static int by_run(const void *a, const void *b)
{
    const size_t x = ((const struct orr_weights_piece *)a)->run, y = ((const struct orr_weights_piece *)b)->run;
    return x < y ? -1 : x > y;
}

/* New numbers for the runs, so that those held back are of all tasks and optimisers. */
static void shuffle(struct orr_weights_set *set, size_t runs, uint64_t seed)
{
    size_t *number = orr_xcalloc(runs + 1, sizeof *number);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 0);
    for (size_t i = 0; i < runs; i++) {
        const size_t j = (size_t)orr_rng_below(&rng, i + 1);
        number[i] = number[j];
        number[j] = i;
    }
    for (size_t i = 0; i < set->pieces.len; i++) set->pieces.data[i].run = number[set->pieces.data[i].run];
    qsort(set->pieces.data, set->pieces.len, sizeof *set->pieces.data, by_run);
    free(number);
}

enum orr_status orr_eval_weights(const struct orr_eval_weights_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval *out, struct orr_error *err)
{
    static const char *const tasks[] = {"weights-linear2d", "weights-logistic", "weights-mlp", "weights-cnn",
                                       "weights-lm"};
    const double start = now();
    const size_t per_optim = o->runs ? o->runs : o->quick ? 18 : 90;
    struct orr_weights_set shipped = {0};
    size_t runs = 0;
    enum orr_status s = ORR_OK;
    orr_blas_set_threads(1); /* the cores belong to the fits */
    out->name = "weights";
    out->seed = o->seed;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks && !s; i++) {
        struct orr_eval_task task = {0};
        if (o->task && strcmp(o->task, tasks[i]) != 0) continue;
        s = orr_eval_task_load(tasks[i], per_optim, o->threads, ticker, &task, err);
        if (!s && o->retrain) s = orr_eval_task_set(&task, -1, MOST / 4, &runs, &shipped, err);
        if (!s && !o->retrain) s = run_task(o, &task, ticker, out, err);
        orr_eval_task_free(&task);
    }
    if (!s && o->retrain) s = retrain(o, &shipped, runs, ticker, err);
    orr_weights_set_free(&shipped);
    out->seconds = now() - start;
    return s;
}
