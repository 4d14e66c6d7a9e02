/* Weight trajectories: what was observed of one tensor, its context, and training sets of whole runs. */
#ifndef ORRERY_METHODS_WEIGHTS_TRAJECTORY_H
#define ORRERY_METHODS_WEIGHTS_TRAJECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/vec.h"

enum orr_tensor_role { ORR_ROLE_MATRIX, ORR_ROLE_KERNEL, ORR_ROLE_BIAS, ORR_ROLES };
enum {
    ORR_OBSERVED_MAX = 64,   /* snapshots that a forecast uses at most */
    ORR_WEIGHTS_GRID = 20,   /* equal segments that whole runs are resampled to for training */
    ORR_WEIGHTS_SEEN = 5,    /* equally spaced observed points that describe how a tensor as a whole has moved, */
    ORR_WEIGHTS_CONTEXT = 17, /* in so many numbers */
    ORR_WEIGHTS_OPTIMS = 5,  /* as enum orr_optim_kind */
};
enum orr_tensor_role orr_tensor_role(int rank);

/* What is known of a tensor besides the values themselves. Filled in one pass over its blocks (orr_observed_add), so that
 * forecasts of single blocks know the tensor as a whole. */
struct orr_observed {
    size_t n;                     /* snapshots, 1..ORR_OBSERVED_MAX */
    double t[ORR_OBSERVED_MAX];   /* [n] i / m: increasing, the whole of training being 0..1 */
    int optim;                    /* enum orr_optim_kind; -1: not known */
    enum orr_tensor_role role;
    double lr;                    /* learning rate; 0: not known (what orr_observed_init sets) */
    double depth;                 /* of the tensor's layer, 0 first .. 1 last; below 0: not known (likewise) */
    size_t terms;                 /* 1: behind the n snapshots of a block stands the optimiser's own direction at the last, up
                                     to a factor, as orr_optim_direction gives it; 0 by orr_observed_init */
    double term_square;           /* sum over weights of its squares, with `terms` */
    size_t weights;               /* added so far */
    double gram[ORR_OBSERVED_MAX * ORR_OBSERVED_MAX]; /* (n, n) sums over weights of w_i w_j */
};
/* EINVAL: no snapshot, too many, or times that do not increase within 0..1; the last must be below 1. */
enum orr_status orr_observed_init(struct orr_observed *o, size_t n, const double *t, int optim, enum orr_tensor_role role,
                                  const char *where, struct orr_error *err);
/* Depths of the layers of n tensors by their names, "layers.3.weight" being of layer "layers.3": 0 for the first layer to 1
 * for the last, shorter names first (layers.9 before layers.10). Below 0, not known, for more than 4,096 tensors. O(n^2). */
void orr_weights_depths(const char *const *names, size_t n, double *depth);
/* Adds the next `count` weights, w (n + terms, count) snapshot by snapshot. EINVAL names the first weight that is not finite.
 * O(n^2 count). */
enum orr_status orr_observed_add(struct orr_observed *o, const float *w, size_t count, const char *where,
                                 struct orr_error *err);

/* sum of a_k b_k, in double precision. */
double orr_weights_dot(const float *a, const float *b, size_t n);
/* gram (n, n) += sums over `count` weights of w_i w_j; w (n, count). O(n^2 count). */
void orr_gram_add(double *gram, size_t n, const float *w, size_t count);

/* r (points, n): row k gives the value at t_0 + (t_last - t_0) k / (points - 1) as a mix of the observed ones, piecewise
 * linear: unequal steps become equal ones. */
void orr_observed_resample(size_t n, const double *t, size_t points, double *r);
/* q (points, points) = r gram r^T. */
void orr_gram_resample(const double *gram, size_t n, const double *r, size_t points, double *q);
/* Root mean square over weights of the farthest snapshot's distance from the last: the unit of all learned methods. Above
 * 0 also for tensors that stand still. */
double orr_gram_scale(const double *gram, size_t n, size_t stride, size_t weights);
/* How ORR_WEIGHTS_SEEN equally spaced snapshots moved, from their inner products q: logarithms of the lengths of the updates
 * over the scale, cosines between any two updates and between updates and the last weights, log of size over scale, t_last
 * (i / m of the last), log of the number of weights; each within -4..4. */
void orr_gram_context(const double *q, size_t weights, double t_last, float context[ORR_WEIGHTS_CONTEXT]);
/* direction[i]: where the optimiser is about to move weight i, up to a positive factor, from its moments: -m for momentum,
 * -m / (sqrt v + eps) for Adam and AdamW. False, and zeros, for optimisers whose moments do not tell (SGD has none, RMSprop
 * keeps no gradient). v may be NULL for momentum. */
bool orr_optim_direction(int optim, const float *m, const float *v, size_t n, float *direction);

/* ---- training sets ---- */

/* One tensor of one run on the grid; at most `most` of its weights, drawn. */
struct orr_weights_piece {
    size_t run;
    int optim;
    enum orr_tensor_role role;
    double lr, depth;        /* as in orr_observed */
    size_t weights, n;       /* of the tensor; kept */
    size_t *kept;            /* [n] which */
    float *term;             /* (n, ORR_WEIGHTS_GRID + 1) the optimiser's direction, root mean square 1; NULL: not known */
    float *w;                /* (n, ORR_WEIGHTS_GRID + 1): a weight's whole trajectory lies together */
    double *gram;            /* (ORR_WEIGHTS_GRID + 1)^2, over all weights */
};
struct orr_weights_set {
    ORR_VEC(struct orr_weights_piece) pieces; /* by run */
};
void orr_weights_set_free(struct orr_weights_set *s);
/* Adds a tensor's whole trajectory w (n_steps, weights) at times t (0..1, ends included). EINVAL for times or values as
 * above or less than two snapshots; ENOMEM. */
enum orr_status orr_weights_set_add(struct orr_weights_set *s, size_t run, int optim, enum orr_tensor_role role,
                                    size_t n_steps, const double *t, size_t weights, const float *w, size_t most,
                                    uint64_t seed, const char *where, struct orr_error *err);
/* What else is known of the tensor added last: learning rate, depth (as in orr_observed) and the optimiser's direction at each
 * of the n_steps times, (n_steps, weights), or NULL. ENOMEM. */
enum orr_status orr_weights_set_about(struct orr_weights_set *s, double lr, double depth, size_t n_steps, const double *t,
                                      const float *direction, struct orr_error *err);
/* Number of runs: 1 + the highest run. */
size_t orr_weights_set_runs(const struct orr_weights_set *s);

#endif
