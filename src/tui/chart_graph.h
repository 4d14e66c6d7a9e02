/* A graph on a circle of nodes. */
#ifndef ORRERY_TUI_CHART_GRAPH_H
#define ORRERY_TUI_CHART_GRAPH_H

#include <stddef.h>

#include "tui/canvas.h"

struct orr_ring_edge {
    size_t a, b;
    int color; /* 1..8, as series of charts */
};
/* Nodes 0..n) go round clockwise from the top; edges are drawn in their order, later ones above. */
void orr_ring_draw(struct orr_canvas *c, struct orr_rect r, size_t n, const struct orr_ring_edge *edges,
                   size_t n_edges);

#endif
