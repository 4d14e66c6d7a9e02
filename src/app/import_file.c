#include "app/import_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/str.h"
#include "base/vec.h"

enum {
    SAMPLE_BYTES = 64 << 10, /* hashed at both ends of what was read of a file */
};

/* In place of a state: the end of the file was taken on trust, so that a grown file replaces it. */
static const char taken_on_trust[] = "!anew";

/* ---- what is remembered ---- */

/* Hashes of the first and the last SAMPLE_BYTES before `offset`: equal in a file that only grew. */
static void sample_hash(const char *path, uint64_t offset, char out[40])
{
    struct orr_reader *r;
    size_t n;
    out[0] = '\0';
    if (offset == 0 || orr_reader_open(path, SAMPLE_BYTES, &r, NULL)) return;
    const size_t want = offset < SAMPLE_BYTES ? (size_t)offset : SAMPLE_BYTES;
    uint64_t hash[2] = {0, 0};
    const unsigned char *p = orr_reader_peek(r, want, &n);
    bool whole = p && n >= want;
    if (whole) hash[0] = XXH3_64bits(p, want);
    if (whole && orr_reader_seek(r, offset - want) == ORR_OK) {
        p = orr_reader_peek(r, want, &n);
        whole = p && n >= want;
        if (whole) hash[1] = XXH3_64bits(p, want);
    }
    if (whole) snprintf(out, 40, "%016" PRIx64 "%016" PRIx64, hash[0], hash[1]);
    orr_reader_close(r);
}

enum orr_status orr_plan_file(struct orr_store *store, const struct orr_found *f, bool again, struct orr_arena *arena,
                              struct orr_file_plan *out, struct orr_error *err)
{
    struct orr_source known;
    *out = (struct orr_file_plan){.plan = ORR_PLAN_NEW};
    const enum orr_status s = orr_store_source_find(store, f->path, &known, err);
    if (s == ORR_ENOTFOUND) return ORR_OK;
    if (s) return s;
    out->plan = ORR_PLAN_REPLACE;
    if (again || strcmp(known.format, f->format->name) != 0) return ORR_OK;
    if (known.complete && known.size == f->size && known.mtime_ns == f->mtime_ns) {
        out->plan = ORR_PLAN_UNCHANGED;
        return ORR_OK;
    }
    if (!f->format->append_only || known.offset == 0 || (uint64_t)f->size < known.offset ||
        strcmp(known.state, taken_on_trust) == 0)
        return ORR_OK;
    char hash[40], before[40];
    snprintf(before, sizeof before, "%s", known.head_hash);
    const uint64_t offset = known.offset;
    const char *const state = orr_arena_strdup(arena, known.state);
    sample_hash(f->path, offset, hash);
    if (!*hash || strcmp(hash, before) != 0) return ORR_OK;
    *out = (struct orr_file_plan){ORR_PLAN_RESUME, offset, state};
    return ORR_OK;
}

/* `empty`: a file was rewritten and holds no point yet, so that its old points are still there: once it has grown it
 * must replace them, not be resumed. */
static enum orr_status remember(const struct orr_file_job *job, const struct orr_ingest *in, bool empty,
                                struct orr_error *err)
{
    const struct orr_found *const f = job->file;
    const uint64_t offset = empty ? 0 : in->end_offset;
    char hash[40] = "";
    int64_t id;
    if (f->format->append_only) sample_hash(f->path, offset, hash);
    const struct orr_source source = {
        .path = f->source ? f->source : f->path, .format = f->format->name, .size = f->size, .mtime_ns = f->mtime_ns,
        .offset = offset,
        .state = in->start_anew ? taken_on_trust : in->state ? in->state : "", .head_hash = hash,
        .complete = !in->paused && (!in->incomplete || in->start_anew)};
    return orr_store_source_put(job->store, &source, &id, err);
}

/* ---- the sink ---- */

struct series {
    uint32_t run;
    char *name;
};

struct import {
    const struct orr_file_job *job;
    struct orr_file_result *result;
    ORR_VEC(int64_t) ids; /* by handle */
    ORR_VEC(struct series) series;
    bool failed; /* the store, as opposed to the file */
};

static enum orr_status store_said(struct import *x, enum orr_status s)
{
    x->failed |= s != ORR_OK;
    return s;
}

/* Removes the points that an earlier import of this file left. */
static enum orr_status clear_run(struct import *x, int64_t run, struct orr_error *err)
{
    struct orr_series_list list;
    if (!orr_set_add(x->job->cleared_runs, (uint64_t)run)) return ORR_OK;
    enum orr_status s = orr_store_series(x->job->store, run, &list, err);
    if (s) return s;
    for (size_t i = 0; i < list.n && s == ORR_OK; i++)
        if (list.series[i].n) s = orr_store_series_clear(x->job->store, run, list.series[i].name, err);
    orr_series_list_free(&list);
    return s;
}

static const char *first_of(const char *a, const char *b) { return a && *a ? a : b; }

static enum orr_status on_run(void *ctx, uint32_t handle, const struct orr_run_meta *meta, struct orr_error *err)
{
    struct import *const x = ctx;
    const struct orr_found *const f = x->job->file;
    /* Keys that an importer made without the file's are unique within the file only. */
    struct orr_str key = {0};
    if (!orr_starts_with(meta->key, f->key)) orr_str_printf(&key, "%s:", f->key);
    orr_str_append(&key, meta->key);
    const char *const name = meta->name && *meta->name && strcmp(meta->name, meta->key) != 0 ? meta->name : f->name;
    const struct orr_run run = {.key = key.data, .name = name, .project = first_of(meta->project, x->job->project),
                                .group = first_of(meta->group, x->job->group), .state = meta->state,
                                .notes = meta->notes, .started = meta->started, .ended = meta->ended};
    int64_t id = 0;
    enum orr_status s = store_said(x, orr_store_run_put(x->job->store, &run, &id, err));
    orr_str_free(&key);
    if (s || handle < x->ids.len) return s;
    ORR_VEC_PUSH(&x->ids, id);
    orr_set_add(&x->result->runs, (uint64_t)id);
    return ORR_OK;
}

static enum orr_status on_config(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind, const char *value,
                                 struct orr_error *err)
{
    struct import *const x = ctx;
    struct orr_config_value v = {.key = key, .number = NAN, .text = value};
    v.is_number = kind == ORR_VALUE_NUMBER && orr_parse_double(value, strlen(value), &v.number);
    return store_said(x, orr_store_config_put(x->job->store, x->ids.data[run], key, &v, err));
}

static enum orr_status on_tag(void *ctx, uint32_t run, const char *tag, struct orr_error *err)
{
    struct import *const x = ctx;
    return store_said(x, orr_store_tag_put(x->job->store, x->ids.data[run], tag, true, err));
}

static enum orr_status on_series(void *ctx, uint32_t handle, uint32_t run, const char *name, struct orr_error *err)
{
    struct import *const x = ctx;
    (void)handle;
    /* Not before it has a series: a checkpoint beside a run's log must leave the log's points alone. */
    if (x->job->plan->plan == ORR_PLAN_REPLACE) {
        const enum orr_status s = store_said(x, clear_run(x, x->ids.data[run], err));
        if (s) return s;
    }
    ORR_VEC_PUSH(&x->series, (struct series){run, orr_xstrdup(name)});
    orr_set_add(&x->result->series, XXH3_64bits_withSeed(name, strlen(name), (uint64_t)x->ids.data[run]));
    return ORR_OK;
}

static enum orr_status on_points(void *ctx, uint32_t handle, const struct orr_points *p, struct orr_error *err)
{
    struct import *const x = ctx;
    const struct series *const s = &x->series.data[handle];
    x->result->points += p->n;
    return store_said(x, orr_store_append(x->job->store, x->ids.data[s->run], s->name, p->n, p->step, p->value, p->wall,
                                          err));
}

static enum orr_status on_snapshot(void *ctx, uint32_t run, const struct orr_snapshot_part *p, struct orr_error *err)
{
    struct import *const x = ctx;
    if (p->first + p->n == p->total) x->result->snapshots++;
    return store_said(x, orr_store_snapshot_put_part(x->job->store, x->ids.data[run], p->step, p->tensor, p->shape,
                                                     p->rank, p->first, p->values, p->n, err));
}

static enum orr_status on_graph(void *ctx, uint32_t run, const char *json, struct orr_error *err)
{
    struct import *const x = ctx;
    return store_said(x, orr_store_graph_put(x->job->store, x->ids.data[run], json, err));
}

static void on_warn(void *ctx, const char *where, const char *message)
{
    struct import *const x = ctx;
    x->result->warnings++;
    x->job->warn(x->job->ctx, where, message);
}

static const struct orr_sink_ops into_store = {on_run,    on_config,   on_tag,   on_series,
                                               on_points, on_snapshot, on_graph, on_warn};

/* ---- one file ---- */

/* Reads from where `in` says to the end or to a pause, and writes down how far it came. */
static enum orr_status read_piece(struct import *x, struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    enum orr_status s = x->job->file->format->read(in, sink, err);
    if (s == ORR_OK) s = orr_sink_flush(sink, err);
    const bool empty = x->job->plan->plan == ORR_PLAN_REPLACE && x->result->points == 0;
    if (s == ORR_OK) s = store_said(x, remember(x->job, in, empty, err));
    if (s == ORR_OK && in->end_offset > in->resume_offset) x->result->bytes += in->end_offset - in->resume_offset;
    return s;
}

enum orr_status orr_import_file(const struct orr_file_job *job, struct orr_file_result *out, bool *store_failed,
                                struct orr_error *err)
{
    struct import x = {.job = job, .result = out};
    struct orr_sink *const sink = orr_sink_new(&into_store, &x, 0);
    const bool resume = job->plan->plan == ORR_PLAN_RESUME;
    const bool pieces = job->file->format->append_only && job->plan->plan != ORR_PLAN_REPLACE;
    struct orr_ingest in = {.path = job->file->path, .run_key = job->file->key, .run_name = job->file->name,
                            .follow = job->follow, .resume_offset = resume ? job->plan->offset : 0,
                            .resume_state = resume && *job->plan->state ? job->plan->state : NULL,
                            .pause_bytes = pieces ? job->piece_bytes : 0, .buffer_size = job->buffer_size,
                            .separator = job->separator, .ticker = job->ticker};
    char *state = NULL;
    enum orr_status s = read_piece(&x, &in, sink, err);
    while (s == ORR_OK && in.paused) {
        if ((s = store_said(&x, job->commit(job->ctx, err)))) break;
        free(state);
        state = in.state;
        in.resume_offset = in.end_offset;
        in.resume_state = state;
        in.state = NULL;
        in.paused = false;
        s = read_piece(&x, &in, sink, err);
    }
    if (!job->file->format->append_only) out->bytes = (uint64_t)job->file->size;
    free(state);
    free(in.state);
    orr_sink_free(sink);
    for (size_t i = 0; i < x.series.len; i++) free(x.series.data[i].name);
    free(x.series.data);
    free(x.ids.data);
    *store_failed = x.failed;
    return s;
}

void orr_file_result_free(struct orr_file_result *r)
{
    orr_set_free(&r->runs);
    orr_set_free(&r->series);
    *r = (struct orr_file_result){0};
}
