#include "text/topk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/kernel.h"

/* Documents are taken in windows of so many, so that their scores stay in the nearest cache. */
enum { WINDOW = 1024, LANES = 16 };

/* Where a term's postings have been read up to. */
struct cursor {
    float unit; /* what one unit of weight adds */
    struct orr_term_blocks blocks;
    uint32_t i, at; /* block, and posting in it once it is unpacked */
    bool unpacked;
    struct orr_posting_block block;
};

struct orr_topk {
    const struct orr_index *x;
    float *score;  /* [docs] of those met */
    uint32_t *met; /* [docs] documents with a score, in order of meeting */
    size_t n_met;
    float *sorting; /* [docs] */
    struct orr_posting_block block;
    struct cursor *cursor; /* [ORR_QUERY_TERMS] */
    float window[WINDOW];  /* scores of its documents, 0 between searches */
    struct orr_hit *best;  /* [best_cap] by document: the k best so far are among them */
    size_t n_best, best_cap;
    float least; /* score of the k-th of them when they were last counted; 0: fewer than k yet */
};

struct orr_topk *orr_topk_new(const struct orr_index *x)
{
    struct orr_topk *s = orr_xcalloc(1, sizeof *s);
    const size_t n = (size_t)orr_index_docs(x) + 1;
    s->x = x;
    s->score = orr_xcalloc(n, sizeof *s->score);
    s->met = orr_xcalloc(n, sizeof *s->met);
    s->sorting = orr_xcalloc(n, sizeof *s->sorting);
    s->cursor = orr_xcalloc(ORR_QUERY_TERMS, sizeof *s->cursor);
    return s;
}

void orr_topk_free(struct orr_topk *s)
{
    if (!s) return;
    free(s->score);
    free(s->met);
    free(s->sorting);
    free(s->cursor);
    free(s->best);
    free(s);
}

static uint16_t weight_of(uint16_t stored) { return stored ? stored : 1; }

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
            s->score[doc] += unit * (float)weight_of(s->block.weight[k]);
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

/* ---- windows ---- */

/* To the first posting of a document >= doc; false when there is none. Blocks that end before it are not unpacked. */
static bool seek(const struct orr_topk *s, struct cursor *c, uint32_t doc)
{
    for (; c->i < c->blocks.n; c->i++, c->unpacked = false) {
        if (!c->unpacked) {
            if (orr_block_last(s->x, c->blocks.first + c->i) < doc) continue;
            orr_block_read(s->x, c->blocks.first + c->i, &c->block);
            c->unpacked = true;
            c->at = 0;
        }
        if (c->block.n == 0 || c->block.doc[c->block.n - 1] < doc) continue;
        while (c->block.doc[c->at] < doc) c->at++;
        return true;
    }
    return false;
}

/* What a term adds at most to a document of from..to-1. */
static float bound(const struct orr_topk *s, struct cursor *c, uint32_t from, uint32_t to)
{
    uint16_t most = 0;
    bool any = false;
    if (c->unpacked && seek(s, c, from) && c->block.doc[c->at] >= to) return 0;
    for (uint32_t i = c->i; i < c->blocks.n; i++) {
        const uint64_t block = c->blocks.first + i;
        if (orr_block_first(s->x, block) >= to) break;
        if (orr_block_last(s->x, block) < from) continue;
        const uint16_t weight = weight_of(orr_block_heaviest(s->x, block));
        most = weight > most ? weight : most;
        any = true;
    }
    return any ? c->unit * (float)most : 0;
}

/* Adds a term to the scores of a window's documents. */
static void add_window(struct orr_topk *s, struct cursor *c, uint32_t from, uint32_t to)
{
    for (uint32_t doc = from; seek(s, c, doc) && c->block.doc[c->at] < to; doc = c->block.doc[c->at - 1] + 1)
        for (; c->at < c->block.n && c->block.doc[c->at] < to; c->at++)
            s->window[c->block.doc[c->at] - from] += c->unit * (float)weight_of(c->block.weight[c->at]);
}

/* Documents of the window, by number, that have a score and can still come under the k best if `rest` is added. */
ORR_KERNEL static size_t hopeful(const float *restrict window, float rest, float least, uint32_t *restrict met)
{
    size_t n = 0;
    for (uint32_t d = 0; d < WINDOW; d += LANES) {
        int any = 0;
        for (uint32_t i = 0; i < LANES; i++) any |= (window[d + i] > 0) & (window[d + i] + rest >= least);
        for (uint32_t i = 0; any && i < LANES; i++) { /* without a branch: it could not be foreseen */
            met[n] = d + i;
            n += (window[d + i] > 0) & (window[d + i] + rest >= least);
        }
    }
    return n;
}

static size_t keep_hopeful(const float *window, float rest, float least, uint32_t *met, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        met[kept] = met[i];
        kept += window[met[i]] + rest >= least;
    }
    return kept;
}

/* Adds a term to the documents met alone. */
static void look_up(struct orr_topk *s, struct cursor *c, uint32_t from, const uint32_t *met, size_t n)
{
    for (size_t i = 0; i < n && seek(s, c, from + met[i]); i++)
        if (c->block.doc[c->at] == from + met[i]) s->window[met[i]] += c->unit * (float)weight_of(c->block.weight[c->at]);
}

/* Leaves the k best, still by document: equal scores go by it. */
static void count_best(struct orr_topk *s, size_t k)
{
    if (s->n_best < k) return;
    for (size_t i = 0; i < s->n_best; i++) s->sorting[i] = s->best[i].score;
    s->least = kth_largest(s->sorting, s->n_best, k);
    size_t above = 0, n = 0;
    for (size_t i = 0; i < s->n_best; i++) above += s->best[i].score > s->least;
    for (size_t i = 0, equal = k - above; i < s->n_best; i++) {
        const bool ties = s->best[i].score == s->least;
        if (s->best[i].score > s->least || (ties && equal)) {
            s->best[n++] = s->best[i];
            equal -= ties;
        }
    }
    s->n_best = n;
}

/* The best documents of one window join `best`. Terms add up in the order of the question, as without windows, so that every
 * bit of a score is the same. */
static void search_window(struct orr_topk *s, const struct orr_query *q, size_t k, uint32_t from, uint32_t to)
{
    float left[ORR_QUERY_TERMS + 1]; /* what the terms from i on can add here */
    uint32_t met[WINDOW + 1]; /* one more is written than kept */
    const float least = s->least * (1 - 1e-5F); /* the slack covers rounding */
    size_t i = 0;
    left[q->n_terms] = 0;
    for (size_t t = q->n_terms; t-- > 0;) left[t] = left[t + 1] + bound(s, &s->cursor[t], from, to);
    for (; i < q->n_terms && left[i] >= least; i++) add_window(s, &s->cursor[i], from, to);
    if (i == 0) return;
    size_t n = hopeful(s->window, left[i], least, met);
    for (; i < q->n_terms && n; i++) {
        look_up(s, &s->cursor[i], from, met, n);
        n = keep_hopeful(s->window, left[i + 1], least, met, n);
    }
    for (size_t m = 0; m < n; m++)
        if (s->window[met[m]] > s->least) /* documents of later windows lose where they are equal */
            s->best[s->n_best++] = (struct orr_hit){from + met[m], s->window[met[m]]};
    memset(s->window, 0, sizeof s->window);
    if (s->n_best >= k && (s->least == 0 || s->n_best >= k + k / 2)) count_best(s, k);
}

/* By falling score; equal ones keep their order. Positive floats are ordered as their bits are: three passes of counting. */
static void sort_hits(struct orr_hit *hits, size_t n, struct orr_hit *other)
{
    enum { BITS = 11, BINS = 1 << BITS };
    for (unsigned shift = 0; shift < 3 * BITS; shift += BITS) {
        uint32_t at[BINS + 1] = {0}, bits;
        for (size_t i = 0; i < n; i++) {
            memcpy(&bits, &hits[i].score, sizeof bits);
            at[(~bits >> shift & (BINS - 1)) + 1]++;
        }
        for (size_t i = 0; i < BINS; i++) at[i + 1] += at[i];
        for (size_t i = 0; i < n; i++) {
            memcpy(&bits, &hits[i].score, sizeof bits);
            other[at[~bits >> shift & (BINS - 1)]++] = hits[i];
        }
        memcpy(hits, other, n * sizeof *hits);
    }
}

size_t orr_topk_search(struct orr_topk *s, const struct orr_query *q, size_t k, struct orr_hit *hits)
{
    /* With rules the k-th best by score may be refused: nothing may be left out. */
    if (q->n_rules) return orr_topk_exhaustive(s, q, k, hits);
    const uint32_t docs = orr_index_docs(s->x);
    if (k > docs) k = docs;
    if (k == 0) return 0;
    if (s->best_cap < 2 * k + WINDOW) {
        s->best_cap = 2 * k + WINDOW;
        s->best = orr_xrealloc(s->best, s->best_cap, sizeof *s->best);
    }
    for (size_t i = 0; i < q->n_terms; i++) {
        struct cursor *c = &s->cursor[i];
        c->unit = q->term[i].idf / 65535.0F;
        c->blocks = orr_index_blocks(s->x, q->term[i].term);
        c->i = 0;
        c->unpacked = false;
    }
    s->n_best = 0;
    s->least = 0;
    for (uint32_t from = 0; from < docs; from += WINDOW)
        search_window(s, q, k, from, docs - from < WINDOW ? docs : from + WINDOW);
    count_best(s, k);
    const size_t n = s->n_best;
    memcpy(hits, s->best, n * sizeof *hits);
    sort_hits(hits, n, s->best);
    return n;
}
