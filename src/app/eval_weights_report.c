/* The tables of `orrery eval weights`: a row per cell (group and fraction), method and metric, and paired differences. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/eval_weights_private.h"
#include "base/mem.h"

enum { ROUNDS = 1000 };

/* Mean over the seeds that there are. */
static double mean_score(const struct orr_eval_panel *p, size_t arm, size_t f, size_t run, int metric)
{
    double sum = 0;
    size_t n = 0;
    for (size_t s = 0; s < p->seeds; s++) {
        const double x = orr_eval_score(p, arm, f, s, run)[metric];
        if (!isnan(x)) sum += x, n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

/* Scores of all test runs of a group; false when one is missing. */
static bool column(const struct orr_eval_panel *p, size_t arm, size_t f, int group, int metric, double *out, size_t *n)
{
    bool complete = true;
    *n = 0;
    for (size_t r = 0; r < p->task->n; r++) {
        if (!p->task->runs[r].test || p->task->runs[r].group != group) continue;
        out[*n] = arm < ORR_EVAL_ARMS ? mean_score(p, arm, f, r, metric) : p->truth[r * ORR_SCORES + (size_t)metric];
        complete = complete && !isnan(out[(*n)++]);
    }
    return complete && *n;
}

static struct orr_stats_interval bootstrap(const struct orr_eval_panel *p, const double *x, const double *y, size_t n)
{
    return orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed);
}

/* Against whom an arm is shown: flow and farcast against every method, ablations against what they vary. */
static bool paired(size_t ours, size_t other)
{
    if (ours == other || (ours != ORR_ARM_FLOW && ours != ORR_ARM_FARCAST && ours != ORR_ARM_LOSS)) return false;
    const int of = orr_eval_arms[other].of;
    return !of || of == (int)ours;
}

static void report_cell(const struct orr_eval_panel *p, size_t f, int group, struct orr_eval *out)
{
    const char *task = p->task->name;
    char setting[64];
    size_t n;
    double *x = orr_xcalloc(2 * p->task->n + 1, sizeof *x), *y = x + p->task->n;
    snprintf(setting, sizeof setting, "%s %.0f%%", p->task->groups[group], 100 * orr_weights_fractions[f]);
    for (int metric = 0; metric < ORR_SCORES; metric++) {
        const char *name = orr_score_names[metric], *better = metric == ORR_SCORE_ACCURACY ? "higher" : "lower";
        if (metric >= ORR_SCORE_LOSS && column(p, ORR_EVAL_ARMS, f, group, metric, x, &n))
            orr_eval_row(out, task, setting, "truth", name, better, bootstrap(p, x, NULL, n), n);
        for (size_t arm = 0; arm < ORR_EVAL_ARMS; arm++)
            if (column(p, arm, f, group, metric, x, &n))
                orr_eval_row(out, task, setting, orr_eval_arms[arm].label, name, better, bootstrap(p, x, NULL, n), n);
        for (size_t ours = 0; ours < ORR_EVAL_ARMS; ours++)
            for (size_t arm = 0; arm < ORR_EVAL_ARMS; arm++)
                if (paired(ours, arm) && column(p, ours, f, group, metric, x, &n) && column(p, arm, f, group, metric, y, &n))
                    orr_eval_paired(out, task, setting, orr_eval_arms[ours].label, orr_eval_arms[arm].label, name,
                                    bootstrap(p, x, y, n), n);
    }
    free(x);
}

void orr_eval_report(const struct orr_eval_panel *p, struct orr_eval *out)
{
    for (size_t f = 0; f < ORR_WEIGHTS_FRACTIONS; f++)
        for (int group = 0; group < ORR_EVAL_GROUPS; group++) report_cell(p, f, group, out);
    double *x = orr_xcalloc(p->n_jobs + 1, sizeof *x);
    for (size_t arm = 0; arm < ORR_EVAL_ARMS; arm++) {
        size_t n = 0;
        for (size_t i = 0; i < p->n_jobs; i++)
            if (p->jobs[i].arm == arm && !isnan(p->jobs[i].seconds)) x[n++] = p->jobs[i].seconds;
        if (n)
            orr_eval_row(out, p->task->name, "all", orr_eval_arms[arm].label, "fit_seconds", "lower", bootstrap(p, x, NULL, n),
                         n);
    }
    free(x);
}
