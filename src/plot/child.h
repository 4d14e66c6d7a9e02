/* A child process with its input given and its output collected: no shell, no signal handler, never blocking for ever. */
#ifndef ORRERY_PLOT_CHILD_H
#define ORRERY_PLOT_CHILD_H

#include <stddef.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/str.h"

enum { ORR_CHILD_OUTPUT_LIMIT = 256 << 20 };

struct orr_child_result {
    struct orr_str out, err; /* what it wrote; free both */
    int exit_code;           /* -1: killed by a signal */
};
/* Runs argv[0], found on PATH, in a process group of its own; feeds it input[0..n) and collects both outputs. Thread-safe.
 * ENOTFOUND: no such program; ECANCELLED: a tick said stop (asked every 50 ms); EIO: not done within timeout_ms, or it
 * wrote more than ORR_CHILD_OUTPUT_LIMIT. The whole group is killed then. A child that ends by itself is ORR_OK. */
enum orr_status orr_child_run(char *const argv[], const char *input, size_t n, int timeout_ms,
                              const struct orr_ticker *ticker, struct orr_child_result *out, struct orr_error *err);

#endif
