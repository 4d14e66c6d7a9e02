/* Nonlinear least squares: Levenberg-Marquardt with box limits. */
#ifndef ORRERY_NUM_LSQ_H
#define ORRERY_NUM_LSQ_H

#include <stdbool.h>
#include <stddef.h>

enum { ORR_LSQ_MAX = 8 }; /* parameters at most */

/* Fills residual[0..m) and jacobian (m, n) row-major, d residual / d parameter, at p. False: p is out of the domain. */
typedef bool (*orr_lsq_model)(const void *ctx, const double *p, double *residual, double *jacobian);

struct orr_lsq {
    size_t m, n;               /* residuals, parameters; n <= ORR_LSQ_MAX */
    orr_lsq_model model;
    const void *ctx;
    const double *lower, *upper; /* [n], -INFINITY and INFINITY where free */
    int max_evaluations;
    double tolerance;          /* stops when a step promises less than this relative gain in the sum of squares */
};
struct orr_lsq_info {
    double sum_squares;
    int evaluations;
    bool converged; /* else: evaluations ran out */
};

/* Improves p in place. `work` has orr_lsq_work(m, n) doubles: nothing is allocated. A parameter at its limit whose
 * gradient points outwards is held; the others go on (active set). O(m n^2) per evaluation. */
struct orr_lsq_info orr_lsq_solve(const struct orr_lsq *problem, double *p, double *work);
size_t orr_lsq_work(size_t m, size_t n);

/* The same without limits through MINPACK's lmder (More, Garbow and Hillstrom 1980; cminpack): the reference that the
 * solver above is checked against. Needs m >= n; allocates. */
struct orr_lsq_info orr_lsq_minpack(const struct orr_lsq *problem, double *p);

#endif
