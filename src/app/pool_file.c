#include "app/pool_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "lab/dataset.h"

enum { LONGEST = 1 << 20 }; /* bytes of a candidate */

void orr_pool_texts_add(struct orr_pool_texts *t, const char *text, size_t n)
{
    if (n == 0 || memchr(text, '\0', n)) return;
    const uint32_t before = t->seen.len;
    if (orr_intern_add(&t->seen, 0, text, n) == before) orr_pool_add(t->pool, text, n);
}

static enum orr_status bad_line(const char *path, size_t line, const char *what, struct orr_error *err)
{
    char where[400];
    snprintf(where, sizeof where, "%.300s:%zu", path, line);
    return orr_error_set(err, ORR_EFORMAT, where, "%s", what);
}

static enum orr_status take_json(const char *path, size_t line, const char *text, size_t n, const char *member,
                                 struct orr_pool_texts *out, struct orr_error *err)
{
    static const char *const usual[] = {"text", "name", "candidate"};
    struct json_object *o, *x = NULL;
    char where[400];
    snprintf(where, sizeof where, "%.300s:%zu", path, line);
    const enum orr_status s = orr_json_parse(where, text, n, &o, err);
    if (s) return s;
    if (json_object_is_type(o, json_type_string))
        x = o;
    else if (json_object_is_type(o, json_type_object) && member)
        json_object_object_get_ex(o, member, &x);
    else if (json_object_is_type(o, json_type_object))
        for (size_t i = 0; i < sizeof usual / sizeof *usual && !x; i++) json_object_object_get_ex(o, usual[i], &x);
    const bool is_text = json_object_is_type(x, json_type_string);
    if (is_text) orr_pool_texts_add(out, json_object_get_string(x), (size_t)json_object_get_string_len(x));
    json_object_put(o);
    return is_text ? ORR_OK
                   : bad_line(path, line, "neither a string nor an object with text, name or candidate (--column)", err);
}

static enum orr_status read_lines(const char *path, const char *text, size_t n, bool json, const char *member,
                                  struct orr_pool_texts *out, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    size_t line = 1;
    for (const char *at = text, *end = text + n; at < end && !s; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        size_t length = (size_t)(stop - at);
        if (length > LONGEST) return bad_line(path, line, "a line longer than 1048576 bytes is no candidate", err);
        while (length > 0 && (at[length - 1] == '\r' || at[length - 1] == ' ')) length--;
        if (length > 0 && json)
            s = take_json(path, line, at, length, member, out, err);
        else
            orr_pool_texts_add(out, at, length);
        at = stop + 1;
    }
    return s;
}

static enum orr_status read_column(struct orr_reader *r, char separator, const char *column, struct orr_pool_texts *out,
                                   struct orr_error *err)
{
    struct orr_csv *csv;
    struct orr_csv_row row;
    enum orr_status s = orr_csv_open(r, separator, &csv, err);
    if (s) return s;
    size_t at = 0;
    int64_t number;
    if (column && orr_parse_int64(column, strlen(column), &number) && number > 0) {
        at = (size_t)number - 1;
    } else if (column) { /* a name: the first row is a header */
        s = orr_csv_next(csv, &row, err);
        while (!s && at < row.n &&
               (row.cells[at].n != strlen(column) || memcmp(row.cells[at].text, column, row.cells[at].n) != 0))
            at++;
        if (!s && at == row.n)
            s = orr_error_set(err, ORR_EINVAL, orr_reader_path(r), "no column '%.60s' in the header", column);
    }
    while (!s && !(s = orr_csv_next(csv, &row, err)))
        if (at < row.n) orr_pool_texts_add(out, row.cells[at].text, row.cells[at].n);
    orr_csv_close(csv);
    return s == ORR_ENOTFOUND ? ORR_OK : s; /* the end of the file */
}

static bool is_kind(const char *path, const char *ending)
{
    char gzipped[16];
    snprintf(gzipped, sizeof gzipped, "%s.gz", ending);
    return orr_ends_with(path, ending) || orr_ends_with(path, gzipped);
}

enum orr_status orr_pool_file_read(const char *path, const char *column, const struct orr_ticker *ticker,
                                   struct orr_pool_texts *out, struct orr_error *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    enum orr_status s = orr_dataset_slurp(path, ticker, &bytes, &n, err);
    if (!s && (is_kind(path, ".csv") || is_kind(path, ".tsv"))) {
        struct orr_reader *r;
        s = orr_reader_open_memory(path, bytes, n, 0, &r, err);
        if (!s) s = read_column(r, is_kind(path, ".tsv") ? '\t' : 0, column, out, err);
        orr_reader_close(r);
    } else if (!s) {
        s = read_lines(path, (const char *)bytes, n, is_kind(path, ".jsonl") || is_kind(path, ".ndjson"), column, out, err);
    }
    free(bytes);
    return s;
}
