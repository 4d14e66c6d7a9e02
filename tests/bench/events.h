/* Synthetic event files, as large as a benchmark wants them. */
#ifndef ORRERY_TESTS_BENCH_EVENTS_H
#define ORRERY_TESTS_BENCH_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes n scalars as PyTorch's SummaryWriter does, one per event, the tags "train/loss", "train/accuracy" and "lr" in
 * turn: about 60 bytes a point. The same n gives the same bytes. */
bool orr_bench_write_events(const char *path, size_t n);

#endif
