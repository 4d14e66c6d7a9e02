/* The k documents of the largest BM25F score. */
#ifndef ORRERY_TEXT_TOPK_H
#define ORRERY_TEXT_TOPK_H

#include "text/query.h"

struct orr_hit {
    uint32_t doc;
    float score;
};
/* Scratch memory of one thread. */
struct orr_topk;
struct orr_topk *orr_topk_new(const struct orr_index *x);
void orr_topk_free(struct orr_topk *s); /* NULL-safe */

/* Fills hits[0..k) by falling score, equal scores by document; returns how many have a score > 0. Exact: the same as scoring
 * every document, bit by bit. Documents are taken in windows; in each the terms from the rarest on, and when what is left can
 * lift no new document into the k best so far, only those already met are looked up (MaxScore of Turtle and Flood 1995, with
 * the largest weight of each block as in Ding and Suel 2011). */
size_t orr_topk_search(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits);
/* The same without leaving anything out: the yardstick of tests. */
size_t orr_topk_exhaustive(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits);

#endif
