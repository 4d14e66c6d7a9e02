#include "text/decoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "num/kernel.h"
#include "text/decoder_model.h"

/* ---- weights ---- */

void orr_decoder_transpose(float *to, size_t stride, const float *from, size_t out, size_t in)
{
    enum { TILE = 32 }; /* a tile of both stays in the cache */
    for (size_t i0 = 0; i0 < out; i0 += TILE)
        for (size_t j0 = 0; j0 < in; j0 += TILE)
            for (size_t j = j0; j < j0 + TILE && j < in; j++)
                for (size_t i = i0; i < i0 + TILE && i < out; i++) to[j * stride + i] = from[i * in + j];
}

static bool is_sane(const struct orr_decoder_config *c)
{
    enum { MOST = 1 << 20 };
    const int64_t side[] = {c->dim, c->hidden, c->layers, c->heads, c->kv_heads, c->head_size, c->vocab, c->context};
    for (size_t i = 0; i < sizeof side / sizeof *side; i++)
        if (side[i] < 1 || side[i] > MOST) return false;
    return c->heads % c->kv_heads == 0 && (int64_t)c->heads * c->head_size <= MOST &&
           (c->family != ORR_DECODER_LLAMA || c->head_size % 2 == 0) && c->norm_eps > 0 && c->norm_eps < 1 &&
           c->rope_base > 0;
}

/* Hands out parts of the block; NULL stands for a part that the family lacks. */
static float *take(struct orr_decoder *m, bool has, size_t rows, size_t columns, size_t *used)
{
    if (!has) return NULL;
    float *const at = m->block ? m->block + *used : NULL;
    *used += rows * columns;
    return at;
}

static void lay_out(struct orr_decoder *m, size_t *used)
{
    const struct orr_decoder_config *c = &m->c;
    const size_t d = (size_t)c->dim, h = (size_t)c->hidden, q = (size_t)c->heads * (size_t)c->head_size;
    const size_t qkv = q + 2 * (size_t)c->kv_heads * (size_t)c->head_size, up = h * (m->gated ? 2 : 1);
    const bool b = m->biased, layer_norm = c->family == ORR_DECODER_GPT2;
    *used = 0;
    m->embedding = take(m, !m->tied, (size_t)c->vocab, d, used);
    m->classifier = take(m, true, d, (size_t)c->vocab, used);
    m->positions = take(m, c->family == ORR_DECODER_GPT2, (size_t)c->context, d, used);
    m->norm = take(m, true, 1, d, used);
    m->norm_bias = take(m, layer_norm, 1, d, used);
    for (int i = 0; i < c->layers; i++) {
        struct orr_decoder_layer *l = &m->layer[i];
        l->norm1 = take(m, true, 1, d, used);
        l->norm1_bias = take(m, layer_norm, 1, d, used);
        l->qkv = take(m, true, d, qkv, used);
        l->qkv_bias = take(m, b, 1, qkv, used);
        l->out = take(m, true, q, d, used);
        l->out_bias = take(m, b, 1, d, used);
        l->norm2 = take(m, true, 1, d, used);
        l->norm2_bias = take(m, layer_norm, 1, d, used);
        l->up = take(m, true, d, up, used);
        l->up_bias = take(m, b, 1, up, used);
        l->down = take(m, true, h, d, used);
        l->down_bias = take(m, b, 1, d, used);
    }
}

enum orr_status orr_decoder_new(const struct orr_decoder_config *c, bool gated, bool biased, bool tied,
                                const char *where, struct orr_decoder **out, struct orr_error *err)
{
    *out = NULL;
    if (!is_sane(c))
        return orr_error_set(
            err, ORR_EFORMAT, where,
            "sizes that no model has: %d wide, %d layers, %d heads (%d for keys) of %d, %d tokens, context %d", c->dim,
            c->layers, c->heads, c->kv_heads, c->head_size, c->vocab, c->context);
    struct orr_decoder *m = orr_xcalloc(1, sizeof *m);
    *m = (struct orr_decoder){.c = *c,
                              .gated = gated,
                              .biased = biased,
                              .tied = tied,
                              .layer = orr_alloc((size_t)c->layers, sizeof *m->layer)};
    size_t n = 0;
    if (m->layer) lay_out(m, &n);
    if (m->layer) m->block = orr_alloc(n, sizeof *m->block);
    if (!m->block) {
        orr_decoder_free(m);
        return orr_error_set(err, ORR_ENOMEM, where, "no memory for %zu weights", n);
    }
    lay_out(m, &n);
    m->parameters = n;
    *out = m;
    return ORR_OK;
}

/* A number times zero is zero, unless it is infinite or none. */
ORR_KERNEL static bool are_finite(const float *x, size_t n)
{
    enum { PARTS = 16 };
    float sum[PARTS] = {0}, total = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) sum[k] += 0 * x[i + k];
    for (; i < n; i++) total += 0 * x[i];
    for (size_t k = 0; k < PARTS; k++) total += sum[k];
    return total == 0;
}

enum orr_status orr_decoder_open(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                 struct orr_error *err)
{
    struct stat st;
    *out = NULL;
    if (stat(path, &st) != 0)
        return orr_error_set(err, ORR_ENOTFOUND, path, "no such model; name a llama2.c file or a model folder");
    const enum orr_status s = S_ISDIR(st.st_mode) ? orr_decoder_open_folder(path, ticker, out, err)
                                                  : orr_decoder_open_llama2c(path, out, err);
    if (s || are_finite((*out)->block, (*out)->parameters)) return s;
    orr_decoder_free(*out);
    *out = NULL;
    return orr_error_set(err, ORR_EFORMAT, path, "weights that are not finite numbers; the model is damaged");
}

void orr_decoder_free(struct orr_decoder *m)
{
    if (!m) return;
    free(m->layer);
    free(m->block);
    free(m);
}

const struct orr_decoder_config *orr_decoder_config(const struct orr_decoder *m) { return &m->c; }
size_t orr_decoder_parameters(const struct orr_decoder *m) { return m->parameters; }

void orr_decoder_embedding(const struct orr_decoder *m, int32_t token, float *out)
{
    const size_t dim = (size_t)m->c.dim, vocab = (size_t)m->c.vocab;
    for (size_t i = 0; i < dim; i++)
        out[i] = m->embedding ? m->embedding[(size_t)token * dim + i] : m->classifier[i * vocab + (size_t)token];
}

/* ---- state ---- */

enum orr_status orr_decoder_state_new(const struct orr_decoder *m, int capacity, struct orr_decoder_state **out,
                                      struct orr_error *err)
{
    const struct orr_decoder_config *c = &m->c;
    if (capacity <= 0 || capacity > c->context) capacity = c->context;
    struct orr_decoder_state *s = orr_xcalloc(1, sizeof *s);
    *s = (struct orr_decoder_state){.m = m, .capacity = capacity};
    const size_t n = (size_t)capacity, cache = (size_t)c->layers * n, half = (size_t)c->head_size / 2;
    s->k = orr_alloc(cache + ORR_DECODER_PAD, orr_decoder_key_width(c) * sizeof *s->k);
    s->v = orr_alloc(cache, orr_decoder_key_width(c) * sizeof *s->v);
    s->cosine = orr_alloc(n, half * sizeof *s->cosine);
    s->sine = orr_alloc(n, half * sizeof *s->sine);
    s->x = orr_alloc(ORR_DECODER_ROWS, (size_t)c->dim * sizeof *s->x);
    s->h = orr_alloc(ORR_DECODER_ROWS, (size_t)c->dim * sizeof *s->h);
    s->qkv = orr_alloc(ORR_DECODER_ROWS, (orr_decoder_query_width(c) + 2 * orr_decoder_key_width(c)) * sizeof *s->qkv);
    s->attended = orr_alloc(ORR_DECODER_ROWS, orr_decoder_query_width(c) * sizeof *s->attended);
    s->up = orr_alloc(ORR_DECODER_ROWS, (size_t)c->hidden * (m->gated ? 2 : 1) * sizeof *s->up);
    /* A path below the text is no longer than the text may be. */
    s->score = orr_alloc(2 * n + 2 * ORR_DECODER_PAD, sizeof *s->score);
    if (!s->k || !s->v || !s->cosine || !s->sine || !s->x || !s->h || !s->qkv || !s->attended || !s->up || !s->score) {
        orr_decoder_state_free(s);
        return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a text of %d tokens", capacity);
    }
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < half; i++) { /* angle = t base^(-2i / head_size) */
            const double angle = (double)t * pow(c->rope_base, -2.0 * (double)i / c->head_size);
            s->cosine[t * half + i] = (float)cos(angle);
            s->sine[t * half + i] = (float)sin(angle);
        }
    *out = s;
    return ORR_OK;
}

void orr_decoder_state_free(struct orr_decoder_state *s)
{
    if (!s) return;
    float *const parts[] = {s->k, s->v,   s->branch.k, s->branch.v, s->cosine, s->sine,  s->x,
                            s->h, s->qkv, s->attended, s->up,       s->score,  s->logits};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
    free(s);
}

enum orr_status orr_decoder_state_copy(const struct orr_decoder_state *s, int capacity, struct orr_decoder_state **out,
                                       struct orr_error *err)
{
    const enum orr_status status = orr_decoder_state_new(s->m, capacity, out, err);
    if (status) return status;
    struct orr_decoder_state *const to = *out;
    const size_t kv = orr_decoder_key_width(&s->m->c), layers = (size_t)s->m->c.layers, n = (size_t)s->n;
    to->n = s->n;
    for (size_t i = 0; i < layers * kv; i++)
        memcpy(to->k + i * (size_t)to->capacity, s->k + i * (size_t)s->capacity, n * sizeof *s->k);
    for (size_t i = 0; i < layers; i++)
        memcpy(to->v + i * (size_t)to->capacity * kv, s->v + i * (size_t)s->capacity * kv, n * kv * sizeof *s->v);
    return ORR_OK;
}

int orr_decoder_length(const struct orr_decoder_state *s) { return s->n; }
int orr_decoder_room(const struct orr_decoder_state *s) { return s->capacity - s->n; }
int orr_decoder_vocab(const struct orr_decoder_state *s) { return s->m->c.vocab; }
void orr_decoder_truncate(struct orr_decoder_state *s, int n)
{
    if (n >= 0 && n < s->n) s->n = n;
}

enum orr_status orr_decoder_check(const struct orr_decoder *m, const int32_t *tokens, size_t n, struct orr_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < 0 || tokens[i] >= m->c.vocab)
            return orr_error_set(err, ORR_EINVAL, "decoder",
                                 "token %d is outside the model's %d; is it another tokenizer's?", tokens[i],
                                 m->c.vocab);
    return ORR_OK;
}

enum orr_status orr_decoder_read(struct orr_decoder_state *s, const int32_t *tokens, int n, float *logits,
                                 struct orr_error *err)
{
    const struct orr_decoder *m = s->m;
    if (n <= 0) return orr_error_set(err, ORR_EINVAL, "decoder", "no token to read");
    if (n > s->capacity - s->n)
        return orr_error_set(err, ORR_EINVAL, "decoder", "the text has %lld tokens; there is room for %d",
                             (long long)s->n + n, s->capacity);
    const enum orr_status status = orr_decoder_check(m, tokens, (size_t)n, err);
    if (status) return status;
    int last = 0;
    for (int i = 0; i < n; i += ORR_DECODER_ROWS) {
        struct orr_decoder_place place[ORR_DECODER_ROWS];
        last = n - i < ORR_DECODER_ROWS ? n - i : ORR_DECODER_ROWS;
        for (int k = 0; k < last; k++) place[k] = (struct orr_decoder_place){.position = s->n + k, .node = -1};
        orr_decoder_forward(s, last, tokens + i, place);
        s->n += last;
    }
    orr_decoder_classify(m, s->h + (size_t)(last - 1) * (size_t)m->c.dim, 1, logits);
    return ORR_OK;
}
