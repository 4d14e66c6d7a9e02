#include "suite.h"

#include <math.h>
#include <string.h>

#include <orrery/rng.h>

#include "app/filter.h"

/* Four rows and a handful of columns, without a store. */
enum { ROWS = 4 };
static const char *const words[ROWS] = {"adam wide\nvision", "sgd wide\nvision", "adam narrow\ntext",
                                        "gr\xC3\xB6\xC3\x9F"
                                        "e\ntext"};
static const double loss[ROWS] = {0.25, 0.5, NAN, (double)0.1f}, started[ROWS] = {1717675200, 1717761600, NAN, 0};
static const double lr[ROWS] = {0.1, 0.01, NAN, NAN};
static const char *const lr_text[ROWS] = {"0.1", "1e-2", "auto", NULL}, *const names[ROWS] = {"run1", "run2", "run10",
                                                                                              "x|y z"};
static const struct orr_run_column columns[] = {
    {"val/loss", ORR_CELL_NUMBER, loss, NULL, false},
    {"metrics/mAP_0.5:0.95", ORR_CELL_NUMBER, loss, NULL, false},
    {"started", ORR_CELL_TIME, started, NULL, false},
    {"lr", ORR_CELL_TEXT, lr, lr_text, true},
    {"name", ORR_CELL_TEXT, NULL, names, false},
    {"a", ORR_CELL_NUMBER, (const double[ROWS]){0, 0, 1, 1}, NULL, false},
    {"b", ORR_CELL_NUMBER, (const double[ROWS]){0, 1, 0, 1}, NULL, false},
};

static enum orr_status find(void *ctx, const char *spec, const struct orr_run_column **out, struct orr_error *err)
{
    (void)ctx;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(columns[i].spec, spec) == 0) return *out = &columns[i], ORR_OK;
    return orr_error_set(err, ORR_ENOTFOUND, NULL, "no column '%s'", spec);
}
static enum orr_status find_words(void *ctx, const char *const **out, struct orr_error *err)
{
    (void)ctx, (void)err;
    *out = words;
    return ORR_OK;
}
static const struct orr_filter_source source = {NULL, find, find_words};

/* The rows that match, as a text like "0110". */
static void expect(const char *text, const char *rows)
{
    struct orr_filter *f;
    struct orr_error err = {0};
    ck_assert_msg(orr_filter_parse(text, &f, &err) == ORR_OK, "%s: %s: %s", text, err.where, err.message);
    ck_assert_msg(orr_filter_bind(f, &source, &err) == ORR_OK, "%s: %s", text, err.message);
    char got[ROWS + 1] = "";
    for (size_t i = 0; i < ROWS; i++) got[i] = orr_filter_match(f, i) ? '1' : '0';
    ck_assert_msg(strcmp(got, rows) == 0, "%s: %s, expected %s", text, got, rows);
    orr_filter_free(f);
}

static void refuse(const char *text, const char *where, const char *message)
{
    struct orr_filter *f;
    struct orr_error err = {0};
    enum orr_status s = orr_filter_parse(text, &f, &err);
    if (s == ORR_OK) s = orr_filter_bind(f, &source, &err);
    ck_assert_msg(s == ORR_EINVAL, "%s", text);
    ck_assert_msg(strcmp(err.where, where) == 0 && strstr(err.message, message), "%s: %s: %s", text, err.where,
                  err.message);
    orr_filter_free(f);
}

START_TEST(words_are_sought_without_case_in_every_script)
{
    expect("", "1111");
    expect("ADAM", "1010");
    expect("adam wide", "1000");
    expect("wide | text", "1111");
    expect("!wide", "0011");
    expect("GR\xC3\x96\xC3\x9F"
           "E",
           "0001");
    expect("\"wide vision\"", "0000"); /* no match across two fields */
}
END_TEST

START_TEST(or_binds_weaker_than_and_and_not_binds_strongest)
{
    static const struct {
        const char *text;
        const char *rows;
    } cases[] = {
        /* rows: (a,b) = 00 01 10 11 */
        {"a=1 | b=1", "0111"},  {"a=1 b=1", "0001"},       {"!a=1 b=1", "0100"},
        {"!(a=1 b=1)", "1110"}, {"a=1 | b=1 a=0", "0111"}, {"(a=1 | b=1) a=0", "0100"},
        {"!!a=1", "0011"},      {"a=1|b=1", "0111"},       {"!a=1|!b=1", "1110"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect(cases[i].text, cases[i].rows);
}
END_TEST

START_TEST(numbers_compare_as_numbers_and_missing_ones_never_match)
{
    expect("val/loss<0.3", "1001");
    expect("val/loss <= 0.25", "1001");
    expect("val/loss=0.1", "0001"); /* stored as float32 */
    expect("val/loss!=0.25", "0111");
    expect("val/loss>0", "1101");
    expect("metrics/mAP_0.5:0.95>=.5", "0100");
    expect("lr=0.01", "0100"); /* logged as 1e-2 */
    expect("lr=auto", "0010");
    expect("lr<1", "1100");
    expect("lr=\"\"", "0001");
    expect("lr!=\"\"", "1110");
}
END_TEST

START_TEST(times_mean_the_whole_day_or_minute)
{
    setenv("TZ", "UTC", 1);
    expect("started=2024-06-06", "1000");
    expect("started>2024-06-06", "0100");
    expect("started>=2024-06-06", "1100");
    expect("started<2024-06-07T12:00", "1001");
    expect("started<=2024-06-07T12:00", "1101");
    expect("started=2024-06-06T12:00:01", "0000");
    refuse("started>yesterday", "filter:1", "a time is written like");
}
END_TEST

START_TEST(regular_expressions_may_hold_parentheses_and_bars)
{
    expect("name~^run1", "1010");
    expect("name~^run(1|2)$", "1100");
    expect("(name~run(1|2)$ | name~10)", "1110");
    expect("name~'y z$'", "0001");
    expect("name~RUN", "1110");
    expect("lr~^0\\.1$", "1000");
    expect("val/loss~^0.25", "1000"); /* numbers by their text */
    refuse("name~(", "filter:6", "not a regular expression");
    refuse("name~(a)\\1", "filter:6", "back-references");
    refuse("x name~a{1000}", "filter:8", "go up to 64");
    refuse("name~((((a{9}){9}){9}){9})", "filter:6", "repeats too much");
    refuse("name~a++++++++++++++++++++", "filter:6", "repeats too much");
    refuse("name~a????*****", "filter:6", "repeats too much");
    refuse("name~(((((a*)*)*)*)*)", "filter:6", "repeats too much");
    expect("name~^r{1}u+n+[0-9]{1,2}$", "1110");
}
END_TEST

START_TEST(quotes_keep_blanks_and_operators)
{
    expect("name='x|y z'", "0001");
    expect("name=\"x|y z\"", "0001");
    expect("'name'=run1", "1000");
}
END_TEST

START_TEST(errors_name_the_position)
{
    refuse("a=1 (b=1", "filter:5", "never closed");
    refuse("a=1)", "filter:4", "never opened");
    refuse("a=", "filter:3", "value is missing");
    refuse("a=1 |", "filter:6", "missing at the end");
    refuse("| a=1", "filter:1", "missing before");
    refuse("a=1 =2", "filter:5", "missing before");
    refuse("name='x", "filter:6", "never closed");
    refuse("!", "filter:2", "missing at the end");
    refuse("a=1 nothere<3", "filter:5", "no column 'nothere'");
}
END_TEST

START_TEST(any_text_is_parsed_or_refused_with_a_position)
{
    static const char alphabet[] = "ab!()|=<>~ \"'\\{1}";
    struct orr_rng r;
    orr_rng_seed(&r, 7, 0);
    for (int i = 0; i < 20000; i++) {
        char text[24];
        const size_t n = orr_rng_below(&r, sizeof text);
        for (size_t k = 0; k < n; k++) text[k] = alphabet[orr_rng_below(&r, sizeof alphabet - 1)];
        text[n] = '\0';
        struct orr_filter *f;
        struct orr_error err = {0};
        if (orr_filter_parse(text, &f, &err) == ORR_OK) {
            if (orr_filter_bind(f, &source, &err) == ORR_OK)
                for (size_t row = 0; row < ROWS; row++) orr_filter_match(f, row);
            orr_filter_free(f);
        } else {
            ck_assert_ptr_null(f);
            ck_assert_msg(strncmp(err.where, "filter:", 7) == 0 && (size_t)atol(err.where + 7) <= n + 1, "%s: %s", text,
                          err.where);
        }
    }
}
END_TEST

START_TEST(nesting_and_length_are_bounded)
{
    char text[6000];
    memset(text, '(', 200);
    strcpy(text + 200, "a");
    refuse(text, "filter:65", "nested too deeply");
    strcpy(text, "name~");
    memset(text + 5, '(', 1000);
    text[1005] = '\0';
    refuse(text, "filter:6", "at most 256 bytes");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    refuse(text, "filter:4097", "at most 4096");
}
END_TEST

ORR_SUITE("filter", words_are_sought_without_case_in_every_script, or_binds_weaker_than_and_and_not_binds_strongest,
          numbers_compare_as_numbers_and_missing_ones_never_match, times_mean_the_whole_day_or_minute,
          regular_expressions_may_hold_parentheses_and_bars, quotes_keep_blanks_and_operators, errors_name_the_position,
          any_text_is_parsed_or_refused_with_a_position, nesting_and_length_are_bounded)
