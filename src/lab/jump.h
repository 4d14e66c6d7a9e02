/* Jump-start: at chosen points of training the path of the weights so far is handed to a forecaster, and training goes on from
 * the forecast weights where a gate on the validation loss lets it.
 *
 * The gate. With the weights w before the jump, the forecast f and L the loss on validation samples, candidates are
 * w + s (f - w): s = 1, then 2, 4, 8 as long as each lowers L; where 2 does not, 1/2, 1/4, 1/8 as long as they may help. The
 * one of lowest L is accepted when its L is not above L(w); otherwise the weights are put back bit by bit. Nothing else of the
 * training's state is touched before the gate has said yes: a refused jump leaves no trace. Why beyond the forecast: what is
 * sought is a low loss, not where training would have come to; cautious forecasts have the direction, and fall short. */
#ifndef ORRERY_LAB_JUMP_H
#define ORRERY_LAB_JUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/optim.h>
#include <orrery/progress.h>

#include "base/str.h"
#include "methods/weights/weights.h"

enum { ORR_JUMPS_MAX = 16 };

struct orr_jump_options {
    const char *method;                    /* its name, as recorded; NULL: no jumps */
    const struct orr_weights_model *model; /* fitted, of that method; borrowed */
    double at[ORR_JUMPS_MAX];              /* [n_at] shares of all steps, increasing, within 0..1 */
    size_t n_at;
    double horizon;                        /* share of all steps to look ahead, up to the end; 0: to the end */
    bool ungated;                          /* the whole way to the forecast, whatever the loss: for comparison */
    bool zero_momentum;                    /* forget the optimiser's first moments after an accepted jump */
};

enum orr_jump_outcome {
    ORR_JUMP_ACCEPTED,
    ORR_JUMP_WORSE,       /* every candidate's loss was above that before */
    ORR_JUMP_NOT_FINITE,  /* the forecast, or every candidate's loss, was NaN or infinite */
    ORR_JUMP_NO_FORECAST, /* the method gave none; see why */
};
struct orr_jump_result {
    int64_t step;
    enum orr_jump_outcome outcome;
    double scale;         /* s of the candidate taken; 0: none */
    int tried;            /* candidates */
    double before, after; /* validation loss, NaN: not taken; after: of the best candidate, infinite where none was finite */
    char why[120];        /* of ORR_JUMP_NO_FORECAST, ORR_JUMP_NOT_FINITE; else empty */
};
const char *orr_jump_outcome_name(enum orr_jump_outcome o); /* "accepted", "worse", "not finite", "no forecast" */

/* "20%", "0.2", "20%,40%" -> at, n_at. EINVAL unless shares increase between 0 and 100%. */
enum orr_status orr_jump_parse_at(const char *text, struct orr_jump_options *o, struct orr_error *err);
/* "30%", "0.3" or "end" -> horizon. EINVAL. */
enum orr_status orr_jump_parse_horizon(const char *text, struct orr_jump_options *o, struct orr_error *err);
/* `jumps` of them, at multiples of the first one given. EINVAL where they would not fit or several were given. */
enum orr_status orr_jump_repeat(struct orr_jump_options *o, int jumps, struct orr_error *err);
/* "20%,40%", appended. */
void orr_jump_append_at(const struct orr_jump_options *o, struct orr_str *out);
/* All that makes one run's jumps differ from another's: "flow at 20%,40% to the end"; nothing without jumps. Appended. */
void orr_jump_append(const struct orr_jump_options *o, struct orr_str *out);
/* "96 accepted 0.5 0.31>0.28; 192 worse 0.22>0.4", appended. */
void orr_jump_append_results(const struct orr_jump_result *r, size_t n, struct orr_str *out);

/* ---- what train.c drives ---- */

/* What a jump is tried on. The weights and moments are those of the training itself. */
struct orr_jump_subject {
    struct orr_params *params;
    struct orr_optim *optim;
    void *ctx;
    bool (*loss)(void *ctx, const struct orr_ticker *ticker, double *loss); /* on validation data; false: stopped */
};

struct orr_jumper;

/* total: steps of the whole training. EINVAL for options that make no sense. */
enum orr_status orr_jumper_new(const struct orr_jump_options *o, const struct orr_params *p, int64_t total,
                               struct orr_jumper **out, struct orr_error *err);
void orr_jumper_free(struct orr_jumper *j); /* NULL-safe */
/* After step `step` (0: before the first): keeps the weights where the path wants them and jumps where one is due.
 * *result: the jump made, else NULL; borrowed till the next call. Keeps one copy of the weights per twentieth of
 * training. ORR_ECANCELLED: the tick said stop, the weights are as before. */
enum orr_status orr_jumper_step(struct orr_jumper *j, int64_t step, const struct orr_jump_subject *subject,
                                const struct orr_ticker *ticker, const struct orr_jump_result **result,
                                struct orr_error *err);
/* Marks the state that undo returns to: the start of an epoch. */
void orr_jumper_mark(struct orr_jumper *j);
void orr_jumper_undo(struct orr_jumper *j);
const struct orr_jump_result *orr_jumper_results(const struct orr_jumper *j, size_t *n); /* borrowed */

/* Checkpoints hold a text and the path, *count numbers, a whole number of copies of the weights; the caller frees it. */
enum orr_status orr_jumper_save(const struct orr_jumper *j, struct orr_str *text, orr_real **path, size_t *count,
                                struct orr_error *err);
/* From a checkpoint's text and path. EINVAL: a run with other jumps, or none; EFORMAT. */
enum orr_status orr_jumper_load(struct orr_jumper *j, const char *where, const char *text, const orr_real *path,
                                size_t count, struct orr_error *err);
size_t orr_jumper_largest_path(const struct orr_jumper *j); /* what count can be at most */

#endif
