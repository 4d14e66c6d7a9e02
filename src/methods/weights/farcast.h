/* The regulariser of farcasting, for its gradient check. */
#ifndef ORRERY_METHODS_WEIGHTS_FARCAST_H
#define ORRERY_METHODS_WEIGHTS_FARCAST_H

#include <stddef.h>

/* L_grad of one tensor from the sums of products of (w_0, w_n, 1), gram, over its weights; theta (horizons, 3); lengths are root
 * mean squares over weights. Adds the gradient; gradient may be NULL. */
double orr_farcast_growth(const double *theta, const double gram[9], size_t weights, double *gradient);

#endif
