#include "methods/weights/trajectory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/optim.h>
#include <orrery/rng.h>

enum { POINTS = ORR_WEIGHTS_GRID + 1 };

enum orr_tensor_role orr_tensor_role(int rank)
{
    return rank <= 1 ? ORR_ROLE_BIAS : rank == 2 ? ORR_ROLE_MATRIX : ORR_ROLE_KERNEL;
}

static enum orr_status check_times(size_t n, const double *t, const char *where, struct orr_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (!(t[i] >= 0 && t[i] <= 1) || (i && !(t[i] > t[i - 1])))
            return orr_error_set(err, ORR_EINVAL, where, "snapshot %zu: steps must increase and lie within the run", i);
    return ORR_OK;
}

static enum orr_status check_values(const float *w, size_t n, size_t count, size_t before, const char *where,
                                    struct orr_error *err)
{
    for (size_t i = 0; i < n * count; i++)
        if (!isfinite(w[i]))
            return orr_error_set(err, ORR_EINVAL, where,
                                 "weight %zu of snapshot %zu is %s: the run has diverged; observe less of it",
                                 before + i % count, i / count, isnan(w[i]) ? "NaN" : "infinite");
    return ORR_OK;
}

enum orr_status orr_observed_init(struct orr_observed *o, size_t n, const double *t, int optim, enum orr_tensor_role role,
                                  const char *where, struct orr_error *err)
{
    if (n < 1 || n > ORR_OBSERVED_MAX)
        return orr_error_set(err, ORR_EINVAL, where, "%zu snapshots observed: 1 to %d are needed", n, ORR_OBSERVED_MAX);
    const enum orr_status s = check_times(n, t, where, err);
    if (s) return s;
    if (t[n - 1] >= 1) return orr_error_set(err, ORR_EINVAL, where, "the last observed snapshot is the run's last");
    o->n = n;
    memcpy(o->t, t, n * sizeof *t);
    o->optim = optim;
    o->role = role;
    o->lr = 0;
    o->depth = -1;
    o->terms = 0;
    o->term_square = 0;
    o->weights = 0;
    memset(o->gram, 0, n * n * sizeof *o->gram);
    return ORR_OK;
}

static size_t layer_length(const char *tensor)
{
    const char *dot = strrchr(tensor, '.');
    return dot ? (size_t)(dot - tensor) : 0;
}
static int by_layer(const char *a, const char *b)
{
    const size_t x = layer_length(a), y = layer_length(b);
    return x != y ? (x < y ? -1 : 1) : strncmp(a, b, x);
}

void orr_weights_depths(const char *const *names, size_t n, double *depth)
{
    enum { MOST = 4096 }; /* every pair is compared */
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t before = 0; /* tensors of layers before it */
        for (size_t k = 0; k < n && n <= MOST; k++) before += by_layer(names[k], names[i]) < 0;
        depth[i] = n <= MOST ? (double)before : -1;
        if (before > most) most = before;
    }
    for (size_t i = 0; i < n && most; i++) depth[i] /= (double)most;
}

/* Several sums side by side: one alone would wait for itself at each addition. */
double orr_weights_dot(const float *a, const float *b, size_t n)
{
    enum { LANES = 16 };
    double sum[LANES] = {0}, all = 0;
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (size_t l = 0; l < LANES; l++) sum[l] += (double)a[k + l] * (double)b[k + l];
    for (; k < n; k++) all += (double)a[k] * (double)b[k];
    for (size_t l = 0; l < LANES; l++) all += sum[l];
    return all;
}

void orr_gram_add(double *gram, size_t n, const float *w, size_t count)
{
    enum { TILE = 2048 }; /* weights of all snapshots that stay in the cache while every pair of them is taken */
    for (size_t at = 0; at < count; at += TILE) {
        const size_t k = count - at < TILE ? count - at : TILE;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                const double sum = orr_weights_dot(w + i * count + at, w + j * count + at, k);
                gram[i * n + j] += sum;
                if (i != j) gram[j * n + i] += sum;
            }
    }
}

enum orr_status orr_observed_add(struct orr_observed *o, const float *w, size_t count, const char *where,
                                 struct orr_error *err)
{
    const enum orr_status s = check_values(w, o->n + o->terms, count, o->weights, where, err);
    if (s) return s;
    orr_gram_add(o->gram, o->n, w, count);
    for (size_t i = 0; i < o->terms * count; i++) o->term_square += (double)w[o->n * count + i] * (double)w[o->n * count + i];
    o->weights += count;
    return ORR_OK;
}

void orr_observed_resample(size_t n, const double *t, size_t points, double *r)
{
    memset(r, 0, points * n * sizeof *r);
    size_t i = 0;
    for (size_t k = 0; k < points; k++) {
        const double at = points > 1 ? t[0] + (t[n - 1] - t[0]) * (double)k / (double)(points - 1) : t[n - 1];
        while (i + 2 < n && t[i + 1] < at) i++;
        if (n == 1) {
            r[k] = 1;
            continue;
        }
        double s = (at - t[i]) / (t[i + 1] - t[i]);
        s = s < 1e-9 ? 0 : s > 1 - 1e-9 ? 1 : s; /* a grid point met is taken as it is */
        r[k * n + i] = 1 - s;
        r[k * n + i + 1] = s;
    }
}

void orr_gram_resample(const double *gram, size_t n, const double *r, size_t points, double *q)
{
    for (size_t a = 0; a < points; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                if (r[a * n + i] != 0)
                    for (size_t j = 0; j < n; j++) sum += r[a * n + i] * r[b * n + j] * gram[i * n + j];
            q[a * points + b] = q[b * points + a] = sum;
        }
}

/* <w_a - w_b, w_c - w_d> */
static double inner(const double *g, size_t stride, size_t a, size_t b, size_t c, size_t d)
{
    return g[a * stride + c] - g[a * stride + d] - g[b * stride + c] + g[b * stride + d];
}
static double distance(const double *g, size_t stride, size_t a, size_t b)
{
    return sqrt(fmax(0, inner(g, stride, a, b, a, b)));
}

double orr_gram_scale(const double *gram, size_t n, size_t stride, size_t weights)
{
    double far = 0;
    for (size_t i = 0; i + 1 < n; i++) far = fmax(far, distance(gram, stride, n - 1, i));
    const double root = sqrt((double)(weights ? weights : 1));
    const double size = sqrt(fmax(0, gram[(n - 1) * stride + n - 1]));
    return fmax(far, 1e-6 * size) / root + 1e-12;
}

static float bounded(double x) { return (float)(x > 4 ? 4 : x > -4 ? x : -4); }
static float log_ratio(double a, double b) { return bounded(log((a + 1e-12) / (b + 1e-12))); }

static float cosine(double product, double a, double b) { return bounded(product / (a * b + 1e-12)); }

void orr_gram_context(const double *q, size_t weights, double t_last, float c[ORR_WEIGHTS_CONTEXT])
{
    enum { P = ORR_WEIGHTS_SEEN, MOVES = P - 1 };
    const double root = sqrt((double)(weights ? weights : 1)), all = orr_gram_scale(q, P, P, weights) * root;
    const double size = sqrt(fmax(0, q[P * P - 1]));
    double length[MOVES];
    for (size_t i = 0; i < MOVES; i++) {
        length[i] = distance(q, P, i + 1, i);
        *c++ = log_ratio(length[i], all);
    }
    for (size_t i = 0; i < MOVES; i++) {
        for (size_t j = 0; j < i; j++) *c++ = cosine(inner(q, P, i + 1, i, j + 1, j), length[i], length[j]);
        *c++ = cosine(q[(i + 1) * P + P - 1] - q[i * P + P - 1], length[i], size);
    }
    *c++ = log_ratio(size, all);
    *c++ = (float)(8 * t_last - 2); /* -1.2, -0.4, 1.2 at 10, 20, 40%: as far apart as the others */
    *c = bounded(log((double)(weights ? weights : 1)) / 3 - 1);
}

bool orr_optim_direction(int optim, const float *m, const float *v, size_t n, float *direction)
{
    const float eps = 1e-8f;
    memset(direction, 0, n * sizeof *direction);
    const bool adaptive = optim == ORR_ADAM || optim == ORR_ADAMW;
    if (!m || (adaptive ? !v : optim != ORR_MOMENTUM)) return false;
    for (size_t i = 0; i < n; i++) direction[i] = adaptive ? -m[i] / (sqrtf(fmaxf(v[i], 0)) + eps) : -m[i];
    return true;
}

/* ---- training sets ---- */

void orr_weights_set_free(struct orr_weights_set *s)
{
    for (size_t i = 0; i < s->pieces.len; i++) {
        free(s->pieces.data[i].w);
        free(s->pieces.data[i].gram);
        free(s->pieces.data[i].kept);
        free(s->pieces.data[i].term);
    }
    free(s->pieces.data);
    *s = (struct orr_weights_set){0};
}

size_t orr_weights_set_runs(const struct orr_weights_set *s)
{
    size_t runs = 0;
    for (size_t i = 0; i < s->pieces.len; i++)
        if (s->pieces.data[i].run >= runs) runs = s->pieces.data[i].run + 1;
    return runs;
}

enum orr_status orr_weights_set_add(struct orr_weights_set *s, size_t run, int optim, enum orr_tensor_role role,
                                    size_t n_steps, const double *t, size_t weights, const float *w, size_t most,
                                    uint64_t seed, const char *where, struct orr_error *err)
{
    if (n_steps < 2) return orr_error_set(err, ORR_EINVAL, where, "one snapshot only: a trajectory needs two or more");
    enum orr_status status = check_times(n_steps, t, where, err);
    if (!status) status = check_values(w, n_steps, weights, 0, where, err);
    if (status) return status;
    const size_t n = weights < most ? weights : most;
    struct orr_weights_piece p = {.run = run, .optim = optim, .role = role, .depth = -1, .weights = weights, .n = n,
                                  .kept = orr_alloc(n, sizeof *p.kept), .w = orr_alloc(n * POINTS, sizeof *p.w),
                                  .gram = orr_alloc(POINTS * POINTS, sizeof *p.gram)};
    double *r = orr_alloc(POINTS * n_steps, sizeof *r), *all = orr_alloc(n_steps * n_steps, sizeof *all);
    if (!p.w || !p.gram || !p.kept || !r || !all) {
        status = orr_error_set(err, ORR_ENOMEM, where, "no memory for %zu weights", weights);
        free(p.w);
        free(p.gram);
        free(p.kept);
        goto out;
    }
    memset(all, 0, n_steps * n_steps * sizeof *all);
    orr_gram_add(all, n_steps, w, weights);
    orr_observed_resample(n_steps, t, POINTS, r);
    orr_gram_resample(all, n_steps, r, POINTS, p.gram);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, run * 1000 + s->pieces.len);
    for (size_t k = 0; k < n; k++) {
        /* Of every n-th part one weight: all of a tensor is seen. */
        const size_t first = k * weights / n, next = (k + 1) * weights / n;
        const size_t c = p.kept[k] = first + (size_t)orr_rng_below(&rng, next - first);
        for (size_t j = 0; j < POINTS; j++) {
            double x = 0;
            for (size_t i = 0; i < n_steps; i++)
                if (r[j * n_steps + i] != 0) x += r[j * n_steps + i] * (double)w[i * weights + c];
            p.w[k * POINTS + j] = (float)x;
        }
    }
    ORR_VEC_PUSH(&s->pieces, p);
out:
    free(r);
    free(all);
    return status;
}

enum orr_status orr_weights_set_about(struct orr_weights_set *s, double lr, double depth, size_t n_steps, const double *t,
                                      const float *direction, struct orr_error *err)
{
    struct orr_weights_piece *p = &s->pieces.data[s->pieces.len - 1];
    p->lr = lr > 0 && isfinite(lr) ? lr : 0;
    p->depth = depth;
    if (!direction) return ORR_OK;
    double *r = orr_alloc(POINTS * n_steps, sizeof *r), *unit = orr_alloc(n_steps, sizeof *unit);
    p->term = orr_alloc(p->n * POINTS, sizeof *p->term);
    enum orr_status status = r && unit && p->term ? ORR_OK : orr_error_set(err, ORR_ENOMEM, NULL, "no memory for directions");
    for (size_t i = 0; i < n_steps && !status; i++) {
        double square = 0;
        for (size_t k = 0; k < p->weights; k++)
            square += (double)direction[i * p->weights + k] * (double)direction[i * p->weights + k];
        unit[i] = square > 0 ? sqrt((double)p->weights / square) : 0;
    }
    if (!status) orr_observed_resample(n_steps, t, POINTS, r);
    for (size_t k = 0; k < p->n && !status; k++)
        for (size_t j = 0; j < POINTS; j++) {
            double x = 0;
            for (size_t i = 0; i < n_steps; i++)
                if (r[j * n_steps + i] != 0) x += r[j * n_steps + i] * unit[i] * (double)direction[i * p->weights + p->kept[k]];
            p->term[k * POINTS + j] = (float)x;
        }
    free(r);
    free(unit);
    return status;
}
