#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/number.h"
#include "base/str.h"

START_TEST(parsing_agrees_with_strtod_on_random_doubles_of_every_length)
{
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = orr_rng_u64(&r);
        double x, y;
        memcpy(&x, &bits, 8);
        if (!isfinite(x)) continue;
        char text[64];
        const int n = snprintf(text, sizeof text, "%.*g", 1 + i % 20, x);
        ck_assert_msg(orr_parse_double(text, (size_t)n, &y), "%s", text);
        ck_assert_msg(y == strtod(text, NULL), "%s", text);
    }
}
END_TEST

START_TEST(formatting_a_double_and_reading_it_back_gives_the_same_bits)
{
    struct orr_rng r;
    orr_rng_seed(&r, 2, 0);
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = orr_rng_u64(&r);
        double x, y;
        memcpy(&x, &bits, 8);
        if (isnan(x)) continue;
        char text[32];
        const int n = orr_format_double(x, text);
        ck_assert(orr_parse_double(text, (size_t)n, &y) && memcmp(&x, &y, 8) == 0);
    }
    char text[32];
    orr_format_double(0.1, text);
    ck_assert_str_eq(text, "0.1");
}
END_TEST

START_TEST(text_that_is_no_number_is_refused)
{
    static const char *const bad[] = {"", " ", "-", "+", ".", "e5", "1e", "1x", "1 2", "0x10", "--1", "1e+", "nanx", "infi"};
    double x;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!orr_parse_double(bad[i], strlen(bad[i]), &x), "%s", bad[i]);
    ck_assert(orr_parse_double("NaN", 3, &x) && isnan(x));
    ck_assert(orr_parse_double("-Infinity", 9, &x) && x == -INFINITY);
    ck_assert(orr_parse_double("  20 ", 5, &x) && x == 20);
}
END_TEST

START_TEST(integers_stop_at_the_borders_of_int64)
{
    int64_t x;
    ck_assert(orr_parse_int64("9223372036854775807", 19, &x) && x == INT64_MAX);
    ck_assert(orr_parse_int64("-9223372036854775808", 20, &x) && x == INT64_MIN);
    ck_assert(!orr_parse_int64("9223372036854775808", 19, &x));
    ck_assert(!orr_parse_int64("-9223372036854775809", 20, &x));
    ck_assert(!orr_parse_int64("1.5", 3, &x));
}
END_TEST

START_TEST(a_count_or_a_share_is_told_apart_and_nothing_else_is_taken)
{
    static const char *const bad[] = {"", "%", "0", "-3", "0%", "101%", "nan%", "1.5", "5 %%", "x"};
    size_t count = 7;
    double share = 9;
    ck_assert(orr_parse_count_or_share("12", &count, &share) && count == 12 && share == 9);
    ck_assert(orr_parse_count_or_share("12.5%", &count, &share) && count == 12 && share == 0.125);
    ck_assert(orr_parse_count_or_share("100%", &count, &share) && share == 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert(!orr_parse_count_or_share(bad[i], &count, &share));
    ck_assert(count == 12 && share == 1);
}
END_TEST

ORR_SUITE("number", parsing_agrees_with_strtod_on_random_doubles_of_every_length,
          formatting_a_double_and_reading_it_back_gives_the_same_bits, text_that_is_no_number_is_refused,
          integers_stop_at_the_borders_of_int64, a_count_or_a_share_is_told_apart_and_nothing_else_is_taken)
