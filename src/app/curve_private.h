/* What the files of the curve engine share: chunks decoded and kept compact, spans of points with their summaries. */
#ifndef ORRERY_APP_CURVE_PRIVATE_H
#define ORRERY_APP_CURVE_PRIVATE_H

#include "app/curve.h"

enum { BLOCK_POINTS = 256, TRACKS_MAX = 4 };

/* A stretch of points inside one chunk under one set of options. */
struct span {
    int64_t first;           /* position of its first point */
    int32_t n;               /* points */
    int32_t count, nan_count; /* of them with a finite x; of those without a finite value */
    uint32_t chunk;
    double x_min, x_max;     /* NaN when count is 0 */
    double min, max, sum, first_value, last_value; /* over finite values */
    double m, w;             /* state of the mean before its first point */
};

/* All spans under one set of options: chunks for raw values by step, blocks of BLOCK_POINTS otherwise. */
struct track {
    enum orr_x_axis x;
    double smooth;
    char *x_series;   /* NULL unless ORR_X_SERIES */
    struct span *spans;
    size_t n, cap;
    size_t chunks;    /* done so far */
    double m, w;      /* state of the mean after them */
    uint64_t stamp;
};

/* A decoded chunk: evenly spaced steps and float32 values take 4 bytes a point. */
struct chunk_data {
    uint32_t index;
    int32_t n;
    int64_t step0, stride;
    int64_t *step;   /* NULL: step0 + i * stride */
    bool ascending;  /* no step is below the one before it */
    float *narrow;   /* or */
    double *wide;
    bool has_wall;   /* asked for so far */
    double *wall;    /* or, in whole milliseconds, */
    int64_t wall0;
    uint32_t *wall_ms; /* wall0 + this; UINT32_MAX: NaN */
    size_t bytes;
    uint64_t stamp;
};

struct orr_curve {
    struct orr_store *store;
    char *name;
    struct orr_series series;
    struct orr_chunk_list chunks;
    bool ordered;                /* each chunk begins after the one before it has ended */
    struct chunk_data **decoded; /* [chunks.n] NULL: not in memory */
    size_t decoded_bytes;
    uint64_t clock;
    struct track raw, tracks[TRACKS_MAX];
    size_t n_tracks;
    struct orr_curve *x; /* of the last x_series asked for */
};

/* Points of one chunk in plain arrays. */
struct points {
    int64_t step[ORR_CHUNK_POINTS];
    double x[ORR_CHUNK_POINTS], y[ORR_CHUNK_POINTS];
};

/* The chunk from memory or the store, valid until the next call. */
enum orr_status curve_chunk(struct orr_curve *c, size_t index, bool wall, const struct chunk_data **out,
                            struct orr_error *err);
void curve_drop(struct orr_curve *c, size_t chunk);
void curve_forget(struct orr_curve *c, size_t from_chunk);

/* The track of the options, prepared to the end. Borrowed until the next call. */
enum orr_status curve_track(struct orr_curve *c, const struct orr_curve_options *o, const struct orr_ticker *ticker,
                            const struct track **out, struct orr_error *err);
/* Fills p with the n points of a span: x NaN where a point has none. */
enum orr_status curve_span_points(struct orr_curve *c, const struct track *t, const struct span *s, struct points *p,
                                  struct orr_error *err);
void curve_raw_track(struct orr_curve *c);                    /* from the chunk summaries */
void curve_rewind_tracks(struct orr_curve *c, size_t chunks); /* chunks from there on have changed */
void curve_track_free(struct track *t);

#endif
