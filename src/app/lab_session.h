/* A training run that is watched and steered while it trains: one thread trains, any other looks and commands. Both
 * `orrery lab train` and views/lab train through it. Everything but the run itself may be called from any thread. */
#ifndef ORRERY_APP_LAB_SESSION_H
#define ORRERY_APP_LAB_SESSION_H

#include "app/lab.h"

struct orr_lab_session;

enum orr_lab_phase { ORR_LAB_WAITING, ORR_LAB_LOADING, ORR_LAB_TRAINING, ORR_LAB_PAUSED, ORR_LAB_OVER };

/* A metric so far; x in epochs (those of batches are fractions). */
struct orr_lab_points {
    char name[80];
    size_t n, cap;
    double *x, *y;
};

/* What a session is and has measured: a copy. Zero-initialise; free with orr_lab_look_free. */
struct orr_lab_look {
    uint64_t seen;
    enum orr_lab_phase phase;
    struct orr_train_state train;
    size_t steps_per_epoch; /* 0 before the data is loaded */
    double seconds;         /* trained, pauses left out */
    int64_t run;            /* 0 before it is stored */
    char ended[16];         /* "finished", "stopped", "diverged", "failed" */
    struct orr_error error; /* of a failed one */
    size_t n_series, cap;
    struct orr_lab_points *series;
};

/* store_path (borrowed for the call): what orr_lab_session_work opens; NULL when it is not used. job is copied. parent: a
 * fork, which begins with the weights that the parent has now (its optimiser begins anew); same data and architecture.
 * The caller holds one reference, see _share and _free. */
struct orr_lab_session *orr_lab_session_new(const char *store_path, const struct orr_lab_job *job,
                                            struct orr_lab_session *parent);
struct orr_lab_session *orr_lab_session_share(struct orr_lab_session *s);
void orr_lab_session_free(struct orr_lab_session *s); /* drops a reference; NULL-safe */

/* Trains to the end, storing about once a second. ORR_ECANCELLED: stopped by the ticker or by orr_lab_session_stop, within
 * a batch; the store has whole epochs only. Once per session. */
enum orr_status orr_lab_session_run(struct orr_lab_session *s, struct orr_store *store, const struct orr_ticker *ticker,
                                    struct orr_error *err);
/* The same as a job: opens its own store handle. An orr_job_run. */
enum orr_status orr_lab_session_work(void *session, const struct orr_ticker *ticker, struct orr_error *err);
/* For a job that was cancelled before it began. */
void orr_lab_session_never_ran(struct orr_lab_session *s);

/* Brings *look up to date; false when nothing changed since. */
bool orr_lab_session_look(struct orr_lab_session *s, struct orr_lab_look *look);
void orr_lab_look_free(struct orr_lab_look *look);
const struct orr_lab_points *orr_lab_look_find(const struct orr_lab_look *look, const char *name);
const struct orr_lab_job *orr_lab_session_job(const struct orr_lab_session *s); /* as given to _new */

/* Commands take effect between two batches. */
void orr_lab_session_pause(struct orr_lab_session *s, bool on);
bool orr_lab_session_paused(struct orr_lab_session *s);            /* as commanded last */
void orr_lab_session_set_lr(struct orr_lab_session *s, double lr); /* base rate; not above 0: ignored */
double orr_lab_session_lr(struct orr_lab_session *s);              /* as commanded last */
void orr_lab_session_stop(struct orr_lab_session *s);

#endif
