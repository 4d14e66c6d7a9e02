/* The tasks of `orrery eval network`: synthetic networks, seven dynamics on four families of graphs. */
#ifndef ORRERY_APP_EVAL_NETWORK_H
#define ORRERY_APP_EVAL_NETWORK_H

#include "app/eval.h"
#include "app/shards.h"
#include "methods/netdyn/netdyn.h"
#include "methods/netdyn/simulate.h"

struct orr_eval_network_options {
    bool quick;
    uint64_t seed;
    int seeds; /* of learned methods; 0: five, one when quick */
    int threads;
    size_t nodes;  /* 0: 100, 40 when quick */
    size_t series; /* per family to learn from; 0: 100, 30 when quick */
    size_t tests;  /* per family and setting; 0: 20, 8 when quick */
    int epochs;    /* 0: as published (80), 20 when quick */
    const char *const *dynamics, *const *topologies, *const *methods; /* only these; n 0: all */
    size_t n_dynamics, n_topologies, n_methods;
    const char
        *retrain; /* folder that receives the shipped models, fitted on all dynamics and families; NULL: none */
    struct orr_shards *shards; /* NULL: all here */
};
/* ORR_ECANCELLED: stopped, *out has the dynamics that were finished. */
enum orr_status orr_eval_network(const struct orr_eval_network_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval *out, struct orr_error *err);

#endif
