/* A folder for the files of one test binary: made before its tests run, removed after. */
#ifndef ORRERY_TESTS_AID_FOLDER_H
#define ORRERY_TESTS_AID_FOLDER_H

#include <stddef.h>

#include "suite.h"

const char *aid_folder_make(void); /* under /tmp; static storage, one at a time */
void aid_folder_remove(void);      /* with all that is in it */
/* Writes FOLDER/name (making its folders) and returns its path, in one of eight static buffers. */
const char *aid_file_write(const char *name, const void *bytes, size_t n);

#define ORR_SUITE_IN_FOLDER(name, ...)                                                                                 \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        if (!aid_folder_make()) return EXIT_FAILURE;                                                                   \
        const int rc = orr_suite_run(name, tests, sizeof tests / sizeof *tests);                                       \
        aid_folder_remove();                                                                                           \
        return rc;                                                                                                     \
    }

#endif
