/* A description of a table without any model: its columns by type with ranges, frequent values and units.
 * Deterministic. */
#ifndef ORRERY_METHODS_TABLES_DESCRIBE_H
#define ORRERY_METHODS_TABLES_DESCRIBE_H

#include <stdbool.h>

#include "text/doc.h"

enum orr_column_type { ORR_COLUMN_EMPTY, ORR_COLUMN_NUMBER, ORR_COLUMN_YEAR, ORR_COLUMN_TEXT };

struct orr_column_summary {
    enum orr_column_type type;
    size_t filled, different; /* cells with text; different ones among them */
    double least, most;       /* NUMBER and YEAR */
    const char *common;       /* TEXT: the most frequent value where one comes more than once; else NULL. Borrowed */
    size_t common_n;
};
void orr_column_summarise(const struct orr_doc *d, size_t column, struct orr_column_summary *out);

/* The first number of a cell as people write them: "1,204", "412 km", "$3.5", "12 %", "(7)". A sign counts only
 * before the first digit. False when there is none, or more letters before it than a currency has. */
bool orr_cell_number(const char *cell, double *out);

/* "3 rows. City: 3 values. Population: numbers from 8200 to 120000. Founded: years 1204 to 1466." Appended. */
void orr_table_describe(const struct orr_doc *d, struct orr_str *out);

#endif
