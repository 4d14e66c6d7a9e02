/* Weights of a decoder, shared by its loaders and its forward pass. */
#ifndef ORRERY_TEXT_DECODER_MODEL_H
#define ORRERY_TEXT_DECODER_MODEL_H

#include "text/decoder.h"

/* Matrices are (in, out), so that a product walks rows and never a column. Biases are NULL where the model has none; a norm with a bias is a layer norm, without one an RMS norm. */
struct orr_decoder_layer {
    float *norm1, *norm1_bias;   /* (dim) */
    float *qkv, *qkv_bias;       /* (dim, q + 2 kv) with q = heads * head_size, kv = kv_heads * head_size */
    float *out, *out_bias;       /* (q, dim) */
    float *norm2, *norm2_bias;   /* (dim) */
    float *up, *up_bias;         /* (dim, hidden), or (dim, 2 hidden): gate, then up, where the family has a gate */
    float *down, *down_bias;     /* (hidden, dim) */
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
enum orr_status orr_decoder_new(const struct orr_decoder_config *c, bool gated, bool biased, bool tied, const char *where,
                                struct orr_decoder **out, struct orr_error *err);
/* to (in, out) with row length `stride` from a (out, in) matrix. */
void orr_decoder_transpose(float *to, size_t stride, const float *from, size_t out, size_t in);

enum orr_status orr_decoder_open_llama2c(const char *path, struct orr_decoder **out, struct orr_error *err);
enum orr_status orr_decoder_open_folder(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                        struct orr_error *err);

#endif
