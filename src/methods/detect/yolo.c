#include "methods/detect/yolo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ops.h>

#include "base/mem.h"

enum { NONE = -2, IMAGE = -1 };

static const struct {
    const char *name;
    double width, depth;
} KINDS[] = {[ORR_YOLO_PICO] = {"pico", .125, .33},
             [ORR_YOLO_N] = {"n", .25, .33},
             [ORR_YOLO_S] = {"s", .5, .33},
             [ORR_YOLO_M] = {"m", .75, .67}};

/* COCO's, for images of 640 pixels: per stride 8, 16, 32. */
static const double ANCHORS[ORR_YOLO_LEVELS][ORR_YOLO_ANCHORS][2] = {
    {{10, 13}, {16, 30}, {33, 23}}, {{30, 61}, {62, 45}, {59, 119}}, {{116, 90}, {156, 198}, {373, 326}}};

const char *orr_yolo_kind_name(enum orr_yolo_kind kind) { return KINDS[kind].name; }

enum orr_status orr_yolo_parse_kind(const char *text, enum orr_yolo_kind *kind, struct orr_error *err)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (!strcmp(text, KINDS[i].name)) {
            *kind = (enum orr_yolo_kind)i;
            return ORR_OK;
        }
    return orr_error_set(err, ORR_EINVAL, text, "no such network; there are pico, n, s, m");
}

/* ---- building ---- */

struct builder {
    struct orr_yolo *y;
    struct orr_rng rng;
    int module;
    char scope[24]; /* "model.2" */
};

static int channels_of(const struct orr_yolo *y, int step) { return step == IMAGE ? 3 : y->step[step].channels; }
static int stride_of(const struct orr_yolo *y, int step) { return step == IMAGE ? 1 : y->step[step].stride; }

/* Channels at width 1 to those of this network: a multiple of 8. */
static int width(const struct builder *b, int channels)
{
    return (int)ceil(channels * KINDS[b->y->kind].width / 8) * 8;
}
static int depth(const struct builder *b, int n)
{
    const int d = (int)lrint(n * KINDS[b->y->kind].depth);
    return d > 1 ? d : 1;
}

static void module(struct builder *b, int index)
{
    b->module = index;
    snprintf(b->scope, sizeof b->scope, "model.%d", index);
}

static int push(struct builder *b, enum orr_yolo_op op, const int *in, int n_in, int channels, int stride)
{
    struct orr_yolo *y = b->y;
    struct orr_yolo_step *s = &y->step[y->n_steps];
    *s = (struct orr_yolo_step){
        .op = op, .module = b->module, .n_in = n_in, .add = NONE, .channels = channels, .stride = stride};
    memcpy(s->in, in, (size_t)n_in * sizeof *in);
    return y->n_steps++;
}

static size_t param(struct builder *b, const struct orr_yolo_conv *c, const char *suffix, struct orr_shape shape,
                    enum orr_init init)
{
    char name[64];
    snprintf(name, sizeof name, "%.40s.%s", c->name, suffix);
    return orr_params_add(&b->y->params, name, shape, init, 1, c->in * c->size * c->size, &b->rng);
}

/* `part` names it within its module: "", ".cv1", ".m.0.cv2". */
static int conv(struct builder *b, const char *part, int in, int out, int size, int stride, int pad, bool output)
{
    struct orr_yolo *y = b->y;
    struct orr_yolo_conv *c = &y->conv[y->n_convs];
    *c = (struct orr_yolo_conv){
        .in = channels_of(y, in), .out = out, .size = size, .stride = stride, .pad = pad, .output = output};
    snprintf(c->name, sizeof c->name, "%.20s%.14s%s", b->scope, part, output ? "" : ".conv");
    c->weight = param(b, c, "weight", orr_shape4(out, c->in, size, size), ORR_INIT_FAN_IN_UNIFORM);
    if (!output) {
        param(b, c, "gain", orr_shape1(out), ORR_INIT_ONE);
        c->state = y->n_state;
        y->n_state += 2 * (size_t)out;
    }
    param(b, c, "bias", orr_shape1(out), output ? ORR_INIT_FAN_IN_UNIFORM : ORR_INIT_ZERO);
    const int at = push(b, ORR_YOLO_CONV, &in, 1, out, stride_of(y, in) * stride);
    y->step[at].conv = y->n_convs++;
    return at;
}

static int cat(struct builder *b, const int *in, int n)
{
    int channels = 0;
    for (int k = 0; k < n; k++) channels += b->y->step[in[k]].channels;
    return push(b, ORR_YOLO_CAT, in, n, channels, b->y->step[in[0]].stride);
}

static int c3(struct builder *b, int in, int out, int n, bool shortcut)
{
    const int half = out / 2;
    int at = conv(b, ".cv1", in, half, 1, 1, 0, false);
    for (int k = 0; k < n; k++) {
        char part[24];
        const int from = at;
        snprintf(part, sizeof part, ".m.%d.cv1", k);
        at = conv(b, part, from, half, 1, 1, 0, false);
        snprintf(part, sizeof part, ".m.%d.cv2", k);
        at = conv(b, part, at, half, 3, 1, 1, false);
        if (shortcut) b->y->step[at].add = from;
    }
    const int other = conv(b, ".cv2", in, half, 1, 1, 0, false);
    return conv(b, ".cv3", cat(b, (const int[]){at, other}, 2), out, 1, 1, 0, false);
}

/* Maxima over 5, 9 and 13 cells, as 5 of 5 of 5. */
static int sppf(struct builder *b, int in, int out)
{
    const int half = channels_of(b->y, in) / 2;
    int at[4] = {conv(b, ".cv1", in, half, 1, 1, 0, false)};
    for (int k = 1; k < 4; k++) at[k] = push(b, ORR_YOLO_POOL, &at[k - 1], 1, half, b->y->step[at[0]].stride);
    return conv(b, ".cv2", cat(b, at, 4), out, 1, 1, 0, false);
}

static int up(struct builder *b, int in)
{
    return push(b, ORR_YOLO_UP, &in, 1, b->y->step[in].channels, b->y->step[in].stride / 2);
}

static int down(struct builder *b, int index, int in, int channels)
{
    module(b, index);
    return conv(b, "", in, width(b, channels), 3, 2, 1, false);
}
static int block(struct builder *b, int index, int in, int channels, int n, bool shortcut)
{
    module(b, index);
    return c3(b, in, width(b, channels), depth(b, n), shortcut);
}
static int join(struct builder *b, int index, int x, int y)
{
    module(b, index);
    return cat(b, (const int[]){x, y}, 2);
}

static void build(struct builder *b)
{
    module(b, 0);
    int at = conv(b, "", IMAGE, width(b, 64), 6, 2, 2, false);
    at = block(b, 2, down(b, 1, at, 128), 128, 3, true);
    const int p3 = block(b, 4, down(b, 3, at, 256), 256, 6, true);
    const int p4 = block(b, 6, down(b, 5, p3, 512), 512, 9, true);
    at = block(b, 8, down(b, 7, p4, 1024), 1024, 3, true);
    module(b, 9);
    at = sppf(b, at, width(b, 1024));
    module(b, 10);
    const int top = conv(b, "", at, width(b, 512), 1, 1, 0, false);
    module(b, 11);
    at = up(b, top);
    at = block(b, 13, join(b, 12, at, p4), 512, 3, false);
    module(b, 14);
    const int middle = conv(b, "", at, width(b, 256), 1, 1, 0, false);
    module(b, 15);
    at = up(b, middle);
    int level[ORR_YOLO_LEVELS];
    level[0] = block(b, 17, join(b, 16, at, p3), 256, 3, false);
    level[1] = block(b, 20, join(b, 19, down(b, 18, level[0], 256), middle), 512, 3, false);
    level[2] = block(b, 23, join(b, 22, down(b, 21, level[1], 512), top), 1024, 3, false);
    module(b, 24);
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) {
        char part[8];
        snprintf(part, sizeof part, ".m.%d", l);
        b->y->output[l] = conv(b, part, level[l], ORR_YOLO_ANCHORS * (5 + b->y->classes), 1, 1, 0, true);
    }
}

/* Outputs begin at what is known beforehand: about 8 objects in an image of 640 pixels, of any class alike. */
static void prior_biases(struct orr_yolo *y)
{
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) {
        const struct orr_yolo_step *s = &y->step[y->output[l]];
        const double cells = 640.0 / s->stride * (640.0 / s->stride);
        orr_real *bias = orr_params_value(&y->params, y->conv[s->conv].weight + 1);
        for (int a = 0; a < ORR_YOLO_ANCHORS; a++, bias += 5 + y->classes) {
            bias[4] += (orr_real)log(8 / cells);
            for (int c = 0; c < y->classes; c++) bias[5 + c] += (orr_real)log(0.6 / (y->classes - 0.999999));
        }
    }
}

enum orr_status orr_yolo_init(struct orr_yolo *y, enum orr_yolo_kind kind, int classes, uint64_t seed,
                              struct orr_error *err)
{
    *y = (struct orr_yolo){.kind = kind, .classes = classes};
    if (classes < 1 || classes > ORR_YOLO_CLASSES_MAX)
        return orr_error_set(err, ORR_EINVAL, "classes", "%d: expected 1 to %d", classes, (int)ORR_YOLO_CLASSES_MAX);
    struct builder b = {.y = y};
    orr_rng_seed(&b.rng, seed, 0);
    memcpy(y->anchor, ANCHORS, sizeof ANCHORS);
    for (int c = 0; c < classes; c++) snprintf(y->class_name[c], sizeof y->class_name[c], "%d", c);
    build(&b);
    prior_biases(y);
    y->state = orr_xcalloc(y->n_state, sizeof *y->state);
    for (int k = 0; k < y->n_convs; k++)
        for (int i = 0; !y->conv[k].output && i < y->conv[k].out; i++)
            y->state[y->conv[k].state + (size_t)(y->conv[k].out + i)] = 1;
    return ORR_OK;
}

void orr_yolo_free(struct orr_yolo *y)
{
    orr_params_free(&y->params);
    free(y->state);
    *y = (struct orr_yolo){0};
}

size_t orr_yolo_parameters(const struct orr_yolo *y) { return y->params.n; }

/* ---- on the tape ---- */

enum pass { EVALUATE, TRAIN, UNFOLD };

/* gain (x - mean) / sqrt(var + eps) + bias = x + the bias there was. */
static void take_out_norm(struct orr_yolo *y, const struct orr_yolo_conv *c, const struct orr_var *x)
{
    orr_real *gain = orr_params_value(&y->params, c->weight + 1), *bias = orr_params_value(&y->params, c->weight + 2);
    orr_real *mean = y->state + c->state, *var = mean + c->out;
    const size_t batch = (size_t)x->shape.size[0], n = (size_t)x->shape.size[2] * (size_t)x->shape.size[3],
                 out = (size_t)c->out;
    for (size_t o = 0; o < out; o++) {
        double sum = 0, squares = 0;
        for (size_t b = 0; b < batch; b++)
            for (size_t i = 0; i < n; i++) {
                const double v = (double)x->value[(b * out + o) * n + i];
                sum += v;
                squares += v * v;
            }
        const double m = sum / (double)(batch * n), v = fmax(squares / (double)(batch * n) - m * m, 0);
        mean[o] = (orr_real)m;
        var[o] = (orr_real)v;
        gain[o] = (orr_real)sqrt((double)var[o] + ORR_YOLO_BN_EPS);
        bias[o] += mean[o];
    }
}

static struct orr_var *conv_forward(struct orr_yolo *y, struct orr_var *x, const struct orr_yolo_conv *c,
                                    enum pass pass)
{
    struct orr_tape *t = x->tape;
    struct orr_var *w = orr_tape_param(t, &y->params, c->weight), *p = orr_tape_param(t, &y->params, c->weight + 1);
    if (c->output) return orr_conv2d_packed(x, w, p, 1, 0);
    x = orr_conv2d_packed(x, w, NULL, c->stride, c->pad);
    if (pass == UNFOLD) take_out_norm(y, c, x);
    return orr_batch_norm_silu(x, p, orr_tape_param(t, &y->params, c->weight + 2), y->state + c->state,
                               ORR_YOLO_BN_MOMENTUM, ORR_YOLO_BN_EPS, pass == TRAIN);
}

static void forward(struct orr_yolo *y, struct orr_tape *t, const orr_real *x, int batch, int height, int width_,
                    enum pass pass, struct orr_var *out[ORR_YOLO_LEVELS])
{
    struct orr_var *value[1 + ORR_YOLO_STEPS_MAX], **const v = value + 1; /* v[-1] is the image */
    v[IMAGE] = orr_tape_input(t, orr_shape4(batch, 3, height, width_), x);
    for (int k = 0; k < y->n_steps; k++) {
        const struct orr_yolo_step *s = &y->step[k];
        struct orr_var *in = v[s->in[0]];
        switch (s->op) {
        case ORR_YOLO_CONV:
            v[k] = conv_forward(y, in, &y->conv[s->conv], pass);
            if (s->add != NONE) v[k] = orr_add(v[s->add], v[k]);
            break;
        case ORR_YOLO_POOL: v[k] = orr_max_pool2d(in, 5, 1, 2); break;
        case ORR_YOLO_UP: v[k] = orr_upsample2x(in); break;
        case ORR_YOLO_CAT:
            for (int j = 1; j < s->n_in; j++) in = orr_concat_channels(in, v[s->in[j]]);
            v[k] = in;
            break;
        }
    }
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) out[l] = v[y->output[l]];
}

void orr_yolo_forward(struct orr_yolo *y, struct orr_tape *t, const orr_real *x, int batch, int height, int width_,
                      bool training, struct orr_var *out[ORR_YOLO_LEVELS])
{
    forward(y, t, x, batch, height, width_, training ? TRAIN : EVALUATE, out);
}

bool orr_yolo_is_folded(const struct orr_yolo *y)
{
    for (int k = 0; k < y->n_convs; k++) {
        const struct orr_yolo_conv *c = &y->conv[k];
        const orr_real *gain = orr_params_value(&y->params, c->weight + 1), *mean = y->state + c->state,
                       *var = mean + c->out;
        for (int o = 0; !c->output && o < c->out; o++)
            if (gain[o] != 1 || mean[o] != 0 || var[o] != (orr_real)(1 - ORR_YOLO_BN_EPS)) return false;
    }
    return true;
}

void orr_yolo_unfold(struct orr_yolo *y, struct orr_tape *t, const orr_real *x, int batch, int height, int width_)
{
    struct orr_var *out[ORR_YOLO_LEVELS];
    orr_tape_reset(t);
    orr_tape_record(t, false);
    forward(y, t, x, batch, height, width_, UNFOLD, out);
    orr_tape_record(t, true);
    orr_tape_reset(t);
}
