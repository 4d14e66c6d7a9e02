/* The forward pass of a decoder: tokens of the text, or nodes of a tree below it. */
#include <math.h>
#include <string.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "text/decoder_model.h"

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

/* RMS norm: y = x g / sqrt(mean x^2 + eps). Layer norm: y = (x - mean) g / sqrt(var + eps) + b. */
ORR_KERNEL static void norm(float *restrict y, const float *restrict x, const float *restrict g,
                            const float *restrict b, int n, int dim, float eps)
{
    for (int i = 0; i < n; i++, x += dim, y += dim) {
        const float mean = b ? orr_vsum(x, (size_t)dim, 0, false) / (float)dim : 0;
        const float scale = 1 / sqrtf(orr_vsum(x, (size_t)dim, mean, true) / (float)dim + eps);
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

/* score[t] = q . k_t for t < n, from keys that lie (head_size, stride); whole vectors of them, so that up to LANES - 1 more
 * places of score are written and of k are read. */
enum { LANES = 16 };
ORR_KERNEL static void scores(float *restrict score, const float *restrict q, const float *restrict k, size_t stride,
                              int size, int n)
{
    for (int t = 0; t < n; t += LANES) {
        float sum[LANES] = {0};
        for (int d = 0; d < size; d++)
            for (int i = 0; i < LANES; i++) sum[i] += q[d] * k[(size_t)d * stride + (size_t)(t + i)];
        for (int i = 0; i < LANES; i++) score[t + i] = sum[i];
    }
}

/* x = exp(scale (x - max)), in place and in whole vectors; returns the sum. Lanes are folded in halves: one after the
 * other they would wait for each other longer than all the rest takes. */
ORR_KERNEL static float exponentials(float *x, int n, float scale)
{
    const int last = (n - 1) / LANES * LANES;
    float top[LANES], sum[LANES] = {0};
    for (int i = 0; i < LANES; i++) top[i] = x[last + i] = last + i < n ? x[last + i] : -INFINITY;
    for (int t = 0; t < last; t += LANES)
        for (int i = 0; i < LANES; i++) top[i] = x[t + i] > top[i] ? x[t + i] : top[i];
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) top[i] = top[i + half] > top[i] ? top[i + half] : top[i];
    const float most = top[0];
    for (int t = 0; t < n; t += LANES)
        for (int i = 0; i < LANES; i++) {
            x[t + i] = orr_vexp(scale * (x[t + i] - most));
            sum[i] += x[t + i];
        }
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) sum[i] += sum[i + half];
    return sum[0];
}

/* `width` components of out += sum_t weight[t] v_t: the sums stay in registers, four of each, as one would wait for itself. */
static inline void gather_part(float *restrict out, const float *restrict weight, const float *restrict v,
                               size_t stride, const int width, int n)
{
    float sums[4][16] = {{0}};
    int t = 0;
    for (; t + 4 <= n; t += 4)
        for (int u = 0; u < 4; u++)
            for (int d = 0; d < width; d++) sums[u][d] += weight[t + u] * v[(size_t)(t + u) * stride + (size_t)d];
    for (; t < n; t++)
        for (int d = 0; d < width; d++) sums[0][d] += weight[t] * v[(size_t)t * stride + (size_t)d];
    for (int d = 0; d < width; d++) out[d] += (sums[0][d] + sums[1][d]) + (sums[2][d] + sums[3][d]);
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

/* Attention of one row in layer `l`: over the text, then over the rows of its path through the tree. */
static void attend(struct orr_decoder_state *s, int l, const float *query, const struct orr_decoder_place *p,
                   float *out)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t kv = orr_decoder_key_width(c), cap = (size_t)s->capacity, rows = ORR_DECODER_ROWS;
    const int size = c->head_size, text = p->node < 0 ? p->position + 1 : p->text, group = c->heads / c->kv_heads;
    const float *const k = s->k + (size_t)l * kv * cap, *const v = s->v + (size_t)l * cap * kv;
    const float *const bk = p->runs ? s->branch.k + (size_t)l * kv * rows : NULL;
    const float *const bv = p->runs ? s->branch.v + (size_t)l * rows * kv : NULL;
    memset(out, 0, orr_decoder_query_width(c) * sizeof *out);
    for (int h = 0; h < c->heads; h++) {
        const size_t at = (size_t)(h / group) * (size_t)size;
        const float *const q = query + (size_t)h * (size_t)size;
        int n = text;
        scores(s->score, q, k + at * cap, cap, size, text);
        for (int i = 0; i < p->runs; n += p->run[i++].n)
            scores(s->score + n, q, bk + at * rows + p->run[i].first, rows, size, p->run[i].n);
        const float total = exponentials(s->score, n, 1 / sqrtf((float)size));
        float *const o = out + (size_t)h * (size_t)size;
        gather(o, s->score, v + at, kv, size, text);
        n = text;
        for (int i = 0; i < p->runs; n += p->run[i++].n)
            gather(o, s->score + n, bv + (size_t)p->run[i].first * kv + at, kv, size, p->run[i].n);
        for (int d = 0; d < size; d++) o[d] /= total;
    }
}

static void keep(struct orr_decoder_state *s, int l, const float *key, const float *value,
                 const struct orr_decoder_place *p)
{
    const size_t kv = orr_decoder_key_width(&s->m->c), stride = p->node < 0 ? (size_t)s->capacity : ORR_DECODER_ROWS;
    const size_t at = (size_t)(p->node < 0 ? p->position : p->node), layer = (size_t)l * kv * stride;
    float *const k = p->node < 0 ? s->k : s->branch.k, *const v = p->node < 0 ? s->v : s->branch.v;
    for (size_t i = 0; i < kv; i++) k[layer + i * stride + at] = key[i];
    memcpy(v + layer + at * kv, value, kv * sizeof *value);
}

void orr_decoder_keep_row(struct orr_decoder_state *s, int row, int position)
{
    const size_t kv = orr_decoder_key_width(&s->m->c), cap = (size_t)s->capacity, rows = ORR_DECODER_ROWS;
    for (int l = 0; l < s->m->c.layers; l++) {
        const size_t to = (size_t)l * kv * cap, from = (size_t)l * kv * rows;
        for (size_t i = 0; i < kv; i++)
            s->k[to + i * cap + (size_t)position] = s->branch.k[from + i * rows + (size_t)row];
        memcpy(s->v + to + (size_t)position * kv, s->branch.v + from + (size_t)row * kv, kv * sizeof *s->v);
    }
}

static void attention(struct orr_decoder_state *s, int l, int n, const struct orr_decoder_place *place)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t q = orr_decoder_query_width(c), kv = orr_decoder_key_width(c), row = q + 2 * kv,
                 half = (size_t)c->head_size / 2;
    for (int i = 0; i < n; i++) {
        float *const query = s->qkv + (size_t)i * row, *const key = query + q;
        const float *const cosine = s->cosine + (size_t)place[i].position * half, *const sine =
                                                                                      s->sine +
                                                                                      (size_t)place[i].position * half;
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

static void embed(struct orr_decoder_state *s, int n, const int32_t *token, const struct orr_decoder_place *place)
{
    const struct orr_decoder *m = s->m;
    const size_t dim = (size_t)m->c.dim, vocab = (size_t)m->c.vocab;
    for (int i = 0; i < n; i++) {
        float *const x = s->x + (size_t)i * dim;
        if (m->embedding)
            memcpy(x, m->embedding + (size_t)token[i] * dim, dim * sizeof *x);
        else
            for (size_t j = 0; j < dim; j++) x[j] = m->classifier[j * vocab + (size_t)token[i]];
        for (size_t j = 0; m->positions && j < dim; j++) x[j] += m->positions[(size_t)place[i].position * dim + j];
    }
}

void orr_decoder_forward(struct orr_decoder_state *s, int n, const int32_t *token,
                         const struct orr_decoder_place *place)
{
    const struct orr_decoder *m = s->m;
    const struct orr_decoder_config *c = &m->c;
    const int q = (int)orr_decoder_query_width(c), qkv = q + 2 * (int)orr_decoder_key_width(c),
              up = c->hidden * (m->gated ? 2 : 1);
    embed(s, n, token, place);
    for (int i = 0; i < c->layers; i++) {
        const struct orr_decoder_layer *l = &m->layer[i];
        norm(s->h, s->x, l->norm1, l->norm1_bias, n, c->dim, c->norm_eps);
        product(s->qkv, s->h, l->qkv, l->qkv_bias, n, c->dim, qkv, false);
        attention(s, i, n, place);
        product(s->x, s->attended, l->out, l->out_bias, n, q, c->dim, true);
        norm(s->h, s->x, l->norm2, l->norm2_bias, n, c->dim, c->norm_eps);
        product(s->up, s->h, l->up, l->up_bias, n, c->dim, up, false);
        if (m->gated)
            gate(s->up, n, c->hidden);
        else
            gelu_tanh(s->up, (size_t)n * (size_t)c->hidden);
        product(s->x, s->up, l->down, l->down_bias, n, c->hidden, c->dim, true);
    }
    norm(s->h, s->x, m->norm, m->norm_bias, n, c->dim, c->norm_eps);
}

void orr_decoder_classify(const struct orr_decoder *m, const float *h, int n, float *logits)
{
    product(logits, h, m->classifier, NULL, n, m->c.dim, m->c.vocab, false);
}

ORR_KERNEL static double sum_exp(const float *x, int n, float top)
{
    enum { PART = 1024 };
    float e[PART];
    double total = 0;
    for (int i = 0; i < n; i += PART) {
        const int k = n - i < PART ? n - i : PART;
        for (int j = 0; j < k; j++) e[j] = orr_vexp(x[i + j] - top);
        total += (double)orr_vsum(e, (size_t)k, 0, false);
    }
    return total;
}

double orr_log_sum_exp(const float *x, int n)
{
    const float top = orr_vlargest(x, (size_t)n);
    return isfinite(top) ? (double)top + log(sum_exp(x, n, top)) : (double)top;
}
