/* The regulariser of farcasting, for its gradient check. */
#ifndef ORRERY_METHODS_WEIGHTS_FARCAST_H
#define ORRERY_METHODS_WEIGHTS_FARCAST_H

#include <stddef.h>

enum { ORR_FARCAST_MOVES = 3, ORR_FARCAST_BASIS = ORR_FARCAST_MOVES + 2 }; /* w_n less w_0, w_(n/2), w_(3n/4); w_n; 1 */

/* L_grad of one tensor from gram (BASIS, BASIS), the sums of products of the basis over its weights; theta (horizons, BASIS): the
 * path from w_n in that basis; lengths are root mean squares over weights. Adds the gradient; gradient may be NULL. */
double orr_farcast_growth(const double *theta, const double *gram, size_t weights, double *gradient);

#endif
