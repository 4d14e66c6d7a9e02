/* Reverse-mode differentiation on a tape. Operations run as they are written and are recorded; orr_tape_backward runs
 * them in reverse. All memory comes from the tape: after the first few steps of a loop that resets the tape each
 * step, nothing is allocated any more.
 *
 *     orr_tape_reset(t);
 *     struct orr_var *x = orr_tape_input(t, orr_shape2(64, 784), images);
 *     struct orr_var *h = orr_linear(x, orr_tape_param(t, &p, w1), orr_tape_param(t, &p, b1), ORR_ACT_RELU);
 *     struct orr_var *loss = orr_cross_entropy(h, labels);
 *     orr_params_zero_grad(&p);
 *     orr_tape_backward(loss);
 *
 * A tape belongs to one thread. Shapes that do not fit are bugs of the caller: they end in an assertion. */
#ifndef ORRERY_TAPE_H
#define ORRERY_TAPE_H

#include <stdbool.h>

#include <orrery/params.h>
#include <orrery/tensor.h>

struct orr_op;
struct orr_tape;

enum { ORR_MAX_INPUTS = 6 };

/* A value on the tape. Owned by the tape, valid until its reset. */
struct orr_var {
    struct orr_shape shape;
    size_t n;                 /* numbers in value */
    orr_real *value;          /* [shape] */
    orr_real *grad;           /* [shape]; NULL until a gradient has arrived */
    bool needs_grad;
    struct orr_tape *tape;
    /* private: what the operation recorded */
    const struct orr_op *op;
    struct orr_var *in[ORR_MAX_INPUTS];
    struct orr_var *root;     /* of a view: whose memory this is; else itself */
    orr_real *saved;          /* for backward; from the tape */
    const void *extra;        /* borrowed data of the caller: labels, masks */
    int32_t i[6];
    double f[2];
};

struct orr_tape *orr_tape_new(void);
void orr_tape_free(struct orr_tape *t); /* NULL-safe */
void orr_tape_reset(struct orr_tape *t); /* forgets all variables, keeps the memory */
/* Without gradients nothing is saved for backward: inference. On by default. */
void orr_tape_record(struct orr_tape *t, bool on);
size_t orr_tape_bytes(const struct orr_tape *t);       /* memory held */
size_t orr_tape_allocations(const struct orr_tape *t); /* calls to the system's allocator so far */

/* A constant; value is borrowed until the reset. */
struct orr_var *orr_tape_input(struct orr_tape *t, struct orr_shape shape, const orr_real *value);
/* A constant of zeros, to be filled by the caller. */
struct orr_var *orr_tape_zeros(struct orr_tape *t, struct orr_shape shape);
/* A parameter: gradients are added into the block's own. */
struct orr_var *orr_tape_param(struct orr_tape *t, const struct orr_params *p, size_t tensor);
/* Like input, but its gradient is wanted (sensitivities, tests): read it from ->grad after backward. */
struct orr_var *orr_tape_leaf(struct orr_tape *t, struct orr_shape shape, const orr_real *value);

/* Adds d loss / d parameter into the parameters' gradients. loss has one number; its own gradient is `seed` (1 for
 * plain backward, a scale for accumulated batches). */
void orr_tape_backward_scaled(struct orr_var *loss, double seed);
static inline void orr_tape_backward(struct orr_var *loss) { orr_tape_backward_scaled(loss, 1); }

#endif
