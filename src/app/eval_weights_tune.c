/* The loss of the networks of training runs, for tuning flow-loss: see orr_weights_judge. */
#include "app/eval_weights_tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/tape.h>

#include "base/mem.h"

enum { SAMPLES = 128, TOKENS = 1024 /* of text */, MODELS = 1024 };

struct course {
    const struct orr_eval_run *run;
    double fraction;
};
struct orr_eval_judge {
    struct orr_weights_judge face;
    struct course *course; /* [face.courses] */
    struct orr_model model[MODELS];        /* of runs that were asked for, each in the place of its number */
    const struct orr_eval_run *of[MODELS]; /* whose it is; NULL: none's */
    struct orr_tape *tape;
};

static size_t tensors(void *ctx, size_t course)
{
    const struct orr_eval_judge *j = ctx;
    return j->course[course].run->w.n_tensors;
}

static bool observe(void *ctx, size_t course, size_t tensor, struct orr_observed *o, float **w)
{
    const struct orr_eval_judge *j = ctx;
    const struct orr_eval_run *r = j->course[course].run;
    double t[ORR_OBSERVED_MAX];
    const size_t n = orr_eval_observed_times(r, j->course[course].fraction, t);
    *w = orr_xmalloc((n + 1) * r->w.tensors[tensor].n * sizeof **w + 1);
    return !orr_eval_observe(r, tensor, n, t, o, *w);
}

/* The network of a run, built once for as long as its place is not needed. */
static struct orr_model *network(struct orr_eval_judge *j, const struct orr_eval_run *r)
{
    const size_t i = (size_t)r->w.run % MODELS;
    if (j->of[i] == r) return &j->model[i];
    orr_model_free(&j->model[i]);
    j->model[i] = (struct orr_model){0};
    j->of[i] = NULL;
    if (orr_model_build(r->arch, r->data, r->seed, &j->model[i], NULL)) return NULL;
    j->of[i] = r;
    return &j->model[i];
}

static double loss(void *ctx, size_t course, float *const *weights, float *const *gradient, uint64_t batch)
{
    struct orr_eval_judge *j = ctx;
    const struct orr_eval_run *r = j->course[course].run;
    struct orr_model *m = network(j, r);
    if (!m || !orr_eval_put_weights(r, (const float *const *)weights, &m->params)) return NAN;
    const size_t all = r->data->n[ORR_TRAIN], targets = orr_dataset_targets(r->data);
    size_t index[SAMPLES], n = targets > 1 ? TOKENS / targets + 1 : SAMPLES;
    if (n > SAMPLES) n = SAMPLES;
    if (n > all) n = all;
    struct orr_rng rng;
    orr_rng_seed(&rng, batch, (uint64_t)r->w.run);
    for (size_t i = 0; i < n; i++) index[i] = n == all ? i : (size_t)orr_rng_below(&rng, all);
    const double l = orr_model_loss(m, j->tape, r->data, index, n, gradient != NULL);
    for (size_t i = 0; i < m->params.n_tensors && gradient && isfinite(l); i++)
        for (size_t k = 0; k < r->w.n_tensors; k++)
            if (!strcmp(m->params.tensor[i].name, r->w.tensors[k].name))
                memcpy(gradient[k], orr_params_grad(&m->params, i), r->w.tensors[k].n * sizeof *gradient[k]);
    return l;
}

struct orr_weights_judge *orr_eval_judge_new(const struct orr_eval_task *const *task, size_t n_tasks, uint64_t seed)
{
    struct orr_eval_judge *j = orr_xcalloc(1, sizeof *j);
    size_t most = 0;
    for (size_t t = 0; t < n_tasks; t++) most += task[t]->n * ORR_WEIGHTS_FRACTIONS;
    j->course = orr_xcalloc(most + 1, sizeof *j->course);
    /* Whole runs are shuffled, so that those held back are of all groups and share no run with the others. */
    size_t runs = 0;
    const struct orr_eval_run **run = orr_xcalloc(most + 1, sizeof *run);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 4);
    for (size_t t = 0; t < n_tasks; t++)
        for (size_t r = 0; r < task[t]->n; r++) {
            if (task[t]->runs[r].test || !task[t]->runs[r].data) continue;
            const size_t at = (size_t)orr_rng_below(&rng, ++runs);
            run[runs - 1] = run[at];
            run[at] = &task[t]->runs[r];
        }
    for (size_t i = 0; i < runs; i++)
        for (int f = 0; f < ORR_WEIGHTS_FRACTIONS; f++)
            j->course[j->face.courses++] = (struct course){run[i], orr_weights_fractions[f]};
    free(run);
    j->face.ctx = j;
    j->face.tensors = tensors;
    j->face.observe = observe;
    j->face.loss = loss;
    j->tape = orr_tape_new();
    return &j->face;
}

void orr_eval_judge_free(struct orr_weights_judge *face)
{
    if (!face) return;
    struct orr_eval_judge *j = face->ctx;
    for (size_t i = 0; i < MODELS; i++)
        if (j->of[i]) orr_model_free(&j->model[i]);
    orr_tape_free(j->tape);
    free(j->course);
    free(j);
}
