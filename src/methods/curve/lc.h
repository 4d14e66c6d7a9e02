/* Learning curves carried on: from the first points of a metric over training to its later values, with intervals. One
 * interface for closed-form fits and for networks that were trained on other curves. */
#ifndef ORRERY_METHODS_CURVE_LC_H
#define ORRERY_METHODS_CURVE_LC_H

#include <orrery/method.h>
#include <orrery/params.h>

#include "methods/curve/graph.h"

enum { ORR_LC_LEAST = 3 /* points that a forecast needs */, ORR_LC_KNOTS = 10 /* of a network's forecast */ };

enum orr_lc_direction { ORR_LC_UNKNOWN, ORR_LC_FALLING /* a loss */, ORR_LC_RISING /* an accuracy */ };

/* What a raw log leaves: times strictly increasing, values finite. */
struct orr_lc_cleaning {
    size_t n;        /* points left */
    size_t dropped;  /* not finite */
    size_t replaced; /* at or after a step that the log fell back to: the later point counts */
    bool diverged;   /* the last three points given, or all after the last finite one, are not finite */
};
/* Cleans t, y [n] into t_out, y_out [n] (may be the same arrays). A step that falls back (a run taken up again from a
 * checkpoint, several runs in one log) takes the place of everything from that step on. EINVAL names what is left when
 * that is less than ORR_LC_LEAST points. O(n). */
enum orr_status orr_lc_clean(size_t n, const double *t, const double *y, double *t_out, double *y_out,
                             struct orr_lc_cleaning *c, const char *where, struct orr_error *err);

/* An observed curve, clean. */
struct orr_lc_observed {
    size_t n;
    const double *t, *y;
    enum orr_lc_direction direction;  /* UNKNOWN: see orr_lc_direction_of */
    const struct orr_lc_graph *graph; /* of the network that was trained; NULL: not known */
};
/* Falling or rising by the means of its first and last third; falling when in doubt. */
enum orr_lc_direction orr_lc_trend(size_t n, const double *y);
static inline enum orr_lc_direction orr_lc_direction_of(const struct orr_lc_observed *o)
{
    return o->direction ? o->direction : orr_lc_trend(o->n, o->y);
}
/* Time as power laws see it: positive, x = t where t starts late enough, else moved so that the first point stands one
 * step from 0. Returns what is added to t. */
double orr_lc_shift(size_t n, const double *t);
void orr_lc_range(const struct orr_lc_observed *o, double *least, double *most); /* of the values seen */
/* Where the metric cannot go: below 0 where all values are >= 0, above 1 where a rising one stays within 0..1. */
void orr_lc_bounds(const struct orr_lc_observed *o, double *low, double *high);

/* One curve to forecast. out: arrays of out.n and the level wanted are the caller's, out.t (increasing, after the last
 * observed point) too; its last time is taken as the end of training. */
struct orr_lc_item {
    struct orr_lc_observed seen;
    struct orr_forecast out;
};

enum orr_lc_graph_use { ORR_LC_GRAPH_TRUE, ORR_LC_GRAPH_NONE, ORR_LC_GRAPH_SHUFFLED /* that of another curve */ };
struct orr_lc_options {
    enum orr_lc_graph_use graph; /* networks that look at graphs */
    int steps;                   /* optimiser steps of a fit; 0: as many as the method is used to */
    double prior;                /* share of curves drawn from the prior in each batch; < 0: the method's own */
    uint64_t seed;
};
struct orr_lc_options orr_lc_defaults(void);

/* A whole curve to learn from, the group that is kept together when some are held back, and how often it is drawn. */
struct orr_lc_example {
    struct orr_lc_observed whole;
    size_t group;
    double weight; /* > 0 */
};

/* How wide intervals are: |error| in units of the network's own scale, its quantiles at these levels, by knot. */
enum { ORR_LC_LEVELS = 6 };
extern const double orr_lc_levels[ORR_LC_LEVELS]; /* .25 .5 .7 .8 .9 .95 */

struct orr_lc_model {
    const struct orr_lc_method *method;
    struct orr_lc_options o;
    struct orr_params params; /* empty: nothing is learned */
    double spread[2 * ORR_LC_KNOTS][ORR_LC_LEVELS]; /* the second half: of a blend, for curves whose graph is known */
    double validation; /* loss on the curves held back; NaN: none were */
    int best_step;     /* at which it was reached; of a blend the sum over its members, as o.steps is */
    double seconds;    /* of the fit */
};
/* As drawn, untrained: ready to use where nothing is learned. */
struct orr_lc_model *orr_lc_model_new(const struct orr_lc_method *method, const struct orr_lc_options *o);
void orr_lc_model_free(struct orr_lc_model *m); /* NULL-safe */

/* Trains on whole curves, observed up to random points; a fifth of the groups is held back to stop and to calibrate on.
 * ORR_ECANCELLED: *out is the best so far; of a blend, members whose turn has not come are as drawn. */
enum orr_status orr_lc_fit(const struct orr_lc_method *method, size_t n, const struct orr_lc_example *curves,
                           const struct orr_lc_options *o, const struct orr_ticker *ticker, struct orr_lc_model **out,
                           struct orr_error *err);
/* Steps of a fit that draw as many curves as there are: what is called an epoch. */
double orr_lc_epoch_steps(size_t n_curves);
/* Fills out of each item: networks take many curves at a time. ECANCELLED. */
enum orr_status orr_lc_forecast(const struct orr_lc_model *m, size_t n, struct orr_lc_item *items,
                                const struct orr_ticker *ticker, struct orr_error *err);

/* safetensors with the settings as metadata. */
enum orr_status orr_lc_save(const struct orr_lc_model *m, const char *path, const char *made_by, struct orr_error *err);
enum orr_status orr_lc_load(const char *path, struct orr_lc_model **out, struct orr_error *err);

extern const struct orr_method orr_lc_last, orr_lc_power, orr_lc_power_best, orr_lc_pow3, orr_lc_pow4, orr_lc_exp3,
    orr_lc_exp4, orr_lc_ilog2, orr_lc_janoschek, orr_lc_mmf, orr_lc_curve_ode, orr_lc_node, orr_lc_nsde, orr_lc_lstm,
    orr_lc_vrnn, orr_lc_lcbnn, orr_lc_pfn, orr_lc_blend;
const struct orr_lc_method *orr_lc_method_find(const char *name); /* NULL */
const char *orr_lc_method_name(const struct orr_lc_method *m);
bool orr_lc_method_learns(const struct orr_lc_method *m);

#endif
