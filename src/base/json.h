/* The one JSON reader and writer, over json-c. Accepts the bare NaN and Infinity that Python writes; refuses nesting
 * past 64 levels, trailing text and invalid UTF-8. */
#ifndef ORRERY_BASE_JSON_H
#define ORRERY_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>

#include "base/str.h"

/* Parses text[0..n). `where` names the file in messages, which add line and column. The caller owns *out and frees it
 * with json_object_put(). *out is NULL after an error and for the JSON value null. */
enum orr_status orr_json_parse(const char *where, const char *text, size_t n, struct json_object **out,
                               struct orr_error *err);
/* Parses a whole file of at most `limit` bytes. */
enum orr_status orr_json_parse_file(const char *path, size_t limit, struct json_object **out, struct orr_error *err);

/* Members of an object; the fallback where it lacks them. */
struct json_object *orr_json_member(struct json_object *o, const char *name);
const char *orr_json_text(struct json_object *o, const char *name); /* "" as the fallback */
bool orr_json_flag(struct json_object *o, const char *name, bool fallback);

/* Writing, without building a tree. The text is compact and locale-independent; NaN and infinities become null. */
void orr_json_append_string(struct orr_str *s, const char *text); /* quoted and escaped; invalid UTF-8 becomes U+FFFD */
void orr_json_append_double(struct orr_str *s, double x);
/* A member after others: ,"key":x. The key is the code's own and is not escaped. */
void orr_json_append_member_numbers(struct orr_str *s, const char *key, const double *x, size_t n);
void orr_json_append_member_number(struct orr_str *s, const char *key, double x);
void orr_json_append_member_text(struct orr_str *s, const char *key, const char *text);

#endif
