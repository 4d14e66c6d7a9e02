/* The series of the adoption evaluation, their groups, and what is learned without each group. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_adoption.h"
#include "base/mem.h"
#include "base/parallel.h"

enum { SETTINGS = 3, ROUNDS = 1000, QUICK_ROUNDS = 300, PRIOR_ROUNDS = 5, QUICK_PRIOR_SERIES = 60 };
static const struct {
    const char *name;
    size_t observe, ahead;
} settings[SETTINGS] = {{"6+6", 6, 6}, {"12+6", 12, 6}, {"12+12", 12, 12}};
static const double FEWEST_EVENTS = 10, LEVELS[2] = {0.5, 0.9};
static const char *const baselines[] = {"persistence", "linear", "exponential", "logistic", "gompertz", "bass"};
enum { BASELINES = sizeof baselines / sizeof *baselines, FITS = 5, METHODS = BASELINES + FITS };
static const struct {
    const char *name;
    enum orr_adoption_fit fit;
    bool paper;
} fits[FITS] = {{"wsb-paper", ORR_ADOPTION_LEAST_SQUARES, true},
                {"least-squares", ORR_ADOPTION_LEAST_SQUARES, false},
                {"rpp", ORR_ADOPTION_RPP, false},
                {"bayes", ORR_ADOPTION_BAYES, false},
                {"blend", ORR_ADOPTION_BLEND, false}};
enum { BAYES = METHODS - 2, BLEND = METHODS - 1 };

static const char *method_name(size_t m) { return m < BASELINES ? baselines[m] : fits[m - BASELINES].name; }

void orr_adoption_panel_add(struct orr_adoption_panel *p, const struct orr_adoption_item *item, size_t group)
{
    if ((p->n & (p->n + 1)) == 0) p->series = orr_xrealloc(p->series, 2 * p->n + 2, sizeof *p->series);
    const size_t n = item->n ? (size_t)fmin(item->t[item->n - 1], 1200) : 0;
    double *t = orr_arena_zalloc(&p->arena, n + 1, sizeof *t), *c = orr_arena_zalloc(&p->arena, n + 1, sizeof *c);
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        t[i] = (double)(i + 1);
        c[i] = i ? c[i - 1] : 0;
        while (next < item->n && item->t[next] <= t[i]) c[i] = item->c[next++];
    }
    p->series[p->n++] = (struct orr_blend_series){{n, t, c}, group};
    if (group >= p->groups) p->groups = group + 1;
}

void orr_adoption_panel_free(struct orr_adoption_panel *p)
{
    free(p->series);
    free(p->priors);
    free(p->blends);
    orr_arena_free(&p->arena);
    *p = (struct orr_adoption_panel){0};
}

/* ---- learning ---- */

/* The population's prior without group g: from series that are long enough to say something. */
static enum orr_status learn_prior(const struct orr_adoption_panel *p, size_t g,
                                   const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                   struct orr_error *err)
{
    struct orr_counts *used = orr_xcalloc(p->n + 1, sizeof *used);
    size_t n = 0;
    const size_t most = o->quick ? QUICK_PRIOR_SERIES : p->n;
    for (size_t i = 0; i < p->n && n < most; i++) {
        const struct orr_counts *c = &p->series[i].counts;
        if (p->series[i].group != g && c->n >= settings[0].observe && c->c[c->n - 1] >= FEWEST_EVENTS) used[n++] = *c;
    }
    const enum orr_status status =
        orr_rpp_learn_prior(used, n, 1, PRIOR_ROUNDS, o->seed, o->threads, ticker, &p->priors[g], err);
    free(used);
    return status;
}

enum orr_status orr_adoption_panel_learn(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o,
                                         const struct orr_ticker *ticker, struct orr_error *err)
{
    const size_t k = p->groups + 1;
    p->priors = orr_xcalloc(k, sizeof *p->priors);
    p->blends = orr_xcalloc(k, sizeof *p->blends);
    for (size_t g = 0; g < k; g++) {
        const enum orr_status status = learn_prior(p, g, o, ticker, err);
        if (status != ORR_OK) return status;
    }
    const struct orr_blend_lesson lesson = {p->series, p->n, p->groups,           p->priors,
                                            NULL,      NULL, o->quick ? 4 : 1, o->threads};
    return orr_blend_learn(&lesson, ticker, p->blends, err);
}

/* ---- forecasting ---- */

struct score { /* of one method on one series */
    double ape;
    bool in[2]; /* within the 50% and the 90% interval */
};
struct forecasting {
    const struct orr_adoption_panel *p;
    const struct orr_eval_adoption_options *o;
    size_t observe, ahead, n;
    size_t *index;       /* [n] the series that are long enough */
    struct score *score; /* (n, METHODS) */
};

static enum orr_status forecast(const struct forecasting *x, const struct orr_blend_series *s, size_t m, double level,
                                struct orr_forecast *f)
{
    const struct orr_counts seen = {x->observe, s->counts.t, s->counts.c};
    f->level = level;
    if (m < BASELINES) {
        static const double none[1] = {0};
        return orr_method_find(baselines[m])->forecast_counts(&seen, x->ahead, none, x->o->seed, NULL, f, NULL);
    }
    struct orr_adoption fit;
    struct orr_adoption_settings a = orr_adoption_defaults();
    a.fit = fits[m - BASELINES].fit;
    a.paper = fits[m - BASELINES].paper;
    a.level = level;
    a.seed = x->o->seed;
    return orr_adoption_fit(&seen, &a, NULL, NULL, false, x->ahead, NULL, &fit, f, NULL);
}

/* The posterior is the dear part, and the same for bayes and blend at all levels. */
static bool observe(const struct forecasting *x, const struct orr_blend_series *s, struct orr_blend_state *state)
{
    const struct orr_counts seen = {x->observe, s->counts.t, s->counts.c};
    const uint64_t seed = x->o->seed;
    struct orr_rpp_posterior posterior;
    if (orr_rpp_posterior(&seen, 1, &x->p->priors[s->group], true, seed, &posterior, NULL) != ORR_OK) return false;
    const bool ok = orr_blend_observe(&seen, &posterior, x->ahead, seed, NULL, state, NULL) == ORR_OK;
    orr_rpp_posterior_free(&posterior);
    return ok;
}

/* All methods on one series. A method that fails is charged the error of forecasting nothing at all: 1. */
static void forecast_series(void *ctx, size_t i)
{
    struct forecasting *x = ctx;
    const struct orr_blend_series *s = &x->p->series[x->index[i]];
    const double y = s->counts.c[x->observe + x->ahead - 1];
    double t[12], mean[12], lower[12], upper[12];
    const size_t k = x->ahead - 1;
    struct orr_blend_state state;
    const bool observed = observe(x, s, &state);
    for (size_t m = 0; m < METHODS; m++) {
        struct score *out = &x->score[i * METHODS + m];
        out->ape = 1;
        for (int level = 0; level < 2; level++) {
            struct orr_forecast f = {.t = t, .mean = mean, .lower = lower, .upper = upper};
            if (m >= BAYES && observed)
                orr_adoption_forecast(&x->p->blends[s->group], m == BAYES ? ORR_BLEND_BAYES : ORR_BLEND_BLEND, &state,
                                      LEVELS[level], &f);
            else if (m >= BAYES || forecast(x, s, m, LEVELS[level], &f) != ORR_OK)
                continue;
            out->ape = fabs(mean[k] - y) / y;
            out->in[level] = y >= lower[k] && y <= upper[k];
        }
    }
    if (observed) orr_blend_state_free(&state);
}

static void add_rows(const struct forecasting *x, const char *setting, struct orr_eval *out)
{
    const char *const task = x->p->task;
    const size_t n = x->n, rounds = x->o->quick ? QUICK_ROUNDS : ROUNDS;
    double *a = orr_xcalloc(3 * n + 1, sizeof *a), *b = a + n, *square = b + n;
    for (size_t m = 0; m < METHODS; m++) {
        for (size_t i = 0; i < n; i++) {
            a[i] = x->score[i * METHODS + m].ape;
            square[i] = a[i] * a[i];
        }
        const uint64_t seed = x->o->seed;
        const char *const name = method_name(m);
        orr_eval_row(out, task, setting, name, "medape", "lower",
                     orr_stats_bootstrap(a, NULL, n, ORR_STAT_MEDIAN, rounds, 0.95, seed), n);
        orr_eval_row(out, task, setting, name, "mape", "lower",
                     orr_stats_bootstrap(a, NULL, n, ORR_STAT_MEAN, rounds, 0.95, seed), n);
        orr_eval_row(out, task, setting, name, "rmse", "lower",
                     orr_stats_bootstrap(square, NULL, n, ORR_STAT_RMS, rounds, 0.95, seed), n);
        for (int level = 0; level < 2; level++) {
            for (size_t i = 0; i < n; i++) b[i] = x->score[i * METHODS + m].in[level];
            orr_eval_row(out, task, setting, name, level ? "coverage90" : "coverage50", "nominal",
                         orr_stats_bootstrap(b, NULL, n, ORR_STAT_MEAN, rounds, 0.95, seed), n);
        }
        for (size_t ours = BAYES; ours <= BLEND; ours++) {
            if (m == ours || m > BLEND) continue;
            for (size_t i = 0; i < n; i++) b[i] = x->score[i * METHODS + ours].ape;
            orr_eval_paired(out, task, setting, method_name(ours), name, "medape",
                            orr_stats_bootstrap(b, a, n, ORR_STAT_MEDIAN, rounds, 0.95, seed), n);
        }
    }
    free(a);
}

enum orr_status orr_adoption_panel_forecast(const struct orr_adoption_panel *p,
                                            const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                            struct orr_eval *out, struct orr_error *err)
{
    for (size_t s = 0; s < SETTINGS; s++) {
        struct forecasting x = {p, o, settings[s].observe, settings[s].ahead, 0, NULL, NULL};
        x.index = orr_xcalloc(p->n + 1, sizeof *x.index);
        for (size_t i = 0; i < p->n; i++) {
            const struct orr_counts *c = &p->series[i].counts;
            if (c->n >= x.observe + x.ahead && c->c[x.observe - 1] >= FEWEST_EVENTS) x.index[x.n++] = i;
        }
        x.score = orr_xcalloc(x.n * METHODS + 1, sizeof *x.score);
        const struct orr_region region = {x.score, x.n * METHODS * sizeof *x.score};
        const bool done = orr_shards_for(o->shards, x.n, o->threads, forecast_series, &x, ticker, p->task, "series", &region, 1);
        if (done && x.n) add_rows(&x, settings[s].name, out);
        free(x.index);
        free(x.score);
        if (!done) return orr_error_set(err, ORR_ECANCELLED, p->task, "stopped while forecasting");
    }
    return ORR_OK;
}
