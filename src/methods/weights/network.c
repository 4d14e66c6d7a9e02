/* Training and running the networks among the weight methods: rows drawn from whole runs, AdamW, the best parameters on the
 * runs held back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <orrery/optim.h>

#include "base/mem.h"
#include "methods/weights/private.h"

enum { POINTS = ORR_WEIGHTS_GRID + 1, BATCH = 256, CHECK_EVERY = 50, CHECK_ROWS = 2048, RUN_ROWS = 4096 };
static const double RATE = 4e-3, CLIP = 1.0, DECAY = 0.1;
static const double HUBER = 0.2; /* squares for small errors: some weights move far and would rule a squared error */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Scale of every piece as seen from one grid point. */
struct view {
    int n;
    double *scale; /* [pieces] */
    double mean_scale;
    double share; /* what its rows count: the earlier a run is left, the farther it still goes in units of the scale */
};

struct source {
    const struct orr_weights_model *m;
    const struct orr_weights_set *set;
    size_t first, last; /* pieces */
    struct view *views;
    size_t n_views;
    struct orr_rng rng;
    float *x, *y, *weight; /* a batch */
    size_t rows;
};

static void look(struct view *v, const struct orr_weights_set *set, int n, size_t points)
{
    const size_t have = (size_t)n + 1, pieces = set->pieces.len;
    double t[POINTS], *r = orr_xcalloc(points * have + points * points + have * have, sizeof *r),
                      *q = r + points * have;
    double *g = q + points * points;
    v->n = n;
    v->scale = orr_xcalloc(pieces + 1, sizeof *v->scale);
    for (int i = 0; i <= n; i++) t[i] = (double)i / ORR_WEIGHTS_GRID;
    orr_observed_resample(have, t, points, r);
    for (size_t i = 0; i < pieces; i++) {
        const struct orr_weights_piece *p = &set->pieces.data[i];
        for (size_t a = 0; a < have; a++)
            for (size_t b = 0; b < have; b++) g[a * have + b] = p->gram[a * POINTS + b];
        orr_gram_resample(g, have, r, points, q);
        v->scale[i] = orr_gram_scale(q, points, points, p->weights);
        v->mean_scale += v->scale[i] / (double)pieces;
    }
    free(r);
}

/* Draws a batch; weight has the shape of y: errors count by the square root of the scale, between equal for all tensors and
 * equal for all weights. */
static void draw(struct source *s)
{
    const struct orr_weights_net *net = s->m->method->net;
    const size_t width = (size_t)net->width(s->m->points), outputs = (size_t)net->outputs;
    float z[POINTS];
    for (size_t at = 0; at < s->rows; at++) {
        const struct view *v = &s->views[orr_rng_below(&s->rng, s->n_views)];
        const size_t i = s->first + (size_t)orr_rng_below(&s->rng, s->last - s->first);
        const struct orr_weights_piece *p = &s->set->pieces.data[i];
        const float *w = p->w + orr_rng_below(&s->rng, p->n) * POINTS;
        for (int k = 0; k < POINTS; k++) z[k] = (float)(((double)w[k] - (double)w[v->n]) / v->scale[i]);
        const struct orr_weights_sample sample = {z, v->n};
        net->row(s->m, &sample, &s->rng, s->x + at * width, s->y + at * outputs);
        double share = sqrt(v->scale[i] / v->mean_scale);
        share = v->share * (share < 0.3 ? 0.3 : share > 3 ? 3 : share);
        for (size_t o = 0; o < outputs; o++) s->weight[at * outputs + o] = (float)share;
    }
}

static struct orr_var *loss_of(const struct source *s, struct orr_tape *tape)
{
    const struct orr_weights_net *net = s->m->method->net;
    const struct orr_shape shape = orr_shape2((int)s->rows, net->outputs);
    struct orr_var *in = orr_tape_input(tape, orr_shape2((int)s->rows, net->width(s->m->points)), s->x);
    struct orr_var *w = orr_tape_input(tape, shape, s->weight);
    struct orr_var *out = orr_mul(net->forward(&s->m->params, in, s->m->points), w);
    return orr_huber(out, orr_mul(orr_tape_input(tape, shape, s->y), w), HUBER);
}

enum orr_status orr_network_descend(struct orr_weights_model *m, const struct orr_descent *d, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    struct orr_tape *tape = orr_tape_new();
    orr_real *best = orr_xcalloc(m->params.n + 1, sizeof *best);
    struct orr_optim_options o = orr_optim_defaults(ORR_ADAMW, d->rate);
    o.weight_decay = d->decay;
    o.schedule = ORR_COSINE;
    o.total = m->o.steps;
    o.clip_norm = CLIP;
    struct orr_optim adam = {0};
    orr_optim_init(&adam, &o, &m->params);
    const double start = now();
    enum orr_status status = ORR_OK;
    double lowest = INFINITY;
    for (int step = 0; step <= m->o.steps; step++) {
        const bool over = step == m->o.steps || (m->o.seconds > 0 && now() - start > m->o.seconds);
        if (d->check && (over || step % CHECK_EVERY == 0)) {
            orr_tape_record(tape, false);
            orr_tape_reset(tape);
            const double loss = d->check(d->ctx, tape);
            orr_tape_record(tape, true);
            if (loss < lowest) {
                lowest = loss;
                memcpy(best, m->params.value, m->params.n * sizeof *best);
            }
        }
        if (over) break;
        if (!orr_ticker_tick(ticker, m->method->face->name, "steps", (uint64_t)step, (uint64_t)m->o.steps)) {
            status = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped; the best so far is kept");
            break;
        }
        orr_tape_reset(tape);
        struct orr_var *loss = d->loss(d->ctx, tape);
        orr_params_zero_grad(&m->params);
        orr_tape_backward(loss);
        orr_optim_step(&adam, &m->params);
    }
    if (lowest < INFINITY) memcpy(m->params.value, best, m->params.n * sizeof *best);
    m->validation = lowest < INFINITY ? lowest : NAN;
    orr_optim_free(&adam);
    orr_tape_free(tape);
    free(best);
    return status;
}

struct pair {
    struct source train, held;
};
static struct orr_var *fresh_loss(void *ctx, struct orr_tape *tape)
{
    struct pair *p = ctx;
    draw(&p->train);
    return loss_of(&p->train, tape);
}
static double held_loss(void *ctx, struct orr_tape *tape)
{
    return (double)loss_of(&((struct pair *)ctx)->held, tape)->value[0];
}

void orr_network_build(struct orr_weights_model *m, struct orr_rng *rng)
{
    m->method->net->build(&m->params, m->points, rng);
}

enum orr_status orr_network_learn(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    struct view views[ORR_WEIGHTS_FRACTIONS] = {{0}};
    const size_t n_views = m->o.fraction > 0 ? 1 : ORR_WEIGHTS_FRACTIONS;
    for (size_t v = 0; v < n_views; v++) {
        const double f = orr_weights_fractions[v];
        views[v].share = n_views > 1 ? sqrt(4 * f / (1 - f)) : 1;
        look(&views[v], set, orr_weights_grid_point(m->o.fraction > 0 ? m->o.fraction : orr_weights_fractions[v]),
             m->points);
    }
    size_t split = 0;
    while (split < set->pieces.len && set->pieces.data[split].run < runs) split++;
    const size_t outputs = (size_t)m->method->net->outputs, numbers = (size_t)m->method->net->width(m->points) + 2 * outputs;
    const size_t check = split < set->pieces.len ? CHECK_ROWS : 0;
    float *memory = orr_xcalloc((BATCH + check) * numbers, sizeof *memory);
    float *y = memory + (BATCH + check) * (numbers - 2 * outputs);
    struct pair p = {.train = {.m = m, .set = set, .last = split, .views = views, .n_views = n_views, .rows = BATCH},
                     .held = {.m = m, .set = set, .first = split, .last = set->pieces.len, .views = views,
                              .n_views = n_views, .rows = check}};
    p.train.x = memory;
    p.held.x = memory + BATCH * (numbers - 2 * outputs);
    p.train.y = y;
    p.train.weight = y + BATCH * outputs;
    p.held.y = y + 2 * BATCH * outputs;
    p.held.weight = p.held.y + check * outputs;
    orr_rng_seed(&p.train.rng, m->o.seed, 1);
    orr_rng_seed(&p.held.rng, m->o.seed, 2);
    draw(&p.held);
    const struct orr_descent d = {&p, fresh_loss, check ? held_loss : NULL, RATE, DECAY};
    const enum orr_status status = orr_network_descend(m, &d, ticker, err);
    for (size_t v = 0; v < n_views; v++) free(views[v].scale);
    free(memory);
    return status;
}

void orr_network_run(const struct orr_weights_model *m, struct orr_tape *tape, const float *x, size_t count, float *y)
{
    const struct orr_weights_net *net = m->method->net;
    const size_t width = (size_t)net->width(m->points), outputs = (size_t)net->outputs;
    orr_tape_record(tape, false);
    for (size_t at = 0; at < count; at += RUN_ROWS) {
        const size_t n = count - at < RUN_ROWS ? count - at : RUN_ROWS;
        orr_tape_reset(tape);
        struct orr_var *in = orr_tape_input(tape, orr_shape2((int)n, (int)width), x + at * width);
        memcpy(y + at * outputs, net->forward(&m->params, in, m->points)->value, n * outputs * sizeof *y);
    }
}

/* ---- networks from the observed points straight to the horizon ---- */

int orr_direct_width(size_t points) { return (int)points; }

void orr_direct_row(const struct orr_weights_model *m, const struct orr_weights_sample *s, struct orr_rng *rng, float *x,
                    float *y)
{
    (void)rng;
    for (size_t k = 0; k < m->points; k++)
        x[k] = (float)orr_grid_value(s->z, s->n * (double)k / (double)(m->points - 1));
    for (int h = 0; h < ORR_WEIGHTS_DIRECT; h++)
        y[h] = (float)orr_grid_value(s->z, s->n + (ORR_WEIGHTS_GRID - s->n) * (h + 1) / (double)ORR_WEIGHTS_DIRECT);
}

enum orr_status orr_direct_forecast(const struct orr_weights_model *m, const struct orr_weights_block *b,
                                    size_t n_ahead, const double *tau, float *z, struct orr_tape *tape,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    enum { K = ORR_WEIGHTS_DIRECT };
    float *x = orr_alloc(RUN_ROWS * (b->points + K), sizeof *x);
    if (!x) return orr_error_set(err, ORR_ENOMEM, m->method->face->name, "no memory for a batch");
    float *y = x + RUN_ROWS * b->points;
    enum orr_status status = ORR_OK;
    for (size_t at = 0; at < b->count && !status; at += RUN_ROWS) {
        const size_t n = b->count - at < RUN_ROWS ? b->count - at : RUN_ROWS;
        if (!orr_ticker_tick(ticker, m->method->face->name, "weights", at, b->count))
            status = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < b->points; k++) x[i * b->points + k] = b->z[k * b->count + at + i];
        orr_network_run(m, tape, x, n, y);
        for (size_t h = 0; h < n_ahead; h++) {
            const double position = K * tau[h];
            const int lower = position >= K ? K - 1 : (int)position;
            const float s = (float)(position - lower);
            for (size_t i = 0; i < n; i++) {
                const float a = lower ? y[i * K + (size_t)lower - 1] : 0, c = y[i * K + (size_t)lower];
                z[h * b->count + at + i] = a + s * (c - a);
            }
        }
    }
    free(x);
    return status;
}
