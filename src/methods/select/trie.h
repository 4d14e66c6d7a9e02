/* Beginnings that the candidates of a pool share, as nodes in an order in which parents come first. */
#ifndef ORRERY_METHODS_SELECT_TRIE_H
#define ORRERY_METHODS_SELECT_TRIE_H

#include <stdbool.h>

#include "methods/select/select.h"

struct orr_trie {
    int32_t *token, *parent; /* [n] parent -1: nothing comes before */
    int32_t *leaf;           /* [candidates] where each ends */
    size_t n, candidates;
    int32_t *child, *sibling, root; /* the first child, the next of the same parent; -1: none */
    bool *ends;                     /* [n] whether a candidate ends there */
};
/* The pool's, made where it has none. O(n log n) comparisons of candidates. */
enum orr_status orr_trie_of(struct orr_pool *p, const struct orr_trie **out, struct orr_error *err);
void orr_trie_free(struct orr_trie *t); /* NULL-safe */

#endif
