#include "base/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

enum { GAP = 2, DIGITS = 5, LEAST_WIDTH = 8 };

void orr_table_init(struct orr_table *t, size_t rows, size_t columns)
{
    t->rows = rows;
    t->columns = columns;
    t->column = orr_arena_zalloc(&t->arena, columns, sizeof *t->column);
}

void orr_table_column(struct orr_table *t, size_t c, const char *name, enum orr_cell_kind kind)
{
    struct orr_column *col = &t->column[c];
    *col = (struct orr_column){.name = orr_arena_strdup(&t->arena, name), .kind = kind};
    if (kind == ORR_CELL_TEXT) {
        col->text = orr_arena_zalloc(&t->arena, t->rows, sizeof *col->text);
    } else {
        col->number = orr_arena_zalloc(&t->arena, t->rows, sizeof *col->number);
        for (size_t r = 0; r < t->rows; r++) col->number[r] = NAN;
    }
}

void orr_table_set_text(struct orr_table *t, size_t r, size_t c, const char *text)
{
    t->column[c].text[r] = text ? orr_arena_strdup(&t->arena, text) : NULL;
}

void orr_table_set_number(struct orr_table *t, size_t r, size_t c, double x) { t->column[c].number[r] = x; }

void orr_table_free(struct orr_table *t)
{
    orr_arena_free(&t->arena);
    *t = (struct orr_table){0};
}

/* ---- one cell ---- */

static bool is_empty(const struct orr_column *col, size_t r)
{
    return col->kind == ORR_CELL_TEXT ? !col->text[r] : isnan(col->number[r]);
}

static bool in_time_range(double x) { return fabs(x) < 2.5e11; /* year 9892: four digits */ }

/* For people: whole numbers without exponent, everything else with at most `digits` significant digits. */
static void append_number(struct orr_str *out, double x, int digits)
{
    char text[64];
    const bool plain = fabs(x) >= pow(10, digits) && fabs(x) < 1e9;
    if (x == nearbyint(x) && fabs(x) < 1e15)
        snprintf(text, sizeof text, "%.0f", x == 0 ? 0.0 : x);
    else if (plain)
        snprintf(text, sizeof text, "%.0f", x);
    else
        snprintf(text, sizeof text, "%.*g", digits, x);
    for (char *p = text; *p; p++)
        if (*p == ',') *p = '.'; /* a locale with a decimal comma */
    orr_str_append(out, text);
}

static void append_local_time(struct orr_str *out, double x)
{
    const time_t when = (time_t)floor(x);
    struct tm tm;
    char text[64];
    if (!in_time_range(x) || !localtime_r(&when, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm)) return;
    orr_str_append(out, text);
}

/* For machines: ISO 8601 in UTC, with milliseconds where there are any. */
static void append_utc_time(struct orr_str *out, double x)
{
    const double ms = nearbyint(x * 1000);
    const time_t when = (time_t)floor(ms / 1000);
    const int rest = (int)(ms - (double)when * 1000);
    struct tm tm;
    char text[64];
    if (!in_time_range(x) || !gmtime_r(&when, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) return;
    orr_str_append(out, text);
    if (rest) orr_str_printf(out, ".%03d", rest);
    orr_str_append_char(out, 'Z');
}

static void append_exact(struct orr_str *out, double x, bool integer)
{
    if (integer && fabs(x) < 9007199254740992.0)
        orr_str_printf(out, "%.0f", x);
    else
        orr_str_append_double(out, x);
}

void orr_table_cell_text(const struct orr_table *t, size_t r, size_t c, int digits, struct orr_str *out)
{
    const struct orr_column *col = &t->column[c];
    if (is_empty(col, r)) return;
    switch (col->kind) {
    case ORR_CELL_TEXT: orr_str_append(out, col->text[r]); break;
    case ORR_CELL_NUMBER: append_number(out, col->number[r], digits); break;
    case ORR_CELL_INTEGER: append_exact(out, col->number[r], true); break;
    case ORR_CELL_TIME: append_local_time(out, col->number[r]); break;
    case ORR_CELL_BOOL: orr_str_append(out, col->number[r] != 0 ? "yes" : "no"); break;
    }
}

/* ---- aligned text ---- */

/* What a TEXT print needs to know about a column. */
struct layout {
    int natural, heading, width; /* widest cell, its heading, what is used */
};

static int total_width(const struct layout *l, size_t n)
{
    int sum = 0;
    for (size_t c = 0; c < n; c++) sum += l[c].width + (c ? GAP : 0);
    return sum;
}

/* Makes the first columns fit: long headings give way first, then the widest text columns, then whole columns from the
 * right. Numbers are never cut: half a number is a wrong number. Returns how many columns are shown. */
static size_t fit_columns(const struct orr_table *t, struct layout *l, int width)
{
    size_t n = t->columns;
    if (width <= 0) return n;
    for (int over; (over = total_width(l, n) - width) > 0;) {
        size_t widest = n;
        for (size_t c = 0; c < n; c++) {
            const int floor_width = t->column[c].kind == ORR_CELL_TEXT ? LEAST_WIDTH
                                    : l[c].natural > LEAST_WIDTH       ? l[c].natural
                                                                       : LEAST_WIDTH;
            if (l[c].width > floor_width && (widest == n || l[c].width > l[widest].width)) widest = c;
        }
        if (widest < n)
            l[widest].width--;
        else if (n > 1)
            n--;
        else
            break;
    }
    return n;
}

static void append_blanks(struct orr_str *out, int n)
{
    for (; n > 0; n--) orr_str_append_char(out, ' ');
}

static void append_padded(struct orr_str *out, const char *text, int width, bool right, bool last)
{
    const int w = orr_text_width(text);
    if (w > width) {
        const size_t keep = orr_text_fit(text, width - 1);
        orr_str_append_n(out, text, keep);
        orr_str_append(out, MB_CUR_MAX > 1 ? "\xE2\x80\xA6" : "~");
        struct orr_str kept = {0};
        orr_str_append_n(&kept, text, keep);
        if (!last) append_blanks(out, width - 1 - orr_text_width(orr_str_c(&kept))); /* a wide character left a hole */
        orr_str_free(&kept);
        return;
    }
    if (right) append_blanks(out, width - w);
    orr_str_append(out, text);
    if (!right && !last) append_blanks(out, width - w);
}

static void print_text(const struct orr_table *t, int width, struct orr_str *out)
{
    if (t->columns == 0) return;
    struct layout *l = orr_xcalloc(t->columns, sizeof *l);
    char **heading = orr_xcalloc(t->columns, sizeof *heading);
    size_t *offset = orr_xcalloc(t->rows * t->columns, sizeof *offset); /* of each cell's text in `cells` */
    struct orr_str cells = {0}, cell = {0};

    for (size_t c = 0; c < t->columns; c++) {
        heading[c] = orr_xstrdup(t->column[c].name);
        orr_text_neutralise(heading[c]);
        l[c].heading = orr_text_width(heading[c]);
        for (size_t r = 0; r < t->rows; r++) {
            orr_str_clear(&cell);
            orr_table_cell_text(t, r, c, DIGITS, &cell);
            if (cell.data) orr_text_neutralise(cell.data);
            const int w = orr_text_width(orr_str_c(&cell));
            if (w > l[c].natural) l[c].natural = w;
            offset[r * t->columns + c] = cells.len;
            orr_str_append(&cells, orr_str_c(&cell));
            orr_str_append_char(&cells, '\0');
        }
        l[c].width = l[c].natural > l[c].heading ? l[c].natural : l[c].heading;
    }
    const size_t shown = fit_columns(t, l, width);
    for (size_t line = 0; line <= t->rows; line++) {
        for (size_t c = 0; c < shown; c++) {
            const bool last = c + 1 == shown;
            const char *text = line == 0 ? heading[c] : cells.data + offset[(line - 1) * t->columns + c];
            append_padded(out, text, l[c].width, t->column[c].kind != ORR_CELL_TEXT, last);
            if (!last) append_blanks(out, GAP);
        }
        while (out->len && out->data[out->len - 1] == ' ') out->data[--out->len] = '\0';
        orr_str_append_char(out, '\n');
    }
    if (shown < t->columns) {
        orr_str_printf(out, "(%zu more column%s:", t->columns - shown, t->columns - shown == 1 ? "" : "s");
        for (size_t c = shown; c < t->columns; c++) orr_str_printf(out, "%s %s", c > shown ? "," : "", heading[c]);
        orr_str_append(out, ")\n");
    }
    for (size_t c = 0; c < t->columns; c++) free(heading[c]);
    free(heading);
    free(offset);
    free(l);
    orr_str_free(&cells);
    orr_str_free(&cell);
}

/* ---- the formats for programs ---- */

static void json_cell(const struct orr_column *col, size_t r, struct orr_str *out)
{
    if (is_empty(col, r) || (col->kind != ORR_CELL_TEXT && !isfinite(col->number[r]))) {
        orr_str_append(out, "null");
        return;
    }
    switch (col->kind) {
    case ORR_CELL_TEXT: orr_json_append_string(out, col->text[r]); break;
    case ORR_CELL_NUMBER: append_exact(out, col->number[r], false); break;
    case ORR_CELL_INTEGER: append_exact(out, col->number[r], true); break;
    case ORR_CELL_TIME:
        orr_str_append_char(out, '"');
        append_utc_time(out, col->number[r]);
        orr_str_append_char(out, '"');
        break;
    case ORR_CELL_BOOL: orr_str_append(out, col->number[r] != 0 ? "true" : "false"); break;
    }
}

static void print_json(const struct orr_table *t, struct orr_str *out)
{
    orr_str_append_char(out, '[');
    for (size_t r = 0; r < t->rows; r++) {
        orr_str_append(out, r ? ",\n{" : "\n{");
        for (size_t c = 0; c < t->columns; c++) {
            if (c) orr_str_append_char(out, ',');
            orr_json_append_string(out, t->column[c].name);
            orr_str_append_char(out, ':');
            json_cell(&t->column[c], r, out);
        }
        orr_str_append_char(out, '}');
    }
    orr_str_append(out, "\n]\n");
}

/* RFC 4180: quotes where a separator, quote, line break or outer blank asks for them. */
static void csv_text(struct orr_str *out, const char *text)
{
    const size_t n = strlen(text);
    if (n && !strpbrk(text, ",\"\r\n") && text[0] != ' ' && text[n - 1] != ' ') {
        orr_str_append(out, text);
        return;
    }
    orr_str_append_char(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"') orr_str_append_char(out, '"');
        orr_str_append_char(out, *p);
    }
    orr_str_append_char(out, '"');
}

static void csv_cell(const struct orr_column *col, size_t r, struct orr_str *out)
{
    if (is_empty(col, r)) return;
    if (col->kind == ORR_CELL_TEXT)
        csv_text(out, col->text[r]);
    else if (col->kind == ORR_CELL_TIME)
        append_utc_time(out, col->number[r]);
    else if (col->kind == ORR_CELL_BOOL)
        orr_str_append(out, col->number[r] != 0 ? "true" : "false");
    else
        append_exact(out, col->number[r], col->kind == ORR_CELL_INTEGER);
}

static void print_csv(const struct orr_table *t, struct orr_str *out)
{
    for (size_t c = 0; c < t->columns; c++) {
        if (c) orr_str_append_char(out, ',');
        csv_text(out, t->column[c].name);
    }
    orr_str_append(out, "\n");
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++) {
            if (c) orr_str_append_char(out, ',');
            csv_cell(&t->column[c], r, out);
        }
        orr_str_append(out, "\n");
    }
}

static void markdown_cell(struct orr_str *out, char *text)
{
    orr_text_neutralise(text);
    orr_str_append_char(out, ' ');
    for (const char *p = text; *p; p++) {
        if (*p == '|' || *p == '\\') orr_str_append_char(out, '\\');
        orr_str_append_char(out, *p);
    }
    orr_str_append(out, " |");
}

static void print_markdown(const struct orr_table *t, struct orr_str *out)
{
    struct orr_str cell = {0};
    orr_str_append_char(out, '|');
    for (size_t c = 0; c < t->columns; c++) {
        orr_str_clear(&cell);
        orr_str_append(&cell, t->column[c].name);
        markdown_cell(out, cell.data);
    }
    orr_str_append(out, "\n|");
    for (size_t c = 0; c < t->columns; c++)
        orr_str_append(out, t->column[c].kind == ORR_CELL_TEXT ? " --- |" : " ---: |");
    orr_str_append_char(out, '\n');
    for (size_t r = 0; r < t->rows; r++) {
        orr_str_append_char(out, '|');
        for (size_t c = 0; c < t->columns; c++) {
            orr_str_clear(&cell);
            orr_str_append(&cell, "");
            orr_table_cell_text(t, r, c, DIGITS, &cell);
            markdown_cell(out, cell.data);
        }
        orr_str_append_char(out, '\n');
    }
    orr_str_free(&cell);
}

void orr_table_print(const struct orr_table *t, enum orr_table_format format, int width, struct orr_str *out)
{
    switch (format) {
    case ORR_TABLE_TEXT: print_text(t, width, out); break;
    case ORR_TABLE_JSON: print_json(t, out); break;
    case ORR_TABLE_CSV: print_csv(t, out); break;
    case ORR_TABLE_MARKDOWN: print_markdown(t, out); break;
    }
}
