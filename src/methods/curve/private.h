/* What a method for learning curves is made of: a fit of one curve, or a network over many. */
#ifndef ORRERY_METHODS_CURVE_PRIVATE_H
#define ORRERY_METHODS_CURVE_PRIVATE_H

#include <orrery/ops.h>

#include "methods/curve/lc.h"

struct orr_lc_net;
struct orr_lc_method {
    const struct orr_method *face;
    /* Forecasts one curve from itself; NULL: a network. */
    void (*fit)(const struct orr_lc_method *m, const struct orr_lc_observed *o, struct orr_forecast *out);
    int family; /* of `fit`: see families.h */
    const struct orr_lc_net *net;
};

/* mean, lower and upper held within where the metric can go. */
void orr_lc_hold(const struct orr_lc_observed *o, struct orr_forecast *out);

#endif
