/* Training of a model on a data set, one epoch per call, so that a view can pause, change the learning rate or stop, and
 * a sweep can stop cleanly. Everything random follows from the seed and the epoch: a run resumed from a checkpoint, or run with
 * other threads beside it, gives the same bytes. */
#ifndef ORRERY_LAB_TRAIN_H
#define ORRERY_LAB_TRAIN_H

#include <orrery/error.h>
#include <orrery/optim.h>
#include <orrery/progress.h>

#include "lab/dataset.h"
#include "lab/jump.h"
#include "lab/model.h"

enum orr_record_unit { ORR_RECORD_NEVER, ORR_RECORD_EPOCHS, ORR_RECORD_STEPS };

struct orr_train_options {
    const char *arch;
    struct orr_optim_options optim; /* total is filled in from epochs where 0 */
    int batch, epochs;
    uint64_t seed;
    int log_every;                    /* steps between points of batch/loss and batch/grad_norm; 0: none */
    enum orr_record_unit weights;     /* snapshots of all parameters: now and at the start */
    int weights_every;                /* epochs or steps between snapshots */
    bool moments;                     /* of the optimiser too: optim.m, optim.v */
    size_t largest_snapshot;          /* parameters; larger models keep none (0: one million) */
    bool layer_norms;                 /* weight_norm/TENSOR too, of matrices and kernels */
    const orr_real *start;            /* begin with these weights (orr_train_weights of the same architecture) instead */
    size_t n_start;                   /* of drawn ones; NULL: drawn */
    struct orr_jump_options jump;     /* no method: none. Its points are steps of batches, within epochs too */
    const struct orr_ticker *ticker;  /* asked while opening evaluates epoch 0; may be NULL */
};
struct orr_train_options orr_train_defaults(void); /* mlp:64, Adam 1e-3, batch 64, 10 epochs, seed 1, nothing recorded */

/* Where what is measured goes. Metrics of an epoch have the epoch as step (0: before training), metrics of a batch, of a
 * jump and snapshots by steps the number of optimiser steps made. */
struct orr_train_events {
    void *ctx;
    enum orr_status (*metric)(void *ctx, const char *name, int64_t step, double value, struct orr_error *err);
    /* values: float32 of `shape`, borrowed. May be NULL. */
    enum orr_status (*snapshot)(void *ctx, int64_t step, const char *tensor, struct orr_shape shape,
                                const orr_real *values, struct orr_error *err);
};

bool orr_train_counts_steps(const char *metric); /* of a batch or a jump */

struct orr_train_state {
    int epoch, epochs;       /* done; in all */
    int64_t step;
    double lr, train_loss, train_accuracy, validation_loss, validation_accuracy; /* accuracy NaN for regression */
    bool diverged;           /* a loss was not finite: no further epoch runs */
    size_t parameters;
    size_t jumps, jumps_accepted;
    struct orr_jump_result jump; /* the last one */
};

struct orr_train;

/* data and events.ctx must outlive it. Emits the metrics of epoch 0. ORR_ECANCELLED: o->ticker said stop. */
enum orr_status orr_train_open(const struct orr_train_options *o, const struct orr_dataset *data,
                               const struct orr_train_events *events, struct orr_train **out, struct orr_error *err);
void orr_train_close(struct orr_train *t); /* NULL-safe */
/* One epoch and its evaluation, with a tick per batch. ORR_OK also when it diverged (see the state) and when all epochs
 * are done. ORR_ECANCELLED: the tick said stop; the unfinished epoch is undone, so that the state is that of the last whole
 * one. What its batches emitted (steps above the state's) is the receiver's to drop. */
enum orr_status orr_train_epoch(struct orr_train *t, const struct orr_ticker *ticker, struct orr_error *err);
/* test/loss and test/accuracy as metrics of the last epoch. */
enum orr_status orr_train_test(struct orr_train *t, double *loss, double *accuracy, struct orr_error *err);
struct orr_train_state orr_train_state(const struct orr_train *t);
void orr_train_set_lr(struct orr_train *t, double lr); /* from the next step on; schedules go on from it */
struct orr_model *orr_train_model(struct orr_train *t);
size_t orr_train_steps_per_epoch(const struct orr_train *t);
/* Copies parameters, then running statistics, to out (NULL: only counts); returns how many numbers. */
size_t orr_train_weights(const struct orr_train *t, orr_real *out);
/* Validation samples that the gate of a jump looks at: as many as make a hundredth of all training samples seen, at least
 * 256, at most all. A whole large split would cost more steps than a jump saves. */
size_t orr_train_gate_samples(const struct orr_train *t);
/* The jumps made so far, borrowed until the next epoch; NULL and 0 without any. */
const struct orr_jump_result *orr_train_jumps(const struct orr_train *t, size_t *n);
size_t orr_train_allocations(const struct orr_train *t); /* of the tape: does not grow after the first epoch */

/* Mean loss and accuracy of a model on one split; accuracy NaN for regression. False, with NaN, when the tick said stop;
 * ticker may be NULL. */
bool orr_model_evaluate(struct orr_model *m, struct orr_tape *t, const struct orr_dataset *d, enum orr_split split,
                        const struct orr_ticker *ticker, double *loss, double *accuracy);

/* Mean loss over the training samples index[0..n), with its gradient in m->params.grad where it is wanted; NaN without memory. */
double orr_model_loss(struct orr_model *m, struct orr_tape *t, const struct orr_dataset *d, const size_t *index, size_t n,
                      bool gradient);

/* Whole epochs only. A checkpoint of another architecture, data set, seed or other jumps is refused with EINVAL. */
enum orr_status orr_train_save(const struct orr_train *t, const char *path, struct orr_error *err);
enum orr_status orr_train_load(struct orr_train *t, const char *path, struct orr_error *err);

#endif
