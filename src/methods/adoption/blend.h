/* Forecasts that blend saturating growth models with recent growth, corrected by what other series taught.
 *
 * From age T and count c the growth D over h periods is forecast as
 *
 *   ln(D / h) = (1 - w) R + w Y_h + b_0 + b_1 ln(h/6) + b_2 ln(T/9) + b_3 ln(c/50)                          (3)
 *   w = s(T) (1 + a_0 + a_1 ln(h/6)),   s(T) = 1 / (1 + exp((T - 9) / 1.5))
 *
 * R: mean of ln of the growth per period over the last 1, T/4 and T/2 periods, windows that scale with the age. Y_h:
 * mean of ln of the growth per period that the Bayesian reinforced Poisson process (predictive median) and a Gompertz
 * curve expect. Pooling logs is a geometric mean: one small component pulls the forecast down, which fits growth that
 * is about to stall. In their first months most series decelerate and the models know it; later ones keep the pace
 * they have, and models that must saturate fall behind; hence s(T). a and b are learned from other series by least
 * absolute error of ln c(T+h), so that the forecast is a predictive median; a is held near 0. */
#ifndef ORRERY_METHODS_ADOPTION_BLEND_H
#define ORRERY_METHODS_ADOPTION_BLEND_H

#include "methods/adoption/rpp.h"

enum { ORR_BLEND_PARAMS = 6, ORR_BLEND_SIZES = 4, ORR_BLEND_PROBS = 13, ORR_BLEND_AHEAD = 36 };

struct orr_blend {
    double p[ORR_BLEND_PARAMS];       /* a_0, a_1, b_0 .. b_3 */
    double scale[ORR_BLEND_SIZES];    /* ln of the size of an error, by 1, ln(h/6), ln(T/9), ln((D+1)/10) */
    double quantile[ORR_BLEND_PROBS]; /* of errors over their size, at orr_blend_probs */
};
extern const double orr_blend_probs[ORR_BLEND_PROBS];

/* What (3) needs to know of one series at one age; one per series and age, for any number of horizons. */
struct orr_blend_state {
    double age, count, recent;        /* T, c(T), R */
    size_t ahead;                     /* how many of model[] are known; 0: w is 0 at this age */
    double model[ORR_BLEND_AHEAD];    /* Y_h for h = 1, 2, ...; beyond the last known, that one holds */
};
/* Fits what is needed for horizons up to n_ahead periods. */
enum orr_status orr_blend_observe(const struct orr_counts *counts, const struct orr_rpp_prior *prior, size_t n_ahead,
                                  uint64_t seed, struct orr_blend_state *out, struct orr_error *err);
/* The median of c(T + h), and of the distribution of c(T + h) the quantile at prob. */
double orr_blend_median(const struct orr_blend *b, const struct orr_blend_state *s, double h);
double orr_blend_quantile(const struct orr_blend *b, const struct orr_blend_state *s, double h, double prob);

/* ---- learning ---- */

/* (3) as a line in its parameters: ln(D / h) = fixed + sum_j p_j slope_j, slope [ORR_BLEND_PARAMS]. */
void orr_blend_design(const struct orr_blend_state *s, double h, double *fixed, double *slope);
/* What the size of an error of ln((y - c + 1) / (D + 1)) depends on: basis [ORR_BLEND_SIZES], growth d forecast. */
void orr_blend_error_basis(double age, double h, double d, double *basis);

/* One series that is learned from, and its group (company, package): folds part whole groups. */
struct orr_blend_series {
    struct orr_counts counts;
    size_t group;
};
/* Fits one blend per group g on the series of all other groups (out[g], g < groups) and one on all (out[groups]); out
 * and priors have groups + 1 elements, priors[g] likewise learned without group g. Error sizes and quantiles of out[g]
 * come from forecasts of the other groups, each by the blend that has not seen it (cross-conformal: Vovk 2015; Barber
 * et al. 2021). Ages 4, 4 + age_step, ... 24 with at least 10 events, horizons 1..12; the windows of a series together
 * weigh the root of their number, the series of a group too. Several threads; (groups + 1) x series x ages x 4 ms. */
enum orr_status orr_blend_learn(const struct orr_blend_series *series, size_t n, size_t groups,
                                const struct orr_rpp_prior *priors, int age_step, int threads,
                                const struct orr_ticker *ticker, struct orr_blend *out, struct orr_error *err);

/* ---- learned.c: written by `orrery eval adoption --learn`, see there for the data ---- */
extern const struct orr_blend orr_blend_shipped;
extern const struct orr_rpp_prior orr_rpp_shipped_prior;

#endif
