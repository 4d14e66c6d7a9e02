/* A method: one const descriptor per system and baseline, listed in methods/registry.c. Methods share a life cycle, not
 * a data structure: plain data in, plain results out; they know no store, no terminal and no files. */
#ifndef ORRERY_METHOD_H
#define ORRERY_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

enum orr_data_kind {
    ORR_DATA_COUNTS, ORR_DATA_CURVES, ORR_DATA_TRAJECTORIES, ORR_DATA_NODES, ORR_DATA_CORPUS, ORR_DATA_LOGITS,
    ORR_DATA_IMAGES
};
enum orr_param_type { ORR_PARAM_INT, ORR_PARAM_REAL, ORR_PARAM_BOOL, ORR_PARAM_CHOICE };

/* One setting of a method: flags of the CLI, form of the TUI and the man page all come from here. */
struct orr_param {
    const char *name;    /* "level" */
    enum orr_param_type type;
    const char *fallback; /* default as text */
    double min, max;
    const char *unit, *choices /* "a|b|c" */, *help;
};

/* How a fit or forecast ended. */
enum orr_outcome {
    ORR_CONVERGED, ORR_STOPPED_AT_LIMIT, ORR_DIVERGED, ORR_CANCELLED, ORR_NOT_IDENTIFIED
};
const char *orr_outcome_name(enum orr_outcome o); /* "converged", "stopped at limit", ... */

/* A forecast of one series: arrays of n, owned by whoever allocated the struct's arrays. */
struct orr_forecast {
    size_t n;
    double *t, *mean, *lower, *upper;
    double level; /* of the interval, 0.9 */
    enum orr_outcome outcome;
};

/* Cumulative counts of one item. t in periods since release (1, 2, ...); c non-decreasing unless the data says
 * otherwise. */
struct orr_counts {
    size_t n;
    const double *t, *c; /* [n] */
};

struct orr_weights_method; /* methods/weights: what only methods for trajectories have */
struct orr_lc_method;      /* methods/curve: what only methods for learning curves have */
struct orr_nodes_method;   /* methods/netdyn: the same for node states */
struct orr_prompt_method;  /* methods/prompt: and for prompts of a dual encoder */

struct orr_method {
    const char *name, *summary, *source; /* source: the paper */
    const char *equations;               /* plain text, for help, the man page and the handout */
    const struct orr_param *params;      /* ends with name NULL */
    enum orr_data_kind input;
    bool baseline;
    /* ORR_DATA_COUNTS: fits to the observed counts and forecasts n_ahead periods after the last one into *out, whose
     * arrays (n_ahead each) the caller provides. values[i] belongs to params[i]. */
    enum orr_status (*forecast_counts)(const struct orr_counts *observed, size_t n_ahead, const double *values,
                                       uint64_t seed, const struct orr_ticker *ticker, struct orr_forecast *out,
                                       struct orr_error *err);
    const struct orr_weights_method *weights; /* ORR_DATA_TRAJECTORIES */
    const struct orr_lc_method *curve;        /* ORR_DATA_CURVES */
    const struct orr_nodes_method *nodes;     /* ORR_DATA_NODES */
    const struct orr_prompt_method *prompt;   /* ORR_DATA_IMAGES, of the folder methods/prompt */
};
extern const struct orr_method *const orr_methods[]; /* NULL-terminated */
/* The first of that name; baselines of counts and of trajectories share some. */
const struct orr_method *orr_method_find(const char *name);
const struct orr_method *orr_method_find_for(enum orr_data_kind input, const char *name);

#endif
