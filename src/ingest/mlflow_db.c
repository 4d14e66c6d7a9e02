/* MLflow's SQLite store (mlflow.db): tables experiments, runs, metrics, params, tags. Deleted runs are left out. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "ingest/sqlite_file.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum { TICK_ROWS = 65536 };

/* One row of `runs`; rows of metrics, params and tags find theirs through the sink, by key. */
struct store {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct orr_sqlite *file;
    struct orr_str key, last;
    uint32_t run, n_runs; /* `last` is the run_uuid of `run` */
    uint64_t orphans;
};

static const char *state_of(const char *status)
{
    return strcmp(status, "FINISHED") == 0 ? "finished" : strcmp(status, "FAILED") == 0 ? "failed"
           : strcmp(status, "KILLED") == 0 ? "killed"
           : *status                       ? "running"
                                           : NULL;
}

static enum orr_status put_runs(struct store *x)
{
    static const char *const columns[] = {"run_uuid", "name", "status", "start_time", "end_time", "experiment_id", NULL};
    sqlite3_stmt *stmt, *names = NULL;
    const bool named = orr_sqlite_has_table(x->file, "experiments");
    enum orr_status s = orr_sqlite_select(x->file, "runs", columns, "WHERE lifecycle_stage='active' ORDER BY rowid",
                                      &stmt, x->err);
    if (s == ORR_OK && named)
        sqlite3_prepare_v2(x->file->db, "SELECT name FROM experiments WHERE experiment_id=?1", -1, &names, NULL);
    while (orr_sqlite_step(x->file, stmt, &s, x->err)) {
        const char *const uuid = orr_sqlite_text(stmt, 0), *const name = orr_sqlite_text(stmt, 1);
        const char *project = orr_sqlite_text(stmt, 5);
        if (names) {
            sqlite3_reset(names);
            sqlite3_bind_value(names, 1, sqlite3_column_value(stmt, 5));
            if (sqlite3_step(names) == SQLITE_ROW) project = orr_sqlite_text(names, 0);
        }
        orr_str_clear(&x->key);
        orr_str_printf(&x->key, "%s:%s", x->in->run_key, uuid);
        const struct orr_run_meta meta = {.key = x->key.data, .name = *name ? name : uuid, .project = project,
                                          .state = state_of(orr_sqlite_text(stmt, 2)),
                                          .started = orr_sqlite_number(stmt, 3) / 1e3, .ended = orr_sqlite_number(stmt, 4) / 1e3};
        s = orr_sink_run(x->sink, &meta, &x->run, x->err);
        x->n_runs++;
    }
    sqlite3_finalize(names);
    sqlite3_finalize(stmt);
    orr_str_clear(&x->last);
    return s;
}

/* The active run of a row; false: it belongs to a deleted one. `active` is the statement that tells. */
static bool choose_run(struct store *x, const char *uuid, sqlite3_stmt *active, enum orr_status *s)
{
    if (x->last.len && strcmp(x->last.data, uuid) == 0) return x->run != UINT32_MAX;
    orr_str_clear(&x->last);
    orr_str_append(&x->last, uuid);
    x->run = UINT32_MAX;
    sqlite3_reset(active);
    sqlite3_bind_text(active, 1, uuid, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(active) != SQLITE_ROW) return false;
    orr_str_clear(&x->key);
    orr_str_printf(&x->key, "%s:%s", x->in->run_key, uuid);
    const struct orr_run_meta meta = {.key = x->key.data, .started = NAN, .ended = NAN};
    *s = orr_sink_run(x->sink, &meta, &x->run, x->err);
    return *s == ORR_OK;
}

static enum orr_status put_metric(struct store *x, sqlite3_stmt *row)
{
    uint32_t series;
    const char *const key = orr_sqlite_text(row, 1);
    const enum orr_status s = orr_sink_series(x->sink, x->run, key, strlen(key), &series, x->err);
    const double value = sqlite3_column_int(row, 5) ? (double)NAN : orr_sqlite_number(row, 2);
    return s ? s : orr_sink_point(x->sink, series, sqlite3_column_int64(row, 4), value, orr_sqlite_number(row, 3) / 1e3, x->err);
}

static enum orr_status put_param(struct store *x, sqlite3_stmt *row)
{
    return orr_params_text(x->sink, x->run, orr_sqlite_text(row, 1), orr_sqlite_text(row, 2), x->err);
}

static enum orr_status put_tag(struct store *x, sqlite3_stmt *row)
{
    return orr_sink_config(x->sink, x->run, orr_sqlite_text(row, 1), ORR_VALUE_TEXT, orr_sqlite_text(row, 2), x->err);
}

static enum orr_status put_rows(struct store *x, const char *table, const char *const *columns,
                                enum orr_status (*put)(struct store *x, sqlite3_stmt *row))
{
    sqlite3_stmt *stmt = NULL, *active = NULL;
    enum orr_status s = ORR_OK;
    if (!orr_sqlite_has_table(x->file, table)) return ORR_OK;
    if (sqlite3_prepare_v2(x->file->db, "SELECT 1 FROM runs WHERE run_uuid=?1 AND lifecycle_stage='active'", -1, &active, NULL))
        s = orr_error_set(x->err, ORR_EFORMAT, x->in->path, "table runs is not as expected: %s", sqlite3_errmsg(x->file->db));
    if (s == ORR_OK) s = orr_sqlite_select(x->file, table, columns, "", &stmt, x->err);
    for (uint64_t k = 1; orr_sqlite_step(x->file, stmt, &s, x->err); k++) {
        if (choose_run(x, orr_sqlite_text(stmt, 0), active, &s)) s = put(x, stmt);
        if (k % TICK_ROWS == 0 && !orr_ticker_tick(&x->in->ticker, x->in->path, "rows", k, 0))
            s = orr_error_set(x->err, ORR_ECANCELLED, x->in->path, "cancelled");
    }
    sqlite3_finalize(stmt);
    sqlite3_finalize(active);
    return s;
}

static enum orr_status mlflow_db_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    static const char *const metrics[] = {"run_uuid", "key", "value", "timestamp", "step", "is_nan", NULL};
    static const char *const pairs[] = {"run_uuid", "key", "value", NULL};
    struct store x = {.in = in, .sink = sink, .err = err};
    enum orr_status s = orr_sqlite_open(in->path, &x.file, err);
    if (s == ORR_OK) s = put_runs(&x);
    if (s == ORR_OK) s = put_rows(&x, "params", pairs, put_param);
    if (s == ORR_OK) s = put_rows(&x, "tags", pairs, put_tag);
    if (s == ORR_OK) s = put_rows(&x, "metrics", metrics, put_metric);
    orr_sqlite_close(x.file);
    orr_str_free(&x.key);
    orr_str_free(&x.last);
    return s;
}

static int mlflow_db_detect(const char *path, const unsigned char *head, size_t n)
{
    static const char *const tables[] = {"runs", "metrics", "params", NULL};
    return orr_sqlite_is(head, n) && orr_sqlite_file_has(path, tables) ? 90 : 0;
}

const struct orr_format orr_format_mlflow_db = {
    .name = "mlflow-db",
    .summary = "MLflow's SQLite store",
    .detect = mlflow_db_detect,
    .read = mlflow_db_read,
};
