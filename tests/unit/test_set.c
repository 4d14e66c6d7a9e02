#include "suite.h"

#include "base/set.h"

START_TEST(a_set_tells_what_was_added_zero_included)
{
    struct orr_set s = {0};
    ck_assert(!orr_set_has(&s, 0) && !orr_set_has(&s, 1));
    for (uint64_t x = 0; x < 10000; x++) ck_assert(orr_set_add(&s, x * x));
    for (uint64_t x = 0; x < 10000; x++) ck_assert(!orr_set_add(&s, x * x));
    ck_assert_uint_eq(orr_set_count(&s), 10000);
    ck_assert(orr_set_has(&s, 0) && orr_set_has(&s, 9999 * 9999) && !orr_set_has(&s, 2));
    orr_set_clear(&s);
    ck_assert_uint_eq(orr_set_count(&s), 0);
    ck_assert(!orr_set_has(&s, 0) && !orr_set_has(&s, 4));
    orr_set_free(&s);
}
END_TEST

ORR_SUITE("set", a_set_tells_what_was_added_zero_included)
