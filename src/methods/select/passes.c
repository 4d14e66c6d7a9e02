/* What the estimators stand in for, in more than one pass: likelihoods of whole candidates, and decoding. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/select/select.h"

/* Beginnings that candidates share, as nodes in an order in which parents come first. */
struct trie {
    int32_t *token, *parent; /* [n] */
    int32_t *leaf;           /* [candidates] where each ends */
    size_t n;
};

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
static enum orr_status build(const struct orr_pool *p, struct trie *t, struct orr_error *err)
{
    const size_t n = p->text.len;
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

enum orr_status orr_select_likelihood(const struct orr_pool *p, struct orr_decoder_state *s, const float *logits,
                                      double *log_p, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct trie t = {0};
    double *at = NULL;
    enum orr_status status = build(p, &t, err);
    if (!status && !(at = orr_alloc(t.n, sizeof *at)))
        status = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu nodes", t.n);
    if (!status) status = orr_decoder_score_tree(s, logits, t.n, t.token, t.parent, at, ticker, err);
    for (size_t i = 0; !status && i < p->text.len; i++) log_p[i] = at[t.leaf[i]];
    free(t.token);
    free(t.parent);
    free(t.leaf);
    free(at);
    return status;
}

enum orr_status orr_select_decode(const struct orr_pool *p, const struct orr_pieces *pieces,
                                  struct orr_decoder_state *s, const float *logits, struct orr_str *text,
                                  struct orr_error *err)
{
    const int vocab = orr_decoder_vocab(s), before = orr_decoder_length(s);
    const size_t from = text->len;
    float *now = orr_alloc((size_t)vocab, sizeof *now);
    if (!now) return orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for %d logits", vocab);
    memcpy(now, logits, (size_t)vocab * sizeof *now);
    enum orr_status status = ORR_OK;
    for (size_t k = 0; k < p->longest && !status; k++) {
        int32_t best = 0;
        for (int i = 1; i < vocab; i++)
            if (now[i] > now[best]) best = i;
        if (best == orr_pieces_end(pieces) || best >= orr_pieces_count(pieces) || best == orr_pieces_begin(pieces))
            break;
        orr_pieces_decode(pieces, best, false, text);
        if (memchr(orr_str_c(text) + from, '\n', text->len - from)) break;
        if (orr_decoder_room(s) == 0) break;
        status = orr_decoder_read(s, &best, 1, now, err);
    }
    orr_decoder_truncate(s, before);
    free(now);
    return status;
}

void orr_select_match(const struct orr_pool *p, const char *decoded, double *score)
{
    while (*decoded == ' ') decoded++;
    const size_t n = strcspn(decoded, "\n");
    for (size_t i = 0; i < p->text.len; i++) {
        const char *c = p->text.data[i];
        size_t same = 0;
        const size_t k = strlen(c), longer = k > n ? k : n;
        while (same < n && same < k && decoded[same] == c[same]) same++;
        score[i] = longer ? (double)same / (double)longer : 0;
    }
}
