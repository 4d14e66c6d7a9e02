/* Background work with progress and cancellation. A job runs on its own thread with its own store handle, arena, rng
 * and error; it reports through a latest-value mailbox plus one byte on a pipe that the interface polls. */
#ifndef ORRERY_JOBS_JOBS_H
#define ORRERY_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

enum orr_job_state { ORR_JOB_QUEUED, ORR_JOB_RUNNING, ORR_JOB_DONE, ORR_JOB_FAILED, ORR_JOB_CANCELLED };

/* The work. `payload` is the immutable snapshot of the input, owned by the job. Ticks through *ticker and stops when
 * a tick returns false, leaving its best so far in payload. */
typedef enum orr_status (*orr_job_run)(void *payload, const struct orr_ticker *ticker, struct orr_error *err);

struct orr_job_view { /* a copy; safe to keep */
    uint64_t id;
    enum orr_job_state state;
    char title[96], what[96], unit[16];
    uint64_t done, total;
    double value, seconds, eta; /* eta NaN where unknown */
    struct orr_error error;
};

struct orr_jobs;
struct orr_jobs *orr_jobs_new(int threads); /* threads 0: one per core */
void orr_jobs_free(struct orr_jobs *j);     /* cancels and joins; NULL-safe */
int orr_jobs_fd(const struct orr_jobs *j);  /* readable when something changed; drain with orr_jobs_drain */
void orr_jobs_drain(struct orr_jobs *j);

/* done (may be NULL) is called by orr_jobs_collect on the caller's thread, with the payload, which it then owns;
 * without done, release (may be NULL) frees it. */
typedef void (*orr_job_done)(void *ctx, uint64_t id, enum orr_job_state state, void *payload,
                             const struct orr_error *err);
uint64_t orr_jobs_submit(struct orr_jobs *j, const char *title, orr_job_run run, void *payload,
                         void (*release)(void *payload), orr_job_done done, void *done_ctx);
/* The same for work that lasts minutes or waits for the user, such as training: it takes no thread away from others. */
uint64_t orr_jobs_submit_long(struct orr_jobs *j, const char *title, orr_job_run run, void *payload,
                              void (*release)(void *payload), orr_job_done done, void *done_ctx);
void orr_jobs_cancel(struct orr_jobs *j, uint64_t id);
void orr_jobs_collect(struct orr_jobs *j);                                      /* runs the done callbacks that are due */
size_t orr_jobs_list(struct orr_jobs *j, struct orr_job_view *out, size_t cap); /* newest first; returns the total */
bool orr_jobs_busy(struct orr_jobs *j);

#endif
