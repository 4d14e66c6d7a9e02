#include "store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum orr_status orr_db_error(struct orr_store *s, struct orr_error *err)
{
    const char *say = sqlite3_errmsg(s->db);
    const int os = sqlite3_system_errno(s->db);
    const bool full = os == ENOSPC || os == EDQUOT || os == EFBIG;
    switch (sqlite3_errcode(s->db) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return orr_error_set(err, ORR_EBUSY, s->path,
                             "the store is locked by another process; try again when its import is over");
    case SQLITE_READONLY:
        return orr_error_set(err, ORR_EREADONLY, s->path, "the store may not be written (%s); check its permissions",
                             say);
    case SQLITE_FULL:
        return orr_error_set(err, ORR_EFULL, s->path, "the disk is full; nothing of this transaction was kept");
    case SQLITE_IOERR:
        if (full) {
            return orr_error_set(err, ORR_EFULL, s->path,
                                 "the disk or quota is full; nothing of this transaction was kept");
        }
        return orr_error_set(err, ORR_EIO, s->path, "%s%s%s", say, os ? ": " : "", os ? strerror(os) : "");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return orr_error_set(err, ORR_EIO, s->path, "cannot be opened (%s); check the permissions of it and its folder",
                             os ? strerror(os) : say);
    case SQLITE_CORRUPT:
        return orr_error_set(err, ORR_EFORMAT, s->path,
                             "the store is damaged (%s); restore a copy, or recover it with: sqlite3 STORE .recover",
                             say);
    case SQLITE_NOTADB: return orr_error_set(err, ORR_EFORMAT, s->path, "not a SQLite database; name another file");
    case SQLITE_NOMEM: return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory in SQLite");
    case SQLITE_INTERRUPT: return orr_error_set(err, ORR_ECANCELLED, s->path, "cancelled");
    case SQLITE_CONSTRAINT: return orr_error_set(err, ORR_EINVAL, s->path, "contradicts what is stored: %s", say);
    case SQLITE_TOOBIG: return orr_error_set(err, ORR_EINVAL, s->path, "text or blob past SQLite's limit");
    default: return orr_error_set(err, ORR_EFORMAT, s->path, "the store does not work as it should: %s", say);
    }
}

/* ---- statements ---- */

static sqlite3_stmt *statement(struct orr_store *s, const char *sql)
{
    for (size_t i = 0; i < s->statements.len; i++) {
        if (s->statements.data[i].sql == sql) return s->statements.data[i].stmt;
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) return NULL;
    ORR_VEC_PUSH(&s->statements, (struct orr_db_statement){sql, stmt});
    return stmt;
}

static int bind(sqlite3_stmt *q, const char *types, va_list ap)
{
    int rc = SQLITE_OK;
    for (int i = 1; *types && rc == SQLITE_OK; i++, types++) {
        switch (*types) {
        case 'i': rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t)); break;
        case 'd': rc = sqlite3_bind_double(q, i, va_arg(ap, double)); break;
        case 't': rc = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_STATIC); break;
        case 'b': {
            const void *bytes = va_arg(ap, const void *);
            rc = sqlite3_bind_blob64(q, i, bytes, va_arg(ap, size_t), SQLITE_STATIC);
            break;
        }
        default: abort();
        }
    }
    return rc;
}

static enum orr_status query(struct orr_store *s, sqlite3_stmt **q, struct orr_error *err, const char *sql,
                             const char *types, va_list ap)
{
    *q = statement(s, sql);
    if (!*q || bind(*q, types, ap) != SQLITE_OK) return orr_db_error(s, err);
    return ORR_OK;
}

enum orr_status orr_db_query(struct orr_store *s, sqlite3_stmt **q, struct orr_error *err, const char *sql,
                             const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    const enum orr_status status = query(s, q, err, sql, types, ap);
    va_end(ap);
    return status;
}

enum orr_status orr_db_done(struct orr_store *s, sqlite3_stmt *q, int rc, struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) status = orr_db_error(s, err);
    sqlite3_reset(q);
    return status;
}

enum orr_status orr_db_run(struct orr_store *s, struct orr_error *err, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *q;
    const enum orr_status status = query(s, &q, err, sql, types, ap);
    va_end(ap);
    if (status != ORR_OK) return status;
    return orr_db_done(s, q, sqlite3_step(q), err);
}

enum orr_status orr_db_integer(struct orr_store *s, int64_t otherwise, int64_t *out, struct orr_error *err,
                               const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *q;
    const enum orr_status status = query(s, &q, err, sql, types, ap);
    va_end(ap);
    *out = otherwise;
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) *out = sqlite3_column_int64(q, 0);
    return orr_db_done(s, q, rc, err);
}

struct orr_db_memory *orr_db_memory_new(void) { return orr_xcalloc(1, sizeof(struct orr_db_memory)); }

void orr_db_memory_free(struct orr_db_memory *m)
{
    if (!m) return;
    free(m->array);
    orr_arena_free(&m->arena);
    free(m);
}

const char *orr_db_text(struct orr_arena *a, sqlite3_stmt *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    if (!text || !*text) return "";
    return orr_arena_strndup(a, text, (size_t)sqlite3_column_bytes(q, column));
}

/* ---- transactions ---- */

static enum orr_status commit(struct orr_store *s, struct orr_error *err)
{
    enum orr_status status = orr_pending_flush(s, err);
    if (status == ORR_OK) status = orr_db_run(s, err, "COMMIT", "");
    if (status != ORR_OK && !sqlite3_get_autocommit(s->db)) orr_db_run(s, NULL, "ROLLBACK", "");
    orr_pending_forget(s);
    if (status == ORR_OK) s->changes++;
    return status;
}

static void rollback(struct orr_store *s)
{
    orr_pending_forget(s);
    if (!sqlite3_get_autocommit(s->db)) orr_db_run(s, NULL, "ROLLBACK", "");
}

/* Errors that mean "this call was refused before it changed anything" leave the caller's transaction alive. */
static bool leaves_transaction_whole(struct orr_store *s, enum orr_status status)
{
    return !sqlite3_get_autocommit(s->db) &&
           (status == ORR_EINVAL || status == ORR_ENOTFOUND || status == ORR_EUNSUPPORTED);
}

static void give_up(struct orr_store *s, enum orr_status status, const struct orr_error *err)
{
    rollback(s);
    s->given_up = true;
    if (err)
        s->failure = *err;
    else
        orr_error_set(&s->failure, status, s->path, "an earlier write of this transaction failed");
}

enum orr_status orr_db_read(struct orr_store *s, struct orr_error *err)
{
    if (!s->pending) return ORR_OK;
    const enum orr_status status = orr_pending_flush(s, err);
    if (status != ORR_OK) give_up(s, status, err);
    return status;
}

enum orr_status orr_db_write(struct orr_store *s, bool *own, struct orr_error *err)
{
    *own = false;
    if (s->mode == ORR_STORE_READ) {
        return orr_error_set(err, ORR_EREADONLY, s->path, "the store was opened for reading only");
    }
    if (s->given_up) {
        if (err) *err = s->failure;
        return s->failure.code;
    }
    if (s->in_transaction) return ORR_OK;
    int moved = 0; /* what is written to a file without a name is lost */
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
        return orr_error_set(err, ORR_EIO, s->path, "the store was deleted or replaced meanwhile; open it again");
    const enum orr_status status = orr_db_run(s, err, "BEGIN IMMEDIATE", "");
    *own = status == ORR_OK;
    return status;
}

enum orr_status orr_db_written(struct orr_store *s, bool own, enum orr_status status, struct orr_error *err)
{
    if (own) {
        if (status == ORR_OK) return commit(s, err);
        rollback(s);
    } else if (status != ORR_OK && s->in_transaction && !s->given_up && !leaves_transaction_whole(s, status)) {
        give_up(s, status, err);
    }
    return status;
}

enum orr_status orr_store_begin(struct orr_store *s, struct orr_error *err)
{
    if (s->in_transaction) return orr_error_set(err, ORR_EINVAL, s->path, "a transaction is open already");
    bool own;
    const enum orr_status status = orr_db_write(s, &own, err);
    s->in_transaction = status == ORR_OK;
    return status;
}

enum orr_status orr_store_commit(struct orr_store *s, struct orr_error *err)
{
    if (!s->in_transaction) return orr_error_set(err, ORR_EINVAL, s->path, "no transaction is open");
    s->in_transaction = false;
    if (!s->given_up) return commit(s, err);
    s->given_up = false;
    if (err) *err = s->failure;
    return s->failure.code;
}

void orr_store_rollback(struct orr_store *s)
{
    if (!s->in_transaction) return;
    rollback(s);
    s->in_transaction = s->given_up = false;
}

/* ---- small things that several files need ---- */

enum orr_status orr_db_need_run(struct orr_store *s, int64_t run, struct orr_error *err)
{
    int64_t there;
    const enum orr_status status = orr_db_integer(s, 0, &there, err, "SELECT 1 FROM run WHERE id = ?", "i", run);
    if (status != ORR_OK || there) return status;
    return orr_error_set(err, ORR_ENOTFOUND, s->path, "no run %lld; `orrery runs` lists them", (long long)run);
}

enum orr_status orr_db_intern(struct orr_store *s, const char *text, int64_t *id, struct orr_error *err)
{
    enum orr_status status = orr_db_integer(s, 0, id, err, "SELECT id FROM name WHERE text = ?", "t", text);
    if (status != ORR_OK || *id) return status;
    status = orr_db_run(s, err, "INSERT INTO name(text) VALUES(?)", "t", text);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}
