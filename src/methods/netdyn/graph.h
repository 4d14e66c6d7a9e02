/* Directed weighted graphs in rows of receivers, and the families that networks are drawn from. */
#ifndef ORRERY_METHODS_NETDYN_GRAPH_H
#define ORRERY_METHODS_NETDYN_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/rng.h>

/* A_ij > 0: node i feels node j. */
struct orr_graph {
    size_t n, m;    /* nodes, edges */
    size_t *row;    /* [n + 1]: the edges into node i are row[i]..row[i + 1] */
    int32_t *from;  /* [m] ascending within a row */
    double *weight; /* [m] */
};
void orr_graph_free(struct orr_graph *g); /* NULL-safe; zeroes */

struct orr_edge {
    int32_t to, from;
    double weight;
};
/* Sorts the edges; an edge given twice keeps the last weight. EINVAL names the first edge that leaves 0..n. O(m log m). */
enum orr_status orr_graph_build(size_t n, struct orr_edge *edges, size_t m, struct orr_graph *out,
                                struct orr_error *err);
/* A_ij, 0 where there is no edge. O(log degree). */
double orr_graph_weight(const struct orr_graph *g, size_t to, size_t from);

enum orr_topology {
    ORR_ERDOS_RENYI,     /* every pair with the same probability */
    ORR_BARABASI_ALBERT, /* each new node joins m old ones in proportion to their degree (Barabasi and Albert 1999) */
    ORR_COMMUNITY,       /* four blocks, joined .25 within and .1 between (at 100 nodes) */
    ORR_WATTS_STROGATZ,  /* a ring whose edges are rewired with probability .1 (Watts and Strogatz 1998) */
    ORR_TOPOLOGIES
};
extern const char *const orr_topology_names[ORR_TOPOLOGIES]; /* "er", "ba", "community", "ws" */

struct orr_graph_options {
    enum orr_topology topology;
    size_t nodes;     /* at least 2 */
    double density;   /* multiplies the number of neighbours; 1 is the default */
    double low, high; /* weights are uniform on it, drawn for each direction */
};
/* Mean degrees do not grow with n: 8 (er, ba, ws) and about 13 (community) at density 1. O(n + m). ENOMEM, EINVAL. */
enum orr_status orr_graph_draw(const struct orr_graph_options *o, struct orr_rng *rng, struct orr_graph *out,
                               struct orr_error *err);

#endif
