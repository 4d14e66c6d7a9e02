/* Logistic regression on frozen features. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/prompt/prompt.h"

enum { STEPS = 300 };

void orr_prompts_probe(const float *features, const int32_t *label, size_t n, int classes, int embed, double penalty,
                       const float *other, size_t m, float *out)
{
    struct orr_params p = {0};
    struct orr_optim adam = {0};
    struct orr_rng rng;
    orr_rng_seed(&rng, 0, 0);
    orr_params_add(&p, "weight", orr_shape2(classes, embed), ORR_INIT_ZERO, 0, 0, &rng);
    orr_params_add(&p, "bias", orr_shape1(classes), ORR_INIT_ZERO, 0, 0, &rng);
    struct orr_optim_options o = orr_optim_defaults(ORR_ADAM, 0.1);
    o.weight_decay = penalty; /* of Adam: L2 */
    o.schedule = ORR_COSINE;
    o.total = STEPS;
    orr_optim_init(&adam, &o, &p);
    struct orr_tape *t = orr_tape_new();
    for (int k = 0; k < STEPS && n; k++) {
        orr_tape_reset(t);
        struct orr_var *x = orr_tape_input(t, orr_shape2((int)n, embed), features);
        struct orr_var *loss = orr_cross_entropy(
            orr_linear(x, orr_tape_param(t, &p, 0), orr_tape_param(t, &p, 1), ORR_ACT_NONE), label);
        orr_params_zero_grad(&p);
        orr_tape_backward(loss);
        orr_optim_step(&adam, &p);
    }
    orr_tape_reset(t);
    orr_tape_record(t, false);
    if (m) {
        struct orr_var *x = orr_tape_input(t, orr_shape2((int)m, embed), other);
        const struct orr_var *y =
            orr_softmax(orr_linear(x, orr_tape_param(t, &p, 0), orr_tape_param(t, &p, 1), ORR_ACT_NONE));
        memcpy(out, y->value, y->n * sizeof *out);
    }
    orr_tape_free(t);
    orr_optim_free(&adam);
    orr_params_free(&p);
}
