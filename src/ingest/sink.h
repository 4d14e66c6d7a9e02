/* What an importer produces, and where it goes. Parsers know nothing of the store: they push runs, configuration and
 * points into a sink; app/import.c connects the sink to a store, tests to memory. The front part below buffers points
 * per series, so that the back part sees batches. */
#ifndef ORRERY_INGEST_SINK_H
#define ORRERY_INGEST_SINK_H

#include <math.h>
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

/* The back part. Handles are small integers given by the front part, in order of first appearance, from 0. */
struct orr_sink_ops {
    enum orr_status (*run)(void *ctx, uint32_t run, const struct orr_run_meta *meta, struct orr_error *err);
    enum orr_status (*config)(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind, const char *value,
                              struct orr_error *err);
    enum orr_status (*tag)(void *ctx, uint32_t run, const char *tag, struct orr_error *err);
    enum orr_status (*series)(void *ctx, uint32_t series, uint32_t run, const char *name, struct orr_error *err);
    enum orr_status (*points)(void *ctx, uint32_t series, const struct orr_points *points, struct orr_error *err);
    /* One tensor of a weight snapshot: float32 values, row-major. */
    enum orr_status (*snapshot)(void *ctx, uint32_t run, int64_t step, const char *tensor, const int64_t *shape,
                                int rank, const float *values, size_t n, struct orr_error *err);
    void (*warn)(void *ctx, const char *where, const char *message); /* something was skipped, and why */
};

struct orr_sink;

/* Owned by the caller; `ops` and `ctx` must outlive it. batch: points buffered per series (0: 4096). */
struct orr_sink *orr_sink_new(const struct orr_sink_ops *ops, void *ctx, size_t batch);
void orr_sink_free(struct orr_sink *s); /* drops what was not flushed; NULL-safe */

/* A run by its key: the same key gives the same handle; the first call (or one with more fields) reaches ops->run. */
enum orr_status orr_sink_run(struct orr_sink *s, const struct orr_run_meta *meta, uint32_t *run, struct orr_error *err);
enum orr_status orr_sink_config(struct orr_sink *s, uint32_t run, const char *key, enum orr_value_kind kind,
                                const char *value, struct orr_error *err);
enum orr_status orr_sink_tag(struct orr_sink *s, uint32_t run, const char *tag, struct orr_error *err);
/* A series by run and name[0..n): hashed, so that it may be called per point. */
enum orr_status orr_sink_series(struct orr_sink *s, uint32_t run, const char *name, size_t n, uint32_t *series,
                                struct orr_error *err);
/* wall: NaN where unknown. */
enum orr_status orr_sink_point(struct orr_sink *s, uint32_t series, int64_t step, double value, double wall,
                               struct orr_error *err);
enum orr_status orr_sink_snapshot(struct orr_sink *s, uint32_t run, int64_t step, const char *tensor,
                                  const int64_t *shape, int rank, const float *values, size_t n,
                                  struct orr_error *err);
void orr_sink_warn(struct orr_sink *s, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum orr_status orr_sink_flush(struct orr_sink *s, struct orr_error *err); /* hands on all buffered points */

/* Totals so far, for the summary. */
struct orr_sink_totals {
    uint64_t runs, series, points, configs, snapshots, warnings;
};
struct orr_sink_totals orr_sink_totals(const struct orr_sink *s);

#endif
