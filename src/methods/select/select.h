/* Decoding-free candidate selection: candidates of a pool are ranked by the logits of one forward pass. Source: "Inferring
 * from Logits: exploring best practices for decoding-free generative candidate selection" (arXiv 2501.17338); beside its
 * estimators what they stand in for: the likelihood of every candidate, and a decoded text. */
#ifndef ORRERY_METHODS_SELECT_H
#define ORRERY_METHODS_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/arena.h"
#include "base/vec.h"
#include "text/decoder.h"
#include "text/pieces.h"

struct orr_trie;
/* Candidates and their tokens. Zero-initialise; free with orr_pool_free. */
struct orr_pool {
    ORR_VEC(const char *) text; /* in the arena */
    struct orr_tokens token;    /* of all candidates, one after the other */
    size_t *first;              /* [text.len + 1] where each begins; NULL before orr_pool_encode */
    float *idf;                 /* [token.len] log(N / candidates that hold it), for each token where it stands */
    size_t longest;             /* tokens of the longest candidate */
    struct orr_trie *trie;      /* of their tokens, made when it is first needed */
    struct orr_arena arena;
};
void orr_pool_add(struct orr_pool *p, const char *text, size_t n);
/* Tokens of every candidate as it follows a prompt: with a blank before it. A candidate without tokens, or an empty pool,
 * is ORR_EINVAL. */
enum orr_status orr_pool_encode(struct orr_pool *p, const struct orr_pieces *pieces, struct orr_error *err);
/* Makes idf anew for tokens that are there: log(N / number of candidates that hold it). EINVAL for one past `vocab`. */
enum orr_status orr_pool_weigh(struct orr_pool *p, int vocab, struct orr_error *err);
void orr_pool_free(struct orr_pool *p);

/* With logits l after the prompt, l0 after an empty one, and a candidate's tokens c_1..c_K: */
enum orr_estimator {
    ORR_EST_FIRST,          /* l(c_1) */
    ORR_EST_LAST,           /* l(c_K) */
    ORR_EST_AVERAGE,        /* 1/K sum_k l(c_k) */
    ORR_EST_SUM,            /* sum_k l(c_k); grows with K and is not invariant to a shift of l */
    ORR_EST_SAMPLE_AVERAGE, /* mean of l over up to 5 tokens drawn without replacement */
    ORR_EST_LOG_SUM,        /* sum_k log softmax(l)(c_k): the sum made invariant */
    ORR_EST_IDF_AVERAGE,    /* sum_k idf(c_k) l(c_k) / sum_k idf(c_k) */
    ORR_EST_CORRECTED,      /* 1/K sum_k (log softmax(l) - log softmax(l0))(c_k) */
    /* from here on more than one pass */
    ORR_EST_LIKELIHOOD, /* log p(c_1..c_K | prompt) */
    ORR_EST_PER_TOKEN,  /* the same by K */
    ORR_EST_PER_BYTE,   /* the same by bytes of the text */
    ORR_EST_PMI,        /* log p(c | prompt) - log p(c) */
    ORR_EST_TRIE_GREEDY, /* log p of the candidate that greedy decoding confined to the pool arrives at */
    ORR_EST_TRIE_BEAM,   /* of those that a beam of ORR_EST_BEAM beginnings arrives at */
    ORR_EST_DECODE, /* bytes that the candidate shares with the greedily decoded text, from the start, by the longer */
    ORR_ESTIMATORS
};
enum { ORR_EST_SAMPLE = 5, ORR_EST_BEAM = 8 };
const char *orr_estimator_name(enum orr_estimator e);     /* "first", "sample_average", ... */
const char *orr_estimator_equation(enum orr_estimator e); /* as above, for help */

/* Scores of all candidates by an estimator of one pass. logits, prior: (vocab); prior only for ORR_EST_CORRECTED. The
 * seed draws the tokens of ORR_EST_SAMPLE_AVERAGE, a stream per candidate. O(tokens of the pool). */
void orr_select_score(const struct orr_pool *p, enum orr_estimator e, const float *logits, const float *prior,
                      int vocab, uint64_t seed, double *score);

/* log p of every candidate after what `s` has read; logits: what follows that. Shared beginnings are read once.
 * threads: as in orr_decoder_score_tree. */
enum orr_status orr_select_likelihood(struct orr_pool *p, struct orr_decoder_state *s, const float *logits,
                                      double *log_p, int threads, const struct orr_ticker *ticker,
                                      struct orr_error *err);

/* Decodes only what begins a candidate, the `beam` likeliest beginnings side by side: log p of every candidate that was met on
 * the way, NaN for all others. It ends when no beginning can become better than the best candidate. s is left as it was. */
enum orr_status orr_select_constrained(struct orr_pool *p, struct orr_decoder_state *s, const float *logits,
                                       int beam, double *log_p, const struct orr_ticker *ticker, struct orr_error *err);

/* Decodes greedily until a line ends, the model says so, or as many tokens as the longest candidate has; appends the
 * text. s is left as it was. */
enum orr_status orr_select_decode(const struct orr_pool *p, const struct orr_pieces *pieces,
                                  struct orr_decoder_state *s, const float *logits, struct orr_str *text,
                                  struct orr_error *err);
void orr_select_match(const struct orr_pool *p, const char *decoded, double *score);

/* The k best, best first (ties by place in the pool), into rank[]; returns how many: NaN never ranks. O(n log k). */
size_t orr_select_best(const double *score, size_t n, size_t k, uint32_t *rank);
/* softmax of score[0..n) over the pool, at the given candidates. */
void orr_select_probability(const double *score, size_t n, const uint32_t *rank, size_t k, double *probability);

#endif
