/* Spans: summaries of stretches of points under one set of options, made in one resumable pass. */
#include "app/curve_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- one chunk as plain arrays ---- */

/* The last of the points that has this step, or -1. */
static int32_t find_step(const struct chunk_data *d, int64_t step)
{
    if (!d->step) {
        int64_t away;
        if (__builtin_sub_overflow(step, d->step0, &away)) return -1;
        if (d->stride == 0) return away == 0 ? d->n - 1 : -1;
        const int64_t i = away / d->stride;
        return away % d->stride == 0 && i >= 0 && i < d->n ? (int32_t)i : -1;
    }
    if (!d->ascending) {
        for (int32_t i = d->n - 1; i >= 0; i--)
            if (d->step[i] == step) return i;
        return -1;
    }
    int32_t lo = 0, hi = d->n; /* the first above it lies in lo..hi */
    while (lo < hi) {
        const int32_t mid = lo + (hi - lo) / 2;
        if (d->step[mid] > step)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo > 0 && d->step[lo - 1] == step ? lo - 1 : -1;
}

/* The last chunk that can hold a step, given that chunks do not overlap; c->chunks.n when none can. */
static size_t find_chunk(const struct orr_curve *c, int64_t step)
{
    size_t lo = 0, hi = c->chunks.n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (c->chunks.chunks[mid].step_min > step)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo > 0 ? lo - 1 : c->chunks.n;
}

/* The value of the x series at a step, NaN where it has none; of repeated steps the last one holds. O(log n) where steps
 * grow, O(chunks) where a restart took them back. */
static enum orr_status join(struct orr_curve *x, int64_t step, double *out, struct orr_error *err)
{
    *out = NAN;
    const struct orr_chunk *chunk = x->chunks.chunks;
    const size_t last = x->ordered ? find_chunk(x, step) : x->chunks.n - 1;
    if (!x->chunks.n || last >= x->chunks.n) return ORR_OK;
    for (size_t k = last + 1; k-- > (x->ordered ? last : 0);) {
        if (step < chunk[k].step_min || step > chunk[k].step_max) continue;
        const struct chunk_data *d;
        const enum orr_status status = curve_chunk(x, k, false, &d, err);
        if (status != ORR_OK) return status;
        const int32_t i = find_step(d, step);
        if (i < 0) continue;
        *out = d->narrow ? (double)d->narrow[i] : d->wide[i];
        return ORR_OK;
    }
    return ORR_OK;
}

static enum orr_status expand_x(struct orr_curve *c, const struct track *t, const struct chunk_data *d, int32_t from,
                                int32_t n, struct points *p, struct orr_error *err)
{
    switch (t->x) {
    case ORR_X_STEP:
        if (d->step)
            for (int32_t i = 0; i < n; i++) p->x[i] = (double)p->step[i];
        else /* exact below 2^53, and a vector instruction */
            for (int32_t i = 0; i < n; i++) p->x[i] = (double)p->step[0] + i * (double)d->stride;
        break;
    case ORR_X_WALL:
    case ORR_X_RELATIVE: {
        const int64_t start = t->x == ORR_X_WALL ? 0 : llrint(c->series.wall_first * 1000); /* as the store keeps it */
        if (d->wall_ms)
            for (int32_t i = 0; i < n; i++) {
                const uint32_t ms = d->wall_ms[from + i];
                p->x[i] = ms == UINT32_MAX ? NAN : (double)(d->wall0 - start + ms) / 1000;
            }
        else
            for (int32_t i = 0; i < n; i++) p->x[i] = d->wall[from + i] - (double)start / 1000;
        break;
    }
    case ORR_X_SERIES:
        for (int32_t i = 0; i < n; i++) {
            const enum orr_status status = join(c->x, p->step[i], &p->x[i], err);
            if (status != ORR_OK) return status;
        }
        break;
    }
    return ORR_OK;
}

/* Exponential mean without the bias towards its start (Adam's correction, Kingma and Ba, 2015):
 *   m = s m + (1 - s) y,  w = s w + (1 - s),  smoothed = m / w.
 * A value that is not finite leaves the state alone and stays a gap. */
static void smooth(double s, double *m, double *w, double *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) continue;
        *m = s * *m + (1 - s) * y[i];
        *w = s * *w + (1 - s);
        y[i] = *m / *w;
    }
}

static enum orr_status read_points(struct orr_curve *c, const struct track *t, size_t chunk, int32_t from, int32_t n,
                                   double *m, double *w, struct points *p, struct orr_error *err)
{
    const struct chunk_data *d;
    enum orr_status status = curve_chunk(c, chunk, t->x == ORR_X_WALL || t->x == ORR_X_RELATIVE, &d, err);
    if (status != ORR_OK) return status;
    if (d->step)
        memcpy(p->step, d->step + from, (size_t)n * sizeof *p->step);
    else
        for (int32_t i = 0; i < n; i++) p->step[i] = d->step0 + (from + i) * d->stride;
    if (d->narrow)
        for (int32_t i = 0; i < n; i++) p->y[i] = (double)d->narrow[from + i];
    else
        memcpy(p->y, d->wide + from, (size_t)n * sizeof *p->y);
    if (t->smooth > 0) smooth(t->smooth, m, w, p->y, n);
    return expand_x(c, t, d, from, n, p, err);
}

enum orr_status curve_span_points(struct orr_curve *c, const struct track *t, const struct span *s, struct points *p,
                                  struct orr_error *err)
{
    double m = s->m, w = s->w;
    const int32_t from = (int32_t)(s->first - c->chunks.chunks[s->chunk].first);
    return read_points(c, t, s->chunk, from, s->n, &m, &w, p, err);
}

/* ---- tracks ---- */

void curve_track_free(struct track *t)
{
    free(t->spans);
    free(t->x_series);
    *t = (struct track){0};
}

static struct span *push(struct track *t)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->spans = orr_xrealloc(t->spans, t->cap, sizeof *t->spans);
    }
    return &t->spans[t->n++];
}

void curve_raw_track(struct orr_curve *c)
{
    c->ordered = true;
    for (size_t i = 0; i < c->chunks.n; i++) {
        const struct orr_chunk *k = &c->chunks.chunks[i];
        if (i && k->step_min <= c->chunks.chunks[i - 1].step_max) c->ordered = false;
        *push(&c->raw) = (struct span){.first = k->first,
                                       .n = k->n,
                                       .count = k->n,
                                       .nan_count = k->nan_count,
                                       .chunk = (uint32_t)i,
                                       .x_min = (double)k->step_min,
                                       .x_max = (double)k->step_max,
                                       .min = k->min,
                                       .max = k->max,
                                       .sum = k->sum,
                                       .first_value = k->first_value,
                                       .last_value = k->last_value};
    }
    c->raw.chunks = c->chunks.n;
}

void curve_rewind_tracks(struct orr_curve *c, size_t chunks)
{
    for (size_t i = 0; i < c->n_tracks; i++) {
        struct track *t = &c->tracks[i];
        if (t->chunks <= chunks) continue;
        size_t n = t->n;
        while (n > 0 && t->spans[n - 1].chunk >= chunks) n--;
        if (n < t->n) t->m = t->spans[n].m, t->w = t->spans[n].w;
        t->n = n;
        t->chunks = chunks;
        if (!chunks) t->m = t->w = 0;
    }
}

/* Adds the summary of n points. */
static void summarise(struct span *s, const double *x, const double *y)
{
    s->x_min = s->x_max = s->min = s->max = s->first_value = s->last_value = NAN;
    for (int32_t i = 0; i < s->n; i++) {
        if (!isfinite(x[i])) continue;
        if (!s->count++) s->x_min = s->x_max = x[i];
        s->x_min = x[i] < s->x_min ? x[i] : s->x_min;
        s->x_max = x[i] > s->x_max ? x[i] : s->x_max;
        if (!isfinite(y[i])) {
            s->nan_count++;
            continue;
        }
        if (isnan(s->first_value)) s->first_value = s->min = s->max = y[i];
        s->min = y[i] < s->min ? y[i] : s->min;
        s->max = y[i] > s->max ? y[i] : s->max;
        s->sum += y[i];
        s->last_value = y[i];
    }
}

static enum orr_status extend(struct orr_curve *c, struct track *t, struct points *p, struct orr_error *err)
{
    const struct orr_chunk *k = &c->chunks.chunks[t->chunks];
    const bool known = c->decoded[t->chunks] != NULL;
    for (int32_t from = 0; from < k->n; from += BLOCK_POINTS) {
        const int32_t n = k->n - from < BLOCK_POINTS ? k->n - from : BLOCK_POINTS;
        struct span s = {.first = k->first + from, .n = n, .chunk = (uint32_t)t->chunks, .m = t->m, .w = t->w};
        const enum orr_status status = read_points(c, t, t->chunks, from, n, &t->m, &t->w, p, err);
        if (status != ORR_OK) {
            curve_rewind_tracks(c, t->chunks); /* never half a chunk */
            return status;
        }
        summarise(&s, p->x, p->y);
        *push(t) = s;
    }
    if (!known) curve_drop(c, t->chunks); /* one pass over everything must not push out what the chart looks at */
    t->chunks++;
    return ORR_OK;
}

static bool is_raw(const struct orr_curve_options *o) { return o->x == ORR_X_STEP && !(o->smooth > 0); }

static bool fits(const struct track *t, const struct orr_curve_options *o)
{
    return t->x == o->x && t->smooth == (o->smooth > 0 ? o->smooth : 0) &&
           (o->x != ORR_X_SERIES || (o->x_series && t->x_series && strcmp(t->x_series, o->x_series) == 0));
}

int64_t orr_curve_unprepared(const struct orr_curve *c, const struct orr_curve_options *o)
{
    if (is_raw(o)) return 0;
    for (size_t i = 0; i < c->n_tracks; i++) {
        const struct track *t = &c->tracks[i];
        if (fits(t, o)) return t->chunks < c->chunks.n ? c->series.n - c->chunks.chunks[t->chunks].first : 0;
    }
    return c->series.n;
}

bool orr_curve_ready(const struct orr_curve *c, const struct orr_curve_options *o)
{
    return orr_curve_unprepared(c, o) == 0;
}

/* The x series has to be open for a track that joins with it. */
static enum orr_status open_x(struct orr_curve *c, const struct orr_curve_options *o, struct orr_error *err)
{
    if (o->x != ORR_X_SERIES) return ORR_OK;
    if (!o->x_series) return orr_error_set(err, ORR_EINVAL, c->name, "the x axis needs the name of a series");
    if (c->x && strcmp(c->x->name, o->x_series) == 0) return ORR_OK;
    orr_curve_close(c->x);
    return orr_curve_open(c->store, c->series.run, o->x_series, &c->x, err);
}

static struct track *find_track(struct orr_curve *c, const struct orr_curve_options *o)
{
    for (size_t i = 0; i < c->n_tracks; i++)
        if (fits(&c->tracks[i], o)) return &c->tracks[i];
    size_t oldest = 0;
    for (size_t i = 1; i < c->n_tracks; i++)
        if (c->tracks[i].stamp < c->tracks[oldest].stamp) oldest = i;
    struct track *t = &c->tracks[oldest];
    if (c->n_tracks < TRACKS_MAX)
        t = &c->tracks[c->n_tracks++];
    else
        curve_track_free(t);
    *t = (struct track){.x = o->x, .smooth = o->smooth > 0 ? o->smooth : 0};
    if (o->x == ORR_X_SERIES) t->x_series = orr_xstrdup(o->x_series);
    return t;
}

enum orr_status curve_track(struct orr_curve *c, const struct orr_curve_options *o, const struct orr_ticker *ticker,
                            const struct track **out, struct orr_error *err)
{
    *out = &c->raw;
    if (o->smooth >= 1 || isnan(o->smooth))
        return orr_error_set(err, ORR_EINVAL, c->name, "smoothing is %g; it has to be below 1", o->smooth);
    if (is_raw(o)) return ORR_OK;
    enum orr_status status = open_x(c, o, err);
    if (status != ORR_OK) return status;
    struct track *t = find_track(c, o);
    t->stamp = ++c->clock;
    struct points *p = orr_xmalloc(sizeof *p);
    while (status == ORR_OK && t->chunks < c->chunks.n) {
        if (t->chunks % 32 == 0 &&
            !orr_ticker_tick(ticker, c->name, "points", t->chunks * (uint64_t)ORR_CHUNK_POINTS, (uint64_t)c->series.n))
            status = orr_error_set(err, ORR_ECANCELLED, c->name, "cancelled");
        else
            status = extend(c, t, p, err);
    }
    free(p);
    *out = t;
    return status;
}

enum orr_status orr_curve_prepare(struct orr_curve *c, const struct orr_curve_options *o,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct track *t;
    return curve_track(c, o, ticker, &t, err);
}

enum orr_status orr_curve_points_read(struct orr_curve *c, const struct orr_curve_options *o, int64_t first, size_t n,
                                      int64_t *step, double *x, double *value, size_t *got, struct orr_error *err)
{
    const struct track *t;
    *got = 0;
    enum orr_status status = curve_track(c, o, NULL, &t, err);
    struct points *p = orr_xmalloc(sizeof *p);
    for (size_t i = 0; status == ORR_OK && i < t->n && *got < n; i++) {
        const struct span *s = &t->spans[i];
        if (s->first + s->n <= first) continue;
        status = curve_span_points(c, t, s, p, err);
        const int32_t from = s->first < first ? (int32_t)(first - s->first) : 0;
        for (int32_t k = from; status == ORR_OK && k < s->n && *got < n; k++) {
            if (step) step[*got] = p->step[k];
            if (x) x[*got] = p->x[k];
            if (value) value[*got] = p->y[k];
            ++*got;
        }
    }
    free(p);
    return status;
}
