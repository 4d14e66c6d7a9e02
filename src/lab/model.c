#include "lab/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"

enum { MAX_LAYERS = 128, MAX_WIDTHS = 16, MAX_WIDTH = 65536, MAX_PARAMS = 1 << 26 };

static const struct {
    const char *name;
    enum orr_activation act;
} ACTIVATIONS[] = {{"relu", ORR_ACT_RELU}, {"tanh", ORR_ACT_TANH}, {"sigmoid", ORR_ACT_SIGMOID},
                   {"silu", ORR_ACT_SILU}, {"gelu", ORR_ACT_GELU}};

static const char *activation_name(enum orr_activation act)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof *ACTIVATIONS; i++)
        if (ACTIVATIONS[i].act == act) return ACTIVATIONS[i].name;
    return "none";
}

/* ---- layers ---- */

struct builder {
    struct orr_model *m;
    const struct orr_dataset *data;
    struct orr_rng rng;
    enum orr_activation act;
    double dropout;
    int widths[MAX_WIDTHS], n_widths;
    bool too_large;
};

static int push(struct builder *b, enum orr_layer_kind kind, const int *in, int n_in, struct orr_shape shape,
                const char *label)
{
    struct orr_model *m = b->m;
    if (m->n_layers == MAX_LAYERS) abort(); /* no architecture above comes near */
    struct orr_layer *l = &m->layers[m->n_layers];
    *l = (struct orr_layer){.kind = kind, .n_in = n_in, .shape = shape};
    for (int k = 0; k < n_in; k++) l->in[k] = in[k];
    snprintf(l->label, sizeof l->label, "%s", label);
    return (int)m->n_layers++;
}

static struct orr_shape shape_of(const struct builder *b, int layer) { return b->m->layers[layer].shape; }

static size_t add_param(struct builder *b, const char *suffix, struct orr_shape shape, enum orr_init init, double gain)
{
    char name[64];
    if (orr_shape_count(shape) > MAX_PARAMS - b->m->params.n) { /* before the memory is asked for */
        b->too_large = true;
        return 0;
    }
    snprintf(name, sizeof name, "layers.%zu.%s", b->m->n_layers - 1, suffix);
    return orr_params_add(&b->m->params, name, shape, init, gain, 0, &b->rng);
}

/* He et al. for rectifiers and their smooth kin, Glorot and Bengio else. */
static size_t add_weight(struct builder *b, struct orr_shape shape, enum orr_activation act)
{
    const bool rectifier = act == ORR_ACT_RELU || act == ORR_ACT_SILU || act == ORR_ACT_GELU;
    return add_param(b, "weight", shape, rectifier ? ORR_INIT_KAIMING : ORR_INIT_XAVIER, rectifier ? sqrt(2) : 1);
}

static int linear(struct builder *b, int in, int out, enum orr_activation act)
{
    char label[32];
    snprintf(label, sizeof label, "linear %d", out);
    const int k = (int)orr_shape_count(shape_of(b, in)), at = push(b, ORR_LAYER_LINEAR, &in, 1, orr_shape1(out), label);
    b->m->layers[at].act = act;
    b->m->layers[at].param = add_weight(b, orr_shape2(out, k), act);
    add_param(b, "bias", orr_shape1(out), ORR_INIT_ZERO, 0);
    return at;
}

static int conv(struct builder *b, int in, int out, int size, int stride, enum orr_activation act)
{
    char label[32];
    snprintf(label, sizeof label, "conv%dx%d %d", size, size, out);
    const struct orr_shape s = shape_of(b, in);
    const int pad = size / 2, h = (s.size[1] + 2 * pad - size) / stride + 1, w = (s.size[2] + 2 * pad - size) / stride + 1;
    const int at = push(b, ORR_LAYER_CONV, &in, 1, orr_shape3(out, h, w), label);
    struct orr_layer *l = &b->m->layers[at];
    l->act = act;
    l->size = size;
    l->stride = stride;
    l->pad = pad;
    l->param = add_weight(b, orr_shape4(out, s.size[0], size, size), act == ORR_ACT_NONE ? ORR_ACT_RELU : act);
    add_param(b, "bias", orr_shape1(out), ORR_INIT_ZERO, 0);
    return at;
}

static int batch_norm(struct builder *b, int in, enum orr_activation act)
{
    const struct orr_shape s = shape_of(b, in);
    const int at = push(b, ORR_LAYER_BATCH_NORM, &in, 1, s, "batch norm");
    b->m->layers[at].act = act;
    b->m->layers[at].param = add_param(b, "weight", orr_shape1(s.size[0]), ORR_INIT_ONE, 0);
    add_param(b, "bias", orr_shape1(s.size[0]), ORR_INIT_ZERO, 0);
    b->m->layers[at].state = b->m->n_state;
    b->m->n_state += 2 * (size_t)s.size[0];
    return at;
}

static int pool(struct builder *b, enum orr_layer_kind kind, int in, int size, int stride, int pad)
{
    const struct orr_shape s = shape_of(b, in);
    const int h = (s.size[1] + 2 * pad - size) / stride + 1, w = (s.size[2] + 2 * pad - size) / stride + 1;
    const int at = push(b, kind, &in, 1, orr_shape3(s.size[0], h, w), kind == ORR_LAYER_MAX_POOL ? "max pool" : "avg pool");
    b->m->layers[at].size = size;
    b->m->layers[at].stride = stride;
    b->m->layers[at].pad = pad;
    return at;
}

static int simple(struct builder *b, enum orr_layer_kind kind, int in, struct orr_shape shape, const char *label)
{
    return push(b, kind, &in, 1, shape, label);
}

static int dropout(struct builder *b, int in)
{
    if (b->dropout <= 0) return in;
    const int at = simple(b, ORR_LAYER_DROPOUT, in, shape_of(b, in), "dropout");
    b->m->layers[at].rate = b->dropout;
    return at;
}

static int flatten(struct builder *b, int in)
{
    const struct orr_shape s = shape_of(b, in);
    return s.axes == 1 ? in : simple(b, ORR_LAYER_FLATTEN, in, orr_shape1((int)orr_shape_count(s)), "flatten");
}

/* ---- architectures ---- */

static enum orr_status build_linear(struct builder *b, struct orr_error *err)
{
    (void)err;
    linear(b, flatten(b, 0), b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static enum orr_status build_mlp(struct builder *b, struct orr_error *err)
{
    int first = 0, end = b->n_widths;
    if (end == 0) return orr_error_set(err, ORR_EINVAL, b->m->arch, "needs widths: mlp:64-32");
    const int in = (int)b->data->width, out = b->data->outputs;
    if (end >= 2 && b->widths[0] == in && b->widths[end - 1] == out) { /* all widths given */
        first++;
        end--;
    }
    int at = flatten(b, 0);
    for (int k = first; k < end; k++) at = dropout(b, linear(b, at, b->widths[k], b->act));
    linear(b, at, out, ORR_ACT_NONE);
    return ORR_OK;
}

static enum orr_status needs_images(const struct builder *b, int least, struct orr_error *err)
{
    const struct orr_shape s = b->data->sample;
    if (s.axes == 3 && s.size[1] >= least && s.size[2] >= least) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, b->m->arch, "needs images of at least %dx%d; %s has none", least, least,
                         b->data->name);
}

static enum orr_status build_cnn(struct builder *b, struct orr_error *err)
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
        at = pool(b, ORR_LAYER_MAX_POOL, conv(b, at, b->widths[k], 3, 1, b->act), 2, 2, 0);
    at = dropout(b, linear(b, flatten(b, at), b->widths[b->n_widths - 1], b->act));
    linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static int sum(struct builder *b, const int *in, int n)
{
    return n == 1 ? in[0] : push(b, ORR_LAYER_SUM, in, n, shape_of(b, in[0]), "sum");
}

enum edge_op { EDGE_NONE, EDGE_SKIP, EDGE_CONV1, EDGE_CONV3, EDGE_POOL };

static int edge(struct builder *b, int from, enum edge_op op, int channels)
{
    switch (op) {
    case EDGE_NONE: return -1;
    case EDGE_SKIP: return from;
    case EDGE_CONV1: return conv(b, from, channels, 1, 1, ORR_ACT_RELU);
    case EDGE_CONV3: return conv(b, from, channels, 3, 1, ORR_ACT_RELU);
    case EDGE_POOL: return pool(b, ORR_LAYER_AVG_POOL, from, 3, 1, 1);
    }
    return -1;
}

/* Node j sums the operations of its edges from all nodes before; a node without any stays empty (-1). */
static int cell(struct builder *b, int in, const char *ops, int channels)
{
    int node[4] = {in, -1, -1, -1};
    for (int j = 1, e = 0; j < 4; j++) {
        int parts[3], n = 0;
        for (int i = 0; i < j; i++, e++) {
            const int part = node[i] < 0 ? -1 : edge(b, node[i], (enum edge_op)(ops[e] - '0'), channels);
            if (part >= 0) parts[n++] = part;
        }
        if (n) node[j] = sum(b, parts, n);
    }
    return node[3];
}

static enum orr_status build_cell(struct builder *b, struct orr_error *err)
{
    char ops[8] = "";
    int channels = 8;
    const int got = sscanf(b->m->arch, "cell:%6[0-4]:%d", ops, &channels);
    if (got < 1 || strlen(ops) != 6 || channels < 1 || channels > 256)
        return orr_error_set(err, ORR_EINVAL, b->m->arch, "expected cell:ABCDEF[:CHANNELS] with six digits 0..4");
    const enum orr_status s = needs_images(b, 4, err);
    if (s) return s;
    int at = conv(b, 0, channels, 3, 1, ORR_ACT_RELU);
    for (int copy = 0; copy < 2; copy++) {
        at = cell(b, at, ops, channels);
        if (at < 0) return orr_error_set(err, ORR_EINVAL, b->m->arch, "nothing reaches the cell's output");
        if (copy == 0) at = pool(b, ORR_LAYER_MAX_POOL, at, 2, 2, 0);
    }
    at = simple(b, ORR_LAYER_GLOBAL_POOL, at, orr_shape1(channels), "global pool");
    linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static int residual_block(struct builder *b, int in, int channels, int stride)
{
    const int first = batch_norm(b, conv(b, in, channels, 3, stride, ORR_ACT_NONE), ORR_ACT_RELU);
    const int second = batch_norm(b, conv(b, first, channels, 3, 1, ORR_ACT_NONE), ORR_ACT_NONE);
    const int shortcut = shape_of(b, in).size[0] == channels && stride == 1 ? in : conv(b, in, channels, 1, stride, ORR_ACT_NONE);
    const int parts[2] = {second, shortcut}, at = sum(b, parts, 2);
    const int out = simple(b, ORR_LAYER_ACTIVATION, at, shape_of(b, at), "relu");
    b->m->layers[out].act = ORR_ACT_RELU;
    return out;
}

static enum orr_status build_resnet8(struct builder *b, struct orr_error *err)
{
    const int c = b->n_widths ? b->widths[0] : 16;
    const enum orr_status s = needs_images(b, 8, err);
    if (s) return s;
    int at = batch_norm(b, conv(b, 0, c, 3, 1, ORR_ACT_NONE), ORR_ACT_RELU);
    at = residual_block(b, at, c, 1);
    at = residual_block(b, at, 2 * c, 2);
    at = residual_block(b, at, 4 * c, 2);
    at = simple(b, ORR_LAYER_GLOBAL_POOL, at, orr_shape1(4 * c), "global pool");
    linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static enum orr_status build_gru(struct builder *b, struct orr_error *err)
{
    (void)err;
    const struct orr_shape s = b->data->sample;
    const int h = b->n_widths ? b->widths[0] : 64;
    const int steps = s.axes == 3 ? s.size[0] * s.size[1] : (int)b->data->width, in = s.axes == 3 ? s.size[2] : 1;
    int at = simple(b, ORR_LAYER_ROWS, 0, orr_shape2(steps, in), "rows");
    char label[32];
    snprintf(label, sizeof label, "gru %d", h);
    at = simple(b, ORR_LAYER_GRU, at, orr_shape2(steps, h), label);
    b->m->layers[at].param = add_param(b, "weight_ih", orr_shape2(3 * h, in), ORR_INIT_XAVIER, 1);
    add_param(b, "weight_hh", orr_shape2(3 * h, h), ORR_INIT_XAVIER, 1);
    add_param(b, "bias_ih", orr_shape1(3 * h), ORR_INIT_ZERO, 0);
    add_param(b, "bias_hh", orr_shape1(3 * h), ORR_INIT_ZERO, 0);
    at = simple(b, ORR_LAYER_LAST, at, orr_shape1(h), "last");
    linear(b, at, b->data->outputs, ORR_ACT_NONE);
    return ORR_OK;
}

static const struct {
    const char *name;
    enum orr_status (*build)(struct builder *, struct orr_error *);
} ARCHITECTURES[] = {{"linear", build_linear}, {"logistic", build_linear}, {"mlp", build_mlp},  {"cnn", build_cnn},
                     {"cell", build_cell},     {"resnet8", build_resnet8}, {"gru", build_gru}};

/* ---- reading the text ---- */

static bool parse_widths(struct builder *b, const char *text)
{
    for (const char *p = text; *p;) {
        char *end;
        const long w = strtol(p, &end, 10);
        if (end == p || w < 1 || w > MAX_WIDTH || b->n_widths == MAX_WIDTHS) return false;
        b->widths[b->n_widths++] = (int)w;
        p = end;
        if (*p == '-') p++;
        else if (*p) return false;
    }
    return true;
}

static enum orr_status parse_part(struct builder *b, const char *part, struct orr_error *err)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof *ACTIVATIONS; i++)
        if (!strcmp(part, ACTIVATIONS[i].name)) {
            b->act = ACTIVATIONS[i].act;
            return ORR_OK;
        }
    if (orr_starts_with(part, "dropout=")) {
        if (orr_parse_double(part + 8, strlen(part + 8), &b->dropout) && b->dropout >= 0 && b->dropout < 1) return ORR_OK;
        return orr_error_set(err, ORR_EINVAL, b->m->arch, "dropout is a number from 0 to below 1");
    }
    if (part[0] >= '0' && part[0] <= '9' && parse_widths(b, part)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, b->m->arch, "`%s` is neither widths, an activation nor dropout=P", part);
}

enum orr_status orr_model_build(const char *arch, const struct orr_dataset *data, uint64_t seed, struct orr_model *out,
                                struct orr_error *err)
{
    *out = (struct orr_model){0};
    struct builder b = {.m = out, .data = data, .act = ORR_ACT_RELU};
    char text[sizeof out->arch], *save = NULL;
    if (strlen(arch) >= sizeof out->arch) return orr_error_set(err, ORR_EINVAL, "arch", "more than %zu bytes", sizeof text);
    snprintf(out->arch, sizeof out->arch, "%s", arch);
    snprintf(text, sizeof text, "%s", arch);
    orr_rng_seed(&b.rng, seed, 1);
    const char *name = strtok_r(text, ":", &save);
    size_t k = 0, count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
    while (name && k < count && strcmp(name, ARCHITECTURES[k].name)) k++;
    if (!name || k == count)
        return orr_error_set(err, ORR_EINVAL, arch,
                             "no such architecture; there are linear, logistic, mlp, cnn, cell, resnet8, gru");
    out->layers = orr_xcalloc(MAX_LAYERS, sizeof *out->layers);
    push(&b, ORR_LAYER_INPUT, NULL, 0, data->sample, "input");
    enum orr_status s = ORR_OK;
    for (const char *part; !s && strcmp(name, "cell") && (part = strtok_r(NULL, ":", &save));) s = parse_part(&b, part, err);
    if (!s) s = ARCHITECTURES[k].build(&b, err);
    if (!s && b.too_large)
        s = orr_error_set(err, ORR_EINVAL, arch, "more than %d parameters; make it narrower", (int)MAX_PARAMS);
    if (s) {
        orr_model_free(out);
        return s;
    }
    out->state = orr_xcalloc(out->n_state ? out->n_state : 1, sizeof *out->state);
    for (size_t i = 0; i < out->n_layers; i++) { /* running variances start at 1 */
        const struct orr_layer *l = &out->layers[i];
        if (l->kind != ORR_LAYER_BATCH_NORM) continue;
        for (int c = 0; c < l->shape.size[0]; c++) out->state[l->state + (size_t)(l->shape.size[0] + c)] = 1;
    }
    return ORR_OK;
}

void orr_model_free(struct orr_model *m)
{
    orr_params_free(&m->params);
    free(m->state);
    free(m->layers);
    *m = (struct orr_model){0};
}

/* ---- forward ---- */

static struct orr_shape batched(struct orr_shape s, int batch)
{
    struct orr_shape b = {.axes = s.axes + 1, .size = {batch}};
    for (int k = 0; k < s.axes; k++) b.size[k + 1] = s.size[k];
    return b;
}

static struct orr_var *evaluate(struct orr_model *m, const struct orr_layer *l, struct orr_var *const *in,
                                struct orr_tape *t, int batch, bool training, struct orr_rng *rng)
{
    struct orr_var *p[4] = {NULL};
    const int n_params[] = {[ORR_LAYER_LINEAR] = 2, [ORR_LAYER_CONV] = 2, [ORR_LAYER_BATCH_NORM] = 2, [ORR_LAYER_GRU] = 4,
                            [ORR_LAYER_LAST] = 0};
    for (int k = 0; k < n_params[l->kind]; k++) p[k] = orr_tape_param(t, &m->params, l->param + (size_t)k);
    switch (l->kind) {
    case ORR_LAYER_INPUT: return in[0];
    case ORR_LAYER_LINEAR: return orr_linear(in[0], p[0], p[1], l->act);
    case ORR_LAYER_CONV: return orr_conv2d(in[0], p[0], p[1], l->stride, l->pad, 1, l->act);
    case ORR_LAYER_BATCH_NORM:
        return orr_activate(orr_batch_norm(in[0], p[0], p[1], m->state + l->state, 0.1, 1e-5, training), l->act);
    case ORR_LAYER_MAX_POOL: return orr_max_pool2d(in[0], l->size, l->stride, l->pad);
    case ORR_LAYER_AVG_POOL: return orr_avg_pool2d(in[0], l->size, l->stride, l->pad);
    case ORR_LAYER_GLOBAL_POOL: return orr_global_avg_pool(in[0]);
    case ORR_LAYER_SUM: return orr_combine(in, (double[]){1, 1, 1, 1}, l->n_in);
    case ORR_LAYER_ACTIVATION: return orr_activate(in[0], l->act);
    case ORR_LAYER_DROPOUT: return training ? orr_dropout(in[0], l->rate, rng) : in[0];
    case ORR_LAYER_FLATTEN:
    case ORR_LAYER_ROWS: return orr_reshape(in[0], batched(l->shape, batch));
    case ORR_LAYER_GRU: return orr_gru(in[0], NULL, p[0], p[1], p[2], p[3]);
    case ORR_LAYER_LAST: return orr_select(in[0], in[0]->shape.size[1] - 1);
    }
    return NULL;
}

struct orr_var *orr_model_forward(struct orr_model *m, struct orr_tape *t, const orr_real *x, int batch, bool training,
                                  struct orr_rng *rng)
{
    struct orr_var *value[MAX_LAYERS] = {orr_tape_input(t, batched(m->layers[0].shape, batch), x)};
    for (size_t i = 1; i < m->n_layers; i++) {
        const struct orr_layer *l = &m->layers[i];
        struct orr_var *in[4] = {NULL};
        for (int k = 0; k < l->n_in; k++) in[k] = value[l->in[k]];
        value[i] = evaluate(m, l, in, t, batch, training, rng);
    }
    return value[m->n_layers - 1];
}

/* ---- graph ---- */

void orr_model_graph(const struct orr_model *m, struct orr_str *json)
{
    orr_str_append(json, "{\"arch\":");
    orr_json_append_string(json, m->arch);
    orr_str_append(json, ",\"nodes\":[");
    for (size_t i = 0; i < m->n_layers; i++) {
        const struct orr_layer *l = &m->layers[i];
        orr_str_printf(json, "%s{\"id\":%zu,\"op\":", i ? "," : "", i);
        orr_json_append_string(json, l->label);
        orr_str_printf(json, ",\"width\":%d,\"activation\":\"%s\",\"dropout\":", l->shape.size[0], activation_name(l->act));
        orr_json_append_double(json, l->rate);
        orr_str_append(json, ",\"shape\":[");
        for (int k = 0; k < l->shape.axes; k++) orr_str_printf(json, "%s%d", k ? "," : "", l->shape.size[k]);
        orr_str_append(json, "]}");
    }
    orr_str_append(json, "],\"edges\":[");
    bool first = true;
    for (size_t i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i].n_in; k++, first = false)
            orr_str_printf(json, "%s[%d,%zu]", first ? "" : ",", m->layers[i].in[k], i);
    orr_str_append(json, "]}");
}
