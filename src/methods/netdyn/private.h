/* What a method for node states is made of: either a rule on the window alone or a network over nodes. */
#ifndef ORRERY_METHODS_NETDYN_PRIVATE_H
#define ORRERY_METHODS_NETDYN_PRIVATE_H

#include <orrery/ops.h>

#include "methods/netdyn/netdyn.h"

enum { ORR_NODES_EXTRA = 4 }; /* features besides the window's points */

/* Horizon k of the training grid as a share of `ahead`: (k / GRID)^1.5, k 0..GRID; denser where transients still run. */
double orr_nodes_grid(int k);

/* Windows in a node's own units: y = last + scale z. */
struct orr_nodes_batch {
    size_t batch, n;        /* windows, nodes of each */
    float *features;        /* (batch, n, window + EXTRA) */
    float *last, *scale;    /* (batch, n) */
    float *unit;            /* (batch): the series' own scale, by which errors are weighed */
    float *target, *weight; /* (batch, GRID, n) z at the grid's horizons and scale / unit; NULL when forecasting */
    const struct orr_graph **graph; /* [batch] */
};

/* A network over the nodes of a batch. */
struct orr_nodes_net {
    void (*build)(struct orr_params *p, const struct orr_nodes_options *o, struct orr_rng *rng);
    /* z at n_tau increasing shares of `ahead` (tau[0] > 0), as n_tau variables of (batch, n, 1). index (batch, n, near):
     * the pairs to look at, NULL: all. edges (may be NULL) receives their weights (batch, n, k), or NULL. */
    void (*forward)(const struct orr_nodes_model *m, struct orr_tape *tape, const struct orr_nodes_batch *b,
                    const int32_t *index, int n_tau, const double *tau, struct orr_var **z, struct orr_var **edges);
    int epochs;
    bool latent, graph; /* has latent edges; needs the true ones */
    bool horizons;      /* knows the grid's horizons only */
};

struct orr_nodes_method {
    const struct orr_method *face;
    size_t least;                    /* points it needs */
    bool graph;                      /* cannot do without the true edges */
    const struct orr_nodes_net *net; /* NULL: law or window */
    bool law;                        /* learns an equation: law.h */
    /* Forecast from all of c->x; mean (ahead, n). edges may be filled. */
    enum orr_status (*window)(const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker,
                              double *mean, struct orr_latent_edges *edges, struct orr_error *err);
};

/* scale.c: one window of x from `start` on, with noise of `jitter` times the window's standard deviation on it (rng may be NULL
 * for none). Targets are read at start + window - 1 + grid horizons where wanted; those after the end weigh 0. */
void orr_nodes_scale(const struct orr_nodes *x, size_t start, const struct orr_nodes_options *o, double jitter,
                     struct orr_rng *rng, size_t at, struct orr_nodes_batch *b);
/* Memory for `batch` windows of n nodes; false: none. */
bool orr_nodes_batch_alloc(struct orr_nodes_batch *b, size_t batch, size_t n, const struct orr_nodes_options *o,
                           bool targets);
void orr_nodes_batch_free(struct orr_nodes_batch *b);
/* Scale of every node of a window (n). */
void orr_nodes_scales(const struct orr_nodes *x, size_t start, size_t window, double *last, double *scale,
                      double *unit);

/* near.c: index (batch, n, k) of nodes that behaved alike in the window (half of them) and of others drawn at random.
 * O(n log n). */
void orr_nodes_near(const struct orr_nodes_batch *b, size_t features, size_t k, int32_t *index);

/* train.c: the windows of a fit, by case and start; from `kept` on they are held back. */
struct orr_nodes_windows {
    size_t n, kept;
    struct orr_nodes_place {
        size_t item, start;
    } * place;
};
enum orr_status orr_nodes_windows(const struct orr_nodes_case *cases, size_t n_cases, const struct orr_nodes_options *o,
                                  struct orr_nodes_windows *out, struct orr_error *err); /* the caller frees place */
enum orr_status orr_nodes_train(struct orr_nodes_model *m, const struct orr_nodes_case *cases,
                                const struct orr_nodes_windows *w, const struct orr_ticker *ticker,
                                struct orr_error *err);
/* model.c: a model with its tensors as drawn. */
struct orr_nodes_model *orr_nodes_model_new(const struct orr_nodes_method *method, const struct orr_nodes_options *o);

#endif
