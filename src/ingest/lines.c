#include "ingest/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum orr_status orr_line_next(struct orr_reader *r, struct orr_line *line, struct orr_error *err)
{
    size_t avail, seen = 0;
    const char *p, *newline = NULL;
    for (size_t want = 1;; want = 2 * avail) {
        p = (const char *)orr_reader_peek(r, want, &avail);
        if (!p) return orr_reader_status(r, err);
        newline = avail > seen ? memchr(p + seen, '\n', avail - seen) : NULL;
        if (newline || avail >= orr_reader_left(r)) break;
        seen = avail;
        if (avail > ORR_LINE_LIMIT) {
            char where[320];
            snprintf(where, sizeof where, "%.280s:%" PRIu64, orr_reader_path(r), line->number + 1);
            return orr_error_set(err, ORR_EFORMAT, where, "a line longer than 16 MiB");
        }
    }
    if (avail == 0) return ORR_ENOTFOUND;
    const size_t n = newline ? (size_t)(newline - p) : avail;
    *line = (struct orr_line){p, n > 0 && p[n - 1] == '\r' ? n - 1 : n, orr_reader_offset(r), line->number + 1,
                              newline != NULL};
    orr_reader_skip(r, newline ? n + 1 : n);
    return ORR_OK;
}
