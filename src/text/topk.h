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
 * every document. Terms are taken from the rarest on; when what is left can lift no new document into the k best, only
 * those already met are looked up, by blocks (MaxScore of Turtle and Flood 1995, term at a time). */
size_t orr_topk_search(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits);
/* The same without leaving anything out: the yardstick of tests. */
size_t orr_topk_exhaustive(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits);

#endif
