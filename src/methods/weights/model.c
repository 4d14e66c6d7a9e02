/* The life of a weight method: fit, calibrate, forecast block by block. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/private.h"
#include "num/stats.h"

enum { POINTS = ORR_WEIGHTS_GRID + 1, COLUMNS = 1 << 15, H = ORR_WEIGHTS_HORIZONS, HELD_BACK = 5, ENOUGH = 200000 };
const double orr_weights_fractions[ORR_WEIGHTS_FRACTIONS] = {0.1, 0.2, 0.4};

struct orr_weights_options orr_weights_defaults(void)
{
    return (struct orr_weights_options){
        .lambda = 0.01, .optimiser = true, .moments = true, .endpoint = 1, .solver = ORR_RK4, .seed = 1};
}

int orr_weights_grid_point(double fraction)
{
    const int n = (int)lround(fraction * ORR_WEIGHTS_GRID);
    return n < 1 ? 1 : n > ORR_WEIGHTS_GRID - 1 ? ORR_WEIGHTS_GRID - 1 : n;
}

double orr_grid_value(const float *w, double x)
{
    const int i = x >= ORR_WEIGHTS_GRID ? ORR_WEIGHTS_GRID - 1 : (int)x;
    const double s = x >= ORR_WEIGHTS_GRID ? 1 : x - i;
    return (double)w[i] + s * ((double)w[i + 1] - (double)w[i]);
}

const struct orr_weights_method *orr_weights_method_find(const char *name)
{
    const struct orr_method *m = orr_method_find_for(ORR_DATA_TRAJECTORIES, name);
    return m ? m->weights : NULL;
}
const char *orr_weights_method_name(const struct orr_weights_method *m) { return m->face->name; }
bool orr_weights_method_tuned(const struct orr_weights_method *m) { return m->face == &orr_method_flow_loss; }
bool orr_weights_method_learns(const struct orr_weights_method *m) { return m->learn != NULL; }

void orr_weights_model_free(struct orr_weights_model *m)
{
    if (!m) return;
    orr_params_free(&m->params);
    free(m);
}

struct orr_weights_model *orr_weights_model_new(const struct orr_weights_method *method, const struct orr_weights_options *o)
{
    struct orr_weights_model *m = orr_xcalloc(1, sizeof *m);
    m->method = method;
    m->o = *o;
    m->validation = NAN;
    m->points = method->points ? method->points : method->any_fraction ? 0 : (size_t)orr_weights_grid_point(o->fraction) + 1;
    for (int f = 0; f < ORR_WEIGHTS_FRACTIONS; f++)
        for (int h = 0; h < H; h++) m->spread[f][h] = NAN;
    struct orr_rng rng;
    orr_rng_seed(&rng, o->seed, 0);
    if (method->build) method->build(m, &rng);
    return m;
}

/* ---- calibration ---- */

/* A piece as it was observed up to grid point n, and its kept weights as a block (n + 1 + terms, piece->n). */
static enum orr_status observe(const struct orr_weights_piece *p, int n, struct orr_observed *o, float *block)
{
    double t[POINTS];
    for (int i = 0; i <= n; i++) t[i] = (double)i / ORR_WEIGHTS_GRID;
    const enum orr_status s = orr_observed_init(o, (size_t)n + 1, t, p->optim, p->role, NULL, NULL);
    for (int a = 0; a <= n && !s; a++) {
        for (int b = 0; b <= n; b++) o->gram[(size_t)a * o->n + (size_t)b] = p->gram[a * POINTS + b];
        for (size_t c = 0; c < p->n; c++) block[(size_t)a * p->n + c] = p->w[c * POINTS + (size_t)a];
    }
    o->weights = p->weights;
    o->lr = p->lr;
    o->depth = p->depth;
    o->terms = p->term ? 1 : 0;
    o->term_square = (double)p->weights; /* already in units of its root mean square */
    for (size_t c = 0; c < p->n && p->term; c++) block[((size_t)n + 1) * p->n + c] = p->term[c * POINTS + (size_t)n];
    return s;
}

/* 90% quantiles of |error| over scale on pieces from `first` on. */
static enum orr_status calibrate(struct orr_weights_model *m, const struct orr_weights_set *set, size_t first, size_t f,
                                 const struct orr_ticker *ticker, struct orr_error *err)
{
    const int n = orr_weights_grid_point(orr_weights_fractions[f]);
    size_t total = 0, most = 0, at = 0;
    for (size_t i = first; i < set->pieces.len; i++) {
        total += set->pieces.data[i].n;
        if (set->pieces.data[i].n > most) most = set->pieces.data[i].n;
    }
    if (!total || (size_t)n + 1 < m->method->least) return ORR_OK;
    if (total > ENOUGH) total = ENOUGH;
    double ahead[H], *errors = orr_alloc(H * total, sizeof *errors);
    float *block = orr_alloc(most * (POINTS + 1 + H), sizeof *block);
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    enum orr_status status = errors && block ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "calibration", "no memory");
    for (int h = 0; h < H; h++) ahead[h] = ((double)n + (ORR_WEIGHTS_GRID - n) * (h + 1) / (double)H) / ORR_WEIGHTS_GRID;
    for (size_t i = first; i < set->pieces.len && !status && at < total; i++) {
        const struct orr_weights_piece *p = &set->pieces.data[i];
        float *mean = block + most * (POINTS + 1);
        status = observe(p, n, o, block);
        if (!status) status = orr_weights_forecast(m, o, block, p->n, H, ahead, mean, NULL, ticker, err);
        const double scale = orr_gram_scale(o->gram, o->n, o->n, o->weights);
        for (size_t c = 0; c < p->n && !status && at < total; c++, at++)
            for (size_t h = 0; h < H; h++)
                errors[h * total + at] = fabs((double)mean[h * p->n + c] -
                                              orr_grid_value(p->w + c * POINTS, ahead[h] * ORR_WEIGHTS_GRID)) / scale;
    }
    for (size_t h = 0; h < H && !status; h++) m->spread[f][h] = orr_stats_quantile(errors + h * total, at, 0.9);
    free(errors);
    free(block);
    free(o);
    return status;
}

enum orr_status orr_weights_fit(const struct orr_weights_method *method, const struct orr_weights_set *set,
                                const struct orr_weights_options *options, const struct orr_ticker *ticker,
                                struct orr_weights_model **out, struct orr_error *err)
{
    *out = NULL;
    struct orr_weights_options o = *options;
    const char *name = method->face->name;
    if (!o.steps) o.steps = method->steps ? method->steps : 1;
    if (o.fraction < 0 || o.fraction >= 1 || o.steps < 1 || !(o.lambda >= 0))
        return orr_error_set(err, ORR_EINVAL, name, "fraction, steps or lambda out of range");
    if (!(o.fraction > 0) && !method->any_fraction)
        return orr_error_set(err, ORR_EINVAL, name, "is fitted for one observed fraction: name it");
    const bool learns = orr_weights_method_learns(method);
    if (learns && (!set || !set->pieces.len))
        return orr_error_set(err, ORR_EINVAL, name, "learns from whole runs, and there is none with snapshots");
    struct orr_weights_model *m = orr_weights_model_new(method, &o);
    const size_t runs = set ? orr_weights_set_runs(set) : 0, kept = runs >= HELD_BACK ? runs - runs / HELD_BACK : runs;
    enum orr_status status = ORR_OK;
    if (method->learn) status = method->learn(m, set, kept, ticker, err);
    size_t first = 0;
    while (set && first < set->pieces.len && set->pieces.data[first].run < kept) first++;
    for (size_t f = 0; set && f < ORR_WEIGHTS_FRACTIONS && !status; f++)
        if (!(o.fraction > 0) || fabs(o.fraction - orr_weights_fractions[f]) < 1e-9)
            status = calibrate(m, set, first, f, ticker, err);
    m->outcome = status == ORR_ECANCELLED ? ORR_CANCELLED : method->steps ? ORR_STOPPED_AT_LIMIT : ORR_CONVERGED;
    if (status && status != ORR_ECANCELLED) {
        orr_weights_model_free(m);
        m = NULL;
    }
    *out = m;
    return status;
}

/* ---- forecasting ---- */

/* mean (n_ahead, count) = c (n_ahead, n) w (n, count) + the last column of c. */
static enum orr_status mix(const struct orr_weights_model *m, const struct orr_observed *o, const float *w, size_t count,
                           size_t n_ahead, const double *t, float *mean, const struct orr_ticker *ticker,
                           struct orr_error *err)
{
    const size_t n = o->n;
    double *c = orr_xcalloc(n_ahead * (n + 1), sizeof *c);
    float *map = orr_xmalloc(n_ahead * n * sizeof *map + 1);
    enum orr_status status = ORR_OK;
    m->method->coefficients(m, o, n_ahead, t, c);
    for (size_t h = 0; h < n_ahead; h++)
        for (size_t i = 0; i < n; i++) map[h * n + i] = (float)c[h * (n + 1) + i];
    for (size_t at = 0; at < count && !status; at += COLUMNS) {
        const size_t k = count - at < COLUMNS ? count - at : COLUMNS;
        if (!orr_ticker_tick(ticker, m->method->face->name, "weights", at, count))
            status = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
        for (size_t h = 0; h < n_ahead; h++) {
            float *row = mean + h * count + at;
            const float bias = (float)c[h * (n + 1) + n];
            for (size_t i = 0; i < k; i++) row[i] = bias;
            for (size_t j = 0; j < n; j++) {
                const float a = map[h * n + j], *x = w + j * count + at;
                if (a != 0)
                    for (size_t i = 0; i < k; i++) row[i] += a * x[i];
            }
        }
    }
    free(c);
    free(map);
    return status;
}

/* The block at the model's equally spaced points, in units of the tensor's scale; z (points, count) becomes the block's. */
static void make_block(const struct orr_weights_model *m, const struct orr_observed *o, const float *w, size_t count,
                       float *z, struct orr_weights_block *b)
{
    const size_t p = m->points, n = o->n;
    double *r = orr_xcalloc(p * n, sizeof *r), *q = b->gram;
    b->observed = o;
    b->count = count;
    b->points = p;
    b->z = z;
    b->w = w + (n - 1) * count;
    b->term = o->terms ? w + n * count : NULL;
    orr_observed_resample(n, o->t, p, r);
    orr_gram_resample(o->gram, n, r, p, q);
    b->scale = orr_gram_scale(q, p, p, o->weights);
    for (size_t k = 0; k < p; k++)
        for (size_t i = 0; i < count; i++) {
            double x = 0;
            for (size_t j = 0; j < n; j++)
                if (r[k * n + j] != 0) x += r[k * n + j] * (double)w[j * count + i];
            z[k * count + i] = (float)((x - (double)b->w[i]) / b->scale);
        }
    free(r);
}

static enum orr_status run_network(const struct orr_weights_model *m, const struct orr_observed *o, const float *w,
                                   size_t count, size_t n_ahead, const double *t, float *mean,
                                   const struct orr_ticker *ticker, struct orr_error *err)
{
    double *tau = orr_xcalloc(n_ahead + 1, sizeof *tau);
    float *z = orr_alloc(m->points * count, sizeof *z);
    struct orr_tape *tape = orr_tape_new();
    enum orr_status status = z ? ORR_OK : orr_error_set(err, ORR_ENOMEM, m->method->face->name, "no memory for a block");
    if (status) goto out;
    const double last = o->t[o->n - 1];
    struct orr_weights_block b;
    make_block(m, o, w, count, z, &b);
    for (size_t h = 0; h < n_ahead; h++) tau[h] = (t[h] - last) / (1 - last);
    status = m->method->forecast(m, &b, n_ahead, tau, mean, tape, ticker, err);
    for (size_t h = 0; h < n_ahead && !status; h++)
        for (size_t i = 0; i < count; i++)
            mean[h * count + i] = (float)((double)b.w[i] + b.scale * (double)mean[h * count + i]);
out:
    orr_tape_free(tape);
    free(z);
    free(tau);
    return status;
}

bool orr_weights_method_has_field(const struct orr_weights_method *m) { return m->velocity != NULL; }

enum orr_status orr_weights_velocity(const struct orr_weights_model *m, const struct orr_observed *o, const float *w,
                                     size_t count, const float *at, double t, float *velocity, struct orr_error *err)
{
    const char *name = m->method->face->name;
    const double last = o->t[o->n - 1];
    if (!orr_weights_method_has_field(m->method)) return orr_error_set(err, ORR_EUNSUPPORTED, name, "has no velocity field");
    if (o->n < m->method->least || !(t >= last && t <= 1 + 1e-12))
        return orr_error_set(err, ORR_EINVAL, name, "the field begins at the last observed step, after %zu snapshots",
                             m->method->least);
    float *z = orr_alloc(m->points * count + count, sizeof *z);
    if (!z) return orr_error_set(err, ORR_ENOMEM, name, "no memory for a block");
    float *moved = z + m->points * count;
    struct orr_tape *tape = orr_tape_new();
    struct orr_weights_block b;
    make_block(m, o, w, count, z, &b);
    for (size_t i = 0; i < count; i++) moved[i] = (float)(((double)at[i] - (double)b.w[i]) / b.scale);
    const enum orr_status status = m->method->velocity(m, &b, (t - last) / (1 - last), moved, velocity, tape, err);
    for (size_t i = 0; i < count && !status; i++) velocity[i] = (float)((double)velocity[i] * b.scale / (1 - last));
    orr_tape_free(tape);
    free(z);
    return status;
}

static void spread_of(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                      double *spread)
{
    const double last = o->t[o->n - 1], scale = orr_gram_scale(o->gram, o->n, o->n, o->weights);
    int best = -1;
    for (int f = 0; f < ORR_WEIGHTS_FRACTIONS; f++)
        if (isfinite(m->spread[f][0]) &&
            (best < 0 || fabs(orr_weights_fractions[f] - last) < fabs(orr_weights_fractions[best] - last)))
            best = f;
    for (size_t h = 0; h < n_ahead; h++) {
        const double x = H * (t[h] - last) / (1 - last);
        const int lower = x >= H ? H - 1 : (int)x;
        const double *s = best < 0 ? NULL : m->spread[best], a = s && lower ? s[lower - 1] : 0;
        spread[h] = s ? scale * (a + (x - lower) * (s[lower] - a)) : (double)NAN;
    }
}

enum orr_status orr_weights_forecast(const struct orr_weights_model *m, const struct orr_observed *o, const float *w,
                                     size_t count, size_t n_ahead, const double *t, float *mean, double *spread,
                                     const struct orr_ticker *ticker, struct orr_error *err)
{
    const char *name = m->method->face->name;
    if (o->n < m->method->least)
        return orr_error_set(err, ORR_EINVAL, name, "%zu snapshot%s observed, and it needs %zu: observe more", o->n,
                             o->n == 1 ? "" : "s", m->method->least);
    for (size_t h = 0; h < n_ahead; h++)
        if (!(t[h] > (h ? t[h - 1] : o->t[o->n - 1])) || t[h] > 1 + 1e-12)
            return orr_error_set(err, ORR_EINVAL, name, "horizons must increase, after the last observed step up to the last");
    if (spread) spread_of(m, o, n_ahead, t, spread);
    return m->method->forecast ? run_network(m, o, w, count, n_ahead, t, mean, ticker, err)
                               : mix(m, o, w, count, n_ahead, t, mean, ticker, err);
}
