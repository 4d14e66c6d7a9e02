/* Small language models, trained here: decoders with LLaMA's layers (Touvron et al. 2023: RMS norms, rotary positions,
 * SwiGLU), the token table again as the head. They learn lines of text, many of which end with an answer. */
#ifndef ORRERY_METHODS_LM_H
#define ORRERY_METHODS_LM_H

#include <orrery/ops.h>
#include <orrery/optim.h>
#include <orrery/progress.h>

#include "text/pieces.h"
#include "text/wordnet.h"

/* ---- the network: model.c ---- */

struct orr_lm_config {
    int dim, hidden, layers, heads, vocab, context;
};
struct orr_lm_layer { /* parameters; matrices are (out, in) */
    size_t norm1, qkv, out, norm2, gate, up, down;
};
struct orr_lm {
    struct orr_lm_config c;
    struct orr_params params;
    size_t embedding, norm;
    struct orr_lm_layer *layer; /* [layers] */
};
/* "D:LAYERS:HEADS": hidden becomes 8/3 D, rounded to a multiple of 16. EINVAL says what is wrong. */
enum orr_status orr_lm_parse(const char *text, struct orr_lm_config *c, struct orr_error *err);
void orr_lm_init(struct orr_lm *m, const struct orr_lm_config *c, uint64_t seed);
void orr_lm_free(struct orr_lm *m);
/* Normalised last states (R, dim) of packed texts: ids[first[k]..first[k + 1]) is text k (borrowed until the reset). */
struct orr_var *orr_lm_states(const struct orr_lm *m, struct orr_tape *t, const int32_t *ids, const int32_t *first,
                              int texts);
/* Logits (n, vocab) of states (n, dim). */
struct orr_var *orr_lm_logits(const struct orr_lm *m, struct orr_tape *t, struct orr_var *states);

/* A folder as Hugging Face keeps it: config.json, model.safetensors (half precision), tokenizer.json. `metadata`: keys and
 * values in turn, ended by NULL. */
enum orr_status orr_lm_write(const struct orr_lm *m, const char *folder, const char *tokenizer,
                             const char *const *metadata, struct orr_error *err);

/* ---- lines: lines.c ---- */

struct orr_span {
    uint32_t at, n; /* of tokens */
};
struct orr_lm_item { /* a line: the prompt, then one of its answers, drawn each time; none: the prompt is all */
    struct orr_span prompt;
    uint32_t answer, n_answers;
};
struct orr_lm_lines {
    struct orr_tokens token;
    ORR_VEC(struct orr_lm_item) items;
    ORR_VEC(struct orr_span) answers;
};
void orr_lm_lines_free(struct orr_lm_lines *l);
/* Calls `text` for every line of WordNet's synsets of one part, as prompt and answers:
 *   "DEFINITION:"            its words
 *   "WORD, a kind of:"       words of the synset above
 *   "EXAMPLE with ____ for the word:"  the word
 * Kin in another part is left out, so that nothing tells of a synset that is held back. */
struct orr_lm_texts {
    void *ctx;
    void (*text)(void *ctx, const char *prompt, const char *const *answers, size_t n_answers);
};
void orr_lm_wordnet(const struct orr_wordnet *w, enum orr_wordnet_part part, bool definitions_only,
                    const struct orr_lm_texts *to);
/* The tokens of such lines; those longer than `most` tokens are left out. */
void orr_lm_lines_wordnet(struct orr_lm_lines *l, const struct orr_wordnet *w, enum orr_wordnet_part part,
                          bool definitions_only, const struct orr_pieces *pieces, size_t most);

/* ---- training: train.c ---- */

struct orr_lm_options {
    double lr, weight_decay; /* the highest rate */
    int steps, warmup;
    double cooldown;      /* share of the steps, the last ones, in which the rate falls to 0 */
    int batch;            /* tokens of a step, at least */
    double prompt_share;  /* of the tokens of prompts that are learned too, drawn each time; answers always are */
    uint64_t seed;
};
struct orr_lm_options orr_lm_defaults(void);

struct orr_lm_trainer; /* everything drawn follows from seed and step */
/* lines and pieces' tokens are borrowed. */
struct orr_lm_trainer *orr_lm_trainer_new(const struct orr_lm_config *c, const struct orr_lm_options *o,
                                          const struct orr_lm_lines *lines);
void orr_lm_trainer_free(struct orr_lm_trainer *t);
const struct orr_lm *orr_lm_trainer_model(const struct orr_lm_trainer *t);
int64_t orr_lm_trainer_step(const struct orr_lm_trainer *t);
uint64_t orr_lm_trainer_tokens(const struct orr_lm_trainer *t); /* read so far */
double orr_lm_rate(const struct orr_lm_options *o, int64_t step);
/* One step; the mean loss of what it learned. ORR_EINVAL when it is not finite: the parameters stay as they were. */
enum orr_status orr_lm_trainer_run(struct orr_lm_trainer *t, double *loss, struct orr_error *err);
/* Mean loss per token of answers, and the share of answers every token of which is the likeliest, of the first n
 * items' first answers. */
enum orr_status orr_lm_evaluate(const struct orr_lm *m, const struct orr_lm_lines *lines, size_t n,
                                const struct orr_ticker *ticker, double *loss, double *accuracy, struct orr_error *err);
/* A checkpoint, and back: EINVAL where it is another model's or was trained with another seed, batch or data. */
enum orr_status orr_lm_trainer_save(const struct orr_lm_trainer *t, const char *path, struct orr_error *err);
enum orr_status orr_lm_trainer_load(struct orr_lm_trainer *t, const char *path, struct orr_error *err);

#endif
