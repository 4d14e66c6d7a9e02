/* Reading NumPy arrays (.npy; format versions 1 to 3, NEP 1): every numeric type as float32, in C order. */
#ifndef ORRERY_BASE_NPY_H
#define ORRERY_BASE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/dtype.h"

/* Where the bytes come from: a file, or a member of an archive. Reads exactly n bytes, or fewer where they end;
 * negative: it failed. */
struct orr_npy_source {
    ptrdiff_t (*read)(void *ctx, void *out, size_t n);
    void *ctx;
    uint64_t size;     /* all that it can give */
    const char *where; /* for messages */
};

/* An array that is being read. */
struct orr_npy {
    enum orr_dtype dtype;
    int rank;                    /* 0: one number */
    int64_t shape[ORR_RANK_MAX]; /* [rank] */
    size_t count;                /* product of shape */
    /* private */
    struct orr_npy_source source;
    bool big_endian, fortran;
    size_t done;
    float *whole; /* arrays in Fortran order: all of it, in C order */
};

enum { ORR_NPY_FORTRAN_MAX = 1 << 28 }; /* bytes of an array in Fortran order, which must be held to be turned */

/* Reads the header. Refuses arrays of objects, structures, text, dates and complex numbers, more than 8 axes and
 * arrays longer than their source. *a needs orr_npy_close also after an error. */
enum orr_status orr_npy_open(struct orr_npy *a, const struct orr_npy_source *source, struct orr_error *err);
/* The next n elements, which must not be more than are left. */
enum orr_status orr_npy_read(struct orr_npy *a, float *out, size_t n, struct orr_error *err);
void orr_npy_close(struct orr_npy *a);

/* A whole file. The caller frees *values (count elements) and reads the shape from *a, which is closed. */
enum orr_status orr_npy_load(const char *path, struct orr_npy *a, float **values, struct orr_error *err);

/* A source over an open reader. */
struct orr_reader;
struct orr_npy_source orr_npy_reader_source(struct orr_reader *r);

#endif
