/* Training in the lab, recorded as runs of the store like any imported ones. Shared by `orrery lab` and views/lab. */
#ifndef ORRERY_APP_LAB_H
#define ORRERY_APP_LAB_H

#include "app/app.h"
#include "lab/train.h"

/* One run to be trained. Texts are borrowed. */
struct orr_lab_job {
    const char *key;        /* identifies the run: "lab:sweep:17"; NULL: from name and configuration */
    const char *name, *project, *group; /* NULL: a name from architecture, data and optimiser; "lab"; none */
    const char *data;       /* data set, see lab/dataset.h */
    struct orr_train_options train; /* jump.model NULL: found when it begins */
    const char *jump_model;         /* file of the fitted forecaster; NULL: the one shipped */
    const char *checkpoint; /* file, written after every `checkpoint_every` epochs; resumed from when it exists; or NULL */
    int checkpoint_every;
    bool live;              /* to be watched: about 2000 batch losses in all, and weight norms per layer */
    const char *forked_from, *lr_changes; /* configuration of a run that was steered by hand; NULL: not written */
};

/* "every:epoch", "every:5:epochs", "every:100:steps", "none" -> unit and number. EINVAL. */
enum orr_status orr_lab_parse_weights(const char *text, enum orr_record_unit *unit, int *every, struct orr_error *err);
/* "sgd", "momentum", ... to the kind; its name back. */
enum orr_status orr_lab_parse_optim(const char *text, enum orr_optim_kind *kind, struct orr_error *err);
const char *orr_lab_optim_name(enum orr_optim_kind kind);
enum orr_status orr_lab_parse_schedule(const char *text, enum orr_schedule *schedule, struct orr_error *err);

/* What a training run produced, held in memory until it is stored: no store handle is needed while it trains, so that
 * many can train side by side and one thread writes. */
struct orr_lab_record;
struct orr_lab_record *orr_lab_record_new(void);
void orr_lab_record_free(struct orr_lab_record *r);
struct orr_train_events orr_lab_record_events(struct orr_lab_record *r);
/* Forgets what was handed over to the store. */
void orr_lab_record_clear(struct orr_lab_record *r);
/* Drops the batches after step `last`: an undone epoch. by_steps: snapshots too. */
void orr_lab_record_cut(struct orr_lab_record *r, int64_t last, bool by_steps);

double orr_lab_record_started(const struct orr_lab_record *r); /* seconds since 1970; NaN: taken up again */
/* The metrics recorded, to a run of the store, in the caller's transaction. */
enum orr_status orr_lab_record_append(const struct orr_lab_record *r, struct orr_store *store, int64_t run,
                                      struct orr_error *err);
/* What the store already has of the run with this key goes back to `epoch` epochs and `steps` steps, in a transaction of its own;
 * epoch -1: the run is deleted. */
enum orr_status orr_lab_rewind(struct orr_store *store, const char *key, int64_t epoch, int64_t steps, struct orr_error *err);

/* Inserts or updates the run and appends what was recorded, in the caller's transaction. state: "running", "finished",
 * "diverged", "stopped". */
enum orr_status orr_lab_store(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                              const struct orr_lab_record *record, const char *state, int64_t *run, struct orr_error *err);
/* The same in a transaction of its own; then the record is empty. */
enum orr_status orr_lab_commit(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                               struct orr_lab_record *record, const char *state, int64_t *run, struct orr_error *err);
/* Takes the run up again from its checkpoint, where there is one: what the store has beyond it goes. Without one a run of
 * the same key is deleted. */
enum orr_status orr_lab_begin(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                              struct orr_lab_record *record, struct orr_error *err);
/* The name that a run gets: job->name, or one of architecture, data, optimiser, learning rate and seed. */
void orr_lab_name(const struct orr_lab_job *job, char name[200]);
/* The run's key: job->key, or one made from what is trained. The caller frees. */
char *orr_lab_key(const struct orr_lab_job *job);

/* Trains to the end, storing about once a second. *state (may be NULL) tells how it went. ORR_ECANCELLED: stopped
 * cleanly at the last whole epoch; a checkpoint goes on from there. */
enum orr_status orr_app_lab_train(struct orr_app *app, const struct orr_lab_job *job, const struct orr_ticker *ticker,
                                  int64_t *run, struct orr_train_state *state, struct orr_error *err);

#endif
