#include "app/eval_curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/eval_curve_cases.h"
#include "app/eval_curve_rank.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "num/gemm.h"

enum {
    MAX_SEEDS = 8,
    USUAL_SEEDS = 5,
    QUICK_STEPS = 800,
    ROUNDS = 1000,
    RANK_ROUNDS = 100,
    E = ORR_EVAL_ENDS,
    GROUPS = 8
};
static const double SMALLEST = 1e-6; /* relative errors of smaller values say nothing */

/* What is compared. Learned methods are fitted on the lab's training runs; "crossed" ones besides on the real curves of the
 * other half of the groups, and only forecast real curves. */
struct arm {
    const char *label, *method;
    enum orr_lc_graph_use graph;
    bool crossed,
        shipped; /* shipped: that of datasets/models; only for the lab's curves, since it learns from real ones */
    enum { GRAPH, CONFIGURATION, BOTH } shown;
};
static const struct arm arms[] = {
    {"last", "last", 0, false, false, GRAPH},
    {"pow3", "pow3", 0, false, false, GRAPH},
    {"pow4", "pow4", 0, false, false, GRAPH},
    {"ilog2", "ilog2", 0, false, false, GRAPH},
    {"power", "power", 0, false, false, GRAPH},
    {"power-best", "power-best", 0, false, false, GRAPH},
    {"lstm", "lstm", 0, false, false, GRAPH},
    {"vrnn", "vrnn", 0, false, false, GRAPH},
    {"node", "node", 0, false, false, GRAPH},
    {"nsde", "nsde", 0, false, false, GRAPH},
    {"lcbnn", "lcbnn", 0, false, false, GRAPH},
    {"pfn", "pfn", 0, false, false, GRAPH},
    {"curve-ode-blind", "curve-ode", ORR_LC_GRAPH_NONE, false, false, GRAPH},
    {"curve-ode-shuffled", "curve-ode", ORR_LC_GRAPH_SHUFFLED, false, false, GRAPH},
    {"curve-ode-config", "curve-ode", ORR_LC_GRAPH_TRUE, false, false, CONFIGURATION},
    {"curve-ode-graph-config", "curve-ode", ORR_LC_GRAPH_TRUE, false, false, BOTH},
    {"curve-ode", "curve-ode", ORR_LC_GRAPH_TRUE, false, false, GRAPH},
    {"curve-blend", "curve-blend", ORR_LC_GRAPH_TRUE, false, false, GRAPH},
    {"lstm-crossed", "lstm", 0, true, false, GRAPH},
    {"node-crossed", "node", 0, true, false, GRAPH},
    {"lcbnn-crossed", "lcbnn", 0, true, false, GRAPH},
    {"curve-ode-crossed", "curve-ode", ORR_LC_GRAPH_TRUE, true, false, GRAPH},
    {"curve-blend-crossed", "curve-blend", ORR_LC_GRAPH_TRUE, true, false, GRAPH},
    {"curve-ode-shipped", "curve-ode", ORR_LC_GRAPH_TRUE, false, true, GRAPH},
    {"curve-blend-shipped", "curve-blend", ORR_LC_GRAPH_TRUE, false, true, GRAPH},
};
enum { ARMS = sizeof arms / sizeof *arms };
/* Arms that the others are held against, curve by curve. */
static const char *const ours[] = {"curve-ode", "curve-blend", "curve-ode-crossed", "curve-blend-crossed"};

/* One forecast of one case: the mean and whether the truth lies within the intervals. */
struct guess {
    double mean[E];
    unsigned char within50[E], within90[E];
};
struct job {
    size_t arm, seed;
    int fold; /* -1: not crossed */
};
struct panel {
    const struct orr_eval_curve_options *o;
    const struct orr_eval_curves *c;
    size_t seeds, n_jobs;
    struct job *jobs;
    struct guess *guess;                      /* (ARMS, seeds, cases) */
    double *fit_seconds, *epoch_seconds, *ms; /* (ARMS, seeds): of the fit, per epoch of it, per forecast curve */
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct guess *guesses(const struct panel *p, size_t arm, size_t seed)
{
    return p->guess + (arm * p->seeds + seed) * p->c->n_cases;
}

static bool learns(size_t arm) { return orr_lc_method_learns(orr_lc_method_find(arms[arm].method)); }
static bool scores_on(size_t arm, bool real) { return real ? !arms[arm].shipped : !arms[arm].crossed; }
static size_t seeds_of(const struct panel *p, size_t arm) { return learns(arm) && !arms[arm].shipped ? p->seeds : 1; }
static bool concerns(const struct panel *p, const struct job *j, const struct orr_eval_case *k)
{
    const bool real = p->c->tasks[k->task].real;
    return arms[j->arm].crossed ? real && k->fold == j->fold : !(real && arms[j->arm].shipped);
}

/* ---- fitting ---- */

/* What an arm is shown of a run besides its points; made in `into` where it is not the graph itself. */
static const struct orr_lc_graph *show(const struct arm *a, const struct orr_lc_graph *g,
                                       const struct orr_lc_settings *s, struct orr_lc_graph *into)
{
    if (a->shown == GRAPH || !s || !g) return g;
    if (a->shown == BOTH)
        orr_lc_graph_with_settings(g, s, into);
    else
        orr_lc_graph_configuration(g, s, into);
    return into;
}

static struct orr_lc_model *fit(const struct panel *p, const struct job *j)
{
    const struct arm *a = &arms[j->arm];
    struct orr_lc_options o = orr_lc_defaults();
    struct orr_lc_model *m = NULL;
    o.graph = a->graph;
    o.seed = p->o->seed + j->seed;
    o.steps = p->o->steps ? p->o->steps : p->o->quick ? QUICK_STEPS : 0;
    struct orr_lc_example *e = orr_xcalloc(p->c->n_examples + 1, sizeof *e);
    struct orr_lc_graph *shown = a->shown == GRAPH ? NULL : orr_xcalloc(p->c->n_examples + 1, sizeof *shown);
    size_t n = 0;
    for (size_t i = 0; i < p->c->n_examples; i++) {
        const int fold = p->c->fold[i];
        if (fold != -1 && !(j->fold >= 0 && fold == 1 - j->fold)) continue;
        e[n] = p->c->examples[i];
        e[n].whole.graph = show(a, e[n].whole.graph, p->c->settings[i], shown ? &shown[n] : NULL);
        n++;
    }
    orr_lc_fit(orr_lc_method_find(a->method), n, e, &o, NULL, &m, NULL);
    free(e);
    free(shown);
    return m;
}

/* Shuffled graphs are those of other test curves of the same task. */
static const struct orr_lc_graph *graph_of(const struct panel *p, const struct job *j, size_t i)
{
    const struct orr_eval_case *k = &p->c->cases[i];
    if (arms[j->arm].graph != ORR_LC_GRAPH_SHUFFLED || !k->item->graph) return k->item->graph;
    struct orr_rng rng;
    orr_rng_seed(&rng, p->o->seed + j->seed, i);
    for (;;) {
        const struct orr_eval_case *other = &p->c->cases[orr_rng_below(&rng, p->c->n_cases)];
        if (other->task == k->task) return other->item->graph;
    }
}

static void forecast(const struct panel *p, const struct job *j, const struct orr_lc_model *m)
{
    const size_t n = p->c->n_cases;
    struct orr_lc_item *items = orr_xcalloc(n + 1, sizeof *items);
    size_t *of = orr_xcalloc(n + 1, sizeof *of), count = 0;
    double *numbers = orr_xcalloc(3 * E * n + 1, sizeof *numbers);
    const struct arm *a = &arms[j->arm];
    struct orr_lc_graph *shown = a->shown == GRAPH ? NULL : orr_xcalloc(n + 1, sizeof *shown);
    for (size_t i = 0; i < n; i++) {
        const struct orr_eval_case *k = &p->c->cases[i];
        if (!concerns(p, j, k)) continue;
        double *x = numbers + 3 * E * count;
        of[count] = i;
        const struct orr_lc_graph *g = show(a, graph_of(p, j, i), k->settings, shown ? &shown[count] : NULL);
        items[count++] = (struct orr_lc_item){
            {k->seen, k->item->t, k->item->y, k->item->direction, g},
            {.n = p->c->tasks[k->task].n_ends, .t = (double *)k->end, .mean = x, .lower = x + E, .upper = x + 2 * E}};
    }
    for (int pass = 0; pass < 2; pass++) {
        const double start = now(CLOCK_THREAD_CPUTIME_ID);
        for (size_t i = 0; i < count; i++) items[i].out.level = pass ? 0.5 : 0.9;
        orr_lc_forecast(m, count, items, NULL, NULL);
        p->ms[j->arm * p->seeds + j->seed] = 1e3 * (now(CLOCK_THREAD_CPUTIME_ID) - start) / (double)(count ? count : 1);
        for (size_t i = 0; i < count; i++) {
            struct guess *g = &guesses(p, j->arm, j->seed)[of[i]];
            for (size_t e = 0; e < items[i].out.n; e++) {
                const double y = p->c->cases[of[i]].truth[e];
                const bool within = y >= items[i].out.lower[e] && y <= items[i].out.upper[e];
                g->mean[e] = items[i].out.mean[e];
                if (pass)
                    g->within50[e] = within;
                else
                    g->within90[e] = within;
            }
        }
    }
    free(items);
    free(of);
    free(numbers);
    free(shown);
}

static void work(void *ctx, size_t i)
{
    struct panel *p = ctx;
    const struct job *j = &p->jobs[i];
    const double start = now(CLOCK_THREAD_CPUTIME_ID);
    struct orr_lc_model *m = NULL;
    if (!arms[j->arm].shipped)
        m = fit(p, j);
    else if (orr_curve_model(arms[j->arm].method, NULL, &m, NULL))
        return; /* not installed: there are no guesses, and no rows */
    const double seconds = now(CLOCK_THREAD_CPUTIME_ID) - start;
    const size_t at = j->arm * p->seeds + j->seed;
    if (learns(j->arm) && !arms[j->arm].shipped) {
        p->fit_seconds[at] = seconds;
        p->epoch_seconds[at] = seconds / m->o.steps * orr_lc_epoch_steps(p->c->n_examples);
    }
    forecast(p, j, m);
    orr_lc_model_free(m);
}

static bool wanted(const struct orr_eval_curve_options *o, const char *label)
{
    for (size_t i = 0; i < o->n_methods; i++)
        if (!strcmp(o->methods[i], label)) return true;
    return !o->n_methods;
}

static void list_jobs(struct panel *p)
{
    p->jobs = orr_xcalloc(2 * ARMS * p->seeds, sizeof *p->jobs);
    for (size_t s = 0; s < p->seeds; s++)
        for (size_t a = 0; a < ARMS; a++) {
            if (!wanted(p->o, arms[a].label) || s >= seeds_of(p, a) || (arms[a].crossed && !p->o->real)) continue;
            for (int f = 0; f < (arms[a].crossed ? 2 : 1); f++)
                p->jobs[p->n_jobs++] = (struct job){a, s, arms[a].crossed ? f : -1};
        }
}

/* ---- tables ---- */

static struct orr_stats_interval bootstrap(const struct panel *p, const double *x, const double *y, size_t n,
                                           enum orr_statistic what)
{
    return orr_stats_bootstrap(x, y, n, what, ROUNDS, 0.95, p->o->seed);
}

/* What the rows of one task, method and end are made of: one number per case, the mean over seeds. */
struct scores {
    size_t n;
    double *relative, *square, *c50, *c90; /* relative: NaN where the truth is too small */
};

static void score(const struct panel *p, size_t task, size_t arm, size_t e, struct scores *s)
{
    const size_t seeds = seeds_of(p, arm);
    s->n = 0;
    for (size_t i = 0; i < p->c->n_cases; i++) {
        const struct orr_eval_case *k = &p->c->cases[i];
        if (k->task != task) continue;
        double sum[4] = {0};
        for (size_t d = 0; d < seeds; d++) {
            const struct guess *g = &guesses(p, arm, d)[i];
            const double error = g->mean[e] - k->truth[e];
            if (isnan(error)) {
                s->n = 0;
                return;
            }
            sum[0] += fabs(error) / fabs(k->truth[e]) / (double)seeds;
            sum[1] += error * error / (double)seeds;
            sum[2] += (double)g->within50[e] / (double)seeds;
            sum[3] += (double)g->within90[e] / (double)seeds;
        }
        s->relative[s->n] = fabs(k->truth[e]) > SMALLEST ? sum[0] : NAN;
        s->square[s->n] = sum[1];
        s->c50[s->n] = sum[2];
        s->c90[s->n++] = sum[3];
    }
}

/* x without the NaNs of y (which may be x), in `out`. */
static size_t keep_known(const double *x, const double *y, size_t n, double *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(y[i])) out[m++] = x[i];
    return m;
}

static void report_errors(const struct panel *p, size_t task, size_t e, struct scores all[ARMS], struct orr_eval *out)
{
    const char *name = p->c->tasks[task].name, *setting = p->c->tasks[task].setting[e];
    double *x = orr_xcalloc(2 * p->c->n_cases + 2, sizeof *x), *y = x + p->c->n_cases + 1;
    for (size_t a = 0; a < ARMS; a++) {
        const struct scores *s = &all[a];
        if (!s->n) continue;
        const size_t n = keep_known(s->relative, s->relative, s->n, x);
        orr_eval_row(out, name, setting, arms[a].label, "mape", "lower", bootstrap(p, x, NULL, n, ORR_STAT_MEAN), n);
        orr_eval_row(out, name, setting, arms[a].label, "medape", "lower", bootstrap(p, x, NULL, n, ORR_STAT_MEDIAN),
                     n);
        orr_eval_row(out, name, setting, arms[a].label, "rmse", "lower",
                     bootstrap(p, s->square, NULL, s->n, ORR_STAT_RMS), s->n);
        orr_eval_row(out, name, setting, arms[a].label, "coverage50", "nominal",
                     bootstrap(p, s->c50, NULL, s->n, ORR_STAT_MEAN), s->n);
        orr_eval_row(out, name, setting, arms[a].label, "coverage90", "nominal",
                     bootstrap(p, s->c90, NULL, s->n, ORR_STAT_MEAN), s->n);
    }
    for (size_t k = 0; k < sizeof ours / sizeof *ours; k++) {
        size_t o = 0;
        while (strcmp(arms[o].label, ours[k]) != 0) o++;
        for (size_t a = 0; a < ARMS && all[o].n; a++) {
            if (a == o || !all[a].n) continue;
            const size_t n = keep_known(all[o].relative, all[o].relative, all[o].n, x);
            keep_known(all[a].relative, all[o].relative, all[a].n, y);
            orr_eval_paired(out, name, setting, arms[o].label, arms[a].label, "mape",
                            bootstrap(p, x, y, n, ORR_STAT_MEAN), n);
            orr_eval_paired(out, name, setting, arms[o].label, arms[a].label, "medape",
                            bootstrap(p, x, y, n, ORR_STAT_MEDIAN), n);
            orr_eval_paired(out, name, setting, arms[o].label, arms[a].label, "rmse",
                            bootstrap(p, all[o].square, all[a].square, all[a].n, ORR_STAT_RMS), all[a].n);
        }
    }
    free(x);
}

/* What a run is ranked by: its forecast, or what lies half way to it from its last observed value, which takes part of a
 * forecast's error off the differences between runs. */
enum by { BY_FORECAST, BY_HALFWAY, BYS };
static const char *const by_names[BYS] = {"", " halfway"};

static double rank_key(const struct orr_eval_case *k, double forecast, enum by by)
{
    return by == BY_HALFWAY ? (forecast + k->item->y[k->seen - 1]) / 2 : forecast;
}

/* Means over groups (data sets) and seeds of the ranking scores of the last end; draws: cases drawn again, or NULL. */
static struct orr_eval_rank rank_once(const struct panel *p, size_t task, size_t arm, enum by by, struct orr_rng *draws)
{
    const size_t e = p->c->tasks[task].n_ends - 1;
    double *f = orr_xcalloc(2 * p->c->n_cases + 2, sizeof *f), *y = f + p->c->n_cases + 1;
    size_t *members = orr_xcalloc(p->c->n_cases + 1, sizeof *members);
    bool *done = orr_xcalloc(p->c->n_cases + 1, sizeof *done);
    struct orr_eval_rank sum = {0};
    double groups = 0;
    for (size_t i = 0; i < p->c->n_cases; i++) {
        if (p->c->cases[i].task != task || done[i]) continue;
        size_t n = 0;
        for (size_t k = i; k < p->c->n_cases; k++)
            if (p->c->cases[k].task == task && p->c->cases[k].group == p->c->cases[i].group) {
                done[k] = true;
                members[n++] = k;
            }
        if (n < GROUPS) continue;
        const size_t seeds = seeds_of(p, arm);
        for (size_t s = 0; s < seeds; s++) {
            for (size_t k = 0; k < n; k++) {
                const size_t at = members[draws ? orr_rng_below(draws, n) : k];
                f[k] = rank_key(&p->c->cases[at], guesses(p, arm, s)[at].mean[e], by);
                y[k] = p->c->cases[at].truth[e];
            }
            const struct orr_eval_rank r = orr_eval_rank(f, y, n, p->c->cases[i].item->direction == ORR_LC_RISING);
            sum.tau += r.tau / (double)seeds;
            sum.regret += r.regret / (double)seeds;
            sum.regret5 += r.regret5 / (double)seeds;
            sum.stop += r.stop / (double)seeds;
        }
        groups++;
    }
    free(f);
    free(members);
    free(done);
    return (struct orr_eval_rank){sum.tau / groups, sum.regret / groups, sum.regret5 / groups, sum.stop / groups};
}

static struct orr_stats_interval spread(double value, double *x, size_t n)
{
    return (struct orr_stats_interval){value, orr_stats_quantile(x, n, 0.025), orr_stats_quantile(x, n, 0.975)};
}

enum { TAU, REGRET, REGRET5, STOP, RANKS };
static const char *const rank_metrics[RANKS] = {"kendall_tau", "regret", "regret@5", "regret"};
static void rank_numbers(const struct orr_eval_rank *r, double out[RANKS])
{
    const double x[RANKS] = {r->tau, r->regret, r->regret5, r->stop};
    memcpy(out, x, sizeof x);
}

/* Of a method by its forecasts and by what lies half way to them, and the difference on the same draws. */
static void report_ranks(const struct panel *p, size_t task, size_t arm, size_t n, struct orr_eval *out)
{
    const struct orr_eval_curve_task *t = &p->c->tasks[task];
    const char *const stopped = "stop worse half at 20%", *const label = arms[arm].label;
    double value[BYS][RANKS], drawn[BYS][RANKS][RANK_ROUNDS], one[RANKS], x[RANK_ROUNDS];
    for (int by = 0; by < BYS; by++) {
        struct orr_rng draws;
        struct orr_eval_rank r = rank_once(p, task, arm, (enum by)by, NULL);
        if (isnan(r.tau)) return;
        rank_numbers(&r, value[by]);
        orr_rng_seed(&draws, p->o->seed, 3);
        for (size_t i = 0; i < RANK_ROUNDS; i++) {
            r = rank_once(p, task, arm, (enum by)by, &draws);
            rank_numbers(&r, one);
            for (int k = 0; k < RANKS; k++) drawn[by][k][i] = one[k];
        }
        for (int k = 0; k < RANKS; k++) {
            char setting[64];
            snprintf(setting, sizeof setting, "%s%s", k == STOP ? stopped : t->setting[t->n_ends - 1], by_names[by]);
            memcpy(x, drawn[by][k], sizeof x); /* sorted in place */
            orr_eval_row(out, t->name, setting, label, rank_metrics[k], k == TAU ? "higher" : "lower",
                         spread(value[by][k], x, RANK_ROUNDS), n);
        }
    }
    for (int k = 0; k < RANKS; k++) {
        for (size_t i = 0; i < RANK_ROUNDS; i++) x[i] = drawn[BY_HALFWAY][k][i] - drawn[BY_FORECAST][k][i];
        orr_eval_paired(out, t->name, k == STOP ? stopped : "halfway less forecast", label, label, rank_metrics[k],
                        spread(value[BY_HALFWAY][k] - value[BY_FORECAST][k], x, RANK_ROUNDS), n);
    }
    /* half of the runs do not train the other four fifths, whatever the forecast is */
    orr_eval_row(out, t->name, stopped, label, "epochs_saved", "higher",
                 (struct orr_stats_interval){0.5 * (1 - ORR_EVAL_OBSERVE), NAN, NAN}, n);
}

static void report_task(const struct panel *p, size_t task, struct orr_eval *out)
{
    const size_t cap = p->c->n_cases + 1;
    struct scores all[ARMS] = {{0}};
    for (size_t a = 0; a < ARMS; a++) {
        double *x = orr_xcalloc(4 * cap, sizeof *x);
        all[a] = (struct scores){0, x, x + cap, x + 2 * cap, x + 3 * cap};
    }
    for (size_t e = 0; e < p->c->tasks[task].n_ends; e++) {
        for (size_t a = 0; a < ARMS; a++)
            if (wanted(p->o, arms[a].label) && scores_on(a, p->c->tasks[task].real)) score(p, task, a, e, &all[a]);
        report_errors(p, task, e, all, out);
    }
    const struct orr_stats_interval none = {(double)p->c->tasks[task].left_out, NAN, NAN};
    orr_eval_row(out, p->c->tasks[task].name, "all", "", "left_out", "lower", none, p->c->tasks[task].left_out);
    for (size_t a = 0; a < ARMS; a++)
        if (all[a].n) report_ranks(p, task, a, all[a].n, out);
    for (size_t a = 0; a < ARMS; a++) free(all[a].relative);
}

static void report_costs(const struct panel *p, struct orr_eval *out)
{
    for (size_t a = 0; a < ARMS; a++) {
        const size_t at = a * p->seeds, n = seeds_of(p, a);
        if (!wanted(p->o, arms[a].label) || (arms[a].crossed && !p->o->real)) continue;
        if (learns(a) && !arms[a].shipped) {
            orr_eval_row(out, "all", "cpu", arms[a].label, "fit_seconds", "lower",
                         bootstrap(p, p->fit_seconds + at, NULL, n, ORR_STAT_MEAN), n);
            orr_eval_row(out, "all", "cpu", arms[a].label, "epoch_seconds", "lower",
                         bootstrap(p, p->epoch_seconds + at, NULL, n, ORR_STAT_MEAN), n);
        }
        orr_eval_row(out, "all", "cpu", arms[a].label, "forecast_ms", "lower",
                     bootstrap(p, p->ms + at, NULL, n, ORR_STAT_MEAN), n);
    }
}

enum orr_status orr_eval_curve(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                               struct orr_eval *out, struct orr_error *err)
{
    const double start = now(CLOCK_MONOTONIC);
    struct orr_eval_curves *c = orr_xcalloc(1, sizeof *c);
    struct panel p = {.o = o, .c = c, .seeds = (size_t)(o->seeds ? o->seeds : o->quick ? 1 : USUAL_SEEDS)};
    orr_blas_set_threads(1); /* the cores belong to the fits */
    out->name = "curve";
    out->seed = o->seed;
    enum orr_status s = orr_eval_curves_load(o, ticker, c, err);
    if (!s && o->retrain) s = orr_eval_curve_ship(o, c, ticker, err);
    if (!s && !o->retrain) {
        p.guess = orr_xcalloc(ARMS * p.seeds * (c->n_cases + 1), sizeof *p.guess);
        p.fit_seconds = orr_xcalloc(3 * ARMS * p.seeds, sizeof *p.fit_seconds);
        p.epoch_seconds = p.fit_seconds + ARMS * p.seeds;
        p.ms = p.epoch_seconds + ARMS * p.seeds;
        for (size_t i = 0; i < ARMS * p.seeds * c->n_cases; i++)
            p.guess[i].mean[0] = p.guess[i].mean[1] = p.guess[i].mean[2] = NAN;
        list_jobs(&p);
        const struct orr_region regions[] = {{p.guess, ARMS * p.seeds * c->n_cases * sizeof *p.guess},
                                             {p.fit_seconds, 3 * ARMS * p.seeds * sizeof *p.fit_seconds}};
        if (!orr_shards_for(o->shards, p.n_jobs, o->threads, work, &p, ticker, "eval curve", "fits", regions, 2))
            s = orr_error_set(err, ORR_ECANCELLED, "eval curve", "stopped");
        const bool report = !s && !orr_shards_partial(o->shards);
        for (size_t t = 0; t < c->n_tasks && report; t++) report_task(&p, t, out);
        if (report) report_costs(&p, out);
    }
    free(p.guess);
    free(p.fit_seconds);
    free(p.jobs);
    orr_eval_curves_free(c);
    free(c);
    out->seconds = now(CLOCK_MONOTONIC) - start;
    return s;
}
