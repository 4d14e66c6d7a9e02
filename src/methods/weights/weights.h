/* Forecasting the weights of a network in training: flow matching, farcasting, and what they have to beat. All through one
 * interface: fit on whole runs, then forecast tensors block by block, so that memory is bounded by the block. */
#ifndef ORRERY_METHODS_WEIGHTS_WEIGHTS_H
#define ORRERY_METHODS_WEIGHTS_WEIGHTS_H

#include <orrery/method.h>
#include <orrery/ode.h>
#include <orrery/params.h>

#include "methods/weights/trajectory.h"

enum {
    ORR_WEIGHTS_HORIZONS = 10, /* equal steps from the last observed snapshot to the end: the horizon of learned maps */
    ORR_WEIGHTS_FRACTIONS = 3,
};
extern const double orr_weights_fractions[ORR_WEIGHTS_FRACTIONS]; /* 0.1, 0.2, 0.4: what is trained for */

struct orr_weights_options {
    double fraction;    /* observed part of training that the model is for; 0: all of orr_weights_fractions */
    double lambda;      /* farcast: weight of L_grad */
    bool published;     /* farcast: the published form, three numbers per horizon step */
    bool optimiser;     /* flow: the field knows the optimiser and its learning rate */
    bool moments;       /* flow: and its direction by its moments, where they were recorded */
    double endpoint;    /* flow: weight of the error of the integrated path beside that of the velocity */
    enum orr_ode_method solver; /* flow */
    int steps;          /* networks: optimiser steps of the fit; 0: as many as the method is used to */
    double seconds;     /* networks: no step begins after so long; 0: no limit (the result depends on time else) */
    uint64_t seed;
};
struct orr_weights_options orr_weights_defaults(void);

struct orr_weights_method;
/* A fitted method. */
struct orr_weights_model {
    const struct orr_weights_method *method;
    struct orr_weights_options o;
    size_t points;            /* equally spaced snapshots that it looks at; 0: whatever was observed */
    struct orr_params params; /* empty: nothing is learned */
    enum orr_outcome outcome;
    double validation;        /* loss on the runs held back; NaN: none were */
    /* 90% quantile of |error| in units of the tensor's scale, for each fraction, at each horizon, on the runs held back.
     * NaN: not calibrated. */
    double spread[ORR_WEIGHTS_FRACTIONS][ORR_WEIGHTS_HORIZONS];
};
void orr_weights_model_free(struct orr_weights_model *m); /* NULL-safe */

/* Fits `method` on whole runs; the last fifth of them is held back to stop and to calibrate on. Methods without parameters
 * are only calibrated; set may then be NULL. ORR_ECANCELLED: *out is the best so far (or NULL when there is none). */
enum orr_status orr_weights_fit(const struct orr_weights_method *method, const struct orr_weights_set *set,
                                const struct orr_weights_options *o, const struct orr_ticker *ticker,
                                struct orr_weights_model **out, struct orr_error *err);

/* What flow-loss is tuned on: courses (a run as seen up to some time) of networks whose loss can be asked for. */
struct orr_weights_judge {
    void *ctx;
    size_t courses; /* in an order without meaning: the last fifth is held back to stop on */
    size_t (*tensors)(void *ctx, size_t course); /* how many it has */
    /* What was observed of a tensor, all of it added, and *w (o->n + o->terms, weights), which the caller frees. */
    bool (*observe)(void *ctx, size_t course, size_t tensor, struct orr_observed *o, float **w);
    /* Loss of the course's network with these weights, tensor by tensor, on samples drawn by `batch`, and its gradient (NULL:
     * not wanted), laid out alike. Anything that is not finite: no loss. */
    double (*loss)(void *ctx, size_t course, float *const *weights, float *const *gradient, uint64_t batch);
};
/* Makes a fitted flow a flow-loss, or goes on with one; steps 0: as many as it is used to. It has no spread any more.
 * EUNSUPPORTED for other methods, EINVAL for too few courses; ORR_ECANCELLED: m is the best so far. */
enum orr_status orr_weights_tune(struct orr_weights_model *m, const struct orr_weights_judge *judge, int steps,
                                 const struct orr_ticker *ticker, struct orr_error *err);
bool orr_weights_method_tuned(const struct orr_weights_method *m); /* a fit alone is not all of it: flow-loss */

/* Forecasts a block of `count` weights, w (o->n + o->terms, count), at times t_ahead[0..n_ahead), increasing, each after the last
 * observed one: mean (n_ahead, count), and the half width of a 90% interval, spread (n_ahead), NaN where the model was not
 * calibrated; may be NULL. o has seen the whole tensor. Blocks do not influence each other. EINVAL: too few snapshots for
 * the method; ECANCELLED. */
enum orr_status orr_weights_forecast(const struct orr_weights_model *m, const struct orr_observed *o, const float *w,
                                     size_t count, size_t n_ahead, const double *t_ahead, float *mean, double *spread,
                                     const struct orr_ticker *ticker, struct orr_error *err);

/* The velocity dw/dt (count) that the method's field gives at weights `at` (count) and time t, from the last observed one on;
 * w (o->n + o->terms, count) is what was observed of them. EUNSUPPORTED: the method has no field. */
enum orr_status orr_weights_velocity(const struct orr_weights_model *m, const struct orr_observed *o, const float *w,
                                     size_t count, const float *at, double t, float *velocity, struct orr_error *err);
bool orr_weights_method_has_field(const struct orr_weights_method *m);

/* safetensors with the settings as metadata. */
enum orr_status orr_weights_save(const struct orr_weights_model *m, const char *path, const char *made_by,
                                 struct orr_error *err);
enum orr_status orr_weights_load(const char *path, struct orr_weights_model **out, struct orr_error *err);

extern const struct orr_method orr_method_flow, orr_method_flow_loss, orr_method_farcast, orr_weights_persistence,
    orr_weights_linear, orr_weights_quadratic, orr_weights_dmd, orr_weights_dlinear, orr_weights_nlinear, orr_weights_lstm,
    orr_weights_transformer, orr_weights_introspection, orr_weights_wnn;
/* A method for trajectories, by name; NULL. */
const struct orr_weights_method *orr_weights_method_find(const char *name);
const char *orr_weights_method_name(const struct orr_weights_method *m);
bool orr_weights_method_learns(const struct orr_weights_method *m);

#endif
