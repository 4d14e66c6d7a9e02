/* llama2.c files, version 0: seven int32 (dim, hidden, layers, heads, key-value heads, vocabulary, context; a negative
 * vocabulary says that the classifier is stored), then float32 without padding. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/protobuf.h"
#include "base/reader.h"
#include "text/decoder_model.h"

enum { HEADER = 7, HEADER_BYTES = 4 * HEADER, MOST = 1 << 16, MOST_TOKENS = 1 << 20 };

/* The next n floats; a file of the right length, checked before, cannot end here. */
static enum orr_status numbers(struct orr_reader *r, float *out, size_t n, struct orr_error *err)
{
    while (n > 0) {
        size_t have;
        const unsigned char *p = orr_reader_peek(r, 4, &have);
        if (!p || have < 4) {
            const enum orr_status s = orr_reader_status(r, err);
            return s ? s : orr_error_set(err, ORR_EFORMAT, orr_reader_path(r), "ends within its weights");
        }
        const size_t take = have / 4 < n ? have / 4 : n;
        memcpy(out, p, 4 * take);
        orr_reader_skip(r, 4 * take);
        out += take;
        n -= take;
    }
    return ORR_OK;
}

struct loading {
    struct orr_reader *r;
    float *part; /* the largest matrix as the file has it */
    enum orr_status status;
    struct orr_error *err;
};

static void vector(struct loading *x, float *to, size_t n)
{
    if (!x->status) x->status = numbers(x->r, to, n, x->err);
}
static void matrix(struct loading *x, float *to, int stride, int out, int in)
{
    vector(x, x->part, (size_t)out * (size_t)in);
    if (!x->status) orr_decoder_transpose(to, (size_t)stride, x->part, (size_t)out, (size_t)in);
}

/* Tensor by tensor over all layers, in the order of the file. */
static void load(struct loading *x, struct orr_decoder *m)
{
    const struct orr_decoder_config *c = &m->c;
    const int q = c->heads * c->head_size, kv = c->kv_heads * c->head_size, qkv = q + 2 * kv;
    const size_t dim = (size_t)c->dim;
    if (m->tied)
        matrix(x, m->classifier, c->vocab, c->vocab, c->dim);
    else
        vector(x, m->embedding, (size_t)c->vocab * dim);
    for (int i = 0; i < c->layers; i++) vector(x, m->layer[i].norm1, dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].qkv, qkv, q, c->dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].qkv + q, qkv, kv, c->dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].qkv + q + kv, qkv, kv, c->dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].out, c->dim, c->dim, q);
    for (int i = 0; i < c->layers; i++) vector(x, m->layer[i].norm2, dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].up, 2 * c->hidden, c->hidden, c->dim);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].down, c->dim, c->dim, c->hidden);
    for (int i = 0; i < c->layers; i++) matrix(x, m->layer[i].up + c->hidden, 2 * c->hidden, c->hidden, c->dim);
    vector(x, m->norm, dim);
    orr_reader_skip(x->r, 4 * (uint64_t)c->context * (uint64_t)c->head_size); /* cosines and sines, which we compute */
    if (!m->tied) matrix(x, m->classifier, c->vocab, c->vocab, c->dim);
}

/* Floats that the file must hold behind its header; no side is so large that this overflows. */
static uint64_t floats(const struct orr_decoder_config *c, bool tied)
{
    const uint64_t d = (uint64_t)c->dim, q = (uint64_t)c->heads * (uint64_t)c->head_size;
    const uint64_t kv = (uint64_t)c->kv_heads * (uint64_t)c->head_size, vocab = (uint64_t)c->vocab;
    const uint64_t layer = 2 * d + d * (2 * q + 2 * kv) + 3 * d * (uint64_t)c->hidden;
    return vocab * d * (tied ? 1 : 2) + (uint64_t)c->layers * layer + d + (uint64_t)c->context * (uint64_t)c->head_size;
}

static enum orr_status read_header(struct orr_reader *r, struct orr_decoder_config *c, bool *tied,
                                   struct orr_error *err)
{
    size_t have;
    int32_t h[HEADER];
    const unsigned char *p = orr_reader_peek(r, HEADER_BYTES, &have);
    if (!p || have < HEADER_BYTES)
        return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r),
                             "too short for a model; name a llama2.c file or a model folder");
    for (int i = 0; i < HEADER; i++) h[i] = (int32_t)orr_le32(p + 4 * i);
    orr_reader_skip(r, HEADER_BYTES);
    *tied = h[5] > 0;
    if (h[5] < 0 && h[5] >= -MOST_TOKENS) h[5] = -h[5];
    bool makes_sense = true;
    for (int i = 0; i < HEADER; i++) makes_sense &= h[i] > 0 && h[i] <= (i == 5 ? MOST_TOKENS : MOST);
    if (!makes_sense || h[0] % h[3] || h[3] % h[4])
        return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r),
                             "no llama2.c model of version 0: its header makes no sense");
    *c = (struct orr_decoder_config){.family = ORR_DECODER_LLAMA,
                                     .dim = h[0],
                                     .hidden = h[1],
                                     .layers = h[2],
                                     .heads = h[3],
                                     .kv_heads = h[4],
                                     .head_size = h[0] / h[3],
                                     .vocab = h[5],
                                     .context = h[6],
                                     .norm_eps = 1e-5f,
                                     .rope_base = 10000,
                                     .rope_adjacent = true};
    const uint64_t want = HEADER_BYTES + 4 * floats(c, *tied);
    if (orr_reader_size(r) != want)
        return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r),
                             "has %llu bytes; its header asks for %llu; copy it again",
                             (unsigned long long)orr_reader_size(r), (unsigned long long)want);
    return ORR_OK;
}

enum orr_status orr_decoder_open_llama2c(const char *path, struct orr_decoder **out, struct orr_error *err)
{
    struct orr_decoder_config c = {0};
    struct loading x = {.err = err};
    bool tied = false;
    *out = NULL;
    enum orr_status s = orr_reader_open(path, 0, &x.r, err);
    if (!s) s = read_header(x.r, &c, &tied, err);
    if (!s) s = orr_decoder_new(&c, true, false, tied, path, out, err);
    if (!s) {
        size_t largest = (size_t)c.vocab;
        if ((size_t)c.hidden > largest) largest = (size_t)c.hidden;
        if ((size_t)c.dim > largest) largest = (size_t)c.dim;
        x.part = orr_alloc(largest, (size_t)c.dim * sizeof *x.part);
        if (!x.part) s = orr_error_set(err, ORR_ENOMEM, path, "no memory for its largest matrix");
    }
    if (!s) {
        load(&x, *out);
        s = x.status;
    }
    free(x.part);
    orr_reader_close(x.r);
    if (s) {
        orr_decoder_free(*out);
        *out = NULL;
    }
    return s;
}
