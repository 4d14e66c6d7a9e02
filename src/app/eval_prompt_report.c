/* Rows of `orrery eval prompt`: per task over seeds, then over tasks, then what is compared with what. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_prompt_private.h"
#include "base/mem.h"

enum { ROUNDS = 2000 };

static struct orr_stats_interval over(const struct orr_prompt_panel *p, const double *x, const double *y, size_t n)
{
    return orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed);
}

/* Scores of one arm on one task, seed by seed. False: some are missing. */
static bool seeds_of(const struct orr_prompt_panel *p, size_t task, size_t arm, int metric, double *x)
{
    bool all = true;
    for (size_t s = 0; s < p->seeds; s++) {
        x[s] = orr_prompt_panel_score(p, task, arm, s)[metric];
        all = all && !isnan(x[s]);
    }
    return all;
}

/* Mean over seeds for each task. */
static bool tasks_of(const struct orr_prompt_panel *p, size_t arm, int metric, double *x)
{
    double *seed = orr_xcalloc(p->seeds + 1, sizeof *seed);
    bool all = p->wanted[arm];
    for (size_t t = 0; t < p->tasks && all; t++) {
        all = seeds_of(p, t, arm, metric, seed);
        x[t] = all ? orr_stats_mean(seed, p->seeds) : (double)NAN;
    }
    free(seed);
    return all;
}

/* All runs, seeds within tasks. */
static bool runs_of(const struct orr_prompt_panel *p, size_t arm, int metric, double *x)
{
    bool all = p->wanted[arm];
    for (size_t t = 0; t < p->tasks && all; t++) all = seeds_of(p, t, arm, metric, x + t * p->seeds);
    return all;
}

static void report_tasks(const struct orr_prompt_panel *p, const char *setting, struct orr_eval *out)
{
    double *x = orr_xcalloc(p->seeds + p->tasks, sizeof *x);
    for (size_t t = 0; t < p->tasks; t++)
        for (size_t arm = 0; arm < orr_prompt_arm_count; arm++)
            for (int m = 0; m < ORR_PROMPT_METRICS; m++)
                if (p->wanted[arm] && seeds_of(p, t, arm, m, x))
                    orr_eval_row(out, p->world[t].source, setting, orr_prompt_arms[arm].name,
                                 orr_prompt_metric_names[m], "higher", over(p, x, NULL, p->seeds), p->seeds);
    for (size_t arm = 0; arm < orr_prompt_arm_count; arm++)
        for (int m = 0; m < ORR_PROMPT_METRICS; m++)
            if (tasks_of(p, arm, m, x))
                orr_eval_row(out, "all", setting, orr_prompt_arms[arm].name, orr_prompt_metric_names[m], "higher",
                             over(p, x, NULL, p->tasks), p->tasks);
    free(x);
}

static void report_cost(const struct orr_prompt_panel *p, struct orr_eval *out)
{
    double *x = orr_xcalloc(p->tasks * p->seeds + 1, sizeof *x);
    for (size_t arm = 0; arm < orr_prompt_arm_count; arm++) {
        size_t n = 0;
        for (size_t t = 0; t < p->tasks; t++)
            for (size_t s = 0; s < p->seeds; s++)
                if (!isnan(*orr_prompt_panel_seconds(p, t, arm, s))) x[n++] = *orr_prompt_panel_seconds(p, t, arm, s);
        if (!n) continue;
        orr_eval_row(out, "all", "cost", orr_prompt_arms[arm].name, "cpu_seconds", "lower", over(p, x, NULL, n), n);
        if (!isnan(p->size[arm]))
            orr_eval_row(out, "all", "cost", orr_prompt_arms[arm].name, "parameters", "lower",
                         (struct orr_stats_interval){p->size[arm], p->size[arm], p->size[arm]}, 1);
    }
    free(x);
}

/* Prompts of task 0 on each of the others. */
static bool transfers_of(const struct orr_prompt_panel *p, size_t arm, double *x)
{
    for (size_t t = 1; t < p->tasks; t++) {
        double sum = 0;
        for (size_t s = 0; s < p->transfer_seeds; s++) sum += *orr_prompt_panel_transfer(p, t, arm, s);
        x[t - 1] = sum / (double)p->transfer_seeds;
        if (isnan(x[t - 1])) return false;
    }
    return p->tasks > 1;
}

static void report_transfer(const struct orr_prompt_panel *p, struct orr_eval *out)
{
    char setting[96];
    double *x = orr_xcalloc(2 * p->tasks + 1, sizeof *x), *y = x + p->tasks;
    snprintf(setting, sizeof setting, "from %.80s", p->world[0].source);
    for (size_t arm = 0; arm < orr_prompt_arm_count; arm++) {
        if (!transfers_of(p, arm, x)) continue;
        for (size_t t = 1; t < p->tasks; t++)
            orr_eval_row(out, p->world[t].source, setting, orr_prompt_arms[arm].name, "accuracy", "higher",
                         (struct orr_stats_interval){x[t - 1], NAN, NAN}, p->transfer_seeds);
        orr_eval_row(out, "all", setting, orr_prompt_arms[arm].name, "accuracy", "higher", over(p, x, NULL, p->tasks - 1),
                     p->tasks - 1);
        for (size_t other = 0; other < orr_prompt_arm_count; other++)
            if (orr_prompt_arms[arm].ours && !orr_prompt_arms[other].ours && transfers_of(p, other, y))
                orr_eval_paired(out, "all", setting, orr_prompt_arms[arm].name, orr_prompt_arms[other].name, "accuracy",
                                over(p, x, y, p->tasks - 1), p->tasks - 1);
    }
    free(x);
}

/* What the searches found, over tasks and seeds: is a margin near 0, noise decided. */
static void report_search(const struct orr_prompt_panel *p, struct orr_eval *out)
{
    static const char *const names[ORR_PROMPT_SEARCH_NUMBERS] = {"length", "margin", "entropy"};
    double *x = orr_xcalloc(p->tasks * p->seeds + 1, sizeof *x);
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < p->layers[b]; k++)
            for (int m = 0; m < ORR_PROMPT_SEARCH_NUMBERS; m++) {
                char setting[32];
                size_t n = 0;
                for (size_t t = 0; t < p->tasks; t++)
                    for (size_t s = 0; s < p->seeds; s++)
                        if (!isnan(orr_prompt_panel_search(p, t, s, b, k)[m])) x[n++] = orr_prompt_panel_search(p, t, s, b, k)[m];
                snprintf(setting, sizeof setting, "%s-%d", orr_prompts_branch_names[b], k);
                if (n) orr_eval_row(out, "all", setting, "prompt-search", names[m], "nominal", over(p, x, NULL, n), n);
            }
    free(x);
}

static void compare(const struct orr_prompt_panel *p, const char *setting, size_t ours, size_t other, const char *as,
                    struct orr_eval *out)
{
    const size_t runs = p->tasks * p->seeds;
    double *x = orr_xcalloc(2 * runs + 1, sizeof *x), *y = x + runs;
    char over_runs[64];
    snprintf(over_runs, sizeof over_runs, "%.40s, runs", setting);
    for (int m = 0; m < ORR_PROMPT_METRICS; m++) {
        if (tasks_of(p, ours, m, x) && tasks_of(p, other, m, y))
            orr_eval_paired(out, "all", setting, orr_prompt_arms[ours].name, as, orr_prompt_metric_names[m],
                            over(p, x, y, p->tasks), p->tasks);
        if (m == ORR_PROMPT_HARMONIC && runs_of(p, ours, m, x) && runs_of(p, other, m, y))
            orr_eval_paired(out, "all", over_runs, orr_prompt_arms[ours].name, as, orr_prompt_metric_names[m],
                            over(p, x, y, runs), runs);
    }
    free(x);
}

/* The uniform length with the best harmonic mean over the tasks - picked by the test itself, which favours it. */
static size_t best_uniform(const struct orr_prompt_panel *p)
{
    double *x = orr_xcalloc(p->tasks + 1, sizeof *x), top = -1;
    size_t best = orr_prompt_arm_count;
    for (size_t arm = 0; arm < orr_prompt_arm_count; arm++)
        if (orr_prompt_arms[arm].length && tasks_of(p, arm, ORR_PROMPT_HARMONIC, x) && orr_stats_mean(x, p->tasks) > top) {
            top = orr_stats_mean(x, p->tasks);
            best = arm;
        }
    free(x);
    return best;
}

static void report_pairs(const struct orr_prompt_panel *p, const char *setting, struct orr_eval *out)
{
    const size_t uniform = best_uniform(p);
    for (size_t ours = 0; ours < orr_prompt_arm_count; ours++) {
        if (!orr_prompt_arms[ours].ours || !p->wanted[ours]) continue;
        for (size_t other = 0; other < orr_prompt_arm_count; other++) {
            const bool pair = !orr_prompt_arms[other].ours ||
                              (other > ours && !orr_prompt_arms[ours].found && orr_prompt_arms[other].found);
            if (other != ours && pair) compare(p, setting, ours, other, orr_prompt_arms[other].name, out);
        }
        if (uniform < orr_prompt_arm_count) compare(p, setting, ours, uniform, "best-uniform", out);
    }
}

void orr_prompt_panel_report(const struct orr_prompt_panel *p, struct orr_eval *out)
{
    char setting[32];
    snprintf(setting, sizeof setting, "%d-shot", p->o->shots ? p->o->shots : 16);
    report_tasks(p, setting, out);
    report_transfer(p, out);
    report_cost(p, out);
    report_search(p, out);
    report_pairs(p, setting, out);
}
