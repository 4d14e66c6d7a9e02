/* Pools of candidates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/select/trie.h"

void orr_pool_add(struct orr_pool *p, const char *text, size_t n)
{
    ORR_VEC_PUSH(&p->text, orr_arena_strndup(&p->arena, text, n));
}

enum orr_status orr_pool_weigh(struct orr_pool *p, int vocab, struct orr_error *err)
{
    const size_t n = p->text.len;
    uint32_t *holders = orr_alloc((size_t)vocab, sizeof *holders), *seen = orr_alloc((size_t)vocab, sizeof *seen);
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < p->token.len && !s; k++)
        if (p->token.data[k] < 0 || p->token.data[k] >= vocab)
            s = orr_error_set(err, ORR_EINVAL, "pool", "token %d is outside a vocabulary of %d", p->token.data[k], vocab);
    free(p->idf);
    p->idf = s ? NULL : orr_alloc(p->token.len, sizeof *p->idf);
    if (!s && (!holders || !seen || !p->idf)) {
        s = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu tokens", p->token.len);
    } else if (!s) {
        memset(holders, 0, (size_t)vocab * sizeof *holders);
        memset(seen, 0, (size_t)vocab * sizeof *seen);
        for (size_t i = 0; i < n; i++)
            for (size_t k = p->first[i]; k < p->first[i + 1]; k++) {
                const int32_t t = p->token.data[k];
                if (seen[t] == i + 1) continue;
                seen[t] = (uint32_t)(i + 1);
                holders[t]++;
            }
        for (size_t k = 0; k < p->token.len; k++) p->idf[k] = (float)log((double)n / holders[p->token.data[k]]);
    }
    free(holders);
    free(seen);
    return s;
}

enum orr_status orr_pool_encode(struct orr_pool *p, const struct orr_pieces *pieces, struct orr_error *err)
{
    struct orr_str text = {0};
    const size_t n = p->text.len;
    if (n == 0 || n > UINT32_MAX - 1)
        return orr_error_set(err, ORR_EINVAL, "pool", n ? "too many candidates" : "no candidates");
    orr_trie_free(p->trie);
    p->trie = NULL;
    free(p->first);
    free(p->idf);
    p->first = orr_xcalloc(n + 1, sizeof *p->first);
    p->idf = NULL;
    p->token.len = p->longest = 0;
    for (size_t i = 0; i < n; i++) {
        orr_str_clear(&text);
        orr_str_append_char(&text, ' ');
        orr_str_append(&text, p->text.data[i]);
        p->first[i] = p->token.len;
        orr_pieces_encode(pieces, text.data, text.len, false, &p->token);
        const size_t k = p->token.len - p->first[i];
        if (k == 0 || !*p->text.data[i]) {
            char where[32];
            snprintf(where, sizeof where, "candidate %zu", i + 1);
            orr_str_free(&text);
            return orr_error_set(err, ORR_EINVAL, where, "has no text that the tokenizer knows: '%.60s'",
                                 p->text.data[i]);
        }
        if (k > p->longest) p->longest = k;
    }
    p->first[n] = p->token.len;
    orr_str_free(&text);
    return orr_pool_weigh(p, orr_pieces_count(pieces), err);
}

void orr_pool_free(struct orr_pool *p)
{
    free(p->text.data);
    free(p->token.data);
    free(p->first);
    free(p->idf);
    orr_trie_free(p->trie);
    orr_arena_free(&p->arena);
    *p = (struct orr_pool){0};
}
