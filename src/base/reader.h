/* Buffered reading of one file with bounded memory: the only way in which importers touch bytes. The buffer size is a
 * parameter so that tests can shrink it to a few bytes. */
#ifndef ORRERY_BASE_READER_H
#define ORRERY_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

struct orr_reader;

/* Opens a regular file (never a device or fifo). buffer_size 0: 1 MiB. The caller owns *out. */
enum orr_status orr_reader_open(const char *path, size_t buffer_size, struct orr_reader **out, struct orr_error *err);
/* Reads n bytes that the caller keeps alive, named `path` in messages. */
enum orr_status orr_reader_open_memory(const char *path, const void *bytes, size_t n, size_t buffer_size,
                                       struct orr_reader **out, struct orr_error *err);
void orr_reader_close(struct orr_reader *r); /* NULL-safe */

/* A pointer to the next *avail bytes, at least `want` of them unless the file ends first. Valid until the next call.
 * The buffer grows to `want` but never past what the file still holds. NULL only after a read error or ORR_ENOMEM. */
const unsigned char *orr_reader_peek(struct orr_reader *r, size_t want, size_t *avail);
void orr_reader_skip(struct orr_reader *r, uint64_t n); /* moves on, at most to the end of the file */
enum orr_status orr_reader_seek(struct orr_reader *r, uint64_t offset);

uint64_t orr_reader_offset(const struct orr_reader *r);
uint64_t orr_reader_size(const struct orr_reader *r); /* as of open; a growing file is read up to here */
uint64_t orr_reader_left(const struct orr_reader *r);
const char *orr_reader_path(const struct orr_reader *r);
/* ORR_OK, or the first error met; fills err. */
enum orr_status orr_reader_status(const struct orr_reader *r, struct orr_error *err);

#endif
