/* Transfer of learned forecasts: fitted on one part of the runs, tested on another (`orrery eval weights --transfer`). Parts of
 * weights-mlp by optimiser, data set, depth and activation (which brings its own initialisation: He for relu, Xavier for
 * tanh; seeds differ between all runs anyway), and whole tasks against each other. Observed: 20%. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_weights_private.h"
#include "base/mem.h"
#include "base/parallel.h"

enum { FRACTION = 1 /* of orr_weights_fractions */, MOST = 64, MAX_PARTS = 8, METHODS = 3 };
static const char *const methods[METHODS] = {"persistence", "farcast", "flow"};

/* Every part of a family against every other. Parts are "optim:sgd", "data:wine", "layers:1", "act:tanh" or a task's name. */
struct family {
    const char *name;
    const char *parts[MAX_PARTS];
};
static const struct family families[] = {
    {"optimiser", {"optim:sgd", "optim:momentum", "optim:rmsprop", "optim:adam"}},
    {"data", {"data:digits", "data:wine", "data:breast_cancer", "data:spirals"}},
    {"architecture", {"layers:1", "layers:2"}},
    {"initialisation", {"act:relu", "act:tanh"}},
    {"task", {"weights-linear2d", "weights-logistic", "weights-mlp", "weights-cnn", "weights-lm"}},
};

static bool in_part(const struct orr_eval_task *t, const struct orr_eval_run *r, const char *part)
{
    const char *value = strchr(part, ':');
    if (!value) return !strcmp(t->name, part);
    value++;
    if (strcmp(t->name, "weights-mlp") != 0) return false;
    if (!strncmp(part, "optim:", 6)) return !strcmp(t->groups[r->group], value);
    if (!strncmp(part, "data:", 5)) return r->data && !strcmp(r->data->name, value);
    if (!strncmp(part, "act:", 4)) return strstr(r->arch, value) != NULL;
    return !strcmp(value, strchr(r->arch, '-') ? "2" : "1"); /* mlp:30:relu, mlp:30-12:relu */
}

struct fitting {
    const struct orr_eval_weights_options *o;
    const struct orr_eval_task *tasks;
    size_t n_tasks, seeds, n_runs; /* runs of all tasks */
    struct { const struct family *family; size_t part, method, seed; } *jobs;
    size_t n_jobs;
    double *mae; /* (jobs, runs); NaN: not forecast */
};

static void work(void *ctx, size_t i)
{
    struct fitting *f = ctx;
    const struct family *family = f->jobs[i].family;
    const struct orr_weights_method *method = orr_weights_method_find(methods[f->jobs[i].method]);
    struct orr_weights_set set = {0};
    struct orr_weights_model *m = NULL;
    struct orr_weights_options o = orr_weights_defaults();
    size_t number = 0;
    enum orr_status s = ORR_OK;
    o.seed = f->o->seed + f->jobs[i].seed;
    o.fraction = orr_weights_fractions[FRACTION];
    for (size_t t = 0; t < f->n_tasks && !s; t++)
        s = orr_eval_task_part(&f->tasks[t], in_part, family->parts[f->jobs[i].part], MOST, &number, &set, NULL);
    orr_eval_shuffle(&set, number, f->o->seed);
    if (!s && (set.pieces.len || !orr_weights_method_learns(method)))
        s = orr_weights_fit(method, orr_weights_method_learns(method) ? &set : NULL, &o, NULL, &m, NULL);
    for (size_t t = 0, at = 0; m && !s && t < f->n_tasks; t++)
        for (size_t r = 0; r < f->tasks[t].n; r++, at++) {
            const struct orr_eval_run *run = &f->tasks[t].runs[r];
            double score[ORR_SCORES] = {NAN};
            bool tested = false;
            for (size_t k = 0; k < MAX_PARTS && family->parts[k]; k++) tested |= in_part(&f->tasks[t], run, family->parts[k]);
            if (run->test && tested) orr_eval_forecast(m, run, o.fraction, false, score, NULL);
            f->mae[i * f->n_runs + at] = score[ORR_SCORE_MAE];
        }
    orr_weights_model_free(m);
    orr_weights_set_free(&set);
}

/* Mean over seeds of the error on the test runs of a part, for a method fitted on another. */
static size_t column(const struct fitting *f, const struct family *family, size_t fitted, size_t tested, size_t method,
                     double *out)
{
    size_t n = 0;
    for (size_t t = 0, at = 0; t < f->n_tasks; t++)
        for (size_t r = 0; r < f->tasks[t].n; r++, at++) {
            if (!f->tasks[t].runs[r].test || !in_part(&f->tasks[t], &f->tasks[t].runs[r], family->parts[tested])) continue;
            double sum = 0, count = 0;
            for (size_t i = 0; i < f->n_jobs; i++)
                if (f->jobs[i].family == family && f->jobs[i].part == fitted && f->jobs[i].method == method &&
                    !isnan(f->mae[i * f->n_runs + at]))
                    sum += f->mae[i * f->n_runs + at], count++;
            if (count > 0) out[n++] = sum / count;
        }
    return n;
}

static void report(const struct fitting *f, struct orr_eval *out)
{
    enum { ROUNDS = 1000 };
    double *x = orr_xcalloc(2 * f->n_runs + 1, sizeof *x), *y = x + f->n_runs;
    for (const struct family *family = families; family < families + sizeof families / sizeof *families; family++)
        for (size_t a = 0; a < MAX_PARTS && family->parts[a]; a++)
            for (size_t b = 0; b < MAX_PARTS && family->parts[b]; b++)
                for (size_t method = 0; method < METHODS; method++) {
                    char task[64], setting[128];
                    const size_t n = column(f, family, a, b, method, x), k = column(f, family, a, b, 0, y);
                    snprintf(task, sizeof task, "transfer-%s", family->name);
                    snprintf(setting, sizeof setting, "train=%s test=%s", family->parts[a], family->parts[b]);
                    if (!n) continue;
                    orr_eval_row(out, task, setting, methods[method], "mae", "lower",
                                 orr_stats_bootstrap(x, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, f->o->seed), n);
                    if (method && n == k)
                        orr_eval_paired(out, task, setting, methods[method], methods[0], "mae",
                                        orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, f->o->seed), n);
                }
    free(x);
}

enum orr_status orr_eval_transfer(const struct orr_eval_weights_options *o, const struct orr_eval_task *tasks, size_t n_tasks,
                                  const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    struct fitting f = {.o = o, .tasks = tasks, .n_tasks = n_tasks};
    f.seeds = (size_t)(o->seeds ? o->seeds : o->quick ? 1 : ORR_EVAL_SEEDS);
    for (size_t t = 0; t < n_tasks; t++) f.n_runs += tasks[t].n;
    f.jobs = orr_xcalloc(sizeof families / sizeof *families * MAX_PARTS * METHODS * f.seeds, sizeof *f.jobs);
    for (const struct family *family = families; family < families + sizeof families / sizeof *families; family++)
        for (size_t part = 0; part < MAX_PARTS && family->parts[part]; part++)
            for (size_t method = 0; method < METHODS; method++)
                for (size_t s = 0; s < (method == METHODS - 1 ? f.seeds : 1); s++, f.n_jobs++) {
                    f.jobs[f.n_jobs].family = family;
                    f.jobs[f.n_jobs].part = part;
                    f.jobs[f.n_jobs].method = method;
                    f.jobs[f.n_jobs].seed = s;
                }
    f.mae = orr_xmalloc((f.n_jobs * f.n_runs + 1) * sizeof *f.mae);
    for (size_t i = 0; i < f.n_jobs * f.n_runs; i++) f.mae[i] = NAN;
    const struct orr_region region = {f.mae, f.n_jobs * f.n_runs * sizeof *f.mae};
    const bool whole = orr_shards_for(o->shards, f.n_jobs, o->threads, work, &f, ticker, "transfer", "fits", &region, 1);
    if (whole && !orr_shards_partial(o->shards)) report(&f, out);
    free(f.jobs);
    free(f.mae);
    return whole ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, "transfer", "stopped");
}
