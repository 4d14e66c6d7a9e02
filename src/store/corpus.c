/* Corpora: tables as JSON text, and the questions that they answer. */
#include <orrery/corpus.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

/* ---- corpora ---- */

static enum orr_status list(struct orr_store *s, const char *name, struct orr_corpus_list *out, struct orr_error *err)
{
    *out = (struct orr_corpus_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT id, name, source, stamp, created,"
                          " (SELECT count(*) FROM corpus_table t WHERE t.corpus_id = c.id),"
                          " (SELECT count(*) FROM corpus_question t WHERE t.corpus_id = c.id)"
                          " FROM corpus c WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
                          "t", name);
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_corpus) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        ORR_VEC_PUSH(&v, (struct orr_corpus){.id = sqlite3_column_int64(q, 0),
                                             .name = orr_db_text(&memory->arena, q, 1),
                                             .source = orr_db_text(&memory->arena, q, 2),
                                             .stamp = (uint64_t)sqlite3_column_int64(q, 3),
                                             .created = orr_db_double(q, 4),
                                             .tables = sqlite3_column_int64(q, 5),
                                             .questions = sqlite3_column_int64(q, 6)});
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_corpus_list){.n = v.len, .items = v.data, .memory = memory};
    if (status != ORR_OK) orr_corpus_list_free(out);
    return status;
}

enum orr_status orr_store_corpora(struct orr_store *s, struct orr_corpus_list *out, struct orr_error *err)
{
    return list(s, NULL, out, err);
}

void orr_corpus_list_free(struct orr_corpus_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_corpus_list){0};
}

static enum orr_status no_such(struct orr_store *s, const char *name, struct orr_error *err)
{
    struct orr_corpus_list all;
    struct orr_str names = {0};
    const enum orr_status status = list(s, NULL, &all, err);
    if (status != ORR_OK) return status;
    for (size_t i = 0; i < all.n; i++) orr_str_printf(&names, "%s%s", i ? ", " : "", all.items[i].name);
    if (all.n)
        orr_error_set(err, ORR_ENOTFOUND, s->path, "no corpus '%s'; there is %.300s", name, names.data);
    else
        orr_error_set(err, ORR_ENOTFOUND, s->path, "no corpus '%s'; `orrery corpus add NAME FILE` makes one", name);
    orr_str_free(&names);
    orr_corpus_list_free(&all);
    return ORR_ENOTFOUND;
}

enum orr_status orr_store_corpus_find(struct orr_store *s, const char *name, struct orr_corpus_list *out,
                                      struct orr_error *err)
{
    enum orr_status status = list(s, name, out, err);
    if (status == ORR_OK && out->n == 0) {
        orr_corpus_list_free(out);
        status = no_such(s, name, err);
    }
    return status;
}

enum orr_status orr_store_corpus_make(struct orr_store *s, const char *name, const char *source, int64_t *id,
                                      struct orr_error *err)
{
    if (!*name) return orr_error_set(err, ORR_EINVAL, "corpus", "a corpus needs a name");
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127)
            return orr_error_set(err, ORR_EINVAL, "corpus", "a corpus's name has no control characters");
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_run(s, err,
                        "INSERT INTO corpus(name, source, stamp, created) VALUES(?1, ?2, random(), ?3)"
                        " ON CONFLICT(name) DO UPDATE SET source = ?2",
                        "ttd", name, source, orr_clock_wall());
    if (status == ORR_OK) status = orr_db_integer(s, 0, id, err, "SELECT id FROM corpus WHERE name = ?", "t", name);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_corpus_remove(struct orr_store *s, int64_t corpus, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_run(s, err, "DELETE FROM corpus WHERE id = ?", "i", corpus);
    return orr_db_written(s, own, status, err);
}

/* ---- tables ---- */

/* A wrapped sum: a stamp near the largest number must not fail. */
static enum orr_status touch(struct orr_store *s, int64_t corpus, struct orr_error *err)
{
    return orr_db_run(s, err, "UPDATE corpus SET stamp = (stamp & 4611686018427387903) + 1 WHERE id = ?", "i", corpus);
}

enum orr_status orr_store_corpus_put(struct orr_store *s, int64_t corpus, const char *key, uint64_t hash,
                                     const char *json, enum orr_corpus_change *change, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    *change = ORR_CORPUS_ADDED;
    status =
        orr_db_query(s, &q, err, "SELECT hash FROM corpus_table WHERE corpus_id = ? AND key = ?", "it", corpus, key);
    if (status == ORR_OK) {
        const int rc = sqlite3_step(q);
        if (rc == SQLITE_ROW)
            *change = (uint64_t)sqlite3_column_int64(q, 0) == hash ? ORR_CORPUS_SAME : ORR_CORPUS_CHANGED;
        status = orr_db_done(s, q, rc, err);
    }
    if (status == ORR_OK && *change != ORR_CORPUS_SAME) {
        status = orr_db_run(s, err,
                            "INSERT INTO corpus_table(corpus_id, key, hash, json) VALUES(?1, ?2, ?3, ?4)"
                            " ON CONFLICT(corpus_id, key) DO UPDATE SET hash = ?3, json = ?4",
                            "itit", corpus, key, (int64_t)hash, json);
        if (status == ORR_OK) status = touch(s, corpus, err);
    }
    return orr_db_written(s, own, status, err);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum orr_status orr_store_corpus_keep(struct orr_store *s, int64_t corpus, const char *const *keys, size_t n,
                                      size_t *removed, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    ORR_VEC(int64_t) gone = {0};
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err, "SELECT id, key FROM corpus_table WHERE corpus_id = ?", "i", corpus);
    if (status == ORR_OK) {
        int rc;
        while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
            const char *key = (const char *)sqlite3_column_text(q, 1);
            if (key && !(n && bsearch(&key, keys, n, sizeof *keys, compare_keys)))
                ORR_VEC_PUSH(&gone, sqlite3_column_int64(q, 0));
        }
        status = orr_db_done(s, q, rc, err);
    }
    for (size_t i = 0; i < gone.len && status == ORR_OK; i++)
        status = orr_db_run(s, err, "DELETE FROM corpus_table WHERE id = ?", "i", gone.data[i]);
    if (status == ORR_OK && gone.len) status = touch(s, corpus, err);
    if (removed) *removed = status == ORR_OK ? gone.len : 0;
    free(gone.data);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_corpus_rows(struct orr_store *s, int64_t corpus, struct orr_corpus_rows *out,
                                      struct orr_error *err)
{
    *out = (struct orr_corpus_rows){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err, "SELECT id, hash FROM corpus_table WHERE corpus_id = ? ORDER BY id", "i", corpus);
    if (status != ORR_OK) return status;
    ORR_VEC(uint64_t) ids = {0}, hashes = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        ORR_VEC_PUSH(&ids, (uint64_t)sqlite3_column_int64(q, 0));
        ORR_VEC_PUSH(&hashes, (uint64_t)sqlite3_column_int64(q, 1));
    }
    status = orr_db_done(s, q, rc, err);
    *out = (struct orr_corpus_rows){ids.len, ids.data, hashes.data};
    if (status != ORR_OK) orr_corpus_rows_free(out);
    return status;
}

void orr_corpus_rows_free(struct orr_corpus_rows *r)
{
    free(r->id);
    free(r->hash);
    *r = (struct orr_corpus_rows){0};
}

enum orr_status orr_store_corpus_table(struct orr_store *s, int64_t id, char **json, struct orr_error *err)
{
    *json = NULL;
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err, "SELECT json FROM corpus_table WHERE id = ?", "i", id);
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        *json = orr_xstrdup(text ? text : "");
    }
    status = orr_db_done(s, q, rc, err);
    if (status == ORR_OK && !*json)
        status = orr_error_set(err, ORR_ENOTFOUND, s->path, "the table was taken away meanwhile; search again");
    return status;
}

enum orr_status orr_store_corpus_table_find(struct orr_store *s, int64_t corpus, const char *key, int64_t *id,
                                            struct orr_error *err)
{
    enum orr_status status = orr_db_read(s, err);
    if (status == ORR_OK)
        status = orr_db_integer(s, 0, id, err, "SELECT id FROM corpus_table WHERE corpus_id = ? AND key = ?", "it",
                                corpus, key);
    if (status == ORR_OK && *id == 0)
        status = orr_error_set(err, ORR_ENOTFOUND, s->path, "no table '%s' in this corpus", key);
    return status;
}

/* ---- questions ---- */

enum orr_status orr_store_corpus_question_put(struct orr_store *s, int64_t corpus, const struct orr_corpus_question *x,
                                              struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_run(s, err,
                        "INSERT INTO corpus_question(corpus_id, qid, question, table_key) VALUES(?1, ?2, ?3, ?4)"
                        " ON CONFLICT(corpus_id, qid) DO UPDATE SET question = ?3, table_key = ?4",
                        "ittt", corpus, x->qid, x->question, x->table_key);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_corpus_questions(struct orr_store *s, int64_t corpus, struct orr_corpus_questions *out,
                                           struct orr_error *err)
{
    *out = (struct orr_corpus_questions){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status =
        orr_db_query(s, &q, err, "SELECT qid, question, table_key FROM corpus_question WHERE corpus_id = ? ORDER BY id",
                     "i", corpus);
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_corpus_question) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        ORR_VEC_PUSH(&v,
                     (struct orr_corpus_question){orr_db_text(&memory->arena, q, 0), orr_db_text(&memory->arena, q, 1),
                                                  orr_db_text(&memory->arena, q, 2)});
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_corpus_questions){v.len, v.data, memory};
    if (status != ORR_OK) orr_corpus_questions_free(out);
    return status;
}

void orr_corpus_questions_free(struct orr_corpus_questions *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_corpus_questions){0};
}
