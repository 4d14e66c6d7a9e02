#include "methods/tables/describe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

enum { CURRENCY = 3, DIGITS = 48, FIRST_YEAR = 1000, LAST_YEAR = 2100, DESCRIBED = 12 /* columns */ };

bool orr_cell_number(const char *cell, double *out)
{
    char digits[DIGITS];
    size_t n = 0, letters = 0;
    const char *c = cell;
    for (; *c && !isdigit((unsigned char)*c); c++)
        if (isalpha((unsigned char)*c) || (unsigned char)*c >= 0x80) letters++;
    if (!*c || letters > CURRENCY) return false;
    if (c > cell && c[-1] == '-') digits[n++] = '-';
    for (; n < DIGITS; c++) {
        if (isdigit((unsigned char)*c) || (*c == '.' && isdigit((unsigned char)c[1])))
            digits[n++] = *c;
        else if (!(*c == ',' && isdigit((unsigned char)c[1]) && isdigit((unsigned char)c[2]) &&
                   isdigit((unsigned char)c[3])))
            break;
    }
    return orr_parse_double(digits, n, out);
}

static bool is_year(const char *cell, double x)
{
    return x >= FIRST_YEAR && x <= LAST_YEAR && x == (double)(int)x && !strchr(cell, ',') && strlen(cell) >= 4;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

void orr_column_summarise(const struct orr_doc *d, size_t column, struct orr_column_summary *out)
{
    *out = (struct orr_column_summary){0};
    const char **cells = orr_xcalloc(d->rows + 1, sizeof *cells);
    size_t numbers = 0, years = 0;
    for (size_t r = 0; r < d->rows; r++) {
        const char *cell = orr_doc_cell(d, r, column);
        double x;
        if (!*cell) continue;
        cells[out->filled++] = cell;
        if (!orr_cell_number(cell, &x)) continue;
        years += is_year(cell, x);
        if (!numbers || x < out->least) out->least = x;
        if (!numbers || x > out->most) out->most = x;
        numbers++;
    }
    const size_t most =
        out->filled - out->filled / 5; /* four fifths decide: footnotes and dashes stand in columns of numbers */
    out->type = !out->filled      ? ORR_COLUMN_EMPTY
                : years >= most   ? ORR_COLUMN_YEAR
                : numbers >= most ? ORR_COLUMN_NUMBER
                                  : ORR_COLUMN_TEXT;
    qsort(cells, out->filled, sizeof *cells, by_text);
    for (size_t i = 0, run = 0; i < out->filled; i++) {
        run = i && strcmp(cells[i], cells[i - 1]) == 0 ? run + 1 : 1;
        out->different += run == 1;
        if (run > 1 && run > out->common_n) out->common = cells[i], out->common_n = run;
    }
    free(cells);
}

static void append_number(struct orr_str *out, double x) { orr_str_printf(out, "%.6g", x); }

void orr_table_describe(const struct orr_doc *d, struct orr_str *out)
{
    orr_str_printf(out, "%zu row%s.", d->rows, d->rows == 1 ? "" : "s");
    for (size_t c = 0; c < d->columns && c < DESCRIBED; c++) {
        struct orr_column_summary s;
        orr_column_summarise(d, c, &s);
        if (s.type == ORR_COLUMN_EMPTY) continue;
        if (*d->header[c])
            orr_str_printf(out, " %s: ", d->header[c]);
        else
            orr_str_printf(out, " Column %zu: ", c + 1);
        if (s.type == ORR_COLUMN_TEXT) {
            orr_str_printf(out, "%zu value%s", s.different, s.different == 1 ? "" : "s");
            if (s.common) orr_str_printf(out, ", most often %s", s.common);
        } else {
            orr_str_append(out, s.type == ORR_COLUMN_YEAR ? "years " : "numbers from ");
            append_number(out, s.least);
            orr_str_append(out, " to ");
            append_number(out, s.most);
        }
        orr_str_append_char(out, '.');
    }
}
