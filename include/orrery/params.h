/* Parameters of a model: named tensors in one contiguous block, with their gradients in another, so that an optimiser
 * step is one loop and a checkpoint one write. */
#ifndef ORRERY_PARAMS_H
#define ORRERY_PARAMS_H

#include <stdbool.h>

#include <orrery/error.h>
#include <orrery/rng.h>
#include <orrery/tensor.h>

enum orr_init {
    ORR_INIT_ZERO,
    ORR_INIT_ONE,
    ORR_INIT_NORMAL,         /* N(0, gain^2) */
    ORR_INIT_UNIFORM,        /* U(-gain, gain) */
    ORR_INIT_KAIMING,        /* N(0, gain^2 / fan_in), He et al. 2015; gain sqrt(2) for ReLU */
    ORR_INIT_XAVIER,         /* U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)), Glorot and Bengio 2010 */
    ORR_INIT_FAN_IN_UNIFORM, /* U(-1, 1) gain / sqrt(fan_in): what torch.nn.Linear, Conv2d and their biases start from */
};

struct orr_param_tensor {
    char name[64];           /* "layers.0.weight" */
    struct orr_shape shape;
    size_t offset;           /* into value and grad */
    bool decay;              /* weight decay applies: matrices and kernels, not biases and norms */
};

struct orr_params {
    size_t n_tensors, n;     /* tensors; numbers in all */
    struct orr_param_tensor *tensor;
    orr_real *value, *grad;  /* [n] */
    size_t tensors_cap, cap; /* private */
};

/* Zero-initialise *p; free with orr_params_free. */
void orr_params_free(struct orr_params *p);
/* Adds a tensor and draws its first values; returns its index. fan_in is the product of all axes but the first
 * (weights are [out, in...] as in PyTorch) unless fan_in > 0 is given (biases). Pointers into value and grad are void
 * after the next add. Control tier: aborts when memory is out. */
size_t orr_params_add(struct orr_params *p, const char *name, struct orr_shape shape, enum orr_init init, double gain,
                      int fan_in, struct orr_rng *rng);
orr_real *orr_params_value(const struct orr_params *p, size_t tensor); /* borrowed */
orr_real *orr_params_grad(const struct orr_params *p, size_t tensor);
void orr_params_zero_grad(struct orr_params *p);
/* Euclidean norm of all gradients; NaN or infinite after a divergence. */
double orr_params_grad_norm(const struct orr_params *p);
/* Scales the gradients down to the given norm when they exceed it; returns the norm before. */
double orr_params_clip(struct orr_params *p, double max_norm);

#endif
