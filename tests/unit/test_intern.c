#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "base/intern.h"

START_TEST(numbers_come_in_order_of_first_appearance_and_stay)
{
    struct orr_intern t = {0};
    char text[16];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 10000; i++) {
            const size_t n = (size_t)snprintf(text, sizeof text, "name%u", i);
            ck_assert_uint_eq(orr_intern_add(&t, 0, text, n), i);
        }
    ck_assert_uint_eq(t.len, 10000);
    ck_assert_str_eq(t.entries[77].text, "name77");
    ck_assert_uint_eq(orr_intern_find(&t, 0, "name9999", 8), 9999);
    ck_assert_uint_eq(orr_intern_find(&t, 0, "name10000", 9), ORR_INTERN_NONE);
    orr_intern_free(&t);
    ck_assert_uint_eq(orr_intern_find(&t, 0, "name1", 5), ORR_INTERN_NONE);
}
END_TEST

START_TEST(equal_texts_of_different_spaces_and_texts_that_differ_after_a_nul_are_different)
{
    struct orr_intern t = {0};
    ck_assert_uint_eq(orr_intern_add(&t, 1, "loss", 4), 0);
    ck_assert_uint_eq(orr_intern_add(&t, 2, "loss", 4), 1);
    ck_assert_uint_eq(orr_intern_add(&t, 1, "a\0b", 3), 2);
    ck_assert_uint_eq(orr_intern_add(&t, 1, "a\0c", 3), 3);
    ck_assert_uint_eq(orr_intern_add(&t, 1, "a", 1), 4);
    ck_assert_uint_eq(orr_intern_add(&t, 1, "", 0), 5);
    ck_assert_uint_eq(orr_intern_find(&t, 1, "a\0c", 3), 3);
    ck_assert_uint_eq(orr_intern_find(&t, 2, "a\0c", 3), ORR_INTERN_NONE);
    orr_intern_free(&t);
}
END_TEST

ORR_SUITE("intern", numbers_come_in_order_of_first_appearance_and_stay,
          equal_texts_of_different_spaces_and_texts_that_differ_after_a_nul_are_different)
