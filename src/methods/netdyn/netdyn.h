/* Forecasting the states of a network's nodes from a short window, mostly without knowing its edges: the method `netdyn`
 * (arXiv 2412.18734), its ablations, and what it has to beat. All through one interface: fit on whole series, then forecast
 * other ones from their first points. */
#ifndef ORRERY_METHODS_NETDYN_NETDYN_H
#define ORRERY_METHODS_NETDYN_NETDYN_H

#include <orrery/method.h>
#include <orrery/params.h>

#include "methods/netdyn/dynamics.h"
#include "methods/netdyn/series.h"

enum {
    ORR_NODES_GRID = 12,   /* horizons that networks are trained and calibrated at */
    ORR_NODES_WINDOW = 25, /* points observed, as published */
    ORR_NODES_AHEAD = 175, /* points forecast, as published */
};

/* A series and what else is known of it. Borrowed. */
struct orr_nodes_case {
    const struct orr_nodes *x;
    const struct orr_graph *graph;   /* true-graph needs it; NULL: unknown */
    const struct orr_system *system; /* svd-lasso: the equations, but not the graph; NULL: unknown */
};

struct orr_nodes_options {
    size_t window, ahead; /* points observed and points after them that a fit looks at */
    size_t windows;       /* windows that a fit takes from each series at most, spread evenly */
    int epochs;           /* passes over the windows; 0: the method's own number */
    size_t batch;         /* windows per step */
    size_t near;          /* latent edges per node; 0: all pairs */
    double jitter;       /* noise added to windows of a fit: standard deviations up to this share of the window's own */
    double late;         /* share of a fit's windows that begin later, up to half of `ahead` */
    const char *without; /* netdyn-law: a coupling that it does not know, for ablations; NULL: none. Borrowed */
    double seconds;      /* no step begins after so long; 0: no limit (the result depends on time else) */
    uint64_t seed;
};
struct orr_nodes_options orr_nodes_defaults(void); /* as published; jitter .03, late .3 */

struct orr_nodes_method;
/* A fitted method. */
struct orr_nodes_model {
    const struct orr_nodes_method *method;
    struct orr_nodes_options o;
    struct orr_params params; /* empty: nothing is learned from other series */
    enum orr_outcome outcome;
    double gain;       /* of the decoder: root mean square of what a fit's targets are, in nodes' units */
    double validation; /* loss on the series held back; NaN: none were */
    double
        spread[ORR_NODES_GRID]; /* 90% quantile of |error| in units of a node's scale at each horizon; NaN: not known */
};
void orr_nodes_model_free(struct orr_nodes_model *m); /* NULL-safe */

/* Fits on whole series, the last fifth of which (where there are five) is held back to choose the best epoch and to
 * calibrate on. Methods that learn nothing take no series. EINVAL: series too short, or of a kind that the method cannot
 * use. ORR_ECANCELLED: *out is the best so far, or NULL. O(epochs windows n^2), or n near with `near`. */
enum orr_status orr_nodes_fit(const struct orr_nodes_method *method, const struct orr_nodes_case *cases, size_t n_cases,
                              const struct orr_nodes_options *o, const struct orr_ticker *ticker,
                              struct orr_nodes_model **out, struct orr_error *err);

/* What was inferred of the edges: node i feels index[i * k + m] with weight[i * k + m]; index NULL: k = n, all in order. */
struct orr_latent_edges {
    size_t n, k;
    int32_t *index;
    float *weight;
};
void orr_latent_edges_free(struct orr_latent_edges *e);
/* Area under the ROC curve of |weight| for telling edges of `truth` from other pairs; pairs that were not looked at count
 * as 0. NaN without edges or without other pairs. O(n^2 log n). */
double orr_latent_edges_auc(const struct orr_latent_edges *e, const struct orr_graph *truth);

struct orr_nodes_forecast {
    size_t n, ahead;
    double *mean, *half; /* (ahead, n): forecast and half width of its 90% interval (NaN where not calibrated) */
    struct orr_latent_edges edges; /* n 0: the method infers none */
    const char *coupling;          /* netdyn-law: how nodes act on each other, as found; NULL: not said */
    double misfit; /* netdyn-law: about 1 where a law holds, far more where none of several does; else 0 */
    enum orr_outcome outcome;
};
void orr_nodes_forecast_free(struct orr_nodes_forecast *f);
/* Forecasts the `ahead` points after the last one of c->x, from its last o.window points (fixed methods: all of them).
 * EINVAL: too few points; ENOMEM; ECANCELLED. Free *out also after an error. */
enum orr_status orr_nodes_run(const struct orr_nodes_model *m, const struct orr_nodes_case *c, size_t ahead,
                              const struct orr_ticker *ticker, struct orr_nodes_forecast *out, struct orr_error *err);

/* Adds what `other`, a fit of netdyn-law, has found to m, another one: each window is then forecast by the law that makes it
 * the most likely. False: m is full, or one of them is of another method. */
bool orr_nodes_join(struct orr_nodes_model *m, const struct orr_nodes_model *other);
/* The spread of m anew, from the last fifth of the series. */
enum orr_status orr_nodes_calibrate(struct orr_nodes_model *m, const struct orr_nodes_case *cases, size_t n_cases,
                                    const struct orr_ticker *ticker, struct orr_error *err);

/* safetensors with the settings as metadata. */
enum orr_status orr_nodes_save(const struct orr_nodes_model *m, const char *path, const char *made_by,
                               struct orr_error *err);
enum orr_status orr_nodes_load(const char *path, struct orr_nodes_model **out, struct orr_error *err);

extern const struct orr_method orr_nodes_law, orr_method_netdyn, orr_nodes_attention, orr_nodes_mean_field,
    orr_nodes_true_graph, orr_nodes_node, orr_nodes_lstm, orr_nodes_persistence, orr_nodes_ar, orr_nodes_var,
    orr_nodes_svd_lasso;
/* A method for node states, by name; NULL. */
const struct orr_nodes_method *orr_nodes_method_find(const char *name);
const char *orr_nodes_method_name(const struct orr_nodes_method *m);
bool orr_nodes_method_learns(const struct orr_nodes_method *m); /* from other series */
bool orr_nodes_method_needs_graph(const struct orr_nodes_method *m);

#endif
