/* Whole files, written so that a reader sees the old one or the new one and never a part; and folders for a while. */
#ifndef ORRERY_BASE_FILE_H
#define ORRERY_BASE_FILE_H

#include <stddef.h>

#include <orrery/error.h>

#include "base/str.h"

/* Writes bytes[0..n) beside `path` and renames: an interrupted write leaves what was there, and the next one takes its
 * leftover away. Refuses to replace what is no regular file. EIO or EFULL name the path. */
enum orr_status orr_file_write(const char *path, const void *bytes, size_t n, struct orr_error *err);

/* A folder of one's own, "STEM-" and six letters, under $TMPDIR or /tmp; its path replaces *path. EIO names it. */
enum orr_status orr_folder_temporary(const char *stem, struct orr_str *path, struct orr_error *err);
void orr_folder_remove(const char *path); /* with all that is in it; links are not followed */

#endif
