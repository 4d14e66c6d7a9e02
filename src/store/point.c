/* Points as rows, fast: within Orrery's own connections the TEMP view `point` shadows the one in the file (schema.c)
 * and takes its rows from a table-valued function that unpacks whole chunks. Same columns, same rows. */
#include <string.h>

#include "store/chunk.h"
#include "store/db.h"

enum { POSITION, STEP, VALUE, WALL, SERIES_ID };
enum { USE_STEP = 1, USE_VALUE = 2, USE_WALL = 4 };

struct table {
    sqlite3_vtab base;
    sqlite3 *db;
};

struct cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *chunks;
    int use; /* columns that the query reads */
    bool end;
    int64_t series, first; /* position of the chunk's first point */
    int n, i;
    int64_t step[ORR_CHUNK_POINTS];
    double value[ORR_CHUNK_POINTS], wall[ORR_CHUNK_POINTS];
};

static int table_connect(sqlite3 *db, void *unused, int argc, const char *const *argv, sqlite3_vtab **out, char **say)
{
    (void)unused, (void)argc, (void)argv, (void)say;
    const int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(position, step, value, wall, series_id HIDDEN)");
    if (rc != SQLITE_OK) return rc;
    struct table *t = sqlite3_malloc(sizeof *t);
    if (!t) return SQLITE_NOMEM;
    *t = (struct table){.db = db};
    *out = &t->base;
    return sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
}

static int table_disconnect(sqlite3_vtab *t)
{
    sqlite3_free(t);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
    (void)t;
    bool bound = false;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != SERIES_ID || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ ||
            !info->aConstraint[i].usable || bound) {
            continue;
        }
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        bound = true;
    }
    if (!bound) return SQLITE_CONSTRAINT; /* it makes no sense without a series */
    info->idxNum = (info->colUsed >> STEP & 1 ? USE_STEP : 0) | (info->colUsed >> VALUE & 1 ? USE_VALUE : 0) |
                   (info->colUsed >> WALL & 1 ? USE_WALL : 0);
    info->estimatedCost = 1000;
    info->estimatedRows = 1000;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    struct cursor *c = sqlite3_malloc(sizeof *c);
    if (!c) return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    const int rc = sqlite3_prepare_v2(((struct table *)base)->db,
                                      "SELECT c.seq, " ORR_CHUNK_COLUMNS
                                      " FROM main.chunk c JOIN main.chunk_data d USING(series_id, seq)"
                                      " WHERE c.series_id = ? ORDER BY c.seq",
                                      -1, &c->chunks, NULL);
    if (rc != SQLITE_OK) {
        sqlite3_free(c);
        return rc;
    }
    *out = &c->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    sqlite3_finalize(c->chunks);
    sqlite3_free(c);
    return SQLITE_OK;
}

static int next_chunk(struct cursor *c)
{
    sqlite3_stmt *q = c->chunks;
    const int rc = sqlite3_step(q);
    c->end = rc != SQLITE_ROW;
    if (c->end) {
        sqlite3_reset(q);
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    const struct orr_packed p = orr_chunk_row(q);
    c->first = (int64_t)((uint64_t)sqlite3_column_int64(q, 0) * ORR_CHUNK_POINTS);
    c->n = p.n;
    c->i = 0;
    return orr_chunk_unpack(&p, 0, p.n, c->use & USE_STEP ? c->step : NULL, c->use & USE_VALUE ? c->value : NULL,
                            c->use & USE_WALL ? c->wall : NULL)
               ? SQLITE_OK
               : SQLITE_CORRUPT;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv)
{
    (void)text, (void)argc;
    struct cursor *c = (struct cursor *)base;
    c->use = plan;
    c->series = sqlite3_value_int64(argv[0]);
    sqlite3_reset(c->chunks);
    sqlite3_bind_int64(c->chunks, 1, c->series);
    return next_chunk(c);
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    return ++c->i < c->n ? SQLITE_OK : next_chunk(c);
}

static int cursor_eof(sqlite3_vtab_cursor *base) { return ((struct cursor *)base)->end; }

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct cursor *c = (struct cursor *)base;
    switch (column) {
    case POSITION: sqlite3_result_int64(out, c->first + c->i); break;
    case STEP: sqlite3_result_int64(out, c->step[c->i]); break;
    case VALUE: sqlite3_result_double(out, c->value[c->i]); break; /* NaN becomes NULL */
    case WALL: sqlite3_result_double(out, c->wall[c->i]); break;
    default: sqlite3_result_int64(out, c->series); break;
    }
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    const struct cursor *c = (struct cursor *)base;
    *out = c->first + c->i;
    return SQLITE_OK;
}

/* No xCreate: the table exists in every connection without being created. */
static const sqlite3_module points_module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

enum orr_status orr_point_view(struct orr_store *s, struct orr_error *err)
{
    /* Connecting the table declares its columns with CREATE TABLE, which the guard of sql.c would refuse: do it now. */
    const char *connect = "SELECT 1 FROM point LIMIT 0";
    if (s->has_point_view) {
        return sqlite3_exec(s->db, connect, NULL, NULL, NULL) == SQLITE_OK ? ORR_OK : orr_db_error(s, err);
    }
    const char *sql = "PRAGMA query_only=0;" /* it would refuse a TEMP view too */
                      "CREATE TEMP VIEW point AS SELECT r.name AS run, r.id AS run_id, t.text AS series, p.position,"
                      " p.step, p.value, p.wall FROM main.run r JOIN main.series s ON s.run_id = r.id"
                      " JOIN main.name t ON t.id = s.name_id JOIN orr_points p ON p.series_id = s.id";
    const bool ok = sqlite3_create_module(s->db, "orr_points", &points_module, NULL) == SQLITE_OK &&
                    sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK &&
                    sqlite3_exec(s->db, connect, NULL, NULL, NULL) == SQLITE_OK;
    const enum orr_status status = ok ? ORR_OK : orr_db_error(s, err);
    if (s->mode == ORR_STORE_READ) sqlite3_exec(s->db, "PRAGMA query_only=1", NULL, NULL, NULL);
    s->has_point_view = ok;
    return status;
}
