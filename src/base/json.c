#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"

enum { MAX_DEPTH = 64 };

static void line_and_column(const char *text, size_t at, unsigned *line, unsigned *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            ++*column;
        }
    }
}

static enum orr_status fail(struct orr_error *err, const char *where, const char *text, size_t at, const char *what)
{
    unsigned line, column;
    line_and_column(text, at, &line, &column);
    char place[320];
    snprintf(place, sizeof place, "%.280s:%u:%u", where, line, column);
    return orr_error_set(err, ORR_EFORMAT, place, "not valid JSON: %s", what);
}

/* Position of the first byte that is not UTF-8, or n. json-c's own check lets surrogates and overlong forms pass. */
static size_t first_invalid(const char *text, size_t n)
{
    size_t i = 0, k = 1;
    for (; i < n; i += k)
        if (orr_utf8_decode(text + i, n - i, &k) == 0xFFFD && k == 1) break;
    return i;
}

enum orr_status orr_json_parse(const char *where, const char *text, size_t n, struct json_object **out,
                               struct orr_error *err)
{
    *out = NULL;
    if (n > INT32_MAX) return orr_error_set(err, ORR_EFORMAT, where, "JSON text of %zu bytes: too large", n);
    const size_t invalid = first_invalid(text, n);
    if (invalid < n) return fail(err, where, text, invalid, "not UTF-8");
    /* json-c takes a NUL for the end of the text and then hands back whatever value it stood in */
    const char *nul = memchr(text, '\0', n);
    if (nul) return fail(err, where, text, (size_t)(nul - text), "a NUL byte");
    struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
    if (!tok) return orr_error_set(err, ORR_ENOMEM, where, "no memory for the JSON reader");
    struct json_object *o = json_tokener_parse_ex(tok, text, (int)n);
    enum json_tokener_error e = json_tokener_get_error(tok);
    size_t used = json_tokener_get_parse_end(tok);
    if (e == json_tokener_continue) { /* a bare number ends only where the text does */
        o = json_tokener_parse_ex(tok, "\n", 1);
        e = json_tokener_get_error(tok);
        if (e == json_tokener_success) used = n;
    }
    json_tokener_free(tok);
    if (e != json_tokener_success) {
        json_object_put(o);
        const char *why = e == json_tokener_continue ? "the text ends too early" : json_tokener_error_desc(e);
        return fail(err, where, text, used < n ? used : n, why);
    }
    while (used < n && strchr(" \t\r\n", text[used]) && text[used]) used++;
    if (used < n) {
        json_object_put(o);
        return fail(err, where, text, used, "text after the end of the value");
    }
    *out = o;
    return ORR_OK;
}

enum orr_status orr_json_parse_file(const char *path, size_t limit, struct json_object **out, struct orr_error *err)
{
    *out = NULL;
    struct orr_reader *r;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    const uint64_t size = orr_reader_size(r);
    size_t n;
    if (size > limit) {
        s = orr_error_set(err, ORR_EFORMAT, path, "JSON file of %llu bytes; the limit is %zu",
                          (unsigned long long)size, limit);
    } else {
        const unsigned char *p = orr_reader_peek(r, (size_t)size, &n);
        s = p ? orr_json_parse(path, (const char *)p, n, out, err) : orr_reader_status(r, err);
    }
    orr_reader_close(r);
    return s;
}

struct json_object *orr_json_member(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    if (json_object_is_type(o, json_type_object)) json_object_object_get_ex(o, name, &x);
    return x;
}

const char *orr_json_text(struct json_object *o, const char *name)
{
    struct json_object *x = orr_json_member(o, name);
    return json_object_is_type(x, json_type_string) ? json_object_get_string(x) : "";
}

bool orr_json_flag(struct json_object *o, const char *name, bool fallback)
{
    struct json_object *x = orr_json_member(o, name);
    return json_object_is_type(x, json_type_boolean) ? json_object_get_boolean(x) : fallback;
}

void orr_json_append_string(struct orr_str *s, const char *text)
{
    orr_str_append_char(s, '"');
    for (size_t n = strlen(text), k; n > 0; text += k, n -= k) {
        const uint32_t cp = orr_utf8_decode(text, n, &k);
        char utf8[4];
        if (cp == '"' || cp == '\\') {
            orr_str_append_char(s, '\\');
            orr_str_append_char(s, (char)cp);
        } else if (cp == '\n') {
            orr_str_append(s, "\\n");
        } else if (cp == '\t') {
            orr_str_append(s, "\\t");
        } else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) { /* C1 controls would reach a terminal */
            orr_str_printf(s, "\\u%04x", (unsigned)cp);
        } else {
            orr_str_append_n(s, utf8, orr_utf8_encode(cp, utf8));
        }
    }
    orr_str_append_char(s, '"');
}

void orr_json_append_double(struct orr_str *s, double x)
{
    if (isfinite(x))
        orr_str_append_double(s, x);
    else
        orr_str_append(s, "null");
}

void orr_json_append_member_numbers(struct orr_str *s, const char *key, const double *x, size_t n)
{
    orr_str_printf(s, ",\"%s\":[", key);
    for (size_t i = 0; i < n; i++) {
        if (i) orr_str_append_char(s, ',');
        orr_json_append_double(s, x[i]);
    }
    orr_str_append_char(s, ']');
}

void orr_json_append_member_number(struct orr_str *s, const char *key, double x)
{
    orr_str_printf(s, ",\"%s\":", key);
    orr_json_append_double(s, x);
}

void orr_json_append_member_text(struct orr_str *s, const char *key, const char *text)
{
    orr_str_printf(s, ",\"%s\":", key);
    orr_json_append_string(s, text);
}
