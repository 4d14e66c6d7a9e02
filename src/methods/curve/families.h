/* Families of learning curves y(x) = c + a g(x; q): linear in c and a, one or two shape parameters q. */
#ifndef ORRERY_METHODS_CURVE_FAMILIES_H
#define ORRERY_METHODS_CURVE_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ORR_LC_POW3,
    ORR_LC_POW4,
    ORR_LC_EXP3,
    ORR_LC_EXP4,
    ORR_LC_ILOG2,
    ORR_LC_JANOSCHEK,
    ORR_LC_MMF,
    ORR_LC_FAMILIES
};
enum { ORR_LC_FIT_POINTS = 256 /* a longer curve is averaged down to so many */ };

/* Points of one curve as all families see them: x in units of the last observed one, y from 0 to 1. */
struct orr_lc_points {
    size_t n;
    double x[ORR_LC_FIT_POINTS], y[ORR_LC_FIT_POINTS];
    double unit, shift;   /* x = (t + shift) / unit */
    double origin, scale; /* y = (value - origin) / scale */
};
/* False: the values do not differ. */
bool orr_lc_points_make(size_t n, const double *t, const double *y, struct orr_lc_points *p);

struct orr_lc_fitted {
    bool ok, converged;
    double c, a, theta[2]; /* theta: logarithms of the shape parameters */
    double sum_squares;    /* of the scaled residuals */
    double factor[16];     /* Cholesky factor of J'J, (k, k) with k = 2 + shape parameters */
};
int orr_lc_family_parameters(int family); /* 2 + number of shape parameters */
/* Least squares over the first n of the points: a grid over the shapes with c and a in closed form, then
 * Levenberg-Marquardt from the three best. O(n) with some hundred evaluations. */
struct orr_lc_fitted orr_lc_family_fit(int family, const struct orr_lc_points *p, size_t n);
/* Scaled value at scaled x (unit: of the points), and, where asked for, its variance by Laplace's approximation with noise
 * variance s2. */
double orr_lc_family_value(int family, const struct orr_lc_fitted *f, double x, double unit, double s2,
                           double *variance);

#endif
