/* bench-history.csv beside the program: every row of every run so far, so that a figure that has got worse is seen. */
#ifndef ORRERY_TESTS_BENCH_HISTORY_H
#define ORRERY_TESTS_BENCH_HISTORY_H

#include <stddef.h>

#include "base/table.h"

struct orr_bench_history;

/* Reads what the file at `path` holds; empty when there is none or when it cannot be understood. The caller frees it. */
struct orr_bench_history *orr_bench_history_read(const char *path);
void orr_bench_history_free(struct orr_bench_history *h); /* NULL-safe */
/* Median ratio of the earlier rows with this name, configuration, unit and number of threads; NaN without one. */
double orr_bench_history_ratio(const struct orr_bench_history *h, const char *name, const char *config, const char *unit,
                               int threads);

/* Appends the table's rows; its header goes only to the top of a new file. False: it could not be written. */
bool orr_bench_history_append(const char *path, const struct orr_table *t);

#endif
