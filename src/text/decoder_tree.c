/* Continuations of a text as a tree: every shared beginning is read once. */
#include <stdlib.h>

#include "base/mem.h"
#include "text/decoder_model.h"

struct tree {
    const int32_t *token, *parent;
    size_t n;
    int32_t *depth, *child, *sibling; /* child: the first one; sibling: the next of the same parent; -1: none */
    int32_t *slot;                    /* in the branches, -1: not there */
    int32_t deepest;
    double *log_p;
};

static enum orr_status grow_tree(struct orr_decoder_state *s, struct tree *t, struct orr_error *err)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t cache = (size_t)c->layers * ORR_DECODER_BRANCHES * orr_decoder_key_width(c);
    if (!s->branch.k) s->branch.k = orr_alloc(cache, sizeof(float));
    if (!s->branch.v) s->branch.v = orr_alloc(cache, sizeof(float));
    if (!s->logits) s->logits = orr_alloc(ORR_DECODER_ROWS, (size_t)c->vocab * sizeof(float));
    t->depth = orr_alloc(4 * t->n, sizeof *t->depth);
    if (!s->branch.k || !s->branch.v || !s->logits || !t->depth)
        return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
    t->child = t->depth + t->n;
    t->sibling = t->child + t->n;
    t->slot = t->sibling + t->n;
    for (size_t i = 0; i < t->n; i++) {
        const int32_t p = t->parent[i];
        if (p < -1 || p >= (int64_t)i)
            return orr_error_set(err, ORR_EINVAL, "decoder", "node %zu stands before its parent", i);
        t->depth[i] = p < 0 ? 0 : t->depth[p] + 1;
        if (t->depth[i] >= t->deepest) t->deepest = t->depth[i] + 1;
        t->child[i] = t->slot[i] = -1;
        t->sibling[i] = p < 0 ? -1 : t->child[p];
        if (p >= 0) t->child[p] = (int32_t)i;
        if (s->n + t->depth[i] >= s->capacity)
            return orr_error_set(err, ORR_EINVAL, "decoder",
                                 "a continuation of %d tokens does not fit behind %d; there is room for %d",
                                 t->depth[i] + 1, s->n, s->capacity);
    }
    return ORR_OK;
}

/* Reads nodes[0..n), n <= ORR_DECODER_ROWS, whose ancestors are in the branches, and scores their children. */
static void read_nodes(struct orr_decoder_state *s, const struct tree *t, const int32_t *nodes, int n, int *paths)
{
    const struct orr_decoder *m = s->m;
    struct orr_decoder_place place[ORR_DECODER_ROWS];
    int32_t token[ORR_DECODER_ROWS];
    for (int i = 0, used = 0; i < n; i++) {
        const int depth = t->depth[nodes[i]] + 1;
        int *const path = paths + used;
        for (int32_t at = nodes[i], k = depth; at >= 0; at = t->parent[at]) path[--k] = t->slot[at];
        place[i] = (struct orr_decoder_place){
            .position = s->n + depth - 1, .node = t->slot[nodes[i]], .path = path, .depth = depth};
        token[i] = t->token[nodes[i]];
        used += depth;
    }
    orr_decoder_forward(s, n, token, place);
    orr_decoder_classify(m, s->h, n, s->logits);
    for (int i = 0; i < n; i++) {
        const float *const row = s->logits + (size_t)i * (size_t)m->c.vocab;
        const double total = orr_log_sum_exp(row, m->c.vocab);
        for (int32_t k = t->child[nodes[i]]; k >= 0; k = t->sibling[k])
            t->log_p[k] = t->log_p[nodes[i]] + row[t->token[k]] - total;
    }
}

/* Depth first in batches: the nodes with children wait on a stack; up to ORR_DECODER_ROWS of them, the deepest first, are read at
 * once, so that the branches hold little more than paths. A slot is free again when all below its node is read. A batch
 * is no wider than the free slots let each of its rows go down to the bottom. */
static enum orr_status walk(struct orr_decoder_state *s, struct tree *t, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    int32_t *const stack = orr_alloc(t->n, sizeof *stack), *const waiting = orr_alloc(t->n, sizeof *waiting);
    int32_t *const free_slots = orr_alloc(ORR_DECODER_BRANCHES, sizeof *free_slots);
    int *const paths = orr_alloc((size_t)ORR_DECODER_ROWS * (size_t)s->capacity, sizeof *paths);
    size_t n = 0, done = 0, inner = 0, n_free = ORR_DECODER_BRANCHES;
    if (!stack || !waiting || !free_slots || !paths) {
        status = orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
        goto out;
    }
    for (int32_t i = 0; i < ORR_DECODER_BRANCHES; i++) free_slots[i] = ORR_DECODER_BRANCHES - 1 - i;
    for (size_t i = 0; i < t->n; i++) { /* waiting: children with children that are not yet done */
        waiting[i] = 0;
        inner += t->child[i] >= 0;
    }
    for (size_t i = t->n; i-- > 0;) {
        if (t->child[i] < 0) continue;
        if (t->parent[i] >= 0)
            waiting[t->parent[i]]++;
        else
            stack[n++] = (int32_t)i;
    }
    while (n > 0 && status == ORR_OK) {
        int32_t batch[ORR_DECODER_ROWS];
        int rows = 0, most = (int)(n_free / (size_t)t->deepest);
        most = most < 1 ? 1 : most > ORR_DECODER_ROWS ? ORR_DECODER_ROWS : most;
        if (n_free == 0) {
            status = orr_error_set(err, ORR_EUNSUPPORTED, "decoder", "continuations branch more than %d at once",
                                   ORR_DECODER_BRANCHES);
            break;
        }
        while (n > 0 && rows < most && n_free > 0) {
            batch[rows] = stack[--n];
            t->slot[batch[rows++]] = free_slots[--n_free];
        }
        read_nodes(s, t, batch, rows, paths);
        done += (size_t)rows;
        for (int i = 0; i < rows; i++) {
            for (int32_t k = t->child[batch[i]]; k >= 0; k = t->sibling[k])
                if (t->child[k] >= 0) stack[n++] = k;
            for (int32_t at = batch[i]; at >= 0 && waiting[at] == 0; at = t->parent[at]) {
                free_slots[n_free++] = t->slot[at];
                if (t->parent[at] >= 0) waiting[t->parent[at]]--;
            }
        }
        if (!orr_ticker_tick(ticker, "reading candidates", "tokens", done, inner))
            status = orr_error_set(err, ORR_ECANCELLED, "decoder", "stopped");
    }
out:
    free(stack);
    free(waiting);
    free(free_slots);
    free(paths);
    return status;
}

enum orr_status orr_decoder_score_tree(struct orr_decoder_state *s, const float *logits, size_t n, const int32_t *token,
                                       const int32_t *parent, double *log_p, const struct orr_ticker *ticker,
                                       struct orr_error *err)
{
    struct tree t = {.token = token, .parent = parent, .n = n, .log_p = log_p};
    if (n > INT32_MAX) return orr_error_set(err, ORR_EINVAL, "decoder", "a tree of %zu tokens is too large", n);
    enum orr_status status = orr_decoder_check(s->m, token, n, err);
    if (status == ORR_OK) status = grow_tree(s, &t, err);
    if (status == ORR_OK) {
        const double total = orr_log_sum_exp(logits, s->m->c.vocab);
        for (size_t i = 0; i < n; i++)
            if (parent[i] < 0) log_p[i] = logits[token[i]] - total;
        status = walk(s, &t, ticker, err);
    }
    free(t.depth);
    return status;
}
