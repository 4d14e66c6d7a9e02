#include "suite.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

static enum orr_status parse(const char *text, struct json_object **o, struct orr_error *e)
{
    return orr_json_parse("f.json", text, strlen(text), o, e);
}

static void check_fails_at(const char *text, const char *where)
{
    struct json_object *o;
    struct orr_error e;
    ck_assert_msg(parse(text, &o, &e) == ORR_EFORMAT, "accepted: %s", text);
    ck_assert_ptr_null(o);
    ck_assert_msg(!strcmp(e.where, where), "%s: at %s, not %s (%s)", text, e.where, where, e.message);
}

START_TEST(values_of_every_type_are_read)
{
    struct json_object *o, *v;
    ck_assert_int_eq(parse(" {\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\"], \"b\": {}} \r\n", &o, NULL), ORR_OK);
    ck_assert(json_object_object_get_ex(o, "a", &v));
    ck_assert_uint_eq(json_object_array_length(v), 5);
    ck_assert_double_eq(json_object_get_double(json_object_array_get_idx(v, 1)), -2500);
    ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(v, 4)), "x\xC3\xA9\n");
    json_object_put(o);
    ck_assert_int_eq(parse("42", &o, NULL), ORR_OK); /* a bare number ends with the text */
    ck_assert_int_eq(json_object_get_int(o), 42);
    json_object_put(o);
    ck_assert_int_eq(parse("null", &o, NULL), ORR_OK);
    ck_assert_ptr_null(o);
}
END_TEST

START_TEST(the_nan_and_infinity_that_python_writes_are_read)
{
    struct json_object *o;
    ck_assert_int_eq(parse("[NaN, Infinity, -Infinity]", &o, NULL), ORR_OK);
    ck_assert(isnan(json_object_get_double(json_object_array_get_idx(o, 0))));
    ck_assert_double_eq(json_object_get_double(json_object_array_get_idx(o, 1)), INFINITY);
    ck_assert_double_eq(json_object_get_double(json_object_array_get_idx(o, 2)), -INFINITY);
    json_object_put(o);
}
END_TEST

START_TEST(errors_name_line_and_column)
{
    check_fails_at("{\"a\": 1,\n \"b\": }", "f.json:2:7");
    check_fails_at("[1, 2", "f.json:1:6");
    check_fails_at("", "f.json:1:1");
    check_fails_at("{} x", "f.json:1:4");
    check_fails_at("{}{}", "f.json:1:3");
    check_fails_at("\n\n  @", "f.json:3:3");
    check_fails_at("[\"\xE0\x80\xAF\"]", "f.json:1:3"); /* an overlong slash */
}
END_TEST

START_TEST(text_that_is_no_json_is_refused)
{
    static const char *const bad[] = {"{\"a\" 1}", "[1 2]", "{\"a\":1,,}", "\"open", "tru", "[\"\x80\"]", "\"\xED\xA0\x80\"",
                                      "{\"a\":}", "1 2", "--1", "]"};
    struct json_object *o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(parse(bad[i], &o, NULL) == ORR_EFORMAT, "%s", bad[i]);
    ck_assert_int_eq(orr_json_parse("f", "[1]\0[2]", 7, &o, NULL), ORR_EFORMAT);
}
END_TEST

START_TEST(nesting_stops_at_64_levels)
{
    char text[200001];
    struct json_object *o;
    for (int depth = 60; depth < 68; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        const enum orr_status s = orr_json_parse("deep", text, 2 * (size_t)depth, &o, NULL);
        ck_assert_msg((s == ORR_OK) == (depth <= 64), "depth %d: %s", depth, orr_status_name(s));
        json_object_put(o);
    }
    memset(text, '[', sizeof text);
    ck_assert_int_eq(orr_json_parse("deep", text, sizeof text, &o, NULL), ORR_EFORMAT);
}
END_TEST

START_TEST(every_prefix_of_a_document_is_an_error_and_nothing_else)
{
    static const char text[] = "{\"name\": \"r\xC3\xA9\\u00e9\", \"log\": [{\"step\": 1, \"loss\": NaN}, -Infinity, 1e-5]}";
    struct json_object *o;
    for (size_t n = 0; n < sizeof text - 1; n++) ck_assert_int_eq(orr_json_parse("f", text, n, &o, NULL), ORR_EFORMAT);
    ck_assert_int_eq(orr_json_parse("f", text, sizeof text - 1, &o, NULL), ORR_OK);
    json_object_put(o);
}
END_TEST

START_TEST(a_file_larger_than_the_limit_is_not_read)
{
    char path[] = "/tmp/orrery-json.XXXXXX";
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "[1, 2]", 6), 6);
    close(fd);
    struct json_object *o;
    struct orr_error e;
    const enum orr_status large = orr_json_parse_file(path, 5, &o, &e);
    ck_assert_ptr_null(o);
    const enum orr_status fits = orr_json_parse_file(path, 6, &o, &e);
    unlink(path);
    ck_assert_int_eq(large, ORR_EFORMAT);
    ck_assert_int_eq(fits, ORR_OK);
    json_object_put(o);
    ck_assert_int_eq(orr_json_parse_file(path, 6, &o, &e), ORR_EIO);
    ck_assert_ptr_null(o);
}
END_TEST

START_TEST(strings_are_escaped_and_read_back_as_they_were)
{
    struct orr_str s = {0};
    orr_json_append_string(&s, "a\"b\\c\n\t\x01\x7F\xC2\x9B\xC3\xA9/\xF0\x9F\x98\x80");
    ck_assert_str_eq(orr_str_c(&s), "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\\u009b\xC3\xA9/\xF0\x9F\x98\x80\"");
    struct json_object *o;
    ck_assert_int_eq(parse(orr_str_c(&s), &o, NULL), ORR_OK);
    ck_assert_str_eq(json_object_get_string(o), "a\"b\\c\n\t\x01\x7F\xC2\x9B\xC3\xA9/\xF0\x9F\x98\x80");
    json_object_put(o);
    orr_str_clear(&s);
    orr_json_append_string(&s, "\x80\xC3");
    ck_assert_str_eq(orr_str_c(&s), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    orr_str_free(&s);
}
END_TEST

START_TEST(numbers_without_a_json_form_become_null)
{
    struct orr_str s = {0};
    static const double x[] = {0.1, NAN, INFINITY, -INFINITY, 1e300};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        orr_json_append_double(&s, x[i]);
        orr_str_append_char(&s, ' ');
    }
    ck_assert_str_eq(orr_str_c(&s), "0.1 null null null 1e+300 ");
    orr_str_free(&s);
}
END_TEST

ORR_SUITE("json", values_of_every_type_are_read, the_nan_and_infinity_that_python_writes_are_read,
          errors_name_line_and_column, text_that_is_no_json_is_refused, nesting_stops_at_64_levels,
          every_prefix_of_a_document_is_an_error_and_nothing_else, a_file_larger_than_the_limit_is_not_read,
          strings_are_escaped_and_read_back_as_they_were, numbers_without_a_json_form_become_null)
