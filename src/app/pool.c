#include "app/pool.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <orrery/pool.h>
#include <orrery/rng.h>

#include "base/mem.h"
#include "base/number.h"
#include "app/pool_file.h"
#include "lab/dataset.h"
#include "text/wordnet.h"

enum { WORDNET_SEED = 20260 };

/* ---- by name ---- */

static void read_typed(const char *text, struct orr_pool_texts *to)
{
    const char *separator = strchr(text, ';') ? ";" : ",";
    while (*text) {
        size_t n = strcspn(text, separator), from = 0;
        const size_t whole = n + (text[n] != '\0');
        while (n > from && text[n - 1] == ' ') n--;
        while (from < n && text[from] == ' ') from++;
        orr_pool_texts_add(to, text + from, n - from);
        text += whole;
    }
}

enum orr_status orr_pool_wordnet(size_t n, const struct orr_ticker *ticker, struct orr_pool *out, struct orr_error *err)
{
    struct orr_wordnet w = {0};
    char folder[1024];
    enum orr_status s = orr_dataset_find_file("wordnet/data.noun", folder, err);
    if (s) return s;
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    s = orr_wordnet_read(folder, ticker, &w, err);
    const size_t all = w.lemmas.len, keep = n && n < all ? n : all;
    uint32_t *order = orr_xcalloc(all + 1, sizeof *order);
    struct orr_rng rng;
    orr_rng_seed(&rng, WORDNET_SEED, 0);
    for (size_t i = 0; i < all; i++) order[i] = (uint32_t)i;
    for (size_t i = 0; i < keep && keep < all; i++) { /* the first `keep` of a permutation: a larger pool holds the smaller */
        const size_t k = i + orr_rng_below(&rng, all - i);
        const uint32_t x = order[i];
        order[i] = order[k];
        order[k] = x;
    }
    for (size_t i = 0; i < keep && !s; i++)
        orr_pool_add(out, w.lemmas.entries[order[i]].text, w.lemmas.entries[order[i]].n);
    free(order);
    orr_wordnet_free(&w);
    return s;
}

/* "wordnet", "wordnet:1000" */
static bool is_wordnet(const char *name, size_t *n)
{
    int64_t number = 0;
    *n = 0;
    if (strncmp(name, "wordnet", 7) != 0) return false;
    if (!name[7]) return true;
    if (name[7] != ':' || !orr_parse_int64(name + 8, strlen(name + 8), &number) || number < 1) return false;
    *n = (size_t)number;
    return true;
}

static enum orr_status no_such(struct orr_store *store, const char *name, struct orr_error *err)
{
    struct orr_stored_pool_list list = {0};
    struct orr_str names = {0};
    if (store) orr_store_pools(store, &list, NULL);
    for (size_t i = 0; i < list.n; i++) orr_str_printf(&names, "%s, ", list.items[i].name);
    orr_error_set(err, ORR_ENOTFOUND, name,
                  "neither a pool nor a file; there is %.300swordnet[:N], and =A,B,C are candidates themselves",
                  orr_str_c(&names));
    orr_stored_pool_list_free(&list);
    orr_str_free(&names);
    return ORR_ENOTFOUND;
}

static void add_stored(void *ctx, const char *text, size_t n) { orr_pool_add(ctx, text, n); }

enum orr_status orr_pool_read(struct orr_store *store, const char *name, const char *column,
                              const struct orr_ticker *ticker, struct orr_pool *out, int64_t *stored,
                              struct orr_error *err)
{
    struct orr_pool_texts texts = {.pool = out};
    struct stat st;
    size_t n;
    enum orr_status s = ORR_OK;
    *stored = 0;
    if (*name == '=')
        read_typed(name + 1, &texts);
    else if (store)
        s = orr_store_pool_find(store, name, stored, err);
    if (!s && *stored)
        s = orr_store_pool_texts(store, *stored, add_stored, out, err);
    else if (!s && *name != '=' && stat(name, &st) == 0)
        s = orr_pool_file_read(name, column, ticker, &texts, err);
    else if (!s && *name != '=')
        s = is_wordnet(name, &n) ? orr_pool_wordnet(n, ticker, out, err) : no_such(store, name, err);
    orr_intern_free(&texts.seen);
    if (!s && out->text.len == 0)
        s = orr_error_set(err, ORR_EINVAL, name, "holds no candidates: one a line, or a .csv with one a row (--column)");
    return s;
}

/* ---- tokens that are kept: [n + 1] where each candidate begins, then the tokens, as int32 ---- */

static bool unpack(const void *data, size_t bytes, struct orr_pool *p)
{
    const size_t n = p->text.len, numbers = bytes / sizeof(int32_t);
    const int32_t *x = data;
    if (bytes % sizeof(int32_t) || numbers < n + 1 || x[0] != 0 || (size_t)x[n] != numbers - (n + 1)) return false;
    for (size_t i = 0; i < n; i++)
        if (x[i + 1] <= x[i]) return false;
    size_t *first = orr_alloc(n + 1, sizeof *first);
    if (!first) return false;
    p->longest = 0;
    for (size_t i = 0; i <= n; i++) {
        first[i] = (size_t)x[i];
        if (i && first[i] - first[i - 1] > p->longest) p->longest = first[i] - first[i - 1];
    }
    free(p->first);
    p->first = first;
    p->token.len = 0;
    ORR_VEC_RESERVE(&p->token, numbers - (n + 1));
    memcpy(p->token.data, x + n + 1, (numbers - (n + 1)) * sizeof *x);
    p->token.len = numbers - (n + 1);
    return true;
}

static void keep(struct orr_store *store, int64_t stored, uint64_t vocabulary, const struct orr_pool *p)
{
    const size_t n = p->text.len, numbers = n + 1 + p->token.len;
    int32_t *x = p->token.len <= INT32_MAX ? orr_alloc(numbers, sizeof *x) : NULL;
    if (!x) return;
    for (size_t i = 0; i <= n; i++) x[i] = (int32_t)p->first[i];
    memcpy(x + n + 1, p->token.data, p->token.len * sizeof *x);
    orr_store_pool_tokens_put(store, stored, vocabulary, x, numbers * sizeof *x, NULL); /* read only: made anew next time */
    free(x);
}

enum orr_status orr_pool_encode_stored(struct orr_store *store, int64_t stored, struct orr_pool *p,
                                       const struct orr_pieces *pieces, struct orr_error *err)
{
    void *data = NULL;
    size_t bytes = 0;
    const uint64_t vocabulary = orr_pieces_identity(pieces);
    if (!store || !stored) return orr_pool_encode(p, pieces, err);
    if (orr_store_pool_tokens(store, stored, vocabulary, &data, &bytes, NULL) == ORR_OK && unpack(data, bytes, p)) {
        free(data);
        if (orr_pool_weigh(p, orr_pieces_count(pieces), err) == ORR_OK) return ORR_OK;
    } else {
        free(data);
    }
    const enum orr_status s = orr_pool_encode(p, pieces, err); /* not kept, or not sound */
    if (!s) keep(store, stored, vocabulary, p);
    return s;
}

/* ---- in the store ---- */

enum orr_status orr_app_pool_add(struct orr_store *store, const char *name, const char *path, const char *source,
                                 const char *column, const struct orr_ticker *ticker, size_t *n, struct orr_error *err)
{
    struct orr_pool p = {0};
    int64_t id;
    if (*name == '=') return orr_error_set(err, ORR_EINVAL, name, "a pool's name does not begin with =");
    enum orr_status s = orr_pool_read(NULL, path, column, ticker, &p, &id, err);
    if (!s) s = orr_store_pool_put(store, name, source, p.text.data, p.text.len, &id, err);
    *n = p.text.len;
    orr_pool_free(&p);
    return s;
}

enum orr_status orr_app_pool_table(struct orr_store *store, struct orr_table *t, struct orr_error *err)
{
    static const char *const names[] = {"pool", "candidates", "vocabularies", "source"};
    struct orr_stored_pool_list list = {0};
    char path[1024];
    enum orr_status s = store ? orr_store_pools(store, &list, err) : ORR_OK;
    if (s) return s;
    const bool wordnet = orr_dataset_find_file("wordnet/data.noun", path, NULL) == ORR_OK;
    orr_table_init(t, list.n + wordnet, sizeof names / sizeof *names);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        orr_table_column(t, k, names[k], k == 1 || k == 2 ? ORR_CELL_INTEGER : ORR_CELL_TEXT);
    for (size_t i = 0; i < list.n; i++) {
        const struct orr_stored_pool *p = &list.items[i];
        orr_table_set_text(t, i, 0, p->name);
        orr_table_set_number(t, i, 1, (double)p->candidates);
        orr_table_set_number(t, i, 2, (double)p->vocabularies);
        orr_table_set_text(t, i, 3, p->source);
    }
    if (wordnet) {
        orr_table_set_text(t, list.n, 0, "wordnet[:N]");
        orr_table_set_text(t, list.n, 3, "built in: the words of WordNet, or N of them");
    }
    orr_stored_pool_list_free(&list);
    return ORR_OK;
}
