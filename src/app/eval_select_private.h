/* Shared by app/eval_select*.c. */
#ifndef ORRERY_APP_EVAL_SELECT_PRIVATE_H
#define ORRERY_APP_EVAL_SELECT_PRIVATE_H

#include "app/eval_select.h"
#include "methods/select/select.h"
#include "text/decoder.h"
#include "text/wordnet.h"

/* What a method is: an estimator, or one of these. */
enum { ORR_SELECT_RANDOM = ORR_ESTIMATORS, ORR_SELECT_BM25, ORR_SELECT_DENSE, ORR_SELECT_METHODS };
const char *orr_eval_select_name(int method);

/* What WordNet's training synsets say of every word: the word itself and the definitions of the synsets that it is in. */
struct orr_glosses;
enum orr_status orr_glosses_new(const struct orr_wordnet *w, const struct orr_decoder *m, const struct orr_pieces *pieces,
                                const struct orr_ticker *ticker, struct orr_glosses **out, struct orr_error *err);
void orr_glosses_free(struct orr_glosses *g);
/* score[i] of words lemma[0..n) for a text: BM25 (k1 1.2, b 0.75), or the cosine of the model's token
 * vectors, averaged by idf. */
void orr_glosses_bm25(struct orr_glosses *g, const char *text, const uint32_t *lemma, size_t n, double *score);
void orr_glosses_dense(struct orr_glosses *g, const char *text, const uint32_t *lemma, size_t n, double *score);

/* Candidates of a question, or of all of them. */
struct orr_select_pool {
    struct orr_pool pool;
    uint32_t *lemma; /* [pool.text.len] */
    double *prior;   /* [pool.text.len] log p without a prompt, NULL: not known yet */
};
enum orr_status orr_select_pool_make(const struct orr_wordnet *w, const struct orr_pieces *pieces, const uint32_t *lemma,
                                     size_t n, struct orr_select_pool *out, struct orr_error *err);
void orr_select_pool_free(struct orr_select_pool *p);

struct orr_select_question {
    const char *definition;
    uint32_t synset, gold; /* gold: the first of its words */
    uint32_t tokens;       /* of that word */
};

/* One answer of one method: NaN where it was not asked. */
struct orr_select_answer {
    double rank;       /* of the best right candidate, from 1 */
    double ms;         /* beyond the pass */
    double confidence; /* probability of the first candidate */
    double tau, agrees; /* with the likelihoods: Kendall's tau, whether the first is the same */
    double reordered;  /* whether another order of the pool changes the first */
};
struct orr_select_sheet { /* of one pool size */
    size_t n;
    struct orr_select_answer *answer; /* (ORR_SELECT_METHODS, n) */
    double *pass_ms;                  /* [n] */
};
struct orr_select_sheet orr_select_sheet_new(size_t n);
void orr_select_sheet_free(struct orr_select_sheet *s);

struct orr_select_work {
    const struct orr_eval_select_options *o;
    const struct orr_ticker *ticker;
    struct orr_error *err;
    struct orr_eval *out;
    struct orr_wordnet wordnet;
    struct orr_decoder *model;
    struct orr_pieces *pieces;
    struct orr_decoder_state *state, *empty;
    float *logits, *prior; /* (vocab) after a prompt, after nothing */
    int vocab;
    struct orr_glosses *glosses;
    struct orr_select_question *questions;
    size_t n;
    double *score, *exact, *other; /* room for the largest pool */
    size_t largest;
};

/* Model, WordNet, at most so many questions, glosses; o, ticker and err are set. Close after an error too. */
enum orr_status orr_select_work_open(struct orr_select_work *w, size_t questions);
void orr_select_work_close(struct orr_select_work *w);
/* Answers of the sheet's n first questions: pools of their own up to 100 candidates, else one for all (0: all words), which *p
 * keeps. The first `exact` questions by likelihoods too. */
enum orr_status orr_select_fill(struct orr_select_work *w, size_t candidates, size_t exact, const char *what,
                                struct orr_select_pool *p, struct orr_select_sheet *sheet);
/* Reads "DEFINITION:" into the state; milliseconds of processor time. */
enum orr_status orr_select_read(struct orr_select_work *w, const char *definition, double *ms);
/* Asks all methods of question q on its pool; exact: those of many passes too. */
enum orr_status orr_select_answer_all(struct orr_select_work *w, size_t q, struct orr_select_pool *p, bool exact,
                                      struct orr_select_sheet *sheet);
/* The estimators alone, from the logits that there are. */
void orr_select_estimate(struct orr_select_work *w, size_t q, struct orr_select_pool *p, struct orr_select_sheet *sheet);
/* Rows and paired rows of a sheet; all of them, or (plain) accuracy alone. `keep` (NULL: all): which questions count. */
void orr_select_report(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *sheet, bool plain,
                       const bool *keep);

/* eval_select_real.c: logits of another model on multiple-choice questions, and a pool of clinical codes. */
enum orr_status orr_eval_select_real(struct orr_select_work *w);

#endif
