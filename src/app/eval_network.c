/* Draws the series of each dynamics, fits every method to each family of graphs, and scores forecasts of other networks of the
 * same family, of other families, and away from what was learned. */
#include "app/eval_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_network_panel.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "num/gemm.h"

enum { TEST_ITEMS = 1000000 }; /* item numbers of test series start here */
/* How netdyn-law calls the coupling of each dynamics. */
static const char *const couplings[ORR_DYNAMICS_KINDS] = {
    "(1 - x_i) x_j", "x_j^0.2",        "x_j^2 / (1 + x_j^2)", "x_i x_j / (1 + x_j)", "1 / (1 + exp(-(x_j - 1)))",
    "x_i x_j",       "sin(x_j - x_i)",
};
static const double noises[ORR_PANEL_NOISES] = {0.01, 0.05, 0.2};
const char *const orr_panel_arms[ORR_PANEL_ARMS] = {"netdyn-law", "netdyn-law-other",
                                                    "netdyn",     "netdyn-attention",
                                                    "mean-field", "true-graph",
                                                    "node",       "lstm",
                                                    "svd-lasso",  "var",
                                                    "ar",         "persistence"};

double *orr_panel_score(const struct orr_panel *p, size_t family, size_t setting, size_t arm, size_t seed, size_t test)
{
    return p->score +
           ((((family * ORR_PANEL_SETTINGS + setting) * ORR_PANEL_ARMS + arm) * p->seeds + seed) * p->tests + test) *
               ORR_PANEL_METRICS;
}

double *orr_panel_seconds(const struct orr_panel *p, size_t family, size_t arm, size_t seed)
{
    return p->seconds + (family * ORR_PANEL_ARMS + arm) * p->seeds + seed;
}

const char *orr_panel_setting(size_t family, size_t setting)
{
    static const char *const on[ORR_TOPOLOGIES] = {"on-er", "on-ba", "on-community", "on-ws"};
    static const char *const noise[ORR_PANEL_NOISES] = {"noise-1%", "noise-5%", "noise-20%"};
    if (setting == family) return "in";
    if (setting < ORR_TOPOLOGIES) return on[setting];
    setting -= ORR_TOPOLOGIES;
    return setting < ORR_SHIFTS - 1 ? orr_shift_names[setting + 1] : noise[setting - (ORR_SHIFTS - 1)];
}

/* ---- series ---- */

static void free_set(struct orr_panel_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        orr_system_free(&s->system[i]);
        orr_nodes_free(&s->x[i]);
    }
    free(s->system);
    free(s->x);
    free(s->item);
    *s = (struct orr_panel_set){0};
}

static enum orr_status draw_set(const struct orr_panel *p, size_t family, enum orr_network_shift shift, double noise,
                                size_t first, size_t n, struct orr_panel_set *s, struct orr_error *err)
{
    *s = (struct orr_panel_set){.system = orr_xcalloc(n, sizeof *s->system),
                                .x = orr_xcalloc(n, sizeof *s->x),
                                .item = orr_xcalloc(n, sizeof *s->item)};
    for (; s->n < n; s->n++) {
        struct orr_network_options o = orr_network_defaults();
        o.dynamics = p->dynamics;
        o.topology = (enum orr_topology)family;
        o.shift = shift;
        o.noise = noise;
        o.nodes = p->nodes;
        o.seed = p->o->seed;
        o.item = first + s->n;
        const enum orr_status status = orr_network_simulate(&o, NULL, &s->system[s->n], &s->x[s->n], err);
        if (status) return status;
        s->item[s->n] = (struct orr_nodes_case){&s->x[s->n], &s->system[s->n].graph, &s->system[s->n]};
    }
    return ORR_OK;
}

/* Training and test series of one family; setting `family` is the undisturbed test. */
static enum orr_status draw_family(struct orr_panel *p, size_t family, struct orr_error *err)
{
    enum orr_status s =
        p->family[family] ? draw_set(p, family, ORR_SHIFT_NONE, 0, 0, p->series, &p->train[family], err) : ORR_OK;
    if (!s) s = draw_set(p, family, ORR_SHIFT_NONE, 0, TEST_ITEMS, p->tests, &p->test[family][family], err);
    for (size_t k = ORR_TOPOLOGIES; k < ORR_PANEL_SETTINGS && !s && p->family[family]; k++) {
        const size_t disturbed = k - ORR_TOPOLOGIES;
        const bool shifted = disturbed < ORR_SHIFTS - 1;
        s = draw_set(p, family, shifted ? (enum orr_network_shift)(disturbed + 1) : ORR_SHIFT_NONE,
                     shifted ? 0 : noises[disturbed - (ORR_SHIFTS - 1)], TEST_ITEMS, p->tests, &p->test[family][k],
                     err);
    }
    return s;
}

/* ---- scoring ---- */

struct job {
    struct orr_panel *p;
    size_t family, arm, seed;
};

/* One test series: forecast from its first points, against the states without noise. */
static void score(const struct orr_nodes_model *m, const struct orr_nodes_case *c, const struct orr_nodes *clean,
                  double *out)
{
    struct orr_nodes seen = *c->x;
    struct orr_nodes_case part = *c;
    struct orr_nodes_forecast f;
    seen.points = ORR_NODES_WINDOW;
    part.x = &seen;
    if (orr_nodes_run(m, &part, ORR_NODES_AHEAD, NULL, &f, NULL) == ORR_OK) {
        double absolute = 0, square = 0;
        const size_t count = ORR_NODES_AHEAD * seen.n;
        const double *truth = clean->x + ORR_NODES_WINDOW * seen.n;
        for (size_t k = 0; k < count; k++) {
            const double e = f.mean[k] - truth[k];
            absolute += fabs(e) / (double)count;
            square += e * e / (double)count;
        }
        out[ORR_PANEL_MAE] = absolute;
        out[ORR_PANEL_RMSE] = sqrt(square);
        if (f.edges.n) out[ORR_PANEL_AUC] = orr_latent_edges_auc(&f.edges, c->graph);
    }
    orr_nodes_forecast_free(&f);
}

static void work(void *ctx, size_t i)
{
    const struct job *j = (const struct job *)ctx + i;
    struct orr_panel *p = j->p;
    const struct orr_nodes_method *method =
        orr_nodes_method_find(orr_panel_arms[j->arm == ORR_ARM_LAW_OTHER ? ORR_ARM_LAW : j->arm]);
    const bool learns = orr_nodes_method_learns(method);
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m = NULL;
    o.seed = p->o->seed + j->seed;
    if (j->arm == ORR_ARM_LAW_OTHER) o.without = couplings[p->dynamics];
    o.epochs = p->o->epochs ? p->o->epochs : p->o->quick ? 20 : 0;
    const double begin = orr_clock_now();
    const struct orr_panel_set *train = &p->train[j->family];
    if (orr_nodes_fit(method, learns ? train->item : NULL, learns ? train->n : 0, &o, NULL, &m, NULL) == ORR_OK) {
        if (learns) *orr_panel_seconds(p, j->family, j->arm, j->seed) = orr_clock_now() - begin;
        for (size_t k = 0; k < ORR_PANEL_SETTINGS; k++) {
            if (k < ORR_TOPOLOGIES && k != j->family && !learns) continue; /* nothing was carried over */
            const size_t owner = k < ORR_TOPOLOGIES ? k : j->family;
            const bool noisy = k >= ORR_TOPOLOGIES + ORR_SHIFTS - 1;
            const struct orr_panel_set *set = &p->test[owner][k], *clean = noisy ? &p->test[owner][owner] : set;
            for (size_t t = 0; t < set->n; t++)
                score(m, &set->item[t], &clean->x[t], orr_panel_score(p, j->family, k, j->arm, j->seed, t));
        }
    }
    orr_nodes_model_free(m);
}

static bool listed(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], name)) return true;
    return n == 0;
}

/* ---- one dynamics ---- */

/* Whether a fit depends on its seed. */
static bool draws(size_t arm) { return arm >= ORR_ARM_NETDYN && arm < ORR_ARM_LASSO; }

static enum orr_status run_jobs(struct orr_panel *p, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct job *jobs = orr_xcalloc(ORR_TOPOLOGIES * ORR_PANEL_ARMS * p->seeds, sizeof *jobs);
    size_t n = 0;
    for (size_t seed = 0; seed < p->seeds; seed++)
        for (size_t family = 0; family < ORR_TOPOLOGIES; family++)
            for (size_t arm = 0; arm < ORR_PANEL_ARMS; arm++)
                if (p->family[family] && p->wanted[arm] && (!seed || draws(arm)))
                    jobs[n++] = (struct job){p, family, arm, seed};
    const bool whole = orr_shards_for(p->o->shards, n, p->o->threads, work, jobs, ticker,
                                      orr_dynamics_names[p->dynamics], "fits", p->regions, 2);
    free(jobs);
    return whole ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, orr_dynamics_names[p->dynamics], "stopped");
}

static enum orr_status run_dynamics(const struct orr_eval_network_options *o, enum orr_dynamics kind,
                                    const struct orr_ticker *ticker, struct orr_panel_summary *sum,
                                    struct orr_eval *out, struct orr_error *err)
{
    static const char *const quick_families[] = {"ba"};
    struct orr_panel p = {.o = o,
                          .dynamics = kind,
                          .nodes = o->nodes   ? o->nodes
                                   : o->quick ? 40
                                              : 100,
                          .series = o->series  ? o->series
                                    : o->quick ? 30
                                               : 100,
                          .tests = o->tests   ? o->tests
                                   : o->quick ? 8
                                              : 20,
                          .seeds = (size_t)(o->seeds   ? o->seeds
                                            : o->quick ? 1
                                                       : ORR_PANEL_SEEDS)};
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < ORR_PANEL_ARMS; k++) p.wanted[k] = listed(o->methods, o->n_methods, orr_panel_arms[k]);
    for (size_t k = 0; k < ORR_TOPOLOGIES; k++)
        p.family[k] = o->quick && !o->n_topologies ? listed(quick_families, 1, orr_topology_names[k])
                                                   : listed(o->topologies, o->n_topologies, orr_topology_names[k]);
    const size_t cells = ORR_TOPOLOGIES * ORR_PANEL_SETTINGS * ORR_PANEL_ARMS * p.seeds * p.tests * ORR_PANEL_METRICS,
                 fits = ORR_TOPOLOGIES * ORR_PANEL_ARMS * p.seeds;
    p.score = orr_xmalloc(cells * sizeof *p.score);
    p.seconds = orr_xmalloc(fits * sizeof *p.seconds);
    for (size_t i = 0; i < cells; i++) p.score[i] = NAN;
    for (size_t i = 0; i < fits; i++) p.seconds[i] = NAN;
    for (size_t k = 0; k < ORR_TOPOLOGIES && !s; k++) s = draw_family(&p, k, err);
    p.regions[0] = (struct orr_region){p.score, cells * sizeof *p.score};
    p.regions[1] = (struct orr_region){p.seconds, fits * sizeof *p.seconds};
    if (!s) s = run_jobs(&p, ticker, err);
    if (!s && !orr_shards_partial(o->shards)) orr_panel_report(&p, sum, out);
    for (size_t k = 0; k < ORR_TOPOLOGIES; k++) {
        free_set(&p.train[k]);
        for (size_t q = 0; q < ORR_PANEL_SETTINGS; q++) free_set(&p.test[k][q]);
    }
    free(p.score);
    free(p.seconds);
    return s;
}

enum orr_status orr_eval_network(const struct orr_eval_network_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval *out, struct orr_error *err)
{
    static const char *const quick_dynamics[] = {"sis", "gene"};
    const double begin = orr_clock_now();
    struct orr_panel_summary sum = {0};
    enum orr_status s = ORR_OK;
    orr_blas_set_threads(1); /* the cores belong to the fits */
    out->name = "network";
    out->seed = o->seed;
    if (o->retrain) return orr_eval_network_ship(o, ticker, err);
    for (int k = 0; k < ORR_DYNAMICS_KINDS && !s; k++)
        if (o->quick && !o->n_dynamics ? listed(quick_dynamics, 2, orr_dynamics_names[k])
                                       : listed(o->dynamics, o->n_dynamics, orr_dynamics_names[k]))
            s = run_dynamics(o, (enum orr_dynamics)k, ticker, &sum, out, err);
    if (!s && !orr_shards_partial(o->shards)) orr_panel_summarise(&sum, o->seed, out);
    free(sum.log_mae);
    out->seconds = orr_clock_now() - begin;
    return s;
}
