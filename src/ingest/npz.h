/* Archives of NumPy arrays (.npz): a zip of .npy members, stored or deflated. */
#ifndef ORRERY_INGEST_NPZ_H
#define ORRERY_INGEST_NPZ_H

#include <stddef.h>

#include <orrery/error.h>

#include "base/npy.h"

struct orr_npz;

/* The caller owns *out. */
enum orr_status orr_npz_open(const char *path, struct orr_npz **out, struct orr_error *err);
/* The same from n bytes that the caller keeps alive. */
enum orr_status orr_npz_open_memory(const char *path, const void *bytes, size_t n, struct orr_npz **out,
                                    struct orr_error *err);
void orr_npz_close(struct orr_npz *z); /* NULL-safe */

size_t orr_npz_count(const struct orr_npz *z);
/* Name of member i without ".npy"; borrowed until the next call. NULL for members that are no arrays. */
const char *orr_npz_name(struct orr_npz *z, size_t i);
/* The bytes of member i, for orr_npy_open; valid until the next call. */
enum orr_status orr_npz_member(struct orr_npz *z, size_t i, struct orr_npy_source *source, struct orr_error *err);

#endif
