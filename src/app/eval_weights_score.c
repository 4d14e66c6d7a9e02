#include "app/eval_weights_score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double FAR = 1e30; /* stands for what overflowed, so that means and differences stay numbers */

const char *const orr_score_names[ORR_SCORES] = {"mae", "rmse", "loss", "accuracy"};

bool orr_eval_put_weights(const struct orr_eval_run *r, const float *const *weights, struct orr_params *p)
{
    size_t found = 0;
    for (size_t i = 0; i < p->n_tensors; i++)
        for (size_t k = 0; k < r->w.n_tensors; k++)
            if (!strcmp(p->tensor[i].name, r->w.tensors[k].name) && orr_shape_count(p->tensor[i].shape) == r->w.tensors[k].n) {
                memcpy(p->value + p->tensor[i].offset, weights[k], r->w.tensors[k].n * sizeof **weights);
                found++;
            }
    return found == p->n_tensors;
}

/* weights: tensors in the run's order. */
static void evaluate(const struct orr_eval_run *r, const float *const *weights, double *loss, double *accuracy)
{
    struct orr_model m = {0};
    *loss = *accuracy = NAN;
    if (!r->data || orr_model_build(r->arch, r->data, r->seed, &m, NULL)) return;
    struct orr_tape *tape = orr_tape_new();
    if (orr_eval_put_weights(r, weights, &m.params)) {
        orr_model_evaluate(&m, tape, r->data, ORR_TEST, NULL, loss, accuracy);
        if (!(*loss < FAR)) *loss = FAR;
    }
    orr_tape_free(tape);
    orr_model_free(&m);
}

size_t orr_eval_observed_times(const struct orr_eval_run *r, double fraction, double t[ORR_OBSERVED_MAX])
{
    const double last = (double)r->w.steps[r->w.n_steps - 1];
    size_t n = 0;
    while (n < r->w.n_steps && n < ORR_OBSERVED_MAX && (double)r->w.steps[n] <= fraction * last + 1e-9)
        t[n] = (double)r->w.steps[n] / last, n++;
    return n;
}

void orr_eval_truth(const struct orr_eval_run *r, double score[ORR_SCORES])
{
    const float **final = orr_xcalloc(r->w.n_tensors, sizeof *final);
    for (size_t k = 0; k < r->w.n_tensors; k++) final[k] = r->values[k] + (r->w.n_steps - 1) * r->w.tensors[k].n;
    evaluate(r, final, &score[ORR_SCORE_LOSS], &score[ORR_SCORE_ACCURACY]);
    free(final);
}

enum orr_status orr_eval_observe(const struct orr_eval_run *r, size_t k, size_t n, const double *t, struct orr_observed *o,
                                 float *block)
{
    const struct orr_run_tensor *tensor = &r->w.tensors[k];
    const size_t size = tensor->n * sizeof *block;
    const enum orr_status s = orr_run_weights_observe(&r->w, k, n, t, o, NULL);
    if (s) return s;
    o->terms = r->direction[k] ? 1 : 0;
    memcpy(block, r->values[k], n * size);
    if (o->terms) memcpy(block + n * tensor->n, r->direction[k] + (n - 1) * tensor->n, size);
    return orr_observed_add(o, block, tensor->n, NULL, NULL);
}

/* Scores of the weights `mean`. */
static void score_all(const struct orr_eval_run *r, float *const *mean, bool network, double score[ORR_SCORES])
{
    double absolute = 0, square = 0;
    for (size_t k = 0; k < r->w.n_tensors; k++) {
        const float *real = r->values[k] + (r->w.n_steps - 1) * r->w.tensors[k].n;
        for (size_t i = 0; i < r->w.tensors[k].n; i++) {
            const double e = (double)mean[k][i] - (double)real[i];
            absolute += fabs(e);
            square += e * e;
        }
    }
    const double mae = absolute / (double)r->w.weights, rmse = sqrt(square / (double)r->w.weights);
    score[ORR_SCORE_MAE] = mae < FAR ? mae : FAR;
    score[ORR_SCORE_RMSE] = rmse < FAR ? rmse : FAR;
    if (network) evaluate(r, (const float *const *)mean, &score[ORR_SCORE_LOSS], &score[ORR_SCORE_ACCURACY]);
}

void orr_eval_forecast(const struct orr_weights_model *m, const struct orr_eval_run *r, double fraction, bool network,
                       double score[ORR_SCORES], double *half)
{
    double t[ORR_OBSERVED_MAX];
    const double end = 1;
    const size_t n = orr_eval_observed_times(r, fraction, t);
    float **mean = orr_xcalloc(r->w.n_tensors, sizeof *mean);
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    bool ok = true;
    for (size_t k = 0; k < r->w.n_tensors && ok; k++) {
        const size_t count = r->w.tensors[k].n;
        float *block = orr_xmalloc((n + 1) * count * sizeof *block);
        mean[k] = orr_xmalloc(count * sizeof **mean);
        ok = !orr_eval_observe(r, k, n, t, o, block) &&
             !orr_weights_forecast(m, o, block, count, 1, &end, mean[k], NULL, NULL, NULL);
        free(block);
    }
    if (ok) score_all(r, mean, network, score);
    for (size_t k = 0; k < r->w.n_tensors && ok && half; k++)
        for (size_t i = 0; i < r->w.tensors[k].n; i++)
            mean[k][i] = (mean[k][i] + r->values[k][(n - 1) * r->w.tensors[k].n + i]) / 2;
    if (ok && half) score_all(r, mean, network, half);
    for (size_t k = 0; k < r->w.n_tensors; k++) free(mean[k]);
    free(mean);
    free(o);
}
