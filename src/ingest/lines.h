/* Lines of a text file, one after the other, in bounded memory. */
#ifndef ORRERY_INGEST_LINES_H
#define ORRERY_INGEST_LINES_H

#include "base/reader.h"

enum { ORR_LINE_LIMIT = 16 << 20 }; /* a longer line is an error */

struct orr_line {
    const char *text; /* n bytes without the newline, not terminated; valid until the next call */
    size_t n;
    uint64_t offset;  /* of its first byte */
    uint64_t number;  /* from 1, counted by the caller's struct */
    bool terminated;  /* false: the file ends in this line */
};

/* The next line, empty ones included, or ORR_ENOTFOUND at the end. Zero-initialise *line before the first call. */
enum orr_status orr_line_next(struct orr_reader *r, struct orr_line *line, struct orr_error *err);

#endif
