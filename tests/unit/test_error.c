#include "suite.h"

#include <string.h>

#include <orrery/error.h>

START_TEST(setting_an_error_returns_its_code_and_keeps_where_and_what)
{
    struct orr_error e;
    ck_assert_int_eq(orr_error_set(&e, ORR_EFORMAT, "runs.csv:7", "%d fields, the header has %s", 3, "5"), ORR_EFORMAT);
    ck_assert_int_eq(e.code, ORR_EFORMAT);
    ck_assert_str_eq(e.where, "runs.csv:7");
    ck_assert_str_eq(e.message, "3 fields, the header has 5");
}
END_TEST

START_TEST(nobody_listening_and_no_place_are_fine)
{
    struct orr_error e;
    ck_assert_int_eq(orr_error_set(NULL, ORR_EIO, "x", "y"), ORR_EIO);
    orr_error_set(&e, ORR_EIO, NULL, "gone");
    ck_assert_str_eq(e.where, "");
}
END_TEST

START_TEST(texts_too_long_are_cut_and_end)
{
    char longer[2000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct orr_error e;
    orr_error_set(&e, ORR_EIO, longer, "%s", longer);
    ck_assert_uint_eq(strlen(e.where), sizeof e.where - 1);
    ck_assert_uint_eq(strlen(e.message), sizeof e.message - 1);
    /* A character cut in two does not stay as half of one. */
    longer[sizeof e.where - 2] = '\xC3';
    longer[sizeof e.where - 1] = '\xA9';
    orr_error_set(&e, ORR_EIO, longer, "x");
    ck_assert_int_eq(e.where[sizeof e.where - 2], '?');
}
END_TEST

START_TEST(control_characters_of_hostile_files_do_not_reach_the_terminal)
{
    struct orr_error e;
    orr_error_set(&e, ORR_EFORMAT, "a\033[2Jb.csv", "column '%s'", "\x9B\r\n\xE2\x80\xAE");
    ck_assert_str_eq(e.where, "a?[2Jb.csv");
    ck_assert_str_eq(e.message, "column '?  ?'");
}
END_TEST

START_TEST(an_error_may_be_made_from_its_own_parts)
{
    struct orr_error e;
    orr_error_set(&e, ORR_EIO, "file:1", "first");
    const struct orr_error before = e;
    orr_error_set(&e, before.code, before.where, "while importing: %s", before.message);
    ck_assert_str_eq(e.message, "while importing: first");
}
END_TEST

START_TEST(every_status_has_its_own_name)
{
    for (int i = ORR_OK; i <= ORR_EUNSUPPORTED; i++) {
        const char *name = orr_status_name((enum orr_status)i);
        ck_assert_str_ne(name, "unknown status");
        for (int k = ORR_OK; k < i; k++) ck_assert_str_ne(name, orr_status_name((enum orr_status)k));
    }
    ck_assert_str_eq(orr_status_name((enum orr_status)999), "unknown status");
}
END_TEST

ORR_SUITE("error", setting_an_error_returns_its_code_and_keeps_where_and_what, nobody_listening_and_no_place_are_fine,
          texts_too_long_are_cut_and_end, control_characters_of_hostile_files_do_not_reach_the_terminal,
          an_error_may_be_made_from_its_own_parts, every_status_has_its_own_name)
