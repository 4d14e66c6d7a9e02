/* The small networks whose trajectories tests/data/netdyn_cvode.c had CVODE solve. */
#ifndef ORRERY_TESTS_AID_NETDYN_H
#define ORRERY_TESTS_AID_NETDYN_H

#include "methods/netdyn/simulate.h"

enum { AID_NETDYN_NODES = 20, AID_NETDYN_TIMES = 6 };

static inline struct orr_network_options aid_netdyn_options(int kind)
{
    struct orr_network_options o = orr_network_defaults();
    o.dynamics = (enum orr_dynamics)kind;
    o.topology = (enum orr_topology)(kind % ORR_TOPOLOGIES);
    o.nodes = AID_NETDYN_NODES;
    o.points = AID_NETDYN_TIMES;
    o.seed = 7;
    return o;
}

#endif
