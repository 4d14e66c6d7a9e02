/* Small dense problems in double precision. */
#ifndef ORRERY_NUM_SOLVE_H
#define ORRERY_NUM_SOLVE_H

#include <stdbool.h>
#include <stddef.h>

/* Symmetric positive a (n, n), row-major; both are overwritten, x returns in b. False: singular. */
bool orr_solve_positive(size_t n, double *a, double *b);
/* Pseudo-inverse of a symmetric positive semidefinite a (n, n); eigenvalues below cut times the largest count as 0. */
void orr_pseudo_inverse(size_t n, const double *a, double cut, double *out);

#endif
