/* Stopping within one long step: a tape that asks its watcher between large operations. */
#ifndef ORRERY_NUM_TAPE_WATCH_H
#define ORRERY_NUM_TAPE_WATCH_H

#include <orrery/progress.h>
#include <orrery/tape.h>

struct orr_tape_watch {
    const struct orr_ticker *ticker; /* NULL: nobody watches */
    const char *what, *unit;         /* as for orr_ticker_tick */
    uint64_t done, total;
};
/* From now on backward passes ask between operations on many numbers, and orr_tape_go_on asks. Clears what was answered. */
void orr_tape_watch(struct orr_tape *t, const struct orr_tape_watch *watch);
/* Asks; once the answer was to stop it stays false, backward passes end early, and gradients are worth nothing. */
bool orr_tape_go_on(struct orr_tape *t);
bool orr_tape_stopped(const struct orr_tape *t);

#endif
