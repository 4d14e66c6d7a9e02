#include "suite.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "base/table.h"
#include "base/text.h"

/* Three runs with everything that can go wrong in a cell. */
static struct orr_table sample(void)
{
    struct orr_table t = {0};
    orr_table_init(&t, 3, 5);
    orr_table_column(&t, 0, "name", ORR_CELL_TEXT);
    orr_table_column(&t, 1, "val/loss", ORR_CELL_NUMBER);
    orr_table_column(&t, 2, "steps", ORR_CELL_INTEGER);
    orr_table_column(&t, 3, "started", ORR_CELL_TIME);
    orr_table_column(&t, 4, "pinned", ORR_CELL_BOOL);
    orr_table_set_text(&t, 0, 0, "a,\"b\"");
    orr_table_set_text(&t, 1, 0, "\xE6\xA8\xA1\xE5\x9E\x8B"); /* two wide characters */
    orr_table_set_text(&t, 2, 0, "red\033[31m|x");
    orr_table_set_number(&t, 0, 1, 0.1);
    orr_table_set_number(&t, 1, 1, 1.0 / 3);
    orr_table_set_number(&t, 0, 2, 12345678901.0);
    orr_table_set_number(&t, 2, 2, 7);
    orr_table_set_number(&t, 0, 3, 1717675200.25);
    orr_table_set_number(&t, 0, 4, 1);
    orr_table_set_number(&t, 1, 4, 0);
    return t;
}

static void expect(enum orr_table_format format, int width, const char *golden)
{
    setenv("TZ", "UTC", 1);
    setlocale(LC_CTYPE, "C.UTF-8");
    struct orr_table t = sample();
    struct orr_str out = {0};
    orr_table_print(&t, format, width, &out);
    ck_assert_str_eq(orr_str_c(&out), golden);
    orr_str_free(&out);
    orr_table_free(&t);
}

START_TEST(text_is_aligned_by_terminal_columns_and_escapes_are_harmless)
{
    expect(ORR_TABLE_TEXT, 0,
           "name        val/loss        steps           started  pinned\n"
           "a,\"b\"            0.1  12345678901  2024-06-06 12:00     yes\n"
           "\xE6\xA8\xA1\xE5\x9E\x8B         0.33333                                     no\n"
           "red?[31m|x                      7\n");
}
END_TEST

START_TEST(json_keeps_full_precision_and_writes_empty_cells_as_null)
{
    expect(ORR_TABLE_JSON, 0,
           "[\n{\"name\":\"a,\\\"b\\\"\",\"val/"
           "loss\":0.1,\"steps\":12345678901,\"started\":\"2024-06-06T12:00:00.250Z\",\"pinned\":true},\n"
           "{\"name\":\"\xE6\xA8\xA1\xE5\x9E\x8B\",\"val/"
           "loss\":0.3333333333333333,\"steps\":null,\"started\":null,\"pinned\":false},\n"
           "{\"name\":\"red\\u001b[31m|x\",\"val/loss\":null,\"steps\":7,\"started\":null,\"pinned\":null}\n]\n");
}
END_TEST

START_TEST(csv_quotes_what_rfc_4180_asks_for)
{
    expect(ORR_TABLE_CSV, 0,
           "name,val/loss,steps,started,pinned\n"
           "\"a,\"\"b\"\"\",0.1,12345678901,2024-06-06T12:00:00.250Z,true\n"
           "\xE6\xA8\xA1\xE5\x9E\x8B,0.3333333333333333,,,false\n"
           "red\033[31m|x,,7,,\n");
}
END_TEST

START_TEST(markdown_escapes_pipes)
{
    expect(ORR_TABLE_MARKDOWN, 0,
           "| name | val/loss | steps | started | pinned |\n"
           "| --- | ---: | ---: | ---: | ---: |\n"
           "| a,\"b\" | 0.1 | 12345678901 | 2024-06-06 12:00 | yes |\n"
           "| \xE6\xA8\xA1\xE5\x9E\x8B | 0.33333 |  |  | no |\n"
           "| red?[31m\\|x |  | 7 |  |  |\n");
}
END_TEST

START_TEST(a_narrow_table_cuts_texts_then_drops_columns_and_says_so)
{
    expect(ORR_TABLE_TEXT, 31,
           "name      val/loss        steps\n"
           "a,\"b\"          0.1  12345678901\n"
           "\xE6\xA8\xA1\xE5\x9E\x8B       0.33333\n"
           "red?[31\xE2\x80\xA6                      7\n"
           "(2 more columns: started, pinned)\n");
}
END_TEST

START_TEST(no_line_is_wider_than_asked_while_a_column_remains)
{
    struct orr_table t = sample();
    for (int width = 20; width < 80; width++) {
        struct orr_str out = {0};
        orr_table_print(&t, ORR_TABLE_TEXT, width, &out);
        for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
            if (line[0] != '(') ck_assert_msg(orr_text_width(line) <= width, "%d: %s", width, line);
        orr_str_free(&out);
    }
    orr_table_free(&t);
}
END_TEST

START_TEST(json_of_any_table_parses)
{
    struct orr_table t = {0};
    orr_table_init(&t, 2, 2);
    orr_table_column(&t, 0, "bad \xFF utf-8 \"", ORR_CELL_TEXT);
    orr_table_column(&t, 1, "x", ORR_CELL_NUMBER);
    orr_table_set_text(&t, 0, 0, "\xC3(\x01\\");
    orr_table_set_number(&t, 0, 1, INFINITY);
    orr_table_set_number(&t, 1, 1, 1e300);
    struct orr_str out = {0};
    orr_table_print(&t, ORR_TABLE_JSON, 0, &out);
    struct json_object *o;
    ck_assert_int_eq(orr_json_parse("t", out.data, out.len, &o, NULL), ORR_OK);
    ck_assert_uint_eq(json_object_array_length(o), 2);
    json_object_put(o);
    orr_str_clear(&out);
    orr_table_free(&t);
    orr_table_init(&t, 0, 1);
    orr_table_column(&t, 0, "none", ORR_CELL_TEXT);
    orr_table_print(&t, ORR_TABLE_JSON, 0, &out);
    ck_assert_int_eq(orr_json_parse("t", out.data, out.len, &o, NULL), ORR_OK);
    json_object_put(o);
    orr_table_free(&t);
    orr_str_free(&out);
}
END_TEST

START_TEST(people_read_numbers_with_few_digits_and_no_needless_exponent)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {123456, "123456"},
        {123456.7, "123457"},
        {0.000012, "1.2e-05"},
        {3.14159265, "3.1416"},
        {1e300, "1e+300"},
        {-2.5, "-2.5"},
        {INFINITY, "inf"},
    };
    struct orr_table t = {0};
    orr_table_init(&t, 1, 1);
    orr_table_column(&t, 0, "x", ORR_CELL_NUMBER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_str out = {0};
        orr_table_set_number(&t, 0, 0, cases[i].x);
        orr_table_cell_text(&t, 0, 0, 5, &out);
        ck_assert_str_eq(orr_str_c(&out), cases[i].text);
        orr_str_free(&out);
    }
    orr_table_free(&t);
}
END_TEST

START_TEST(a_progress_line_shows_rate_and_time_left_and_keeps_to_its_width)
{
    struct orr_progress_meter m = {0};
    struct orr_progress p = {"importing a.csv", "bytes", 0, 100000000, NAN};
    ck_assert(!orr_progress_due(&m, &p, 0, 0.1));
    p.done = 10000000;
    ck_assert(orr_progress_due(&m, &p, 1, 0.1));
    ck_assert(!orr_progress_due(&m, &p, 1.05, 0.1));
    ck_assert_double_eq_tol(orr_progress_eta(&m, &p), 9, 1e-9);
    struct orr_str out = {0};
    orr_progress_line(&m, &p, 0, &out);
    ck_assert_str_eq(orr_str_c(&out), "importing a.csv   10%  10.0 MB/s  0:09 left");
    for (int width = 1; width < 120; width++) {
        orr_str_clear(&out);
        orr_progress_line(&m, &p, width, &out);
        ck_assert_msg(orr_text_width(out.data) <= width, "%d: '%s'", width, out.data);
    }
    orr_str_free(&out);
}
END_TEST

START_TEST(the_time_left_stays_readable_where_one_unit_takes_many_ticks)
{
    struct orr_progress_meter m = {0};
    struct orr_progress p = {"training", "runs", 0, 100, NAN};
    struct orr_str out = {0};
    for (int tick = 0; tick < 2500; tick++) { /* a run every 5 seconds, a tick every 0.2 */
        p.done = (uint64_t)(tick / 25);
        orr_progress_due(&m, &p, 0.2 * tick, 0.1);
        const double left = 5.0 * (100 - (double)p.done), said = orr_progress_eta(&m, &p);
        if (p.done == 0) ck_assert(isnan(said));
        else ck_assert_msg(said > 0.8 * left - 5 && said < 1.25 * left + 5, "tick %d: %g instead of %g", tick, said, left);
    }
    orr_progress_line(&m, &p, 0, &out);
    ck_assert_msg(strstr(out.data, "  5.0 s each  ") != NULL || strstr(out.data, "  5.1 s each  ") != NULL, "%s", out.data);
    orr_str_free(&out);
}
END_TEST

START_TEST(the_rate_follows_a_change_of_speed)
{
    struct orr_progress_meter m = {0};
    struct orr_progress p = {"importing", "points", 0, 1000000, NAN};
    for (int tick = 0; tick < 200; tick++) {
        p.done += tick < 100 ? 1000 : 100;
        orr_progress_due(&m, &p, 0.2 * tick, 0.1);
    }
    ck_assert_msg(m.rate > 480 && m.rate < 900, "%g units/s", m.rate); /* 500 now, 5000 at first */
}
END_TEST

ORR_SUITE("table", text_is_aligned_by_terminal_columns_and_escapes_are_harmless,
          json_keeps_full_precision_and_writes_empty_cells_as_null, csv_quotes_what_rfc_4180_asks_for,
          markdown_escapes_pipes, a_narrow_table_cuts_texts_then_drops_columns_and_says_so,
          no_line_is_wider_than_asked_while_a_column_remains, json_of_any_table_parses,
          people_read_numbers_with_few_digits_and_no_needless_exponent,
          a_progress_line_shows_rate_and_time_left_and_keeps_to_its_width,
          the_time_left_stays_readable_where_one_unit_takes_many_ticks, the_rate_follows_a_change_of_speed)
