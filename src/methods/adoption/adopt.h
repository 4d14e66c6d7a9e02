/* The adoption system as one method: which fit, with what settings, and everything that is known afterwards. */
#ifndef ORRERY_METHODS_ADOPTION_ADOPT_H
#define ORRERY_METHODS_ADOPTION_ADOPT_H

#include "methods/adoption/blend.h"

enum orr_adoption_fit { ORR_ADOPTION_LEAST_SQUARES, ORR_ADOPTION_RPP, ORR_ADOPTION_BAYES, ORR_ADOPTION_BLEND };
const char *orr_adoption_fit_name(enum orr_adoption_fit fit); /* "least-squares", "rpp", "bayes", "blend" */

struct orr_adoption_settings {
    enum orr_adoption_fit fit;
    bool paper; /* least-squares only */
    double m;
    double level; /* of all intervals */
    uint64_t seed;
};
struct orr_adoption_settings orr_adoption_defaults(void);

/* One fitted series. p holds the estimates, lo and hi the intervals of lambda, mu, sigma: profile likelihood
 * (least-squares), curvature of the likelihood in logs (rpp), posterior (bayes and blend). With `paper` times are in
 * units of 12 periods. */
struct orr_adoption {
    struct orr_wsb p;
    double lo[ORR_WSB_PARAMS], hi[ORR_WSB_PARAMS];
    double anchor_t, anchor_c; /* rpp, bayes, blend: the process as it went, through the last count; NaN otherwise */
    double ultimate;           /* impact in the limit: m (exp(lambda) - 1), or onwards from the anchor */
    double time_unit, rmse, condition /* NaN unless least-squares */, dispersion /* NaN for least-squares */;
    struct orr_jumps jumps;
    bool decreasing; /* the counts fall somewhere; they are used as they are */
    enum orr_outcome outcome;
};

/* The fitted count at age t (periods): equation (1), or, with an anchor (T, n), the mean of the process given that it
 * was at n: (m + n) exp(lambda (Phi(t) - Phi(T))) - m. The early events of such a process are luck that all later ones
 * multiply, so that (1) itself may be far from the counts. */
double orr_adoption_curve(const struct orr_adoption *a, double t);
/* Coordinates of the collapse plot for a count c at age t: on Phi when the fit is good. */
void orr_adoption_collapse(const struct orr_adoption *a, double t, double c, double *x, double *y);

/* Fits, and fills *forecast (NULL: not wanted; its arrays of n_ahead are the caller's, level is set from settings) for
 * 1 .. n_ahead periods after the last count. Forecasts are predictive medians and never fall. prior and blend NULL: the
 * shipped ones. With jumps, the jump test runs too. A few milliseconds. */
enum orr_status orr_adoption_fit(const struct orr_counts *counts, const struct orr_adoption_settings *settings,
                                 const struct orr_rpp_prior *prior, const struct orr_blend *blend, bool jumps,
                                 size_t n_ahead, const struct orr_ticker *ticker, struct orr_adoption *out,
                                 struct orr_forecast *forecast, struct orr_error *err);

/* mean, lower and upper of `bayes` or `blend` for all s->ahead periods; out's arrays are the caller's. */
void orr_adoption_forecast(const struct orr_blend *b, enum orr_blend_forecast which, const struct orr_blend_state *s,
                           double level, struct orr_forecast *out);

extern const struct orr_method orr_method_adoption;

#endif
