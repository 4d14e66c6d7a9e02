/* A typed table: what every verb prints, every export writes and every list in the TUI shows. One printer for all. */
#ifndef ORRERY_BASE_TABLE_H
#define ORRERY_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/str.h"

enum orr_cell_kind { ORR_CELL_TEXT, ORR_CELL_NUMBER, ORR_CELL_INTEGER, ORR_CELL_TIME, ORR_CELL_BOOL };
enum orr_table_format { ORR_TABLE_TEXT, ORR_TABLE_JSON, ORR_TABLE_CSV, ORR_TABLE_MARKDOWN };

struct orr_column {
    const char *name;         /* heading and JSON key */
    enum orr_cell_kind kind;
    double *number;           /* [rows], NaN = empty; every kind but TEXT (integers are exact to 2^53) */
    const char **text;        /* [rows], NULL = empty; TEXT only */
};
struct orr_table {
    size_t rows, columns;
    struct orr_column *column;
    struct orr_arena arena;   /* owns all of it */
};

/* rows and columns are fixed; cells start empty. Zero-initialise *t before; free with orr_table_free. */
void orr_table_init(struct orr_table *t, size_t rows, size_t columns);
void orr_table_column(struct orr_table *t, size_t c, const char *name, enum orr_cell_kind kind);
void orr_table_set_text(struct orr_table *t, size_t r, size_t c, const char *text); /* copied; NULL empties */
void orr_table_set_number(struct orr_table *t, size_t r, size_t c, double x);
void orr_table_free(struct orr_table *t);

/* One cell as people read it ("0.3141", "1.2e-05", "2024-06-06 12:00", "yes"), at most `digits` significant digits. */
void orr_table_cell_text(const struct orr_table *t, size_t r, size_t c, int digits, struct orr_str *out);

/* Appends the table to *out. TEXT: aligned columns cut to `width` terminal columns (0: no limit), escapes made
 * harmless. JSON: an array of objects, one per line, numbers at full precision, empty cells null. CSV: RFC 4180 with
 * a header, full precision. MARKDOWN: a pipe table. */
void orr_table_print(const struct orr_table *t, enum orr_table_format format, int width, struct orr_str *out);

#endif
