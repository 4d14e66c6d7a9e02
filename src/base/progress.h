/* The one progress line: what, how far, how fast, how long still. Pure: the caller supplies the time and draws the text,
 * so that the batch face, the Jobs screen and the tests share it. (orrery/progress.h is the callback it is fed from.) */
#ifndef ORRERY_BASE_PROGRESS_H
#define ORRERY_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <orrery/progress.h>

#include "base/str.h"

/* Zero-initialise. Times are seconds on a monotonic clock. */
struct orr_progress_meter {
    double started, drawn, sampled; /* start; last time that `due` said yes; last sample of the rate */
    uint64_t started_done, sampled_done;
    double recent_units, recent_seconds; /* sums that forget */
    double rate; /* units per second, of late; 0 until known */
    bool running;
};

/* Feeds one tick; true when at least `interval` seconds have passed since it last said so. */
bool orr_progress_due(struct orr_progress_meter *m, const struct orr_progress *p, double now, double interval);
/* Seconds left, NaN where unknown. */
double orr_progress_eta(const struct orr_progress_meter *m, const struct orr_progress *p);
/* Appends one line of at most `width` columns without a line break: "importing a.csv  [####----]  45%  12.1 MB/s  0:12".
 * width 0: plain, without a bar. */
void orr_progress_line(const struct orr_progress_meter *m, const struct orr_progress *p, int width,
                       struct orr_str *out);

/* "12.3 MB" for bytes, "12.3k" for anything else; "1:02:03" for seconds. */
void orr_append_amount(struct orr_str *out, double x, bool bytes);
void orr_append_duration(struct orr_str *out, double seconds);

#endif
