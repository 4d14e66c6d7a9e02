#include "app/eval_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/eval_weights_private.h"
#include "app/example.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "num/gemm.h"

enum { MOST = 256, MOST_POOLED = 64, QUICK_FRACTION = 1 /* 20%, the only one when quick */, QUICK_TASKS = 4 };

const struct orr_eval_arm orr_eval_arms[ORR_EVAL_ARMS] = {
    {.label = "persistence", .method = "persistence"},
    {.label = "linear", .method = "linear"},
    {.label = "quadratic", .method = "quadratic"},
    {.label = "dmd", .method = "dmd"},
    {.label = "dlinear", .method = "dlinear"},
    {.label = "nlinear", .method = "nlinear"},
    {.label = "lstm", .method = "lstm", .drawn = true},
    {.label = "transformer", .method = "transformer", .drawn = true},
    {.label = "introspection", .method = "introspection", .drawn = true},
    {.label = "wnn", .method = "wnn", .drawn = true},
    [ORR_ARM_FARCAST] = {.label = "farcast", .method = "farcast"},
    {.label = "farcast-plain", .method = "farcast", .plain = true, .of = ORR_ARM_FARCAST},
    {.label = "farcast-published", .method = "farcast", .published = true, .of = ORR_ARM_FARCAST},
    [ORR_ARM_FLOW] = {.label = "flow", .method = "flow", .drawn = true, .pooled = true},
    [ORR_ARM_HALF] = {.label = "flow-half", .method = "flow", .half = true, .of = ORR_ARM_FLOW},
    {.label = "flow-own", .method = "flow", .drawn = true, .of = ORR_ARM_FLOW},
    {.label = "flow-matching", .method = "flow", .drawn = true, .pooled = true, .matching = true, .of = ORR_ARM_FLOW},
    {.label = "flow-blind", .method = "flow", .drawn = true, .pooled = true, .blind = true, .of = ORR_ARM_FLOW},
    {.label = "flow-id", .method = "flow", .drawn = true, .pooled = true, .unmoved = true, .of = ORR_ARM_FLOW},
    {.label = "transformer-pooled", .method = "transformer", .drawn = true, .shared = true, .of = ORR_ARM_FLOW},
    {.label = "flow-shipped", .method = "flow", .pooled = true, .shipped = true, .of = ORR_ARM_FLOW},
    {.label = "farcast-shipped", .method = "farcast", .pooled = true, .shipped = true, .of = ORR_ARM_FARCAST},
    {.label = "flow-loss-shipped", .method = "flow-loss", .pooled = true, .shipped = true, .of = ORR_ARM_LOSS},
    [ORR_ARM_LOSS] = {.label = "flow-loss", .method = "flow-loss", .drawn = true, .pooled = true, .tuned = true},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum orr_status shipped(const char *method, struct orr_weights_model **m)
{
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/models/%s.safetensors", datasets ? datasets : "datasets", method);
    const enum orr_status s = orr_weights_load(path.data, m, NULL);
    orr_str_free(&path);
    free(datasets);
    return s;
}

static bool tune(const struct orr_eval_panel *p, struct orr_weights_model *m)
{
    struct orr_weights_judge *judge = orr_eval_judge_new(&p->task, 1, p->o->seed);
    const enum orr_status s = orr_weights_tune(m, judge, 0, NULL, NULL);
    orr_eval_judge_free(judge);
    return !s;
}

/* One fit, and the forecasts it is for. */
static void work(void *ctx, size_t i)
{
    struct orr_eval_panel *p = ctx;
    const struct orr_eval_job *j = &p->jobs[i];
    const struct orr_eval_arm *a = &orr_eval_arms[j->arm];
    const struct orr_weights_method *method = orr_weights_method_find(a->method);
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m = NULL;
    o.fraction = j->fraction < 0 ? 0 : orr_weights_fractions[j->fraction];
    o.seed = p->o->seed + j->seed;
    o.optimiser = !a->blind;
    o.moments = !a->unmoved && !a->blind;
    if (a->matching) o.endpoint = 0;
    o.published = a->published;
    if (a->plain) o.lambda = 0;
    const struct orr_weights_set *set = j->group < 0 ? &p->all : &p->by_group[j->group];
    const double start = now();
    if (a->shipped ? shipped(a->method, &m)
                   : orr_weights_fit(method, orr_weights_method_learns(method) ? set : NULL, &o, NULL, &m, NULL))
        return;
    if (a->tuned && !tune(p, m)) {
        orr_weights_model_free(m);
        return;
    }
    if (!a->shipped) p->jobs[i].seconds = now() - start;
    for (size_t r = 0; r < p->task->n; r++) {
        const struct orr_eval_run *run = &p->task->runs[r];
        if (!run->test || (j->group >= 0 && run->group != j->group)) continue;
        for (int f = 0; f < ORR_WEIGHTS_FRACTIONS; f++)
            if (j->fraction < 0 ? !p->o->quick || f == QUICK_FRACTION : f == j->fraction)
                orr_eval_forecast(m, run, orr_weights_fractions[f], true, orr_eval_score(p, j->arm, (size_t)f, j->seed, r),
                                  j->arm == ORR_ARM_FLOW ? orr_eval_score(p, ORR_ARM_HALF, (size_t)f, j->seed, r) : NULL);
    }
    orr_weights_model_free(m);
}

/* Whether a list names it; an empty one names all. */
static bool listed(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], name)) return true;
    return !n;
}

/* Pooled methods are fitted once for all groups and fractions, shared ones for all groups, others for each. */
static void list_jobs(struct orr_eval_panel *p)
{
    p->jobs = orr_xcalloc(ORR_EVAL_ARMS * ORR_WEIGHTS_FRACTIONS * p->seeds * ORR_EVAL_GROUPS, sizeof *p->jobs);
    for (size_t arm = 0; arm < ORR_EVAL_ARMS; arm++) {
        const struct orr_eval_arm *a = &orr_eval_arms[arm];
        if (p->o->quick && !p->o->n_methods && a->of && !a->shipped) continue; /* no ablations unless named */
        if (!listed(p->o->methods, p->o->n_methods, a->label) || a->half || (a->unmoved && !p->moments)) continue;
        for (size_t s = 0; s < (a->drawn ? p->seeds : 1); s++)
            for (int f = a->pooled ? -1 : 0; f < (a->pooled ? 0 : ORR_WEIGHTS_FRACTIONS); f++)
                for (int group = a->pooled || a->shared ? -1 : 0; group < (a->pooled || a->shared ? 0 : ORR_EVAL_GROUPS); group++)
                    if (!p->o->quick || f < 0 || f == QUICK_FRACTION)
                        p->jobs[p->n_jobs++] = (struct orr_eval_job){arm, s, f, group, NAN};
    }
}

static enum orr_status sets_of(struct orr_eval_panel *p, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    size_t number = 0;
    for (int group = 0; group < ORR_EVAL_GROUPS && !s; group++) {
        size_t own = 0;
        s = orr_eval_task_set(p->task, group, MOST, &own, &p->by_group[group], err);
    }
    if (!s) s = orr_eval_task_set(p->task, -1, MOST_POOLED, &number, &p->all, err);
    orr_eval_shuffle(&p->all, number, p->o->seed);
    for (size_t i = 0; i < p->all.pieces.len; i++) p->moments |= p->all.pieces.data[i].term != NULL;
    return s;
}

static enum orr_status run_task(const struct orr_eval_weights_options *o, const struct orr_eval_task *task,
                                const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    struct orr_eval_panel p = {.o = o, .task = task, .seeds = (size_t)(o->seeds ? o->seeds : o->quick ? 1 : ORR_EVAL_SEEDS)};
    enum orr_status s = sets_of(&p, err);
    const size_t n = ORR_EVAL_ARMS * ORR_WEIGHTS_FRACTIONS * p.seeds * (task->n + 1) * ORR_SCORES;
    p.score = orr_xmalloc(n * sizeof *p.score);
    p.truth = orr_xcalloc((task->n + 1) * ORR_SCORES, sizeof *p.truth);
    for (size_t i = 0; i < n; i++) p.score[i] = NAN;
    for (size_t r = 0; r < task->n && !s; r++)
        if (task->runs[r].test) orr_eval_truth(&task->runs[r], p.truth + r * ORR_SCORES);
    list_jobs(&p);
    const struct orr_region regions[] = {{p.score, n * sizeof *p.score}, {p.jobs, p.n_jobs * sizeof *p.jobs}};
    if (!s && !orr_shards_for(o->shards, p.n_jobs, o->threads, work, &p, ticker, task->name, "fits", regions, 2))
        s = orr_error_set(err, ORR_ECANCELLED, task->name, "stopped");
    if (!s && !orr_shards_partial(o->shards)) orr_eval_report(&p, out);
    for (int group = 0; group < ORR_EVAL_GROUPS; group++) orr_weights_set_free(&p.by_group[group]);
    orr_weights_set_free(&p.all);
    free(p.jobs);
    free(p.score);
    free(p.truth);
    return s;
}

/* ---- what ships ---- */

enum { STEPS = 12000, TUNING_STEPS = 6000 };

static enum orr_status save(const struct orr_eval_weights_options *o, const struct orr_weights_model *m, size_t runs,
                            struct orr_error *err)
{
    struct orr_str path = {0}, by = {0};
    orr_str_printf(&path, "%s/%s.safetensors", o->retrain, orr_weights_method_name(m->method));
    orr_str_printf(&by, "orrery eval weights --retrain: %zu runs, %d steps, seed %llu", runs, STEPS,
                   (unsigned long long)o->seed);
    if (orr_weights_method_tuned(m->method)) orr_str_printf(&by, ", %d more by loss", TUNING_STEPS);
    const enum orr_status s = orr_weights_save(m, path.data, by.data, err);
    orr_str_free(&path);
    orr_str_free(&by);
    return s;
}

/* The shipped models serve all tasks, optimisers and fractions. flow-loss goes on from flow. */
static enum orr_status retrain(const struct orr_eval_weights_options *o, const struct orr_eval_task *const *tasks,
                               size_t n_tasks, struct orr_weights_set *set, size_t runs, const struct orr_ticker *ticker,
                               struct orr_error *err)
{
    static const char *const names[] = {"farcast", "flow"};
    struct orr_weights_model *m = NULL;
    enum orr_status s = ORR_OK;
    orr_eval_shuffle(set, runs, o->seed);
    for (size_t i = 0; i < sizeof names / sizeof *names && !s; i++) {
        struct orr_weights_options options = orr_weights_defaults();
        options.seed = o->seed;
        options.steps = STEPS;
        orr_weights_model_free(m);
        s = orr_weights_fit(orr_weights_method_find(names[i]), set, &options, ticker, &m, err);
        if (!s) s = save(o, m, runs, err);
    }
    struct orr_weights_judge *judge = orr_eval_judge_new(tasks, n_tasks, o->seed);
    if (!s) s = orr_weights_tune(m, judge, TUNING_STEPS, ticker, err);
    if (!s) s = save(o, m, runs, err);
    orr_eval_judge_free(judge);
    orr_weights_model_free(m);
    return s;
}

static int by_run(const void *a, const void *b)
{
    const size_t x = ((const struct orr_weights_piece *)a)->run, y = ((const struct orr_weights_piece *)b)->run;
    return x < y ? -1 : x > y;
}

void orr_eval_shuffle(struct orr_weights_set *set, size_t runs, uint64_t seed)
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
    if (set->pieces.len) qsort(set->pieces.data, set->pieces.len, sizeof *set->pieces.data, by_run);
    free(number);
}

static enum orr_status check_names(const struct orr_eval_weights_options *o, const char *const *tasks, size_t n_tasks,
                                   struct orr_error *err)
{
    for (size_t i = 0; i < o->n_tasks; i++)
        if (!listed(tasks, n_tasks, o->tasks[i]))
            return orr_error_set(err, ORR_EINVAL, "--task", "there is no task '%s'", o->tasks[i]);
    for (size_t i = 0; i < o->n_methods; i++) {
        size_t k = 0;
        while (k < ORR_EVAL_ARMS && strcmp(orr_eval_arms[k].label, o->methods[i]) != 0) k++;
        if (k == ORR_EVAL_ARMS) return orr_error_set(err, ORR_EINVAL, "--methods", "there is no method '%s' here", o->methods[i]);
    }
    return ORR_OK;
}

enum orr_status orr_eval_weights(const struct orr_eval_weights_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval *out, struct orr_error *err)
{
    static const char *const tasks[] = {"synthetic", "weights-linear2d", "weights-logistic", "weights-mlp", "weights-cnn",
                                        "weights-lm"};
    const double start = now();
    const size_t per_group = o->runs ? o->runs : o->quick ? 18 : o->transfer ? 120 : 240, most = sizeof tasks / sizeof *tasks;
    struct orr_eval_task kept[sizeof tasks / sizeof *tasks] = {{0}};
    struct orr_weights_set pooled = {0};
    size_t runs = 0, n_kept = 0;
    enum orr_status s = check_names(o, tasks, most, err);
    orr_blas_set_threads(1); /* the cores belong to the fits */
    out->name = "weights";
    out->seed = o->seed;
    for (size_t i = 0; i < most && !s; i++) {
        struct orr_eval_task *task = &kept[n_kept];
        if (o->quick && !o->n_tasks && !o->retrain && !o->transfer && i >= QUICK_TASKS) break; /* the others train for long */
        if (!listed(o->tasks, o->n_tasks, tasks[i]) || ((o->retrain || o->transfer) && i == 0)) continue;
        s = orr_eval_task_load(tasks[i], per_group, o, ticker, task, err);
        if (!s && o->retrain) s = orr_eval_task_set(task, -1, MOST_POOLED, &runs, &pooled, err);
        if (!s && !o->retrain && !o->transfer) s = run_task(o, task, ticker, out, err);
        if (o->transfer || o->retrain) n_kept++;
        else orr_eval_task_free(task);
    }
    const struct orr_eval_task *all[sizeof tasks / sizeof *tasks];
    for (size_t i = 0; i < n_kept; i++) all[i] = &kept[i];
    if (!s && o->retrain) s = retrain(o, all, n_kept, &pooled, runs, ticker, err);
    if (!s && o->transfer) s = orr_eval_transfer(o, kept, n_kept, ticker, out, err);
    for (size_t i = 0; i < n_kept; i++) orr_eval_task_free(&kept[i]);
    orr_weights_set_free(&pooled);
    out->seconds = now() - start;
    return s;
}
