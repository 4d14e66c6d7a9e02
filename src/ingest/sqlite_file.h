/* Other programs' SQLite files, opened to read only. For the SQLite importers alone. */
#ifndef ORRERY_INGEST_SQLITE_FILE_H
#define ORRERY_INGEST_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

/* A file that is open. It may have been made to harm: pages that stand in the tree many times over, or rows that belong to many
 * others, would make a small file endless, so that no more is read from it than it can honestly hold. */
struct orr_sqlite {
    sqlite3 *db;
    char *path;
    uint64_t bytes; /* of the file and its WAL */
    uint64_t taken; /* rows, and the bytes of their texts, read so far */
    uint64_t steps; /* of SQLite's machine, in thousands, since the last row */
};
/* Waits up to 2 s where the file is locked. Where even reading would write beside the file (a WAL in a folder that is
 * read-only) it is opened as immutable. Close with orr_sqlite_close. */
enum orr_status orr_sqlite_open(const char *path, struct orr_sqlite **out, struct orr_error *err);
void orr_sqlite_close(struct orr_sqlite *f);                /* NULL-safe; after its statements are finalised */
bool orr_sqlite_is(const unsigned char *head, size_t n);    /* does a file begin like this? */
bool orr_sqlite_has_table(struct orr_sqlite *f, const char *table);
/* Does the file at `path` hold all these tables (NULL-terminated)? */
bool orr_sqlite_file_has(const char *path, const char *const *tables);

/* "SELECT c1,c2,... FROM table rest": columns that the table lacks come out as NULL, so that old and new schemas
 * read alike. `columns` ends with NULL; the names are the code's own, never input. */
enum orr_status orr_sqlite_select(struct orr_sqlite *f, const char *table, const char *const *columns, const char *rest,
                                  sqlite3_stmt **out, struct orr_error *err);
/* SQLITE_ROW: true; done or failed: false, with *status set. EFORMAT where the file gives more than it can hold. */
bool orr_sqlite_step(struct orr_sqlite *f, sqlite3_stmt *stmt, enum orr_status *status, struct orr_error *err);

const char *orr_sqlite_text(sqlite3_stmt *stmt, int column); /* never NULL; valid until the next step */
double orr_sqlite_number(sqlite3_stmt *stmt, int column);    /* NaN where NULL */
double orr_sqlite_time(sqlite3_stmt *stmt, int column);      /* Unix seconds of ISO text or a number; NaN where neither */

#endif
