/* Private to eval_network*.c: one dynamics with its series, methods and scores. */
#ifndef ORRERY_APP_EVAL_NETWORK_PANEL_H
#define ORRERY_APP_EVAL_NETWORK_PANEL_H

#include "app/eval_network.h"

enum {
    ORR_PANEL_NOISES = 3,
    ORR_PANEL_ARMS = 12,
    ORR_PANEL_SEEDS = 5,
    /* Settings: tests on each family (the one learned from is "in"), then shifts, then noise. */
    ORR_PANEL_SETTINGS = ORR_TOPOLOGIES + (ORR_SHIFTS - 1) + ORR_PANEL_NOISES,
};
enum { ORR_PANEL_MAE, ORR_PANEL_RMSE, ORR_PANEL_AUC, ORR_PANEL_METRICS };
enum {
    ORR_ARM_LAW,
    ORR_ARM_LAW_OTHER, /* does not know the coupling that the series were made with */
    ORR_ARM_NETDYN,
    ORR_ARM_ATTENTION,
    ORR_ARM_MEAN_FIELD,
    ORR_ARM_TRUE,
    ORR_ARM_NODE,
    ORR_ARM_LSTM,
    ORR_ARM_LASSO,
    ORR_ARM_VAR,
    ORR_ARM_AR,
    ORR_ARM_PERSISTENCE
};
extern const char *const orr_panel_arms[ORR_PANEL_ARMS];

/* Series of one family in one setting. */
struct orr_panel_set {
    size_t n;
    struct orr_system *system; /* [n] */
    struct orr_nodes *x;       /* [n] */
    struct orr_nodes_case *item;
};
struct orr_panel {
    const struct orr_eval_network_options *o;
    enum orr_dynamics dynamics;
    size_t nodes, series, tests, seeds;
    bool wanted[ORR_PANEL_ARMS], family[ORR_TOPOLOGIES];
    struct orr_panel_set train[ORR_TOPOLOGIES],
        test[ORR_TOPOLOGIES][ORR_PANEL_SETTINGS]; /* a family's own; "on" share these */
    double *score;                                /* (families, settings, arms, seeds, tests, metrics); NaN: none */
    double *seconds;                              /* (families, arms, seeds) of the fit; NaN: none */
    struct orr_region regions[2];                 /* both */
};
double *orr_panel_score(const struct orr_panel *p, size_t family, size_t setting, size_t arm, size_t seed, size_t test);
double *orr_panel_seconds(const struct orr_panel *p, size_t family, size_t arm, size_t seed);
/* "in", "on-ba", "start", "noise-5%", ... for what was learned on `family`. */
const char *orr_panel_setting(size_t family, size_t setting);

/* eval_network_report.c */
struct orr_panel_summary {
    double *log_mae; /* (cells, arms): ln of mean MAE in distribution; NaN: none */
    size_t cells, cap;
};
void orr_panel_report(const struct orr_panel *p, struct orr_panel_summary *sum, struct orr_eval *out);
void orr_panel_summarise(const struct orr_panel_summary *sum, uint64_t seed, struct orr_eval *out);

/* eval_network_ship.c */
enum orr_status orr_eval_network_ship(const struct orr_eval_network_options *o, const struct orr_ticker *ticker,
                                      struct orr_error *err);

#endif
