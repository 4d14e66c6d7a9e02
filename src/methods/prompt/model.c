/* Parameters of prompts, and what is made ready once: texts and images up to the first layer that prompts reach. */
#include "methods/prompt/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/prompt/private.h"

enum { BATCH = 32 };
static const double SPREAD = 0.02; /* of fresh prompts */

/* ---- parameters ---- */

static int width_of(const struct orr_clip *c, int branch) { return branch == ORR_PROMPTS_TEXT ? c->text.width : c->vision.width; }

const struct orr_clip_tower *orr_prompts_tower(const struct orr_clip *c, enum orr_prompts_branch branch)
{
    return branch == ORR_PROMPTS_TEXT ? &c->text : &c->vision;
}

/* E_(l, 1..longest) one below the other: prompts of option c begin at row c (c - 1) / 2. */
int orr_prompts_rows(const struct orr_prompts *p, enum orr_prompts_branch branch, int layer)
{
    return p->longest ? p->longest * (p->longest + 1) / 2 : p->layout.add[branch][layer];
}

static void add_map(struct orr_prompts *p, const char *name, struct orr_rng *rng)
{
    char full[96];
    const int dt = p->clip->text.width, di = p->clip->vision.width;
    snprintf(full, sizeof full, "%s.weight", name);
    orr_params_add(&p->params, full, orr_shape2(di, dt), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    snprintf(full, sizeof full, "%s.bias", name);
    orr_params_add(&p->params, full, orr_shape1(di), ORR_INIT_FAN_IN_UNIFORM, 1, dt, rng);
}

static void add_layer(struct orr_prompts *p, enum orr_prompts_branch b, int layer, struct orr_rng *rng)
{
    char name[64];
    const int rows = orr_prompts_rows(p, b, layer), d = width_of(p->clip, b);
    p->first[b][layer] = p->params.n_tensors;
    if (!rows) return;
    if (b == ORR_PROMPTS_TEXT || p->layout.maps == ORR_PROMPTS_OWN) {
        snprintf(name, sizeof name, "%s.%d", orr_prompts_branch_names[b], layer);
        orr_params_add(&p->params, name, orr_shape2(rows, d), ORR_INIT_NORMAL, SPREAD, 0, rng);
        return;
    }
    for (int i = 0; i < (p->layout.maps == ORR_PROMPTS_MAP_TOKEN ? rows : 1); i++) {
        snprintf(name, sizeof name, "map.%d.%d", layer, i);
        add_map(p, name, rng);
    }
}

static void add_meta(struct orr_prompts *p, struct orr_rng *rng)
{
    const int e = p->clip->config.embed, d = p->clip->text.width, hidden = e / 16;
    p->meta = p->params.n_tensors;
    orr_params_add(&p->params, "meta.0.weight", orr_shape2(hidden, e), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(&p->params, "meta.0.bias", orr_shape1(hidden), ORR_INIT_FAN_IN_UNIFORM, 1, e, rng);
    orr_params_add(&p->params, "meta.1.weight", orr_shape2(d, hidden), ORR_INIT_FAN_IN_UNIFORM, 1, 0, rng);
    orr_params_add(&p->params, "meta.1.bias", orr_shape1(d), ORR_INIT_FAN_IN_UNIFORM, 1, hidden, rng);
}

/* Words of the template that the context stands in place of: its first ones, as MaPLe has it; the others stay. */
static int words_replaced(const struct orr_prompts *p)
{
    const int rows = p->layout.add[ORR_PROMPTS_TEXT][0], most = p->clip->config.context;
    if (p->longest || p->layout.place != ORR_PROMPTS_IN_SEQUENCE || !rows || !p->clip->tokens) return 0;
    int32_t *ids = orr_xcalloc((size_t)most, sizeof *ids);
    const int words = orr_clip_tokens_encode(p->clip->tokens, p->before, strlen(p->before), ids, most) - 1;
    free(ids);
    return words < rows ? words : rows;
}

/* The context begins as the words that it replaces; where it is longer than the template, its last rows do. */
static void start_from_words(struct orr_prompts *p)
{
    const int rows = p->layout.add[ORR_PROMPTS_TEXT][0], d = p->clip->text.width, most = p->clip->config.context;
    const int n = words_replaced(p);
    if (!n) return;
    int32_t *ids = orr_xcalloc((size_t)most, sizeof *ids);
    orr_clip_tokens_encode(p->clip->tokens, p->before, strlen(p->before), ids, most);
    struct orr_tape *t = orr_tape_new();
    orr_tape_record(t, false);
    const struct orr_var *e = orr_clip_text_embed(p->clip, t, ids + 1, 1, n);
    memcpy(orr_params_value(&p->params, p->first[ORR_PROMPTS_TEXT][0]) + (size_t)(rows - n) * (size_t)d, e->value,
           (size_t)n * (size_t)d * sizeof *e->value);
    orr_tape_free(t);
    free(ids);
}

static enum orr_status set_template(struct orr_prompts *p, const char *template, struct orr_error *err)
{
    const char *hole = strstr(template, "%s");
    if (!hole || (size_t)(hole - template) >= sizeof p->before || strlen(hole + 2) >= sizeof p->after)
        return orr_error_set(err, ORR_EINVAL, "template",
                             "'%.80s' has no %%s for the name of the class, or is too long", template);
    snprintf(p->before, sizeof p->before, "%.*s", (int)(hole - template), template);
    snprintf(p->after, sizeof p->after, "%s", hole + 2);
    return ORR_OK;
}

static enum orr_status init(struct orr_prompts *p, const struct orr_clip *clip, const struct orr_prompts_layout *layout,
                            int longest, const char *template, uint64_t seed, struct orr_error *err)
{
    struct orr_rng rng;
    *p = (struct orr_prompts){.clip = clip, .layout = *layout, .longest = longest};
    enum orr_status s = orr_prompts_check(layout, err);
    if (!s) s = set_template(p, template, err);
    if (!s && (layout->layers[ORR_PROMPTS_TEXT] != clip->text.layers || layout->layers[ORR_PROMPTS_IMAGE] != clip->vision.layers))
        s = orr_error_set(err, ORR_EINVAL, "layout", "of towers with %d and %d layers; the encoder's have %d and %d",
                          layout->layers[ORR_PROMPTS_TEXT], layout->layers[ORR_PROMPTS_IMAGE], clip->text.layers,
                          clip->vision.layers);
    if (!s && layout->place == ORR_PROMPTS_IN_SEQUENCE && layout->add[ORR_PROMPTS_TEXT][0] + 3 > clip->config.context)
        s = orr_error_set(err, ORR_EINVAL, "layout", "%d tokens of context leave no room for a name in %d",
                          layout->add[ORR_PROMPTS_TEXT][0], clip->config.context);
    if (s) return s;
    /* One stream per branch: what one tower begins with does not depend on the other's layout. */
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++) {
        orr_rng_seed(&rng, seed, (uint64_t)b);
        for (int k = 0; k < layout->layers[b]; k++) add_layer(p, (enum orr_prompts_branch)b, k, &rng);
    }
    orr_rng_seed(&rng, seed, ORR_PROMPTS_BRANCHES);
    if (layout->meta) add_meta(p, &rng);
    for (int b = 0; b < ORR_PROMPTS_BRANCHES && longest; b++)
        for (int k = 0; k < layout->layers[b]; k++) {
            char name[64];
            snprintf(name, sizeof name, "alpha.%s.%d", orr_prompts_branch_names[b], k);
            p->logits[b][k] = orr_params_add(&p->alpha, name, orr_shape1(longest + 1), ORR_INIT_ZERO, 0, 0, &rng);
        }
    start_from_words(p);
    return ORR_OK;
}

enum orr_status orr_prompts_init(struct orr_prompts *p, const struct orr_clip *clip, const struct orr_prompts_layout *layout,
                                 const char *template, uint64_t seed, struct orr_error *err)
{
    return init(p, clip, layout, 0, template, seed, err);
}

enum orr_status orr_prompts_init_search(struct orr_prompts *p, const struct orr_clip *clip, int longest, const char *template,
                                        uint64_t seed, struct orr_error *err)
{
    *p = (struct orr_prompts){0};
    if (longest < 1 || longest >= ORR_PROMPTS_OPTIONS)
        return orr_error_set(err, ORR_EINVAL, "search", "lengths 0 to %d; the longest may be 1 to %d", longest,
                             ORR_PROMPTS_OPTIONS - 1);
    struct orr_prompts_layout l = orr_prompts_uniform(clip, longest);
    return init(p, clip, &l, longest, template, seed, err);
}

void orr_prompts_free(struct orr_prompts *p)
{
    if (!p) return;
    orr_params_free(&p->params);
    orr_params_free(&p->alpha);
    *p = (struct orr_prompts){0};
}

/* ---- made ready ---- */

void orr_prompts_texts(const struct orr_prompts *p, const char *const *names, int n, struct orr_prompts_texts *out)
{
    const struct orr_clip *c = p->clip;
    const bool context = p->layout.place == ORR_PROMPTS_IN_SEQUENCE && p->layout.add[ORR_PROMPTS_TEXT][0];
    const int gone = words_replaced(p), most = c->config.context - (context ? p->layout.add[ORR_PROMPTS_TEXT][0] - gone : 0);
    struct orr_str text = {0};
    int32_t *ids = orr_xcalloc((size_t)n * (size_t)most, sizeof *ids);
    *out = (struct orr_prompts_texts){.n = n, .names = names, .end = orr_xcalloc((size_t)n + 1, sizeof *out->end)};
    for (int k = 0; k < n; k++) {
        int32_t *row = ids + (size_t)k * (size_t)most;
        text.len = 0;
        orr_str_printf(&text, "%s%s%s", p->before, names[k], p->after);
        const int end = orr_clip_tokens_encode(c->tokens, text.data, text.len, row, most);
        const int cut = gone < end ? gone : end - 1; /* a template that runs into the name may have had more tokens alone */
        memmove(row + 1, row + 1 + cut, (size_t)(most - 1 - cut) * sizeof *row);
        out->end[k] = end - cut;
        if (out->end[k] + 1 > out->length) out->length = out->end[k] + 1;
    }
    out->ids = orr_xcalloc((size_t)n * (size_t)out->length + 1, sizeof *out->ids);
    for (int k = 0; k < n; k++)
        memcpy(out->ids + (size_t)k * (size_t)out->length, ids + (size_t)k * (size_t)most, (size_t)out->length * sizeof *ids);
    free(ids);
    orr_str_free(&text);
    out->layer = orr_prompts_first(&p->layout, ORR_PROMPTS_TEXT);
    if (!out->layer || !n) return;
    struct orr_tape *t = orr_tape_new();
    orr_tape_record(t, false);
    struct orr_var *x = orr_clip_text_positions(c, orr_clip_text_embed(c, t, out->ids, n, out->length));
    for (int k = 0; k < out->layer; k++) x = orr_clip_block(c, &c->text, k, x);
    if (out->layer == c->text.layers) x = orr_clip_text_feature(c, x, out->end);
    out->x = orr_xmalloc(x->n * sizeof *out->x);
    memcpy(out->x, x->value, x->n * sizeof *out->x);
    orr_tape_free(t);
}

void orr_prompts_texts_free(struct orr_prompts_texts *t)
{
    free(t->end);
    free(t->ids);
    free(t->x);
    *t = (struct orr_prompts_texts){0};
}

/* Up to `layer`; features as orr_prompts_images has them. */
static enum orr_status encode_to(const struct orr_prompts *p, int layer, const float *pixels, const float *features, size_t n,
                                 const struct orr_ticker *ticker, struct orr_prompts_images *out, struct orr_error *err)
{
    const struct orr_clip *c = p->clip;
    const size_t side = (size_t)c->config.image, per = 3 * side * side;
    const int grid = c->config.image / c->config.patch;
    *out = (struct orr_prompts_images){.n = n, .layer = layer};
    const bool whole = out->layer == c->vision.layers;
    out->tokens = whole ? 1 : 1 + grid * grid;
    out->width = whole ? c->config.embed : c->vision.width;
    const size_t each = (size_t)out->tokens * (size_t)out->width;
    out->x = orr_alloc(n ? n : 1, each * sizeof *out->x);
    if (!out->x) return orr_error_set(err, ORR_ENOMEM, "images", "no memory for %zu images", n);
    if (whole && features) {
        memcpy(out->x, features, n * each * sizeof *features);
        return ORR_OK;
    }
    struct orr_tape *t = orr_tape_new();
    bool go = true;
    orr_tape_record(t, false);
    for (size_t at = 0; at < n && go; at += BATCH) {
        const int b = (int)(n - at < BATCH ? n - at : BATCH), s = (int)side;
        orr_tape_reset(t);
        struct orr_var *x = orr_clip_image_tokens(c, t, orr_tape_input(t, orr_shape4(b, 3, s, s), pixels + at * per));
        for (int k = 0; k < out->layer; k++) x = orr_clip_block(c, &c->vision, k, x);
        if (whole) x = orr_clip_image_feature(c, x);
        memcpy(out->x + at * each, x->value, x->n * sizeof *out->x);
        go = orr_ticker_tick(ticker, "encoding", "images", at + (size_t)b, n);
    }
    orr_tape_free(t);
    return go ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, "images", "stopped");
}

enum orr_status orr_prompts_images(const struct orr_prompts *p, const float *pixels, const float *features, size_t n,
                                   const int32_t *label, const struct orr_ticker *ticker, struct orr_prompts_images *out,
                                   struct orr_error *err)
{
    const enum orr_status s =
        encode_to(p, orr_prompts_first(&p->layout, ORR_PROMPTS_IMAGE), pixels, features, n, ticker, out, err);
    out->label = label;
    return s;
}

enum orr_status orr_prompts_image_tokens(const struct orr_prompts *p, const float *pixels, size_t n,
                                         struct orr_prompts_images *out, struct orr_error *err)
{
    return encode_to(p, 0, pixels, NULL, n, NULL, out, err);
}

void orr_prompts_images_free(struct orr_prompts_images *x)
{
    free(x->x);
    *x = (struct orr_prompts_images){0};
}
