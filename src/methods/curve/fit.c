/* Training the networks for learning curves: whole curves cut at random, AdamW with a cosine schedule, the parameters that
 * were best on the curves held back, and intervals calibrated on those. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <orrery/optim.h>

#include "base/mem.h"
#include "methods/curve/private.h"
#include "num/stats.h"

enum {
    K = ORR_LC_KNOTS,
    BATCH = 64,
    CHECK_EVERY = 50,
    CHECK_ROWS = 512,
    CUTS = 16 /* of a curve held back */,
    HELD_BACK = 5
};
static const double RATE = 3e-3, DECAY = 0.05, CLIP = 1, FARTHEST = 20 /* of a target */;
static const double USUAL = 0.2;     /* half of the curves are cut about here, the rest anywhere from 5 to 60% */
static const double NO_GRAPH = 0.15; /* share of rows whose graph is hidden: forecasts must do without, too */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Curves to draw rows from. */
struct source {
    const struct orr_lc_model *m;
    const struct orr_lc_example *curves;
    size_t n, *pick; /* [n] indices of curves */
    double *sum;     /* [n] of weights up to and with each */
    double prior;
    struct orr_rng rng;
};

static size_t choose(struct source *s)
{
    const double x = orr_rng_uniform(&s->rng) * s->sum[s->n - 1];
    size_t lo = 0, hi = s->n - 1;
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        if (s->sum[mid] > x)
            hi = mid;
        else
            lo = mid + 1;
    }
    return s->pick[lo];
}

/* How many points are seen: a share of the steps, or, on uneven grids, of the points. */
static size_t cut(const struct orr_lc_observed *o, struct orr_rng *rng)
{
    const double share = orr_rng_uniform(rng) < 0.5 ? USUAL * (0.8 + 0.4 * orr_rng_uniform(rng))
                                                    : 0.05 * exp(log(12) * orr_rng_uniform(rng));
    size_t seen = (size_t)(share * (double)o->n);
    if (orr_rng_uniform(rng) < 0.5) {
        const double until = o->t[0] + share * (o->t[o->n - 1] - o->t[0]);
        for (seen = 0; seen < o->n && o->t[seen] <= until;) seen++;
    }
    if (seen < ORR_LC_LEAST) seen = ORR_LC_LEAST;
    return seen < o->n - 1 ? seen : o->n - 1;
}

/* What the view's knots should say: the curve itself, straight between its points. */
static void fill_target(const struct orr_lc_observed *whole, size_t seen, const struct orr_lc_view *v, float *target)
{
    size_t i = seen - 1;
    for (int k = 0; k < K; k++) {
        const double t = v->x_last * exp(v->span * (k + 1) / K) - v->shift;
        while (i + 2 < whole->n && whole->t[i + 1] < t) i++;
        const double f = fmin((t - whole->t[i]) / (whole->t[i + 1] - whole->t[i]), 1);
        const double y = whole->y[i] + f * (whole->y[i + 1] - whole->y[i]), u = v->sign * (y - v->last) / v->scale;
        target[k] = (float)fmin(fmax(u, -FARTHEST), FARTHEST);
    }
}

static const struct orr_lc_graph *choose_graph(struct source *s, const struct orr_lc_observed *o)
{
    const enum orr_lc_graph_use use = s->m->o.graph;
    if (use == ORR_LC_GRAPH_NONE || orr_rng_uniform(&s->rng) < NO_GRAPH) return NULL;
    if (use == ORR_LC_GRAPH_SHUFFLED && o->graph)
        for (int tries = 0; tries < 20; tries++) {
            const struct orr_lc_graph *g = s->curves[choose(s)].whole.graph;
            if (g) return g;
        }
    return o->graph;
}

static void draw(struct source *s, struct orr_lc_batch *b)
{
    double t[ORR_LC_PRIOR_MAX], y[ORR_LC_PRIOR_MAX];
    b->n = 0;
    while (b->n < b->cap) {
        struct orr_lc_observed whole = {0};
        if (!s->n || orr_rng_uniform(&s->rng) < s->prior) {
            whole.n = orr_lc_prior_draw(&s->rng, t, y, &whole.direction);
            whole.t = t;
            whole.y = y;
        } else {
            whole = s->curves[choose(s)].whole;
        }
        if (whole.n <= ORR_LC_LEAST) continue;
        struct orr_lc_observed seen = whole;
        struct orr_lc_view v;
        seen.n = cut(&whole, &s->rng);
        orr_lc_view_make(&seen, whole.t[whole.n - 1], &v);
        fill_target(&whole, seen.n, &v, b->target + (size_t)b->n * K);
        orr_lc_batch_add(b, &v, b->node ? choose_graph(s, &whole) : NULL);
    }
}

/* Laplace: mean of |y - m| / b + ln b. Large errors count linearly: some curves explode. */
static struct orr_var *loss_of(const struct orr_lc_model *m, struct orr_tape *tape, const struct orr_lc_batch *b,
                               bool training, double done, struct orr_rng *rng)
{
    const struct orr_lc_output o = m->method->net->forward(&m->params, tape, b, training, done, rng);
    struct orr_var *y = orr_tape_input(tape, o.mean->shape, b->target);
    struct orr_var *e = orr_mul(orr_sub(o.mean, y), orr_activate(orr_scale(o.log_scale, -1), ORR_ACT_EXP));
    struct orr_var *loss = orr_add(orr_l1(e, orr_tape_zeros(tape, e->shape)), orr_mean(o.log_scale));
    return o.extra && training ? orr_add(loss, o.extra) : loss;
}

static double check_loss(const struct orr_lc_model *m, struct orr_tape *tape, const struct orr_lc_batch *check,
                         double *work)
{
    const size_t n = (size_t)check->n * K;
    double *mean = work, *scale = work + n, sum = 0;
    orr_lc_run(m, tape, check, 99, mean, scale);
    for (size_t i = 0; i < n; i++) sum += fabs((double)check->target[i] - mean[i]) / scale[i] + log(scale[i]);
    return sum / (double)n;
}

static double check_alone(const struct orr_lc_model *m, const struct orr_lc_batch *check)
{
    struct orr_tape *tape = orr_tape_new();
    double *work = orr_xcalloc(2 * (size_t)check->n * K + 1, sizeof *work);
    const double loss = check_loss(m, tape, check, work);
    free(work);
    orr_tape_free(tape);
    return loss;
}

static enum orr_status descend(struct orr_lc_model *m, struct source *train, const struct orr_lc_batch *check,
                               const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_tape *tape = orr_tape_new();
    struct orr_lc_batch b;
    orr_lc_batch_init(&b, BATCH, m->method->net->graphs);
    orr_real *best = orr_xcalloc(m->params.n, sizeof *best);
    double *work = orr_xcalloc(2 * (size_t)check->n * K + 1, sizeof *work), lowest = INFINITY;
    struct orr_optim_options o = orr_optim_defaults(ORR_ADAMW, RATE);
    o.weight_decay = DECAY;
    o.schedule = ORR_COSINE;
    o.warmup = m->o.steps / 20;
    o.total = m->o.steps;
    o.clip_norm = CLIP;
    struct orr_optim adam = {0};
    orr_optim_init(&adam, &o, &m->params);
    enum orr_status status = ORR_OK;
    for (int step = 0; step <= m->o.steps; step++) {
        if (step == m->o.steps || step % CHECK_EVERY == 0) {
            const double loss = check_loss(m, tape, check, work);
            orr_tape_record(tape, true);
            if (loss < lowest) {
                lowest = loss;
                m->best_step = step;
                memcpy(best, m->params.value, m->params.n * sizeof *best);
            }
        }
        if (step == m->o.steps) break;
        if (!orr_ticker_tick(ticker, m->method->face->name, "steps", (uint64_t)step, (uint64_t)m->o.steps)) {
            status = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped; the best so far is kept");
            break;
        }
        draw(train, &b);
        orr_tape_reset(tape);
        struct orr_var *loss = loss_of(m, tape, &b, true, (double)step / m->o.steps, &train->rng);
        orr_params_zero_grad(&m->params);
        orr_tape_backward(loss);
        orr_optim_step(&adam, &m->params);
    }
    if (lowest < INFINITY) memcpy(m->params.value, best, m->params.n * sizeof *best);
    m->validation = lowest;
    orr_optim_free(&adam);
    orr_lc_batch_free(&b);
    orr_tape_free(tape);
    free(best);
    free(work);
    return status;
}

/* Quantiles of |error| / scale by knot on the rows held back: split conformal prediction (Vovk et al. 2005). Of a blend apart
 * for rows whose graph is known: other networks speak there. */
static void calibrate(struct orr_lc_model *m, const struct orr_lc_batch *check)
{
    const size_t n = (size_t)check->n, kinds = m->method->members ? 2 : 1;
    double *mean = orr_xcalloc(2 * n * K + n + 1, sizeof *mean), *scale = mean + n * K, *ratio = scale + n * K;
    struct orr_tape *tape = orr_tape_new();
    orr_lc_run(m, tape, check, m->o.seed, mean, scale);
    for (size_t k = 0; k < K * kinds; k++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            const size_t at = i * K + k % K;
            if (kinds == 1 || check->known[i] == (k >= K))
                ratio[count++] = fabs((double)check->target[at] - mean[at]) / scale[at];
        }
        orr_stats_sort(ratio, count);
        for (int l = 0; l < ORR_LC_LEVELS && count; l++) {
            const double rank = ceil(orr_lc_levels[l] * (double)(count + 1)) - 1;
            m->spread[k][l] = ratio[rank < (double)count - 1 ? (size_t)rank : count - 1];
        }
    }
    orr_tape_free(tape);
    free(mean);
}

double orr_lc_epoch_steps(size_t n_curves) { return (double)n_curves / BATCH; }

/* Holds back a fifth of the groups, drawn. */
static void split(const struct orr_lc_example *curves, size_t n, uint64_t seed, struct source *train,
                  struct source *held)
{
    train->pick = orr_xcalloc(n + 1, sizeof *train->pick);
    held->pick = orr_xcalloc(n + 1, sizeof *held->pick);
    train->sum = orr_xcalloc(n + 1, sizeof *train->sum);
    held->sum = orr_xcalloc(n + 1, sizeof *held->sum);
    for (size_t i = 0; i < n; i++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, seed, curves[i].group);
        struct source *s = orr_rng_below(&rng, HELD_BACK) ? train : held;
        s->sum[s->n] = (s->n ? s->sum[s->n - 1] : 0) + curves[i].weight;
        s->pick[s->n++] = i;
    }
}

enum orr_status orr_lc_fit(const struct orr_lc_method *method, size_t n, const struct orr_lc_example *curves,
                           const struct orr_lc_options *options, const struct orr_ticker *ticker,
                           struct orr_lc_model **out, struct orr_error *err)
{
    const double start = now();
    struct orr_lc_model *m = orr_lc_model_new(method, options);
    enum orr_status s = ORR_OK;
    if (method->net) {
        struct source train = {.m = m, .curves = curves, .prior = m->o.prior}, held = train;
        struct orr_lc_batch check;
        orr_rng_seed(&train.rng, m->o.seed, 1);
        orr_rng_seed(&held.rng, m->o.seed, 2);
        split(curves, n, m->o.seed, &train, &held);
        held.prior = m->o.prior < 1 ? 0 : 1; /* chosen and calibrated on real curves, where there are any */
        const size_t rows = held.n && held.n < CHECK_ROWS / CUTS ? CUTS * held.n : CHECK_ROWS;
        orr_lc_batch_init(&check, (int)rows, method->net->graphs);
        draw(&held, &check);
        s = method->members ? orr_lc_fit_members(m, n, curves, options, ticker, err)
                                 : descend(m, &train, &check, ticker, err);
        if (method->members) m->validation = check_alone(m, &check);
        calibrate(m, &check);
        orr_lc_batch_free(&check);
        free(train.pick);
        free(held.pick);
        free(train.sum);
        free(held.sum);
    }
    m->seconds = now() - start;
    *out = m;
    return s;
}
