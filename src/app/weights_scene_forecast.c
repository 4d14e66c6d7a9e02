/* Forecasts of a scene's sample, their errors, their place in the principal plane, and the field there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/weights_scene.h"
#include "base/clock.h"
#include "base/mem.h"
#include "num/gemm.h"

enum { AHEAD = 10 /* horizons where nothing was recorded */ };
static const double MARGIN = 0.12;

void orr_scene_forecast_free(struct orr_scene_forecast *f)
{
    orr_weights_model_free(f->model);
    orr_arena_free(&f->arena);
    *f = (struct orr_scene_forecast){0};
}

/* The steps ahead: those recorded up to `to`, or equal ones where training goes on. */
static enum orr_status plan(const struct orr_scene *s, const struct orr_scene_query *q, struct orr_scene_forecast *f,
                            struct orr_error *err)
{
    f->observed = q->observed;
    if (!q->observed || q->observed > s->sound)
        return orr_error_set(err, ORR_EINVAL, s->unsound,
                             s->sound ? "%zu snapshots observed of %zu whose weights are all finite"
                                      : "the weights of the first snapshot are not finite",
                             q->observed, s->sound);
    const int64_t now = s->steps[q->observed - 1], last = s->steps[s->sound - 1];
    f->to = q->to ? q->to : q->observed < s->sound ? last : 2 * last;
    if (f->to <= now)
        return orr_error_set(err, ORR_EINVAL, NULL,
                             "the last observed snapshot is of step %lld: forecast to a later one", (long long)now);
    f->truth = q->observed < s->sound && f->to <= last;
    f->steps = orr_arena_zalloc(&f->arena, s->n + AHEAD, sizeof *f->steps);
    for (size_t i = q->observed; f->truth && i < s->sound && s->steps[i] <= f->to; i++)
        f->steps[f->n_ahead++] = s->steps[i];
    for (int i = 1; !f->truth && i <= AHEAD; i++) {
        const int64_t step = now + (f->to - now) * i / AHEAD;
        if (step > (f->n_ahead ? f->steps[f->n_ahead - 1] : now)) f->steps[f->n_ahead++] = step;
    }
    return f->n_ahead ? ORR_OK
                      : orr_error_set(err, ORR_EINVAL, NULL, "no snapshot lies between step %lld and %lld",
                                      (long long)now, (long long)f->to);
}

/* What is known of a tensor, the direction by its moments only where the model looks at it. */
static enum orr_status observe(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t tensor,
                               struct orr_observed *o, struct orr_error *err)
{
    double t[ORR_OBSERVED_MAX];
    for (size_t i = 0; i < f->observed; i++) t[i] = (double)s->steps[i] / (double)f->to;
    const enum orr_status status = orr_run_weights_observe(&s->run, tensor, f->observed, t, o, err);
    if (status) return status;
    const double square = s->tensors[tensor].term ? s->tensors[tensor].term_square[f->observed - 1] : -1;
    o->terms = f->model->o.moments && square >= 0;
    o->term_square = o->terms ? square : 0;
    o->weights = s->run.tensors[tensor].n;
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = 0; j < o->n; j++) o->gram[i * o->n + j] = s->tensors[tensor].gram[i * s->n + j];
    return ORR_OK;
}

/* The sample of a tensor as a block: where its terms count, behind the observed snapshots and not behind all. NULL: no memory;
 * to be freed with them. */
static const float *block_of(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t tensor,
                             const struct orr_observed *o, float **own)
{
    const struct orr_scene_tensor *t = &s->tensors[tensor];
    const size_t n = f->observed * t->kept;
    *own = NULL;
    if (!o->terms) return t->w;
    *own = orr_alloc(n + t->kept, sizeof **own);
    if (!*own) return NULL;
    memcpy(*own, t->w, n * sizeof **own);
    memcpy(*own + n, t->term + n - t->kept, t->kept * sizeof **own);
    return *own;
}

/* Sums of w_i (forecast - w_now), and errors, over the sample. */
static void account(const struct orr_scene *s, struct orr_scene_forecast *f, size_t tensor)
{
    const struct orr_scene_tensor *t = &s->tensors[tensor];
    const double share = (double)s->run.tensors[tensor].n / (double)t->kept;
    const float *now = t->w + (f->observed - 1) * t->kept;
    for (size_t h = 0; h < f->n_ahead; h++) {
        const float *mean = f->mean[tensor] + h * t->kept, *real = t->w + (f->observed + h) * t->kept;
        double absolute = 0, square = 0;
        for (size_t i = 0; i < s->sound; i++) {
            double sum = 0;
            for (size_t c = 0; c < t->kept; c++)
                sum += (double)t->w[i * t->kept + c] * ((double)mean[c] - (double)now[c]);
            f->cross[(tensor * s->n + i) * f->n_ahead + h] = share * sum;
        }
        for (size_t c = 0; c < t->kept && f->truth; c++) {
            const double e = (double)mean[c] - (double)real[c];
            absolute += fabs(e);
            square += e * e;
        }
        f->error[0][tensor * f->n_ahead + h] = f->truth ? absolute / (double)t->kept : (double)NAN;
        f->error[1][tensor * f->n_ahead + h] = f->truth ? square / (double)t->kept : (double)NAN;
    }
}

enum orr_status orr_scene_forecast(struct orr_store *store, const struct orr_scene *s, const struct orr_scene_query *q,
                                   const struct orr_ticker *ticker, struct orr_scene_forecast *f, struct orr_error *err)
{
    *f = (struct orr_scene_forecast){.method = q->method, .made_with = ""};
    const struct orr_weights_query how = {
        .method = q->method, .model = q->model, .learn = q->learn, .solver = q->solver, .seed = q->seed};
    struct orr_observed *o = NULL;
    enum orr_status status = plan(s, q, f, err);
    if (!status)
        status = orr_weights_model_get(store, s->run.run, (double)s->steps[q->observed - 1] / (double)f->to, &how,
                                       ticker, &f->arena, &f->made_with, &f->model, err);
    const enum orr_status fitted = status;
    if (status == ORR_ECANCELLED && f->model) { /* the fit was stopped: what it found so far is worth a forecast */
        status = ORR_OK;
        ticker = NULL;
    }
    if (status) return status;
    const double start = orr_clock_now();
    const size_t tensors = s->run.n_tensors, per = tensors * f->n_ahead;
    double *ahead = orr_arena_zalloc(&f->arena, f->n_ahead, sizeof *ahead);
    for (size_t h = 0; h < f->n_ahead; h++) ahead[h] = (double)f->steps[h] / (double)f->to;
    f->outcome = f->model->outcome;
    f->mean = orr_arena_zalloc(&f->arena, tensors, sizeof *f->mean);
    f->spread = orr_arena_zalloc(&f->arena, per, sizeof *f->spread);
    f->cross = orr_arena_zalloc(&f->arena, per * s->n, sizeof *f->cross);
    f->error[0] = orr_arena_zalloc(&f->arena, 2 * per, sizeof *f->error[0]);
    f->error[1] = f->error[0] + per;
    o = orr_xmalloc(sizeof *o);
    orr_blas_set_threads(1);
    for (size_t k = 0; k < tensors && !status; k++) {
        const struct orr_scene_tensor *t = &s->tensors[k];
        if (!orr_ticker_tick(ticker, s->run.tensors[k].name, "tensors", k, tensors))
            status = orr_error_set(err, ORR_ECANCELLED, q->method, "stopped");
        f->mean[k] = orr_arena_zalloc(&f->arena, f->n_ahead * t->kept, sizeof *f->mean[k]);
        float *own = NULL;
        if (!status) status = observe(s, f, k, o, err);
        const float *const block = status ? NULL : block_of(s, f, k, o, &own);
        if (!status && !block)
            status = orr_error_set(err, ORR_ENOMEM, s->run.tensors[k].name, "no memory for %zu weights", t->kept);
        if (!status)
            status = orr_weights_forecast(f->model, o, block, t->kept, f->n_ahead, ahead, f->mean[k],
                                          f->spread + k * f->n_ahead, ticker, err);
        free(own);
        if (!status) account(s, f, k);
    }
    free(o);
    f->whole = !status;
    f->seconds = orr_clock_now() - start;
    return status ? status : fitted;
}

static size_t first_of(const struct orr_scene *s, size_t scope) { return scope < s->run.n_tensors ? scope : 0; }
static size_t end_of(const struct orr_scene *s, size_t scope)
{
    return scope < s->run.n_tensors ? scope + 1 : s->run.n_tensors;
}

double orr_scene_error(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t scope, bool square,
                       size_t h)
{
    double sum = 0;
    for (size_t k = first_of(s, scope); k < end_of(s, scope); k++)
        sum += (double)s->run.tensors[k].n * f->error[square][k * f->n_ahead + h];
    sum /= (double)orr_scene_weights(s, scope);
    return square ? sqrt(sum) : sum;
}

void orr_scene_project(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t scope,
                       const struct orr_scene_plane *plane, size_t h, double xy[2])
{
    for (int d = 0; d < 2; d++) {
        xy[d] = plane->at[d][f->observed - 1];
        for (size_t k = first_of(s, scope); k < end_of(s, scope); k++)
            for (size_t i = 0; i < s->sound; i++) xy[d] += plane->mix[d][i] * f->cross[(k * s->n + i) * f->n_ahead + h];
    }
}

/* ---- the field ---- */

static void widen(double x, double *lo, double *hi)
{
    *lo = fmin(*lo, x);
    *hi = fmax(*hi, x);
}

void orr_scene_window(const struct orr_scene *s, const struct orr_scene_forecast *const *f, size_t n, size_t scope,
                      const struct orr_scene_plane *plane, double *x0, double *x1, double *y0, double *y1)
{
    *x0 = *x1 = plane->at[0][0];
    *y0 = *y1 = plane->at[1][0];
    for (size_t i = 0; i < s->sound; i++) {
        widen(plane->at[0][i], x0, x1);
        widen(plane->at[1][i], y0, y1);
    }
    for (size_t m = 0; m < n && m < 1; m++) /* the method's own: a baseline that runs away must not hide it */
        for (size_t h = 0; h < f[m]->n_ahead; h++) {
            double xy[2];
            orr_scene_project(s, f[m], scope, plane, h, xy);
            widen(xy[0], x0, x1);
            widen(xy[1], y0, y1);
        }
    double dx = *x1 - *x0, dy = *y1 - *y0;
    if (!(dx > 0)) dx = 1;
    if (!(dy > 1e-3 * dx)) dy = dx / 2;
    *x0 -= MARGIN * dx, *x1 += MARGIN * dx;
    *y0 -= MARGIN * dy, *y1 += MARGIN * dy;
}

/* The time, as a share of training, at which the forecast comes nearest to (x, y), distances in units of the window. */
static double nearest_time(const struct orr_scene *s, const struct orr_scene_forecast *f,
                           const struct orr_scene_field *field, const struct orr_scene_plane *plane, double x, double y)
{
    const double wx = field->x1 - field->x0, wy = field->y1 - field->y0;
    const size_t now = f->observed - 1;
    double best = hypot((plane->at[0][now] - x) / wx, (plane->at[1][now] - y) / wy);
    int64_t step = s->steps[now];
    for (size_t h = 0; h < f->n_ahead; h++) {
        double xy[2];
        orr_scene_project(s, f, field->scope, plane, h, xy);
        const double d = hypot((xy[0] - x) / wx, (xy[1] - y) / wy);
        if (d < best) best = d, step = f->steps[h];
    }
    return (double)step / (double)f->to;
}

/* Adds what one tensor's weights contribute to all arrows. */
static enum orr_status add_tensor(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t tensor,
                                  const struct orr_scene_plane *plane, const double *times,
                                  struct orr_scene_field *field, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_scene_tensor *t = &s->tensors[tensor];
    const size_t now = f->observed - 1;
    const double share = (double)s->run.tensors[tensor].n / (double)t->kept;
    float *axis[2], *velocity, *own = NULL, *at = orr_alloc(4 * t->kept, sizeof *at);
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    enum orr_status status = observe(s, f, tensor, o, err);
    const float *const block = status ? NULL : block_of(s, f, tensor, o, &own);
    if (!status && (!at || !block)) status = orr_error_set(err, ORR_ENOMEM, "field", "no memory for a tensor");
    if (status) goto out;
    velocity = at + t->kept;
    axis[0] = at + 2 * t->kept;
    axis[1] = at + 3 * t->kept;
    for (int d = 0; d < 2; d++)
        for (size_t c = 0; c < t->kept; c++) {
            double sum = 0;
            for (size_t i = 0; i < s->sound; i++) sum += plane->mix[d][i] * (double)t->w[i * t->kept + c];
            axis[d][c] = (float)sum;
        }
    for (size_t p = 0; p < ORR_FIELD_ROWS * ORR_FIELD_COLUMNS && !status; p++) {
        const size_t row = p / ORR_FIELD_COLUMNS, column = p % ORR_FIELD_COLUMNS;
        const double x =
            field->x0 + (field->x1 - field->x0) * (double)column / (ORR_FIELD_COLUMNS - 1) - plane->at[0][now];
        const double y = field->y0 + (field->y1 - field->y0) * (double)row / (ORR_FIELD_ROWS - 1) - plane->at[1][now];
        if (!orr_ticker_tick(ticker, "velocity field", "arrows", p, ORR_FIELD_ROWS * ORR_FIELD_COLUMNS)) {
            status = orr_error_set(err, ORR_ECANCELLED, "field", "stopped");
            break;
        }
        for (size_t c = 0; c < t->kept; c++)
            at[c] = (float)((double)t->w[now * t->kept + c] + x * (double)axis[0][c] + y * (double)axis[1][c]);
        status = orr_weights_velocity(f->model, o, block, t->kept, at, times[p], velocity, err);
        for (size_t c = 0; c < t->kept && !status; c++) {
            field->u[row][column] += share * (double)axis[0][c] * (double)velocity[c];
            field->v[row][column] += share * (double)axis[1][c] * (double)velocity[c];
        }
    }
out:
    free(at);
    free(own);
    free(o);
    return status;
}

enum orr_status orr_scene_field(const struct orr_scene *s, const struct orr_scene_forecast *f,
                                const struct orr_ticker *ticker, struct orr_scene_field *field, struct orr_error *err)
{
    struct orr_scene_plane plane;
    double times[ORR_FIELD_ROWS * ORR_FIELD_COLUMNS];
    memset(field->u, 0, sizeof field->u);
    memset(field->v, 0, sizeof field->v);
    if (!orr_weights_method_has_field(f->model->method))
        return orr_error_set(err, ORR_EUNSUPPORTED, f->method, "has no velocity field; flow has one");
    if (!orr_scene_plane(s, field->scope, &plane))
        return orr_error_set(err, ORR_EINVAL, "field", "the path does not move");
    for (size_t p = 0; p < ORR_FIELD_ROWS * ORR_FIELD_COLUMNS; p++) {
        const double x =
            field->x0 + (field->x1 - field->x0) * (double)(p % ORR_FIELD_COLUMNS) / (ORR_FIELD_COLUMNS - 1);
        const double y = field->y0 + (field->y1 - field->y0) * (double)(p / ORR_FIELD_COLUMNS) / (ORR_FIELD_ROWS - 1);
        times[p] = nearest_time(s, f, field, &plane, x, y);
    }
    enum orr_status status = ORR_OK;
    for (size_t k = first_of(s, field->scope); k < end_of(s, field->scope) && !status; k++)
        status = add_tensor(s, f, k, &plane, times, field, ticker, err);
    return status;
}
