/* Runs of another store, copied whole: what is told apart by its key here is told apart by its key there, so that copying
 * again adds nothing and the order of copies does not matter. */
#include "store/db.h"

/* other: the store that is read. pair: its new runs there and here. series_pair, snapshot_pair: theirs. */
static const char *const copies[] = {
    "INSERT OR IGNORE INTO main.name(text) SELECT text FROM other.name ORDER BY id",
    "CREATE TEMP TABLE series_pair AS SELECT s.id AS old, 0 AS new, p.new AS run_id, m.id AS name_id FROM temp.pair p"
    " JOIN other.series s ON s.run_id = p.old JOIN other.name n ON n.id = s.name_id JOIN main.name m ON m.text = n.text",
    "INSERT INTO main.series(run_id, name_id, n, nan_count, first_step, last_step, last, min, max, min_step, max_step,"
    " wall_first, wall_last) SELECT p.run_id, p.name_id, s.n, s.nan_count, s.first_step, s.last_step, s.last, s.min,"
    " s.max, s.min_step, s.max_step, s.wall_first, s.wall_last FROM temp.series_pair p JOIN other.series s ON s.id = p.old",
    "UPDATE temp.series_pair SET new = (SELECT id FROM main.series m WHERE m.run_id = series_pair.run_id"
    " AND m.name_id = series_pair.name_id)",
    "INSERT INTO main.chunk SELECT p.new, c.seq, c.n, c.nan_count, c.value_bytes, c.step_bytes, c.wall_bytes,"
    " c.step_first, c.step_last, c.step_min, c.step_max, c.stride, c.wall_base, c.first, c.last, c.min, c.max, c.sum,"
    " c.wall_first, c.wall_last FROM temp.series_pair p JOIN other.chunk c ON c.series_id = p.old",
    "INSERT INTO main.chunk_data(series_id, seq, data) SELECT p.new, d.seq, d.data FROM temp.series_pair p"
    " JOIN other.chunk_data d ON d.series_id = p.old",
    "INSERT INTO main.config(run_id, name_id, number, text) SELECT p.new, m.id, c.number, c.text FROM temp.pair p"
    " JOIN other.config c ON c.run_id = p.old JOIN other.name n ON n.id = c.name_id JOIN main.name m ON m.text = n.text",
    "INSERT INTO main.tag(run_id, name) SELECT p.new, t.name FROM temp.pair p JOIN other.tag t ON t.run_id = p.old",
    "INSERT INTO main.graph(run_id, json) SELECT p.new, g.json FROM temp.pair p JOIN other.graph g ON g.run_id = p.old",
    "INSERT INTO main.snapshot(run_id, tensor, step, shape, n) SELECT p.new, s.tensor, s.step, s.shape, s.n"
    " FROM temp.pair p JOIN other.snapshot s ON s.run_id = p.old",
    "INSERT INTO main.snapshot_block(snapshot_id, seq, data) SELECT m.id, b.seq, b.data FROM temp.pair p"
    " JOIN other.snapshot s ON s.run_id = p.old JOIN main.snapshot m ON m.run_id = p.new AND m.tensor = s.tensor"
    " AND m.step = s.step JOIN other.snapshot_block b ON b.snapshot_id = s.id",
    /* What those runs were imported from, so that importing it again adds nothing. */
    "INSERT OR IGNORE INTO main.source(path, format, size, mtime_ns, offset, state, head_hash, complete)"
    " SELECT path, format, size, mtime_ns, offset, state, head_hash, complete FROM other.source",
};

static enum orr_status copy(struct orr_store *s, size_t *added, size_t *present, const struct orr_ticker *ticker,
                            struct orr_error *err)
{
    int64_t last = 0, all = 0, new_runs = 0;
    enum orr_status status = orr_db_integer(s, 0, &last, err, "SELECT max(id) FROM main.run", "");
    if (!status)
        status = orr_db_run(s, err,
                            "INSERT OR IGNORE INTO main.run(key, name, project, \"group\", state, notes, started, ended,"
                            " pinned, series_count, point_count, last_step) SELECT key, name, project, \"group\", state,"
                            " notes, started, ended, pinned, series_count, point_count, last_step FROM other.run o"
                            " WHERE NOT EXISTS (SELECT 1 FROM main.run m WHERE m.key = o.key) ORDER BY id", "");
    if (!status)
        status = orr_db_run(s, err,
                            "CREATE TEMP TABLE pair AS SELECT o.id AS old, m.id AS new FROM main.run m"
                            " JOIN other.run o ON o.key = m.key WHERE m.id > ?", "i", last);
    enum { COPIES = sizeof copies / sizeof *copies };
    for (size_t i = 0; i < COPIES && !status; i++) {
        status = orr_db_run(s, err, copies[i], "");
        if (!status && !orr_ticker_tick(ticker, "merging", "tables", i + 1, COPIES))
            status = orr_error_set(err, ORR_ECANCELLED, s->path, "stopped; nothing was copied");
    }
    if (!status) status = orr_db_integer(s, 0, &all, err, "SELECT count(*) FROM other.run", "");
    if (!status) status = orr_db_integer(s, 0, &new_runs, err, "SELECT count(*) FROM temp.pair", "");
    *added = (size_t)new_runs;
    *present = (size_t)(all - new_runs);
    return status;
}

enum orr_status orr_store_merge(struct orr_store *s, const char *from, size_t *added, size_t *present,
                                const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_store *other; /* judged first: whose it is, which version, whether it is whole */
    *added = *present = 0;
    if (s->in_transaction) return orr_error_set(err, ORR_EINVAL, s->path, "is in a transaction");
    enum orr_status status = orr_store_open(from, ORR_STORE_READ, &other, err);
    if (status) return status;
    status = orr_db_run(s, err, "ATTACH DATABASE ? AS other", "t", orr_store_path(other));
    orr_store_close(other);
    if (status) return status;
    status = orr_store_begin(s, err);
    if (!status) {
        status = copy(s, added, present, ticker, err);
        if (!status)
            status = orr_store_commit(s, err);
        else
            orr_store_rollback(s);
    }
    orr_db_run(s, NULL, "DROP TABLE IF EXISTS temp.pair", "");
    orr_db_run(s, NULL, "DROP TABLE IF EXISTS temp.series_pair", "");
    orr_db_run(s, NULL, "DETACH DATABASE other", "");
    return status;
}
