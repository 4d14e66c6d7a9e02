/* The blend's weights, learned on a population of other series. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/vec.h"
#include "methods/adoption/blend.h"
#include "num/minimise.h"
#include "num/stats.h"

enum { FIRST_AGE = 4, LAST_AGE = 24, LAST_HORIZON = 12, STEPS = 300, S = ORR_BLEND_SIZES };
static const double FEWEST_EVENTS = 10, ROUNDING = 0.02 /* rounds off the kink of |e| */, TOLERANCE = 1e-6;
static const double RIDGE = 1e-2, SIZE_RIDGE = 1e-3; /* pull to no correction: few groups speak */
enum { FEWEST_WINDOWS = 30 };

/* One age and horizon of one series. */
struct window {
    size_t group;
    double h, count, grown, log_y, fixed, slope[ORR_BLEND_LEARNED], weight;
    double basis[S];                    /* of (4) for a growth of 0 */
    double growth[ORR_BLEND_FORECASTS]; /* forecast without what the group taught */
};
struct windows {
    struct window *data;
    size_t len, cap;
};
/* All windows but those of one group, and which forecast's errors are learned. */
struct others {
    const struct windows *all;
    size_t left_out;
    enum orr_blend_forecast which;
};

/* ---- windows ---- */

struct building {
    const struct orr_blend_lesson *lesson;
    struct windows *own; /* [n], one per series */
};

static void add_age(const struct orr_blend_series *s, size_t i, const struct orr_blend_state *state,
                    struct windows *own)
{
    const struct orr_counts *c = &s->counts;
    for (size_t k = i + 1; k < c->n && c->t[k] - state->age <= LAST_HORIZON; k++) {
        const size_t h = (size_t)fmax(c->t[k] - state->age, 1);
        struct window w = {.group = s->group, .h = (double)h, .count = state->count};
        w.grown = fmax(c->c[k] - state->count, 0);
        w.log_y = log(state->count + w.grown);
        orr_blend_design(state, h, &w.fixed, w.slope);
        orr_blend_error_basis(state, h, 0, w.basis);
        w.growth[ORR_BLEND_BAYES] = state->growth[h - 1];
        ORR_VEC_PUSH(own, w);
    }
}

static void add_series(void *ctx, size_t index)
{
    const struct building *x = ctx;
    const struct orr_blend_series *s = &x->lesson->series[index];
    const struct orr_counts *c = &s->counts;
    const int step = x->lesson->age_step < 1 ? 1 : x->lesson->age_step;
    for (size_t i = 0; i + 1 < c->n; i++) {
        const double age = c->t[i];
        if (age < FIRST_AGE || age > LAST_AGE || c->c[i] < FEWEST_EVENTS || ((int)age - FIRST_AGE) % step) continue;
        const struct orr_counts seen = {i + 1, c->t, c->c};
        struct orr_rpp_posterior posterior;
        struct orr_blend_state state;
        if (orr_rpp_posterior(&seen, 1, &x->lesson->priors[s->group], true, index, &posterior, NULL) != ORR_OK)
            continue;
        if (orr_blend_observe(&seen, &posterior, LAST_HORIZON, index, NULL, &state, NULL) == ORR_OK) {
            add_age(s, i, &state, &x->own[index]);
            orr_blend_state_free(&state);
        }
        orr_rpp_posterior_free(&posterior);
    }
}

/* All windows of all series, in their order, with weights. */
static void gather(const struct building *x, struct windows *all)
{
    const struct orr_blend_lesson *const lesson = x->lesson;
    double *total = orr_xcalloc(lesson->groups + 1, sizeof *total); /* per group: weight of its series */
    for (size_t i = 0; i < lesson->n; i++) total[lesson->series[i].group] += sqrt((double)x->own[i].len);
    double *used = orr_xcalloc(lesson->groups + 1, sizeof *used); /* and how many have windows */
    for (size_t i = 0; i < lesson->n; i++) used[lesson->series[i].group] += x->own[i].len > 0;
    for (size_t i = 0; i < lesson->n; i++) {
        for (size_t k = 0; k < x->own[i].len; k++) {
            struct window w = x->own[i].data[k];
            w.weight = 1 / sqrt((double)x->own[i].len * used[w.group]);
            if (lesson->share) w.weight = lesson->share[w.group] / (sqrt((double)x->own[i].len) * total[w.group]);
            ORR_VEC_PUSH(all, w);
        }
    }
    free(total);
    free(used);
}

/* ---- losses ---- */

static double window_growth(const struct window *w, const double *b)
{
    double rate = w->fixed;
    for (int j = 0; j < ORR_BLEND_LEARNED; j++) rate += b[j] * w->slope[j];
    return w->h * exp(fmin(fmax(rate, -40), 30));
}

/* Weighted mean of |ln c(T+h) - its forecast|, rounded at 0, plus a small ridge. */
static double forecast_loss(void *ctx, const double *b, double *g)
{
    const struct others *x = ctx;
    double sum = 0, total = 0, ridge = 0, slope[ORR_BLEND_LEARNED] = {0};
    for (size_t i = 0; i < x->all->len; i++) {
        const struct window *w = &x->all->data[i];
        if (w->group == x->left_out) continue;
        const double d = window_growth(w, b), e = log(w->count + d) - w->log_y;
        const double a = sqrt(e * e + ROUNDING * ROUNDING);
        sum += w->weight * a;
        for (int j = 0; j < ORR_BLEND_LEARNED; j++) slope[j] += w->weight * e / a * d / (w->count + d) * w->slope[j];
        total += w->weight;
    }
    for (int j = 0; j < ORR_BLEND_LEARNED; j++) {
        g[j] = slope[j] / total + 2 * RIDGE * b[j];
        ridge += RIDGE * b[j] * b[j];
    }
    return sum / total + ridge;
}

static double log_error(const struct window *w, enum orr_blend_forecast which)
{
    return log((w->grown + 1) / (w->growth[which] + 1));
}

/* The basis of (4) at the window's forecast: only the growth's own term depends on it. */
static void error_basis(const struct window *w, enum orr_blend_forecast which, double *basis)
{
    memcpy(basis, w->basis, sizeof w->basis);
    basis[ORR_BLEND_GROWTH] = orr_blend_growth_term(w->growth[which]);
}

static double error_size(const double *basis, const double *scale)
{
    double log_size = 0;
    for (int j = 0; j < S; j++) log_size += scale[j] * basis[j];
    return exp(log_size);
}

/* The Laplace likelihood of the errors given their size s: mean of ln s + |e| / s, plus a small ridge. */
static double size_loss(void *ctx, const double *scale, double *g)
{
    const struct others *x = ctx;
    double sum = 0, total = 0;
    memset(g, 0, S * sizeof *g);
    for (size_t i = 0; i < x->all->len; i++) {
        const struct window *w = &x->all->data[i];
        if (w->group == x->left_out) continue;
        double basis[S];
        error_basis(w, x->which, basis);
        const double s = error_size(basis, scale), e = fabs(log_error(w, x->which)) / s;
        sum += w->weight * (log(s) + e);
        total += w->weight;
        for (int j = 0; j < S; j++) g[j] += w->weight * (1 - e) * basis[j];
    }
    double f = sum / total;
    for (int j = 0; j < S; j++) {
        g[j] = g[j] / total + (j ? 2 * SIZE_RIDGE * scale[j] : 0);
        f += j ? SIZE_RIDGE * scale[j] * scale[j] : 0;
    }
    return f;
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
static void learn_quantiles(const struct others *others, struct orr_blend_errors *out, struct scored *scores, double *x,
                            double *weight)
{
    size_t n = 0;
    for (size_t i = 0; i < others->all->len; i++) {
        const struct window *w = &others->all->data[i];
        if (w->group == others->left_out) continue;
        double basis[S];
        error_basis(w, others->which, basis);
        scores[n++] = (struct scored){log_error(w, others->which) / error_size(basis, out->scale), w->weight};
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
        if (n < FEWEST_WINDOWS) return false;
    }
    return true;
}

enum orr_status orr_blend_learn(const struct orr_blend_lesson *lesson, const struct orr_ticker *ticker,
                                struct orr_blend *out, struct orr_error *err)
{
    const size_t n = lesson->n, groups = lesson->groups;
    struct windows all = {0}, *own = orr_xcalloc(n + 1, sizeof *own);
    const struct building building = {lesson, own};
    double *x = NULL;
    struct scored *scores = NULL;
    enum orr_status status = ORR_OK;
    if (!orr_parallel_for(n, lesson->threads, add_series, (void *)&building, ticker, "learning the blend", "series")) {
        status = orr_error_set(err, ORR_ECANCELLED, "blend", "stopped while learning");
        goto out;
    }
    gather(&building, &all);
    if (!enough(&all, groups)) {
        status = orr_error_set(err, ORR_EINVAL, "blend",
                               "too few forecasts to learn from without each group; give more series or groups");
        goto out;
    }
    scores = orr_alloc(all.len, sizeof *scores);
    x = orr_alloc(all.len, 2 * sizeof *x);
    if (!scores || !x) {
        status = orr_error_set(err, ORR_ENOMEM, "blend", "no memory for %zu forecasts", all.len);
        goto out;
    }
    for (size_t g = 0; g <= groups; g++) {
        struct others others = {&all, g, ORR_BLEND_BLEND};
        memset(&out[g], 0, sizeof out[g]);
        double b[ORR_BLEND_LEARNED] = {0};
        if (!lesson->given) orr_minimise(forecast_loss, &others, ORR_BLEND_LEARNED, b, STEPS, TOLERANCE, NULL);
        out[g].quickening = lesson->given ? lesson->given->quickening : b[0];
        out[g].line = lesson->given ? lesson->given->line : b[1];
        out[g].curve = lesson->given ? lesson->given->curve : b[2];
        for (size_t i = 0; i < all.len; i++)
            if (all.data[i].group == g)
                all.data[i].growth[ORR_BLEND_BLEND] =
                    window_growth(&all.data[i], (const double[]){out[g].quickening, out[g].line, out[g].curve});
    }
    for (size_t g = 0; g <= groups; g++) {
        for (enum orr_blend_forecast f = ORR_BLEND_BAYES; f < ORR_BLEND_FORECASTS; f++) {
            struct others others = {&all, g, f};
            orr_minimise(size_loss, &others, S, out[g].errors[f].scale, STEPS, TOLERANCE, NULL);
            learn_quantiles(&others, &out[g].errors[f], scores, x, x + all.len);
        }
    }
out:
    for (size_t i = 0; i < n; i++) free(own[i].data);
    free(own);
    free(all.data);
    free(scores);
    free(x);
    return status;
}
