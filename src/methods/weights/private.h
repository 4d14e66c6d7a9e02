/* What a method for weights is made of: either coefficients on the observed snapshots or a network over rows. */
#ifndef ORRERY_METHODS_WEIGHTS_PRIVATE_H
#define ORRERY_METHODS_WEIGHTS_PRIVATE_H

#include <orrery/ops.h>

#include "methods/weights/weights.h"
#include "num/solve.h"

/* One weight of a whole run as seen from grid point n, in units of the tensor's scale from the value there. */
struct orr_weights_sample {
    const float *z;  /* [ORR_WEIGHTS_GRID + 1], z[n] = 0 */
    int n;
};

/* A block in the same units, observed at `points` equally spaced times. */
struct orr_weights_block {
    const struct orr_observed *observed;
    size_t count, points;
    const float *z;  /* (points, count); the last row is 0 */
    const float *w;  /* (count): the last observed values */
    const float *term;  /* (count): the optimiser's direction, or NULL */
    double scale;
    double gram[(ORR_WEIGHTS_GRID + 1) * (ORR_WEIGHTS_GRID + 1)]; /* (points, points) of the tensor */
};

/* A network from the observed values of a weight to its future: (B, width) rows -> (B, outputs), by a Huber loss. */
struct orr_weights_net {
    int (*width)(size_t points);
    int outputs;
    void (*build)(struct orr_params *p, size_t points, struct orr_rng *rng);
    struct orr_var *(*forward)(const struct orr_params *p, struct orr_var *x, size_t points);
    /* One training row. */
    void (*row)(const struct orr_weights_model *m, const struct orr_weights_sample *s, struct orr_rng *rng, float *x, float *y);
};

struct orr_weights_method {
    const struct orr_method *face;
    size_t least;       /* snapshots it needs */
    bool any_fraction;  /* one model serves all fractions */
    size_t points;      /* equally spaced snapshots that it looks at; 0: those of its fraction, or just what there is */
    int steps;          /* of the optimiser in a usual fit; 0: no network */
    /* Linear methods: c (n_ahead, o->n + 1), the forecast being sum_j c_j w_j + c_n. NULL: see `forecast`. */
    void (*coefficients)(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                         double *c);
    /* z (n_ahead, count) at tau[0..n_ahead), 0 the last observed time and 1 the end of training. */
    enum orr_status (*forecast)(const struct orr_weights_model *m, const struct orr_weights_block *b, size_t n_ahead,
                                const double *tau, float *z, struct orr_tape *tape, const struct orr_ticker *ticker,
                                struct orr_error *err);
    /* dz/dtau (count) at z (count); NULL: the method is no field. */
    enum orr_status (*velocity)(const struct orr_weights_model *m, const struct orr_weights_block *b, double tau,
                                const float *z, float *dz, struct orr_tape *tape, struct orr_error *err);
    /* NULL: nothing to learn. runs: only those below it, the others are held back. */
    enum orr_status (*learn)(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                             const struct orr_ticker *ticker, struct orr_error *err);
    void (*build)(struct orr_weights_model *m, struct orr_rng *rng); /* tensors of params for `learn`; NULL: none */
    const struct orr_weights_net *net; /* `learn` is orr_network_learn */
};

/* Grid point of a fraction, 1..ORR_WEIGHTS_GRID - 1. */
int orr_weights_grid_point(double fraction);
/* Value of a weight's trajectory w (grid) at grid position x, piecewise linear. */
double orr_grid_value(const float *w, double x);

/* model.c: a model with its tensors, as drawn or zero. */
struct orr_weights_model *orr_weights_model_new(const struct orr_weights_method *method, const struct orr_weights_options *o);

/* network.c */
void orr_network_build(struct orr_weights_model *m, struct orr_rng *rng);
enum orr_status orr_network_learn(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                                  const struct orr_ticker *ticker, struct orr_error *err);
/* AdamW with a cosine schedule and clipped gradients over m->o.steps (or until m->o.seconds are over), keeping the parameters
 * that were best by `check`. */
struct orr_descent {
    void *ctx;
    struct orr_var *(*loss)(void *ctx, struct orr_tape *tape);  /* of a fresh batch */
    double (*check)(void *ctx, struct orr_tape *tape);          /* on what was held back; NULL: the last are kept */
    double rate, decay;
};
enum orr_status orr_network_descend(struct orr_weights_model *m, const struct orr_descent *d, const struct orr_ticker *ticker,
                                    struct orr_error *err);
/* Rows in batches through the network without gradients: x (count, width) -> y (count, outputs). */
void orr_network_run(const struct orr_weights_model *m, struct orr_tape *tape, const float *x, size_t count, float *y);
/* Networks that look at the observed points and give ORR_WEIGHTS_DIRECT values at equally spaced tau. */
enum { ORR_WEIGHTS_DIRECT = 5 };
void orr_direct_row(const struct orr_weights_model *m, const struct orr_weights_sample *s, struct orr_rng *rng, float *x,
                    float *y);
int orr_direct_width(size_t points);
enum orr_status orr_direct_forecast(const struct orr_weights_model *m, const struct orr_weights_block *b, size_t n_ahead,
                                    const double *tau, float *z, struct orr_tape *tape, const struct orr_ticker *ticker,
                                    struct orr_error *err);

#endif
