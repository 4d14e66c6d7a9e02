/* Curves that follow a closed form: a network that learned from trainings does not know that it is followed exactly, a fit does.
 * The families are asked on what was seen: fitted to its first part, how well do they forecast the last one? */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/curve/families.h"
#include "methods/curve/private.h"
#include "num/special.h"

enum { LEAST_POINTS = 12 };
static const double HEAD = 0.6;       /* of the points is fitted, the rest is forecast */
static const double TOLERANCE = 0.01; /* error of that forecast, of the range of the values, at which both are believed alike */

/* The forecast of the families together from o at the n times t; arrays in work [3 n]. */
static struct orr_forecast ask(const struct orr_lc_observed *o, size_t n, double *t, double level, double *work)
{
    struct orr_forecast f = {.n = n, .t = t, .mean = work, .lower = work + n, .upper = work + 2 * n, .level = level};
    orr_lc_power.curve->fit(orr_lc_power.curve, o, &f);
    return f;
}

/* Root mean square error of the families, fitted to the first `head` points, on the others: as many of those, evenly, as a fit
 * looks at, so that a long curve takes no longer. */
static double tail_error(const struct orr_lc_observed *o, size_t head)
{
    const size_t rest = o->n - head, n = rest < ORR_LC_FIT_POINTS ? rest : ORR_LC_FIT_POINTS;
    double *work = orr_xcalloc(4 * n, sizeof *work), sum = 0;
    struct orr_lc_observed seen = *o;
    seen.n = head;
    seen.direction = orr_lc_direction_of(o);
    for (size_t i = 0; i < n; i++) work[i] = o->t[head + (i + 1) * rest / n - 1];
    const struct orr_forecast f = ask(&seen, n, work, 0.5, work + n);
    for (size_t i = 0; i < n; i++) {
        const double e = f.mean[i] - o->y[head + (i + 1) * rest / n - 1];
        sum += e * e;
    }
    free(work);
    return sqrt(sum / (double)n);
}

void orr_lc_trust_law(const struct orr_lc_observed *o, struct orr_forecast *out)
{
    const size_t head = (size_t)(HEAD * (double)o->n);
    if (o->n < LEAST_POINTS) return;
    double least, most;
    orr_lc_range(o, &least, &most);
    const double error = tail_error(o, head), relative = error / (TOLERANCE * (most - least));
    const double g = 1 / (1 + relative * relative);
    if (!(g > 0.01)) return;
    double *work = orr_xcalloc(3 * out->n, sizeof *work);
    const struct orr_forecast law = ask(o, out->n, out->t, out->level, work);
    const double shift = orr_lc_shift(o->n, o->t), z = orr_normal_quantile(0.5 + out->level / 2);
    const double end = log(o->t[o->n - 1] + shift), tail = end - log(o->t[head - 1] + shift);
    for (size_t i = 0; i < out->n && law.outcome != ORR_NOT_IDENTIFIED; i++) {
        const double a = (law.upper[i] - law.lower[i]) / 2, b = (out->upper[i] - out->lower[i]) / 2;
        const double drift = z * error * (log(out->t[i] + shift) - end) / tail, apart = z * (law.mean[i] - out->mean[i]);
        const double half = sqrt(g * (a * a + drift * drift) + (1 - g) * b * b + g * (1 - g) * apart * apart);
        out->mean[i] = g * law.mean[i] + (1 - g) * out->mean[i];
        out->lower[i] = out->mean[i] - half;
        out->upper[i] = out->mean[i] + half;
    }
    free(work);
    orr_lc_hold(o, out);
}
