#include "methods/lm/lm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define EPS       1e-5
#define ROPE_BASE 10000.0

enum orr_status orr_lm_parse(const char *text, struct orr_lm_config *c, struct orr_error *err)
{
    char rest;
    int dim, layers, heads;
    if (sscanf(text, "%4d:%3d:%3d%c", &dim, &layers, &heads, &rest) != 3 || dim < 8 || dim > 2048 || layers < 1 ||
        layers > 64 || heads < 1 || dim % (2 * heads) != 0)
        return orr_error_set(err, ORR_EINVAL, text,
                             "expected D:LAYERS:HEADS with D 8 to 2048, LAYERS up to 64, D a multiple of 2 HEADS");
    c->dim = dim;
    c->layers = layers;
    c->heads = heads;
    c->hidden = (dim * 8 / 3 + 15) / 16 * 16;
    return ORR_OK;
}

static size_t add(struct orr_lm *m, int layer, const char *name, struct orr_shape shape, double gain,
                  struct orr_rng *rng)
{
    char full[64];
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, "layers.%d.%s", layer, name);
    return orr_params_add(&m->params, full, shape, shape.axes == 1 ? ORR_INIT_ONE : ORR_INIT_NORMAL, gain, 0, rng);
}

void orr_lm_init(struct orr_lm *m, const struct orr_lm_config *c, uint64_t seed)
{
    const int d = c->dim, h = c->hidden;
    const double in = 1 / sqrt((double)d), stream = 1 / sqrt(2.0 * c->layers); /* what is added to the stream starts smaller */
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 0);
    *m = (struct orr_lm){.c = *c, .layer = orr_xcalloc((size_t)c->layers, sizeof *m->layer)};
    /* So drawn, the tied head's first logits have a standard deviation of about 1/2. */
    m->embedding = add(m, -1, "embed_tokens.weight", orr_shape2(c->vocab, d), in / 2, &rng);
    for (int i = 0; i < c->layers; i++) {
        struct orr_lm_layer *l = &m->layer[i];
        l->norm1 = add(m, i, "input_layernorm.weight", orr_shape1(d), 1, &rng);
        l->qkv = add(m, i, "self_attn.qkv_proj.weight", orr_shape2(3 * d, d), in, &rng);
        l->out = add(m, i, "self_attn.o_proj.weight", orr_shape2(d, d), in * stream, &rng);
        l->norm2 = add(m, i, "post_attention_layernorm.weight", orr_shape1(d), 1, &rng);
        l->gate = add(m, i, "mlp.gate_proj.weight", orr_shape2(h, d), in, &rng);
        l->up = add(m, i, "mlp.up_proj.weight", orr_shape2(h, d), in, &rng);
        l->down = add(m, i, "mlp.down_proj.weight", orr_shape2(d, h), stream / sqrt((double)h), &rng);
    }
    m->norm = add(m, -1, "norm.weight", orr_shape1(d), 1, &rng);
}

void orr_lm_free(struct orr_lm *m)
{
    orr_params_free(&m->params);
    free(m->layer);
    *m = (struct orr_lm){0};
}

struct orr_var *orr_lm_states(const struct orr_lm *m, struct orr_tape *t, const int32_t *ids, const int32_t *first,
                              int texts)
{
    const struct orr_params *p = &m->params;
    struct orr_var *x = orr_embedding(orr_tape_param(t, p, m->embedding), ids, first[texts]);
    for (int i = 0; i < m->c.layers; i++) {
        const struct orr_lm_layer *l = &m->layer[i];
        struct orr_var *h = orr_rms_norm(x, orr_tape_param(t, p, l->norm1), EPS);
        h = orr_linear(h, orr_tape_param(t, p, l->qkv), NULL, ORR_ACT_NONE);
        h = orr_attention_packed(orr_rotary(h, m->c.heads, first, texts, ROPE_BASE), m->c.heads, first, texts);
        x = orr_add(x, orr_linear(h, orr_tape_param(t, p, l->out), NULL, ORR_ACT_NONE));
        h = orr_rms_norm(x, orr_tape_param(t, p, l->norm2), EPS);
        h = orr_mul(orr_linear(h, orr_tape_param(t, p, l->gate), NULL, ORR_ACT_SILU),
                    orr_linear(h, orr_tape_param(t, p, l->up), NULL, ORR_ACT_NONE));
        x = orr_add(x, orr_linear(h, orr_tape_param(t, p, l->down), NULL, ORR_ACT_NONE));
    }
    return orr_rms_norm(x, orr_tape_param(t, p, m->norm), EPS);
}

struct orr_var *orr_lm_logits(const struct orr_lm *m, struct orr_tape *t, struct orr_var *states)
{
    return orr_linear(states, orr_tape_param(t, &m->params, m->embedding), NULL, ORR_ACT_NONE);
}
