/* A run's weights as pictures need them: exact sums over all weights (norms, distances, the principal plane of the path)
 * and the values of a sample of weights. Methods forecast weight by weight, so that a weight of the sample is forecast as it
 * would be with all of them. What the Weights view, its figures and `orrery forecast weights --plot` show comes from here.
 * A scene does not change once it is loaded: threads may share it. */
#ifndef ORRERY_APP_WEIGHTS_SCENE_H
#define ORRERY_APP_WEIGHTS_SCENE_H

#include "app/weights.h"

enum { ORR_SCENE_SAMPLE = 4096, ORR_SCENE_LINES = 8 };

struct orr_scene_coordinate {
    size_t tensor, index; /* of its weights */
};

struct orr_scene_tensor {
    size_t kept;     /* of its weights are in the sample: all of them, or evenly drawn ones */
    size_t *index;   /* [kept] increasing */
    float *w;        /* (n, kept) */
    double *gram;    /* (n, n): sums over all its weights of w_i w_j */
    float *term;     /* (n, kept): the optimiser's direction (orr_run_weights_direction_block); NULL: no moments were recorded */
    double *term_square; /* [n] sums over all its weights of its squares; below 0: not known at that snapshot */
};
struct orr_scene {
    struct orr_run_weights run;
    const char *name, *group;
    size_t n;            /* snapshots looked at: all, or ORR_OBSERVED_MAX evenly chosen ones */
    size_t *at;          /* [n] their positions in run.steps */
    int64_t *steps;      /* [n] */
    size_t sound;        /* the first `sound` of them have finite weights only */
    const char *unsound; /* the tensor that ends this; NULL: none does */
    size_t kept;         /* weights in the sample */
    struct orr_scene_tensor *tensors; /* [run.n_tensors] */
    struct orr_arena arena;
};
/* Reads every snapshot once, in blocks. `sample` weights are kept, and `also` (may be NULL) among them. Errors as
 * orr_run_weights_open; EINVAL where `also` names no weight; ENOMEM; ECANCELLED. Free in any case. */
enum orr_status orr_scene_load(struct orr_store *store, int64_t run, size_t sample, const struct orr_scene_coordinate *also,
                               const struct orr_ticker *ticker, struct orr_scene *out, struct orr_error *err);
enum orr_status orr_scene_load_folder(const char *folder, size_t sample, const struct orr_ticker *ticker,
                                      struct orr_scene *out, struct orr_error *err);
void orr_scene_free(struct orr_scene *s);

/* A scope is the number of a tensor, or run.n_tensors for all. */
size_t orr_scene_weights(const struct orr_scene *s, size_t scope);
size_t orr_scene_kept(const struct orr_scene *s, size_t scope);
/* ||w_i||, ||w_j - w_i|| of snapshots i, j; NaN where one is not sound. */
double orr_scene_norm(const struct orr_scene *s, size_t scope, size_t i);
double orr_scene_distance(const struct orr_scene *s, size_t scope, size_t i, size_t j);
/* Tensor by name or number ("layers.2.weight", "3"); false: there is none. */
bool orr_scene_find(const struct orr_scene *s, const char *tensor, size_t *out);
/* Position in the tensor's sample of a weight; SIZE_MAX: not in it. */
size_t orr_scene_position(const struct orr_scene *s, struct orr_scene_coordinate c);
/* n coordinates of the scope's sample, other ones for another seed; fewer where there are fewer. */
size_t orr_scene_draw(const struct orr_scene *s, size_t scope, uint64_t seed, size_t n, struct orr_scene_coordinate *out);

/* The two principal directions v_d = sum_i mix[d][i] w_i of the sound snapshots around their mean, and where these lie. */
struct orr_scene_plane {
    double mix[2][ORR_OBSERVED_MAX], at[2][ORR_OBSERVED_MAX];
    double share[2]; /* of the variance of the path */
};
/* False: fewer than two sound snapshots, or they are all equal. */
bool orr_scene_plane(const struct orr_scene *s, size_t scope, struct orr_scene_plane *out);

/* ---- forecasts of the sample ---- */

struct orr_scene_query {
    const char *method, *model, *learn, *solver; /* as in orr_weights_query */
    size_t observed;      /* snapshots of the scene, 1..sound */
    int64_t to;           /* 0: the last sound one, or twice it when all are observed */
    uint64_t seed;
};
struct orr_scene_forecast {
    const char *method, *made_with;
    size_t observed, n_ahead;
    int64_t to, *steps;   /* [n_ahead] */
    bool truth;           /* snapshot observed + h of the scene is what horizon h was to be */
    enum orr_outcome outcome;
    bool whole;           /* everything below is there: also when a fit was stopped, with the best so far */
    double seconds;
    float **mean;         /* [tensors] (n_ahead, kept) */
    double *spread;       /* (tensors, n_ahead) half width of the 90% interval; NaN: not calibrated */
    double *cross;        /* (tensors, n, n_ahead) sums over all weights, from the sample, of w_i (forecast - w_now) */
    double *error[2];     /* (tensors, n_ahead) mean |e| and e^2 over the sample; NaN without truth */
    struct orr_weights_model *model;
    struct orr_arena arena;
};
/* EINVAL: too few snapshots for the method, or nothing lies ahead. store: only to learn from. Free in any case. */
enum orr_status orr_scene_forecast(struct orr_store *store, const struct orr_scene *s, const struct orr_scene_query *q,
                                   const struct orr_ticker *ticker, struct orr_scene_forecast *out, struct orr_error *err);
void orr_scene_forecast_free(struct orr_scene_forecast *f);
/* Mean absolute error, or its root mean square, over the scope at horizon h. */
double orr_scene_error(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t scope, bool square, size_t h);
/* Where horizon h lies in the plane. */
void orr_scene_project(const struct orr_scene *s, const struct orr_scene_forecast *f, size_t scope,
                       const struct orr_scene_plane *plane, size_t h, double xy[2]);

/* The velocity field in the plane through the last observed weights: at each point that of the time at which the forecast
 * comes nearest to it. (u, v)(rows, columns), the first row at y0. */
enum { ORR_FIELD_COLUMNS = 15, ORR_FIELD_ROWS = 9 };
struct orr_scene_field {
    size_t scope;
    double x0, x1, y0, y1;
    double u[ORR_FIELD_ROWS][ORR_FIELD_COLUMNS], v[ORR_FIELD_ROWS][ORR_FIELD_COLUMNS];
};
/* What the plane's picture spans: the path and the forecasts, with a margin. */
void orr_scene_window(const struct orr_scene *s, const struct orr_scene_forecast *const *f, size_t n, size_t scope,
                      const struct orr_scene_plane *plane, double *x0, double *x1, double *y0, double *y1);
/* EUNSUPPORTED: the method has no field. The caller has set scope and window. */
enum orr_status orr_scene_field(const struct orr_scene *s, const struct orr_scene_forecast *f,
                                const struct orr_ticker *ticker, struct orr_scene_field *field, struct orr_error *err);

#endif
