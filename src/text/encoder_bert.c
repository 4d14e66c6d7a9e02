/* Encoders of the BERT family from folders of Hugging Face: BERT with all that has its layers (MiniLM, bge, e5,
 * cross-encoders, SPLADE), and MPNet (Song et al. 2020), whose positions are also offsets within the attention. */
#include "text/encoder_bert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/activation.h"
#include "num/rows.h"

void orr_bert_free(struct orr_encoder *e)
{
    struct orr_bert *b = (struct orr_bert *)e;
    orr_wordpiece_free(b->pieces);
    orr_transformer_work_free(&b->work);
    void *const parts[] = {b->block,       b->offset_bias, b->blocks.layer, b->tokens.data,
                           b->second.data, b->is_second,   b->logits,       b};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
}

/* Embeddings of tokens lo..hi, one text, into rows of x. */
static void embed(const struct orr_bert *b, size_t lo, size_t hi, float *x)
{
    const size_t dim = (size_t)b->c.dim, from = b->c.mpnet ? (size_t)b->c.pad + 1 : 0;
    for (size_t i = lo; i < hi; i++, x += dim) {
        const float *word = b->words + (size_t)b->tokens.data[i] * dim, *place = b->places + (i - lo + from) * dim;
        for (size_t d = 0; d < dim; d++) x[d] = word[d] + place[d];
        if (!b->kinds) continue;
        const bool second = b->is_second[i] && b->c.types > 1;
        const float *kind = b->kinds + (second ? dim : 0);
        for (size_t d = 0; d < dim; d++) x[d] += kind[d];
    }
}

static void run(struct orr_bert *b, size_t texts)
{
    const size_t dim = (size_t)b->c.dim, rows = b->first[texts];
    for (size_t i = 0; i < texts; i++) embed(b, b->first[i], b->first[i + 1], b->work.x + b->first[i] * dim);
    orr_norm_rows(b->work.x, b->work.x, b->embedding.gain, b->embedding.bias, rows, dim, b->c.eps);
    orr_transformer_run(&b->blocks, &b->work, b->first, texts);
}

/* second: of the second text of a pair. */
static void put_token(struct orr_bert *b, int32_t token, bool second)
{
    if (b->is_second_cap <= b->tokens.len) {
        b->is_second_cap = 2 * b->tokens.len + ORR_BERT_ROWS;
        b->is_second = orr_xrealloc(b->is_second, b->is_second_cap, sizeof *b->is_second);
    }
    b->is_second[b->tokens.len] = second;
    ORR_VEC_PUSH(&b->tokens, token);
}

static void put_text(struct orr_bert *b, const char *prefix, const char *text)
{
    const size_t most = (size_t)b->base.longest - 2;
    b->second.len = 0;
    if (*prefix) orr_wordpiece_encode(b->pieces, prefix, strlen(prefix), most, &b->second);
    orr_wordpiece_encode(b->pieces, text, strlen(text), most, &b->second);
    put_token(b, b->begin, false);
    for (size_t i = 0; i < b->second.len; i++) put_token(b, b->second.data[i], false);
    put_token(b, b->end, false);
}

/* The vector of one text, from its rows x (n, dim). */
static void pool(const struct orr_bert *b, const float *x, size_t n, float *out)
{
    const size_t dim = (size_t)b->c.dim;
    memcpy(out, x, dim * sizeof *out);
    for (size_t i = 1; i < n && b->pooling != ORR_POOL_CLS; i++)
        for (size_t d = 0; d < dim; d++) {
            const float v = x[i * dim + d];
            out[d] = b->pooling == ORR_POOL_MEAN ? out[d] + v : v > out[d] ? v : out[d];
        }
    orr_make_unit(out, dim);
}

/* max over the text's tokens of log(1 + ReLU(logit)). */
static void weigh_pieces(struct orr_bert *b, const float *x, size_t n, float *out)
{
    const size_t dim = (size_t)b->c.dim, vocab = (size_t)b->c.vocab;
    float *const h = b->work.h;
    memset(out, 0, vocab * sizeof *out);
    for (size_t i = 0; i < n; i += ORR_BERT_LOGITS) {
        const size_t rows = n - i < ORR_BERT_LOGITS ? n - i : ORR_BERT_LOGITS;
        orr_project(&b->transform, x + i * dim, rows, false, h);
        orr_activation_forward(h, h, rows * dim, b->c.act);
        orr_norm_rows(h, h, b->transform_norm.gain, b->transform_norm.bias, rows, dim, b->c.eps);
        orr_project(&b->decoder, h, rows, false, b->logits);
        for (size_t r = 0; r < rows; r++)
            for (size_t v = 0; v < vocab; v++)
                if (b->logits[r * vocab + v] > out[v]) out[v] = b->logits[r * vocab + v];
    }
    for (size_t v = 0; v < vocab; v++) out[v] = out[v] > 0 ? log1pf(out[v]) : 0; /* it grows with the logit */
}

static void bert_encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n,
                        float *out)
{
    struct orr_bert *b = (struct orr_bert *)e;
    const size_t dim = (size_t)b->c.dim, width = (size_t)e->dim;
    for (size_t at = 0; at < n;) {
        size_t batch = 0;
        b->tokens.len = 0;
        while (at + batch < n && b->tokens.len + (size_t)e->longest <= ORR_BERT_ROWS) {
            put_text(b, b->prefix[side], texts[at + batch]);
            b->first[++batch] = b->tokens.len;
        }
        run(b, batch);
        for (size_t i = 0; i < batch; i++) {
            const float *x = b->work.x + b->first[i] * dim;
            float *to = out + (at + i) * width;
            if (e->kind == ORR_ENCODER_WEIGHTS)
                weigh_pieces(b, x, b->first[i + 1] - b->first[i], to);
            else
                pool(b, x, b->first[i + 1] - b->first[i], to);
        }
        at += batch;
    }
}

/* begin, query, end, passage, end; what is too long is taken from the end of the longer one. */
static void put_pair(struct orr_bert *b, const char *query, const char *passage)
{
    const size_t most = (size_t)b->base.longest - 3;
    b->second.len = 0;
    orr_wordpiece_encode(b->pieces, query, strlen(query), most, &b->second);
    size_t q = b->second.len;
    orr_wordpiece_encode(b->pieces, passage, strlen(passage), q + most, &b->second);
    size_t p = b->second.len - q;
    const size_t all_of_query = q;
    while (q + p > most) *(q > p ? &q : &p) -= 1;
    put_token(b, b->begin, false);
    for (size_t i = 0; i < q; i++) put_token(b, b->second.data[i], false);
    put_token(b, b->end, false);
    for (size_t i = 0; i < p; i++) put_token(b, b->second.data[all_of_query + i], true);
    put_token(b, b->end, true);
}

static void bert_score(struct orr_encoder *e, const char *query, const char *const *passages, size_t n, float *out)
{
    struct orr_bert *b = (struct orr_bert *)e;
    const size_t dim = (size_t)b->c.dim;
    for (size_t at = 0; at < n;) {
        size_t batch = 0;
        b->tokens.len = 0;
        while (at + batch < n && b->tokens.len + (size_t)e->longest <= ORR_BERT_ROWS) {
            put_pair(b, query, passages[at + batch]);
            b->first[++batch] = b->tokens.len;
        }
        run(b, batch);
        for (size_t i = 0; i < batch; i++) {
            float *h = b->work.h;
            orr_project(&b->pooler, b->work.x + b->first[i] * dim, 1, false, h);
            orr_activation_forward(h, h, dim, ORR_ACT_TANH);
            orr_project(&b->classifier, h, 1, false, &out[at + i]);
        }
        at += batch;
    }
}

const struct orr_encoder_type orr_encoder_bert = {
    .name = "bert",
    .summary = "BERT, MPNet and their kin: a folder of Hugging Face",
    .open = orr_bert_open,
    .encode = bert_encode,
    .score = bert_score,
    .free = orr_bert_free,
};
