/* The inside of a decoder, shared by text/decoder*.c: weights, state, forward pass. */
#ifndef ORRERY_TEXT_DECODER_MODEL_H
#define ORRERY_TEXT_DECODER_MODEL_H

#include "text/decoder.h"

/* Matrices are (in, out), so that a product walks rows and never a column. Biases are NULL where the model has none;
 * a norm with a bias is a layer norm, without one an RMS norm. */
struct orr_decoder_layer {
    float *norm1, *norm1_bias; /* (dim) */
    float *qkv, *qkv_bias;     /* (dim, q + 2 kv) with q = heads * head_size, kv = kv_heads * head_size */
    float *out, *out_bias;     /* (q, dim) */
    float *norm2, *norm2_bias; /* (dim) */
    float *up, *up_bias;       /* (dim, hidden), or (dim, 2 hidden): gate, then up, where the family has a gate */
    float *down, *down_bias;   /* (hidden, dim) */
};
struct orr_decoder {
    struct orr_decoder_config c;
    bool gated, biased, tied; /* tied: the classifier is the embedding, kept once as (dim, vocab) */
    float *embedding;         /* (vocab, dim); NULL where tied */
    float *classifier;        /* (dim, vocab) */
    float *positions;         /* (context, dim); GPT-2 */
    float *norm, *norm_bias;  /* (dim) */
    struct orr_decoder_layer *layer;
    float *block; /* everything above */
    size_t parameters;
};

/* Checks c, which comes from a file, and allocates; the caller fills the weights. where: for messages. */
enum orr_status orr_decoder_new(const struct orr_decoder_config *c, bool gated, bool biased, bool tied,
                                const char *where, struct orr_decoder **out, struct orr_error *err);
/* to (in, out) with row length `stride` from a (out, in) matrix. */
void orr_decoder_transpose(float *to, size_t stride, const float *from, size_t out, size_t in);

enum orr_status orr_decoder_open_llama2c(const char *path, struct orr_decoder **out, struct orr_error *err);
enum orr_status orr_decoder_open_folder(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                        struct orr_error *err);

enum {
    ORR_DECODER_ROWS = 256, /* tokens of one batch */
    ORR_DECODER_PAD = 16    /* floats behind keys and scores: they are read and written in whole vectors */
};

/* Keys and values of the rows of a batch that are nodes of a tree. */
struct orr_decoder_branches {
    float *k; /* (layers, kv, ORR_DECODER_ROWS) */
    float *v; /* (layers, ORR_DECODER_ROWS, kv) */
};

struct orr_decoder_state {
    const struct orr_decoder *m;
    int capacity, n;
    float *k;                           /* (layers, kv, capacity): a query meets one component of all keys in a row */
    float *v;                           /* (layers, capacity, kv) */
    struct orr_decoder_branches branch; /* made for the first tree */
    float *cosine, *sine;               /* (capacity, head_size / 2); LLaMA */
    /* scratch of one batch, R = ORR_DECODER_ROWS */
    float *x, *h;     /* (R, dim) */
    float *qkv;       /* (R, q + 2 kv) */
    float *attended;  /* (R, q) */
    float *up;        /* (R, hidden), twice that where there is a gate */
    float *score;     /* (2 capacity) */
    float *logits;    /* of some rows, made for the first tree */
};

/* Where the rows of a batch stand. A token of the text sees the text up to itself; a node of a tree the first `text` places of
 * the text's cache and, of its own batch, its ancestors and itself: runs of rows. */
struct orr_decoder_run {
    int first, n;
};
struct orr_decoder_place {
    int position;
    int node; /* its row, or -1: a token of the text itself */
    int text, runs;
    const struct orr_decoder_run *run;
};

static inline size_t orr_decoder_query_width(const struct orr_decoder_config *c)
{
    return (size_t)c->heads * (size_t)c->head_size;
}
static inline size_t orr_decoder_key_width(const struct orr_decoder_config *c)
{
    return (size_t)c->kv_heads * (size_t)c->head_size;
}

/* n <= ORR_DECODER_ROWS tokens through all layers; s->h (n, dim) receives the normalised last hidden states. */
void orr_decoder_forward(struct orr_decoder_state *s, int n, const int32_t *token,
                         const struct orr_decoder_place *place);
/* Another state that has read the same text, for up to `capacity` tokens (not fewer than were read). */
enum orr_status orr_decoder_state_copy(const struct orr_decoder_state *s, int capacity, struct orr_decoder_state **out,
                                       struct orr_error *err);
/* Moves keys and values of a row of the last batch to a place of the text's cache. */
void orr_decoder_keep_row(struct orr_decoder_state *s, int row, int position);
/* logits (n, vocab) of hidden states h (n, dim). */
void orr_decoder_classify(const struct orr_decoder *m, const float *h, int n, float *logits);
/* ORR_EINVAL for tokens outside the vocabulary. */
enum orr_status orr_decoder_check(const struct orr_decoder *m, const int32_t *tokens, size_t n, struct orr_error *err);

#endif
