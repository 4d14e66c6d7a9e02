/* The frame of every test file: `ORR_SUITE("csv", test_a, test_b)` at its end. Test names are sentences. */
#ifndef ORRERY_TESTS_SUITE_H
#define ORRERY_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

static inline int orr_suite_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, getenv("ORR_SLOW") ? 1800 : 60);
    for (size_t i = 0; i < n; i++) tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define ORR_SUITE(name, ...)                                                                                           \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return orr_suite_run(name, tests, sizeof tests / sizeof *tests);                                               \
    }

#endif
