#include "app/weights_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"
#include "base/number.h"

enum { FEWEST_PER_TENSOR = 32, ROUNDS = 400 };

void orr_scene_free(struct orr_scene *s)
{
    for (size_t k = 0; s->tensors && k < s->run.n_tensors; k++) {
        free(s->tensors[k].w);
        free(s->tensors[k].gram);
        free(s->tensors[k].index);
        free(s->tensors[k].term);
    }
    orr_run_weights_free(&s->run);
    orr_arena_free(&s->arena);
    *s = (struct orr_scene){0};
}

/* ---- loading ---- */

/* Which weights of a tensor are kept: of equal stretches one each, drawn. */
static enum orr_status choose(struct orr_scene *s, size_t tensor, size_t sample,
                              const struct orr_scene_coordinate *also, struct orr_error *err)
{
    struct orr_scene_tensor *t = &s->tensors[tensor];
    const size_t n = s->run.tensors[tensor].n;
    const double share = (double)sample / (double)s->run.weights;
    size_t want = (size_t)ceil((double)n * share);
    if (want < FEWEST_PER_TENSOR) want = FEWEST_PER_TENSOR;
    if (want > n || s->run.weights <= sample) want = n;
    t->index = orr_alloc(want + 1, sizeof *t->index);
    if (!t->index)
        return orr_error_set(err, ORR_ENOMEM, s->run.tensors[tensor].name, "no memory for %zu weights", want);
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, tensor);
    for (size_t k = 0; k < want; k++) {
        const size_t first = (size_t)((double)k * (double)n / (double)want),
                     next = (size_t)((double)(k + 1) * (double)n / (double)want);
        t->index[k] = first + (next > first ? (size_t)orr_rng_below(&rng, next - first) : 0);
        if (also && also->tensor == tensor && also->index >= first && also->index < next) t->index[k] = also->index;
    }
    t->kept = want;
    t->w = orr_alloc(s->n * want, sizeof *t->w);
    t->gram = orr_alloc(s->n * s->n, sizeof *t->gram);
    if (!t->w || !t->gram)
        return orr_error_set(err, ORR_ENOMEM, s->run.tensors[tensor].name, "no memory for %zu weights", want);
    memset(t->gram, 0, s->n * s->n * sizeof *t->gram);
    t->term_square = orr_arena_zalloc(&s->arena, s->n, sizeof *t->term_square);
    return ORR_OK;
}

/* Kept are those of the block's weights first..first + n that stand at t->index[next..). */
static void keep(const struct orr_scene_tensor *t, float *to, const float *block, size_t first, size_t n, size_t next)
{
    for (; next < t->kept && t->index[next] < first + n; next++) to[next] = block[t->index[next] - first];
}

/* The direction at snapshot i for a block; what the first block lacks no other one has. */
static enum orr_status read_direction(struct orr_store *store, struct orr_scene *s, size_t tensor, size_t i, size_t first,
                                      size_t n, size_t next, float *block, struct orr_error *err)
{
    struct orr_scene_tensor *t = &s->tensors[tensor];
    const char *name = s->run.tensors[tensor].name;
    if (t->term_square[i] < 0) return ORR_OK;
    if (!orr_run_weights_direction_block(store, &s->run, s->at[i], tensor, first, n, block)) {
        if (first) return orr_error_set(err, ORR_EFORMAT, name, "its recorded moments are damaged");
        t->term_square[i] = -1;
        return ORR_OK;
    }
    if (!t->term) t->term = orr_alloc(s->n * t->kept, sizeof *t->term);
    if (!t->term) return orr_error_set(err, ORR_ENOMEM, name, "no memory for the moments of %zu weights", t->kept);
    for (size_t k = 0; k < n; k++) t->term_square[i] += (double)block[k] * (double)block[k];
    keep(t, t->term + i * t->kept, block, first, n, next);
    return ORR_OK;
}

static enum orr_status read_tensor(struct orr_store *store, struct orr_scene *s, size_t tensor, float *block,
                                   size_t n_block, size_t *done, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_run_tensor *info = &s->run.tensors[tensor];
    struct orr_scene_tensor *t = &s->tensors[tensor];
    enum orr_status status = ORR_OK;
    size_t next = 0;
    for (size_t first = 0; first < info->n && !status; first += n_block) {
        const size_t n = info->n - first < n_block ? info->n - first : n_block;
        if (!orr_ticker_tick(ticker, info->name, "weights", *done, s->run.weights))
            return orr_error_set(err, ORR_ECANCELLED, info->name, "stopped");
        for (size_t i = 0; i < s->n && !status; i++)
            status = orr_run_weights_block(store, &s->run, s->at[i], tensor, first, n, block + i * n, err);
        if (status) break;
        orr_gram_add(t->gram, s->n, block, n);
        for (size_t i = 0; i < s->n; i++) keep(t, t->w + i * t->kept, block + i * n, first, n, next);
        for (size_t i = 0; i < s->n && !status; i++)
            status = read_direction(store, s, tensor, i, first, n, next, block, err);
        while (next < t->kept && t->index[next] < first + n) next++;
        *done += n;
    }
    return status;
}

/* A sum of squares that is not finite has a weight, or a moment, that is not: squares of floats do not overflow a double. */
static void find_unsound(struct orr_scene *s)
{
    s->sound = s->n;
    for (size_t k = 0; k < s->run.n_tensors; k++)
        for (size_t i = 0; i < s->sound; i++)
            if (!isfinite(s->tensors[k].gram[i * s->n + i]) || !isfinite(s->tensors[k].term_square[i])) {
                s->sound = i;
                s->unsound = s->run.tensors[k].name;
            }
}

static enum orr_status load(struct orr_store *store, struct orr_scene *s, size_t sample,
                            const struct orr_scene_coordinate *also, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    enum { ROOM = 1 << 21 /* floats */ };
    s->n = s->run.n_steps < ORR_OBSERVED_MAX ? s->run.n_steps : ORR_OBSERVED_MAX;
    s->at = orr_arena_zalloc(&s->arena, s->n, sizeof *s->at);
    s->steps = orr_arena_zalloc(&s->arena, s->n, sizeof *s->steps);
    for (size_t i = 0; i < s->n; i++) {
        s->at[i] = s->n > 1 ? i * (s->run.n_steps - 1) / (s->n - 1) : 0;
        s->steps[i] = s->run.steps[s->at[i]];
    }
    s->tensors = orr_arena_zalloc(&s->arena, s->run.n_tensors + 1, sizeof *s->tensors);
    if (also && (also->tensor >= s->run.n_tensors || also->index >= s->run.tensors[also->tensor].n))
        return orr_error_set(err, ORR_EINVAL, NULL, "there is no such weight");
    enum orr_status status = ORR_OK;
    for (size_t k = 0; k < s->run.n_tensors && !status; k++) {
        status = choose(s, k, sample, also, err);
        s->kept += s->tensors[k].kept;
    }
    size_t n_block = ROOM / s->n, done = 0;
    if (s->run.weights < n_block) n_block = s->run.weights;
    float *block = orr_alloc(n_block * s->n, sizeof *block);
    if (!block && !status)
        status = orr_error_set(err, ORR_ENOMEM, NULL, "no memory for a block of %zu weights", n_block);
    for (size_t k = 0; k < s->run.n_tensors && !status; k++)
        status = read_tensor(store, s, k, block, n_block, &done, ticker, err);
    free(block);
    if (!status) find_unsound(s);
    return status;
}

enum orr_status orr_scene_load(struct orr_store *store, int64_t run, size_t sample,
                               const struct orr_scene_coordinate *also, const struct orr_ticker *ticker,
                               struct orr_scene *s, struct orr_error *err)
{
    *s = (struct orr_scene){.name = "", .group = ""};
    struct orr_run_list runs = {0};
    enum orr_status status = orr_store_runs(store, &runs, err);
    const struct orr_run *r = status ? NULL : orr_run_list_find(&runs, run);
    if (r) {
        s->name = orr_arena_strdup(&s->arena, r->name);
        s->group = orr_arena_strdup(&s->arena, r->group);
        status = orr_run_weights_open(store, run, &s->run, err);
    } else if (!status) {
        status = orr_error_set(err, ORR_ENOTFOUND, NULL, "there is no run %lld", (long long)run);
    }
    orr_run_list_free(&runs);
    return status ? status : load(store, s, sample, also, ticker, err);
}

enum orr_status orr_scene_load_folder(const char *folder, size_t sample, const struct orr_ticker *ticker,
                                      struct orr_scene *s, struct orr_error *err)
{
    *s = (struct orr_scene){.group = ""};
    s->name = orr_arena_strdup(&s->arena, folder);
    const enum orr_status status = orr_run_weights_open_folder(folder, ticker, &s->run, err);
    if (status == ORR_EUNSUPPORTED)
        return orr_error_set(err, status, folder,
                             "only safetensors checkpoints are drawn from a folder: import it (orrery import %s)",
                             folder);
    return status ? status : load(NULL, s, sample, NULL, ticker, err);
}

/* ---- sums ---- */

static size_t first_of(const struct orr_scene *s, size_t scope) { return scope < s->run.n_tensors ? scope : 0; }
static size_t end_of(const struct orr_scene *s, size_t scope)
{
    return scope < s->run.n_tensors ? scope + 1 : s->run.n_tensors;
}

size_t orr_scene_weights(const struct orr_scene *s, size_t scope)
{
    return scope < s->run.n_tensors ? s->run.tensors[scope].n : s->run.weights;
}
size_t orr_scene_kept(const struct orr_scene *s, size_t scope)
{
    return scope < s->run.n_tensors ? s->tensors[scope].kept : s->kept;
}

static double gram(const struct orr_scene *s, size_t scope, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = first_of(s, scope); k < end_of(s, scope); k++) sum += s->tensors[k].gram[i * s->n + j];
    return sum;
}

double orr_scene_norm(const struct orr_scene *s, size_t scope, size_t i) { return sqrt(gram(s, scope, i, i)); }

double orr_scene_distance(const struct orr_scene *s, size_t scope, size_t i, size_t j)
{
    const double square = gram(s, scope, i, i) - 2 * gram(s, scope, i, j) + gram(s, scope, j, j);
    return square < 0 ? 0 : sqrt(square); /* NaN stays */
}

bool orr_scene_find(const struct orr_scene *s, const char *tensor, size_t *out)
{
    int64_t number;
    for (*out = 0; *out < s->run.n_tensors; ++*out)
        if (!strcmp(s->run.tensors[*out].name, tensor)) return true;
    if (!orr_parse_int64(tensor, strlen(tensor), &number) || number < 1 || (uint64_t)number > s->run.n_tensors)
        return false;
    *out = (size_t)number - 1;
    return true;
}

size_t orr_scene_position(const struct orr_scene *s, struct orr_scene_coordinate c)
{
    if (c.tensor >= s->run.n_tensors) return SIZE_MAX;
    const struct orr_scene_tensor *t = &s->tensors[c.tensor];
    size_t lo = 0, hi = t->kept;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (t->index[middle] < c.index)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < t->kept && t->index[lo] == c.index ? lo : SIZE_MAX;
}

size_t orr_scene_draw(const struct orr_scene *s, size_t scope, uint64_t seed, size_t n,
                      struct orr_scene_coordinate *out)
{
    const size_t have = orr_scene_kept(s, scope);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, scope);
    if (n > have) n = have;
    for (size_t k = 0; k < n; k++) { /* of n equal stretches one each */
        const size_t first = k * have / n, next = (k + 1) * have / n;
        size_t at = first + (size_t)orr_rng_below(&rng, next - first), tensor = first_of(s, scope);
        while (at >= s->tensors[tensor].kept) at -= s->tensors[tensor++].kept;
        out[k] = (struct orr_scene_coordinate){tensor, s->tensors[tensor].index[at]};
    }
    return n;
}

/* ---- the plane ---- */

/* The largest eigenvalue of a symmetric positive semidefinite k (n, n) by the power method, its vector in u. Close
 * eigenvalues give some vector of their span, which is as good. */
static double largest(size_t n, const double *k, double *u)
{
    double next[ORR_OBSERVED_MAX], value = 0;
    for (size_t i = 0; i < n; i++) u[i] = sin(1 + 2.3 * (double)i);
    for (int round = 0; round < ROUNDS; round++) {
        value = 0;
        for (size_t i = 0; i < n; i++) {
            next[i] = 0;
            for (size_t j = 0; j < n; j++) next[i] += k[i * n + j] * u[j];
            value += next[i] * next[i];
        }
        value = sqrt(value);
        if (!(value > 0)) return 0;
        for (size_t i = 0; i < n; i++) u[i] = next[i] / value;
    }
    return value;
}

bool orr_scene_plane(const struct orr_scene *s, size_t scope, struct orr_scene_plane *p)
{
    const size_t n = s->sound;
    *p = (struct orr_scene_plane){.share = {0, 0}};
    if (n < 2) return false;
    double k[ORR_OBSERVED_MAX * ORR_OBSERVED_MAX], row[ORR_OBSERVED_MAX] = {0}, all = 0, trace = 0, u[ORR_OBSERVED_MAX];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            k[i * n + j] = gram(s, scope, i, j);
            row[i] += k[i * n + j] / (double)n;
            all += k[i * n + j] / (double)(n * n);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) k[i * n + j] += all - row[i] - row[j]; /* around the mean */
    for (size_t i = 0; i < n; i++) trace += k[i * n + i];
    if (!(trace > 1e-12 * fabs(all))) return false;
    for (int d = 0; d < 2; d++) {
        const double value = largest(n, k, u);
        if (!(value > 1e-9 * trace)) break;    /* a straight line: there is no second direction */
        const size_t told = d ? n / 2 : n - 1; /* to the right; first upwards */
        const double sign = u[told] - (d ? (u[0] + u[n - 1]) / 2 : u[0]) < 0 ? -1 : 1;
        for (size_t i = 0; i < n; i++) {
            p->at[d][i] = sign * sqrt(value) * u[i];
            p->mix[d][i] = sign * u[i] / sqrt(value);
        }
        p->share[d] = value / trace;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) k[i * n + j] -= value * u[i] * u[j];
    }
    return true;
}
