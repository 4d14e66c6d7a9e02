/* Chunks of points as bytes: a pure codec, no SQL. The layout is described in schema.c. */
#ifndef ORRERY_STORE_CHUNK_H
#define ORRERY_STORE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/store.h>

enum { ORR_CHUNK_BYTES = ORR_CHUNK_POINTS * 24 };

/* How the points of one chunk are coded, and where the bytes are. */
struct orr_packed {
    int n, value_bytes, step_bytes, wall_bytes;
    int64_t step_first, stride, wall_base;
    const unsigned char *data; /* borrowed */
    size_t size;
};

/* Packs 1 <= n <= ORR_CHUNK_POINTS points into out[ORR_CHUNK_BYTES]; wall may be NULL. */
void orr_chunk_pack(const int64_t *step, const double *value, const double *wall, int n, struct orr_packed *p,
                    unsigned char *out);
/* Unpacks points from..from+n-1; any array may be NULL. False when p contradicts itself: a damaged file. */
bool orr_chunk_unpack(const struct orr_packed *p, int from, int n, int64_t *step, double *value, double *wall);

/* The summary of n >= 1 points; c->first is left alone. min_at and max_at receive the positions of the first minimum
 * and maximum, -1 when no value is finite. */
void orr_chunk_summarise(const int64_t *step, const double *value, const double *wall, size_t n, struct orr_chunk *c,
                         int64_t *min_at, int64_t *max_at);

#endif
