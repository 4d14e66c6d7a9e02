/* Dense, convolutional and recurrent networks. */
#include <stdio.h>
#include <string.h>

#include "lab/model_build.h"

enum orr_status orr_arch_linear(struct orr_builder *b, struct orr_error *err)
{
    (void)err;
    orr_build_linear(b, orr_build_flatten(b, 0), b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

enum orr_status orr_arch_mlp(struct orr_builder *b, struct orr_error *err)
{
    int first = 0, end = b->n_widths;
    if (end == 0) return orr_error_set(err, ORR_EINVAL, b->m->arch, "needs widths: mlp:64-32");
    const int in = (int)b->data->width, out = b->data->outputs;
    if (end >= 2 && b->widths[0] == in && b->widths[end - 1] == out) { /* all widths given */
        first++;
        end--;
    }
    int at = orr_build_flatten(b, 0);
    for (int k = first; k < end; k++) at = orr_build_dropout(b, orr_build_linear(b, at, b->widths[k], b->act));
    orr_build_linear(b, at, out, ORR_ACT_NONE);
    return ORR_OK;
}

static enum orr_status needs_images(const struct orr_builder *b, int least, struct orr_error *err)
{
    const struct orr_shape s = b->data->sample;
    if (s.axes == 3 && s.size[1] >= least && s.size[2] >= least) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, b->m->arch, "needs images of at least %dx%d; %s has none", least, least,
                         b->data->name);
}

enum orr_status orr_arch_cnn(struct orr_builder *b, struct orr_error *err)
{
    if (b->n_widths == 0) {
        b->n_widths = 3;
        b->widths[0] = 16;
        b->widths[1] = 32;
        b->widths[2] = 64;
    }
    const enum orr_status s = needs_images(b, 1 << (b->n_widths - 1), err);
    if (s) return s;
    int at = 0;
    for (int k = 0; k + 1 < b->n_widths; k++)
        at = orr_build_pool(b, ORR_LAYER_MAX_POOL, orr_build_conv(b, at, b->widths[k], 3, 1, b->act), 2, 2, 0);
    at = orr_build_dropout(b, orr_build_linear(b, orr_build_flatten(b, at), b->widths[b->n_widths - 1], b->act));
    orr_build_linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

enum edge_op { EDGE_NONE, EDGE_SKIP, EDGE_CONV1, EDGE_CONV3, EDGE_POOL };

static int edge(struct orr_builder *b, int from, enum edge_op op, int channels)
{
    switch (op) {
    case EDGE_NONE: return -1;
    case EDGE_SKIP: return from;
    case EDGE_CONV1: return orr_build_conv(b, from, channels, 1, 1, ORR_ACT_RELU);
    case EDGE_CONV3: return orr_build_conv(b, from, channels, 3, 1, ORR_ACT_RELU);
    case EDGE_POOL: return orr_build_pool(b, ORR_LAYER_AVG_POOL, from, 3, 1, 1);
    }
    return -1;
}

/* Node j sums the operations of its edges from all nodes before; a node without any stays empty (-1). */
static int cell(struct orr_builder *b, int in, const char *ops, int channels)
{
    int node[4] = {in, -1, -1, -1};
    for (int j = 1, e = 0; j < 4; j++) {
        int parts[3], n = 0;
        for (int i = 0; i < j; i++, e++) {
            const int part = node[i] < 0 ? -1 : edge(b, node[i], (enum edge_op)(ops[e] - '0'), channels);
            if (part >= 0) parts[n++] = part;
        }
        if (n) node[j] = orr_build_sum(b, parts, n);
    }
    return node[3];
}

enum orr_status orr_arch_cell(struct orr_builder *b, struct orr_error *err)
{
    char ops[8] = "";
    int channels = 8;
    const int got = sscanf(b->m->arch, "cell:%6[0-4]:%d", ops, &channels);
    if (got < 1 || strlen(ops) != 6 || channels < 1 || channels > 256)
        return orr_error_set(err, ORR_EINVAL, b->m->arch, "expected cell:ABCDEF[:CHANNELS] with six digits 0..4");
    const enum orr_status s = needs_images(b, 4, err);
    if (s) return s;
    int at = orr_build_conv(b, 0, channels, 3, 1, ORR_ACT_RELU);
    for (int copy = 0; copy < 2; copy++) {
        at = cell(b, at, ops, channels);
        if (at < 0) return orr_error_set(err, ORR_EINVAL, b->m->arch, "nothing reaches the cell's output");
        if (copy == 0) at = orr_build_pool(b, ORR_LAYER_MAX_POOL, at, 2, 2, 0);
    }
    at = orr_build_simple(b, ORR_LAYER_GLOBAL_POOL, at, orr_shape1(channels), "global pool");
    orr_build_linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static int residual_block(struct orr_builder *b, int in, int channels, int stride)
{
    const int first = orr_build_batch_norm(b, orr_build_conv(b, in, channels, 3, stride, ORR_ACT_NONE), ORR_ACT_RELU);
    const int second = orr_build_batch_norm(b, orr_build_conv(b, first, channels, 3, 1, ORR_ACT_NONE), ORR_ACT_NONE);
    const bool same = orr_build_shape(b, in).size[0] == channels && stride == 1;
    const int shortcut = same ? in : orr_build_conv(b, in, channels, 1, stride, ORR_ACT_NONE);
    const int parts[2] = {second, shortcut}, at = orr_build_sum(b, parts, 2);
    const int out = orr_build_simple(b, ORR_LAYER_ACTIVATION, at, orr_build_shape(b, at), "relu");
    b->m->layers[out].act = ORR_ACT_RELU;
    return out;
}

enum orr_status orr_arch_resnet8(struct orr_builder *b, struct orr_error *err)
{
    const int c = b->n_widths ? b->widths[0] : 16;
    const enum orr_status s = needs_images(b, 8, err);
    if (s) return s;
    int at = orr_build_batch_norm(b, orr_build_conv(b, 0, c, 3, 1, ORR_ACT_NONE), ORR_ACT_RELU);
    at = residual_block(b, at, c, 1);
    at = residual_block(b, at, 2 * c, 2);
    at = residual_block(b, at, 4 * c, 2);
    at = orr_build_simple(b, ORR_LAYER_GLOBAL_POOL, at, orr_shape1(4 * c), "global pool");
    orr_build_linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

enum orr_status orr_arch_gru(struct orr_builder *b, struct orr_error *err)
{
    (void)err;
    const struct orr_shape s = b->data->sample;
    const int h = b->n_widths ? b->widths[0] : 64;
    const int steps = s.axes == 3 ? s.size[0] * s.size[1] : (int)b->data->width, in = s.axes == 3 ? s.size[2] : 1;
    int at = orr_build_simple(b, ORR_LAYER_ROWS, 0, orr_shape2(steps, in), "rows");
    char label[32];
    snprintf(label, sizeof label, "gru %d", h);
    at = orr_build_simple(b, ORR_LAYER_GRU, at, orr_shape2(steps, h), label);
    b->m->layers[at].param = orr_build_param(b, "weight_ih", orr_shape2(3 * h, in), ORR_INIT_XAVIER, 1);
    orr_build_param(b, "weight_hh", orr_shape2(3 * h, h), ORR_INIT_XAVIER, 1);
    orr_build_param(b, "bias_ih", orr_shape1(3 * h), ORR_INIT_ZERO, 0);
    orr_build_param(b, "bias_hh", orr_shape1(3 * h), ORR_INIT_ZERO, 0);
    at = orr_build_simple(b, ORR_LAYER_LAST, at, orr_shape1(h), "last");
    orr_build_linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}
