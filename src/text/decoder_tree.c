/* Continuations of a text as a tree: every shared beginning is read once. All tokens are known beforehand, so that a node need
 * not wait for the one above it: nodes are read in preorder, a full batch at a time, each row looking at its own
 * ancestors. Those of them that were read in earlier batches are ancestors of the batch's first node too (what is visited
 * between a node and one below it lies below it), a single path: their keys and values stand behind the text's own. */
#include <stdlib.h>

#include "base/mem.h"
#include "text/decoder_model.h"

enum { LOGITS_AT_ONCE = 1 << 22 };

struct tree {
    const int32_t *token, *parent;
    size_t n;
    int32_t *depth, *child, *sibling; /* child: the first one; sibling: the next of the same parent; -1: none */
    int32_t *row;                     /* in the batch that is read, -1: not there */
    int32_t *order;                   /* [inner] nodes with children, in preorder */
    size_t inner;
    double *log_p;
    struct orr_decoder_run *runs; /* of all rows of a batch */
    int pieces;                   /* rows that meet the head at once */
};

/* Nodes with children, each before what lies below it. */
static void put_in_order(struct tree *t, int32_t *stack)
{
    size_t n = 0;
    for (size_t i = t->n; i-- > 0;)
        if (t->parent[i] < 0 && t->child[i] >= 0) stack[n++] = (int32_t)i;
    while (n > 0) {
        const int32_t at = stack[--n];
        t->order[t->inner++] = at;
        for (int32_t k = t->child[at]; k >= 0; k = t->sibling[k])
            if (t->child[k] >= 0) stack[n++] = k;
    }
}

static enum orr_status grow_tree(struct orr_decoder_state *s, struct tree *t, struct orr_error *err)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t cache = (size_t)c->layers * ORR_DECODER_ROWS * orr_decoder_key_width(c);
    t->pieces = LOGITS_AT_ONCE / c->vocab;
    t->pieces = t->pieces < 16 ? 16 : t->pieces > ORR_DECODER_ROWS ? ORR_DECODER_ROWS : t->pieces;
    if (!s->branch.k) s->branch.k = orr_alloc(cache + ORR_DECODER_PAD, sizeof(float));
    if (!s->branch.v) s->branch.v = orr_alloc(cache, sizeof(float));
    if (!s->logits) s->logits = orr_alloc((size_t)t->pieces, (size_t)c->vocab * sizeof(float));
    t->depth = orr_alloc(6 * t->n, sizeof *t->depth);
    t->runs = orr_alloc((size_t)ORR_DECODER_ROWS * (ORR_DECODER_ROWS + 1) / 2, sizeof *t->runs);
    if (!s->branch.k || !s->branch.v || !s->logits || !t->depth || !t->runs)
        return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
    t->child = t->depth + t->n;
    t->sibling = t->child + t->n;
    t->row = t->sibling + t->n;
    t->order = t->row + t->n;
    for (size_t i = 0; i < t->n; i++) {
        const int32_t p = t->parent[i];
        if (p < -1 || p >= (int64_t)i)
            return orr_error_set(err, ORR_EINVAL, "decoder", "node %zu stands before its parent", i);
        t->depth[i] = p < 0 ? 0 : t->depth[p] + 1;
        t->child[i] = t->row[i] = -1;
        t->sibling[i] = p < 0 ? -1 : t->child[p];
        if (p >= 0) t->child[p] = (int32_t)i;
        if (s->n + t->depth[i] >= s->capacity)
            return orr_error_set(err, ORR_EINVAL, "decoder",
                                 "a continuation of %d tokens does not fit behind %d; there is room for %d",
                                 t->depth[i] + 1, s->n, s->capacity);
    }
    put_in_order(t, t->order + t->n);
    return ORR_OK;
}

/* Places of nodes[0..n): what the parent sees and then itself. */
static void place_nodes(const struct orr_decoder_state *s, struct tree *t, const int32_t *nodes, int n, int32_t *token,
                        struct orr_decoder_place *place)
{
    struct orr_decoder_run *at = t->runs;
    for (int r = 0; r < n; r++) {
        const int32_t node = nodes[r], above = t->parent[node] < 0 ? -1 : t->row[t->parent[node]];
        struct orr_decoder_place *p = &place[r];
        *p = (struct orr_decoder_place){
            .position = s->n + t->depth[node], .node = r, .text = s->n + t->depth[node], .run = at};
        if (above >= 0) {
            p->text = place[above].text;
            for (int k = 0; k < place[above].runs; k++) at[k] = place[above].run[k];
            p->runs = place[above].runs;
        }
        if (p->runs && at[p->runs - 1].first + at[p->runs - 1].n == r)
            at[p->runs - 1].n++;
        else
            at[p->runs++] = (struct orr_decoder_run){r, 1};
        at += p->runs;
        t->row[node] = r;
        token[r] = t->token[node];
    }
}

/* Scores the children of nodes[0..n), whose states are in s->h. */
static void score_children(struct orr_decoder_state *s, const struct tree *t, const int32_t *nodes, int n)
{
    const struct orr_decoder *m = s->m;
    const size_t dim = (size_t)m->c.dim, vocab = (size_t)m->c.vocab;
    for (int from = 0; from < n; from += t->pieces) {
        const int count = n - from < t->pieces ? n - from : t->pieces;
        orr_decoder_classify(m, s->h + (size_t)from * dim, count, s->logits);
        for (int i = 0; i < count; i++) {
            const int32_t node = nodes[from + i];
            const float *const row = s->logits + (size_t)i * vocab;
            const double total = orr_log_sum_exp(row, m->c.vocab);
            for (int32_t k = t->child[node]; k >= 0; k = t->sibling[k])
                t->log_p[k] = t->log_p[node] + row[t->token[k]] - total;
        }
    }
}

static enum orr_status walk(struct orr_decoder_state *s, struct tree *t, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    for (size_t at = 0; at < t->inner;) {
        struct orr_decoder_place place[ORR_DECODER_ROWS];
        int32_t token[ORR_DECODER_ROWS];
        const int32_t *const nodes = t->order + at;
        const int n = t->inner - at < ORR_DECODER_ROWS ? (int)(t->inner - at) : ORR_DECODER_ROWS;
        place_nodes(s, t, nodes, n, token, place);
        orr_decoder_forward(s, n, token, place);
        score_children(s, t, nodes, n);
        at += (size_t)n;
        if (at < t->inner) /* what later nodes see of this batch */
            for (int32_t up = t->parent[t->order[at]]; up >= 0 && t->row[up] >= 0; up = t->parent[up])
                orr_decoder_keep_row(s, t->row[up], s->n + t->depth[up]);
        for (int i = 0; i < n; i++) t->row[nodes[i]] = -1;
        if (!orr_ticker_tick(ticker, "reading candidates", "tokens", at, t->inner))
            return orr_error_set(err, ORR_ECANCELLED, "decoder", "stopped");
    }
    return ORR_OK;
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
    free(t.runs);
    return status;
}
