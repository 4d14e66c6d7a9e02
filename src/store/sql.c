/* Ad-hoc SQL that can only read. What a statement does is judged by SQLite's own compiler (the authorizer is asked for
 * every table, function and pragma it meets), not by looking at the text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

enum {
    BLOB_SHOWN = 64,     /* bytes */
    CELL_SHOWN = 65536,  /* bytes of one text */
    OPS_PER_TICK = 20000 /* steps of SQLite's virtual machine, about a millisecond */
};

struct watch {
    const struct orr_ticker *ticker;
    uint64_t rows;
    bool stopped, denied;
};

/* ---- the guard ---- */

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (sqlite3_stricmp(name, *list) == 0) return true;
    }
    return false;
}

/* Pragmas that describe, with or without the name of a table; and those that would set something if given a value. */
static const char *const pragmas_describe[] = {"table_info",    "table_xinfo",     "table_list",     "index_list",
                                               "index_info",    "index_xinfo",     "database_list",  "foreign_key_list",
                                               "function_list", "compile_options", "collation_list", NULL};
static const char *const pragmas_value[] = {"user_version", "application_id", "page_count",
                                            "page_size",    "journal_mode",   "encoding",
                                            "data_version", "freelist_count", NULL};
static const char *const functions_refused[] = {"load_extension", "fts3_tokenizer", NULL};

static bool only_reads(int action, const char *a, const char *b)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return true;
    case SQLITE_FUNCTION: return !b || !is_one_of(b, functions_refused);
    case SQLITE_PRAGMA: return is_one_of(a, pragmas_describe) || (!b && is_one_of(a, pragmas_value));
    default: return false;
    }
}

static int authorize(void *ctx, int action, const char *a, const char *b, const char *database, const char *inside)
{
    (void)database, (void)inside;
    if (only_reads(action, a, b)) return SQLITE_OK;
    ((struct watch *)ctx)->denied = true;
    return SQLITE_DENY;
}

static int on_progress(void *ctx)
{
    struct watch *w = ctx;
    w->stopped = !orr_ticker_tick(w->ticker, "query", "rows", w->rows, 0);
    return w->stopped;
}

/* ---- compiling ---- */

static void where_in(const char *sql, size_t at, char out[64])
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && sql[i]; i++) {
        if (sql[i] == '\n')
            line++, column = 1;
        else if (((unsigned char)sql[i] & 0xC0) != 0x80)
            column++;
    }
    snprintf(out, 64, "query, line %zu, column %zu", line, column);
}

static enum orr_status complain(struct orr_store *s, const char *sql, const struct watch *w, int rc,
                                struct orr_error *err)
{
    const int at = sqlite3_error_offset(s->db);
    char where[64] = "query";
    if (at >= 0) where_in(sql, (size_t)at, where);
    if (w->denied) {
        return orr_error_set(err, ORR_EREADONLY, where,
                             "only statements that read are run here (%s); use the sqlite3 program to change a store",
                             sqlite3_errmsg(s->db));
    }
    if ((rc & 0xff) != SQLITE_ERROR) return orr_db_error(s, err);
    return orr_error_set(err, ORR_EINVAL, where, "%s; `SELECT name, sql FROM sqlite_schema` shows the tables",
                         sqlite3_errmsg(s->db));
}

static enum orr_status compile(struct orr_store *s, const char *sql, const struct watch *w, sqlite3_stmt **q,
                               struct orr_error *err)
{
    const char *tail;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, q, &tail);
    if (rc != SQLITE_OK) return complain(s, sql, w, rc, err);
    if (!*q) return orr_error_set(err, ORR_EINVAL, "query", "no statement; try: SELECT * FROM run");
    /* Blanks, semicolons and comments may follow. */
    for (const char *rest = tail; *rest; rest = tail) {
        sqlite3_stmt *more = NULL;
        rc = sqlite3_prepare_v2(s->db, rest, -1, &more, &tail);
        sqlite3_finalize(more);
        if (rc != SQLITE_OK || more) {
            char where[64];
            rest += strspn(rest, " \t\r\n;");
            where_in(sql, (size_t)(rest - sql), where);
            return orr_error_set(err, ORR_EINVAL, where, "one statement at a time; leave out what follows the first");
        }
        if (tail == rest) break;
    }
    if (!sqlite3_stmt_readonly(*q)) {
        return orr_error_set(err, ORR_EREADONLY, "query", "only statements that read are run here");
    }
    if (sqlite3_bind_parameter_count(*q) > 0) {
        return orr_error_set(err, ORR_EINVAL, "query", "parameters (?) have no value here; write the values out");
    }
    return ORR_OK;
}

/* ---- results ---- */

static const char *cell(struct orr_arena *a, sqlite3_stmt *q, int column, unsigned char *numeric)
{
    char number[32];
    switch (sqlite3_column_type(q, column)) {
    case SQLITE_NULL: return NULL;
    case SQLITE_INTEGER: return orr_arena_printf(a, "%lld", (long long)sqlite3_column_int64(q, column));
    case SQLITE_FLOAT: {
        const int n = orr_format_double(sqlite3_column_double(q, column), number);
        return orr_arena_strndup(a, number, (size_t)n);
    }
    case SQLITE_BLOB: {
        *numeric = 0;
        const unsigned char *bytes = sqlite3_column_blob(q, column);
        const int n = sqlite3_column_bytes(q, column), shown = n < BLOB_SHOWN ? n : BLOB_SHOWN;
        struct orr_str hex = {0};
        orr_str_append(&hex, "x'");
        for (int i = 0; i < shown; i++) orr_str_printf(&hex, "%02x", bytes[i]);
        orr_str_append(&hex, n > shown ? "...'" : "'");
        const char *text = orr_arena_strdup(a, hex.data);
        orr_str_free(&hex);
        return text;
    }
    default: {
        *numeric = 0;
        const char *text = (const char *)sqlite3_column_text(q, column);
        const int n = sqlite3_column_bytes(q, column);
        return orr_arena_strndup(a, text ? text : "", (size_t)(n < CELL_SHOWN ? n : CELL_SHOWN));
    }
    }
}

static enum orr_status fetch(struct orr_store *s, const char *sql, sqlite3_stmt *q, size_t cap, struct watch *w,
                             struct orr_sql_result *out, struct orr_error *err)
{
    struct orr_db_memory *memory = out->memory = orr_db_memory_new();
    struct orr_arena *a = &memory->arena;
    const int columns = sqlite3_column_count(q);
    out->columns = (size_t)columns;
    out->names = orr_arena_zalloc(a, out->columns, sizeof *out->names);
    out->numeric = orr_arena_alloc(a, out->columns);
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(q, i);
        out->names[i] = orr_arena_strdup(a, name ? name : "");
        out->numeric[i] = 1;
    }
    ORR_VEC(const char *) cells = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (out->rows == cap) {
            out->truncated = true;
            rc = SQLITE_DONE;
            break;
        }
        for (int i = 0; i < columns; i++) ORR_VEC_PUSH(&cells, cell(a, q, i, &out->numeric[i]));
        w->rows = ++out->rows;
    }
    out->cells = cells.data;
    memory->array = cells.data;
    if (w->stopped) return orr_error_set(err, ORR_ECANCELLED, "query", "stopped after %zu rows", out->rows);
    return rc == SQLITE_DONE ? ORR_OK : complain(s, sql, w, rc, err);
}

enum orr_status orr_store_sql(struct orr_store *s, const char *sql, size_t cap, const struct orr_ticker *ticker,
                              struct orr_sql_result *out, struct orr_error *err)
{
    *out = (struct orr_sql_result){0};
    const double start = orr_clock_now();
    enum orr_status status = orr_db_read(s, err);
    if (status == ORR_OK) status = orr_point_view(s, err);
    if (status != ORR_OK) return status;
    struct watch w = {.ticker = ticker};
    sqlite3_stmt *q = NULL;
    sqlite3_set_authorizer(s->db, authorize, &w);
    sqlite3_progress_handler(s->db, OPS_PER_TICK, on_progress, &w);
    status = compile(s, sql, &w, &q, err);
    if (status == ORR_OK) status = fetch(s, sql, q, cap, &w, out, err);
    sqlite3_finalize(q);
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    sqlite3_set_authorizer(s->db, NULL, NULL);
    out->seconds = orr_clock_now() - start;
    if (status != ORR_OK) orr_sql_result_free(out);
    return status;
}

void orr_sql_result_free(struct orr_sql_result *r)
{
    orr_db_memory_free(r->memory);
    *r = (struct orr_sql_result){0};
}
