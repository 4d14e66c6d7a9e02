/* Beginnings that the candidates of a pool share. */
#include "methods/select/trie.h"

#include <stdlib.h>

#include "base/mem.h"

struct by_tokens {
    const struct orr_pool *p;
    uint32_t candidate;
};

static int compare(const void *x, const void *y)
{
    const struct by_tokens *a = x, *b = y;
    const size_t na = a->p->first[a->candidate + 1] - a->p->first[a->candidate],
                 nb = b->p->first[b->candidate + 1] - b->p->first[b->candidate];
    const int32_t *ta = a->p->token.data + a->p->first[a->candidate],
                  *tb = b->p->token.data + b->p->first[b->candidate];
    for (size_t i = 0; i < na && i < nb; i++)
        if (ta[i] != tb[i]) return ta[i] < tb[i] ? -1 : 1;
    return na < nb ? -1 : na > nb ? 1 : a->candidate < b->candidate ? -1 : a->candidate > b->candidate;
}

/* In the order of their tokens, so that what a candidate shares with the one before is what it shares with any before. */
static enum orr_status build(const struct orr_pool *p, struct orr_trie *t, struct orr_error *err)
{
    const size_t n = t->candidates = p->text.len;
    struct by_tokens *order = orr_alloc(n, sizeof *order);
    int32_t *path = orr_alloc(p->longest, sizeof *path);
    t->token = orr_alloc(p->token.len, sizeof *t->token);
    t->parent = orr_alloc(p->token.len, sizeof *t->parent);
    t->leaf = orr_alloc(n, sizeof *t->leaf);
    enum orr_status s = ORR_OK;
    if (!order || !path || !t->token || !t->parent || !t->leaf || p->token.len > INT32_MAX) {
        s = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu tokens", p->token.len);
        goto out;
    }
    for (size_t i = 0; i < n; i++) order[i] = (struct by_tokens){p, (uint32_t)i};
    qsort(order, n, sizeof *order, compare);
    size_t depth = 0; /* of the candidate before */
    for (size_t i = 0; i < n; i++) {
        const uint32_t c = order[i].candidate;
        const int32_t *tokens = p->token.data + p->first[c];
        const size_t k = p->first[c + 1] - p->first[c];
        size_t same = 0;
        while (same < k && same < depth && t->token[path[same]] == tokens[same]) same++;
        for (size_t j = same; j < k; j++) {
            t->token[t->n] = tokens[j];
            t->parent[t->n] = j ? path[j - 1] : -1;
            path[j] = (int32_t)t->n++;
        }
        depth = k;
        t->leaf[c] = path[k - 1];
    }
out:
    free(order);
    free(path);
    return s;
}

static enum orr_status link_nodes(struct orr_trie *t, struct orr_error *err)
{
    t->child = orr_alloc(t->n, sizeof *t->child);
    t->sibling = orr_alloc(t->n, sizeof *t->sibling);
    t->ends = orr_alloc(t->n, sizeof *t->ends);
    if (!t->child || !t->sibling || !t->ends)
        return orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu nodes", t->n);
    t->root = -1;
    for (size_t i = 0; i < t->n; i++) t->child[i] = -1, t->ends[i] = false;
    for (size_t i = t->n; i-- > 0;) { /* backwards, so that siblings come in their order */
        int32_t *const first = t->parent[i] < 0 ? &t->root : &t->child[t->parent[i]];
        t->sibling[i] = *first;
        *first = (int32_t)i;
    }
    for (size_t c = 0; c < t->candidates; c++) t->ends[t->leaf[c]] = true;
    return ORR_OK;
}

enum orr_status orr_trie_of(struct orr_pool *p, const struct orr_trie **out, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    if (!p->trie) {
        struct orr_trie *t = orr_xcalloc(1, sizeof *t);
        s = build(p, t, err);
        if (!s) s = link_nodes(t, err);
        if (s)
            orr_trie_free(t);
        else
            p->trie = t;
    }
    *out = p->trie;
    return s;
}

void orr_trie_free(struct orr_trie *t)
{
    if (!t) return;
    free(t->token);
    free(t->parent);
    free(t->leaf);
    free(t->child);
    free(t->sibling);
    free(t->ends);
    free(t);
}
