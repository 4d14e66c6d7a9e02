/* What the estimators stand in for, in more than one pass: likelihoods of whole candidates, and decoding. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/select/trie.h"

enum orr_status orr_select_likelihood(struct orr_pool *p, struct orr_decoder_state *s, const float *logits, double *log_p,
                                      int threads, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_trie *t;
    double *at = NULL;
    enum orr_status status = orr_trie_of(p, &t, err);
    if (!status && !(at = orr_alloc(t->n, sizeof *at)))
        status = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu nodes", t->n);
    if (!status) status = orr_decoder_score_tree(s, logits, t->n, t->token, t->parent, at, threads, ticker, err);
    for (size_t i = 0; !status && i < p->text.len; i++) log_p[i] = at[t->leaf[i]];
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
