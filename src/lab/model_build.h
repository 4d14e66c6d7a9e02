/* Private to the lab's models: how an architecture adds layers to the model that it builds. A function returns the index of
 * the layer it added or, where nothing is to be done, of the layer it was given. */
#ifndef ORRERY_LAB_MODEL_BUILD_H
#define ORRERY_LAB_MODEL_BUILD_H

#include "lab/model.h"

enum { ORR_MAX_LAYERS = 128, ORR_MAX_WIDTHS = 16, ORR_MAX_PARAMS = 1 << 26 };

struct orr_builder {
    struct orr_model *m;
    const struct orr_dataset *data;
    struct orr_rng rng;
    enum orr_activation act;
    double dropout;
    int widths[ORR_MAX_WIDTHS], n_widths;
    bool untied;    /* lm: a head of its own */
    bool too_large; /* more parameters than a model may have: none was added */
};

/* Of one sample of the layer's output. */
static inline struct orr_shape orr_build_shape(const struct orr_builder *b, int layer)
{
    return b->m->layers[layer].shape;
}

int orr_build_push(struct orr_builder *b, enum orr_layer_kind kind, const int *in, int n_in, struct orr_shape shape,
                   const char *label);
int orr_build_simple(struct orr_builder *b, enum orr_layer_kind kind, int in, struct orr_shape shape,
                     const char *label); /* one input */
/* Tensors of the layer pushed last. */
size_t orr_build_param(struct orr_builder *b, const char *suffix, struct orr_shape shape, enum orr_init init,
                       double gain);
size_t orr_build_weight(struct orr_builder *b, struct orr_shape shape, enum orr_activation act);

int orr_build_linear(struct orr_builder *b, int in, int out, enum orr_activation act); /* of all numbers of a sample */
int orr_build_conv(struct orr_builder *b, int in, int out, int size, int stride, enum orr_activation act);
int orr_build_batch_norm(struct orr_builder *b, int in, enum orr_activation act);
int orr_build_pool(struct orr_builder *b, enum orr_layer_kind kind, int in, int size, int stride, int pad);
int orr_build_dropout(struct orr_builder *b, int in);
int orr_build_flatten(struct orr_builder *b, int in);
int orr_build_sum(struct orr_builder *b, const int *in, int n);

/* The architectures: EINVAL when the widths or the data do not fit. */
enum orr_status orr_arch_linear(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_mlp(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_cnn(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_cell(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_resnet8(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_gru(struct orr_builder *b, struct orr_error *err);
enum orr_status orr_arch_lm(struct orr_builder *b, struct orr_error *err);

#endif
