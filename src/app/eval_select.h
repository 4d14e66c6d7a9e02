/* `orrery eval select`: how often estimators of one pass choose the word that a definition means, beside decoding,
 * likelihoods and lexical baselines. */
#ifndef ORRERY_APP_EVAL_SELECT_H
#define ORRERY_APP_EVAL_SELECT_H

#include <orrery/progress.h>

#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_select_options {
    struct orr_shards *shards; /* NULL: all here */
    const char *model; /* folder or file; NULL: the shipped one */
    const char *real;  /* folder with mcqa_logits/ and icd10/; NULL: none */
    bool quick;        /* fewer definitions, pools up to 10,000; the same code */
    uint64_t seed;
};
/* Definitions are those of synsets held back for testing (text/wordnet.h); the model that is asked must not have learned from
 * them. */
enum orr_status orr_eval_select(const struct orr_eval_select_options *options, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err);

#endif
