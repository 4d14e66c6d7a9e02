/* Candidates of a pool ranked for a prompt: model, vocabulary and pool are opened once and asked many times. */
#ifndef ORRERY_APP_SELECT_H
#define ORRERY_APP_SELECT_H

#include <orrery/store.h>

#include "base/table.h"
#include "methods/select/select.h"

struct orr_select_source {
    const char *model;     /* a llama2.c file or a model folder; NULL: logits are given */
    const char *tokenizer; /* NULL: the model's folder; tokenizer.bin, tok512.bin or the like beside a file */
    const char *logits;    /* .npy (vocab): logits dumped from elsewhere, instead of a pass */
    const char *prior;     /* prompt whose expectations `corrected` and `pmi` take off; NULL: empty, of the shipped model ":" */
    const char *pool;      /* a pool of the store, a file, "wordnet:1000", "=cat,dog": see app/pool.h */
    const char *column;    /* of a table: a name in the header, or a number from 1 where there is none; NULL: 1 */
    struct orr_store *store; /* whose pools are meant, used while opening; NULL: none */
};
/* Appends the path of the source's tokenizer: the one named, the model's folder, or what lies beside a llama2.c file. */
enum orr_status orr_select_tokenizer(const struct orr_select_source *src, struct orr_str *path, struct orr_error *err);

struct orr_select; /* what was opened; one thread at a time */

/* The caller owns *out. */
enum orr_status orr_select_open(const struct orr_select_source *src, const struct orr_ticker *ticker,
                                struct orr_select **out, struct orr_error *err);
void orr_select_close(struct orr_select *s); /* NULL-safe */
const struct orr_pool *orr_select_pool(const struct orr_select *s);
size_t orr_select_parameters(const struct orr_select *s); /* of the model; 0 without one */
/* Appends the text of a token. */
void orr_select_piece(const struct orr_select *s, int32_t token, struct orr_str *out);

struct orr_select_options {
    bool exact, decode; /* also the likelihood of every candidate; also a decoded text */
    size_t k;           /* candidates of each ranking */
    uint64_t seed;
};
struct orr_select_ranking {
    enum orr_estimator estimator;
    double seconds; /* beyond the pass that all share */
    size_t n;
    uint32_t *rank;              /* [n] candidates, best first */
    double *score, *probability; /* [n] of those; probability: softmax of the scores over the whole pool */
};
struct orr_select_result {
    struct orr_select_ranking ranking[ORR_ESTIMATORS];
    size_t n_rankings;
    size_t prompt_tokens;
    float *logits; /* (vocab) after the prompt */
    double pass_seconds;
    struct orr_str decoded;
};

/* Ranks the pool for a prompt. Zero-initialise *r; free with orr_select_result_free, also after an error. */
enum orr_status orr_select_ask(struct orr_select *s, const char *prompt, const struct orr_select_options *o,
                               const struct orr_ticker *ticker, struct orr_select_result *r, struct orr_error *err);
void orr_select_result_free(struct orr_select_result *r);
/* One object: {"pool","candidates","prompt","prompt_tokens","parameters","seconds":{...},
 * "estimators":[{"estimator","seconds","ranking":[{"rank","candidate","score","probability"}]}]} */
void orr_select_json(const struct orr_select *s, const char *prompt, const struct orr_select_result *r,
                     struct orr_str *out);
/* A row per rank, a column per estimator. Zero-initialise *t. */
void orr_select_table(const struct orr_select *s, const struct orr_select_result *r, struct orr_table *t);

#endif
