#include "text/doc.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"

const char *const orr_field_names[ORR_FIELDS] = {"title", "section", "text", "intro", "header", "cells"};

/* The text of a scalar; "" for null and for what has parts of its own. */
static const char *scalar(struct json_object *o, struct orr_arena *a)
{
    switch (json_object_get_type(o)) {
    case json_type_string:
        return orr_arena_strndup(a, json_object_get_string(o), (size_t)json_object_get_string_len(o));
    case json_type_double: {
        char text[32];
        orr_format_double(json_object_get_double(o), text);
        return orr_arena_strdup(a, text);
    }
    case json_type_int:
    case json_type_boolean: return orr_arena_strdup(a, json_object_get_string(o));
    default: return "";
    }
}

static const char *member(struct json_object *o, const char *key, struct orr_arena *a)
{
    struct json_object *v = NULL;
    return json_object_object_get_ex(o, key, &v) ? scalar(v, a) : "";
}

static size_t length(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* Columns: as many as the header or the longest row has. */
static enum orr_status shape(const char *where, struct json_object *header, struct json_object *rows,
                             struct orr_doc *out, struct orr_error *err)
{
    if ((header && !json_object_is_type(header, json_type_array)) ||
        (rows && !json_object_is_type(rows, json_type_array)))
        return orr_error_set(err, ORR_EFORMAT, where, "header and rows are arrays: [\"a\",\"b\"] and [[\"1\",\"2\"]]");
    out->columns = length(header);
    out->rows = length(rows);
    const size_t first = out->columns ? out->columns : out->rows ? length(json_object_array_get_idx(rows, 0)) : 0;
    for (size_t r = 0; r < out->rows; r++) {
        struct json_object *row = json_object_array_get_idx(rows, r);
        if (!json_object_is_type(row, json_type_array))
            return orr_error_set(err, ORR_EFORMAT, where, "row %zu is no array of cells", r + 1);
        out->ragged += length(row) != first;
        if (length(row) > out->columns) out->columns = length(row);
    }
    /* Filling up must not make much of little: one long row among a million short ones. */
    if (out->columns > ORR_DOC_COLUMNS || (out->columns && out->rows > ORR_DOC_LIMIT / sizeof(char *) / out->columns))
        return orr_error_set(err, ORR_EFORMAT, where, "a table of %zu rows and %zu columns is too large; part it",
                             out->rows, out->columns);
    return ORR_OK;
}

static void fill(struct json_object *header, struct json_object *rows, struct orr_arena *a, struct orr_doc *out)
{
    out->header = orr_arena_zalloc(a, out->columns + 1, sizeof *out->header);
    out->cells = orr_arena_zalloc(a, out->rows * out->columns + 1, sizeof *out->cells);
    for (size_t c = 0; c < out->columns; c++)
        out->header[c] = c < length(header) ? scalar(json_object_array_get_idx(header, c), a) : "";
    for (size_t r = 0; r < out->rows; r++) {
        struct json_object *row = json_object_array_get_idx(rows, r);
        const size_t n = length(row);
        for (size_t c = 0; c < out->columns; c++)
            out->cells[r * out->columns + c] = c < n ? scalar(json_object_array_get_idx(row, c), a) : "";
    }
}

enum orr_status orr_doc_parse(const char *where, const char *json, size_t n, struct orr_arena *a, struct orr_doc *out,
                              struct orr_error *err)
{
    *out = (struct orr_doc){0};
    struct json_object *o = NULL, *header = NULL, *rows = NULL;
    enum orr_status status = orr_json_parse(where, json, n, &o, err);
    if (status == ORR_OK && !json_object_is_type(o, json_type_object))
        status =
            orr_error_set(err, ORR_EFORMAT, where, "a table is an object: {\"id\",\"title\",\"header\",\"rows\",...}");
    if (status == ORR_OK) {
        json_object_object_get_ex(o, "header", &header);
        json_object_object_get_ex(o, "rows", &rows);
        status = shape(where, header, rows, out, err);
    }
    if (status == ORR_OK) {
        fill(header, rows, a, out);
        out->id = member(o, "id", a);
        out->title = member(o, "title", a);
        out->section_title = member(o, "section_title", a);
        out->section_text = member(o, "section_text", a);
        out->intro = member(o, "intro", a);
        out->description = member(o, "description", a);
        if (!out->columns && !*out->title && !*out->section_title && !*out->section_text && !*out->intro)
            status = orr_error_set(err, ORR_EFORMAT, where, "a table without cells, title or text: nothing to search");
    }
    json_object_put(o);
    return status;
}

static void append_array(struct orr_str *out, const char *const *texts, size_t n)
{
    orr_str_append_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, texts[i]);
    }
    orr_str_append_char(out, ']');
}

void orr_doc_json(const struct orr_doc *d, struct orr_str *out)
{
    const char *const texts[][2] = {{"id", d->id},
                                    {"title", d->title},
                                    {"section_title", d->section_title},
                                    {"section_text", d->section_text},
                                    {"intro", d->intro}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        orr_str_printf(out, "%c\"%s\":", i ? ',' : '{', texts[i][0]);
        orr_json_append_string(out, texts[i][1]);
    }
    if (d->description && *d->description) {
        orr_str_append(out, ",\"description\":");
        orr_json_append_string(out, d->description);
    }
    orr_str_append(out, ",\"header\":");
    append_array(out, (const char *const *)d->header, d->columns);
    orr_str_append(out, ",\"rows\":[");
    for (size_t r = 0; r < d->rows; r++) {
        if (r) orr_str_append_char(out, ',');
        append_array(out, (const char *const *)d->cells + r * d->columns, d->columns);
    }
    orr_str_append(out, "]}");
}
