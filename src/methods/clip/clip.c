#include "methods/clip/clip.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/clip/layout.h"

enum { TEXTS_AT_ONCE = 64, IMAGES_AT_ONCE = 32, MOST_SIDE = 1 << 14 };

/* ---- layout of the weights ---- */

/* In the first pass (no generator) only names and shapes are recorded, in the second the values are drawn. */
struct layout {
    struct orr_clip *c;
    struct orr_rng *rng;
    size_t n, at;
};

static void add(struct layout *l, const char *prefix, const char *name, struct orr_shape shape, double mean,
                double deviation)
{
    struct orr_params *p = &l->c->params;
    const size_t n = orr_shape_count(shape), index = l->n++;
    if (l->rng) {
        orr_real *w = p->value + l->at;
        for (size_t i = 0; i < n; i++)
            w[i] = (orr_real)(deviation > 0 ? mean + deviation * orr_rng_normal(l->rng) : mean);
        l->at += n;
        return;
    }
    if (p->n_tensors == p->tensors_cap) {
        p->tensors_cap = p->tensors_cap ? 2 * p->tensors_cap : 64;
        p->tensor = orr_xrealloc(p->tensor, p->tensors_cap, sizeof *p->tensor);
    }
    struct orr_param_tensor *t = &p->tensor[index];
    *t = (struct orr_param_tensor){.shape = shape, .offset = p->n, .decay = shape.axes > 1};
    snprintf(t->name, sizeof t->name, "%s%s", prefix, name);
    p->n += n;
    p->n_tensors = l->n;
}

/* Deviations as CLIP starts: d^-1/2 (2 layers)^-1/2 into the residual stream, d^-1/2 for q, k, v, (2 d)^-1/2 before the
 * activation. */
static void add_tower(struct layout *l, struct orr_clip_tower *t, const char *name)
{
    const int d = t->width;
    const double attention = 1 / sqrt(d), residual = attention / sqrt(2.0 * t->layers), up = 1 / sqrt(2.0 * d);
    t->first = l->n;
    for (int i = 0; i < t->layers; i++) {
        char at[32];
        snprintf(at, sizeof at, "%s.%d.", name, i);
        add(l, at, "ln1.weight", orr_shape1(d), 1, 0);
        add(l, at, "ln1.bias", orr_shape1(d), 0, 0);
        add(l, at, "qkv.weight", orr_shape2(3 * d, d), 0, attention);
        add(l, at, "qkv.bias", orr_shape1(3 * d), 0, 0);
        add(l, at, "out.weight", orr_shape2(d, d), 0, residual);
        add(l, at, "out.bias", orr_shape1(d), 0, 0);
        add(l, at, "ln2.weight", orr_shape1(d), 1, 0);
        add(l, at, "ln2.bias", orr_shape1(d), 0, 0);
        add(l, at, "up.weight", orr_shape2(t->hidden, d), 0, up);
        add(l, at, "up.bias", orr_shape1(t->hidden), 0, 0);
        add(l, at, "down.weight", orr_shape2(d, t->hidden), 0, residual);
        add(l, at, "down.bias", orr_shape1(d), 0, 0);
    }
}

static void lay_out(struct layout *l)
{
    struct orr_clip *c = l->c;
    const struct orr_clip_config *g = &c->config;
    const int dv = g->vision_width, dt = g->text_width, side = g->image / g->patch;
    l->n = l->at = 0;
    add(l, "vision.", "class", orr_shape1(dv), 0, 1 / sqrt(dv));
    add(l, "vision.", "patch", orr_shape4(dv, 3, g->patch, g->patch), 0, 1 / sqrt(3.0 * g->patch * g->patch));
    add(l, "vision.", "positions", orr_shape2(1 + side * side, dv), 0, 1 / sqrt(dv));
    add(l, "vision.", "ln_pre.weight", orr_shape1(dv), 1, 0);
    add(l, "vision.", "ln_pre.bias", orr_shape1(dv), 0, 0);
    add_tower(l, &c->vision, "vision");
    add(l, "vision.", "ln_post.weight", orr_shape1(dv), 1, 0);
    add(l, "vision.", "ln_post.bias", orr_shape1(dv), 0, 0);
    add(l, "vision.", "projection", orr_shape2(g->embed, dv), 0, 1 / sqrt(dv));
    add(l, "text.", "tokens", orr_shape2(g->vocab, dt), 0, 0.02);
    add(l, "text.", "positions", orr_shape2(g->context, dt), 0, 0.01);
    add_tower(l, &c->text, "text");
    add(l, "text.", "ln_final.weight", orr_shape1(dt), 1, 0);
    add(l, "text.", "ln_final.bias", orr_shape1(dt), 0, 0);
    add(l, "text.", "projection", orr_shape2(g->embed, dt), 0, 1 / sqrt(dt));
    add(l, "", "logit_scale", orr_shape1(1), log(1 / 0.07), 0);
}

size_t orr_clip_tensor(const struct orr_clip *c, enum orr_clip_part part)
{
    const size_t after_vision = c->vision.first + (size_t)c->vision.layers * ORR_CLIP_BLOCK_TENSORS,
                 after_text = c->text.first + (size_t)c->text.layers * ORR_CLIP_BLOCK_TENSORS;
    switch (part) {
    case ORR_CLIP_LN_POST: return after_vision;
    case ORR_CLIP_VISION_PROJECTION: return after_vision + 2;
    case ORR_CLIP_TOKENS: return after_vision + 3;
    case ORR_CLIP_TEXT_POSITIONS: return after_vision + 4;
    case ORR_CLIP_LN_FINAL: return after_text;
    case ORR_CLIP_TEXT_PROJECTION: return after_text + 2;
    case ORR_CLIP_LOGIT_SCALE: return after_text + 3;
    default: return (size_t)part; /* in front of the vision tower's blocks */
    }
}

static bool sound_tower(int width, int layers, int heads, int hidden)
{
    return width > 0 && width <= 1 << 14 && layers > 0 && layers <= 1 << 8 && heads > 0 && width % heads == 0 &&
           hidden > 0 && hidden <= 1 << 16;
}

enum orr_status orr_clip_init(struct orr_clip *c, const struct orr_clip_config *g, struct orr_clip_tokens *tokens,
                              uint64_t seed, struct orr_error *err)
{
    struct orr_rng rng;
    *c = (struct orr_clip){.config = *g, .tokens = tokens};
    if (!sound_tower(g->vision_width, g->vision_layers, g->vision_heads, g->vision_hidden) ||
        !sound_tower(g->text_width, g->text_layers, g->text_heads, g->text_hidden) || g->patch < 1 ||
        g->image < g->patch || g->image > MOST_SIDE || g->image % g->patch || g->image / g->patch > 256 ||
        g->embed < 1 || g->embed > 1 << 14 || g->vocab < 1 || g->vocab > 1 << 22 || g->context < 2 ||
        g->context > 1 << 14 || (g->activation != ORR_ACT_QUICK_GELU && g->activation != ORR_ACT_GELU))
        return orr_error_set(
            err, ORR_EINVAL, "dual encoder",
            "sizes that no encoder can have: widths are multiples of heads, the image one of the patch");
    if (tokens && orr_clip_tokens_count(tokens) > g->vocab)
        return orr_error_set(err, ORR_EINVAL, "dual encoder", "its vocabulary has %d tokens, its weights are for %d",
                             orr_clip_tokens_count(tokens), g->vocab);
    c->vision = (struct orr_clip_tower){.layers = g->vision_layers,
                                        .width = g->vision_width,
                                        .heads = g->vision_heads,
                                        .hidden = g->vision_hidden,
                                        .eps = g->vision_eps};
    c->text = (struct orr_clip_tower){.layers = g->text_layers,
                                      .width = g->text_width,
                                      .heads = g->text_heads,
                                      .hidden = g->text_hidden,
                                      .eps = g->text_eps,
                                      .causal = true};
    struct layout l = {.c = c};
    lay_out(&l);
    c->params.value = orr_alloc(c->params.n, sizeof *c->params.value);
    if (!c->params.value)
        return orr_error_set(err, ORR_ENOMEM, "dual encoder", "no memory for %zu weights", c->params.n);
    c->params.cap = c->params.n;
    orr_rng_seed(&rng, seed, 0);
    l.rng = &rng;
    lay_out(&l);
    return ORR_OK;
}

void orr_clip_free(struct orr_clip *c)
{
    if (!c) return;
    orr_params_free(&c->params);
    orr_clip_tokens_free(c->tokens);
    *c = (struct orr_clip){0};
}

bool orr_clip_train(struct orr_clip *c, bool vision, bool text)
{
    if ((vision || text) && !c->params.grad) {
        c->params.grad = orr_alloc(c->params.n, sizeof *c->params.grad);
        if (!c->params.grad) return false;
        memset(c->params.grad, 0, c->params.n * sizeof *c->params.grad);
    }
    c->vision.trains = vision;
    c->text.trains = text;
    return true;
}

size_t orr_clip_count(const struct orr_clip *c, bool vision)
{
    const size_t split = c->params.tensor[orr_clip_tensor(c, ORR_CLIP_TOKENS)].offset;
    return vision ? split : c->params.n - split - 1; /* the logit scale belongs to neither */
}

/* ---- weights on the tape ---- */

static struct orr_var *weight(const struct orr_clip *c, struct orr_tape *t, bool trains, size_t tensor)
{
    return trains ? orr_tape_param(t, &c->params, tensor)
                  : orr_tape_input(t, c->params.tensor[tensor].shape, orr_params_value(&c->params, tensor));
}
static struct orr_var *vision_weight(const struct orr_clip *c, struct orr_tape *t, enum orr_clip_part part, size_t more)
{
    return weight(c, t, c->vision.trains, orr_clip_tensor(c, part) + more);
}
static struct orr_var *text_weight(const struct orr_clip *c, struct orr_tape *t, enum orr_clip_part part, size_t more)
{
    return weight(c, t, c->text.trains, orr_clip_tensor(c, part) + more);
}

struct orr_clip_weights orr_clip_block_weights(const struct orr_clip *c, const struct orr_clip_tower *tower, int layer,
                                               struct orr_tape *t)
{
    assert(layer >= 0 && layer < tower->layers);
    struct orr_var *w[ORR_CLIP_BLOCK_TENSORS];
    for (size_t k = 0; k < ORR_CLIP_BLOCK_TENSORS; k++)
        w[k] = weight(c, t, tower->trains, tower->first + (size_t)layer * ORR_CLIP_BLOCK_TENSORS + k);
    return (struct orr_clip_weights){w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11]};
}

/* ---- blocks ---- */

struct orr_var *orr_clip_ln1(const struct orr_clip_tower *tower, const struct orr_clip_weights *w, struct orr_var *x)
{
    return orr_layer_norm(x, w->ln1_gain, w->ln1_bias, tower->eps);
}
struct orr_var *orr_clip_qkv(const struct orr_clip_weights *w, struct orr_var *normed)
{
    return orr_linear(normed, w->qkv, w->qkv_bias, ORR_ACT_NONE);
}
struct orr_var *orr_clip_out(const struct orr_clip_weights *w, struct orr_var *attended)
{
    return orr_linear(attended, w->out, w->out_bias, ORR_ACT_NONE);
}
struct orr_var *orr_clip_mlp(const struct orr_clip *c, const struct orr_clip_tower *tower,
                             const struct orr_clip_weights *w, struct orr_var *x)
{
    struct orr_var *h = orr_layer_norm(x, w->ln2_gain, w->ln2_bias, tower->eps);
    h = orr_linear(h, w->up, w->up_bias, c->config.activation);
    return orr_linear(h, w->down, w->down_bias, ORR_ACT_NONE);
}

struct orr_var *orr_clip_block(const struct orr_clip *c, const struct orr_clip_tower *tower, int layer,
                               struct orr_var *x)
{
    const struct orr_clip_weights w = orr_clip_block_weights(c, tower, layer, x->tape);
    struct orr_var *qkv = orr_clip_qkv(&w, orr_clip_ln1(tower, &w, x));
    x = orr_add(x, orr_clip_out(&w, orr_attention(qkv, tower->heads, tower->causal, NULL)));
    return orr_add(x, orr_clip_mlp(c, tower, &w, x));
}

/* ---- rows of tokens ---- */

struct orr_var *orr_clip_join(struct orr_var *a, struct orr_var *b)
{
    const int batch = a->shape.size[0], s = a->shape.size[1], r = b->shape.size[1], d = a->shape.size[2];
    assert(b->shape.size[0] == batch && b->shape.size[2] == d);
    struct orr_var *y = orr_concat(orr_reshape(a, orr_shape2(batch, s * d)), orr_reshape(b, orr_shape2(batch, r * d)));
    return orr_reshape(y, orr_shape3(batch, s + r, d));
}

struct orr_var *orr_clip_rows(struct orr_var *x, int first, int n)
{
    const int batch = x->shape.size[0], s = x->shape.size[1], d = x->shape.size[2];
    if (first == 0 && n == s) return x;
    struct orr_var *y = orr_slice(orr_reshape(x, orr_shape2(batch, s * d)), first * d, n * d);
    return orr_reshape(y, orr_shape3(batch, n, d));
}

struct orr_var *orr_clip_repeat(struct orr_var *rows, int batch)
{
    return orr_add(orr_tape_zeros(rows->tape, orr_shape3(batch, rows->shape.size[0], rows->shape.size[1])), rows);
}

/* x / |x| = RMS norm with gain d^-1/2 (no mean is taken off). */
struct orr_var *orr_clip_unit(struct orr_var *x)
{
    const int d = orr_shape_last(x->shape);
    struct orr_var *gain = orr_tape_zeros(x->tape, orr_shape1(d));
    for (int i = 0; i < d; i++) gain->value[i] = (orr_real)(1 / sqrt(d));
    return orr_rms_norm(x, gain, 1e-20);
}

/* ---- vision ---- */

struct orr_var *orr_clip_image_tokens(const struct orr_clip *c, struct orr_tape *t, struct orr_var *pixels)
{
    const struct orr_clip_config *g = &c->config;
    const int batch = pixels->shape.size[0], side = g->image / g->patch, d = g->vision_width;
    assert(pixels->shape.axes == 4 && pixels->shape.size[1] == 3 && pixels->shape.size[2] == g->image &&
           pixels->shape.size[3] == g->image);
    struct orr_var *x = orr_conv2d(pixels, vision_weight(c, t, ORR_CLIP_PATCH, 0), NULL, g->patch, 0, 1, ORR_ACT_NONE);
    x = orr_transpose(orr_reshape(x, orr_shape3(batch, d, side * side)));
    struct orr_var *first = orr_reshape(vision_weight(c, t, ORR_CLIP_CLASS, 0), orr_shape2(1, d));
    x = orr_clip_join(orr_clip_repeat(first, batch), x);
    x = orr_add(x, vision_weight(c, t, ORR_CLIP_VISION_POSITIONS, 0));
    return orr_layer_norm(x, vision_weight(c, t, ORR_CLIP_LN_PRE, 0), vision_weight(c, t, ORR_CLIP_LN_PRE, 1),
                          g->vision_eps);
}

struct orr_var *orr_clip_image_feature(const struct orr_clip *c, struct orr_var *x)
{
    struct orr_tape *t = x->tape;
    x = orr_layer_norm(orr_select(x, 0), vision_weight(c, t, ORR_CLIP_LN_POST, 0),
                       vision_weight(c, t, ORR_CLIP_LN_POST, 1), c->config.vision_eps);
    return orr_clip_unit(orr_linear(x, vision_weight(c, t, ORR_CLIP_VISION_PROJECTION, 0), NULL, ORR_ACT_NONE));
}

struct orr_var *orr_clip_image(const struct orr_clip *c, struct orr_tape *t, struct orr_var *pixels)
{
    struct orr_var *x = orr_clip_image_tokens(c, t, pixels);
    for (int i = 0; i < c->vision.layers; i++) x = orr_clip_block(c, &c->vision, i, x);
    return orr_clip_image_feature(c, x);
}

/* ---- text ---- */

struct orr_var *orr_clip_text_embed(const struct orr_clip *c, struct orr_tape *t, const int32_t *ids, int n, int length)
{
    struct orr_var *x = orr_embedding(text_weight(c, t, ORR_CLIP_TOKENS, 0), ids, n * length);
    return orr_reshape(x, orr_shape3(n, length, c->config.text_width));
}

struct orr_var *orr_clip_text_positions(const struct orr_clip *c, struct orr_var *x)
{
    const int length = x->shape.size[1], d = x->shape.size[2];
    assert(length <= c->config.context && d == c->config.text_width);
    struct orr_var *p = text_weight(c, x->tape, ORR_CLIP_TEXT_POSITIONS, 0);
    p = orr_clip_rows(orr_reshape(p, orr_shape3(1, c->config.context, d)), 0, length);
    return orr_add(x, orr_reshape(p, orr_shape2(length, d)));
}

struct orr_var *orr_clip_text_feature(const struct orr_clip *c, struct orr_var *x, const int32_t *end)
{
    struct orr_tape *t = x->tape;
    const int n = x->shape.size[0], length = x->shape.size[1], d = x->shape.size[2];
    int32_t *row = (int32_t *)(void *)orr_tape_zeros(t, orr_shape1(n))->value; /* whole numbers in memory of the tape */
    for (int i = 0; i < n; i++) {
        assert(end[i] >= 0 && end[i] < length);
        row[i] = i * length + end[i];
    }
    x = orr_embedding(orr_reshape(x, orr_shape2(n * length, d)), row, n); /* a gather of rows; the norm is by row */
    x = orr_layer_norm(x, text_weight(c, t, ORR_CLIP_LN_FINAL, 0), text_weight(c, t, ORR_CLIP_LN_FINAL, 1),
                       c->config.text_eps);
    return orr_clip_unit(orr_linear(x, text_weight(c, t, ORR_CLIP_TEXT_PROJECTION, 0), NULL, ORR_ACT_NONE));
}

struct orr_var *orr_clip_text(const struct orr_clip *c, struct orr_tape *t, const int32_t *ids, const int32_t *end,
                              int n, int length)
{
    struct orr_var *x = orr_clip_text_positions(c, orr_clip_text_embed(c, t, ids, n, length));
    for (int i = 0; i < c->text.layers; i++) x = orr_clip_block(c, &c->text, i, x);
    return orr_clip_text_feature(c, x, end);
}

/* ---- both ---- */

double orr_clip_scale(const struct orr_clip *c)
{
    const double s = exp((double)*orr_params_value(&c->params, orr_clip_tensor(c, ORR_CLIP_LOGIT_SCALE)));
    return s < 100 ? s : 100;
}

struct orr_var *orr_clip_logits(const struct orr_clip *c, struct orr_var *a, struct orr_var *b)
{
    struct orr_var *cosines = orr_matmul(a, b, false, true);
    const size_t scale = orr_clip_tensor(c, ORR_CLIP_LOGIT_SCALE);
    if (!c->vision.trains && !c->text.trains) return orr_scale(cosines, orr_clip_scale(c));
    struct orr_var *s = orr_activate(orr_tape_param(a->tape, &c->params, scale), ORR_ACT_EXP);
    const struct orr_shape shape = cosines->shape;
    cosines = orr_mul(orr_reshape(cosines, orr_shape2((int)cosines->n, 1)), s);
    return orr_reshape(cosines, shape);
}

void orr_clip_encode_texts(const struct orr_clip *c, const char *const *texts, size_t n, float *out)
{
    const size_t length = (size_t)c->config.context, embed = (size_t)c->config.embed;
    int32_t *ids = orr_xcalloc(TEXTS_AT_ONCE * length, sizeof *ids), end[TEXTS_AT_ONCE];
    struct orr_tape *t = orr_tape_new();
    orr_tape_record(t, false);
    assert(c->tokens);
    for (size_t at = 0; at < n; at += TEXTS_AT_ONCE) {
        const size_t m = n - at < TEXTS_AT_ONCE ? n - at : TEXTS_AT_ONCE;
        int longest = 0;
        for (size_t i = 0; i < m; i++) {
            end[i] =
                orr_clip_tokens_encode(c->tokens, texts[at + i], strlen(texts[at + i]), ids + i * length, (int)length);
            longest = end[i] > longest ? end[i] : longest;
        }
        for (size_t i = 0; i < m; i++) /* what follows the longest end needs no work */
            memmove(ids + i * (size_t)(longest + 1), ids + i * length, (size_t)(longest + 1) * sizeof *ids);
        orr_tape_reset(t);
        const struct orr_var *f = orr_clip_text(c, t, ids, end, (int)m, longest + 1);
        memcpy(out + at * embed, f->value, m * embed * sizeof *out);
    }
    orr_tape_free(t);
    free(ids);
}

bool orr_clip_encode_images(const struct orr_clip *c, const float *pixels, size_t n, const struct orr_ticker *ticker,
                            float *out)
{
    const size_t side = (size_t)c->config.image, embed = (size_t)c->config.embed, width = 3 * side * side;
    struct orr_tape *t = orr_tape_new();
    bool go = true;
    orr_tape_record(t, false);
    for (size_t at = 0; at < n && go; at += IMAGES_AT_ONCE) {
        const size_t m = n - at < IMAGES_AT_ONCE ? n - at : IMAGES_AT_ONCE;
        orr_tape_reset(t);
        const struct orr_shape shape = orr_shape4((int)m, 3, (int)side, (int)side);
        const struct orr_var *f = orr_clip_image(c, t, orr_tape_input(t, shape, pixels + at * width));
        memcpy(out + at * embed, f->value, m * embed * sizeof *out);
        go = orr_ticker_tick(ticker, "encoding", "images", at + m, n);
    }
    orr_tape_free(t);
    return go;
}
