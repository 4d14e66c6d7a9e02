#include "suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <orrery/corpus.h>
#include <orrery/rng.h>

#include "aid_store.h"
#include "store/db.h"

static struct orr_error err;

/* ---- a failed open changes nothing ---- */

static int files_in(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

/* Opens a->path in every mode; each must fail with `status`, say `say`, and leave the folder as it was. */
static void check_refused(const struct aid_store *a, enum orr_status status, const char *say)
{
    for (int mode = ORR_STORE_READ; mode <= ORR_STORE_CREATE; mode++) {
        size_t n, m;
        const int files = files_in(a->folder);
        unsigned char *before = aid_slurp(a->path, &n);
        struct orr_store *s;
        const enum orr_status got = orr_store_open(a->path, (enum orr_store_mode)mode, &s, &err);
        ck_assert_msg(got == status, "mode %d: %s: %s", mode, orr_status_name(got), err.message);
        ck_assert_ptr_null(s);
        ck_assert_str_eq(err.where, a->path);
        ck_assert_msg(strstr(err.message, say), "%s", err.message);
        unsigned char *after = aid_slurp(a->path, &m);
        ck_assert(n == m && (n == 0 || memcmp(before, after, n) == 0));
        ck_assert_int_eq(files_in(a->folder), files);
        free(before);
        free(after);
    }
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void raw(const char *path, const char *sql)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* A closed store with a run and points in it. */
static struct aid_store filled(void)
{
    struct aid_store a = aid_store_new();
    aid_append(a.store, aid_run(a.store, "k", "one"), "x", 5000, 0);
    orr_store_close(a.store);
    a.store = NULL;
    return a;
}

START_TEST(a_store_that_is_not_there_is_not_found_unless_it_is_to_be_created)
{
    struct aid_store a = aid_store_folder();
    struct orr_store *s;
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_READ, &s, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_WRITE, &s, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(files_in(a.folder), 2);
    snprintf(a.path, sizeof a.path, "%s/new/deep/s.db", a.folder);
    a.store = aid_store_open(&a, ORR_STORE_CREATE);
    aid_run(a.store, "k", "one");
    ck_assert_int_eq(orr_store_open("", ORR_STORE_CREATE, &s, &err), ORR_EINVAL);
    aid_store_end(&a);
}
END_TEST

START_TEST(names_that_mean_something_to_sqlite_are_only_paths)
{
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "a?b#c%41.db"};
    struct aid_store a = aid_store_folder();
    ck_assert_int_eq(chdir(a.folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct orr_store *s;
        aid_ok(orr_store_open(names[i], ORR_STORE_CREATE, &s, &err), &err);
        aid_run(s, "k", "one");
        orr_store_close(s);
        ck_assert_msg(access(names[i], F_OK) == 0, "%s", names[i]);
    }
    ck_assert_int_eq(chdir("/"), 0);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_folder_and_a_fifo_are_refused)
{
    struct aid_store a = aid_store_folder();
    ck_assert_int_eq(mkdir(a.path, 0700), 0);
    check_refused(&a, ORR_EFORMAT, "folder");
    ck_assert_int_eq(rmdir(a.path), 0);
    ck_assert_int_eq(mkfifo(a.path, 0600), 0);
    struct orr_store *s;
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_WRITE, &s, &err), ORR_EFORMAT);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused)
{
    struct aid_store a = aid_store_folder();
    static char text[5000];
    memset(text, 'x', sizeof text);
    write_file(a.path, text, sizeof text);
    check_refused(&a, ORR_EFORMAT, "not a SQLite database");
    write_file(a.path, text, 5);
    check_refused(&a, ORR_EFORMAT, "not a SQLite database");
    aid_store_end(&a);
}
END_TEST

START_TEST(the_database_of_another_program_is_refused)
{
    static const char *const journals[] = {"DELETE", "WAL"};
    for (int i = 0; i < 2; i++) {
        struct aid_store a = aid_store_folder();
        char sql[128];
        snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; CREATE TABLE run(id); INSERT INTO run VALUES(1)",
                 journals[i]);
        raw(a.path, sql);
        check_refused(&a, ORR_EFORMAT, "another program");
        raw(a.path, "PRAGMA application_id=1234");
        check_refused(&a, ORR_EFORMAT, "1234");
        aid_store_end(&a);
    }
}
END_TEST

START_TEST(a_store_of_a_newer_orrery_is_refused)
{
    struct aid_store a = filled();
    raw(a.path, "PRAGMA user_version=99");
    check_refused(&a, ORR_EVERSION, "99");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_store_of_an_older_orrery_is_brought_up_to_date_by_whoever_opens_it)
{
    struct aid_store a = filled();
    const char *const older = "DROP TABLE corpus_question; DROP TABLE corpus_table; DROP TABLE corpus;"
                              "DROP TABLE pool_tokens; DROP TABLE pool_candidate; DROP TABLE pool;"
                              "PRAGMA user_version=1";
    raw(a.path, older);
    a.store = aid_store_open(&a, ORR_STORE_READ);
    struct orr_corpus_list none;
    ck_assert_int_eq(orr_store_corpora(a.store, &none, NULL), ORR_OK);
    ck_assert_uint_eq(none.n, 0);
    orr_corpus_list_free(&none);
    orr_store_close(a.store);
    a.store = NULL;
    aid_store_end(&a);
}
END_TEST

START_TEST(a_newer_version_that_only_the_wal_knows_of_is_refused_too)
{
    struct aid_store a = filled();
    sqlite3 *db; /* kept open, so that the WAL stays */
    ck_assert_int_eq(sqlite3_open(a.path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
    check_refused(&a, ORR_EVERSION, "99");
    /* And as a crash leaves it: nobody has it open, and closing it must not fold the WAL in. */
    struct aid_store crashed = aid_store_folder();
    static const char *const ends[] = {"", "-wal"};
    for (int i = 0; i < 2; i++) {
        char from[128], to[128];
        size_t n;
        snprintf(from, sizeof from, "%s%s", a.path, ends[i]);
        snprintf(to, sizeof to, "%s%s", crashed.path, ends[i]);
        unsigned char *bytes = aid_slurp(from, &n);
        ck_assert_uint_gt(n, 0);
        write_file(to, bytes, n);
        free(bytes);
    }
    sqlite3_close(db);
    size_t n, m;
    struct orr_store *s;
    unsigned char *before = aid_slurp(crashed.path, &n);
    ck_assert_int_eq(orr_store_open(crashed.path, ORR_STORE_WRITE, &s, &err), ORR_EVERSION);
    unsigned char *after = aid_slurp(crashed.path, &m);
    ck_assert(n == m && memcmp(before, after, n) == 0);
    free(before);
    free(after);
    aid_store_end(&crashed);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_damaged_store_is_refused)
{
    struct aid_store a = filled();
    size_t n;
    unsigned char *bytes = aid_slurp(a.path, &n);
    ck_assert_uint_gt(n, 3 * 8192);
    write_file(a.path, bytes, n / 2 / 8192 * 8192);
    check_refused(&a, ORR_EFORMAT, "damaged");
    write_file(a.path, bytes, 100);
    check_refused(&a, ORR_EFORMAT, "damaged");
    memset(bytes + 100, 0xA5, 8092); /* the page of the schema */
    write_file(a.path, bytes, n);
    check_refused(&a, ORR_EFORMAT, "damaged");
    free(bytes);
    aid_store_end(&a);

    a = filled();
    raw(a.path, "DROP TABLE tag");
    check_refused(&a, ORR_EFORMAT, "damaged");
    aid_store_end(&a);
}
END_TEST

START_TEST(damage_inside_is_found_by_the_check_and_by_reading)
{
    struct aid_store a = filled();
    raw(a.path, "UPDATE chunk_data SET data = substr(data, 2) WHERE seq = 1");
    a.store = aid_store_open(&a, ORR_STORE_READ);
    double v[10];
    size_t got;
    struct orr_series x;
    aid_ok(orr_store_series_find(a.store, 1, "x", &x, &err), &err);
    aid_ok(orr_store_points(a.store, x.id, 0, 10, NULL, v, NULL, &got, &err), &err);
    ck_assert_int_eq(orr_store_points(a.store, x.id, 4200, 10, NULL, v, NULL, &got, &err), ORR_EFORMAT);
    struct orr_sql_result r;
    ck_assert_int_eq(orr_store_sql(a.store, "SELECT sum(value) FROM point", 1, NULL, &r, &err), ORR_EFORMAT);
    struct orr_store_info info;
    aid_ok(orr_store_info(a.store, false, &info, &err), &err);
    orr_store_close(a.store);
    raw(a.path, "DELETE FROM chunk WHERE seq = 1");
    a.store = aid_store_open(&a, ORR_STORE_READ);
    ck_assert_int_eq(orr_store_info(a.store, true, &info, &err), ORR_EFORMAT);
    aid_store_end(&a);
}
END_TEST

/* Calls everything that reads; only what comes back as ORR_OK is used further. */
static void read_everything(struct orr_store *s)
{
    struct orr_run_list runs;
    struct orr_store_info info;
    struct orr_name_list names;
    struct orr_sql_result r;
    static double value[6000], wall[6000];
    static int64_t step[6000];
    if (orr_store_info(s, true, &info, &err) == ORR_OK) ck_assert_int_eq(info.version, 3);
    if (orr_store_series_names(s, &names, &err) == ORR_OK) orr_name_list_free(&names);
    if (orr_store_sql(s, "SELECT sum(value), max(wall) FROM point", 5, NULL, &r, &err) == ORR_OK)
        orr_sql_result_free(&r);
    if (orr_store_runs(s, &runs, &err) != ORR_OK) return;
    for (size_t i = 0; i < runs.n && i < 5; i++) {
        const int64_t run = runs.runs[i].id;
        struct orr_series_list l;
        struct orr_snapshot_list w;
        struct orr_config_list c;
        if (orr_store_config(s, run, &c, &err) == ORR_OK) orr_config_list_free(&c);
        if (orr_store_snapshots(s, run, &w, &err) == ORR_OK) {
            for (size_t k = 0; k < w.n; k++) {
                ck_assert_uint_le(w.items[k].n, 1 << 20);
                float x[8];
                orr_store_snapshot_read(s, run, w.items[k].step, w.items[k].tensor, 0,
                                        w.items[k].n < 8 ? w.items[k].n : 8, x, &err);
            }
            orr_snapshot_list_free(&w);
        }
        if (orr_store_series(s, run, &l, &err) != ORR_OK) continue;
        for (size_t k = 0; k < l.n && k < 5; k++) {
            size_t got;
            struct orr_chunk_list chunks;
            orr_store_points(s, l.series[k].id, 0, 6000, step, value, wall, &got, &err);
            if (orr_store_chunks(s, l.series[k].id, &chunks, &err) == ORR_OK) orr_chunk_list_free(&chunks);
        }
        orr_series_list_free(&l);
    }
    orr_run_list_free(&runs);
}

START_TEST(a_store_with_flipped_bytes_is_refused_or_read_without_harm)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one"), shape = 500;
    static float w[500];
    const struct orr_config_value v = {.is_number = true, .number = 1, .text = "1"};
    aid_append(a.store, run, "x", 5000, 0);
    aid_append(a.store, run, "y", 20, 0.1);
    aid_ok(orr_store_config_put(a.store, run, "lr", &v, &err), &err);
    aid_ok(orr_store_snapshot_put(a.store, run, 1, "w", &shape, 1, w, 500, &err), &err);
    orr_store_close(a.store);
    a.store = NULL;
    size_t n;
    unsigned char *bytes = aid_slurp(a.path, &n), *bad = malloc(n);
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    int refused = 0, opened = 0;
    for (int round = 0; round < 150; round++) {
        memcpy(bad, bytes, n);
        const uint64_t flips = 1 + orr_rng_below(&r, 40);
        /* Half of the rounds only in the schema, the headers and the small tables. */
        const uint64_t within = round % 2 ? n : n < 16384 ? n : 16384;
        for (uint64_t k = 0; k < flips; k++) bad[orr_rng_below(&r, within)] = (unsigned char)orr_rng_u64(&r);
        write_file(a.path, bad, n);
        struct orr_store *s;
        if (orr_store_open(a.path, ORR_STORE_READ, &s, &err) == ORR_OK) {
            opened++;
            read_everything(s);
            orr_store_close(s);
        } else {
            refused++;
            ck_assert_uint_gt(strlen(err.message), 0);
        }
    }
    ck_assert_int_gt(opened, 0);
    ck_assert_int_gt(refused, 0);
    free(bytes);
    free(bad);
    aid_store_end(&a);
}
END_TEST

START_TEST(an_empty_file_becomes_a_store_only_when_one_is_to_be_created)
{
    struct aid_store a = aid_store_folder();
    struct orr_store *s;
    write_file(a.path, "", 0);
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_READ, &s, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_WRITE, &s, &err), ORR_EFORMAT);
    size_t n;
    free(aid_slurp(a.path, &n));
    ck_assert_uint_eq(n, 0);
    a.store = aid_store_open(&a, ORR_STORE_CREATE);
    aid_store_end(&a);
}
END_TEST

/* ---- locks ---- */

START_TEST(a_locked_store_is_busy_and_says_so)
{
    struct aid_store a = filled();
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(a.path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE run SET notes='x'", NULL, NULL, NULL),
        SQLITE_OK);
    struct orr_store *s;
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_READ, &s, &err), ORR_EBUSY);
    ck_assert_ptr_nonnull(strstr(err.message, "locked"));
    sqlite3_close(db);
    a.store = aid_store_open(&a, ORR_STORE_WRITE);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_second_writer_waits_and_then_is_told_that_the_store_is_busy)
{
    struct aid_store a = aid_store_new();
    struct orr_store *other = aid_store_open(&a, ORR_STORE_WRITE);
    sqlite3_busy_timeout(other->db, 20);
    aid_ok(orr_store_begin(a.store, &err), &err);
    const struct orr_run run = {.key = "k", .started = NAN, .ended = NAN};
    ck_assert_int_eq(orr_store_run_put(other, &run, NULL, &err), ORR_EBUSY);
    ck_assert_int_eq(orr_store_begin(other, &err), ORR_EBUSY);
    ck_assert_int_eq(orr_store_commit(other, &err), ORR_EINVAL);
    aid_ok(orr_store_commit(a.store, &err), &err);
    aid_ok(orr_store_begin(other, &err), &err);
    ck_assert_int_eq(orr_store_begin(other, &err), ORR_EINVAL);
    orr_store_close(other);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_reader_sees_the_old_state_until_the_writer_commits)
{
    struct aid_store a = aid_store_new();
    struct orr_store *reader = aid_store_open(&a, ORR_STORE_READ);
    struct orr_run_list l;
    aid_ok(orr_store_begin(a.store, &err), &err);
    aid_append(a.store, aid_run(a.store, "k", "one"), "x", 10000, 0);
    aid_ok(orr_store_runs(reader, &l, &err), &err);
    ck_assert_uint_eq(l.n, 0);
    orr_run_list_free(&l);
    aid_ok(orr_store_commit(a.store, &err), &err);
    aid_ok(orr_store_runs(reader, &l, &err), &err);
    ck_assert(l.n == 1 && l.runs[0].point_count == 10000);
    orr_run_list_free(&l);
    orr_store_close(reader);
    aid_store_end(&a);
}
END_TEST

struct reading {
    const struct aid_store *a;
    atomic_bool *over;
    const char *failure; /* NULL: all was well */
};

/* Whatever moment it reads, it meets whole transactions: 100 points per run. */
static void *read_on(void *ctx)
{
    struct reading *r = ctx;
    struct orr_error mine;
    struct orr_store *s;
    if (orr_store_open(r->a->path, ORR_STORE_READ, &s, &mine) != ORR_OK) return r->failure = "open", NULL;
    size_t seen = 0;
    while (!r->failure && !atomic_load(r->over)) {
        struct orr_run_list l;
        if (orr_store_runs(s, &l, &mine) != ORR_OK) {
            r->failure = "runs";
            break;
        }
        if (l.n < seen) r->failure = "a run went away";
        seen = l.n;
        for (size_t i = 0; i < l.n; i++) {
            if (l.runs[i].point_count != 100) r->failure = "half a transaction";
        }
        orr_run_list_free(&l);
    }
    orr_store_close(s);
    return NULL;
}

START_TEST(threads_with_a_handle_each_read_while_one_writes)
{
    enum { THREADS = 3, RUNS = 60 };
    struct aid_store a = aid_store_new();
    atomic_bool over = false;
    struct reading r[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        r[i] = (struct reading){&a, &over, NULL};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on, &r[i]), 0);
    }
    for (int k = 0; k < RUNS; k++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", k);
        aid_ok(orr_store_begin(a.store, &err), &err);
        aid_append(a.store, aid_run(a.store, key, key), "x", 100, 0);
        aid_ok(orr_store_commit(a.store, &err), &err);
    }
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(!r[i].failure, "%s", r[i].failure);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(a_handle_for_reading_refuses_to_write)
{
    struct aid_store a = filled();
    a.store = aid_store_open(&a, ORR_STORE_READ);
    const struct orr_run run = {.key = "k2", .started = NAN, .ended = NAN};
    ck_assert_int_eq(orr_store_run_put(a.store, &run, NULL, &err), ORR_EREADONLY);
    ck_assert_int_eq(orr_store_begin(a.store, &err), ORR_EREADONLY);
    ck_assert_int_eq(orr_store_setting_put(a.store, "a", "b", &err), ORR_EREADONLY);
    aid_store_end(&a);
}
END_TEST

/* ---- permissions: root may do everything, so become somebody else ---- */

static void become_nobody(const struct aid_store *a)
{
    ck_assert_int_eq(chmod(a->folder, 0755), 0);
    if (geteuid() != 0) return;
    ck_assert_int_eq(chown(a->folder, 65534, 65534), 0);
    ck_assert_int_eq(chown(a->path, 65534, 65534), 0);
    ck_assert_int_eq(seteuid(65534), 0);
}

static void become_myself_again(void) { ck_assert_int_eq(seteuid(getuid()), 0); }

START_TEST(a_store_in_a_read_only_folder_can_be_read_and_not_written)
{
    struct aid_store a = filled();
    become_nobody(&a);
    for (int file_too = 0; file_too < 2; file_too++) {
        ck_assert_int_eq(chmod(a.path, file_too ? 0444 : 0644), 0);
        ck_assert_int_eq(chmod(a.folder, 0555), 0);
        a.store = aid_store_open(&a, ORR_STORE_READ);
        struct orr_run_list l;
        aid_ok(orr_store_runs(a.store, &l, &err), &err);
        ck_assert(l.n == 1 && l.runs[0].point_count == 5000);
        orr_run_list_free(&l);
        struct orr_sql_result r;
        aid_ok(orr_store_sql(a.store, "SELECT count(*) FROM point", 1, NULL, &r, &err), &err);
        ck_assert_str_eq(r.cells[0], "5000");
        orr_sql_result_free(&r);
        ck_assert_int_ge(orr_store_change_counter(a.store), 0);
        orr_store_close(a.store);
        ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_WRITE, &a.store, &err), ORR_EREADONLY);
        ck_assert_int_eq(files_in(a.folder), 3);
    }
    chmod(a.folder, 0755);
    become_myself_again();
    aid_store_end(&a);
}
END_TEST

START_TEST(a_store_that_may_not_be_read_is_an_error_of_permissions)
{
    struct aid_store a = filled();
    become_nobody(&a);
    ck_assert_int_eq(chmod(a.path, 0), 0);
    struct orr_store *s;
    for (int mode = ORR_STORE_READ; mode <= ORR_STORE_CREATE; mode++) {
        ck_assert_int_eq(orr_store_open(a.path, (enum orr_store_mode)mode, &s, &err), ORR_EIO);
        ck_assert_ptr_nonnull(strstr(err.message, "ermission"));
    }
    ck_assert_int_eq(chmod(a.folder, 0555), 0);
    snprintf(a.path, sizeof a.path, "%s/new.db", a.folder);
    ck_assert_int_eq(orr_store_open(a.path, ORR_STORE_CREATE, &s, &err), ORR_EIO);
    chmod(a.folder, 0755);
    become_myself_again();
    aid_store_end(&a);
}
END_TEST

/* ---- journals ---- */

START_TEST(on_a_network_file_system_there_is_no_wal)
{
    struct aid_store a = aid_store_folder();
    struct orr_store_info info;
    static const char *const modes[] = {"wal", "delete"};
    for (int round = 0; round < 4; round++) {
        const bool network = round % 2 == 1;
        aid_ok(orr_store_open_on(a.path, ORR_STORE_CREATE, network, &a.store, &err), &err);
        char key[16];
        snprintf(key, sizeof key, "k%d", round);
        aid_append(a.store, aid_run(a.store, key, key), "x", 5000, 0);
        aid_ok(orr_store_info(a.store, true, &info, &err), &err);
        ck_assert_str_eq(info.journal_mode, modes[network]);
        ck_assert(info.network == network && info.runs == round + 1);
        orr_store_close(a.store);
        a.store = NULL;
        ck_assert_int_eq(files_in(a.folder), 3);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(reading_leaves_no_files_behind)
{
    struct aid_store a = filled();
    a.store = aid_store_open(&a, ORR_STORE_READ);
    orr_store_close(a.store);
    a.store = NULL;
    ck_assert_int_eq(files_in(a.folder), 3);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store_open", a_store_that_is_not_there_is_not_found_unless_it_is_to_be_created,
          names_that_mean_something_to_sqlite_are_only_paths, a_folder_and_a_fifo_are_refused,
          a_file_that_is_no_database_is_refused, the_database_of_another_program_is_refused,
          a_store_of_a_newer_orrery_is_refused, a_store_of_an_older_orrery_is_brought_up_to_date_by_whoever_opens_it,
          a_newer_version_that_only_the_wal_knows_of_is_refused_too,
          a_damaged_store_is_refused, damage_inside_is_found_by_the_check_and_by_reading,
          a_store_with_flipped_bytes_is_refused_or_read_without_harm,
          an_empty_file_becomes_a_store_only_when_one_is_to_be_created, a_locked_store_is_busy_and_says_so,
          a_second_writer_waits_and_then_is_told_that_the_store_is_busy,
          a_reader_sees_the_old_state_until_the_writer_commits, threads_with_a_handle_each_read_while_one_writes,
          a_handle_for_reading_refuses_to_write, a_store_in_a_read_only_folder_can_be_read_and_not_written,
          a_store_that_may_not_be_read_is_an_error_of_permissions, on_a_network_file_system_there_is_no_wal,
          reading_leaves_no_files_behind)
