/* Forecasts that trust the reinforced Poisson process as far as the series obeys it, and intervals that hold as often
 * as they say on real series.
 *
 * From age T and count c the blend forecasts the growth D over h periods as
 *
 *   ln(D / h) = (1 - w) (R + a (L - R) + z_T (Z_h - R)) + w Y_h + b ln(h/6),   w = 1 / phi                   (3)
 *
 * R: mean of ln of the growth per period over the last 1, T/4 and T/2 periods, windows that scale with the age. L: ln of
 * the growth per period over the last three, the straight line that is so hard to beat. Z_h: ln of the growth per
 * period that the maximum of the likelihood expects, kept within e^3 of R; z_T = z (1 - 6/T)+, for a
 * curve of three parameters says nothing before six periods. Y_h: ln
 * of the growth per period that the Bayesian process expects (predictive median). phi: its dispersion, 1 where a
 * chi^2 test does not reject it: increments that vary phi times as much as the process allows carry 1/phi of its
 * information. b, how much a population quickens or tires, a, how straight, and z, how much like its fitted curve it goes
 * on, are all that is learned, by least absolute error of ln c(T+h). On real series z came out negative: fitted curves bend too
 * early, and what they say against the recent growth is to be turned round.
 *
 * Intervals, of `bayes` too: the error e = ln((y - c + 1) / (D + 1)) of a forecast D has a size
 *
 *   ln s = s_0 + s_1 ln(h/6) + s_2 ln(T/9) + s_3 ln((D+1)/10) + s_4 ln phi + s_5 ln(spread)                (4)
 *
 * spread: width of the process' own 90% interval on that scale. s and the quantiles of e / s are learned on other series:
 * a Poisson process knows neither changes of pace nor over-dispersion, and its own intervals held 49% to 89% on real
 * series. */
#ifndef ORRERY_METHODS_ADOPTION_BLEND_H
#define ORRERY_METHODS_ADOPTION_BLEND_H

#include "methods/adoption/rpp.h"

enum orr_blend_forecast { ORR_BLEND_BAYES, ORR_BLEND_BLEND, ORR_BLEND_FORECASTS };
enum { ORR_BLEND_SIZES = 6, ORR_BLEND_GROWTH = 3, ORR_BLEND_PROBS = 13 };

struct orr_blend_errors {
    double scale[ORR_BLEND_SIZES];    /* s of (4) */
    double quantile[ORR_BLEND_PROBS]; /* of errors over their size, at orr_blend_probs */
};
struct orr_blend {
    double quickening, line, curve; /* b, a, z */
    struct orr_blend_errors errors[ORR_BLEND_FORECASTS];
};
extern const double orr_blend_probs[ORR_BLEND_PROBS];

/* What (3) and (4) need to know of one series at one age. */
struct orr_blend_state {
    double age, count, recent, line, dispersion; /* T, c(T), R, L, phi */
    size_t ahead;
    double *curve;           /* [ahead] Z_h */
    double *growth, *spread; /* [ahead] of the process for h = 1, 2, ...: median growth, width of its 90% interval */
};
/* O(1000 n_ahead). Free with orr_blend_state_free. */
enum orr_status orr_blend_observe(const struct orr_counts *counts, const struct orr_rpp_posterior *posterior,
                                  size_t n_ahead, uint64_t seed, const struct orr_ticker *ticker,
                                  struct orr_blend_state *out, struct orr_error *err);
void orr_blend_state_free(struct orr_blend_state *s);
/* The median of c(T + h), and of the distribution of c(T + h) the quantile at prob; h 1 .. ahead. */
double orr_blend_median(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                        size_t h);
double orr_blend_quantile(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                          size_t h, double prob);

/* ---- learning ---- */

enum { ORR_BLEND_LEARNED = 3 };
/* (3) is linear in what is learned: ln(D / h) = fixed + b slope[0] + a slope[1] + z slope[2]. */
void orr_blend_design(const struct orr_blend_state *s, size_t h, double *fixed, double slope[ORR_BLEND_LEARNED]);
/* What the size of an error depends on, for a forecast growth d: basis [ORR_BLEND_SIZES], of which the growth decides
 * only element ORR_BLEND_GROWTH. */
void orr_blend_error_basis(const struct orr_blend_state *s, size_t h, double d, double *basis);
double orr_blend_growth_term(double d);

/* One series that is learned from, and its group (company, package): folds part whole groups. */
struct orr_blend_series {
    struct orr_counts counts;
    size_t group;
};
/* Fits one blend per group g on the series of all other groups (out[g], g < groups) and one on all (out[groups]). Every
 * series is forecast with what was learned without its group: its process with priors[its group], its b with the blend
 * of its group; error sizes and quantiles of out[g] come from such forecasts of the other groups (cross-conformal: Vovk
 * 2015; Barber et al. 2021). share[g] is how much the series of group g weigh together (NULL: the root of their number,
 * as the windows of a series weigh the root of theirs); b, a and z of `given`, not NULL, are not learned. Ages 4 to 24 in
 * steps of age_step with at least 10 events, horizons 1..12. Several threads; series x ages x 4 ms. */
struct orr_blend_lesson {
    const struct orr_blend_series *series;
    size_t n, groups;
    const struct orr_rpp_prior *priors; /* [groups] */
    const double *share;                /* [groups] or NULL */
    const struct orr_blend *given;
    int age_step, threads;
};
enum orr_status orr_blend_learn(const struct orr_blend_lesson *lesson, const struct orr_ticker *ticker,
                                struct orr_blend *out, struct orr_error *err);

/* ---- learned.c: written by `orrery eval adoption --learn`, see there for the data ---- */
extern const struct orr_blend orr_blend_shipped;
extern const struct orr_rpp_prior orr_rpp_shipped_prior;

#endif
