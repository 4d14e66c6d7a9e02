/* Other programs' SQLite files, opened to read only. For the SQLite importers alone. */
#ifndef ORRERY_INGEST_SQLITE_FILE_H
#define ORRERY_INGEST_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>

/* Waits up to 2 s where the file is locked. Where even reading would write beside the file (a WAL in a folder that is
 * read-only) it is opened as immutable. The caller closes with sqlite3_close. */
enum orr_status orr_sqlite_open(const char *path, sqlite3 **out, struct orr_error *err);
bool orr_sqlite_is(const unsigned char *head, size_t n); /* does a file begin like this? */
bool orr_sqlite_has_table(sqlite3 *db, const char *table);
/* Does the file at `path` hold all these tables (NULL-terminated)? */
bool orr_sqlite_file_has(const char *path, const char *const *tables);

/* "SELECT c1,c2,... FROM table rest": columns that the table lacks come out as NULL, so that old and new schemas
 * read alike. `columns` ends with NULL; the names are the code's own, never input. */
enum orr_status orr_sqlite_select(sqlite3 *db, const char *path, const char *table, const char *const *columns,
                              const char *rest, sqlite3_stmt **out, struct orr_error *err);
/* SQLITE_ROW: true; done or failed: false, with *status set. */
bool orr_sqlite_step(sqlite3_stmt *stmt, const char *path, enum orr_status *status, struct orr_error *err);

const char *orr_sqlite_text(sqlite3_stmt *stmt, int column); /* never NULL; valid until the next step */
double orr_sqlite_number(sqlite3_stmt *stmt, int column);    /* NaN where NULL */
double orr_sqlite_time(sqlite3_stmt *stmt, int column);      /* Unix seconds of ISO text or a number; NaN where neither */

#endif
