#include "image/studio.h"

#include <math.h>

const char *const orr_shape_names[ORR_SHAPE_KINDS] = {"disc", "ring",  "square",   "triangle",
                                                      "star", "cross", "crescent", "hexagon"};

/* Two arcs between the same tips: of the unit circle, and of a smaller one whose centre is moved to the right. */
static void crescent(struct orr_path *p)
{
    enum { STEPS = 24 };
    const double tip = 0.75, centre = 0.43, radius = hypot(cos(tip) - centre, sin(tip));
    const double inner_tip = atan2(sin(tip), cos(tip) - centre);
    for (int k = 0; k <= STEPS; k++) {
        const double a = tip + (2 * M_PI - 2 * tip) * k / STEPS;
        (k ? orr_path_line : orr_path_move)(p, cos(a), sin(a));
    }
    for (int k = STEPS - 1; k > 0; k--) {
        const double a = inner_tip + (2 * M_PI - 2 * inner_tip) * k / STEPS;
        orr_path_line(p, centre + radius * cos(a), radius * sin(a));
    }
}

void orr_shape_path(struct orr_path *p, enum orr_shape_kind kind)
{
    static const struct orr_point cross[12] = {{-0.32, -1}, {0.32, -1}, {0.32, -0.32}, {1, -0.32}, {1, 0.32}, {0.32, 0.32},
                                               {0.32, 1}, {-0.32, 1}, {-0.32, 0.32}, {-1, 0.32}, {-1, -0.32}, {-0.32, -0.32}};
    switch (kind) {
    case ORR_SHAPE_DISC: orr_path_ellipse(p, 0, 0, 0.95, 0.95); break;
    case ORR_SHAPE_RING:
        orr_path_ellipse(p, 0, 0, 1, 1);
        orr_path_ellipse(p, 0, 0, 0.55, 0.55);
        break;
    case ORR_SHAPE_SQUARE: orr_path_regular(p, 4, 0, 0, 1.15, M_PI / 4); break;
    case ORR_SHAPE_TRIANGLE: orr_path_regular(p, 3, 0, 0, 1.2, -M_PI / 2); break;
    case ORR_SHAPE_STAR: orr_path_star(p, 5, 0, 0, 1.2, 0.5, -M_PI / 2); break;
    case ORR_SHAPE_CROSS: orr_path_polygon(p, cross, 12); break;
    case ORR_SHAPE_CRESCENT: crescent(p); break;
    case ORR_SHAPE_HEXAGON: orr_path_regular(p, 6, 0, 0, 1.05, 0); break;
    default: break;
    }
}
