/* Progress and cancellation as one callback that every call longer than 50 ms takes. */
#ifndef ORRERY_PROGRESS_H
#define ORRERY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* What a long call has done so far. Borrowed for the duration of the tick. */
struct orr_progress {
    const char *what;     /* "importing metrics.csv" */
    const char *unit;     /* "bytes", "series", "steps" */
    uint64_t done, total; /* total 0: unknown */
    double value;         /* best score so far, NaN where there is none */
};

/* Called per step; false means: stop, keep the best so far, return ORR_ECANCELLED or a result marked cancelled. */
typedef bool (*orr_tick)(void *ctx, const struct orr_progress *progress);

struct orr_ticker {
    orr_tick tick; /* NULL: nobody watches */
    void *ctx;
};

static inline bool orr_ticker_tick(const struct orr_ticker *t, const char *what, const char *unit, uint64_t done,
                                   uint64_t total)
{
    if (!t || !t->tick) return true;
    const struct orr_progress p = {what, unit, done, total, __builtin_nan("")};
    return t->tick(t->ctx, &p);
}

#endif
