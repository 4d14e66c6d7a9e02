/* Pools in the store: named lists of candidate texts, and their tokens in the vocabularies that have met them.
 *
 * Tables pool(id, name, source, candidates, created) and pool_candidate(pool_id, place, text) can be asked in SQL like
 * the rest of the store. */
#ifndef ORRERY_POOL_H
#define ORRERY_POOL_H

#include <orrery/store.h>

struct orr_stored_pool {
    int64_t id, candidates;
    const char *name, *source;
    int64_t vocabularies; /* in which its tokens are kept */
    double created;
};
struct orr_stored_pool_list {
    size_t n;
    struct orr_stored_pool *items; /* by name */
    void *memory;
};
enum orr_status orr_store_pools(struct orr_store *s, struct orr_stored_pool_list *out, struct orr_error *err);
void orr_stored_pool_list_free(struct orr_stored_pool_list *l);
/* The id of the pool of that name, 0 where there is none. */
enum orr_status orr_store_pool_find(struct orr_store *s, const char *name, int64_t *id, struct orr_error *err);
/* Makes the pool, or replaces the one of that name with its tokens. EINVAL for an empty name or one with a control character,
 * and for no candidates. */
enum orr_status orr_store_pool_put(struct orr_store *s, const char *name, const char *source, const char *const *texts,
                                   size_t n, int64_t *id, struct orr_error *err);
/* ENOTFOUND with the names that there are. */
enum orr_status orr_store_pool_remove(struct orr_store *s, const char *name, struct orr_error *err);
/* Calls `text` for every candidate in order. */
enum orr_status orr_store_pool_texts(struct orr_store *s, int64_t pool, void (*text)(void *ctx, const char *text, size_t n),
                                     void *ctx, struct orr_error *err);

/* Tokens as they were put: `data` is whatever the caller makes of them. ENOTFOUND for a vocabulary that has not met the
 * pool; the caller frees *data. */
enum orr_status orr_store_pool_tokens(struct orr_store *s, int64_t pool, uint64_t vocabulary, void **data, size_t *n,
                                      struct orr_error *err);
enum orr_status orr_store_pool_tokens_put(struct orr_store *s, int64_t pool, uint64_t vocabulary, const void *data,
                                          size_t n, struct orr_error *err);

#endif
