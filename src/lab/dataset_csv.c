/* Data sets in a CSV file of the user's: a column is the target, the others are features. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/number.h"
#include "lab/dataset_parts.h"

enum { MAX_COLUMNS = 65536 };

/* ---- a CSV file of the user: text columns become numbers in the order of their first appearance ---- */

/* Few whole numbers are classes; anything else is a quantity. */
static bool looks_like_classes(const orr_numbers *v, size_t columns, size_t target)
{
    double top = 0;
    for (size_t i = target; i < v->len; i += columns) {
        if (v->data[i] < 0 || v->data[i] != floor(v->data[i])) return false;
        if (v->data[i] > top) top = v->data[i];
    }
    return top < 100 && top + 1 <= 0.2 * (double)(v->len / columns);
}

static enum orr_status read_cells(const char *path, struct orr_csv *csv, const char *target_name, size_t *columns,
                                  size_t *target, bool *text_target, orr_numbers *out, struct orr_error *err)
{
    struct orr_csv_row row;
    enum orr_status s = orr_csv_next(csv, &row, err);
    if (s) return s == ORR_ENOTFOUND ? orr_error_set(err, ORR_EFORMAT, path, "empty") : s;
    *columns = row.n;
    *target = row.n ? row.n - 1 : 0;
    bool found = !target_name;
    for (size_t i = 0; i < row.n && !found; i++)
        if ((found = row.cells[i].n == strlen(target_name) && memcmp(row.cells[i].text, target_name, row.cells[i].n) == 0))
            *target = i;
    if (!found) return orr_error_set(err, ORR_ENOTFOUND, path, "no column `%s` in the header", target_name);
    if (row.n > MAX_COLUMNS)
        return orr_error_set(err, ORR_EFORMAT, path, "%zu columns; at most %d can be read", row.n, (int)MAX_COLUMNS);
    struct orr_intern *words = orr_xcalloc(*columns + 1, sizeof *words); /* of each column */
    while ((s = orr_csv_next(csv, &row, err)) == ORR_OK) {
        if (row.n != *columns) {
            s = orr_error_set(err, ORR_EFORMAT, path, "line %llu: %zu columns; the header has %zu",
                              (unsigned long long)row.line, row.n, *columns);
            break;
        }
        for (size_t i = 0; i < row.n; i++) {
            double x;
            if (!orr_parse_double(row.cells[i].text, row.cells[i].n, &x)) {
                x = orr_intern_add(&words[i], 0, row.cells[i].text, row.cells[i].n);
                if (i == *target) *text_target = true;
            }
            ORR_VEC_PUSH(out, isfinite((orr_real)x) ? x : 0);
        }
    }
    for (size_t i = 0; i < *columns; i++) orr_intern_free(&words[i]);
    free(words);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

enum orr_status orr_rows_csv(const char *spec, struct orr_rows *t, struct orr_error *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", spec);
    char *target_name = strrchr(path, ':');
    if (target_name) *target_name++ = '\0';
    unsigned char *bytes = NULL;
    size_t n, columns = 0, target = 0;
    struct orr_reader *r = NULL;
    struct orr_csv *csv = NULL;
    bool text_target = false;
    orr_numbers v = {0};
    enum orr_status s = orr_dataset_slurp(path, NULL, &bytes, &n, err);
    if (!s) s = orr_reader_open_memory(path, bytes, n, 0, &r, err);
    if (!s) s = orr_csv_open(r, 0, &csv, err);
    if (!s) s = read_cells(path, csv, target_name, &columns, &target, &text_target, &v, err);
    if (!s && columns) {
        for (size_t i = 0; i < v.len; i += columns) { /* the target goes last */
            const double y = v.data[i + target];
            memmove(v.data + i + target, v.data + i + target + 1, (columns - 1 - target) * sizeof *v.data);
            v.data[i + columns - 1] = y;
        }
        s = orr_rows_from(path, &v, columns, text_target || looks_like_classes(&v, columns, columns - 1), t, err);
    }
    free(v.data);
    orr_csv_close(csv);
    orr_reader_close(r);
    free(bytes);
    return s;
}
