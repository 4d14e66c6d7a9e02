/* Node states of networks: loading tables, forecasting them, and the graph that was inferred. Shared by `orrery forecast
 * network`, `orrery eval network` and views/network. */
#ifndef ORRERY_APP_NETWORK_H
#define ORRERY_APP_NETWORK_H

#include "app/app.h"
#include "base/intern.h"
#include "methods/netdyn/netdyn.h"
#include "methods/netdyn/simulate.h"

/* A table of node states: a row per time and a column per node, or rows of node, time and value. */
struct orr_network {
    size_t n, points;
    double *t;               /* [points] increasing: the time column, or 0, 1, 2, ... */
    double *x;               /* (points, n); NaN where there is no value */
    struct orr_intern names; /* nodes by number */
    struct orr_graph graph;  /* n 0: unknown */
    size_t gaps;             /* cells without a value */
    bool uneven;             /* times are not equally spaced */
};
void orr_network_free(struct orr_network *w);
/* Reads PATH and, where given, an edge list with columns to, from and maybe weight (1 where there is none). EFORMAT and EINVAL
 * name line and column: a row of another length, text or an infinity among numbers, times that do not increase, a node
 * without a value or named twice, an edge of an unknown node. Free *out also after an error. */
enum orr_status orr_network_load(const char *path, const char *edges, struct orr_network *out, struct orr_error *err);
/* The first `observe` times as an even series without gaps: straight lines between neighbouring values, the nearest value at
 * the ends, equal steps from the first to the last time. Later rows are not looked at. EINVAL names a node without a value
 * among them. */
enum orr_status orr_network_observe(const struct orr_network *w, size_t observe, struct orr_nodes *out,
                                    struct orr_error *err);
/* The value of a node at time t between rows first and last, as above; NaN where no known values enclose it. */
double orr_network_value(const struct orr_network *w, size_t node, size_t first, size_t last, double t);

/* A synthetic network with its edges; nodes are n0, n1, ...; its equations go to `system`, where that is not NULL. */
enum orr_status orr_network_draw(const struct orr_network_options *o, struct orr_network *out,
                                 struct orr_system *system, struct orr_error *err);

struct orr_network_query {
    const char *method, *dynamics; /* dynamics: the equations for svd-lasso; NULL: unknown */
    const char *model; /* a fitted model; NULL: the shipped one where it fits, else fitted to what was observed */
    bool fit;          /* fit to what was observed even where a model was shipped */
    bool never_fit;    /* EUNSUPPORTED instead of a fit: for a screen that does not wait */
    const struct orr_system *system; /* the equations themselves, for svd-lasso; NULL: dynamics */
    size_t observe;                  /* rows; 0: all */
    size_t horizon;                  /* rows ahead; 0: the rest of the table, or as many as were observed */
    int epochs;                      /* of a fit; 0: the method's own */
    size_t near;                     /* latent edges per node; 0: all up to 2000 nodes, else 32 */
    uint64_t seed;
};
struct orr_network_query orr_network_query_defaults(void);

struct orr_network_forecast {
    const char *method, *fitted; /* fitted: "no fit", "the observed rows", or the model's file; owned */
    size_t observed, horizon;
    double t0, step; /* time of the last observed point; distance of horizons */
    struct orr_nodes_forecast f;
    double *truth;    /* (horizon, n) where the table goes on, else NaN */
    double mae, rmse; /* over known truths; NaN without */
    double auc;       /* of the latent edges; NaN without edges */
    double seconds;
    uint64_t seed;
};
void orr_network_forecast_free(struct orr_network_forecast *f);
/* EINVAL: unknown method, too few rows, no edges for true-graph; ECANCELLED. Free *out also after an error. */
enum orr_status orr_network_predict(const struct orr_network *w, const struct orr_network_query *q,
                                    const struct orr_ticker *ticker, struct orr_network_forecast *out,
                                    struct orr_error *err);
/* One object per node, as an array. */
void orr_network_json(const struct orr_network *w, const struct orr_network_forecast *f, struct orr_str *out);
/* One row per node. Zero-initialise *t before. */
void orr_network_table(const struct orr_network *w, const struct orr_network_forecast *f, struct orr_table *t);
/* The strongest latent edges, strongest first: their number, at most `most`. */
struct orr_network_edge {
    double weight;
    size_t to, from;
};
size_t orr_network_strongest(const struct orr_network_forecast *f, size_t most, struct orr_network_edge *out);
/* The `most` strongest latent edges as rows to, from, weight and, where edges are known, true. */
void orr_network_edge_table(const struct orr_network *w, const struct orr_network_forecast *f, size_t most,
                            struct orr_table *t);
/* A file, its kind by the extension: the table, or a picture of the states as they were, as forecast, and the error. */
enum orr_status orr_network_export(const struct orr_network *w, const struct orr_network_forecast *f, const char *path,
                                   const struct orr_ticker *ticker, struct orr_error *err);

#endif
