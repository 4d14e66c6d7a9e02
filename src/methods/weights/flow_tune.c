/* Tuning the velocity field by what a forecast is for: a low loss of the network at the forecast weights. Absolute errors of
 * single weights do not tell the sharp directions of the loss from the flat ones, so the field that comes nearest to the final
 * weights often lands where the loss is higher than it was. From the fitted field, slowed down, the mean over runs of
 *     log(L(w(1)) + SMALL),   w(1) the integrated path of all weights of the run,
 * is lowered. Its gradient by the parameters is the sum over weights of (dL/dw_i) dw_i(1)/dtheta / (L + SMALL): the network of
 * the run gives the first factor at the whole forecast, the tape the second for some weights of each tensor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/flow.h"

enum {
    SEEN = ORR_WEIGHTS_SEEN, OWN = ORR_FLOW_OWN, ABOUT = ORR_FLOW_ABOUT,
    COURSES = 4,  /* of a batch */
    WEIGHTS = 96, /* of a tensor */
    STEPS = 3,    /* of RK4, as in flow_fit.c */
    HELD_BACK = 5, HELD_MOST = 96, TUNING_STEPS = 1000,
};
static const double RATE = 2e-3, DECAY = 0.05, SMALL = 0.1, START = 0.2;

struct tuning {
    struct orr_weights_model *m;
    const struct orr_weights_judge *judge;
    const struct orr_ticker *ticker;
    size_t split, held; /* courses below split are for training, `held` of the others to stop on */
    struct orr_rng rng;
    size_t groups, room; /* tensors of the batch */
    float *about, *own, *pull; /* (G, ABOUT), (G, W, OWN), (G, W): as they come, */
    float *laid;               /* (W, OWN, G) and (W, G): as the tape wants them */
};

/* The forecast of one course: its tensors and, of each, the weights and the gradient of the loss. */
struct forecast {
    size_t n_tensors;
    struct orr_observed *observed;
    float **w; /* [n_tensors] (n + terms, weights) */
    float **mean, **gradient;
};

static void forecast_free(struct forecast *f)
{
    for (size_t k = 0; k < f->n_tensors; k++) {
        free(f->w[k]);
        free(f->mean[k]);
        free(f->gradient[k]);
    }
    free(f->observed);
    free(f->w);
    free(f->mean);
    free(f->gradient);
}

/* The loss at the forecast weights of a course; NaN: there is no forecast. */
static double forecast_make(const struct tuning *t, size_t course, bool gradient, uint64_t batch, struct forecast *f)
{
    const struct orr_weights_judge *j = t->judge;
    const double end = 1;
    bool ok = true;
    *f = (struct forecast){.n_tensors = j->tensors(j->ctx, course)};
    f->observed = orr_xcalloc(f->n_tensors + 1, sizeof *f->observed);
    f->w = orr_xcalloc(f->n_tensors + 1, sizeof *f->w);
    f->mean = orr_xcalloc(f->n_tensors + 1, sizeof *f->mean);
    f->gradient = orr_xcalloc(f->n_tensors + 1, sizeof *f->gradient);
    for (size_t k = 0; k < f->n_tensors && ok; k++) {
        struct orr_observed *o = &f->observed[k];
        ok = j->observe(j->ctx, course, k, o, &f->w[k]);
        f->mean[k] = orr_xcalloc(o->weights + 1, sizeof **f->mean);
        f->gradient[k] = orr_xcalloc(o->weights + 1, sizeof **f->gradient);
        ok = ok && !orr_weights_forecast(t->m, o, f->w[k], o->weights, 1, &end, f->mean[k], NULL, NULL, NULL);
    }
    return ok ? j->loss(j->ctx, course, f->mean, gradient ? f->gradient : NULL, batch) : (double)NAN;
}

static void give_room(struct tuning *t, size_t groups)
{
    if (groups <= t->room) return;
    t->room = 2 * groups;
    t->about = orr_xrealloc(t->about, t->room * ABOUT, sizeof *t->about);
    t->own = orr_xrealloc(t->own, t->room * WEIGHTS * OWN, sizeof *t->own);
    t->pull = orr_xrealloc(t->pull, t->room * WEIGHTS, sizeof *t->pull);
    t->laid = orr_xrealloc(t->laid, t->room * WEIGHTS * (OWN + 1), sizeof *t->laid);
}

/* One tensor more in the batch: `by` times its gradient is what pulls at the end of its path. */
static void add_tensor(struct tuning *t, const struct orr_observed *o, const float *w, const float *gradient, double by)
{
    const size_t n = o->n, g = t->groups++;
    double *r = orr_xcalloc(SEEN * n, sizeof *r), q[SEEN * SEEN];
    float context[ORR_WEIGHTS_CONTEXT];
    orr_observed_resample(n, o->t, SEEN, r);
    orr_gram_resample(o->gram, n, r, SEEN, q);
    orr_gram_context(q, o->weights, o->t[n - 1], context);
    const double scale = orr_gram_scale(q, SEEN, SEEN, o->weights);
    const double size = sqrt(fmax(q[SEEN * SEEN - 1], 0) / (double)o->weights) + 1e-12;
    const int optim = t->m->o.optimiser ? orr_flow_takes_for(&t->m->params, o->optim) : -1;
    const bool term = t->m->o.moments && o->terms && o->term_square > 0;
    const double unit = term ? sqrt((double)o->weights / o->term_square) : 0;
    const struct orr_flow_about a = {context, optim >= 0 ? o->lr : 0, o->depth, scale, optim, o->role, term};
    give_room(t, t->groups);
    orr_flow_fill_about(&a, t->about + g * ABOUT);
    orr_flow_bound_about(&t->m->params, t->about + g * ABOUT);
    for (size_t k = 0; k < WEIGHTS; k++) { /* of every part of the tensor; again and again where it is small */
        const size_t i = (size_t)(((double)k + orr_rng_uniform(&t->rng)) * (double)o->weights / WEIGHTS) % o->weights;
        const double last = (double)w[(n - 1) * o->weights + i];
        double z[SEEN - 1];
        for (size_t s = 0; s < SEEN - 1; s++) {
            double x = 0;
            for (size_t j = 0; j < n; j++)
                if (r[s * n + j] != 0) x += r[s * n + j] * (double)w[j * o->weights + i];
            z[s] = (x - last) / scale;
        }
        orr_flow_fill_own(z, last / size, term ? unit * (double)w[n * o->weights + i] : 0, t->own + (g * WEIGHTS + k) * OWN, 1);
        t->pull[g * WEIGHTS + k] = (float)(by * scale * (double)gradient[i] * (double)o->weights / WEIGHTS);
    }
    free(r);
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

/* sum of pull z(1) over the batch. */
static struct orr_var *pulled(const struct tuning *t, struct orr_tape *tape)
{
    const size_t groups = t->groups;
    float *own = t->laid, *pull = own + groups * WEIGHTS * OWN;
    for (size_t g = 0; g < groups; g++)
        for (size_t k = 0; k < WEIGHTS; k++) {
            for (size_t j = 0; j < OWN; j++) own[(k * OWN + j) * groups + g] = t->own[(g * WEIGHTS + k) * OWN + j];
            pull[k * groups + g] = t->pull[g * WEIGHTS + k];
        }
    const struct orr_shape shape = orr_shape2(WEIGHTS, (int)groups);
    struct orr_flow_tensor says;
    struct orr_var *states[STEPS];
    orr_flow_unpack(orr_flow_network(&t->m->params, orr_tape_input(tape, orr_shape2((int)groups, ABOUT), t->about)), &says);
    struct along a = {.t = &says, .own = orr_tape_input(tape, orr_shape3(WEIGHTS, OWN, (int)groups), own)};
    a.inner = orr_flow_inner(&t->m->params, &says, a.own);
    orr_ode_unroll(rhs, &a, ORR_RK4, 0, 1, STEPS, orr_tape_zeros(tape, shape), states);
    return orr_sum(orr_mul(states[STEPS - 1], orr_tape_input(tape, shape, pull)));
}

static struct orr_var *fresh_loss(void *ctx, struct orr_tape *tape)
{
    struct tuning *t = ctx;
    t->groups = 0;
    for (int tries = 0; tries < COURSES || (!t->groups && tries < 8 * COURSES); tries++) {
        struct forecast f;
        const double loss = forecast_make(t, (size_t)orr_rng_below(&t->rng, t->split), true, orr_rng_u64(&t->rng), &f);
        for (size_t k = 0; k < f.n_tensors && isfinite(loss); k++)
            add_tensor(t, &f.observed[k], f.w[k], f.gradient[k], 1 / ((loss + SMALL) * COURSES));
        forecast_free(&f);
    }
    if (t->groups) return pulled(t, tape);
    return orr_scale(orr_sum(orr_tape_param(tape, &t->m->params, ORR_FLOW_B2)), 0); /* no loss was finite: nothing pulls */
}

static double held_loss(void *ctx, struct orr_tape *tape)
{
    const struct tuning *t = ctx;
    double sum = 0;
    (void)tape;
    for (size_t i = 0; i < t->held; i++) {
        struct forecast f;
        if (!orr_ticker_tick(t->ticker, "flow-loss", "courses", i, t->held)) return INFINITY; /* the next step ends it */
        const double loss = forecast_make(t, t->split + i, false, 0, &f);
        sum += isfinite(loss) ? log(loss + SMALL) : 50;
        forecast_free(&f);
    }
    return sum / (double)t->held;
}

enum orr_status orr_weights_tune(struct orr_weights_model *m, const struct orr_weights_judge *judge, int steps,
                                 const struct orr_ticker *ticker, struct orr_error *err)
{
    if (m->method != orr_method_flow.weights && !orr_weights_method_tuned(m->method))
        return orr_error_set(err, ORR_EUNSUPPORTED, m->method->face->name, "is not tuned by a loss");
    if (judge->courses < HELD_BACK)
        return orr_error_set(err, ORR_EINVAL, "flow-loss", "%zu runs to tune on: at least %d are needed", judge->courses,
                             HELD_BACK);
    struct tuning t = {.m = m, .judge = judge, .ticker = ticker, .split = judge->courses - judge->courses / HELD_BACK};
    t.held = judge->courses - t.split < HELD_MOST ? judge->courses - t.split : HELD_MOST;
    orr_rng_seed(&t.rng, m->o.seed, 3);
    for (size_t k = ORR_FLOW_W2; k <= ORR_FLOW_B2; k++) {
        orr_real *p = orr_params_value(&m->params, k);
        for (size_t i = 0; i < orr_shape_count(m->params.tensor[k].shape); i++) p[i] *= (orr_real)START;
    }
    m->method = orr_method_flow_loss.weights;
    for (size_t i = 0; i < ORR_WEIGHTS_FRACTIONS; i++) /* where the weights will be is no longer what is forecast */
        for (size_t h = 0; h < ORR_WEIGHTS_HORIZONS; h++) m->spread[i][h] = NAN;
    const int usual = m->o.steps;
    m->o.steps = steps ? steps : TUNING_STEPS;
    const struct orr_descent d = {&t, fresh_loss, held_loss, RATE, DECAY};
    const enum orr_status s = orr_network_descend(m, &d, ticker, err);
    m->o.steps = usual;
    free(t.about);
    free(t.own);
    free(t.pull);
    free(t.laid);
    return s;
}
