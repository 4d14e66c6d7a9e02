/* The blend's weights, learned on a population of other series. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/vec.h"
#include "methods/adoption/blend.h"
#include "num/minimise.h"
#include "num/stats.h"

enum { FIRST_AGE = 4, LAST_AGE = 24, LAST_HORIZON = 12, STEPS = 300, P = ORR_BLEND_PARAMS, S = ORR_BLEND_SIZES };
static const double FEWEST_EVENTS = 10, ROUNDING = 0.02 /* rounds off the kink of |e| */, TOLERANCE = 1e-6;
/* Holds a near 0 and pulls the corrections to none: few groups speak. */
static const double RIDGE[P] = {1, 1, 1e-3, 1e-3, 1e-3, 1e-3};

/* One age and horizon of one series. */
struct window {
    size_t group;
    double age, h, count, log_y, fixed, slope[P], weight;
    double grown, growth; /* y - c, and its forecast by the blend that has not seen the group */
    double basis[S];      /* what the size of its error depends on */
};
struct windows {
    struct window *data;
    size_t len, cap;
};
struct lesson {
    const struct windows *all;
    size_t left_out;
};

/* ---- windows ---- */

struct building {
    const struct orr_blend_series *series;
    const struct orr_rpp_prior *prior;
    int age_step;
    struct windows *own; /* [n], one per series */
};

static void add_series(void *ctx, size_t index)
{
    const struct building *x = ctx;
    const struct orr_blend_series *s = &x->series[index];
    const struct orr_counts *c = &s->counts;
    struct windows *own = &x->own[index];
    own->len = 0;
    for (size_t i = 0; i + 1 < c->n; i++) {
        const double age = c->t[i];
        if (age < FIRST_AGE || age > LAST_AGE || c->c[i] < FEWEST_EVENTS) continue;
        if (((int)age - FIRST_AGE) % x->age_step) continue;
        const struct orr_counts seen = {i + 1, c->t, c->c};
        struct orr_blend_state state;
        if (orr_blend_observe(&seen, x->prior, LAST_HORIZON, index, &state, NULL) != ORR_OK) continue;
        for (size_t k = i + 1; k < c->n && c->t[k] - age <= LAST_HORIZON; k++) {
            struct window w = {.group = s->group, .age = age, .h = c->t[k] - age, .count = state.count};
            w.grown = fmax(c->c[k] - state.count, 0);
            w.log_y = log(state.count + w.grown);
            orr_blend_design(&state, w.h, &w.fixed, w.slope);
            ORR_VEC_PUSH(own, w);
        }
    }
}

/* All windows of all series, in their order, with weights. */
static enum orr_status build(const struct building *x, size_t n, size_t groups, int threads,
                             const struct orr_ticker *ticker, struct windows *all, struct orr_error *err)
{
    if (!orr_parallel_for(n, threads, add_series, (void *)x, ticker, "learning the blend", "series"))
        return orr_error_set(err, ORR_ECANCELLED, "blend", "stopped while learning");
    double *used = orr_xcalloc(groups + 1, sizeof *used); /* per group: series with windows */
    for (size_t i = 0; i < n; i++) used[x->series[i].group] += x->own[i].len > 0;
    all->len = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < x->own[i].len; k++) {
            struct window w = x->own[i].data[k];
            w.weight = 1 / sqrt((double)x->own[i].len * used[w.group]);
            ORR_VEC_PUSH(all, w);
        }
    }
    free(used);
    return ORR_OK;
}

/* ---- losses ---- */

static double window_growth(const struct window *w, const double *p)
{
    double x = w->fixed;
    for (int j = 0; j < P; j++) x += p[j] * w->slope[j];
    return w->h * exp(fmin(fmax(x, -40), 30));
}

/* Weighted mean of |ln c(T+h) - its forecast|, rounded at 0, plus a small ridge. */
static double forecast_loss(void *ctx, const double *p, double *g)
{
    const struct lesson *lesson = ctx;
    double sum = 0, total = 0;
    memset(g, 0, P * sizeof *g);
    for (size_t i = 0; i < lesson->all->len; i++) {
        const struct window *w = &lesson->all->data[i];
        if (w->group == lesson->left_out) continue;
        const double d = window_growth(w, p), e = log(w->count + d) - w->log_y;
        const double a = sqrt(e * e + ROUNDING * ROUNDING), slope = w->weight * e / a * d / (w->count + d);
        sum += w->weight * a;
        total += w->weight;
        for (int j = 0; j < P; j++) g[j] += slope * w->slope[j];
    }
    double f = sum / total;
    for (int j = 0; j < P; j++) {
        f += RIDGE[j] * p[j] * p[j];
        g[j] = g[j] / total + 2 * RIDGE[j] * p[j];
    }
    return f;
}

static double log_error(const struct window *w) { return log((w->grown + 1) / (w->growth + 1)); }

static double error_size(const struct window *w, const double *scale)
{
    double log_size = 0;
    for (int j = 0; j < S; j++) log_size += scale[j] * w->basis[j];
    return exp(log_size);
}

/* The Laplace likelihood of the errors given their size s: mean of ln s + |e| / s. */
static double size_loss(void *ctx, const double *scale, double *g)
{
    const struct lesson *lesson = ctx;
    double sum = 0, total = 0;
    memset(g, 0, S * sizeof *g);
    for (size_t i = 0; i < lesson->all->len; i++) {
        const struct window *w = &lesson->all->data[i];
        if (w->group == lesson->left_out) continue;
        const double s = error_size(w, scale), e = fabs(log_error(w)) / s;
        sum += w->weight * (log(s) + e);
        total += w->weight;
        for (int j = 0; j < S; j++) g[j] += w->weight * (1 - e) * w->basis[j];
    }
    for (int j = 0; j < S; j++) g[j] /= total;
    return sum / total;
}

struct scored {
    double x, weight;
};
static int by_score(const void *a, const void *b)
{
    const double x = ((const struct scored *)a)->x, y = ((const struct scored *)b)->x;
    return (x > y) - (x < y);
}

/* Weighted quantiles of the errors over their size. */
static void learn_quantiles(const struct lesson *lesson, struct orr_blend *out, struct scored *scores, double *x,
                            double *weight)
{
    size_t n = 0;
    for (size_t i = 0; i < lesson->all->len; i++) {
        const struct window *w = &lesson->all->data[i];
        if (w->group == lesson->left_out) continue;
        scores[n++] = (struct scored){log_error(w) / error_size(w, out->scale), w->weight};
    }
    qsort(scores, n, sizeof *scores, by_score);
    for (size_t i = 0; i < n; i++) x[i] = scores[i].x, weight[i] = scores[i].weight;
    for (int k = 0; k < ORR_BLEND_PROBS; k++)
        out->quantile[k] = orr_stats_weighted_quantile(x, weight, n, orr_blend_probs[k]);
}

static bool enough(const struct windows *all, size_t groups)
{
    for (size_t g = 0; g <= groups; g++) {
        size_t n = 0;
        for (size_t i = 0; i < all->len; i++) n += all->data[i].group != g;
        if (n < 30) return false;
    }
    return true;
}

enum orr_status orr_blend_learn(const struct orr_blend_series *series, size_t n, size_t groups,
                                const struct orr_rpp_prior *priors, int age_step, int threads,
                                const struct orr_ticker *ticker, struct orr_blend *out, struct orr_error *err)
{
    struct windows all = {0}, *own = orr_xcalloc(n + 1, sizeof *own);
    double *growth = NULL, *x = NULL; /* growth: forecasts by the blend that has not seen the window's group */
    struct scored *scores = NULL;
    enum orr_status status = ORR_OK;
    for (size_t g = 0; g <= groups; g++) { /* the windows depend on the prior, so they are built for each group */
        const struct building building = {series, &priors[g], age_step < 1 ? 1 : age_step, own};
        status = build(&building, n, groups, threads, ticker, &all, err);
        if (status == ORR_OK && !enough(&all, groups))
            status = orr_error_set(err, ORR_EINVAL, "blend",
                                   "too few forecasts to learn from without each group; give more series or groups");
        if (status != ORR_OK) goto out;
        if (!growth && !(growth = orr_alloc(all.len, sizeof *growth))) goto no_memory;
        struct lesson lesson = {&all, g};
        memset(&out[g], 0, sizeof out[g]);
        orr_minimise(forecast_loss, &lesson, P, out[g].p, STEPS, TOLERANCE, NULL);
        for (size_t i = 0; i < all.len; i++)
            if (all.data[i].group == g) growth[i] = window_growth(&all.data[i], out[g].p);
    }
    for (size_t i = 0; i < all.len; i++) {
        struct window *w = &all.data[i];
        w->growth = growth[i];
        orr_blend_error_basis(w->age, w->h, w->growth, w->basis);
    }
    scores = orr_alloc(all.len, sizeof *scores);
    x = orr_alloc(all.len, 2 * sizeof *x);
    if (!scores || !x) goto no_memory;
    for (size_t g = 0; g <= groups; g++) {
        struct lesson lesson = {&all, g};
        orr_minimise(size_loss, &lesson, S, out[g].scale, STEPS, TOLERANCE, NULL);
        learn_quantiles(&lesson, &out[g], scores, x, x + all.len);
    }
    goto out;
no_memory:
    status = orr_error_set(err, ORR_ENOMEM, "blend", "no memory for %zu forecasts", all.len);
out:
    for (size_t i = 0; i < n; i++) free(own[i].data);
    free(own);
    free(all.data);
    free(growth);
    free(scores);
    free(x);
    return status;
}
