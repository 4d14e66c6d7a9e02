/* Training the velocity field: conditional flow matching plus the error of the integrated path. A batch holds G tensors, each as
 * seen from one of its snapshots, with W of its weights. With absolute errors e (smooth within 0.05 of 0), in units of the scale
 * and weighed by how much a tensor adds to the error of its run,
 *     L = lambda (e(z(1)) + mean e(z at the steps before)) + mean over drawn tau of e(v(z(tau), tau) - u(tau)) / 10,
 * z(.) being the path integrated by RK4 from the last observed point. Flow matching alone teaches the velocity at true points of
 * the path; a forecast runs along its own points, and its end is what is scored. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/flow.h"

enum {
    POINTS = ORR_WEIGHTS_GRID + 1, SEEN = ORR_WEIGHTS_SEEN, OWN = ORR_FLOW_OWN, ABOUT = ORR_FLOW_ABOUT,
    GROUPS = 32, WEIGHTS = 16, HELD_GROUPS = 256,
    STEPS = 3,             /* of RK4 along the path */
    MATCHED = 2,           /* drawn tau per batch */
    LATEST = 10,           /* grid point up to which a run is observed at most when all fractions are learned */
};
static const double RATE = 5e-3, DECAY = 0.05, SMOOTH = 0.05, MATCHING = 0.1, HIDE = 0.15;

/* All tensors as seen from one grid point. */
struct view {
    int n;
    double *scale, *size;                  /* [pieces] */
    float (*context)[ORR_WEIGHTS_CONTEXT]; /* [pieces] */
    double usual;                          /* mean distance that is still to go, of a weight */
};

struct batch {
    size_t groups;
    float *about, *own, *share;   /* (G, ABOUT), (W, OWN, G), (G) */
    float *path;                  /* (STEPS, W, G): z at tau 1/STEPS .. 1 */
    float *at, *velocity;         /* (MATCHED, W, G) */
    double tau[MATCHED];
};

struct fit {
    struct orr_weights_model *m;
    const struct orr_weights_set *set;
    size_t split;           /* pieces below it are for training */
    struct view views[LATEST];
    size_t n_views;
    double *chance;         /* [pieces] cumulative, apart for training and held back */
    struct orr_rng rng;
    struct batch train, held;
    bool standardised;
};

static void view_make(struct view *v, const struct orr_weights_set *set, int n)
{
    const size_t have = (size_t)n + 1, pieces = set->pieces.len;
    double t[POINTS], r[SEEN * POINTS], g[POINTS * POINTS], q[SEEN * SEEN], moved = 0;
    v->n = n;
    v->scale = orr_xcalloc(pieces + 1, sizeof *v->scale);
    v->size = orr_xcalloc(pieces + 1, sizeof *v->size);
    v->context = orr_xcalloc(pieces + 1, sizeof *v->context);
    for (int i = 0; i <= n; i++) t[i] = (double)i / ORR_WEIGHTS_GRID;
    orr_observed_resample(have, t, SEEN, r);
    for (size_t i = 0; i < pieces; i++) {
        const struct orr_weights_piece *p = &set->pieces.data[i];
        for (size_t a = 0; a < have; a++)
            for (size_t b = 0; b < have; b++) g[a * have + b] = p->gram[a * POINTS + b];
        orr_gram_resample(g, have, r, SEEN, q);
        v->scale[i] = orr_gram_scale(q, SEEN, SEEN, p->weights);
        v->size[i] = sqrt(fmax(q[SEEN * SEEN - 1], 0) / (double)p->weights) + 1e-12;
        orr_gram_context(q, p->weights, t[n], v->context[i]);
        double sum = 0;
        for (size_t c = 0; c < p->n; c++)
            sum += fabs((double)p->w[c * POINTS + POINTS - 1] - (double)p->w[c * POINTS + (size_t)n]);
        moved += sum / (double)p->n;
    }
    v->usual = moved / (double)pieces + 1e-12;
}

/* A tensor is drawn half by its part in the weights of its run, half as any other. */
static void set_chances(struct fit *f)
{
    const size_t pieces = f->set->pieces.len;
    double *total = orr_xcalloc(orr_weights_set_runs(f->set) + 1, sizeof *total);
    f->chance = orr_xcalloc(pieces + 1, sizeof *f->chance);
    for (size_t i = 0; i < pieces; i++) total[f->set->pieces.data[i].run] += (double)f->set->pieces.data[i].weights;
    for (size_t from = 0; from < pieces;) { /* first the training part, then the rest */
        const size_t to = from < f->split ? f->split : pieces;
        double mean = 0, sum = 0;
        for (size_t i = from; i < to; i++)
            mean += (double)f->set->pieces.data[i].weights / total[f->set->pieces.data[i].run] / (double)(to - from);
        for (size_t i = from; i < to; i++) {
            const struct orr_weights_piece *p = &f->set->pieces.data[i];
            f->chance[i] = sum += (double)p->weights / total[p->run] / mean + 1;
        }
        from = to;
    }
    free(total);
}

static size_t pick(struct fit *f, size_t from, size_t to)
{
    const double u = orr_rng_uniform(&f->rng) * f->chance[to - 1];
    while (to - from > 1) {
        const size_t middle = from + (to - from) / 2;
        if (f->chance[middle - 1] > u) to = middle;
        else from = middle;
    }
    return from;
}

static void batch_make(struct batch *b, size_t groups)
{
    const size_t n = groups * WEIGHTS;
    b->groups = groups;
    b->about = orr_xcalloc(groups * (ABOUT + 1) + n * (OWN + STEPS + 2 * MATCHED), sizeof *b->about);
    b->share = b->about + groups * ABOUT;
    b->own = b->share + groups;
    b->path = b->own + n * OWN;
    b->at = b->path + n * STEPS;
    b->velocity = b->at + n * MATCHED;
}

/* Row g of a batch: WEIGHTS weights of piece i as seen from view v. */
static void fill(struct fit *f, struct batch *b, size_t g, const struct view *v, size_t i, bool hide)
{
    const struct orr_weights_piece *p = &f->set->pieces.data[i];
    const struct orr_weights_options *o = &f->m->o;
    const double ahead = ORR_WEIGHTS_GRID - v->n, scale = v->scale[i];
    /* Sometimes hidden in training, so that the field also serves runs of which this is not known. */
    const bool term = o->moments && p->term && !(hide && orr_rng_uniform(&f->rng) < HIDE);
    const bool dark = hide && orr_rng_uniform(&f->rng) < HIDE, lost = hide && orr_rng_uniform(&f->rng) < HIDE;
    const struct orr_flow_about a = {v->context[i], o->optimiser && !dark ? p->lr : 0, lost ? -1 : p->depth, scale,
                                     o->optimiser && !(dark && orr_rng_uniform(&f->rng) < 0.5) ? p->optim : -1, p->role, term};
    orr_flow_fill_about(&a, b->about + g * ABOUT);
    if (f->standardised) orr_flow_bound_about(&f->m->params, b->about + g * ABOUT);
    const double share = scale / v->usual;
    b->share[g] = (float)(share > 3 ? 3 : share);
    for (size_t k = 0; k < WEIGHTS; k++) {
        const size_t at = k * b->groups + g, c = (size_t)orr_rng_below(&f->rng, p->n), n = b->groups * WEIGHTS;
        const float *w = p->w + c * POINTS;
        const double last = (double)w[v->n];
        double z[SEEN - 1];
        for (int j = 0; j < SEEN - 1; j++) z[j] = (orr_grid_value(w, v->n * (double)j / (SEEN - 1)) - last) / scale;
        orr_flow_fill_own(z, last / v->size[i], term ? (double)p->term[c * POINTS + (size_t)v->n] : 0,
                          b->own + k * OWN * b->groups + g, b->groups);
        for (size_t s = 0; s < STEPS; s++)
            b->path[s * n + at] = (float)((orr_grid_value(w, v->n + ahead * (double)(s + 1) / STEPS) - last) / scale);
        for (size_t s = 0; s < MATCHED; s++) {
            const double x = v->n + ahead * b->tau[s];
            const int j = (int)x < ORR_WEIGHTS_GRID ? (int)x : ORR_WEIGHTS_GRID - 1;
            b->at[s * n + at] = (float)((orr_grid_value(w, x) - last) / scale);
            b->velocity[s * n + at] = (float)(((double)w[j + 1] - (double)w[j]) / scale * ahead); /* dz/dtau */
        }
    }
}

static void draw(struct fit *f, struct batch *b, size_t from, size_t to, bool hide)
{
    static const int usual[] = {2, 4, 8}; /* orr_weights_fractions */
    for (int s = 0; s < MATCHED; s++) b->tau[s] = (s + orr_rng_uniform(&f->rng)) / MATCHED;
    for (size_t g = 0; g < b->groups; g++) {
        size_t v = (size_t)orr_rng_below(&f->rng, f->n_views);
        if (f->n_views > 1 && orr_rng_uniform(&f->rng) < 0.75) v = (size_t)usual[orr_rng_below(&f->rng, 3)] - 1;
        fill(f, b, g, &f->views[v], pick(f, from, to), hide);
    }
}

static struct orr_var *error_of(struct orr_var *x, const float *truth, struct orr_var *share)
{
    struct orr_var *y = orr_tape_input(x->tape, x->shape, truth);
    return orr_huber(orr_mul(x, share), orr_mul(y, share), SMOOTH);
}

struct along {
    const struct orr_flow_tensor *t;
    struct orr_var *own, *inner;
};
static struct orr_var *rhs(void *ctx, double tau, struct orr_var *z)
{
    const struct along *a = ctx;
    return orr_flow_velocity(a->t, a->own, a->inner, tau, z);
}

/* The errors of a batch: [0] end, [1..STEPS) path before, [STEPS..) velocity; returns how many. */
static int errors_of(const struct fit *f, const struct batch *b, struct orr_tape *tape, bool matching,
                     struct orr_var *out[STEPS + MATCHED])
{
    const int groups = (int)b->groups;
    const size_t n = b->groups * WEIGHTS;
    struct orr_flow_tensor t;
    orr_flow_unpack(orr_flow_network(&f->m->params, orr_tape_input(tape, orr_shape2(groups, ABOUT), b->about)), &t);
    struct orr_var *share = orr_tape_input(tape, orr_shape1(groups), b->share), *states[STEPS];
    struct along a = {.t = &t, .own = orr_tape_input(tape, orr_shape3(WEIGHTS, OWN, groups), b->own)};
    const struct orr_shape shape = orr_shape2(WEIGHTS, groups);
    a.inner = orr_flow_inner(&f->m->params, &t, a.own);
    int k = 0;
    if (f->m->o.endpoint > 0 || !matching) {
        orr_ode_unroll(rhs, &a, ORR_RK4, 0, 1, STEPS, orr_tape_zeros(tape, shape), states);
        for (size_t s = STEPS; s-- > 0;) out[k++] = error_of(states[s], b->path + s * n, share);
    }
    for (size_t s = 0; s < MATCHED && matching; s++)
        out[k++] = error_of(rhs(&a, b->tau[s], orr_tape_input(tape, shape, b->at + s * n)), b->velocity + s * n, share);
    return k;
}

static struct orr_var *fresh_loss(void *ctx, struct orr_tape *tape)
{
    struct fit *f = ctx;
    struct orr_var *e[STEPS + MATCHED];
    double by[STEPS + MATCHED];
    draw(f, &f->train, 0, f->split, true);
    const int n = errors_of(f, &f->train, tape, true, e);
    for (int i = 0; i < n; i++)
        by[i] = i >= n - MATCHED ? MATCHING / MATCHED : i ? f->m->o.endpoint / (STEPS - 1) : f->m->o.endpoint;
    for (int i = 0; i < n; i++) by[i] /= SMOOTH; /* far errors count as what they are */
    return orr_combine(e, by, n);
}

static double held_loss(void *ctx, struct orr_tape *tape)
{
    const struct fit *f = ctx;
    struct orr_var *e[STEPS + MATCHED];
    errors_of(f, &f->held, tape, false, e);
    return (double)e[0]->value[0] / SMOOTH;
}

/* Means and spreads of what is known of tensors, so that the network sees numbers of one size. */
static void standardise(struct fit *f)
{
    double sum[ABOUT] = {0}, square[ABOUT] = {0};
    const size_t groups = f->held.groups;
    draw(f, &f->held, 0, f->split, false);
    for (size_t g = 0; g < groups; g++)
        for (size_t k = 0; k < ABOUT; k++) {
            const double x = (double)f->held.about[g * ABOUT + k];
            sum[k] += x / (double)groups;
            square[k] += x * x / (double)groups;
        }
    for (size_t k = 0; k < ABOUT; k++) {
        orr_params_value(&f->m->params, ORR_FLOW_SHIFT)[k] = (orr_real)-sum[k];
        const double sd = sqrt(fmax(square[k] - sum[k] * sum[k], 0)); /* what never varied tells nothing: left out */
        orr_params_value(&f->m->params, ORR_FLOW_UNIT)[k] = (orr_real)(sd > 1e-3 ? 1 / (sd + 0.1) : 0);
    }
    f->standardised = true;
}

enum orr_status orr_flow_learn(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                               const struct orr_ticker *ticker, struct orr_error *err)
{
    struct fit f = {.m = m, .set = set, .n_views = m->o.fraction > 0 ? 1 : LATEST};
    while (f.split < set->pieces.len && set->pieces.data[f.split].run < runs) f.split++;
    for (size_t v = 0; v < f.n_views; v++)
        view_make(&f.views[v], set, m->o.fraction > 0 ? orr_weights_grid_point(m->o.fraction) : (int)v + 1);
    set_chances(&f);
    batch_make(&f.train, GROUPS);
    batch_make(&f.held, HELD_GROUPS);
    orr_rng_seed(&f.rng, m->o.seed, 1);
    standardise(&f);
    const bool check = f.split < set->pieces.len;
    if (check) draw(&f, &f.held, f.split, set->pieces.len, false);
    const struct orr_descent d = {&f, fresh_loss, check ? held_loss : NULL, RATE, DECAY};
    const enum orr_status status = orr_network_descend(m, &d, ticker, err);
    for (size_t v = 0; v < f.n_views; v++) {
        free(f.views[v].scale);
        free(f.views[v].size);
        free(f.views[v].context);
    }
    free(f.chance);
    free(f.train.about);
    free(f.held.about);
    return status;
}
