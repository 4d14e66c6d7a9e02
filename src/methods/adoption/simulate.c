/* Draws from the reinforced Poisson process. */
#include <math.h>

#include "methods/adoption/rpp.h"

static const double LARGEST_COUNT = 1e12;

/* Negative binomial as a Poisson whose mean is gamma distributed: shape r, scale exp(tau) - 1. Dispersed: the same mean
 * from a size r / dispersion, in steps of `dispersion` events. */
double orr_rpp_draw(double r, double tau, double dispersion, struct orr_rng *rng)
{
    if (!(tau > 0) || !(r > 0)) return 0;
    const double mean = orr_rng_gamma(rng, r / dispersion) * expm1(tau);
    if (!(mean < LARGEST_COUNT)) return LARGEST_COUNT;
    if (mean > 1e7) /* far beyond where the Poisson's own spread matters */
        return dispersion * fmax(mean + sqrt(mean) * orr_rng_normal(rng), 0);
    return dispersion * (double)orr_rng_poisson(rng, mean);
}

void orr_rpp_simulate(const struct orr_wsb *p, size_t n, const double *t, struct orr_rng *rng, double *c)
{
    double count = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        const double now = orr_wsb_phi(p, t[i]);
        if (count < LARGEST_COUNT) count += orr_rpp_draw(p->m + count, p->lambda * (now - before), 1, rng);
        before = now;
        c[i] = count;
    }
}
