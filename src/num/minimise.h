/* Unconstrained minimisation of a smooth function of a few parameters. */
#ifndef ORRERY_NUM_MINIMISE_H
#define ORRERY_NUM_MINIMISE_H

#include <stdbool.h>
#include <stddef.h>

enum { ORR_MINIMISE_MAX = 16 }; /* parameters at most */

/* f(x), and its gradient into g[0..n). Not finite: x is out of the domain. */
typedef double (*orr_objective)(void *ctx, const double *x, double *g);

/* BFGS with a backtracking line search (Nocedal and Wright 2006, alg. 6.1). Improves x in place and returns f there;
 * *converged (may be NULL) tells whether the gradient fell below `tolerance` of |f| + 1 within `steps`. */
double orr_minimise(orr_objective f, void *ctx, size_t n, double *x, int steps, double tolerance, bool *converged);

#endif
