/* Weight trajectories of stored runs: loading, forecasting tensor by tensor in blocks, and training sets. Shared by
 * `orrery forecast weights` and `orrery eval weights`. */
#ifndef ORRERY_APP_WEIGHTS_H
#define ORRERY_APP_WEIGHTS_H

#include "app/app.h"
#include "methods/weights/weights.h"

enum { ORR_WEIGHTS_BLOCK = 1 << 16, ORR_WEIGHTS_SHOWN = 64 };

/* The tensors of a run that were recorded, each at the same steps; moments of optimisers are left out. */
struct orr_run_tensor {
    const char *name;
    int64_t shape[8];
    int rank;
    size_t n;
    size_t item; /* of checkpoint files: its first step among them */
    double depth;         /* of its layer (the name up to the last dot): 0 first .. 1 last */
};
struct orr_weight_files;
struct orr_run_weights {
    int64_t run;                    /* 0: checkpoint files */
    struct orr_weight_files *files; /* NULL: in the store */
    int optim;            /* enum orr_optim_kind, by configuration "optim"; -1: not known */
    double lr;            /* by configuration "lr"; 0: not known */
    size_t n_steps, n_tensors, weights;
    int64_t *steps;       /* [n_steps] increasing */
    struct orr_run_tensor *tensors;
    struct orr_arena arena;
};
/* Checks what a trajectory must hold: ENOTFOUND for a run without snapshots; EFORMAT names a tensor whose shape changes or
 * that is missing at a step. Free with orr_run_weights_free (also after an error). */
enum orr_status orr_run_weights_open(struct orr_store *store, int64_t run, struct orr_run_weights *out,
                                     struct orr_error *err);
/* The same for a folder of safetensors checkpoints, which are read in place. EUNSUPPORTED: it must be imported instead. */
enum orr_status orr_run_weights_open_folder(const char *folder, const struct orr_ticker *ticker, struct orr_run_weights *out,
                                            struct orr_error *err);
void orr_run_weights_free(struct orr_run_weights *w);
/* values[0..n): elements from `first` on of a tensor at steps[step]. store: a handle of the caller's thread; checkpoint
 * files need none. */
enum orr_status orr_run_weights_block(struct orr_store *store, const struct orr_run_weights *w, size_t step, size_t tensor,
                                      size_t first, size_t n, float *values, struct orr_error *err);
/* Begins what is to be observed of a tensor at n relative times: with what the run tells of it. Errors as orr_observed_init. */
enum orr_status orr_run_weights_observe(const struct orr_run_weights *w, size_t tensor, size_t n, const double *t,
                                        struct orr_observed *o, struct orr_error *err);
/* A whole tensor at all steps, (n_steps, n). The caller frees. */
enum orr_status orr_run_weights_read(struct orr_store *store, const struct orr_run_weights *w, size_t tensor, float **out,
                                     struct orr_error *err);
/* The optimiser's direction (orr_optim_direction) for elements first..first + n of a tensor at steps[step]; false: no
 * moments that tell were recorded (optim.m.NAME, optim.v.NAME) of this run. */
bool orr_run_weights_direction_block(struct orr_store *store, const struct orr_run_weights *w, size_t step, size_t tensor,
                                     size_t first, size_t n, float *direction);
/* The optimiser's direction (orr_optim_direction) for a whole tensor at all steps, (n_steps, n), from moments recorded under
 * optim.m.NAME and optim.v.NAME; *out NULL where there are none that tell. The caller frees. */
enum orr_status orr_run_weights_direction(struct orr_store *store, const struct orr_run_weights *w, size_t tensor, float **out,
                                          struct orr_error *err);
/* Adds all tensors to a training set as run number `number`. */
enum orr_status orr_run_weights_add(struct orr_store *store, const struct orr_run_weights *w, size_t number, size_t most,
                                    struct orr_weights_set *set, struct orr_error *err);

struct orr_weights_query {
    const char *method, *model; /* model: a file; NULL: the shipped one, where there is one */
    const char *learn;          /* group of runs to learn from instead; NULL: none */
    double observe_share;       /* of the steps; 0: see observe */
    size_t observe;             /* snapshots; 0: all */
    int64_t to;                 /* step to forecast to; 0: the last recorded, or twice it when all were observed */
    size_t coordinates;         /* weights per tensor to show */
    const char *solver;         /* flow: "euler", "rk4", "dopri5"; NULL: as fitted */
    uint64_t seed;
    const char *out;            /* safetensors file for the final weights; NULL: none */
};

/* The model that a query asks for: fitted on a group without run `except`, or loaded, for an observed fraction. *made_with
 * (in the arena) says how. ENOTFOUND: the method learns and no model of it was shipped. */
enum orr_status orr_weights_model_get(struct orr_store *store, int64_t except, double fraction, const struct orr_weights_query *q,
                                      const struct orr_ticker *ticker, struct orr_arena *a, const char **made_with,
                                      struct orr_weights_model **model, struct orr_error *err);

/* One tensor's forecast. Arrays over horizons. */
struct orr_tensor_forecast {
    const char *name;
    size_t weights, shown;
    double *norm, *mae, *rmse, *spread; /* norm of the forecast; errors where the truth is known, else NaN */
    size_t *index;                      /* [shown] */
    float *mean;                        /* (n_ahead, shown) */
};
struct orr_weights_forecasts {
    struct orr_run_weights run;
    const char *method, *made_with;
    size_t observed, n_ahead, n_tensors;
    int64_t *steps; /* [n_ahead] */
    double mae, rmse; /* of all weights at the last horizon; NaN without truth */
    double seconds;
    enum orr_outcome outcome;
    struct orr_tensor_forecast *tensors;
    struct orr_arena arena;
};
/* ORR_ECANCELLED: the first n_tensors are whole; nothing was written to q->out. */
enum orr_status orr_weights_run(struct orr_store *store, int64_t run, const struct orr_weights_query *q,
                                const struct orr_ticker *ticker, struct orr_weights_forecasts *out, struct orr_error *err);
/* The same for a folder of checkpoints: safetensors are read in place, others are imported into a store that is thrown
 * away. */
enum orr_status orr_weights_run_folder(const char *folder, const struct orr_weights_query *q, const struct orr_ticker *ticker,
                                       struct orr_weights_forecasts *out, struct orr_error *err);
void orr_weights_forecasts_free(struct orr_weights_forecasts *f);
/* One object per tensor and line. */
void orr_weights_json(const struct orr_weights_forecasts *f, struct orr_str *out);
/* One row per tensor. Zero-initialise *t before. */
void orr_weights_table(const struct orr_weights_forecasts *f, struct orr_table *t);

#endif
