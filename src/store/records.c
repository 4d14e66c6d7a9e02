/* Whole records by key: sources, graphs, results, settings. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

static const char *or_blank(const char *text) { return text ? text : ""; }

/* The one text that q's first row holds, copied for the caller; *out stays NULL without a row. */
static enum orr_status one_text(struct orr_store *s, sqlite3_stmt *q, char **out, struct orr_error *err)
{
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        *out = orr_xstrdup(or_blank(text));
    }
    const enum orr_status status = orr_db_done(s, q, rc, err);
    if (status != ORR_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

/* ---- sources ---- */

enum orr_status orr_store_source_find(struct orr_store *s, const char *path, struct orr_source *out,
                                      struct orr_error *err)
{
    *out = (struct orr_source){0};
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err,
                                          "SELECT id, path, format, size, mtime_ns, offset, state, head_hash, complete"
                                          " FROM source WHERE path = ?",
                                          "t", path);
    if (status != ORR_OK) return status;
    struct orr_arena *a = &s->source_text;
    orr_arena_reset(a);
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        *out = (struct orr_source){.id = sqlite3_column_int64(q, 0),
                                   .path = orr_db_text(a, q, 1),
                                   .format = orr_db_text(a, q, 2),
                                   .size = sqlite3_column_int64(q, 3),
                                   .mtime_ns = sqlite3_column_int64(q, 4),
                                   .offset = (uint64_t)sqlite3_column_int64(q, 5),
                                   .state = orr_db_text(a, q, 6),
                                   .head_hash = orr_db_text(a, q, 7),
                                   .complete = sqlite3_column_int(q, 8) != 0};
    }
    status = orr_db_done(s, q, rc, err);
    if (status == ORR_OK && rc == SQLITE_DONE) {
        return orr_error_set(err, ORR_ENOTFOUND, path, "was never imported into this store");
    }
    return status;
}

enum orr_status orr_store_source_put(struct orr_store *s, const struct orr_source *x, int64_t *id,
                                     struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status =
        orr_db_run(s, err,
                   "INSERT INTO source(path, format, size, mtime_ns, offset, state, head_hash, complete)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(path) DO UPDATE SET format = ?2, size = ?3,"
                   " mtime_ns = ?4, offset = ?5, state = ?6, head_hash = ?7, complete = ?8",
                   "ttiiitti", x->path, or_blank(x->format), x->size, x->mtime_ns, (int64_t)x->offset,
                   or_blank(x->state), or_blank(x->head_hash), (int64_t)x->complete);
    int64_t got = 0;
    if (status == ORR_OK)
        status = orr_db_integer(s, 0, &got, err, "SELECT id FROM source WHERE path = ?", "t", x->path);
    if (id) *id = got;
    return orr_db_written(s, own, status, err);
}

/* ---- graphs ---- */

enum orr_status orr_store_graph_put(struct orr_store *s, int64_t run, const char *json, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "INSERT OR REPLACE INTO graph(run_id, json) VALUES(?, ?)", "it", run, json);
    }
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_graph(struct orr_store *s, int64_t run, char **json, struct orr_error *err)
{
    *json = NULL;
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err, "SELECT json FROM graph WHERE run_id = ?", "i", run);
    if (status == ORR_OK) status = one_text(s, q, json, err);
    if (status != ORR_OK || *json) return status;
    return orr_error_set(err, ORR_ENOTFOUND, s->path, "run %lld has no architecture graph", (long long)run);
}

/* ---- results ---- */

enum orr_status orr_store_result_put(struct orr_store *s, const struct orr_result *r, int64_t *id,
                                     struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_run(s, err,
                        "INSERT INTO result(kind, method, version, config, input_hash, command, outcome, seed, created,"
                        " seconds, blas_threads, json) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        "tttttttiddit", or_blank(r->kind), or_blank(r->method), or_blank(r->version),
                        or_blank(r->config), or_blank(r->input_hash), or_blank(r->command), or_blank(r->outcome),
                        (int64_t)r->seed, r->created, r->seconds, (int64_t)r->blas_threads, or_blank(r->json));
    if (id) *id = sqlite3_last_insert_rowid(s->db);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_result_find(struct orr_store *s, const char *kind, const char *method, const char *config,
                                      const char *input_hash, char **json, struct orr_error *err)
{
    *json = NULL;
    sqlite3_stmt *q;
    enum orr_status status =
        orr_db_query(s, &q, err,
                     "SELECT json FROM result WHERE kind = ? AND method = ? AND input_hash = ?"
                     " AND config = ? ORDER BY id DESC LIMIT 1",
                     "tttt", or_blank(kind), or_blank(method), or_blank(input_hash), or_blank(config));
    if (status == ORR_OK) status = one_text(s, q, json, err);
    if (status != ORR_OK || *json) return status;
    return orr_error_set(err, ORR_ENOTFOUND, s->path, "no result of %s by %s on this input yet", or_blank(kind),
                         or_blank(method));
}

/* ---- settings ---- */

enum orr_status orr_store_setting_put(struct orr_store *s, const char *key, const char *value, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    if (value) {
        status = orr_db_run(s, err, "INSERT OR REPLACE INTO setting(key, value) VALUES(?, ?)", "tt", key, value);
    } else {
        status = orr_db_run(s, err, "DELETE FROM setting WHERE key = ?", "t", key);
    }
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_setting(struct orr_store *s, const char *key, char **value, struct orr_error *err)
{
    *value = NULL;
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err, "SELECT value FROM setting WHERE key = ?", "t", key);
    if (status == ORR_OK) status = one_text(s, q, value, err);
    if (status != ORR_OK || *value) return status;
    return orr_error_set(err, ORR_ENOTFOUND, s->path, "nothing is remembered as \"%s\"", key);
}
