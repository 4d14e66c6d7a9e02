/* What an importer produces, and where it goes. Parsers know nothing of the store: they push runs, configuration and
 * points into a sink; app/import.c connects the sink to a store, tests to memory. The front part below buffers points
 * per series, so that the back part sees batches. */
#ifndef ORRERY_INGEST_SINK_H
#define ORRERY_INGEST_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

/* Identity and description of a run. `key` identifies it within its source: importing the same source again meets
 * the same key. Borrowed strings; NULL where unknown; times are Unix seconds, NaN where unknown. */
struct orr_run_meta {
    const char *key, *name, *project, *group, *state, *notes; /* state: "running", "finished", "failed", "killed" */
    double started, ended;
};

/* n points of one series in file order. Steps may repeat or go back (restarts): nothing is reordered. */
struct orr_points {
    size_t n;
    const int64_t *step;
    const double *value;
    const double *wall; /* Unix seconds; NULL where the format has no times */
};

enum orr_value_kind { ORR_VALUE_TEXT, ORR_VALUE_NUMBER, ORR_VALUE_BOOL, ORR_VALUE_JSON };

/* Elements first..first+n of one tensor of a weight snapshot, float32, row-major. A large tensor arrives in several
 * parts, in order and without gaps, the last one with first + n == total; nothing else of that run comes in between. */
struct orr_snapshot_part {
    int64_t step;
    const char *tensor;
    const int64_t *shape; /* [rank] */
    int rank;             /* 0 (a scalar) .. 8 */
    size_t total;         /* product of shape */
    size_t first, n;      /* n is 0 only when total is */
    const float *values;  /* [n] */
};

/* The back part; a NULL member is skipped. Handles are small integers given by the front part, in order of first
 * appearance, from 0. */
struct orr_sink_ops {
    enum orr_status (*run)(void *ctx, uint32_t run, const struct orr_run_meta *meta, struct orr_error *err);
    enum orr_status (*config)(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind, const char *value,
                              struct orr_error *err);
    enum orr_status (*tag)(void *ctx, uint32_t run, const char *tag, struct orr_error *err);
    enum orr_status (*series)(void *ctx, uint32_t series, uint32_t run, const char *name, struct orr_error *err);
    enum orr_status (*points)(void *ctx, uint32_t series, const struct orr_points *points, struct orr_error *err);
    enum orr_status (*snapshot)(void *ctx, uint32_t run, const struct orr_snapshot_part *part, struct orr_error *err);
    /* The architecture as JSON text with "nodes" and "edges"; a later one replaces it. */
    enum orr_status (*graph)(void *ctx, uint32_t run, const char *json, struct orr_error *err);
    void (*warn)(void *ctx, const char *where, const char *message); /* something was skipped, and why */
};

/* Totals so far, for the summary. */
struct orr_sink_totals {
    uint64_t runs, series, points, configs, snapshots, warnings; /* snapshots: tensors */
};

/* The points of one series that wait for the back part. */
struct orr_sink_buffer {
    uint32_t n, cap;
    int64_t *step;        /* one allocation: step[cap], value[cap], wall[cap] */
    double *value, *wall;
};

/* Private but for the inline function below. */
struct orr_sink {
    struct orr_sink_buffer *buffers; /* [n_series] */
    uint32_t n_series;
    struct orr_sink_rest *rest;
};

enum {
    ORR_SINK_NAME_MAX = 1024, /* bytes of a series name; the rest is cut off, with a warning */
    ORR_SINK_BATCH = 4096,
};

/* Owned by the caller; `ops` and `ctx` must outlive it. batch: points handed on at once (0: ORR_SINK_BATCH). Buffers
 * start small and grow with their series; together they stay below 64 MiB (but for the smallest size of each), so that
 * with very many series the batches get shorter. */
struct orr_sink *orr_sink_new(const struct orr_sink_ops *ops, void *ctx, size_t batch);
void orr_sink_free(struct orr_sink *s); /* drops what was not flushed; NULL-safe */

/* A run by its key: the same key gives the same handle; the first call, and any that tells something new, reaches
 * ops->run. */
enum orr_status orr_sink_run(struct orr_sink *s, const struct orr_run_meta *meta, uint32_t *run, struct orr_error *err);
/* value, and a graph's json: NULL, as json-c gives without memory, is ENOMEM. */
enum orr_status orr_sink_config(struct orr_sink *s, uint32_t run, const char *key, enum orr_value_kind kind,
                                const char *value, struct orr_error *err);
enum orr_status orr_sink_tag(struct orr_sink *s, uint32_t run, const char *tag, struct orr_error *err);
/* A series by run and name[0..n) (up to a NUL byte): hashed, so that it may be called per point. */
enum orr_status orr_sink_series(struct orr_sink *s, uint32_t run, const char *name, size_t n, uint32_t *series,
                                struct orr_error *err);
/* Private: makes room in the buffer of a series, handing its points on where it is full. */
enum orr_status orr_sink_make_room(struct orr_sink *s, uint32_t series, struct orr_error *err);

/* One point; wall: Unix seconds, NaN where unknown. Costs a few nanoseconds. */
static inline enum orr_status orr_sink_point(struct orr_sink *s, uint32_t series, int64_t step, double value,
                                             double wall, struct orr_error *err)
{
    struct orr_sink_buffer *b = &s->buffers[series];
    if (b->n == b->cap) {
        const enum orr_status status = orr_sink_make_room(s, series, err);
        if (status) return status;
    }
    b->step[b->n] = step;
    b->value[b->n] = value;
    b->wall[b->n++] = wall;
    return ORR_OK;
}

enum orr_status orr_sink_snapshot(struct orr_sink *s, uint32_t run, const struct orr_snapshot_part *part,
                                  struct orr_error *err);
enum orr_status orr_sink_graph(struct orr_sink *s, uint32_t run, const char *json, struct orr_error *err);
void orr_sink_warn(struct orr_sink *s, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Hands on all buffered points and frees their buffers: worth a call after each file. O(series touched since). */
enum orr_status orr_sink_flush(struct orr_sink *s, struct orr_error *err);
struct orr_sink_totals orr_sink_totals(const struct orr_sink *s);

#endif
