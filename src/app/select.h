/* Candidates of a pool ranked for a prompt: loads model, vocabulary and pool, runs the estimators, prints. */
#ifndef ORRERY_APP_SELECT_H
#define ORRERY_APP_SELECT_H

#include "base/table.h"
#include "methods/select/select.h"

struct orr_select_query {
    const char *model;     /* a llama2.c file or a model folder; NULL: logits are given */
    const char *tokenizer; /* NULL: the model's folder; tokenizer.bin, tok512.bin or the like beside a file */
    const char *logits;    /* .npy (vocab): logits dumped from elsewhere, instead of a pass */
    const char *pool;      /* a text file with a candidate per line, or a .csv or .tsv with one per row */
    const char *column;    /* of those: a name in the header, or a number from 1 where there is none; NULL: 1 */
    const char *prompt;
    bool exact, decode;    /* the likelihood of every candidate; a decoded text */
    size_t k;
    uint64_t seed;
};
struct orr_select_ranking {
    enum orr_estimator estimator;
    double seconds;      /* beyond the pass that all share */
    size_t n;
    uint32_t *rank;      /* [n] candidates, best first */
    double *score, *probability; /* [n] of those; probability: softmax of the scores over the whole pool */
};
struct orr_select_result {
    struct orr_pool pool;
    struct orr_select_ranking ranking[ORR_ESTIMATORS];
    size_t n_rankings;
    size_t prompt_tokens;
    size_t parameters;   /* of the model */
    double load_seconds, tokenise_seconds, pass_seconds;
    struct orr_str decoded;
};

/* Zero-initialise *r; free with orr_select_result_free, also after an error. */
enum orr_status orr_select_run(const struct orr_select_query *q, const struct orr_ticker *ticker,
                               struct orr_select_result *r, struct orr_error *err);
void orr_select_result_free(struct orr_select_result *r);
/* One object: {"pool","candidates","prompt","tokens","seconds":{...},"estimators":[{"estimator","seconds","ranking":[...]}]} */
void orr_select_json(const struct orr_select_query *q, const struct orr_select_result *r, struct orr_str *out);
/* A row per rank, a column per estimator. Zero-initialise *t. */
void orr_select_table(const struct orr_select_result *r, struct orr_table *t);

#endif
