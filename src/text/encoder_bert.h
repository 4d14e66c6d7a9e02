/* The inside of an encoder of the BERT family, shared by text/encoder_bert*.c. */
#ifndef ORRERY_TEXT_ENCODER_BERT_H
#define ORRERY_TEXT_ENCODER_BERT_H

#include "text/encoder.h"
#include "text/transformer.h"
#include "text/wordpiece.h"

enum {
    ORR_BERT_ROWS = 1024, /* tokens of a batch */
    ORR_BERT_LOGITS = 32, /* rows whose logits are held at once */
    ORR_BERT_PREFIX = 256
};
enum orr_pooling { ORR_POOL_MEAN, ORR_POOL_CLS, ORR_POOL_MAX };

struct orr_bert_config {
    bool mpnet;
    int dim, hidden, layers, heads, vocab, positions, types, pad, buckets;
    float eps;
    enum orr_activation act;
};

struct orr_bert {
    struct orr_encoder base;
    struct orr_bert_config c;
    struct orr_transformer blocks;
    struct orr_wordpiece *pieces;
    enum orr_pooling pooling;
    char prefix[2][ORR_BERT_PREFIX]; /* by side */
    int32_t begin, end;              /* what frames a text */
    /* weights, all in one block */
    float *block;
    float *words, *places, *kinds; /* (vocab, dim) (positions, dim) (types, dim) */
    struct orr_layer_norm embedding;
    struct orr_projection pooler, classifier, transform, decoder;
    struct orr_layer_norm transform_norm;
    float *offset_bias;
    /* memory of a pass */
    struct orr_transformer_work work;
    struct orr_tokens tokens, second;
    size_t first[ORR_BERT_ROWS + 1];
    bool *is_second; /* [tokens] of the second text of a pair */
    size_t is_second_cap;
    float *logits; /* (ORR_BERT_LOGITS, vocab) for SPLADE */
};

enum orr_status orr_bert_open(const char *path, struct orr_encoder **out, struct orr_error *err);
void orr_bert_free(struct orr_encoder *e);

#endif
