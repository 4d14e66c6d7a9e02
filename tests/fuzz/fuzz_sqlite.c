/* SQLite files of other programs. The first byte tells whose, and whether the input is the file or, as is easier to mutate,
 * the statements that make it. */
#include "fuzz.h"

#include "ingest/sqlite_file.h"
#include "ingest/tables.h"

enum { MOST_STEPS = 200, LONGEST = 1 << 16 };

static int too_long(void *ctx) { return ++*(int *)ctx > MOST_STEPS; }

/* Statements may not reach other files. */
static int allowed(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH || action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

static void make(const char *path, const uint8_t *data, size_t n)
{
    sqlite3 *db = NULL;
    int steps = 0;
    char *sql = malloc(n + 1);
    fuzz_require(sql && sqlite3_open(path, &db) == SQLITE_OK);
    memcpy(sql, data, n);
    sql[n] = '\0';
    sqlite3_exec(db, "PRAGMA journal_mode=off; PRAGMA synchronous=off", NULL, NULL, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST);
    sqlite3_set_authorizer(db, allowed, NULL);
    sqlite3_progress_handler(db, 1000, too_long, &steps);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    free(sql);
}

static enum orr_status table(void *ctx, const struct orr_doc *d, struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(d->id && d->title);
    for (size_t r = 0; r < d->rows; r++)
        for (size_t c = 0; c < d->columns; c++) fuzz_touch(orr_doc_cell(d, r, c));
    return ORR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct orr_format *const formats[] = {&orr_format_optuna_db, &orr_format_trackio_db, &orr_format_mlflow_db};
    char path[128];
    if (n < 1) return 0;
    snprintf(path, sizeof path, "%s/made.db", fuzz_folder_put("made.db", NULL, 0));
    if (data[0] & 4)
        fuzz_folder_put("made.db", data + 1, n - 1);
    else
        make(path, data + 1, n - 1);
    if (data[0] % 4 < 3) {
        struct orr_ingest in = {.path = path};
        formats[data[0] % 4]->detect(path, (const uint8_t *)"", 0);
        fuzz_import(formats[data[0] % 4], &in);
        free(in.state);
    } else {
        const struct orr_tables_in in = {table, fuzz_warn, NULL, NULL};
        struct orr_error err = {.code = ORR_OK};
        size_t tables = 0;
        const enum orr_status s = orr_tables_read_sqlite(path, &in, &tables, &err);
        fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    }
    return 0;
}
