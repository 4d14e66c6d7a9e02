/* Pools: candidates as texts, and their tokens. */
#include <orrery/pool.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

enum orr_status orr_store_pools(struct orr_store *s, struct orr_stored_pool_list *out, struct orr_error *err)
{
    *out = (struct orr_stored_pool_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT id, name, source, candidates, created,"
                          " (SELECT count(*) FROM pool_tokens t WHERE t.pool_id = p.id) FROM pool p ORDER BY name",
                          "");
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_stored_pool) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        ORR_VEC_PUSH(&v, (struct orr_stored_pool){.id = sqlite3_column_int64(q, 0),
                                                  .name = orr_db_text(&memory->arena, q, 1),
                                                  .source = orr_db_text(&memory->arena, q, 2),
                                                  .candidates = sqlite3_column_int64(q, 3),
                                                  .created = orr_db_double(q, 4),
                                                  .vocabularies = sqlite3_column_int64(q, 5)});
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_stored_pool_list){.n = v.len, .items = v.data, .memory = memory};
    if (status != ORR_OK) orr_stored_pool_list_free(out);
    return status;
}

void orr_stored_pool_list_free(struct orr_stored_pool_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_stored_pool_list){0};
}

enum orr_status orr_store_pool_find(struct orr_store *s, const char *name, int64_t *id, struct orr_error *err)
{
    *id = 0;
    const enum orr_status status = orr_db_read(s, err);
    return status ? status : orr_db_integer(s, 0, id, err, "SELECT id FROM pool WHERE name = ?", "t", name);
}

static enum orr_status check_name(const char *name, size_t n, struct orr_error *err)
{
    if (!*name) return orr_error_set(err, ORR_EINVAL, "pool", "a pool needs a name");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127)
            return orr_error_set(err, ORR_EINVAL, "pool", "a pool's name has no control characters");
    return n ? ORR_OK : orr_error_set(err, ORR_EINVAL, "pool", "a pool needs candidates");
}

enum orr_status orr_store_pool_put(struct orr_store *s, const char *name, const char *source, const char *const *texts,
                                   size_t n, int64_t *id, struct orr_error *err)
{
    bool own;
    enum orr_status status = check_name(name, n, err);
    if (!status) status = orr_db_write(s, &own, err);
    if (status) return status;
    status = orr_db_run(s, err, "DELETE FROM pool WHERE name = ?", "t", name);
    if (!status)
        status = orr_db_run(s, err, "INSERT INTO pool(name, source, candidates, created) VALUES(?, ?, ?, ?)", "ttid", name,
                            source, (int64_t)n, orr_clock_wall());
    if (!status) status = orr_db_integer(s, 0, id, err, "SELECT id FROM pool WHERE name = ?", "t", name);
    for (size_t i = 0; i < n && !status; i++)
        status = orr_db_run(s, err, "INSERT INTO pool_candidate(pool_id, place, text) VALUES(?, ?, ?)", "iit", *id,
                            (int64_t)i + 1, texts[i]);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_pool_remove(struct orr_store *s, const char *name, struct orr_error *err)
{
    int64_t id;
    bool own;
    enum orr_status status = orr_store_pool_find(s, name, &id, err);
    if (status) return status;
    if (!id) {
        struct orr_stored_pool_list all;
        struct orr_str names = {0};
        status = orr_store_pools(s, &all, err);
        if (status) return status;
        for (size_t i = 0; i < all.n; i++) orr_str_printf(&names, "%s%s", i ? ", " : "", all.items[i].name);
        status = orr_error_set(err, ORR_ENOTFOUND, s->path, all.n ? "no pool '%s'; there is %.300s" : "no pool '%s'%s", name,
                               orr_str_c(&names));
        orr_str_free(&names);
        orr_stored_pool_list_free(&all);
        return status;
    }
    status = orr_db_write(s, &own, err);
    if (status) return status;
    return orr_db_written(s, own, orr_db_run(s, err, "DELETE FROM pool WHERE id = ?", "i", id), err);
}

enum orr_status orr_store_pool_texts(struct orr_store *s, int64_t pool, void (*text)(void *ctx, const char *text, size_t n),
                                     void *ctx, struct orr_error *err)
{
    sqlite3_stmt *q;
    int rc;
    enum orr_status status = orr_db_read(s, err);
    if (!status)
        status = orr_db_query(s, &q, err, "SELECT text FROM pool_candidate WHERE pool_id = ? ORDER BY place", "i", pool);
    if (status) return status;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        text(ctx, (const char *)sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
    return orr_db_done(s, q, rc, err);
}

enum orr_status orr_store_pool_tokens(struct orr_store *s, int64_t pool, uint64_t vocabulary, void **data, size_t *n,
                                      struct orr_error *err)
{
    sqlite3_stmt *q;
    *data = NULL;
    *n = 0;
    enum orr_status status = orr_db_read(s, err);
    if (!status)
        status = orr_db_query(s, &q, err, "SELECT data FROM pool_tokens WHERE pool_id = ? AND vocabulary = ?", "ii", pool,
                              (int64_t)vocabulary);
    if (status) return status;
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        *n = (size_t)sqlite3_column_bytes(q, 0);
        *data = orr_alloc(*n, 1);
        if (*data && *n) memcpy(*data, sqlite3_column_blob(q, 0), *n);
    }
    status = orr_db_done(s, q, rc, err);
    if (!status && rc != SQLITE_ROW) return orr_error_set(err, ORR_ENOTFOUND, s->path, "no tokens in this vocabulary");
    if (!status && !*data) return orr_error_set(err, ORR_ENOMEM, s->path, "no memory for %zu bytes of tokens", *n);
    return status;
}

enum orr_status orr_store_pool_tokens_put(struct orr_store *s, int64_t pool, uint64_t vocabulary, const void *data,
                                          size_t n, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status) return status;
    status = orr_db_run(s, err, "INSERT OR REPLACE INTO pool_tokens(pool_id, vocabulary, data) VALUES(?, ?, ?)", "iib", pool,
                        (int64_t)vocabulary, data, n);
    return orr_db_written(s, own, status, err);
}
