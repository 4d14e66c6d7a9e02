/* The tasks of `orrery eval adoption`. */
#include "app/eval_adoption.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"

enum {
    SEEDS = 5,
    MONTHS = 24,
    RECOVERY_SERIES = 250,  /* per seed */
    PRIOR_SERIES = 400,     /* simulated apart, to learn the prior of the recovery test from */
    FORECAST_SERIES = 30,   /* simulated, per seed */
    PACKAGES = 150,
    FOLDS = 5,
    ROUNDS = 1000,
    QUICK_SHARE = 4,        /* --quick takes a quarter of each of these */
};
static const double AGREEMENT = 1e-3; /* of two curves, over the largest value */

static size_t share(const struct orr_eval_adoption_options *o, size_t n) { return o->quick ? n / QUICK_SHARE : n; }

static struct orr_stats_interval bootstrap_mean(const double *x, size_t n, const struct orr_eval_adoption_options *o)
{
    return orr_stats_bootstrap(x, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, o->seed);
}

/* ---- recovery: parameters of simulated series ---- */

static const double months[MONTHS] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                      13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};

/* A population like that of open-weight models by month: a series with at least one event. */
static void simulate(uint64_t seed, uint64_t item, struct orr_wsb *p, double *c)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, item);
    do {
        p->m = 1;
        p->lambda = orr_rng_gamma(&rng, 6);
        p->mu = 2 + 0.6 * orr_rng_normal(&rng);
        p->sigma = exp(-0.1 + 0.35 * orr_rng_normal(&rng));
        orr_rpp_simulate(p, MONTHS, months, &rng, c);
    } while (!(c[MONTHS - 1] > 0));
}

enum { TARGETS = ORR_WSB_PARAMS + 1 }; /* lambda, mu, sigma, ultimate impact */
static const char *const target_names[TARGETS] = {"lambda", "mu", "sigma", "ultimate"};
struct recovery {
    const struct orr_eval_adoption_options *o;
    struct orr_rpp_prior prior;
    size_t per_seed;
    double *hit[2][TARGETS], *ape; /* [n] */
};

static void recover(void *ctx, size_t i)
{
    static const double levels[2] = {0.5, 0.9};
    struct recovery *x = ctx;
    struct orr_wsb p;
    double c[MONTHS];
    const uint64_t seed = x->o->seed + i / x->per_seed;
    simulate(seed, i, &p, c);
    const struct orr_counts counts = {MONTHS, months, c};
    struct orr_rpp_posterior posterior;
    if (orr_rpp_posterior(&counts, 1, &x->prior, true, seed, &posterior, NULL) != ORR_OK) return;
    const double truth[TARGETS] = {p.lambda, p.mu, p.sigma, orr_wsb_ultimate(&p)};
    for (int level = 0; level < 2; level++) {
        for (int j = 0; j < TARGETS; j++) {
            double lo, median, hi;
            orr_rpp_interval(&posterior, j % ORR_WSB_PARAMS, levels[level], &lo, &median, &hi);
            if (j == ORR_WSB_PARAMS) { /* m (exp(lambda) - 1) rises with lambda, so its interval is lambda's */
                lo = expm1(lo), median = expm1(median), hi = expm1(hi);
                x->ape[i] = fabs(median - truth[j]) / truth[j];
            }
            x->hit[level][j][i] = truth[j] >= lo && truth[j] <= hi;
        }
    }
    orr_rpp_posterior_free(&posterior);
}

static enum orr_status recovery(const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err)
{
    const size_t per_seed = share(o, RECOVERY_SERIES), n = SEEDS * per_seed, apart = share(o, PRIOR_SERIES);
    double(*c)[MONTHS] = orr_xcalloc(apart, sizeof *c);
    struct orr_counts *population = orr_xcalloc(apart, sizeof *population);
    for (size_t i = 0; i < apart; i++) {
        struct orr_wsb p;
        simulate(o->seed + 1000, i, &p, c[i]);
        population[i] = (struct orr_counts){MONTHS, months, c[i]};
    }
    struct recovery x = {.o = o, .per_seed = per_seed};
    double *memory = orr_xcalloc((2 * TARGETS + 1) * n, sizeof *memory), *at = memory;
    for (int level = 0; level < 2; level++)
        for (int j = 0; j < TARGETS; j++, at += n) x.hit[level][j] = at;
    x.ape = at;
    enum orr_status status = orr_rpp_learn_prior(population, apart, 1, 6, o->seed, o->threads, ticker, &x.prior, err);
    const struct orr_region region = {memory, (2 * TARGETS + 1) * n * sizeof *memory};
    if (status == ORR_OK && !orr_shards_for(o->shards, n, o->threads, recover, &x, ticker, "recovery", "series", &region, 1))
        status = orr_error_set(err, ORR_ECANCELLED, "recovery", "stopped");
    if (status == ORR_OK) {
        for (int j = 0; j < TARGETS; j++)
            for (int level = 0; level < 2; level++)
                orr_eval_row(out, "recovery", target_names[j], "bayes", level ? "coverage90" : "coverage50", "nominal",
                             bootstrap_mean(x.hit[level][j], n, o), n);
        orr_eval_row(out, "recovery", "ultimate", "bayes", "medape", "lower",
                     orr_stats_bootstrap(x.ape, NULL, n, ORR_STAT_MEDIAN, ROUNDS, 0.95, o->seed), n);
    }
    free(memory);
    free(population);
    free(c);
    return status;
}

/* ---- golden: the authors' own parameters ---- */

enum golden { GOLDEN_SKIP, GOLDEN_START, GOLDEN_IDENTIFIED, GOLDEN_RIDGE, GOLDEN_KINDS };
struct golden_row {
    enum golden kind;
    double agrees, not_worse; /* 0 or 1 */
};
struct golden_job {
    const struct orr_adoption_set *set;
    struct golden_row *rows;
};

static void compare_golden(void *ctx, size_t i)
{
    struct golden_job *x = ctx;
    const struct orr_adoption_item *item = &x->set->items[i];
    struct golden_row *row = &x->rows[i];
    const struct orr_wsb theirs = {1, item->published[0], item->published[1], item->published[2]};
    const struct orr_counts counts = {item->n, item->t, item->c};
    const struct orr_wsb_options options = orr_wsb_paper();
    struct orr_wsb_fit fit;
    if (!isfinite(theirs.lambda) || orr_wsb_least_squares(&counts, NULL, &options, &fit, NULL) != ORR_OK) return;
    double apart = 0, top = 0, square = 0;
    for (size_t k = 0; k < item->n; k++) {
        const double t = item->t[k] / options.time_unit, a = orr_wsb_count(&theirs, t), b = orr_wsb_count(&fit.p, t);
        apart = fmax(apart, fabs(a - b));
        top = fmax(top, fabs(a));
        square += (a - item->c[k]) * (a - item->c[k]);
    }
    row->agrees = apart <= AGREEMENT * top;
    row->not_worse = fit.rmse <= sqrt(square / (double)item->n) * (1 + 1e-6) + 1e-9;
    struct orr_wsb_identity identity = {0};
    const bool start = theirs.lambda == 0.5 && theirs.mu == 2 && theirs.sigma == 0.5;
    if (!start) orr_wsb_identify(&counts, &options, &fit, 0.9, &identity, NULL);
    row->kind = start ? GOLDEN_START : identity.identified ? GOLDEN_IDENTIFIED : GOLDEN_RIDGE;
}

static enum orr_status golden(const struct orr_adoption_set *set, const struct orr_eval_adoption_options *o,
                              const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    static const char *const names[GOLDEN_KINDS] = {"", "their start values", "identified", "not identified"};
    struct golden_job x = {set, orr_xcalloc(set->n + 1, sizeof *x.rows)};
    const struct orr_region region = {x.rows, set->n * sizeof *x.rows};
    const bool done = orr_shards_for(o->shards, set->n, o->threads, compare_golden, &x, ticker, "golden", "series", &region, 1);
    double *agrees = orr_xcalloc(2 * set->n + 1, sizeof *agrees), *not_worse = agrees + set->n;
    for (int kind = GOLDEN_START; kind < GOLDEN_KINDS && done; kind++) {
        size_t n = 0;
        for (size_t i = 0; i < set->n; i++) {
            if (x.rows[i].kind != (enum golden)kind) continue;
            agrees[n] = x.rows[i].agrees;
            not_worse[n++] = x.rows[i].not_worse;
        }
        if (!n) continue;
        orr_eval_row(out, "golden", names[kind], "wsb-paper", "agrees@1e-3", "higher", bootstrap_mean(agrees, n, o), n);
        orr_eval_row(out, "golden", names[kind], "wsb-paper", "not_worse", "higher", bootstrap_mean(not_worse, n, o), n);
    }
    free(agrees);
    free(x.rows);
    return done ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, "golden", "stopped");
}

/* ---- panels ---- */

static enum orr_status run_panel(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o,
                                 const struct orr_ticker *ticker, struct orr_eval *out, struct orr_error *err)
{
    const enum orr_status status = orr_adoption_panel_learn(p, o, ticker, err);
    return status == ORR_OK ? orr_adoption_panel_forecast(p, o, ticker, out, err) : status;
}

void orr_adoption_panel_simulate(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o)
{
    const size_t per_seed = share(o, FORECAST_SERIES);
    p->task = "forecast-simulated";
    for (size_t i = 0; i < SEEDS * per_seed; i++) {
        struct orr_wsb truth;
        double c[MONTHS];
        simulate(o->seed + 2000 + i / per_seed, i, &truth, c);
        const struct orr_adoption_item item = {.n = MONTHS, .t = (double *)months, .c = c};
        orr_adoption_panel_add(p, &item, i / per_seed);
    }
}

static enum orr_status forecast_simulated(const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                          struct orr_eval *out, struct orr_error *err)
{
    struct orr_adoption_panel p = {0};
    orr_adoption_panel_simulate(&p, o);
    const enum orr_status status = run_panel(&p, o, ticker, out, err);
    orr_adoption_panel_free(&p);
    return status;
}

/* All tables that match a pattern below `real`. */
static enum orr_status load_tables(const char *real, const char *pattern, const struct orr_ticker *ticker,
                                   struct orr_adoption_set *set, struct orr_error *err)
{
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/%s", real, pattern);
    glob_t found = {0};
    enum orr_status status = ORR_OK;
    if (glob(path.data, 0, NULL, &found))
        status = orr_error_set(err, ORR_ENOTFOUND, path.data, "no such files; --real names a folder that holds them");
    for (size_t i = 0; i < found.gl_pathc && status == ORR_OK; i++)
        status = orr_adoption_load_table(found.gl_pathv[i], ticker, set, err);
    globfree(&found);
    orr_str_free(&path);
    return status;
}

/* Companies as groups, in order of appearance. */
static void add_companies(struct orr_adoption_panel *p, const struct orr_adoption_set *set)
{
    size_t group = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (i && strcmp(set->items[i].group, set->items[i - 1].group)) group++;
        orr_adoption_panel_add(p, &set->items[i], group);
    }
}

static enum orr_status models(const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                              struct orr_eval *out, struct orr_error *err)
{
    struct orr_adoption_set set = {0};
    struct orr_adoption_panel p = {.task = "forecast-hf"};
    enum orr_status status = load_tables(o->real, "hf_adoption/data/*/finetune/*.csv", ticker, &set, err);
    if (status == ORR_OK) status = golden(&set, o, ticker, out, err);
    if (status == ORR_OK) {
        add_companies(&p, &set);
        status = run_panel(&p, o, ticker, out, err);
    }
    if (status == ORR_OK && o->learn) status = orr_adoption_panel_ship(&p, o, ticker, err);
    orr_adoption_panel_free(&p);
    orr_adoption_set_free(&set);
    return status;
}

/* Packages drawn and parted into folds by the hash of their names. */
enum orr_status orr_adoption_panel_packages(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o,
                                            const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_adoption_set set = {0};
    const enum orr_status status = load_tables(o->real, "pypi_downloads/pypi_downloads.csv", ticker, &set, err);
    const double keep = (double)share(o, PACKAGES) / (double)(set.n ? set.n : 1);
    p->task = "forecast-pypi";
    for (size_t i = 0; i < set.n && status == ORR_OK; i++) {
        const uint64_t hash = XXH3_64bits(set.items[i].name, strlen(set.items[i].name));
        if ((double)(hash >> 11) * 0x1p-53 < keep) orr_adoption_panel_add(p, &set.items[i], hash % FOLDS);
    }
    orr_adoption_set_free(&set);
    return status;
}

static enum orr_status packages(const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err)
{
    struct orr_adoption_panel p = {0};
    enum orr_status status = orr_adoption_panel_packages(&p, o, ticker, err);
    if (status == ORR_OK) status = run_panel(&p, o, ticker, out, err);
    orr_adoption_panel_free(&p);
    return status;
}

enum orr_status orr_eval_adoption(const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                  struct orr_eval *out, struct orr_error *err)
{
    if (o->learn && !o->real)
        return orr_error_set(err, ORR_EINVAL, "eval adoption", "--learn needs real series: add --real DIR");
    const double start = orr_clock_now();
    out->name = "adoption";
    out->seed = o->seed;
    enum orr_status status = ORR_OK;
    if (!o->only_models) status = recovery(o, ticker, out, err);
    if (status == ORR_OK && !o->only_models) status = forecast_simulated(o, ticker, out, err);
    if (status == ORR_OK && o->real) status = models(o, ticker, out, err);
    if (status == ORR_OK && o->real && !o->only_models) status = packages(o, ticker, out, err);
    out->seconds = orr_clock_now() - start;
    return status;
}
