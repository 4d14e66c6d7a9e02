#include "app/curve_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CACHE_BYTES = 16 << 20 };

/* ---- decoded chunks ---- */

void curve_drop(struct orr_curve *c, size_t index)
{
    struct chunk_data *d = c->decoded[index];
    if (!d) return;
    c->decoded_bytes -= d->bytes;
    free(d->step);
    free(d->narrow);
    free(d->wide);
    free(d->wall);
    free(d->wall_ms);
    free(d);
    c->decoded[index] = NULL;
}

void curve_forget(struct orr_curve *c, size_t from_chunk)
{
    for (size_t i = from_chunk; i < c->chunks.n; i++) curve_drop(c, i);
}

/* Makes room by dropping the older half at once, so that the search is paid rarely. */
static void shrink(struct orr_curve *c)
{
    uint64_t oldest = c->clock;
    for (size_t i = 0; i < c->chunks.n; i++)
        if (c->decoded[i] && c->decoded[i]->stamp < oldest) oldest = c->decoded[i]->stamp;
    const uint64_t middle = oldest + (c->clock - oldest) / 2;
    for (size_t i = 0; i < c->chunks.n; i++)
        if (c->decoded[i] && c->decoded[i]->stamp <= middle) curve_drop(c, i);
}

/* Steps from a file may be so far apart that their difference is no int64: then they are not even. */
static bool is_even(const int64_t *step, size_t n, int64_t *stride)
{
    *stride = 1;
    if (n > 1 && __builtin_sub_overflow(step[1], step[0], stride)) return false;
    for (size_t i = 2; i < n; i++) {
        int64_t d;
        if (__builtin_sub_overflow(step[i], step[i - 1], &d) || d != *stride) return false;
    }
    return true;
}

static bool is_ascending(const int64_t *step, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (step[i] < step[i - 1]) return false;
    return true;
}

static bool is_narrow(const double *v, size_t n)
{
    bool lossy = false; /* without an early end the compiler makes vectors of it */
    for (size_t i = 0; i < n; i++) lossy |= ((double)(float)v[i] != v[i]) & (v[i] == v[i]);
    return !lossy;
}

static void *copy(const void *from, size_t n, size_t size, size_t *bytes)
{
    void *p = orr_xmalloc(n * size + 1);
    memcpy(p, from, n * size);
    *bytes += n * size;
    return p;
}

/* Whole milliseconds, as the store keeps them, take half the room. */
static void pack_wall(struct chunk_data *d, const double *wall, size_t n)
{
    int64_t low = INT64_MAX;
    d->has_wall = true;
    for (size_t i = 0; i < n; i++)
        if (fabs(wall[i]) < 1e12 && llrint(wall[i] * 1000) < low) low = llrint(wall[i] * 1000);
    d->wall0 = low == INT64_MAX ? 0 : low;
    d->wall_ms = orr_xmalloc(n * sizeof *d->wall_ms + 1);
    size_t i = 0;
    for (; i < n; i++) {
        const double ms = isnan(wall[i]) ? (double)UINT32_MAX : wall[i] * 1000 - (double)d->wall0;
        if (!(ms < (double)UINT32_MAX) && !isnan(wall[i])) break;
        d->wall_ms[i] = isnan(wall[i]) ? UINT32_MAX : (uint32_t)(llrint(wall[i] * 1000) - d->wall0);
        if (!isnan(wall[i]) && (double)(d->wall0 + d->wall_ms[i]) / 1000 != wall[i]) break;
    }
    if (i == n) {
        d->bytes += n * sizeof *d->wall_ms;
        return;
    }
    free(d->wall_ms);
    d->wall_ms = NULL;
    d->wall = copy(wall, n, sizeof *wall, &d->bytes);
}

static struct chunk_data *pack(size_t index, size_t n, const int64_t *step, const double *value, const double *wall)
{
    struct chunk_data *d = orr_xcalloc(1, sizeof *d);
    d->index = (uint32_t)index;
    d->n = (int32_t)n;
    d->bytes = sizeof *d;
    d->step0 = n ? step[0] : 0;
    if (!is_even(step, n, &d->stride)) {
        d->step = copy(step, n, sizeof *step, &d->bytes);
        d->ascending = is_ascending(step, n);
    }
    if (is_narrow(value, n)) {
        d->narrow = orr_xmalloc(n * sizeof *d->narrow + 1);
        for (size_t i = 0; i < n; i++) d->narrow[i] = (float)value[i];
        d->bytes += n * sizeof *d->narrow;
    } else {
        d->wide = copy(value, n, sizeof *value, &d->bytes);
    }
    if (wall) pack_wall(d, wall, n);
    return d;
}

enum orr_status curve_chunk(struct orr_curve *c, size_t index, bool wall, const struct chunk_data **out,
                            struct orr_error *err)
{
    struct chunk_data *d = c->decoded[index];
    if (d && wall && !d->has_wall) curve_drop(c, index), d = NULL;
    if (!d) {
        int64_t step[ORR_CHUNK_POINTS];
        double value[ORR_CHUNK_POINTS], times[ORR_CHUNK_POINTS];
        const struct orr_chunk *chunk = &c->chunks.chunks[index];
        const size_t n = chunk->n < ORR_CHUNK_POINTS ? (size_t)chunk->n : ORR_CHUNK_POINTS;
        size_t got;
        const enum orr_status status =
            orr_store_points(c->store, c->series.id, chunk->first, n, step, value, wall ? times : NULL, &got, err);
        if (status != ORR_OK) return status;
        if (got != n) /* another process wrote it anew meanwhile */
            return orr_error_set(err, ORR_EBUSY, c->name, "the series has changed; refresh and try again");
        if (c->decoded_bytes > CACHE_BYTES) shrink(c);
        d = c->decoded[index] = pack(index, n, step, value, wall ? times : NULL);
        c->decoded_bytes += d->bytes;
    }
    d->stamp = ++c->clock;
    *out = d;
    return ORR_OK;
}

/* ---- opening and following ---- */

static enum orr_status load(struct orr_curve *c, struct orr_series *series, struct orr_chunk_list *chunks,
                            struct orr_error *err)
{
    enum orr_status status = orr_store_series_find(c->store, c->series.run, c->name, series, err);
    if (status == ORR_OK) status = orr_store_chunks(c->store, series->id, chunks, err);
    series->name = c->name;
    return status;
}

enum orr_status orr_curve_open(struct orr_store *store, int64_t run, const char *series, struct orr_curve **out,
                               struct orr_error *err)
{
    struct orr_curve *c = orr_xcalloc(1, sizeof *c);
    *out = NULL;
    c->store = store;
    c->name = orr_xstrdup(series);
    c->series.run = run;
    struct orr_series found = {0};
    const enum orr_status status = load(c, &found, &c->chunks, err);
    if (status != ORR_OK) {
        orr_curve_close(c);
        return status;
    }
    c->series = found;
    c->series.run = run;
    c->decoded = orr_xcalloc(c->chunks.n + 1, sizeof *c->decoded);
    curve_raw_track(c);
    *out = c;
    return ORR_OK;
}

void orr_curve_close(struct orr_curve *c)
{
    if (!c) return;
    if (c->decoded) curve_forget(c, 0);
    free(c->decoded);
    orr_chunk_list_free(&c->chunks);
    curve_track_free(&c->raw);
    for (size_t i = 0; i < c->n_tracks; i++) curve_track_free(&c->tracks[i]);
    orr_curve_close(c->x);
    free(c->name);
    free(c);
}

const char *orr_curve_name(const struct orr_curve *c) { return c->name; }
int64_t orr_curve_run(const struct orr_curve *c) { return c->series.run; }
int64_t orr_curve_points(const struct orr_curve *c) { return c->series.n; }

/* The number of leading chunks that are still the same. */
static size_t unchanged(const struct orr_chunk_list *a, const struct orr_chunk_list *b)
{
    size_t i = 0;
    for (; i < a->n && i < b->n; i++) {
        const struct orr_chunk *x = &a->chunks[i], *y = &b->chunks[i];
        if (x->first != y->first || x->n != y->n || x->nan_count != y->nan_count || x->step_first != y->step_first ||
            x->step_last != y->step_last || memcmp(&x->sum, &y->sum, sizeof x->sum) != 0)
            break;
    }
    return i;
}

enum orr_status orr_curve_refresh(struct orr_curve *c, struct orr_error *err)
{
    struct orr_series series = {0};
    struct orr_chunk_list chunks = {0};
    const enum orr_status status = load(c, &series, &chunks, err);
    if (status != ORR_OK) {
        orr_chunk_list_free(&chunks);
        return status;
    }
    const size_t same = series.id == c->series.id ? unchanged(&c->chunks, &chunks) : 0;
    const bool changed = same < c->chunks.n || same < chunks.n;
    curve_forget(c, same);
    c->decoded = orr_xrealloc(c->decoded, chunks.n + 1, sizeof *c->decoded);
    for (size_t i = same; i < chunks.n; i++) c->decoded[i] = NULL;
    orr_chunk_list_free(&c->chunks);
    const int64_t run = c->series.run;
    c->chunks = chunks;
    c->series = series;
    c->series.run = run;
    curve_track_free(&c->raw);
    curve_raw_track(c);
    if (changed) curve_rewind_tracks(c, same);
    if (c->x) {
        const size_t before = c->x->chunks.n;
        const int64_t points = c->x->series.n;
        const enum orr_status x_status = orr_curve_refresh(c->x, err);
        if (x_status != ORR_OK) return x_status;
        if (before != c->x->chunks.n || points != c->x->series.n) /* a join may change anywhere */
            curve_rewind_tracks(c, 0);
    }
    return ORR_OK;
}

void orr_curve_adopt(struct orr_curve *c, struct orr_curve *from)
{
    for (size_t i = 0; i < from->n_tracks; i++) {
        struct track *t = &from->tracks[i];
        size_t k = 0;
        while (k < c->n_tracks && !(c->tracks[k].x == t->x && c->tracks[k].smooth == t->smooth &&
                                    (t->x != ORR_X_SERIES || strcmp(c->tracks[k].x_series, t->x_series) == 0)))
            k++;
        if (k == TRACKS_MAX) k = 0; /* the oldest goes: tracks are kept in order of use */
        if (k < c->n_tracks)
            curve_track_free(&c->tracks[k]);
        else
            c->n_tracks++;
        c->tracks[k] = *t;
        c->tracks[k].stamp = ++c->clock;
    }
    from->n_tracks = 0;
    const size_t same = unchanged(&c->chunks, &from->chunks);
    if (from->series.id != c->series.id)
        curve_rewind_tracks(c, 0);
    else if (same < from->chunks.n)
        curve_rewind_tracks(c, same);
}
