/* Decoder-only language models, inference in float32: the LLaMA family (llama2.c files, Hugging Face folders) and GPT-2
 * (Hugging Face folders). One forward pass reads many tokens at once; a key-value cache keeps what was read; a tree of
 * continuations below it is scored with every shared prefix read once. */
#ifndef ORRERY_TEXT_DECODER_H
#define ORRERY_TEXT_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

enum orr_decoder_family { ORR_DECODER_LLAMA, ORR_DECODER_GPT2 };

struct orr_decoder_config {
    enum orr_decoder_family family;
    int dim, hidden, layers, heads, kv_heads, head_size, vocab, context;
    float norm_eps, rope_base;
    bool rope_adjacent; /* rotates (2i, 2i + 1), as llama2.c; else (i, i + head_size / 2), as Hugging Face */
};

struct orr_decoder; /* the weights; read only once open, so that threads may share them */

/* A llama2.c file (version 0), or a folder with config.json and model.safetensors (or its index of parts). Damaged,
 * truncated and foreign files are ORR_EFORMAT; what is a known family with a part that is not built is
 * ORR_EUNSUPPORTED. The caller owns *out. */
enum orr_status orr_decoder_open(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                 struct orr_error *err);
void orr_decoder_free(struct orr_decoder *m); /* NULL-safe */
const struct orr_decoder_config *orr_decoder_config(const struct orr_decoder *m);
size_t orr_decoder_parameters(const struct orr_decoder *m);
/* The vector (dim) that stands for a token of the vocabulary. */
void orr_decoder_embedding(const struct orr_decoder *m, int32_t token, float *out);

/* A text that is being read: the cache of up to `capacity` tokens (0: the model's context), one thread each. */
struct orr_decoder_state;
enum orr_status orr_decoder_state_new(const struct orr_decoder *m, int capacity, struct orr_decoder_state **out,
                                      struct orr_error *err);
void orr_decoder_state_free(struct orr_decoder_state *s); /* NULL-safe */
int orr_decoder_length(const struct orr_decoder_state *s);
int orr_decoder_room(const struct orr_decoder_state *s); /* tokens that it can still read */
int orr_decoder_vocab(const struct orr_decoder_state *s);
void orr_decoder_truncate(struct orr_decoder_state *s, int n); /* forgets all but the first n tokens */

/* Reads n > 0 more tokens. logits (vocab) receives what follows the last one. Tokens outside the vocabulary and texts
 * past the capacity are ORR_EINVAL and leave the state as it was. O(n) products with all weights. */
enum orr_status orr_decoder_read(struct orr_decoder_state *s, const int32_t *tokens, int n, float *logits,
                                 struct orr_error *err);

/* Continuations of the text as a tree: node i is token[i] after node parent[i] < i, or after the text where that is -1.
 * log_p[i] receives log p(token[i] | text, ancestors of i), in nats; `logits` is what follows the text. Only nodes with
 * children are read, in full batches, on `threads` threads (0: one per core), whose number does not change a bit of the
 * result. The state is unchanged. */
enum orr_status orr_decoder_score_tree(struct orr_decoder_state *s, const float *logits, size_t n, const int32_t *token,
                                       const int32_t *parent, double *log_p, int threads, const struct orr_ticker *ticker,
                                       struct orr_error *err);

/* log sum exp of x[0..n): what turns logits into log probabilities. */
double orr_log_sum_exp(const float *x, int n);

#endif
