/* What a method for learning curves is made of: a fit of one curve, or a network over many. */
#ifndef ORRERY_METHODS_CURVE_PRIVATE_H
#define ORRERY_METHODS_CURVE_PRIVATE_H

#include <orrery/ops.h>

#include "methods/curve/lc.h"

enum { ORR_LC_SEEN = 20 /* points that a network sees of a curve */, ORR_LC_POINT = 2, ORR_LC_CONTEXT = 10 };

/* An observed curve in units that do not depend on the metric: values as differences from the last one, smaller being
 * better, over how much the curve has moved; time as the logarithm of x over the last x. */
struct orr_lc_view {
    float points[ORR_LC_SEEN][ORR_LC_POINT]; /* value, time */
    float context[ORR_LC_CONTEXT];
    double sign, last, scale; /* value = last + sign scale u */
    double shift, x_last;     /* x = t + shift */
    double span;              /* ln of x at the end over x_last */
};
void orr_lc_view_make(const struct orr_lc_observed *seen, double end, struct orr_lc_view *v);

/* Rows for a network. Knots are evenly spaced in the logarithm of time from the last observed point to the end. */
struct orr_lc_batch {
    int n, cap;
    float *points;             /* (n, SEEN, POINT) */
    float *context;            /* (n, CONTEXT) */
    float *span;               /* (n) */
    float *target;             /* (n, KNOTS): training only */
    float *node, *link, *mask; /* (n, NODES, FEATURES), (n, NODES, NODES), (n, NODES) 0 or -1e9; NULL: no graphs */
    bool *known;               /* (n): whether the graph is known; NULL with node */
};
void orr_lc_batch_init(struct orr_lc_batch *b, int cap, bool graphs);
void orr_lc_batch_free(struct orr_lc_batch *b);
/* The next row; its target is left alone. graph NULL: none is known. */
void orr_lc_batch_add(struct orr_lc_batch *b, const struct orr_lc_view *v, const struct orr_lc_graph *graph);

/* What a network says of a batch, in the units of the views. */
struct orr_lc_output {
    struct orr_var *mean, *log_scale; /* (n, KNOTS); |u - mean| is Laplace with this scale */
    struct orr_var *extra;            /* added to the loss; NULL: nothing */
};
struct orr_lc_net {
    int steps;    /* of a usual fit */
    double prior; /* share of training rows that are drawn from the prior */
    bool graphs;  /* looks at graphs */
    int samples;  /* forward passes of a forecast, each with its own draws */
    void (*build)(struct orr_params *p, struct orr_rng *rng);
    /* training: noise as in training, target may be read. done: how much of the fit, 1 when forecasting. */
    struct orr_lc_output (*forward)(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                    bool training, double done, struct orr_rng *rng);
};

struct orr_lc_method {
    const struct orr_method *face;
    /* Forecasts one curve from itself; NULL: a network. */
    void (*fit)(const struct orr_lc_method *m, const struct orr_lc_observed *o, struct orr_forecast *out);
    int family; /* of `fit`: see families.h */
    const struct orr_lc_net *net;
    const struct orr_method *const *members; /* NULL-ended: the mean of these networks; `net` then has no forward pass */
};

/* mean, lower and upper held within where the metric can go. */
void orr_lc_hold(const struct orr_lc_observed *o, struct orr_forecast *out);
/* Mixes the families' forecast into *out by its mean and variance, with weight g = 1 / (1 + (e / (0.01 range))^2): e is the error
 * that they make on the last 40% of the points seen when fitted to the first 60%. Their interval is widened by e in proportion
 * to how much further away the forecast lies, in the logarithm of time. Fewer than 12 points: nothing is done. */
void orr_lc_trust_law(const struct orr_lc_observed *o, struct orr_forecast *out);
/* Forecast without evidence: the last value, no width. */
void orr_lc_flat(const struct orr_lc_observed *o, enum orr_outcome outcome, struct orr_forecast *out);

/* blend.c: a member's part of the parameters of a blend, borrowed: what its forward pass takes. */
struct orr_params orr_lc_member_params(const struct orr_params *blend, const struct orr_method *member);
/* Fits each member by itself. */
enum orr_status orr_lc_fit_members(struct orr_lc_model *blend, size_t n, const struct orr_lc_example *curves,
                                   const struct orr_lc_options *o, const struct orr_ticker *ticker, struct orr_error *err);

/* run.c: mean and scale (n, KNOTS) of a batch, all samples (and members) taken together. */
void orr_lc_run(const struct orr_lc_model *m, struct orr_tape *tape, const struct orr_lc_batch *b, uint64_t seed,
                double *mean, double *scale);
enum orr_status orr_lc_run_items(const struct orr_lc_model *m, size_t n, struct orr_lc_item *items,
                                 const struct orr_ticker *ticker, struct orr_error *err);

/* prior.c: a curve of n points from the published LC-PFN prior on one of several time grids; returns n. t, y have
 * ORR_LC_PRIOR_MAX. */
enum { ORR_LC_PRIOR_MAX = 200 };
size_t orr_lc_prior_draw(struct orr_rng *rng, double *t, double *y, enum orr_lc_direction *direction);

/* ---- blocks that the networks share: blocks.c ---- */
void orr_lc_add_linear(struct orr_params *p, const char *name, int out, int in, double gain, struct orr_rng *rng);
/* Parameters i (weight) and i + 1 (bias) of p. */
struct orr_var *orr_lc_linear(const struct orr_params *p, size_t i, struct orr_var *x, enum orr_activation act);
/* Four tensors of a GRU or LSTM of `gates` times `hidden`. */
void orr_lc_add_recurrent(struct orr_params *p, const char *name, int gates, int hidden, int in, struct orr_rng *rng);
/* The observed points read by a GRU, and the context beside its last state: (n, hidden + CONTEXT). */
struct orr_var *orr_lc_encode(const struct orr_params *p, size_t gru, struct orr_tape *t, const struct orr_lc_batch *b);
/* A state per knot (n, KNOTS, d) -> mean and log scale through a linear layer at parameter i of 2 outputs. */
struct orr_lc_output orr_lc_decode(const struct orr_params *p, size_t i, struct orr_var *states);
/* Draws from N(0, 1), (n, d). Forecasts use the same ones for every row, so that a curve does not depend on its company. */
struct orr_var *orr_lc_normal(struct orr_tape *t, struct orr_shape shape, bool training, struct orr_rng *rng);

#endif
