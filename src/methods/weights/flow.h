/* The velocity field of gradient flow matching: what its training (flow_fit.c) and its use (flow.c) share. */
#ifndef ORRERY_METHODS_WEIGHTS_FLOW_H
#define ORRERY_METHODS_WEIGHTS_FLOW_H

#include "methods/weights/private.h"

enum {
    ORR_FLOW_OWN = ORR_WEIGHTS_SEEN + 2, /* numbers of a weight: points before the last, value, 1, the optimiser's direction */
    ORR_FLOW_ABOUT = ORR_WEIGHTS_CONTEXT + 3 + 3 + ORR_ROLES + ORR_WEIGHTS_OPTIMS + 1, /* numbers of its tensor */
    ORR_FLOW_HIDDEN = 48,  /* of the network over tensors */
    ORR_FLOW_UNITS = 8,    /* of the part that is not linear in the weight */
    ORR_FLOW_CLOCKS = 3,   /* 1, e^(-3 tau), e^(-10 tau) */
    /* what the network says of a tensor: see struct orr_flow_tensor */
    ORR_FLOW_SAYS = ORR_FLOW_CLOCKS * ORR_FLOW_OWN + ORR_FLOW_OWN + ORR_FLOW_UNITS * 4 + 1,
};

/* What is known of one tensor as a whole. */
struct orr_flow_about {
    const float *context; /* [ORR_WEIGHTS_CONTEXT] */
    double lr, depth, scale;
    int optim;            /* -1: not known */
    enum orr_tensor_role role;
    bool term;
};
void orr_flow_fill_about(const struct orr_flow_about *a, float x[ORR_FLOW_ABOUT]);
/* The optimiser that the field takes this one for: itself when it has learned from its runs, Adam for AdamW, else -1, not
 * known. Then the learning rate, which means another thing to each, tells it nothing either: both are to be left out. */
int orr_flow_takes_for(const struct orr_params *p, int optim);
/* Keeps x within three standard deviations of what was learned from: beyond, a network says anything. */
void orr_flow_bound_about(const struct orr_params *p, float x[ORR_FLOW_ABOUT]);
/* The numbers of one weight: z[k] its points before the last in units of the scale, value over the tensor's size; x[j * stride]
 * receives number j. */
void orr_flow_fill_own(const double z[ORR_WEIGHTS_SEEN - 1], double value, double term, float *x, size_t stride);

/* The field on a tape for G tensors of W weights each; the tensors are the last axis, so that loops run over them. */
struct orr_flow_tensor {
    struct orr_var *gates[ORR_FLOW_CLOCKS], *gain; /* (OWN, G) */
    struct orr_var *bias, *pull, *out[2];          /* (UNITS, G) */
    struct orr_var *decay;                         /* (G), above 0 */
};
/* says (G, SAYS): the network's output for `about` (G, ABOUT). */
struct orr_var *orr_flow_network(const struct orr_params *p, struct orr_var *about);
void orr_flow_unpack(struct orr_var *says, struct orr_flow_tensor *t);
/* What does not change along the path: (W, UNITS, G). own (W, OWN, G). */
struct orr_var *orr_flow_inner(const struct orr_params *p, const struct orr_flow_tensor *t, struct orr_var *own);
/* dz/dtau at z (W, G). */
struct orr_var *orr_flow_velocity(const struct orr_flow_tensor *t, struct orr_var *own, struct orr_var *inner, double tau,
                                  struct orr_var *z);

/* The same for many weights of one tensor, without a tape. */
struct orr_flow_rows {
    size_t n;
    float says[ORR_FLOW_SAYS];
    float *drive; /* (CLOCKS, n) sum_j g_j x_j by clock */
    float *inner; /* (UNITS, n) */
    float *z, *h; /* (n) scratch */
};
/* Fills drive and inner from own (OWN, n) and says. */
void orr_flow_rows_prepare(const struct orr_params *p, struct orr_flow_rows *r, const float *own);
void orr_flow_rows_velocity(const struct orr_flow_rows *r, double tau, const double *z, double *dz);

/* flow_fit.c */
enum orr_status orr_flow_learn(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                               const struct orr_ticker *ticker, struct orr_error *err);

/* Tensors of params, in the order of `build`. */
enum {
    ORR_FLOW_SHIFT, ORR_FLOW_UNIT, ORR_FLOW_W0, ORR_FLOW_B0, ORR_FLOW_W1, ORR_FLOW_B1, ORR_FLOW_W2, ORR_FLOW_B2, ORR_FLOW_INNER
};

#endif
