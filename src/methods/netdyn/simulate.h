/* Synthetic networks and their trajectories, in the settings of arXiv 2412.18734 and away from them. */
#ifndef ORRERY_METHODS_NETDYN_SIMULATE_H
#define ORRERY_METHODS_NETDYN_SIMULATE_H

#include "methods/netdyn/dynamics.h"
#include "methods/netdyn/series.h"

enum orr_network_shift {
    ORR_SHIFT_NONE,
    ORR_SHIFT_START,   /* x0 ~ N(6, 1); epidemics: a few infected; phases: N(6, 1) */
    ORR_SHIFT_WEIGHTS, /* U(2, 3) instead of U(.5, 1.5) */
    ORR_SHIFT_DEGREE,  /* twice the neighbours */
    ORR_SHIFTS
};
extern const char *const orr_shift_names[ORR_SHIFTS]; /* "none", "start", "weights", "degree" */

struct orr_network_options {
    enum orr_dynamics dynamics;
    enum orr_topology topology;
    enum orr_network_shift shift;
    size_t nodes, points; /* 100 and 200 equally spaced on [0, 5] (mutualistic: [0, 2]) */
    double noise;         /* of observation: standard deviation as a share of the standard deviation of all states */
    uint64_t seed, item;  /* one stream for each item: the same whatever else is drawn */
};
struct orr_network_options orr_network_defaults(void);
double orr_dynamics_span(enum orr_dynamics kind); /* 5 or 2 */

/* Graph, node parameters and start. x0 has nodes numbers. EINVAL, ENOMEM. */
enum orr_status orr_system_draw(const struct orr_network_options *o, struct orr_system *out, double *x0,
                                struct orr_error *err);
/* A system solved by Dormand-Prince (rtol 1e-6) with noise on it. system may be NULL: thrown away. ECANCELLED. */
enum orr_status orr_network_simulate(const struct orr_network_options *o, const struct orr_ticker *ticker,
                                     struct orr_system *system, struct orr_nodes *out, struct orr_error *err);

#endif
