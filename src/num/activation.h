/* Activations as loops: used by orr_activate and, fused, by linear and conv2d. */
#ifndef ORRERY_NUM_ACTIVATION_H
#define ORRERY_NUM_ACTIVATION_H

#include <stdbool.h>

#include <orrery/ops.h>

/* y = act(x); y may be x. */
void orr_activation_forward(orr_real *y, const orr_real *x, size_t n, enum orr_activation act);
/* g (+)= d * act'(x); x is read only where orr_activation_needs_input says so. g may be d when add is false. */
void orr_activation_backward(orr_real *g, bool add, const orr_real *d, const orr_real *x, const orr_real *y, size_t n,
                             enum orr_activation act);
/* Whether the derivative needs x; else y is enough. */
bool orr_activation_needs_input(enum orr_activation act);

/* Replaces the values of y, fresh from a product, by act of them; keeps the product in y->saved when the way back needs
 * it. */
void orr_activation_apply(struct orr_var *y, enum orr_activation act);

#endif
