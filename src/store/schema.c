/* The schema, one list of statements per version. PRAGMA user_version counts the lists that were applied; a list that
 * was ever released is never changed, a change is a new list.
 *
 * Layout of chunk_data.data, little-endian, n points (see chunk.h, which reads and writes it):
 *   value  n * value_bytes   4: float32, 8: float64
 *   step   n * step_bytes    0: step_first + i * stride, 4: int32 added to step_first, 8: int64
 *   wall   n * wall_bytes    0: none, 4: uint32 milliseconds added to wall_base (all ones: none), 8: float64 seconds
 * Chunk `seq` holds the points from position seq * 4096 on; every chunk but the last of a series has 4096 of them.
 * Summaries and bytes are two tables, so that the summaries of a long series lie close together.
 *
 * The view `point` takes this apart in plain SQL, exactly, so that any SQLite tool can read the points: hex digits are
 * put together to the bits of the number, and the bits to mantissa * 2^exponent, with 2^e looked up in `power` because
 * SQLite may lack pow(). A subquery without FROM is never flattened, so that each is worked out once per point. */
#include "store/db.h"

#include <stdio.h>

#define DIGIT(at, shift) "(instr('123456789ABCDEF',substr(h," #at ",1))<<" #shift ")"
#define LOW_WORD                                                                                                       \
    DIGIT(1, 4)                                                                                                        \
    "|" DIGIT(2, 0) "|" DIGIT(3, 12) "|" DIGIT(4, 8) "|" DIGIT(5, 20) "|" DIGIT(6, 16) "|" DIGIT(7, 28) "|" DIGIT(8, 24)
#define HIGH_WORD                                                                                                      \
    DIGIT(9, 36)                                                                                                       \
    "|" DIGIT(10, 32) "|" DIGIT(11, 44) "|" DIGIT(12, 40) "|" DIGIT(13, 52) "|" DIGIT(14, 48) "|" DIGIT(               \
        15, 60) "|" DIGIT(16, 56)
#define BITS32(at) "(SELECT " LOW_WORD " FROM (SELECT hex(substr(d.data," at ",4)) AS h))"
#define BITS64(at) "(SELECT " LOW_WORD "|" HIGH_WORD " FROM (SELECT hex(substr(d.data," at ",8)) AS h))"

/* IEEE 754: (-1)^sign * (mantissa + implicit one, unless subnormal) * 2^(exponent - bias - mantissa bits). */
#define FLOAT(bits, sign, exponent, top, one, shift)                                                                   \
    "(SELECT CASE WHEN " exponent "=" top " THEN CASE WHEN u&(" one "-1) THEN NULL WHEN " sign                         \
    " THEN -9e999 ELSE 9e999 END ELSE (1.0-2*(" sign "))*((u&(" one "-1))+CASE WHEN " exponent " THEN " one            \
    " ELSE 0 END)*(SELECT x FROM power WHERE e=max(" exponent ",1)-" shift ") END FROM (SELECT " bits " AS u))"
#define FLOAT32(at) FLOAT(BITS32(at), "u>>31", "(u>>23&255)", "255", "8388608", "150")
#define FLOAT64(at) FLOAT(BITS64(at), "u<0", "(u>>52&2047)", "2047", "4503599627370496", "1075")

#define VALUE_AT "1+k.i*c.value_bytes"
#define STEP_AT  "1+c.n*c.value_bytes+k.i*c.step_bytes"
#define WALL_AT  "1+c.n*(c.value_bytes+c.step_bytes)+k.i*c.wall_bytes"

static const char *const version_1[] = {
    "CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL DEFAULT '',"
    " project TEXT NOT NULL DEFAULT '', \"group\" TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '',"
    " notes TEXT NOT NULL DEFAULT '', started REAL, ended REAL, pinned INTEGER NOT NULL DEFAULT 0,"
    " series_count INTEGER NOT NULL DEFAULT 0, point_count INTEGER NOT NULL DEFAULT 0, last_step INTEGER) STRICT",
    "CREATE INDEX run_name ON run(name)",
    /* Names of series and keys of configurations. */
    "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
    /* min, max and last are over finite values; nan_count counts the others. */
    "CREATE TABLE series(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " name_id INTEGER NOT NULL REFERENCES name(id), n INTEGER NOT NULL, nan_count INTEGER NOT NULL,"
    " first_step INTEGER, last_step INTEGER, last REAL, min REAL, max REAL, min_step INTEGER, max_step INTEGER,"
    " wall_first REAL, wall_last REAL, UNIQUE(run_id, name_id)) STRICT",
    /* All that a column of the run table shows, so that it is read from the index alone. */
    "CREATE INDEX series_column ON series(name_id, run_id, n, last_step, last, min, max, min_step, max_step)",
    "CREATE TABLE chunk(series_id INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE, seq INTEGER NOT NULL,"
    " n INTEGER NOT NULL, nan_count INTEGER NOT NULL, value_bytes INTEGER NOT NULL, step_bytes INTEGER NOT NULL,"
    " wall_bytes INTEGER NOT NULL, step_first INTEGER NOT NULL, step_last INTEGER NOT NULL, step_min INTEGER NOT NULL,"
    " step_max INTEGER NOT NULL, stride INTEGER NOT NULL, wall_base INTEGER NOT NULL, first REAL, last REAL, min REAL,"
    " max REAL, sum REAL, wall_first REAL, wall_last REAL, PRIMARY KEY(series_id, seq)) STRICT, WITHOUT ROWID",
    "CREATE TABLE chunk_data(id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " data BLOB NOT NULL, UNIQUE(series_id, seq),"
    " FOREIGN KEY(series_id, seq) REFERENCES chunk(series_id, seq) ON DELETE CASCADE) STRICT",
    "CREATE TABLE config(run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " name_id INTEGER NOT NULL REFERENCES name(id), number REAL, text TEXT NOT NULL, PRIMARY KEY(run_id, name_id))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX config_column ON config(name_id, run_id, number, text)",
    "CREATE TABLE tag(run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL,"
    " PRIMARY KEY(run_id, name)) STRICT, WITHOUT ROWID",
    "CREATE TABLE source(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, format TEXT NOT NULL, size INTEGER NOT "
    "NULL,"
    " mtime_ns INTEGER NOT NULL, offset INTEGER NOT NULL, state TEXT NOT NULL, head_hash TEXT NOT NULL,"
    " complete INTEGER NOT NULL) STRICT",
    "CREATE TABLE snapshot(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " tensor TEXT NOT NULL, step INTEGER NOT NULL, shape TEXT NOT NULL, n INTEGER NOT NULL,"
    " UNIQUE(run_id, tensor, step)) STRICT",
    /* float32, little-endian, row-major, 262144 per block. */
    "CREATE TABLE snapshot_block(id INTEGER PRIMARY KEY,"
    " snapshot_id INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE, seq INTEGER NOT NULL, data BLOB NOT NULL,"
    " UNIQUE(snapshot_id, seq)) STRICT",
    "CREATE TABLE graph(run_id INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE, json TEXT NOT NULL) STRICT",
    "CREATE TABLE result(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, method TEXT NOT NULL, version TEXT NOT NULL,"
    " config TEXT NOT NULL, input_hash TEXT NOT NULL, command TEXT NOT NULL, outcome TEXT NOT NULL,"
    " seed INTEGER NOT NULL, created REAL, seconds REAL, blas_threads INTEGER NOT NULL, json TEXT NOT NULL) STRICT",
    "CREATE INDEX result_find ON result(kind, method, input_hash)",
    "CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",

    /* What the view `point` needs: 0..4095, and 2^e for every exponent of a double. Doubling and halving are exact. */
    "CREATE TABLE number(i INTEGER PRIMARY KEY) STRICT",
    "WITH RECURSIVE k(i) AS (VALUES(0) UNION ALL SELECT i+1 FROM k WHERE i<4095) INSERT INTO number SELECT i FROM k",
    "CREATE TABLE power(e INTEGER PRIMARY KEY, x REAL NOT NULL) STRICT",
    "WITH RECURSIVE up(e, x) AS (VALUES(0, 1.0) UNION ALL SELECT e+1, x*2.0 FROM up WHERE e<1023),"
    " down(e, x) AS (VALUES(-1, 0.5) UNION ALL SELECT e-1, x*0.5 FROM down WHERE e>-1074)"
    " INSERT INTO power SELECT * FROM up UNION ALL SELECT * FROM down",
    NULL,
};

/* One expression per column: together they would pass the length of a string literal that C guarantees. */
static const char view_head[] =
    "CREATE VIEW point AS SELECT r.name AS run, r.id AS run_id, t.text AS series, c.seq*4096+k.i AS position,";
static const char view_step[] =
    " CASE c.step_bytes WHEN 0 THEN c.step_first+k.i*c.stride WHEN 4 THEN c.step_first+(SELECT"
    " (u+2147483648&4294967295)-2147483648 FROM (SELECT " BITS32(STEP_AT) " AS u)) ELSE " BITS64(
        STEP_AT) " END AS step,";
static const char view_value[] =
    " CASE c.value_bytes WHEN 4 THEN " FLOAT32(VALUE_AT) " ELSE " FLOAT64(VALUE_AT) " END AS value,";
static const char view_wall[] =
    " CASE c.wall_bytes WHEN 0 THEN NULL WHEN 4 THEN (SELECT CASE WHEN u<4294967295 THEN (c.wall_base+u)/1000.0 END"
    " FROM (SELECT " BITS32(WALL_AT) " AS u)) ELSE " FLOAT64(WALL_AT) " END AS wall";
static const char view_tail[] =
    " FROM run r JOIN series s ON s.run_id=r.id JOIN name t ON t.id=s.name_id JOIN chunk c ON c.series_id=s.id"
    " JOIN chunk_data d ON d.series_id=c.series_id AND d.seq=c.seq JOIN number k ON k.i<c.n";

/* Corpora of tables (orrery/corpus.h). The index holds what tells whether an index file is up to date. */
static const char *const version_2[] = {
    "CREATE TABLE corpus(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL,"
    " stamp INTEGER NOT NULL, created REAL) STRICT",
    "CREATE TABLE corpus_table(id INTEGER PRIMARY KEY AUTOINCREMENT, corpus_id INTEGER NOT NULL REFERENCES corpus(id)"
    " ON DELETE CASCADE, key TEXT NOT NULL, hash INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE(corpus_id, key)) STRICT",
    "CREATE INDEX corpus_table_hash ON corpus_table(corpus_id, id, hash)",
    "CREATE TABLE corpus_question(id INTEGER PRIMARY KEY, corpus_id INTEGER NOT NULL REFERENCES corpus(id)"
    " ON DELETE CASCADE, qid TEXT NOT NULL, question TEXT NOT NULL, table_key TEXT NOT NULL, UNIQUE(corpus_id, qid)) STRICT",
    NULL,
};

/* Pools of candidates (orrery/pool.h). Tokens are kept once per vocabulary, by its hash. */
static const char *const version_3[] = {
    "CREATE TABLE pool(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL,"
    " candidates INTEGER NOT NULL, created REAL) STRICT",
    "CREATE TABLE pool_candidate(pool_id INTEGER NOT NULL REFERENCES pool(id) ON DELETE CASCADE, place INTEGER NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY(pool_id, place)) STRICT, WITHOUT ROWID",
    "CREATE TABLE pool_tokens(pool_id INTEGER NOT NULL REFERENCES pool(id) ON DELETE CASCADE,"
    " vocabulary INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(pool_id, vocabulary)) STRICT",
    NULL,
};

static const char *const *const versions[] = {version_1, version_2, version_3};
enum { VERSIONS = sizeof versions / sizeof *versions };

static enum orr_status execute(struct orr_store *s, const char *sql, struct orr_error *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ORR_OK : orr_db_error(s, err);
}

static enum orr_status create_point_view(struct orr_store *s, struct orr_error *err)
{
    char *sql = sqlite3_mprintf("%s%s%s%s%s", view_head, view_step, view_value, view_wall, view_tail);
    if (!sql) return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory in SQLite");
    const enum orr_status status = execute(s, sql, err);
    sqlite3_free(sql);
    return status;
}

int64_t orr_schema_version(void) { return VERSIONS; }

/* Inside a transaction that the caller holds. */
enum orr_status orr_schema_migrate(struct orr_store *s, struct orr_error *err)
{
    int64_t version;
    enum orr_status status = orr_db_integer(s, 0, &version, err, "PRAGMA user_version", "");
    for (; status == ORR_OK && version < VERSIONS; version++) {
        for (const char *const *sql = versions[version]; *sql && status == ORR_OK; sql++)
            status = execute(s, *sql, err);
        if (status == ORR_OK && version == 0) status = create_point_view(s, err);
    }
    if (status != ORR_OK) return status;
    char mark[96];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d", (int)ORR_DB_APPLICATION_ID,
             (int)VERSIONS);
    return execute(s, mark, err);
}
