#include "tui/chart_graph.h"

#include <math.h>

#include "tui/chart_plane.h"

void orr_ring_draw(struct orr_canvas *c, struct orr_rect r, size_t n, const struct orr_ring_edge *edges, size_t n_edges)
{
    if (r.w < 2 || r.h < 2 || !n) return;
    struct orr_plane plane;
    orr_plane_init(&plane, c, r);
    /* Cells are about twice as tall as wide: a dot's height in widths is 2 dx / dy. */
    const double aspect = 2.0 * plane.dx / plane.dy, middle_x = (plane.columns - 1) / 2.0,
                 middle_y = (plane.rows - 1) / 2.0;
    const double radius = fmin(middle_x, middle_y * aspect), turn = 2 * acos(-1) / (double)n;
    for (size_t k = 0; k < n_edges; k++) {
        const double a = turn * (double)edges[k].a, b = turn * (double)edges[k].b;
        int phase = 0;
        orr_plane_line(&plane, middle_x + radius * sin(a), middle_y - radius / aspect * cos(a),
                       middle_x + radius * sin(b), middle_y - radius / aspect * cos(b), edges[k].color, ORR_DASH_SOLID,
                       &phase);
    }
    for (size_t i = 0; i < n && n <= 60; i++)
        orr_plane_marker(&plane, middle_x + radius * sin(turn * (double)i),
                         middle_y - radius / aspect * cos(turn * (double)i), 1);
    orr_plane_show(&plane, c);
    orr_plane_free(&plane);
}
