/* Running a sweep: items train side by side on worker threads, one thread stores finished ones, whole or not at all. */
#ifndef ORRERY_APP_SWEEP_H
#define ORRERY_APP_SWEEP_H

#include "app/app.h"
#include "lab/sweep.h"

struct orr_sweep_options {
    int threads;            /* 0: one per core */
    size_t shard, shards;   /* items with i % shards == shard; shards 0: all */
    double most_seconds;    /* no item is begun after so long; 0: no limit */
};
struct orr_sweep_result {
    size_t runs, done_before, finished, diverged, failed, left; /* of this shard */
    double seconds;
};

/* Trains every item that the store does not hold yet. Killed at any moment, the store holds whole runs only, and the same
 * call goes on. ORR_ECANCELLED: stopped cleanly. An item that cannot be trained is counted as failed and named in err,
 * the others go on. */
enum orr_status orr_app_sweep(struct orr_app *app, const struct orr_sweep *sweep, const struct orr_sweep_options *o,
                              const struct orr_ticker *ticker, struct orr_sweep_result *out, struct orr_error *err);

#endif
