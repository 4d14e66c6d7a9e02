/* Optimisers over a parameter block: one fused loop per step, in PyTorch's definitions and defaults. */
#ifndef ORRERY_OPTIM_H
#define ORRERY_OPTIM_H

#include <orrery/params.h>

enum orr_optim_kind { ORR_SGD, ORR_MOMENTUM, ORR_RMSPROP, ORR_ADAM, ORR_ADAMW };
enum orr_schedule { ORR_CONSTANT, ORR_LINEAR, ORR_COSINE, ORR_STEP, ORR_EXPONENTIAL };

struct orr_optim_options {
    enum orr_optim_kind kind;
    double lr;
    double momentum;       /* MOMENTUM; RMSPROP ignores it */
    bool nesterov;
    double beta1, beta2;   /* ADAM, ADAMW; RMSPROP: alpha = beta2 */
    double eps;
    double weight_decay;   /* ADAMW: decoupled, on tensors with decay; else added to the gradient (L2) of all, as
                              PyTorch does */
    double clip_norm;      /* 0: none */
    enum orr_schedule schedule;
    int warmup, total;     /* steps; the schedule runs from warmup to total */
    double final_lr;       /* LINEAR, COSINE: reached at total */
    double gamma;          /* STEP: factor every step_size; EXPONENTIAL: factor per step */
    int step_size;
};
/* PyTorch's defaults for a kind: momentum .9, betas .9/.999, RMSprop alpha .99, eps 1e-8, AdamW decay .01, constant. */
struct orr_optim_options orr_optim_defaults(enum orr_optim_kind kind, double lr);

struct orr_optim {
    struct orr_optim_options o;
    int64_t step;      /* steps taken */
    size_t n;
    orr_real *m, *v;   /* [n] first and second moments (momentum buffer in m), NULL where the kind has none */
};
/* Zero-initialise *s before; free with orr_optim_free. */
void orr_optim_init(struct orr_optim *s, const struct orr_optim_options *o, const struct orr_params *p);
void orr_optim_free(struct orr_optim *s);
/* One step from the gradients in p; returns the gradient norm before clipping (NaN or infinite: diverged, and the
 * parameters were left alone) - or 0 when clip_norm is 0. */
double orr_optim_step(struct orr_optim *s, struct orr_params *p);
/* The learning rate of step `step` (from 0). */
double orr_optim_lr(const struct orr_optim_options *o, int64_t step);

#endif
