#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "aid_store.h"
#include "base/str.h"

static struct orr_error err;

static struct orr_sql_result query(struct orr_store *s, const char *sql)
{
    struct orr_sql_result r;
    aid_ok(orr_store_sql(s, sql, 100000, NULL, &r, &err), &err);
    return r;
}

/* One series per combination of codes, with every kind of odd value. */
static void fill(struct orr_store *s)
{
    static const uint64_t odd[] = {0x0000000000000000,
                                   0x8000000000000000,
                                   0x0000000000000001,
                                   0x800FFFFFFFFFFFFF,
                                   0x0010000000000000,
                                   0x7FEFFFFFFFFFFFFF,
                                   0xFFEFFFFFFFFFFFFF,
                                   0x7FF0000000000000,
                                   0xFFF0000000000000,
                                   0x7FF8000000000000,
                                   0x36A0000000000000 /* 2^-149 */,
                                   0x380FFFFFC0000000 /* largest float32 subnormal */,
                                   0x47EFFFFFE0000000 /* FLT_MAX */,
                                   0xB810000000000000 /* -FLT_MIN */};
    enum { ODD = sizeof odd / sizeof *odd, N = 300 };
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    aid_ok(orr_store_begin(s, &err), &err);
    const int64_t run = aid_run(s, "k", "r'1");
    for (int code = 0; code < 2 * 3 * 3; code++) {
        int64_t step[N];
        double value[N], wall[N];
        for (int i = 0; i < N; i++) {
            uint64_t u = i < ODD ? odd[i] : orr_rng_u64(&r);
            memcpy(&value[i], &u, 8);
            if (code % 2 == 0) value[i] = (double)(float)value[i];
            if (isnan(value[i])) value[i] = NAN; /* SQL has one NULL */
            step[i] = code / 2 % 3 == 0   ? 7 - 3 * i
                      : code / 2 % 3 == 1 ? (int32_t)orr_rng_u64(&r) / 2
                                          : (int64_t)orr_rng_u64(&r);
            wall[i] = code / 6 == 0 ? NAN : code / 6 == 1 ? 1.7e9 + i * 0.125 : value[(i * 7) % N];
        }
        char name[16];
        snprintf(name, sizeof name, "code%02d", code);
        aid_ok(orr_store_append(s, run, name, N, step, value, wall, &err), &err);
    }
    aid_append(s, aid_run(s, "k2", "two"), "long", ORR_CHUNK_POINTS + 5, -0.5);
    aid_ok(orr_store_commit(s, &err), &err);
}

/* What the sqlite3 program prints for `sql`; the caller frees. */
static struct orr_str cli(const char *path, const char *sql)
{
    int out[2];
    ck_assert_int_eq(pipe(out), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execlp("sqlite3", "sqlite3", "-readonly", "-batch", "-init", "/dev/null", path, sql, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    struct orr_str text = {0};
    char buffer[65536];
    for (ssize_t n; (n = read(out[0], buffer, sizeof buffer)) > 0;) orr_str_append_n(&text, buffer, (size_t)n);
    close(out[0]);
    int status;
    waitpid(pid, &status, 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "sqlite3 failed on: %s", sql);
    return text;
}

static void print_bits(struct orr_str *s, double x)
{
    uint64_t u;
    memcpy(&u, &x, 8);
    if (x == 0) u = 0; /* SQLite does not keep the sign of zero */
    if (!isnan(x)) orr_str_printf(s, "%016llX", (unsigned long long)u);
}

START_TEST(the_view_point_gives_any_sqlite_program_exactly_the_points_of_the_store)
{
    struct aid_store a = aid_store_new();
    fill(a.store);
    struct orr_str expect = {0};
    struct orr_run_list runs;
    aid_ok(orr_store_runs(a.store, &runs, &err), &err);
    for (size_t k = 0; k < runs.n; k++) {
        struct orr_series_list l;
        aid_ok(orr_store_series(a.store, runs.runs[k].id, &l, &err), &err);
        for (size_t i = 0; i < l.n; i++) {
            static int64_t step[8192];
            static double value[8192], wall[8192];
            size_t n;
            aid_ok(orr_store_points(a.store, l.series[i].id, 0, 8192, step, value, wall, &n, &err), &err);
            for (size_t j = 0; j < n; j++) {
                orr_str_printf(&expect, "%s|%lld|%s|%zu|%lld|", runs.runs[k].name, (long long)runs.runs[k].id,
                               l.series[i].name, j, (long long)step[j]);
                print_bits(&expect, value[j]);
                orr_str_append_char(&expect, '|');
                print_bits(&expect, wall[j]);
                orr_str_append_char(&expect, '\n');
            }
        }
        orr_series_list_free(&l);
    }
    struct orr_str got = cli(a.path, "SELECT run, run_id, series, position, step,"
                                     " hex(ieee754_to_blob(value + 0.0)), hex(ieee754_to_blob(wall + 0.0))"
                                     " FROM point ORDER BY run_id, series, position");
    ck_assert_uint_eq(got.len, expect.len);
    ck_assert(memcmp(got.data, expect.data, got.len) == 0);
    orr_str_free(&got);
    orr_str_free(&expect);
    orr_run_list_free(&runs);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_fast_table_point_equals_the_view_in_the_file)
{
    struct aid_store a = aid_store_new();
    fill(a.store);
    for (int reopened = 0; reopened < 2; reopened++) {
        struct orr_sql_result r =
            query(a.store, "SELECT count(*) FROM (SELECT * FROM point EXCEPT SELECT * FROM main.point)"
                           " UNION ALL SELECT count(*) FROM (SELECT * FROM main.point EXCEPT"
                           " SELECT * FROM point) UNION ALL SELECT count(*) FROM point");
        ck_assert_str_eq(r.cells[0], "0");
        ck_assert_str_eq(r.cells[1], "0");
        ck_assert_str_eq(r.cells[2], "9501");
        orr_sql_result_free(&r);
        orr_store_close(a.store);
        a.store = aid_store_open(&a, ORR_STORE_READ);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(a_query_returns_names_cells_kinds_and_says_when_it_was_cut)
{
    struct aid_store a = aid_store_new();
    struct orr_sql_result r = query(a.store, "SELECT 1 AS one, NULL AS none, 0.1 AS x, 'a' AS t, x'00ff' AS b UNION ALL"
                                             " SELECT 2, 3, NULL, 7, zeroblob(100); -- a comment may follow");
    ck_assert(r.columns == 5 && r.rows == 2 && !r.truncated);
    ck_assert_str_eq(r.names[1], "none");
    ck_assert(r.numeric[0] && r.numeric[1] && r.numeric[2] && !r.numeric[3] && !r.numeric[4]);
    ck_assert_ptr_null(r.cells[1]);
    ck_assert_str_eq(r.cells[2], "0.1");
    ck_assert_str_eq(r.cells[4], "x'00ff'");
    ck_assert(orr_starts_with(r.cells[9], "x'0000") && orr_ends_with(r.cells[9], "...'"));
    orr_sql_result_free(&r);
    aid_ok(orr_store_sql(a.store, "SELECT i FROM number", 10, NULL, &r, &err), &err);
    ck_assert(r.rows == 10 && r.truncated);
    orr_sql_result_free(&r);
    aid_ok(orr_store_sql(a.store, "SELECT i FROM number WHERE i < 10", 10, NULL, &r, &err), &err);
    ck_assert(r.rows == 10 && !r.truncated);
    orr_sql_result_free(&r);
    aid_store_end(&a);
}
END_TEST

START_TEST(whatever_could_change_something_is_refused)
{
    static const char *const refused[] = {
        "INSERT INTO run(key) VALUES('x')",
        "UPDATE run SET name = ''",
        "DELETE FROM run",
        "DROP TABLE run",
        "CREATE TABLE t(x)",
        "CREATE TEMP TABLE t(x)",
        "CREATE VIEW v AS SELECT 1",
        "WITH x AS (SELECT 1) INSERT INTO run(key) SELECT * FROM x",
        "INSERT INTO run(key) VALUES('x') RETURNING id",
        "ATTACH '/tmp/other.db' AS o",
        "DETACH temp",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA user_version=7",
        "PRAGMA writable_schema=1",
        "PRAGMA query_only=0",
        "PRAGMA wal_checkpoint",
        "PRAGMA optimize",
        "VACUUM",
        "VACUUM INTO '/tmp/copy.db'",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT a",
        "REINDEX",
        "ANALYZE",
        "SELECT load_extension('/tmp/x.so')",
        "EXPLAIN DELETE FROM run",
    };
    struct aid_store a = aid_store_new();
    aid_run(a.store, "k", "one");
    struct orr_sql_result r;
    size_t n, m;
    orr_store_close(a.store);
    unsigned char *before = aid_slurp(a.path, &n);
    a.store = aid_store_open(&a, ORR_STORE_WRITE);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const enum orr_status status = orr_store_sql(a.store, refused[i], 10, NULL, &r, &err);
        ck_assert_msg(status == ORR_EREADONLY, "%s: %s: %s", refused[i], orr_status_name(status), err.message);
        ck_assert(r.rows == 0 && r.memory == NULL);
    }
    aid_run(a.store, "k", "one"); /* the guard is down again: our own writing works */
    orr_store_close(a.store);
    a.store = NULL;
    unsigned char *after = aid_slurp(a.path, &m);
    ck_assert(n == m && n > 0);
    free(before);
    free(after);
    a.store = aid_store_open(&a, ORR_STORE_READ);
    r = query(a.store, "SELECT count(*), (SELECT count(*) FROM sqlite_schema WHERE name IN ('t', 'v')) FROM run");
    ck_assert_str_eq(r.cells[0], "1");
    ck_assert_str_eq(r.cells[1], "0");
    orr_sql_result_free(&r);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_wrong_query_is_an_error_that_names_the_place)
{
    struct aid_store a = aid_store_new();
    struct orr_sql_result r;
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT *\nFROM nowhere", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_str_eq(err.message, "no such table: nowhere; `SELECT name, sql FROM sqlite_schema` shows the tables");
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT 1,\n  nme FROM run", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "query, line 2, column 3");
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT 1; SELECT 2", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "query, line 1, column 11");
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT 1; DELETE FROM run", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT 1; garbage", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT ?", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_sql(a.store, "  -- nothing", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT abs(-9223372036854775808)", 10, NULL, &r, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT * FROM orr_points", 10, NULL, &r, &err), ORR_EINVAL);
    aid_store_end(&a);
}
END_TEST

static bool stop_at_once(void *ctx, const struct orr_progress *p)
{
    (void)p;
    ++*(int *)ctx;
    return false;
}

START_TEST(a_query_stops_when_the_ticker_says_so)
{
    struct aid_store a = aid_store_new();
    struct orr_sql_result r;
    int ticks = 0;
    const struct orr_ticker ticker = {stop_at_once, &ticks};
    const char *endless = "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k) SELECT count(*) FROM k";
    ck_assert_int_eq(orr_store_sql(a.store, endless, 10, &ticker, &r, &err), ORR_ECANCELLED);
    ck_assert_int_eq(ticks, 1);
    r = query(a.store, "SELECT 1");
    orr_sql_result_free(&r);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_query_sees_what_the_open_transaction_appended)
{
    struct aid_store a = aid_store_new();
    aid_ok(orr_store_begin(a.store, &err), &err);
    aid_append(a.store, aid_run(a.store, "k", "one"), "x", 10, 0);
    struct orr_sql_result r =
        query(a.store, "SELECT sum(value), max(step) FROM point WHERE run = 'one' AND series = 'x'");
    ck_assert_str_eq(r.cells[0], "45");
    ck_assert_str_eq(r.cells[1], "9");
    orr_sql_result_free(&r);
    orr_store_rollback(a.store);
    r = query(a.store, "SELECT count(*) FROM point");
    ck_assert_str_eq(r.cells[0], "0");
    orr_sql_result_free(&r);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store_sql", the_view_point_gives_any_sqlite_program_exactly_the_points_of_the_store,
          the_fast_table_point_equals_the_view_in_the_file, a_query_returns_names_cells_kinds_and_says_when_it_was_cut,
          whatever_could_change_something_is_refused, a_wrong_query_is_an_error_that_names_the_place,
          a_query_stops_when_the_ticker_says_so, a_query_sees_what_the_open_transaction_appended)
