#include "lab/model_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int orr_build_push(struct orr_builder *b, enum orr_layer_kind kind, const int *in, int n_in, struct orr_shape shape,
                   const char *label)
{
    struct orr_model *m = b->m;
    if (m->n_layers == ORR_MAX_LAYERS) abort(); /* no architecture comes near */
    struct orr_layer *l = &m->layers[m->n_layers];
    *l = (struct orr_layer){.kind = kind, .n_in = n_in, .shape = shape};
    for (int k = 0; k < n_in; k++) l->in[k] = in[k];
    snprintf(l->label, sizeof l->label, "%s", label);
    return (int)m->n_layers++;
}

size_t orr_build_param(struct orr_builder *b, const char *suffix, struct orr_shape shape, enum orr_init init,
                       double gain)
{
    char name[64];
    if (orr_shape_count(shape) > ORR_MAX_PARAMS - b->m->params.n) { /* before the memory is asked for */
        b->too_large = true;
        return 0;
    }
    snprintf(name, sizeof name, "layers.%zu.%s", b->m->n_layers - 1, suffix);
    return orr_params_add(&b->m->params, name, shape, init, gain, 0, &b->rng);
}

/* He et al. for rectifiers and their smooth kin, Glorot and Bengio else. */
size_t orr_build_weight(struct orr_builder *b, struct orr_shape shape, enum orr_activation act)
{
    const bool rectifier = act == ORR_ACT_RELU || act == ORR_ACT_SILU || act == ORR_ACT_GELU;
    return orr_build_param(b, "weight", shape, rectifier ? ORR_INIT_KAIMING : ORR_INIT_XAVIER, rectifier ? sqrt(2) : 1);
}

int orr_build_linear(struct orr_builder *b, int in, int out, enum orr_activation act)
{
    char label[32];
    snprintf(label, sizeof label, "linear %d", out);
    const int k = (int)orr_shape_count(orr_build_shape(b, in));
    const int at = orr_build_push(b, ORR_LAYER_LINEAR, &in, 1, orr_shape1(out), label);
    b->m->layers[at].act = act;
    b->m->layers[at].param = orr_build_weight(b, orr_shape2(out, k), act);
    orr_build_param(b, "bias", orr_shape1(out), ORR_INIT_ZERO, 0);
    return at;
}

int orr_build_conv(struct orr_builder *b, int in, int out, int size, int stride, enum orr_activation act)
{
    char label[32];
    snprintf(label, sizeof label, "conv%dx%d %d", size, size, out);
    const struct orr_shape s = orr_build_shape(b, in);
    const int pad = size / 2;
    const int h = (s.size[1] + 2 * pad - size) / stride + 1, w = (s.size[2] + 2 * pad - size) / stride + 1;
    const int at = orr_build_push(b, ORR_LAYER_CONV, &in, 1, orr_shape3(out, h, w), label);
    struct orr_layer *l = &b->m->layers[at];
    l->act = act;
    l->size = size;
    l->stride = stride;
    l->pad = pad;
    l->param = orr_build_weight(b, orr_shape4(out, s.size[0], size, size), act == ORR_ACT_NONE ? ORR_ACT_RELU : act);
    orr_build_param(b, "bias", orr_shape1(out), ORR_INIT_ZERO, 0);
    return at;
}

int orr_build_batch_norm(struct orr_builder *b, int in, enum orr_activation act)
{
    const struct orr_shape s = orr_build_shape(b, in);
    const int at = orr_build_push(b, ORR_LAYER_BATCH_NORM, &in, 1, s, "batch norm");
    b->m->layers[at].act = act;
    b->m->layers[at].param = orr_build_param(b, "weight", orr_shape1(s.size[0]), ORR_INIT_ONE, 0);
    orr_build_param(b, "bias", orr_shape1(s.size[0]), ORR_INIT_ZERO, 0);
    b->m->layers[at].state = b->m->n_state;
    b->m->n_state += 2 * (size_t)s.size[0];
    return at;
}

int orr_build_pool(struct orr_builder *b, enum orr_layer_kind kind, int in, int size, int stride, int pad)
{
    const struct orr_shape s = orr_build_shape(b, in);
    const int h = (s.size[1] + 2 * pad - size) / stride + 1, w = (s.size[2] + 2 * pad - size) / stride + 1;
    const char *label = kind == ORR_LAYER_MAX_POOL ? "max pool" : "avg pool";
    const int at = orr_build_push(b, kind, &in, 1, orr_shape3(s.size[0], h, w), label);
    b->m->layers[at].size = size;
    b->m->layers[at].stride = stride;
    b->m->layers[at].pad = pad;
    return at;
}

int orr_build_simple(struct orr_builder *b, enum orr_layer_kind kind, int in, struct orr_shape shape, const char *label)
{
    return orr_build_push(b, kind, &in, 1, shape, label);
}

int orr_build_dropout(struct orr_builder *b, int in)
{
    if (b->dropout <= 0) return in;
    const int at = orr_build_simple(b, ORR_LAYER_DROPOUT, in, orr_build_shape(b, in), "dropout");
    b->m->layers[at].rate = b->dropout;
    return at;
}

int orr_build_flatten(struct orr_builder *b, int in)
{
    const struct orr_shape s = orr_build_shape(b, in);
    if (s.axes == 1) return in;
    return orr_build_simple(b, ORR_LAYER_FLATTEN, in, orr_shape1((int)orr_shape_count(s)), "flatten");
}

int orr_build_sum(struct orr_builder *b, const int *in, int n)
{
    return n == 1 ? in[0] : orr_build_push(b, ORR_LAYER_SUM, in, n, orr_build_shape(b, in[0]), "sum");
}
