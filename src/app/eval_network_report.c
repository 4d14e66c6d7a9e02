/* Rows of `orrery eval network` from the scores of one dynamics, and over all of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/eval_network_panel.h"
#include "base/mem.h"

enum { ROUNDS = 1000 };
static const char *const metric_names[ORR_PANEL_METRICS] = {"mae", "rmse", "auc"};

/* A method's score of every test series: the mean over the seeds that there are. False: none. */
static bool column(const struct orr_panel *p, size_t family, size_t setting, size_t arm, int metric, double *out)
{
    for (size_t t = 0; t < p->tests; t++) {
        double sum = 0;
        size_t n = 0;
        for (size_t s = 0; s < p->seeds; s++) {
            const double x = orr_panel_score(p, family, setting, arm, s, t)[metric];
            if (!isnan(x)) sum += x, n++;
        }
        if (!n) return false;
        out[t] = sum / (double)n;
    }
    return p->tests > 0;
}

static struct orr_stats_interval bootstrap(const struct orr_panel *p, const double *x, const double *y)
{
    return orr_stats_bootstrap(x, y, p->tests, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed);
}

static void report_setting(const struct orr_panel *p, const char *task, size_t family, size_t setting,
                           struct orr_eval *out)
{
    const char *name = orr_panel_setting(family, setting);
    double *x = orr_xcalloc(2 * p->tests + 1, sizeof *x), *y = x + p->tests;
    for (int metric = 0; metric < ORR_PANEL_METRICS; metric++)
        for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++)
            if (column(p, family, setting, arm, metric, x))
                orr_eval_row(out, task, name, orr_panel_arms[arm], metric_names[metric],
                             metric == ORR_PANEL_AUC ? "higher" : "lower", bootstrap(p, x, NULL), p->tests);
    for (int metric = 0; metric < ORR_PANEL_AUC; metric++)
        for (size_t ours = ORR_ARM_LAW; ours <= ORR_ARM_ATTENTION; ours++)
            for (size_t arm = ours + 1; arm < ORR_PANEL_ARMS; arm++)
                if (column(p, family, setting, ours, metric, x) && column(p, family, setting, arm, metric, y))
                    orr_eval_paired(out, task, name, orr_panel_arms[ours], orr_panel_arms[arm], metric_names[metric],
                                    bootstrap(p, x, y), p->tests);
    free(x);
}

static void add_cell(const struct orr_panel *p, size_t family, struct orr_panel_summary *sum)
{
    double mean[ORR_PANEL_ARMS], *x = orr_xcalloc(p->tests + 1, sizeof *x);
    for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++)
        mean[arm] = column(p, family, family, arm, ORR_PANEL_MAE, x) ? orr_stats_mean(x, p->tests) : (double)NAN;
    free(x);
    if (sum->cells == sum->cap) {
        sum->cap = sum->cap ? 2 * sum->cap : 32;
        sum->log_mae = orr_xrealloc(sum->log_mae, sum->cap, ORR_PANEL_ARMS * sizeof *sum->log_mae);
    }
    for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++) sum->log_mae[sum->cells * ORR_PANEL_ARMS + arm] = log(mean[arm]);
    sum->cells++;
}

void orr_panel_report(const struct orr_panel *p, struct orr_panel_summary *sum, struct orr_eval *out)
{
    char task[64];
    for (size_t family = 0; family < ORR_TOPOLOGIES; family++) {
        if (!p->family[family]) continue;
        snprintf(task, sizeof task, "%s/%s", orr_dynamics_names[p->dynamics], orr_topology_names[family]);
        report_setting(p, task, family, family, out);
        for (size_t k = 0; k < ORR_PANEL_SETTINGS; k++)
            if (k != family) report_setting(p, task, family, k, out);
        for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++) {
            double x[ORR_PANEL_SEEDS];
            size_t n = 0;
            for (size_t s = 0; s < p->seeds; s++)
                if (!isnan(*orr_panel_seconds(p, family, arm, s))) x[n++] = *orr_panel_seconds(p, family, arm, s);
            if (n)
                orr_eval_row(out, task, "fit", orr_panel_arms[arm], "fit_seconds", "lower",
                             orr_stats_bootstrap(x, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, p->o->seed), n);
        }
        add_cell(p, family, sum);
    }
}

/* Geometric means over cells of an arm's error over that of `ours`, where both have one. */
static void summarise(const struct orr_panel_summary *sum, size_t ours, const char *metric, uint64_t seed,
                      struct orr_eval *out)
{
    double *x = orr_xcalloc(sum->cells + 1, sizeof *x);
    for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++) {
        size_t n = 0;
        for (size_t c = 0; c < sum->cells; c++) {
            const double *cell = sum->log_mae + c * ORR_PANEL_ARMS, ratio = cell[arm] - cell[ours];
            if (isfinite(ratio)) x[n++] = ratio;
        }
        if (!n) continue;
        struct orr_stats_interval v = orr_stats_bootstrap(x, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, seed);
        v = (struct orr_stats_interval){exp(v.value), exp(v.lo), exp(v.hi)};
        orr_eval_row(out, "all", "in", orr_panel_arms[arm], metric, "lower", v, n);
    }
    free(x);
}

void orr_panel_summarise(const struct orr_panel_summary *sum, uint64_t seed, struct orr_eval *out)
{
    summarise(sum, ORR_ARM_NETDYN, "mae_ratio_to_netdyn", seed, out);
    summarise(sum, ORR_ARM_LAW, "mae_ratio_to_netdyn-law", seed, out);
}
