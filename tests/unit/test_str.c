#include "suite.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/str.h"

START_TEST(appending_in_every_way_builds_the_same_text)
{
    struct orr_str s = {0};
    ck_assert_str_eq(orr_str_c(&s), "");
    orr_str_append(&s, "loss");
    orr_str_append_char(&s, '=');
    orr_str_append_double(&s, 0.125);
    orr_str_append_n(&s, ";rest", 1);
    orr_str_printf(&s, "%s%d", "n", 7);
    ck_assert_str_eq(orr_str_c(&s), "loss=0.125;n7");
    ck_assert_uint_eq(s.len, strlen(s.data));
    orr_str_clear(&s);
    ck_assert_str_eq(orr_str_c(&s), "");
    ck_assert_ptr_nonnull(s.data); /* the memory is kept */
    orr_str_free(&s);
    ck_assert_ptr_null(s.data);
    orr_str_free(&s);
}
END_TEST

START_TEST(growth_at_every_length_keeps_text_and_terminator)
{
    struct orr_str s = {0};
    for (size_t i = 0; i < 5000; i++) {
        orr_str_append_char(&s, (char)('a' + i % 26));
        ck_assert_uint_eq(s.len, i + 1);
        ck_assert_uint_lt(s.len, s.cap);
        ck_assert_int_eq(s.data[s.len], 0);
    }
    for (size_t i = 0; i < 5000; i++) ck_assert_int_eq(s.data[i], (char)('a' + i % 26));
    orr_str_free(&s);
    for (int n = 60; n < 70; n++) { /* printf around the first capacity */
        orr_str_printf(&s, "%*d", n, 1);
        ck_assert_uint_eq(strlen(s.data), (size_t)n);
        orr_str_free(&s);
    }
}
END_TEST

START_TEST(bytes_with_zeros_inside_are_kept)
{
    struct orr_str s = {0};
    orr_str_append_n(&s, "a\0b", 3);
    orr_str_append_n(&s, NULL, 0);
    ck_assert_uint_eq(s.len, 3);
    ck_assert_mem_eq(s.data, "a\0b", 4);
    orr_str_free(&s);
}
END_TEST

START_TEST(doubles_are_written_as_short_as_they_can_be_read_back)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0, "0"},           {-0.0, "-0"},   {1, "1"},     {0.1, "0.1"},       {1e300, "1e+300"},
                 {1.0 / 3, "0.3333333333333333"},    {NAN, "nan"}, {INFINITY, "inf"},  {-INFINITY, "-inf"},
                 {5e-324, "4.94065645841247e-324"},  {123456789, "123456789"},         {1e15, "1e+15"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        const int n = orr_format_double(cases[i].x, text);
        ck_assert_str_eq(text, cases[i].text);
        ck_assert_int_eq(n, (int)strlen(text));
    }
}
END_TEST

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < 3 && !setlocale(LC_NUMERIC, locales[i]); i++) continue;
    char text[32];
    orr_format_double(1234.5, text);
    setlocale(LC_NUMERIC, "C");
    ck_assert_str_eq(text, "1234.5");
}
END_TEST

START_TEST(prefixes_and_suffixes_longer_than_the_text_do_not_match)
{
    ck_assert(orr_starts_with("val/loss", "val/") && orr_starts_with("x", ""));
    ck_assert(!orr_starts_with("va", "val/"));
    ck_assert(orr_ends_with("metrics.csv", ".csv") && orr_ends_with("x", ""));
    ck_assert(!orr_ends_with("csv", ".csv") && !orr_ends_with("", "a"));
}
END_TEST

ORR_SUITE("str", appending_in_every_way_builds_the_same_text, growth_at_every_length_keeps_text_and_terminator,
          bytes_with_zeros_inside_are_kept, doubles_are_written_as_short_as_they_can_be_read_back,
          a_locale_with_a_decimal_comma_changes_nothing, prefixes_and_suffixes_longer_than_the_text_do_not_match)
