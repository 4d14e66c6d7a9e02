#include "ingest/sink.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
    FIRST_CAP = 8,                                 /* points of a fresh buffer */
    POINT_SIZE = sizeof(int64_t) + 2 * sizeof(double),
    POINTS_BUDGET = (64 << 20) / POINT_SIZE,       /* over all buffers */
};

/* What the back part knows of a run. */
struct run {
    uint64_t hash;
    struct orr_run_meta meta; /* strings live in the arena */
};

struct series {
    uint64_t hash;
    uint32_t run;
    const char *name; /* in the arena */
    size_t n;
};

/* Open addressing with linear probing: slots hold index + 1, 0 is free. At most half full. */
struct index {
    uint32_t *slots;
    size_t mask; /* slots - 1; meaningless while slots is NULL */
    size_t used;
};

struct orr_sink_rest {
    const struct orr_sink_ops *ops;
    void *ctx;
    uint32_t batch;
    size_t reserved; /* points that the buffers can hold together */
    ORR_VEC(struct run) runs;
    ORR_VEC(struct series) series;
    size_t buffers_cap;
    ORR_VEC(uint32_t) touched; /* series that have a buffer */
    struct index run_index, series_index;
    struct orr_arena names;
    struct orr_sink_totals totals;
};

struct orr_sink *orr_sink_new(const struct orr_sink_ops *ops, void *ctx, size_t batch)
{
    struct orr_sink *s = orr_xcalloc(1, sizeof *s);
    s->rest = orr_xcalloc(1, sizeof *s->rest);
    s->rest->ops = ops;
    s->rest->ctx = ctx;
    s->rest->batch = batch == 0 ? ORR_SINK_BATCH : batch < POINTS_BUDGET ? (uint32_t)batch : POINTS_BUDGET;
    return s;
}

void orr_sink_free(struct orr_sink *s)
{
    if (!s) return;
    struct orr_sink_rest *r = s->rest;
    for (uint32_t i = 0; i < s->n_series; i++) free(s->buffers[i].step);
    free(s->buffers);
    free(r->runs.data);
    free(r->series.data);
    free(r->touched.data);
    free(r->run_index.slots);
    free(r->series_index.slots);
    orr_arena_free(&r->names);
    free(r);
    free(s);
}

/* Enters value under hash; the caller has made sure that there is a free slot. */
static void index_put(struct index *x, uint64_t hash, uint32_t value)
{
    size_t at = (size_t)hash & x->mask;
    while (x->slots[at]) at = (at + 1) & x->mask;
    x->slots[at] = value + 1;
    x->used++;
}

/* Makes room for one more entry; hashes[i] (with the given stride in bytes) is the hash of entry i. */
static void index_reserve(struct index *x, const void *hashes, size_t stride)
{
    const size_t n = x->slots ? x->mask + 1 : 0, used = x->used;
    if (2 * (used + 1) <= n) return;
    free(x->slots);
    x->mask = (n ? 2 * n : 64) - 1;
    x->slots = orr_xcalloc(x->mask + 1, sizeof *x->slots);
    x->used = 0;
    for (size_t i = 0; i < used; i++) {
        uint64_t hash;
        memcpy(&hash, (const char *)hashes + i * stride, sizeof hash);
        index_put(x, hash, (uint32_t)i);
    }
}

/* Takes over a field that tells something new; true when it does. */
static bool learn_text(struct orr_arena *a, const char **known, const char *text)
{
    if (!text || (*known && strcmp(*known, text) == 0)) return false;
    *known = orr_arena_strdup(a, text);
    return true;
}

static bool learn_time(double *known, double t)
{
    if (isnan(t) || *known == t) return false;
    *known = t;
    return true;
}

static bool learn(struct orr_arena *a, struct orr_run_meta *known, const struct orr_run_meta *m)
{
    bool news = learn_text(a, &known->name, m->name);
    news |= learn_text(a, &known->project, m->project);
    news |= learn_text(a, &known->group, m->group);
    news |= learn_text(a, &known->state, m->state);
    news |= learn_text(a, &known->notes, m->notes);
    news |= learn_time(&known->started, m->started);
    news |= learn_time(&known->ended, m->ended);
    return news;
}

enum orr_status orr_sink_run(struct orr_sink *s, const struct orr_run_meta *meta, uint32_t *run, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    const uint64_t hash = XXH3_64bits(meta->key, strlen(meta->key));
    const struct index *x = &r->run_index;
    bool news = true;
    *run = UINT32_MAX;
    for (size_t at = (size_t)hash & x->mask; x->slots && x->slots[at]; at = (at + 1) & x->mask) {
        const struct run *known = &r->runs.data[x->slots[at] - 1];
        if (known->hash == hash && strcmp(known->meta.key, meta->key) == 0) {
            *run = x->slots[at] - 1;
            break;
        }
    }
    if (*run == UINT32_MAX) {
        index_reserve(&r->run_index, r->runs.data, sizeof *r->runs.data);
        *run = (uint32_t)r->runs.len;
        ORR_VEC_PUSH(&r->runs, (struct run){hash, {.key = orr_arena_strdup(&r->names, meta->key),
                                                   .started = NAN, .ended = NAN}});
        index_put(&r->run_index, hash, *run);
        r->totals.runs++;
        learn(&r->names, &r->runs.data[*run].meta, meta);
    } else {
        news = learn(&r->names, &r->runs.data[*run].meta, meta);
    }
    return news && r->ops->run ? r->ops->run(r->ctx, *run, &r->runs.data[*run].meta, err) : ORR_OK;
}

enum orr_status orr_sink_config(struct orr_sink *s, uint32_t run, const char *key, enum orr_value_kind kind,
                                const char *value, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    r->totals.configs++;
    return r->ops->config ? r->ops->config(r->ctx, run, key, kind, value, err) : ORR_OK;
}

enum orr_status orr_sink_tag(struct orr_sink *s, uint32_t run, const char *tag, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    return r->ops->tag ? r->ops->tag(r->ctx, run, tag, err) : ORR_OK;
}

static enum orr_status add_series(struct orr_sink *s, uint64_t hash, uint32_t run, const char *name, size_t n,
                                  uint32_t *series, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    index_reserve(&r->series_index, r->series.data, sizeof *r->series.data);
    *series = s->n_series;
    const char *copy = orr_arena_strndup(&r->names, name, n);
    ORR_VEC_PUSH(&r->series, (struct series){hash, run, copy, n});
    index_put(&r->series_index, hash, *series);
    if (s->n_series == r->buffers_cap) {
        r->buffers_cap = r->buffers_cap ? 2 * r->buffers_cap : 16;
        s->buffers = orr_xrealloc(s->buffers, r->buffers_cap, sizeof *s->buffers);
    }
    s->buffers[s->n_series++] = (struct orr_sink_buffer){0};
    r->totals.series++;
    return r->ops->series ? r->ops->series(r->ctx, *series, run, copy, err) : ORR_OK;
}

enum orr_status orr_sink_series(struct orr_sink *s, uint32_t run, const char *name, size_t n, uint32_t *series,
                                struct orr_error *err)
{
    const struct orr_sink_rest *r = s->rest;
    const size_t whole = strnlen(name, n);
    n = whole < ORR_SINK_NAME_MAX ? whole : ORR_SINK_NAME_MAX;
    const uint64_t hash = XXH3_64bits_withSeed(name, n, run);
    const struct index *x = &r->series_index;
    for (size_t at = (size_t)hash & x->mask; x->slots && x->slots[at]; at = (at + 1) & x->mask) {
        const struct series *known = &r->series.data[x->slots[at] - 1];
        if (known->hash == hash && known->run == run && known->n == n && memcmp(known->name, name, n) == 0) {
            *series = x->slots[at] - 1;
            return ORR_OK;
        }
    }
    if (n < whole)
        orr_sink_warn(s, r->runs.data[run].meta.key, "a series name of %zu bytes was cut to %zu", whole, n);
    return add_series(s, hash, run, name, n, series, err);
}

/* Hands the points of one series to the back part. */
static enum orr_status hand_on(struct orr_sink *s, uint32_t series, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    struct orr_sink_buffer *b = &s->buffers[series];
    if (b->n == 0) return ORR_OK;
    bool timed = false;
    for (uint32_t i = 0; i < b->n && !timed; i++) timed = !isnan(b->wall[i]);
    const struct orr_points points = {b->n, b->step, b->value, timed ? b->wall : NULL};
    r->totals.points += b->n;
    b->n = 0;
    return r->ops->points ? r->ops->points(r->ctx, series, &points, err) : ORR_OK;
}

static enum orr_status grow(struct orr_sink *s, uint32_t series, uint32_t cap, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    struct orr_sink_buffer *b = &s->buffers[series];
    int64_t *p = orr_alloc(cap, POINT_SIZE);
    if (!p) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for a buffer of %u points", cap);
    double *value = (double *)(p + cap), *wall = value + cap;
    if (b->n) {
        memcpy(p, b->step, b->n * sizeof *p);
        memcpy(value, b->value, b->n * sizeof *value);
        memcpy(wall, b->wall, b->n * sizeof *wall);
    }
    if (b->cap == 0) ORR_VEC_PUSH(&r->touched, series);
    free(b->step);
    r->reserved += cap - b->cap;
    *b = (struct orr_sink_buffer){b->n, cap, p, value, wall};
    return ORR_OK;
}

enum orr_status orr_sink_make_room(struct orr_sink *s, uint32_t series, struct orr_error *err)
{
    const struct orr_sink_rest *r = s->rest;
    const uint32_t cap = s->buffers[series].cap;
    if (cap == 0) return grow(s, series, FIRST_CAP < r->batch ? FIRST_CAP : r->batch, err);
    if (cap < r->batch && r->reserved + cap <= POINTS_BUDGET)
        return grow(s, series, 2 * cap < r->batch ? 2 * cap : r->batch, err);
    return hand_on(s, series, err);
}

enum orr_status orr_sink_flush(struct orr_sink *s, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    for (size_t i = 0; i < r->touched.len; i++) {
        const uint32_t series = r->touched.data[i];
        struct orr_sink_buffer *b = &s->buffers[series];
        const enum orr_status status = hand_on(s, series, err);
        r->reserved -= b->cap;
        free(b->step);
        *b = (struct orr_sink_buffer){0};
        if (status) { /* what comes after is dropped by orr_sink_free, or handed on by another flush */
            memmove(r->touched.data, r->touched.data + i + 1, (r->touched.len - i - 1) * sizeof *r->touched.data);
            r->touched.len -= i + 1;
            return status;
        }
    }
    r->touched.len = 0;
    return ORR_OK;
}

enum orr_status orr_sink_snapshot(struct orr_sink *s, uint32_t run, const struct orr_snapshot_part *part,
                                  struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    if (part->first == 0) r->totals.snapshots++;
    return r->ops->snapshot ? r->ops->snapshot(r->ctx, run, part, err) : ORR_OK;
}

void orr_sink_warn(struct orr_sink *s, const char *where, const char *fmt, ...)
{
    struct orr_sink_rest *r = s->rest;
    r->totals.warnings++;
    if (!r->ops->warn) return;
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    r->ops->warn(r->ctx, where, message);
}

struct orr_sink_totals orr_sink_totals(const struct orr_sink *s)
{
    struct orr_sink_totals t = s->rest->totals;
    for (uint32_t i = 0; i < s->n_series; i++) t.points += s->buffers[i].n;
    return t;
}
