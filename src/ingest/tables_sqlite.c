/* The tables of a SQLite file; views and SQLite's own tables are left out. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "ingest/sqlite_file.h"
#include "ingest/tables.h"

enum { PART_BYTES = 16 << 20 };

static void quote(struct orr_str *sql, const char *name)
{
    orr_str_append_char(sql, '"');
    for (; *name; name++) {
        if (*name == '"') orr_str_append_char(sql, '"');
        orr_str_append_char(sql, *name);
    }
    orr_str_append_char(sql, '"');
}

/* A cell as text; "" for NULL and blobs. */
static const char *cell(struct orr_arena *a, sqlite3_stmt *q, int column)
{
    const int type = sqlite3_column_type(q, column);
    return type == SQLITE_NULL || type == SQLITE_BLOB ? "" : orr_arena_strdup(a, orr_sqlite_text(q, column));
}

static enum orr_status read_table(struct orr_sqlite *file, const char *path, const char *name, const struct orr_tables_in *in,
                                  size_t *n, struct orr_error *err)
{
    struct orr_str sql = {0};
    orr_str_append(&sql, "SELECT * FROM ");
    quote(&sql, name);
    sqlite3_stmt *q = NULL;
    const int rc = sqlite3_prepare_v2(file->db, sql.data, -1, &q, NULL);
    orr_str_free(&sql);
    if (rc != SQLITE_OK) {
        if (in->note) in->note(in->ctx, name, sqlite3_errmsg(file->db));
        return ORR_OK;
    }
    const size_t columns = (size_t)sqlite3_column_count(q);
    enum orr_status status = ORR_OK;
    bool more = columns > 0;
    for (size_t part = 1; more && status == ORR_OK; part++) {
        struct orr_arena a = {0};
        ORR_VEC(const char *) cells = {0};
        struct orr_doc d = {.title = name, .section_title = "", .section_text = "", .intro = "", .columns = columns};
        d.id = part > 1 ? orr_arena_printf(&a, "%s#%zu", name, part) : name;
        d.header = orr_arena_zalloc(&a, columns, sizeof *d.header);
        for (size_t c = 0; c < columns; c++) d.header[c] = orr_arena_strdup(&a, sqlite3_column_name(q, (int)c));
        size_t bytes = 0;
        while (d.rows < ORR_TABLE_ROWS && bytes < PART_BYTES && (more = orr_sqlite_step(file, q, &status, err))) {
            for (size_t c = 0; c < columns; c++) {
                ORR_VEC_PUSH(&cells, cell(&a, q, (int)c));
                bytes += strlen(cells.data[cells.len - 1]) + sizeof(char *);
            }
            d.rows++;
        }
        d.cells = cells.data;
        if (status == ORR_OK && (d.rows || part == 1)) {
            status = in->table(in->ctx, &d, err);
            ++*n;
        }
        if (status == ORR_OK && !orr_ticker_tick(in->ticker, "reading tables", "tables", *n, 0))
            status = orr_error_set(err, ORR_ECANCELLED, path, "stopped");
        free(cells.data);
        orr_arena_free(&a);
    }
    sqlite3_finalize(q);
    return status;
}

enum orr_status orr_tables_read_sqlite(const char *path, const struct orr_tables_in *in, size_t *n,
                                       struct orr_error *err)
{
    struct orr_sqlite *file = NULL;
    sqlite3_stmt *q = NULL;
    struct orr_arena a = {0};
    ORR_VEC(const char *) names = {0};
    enum orr_status status = orr_sqlite_open(path, &file, err);
    if (status == ORR_OK && sqlite3_prepare_v2(file->db,
                                               "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE"
                                               " 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
                                               -1, &q, NULL) != SQLITE_OK)
        status = orr_error_set(err, ORR_EFORMAT, path, "its list of tables cannot be read: %s", sqlite3_errmsg(file->db));
    while (status == ORR_OK && orr_sqlite_step(file, q, &status, err))
        ORR_VEC_PUSH(&names, orr_arena_strdup(&a, orr_sqlite_text(q, 0)));
    sqlite3_finalize(q);
    for (size_t i = 0; i < names.len && status == ORR_OK; i++) status = read_table(file, path, names.data[i], in, n, err);
    orr_sqlite_close(file);
    free(names.data);
    orr_arena_free(&a);
    return status;
}
