/* One loop over independent items on several threads. */
#ifndef ORRERY_BASE_PARALLEL_H
#define ORRERY_BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/progress.h>

/* Calls item(ctx, i) once for each i < n, on `threads` threads (0: one per core); the caller's is one of them. Items
 * write only to their own place, so that the order does not show. Only the caller's thread ticks; when a tick says
 * stop, no further item starts and false comes back. */
bool orr_parallel_for(size_t n, int threads, void (*item)(void *ctx, size_t i), void *ctx,
                      const struct orr_ticker *ticker, const char *what, const char *unit);

int orr_parallel_threads(int threads); /* what that means here: 0 is one per core, and there is a most */

#endif
