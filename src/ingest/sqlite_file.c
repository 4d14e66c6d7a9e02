#include "ingest/sqlite_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "ingest/columns.h"

enum { BUSY_MS = 2000, VALUE_LIMIT = 64 << 20 /* bytes of one text or row */ };
/* A row takes four bytes of a file at least, and some ten steps of SQLite's machine; texts stored in two bytes a letter take one
 * and a half as UTF-8. Small files have room for what is the same in all. */
enum { TAKEN_PER_BYTE = 2, STEPS_PER_BYTE = 16, STEPS_TOGETHER = 1000, ROOM = 1 << 16 };

static enum orr_status fail(const struct orr_sqlite *f, struct orr_error *err)
{
    sqlite3 *const db = f->db;
    const char *const path = f->path;
    const int code = db ? sqlite3_errcode(db) & 0xFF : SQLITE_NOMEM;
    const char *const why = db ? sqlite3_errmsg(db) : "out of memory";
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return orr_error_set(err, ORR_EBUSY, path, "locked by the program that writes it: try again");
    if (code == SQLITE_INTERRUPT)
        return orr_error_set(err, ORR_EFORMAT, path, "a damaged SQLite file: reading it would not end");
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return orr_error_set(err, ORR_EFORMAT, path, "a damaged SQLite file: %s", why);
    if (code == SQLITE_NOMEM) return orr_error_set(err, ORR_ENOMEM, path, "no memory to read the SQLite file");
    return orr_error_set(err, ORR_EIO, path, "cannot read the SQLite file: %s", why);
}

/* Not 0: ends what SQLite is doing. */
static int goes_on_for_ever(void *ctx)
{
    struct orr_sqlite *f = ctx;
    return ++f->steps * STEPS_TOGETHER > f->bytes * STEPS_PER_BYTE + ROOM * (uint64_t)STEPS_PER_BYTE;
}

static uint64_t size_of(const char *path, const char *suffix)
{
    struct orr_str s = {0};
    struct stat st;
    orr_str_printf(&s, "%s%s", path, suffix);
    const bool known = stat(s.data, &st) == 0;
    orr_str_free(&s);
    return known ? (uint64_t)st.st_size : 0;
}

/* The schema may call no functions, values take no memory and statements no time without bound. */
static void harden(struct orr_sqlite *f)
{
    sqlite3_busy_timeout(f->db, BUSY_MS);
    sqlite3_limit(f->db, SQLITE_LIMIT_LENGTH, VALUE_LIMIT);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_progress_handler(f->db, STEPS_TOGETHER, goes_on_for_ever, f);
    sqlite3_exec(f->db, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
}

/* A file: URI; the bytes that have a meaning there are escaped. */
static void uri_of(const char *path, const char *query, struct orr_str *out)
{
    orr_str_clear(out);
    orr_str_append(out, "file:");
    for (; *path; path++)
        if (strchr("%?#", *path))
            orr_str_printf(out, "%%%02X", (unsigned char)*path);
        else
            orr_str_append_char(out, *path);
    orr_str_append(out, query);
}

enum orr_status orr_sqlite_open(const char *path, struct orr_sqlite **out, struct orr_error *err)
{
    static const char *const queries[] = {"?mode=ro", "?mode=ro&immutable=1"};
    struct orr_sqlite *f = orr_xcalloc(1, sizeof *f);
    struct orr_str uri = {0};
    enum orr_status s = ORR_OK;
    f->path = orr_xstrdup(path);
    f->bytes = size_of(path, "") + size_of(path, "-wal");
    for (size_t i = 0; i < 2; i++) {
        uri_of(path, queries[i], &uri);
        int code = sqlite3_open_v2(uri.data, &f->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
        if (code == SQLITE_OK) {
            harden(f);
            code = sqlite3_exec(f->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
        }
        if (code == SQLITE_OK) break;
        s = fail(f, err);
        sqlite3_close(f->db);
        f->db = NULL;
        if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) break;
    }
    orr_str_free(&uri);
    if (f->db) {
        *out = f;
        return ORR_OK;
    }
    orr_sqlite_close(f);
    *out = NULL;
    return s;
}

void orr_sqlite_close(struct orr_sqlite *f)
{
    if (!f) return;
    sqlite3_close(f->db);
    free(f->path);
    free(f);
}

bool orr_sqlite_is(const unsigned char *head, size_t n) { return n >= 100 && memcmp(head, "SQLite format 3", 16) == 0; }

static bool has(struct orr_sqlite *f, const char *sql, const char *a, const char *b)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    f->steps = 0;
    if (sqlite3_prepare_v2(f->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, a, -1, SQLITE_STATIC);
        if (b) sqlite3_bind_text(stmt, 2, b, -1, SQLITE_STATIC);
        found = sqlite3_step(stmt) == SQLITE_ROW;
    }
    sqlite3_finalize(stmt);
    return found;
}

bool orr_sqlite_has_table(struct orr_sqlite *f, const char *table)
{
    return has(f, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1", table, NULL);
}

static bool has_column(struct orr_sqlite *f, const char *table, const char *column)
{
    return has(f, "SELECT 1 FROM pragma_table_info(?1) WHERE name=?2", table, column);
}

bool orr_sqlite_file_has(const char *path, const char *const *tables)
{
    struct orr_sqlite *f;
    if (orr_sqlite_open(path, &f, NULL) != ORR_OK) return false;
    bool all = true;
    for (; all && *tables; tables++) all = orr_sqlite_has_table(f, *tables);
    orr_sqlite_close(f);
    return all;
}

enum orr_status orr_sqlite_select(struct orr_sqlite *f, const char *table, const char *const *columns, const char *rest,
                                  sqlite3_stmt **out, struct orr_error *err)
{
    struct orr_str sql = {0};
    *out = NULL;
    if (!orr_sqlite_has_table(f, table)) /* a view could compute for ever */
        return orr_error_set(err, ORR_EFORMAT, f->path, "has no table %s: written by another program?", table);
    orr_str_append(&sql, "SELECT ");
    for (const char *const *c = columns; *c; c++) {
        orr_str_append(&sql, c == columns ? "" : ",");
        orr_str_append(&sql, has_column(f, table, *c) ? *c : "NULL");
    }
    orr_str_printf(&sql, " FROM %s %s", table, rest);
    const int code = sqlite3_prepare_v2(f->db, sql.data, -1, out, NULL);
    orr_str_free(&sql);
    if (code == SQLITE_ERROR)
        return orr_error_set(err, ORR_EFORMAT, f->path, "table %s is not as expected: %s", table, sqlite3_errmsg(f->db));
    return code == SQLITE_OK ? ORR_OK : fail(f, err);
}

bool orr_sqlite_step(struct orr_sqlite *f, sqlite3_stmt *stmt, enum orr_status *status, struct orr_error *err)
{
    if (*status) return false;
    f->steps = 0;
    const int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW) {
        if (code != SQLITE_DONE) *status = fail(f, err);
        return false;
    }
    f->taken++;
    for (int c = 0; c < sqlite3_column_count(stmt); c++)
        if (sqlite3_column_type(stmt, c) == SQLITE_TEXT) f->taken += (uint64_t)sqlite3_column_bytes(stmt, c);
    if (f->taken > f->bytes * TAKEN_PER_BYTE + ROOM) {
        *status = orr_error_set(err, ORR_EFORMAT, f->path, "a damaged SQLite file: it gives more rows than it can hold");
        return false;
    }
    return true;
}

const char *orr_sqlite_text(sqlite3_stmt *stmt, int column)
{
    const char *const s = (const char *)sqlite3_column_text(stmt, column);
    return s ? s : "";
}

double orr_sqlite_number(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(stmt, column);
}

double orr_sqlite_time(sqlite3_stmt *stmt, int column)
{
    const int type = sqlite3_column_type(stmt, column);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) return orr_epoch_seconds(sqlite3_column_double(stmt, column));
    const char *const s = orr_sqlite_text(stmt, column);
    double t;
    return orr_parse_iso_time(s, strlen(s), &t) ? t : (double)NAN;
}
