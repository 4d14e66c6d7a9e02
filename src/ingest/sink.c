#include "ingest/sink.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
    FIRST_CAP = 8,                                 /* points of a fresh buffer */
    POINT_SIZE = sizeof(int64_t) + 2 * sizeof(double),
    POINTS_BUDGET = (64 << 20) / POINT_SIZE,       /* over all buffers */
};

struct orr_sink_rest {
    const struct orr_sink_ops *ops;
    void *ctx;
    uint32_t batch;
    size_t reserved; /* points that the buffers can hold together */
    struct orr_intern run_keys, series_names; /* a series name within the space of its run */
    ORR_VEC(struct orr_run_meta) runs;        /* what the back part knows of them; texts live in the arena */
    ORR_VEC(uint32_t) touched;                /* series that have a buffer */
    size_t buffers_cap;
    struct orr_arena texts;
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
    free(r->touched.data);
    orr_intern_free(&r->run_keys);
    orr_intern_free(&r->series_names);
    orr_arena_free(&r->texts);
    free(r);
    free(s);
}

/* Takes over a field that tells something new; true when it does. */
static bool learn_text(struct orr_arena *a, const char **known, const char *text)
{
    if (!text || (*known && strcmp(*known, text) == 0)) return false;
    *known = orr_arena_strdup(a, text);
    return true;
}

/* A run of several files started with the first of them and ended with the last. */
static bool learn_time(double *known, double t, int sign)
{
    if (isnan(t) || sign * t <= sign * *known) return false;
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
    news |= learn_time(&known->started, m->started, -1);
    news |= learn_time(&known->ended, m->ended, 1);
    return news;
}

enum orr_status orr_sink_run(struct orr_sink *s, const struct orr_run_meta *meta, uint32_t *run, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    *run = orr_intern_add(&r->run_keys, 0, meta->key, strlen(meta->key));
    const bool fresh = *run == r->runs.len;
    if (fresh) {
        const char *key = r->run_keys.entries[*run].text;
        ORR_VEC_PUSH(&r->runs, (struct orr_run_meta){.key = key, .started = NAN, .ended = NAN});
        r->totals.runs++;
    }
    const bool news = learn(&r->texts, &r->runs.data[*run], meta);
    return (fresh || news) && r->ops->run ? r->ops->run(r->ctx, *run, &r->runs.data[*run], err) : ORR_OK;
}

enum orr_status orr_sink_config(struct orr_sink *s, uint32_t run, const char *key, enum orr_value_kind kind,
                                const char *value, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    if (!value) return orr_error_set(err, ORR_ENOMEM, key, "no memory for a value of the configuration");
    r->totals.configs++;
    return r->ops->config ? r->ops->config(r->ctx, run, key, kind, value, err) : ORR_OK;
}

enum orr_status orr_sink_tag(struct orr_sink *s, uint32_t run, const char *tag, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    return r->ops->tag ? r->ops->tag(r->ctx, run, tag, err) : ORR_OK;
}

enum orr_status orr_sink_series(struct orr_sink *s, uint32_t run, const char *name, size_t n, uint32_t *series,
                                struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    const size_t whole = strnlen(name, n);
    n = whole < ORR_SINK_NAME_MAX ? whole : ORR_SINK_NAME_MAX;
    *series = orr_intern_add(&r->series_names, run, name, n);
    if (*series < s->n_series) return ORR_OK;
    if (n < whole)
        orr_sink_warn(s, r->runs.data[run].key, "a series name of %zu bytes was cut to %zu", whole, n);
    if (s->n_series == r->buffers_cap) {
        r->buffers_cap = r->buffers_cap ? 2 * r->buffers_cap : 16;
        s->buffers = orr_xrealloc(s->buffers, r->buffers_cap, sizeof *s->buffers);
    }
    s->buffers[s->n_series++] = (struct orr_sink_buffer){0};
    r->totals.series++;
    return r->ops->series ? r->ops->series(r->ctx, *series, run, r->series_names.entries[*series].text, err) : ORR_OK;
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

enum orr_status orr_sink_graph(struct orr_sink *s, uint32_t run, const char *json, struct orr_error *err)
{
    struct orr_sink_rest *r = s->rest;
    if (!json) return orr_error_set(err, ORR_ENOMEM, "graph", "no memory for its text");
    return r->ops->graph ? r->ops->graph(r->ctx, run, json, err) : ORR_OK;
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
