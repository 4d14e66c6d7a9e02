#include "text/topk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct orr_topk {
    const struct orr_index *x;
    float *score;  /* [docs] of those met */
    uint32_t *met; /* [docs] documents with a score, in order of meeting */
    size_t n_met;
    float *sorting; /* [docs] */
    struct orr_posting_block block;
};

struct orr_topk *orr_topk_new(const struct orr_index *x)
{
    struct orr_topk *s = orr_xcalloc(1, sizeof *s);
    const size_t n = (size_t)orr_index_docs(x) + 1;
    s->x = x;
    s->score = orr_xcalloc(n, sizeof *s->score);
    s->met = orr_xcalloc(n, sizeof *s->met);
    s->sorting = orr_xcalloc(n, sizeof *s->sorting);
    return s;
}

void orr_topk_free(struct orr_topk *s)
{
    if (!s) return;
    free(s->score);
    free(s->met);
    free(s->sorting);
    free(s);
}

/* What a term adds at most. */
static float ceiling(const struct orr_topk *s, const struct orr_query_term *t)
{
    return t->idf * (float)orr_index_blocks(s->x, t->term).heaviest / 65535.0F;
}

/* Every document of a term. */
static void add_all(struct orr_topk *s, const struct orr_query_term *t)
{
    const struct orr_term_blocks blocks = orr_index_blocks(s->x, t->term);
    const float unit = t->idf / 65535.0F;
    for (uint32_t i = 0; i < blocks.n; i++) {
        orr_block_read(s->x, blocks.first + i, &s->block);
        for (uint32_t k = 0; k < s->block.n; k++) {
            const uint32_t doc = s->block.doc[k];
            if (s->score[doc] == 0) s->met[s->n_met++] = doc;
            s->score[doc] += unit * (float)(s->block.weight[k] ? s->block.weight[k] : 1);
        }
    }
}

/* Only documents met before, which are in order: blocks that hold none of them are not unpacked. */
static void add_to_met(struct orr_topk *s, const struct orr_query_term *t)
{
    const struct orr_term_blocks blocks = orr_index_blocks(s->x, t->term);
    const float unit = t->idf / 65535.0F;
    size_t m = 0;
    for (uint32_t i = 0; i < blocks.n && m < s->n_met; i++) {
        if (orr_block_last(s->x, blocks.first + i) < s->met[m]) continue;
        orr_block_read(s->x, blocks.first + i, &s->block);
        for (uint32_t k = 0; k < s->block.n && m < s->n_met;) {
            if (s->block.doc[k] < s->met[m]) {
                k++;
            } else {
                if (s->block.doc[k] == s->met[m])
                    s->score[s->met[m]] += unit * (float)(s->block.weight[k] ? s->block.weight[k] : 1), k++;
                m++;
            }
        }
    }
}

/* The k-th largest of x[0..n), n >= k >= 1 (Hoare's selection). Reorders x. */
static float kth_largest(float *x, size_t n, size_t k)
{
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const float pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        while (i <= j) {
            while (x[i] > pivot) i++;
            while (x[j] < pivot) j--;
            if (i <= j) {
                const float swap = x[i];
                x[i++] = x[j];
                x[j] = swap;
                if (j-- == 0) break;
            }
        }
        if (k - 1 <= j && j != SIZE_MAX)
            hi = j;
        else if (k - 1 >= i)
            lo = i;
        else
            break;
    }
    return x[k - 1];
}

static float threshold(struct orr_topk *s, size_t k)
{
    if (s->n_met < k) return 0;
    for (size_t i = 0; i < s->n_met; i++) s->sorting[i] = s->score[s->met[i]];
    return kth_largest(s->sorting, s->n_met, k);
}

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Forgets those that cannot come under the k best any more; the others in order of documents. */
static void drop_hopeless(struct orr_topk *s, float least, float left)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_met; i++) {
        const uint32_t doc = s->met[i];
        if (s->score[doc] + left >= least)
            s->met[n++] = doc;
        else
            s->score[doc] = 0;
    }
    s->n_met = n;
    qsort(s->met, n, sizeof *s->met, ascending);
}

static int better(const struct orr_hit *a, const struct orr_hit *b)
{
    if (a->score != b->score) return a->score > b->score;
    return a->doc < b->doc;
}

static void sift(struct orr_hit *h, size_t n, size_t i)
{
    for (size_t c; (c = 2 * i + 1) < n; i = c) { /* the worst on top */
        if (c + 1 < n && better(&h[c], &h[c + 1])) c++;
        if (!better(&h[i], &h[c])) return;
        const struct orr_hit swap = h[i];
        h[i] = h[c];
        h[c] = swap;
    }
}

/* The k best of those met that keep the rules, best first; leaves the scratch clean. Rules cost the words of a document, so
 * they are asked only of one that would enter. */
static size_t take(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_met; i++) {
        const struct orr_hit hit = {s->met[i], s->score[s->met[i]]};
        s->score[hit.doc] = 0;
        if ((n == k && !better(&hit, &hits[0])) || (q->n_rules && !orr_query_allows(q, s->x, hit.doc))) continue;
        if (n < k) {
            hits[n++] = hit;
            for (size_t j = n; n == k && j-- > 0;) sift(hits, n, j);
        } else {
            hits[0] = hit;
            sift(hits, n, 0);
        }
    }
    if (n < k)
        for (size_t j = n; j-- > 0;) sift(hits, n, j);
    for (size_t left = n; left > 1;) {
        const struct orr_hit worst = hits[0];
        hits[0] = hits[--left];
        hits[left] = worst;
        sift(hits, left, 0);
    }
    s->n_met = 0;
    return n;
}

size_t orr_topk_exhaustive(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits)
{
    for (size_t i = 0; i < q->n_terms; i++) add_all(s, &q->term[i]);
    return k ? take(s, q, k, hits) : 0;
}

size_t orr_topk_search(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits)
{
    /* With rules the k-th best by score may be refused: nothing may be left out. */
    if (q->n_rules) return orr_topk_exhaustive(s, q, k, hits);
    float left[ORR_QUERY_TERMS + 1]; /* what the terms from i on can add */
    left[q->n_terms] = 0;
    for (size_t i = q->n_terms; i-- > 0;) left[i] = left[i + 1] + ceiling(s, &q->term[i]);
    bool closed = false; /* no document that was not met yet can enter */
    for (size_t i = 0; i < q->n_terms && k; i++) {
        if (!closed && left[i] < left[0] - left[i]) {
            const float least = threshold(s, k) * (1 - 1e-5F); /* the slack covers rounding */
            closed = left[i] < least;
            if (closed) drop_hopeless(s, least, left[i]);
        }
        if (closed)
            add_to_met(s, &q->term[i]);
        else
            add_all(s, &q->term[i]);
    }
    return k ? take(s, q, k, hits) : 0;
}
