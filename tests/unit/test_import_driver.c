/* What app/import promises: the same again adds nothing, growth adds the rest, a rewrite replaces, one bad file stops
 * nothing, and a kill at any moment leaves whole transactions from which the next import goes on. */
#include "suite.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include <orrery/rng.h>

#include "aid_store.h"
#include "app/import.h"
#include "base/clock.h"

static struct aid_store a;
static struct orr_app app;
static struct orr_error err;

static void setup(void)
{
    a = aid_store_new();
    app = (struct orr_app){.store = a.store, .store_path = a.path};
}

/* Writes (or appends to) a.folder/name with a time of change of its own, so that a test need not wait. */
static const char *put(const char *name, const char *text, bool append)
{
    static char path[256];
    static time_t clock = 1700000000;
    snprintf(path, sizeof path, "%s/%s", a.folder, name);
    for (char *p = path + strlen(a.folder) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        mkdir(path, 0700);
    }
    FILE *f = fopen(path, append ? "a" : "w");
    ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    const struct utimbuf t = {clock, clock};
    utime(path, &t);
    clock++;
    return path;
}

static struct orr_import_result import_of(const char *source, struct orr_import_options o)
{
    struct orr_import_result r;
    const enum orr_status s = orr_app_import(&app, &source, 1, &o, NULL, &r, &err);
    ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message);
    return r;
}

/* Imports a.folder/logs and returns how many points came. */
static uint64_t import_logs(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    struct orr_import_result r = import_of(path, (struct orr_import_options){0});
    const uint64_t points = r.total.points;
    orr_import_result_free(&r);
    return points;
}

/* "step:value ..." of a series of the run called `name`. */
static void expect(const char *run, const char *series, const char *points)
{
    struct orr_series x;
    int64_t id, step[64];
    double value[64];
    size_t n = 0;
    struct orr_str got = {0};
    aid_ok(orr_store_run_find(a.store, run, &id, &err), &err);
    aid_ok(orr_store_series_find(a.store, id, series, &x, &err), &err);
    aid_ok(orr_store_points(a.store, x.id, 0, 64, step, value, NULL, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        orr_str_printf(&got, "%s%lld:", i ? " " : "", (long long)step[i]);
        orr_str_append_double(&got, value[i]);
    }
    ck_assert_str_eq(orr_str_c(&got), points);
    orr_str_free(&got);
}

static size_t count_runs(void)
{
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    const size_t n = l.n;
    orr_run_list_free(&l);
    return n;
}

START_TEST(importing_twice_changes_nothing_from_wherever_it_is_named)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n2,0.25\n", false);
    put("logs/b/log.jsonl", "{\"step\": 1, \"x\": 2}\n", false);
    ck_assert_uint_eq(import_logs(), 3);
    const int64_t before = orr_store_change_counter(a.store);
    ck_assert_uint_eq(import_logs(), 0);
    char roundabout[128];
    snprintf(roundabout, sizeof roundabout, "%s/logs/../logs/a", a.folder);
    struct orr_import_result r = import_of(roundabout, (struct orr_import_options){0});
    ck_assert_uint_eq(r.total.unchanged, 1);
    ck_assert_uint_eq(r.total.points, 0);
    orr_import_result_free(&r);
    ck_assert_int_eq(orr_store_change_counter(a.store), before);
    ck_assert_uint_eq(count_runs(), 2);
    expect("a", "loss", "1:0.5 2:0.25");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_grown_file_adds_only_what_is_new)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    ck_assert_uint_eq(import_logs(), 1);
    put("logs/a/metrics.csv", "2,0.25\n3,0.125\n", true);
    ck_assert_uint_eq(import_logs(), 2);
    expect("a", "loss", "1:0.5 2:0.25 3:0.125");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_last_line_without_newline_is_taken_once_even_when_the_file_grows_on)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n2,0.2", false);
    ck_assert_uint_eq(import_logs(), 2);
    ck_assert_uint_eq(import_logs(), 0);
    put("logs/a/metrics.csv", "5\n3,0.125\n", true);
    import_logs();
    expect("a", "loss", "1:0.5 2:0.25 3:0.125");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_rewritten_or_truncated_file_replaces_its_points)
{
    setup();
    put("logs/a/metrics.csv", "step,loss,old\n1,0.5,1\n2,0.25,1\n", false);
    import_logs();
    put("logs/a/metrics.csv", "step,loss,acc\n1,7,1\n2,8,1\n3,9,1\n", false);
    import_logs();
    expect("a", "loss", "1:7 2:8 3:9");
    expect("a", "old", "");
    put("logs/a/metrics.csv", "step,loss,acc\n1,7,1\n", false);
    import_logs();
    expect("a", "loss", "1:7");
    ck_assert_uint_eq(count_runs(), 1);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_restarted_log_that_is_seen_while_it_has_only_its_header_is_not_mixed_with_the_old_one)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n2,0.25\n", false);
    import_logs();
    put("logs/a/metrics.csv", "step,loss\n", false);
    import_logs();
    put("logs/a/metrics.csv", "1,9\n", true);
    import_logs();
    expect("a", "loss", "1:9");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_large_file_that_fails_late_neither_doubles_itself_nor_the_files_before_it)
{
    setup();
    struct orr_str text = {0};
    orr_str_append(&text, "step,loss\n");
    for (int i = 0; i < 1000; i++) orr_str_printf(&text, "%d,%d\n", i, i);
    orr_str_append(&text, "1000,\"never closed\n");
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    put("logs/b/metrics.csv", text.data, false);
    orr_str_free(&text);
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    for (int i = 0; i < 3; i++) {
        int64_t id;
        struct orr_series loss;
        struct orr_import_result r = import_of(path, (struct orr_import_options){.commit_bytes = 2000});
        ck_assert_uint_eq(r.total.failed, 1);
        ck_assert_uint_eq(r.total.files, i == 0);
        orr_import_result_free(&r);
        expect("a", "loss", "1:0.5");
        aid_ok(orr_store_run_find(a.store, "b", &id, &err), &err);
        aid_ok(orr_store_series_find(a.store, id, "loss", &loss, &err), &err);
        ck_assert_int_gt(loss.n, 500);
        ck_assert_int_eq(loss.last_step, loss.n - 1);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(again_imports_unchanged_files_without_doubling_them)
{
    setup();
    const char *path = put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    import_logs();
    struct orr_import_result r = import_of(path, (struct orr_import_options){.again = true});
    ck_assert_uint_eq(r.total.points, 1);
    orr_import_result_free(&r);
    expect("a", "loss", "1:0.5");
    aid_store_end(&a);
}
END_TEST

START_TEST(one_bad_file_stops_nothing_and_leaves_nothing)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    put("logs/b/metrics.csv", "step,loss\n1,0.5\n2,\"never closed\n", false);
    put("logs/c/metrics.csv", "step,loss\n1,0.75\n", false);
    put("logs/notes.csv", "word,other\nx,y\n", false);
    put("logs/picture.png", "not a picture", false);
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    struct orr_import_result r = import_of(path, (struct orr_import_options){0});
    ck_assert(r.partial);
    ck_assert_uint_eq(r.total.failed, 1);
    ck_assert_uint_eq(r.total.files, 2);
    ck_assert_uint_eq(r.total.points, 2);
    ck_assert_uint_eq(r.skipped, 2);
    bool named = false;
    for (size_t i = 0; i < r.n_notes; i++)
        named |= r.notes[i].kind == ORR_IMPORT_FAILED && strstr(r.notes[i].where, "/b/metrics.csv:3");
    ck_assert(named);
    orr_import_result_free(&r);
    expect("a", "loss", "1:0.5");
    expect("c", "loss", "1:0.75");
    ck_assert_uint_eq(count_runs(), 2);
    put("logs/b/metrics.csv", "step,loss\n1,0.5\n2,0.1\n", false);
    ck_assert_uint_eq(import_logs(), 2);
    aid_store_end(&a);
}
END_TEST

START_TEST(symlink_loops_hidden_and_empty_folders_are_no_trouble)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    put("logs/.hidden/metrics.csv", "step,loss\n1,0.5\n", false);
    char folder[128], link[160];
    snprintf(folder, sizeof folder, "%s/logs", a.folder);
    snprintf(link, sizeof link, "%s/a/loop", folder);
    ck_assert_int_eq(symlink(folder, link), 0);
    snprintf(link, sizeof link, "%s/nowhere", folder);
    ck_assert_int_eq(symlink("/does/not/exist", link), 0);
    snprintf(link, sizeof link, "%s/self", folder);
    ck_assert_int_eq(symlink("self", link), 0);
    snprintf(link, sizeof link, "%s/empty", folder);
    ck_assert_int_eq(mkdir(link, 0700), 0);
    ck_assert_uint_eq(import_logs(), 1);
    ck_assert_uint_eq(count_runs(), 1);
    struct orr_import_result r = import_of(link, (struct orr_import_options){0});
    ck_assert_uint_eq(r.total.files, 0);
    orr_import_result_free(&r);
    aid_store_end(&a);
}
END_TEST

START_TEST(what_is_not_there_is_an_error_that_names_it)
{
    setup();
    struct orr_import_result r;
    const struct orr_import_options o = {0};
    const char *sources[] = {"/does/not/exist", a.folder};
    ck_assert_int_eq(orr_app_import(&app, sources, 1, &o, NULL, &r, &err), ORR_ENOTFOUND);
    ck_assert_str_eq(err.where, "/does/not/exist");
    orr_import_result_free(&r);
    ck_assert_int_eq(orr_app_import(&app, sources, 2, &o, NULL, &r, &err), ORR_OK);
    ck_assert(r.partial);
    orr_import_result_free(&r);
    aid_store_end(&a);
}
END_TEST

START_TEST(names_are_the_shortest_that_tell_runs_apart)
{
    setup();
    put("logs/exp1/version_0/metrics.csv", "step,x\n1,1\n", false);
    put("logs/exp1/version_1/metrics.csv", "step,x\n1,1\n", false);
    put("logs/exp2/version_0/metrics.csv", "step,x\n1,1\n", false);
    put("logs/sweep/run-007/metrics.csv", "step,x\n1,1\n", false);
    put("logs/wide/baseline.csv", "step,x\n1,1\n", false);
    put("logs/both/metrics.csv", "step,x\n1,1\n", false);
    put("logs/both/log.jsonl", "{\"step\": 1, \"x\": 1}\n", false);
    import_logs();
    static const char *const names[] = {"exp1/version_0", "exp1/version_1", "exp2/version_0", "run-007", "baseline",
                                        "both (csv)", "both (jsonl)"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) expect(names[i], "x", "1:1");
    aid_store_end(&a);
}
END_TEST

START_TEST(standard_input_is_one_run_per_content)
{
    setup();
    const char *path = put("in.txt", "loss,acc\n3,0.5\n2,0.75\n", false);
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(path, "r");
        const struct orr_import_options o = {.stdin_fd = fileno(f), .format = i ? "csv" : NULL};
        struct orr_import_result r = import_of("-", o);
        ck_assert_uint_eq(r.total.points, 4);
        orr_import_result_free(&r);
        fclose(f);
    }
    ck_assert_uint_eq(count_runs(), 1);
    expect("stdin", "loss", "0:3 1:2");
    aid_store_end(&a);
}
END_TEST

/* ---- cancel ---- */

static bool stop_at_once(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return ++*(int *)ctx < 3;
}

START_TEST(a_cancelled_import_leaves_whole_files_only)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    const char *source = path;
    int calls = 0;
    const struct orr_ticker t = {stop_at_once, &calls};
    const struct orr_import_options o = {0};
    struct orr_import_result r;
    ck_assert_int_eq(orr_app_import(&app, &source, 1, &o, &t, &r, &err), ORR_ECANCELLED);
    orr_import_result_free(&r);
    ck_assert_uint_eq(count_runs(), 0);
    ck_assert_uint_eq(import_logs(), 1);
    aid_store_end(&a);
}
END_TEST

/* ---- watching ---- */

struct scene {
    int batches;
    double until;
};

static void on_batch(void *ctx, const struct orr_import_result *r)
{
    struct scene *s = ctx;
    (void)r;
    if (s->batches == 0) put("logs/a/metrics.csv", "2,0.25\n3,0.1", true); /* the last line is half written */
    if (s->batches == 1) put("logs/a/metrics.csv", "25\n", true);
    if (s->batches == 2) put("logs/new/metrics.csv", "step,loss\n1,9\n", false);
    s->batches++;
}

static bool until_done(void *ctx, const struct orr_progress *p)
{
    const struct scene *s = ctx;
    (void)p;
    return s->batches < 4 && orr_clock_now() < s->until;
}

START_TEST(watching_takes_growing_and_new_files_until_told_to_stop)
{
    setup();
    put("logs/a/metrics.csv", "step,loss\n1,0.5\n", false);
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    const char *source = path;
    struct scene scene = {.until = orr_clock_now() + 20};
    const struct orr_import_options o = {.watch = true, .interval = 0.2, .batch = on_batch, .ctx = &scene};
    const struct orr_ticker t = {until_done, &scene};
    struct orr_import_result r;
    aid_ok(orr_app_import(&app, &source, 1, &o, &t, &r, &err), &err);
    ck_assert_int_eq(scene.batches, 4);
    ck_assert_uint_eq(r.total.files, 2);
    ck_assert_uint_eq(r.total.points, 4);
    orr_import_result_free(&r);
    expect("a", "loss", "1:0.5 2:0.25 3:0.125");
    expect("new", "loss", "1:9");
    aid_store_end(&a);
}
END_TEST

/* ---- kill -9 ---- */

enum { FILES = 6, ROWS = 20000 };

static double loss_of(int file, int row) { return row * 0.5 + file; }

/* Counts down to the moment at which the process kills itself; 0: never. */
static bool die_at_zero(void *countdown, const struct orr_progress *p)
{
    int *n = countdown;
    (void)p;
    if (*n && --*n == 0) kill(getpid(), SIGKILL);
    return true;
}

static void import_and_exit(int ticks)
{
    const struct orr_ticker ticker = {die_at_zero, &ticks};
    struct orr_import_result r;
    char path[128];
    snprintf(path, sizeof path, "%s/logs", a.folder);
    const char *source = path;
    const struct orr_import_options o = {.commit_bytes = 40000}; /* a tenth of a file */
    app.store = aid_store_open(&a, ORR_STORE_CREATE);
    _exit(orr_app_import(&app, &source, 1, &o, &ticker, &r, &err) == ORR_OK ? 0 : 1);
}

/* The store opens, is sound, and of every run holds the first so many rows, all columns of them. Returns the rows. */
static int64_t check_whole(void)
{
    struct orr_store_info info;
    struct orr_run_list l;
    int64_t rows = 0;
    double *value = malloc(ROWS * sizeof *value);
    a.store = aid_store_open(&a, ORR_STORE_CREATE);
    aid_ok(orr_store_info(a.store, true, &info, &err), &err);
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    for (size_t i = 0; i < l.n; i++) {
        struct orr_series loss, acc;
        size_t n;
        aid_ok(orr_store_series_find(a.store, l.runs[i].id, "loss", &loss, &err), &err);
        aid_ok(orr_store_series_find(a.store, l.runs[i].id, "acc", &acc, &err), &err);
        ck_assert_int_eq(loss.n, acc.n);
        ck_assert_int_eq(loss.last_step, loss.n - 1);
        ck_assert_int_le(loss.n, ROWS);
        aid_ok(orr_store_points(a.store, loss.id, 0, ROWS, NULL, value, NULL, &n, &err), &err);
        for (size_t k = 0; k < n; k++) ck_assert_double_eq(value[k], loss_of(atoi(l.runs[i].name + 3), (int)k));
        rows += loss.n;
    }
    orr_run_list_free(&l);
    orr_store_close(a.store);
    a.store = NULL;
    free(value);
    return rows;
}

START_TEST(killed_at_any_moment_the_store_is_whole_and_the_next_import_goes_on)
{
    setup();
    struct orr_str text = {0};
    struct orr_rng rng;
    orr_rng_seed(&rng, 9, 0);
    for (int f = 0; f < FILES; f++) {
        char name[32];
        orr_str_clear(&text);
        orr_str_append(&text, "step,loss,acc\n");
        for (int i = 0; i < ROWS; i++) orr_str_printf(&text, "%d,%.1f,%d\n", i, loss_of(f, i), f);
        snprintf(name, sizeof name, "logs/exp%d/metrics.csv", f);
        put(name, text.data, false);
    }
    orr_str_free(&text);
    orr_store_close(a.store);
    a.store = NULL;
    int64_t before = 0;
    int partial = 0;
    for (int round = 0; round < 10; round++) {
        const pid_t child = fork();
        /* Every second time after so many ticks, so that it hits the middle on the fastest machine too. */
        if (child == 0) import_and_exit(round % 2 ? 0 : 3 + round);
        usleep((useconds_t)(2000 + orr_rng_uniform(&rng) * (round % 2 ? 5000 : 200000)));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        const int64_t rows = check_whole();
        ck_assert_int_ge(rows, before);
        partial += rows > before && rows < FILES * ROWS;
        before = rows;
    }
    ck_assert_msg(partial > 0 || before == 0, "every import ended before it was killed");
    app.store = a.store = aid_store_open(&a, ORR_STORE_CREATE);
    import_logs();
    ck_assert_uint_eq(import_logs(), 0);
    orr_store_close(a.store);
    ck_assert_int_eq(check_whole(), FILES * ROWS);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("import_driver", importing_twice_changes_nothing_from_wherever_it_is_named, a_grown_file_adds_only_what_is_new,
          a_last_line_without_newline_is_taken_once_even_when_the_file_grows_on,
          a_rewritten_or_truncated_file_replaces_its_points,
          a_restarted_log_that_is_seen_while_it_has_only_its_header_is_not_mixed_with_the_old_one,
          a_large_file_that_fails_late_neither_doubles_itself_nor_the_files_before_it,
          again_imports_unchanged_files_without_doubling_them,
          one_bad_file_stops_nothing_and_leaves_nothing, symlink_loops_hidden_and_empty_folders_are_no_trouble,
          what_is_not_there_is_an_error_that_names_it, names_are_the_shortest_that_tell_runs_apart,
          standard_input_is_one_run_per_content, a_cancelled_import_leaves_whole_files_only,
          watching_takes_growing_and_new_files_until_told_to_stop,
          killed_at_any_moment_the_store_is_whole_and_the_next_import_goes_on)
