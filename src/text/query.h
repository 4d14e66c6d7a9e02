/* A question as an index sees it. */
#ifndef ORRERY_TEXT_QUERY_H
#define ORRERY_TEXT_QUERY_H

#include "base/vec.h"
#include "text/hashed.h"
#include "text/index.h"
#include "text/token.h"

enum {
    ORR_QUERY_TERMS = 256,  /* of more different words the rarest are kept */
    ORR_QUERY_WORDS = 4096, /* words in order that are kept, for neighbours */
    ORR_QUERY_RULES = 16,
};

struct orr_query_term {
    uint32_t term;
    float idf;
};
/* What a table must have, or must not: words side by side, in one field or anywhere. */
struct orr_query_rule {
    bool excludes;
    int field;         /* enum orr_field, or -1: any */
    uint32_t first, n; /* its words in `rule_words` */
};
struct orr_query {
    size_t n_words; /* in the question, known to the index or not */
    size_t n_terms; /* different words that the index knows, rarest first */
    struct orr_query_term term[ORR_QUERY_TERMS];
    float vector[ORR_HASHED_DIM]; /* of all different words by idf, unknown ones included (text/hashed.h) */
    double total_idf;              /* of all different words; an unknown one counts as one that no table has */
    ORR_VEC(int32_t) order;        /* the question's words: place in term[], or -1: unknown */
    size_t n_rules;
    struct orr_query_rule rule[ORR_QUERY_RULES];
    ORR_VEC(uint32_t) rule_words; /* terms; UINT32_MAX: unknown */
    bool common_only;             /* every word stands in more than a third of all tables */
};

/* Reads a question. With `syntax`, words may be given as rules: +word or +"some words" must occur (side by side),
 * -word must not, title:word, section:, text:, intro:, header:, cells: in that field; what is not excluded counts as
 * a word of the question too. Without, the text is taken as it is. EINVAL when no word is left ("the query has no
 * words"). Zero-initialise *q before; free it with orr_query_free also after an error. */
enum orr_status orr_query_read(const struct orr_index *x, struct orr_tokeniser *t, const char *text, bool syntax,
                               struct orr_query *q, struct orr_error *err);
void orr_query_free(struct orr_query *q);

/* Whether a document keeps the rules. O(its words). */
bool orr_query_allows(const struct orr_query *q, const struct orr_index *x, uint32_t doc);

#endif
