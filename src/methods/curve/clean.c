/* From what a log holds to a curve: order, gaps, direction, time. */
#include <math.h>

#include "methods/curve/lc.h"
#include "num/stats.h"

enum { DIVERGED = 3 };

enum orr_status orr_lc_clean(size_t n, const double *t, const double *y, double *t_out, double *y_out,
                             struct orr_lc_cleaning *c, const char *where, struct orr_error *err)
{
    size_t bad_at_end = 0;
    *c = (struct orr_lc_cleaning){0};
    for (size_t i = 0; i < n; i++) {
        const double ti = t[i], yi = y[i];
        if (!isfinite(ti) || !isfinite(yi)) {
            c->dropped++;
            bad_at_end += isfinite(ti);
            continue;
        }
        bad_at_end = 0;
        while (c->n && t_out[c->n - 1] >= ti) c->n--, c->replaced++;
        t_out[c->n] = ti;
        y_out[c->n++] = yi;
    }
    c->diverged = bad_at_end >= DIVERGED;
    if (c->n >= ORR_LC_LEAST) return ORR_OK;
    return orr_error_set(
        err, ORR_EINVAL, where,
        "%zu usable points of %zu (%zu not finite, %zu replaced by later ones at their step): a forecast "
        "needs at least %d; observe more of the curve",
        c->n, n, c->dropped, c->replaced, ORR_LC_LEAST);
}

enum orr_lc_direction orr_lc_trend(size_t n, const double *y)
{
    const size_t third = n < 3 ? 1 : n / 3;
    if (n < 2) return ORR_LC_FALLING;
    return orr_stats_mean(y + n - third, third) > orr_stats_mean(y, third) ? ORR_LC_RISING : ORR_LC_FALLING;
}

double orr_lc_shift(size_t n, const double *t)
{
    const double step = n > 1 ? t[1] - t[0] : 1;
    return t[0] >= step ? 0 : step - t[0];
}

void orr_lc_range(const struct orr_lc_observed *o, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < o->n; i++) {
        *least = fmin(*least, o->y[i]);
        *most = fmax(*most, o->y[i]);
    }
}

void orr_lc_bounds(const struct orr_lc_observed *o, double *low, double *high)
{
    double least, most;
    orr_lc_range(o, &least, &most);
    *low = least >= 0 ? 0 : -INFINITY;
    *high = least >= 0 && most <= 1 && orr_lc_direction_of(o) == ORR_LC_RISING ? 1 : INFINITY;
}
