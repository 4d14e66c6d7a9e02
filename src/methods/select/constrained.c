/* Decoding confined to a pool: only tokens that go on towards a candidate are looked at. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/select/trie.h"

struct beginning {
    int32_t node; /* -1: nothing yet */
    double log_p;
};
struct search {
    const struct orr_trie *t;
    struct orr_decoder_state *s;
    int before, beam, vocab;
    int32_t *path; /* room for the longest candidate */
    float *logits; /* after a beginning */
    double *done;  /* [t->n] log p of the candidates that end there, NaN: not met */
    double best;   /* of them */
    struct beginning *now, *next;
    int n_now, n_next;
};

/* Keeps the best of what may go on, best first. */
static void offer(struct search *x, struct beginning b)
{
    int at = x->n_next;
    while (at > 0 && x->next[at - 1].log_p < b.log_p) at--;
    if (at == x->beam) return;
    if (x->n_next < x->beam) x->n_next++;
    for (int k = x->n_next - 1; k > at; k--) x->next[k] = x->next[k - 1];
    x->next[at] = b;
}

static enum orr_status expand(struct search *x, const struct beginning *b, const float *first, struct orr_error *err)
{
    const struct orr_trie *t = x->t;
    const float *logits = first;
    int n = 0;
    if (b->node >= 0) {
        for (int32_t at = b->node; at >= 0; at = t->parent[at]) n++;
        for (int32_t at = b->node, k = n; at >= 0; at = t->parent[at]) x->path[--k] = t->token[at];
        orr_decoder_truncate(x->s, x->before);
        const enum orr_status status = orr_decoder_read(x->s, x->path, n, x->logits, err);
        if (status) return status;
        logits = x->logits;
    }
    const double total = orr_log_sum_exp(logits, x->vocab);
    for (int32_t k = b->node < 0 ? t->root : t->child[b->node]; k >= 0; k = t->sibling[k]) {
        const double log_p = b->log_p + (double)logits[t->token[k]] - total;
        if (t->ends[k]) {
            x->done[k] = log_p;
            if (log_p > x->best) x->best = log_p;
        }
        if (t->child[k] >= 0) offer(x, (struct beginning){k, log_p});
    }
    return ORR_OK;
}

static enum orr_status walk(struct search *x, const float *first, const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    x->now[0] = (struct beginning){-1, 0};
    x->n_now = 1;
    for (uint64_t step = 0; x->n_now > 0 && x->now[0].log_p > x->best && !status; step++) {
        x->n_next = 0;
        for (int i = 0; i < x->n_now && !status; i++) status = expand(x, &x->now[i], first, err);
        struct beginning *const swap = x->now;
        x->now = x->next;
        x->next = swap;
        x->n_now = x->n_next;
        if (!status && !orr_ticker_tick(ticker, "decoding within the pool", "tokens", step, 0))
            status = orr_error_set(err, ORR_ECANCELLED, "decoder", "stopped");
    }
    orr_decoder_truncate(x->s, x->before);
    return status;
}

enum orr_status orr_select_constrained(struct orr_pool *p, struct orr_decoder_state *s, const float *logits, int beam,
                                       double *log_p, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_trie *t;
    enum orr_status status = orr_trie_of(p, &t, err);
    if (status) return status;
    struct search x = {.t = t,
                       .s = s,
                       .before = orr_decoder_length(s),
                       .beam = beam,
                       .vocab = orr_decoder_vocab(s),
                       .path = orr_alloc(p->longest, sizeof *x.path),
                       .logits = orr_alloc((size_t)orr_decoder_vocab(s), sizeof *x.logits),
                       .done = orr_alloc(t->n, sizeof *x.done),
                       .best = (double)-INFINITY,
                       .now = orr_xcalloc((size_t)beam + 1, sizeof *x.now),
                       .next = orr_xcalloc((size_t)beam + 1, sizeof *x.next)};
    if (!x.path || !x.logits || !x.done) {
        status = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu nodes", t->n);
    } else {
        for (size_t i = 0; i < t->n; i++) x.done[i] = (double)NAN;
        status = walk(&x, logits, ticker, err);
    }
    for (size_t i = 0; i < p->text.len && !status; i++) log_p[i] = x.done[t->leaf[i]];
    free(x.path);
    free(x.logits);
    free(x.done);
    free(x.now);
    free(x.next);
    return status;
}
