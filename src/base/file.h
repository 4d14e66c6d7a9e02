/* Whole files, written so that a reader sees the old one or the new one and never a part. */
#ifndef ORRERY_BASE_FILE_H
#define ORRERY_BASE_FILE_H

#include <stddef.h>

#include <orrery/error.h>

/* Writes bytes[0..n) beside `path` and renames: an interrupted write leaves what was there. Refuses to replace what is
 * no regular file. EIO or EFULL name the path. */
enum orr_status orr_file_write(const char *path, const void *bytes, size_t n, struct orr_error *err);

#endif
