#include "text/decoder.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "num/activation.h"
#include "num/gemm.h"
#include "num/kernel.h"
#include "text/decoder_model.h"

enum { ROWS = 64, BRANCH_NODES = 4096 }; /* tokens of one batch; nodes of a tree whose keys and values are kept at once */

/* The cache of a tree below the text: keys and values of its nodes, row by row. */
struct branches {
    float *k, *v; /* (layers, BRANCH_NODES, kv) */
};

struct orr_decoder_state {
    const struct orr_decoder *m;
    int capacity, n;
    float *k; /* (layers, kv, capacity): a query meets one component of all keys in a row */
    float *v; /* (layers, capacity, kv) */
    struct branches branch; /* made for the first tree */
    float *cosine, *sine; /* (capacity, head_size / 2); LLaMA */
    /* scratch of one batch */
    float *x, *h, *qkv, *attended, *up, *score; /* (ROWS, dim) twice, (ROWS, q + 2 kv), (ROWS, q), (ROWS, hidden), (capacity) */
    float *logits; /* (ROWS, vocab); made for the first tree */
};

/* Where the rows of a batch stand: position in the text, and for nodes of a tree the path back to it. */
struct place {
    int position;
    int node;        /* its place in the branches, or -1: a token of the text itself */
    const int *path; /* [depth] its ancestors in the branches, nearest last, then itself */
    int depth;
};

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
           (c->family != ORR_DECODER_LLAMA || c->head_size % 2 == 0) && c->norm_eps > 0 && c->norm_eps < 1 && c->rope_base > 0;
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

enum orr_status orr_decoder_new(const struct orr_decoder_config *c, bool gated, bool biased, bool tied, const char *where,
                                struct orr_decoder **out, struct orr_error *err)
{
    *out = NULL;
    if (!is_sane(c))
        return orr_error_set(err, ORR_EFORMAT, where,
                             "sizes that no model has: %d wide, %d layers, %d heads (%d for keys) of %d, %d tokens, context %d",
                             c->dim, c->layers, c->heads, c->kv_heads, c->head_size, c->vocab, c->context);
    struct orr_decoder *m = orr_xcalloc(1, sizeof *m);
    *m = (struct orr_decoder){.c = *c, .gated = gated, .biased = biased, .tied = tied,
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

enum orr_status orr_decoder_open(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                 struct orr_error *err)
{
    struct stat st;
    *out = NULL;
    if (stat(path, &st) != 0) return orr_error_set(err, ORR_ENOTFOUND, path, "no such model; name a llama2.c file or a model folder");
    if (S_ISDIR(st.st_mode)) return orr_decoder_open_folder(path, ticker, out, err);
    return orr_decoder_open_llama2c(path, out, err);
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

/* ---- state ---- */

static size_t query_width(const struct orr_decoder_config *c) { return (size_t)c->heads * (size_t)c->head_size; }
static size_t key_width(const struct orr_decoder_config *c) { return (size_t)c->kv_heads * (size_t)c->head_size; }

enum orr_status orr_decoder_state_new(const struct orr_decoder *m, int capacity, struct orr_decoder_state **out,
                                      struct orr_error *err)
{
    const struct orr_decoder_config *c = &m->c;
    if (capacity <= 0 || capacity > c->context) capacity = c->context;
    struct orr_decoder_state *s = orr_xcalloc(1, sizeof *s);
    *s = (struct orr_decoder_state){.m = m, .capacity = capacity};
    const size_t n = (size_t)capacity, cache = (size_t)c->layers * n, half = (size_t)c->head_size / 2;
    s->k = orr_alloc(cache, key_width(c) * sizeof *s->k);
    s->v = orr_alloc(cache, key_width(c) * sizeof *s->v);
    s->cosine = orr_alloc(n, half * sizeof *s->cosine);
    s->sine = orr_alloc(n, half * sizeof *s->sine);
    s->x = orr_alloc(ROWS, (size_t)c->dim * sizeof *s->x);
    s->h = orr_alloc(ROWS, (size_t)c->dim * sizeof *s->h);
    s->qkv = orr_alloc(ROWS, (query_width(c) + 2 * key_width(c)) * sizeof *s->qkv);
    s->attended = orr_alloc(ROWS, query_width(c) * sizeof *s->attended);
    s->up = orr_alloc(ROWS, (size_t)c->hidden * (m->gated ? 2 : 1) * sizeof *s->up);
    s->score = orr_alloc(2 * n, sizeof *s->score); /* a path below the text is no longer than the text may be */
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
    float *const parts[] = {s->k, s->v, s->branch.k, s->branch.v, s->cosine, s->sine, s->x, s->h, s->qkv, s->attended, s->up,
                            s->score, s->logits};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
    free(s);
}

int orr_decoder_length(const struct orr_decoder_state *s) { return s->n; }
int orr_decoder_room(const struct orr_decoder_state *s) { return s->capacity - s->n; }
int orr_decoder_vocab(const struct orr_decoder_state *s) { return s->m->c.vocab; }
void orr_decoder_truncate(struct orr_decoder_state *s, int n)
{
    if (n >= 0 && n < s->n) s->n = n;
}

/* ---- the forward pass ---- */

/* y (n, out) = x (n, in) w (in, out) + bias, or added to y. */
static void product(float *y, const float *x, const float *w, const float *bias, int n, int in, int out, bool add)
{
    for (int i = 0; bias && i < n; i++) {
        float *row = y + (size_t)i * (size_t)out;
        if (add)
            for (int j = 0; j < out; j++) row[j] += bias[j];
        else
            memcpy(row, bias, (size_t)out * sizeof *row);
    }
    orr_gemm(false, false, n, out, in, 1, x, in, w, out, add || bias ? 1 : 0, y, out);
}

/* In sixteen parts, which the compiler turns into vectors; one running sum it may not. */
static inline float sum(const float *x, int n, float mean, bool squared)
{
    enum { PARTS = 16 };
    float part[PARTS] = {0}, total = 0;
    int i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (int k = 0; k < PARTS; k++) part[k] += squared ? (x[i + k] - mean) * (x[i + k] - mean) : x[i + k];
    for (; i < n; i++) total += squared ? (x[i] - mean) * (x[i] - mean) : x[i];
    for (int k = 0; k < PARTS; k++) total += part[k];
    return total;
}

/* RMS norm: y = x g / sqrt(mean x^2 + eps). Layer norm: y = (x - mean) g / sqrt(var + eps) + b. */
ORR_KERNEL static void norm(float *restrict y, const float *restrict x, const float *restrict g, const float *restrict b,
                            int n, int dim, float eps)
{
    for (int i = 0; i < n; i++, x += dim, y += dim) {
        const float mean = b ? sum(x, dim, 0, false) / (float)dim : 0;
        const float scale = 1 / sqrtf(sum(x, dim, mean, true) / (float)dim + eps);
        if (b)
            for (int j = 0; j < dim; j++) y[j] = (x[j] - mean) * scale * g[j] + b[j];
        else
            for (int j = 0; j < dim; j++) y[j] = x[j] * scale * g[j];
    }
}

/* Turns the pairs of one head by the angles of its position. */
static void rotate(float *head, const float *cosine, const float *sine, int size, bool adjacent)
{
    const int half = size / 2, step = adjacent ? 2 : 1, other = adjacent ? 1 : half;
    for (int i = 0; i < half; i++) {
        float *const a = head + step * i, *const b = a + other;
        const float x = *a, y = *b;
        *a = x * cosine[i] - y * sine[i];
        *b = x * sine[i] + y * cosine[i];
    }
}

/* score[t] = q . k_t for t < n, from keys that lie (head_size, stride). */
ORR_KERNEL static void scores(float *restrict score, const float *restrict q, const float *restrict k, size_t stride,
                              int size, int n)
{
    for (int t = 0; t < n; t++) score[t] = q[0] * k[t];
    for (int d = 1; d < size; d++) {
        const float x = q[d], *row = k + (size_t)d * stride;
        for (int t = 0; t < n; t++) score[t] += x * row[t];
    }
}

static inline float largest(const float *x, int n)
{
    enum { PARTS = 16 };
    float part[PARTS], top = -INFINITY;
    int i = 0;
    for (int k = 0; k < PARTS; k++) part[k] = -INFINITY;
    for (; i + PARTS <= n; i += PARTS)
        for (int k = 0; k < PARTS; k++) part[k] = x[i + k] > part[k] ? x[i + k] : part[k];
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    for (int k = 0; k < PARTS; k++) top = part[k] > top ? part[k] : top;
    return top;
}

/* softmax(scale x), in place. */
ORR_KERNEL static void softmax(float *x, int n, float scale)
{
    const float top = largest(x, n);
    for (int i = 0; i < n; i++) x[i] = orr_vexp(scale * (x[i] - top));
    const float r = 1 / sum(x, n, 0, false);
    for (int i = 0; i < n; i++) x[i] *= r;
}

/* `width` components of out += sum_t weight[t] v_t: the sums stay in registers. */
static inline void gather_part(float *restrict out, const float *restrict weight, const float *restrict v, size_t stride,
                               const int width, int n)
{
    float sums[16];
    for (int d = 0; d < width; d++) sums[d] = out[d];
    for (int t = 0; t < n; t++)
        for (int d = 0; d < width; d++) sums[d] += weight[t] * v[(size_t)t * stride + (size_t)d];
    for (int d = 0; d < width; d++) out[d] = sums[d];
}

/* out (size) += sum_t weight[t] v_t, values that lie (n, stride). */
ORR_KERNEL static void gather(float *restrict out, const float *restrict weight, const float *restrict v, size_t stride,
                              int size, int n)
{
    int d = 0;
    for (; d + 16 <= size; d += 16) gather_part(out + d, weight, v + d, stride, 16, n);
    for (; d + 8 <= size; d += 8) gather_part(out + d, weight, v + d, stride, 8, n);
    for (; d < size; d++) gather_part(out + d, weight, v + d, stride, 1, n);
}

/* Attention of one row in layer `l`: over the text up to its position, then over its path through the tree. */
static void attend(struct orr_decoder_state *s, int l, const float *query, const struct place *p, float *out)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t kv = key_width(c), cap = (size_t)s->capacity;
    const int size = c->head_size, text = p->node < 0 ? p->position + 1 : s->n, group = c->heads / c->kv_heads;
    const float *const k = s->k + (size_t)l * kv * cap, *const v = s->v + (size_t)l * cap * kv;
    const float *const bk = s->branch.k ? s->branch.k + (size_t)l * BRANCH_NODES * kv : NULL;
    const float *const bv = s->branch.v ? s->branch.v + (size_t)l * BRANCH_NODES * kv : NULL;
    memset(out, 0, query_width(c) * sizeof *out);
    for (int h = 0; h < c->heads; h++) {
        const size_t at = (size_t)(h / group) * (size_t)size;
        const float *const q = query + (size_t)h * (size_t)size;
        scores(s->score, q, k + at * cap, cap, size, text);
        for (int i = 0; i < p->depth; i++) {
            const float *const key = bk + (size_t)p->path[i] * kv + at;
            float dot = 0;
            for (int d = 0; d < size; d++) dot += q[d] * key[d];
            s->score[text + i] = dot;
        }
        softmax(s->score, text + p->depth, 1 / sqrtf((float)size));
        float *const o = out + (size_t)h * (size_t)size;
        gather(o, s->score, v + at, kv, size, text);
        for (int i = 0; i < p->depth; i++) gather(o, s->score + text + i, bv + (size_t)p->path[i] * kv + at, kv, size, 1);
    }
}

static void keep(struct orr_decoder_state *s, int l, const float *key, const float *value, const struct place *p)
{
    const size_t kv = key_width(&s->m->c), cap = (size_t)s->capacity;
    if (p->node >= 0) {
        const size_t at = ((size_t)l * BRANCH_NODES + (size_t)p->node) * kv;
        memcpy(s->branch.k + at, key, kv * sizeof *key);
        memcpy(s->branch.v + at, value, kv * sizeof *value);
        return;
    }
    for (size_t i = 0; i < kv; i++) s->k[((size_t)l * kv + i) * cap + (size_t)p->position] = key[i];
    memcpy(s->v + ((size_t)l * cap + (size_t)p->position) * kv, value, kv * sizeof *value);
}

static void attention(struct orr_decoder_state *s, int l, int n, const struct place *place)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t q = query_width(c), kv = key_width(c), row = q + 2 * kv, half = (size_t)c->head_size / 2;
    for (int i = 0; i < n; i++) {
        float *const query = s->qkv + (size_t)i * row, *const key = query + q;
        const float *const cosine = s->cosine + (size_t)place[i].position * half, *const sine = s->sine + (size_t)place[i].position * half;
        for (int h = 0; c->family == ORR_DECODER_LLAMA && h < c->heads + c->kv_heads; h++)
            rotate(query + (size_t)h * (size_t)c->head_size, cosine, sine, c->head_size, c->rope_adjacent);
        keep(s, l, key, key + kv, &place[i]);
    }
    for (int i = 0; i < n; i++) attend(s, l, s->qkv + (size_t)i * row, &place[i], s->attended + (size_t)i * q);
}

ORR_KERNEL static void gate(float *restrict up, int n, int hidden)
{
    for (int i = 0; i < n; i++) { /* silu(gate) * up, packed to (n, hidden) */
        const float *const g = up + (size_t)i * 2 * (size_t)hidden, *const u = g + hidden;
        float *const to = up + (size_t)i * (size_t)hidden;
        for (int j = 0; j < hidden; j++) to[j] = g[j] * orr_vsigmoid(g[j]) * u[j];
    }
}

/* gelu as GPT-2 has it: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
ORR_KERNEL static void gelu_tanh(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.5f * x[i] * (1 + orr_vtanh(0.7978845608f * (x[i] + 0.044715f * x[i] * x[i] * x[i])));
}

static void embed(struct orr_decoder_state *s, int n, const int32_t *token, const struct place *place)
{
    const struct orr_decoder *m = s->m;
    const size_t dim = (size_t)m->c.dim, vocab = (size_t)m->c.vocab;
    for (int i = 0; i < n; i++) {
        float *const x = s->x + (size_t)i * dim;
        if (m->embedding) memcpy(x, m->embedding + (size_t)token[i] * dim, dim * sizeof *x);
        else
            for (size_t j = 0; j < dim; j++) x[j] = m->classifier[j * vocab + (size_t)token[i]];
        for (size_t j = 0; m->positions && j < dim; j++) x[j] += m->positions[(size_t)place[i].position * dim + j];
    }
}

/* n <= ROWS tokens through all layers; s->h (n, dim) receives the normalised last hidden states. */
static void forward(struct orr_decoder_state *s, int n, const int32_t *token, const struct place *place)
{
    const struct orr_decoder *m = s->m;
    const struct orr_decoder_config *c = &m->c;
    const int q = (int)query_width(c), qkv = q + 2 * (int)key_width(c), up = c->hidden * (m->gated ? 2 : 1);
    embed(s, n, token, place);
    for (int i = 0; i < c->layers; i++) {
        const struct orr_decoder_layer *l = &m->layer[i];
        norm(s->h, s->x, l->norm1, l->norm1_bias, n, c->dim, c->norm_eps);
        product(s->qkv, s->h, l->qkv, l->qkv_bias, n, c->dim, qkv, false);
        attention(s, i, n, place);
        product(s->x, s->attended, l->out, l->out_bias, n, q, c->dim, true);
        norm(s->h, s->x, l->norm2, l->norm2_bias, n, c->dim, c->norm_eps);
        product(s->up, s->h, l->up, l->up_bias, n, c->dim, up, false);
        if (m->gated) gate(s->up, n, c->hidden);
        else gelu_tanh(s->up, (size_t)n * (size_t)c->hidden);
        product(s->x, s->up, l->down, l->down_bias, n, c->hidden, c->dim, true);
    }
    norm(s->h, s->x, m->norm, m->norm_bias, n, c->dim, c->norm_eps);
}

static enum orr_status check_tokens(const struct orr_decoder *m, const int32_t *tokens, size_t n, struct orr_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (tokens[i] < 0 || tokens[i] >= m->c.vocab)
            return orr_error_set(err, ORR_EINVAL, "decoder", "token %d is outside the model's %d; is it another tokenizer's?",
                                 tokens[i], m->c.vocab);
    return ORR_OK;
}

enum orr_status orr_decoder_read(struct orr_decoder_state *s, const int32_t *tokens, int n, float *logits,
                                 struct orr_error *err)
{
    const struct orr_decoder *m = s->m;
    if (n <= 0) return orr_error_set(err, ORR_EINVAL, "decoder", "no token to read");
    if (n > s->capacity - s->n)
        return orr_error_set(err, ORR_EINVAL, "decoder", "the text has %lld tokens; there is room for %d", (long long)s->n + n, s->capacity);
    const enum orr_status status = check_tokens(m, tokens, (size_t)n, err);
    if (status) return status;
    int last = 0;
    for (int i = 0; i < n; i += ROWS) {
        struct place place[ROWS];
        last = n - i < ROWS ? n - i : ROWS;
        for (int k = 0; k < last; k++) place[k] = (struct place){.position = s->n + k, .node = -1};
        forward(s, last, tokens + i, place);
        s->n += last;
    }
    product(logits, s->h + (size_t)(last - 1) * (size_t)m->c.dim, m->classifier, NULL, 1, m->c.dim, m->c.vocab, false);
    return ORR_OK;
}

/* ---- trees ---- */

ORR_KERNEL static double sum_exp(const float *x, int n, float top)
{
    enum { PART = 1024 };
    float e[PART];
    double total = 0;
    for (int i = 0; i < n; i += PART) {
        const int k = n - i < PART ? n - i : PART;
        for (int j = 0; j < k; j++) e[j] = orr_vexp(x[i + j] - top);
        total += (double)sum(e, k, 0, false);
    }
    return total;
}

double orr_log_sum_exp(const float *x, int n)
{
    const float top = largest(x, n);
    return isfinite(top) ? (double)top + log(sum_exp(x, n, top)) : (double)top;
}

struct tree {
    const int32_t *token, *parent;
    size_t n;
    int32_t *depth, *child, *sibling; /* child: the first one; sibling: the next of the same parent; -1: none */
    int32_t *slot;                    /* in the branches, -1: not there */
    int32_t deepest;
    double *log_p;
};

static enum orr_status grow_tree(struct orr_decoder_state *s, struct tree *t, struct orr_error *err)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t cache = (size_t)c->layers * BRANCH_NODES * key_width(c);
    if (!s->branch.k) s->branch.k = orr_alloc(cache, sizeof(float));
    if (!s->branch.v) s->branch.v = orr_alloc(cache, sizeof(float));
    if (!s->logits) s->logits = orr_alloc(ROWS, (size_t)c->vocab * sizeof(float));
    t->depth = orr_alloc(4 * t->n, sizeof *t->depth);
    if (!s->branch.k || !s->branch.v || !s->logits || !t->depth)
        return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
    t->child = t->depth + t->n;
    t->sibling = t->child + t->n;
    t->slot = t->sibling + t->n;
    for (size_t i = 0; i < t->n; i++) {
        const int32_t p = t->parent[i];
        if (p < -1 || p >= (int64_t)i) return orr_error_set(err, ORR_EINVAL, "decoder", "node %zu stands before its parent", i);
        t->depth[i] = p < 0 ? 0 : t->depth[p] + 1;
        if (t->depth[i] >= t->deepest) t->deepest = t->depth[i] + 1;
        t->child[i] = t->slot[i] = -1;
        t->sibling[i] = p < 0 ? -1 : t->child[p];
        if (p >= 0) t->child[p] = (int32_t)i;
        if (s->n + t->depth[i] >= s->capacity)
            return orr_error_set(err, ORR_EINVAL, "decoder", "a continuation of %d tokens does not fit behind %d; there is room for %d",
                                 t->depth[i] + 1, s->n, s->capacity);
    }
    return ORR_OK;
}

/* Reads nodes[0..n), n <= ROWS, whose ancestors are in the branches, and scores their children. */
static void read_nodes(struct orr_decoder_state *s, const struct tree *t, const int32_t *nodes, int n, int *paths)
{
    const struct orr_decoder *m = s->m;
    struct place place[ROWS];
    int32_t token[ROWS];
    for (int i = 0, used = 0; i < n; i++) {
        const int depth = t->depth[nodes[i]] + 1;
        int *const path = paths + used;
        for (int32_t at = nodes[i], k = depth; at >= 0; at = t->parent[at]) path[--k] = t->slot[at];
        place[i] = (struct place){.position = s->n + depth - 1, .node = t->slot[nodes[i]], .path = path, .depth = depth};
        token[i] = t->token[nodes[i]];
        used += depth;
    }
    forward(s, n, token, place);
    product(s->logits, s->h, m->classifier, NULL, n, m->c.dim, m->c.vocab, false);
    for (int i = 0; i < n; i++) {
        const float *const row = s->logits + (size_t)i * (size_t)m->c.vocab;
        const double total = orr_log_sum_exp(row, m->c.vocab);
        for (int32_t k = t->child[nodes[i]]; k >= 0; k = t->sibling[k]) t->log_p[k] = t->log_p[nodes[i]] + row[t->token[k]] - total;
    }
}

/* Depth first in batches: the nodes with children wait on a stack; up to ROWS of them, the deepest first, are read at
 * once, so that the branches hold little more than paths. A slot is free again when all below its node is read. A batch
 * is no wider than the free slots let each of its rows go down to the bottom. */
static enum orr_status walk(struct orr_decoder_state *s, struct tree *t, const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    int32_t *const stack = orr_alloc(t->n, sizeof *stack), *const waiting = orr_alloc(t->n, sizeof *waiting);
    int32_t *const free_slots = orr_alloc(BRANCH_NODES, sizeof *free_slots);
    int *const paths = orr_alloc((size_t)ROWS * (size_t)s->capacity, sizeof *paths);
    size_t n = 0, done = 0, inner = 0, n_free = BRANCH_NODES;
    if (!stack || !waiting || !free_slots || !paths) {
        status = orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
        goto out;
    }
    for (int32_t i = 0; i < BRANCH_NODES; i++) free_slots[i] = BRANCH_NODES - 1 - i;
    for (size_t i = 0; i < t->n; i++) { /* waiting: children with children that are not yet done */
        waiting[i] = 0;
        inner += t->child[i] >= 0;
    }
    for (size_t i = t->n; i-- > 0;) {
        if (t->child[i] < 0) continue;
        if (t->parent[i] >= 0) waiting[t->parent[i]]++;
        else stack[n++] = (int32_t)i;
    }
    while (n > 0 && status == ORR_OK) {
        int32_t batch[ROWS];
        int rows = 0, most = (int)(n_free / (size_t)t->deepest);
        most = most < 1 ? 1 : most > ROWS ? ROWS : most;
        if (n_free == 0) {
            status = orr_error_set(err, ORR_EUNSUPPORTED, "decoder", "continuations branch more than %d at once", BRANCH_NODES);
            break;
        }
        while (n > 0 && rows < most && n_free > 0) {
            batch[rows] = stack[--n];
            t->slot[batch[rows++]] = free_slots[--n_free];
        }
        read_nodes(s, t, batch, rows, paths);
        done += (size_t)rows;
        for (int i = 0; i < rows; i++) {
            for (int32_t k = t->child[batch[i]]; k >= 0; k = t->sibling[k])
                if (t->child[k] >= 0) stack[n++] = k;
            for (int32_t at = batch[i]; at >= 0 && waiting[at] == 0; at = t->parent[at]) {
                free_slots[n_free++] = t->slot[at];
                if (t->parent[at] >= 0) waiting[t->parent[at]]--;
            }
        }
        if (!orr_ticker_tick(ticker, "reading candidates", "tokens", done, inner))
            status = orr_error_set(err, ORR_ECANCELLED, "decoder", "stopped");
    }
out:
    free(stack);
    free(waiting);
    free(free_slots);
    free(paths);
    return status;
}

enum orr_status orr_decoder_score_tree(struct orr_decoder_state *s, const float *logits, size_t n, const int32_t *token,
                                       const int32_t *parent, double *log_p, const struct orr_ticker *ticker,
                                       struct orr_error *err)
{
    struct tree t = {.token = token, .parent = parent, .n = n, .log_p = log_p};
    if (n > INT32_MAX) return orr_error_set(err, ORR_EINVAL, "decoder", "a tree of %zu tokens is too large", n);
    enum orr_status status = check_tokens(s->m, token, n, err);
    if (status == ORR_OK) status = grow_tree(s, &t, err);
    if (status == ORR_OK) {
        const double total = orr_log_sum_exp(logits, s->m->c.vocab);
        for (size_t i = 0; i < n; i++)
            if (parent[i] < 0) log_p[i] = logits[token[i]] - total;
        status = walk(s, &t, ticker, err);
    }
    free(t.depth);
    return status;
}
