/* safetensors files: u64le header length, a JSON header, one buffer of tensors without holes or overlaps. */
#ifndef ORRERY_BASE_SAFETENSORS_H
#define ORRERY_BASE_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/dtype.h"

struct orr_reader;

struct orr_safetensor {
    const char *name;
    enum orr_dtype dtype;
    int rank;                    /* 0: one number */
    int64_t shape[ORR_RANK_MAX]; /* [rank] */
    size_t count;                /* product of shape */
    uint64_t begin, end;         /* bytes of the file */
};

/* An open file. Zero-initialise; free with orr_safetensors_close. */
struct orr_safetensors {
    size_t n;
    struct orr_safetensor *tensors;         /* [n], as they lie in the file */
    size_t n_metadata;
    struct { const char *key, *value; } *metadata; /* [n_metadata], as in the file */
    /* private */
    struct orr_reader *reader;
    struct orr_arena arena;
};

enum { ORR_SAFETENSORS_HEADER_MAX = 100000000 };

/* Reads and checks the header. buffer_size as in orr_reader_open. */
enum orr_status orr_safetensors_open(const char *path, size_t buffer_size, struct orr_safetensors *f,
                                     struct orr_error *err);
/* The same from an open reader, which the file then owns (also after an error). */
enum orr_status orr_safetensors_open_reader(struct orr_reader *r, struct orr_safetensors *f, struct orr_error *err);
/* Elements first..first+n of a tensor of f, row-major, as float32. */
enum orr_status orr_safetensors_read(struct orr_safetensors *f, const struct orr_safetensor *t, size_t first, size_t n,
                                     float *out, struct orr_error *err);
/* The tensor of that name, or NULL. O(n). */
const struct orr_safetensor *orr_safetensors_find(const struct orr_safetensors *f, const char *name);
void orr_safetensors_close(struct orr_safetensors *f); /* also after a failed open */

/* One tensor to be written, row-major; borrowed. */
struct orr_safetensor_out {
    const char *name;
    const int64_t *shape; /* [rank] */
    int rank;
    const float *values; /* product of shape */
};
/* The same in parts, for tensors too large to hold: their values, NULL in `tensors`, follow in order through _put. Nothing
 * is at `path` before _end, which the caller calls in any case; commit false, or an error before, leaves what was there. */
struct orr_safetensors_writer;
enum orr_status orr_safetensors_begin(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                      const char *const *metadata, struct orr_safetensors_writer **out,
                                      struct orr_error *err);
enum orr_status orr_safetensors_put(struct orr_safetensors_writer *w, const float *values, size_t n, struct orr_error *err);
enum orr_status orr_safetensors_end(struct orr_safetensors_writer *w, bool commit, struct orr_error *err); /* NULL-safe */

/* Writes a file of F32 tensors, whole or not at all (through PATH.tmp). metadata: keys and values in turn, ended by
 * NULL; may be NULL. */
enum orr_status orr_safetensors_write(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                      const char *const *metadata, struct orr_error *err);
/* The same as F16, rounded to nearest. */
enum orr_status orr_safetensors_write_half(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                           const char *const *metadata, struct orr_error *err);

#endif
