/* Passes through the prompted towers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/prompt/private.h"
#include "methods/prompt/prompt.h"

enum { BATCH = 32, META_BATCH = 4 };

/* Rows of the options of a search, c prompts for option c; and of the one option of a fixed layout with n prompts. */
static const int32_t options_begin[ORR_PROMPTS_OPTIONS + 1] = {0, 0, 1, 3, 6, 10, 15, 21, 28};
static const int32_t one_begin[ORR_PROMPTS_MOST + 1][2] = {{0, 0}, {0, 1},  {0, 2},  {0, 3},  {0, 4},  {0, 5},
                                                           {0, 6}, {0, 7},  {0, 8},  {0, 9},  {0, 10}, {0, 11},
                                                           {0, 12}, {0, 13}, {0, 14}, {0, 15}, {0, 16}};

static struct orr_var *tensor(const struct orr_params *p, struct orr_tape *t, size_t k, bool learns)
{
    return learns ? orr_tape_param(t, p, k) : orr_tape_input(t, p->tensor[k].shape, orr_params_value(p, k));
}

/* (added, width) of a layer; NULL: none. */
static struct orr_var *prompts_of(const struct orr_prompts *p, struct orr_tape *t, enum orr_prompts_branch b, int layer,
                                  bool learns)
{
    const int rows = orr_prompts_rows(p, b, layer);
    if (!rows) return NULL;
    if (b == ORR_PROMPTS_TEXT || p->layout.maps == ORR_PROMPTS_OWN) return tensor(&p->params, t, p->first[b][layer], learns);
    struct orr_var *text = tensor(&p->params, t, p->first[ORR_PROMPTS_TEXT][layer], learns), *all = NULL;
    const size_t map = p->first[ORR_PROMPTS_IMAGE][layer];
    const int dt = p->clip->text.width, di = p->clip->vision.width;
    if (p->layout.maps == ORR_PROMPTS_MAP_LAYER)
        return orr_linear(text, tensor(&p->params, t, map, learns), tensor(&p->params, t, map + 1, learns), ORR_ACT_NONE);
    for (int i = 0; i < rows; i++) {
        struct orr_var *row = orr_slice(orr_reshape(text, orr_shape2(1, rows * dt)), i * dt, dt);
        struct orr_var *to = orr_linear(row, tensor(&p->params, t, map + 2 * (size_t)i, learns),
                                        tensor(&p->params, t, map + 2 * (size_t)i + 1, learns), ORR_ACT_NONE);
        all = all ? orr_concat(all, to) : to;
    }
    return orr_reshape(all, orr_shape2(rows, di));
}

/* x + attention with the layer's prompts as further keys and values, mixed over the options of a search; + mlp. */
static struct orr_var *block_with_keys(const struct orr_prompts *p, enum orr_prompts_branch b, int layer, struct orr_var *x,
                                       enum orr_prompts_learns learns)
{
    struct orr_tape *t = x->tape;
    const struct orr_clip_tower *tower = orr_prompts_tower(p->clip, b);
    const struct orr_clip_weights w = orr_clip_block_weights(p->clip, tower, layer, t);
    const int rows = orr_prompts_rows(p, b, layer), d = tower->width;
    struct orr_var *e = prompts_of(p, t, b, layer, learns == ORR_PROMPTS_LEARN_PROMPTS), *weight = NULL;
    struct orr_var *kv = orr_clip_qkv(&w, orr_clip_ln1(tower, &w, orr_reshape(e, orr_shape3(1, rows, d))));
    kv = orr_slice(orr_reshape(kv, orr_shape2(rows, 3 * d)), d, 2 * d);
    if (p->longest) weight = orr_softmax(tensor(&p->alpha, t, p->logits[b][layer], learns == ORR_PROMPTS_LEARN_LENGTHS));
    struct orr_var *y = orr_attention_prompted(orr_clip_qkv(&w, orr_clip_ln1(tower, &w, x)), kv,
                                               p->longest ? options_begin : one_begin[rows], p->longest ? p->longest + 1 : 1,
                                               weight, tower->heads, tower->causal, NULL);
    x = orr_add(x, orr_clip_out(&w, y));
    return orr_add(x, orr_clip_mlp(p->clip, tower, &w, x));
}

/* Prompts stand at rows at..at+before; the last `removed` of them leave and `new` (B, added, d) come after those that stay. */
static struct orr_var *change_prompts(struct orr_var *x, int at, struct orr_prompts_step s, struct orr_var *new)
{
    const int all = x->shape.size[1], stay = at + s.before - s.removed, rest = all - at - s.before;
    struct orr_var *y = stay == all ? x : orr_clip_rows(x, 0, stay);
    if (new) y = orr_clip_join(y, new);
    return rest ? orr_clip_join(y, orr_clip_rows(x, at + s.before, rest)) : y;
}

/* Blocks from..to-1 of a branch; in-sequence prompts stand from row `at` on. *moved: rows that were put in. */
static struct orr_var *walk(const struct orr_prompts *p, enum orr_prompts_branch b, int from, int to, int at, struct orr_var *x,
                            enum orr_prompts_learns learns, int *moved)
{
    const struct orr_clip_tower *tower = orr_prompts_tower(p->clip, b);
    const bool keys = p->layout.place == ORR_PROMPTS_AS_KEYS;
    *moved = 0;
    for (int k = from; k < to; k++) {
        const struct orr_prompts_step s =
            k < ORR_PROMPTS_LAYERS ? orr_prompts_step(&p->layout, b, k) : (struct orr_prompts_step){0};
        const bool text_context = b == ORR_PROMPTS_TEXT && k == 0; /* put in already, below the positions */
        if (!keys && (s.added || s.removed) && !text_context) {
            struct orr_var *e = prompts_of(p, x->tape, b, k, learns == ORR_PROMPTS_LEARN_PROMPTS);
            x = change_prompts(x, at, s, e ? orr_clip_repeat(e, x->shape.size[0]) : NULL);
        }
        if (!keys) *moved = s.tokens;
        x = keys && s.added ? block_with_keys(p, b, k, x, learns) : orr_clip_block(p->clip, tower, k, x);
    }
    return x;
}

/* ---- texts ---- */

/* (B n, length, d) embeddings with the context after the begin token; shift (B, d) is added to every row of the context. */
static struct orr_var *with_context(const struct orr_prompts *p, struct orr_tape *t, const struct orr_prompts_texts *x,
                                    struct orr_var *shift, bool learns)
{
    const int d = p->clip->text.width, rows = p->layout.add[ORR_PROMPTS_TEXT][0];
    struct orr_var *embed = orr_clip_text_embed(p->clip, t, x->ids, x->n, x->length);
    struct orr_var *context = prompts_of(p, t, ORR_PROMPTS_TEXT, 0, learns);
    if (!shift) {
        context = orr_clip_repeat(context, x->n);
    } else { /* the classes of an image side by side */
        const int batch = shift->shape.size[0];
        struct orr_var *wide = shift;
        for (int i = 1; i < rows; i++) wide = orr_concat(wide, shift);
        context = orr_add(orr_reshape(wide, orr_shape3(batch, rows, d)), context);
        int32_t *ids = (int32_t *)(void *)orr_tape_zeros(t, orr_shape1(batch * x->n))->value;
        for (int k = 0; k < batch * x->n; k++) ids[k] = k / x->n;
        context = orr_embedding(orr_reshape(context, orr_shape2(batch, rows * d)), ids, batch * x->n);
        context = orr_reshape(context, orr_shape3(batch * x->n, rows, d));
        embed = orr_reshape(orr_clip_repeat(orr_reshape(embed, orr_shape2(x->n * x->length, d)), batch),
                            orr_shape3(batch * x->n, x->length, d));
    }
    struct orr_var *first = orr_clip_join(orr_clip_rows(embed, 0, 1), context);
    return orr_clip_join(first, orr_clip_rows(embed, 1, x->length - 1));
}

struct orr_var *orr_prompts_text_features(const struct orr_prompts *p, struct orr_tape *t, const struct orr_prompts_texts *x,
                                          struct orr_var *shift, enum orr_prompts_learns learns)
{
    const struct orr_clip *c = p->clip;
    struct orr_var *y;
    int moved;
    if (x->x && x->layer == c->text.layers) return orr_tape_input(t, orr_shape2(x->n, c->config.embed), x->x);
    if (x->x)
        y = orr_tape_input(t, orr_shape3(x->n, x->length, c->text.width), x->x);
    else if (p->layout.place == ORR_PROMPTS_IN_SEQUENCE)
        y = orr_clip_text_positions(c, with_context(p, t, x, shift, learns == ORR_PROMPTS_LEARN_PROMPTS));
    else
        y = orr_clip_text_positions(c, orr_clip_text_embed(c, t, x->ids, x->n, x->length));
    y = walk(p, ORR_PROMPTS_TEXT, x->layer, c->text.layers, 1, y, learns, &moved);
    const int n = y->shape.size[0];
    int32_t *end = (int32_t *)(void *)orr_tape_zeros(t, orr_shape1(n))->value;
    for (int k = 0; k < n; k++) end[k] = x->end[k % x->n] + moved;
    return orr_clip_text_feature(c, y, end);
}

/* ---- images ---- */

struct orr_var *orr_prompts_image_features(const struct orr_prompts *p, struct orr_tape *t,
                                           const struct orr_prompts_images *images, const size_t *index, int batch,
                                           enum orr_prompts_learns learns)
{
    const size_t each = (size_t)images->tokens * (size_t)images->width;
    const bool whole = images->layer == p->clip->vision.layers;
    struct orr_var *x = orr_tape_zeros(t, whole ? orr_shape2(batch, images->width)
                                                : orr_shape3(batch, images->tokens, images->width));
    int moved;
    for (int b = 0; b < batch; b++) memcpy(x->value + (size_t)b * each, images->x + index[b] * each, each * sizeof *x->value);
    if (whole) return x;
    x = walk(p, ORR_PROMPTS_IMAGE, images->layer, p->clip->vision.layers, images->tokens, x, learns, &moved);
    return orr_clip_image_feature(p->clip, x);
}

/* Keys (rows, d) of a layer's prompts, where they are no rows of x; NULL: none. */
static struct orr_var *prompt_keys(const struct orr_prompts *p, struct orr_tape *t, const struct orr_clip_weights *w, int layer)
{
    struct orr_var *e = p->layout.place == ORR_PROMPTS_AS_KEYS ? prompts_of(p, t, ORR_PROMPTS_IMAGE, layer, false) : NULL;
    const int rows = e ? e->shape.size[0] : 0, d = p->clip->vision.width;
    if (!rows) return NULL;
    e = orr_clip_qkv(w, orr_clip_ln1(&p->clip->vision, w, orr_reshape(e, orr_shape3(1, rows, d))));
    return orr_slice(orr_reshape(e, orr_shape2(rows, 3 * d)), d, d);
}

bool orr_prompts_attention(const struct orr_prompts *p, const struct orr_prompts_images *images, size_t index, float *patch,
                           float *prompts)
{
    const struct orr_clip_tower *tower = &p->clip->vision;
    const int last = tower->layers - 1, d = tower->width, dh = d / tower->heads, patches = images->tokens - 1;
    struct orr_tape *t = orr_tape_new();
    int moved = 0;
    *prompts = 0;
    if (images->layer > last) { /* features are all there is */
        orr_tape_free(t);
        return false;
    }
    orr_tape_record(t, false);
    struct orr_var *x =
        orr_tape_input(t, orr_shape3(1, images->tokens, d), images->x + index * (size_t)images->tokens * (size_t)d);
    x = walk(p, ORR_PROMPTS_IMAGE, images->layer, last, images->tokens, x, ORR_PROMPTS_LEARN_NONE, &moved);
    if (p->layout.place == ORR_PROMPTS_IN_SEQUENCE) { /* what the last layer itself adds and removes */
        const struct orr_prompts_step s = orr_prompts_step(&p->layout, ORR_PROMPTS_IMAGE, last);
        struct orr_var *e = prompts_of(p, t, ORR_PROMPTS_IMAGE, last, false);
        x = change_prompts(x, images->tokens, s, e ? orr_clip_repeat(e, 1) : NULL);
    }
    const struct orr_clip_weights w = orr_clip_block_weights(p->clip, tower, last, t);
    struct orr_var *qkv = orr_clip_qkv(&w, orr_clip_ln1(tower, &w, x)), *more = prompt_keys(p, t, &w, last);
    const int rows = x->shape.size[1], extra = more ? more->shape.size[0] : 0;
    struct orr_var *scores = orr_tape_zeros(t, orr_shape2(tower->heads, rows + extra));
    for (int h = 0; h < tower->heads; h++)
        for (int j = 0; j < rows + extra; j++) {
            const orr_real *q = qkv->value + h * dh;
            const orr_real *k = j < rows ? qkv->value + (size_t)j * 3 * (size_t)d + d + h * dh
                                         : more->value + (size_t)(j - rows) * (size_t)d + h * dh;
            orr_real sum = 0;
            for (int i = 0; i < dh; i++) sum += q[i] * k[i];
            scores->value[h * (rows + extra) + j] = sum * (orr_real)(1 / sqrt((double)dh));
        }
    const struct orr_var *a = orr_softmax(scores);
    memset(patch, 0, (size_t)patches * sizeof *patch);
    for (int h = 0; h < tower->heads; h++)
        for (int j = 1; j < rows + extra; j++) {
            const float v = (float)a->value[h * (rows + extra) + j] / (float)tower->heads;
            if (j <= patches)
                patch[j - 1] += v;
            else
                *prompts += v;
        }
    orr_tape_free(t);
    return true;
}

struct orr_var *orr_prompts_logits(const struct orr_prompts *p, struct orr_tape *t, const struct orr_prompts_texts *texts,
                                   const struct orr_prompts_images *images, const size_t *index, int batch,
                                   enum orr_prompts_learns learns)
{
    struct orr_var *f = orr_prompts_image_features(p, t, images, index, batch, learns), *shift = NULL;
    if (!p->layout.meta) return orr_clip_logits(p->clip, f, orr_prompts_text_features(p, t, texts, NULL, learns));
    const bool on = learns == ORR_PROMPTS_LEARN_PROMPTS;
    struct orr_var *h = orr_linear(f, tensor(&p->params, t, p->meta, on), tensor(&p->params, t, p->meta + 1, on), ORR_ACT_RELU);
    shift = orr_linear(h, tensor(&p->params, t, p->meta + 2, on), tensor(&p->params, t, p->meta + 3, on), ORR_ACT_NONE);
    struct orr_var *g = orr_prompts_text_features(p, t, texts, shift, learns);
    const int e = p->clip->config.embed;
    struct orr_var *cosine = orr_matmul(orr_reshape(f, orr_shape3(batch, 1, e)), orr_reshape(g, orr_shape3(batch, texts->n, e)),
                                        false, true);
    return orr_scale(orr_reshape(cosine, orr_shape2(batch, texts->n)), orr_clip_scale(p->clip));
}

bool orr_prompts_predict(const struct orr_prompts *p, const struct orr_prompts_texts *texts,
                         const struct orr_prompts_images *images, const struct orr_ticker *ticker, float *out)
{
    const int most = p->layout.meta ? META_BATCH : BATCH;
    struct orr_tape *t = orr_tape_new(), *held = orr_tape_new();
    struct orr_var *g = NULL;
    bool go = true;
    orr_tape_record(t, false);
    orr_tape_record(held, false);
    if (!p->layout.meta) g = orr_prompts_text_features(p, held, texts, NULL, ORR_PROMPTS_LEARN_NONE);
    for (size_t at = 0; at < images->n && go; at += (size_t)most) {
        size_t index[BATCH];
        const int b = (int)(images->n - at < (size_t)most ? images->n - at : (size_t)most);
        for (int k = 0; k < b; k++) index[k] = at + (size_t)k;
        orr_tape_reset(t);
        struct orr_var *y;
        if (g) {
            struct orr_var *f = orr_prompts_image_features(p, t, images, index, b, ORR_PROMPTS_LEARN_NONE);
            y = orr_clip_logits(p->clip, f, orr_tape_input(t, g->shape, g->value));
        } else {
            y = orr_prompts_logits(p, t, texts, images, index, b, ORR_PROMPTS_LEARN_NONE);
        }
        y = orr_softmax(y);
        memcpy(out + at * (size_t)texts->n, y->value, y->n * sizeof *out);
        go = orr_ticker_tick(ticker, "scoring", "images", at + (size_t)b, images->n);
    }
    orr_tape_free(t);
    orr_tape_free(held);
    return go;
}

bool orr_prompts_encode(const struct orr_prompts *p, const struct orr_prompts_images *images, const struct orr_ticker *ticker,
                        float *out)
{
    struct orr_tape *t = orr_tape_new();
    bool go = true;
    orr_tape_record(t, false);
    for (size_t at = 0; at < images->n && go; at += BATCH) {
        size_t index[BATCH];
        const int b = (int)(images->n - at < BATCH ? images->n - at : BATCH);
        for (int k = 0; k < b; k++) index[k] = at + (size_t)k;
        orr_tape_reset(t);
        const struct orr_var *f = orr_prompts_image_features(p, t, images, index, b, ORR_PROMPTS_LEARN_NONE);
        memcpy(out + at * (size_t)p->clip->config.embed, f->value, f->n * sizeof *out);
        go = orr_ticker_tick(ticker, "encoding", "images", at + (size_t)b, images->n);
    }
    orr_tape_free(t);
    return go;
}

double orr_prompts_accuracy(const float *probability, int classes, const int32_t *label, size_t n)
{
    size_t right = 0;
    for (size_t k = 0; k < n; k++) {
        const float *p = probability + k * (size_t)classes;
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (p[c] > p[best]) best = c;
        right += best == label[k];
    }
    return n ? (double)right / (double)n : (double)NAN;
}
