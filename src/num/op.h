/* Private to the op families: what an operation is, and how it takes memory and hands on gradients. */
#ifndef ORRERY_NUM_OP_H
#define ORRERY_NUM_OP_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <orrery/tape.h>

struct orr_op {
    const char *name;
    void (*backward)(struct orr_var *out); /* reads out->grad, adds to the gradients of out->in */
};

/* Uninitialised memory of the tape, 64-byte aligned, until its reset. */
orr_real *orr_tape_alloc(struct orr_tape *t, size_t n);

/* A new variable with inputs in[0..n_in) (NULL entries allowed) and uninitialised value. needs_grad when an input
 * needs it and the tape records. */
struct orr_var *orr_tape_push(struct orr_tape *t, const struct orr_op *op, struct orr_shape shape,
                              struct orr_var *const *in, int n_in);
/* A variable of another shape over the same memory. */
struct orr_var *orr_tape_view(struct orr_var *v, struct orr_shape shape);

/* The buffer for a gradient about to be computed, or NULL when nobody wants it. *add tells whether to add to what is
 * there (true) or to overwrite (false: the memory is uninitialised). */
orr_real *orr_grad_of(struct orr_var *v, bool *add);

/* for (i..n) g[i] (+)= expr, with the decision outside of the loop. */
#define ORR_ACCUMULATE(g, add, i, count, expr)                                                                         \
    do {                                                                                                               \
        if (add)                                                                                                       \
            for (size_t i = 0; i < (count); i++) (g)[i] += (expr);                                                     \
        else                                                                                                           \
            for (size_t i = 0; i < (count); i++) (g)[i] = (expr);                                                      \
    } while (0)

#endif
