/* The architecture of a network as a graph with features on its nodes: what the encoder of curve-ode looks at. */
#ifndef ORRERY_METHODS_CURVE_GRAPH_H
#define ORRERY_METHODS_CURVE_GRAPH_H

#include <stddef.h>

#include <orrery/error.h>

enum {
    ORR_LC_NODES = 40,    /* a longer graph is read up to here: edges to what lies beyond are left out */
    ORR_LC_FEATURES = 22, /* numbers per node */
};

struct orr_lc_graph {
    int n; /* nodes */
    float feature[ORR_LC_NODES][ORR_LC_FEATURES];
    float link[ORR_LC_NODES][ORR_LC_NODES]; /* rows of A + A^T + I / 2 divided by their sums */
};

/* From the JSON that the store keeps with a run: {"nodes":[{"id","op","width","activation","dropout"}],"edges":[[a,b]]}.
 * EFORMAT names what is missing or out of range. */
enum orr_status orr_lc_graph_parse(const char *where, const char *json, struct orr_lc_graph *out,
                                   struct orr_error *err);

/* How a network was trained; NaN or "": not known. */
struct orr_lc_settings {
    double rate, batch, weight_decay;
    const char *optimiser, *schedule;
};
/* The configuration instead of the graph: a node of settings, and one that says how many layers there are of each kind and how
 * wide the widest is, but not how they are joined. */
void orr_lc_graph_configuration(const struct orr_lc_graph *g, const struct orr_lc_settings *s, struct orr_lc_graph *out);
/* The graph with a node of settings more, which no edge joins to it. */
void orr_lc_graph_with_settings(const struct orr_lc_graph *g, const struct orr_lc_settings *s, struct orr_lc_graph *out);

#endif
