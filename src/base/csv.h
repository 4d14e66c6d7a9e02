/* The one CSV reader: RFC 4180 quotes (with embedded newlines), CRLF or LF, a BOM, any one-byte separator. It streams
 * over a reader, so that memory is bounded by the longest row, and allocates nothing per cell or per row. */
#ifndef ORRERY_BASE_CSV_H
#define ORRERY_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/reader.h"

enum { ORR_CSV_ROW_LIMIT = 16 << 20 }; /* a longer row is an error: most likely a quote was never closed */

struct orr_csv_cell {
    const char *text; /* not terminated; quotes removed, blanks kept */
    size_t n;
};
struct orr_csv_row {
    size_t n;
    const struct orr_csv_cell *cells;
    uint64_t line;   /* of its first byte, from 1, counted from where reading started */
    uint64_t offset; /* of its first byte in the file */
    bool terminated; /* false: the file ends without a newline, so that the row may be cut short */
};

struct orr_csv;

/* Reads from where `reader` stands (borrowed). separator 0: the one of , ; TAB | that splits the first rows best.
 * A BOM at offset 0 is skipped. The caller owns *out. */
enum orr_status orr_csv_open(struct orr_reader *reader, char separator, struct orr_csv **out, struct orr_error *err);
void orr_csv_close(struct orr_csv *c); /* NULL-safe; the reader stays the caller's */

/* The next row that is not empty, or ORR_ENOTFOUND at the end of the file. The row is valid until the next call.
 * ORR_EFORMAT (row too long, quote never closed) names the line. O(bytes). */
enum orr_status orr_csv_next(struct orr_csv *c, struct orr_csv_row *row, struct orr_error *err);
/* Where the next row starts. */
uint64_t orr_csv_offset(const struct orr_csv *c);
/* Goes on at a row's offset: the cells of a header, say, are read first and the rest from where an import stopped. */
enum orr_status orr_csv_seek(struct orr_csv *c, uint64_t offset, uint64_t line, struct orr_error *err);

/* The separator that splits text[0..n) best, ',' when in doubt. */
char orr_csv_sniff(const char *text, size_t n);
/* The cell without the blanks around it (YOLOv5 pads its cells). */
struct orr_csv_cell orr_csv_trim(struct orr_csv_cell cell);

#endif
