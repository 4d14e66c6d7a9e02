/* What a crash or a full disk leaves: whole transactions and a store that opens. */
#include "suite.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "aid_faults.h"
#include "aid_store.h"
#include "store/db.h"

enum { SERIES = 3, POINTS = 1500 };

static struct orr_error err;

/* One import: a run with its series in several appends, and a source that remembers it; all or nothing. */
static void import_one(struct orr_store *s, int k)
{
    char key[24], at[24];
    snprintf(key, sizeof key, "run-%d", k);
    snprintf(at, sizeof at, "%d", k + 1);
    if (orr_store_begin(s, &err) != ORR_OK) _exit(3);
    const int64_t run = aid_run(s, key, key);
    for (int i = 0; i < SERIES; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        for (int part = 0; part < 3; part++) aid_append(s, run, name, POINTS, k);
        aid_append(s, 1, name, 100, 0); /* and the first run grows */
    }
    if (orr_store_setting_put(s, "imported", at, &err) != ORR_OK) _exit(4);
    if (orr_store_commit(s, &err) != ORR_OK) _exit(5);
}

static int imported(struct orr_store *s)
{
    char *text;
    if (orr_store_setting(s, "imported", &text, &err) != ORR_OK) return 0;
    const int n = atoi(text);
    free(text);
    return n;
}

static void work_until_killed(const char *path, bool network)
{
    struct orr_store *s;
    if (orr_store_open_on(path, ORR_STORE_CREATE, network, &s, &err) != ORR_OK) {
        fprintf(stderr, "child: %s\n", err.message);
        _exit(2);
    }
    for (int k = imported(s);; k++) import_one(s, k);
}

/* Exactly the imports that were committed, each whole. */
static int check_whole(const struct aid_store *a, bool network)
{
    struct orr_store *s;
    struct orr_store_info info;
    struct orr_run_list l;
    aid_ok(orr_store_open_on(a->path, ORR_STORE_CREATE, network, &s, &err), &err);
    aid_ok(orr_store_info(s, true, &info, &err), &err);
    const int n = imported(s);
    aid_ok(orr_store_runs(s, &l, &err), &err);
    ck_assert_int_eq((int)l.n, n);
    for (size_t i = 0; i < l.n; i++) {
        const int64_t grown = i == 0 ? (int64_t)n * SERIES * 100 : 0;
        ck_assert_int_eq(l.runs[i].series_count, SERIES);
        ck_assert_int_eq(l.runs[i].point_count, SERIES * 3 * POINTS + grown);
    }
    orr_run_list_free(&l);
    orr_store_close(s);
    return n;
}

static void pause_for(double seconds)
{
    const struct timespec t = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&t, NULL);
}

/* How long creating a store and one import take here and now, in seconds. */
static double pace(bool network)
{
    struct aid_store a = aid_store_folder();
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    aid_ok(orr_store_open_on(a.path, ORR_STORE_CREATE, network, &a.store, &err), &err);
    import_one(a.store, 0);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    aid_store_end(&a);
    return (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) * 1e-9;
}

static void kill_rounds(bool network)
{
    const char *env = getenv("ORR_KILL_ROUNDS");
    const int rounds = env ? atoi(env) : 30;
    const double unit = pace(network);
    struct aid_store a = aid_store_folder();
    struct orr_rng r;
    orr_rng_seed(&r, 1, network);
    int n = 0, committed = 0;
    for (int round = 0; round < rounds; round++) {
        if (round % 5 == 4) { /* from nothing, killed early: while it is being created */
            aid_store_end(&a);
            a = aid_store_folder();
            n = 0;
        }
        const pid_t pid = fork();
        if (pid == 0) work_until_killed(a.path, network);
        pause_for(orr_rng_uniform(&r) * unit * (round % 5 == 4 ? 1.2 : 2));
        kill(pid, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFSIGNALED(status), "the importing child failed by itself with %d", WEXITSTATUS(status));
        const int now = check_whole(&a, network);
        ck_assert_int_ge(now, n);
        committed += now - n;
        n = now;
    }
    ck_assert_int_gt(committed, 0); /* else nothing was tried */
    aid_store_end(&a);
}

START_TEST(kill_9_during_imports_leaves_only_whole_transactions) { kill_rounds(false); }
END_TEST

START_TEST(kill_9_leaves_only_whole_transactions_with_a_rollback_journal_too) { kill_rounds(true); }
END_TEST

START_TEST(a_store_that_a_crash_left_can_be_opened_for_reading)
{
    for (int network = 0; network < 2; network++) {
        struct aid_store a = aid_store_folder();
        const pid_t pid = fork();
        if (pid == 0) {
            struct orr_store *s;
            if (orr_store_open_on(a.path, ORR_STORE_CREATE, network, &s, &err) != ORR_OK) _exit(2);
            import_one(s, 0);
            if (orr_store_begin(s, &err) != ORR_OK) _exit(3);
            for (int i = 0; i < 8; i++) aid_append(s, 1, "s0", 400000, 0); /* so much that pages reach the disk */
            kill(getpid(), SIGKILL);
        }
        int status;
        waitpid(pid, &status, 0);
        ck_assert(WIFSIGNALED(status));
        a.store = aid_store_open(&a, ORR_STORE_READ);
        struct orr_run_list l;
        aid_ok(orr_store_runs(a.store, &l, &err), &err);
        ck_assert(l.n == 1 && l.runs[0].point_count == SERIES * (3 * POINTS + 100));
        orr_run_list_free(&l);
        aid_store_end(&a);
    }
}
END_TEST

START_TEST(a_full_disk_undoes_the_transaction_and_the_store_lives_on)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    aid_append(a.store, run, "x", 100, 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, tight;
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = 2 << 20;
    setrlimit(RLIMIT_FSIZE, &tight);
    enum { N = 4096 };
    static int64_t step[N];
    static double value[N];
    for (int i = 0; i < N; i++) value[i] = 1.0 / (i + 1);
    aid_ok(orr_store_begin(a.store, &err), &err);
    enum orr_status status = ORR_OK;
    for (int i = 0; i < 1000 && status == ORR_OK; i++) {
        status = orr_store_append(a.store, run, "x", N, step, value, NULL, &err);
    }
    ck_assert_msg(status == ORR_EFULL, "%s: %s", orr_status_name(status), err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "full"));
    /* What follows in the same transaction must not slip in on its own. */
    ck_assert_int_eq(orr_store_append(a.store, run, "y", 10, step, value, NULL, NULL), ORR_EFULL);
    ck_assert_int_eq(orr_store_commit(a.store, &err), ORR_EFULL);
    setrlimit(RLIMIT_FSIZE, &old);

    struct orr_series_list l;
    aid_ok(orr_store_series(a.store, run, &l, &err), &err);
    ck_assert(l.n == 1 && l.series[0].n == 100);
    orr_series_list_free(&l);
    aid_append(a.store, run, "x", 10000, 0);
    struct orr_store_info info;
    aid_ok(orr_store_info(a.store, true, &info, &err), &err);
    ck_assert_int_eq(info.points, 10100);
    orr_store_close(a.store);
    a.store = aid_store_open(&a, ORR_STORE_READ);
    aid_store_end(&a);
}
END_TEST

/* Returns whether the import was committed; every failure must be one that a broken disk explains. */
static bool try_import(const struct aid_store *a, bool network)
{
    struct orr_store *s;
    enum orr_status status = orr_store_open_on(a->path, ORR_STORE_WRITE, network, &s, &err);
    if (status == ORR_OK) status = orr_store_begin(s, &err);
    const struct orr_run run = {.key = "k2", .name = "two", .started = NAN, .ended = NAN};
    int64_t id = 0;
    if (status == ORR_OK) status = orr_store_run_put(s, &run, &id, &err);
    static int64_t step[5000];
    static double value[5000];
    for (int i = 0; i < 5000; i++) value[i] = i / 3.0, step[i] = i * i;
    for (int i = 0; i < 3 && status == ORR_OK; i++) {
        status = orr_store_append(s, id, "y", 5000, step, value, NULL, &err);
    }
    if (status == ORR_OK) status = orr_store_append(s, 1, "x", 5000, step, value, NULL, &err);
    if (status == ORR_OK) status = orr_store_commit(s, &err);
    orr_store_close(s);
    ck_assert_msg(status == ORR_OK || status == ORR_EIO || status == ORR_EFULL, "%s: %s", orr_status_name(status),
                  err.message);
    return status == ORR_OK;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static void sweep_faults(bool network, int rc, bool for_good)
{
    struct aid_store a = aid_store_new();
    aid_append(a.store, aid_run(a.store, "k", "one"), "x", 100, 0);
    orr_store_close(a.store);
    size_t n;
    unsigned char *bytes = aid_slurp(a.path, &n);
    bool survived = false;
    int nth = 1;
    for (; !survived; nth += 1 + nth / 12) {
        write_file(a.path, bytes, n);
        aid_faults_arm(nth, rc, for_good);
        const bool committed = try_import(&a, network);
        survived = !aid_faults_met();
        aid_faults_arm(0, 0, false);
        struct orr_store_info info;
        a.store = aid_store_open(&a, ORR_STORE_READ);
        aid_ok(orr_store_info(a.store, true, &info, &err), &err);
        ck_assert_int_eq(info.runs, committed ? 2 : 1);
        ck_assert_int_eq(info.points, committed ? 20100 : 100);
        if (survived) ck_assert(committed);
        orr_store_close(a.store);
        a.store = NULL;
    }
    ck_assert_int_gt(nth, 20);
    free(bytes);
    aid_store_end(&a);
}

START_TEST(whichever_write_fails_the_store_holds_the_old_state_or_the_new_one)
{
    aid_faults_install();
    for (int network = 0; network < 2; network++) {
        sweep_faults(network, SQLITE_IOERR_WRITE, false);
        sweep_faults(network, SQLITE_IOERR_FSYNC, true);
        sweep_faults(network, SQLITE_FULL, true);
    }
    aid_faults_remove();
}
END_TEST

START_TEST(a_refused_argument_leaves_the_transaction_alive)
{
    struct aid_store a = aid_store_new();
    const double value = 1;
    const int64_t step = 1;
    aid_ok(orr_store_begin(a.store, &err), &err);
    const int64_t run = aid_run(a.store, "k", "one");
    aid_append(a.store, run, "x", 10, 0);
    ck_assert_int_eq(orr_store_append(a.store, 99, "x", 1, &step, &value, NULL, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_run_pin(a.store, 99, true, &err), ORR_ENOTFOUND);
    aid_append(a.store, run, "x", 10, 0);
    aid_ok(orr_store_commit(a.store, &err), &err);
    struct orr_series x;
    aid_ok(orr_store_series_find(a.store, run, "x", &x, &err), &err);
    ck_assert_int_eq(x.n, 20);
    aid_store_end(&a);
}
END_TEST

START_TEST(closing_or_rolling_back_forgets_what_was_not_committed)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    for (int closing = 0; closing < 2; closing++) {
        aid_ok(orr_store_begin(a.store, &err), &err);
        aid_append(a.store, run, "x", 5000, 0);
        struct orr_series x;
        aid_ok(orr_store_series_find(a.store, run, "x", &x, &err), &err);
        ck_assert_int_eq(x.n, 5000);
        if (closing) {
            orr_store_close(a.store);
            a.store = aid_store_open(&a, ORR_STORE_WRITE);
        } else {
            orr_store_rollback(a.store);
        }
        ck_assert_int_eq(orr_store_series_find(a.store, run, "x", &x, &err), ORR_ENOTFOUND);
    }
    orr_store_rollback(a.store); /* outside a transaction: nothing */
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store_crash", kill_9_during_imports_leaves_only_whole_transactions,
          kill_9_leaves_only_whole_transactions_with_a_rollback_journal_too,
          a_store_that_a_crash_left_can_be_opened_for_reading,
          a_full_disk_undoes_the_transaction_and_the_store_lives_on,
          whichever_write_fails_the_store_holds_the_old_state_or_the_new_one,
          a_refused_argument_leaves_the_transaction_alive, closing_or_rolling_back_forgets_what_was_not_committed)
