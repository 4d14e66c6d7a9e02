/* Continuations of a text as a tree: every shared beginning is read once. All tokens are known beforehand, so that a node need
 * not wait for the one above it: nodes are read in preorder, a full batch at a time, each row looking at its own
 * ancestors. Those of them that were read in earlier batches are ancestors of the batch's first node too (what is visited
 * between a node and one below it lies below it), a single path: their keys and values stand behind the text's own.
 *
 * What lies below different first tokens is independent, so that threads share it out in parts. Where parts begin follows from
 * the tree alone: batches, and with them every bit of the result, are the same for any number of threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "text/decoder_model.h"

enum { LOGITS_AT_ONCE = 1 << 22, PART = 4 * ORR_DECODER_ROWS /* nodes of a part, or more */ };

struct tree {
    const int32_t *token, *parent;
    size_t n;
    int32_t *depth, *child, *sibling; /* child: the first one; sibling: the next of the same parent; -1: none */
    int32_t *row;                     /* in the batch that is read, -1: not there */
    int32_t *order;                   /* [inner] nodes with children, in preorder */
    size_t inner;
    double *log_p;
    int32_t *part; /* [parts + 1] where in order each part begins */
    int parts, deepest;
    int pieces;    /* rows that meet the head at once */
};

/* One thread's: a copy of the text's state, or the state itself. */
struct reader {
    struct orr_decoder_state *s;
    struct orr_decoder_run *runs; /* of all rows of a batch */
};

/* Nodes with children, each before what lies below it; parts begin at nodes of the first level. */
static void put_in_order(struct tree *t, int32_t *stack)
{
    size_t n = 0;
    for (size_t i = t->n; i-- > 0;)
        if (t->parent[i] < 0 && t->child[i] >= 0) stack[n++] = (int32_t)i;
    while (n > 0) {
        const int32_t at = stack[--n];
        if (t->parent[at] < 0 && (!t->parts || (int32_t)t->inner - t->part[t->parts - 1] >= PART))
            t->part[t->parts++] = (int32_t)t->inner;
        t->order[t->inner++] = at;
        for (int32_t k = t->child[at]; k >= 0; k = t->sibling[k])
            if (t->child[k] >= 0) stack[n++] = k;
    }
    t->part[t->parts] = (int32_t)t->inner;
}

static enum orr_status grow_tree(struct orr_decoder_state *s, struct tree *t, struct orr_error *err)
{
    t->pieces = LOGITS_AT_ONCE / s->m->c.vocab;
    t->pieces = t->pieces < 16 ? 16 : t->pieces > ORR_DECODER_ROWS ? ORR_DECODER_ROWS : t->pieces;
    t->depth = orr_alloc(6 * t->n, sizeof *t->depth);
    t->part = orr_alloc(t->n / PART + 2, sizeof *t->part);
    if (!t->depth || !t->part)
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
        if (t->depth[i] > t->deepest) t->deepest = t->depth[i];
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

/* What a thread needs; `copy`: a state of its own, as long as the tree is deep. */
static enum orr_status open_reader(struct orr_decoder_state *s, const struct tree *t, bool copy, struct reader *r,
                                   struct orr_error *err)
{
    const struct orr_decoder_config *c = &s->m->c;
    const size_t cache = (size_t)c->layers * ORR_DECODER_ROWS * orr_decoder_key_width(c);
    enum orr_status status = ORR_OK;
    *r = (struct reader){.s = s};
    if (copy) status = orr_decoder_state_copy(s, s->n + t->deepest + 1, &r->s, err);
    if (status) return status;
    if (!r->s->branch.k) r->s->branch.k = orr_alloc(cache + ORR_DECODER_PAD, sizeof(float));
    if (!r->s->branch.v) r->s->branch.v = orr_alloc(cache, sizeof(float));
    if (!r->s->logits) r->s->logits = orr_alloc((size_t)t->pieces, (size_t)c->vocab * sizeof(float));
    r->runs = orr_alloc((size_t)ORR_DECODER_ROWS * (ORR_DECODER_ROWS + 1) / 2, sizeof *r->runs);
    if (!r->s->branch.k || !r->s->branch.v || !r->s->logits || !r->runs)
        return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for a tree of %zu tokens", t->n);
    return ORR_OK;
}

/* Places of nodes[0..n): what the parent sees and then itself. */
static void place_nodes(const struct reader *reader, struct tree *t, const int32_t *nodes, int n, int32_t *token,
                        struct orr_decoder_place *place)
{
    const struct orr_decoder_state *const s = reader->s;
    struct orr_decoder_run *at = reader->runs;
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

struct walk {
    struct tree *t;
    struct reader *reader; /* [readers] */
    atomic_bool *busy;     /* [readers] */
    atomic_size_t done;
    atomic_bool stop;
    pthread_t caller; /* it alone ticks */
    const struct orr_ticker *ticker;
};

static void read_batch(struct reader *r, struct tree *t, size_t at, int n, size_t end)
{
    struct orr_decoder_place place[ORR_DECODER_ROWS];
    int32_t token[ORR_DECODER_ROWS];
    const int32_t *const nodes = t->order + at;
    struct orr_decoder_state *const s = r->s;
    place_nodes(r, t, nodes, n, token, place);
    orr_decoder_forward(s, n, token, place);
    score_children(s, t, nodes, n);
    if (at + (size_t)n < end) /* what later nodes see of this batch */
        for (int32_t up = t->parent[t->order[at + (size_t)n]]; up >= 0 && t->row[up] >= 0; up = t->parent[up])
            orr_decoder_keep_row(s, t->row[up], s->n + t->depth[up]);
    for (int i = 0; i < n; i++) t->row[nodes[i]] = -1;
}

static void read_part(void *ctx, size_t part)
{
    struct walk *w = ctx;
    struct tree *t = w->t;
    const size_t end = (size_t)t->part[part + 1];
    size_t free_one = 0;
    while (atomic_exchange(&w->busy[free_one], true)) free_one++; /* as many as threads: one is free */
    for (size_t at = (size_t)t->part[part]; at < end && !atomic_load(&w->stop);) {
        const size_t n = end - at < ORR_DECODER_ROWS ? end - at : ORR_DECODER_ROWS;
        read_batch(&w->reader[free_one], t, at, (int)n, end);
        at += n;
        const size_t done = atomic_fetch_add(&w->done, n) + n;
        if (pthread_equal(w->caller, pthread_self()) &&
            !orr_ticker_tick(w->ticker, "reading candidates", "tokens", done, t->inner))
            atomic_store(&w->stop, true);
    }
    atomic_store(&w->busy[free_one], false);
}

static enum orr_status walk(struct orr_decoder_state *s, struct tree *t, int threads, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    size_t readers = (size_t)orr_parallel_threads(threads);
    if (readers > (size_t)t->parts) readers = (size_t)t->parts;
    struct walk w = {.t = t, .caller = pthread_self(), .ticker = ticker,
                     .reader = orr_xcalloc(readers + 1, sizeof *w.reader), .busy = orr_xcalloc(readers + 1, sizeof *w.busy)};
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < readers && !status; i++) status = open_reader(s, t, i > 0, &w.reader[i], err);
    if (!status && !orr_ticker_tick(ticker, "reading candidates", "tokens", 0, t->inner)) atomic_store(&w.stop, true);
    if (!status) orr_parallel_for((size_t)t->parts, (int)readers, read_part, &w, NULL, NULL, NULL);
    if (atomic_load(&w.stop)) status = orr_error_set(err, ORR_ECANCELLED, "decoder", "stopped");
    for (size_t i = 0; i < readers; i++) {
        if (i > 0) orr_decoder_state_free(w.reader[i].s);
        free(w.reader[i].runs);
    }
    free(w.reader);
    free(w.busy);
    return status;
}

enum orr_status orr_decoder_score_tree(struct orr_decoder_state *s, const float *logits, size_t n, const int32_t *token,
                                       const int32_t *parent, double *log_p, int threads, const struct orr_ticker *ticker,
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
        status = walk(s, &t, threads, ticker, err);
    }
    free(t.depth);
    free(t.part);
    return status;
}
