#include "suite.h"

#include <math.h>
#include <string.h>

#include <orrery/rng.h>

#include "tui/ticks.h"

/* The labels of one call, joined: "0|1k|2k". */
static const char *joined(enum orr_ticks_kind kind, bool log, double lo, double hi, size_t want)
{
    static char text[2048];
    struct orr_mark m[64];
    const size_t n = log ? orr_ticks_log(lo, hi, want, m, 64) : orr_ticks(kind, lo, hi, want, m, 64);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (!m[i].label[0]) continue;
        if (text[0]) strcat(text, "|");
        strcat(text, m[i].label);
    }
    return text;
}

START_TEST(labels_are_round_numbers_with_the_same_decimals)
{
    static const struct {
        double lo, hi;
        size_t want;
        const char *labels;
    } rows[] = {
        {0, 1, 6, "0|0.2|0.4|0.6|0.8|1.0"},
        {0.31, 0.34, 4, "0.31|0.32|0.33|0.34"},
        {-5, 5, 5, "-4|-2|0|2|4"},
        {0, 45000, 5, "0|10k|20k|30k|40k"},
        {9000, 13000, 5, "9k|10k|11k|12k|13k"},
        {0, 1e7, 3, "0|5M|10M"},
        {1000000, 1000010, 6, "1000000|1000002|1000004|1000006|1000008|1000010"},
        {0, 5e-5, 6, "0|1e-05|2e-05|3e-05|4e-05|5e-05"},
        {0.1, 0.1, 4, "0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_str_eq(joined(ORR_TICKS_NUMBER, false, rows[i].lo, rows[i].hi, rows[i].want), rows[i].labels);
}
END_TEST

START_TEST(durations_are_read_as_hours_and_minutes_and_dates_as_days)
{
    ck_assert_str_eq(joined(ORR_TICKS_DURATION, false, 0, 50, 5), "0|15s|30s|45s");
    ck_assert_str_eq(joined(ORR_TICKS_DURATION, false, 0, 90, 4), "0|0m30s|1m00s|1m30s");
    ck_assert_str_eq(joined(ORR_TICKS_DURATION, false, 0, 4 * 3600, 5), "0|1:00|2:00|3:00|4:00");
    ck_assert_str_eq(joined(ORR_TICKS_DURATION, false, 3600, 3690, 4), "1:00:00|1:00:30|1:01:00|1:01:30");
    ck_assert_str_eq(joined(ORR_TICKS_DURATION, false, 0, 86400 * 10, 6), "0|2d|4d|6d|8d|10d");
    /* 2024-06-06 00:00:00 UTC */
    ck_assert_str_eq(joined(ORR_TICKS_TIME, false, 1717632000, 1717632000 + 3 * 3600, 4), "06-06|01:00|02:00|03:00");
    ck_assert_str_eq(joined(ORR_TICKS_TIME, false, 1717632000, 1717632000 + 3 * 86400, 4), "2024-06-06|06-07|06-08|06-09");
    const char *months = joined(ORR_TICKS_TIME, false, 1704067200, 1704067200 + 180.0 * 86400, 6);
    ck_assert_str_eq(months, "2024-01|2024-02|2024-03|2024-04|2024-05|2024-06");
}
END_TEST

START_TEST(log_axes_label_decades_and_two_and_five_where_there_is_room)
{
    ck_assert_str_eq(joined(ORR_TICKS_NUMBER, true, 1, 1e5, 6), "1|10|100|1000|10k|100k");
    ck_assert_str_eq(joined(ORR_TICKS_NUMBER, true, 0.1, 10, 12), "0.1|0.2|0.5|1|2|5|10");
    ck_assert_str_eq(joined(ORR_TICKS_NUMBER, true, 1e-6, 1, 4), "1e-06|1e-04|0.01|1");
    ck_assert_str_eq(joined(ORR_TICKS_NUMBER, true, 100, 200, 6), "100|120|140|160|180|200");
    ck_assert_uint_eq(strlen(joined(ORR_TICKS_NUMBER, true, 0, 1, 6)), 0);
}
END_TEST

START_TEST(any_range_gives_at_most_as_many_marks_as_wanted_inside_it_ascending)
{
    struct orr_rng r;
    orr_rng_seed(&r, 7, 0);
    for (int i = 0; i < 20000; i++) {
        struct orr_mark m[64];
        const double span = pow(10, orr_rng_uniform(&r) * 30 - 12);
        double lo = orr_rng_normal(&r) * pow(10, orr_rng_uniform(&r) * 20 - 8), hi = lo + span;
        const size_t want = 1 + orr_rng_below(&r, 12);
        const int kind = (int)orr_rng_below(&r, 4);
        if (kind == 3) lo = fabs(lo) + 1e-12, hi = lo + span;
        const size_t n = kind == 3 ? orr_ticks_log(lo, hi, want, m, 64)
                                   : orr_ticks((enum orr_ticks_kind)kind, lo, hi, want, m, 64);
        size_t labelled = 0;
        for (size_t k = 0; k < n; k++) {
            ck_assert_msg(m[k].at >= lo - span * 1e-6 && m[k].at <= hi + span * 1e-6, "%.17g not in %.17g..%.17g",
                          m[k].at, lo, hi);
            if (k) ck_assert(m[k].at > m[k - 1].at);
            labelled += m[k].label[0] != '\0';
            ck_assert(memchr(m[k].label, '\0', sizeof m[k].label) != NULL);
        }
        ck_assert_uint_le(labelled, want);
    }
}
END_TEST

START_TEST(nonsense_ranges_have_no_marks)
{
    struct orr_mark m[4];
    ck_assert_uint_eq(orr_ticks(ORR_TICKS_NUMBER, NAN, 1, 4, m, 4), 0);
    ck_assert_uint_eq(orr_ticks(ORR_TICKS_NUMBER, 2, 1, 4, m, 4), 0);
    ck_assert_uint_eq(orr_ticks(ORR_TICKS_NUMBER, 0, INFINITY, 4, m, 4), 0);
    ck_assert_uint_eq(orr_ticks_log(-1, 1, 4, m, 4), 0);
}
END_TEST

START_TEST(values_read_well_and_keep_four_digits)
{
    static const struct {
        double x;
        const char *text;
    } rows[] = {{0.314159, "0.3142"}, {0, "0"}, {21000, "21000"}, {1.2345e-5, "1.23e-05"}, {12345678, "12.35M"},
                {-0.00123456, "-0.001235"}, {NAN, "nan"}, {-INFINITY, "-inf"}, {-1e300, "-1.00e+300"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[24];
        orr_ticks_value(rows[i].x, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

START_TEST(a_precise_value_has_the_decimals_that_tell_neighbours_apart)
{
    char text[24];
    orr_ticks_precise(103303.7, 500, text);
    ck_assert_str_eq(text, "103300");
    orr_ticks_precise(103303.7, 1.5, text);
    ck_assert_str_eq(text, "103304");
    orr_ticks_precise(-0.00004, 0.02, text);
    ck_assert_str_eq(text, "0.00");
    orr_ticks_precise(0.12345, 0.002, text);
    ck_assert_str_eq(text, "0.123");
    orr_ticks_precise(NAN, 1, text);
    ck_assert_str_eq(text, "nan");
}
END_TEST

ORR_SUITE("ticks", labels_are_round_numbers_with_the_same_decimals,
          durations_are_read_as_hours_and_minutes_and_dates_as_days,
          log_axes_label_decades_and_two_and_five_where_there_is_room,
          any_range_gives_at_most_as_many_marks_as_wanted_inside_it_ascending, nonsense_ranges_have_no_marks,
          values_read_well_and_keep_four_digits,
          a_precise_value_has_the_decimals_that_tell_neighbours_apart)
