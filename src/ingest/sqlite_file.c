#include "ingest/sqlite_file.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "ingest/columns.h"

enum { BUSY_MS = 2000, VALUE_LIMIT = 64 << 20 /* bytes of one text or row */ };

static enum orr_status fail(sqlite3 *db, const char *path, struct orr_error *err)
{
    const int code = db ? sqlite3_errcode(db) & 0xFF : SQLITE_NOMEM;
    const char *const why = db ? sqlite3_errmsg(db) : "out of memory";
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return orr_error_set(err, ORR_EBUSY, path, "locked by the program that writes it: try again");
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return orr_error_set(err, ORR_EFORMAT, path, "a damaged SQLite file: %s", why);
    if (code == SQLITE_NOMEM) return orr_error_set(err, ORR_ENOMEM, path, "no memory to read the SQLite file");
    return orr_error_set(err, ORR_EIO, path, "cannot read the SQLite file: %s", why);
}

/* The file may have been made to harm: its schema may call no functions, its values take no memory without bound. */
static void harden(sqlite3 *db)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_LIMIT);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_exec(db, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
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

enum orr_status orr_sqlite_open(const char *path, sqlite3 **out, struct orr_error *err)
{
    static const char *const queries[] = {"?mode=ro", "?mode=ro&immutable=1"};
    struct orr_str uri = {0};
    enum orr_status s = ORR_OK;
    *out = NULL;
    for (size_t i = 0; i < 2; i++) {
        uri_of(path, queries[i], &uri);
        int code = sqlite3_open_v2(uri.data, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
        if (code == SQLITE_OK) {
            harden(*out);
            code = sqlite3_exec(*out, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
        }
        if (code == SQLITE_OK) break;
        s = fail(*out, path, err);
        sqlite3_close(*out);
        *out = NULL;
        if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) break;
    }
    orr_str_free(&uri);
    return *out ? ORR_OK : s;
}

bool orr_sqlite_is(const unsigned char *head, size_t n) { return n >= 100 && memcmp(head, "SQLite format 3", 16) == 0; }

static bool has(sqlite3 *db, const char *sql, const char *a, const char *b)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, a, -1, SQLITE_STATIC);
        if (b) sqlite3_bind_text(stmt, 2, b, -1, SQLITE_STATIC);
        found = sqlite3_step(stmt) == SQLITE_ROW;
    }
    sqlite3_finalize(stmt);
    return found;
}

bool orr_sqlite_has_table(sqlite3 *db, const char *table)
{
    return has(db, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1", table, NULL);
}

static bool has_column(sqlite3 *db, const char *table, const char *column)
{
    return has(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name=?2", table, column);
}

bool orr_sqlite_file_has(const char *path, const char *const *tables)
{
    sqlite3 *db;
    bool all = orr_sqlite_open(path, &db, NULL) == ORR_OK;
    for (; all && *tables; tables++) all = orr_sqlite_has_table(db, *tables);
    sqlite3_close(db);
    return all;
}

enum orr_status orr_sqlite_select(sqlite3 *db, const char *path, const char *table, const char *const *columns,
                              const char *rest, sqlite3_stmt **out, struct orr_error *err)
{
    struct orr_str sql = {0};
    *out = NULL;
    if (!orr_sqlite_has_table(db, table)) /* a view could compute for ever */
        return orr_error_set(err, ORR_EFORMAT, path, "has no table %s: written by another program?", table);
    orr_str_append(&sql, "SELECT ");
    for (const char *const *c = columns; *c; c++) {
        orr_str_append(&sql, c == columns ? "" : ",");
        orr_str_append(&sql, has_column(db, table, *c) ? *c : "NULL");
    }
    orr_str_printf(&sql, " FROM %s %s", table, rest);
    const int code = sqlite3_prepare_v2(db, sql.data, -1, out, NULL);
    orr_str_free(&sql);
    if (code == SQLITE_ERROR)
        return orr_error_set(err, ORR_EFORMAT, path, "table %s is not as expected: %s", table, sqlite3_errmsg(db));
    return code == SQLITE_OK ? ORR_OK : fail(db, path, err);
}

bool orr_sqlite_step(sqlite3_stmt *stmt, const char *path, enum orr_status *status, struct orr_error *err)
{
    if (*status) return false;
    const int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) *status = fail(sqlite3_db_handle(stmt), path, err);
    return false;
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
