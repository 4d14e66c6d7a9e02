/* What the files of the store share: the handle, statements that are prepared once, and transactions.
 *
 * Every public call that writes is bracketed by orr_db_write and orr_db_written, every one that reads starts with
 * orr_db_read; so that appended points that still wait in memory are never missed, and a write that fails halfway
 * takes its whole transaction with it. */
#ifndef ORRERY_STORE_DB_H
#define ORRERY_STORE_DB_H

#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/store.h>

#include "base/arena.h"
#include "base/vec.h"
#include "store/chunk.h"

enum { ORR_DB_APPLICATION_ID = 0x4F525259 }; /* "ORRY" */

struct orr_pending;

struct orr_db_statement {
    const char *sql; /* compared by address: the literal at the call site */
    sqlite3_stmt *stmt;
};

struct orr_store {
    sqlite3 *db;
    char *path;
    enum orr_store_mode mode;
    bool network;        /* on a network file system: no WAL */
    bool in_transaction; /* the caller's, between begin and commit */
    bool given_up;       /* that transaction failed and was rolled back; commit or rollback ends it */
    bool has_point_view; /* the TEMP view `point` was created */
    struct orr_error failure;
    int64_t changes, data_version;
    ORR_VEC(struct orr_db_statement) statements;
    struct orr_pending *pending;  /* append.c: series touched by the current transaction */
    struct orr_arena source_text; /* strings handed out by orr_store_source_find */
};

/* Turns SQLite's last error on this handle into a status and a message with a remedy. Never ORR_OK. */
enum orr_status orr_db_error(struct orr_store *s, struct orr_error *err);

/* The statement for `sql` (a string literal) with its parameters bound; owned by the handle. One letter of `types` per
 * parameter: i int64_t, d double (NaN becomes NULL), t const char * (NULL becomes NULL), b const void * and size_t.
 * Texts and blobs must outlive the stepping. */
enum orr_status orr_db_query(struct orr_store *s, sqlite3_stmt **q, struct orr_error *err, const char *sql,
                             const char *types, ...);
/* Resets q after a loop over its rows that ended with `rc`; an error unless rc is SQLITE_ROW or SQLITE_DONE. */
enum orr_status orr_db_done(struct orr_store *s, sqlite3_stmt *q, int rc, struct orr_error *err);
/* Query, step to the end, reset. */
enum orr_status orr_db_run(struct orr_store *s, struct orr_error *err, const char *sql, const char *types, ...);
/* The first column of the first row as an integer; `otherwise` when there is no row. */
enum orr_status orr_db_integer(struct orr_store *s, int64_t otherwise, int64_t *out, struct orr_error *err,
                               const char *sql, const char *types, ...);

enum orr_status orr_db_read(struct orr_store *s, struct orr_error *err);
/* Opens a transaction of its own (*own) unless the caller has one. */
enum orr_status orr_db_write(struct orr_store *s, bool *own, struct orr_error *err);
/* Ends what orr_db_write began: commits or rolls back. Passes `status` on unless ending fails. */
enum orr_status orr_db_written(struct orr_store *s, bool own, enum orr_status status, struct orr_error *err);
/* ORR_ENOTFOUND unless the run exists. */
enum orr_status orr_db_need_run(struct orr_store *s, int64_t run, struct orr_error *err);
/* The id of an interned name, which is added when missing. */
enum orr_status orr_db_intern(struct orr_store *s, const char *text, int64_t *id, struct orr_error *err);

/* What a list handed to the caller owns: its array, and the arena of the strings in it. */
struct orr_db_memory {
    struct orr_arena arena;
    void *array;
};
struct orr_db_memory *orr_db_memory_new(void);
void orr_db_memory_free(struct orr_db_memory *m); /* NULL-safe */

/* A column's text in the arena; "" for NULL. */
const char *orr_db_text(struct orr_arena *a, sqlite3_stmt *q, int column);
static inline double orr_db_double(sqlite3_stmt *q, int column)
{
    return sqlite3_column_type(q, column) == SQLITE_NULL ? NAN : sqlite3_column_double(q, column);
}

/* append.c: writes what waits in memory, or forgets it (after commit and rollback). */
enum orr_status orr_pending_flush(struct orr_store *s, struct orr_error *err);
void orr_pending_forget(struct orr_store *s);

/* series.c: a row of seq and these columns of chunk and chunk_data; its bytes are the statement's until the next step. */
#define ORR_CHUNK_COLUMNS "n, value_bytes, step_bytes, wall_bytes, step_first, stride, wall_base, data"
struct orr_packed orr_chunk_row(sqlite3_stmt *q);
/* series.c: orr_store_points as the file stands, without flushing first. */
enum orr_status orr_points_read(struct orr_store *s, int64_t series, int64_t first, size_t n, int64_t *step,
                                double *value, double *wall, size_t *got, struct orr_error *err);

/* schema.c: the newest version this program knows, and the statements that lead there from `version`. */
int64_t orr_schema_version(void);
enum orr_status orr_schema_migrate(struct orr_store *s, struct orr_error *err);

/* open.c: orr_store_open with the kind of file system given instead of found out. */
enum orr_status orr_store_open_on(const char *path, enum orr_store_mode mode, bool network, struct orr_store **out,
                                  struct orr_error *err);

/* point.c: the table-valued function orr_points(series_id) and the TEMP view `point` over it. */
enum orr_status orr_point_view(struct orr_store *s, struct orr_error *err);

#endif
