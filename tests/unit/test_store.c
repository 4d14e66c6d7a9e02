#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "aid_store.h"

static struct orr_error err;

/* ---- runs ---- */

START_TEST(a_run_is_put_once_and_updated_by_its_key)
{
    struct aid_store a = aid_store_new();
    int64_t id, again;
    struct orr_run run = {.key = "root:a",
                          .name = "first",
                          .project = "p",
                          .group = "g",
                          .state = "running",
                          .notes = "n",
                          .started = 5,
                          .ended = NAN};
    aid_ok(orr_store_run_put(a.store, &run, &id, &err), &err);
    run = (struct orr_run){.key = "root:a", .name = "", .state = "finished", .started = NAN, .ended = 9};
    aid_ok(orr_store_run_put(a.store, &run, &again, &err), &err);
    ck_assert_int_eq(id, again);
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    ck_assert_uint_eq(l.n, 1);
    const struct orr_run *r = &l.runs[0];
    ck_assert_int_eq(r->id, id);
    ck_assert_str_eq(r->key, "root:a");
    ck_assert_str_eq(r->name, "first");
    ck_assert_str_eq(r->project, "p");
    ck_assert_str_eq(r->group, "g");
    ck_assert_str_eq(r->state, "finished");
    ck_assert_str_eq(r->notes, "n");
    ck_assert(r->started == 5 && r->ended == 9 && !r->pinned);
    orr_run_list_free(&l);
    run.key = "root:b";
    aid_ok(orr_store_run_put(a.store, &run, &again, &err), &err);
    ck_assert_int_eq(again, id + 1); /* an update uses up no id */
    run.key = "";
    ck_assert_int_eq(orr_store_run_put(a.store, &run, &id, &err), ORR_EINVAL);
    aid_store_end(&a);
}
END_TEST

START_TEST(pins_and_notes_stay_and_a_run_that_is_missing_is_an_error)
{
    struct aid_store a = aid_store_new();
    const int64_t id = aid_run(a.store, "k", "one");
    aid_ok(orr_store_run_pin(a.store, id, true, &err), &err);
    aid_ok(orr_store_run_note(a.store, id, "look at \xE2\x98\x85 this", &err), &err);
    aid_run(a.store, "k", "one"); /* an import does not take the pin away */
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    ck_assert(l.runs[0].pinned);
    ck_assert_str_eq(l.runs[0].notes, "look at \xE2\x98\x85 this");
    orr_run_list_free(&l);
    ck_assert_int_eq(orr_store_run_pin(a.store, 77, true, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_run_note(a.store, 77, "", &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_run_delete(a.store, 77, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

static int64_t count(struct orr_store *s, const char *table)
{
    char sql[64];
    struct orr_sql_result r;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    aid_ok(orr_store_sql(s, sql, 1, NULL, &r, &err), &err);
    const int64_t n = atoll(r.cells[0]);
    orr_sql_result_free(&r);
    return n;
}

START_TEST(deleting_a_run_takes_everything_of_it_and_nothing_else)
{
    static const char *const tables[] = {"series", "chunk",    "chunk_data",     "config",
                                         "tag",    "snapshot", "snapshot_block", "graph"};
    struct aid_store a = aid_store_new();
    int64_t before[8] = {0}, last = 0;
    for (int k = 0; k < 2; k++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", k);
        last = aid_run(a.store, key, key);
        aid_append(a.store, last, "x", 5000, 0);
        const struct orr_config_value v = {.text = "v"};
        const float w[2] = {1, 2};
        const int64_t shape = 2;
        aid_ok(orr_store_config_put(a.store, last, "c", &v, &err), &err);
        aid_ok(orr_store_tag_put(a.store, last, "t", true, &err), &err);
        aid_ok(orr_store_snapshot_put(a.store, last, 1, "w", &shape, 1, w, 2, &err), &err);
        aid_ok(orr_store_graph_put(a.store, last, "{}", &err), &err);
        for (size_t i = 0; k == 0 && i < 8; i++) before[i] = count(a.store, tables[i]);
    }
    aid_ok(orr_store_run_delete(a.store, last, &err), &err);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_gt(before[i], 0);
        ck_assert_msg(count(a.store, tables[i]) == before[i], "%s", tables[i]);
    }
    ck_assert_int_gt(aid_run(a.store, "k9", "new"), last); /* ids are never used again */
    aid_store_end(&a);
}
END_TEST

START_TEST(a_run_is_found_by_number_name_key_or_a_prefix_that_is_unique)
{
    struct aid_store a = aid_store_new();
    int64_t id;
    const int64_t lr1 = aid_run(a.store, "r:lr-1", "lr-1"), lr10 = aid_run(a.store, "r:lr-10", "lr-10"),
                  seed = aid_run(a.store, "r:s", "seed\xE2\x98\x85x"), twin = aid_run(a.store, "r:t1", "twin");
    aid_run(a.store, "r:t2", "twin");
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)lr10);
    aid_ok(orr_store_run_find(a.store, number, &id, &err), &err);
    ck_assert_int_eq(id, lr10);
    aid_ok(orr_store_run_find(a.store, "lr-1", &id, &err), &err); /* exact wins over prefix */
    ck_assert_int_eq(id, lr1);
    aid_ok(orr_store_run_find(a.store, "r:t1", &id, &err), &err);
    ck_assert_int_eq(id, twin);
    aid_ok(orr_store_run_find(a.store, "see", &id, &err), &err);
    ck_assert_int_eq(id, seed);
    aid_ok(orr_store_run_find(a.store, "seed\xE2\x98\x85", &id, &err), &err);
    ck_assert_int_eq(orr_store_run_find(a.store, "lr", &id, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "lr-1, "));
    ck_assert_ptr_nonnull(strstr(err.message, "lr-10"));
    ck_assert_int_eq(orr_store_run_find(a.store, "twin", &id, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_run_find(a.store, "99", &id, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_run_find(a.store, "", &id, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

/* ---- configuration, tags, names, columns ---- */

START_TEST(configuration_keeps_numbers_and_the_text_that_was_logged)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    const struct orr_config_value lr = {.is_number = true, .number = 1e-3, .text = "0.0010"},
                                  opt = {.number = NAN, .text = "adam"},
                                  nan = {.is_number = true, .number = NAN, .text = "nan"};
    aid_ok(orr_store_config_put(a.store, run, "opt", &lr, &err), &err);
    aid_ok(orr_store_config_put(a.store, run, "opt", &opt, &err), &err); /* the later one counts */
    aid_ok(orr_store_config_put(a.store, run, "lr", &lr, &err), &err);
    aid_ok(orr_store_config_put(a.store, run, "x", &nan, &err), &err);
    struct orr_config_list l;
    aid_ok(orr_store_config(a.store, run, &l, &err), &err);
    ck_assert_uint_eq(l.n, 3);
    ck_assert_str_eq(l.values[0].key, "lr");
    ck_assert_str_eq(l.values[0].text, "0.0010");
    ck_assert(l.values[0].is_number && l.values[0].number == 1e-3);
    ck_assert_str_eq(l.values[1].text, "adam");
    ck_assert(!l.values[1].is_number && isnan(l.values[1].number) && !l.values[2].is_number);
    orr_config_list_free(&l);
    ck_assert_int_eq(orr_store_config(a.store, 9, &l, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_store_config_put(a.store, 9, "x", &lr, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

static double expected(enum orr_summary what, int k, size_t n)
{
    switch (what) {
    case ORR_MIN: return k;
    case ORR_BEST_STEP_MIN: return 0;
    case ORR_COUNT: return (double)n;
    case ORR_LAST_STEP:
    case ORR_BEST_STEP_MAX: return (double)n - 1;
    default: return k + (double)n - 1; /* ORR_LAST, ORR_MAX */
    }
}

START_TEST(a_column_has_one_cell_per_run_in_the_order_of_the_list)
{
    enum { RUNS = 60 };
    struct aid_store a = aid_store_new();
    for (int k = 0; k < RUNS; k++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", k);
        const int64_t run = aid_run(a.store, key, key);
        const struct orr_config_value v = {.is_number = true, .number = k, .text = key};
        aid_append(a.store, run, "other", 3, 0);
        if (k % 3) aid_append(a.store, run, "loss", (size_t)(k + 1), k);
        if (k % 4) aid_ok(orr_store_config_put(a.store, run, "lr", &v, &err), &err);
        for (int t = 0; t < k % 3; t++) aid_ok(orr_store_tag_put(a.store, run, t ? "b" : "a", true, &err), &err);
    }
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        for (int what = ORR_LAST; what <= ORR_LAST_STEP; what++) {
            double *cells;
            aid_ok(orr_store_series_column(a.store, "loss", (enum orr_summary)what, &l, &cells, &err), &err);
            for (size_t i = 0; i < l.n; i++) {
                const int k = atoi(l.runs[i].name + 1);
                if (k % 3 == 0)
                    ck_assert(isnan(cells[i]));
                else
                    ck_assert(cells[i] == expected((enum orr_summary)what, k, (size_t)k + 1));
            }
            free(cells);
        }
        struct orr_config_list c, t;
        aid_ok(orr_store_config_column(a.store, "lr", &l, &c, &err), &err);
        aid_ok(orr_store_tag_column(a.store, &l, &t, &err), &err);
        ck_assert(c.n == RUNS && t.n == RUNS);
        for (size_t i = 0; i < l.n; i++) {
            const int k = atoi(l.runs[i].name + 1);
            if (k % 4 == 0)
                ck_assert_ptr_null(c.values[i].text);
            else
                ck_assert(c.values[i].number == k && strcmp(c.values[i].text, l.runs[i].name) == 0);
            ck_assert_str_eq(t.values[i].text, k % 3 == 0 ? "" : k % 3 == 1 ? "a" : "a,b");
        }
        orr_config_list_free(&c);
        orr_config_list_free(&t);
        for (size_t i = l.n - 1; i > 0; i--) { /* now in another order */
            const size_t j = orr_rng_below(&r, i + 1);
            const struct orr_run x = l.runs[i];
            l.runs[i] = l.runs[j];
            l.runs[j] = x;
        }
    }
    double *cells;
    aid_ok(orr_store_series_column(a.store, "nowhere", ORR_LAST, &l, &cells, &err), &err);
    for (size_t i = 0; i < l.n; i++) ck_assert(isnan(cells[i]));
    free(cells);
    ck_assert_int_eq(orr_store_series_column(a.store, "loss", (enum orr_summary)99, &l, &cells, &err), ORR_EINVAL);
    orr_run_list_free(&l);

    struct orr_name_list names;
    aid_ok(orr_store_series_names(a.store, &names, &err), &err);
    ck_assert_uint_eq(names.n, 2);
    ck_assert_str_eq(names.names[0].text, "loss");
    ck_assert_str_eq(names.names[1].text, "other");
    orr_name_list_free(&names);
    aid_ok(orr_store_config_names(a.store, &names, &err), &err);
    ck_assert(names.n == 1 && strcmp(names.names[0].text, "lr") == 0);
    orr_name_list_free(&names);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_tag_can_be_taken_away_again)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    for (int i = 0; i < 2; i++) aid_ok(orr_store_tag_put(a.store, run, "best", true, &err), &err);
    aid_ok(orr_store_tag_put(a.store, run, "old", true, &err), &err);
    aid_ok(orr_store_tag_put(a.store, run, "best", false, &err), &err);
    struct orr_run_list l;
    struct orr_config_list t;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    aid_ok(orr_store_tag_column(a.store, &l, &t, &err), &err);
    ck_assert_str_eq(t.values[0].text, "old");
    orr_config_list_free(&t);
    orr_run_list_free(&l);
    aid_store_end(&a);
}
END_TEST

/* ---- records ---- */

START_TEST(a_source_is_remembered_whole)
{
    struct aid_store a = aid_store_new();
    struct orr_source x = {.path = "/a/b",
                           .format = "csv",
                           .size = 10,
                           .mtime_ns = 11,
                           .offset = UINT64_MAX,
                           .state = "s",
                           .head_hash = "h"},
                      y;
    int64_t id;
    ck_assert_int_eq(orr_store_source_find(a.store, "/a/b", &y, &err), ORR_ENOTFOUND);
    aid_ok(orr_store_source_put(a.store, &x, &id, &err), &err);
    x.size = 20;
    x.complete = true;
    x.state = NULL;
    aid_ok(orr_store_source_put(a.store, &x, NULL, &err), &err);
    aid_ok(orr_store_source_find(a.store, "/a/b", &y, &err), &err);
    ck_assert(y.id == id && y.size == 20 && y.mtime_ns == 11 && y.offset == UINT64_MAX && y.complete);
    ck_assert_str_eq(y.path, "/a/b");
    ck_assert_str_eq(y.format, "csv");
    ck_assert_str_eq(y.state, "");
    ck_assert_str_eq(y.head_hash, "h");
    aid_store_end(&a);
}
END_TEST

START_TEST(settings_graphs_and_results_come_back_as_they_were_put)
{
    struct aid_store a = aid_store_new();
    char *text;
    ck_assert_int_eq(orr_store_setting(a.store, "runs.sort", &text, &err), ORR_ENOTFOUND);
    aid_ok(orr_store_setting_put(a.store, "runs.sort", "name", &err), &err);
    aid_ok(orr_store_setting_put(a.store, "runs.sort", "-val/loss", &err), &err);
    aid_ok(orr_store_setting(a.store, "runs.sort", &text, &err), &err);
    ck_assert_str_eq(text, "-val/loss");
    free(text);
    aid_ok(orr_store_setting_put(a.store, "runs.sort", NULL, &err), &err);
    ck_assert_int_eq(orr_store_setting(a.store, "runs.sort", &text, &err), ORR_ENOTFOUND);

    const int64_t run = aid_run(a.store, "k", "one");
    ck_assert_int_eq(orr_store_graph(a.store, run, &text, &err), ORR_ENOTFOUND);
    aid_ok(orr_store_graph_put(a.store, run, "{\"nodes\":[]}", &err), &err);
    aid_ok(orr_store_graph(a.store, run, &text, &err), &err);
    ck_assert_str_eq(text, "{\"nodes\":[]}");
    free(text);
    ck_assert_int_eq(orr_store_graph_put(a.store, 99, "{}", &err), ORR_ENOTFOUND);

    struct orr_result r = {.kind = "forecast adoption",
                           .method = "blend",
                           .config = "{}",
                           .input_hash = "abc",
                           .seed = UINT64_MAX,
                           .created = 1,
                           .seconds = 2,
                           .blas_threads = 1,
                           .json = "[1]"};
    int64_t first, second;
    aid_ok(orr_store_result_put(a.store, &r, &first, &err), &err);
    r.json = "[2]";
    aid_ok(orr_store_result_put(a.store, &r, &second, &err), &err);
    ck_assert_int_gt(second, first);
    aid_ok(orr_store_result_find(a.store, r.kind, "blend", "{}", "abc", &text, &err), &err);
    ck_assert_str_eq(text, "[2]");
    free(text);
    ck_assert_int_eq(orr_store_result_find(a.store, r.kind, "blend", "{}", "abd", &text, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

START_TEST(snapshots_are_read_whole_and_in_part_over_the_borders_of_blocks)
{
    enum { N = 2 * 262144 + 1000 };
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one"), shape[2] = {N / 8, 8}, empty = 0;
    float *w = malloc(N * sizeof *w), *v = malloc(N * sizeof *v);
    for (int i = 0; i < N; i++) w[i] = (float)i * 0.5f;
    w[3] = NAN;
    aid_ok(orr_store_snapshot_put(a.store, run, 20, "fc.weight", shape, 2, w, N, &err), &err);
    aid_ok(orr_store_snapshot_put(a.store, run, 10, "fc.weight", shape, 2, w, N, &err), &err);
    aid_ok(orr_store_snapshot_put(a.store, run, 10, "fc.weight", shape, 2, w, N, &err), &err); /* again: replaced */
    aid_ok(orr_store_snapshot_put(a.store, run, 10, "bias", &empty, 1, NULL, 0, &err), &err);
    aid_ok(orr_store_snapshot_put(a.store, run, 10, "scalar", NULL, 0, w, 1, &err), &err);
    ck_assert_int_eq(orr_store_snapshot_put(a.store, run, 10, "bad", shape, 2, w, N - 1, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_snapshot_put(a.store, 99, 10, "x", shape, 2, w, N, &err), ORR_ENOTFOUND);
    struct orr_snapshot_list l;
    aid_ok(orr_store_snapshots(a.store, run, &l, &err), &err);
    ck_assert_uint_eq(l.n, 4);
    ck_assert_str_eq(l.items[0].tensor, "bias");
    ck_assert(l.items[0].rank == 1 && l.items[0].n == 0);
    ck_assert(l.items[1].step == 10 && l.items[2].step == 20 && l.items[1].rank == 2 && l.items[1].n == N);
    ck_assert(l.items[2].shape[0] == N / 8 && l.items[2].shape[1] == 8 && l.items[3].rank == 0);
    orr_snapshot_list_free(&l);
    aid_ok(orr_store_snapshot_read(a.store, run, 10, "fc.weight", 0, N, v, &err), &err);
    ck_assert(memcmp(w, v, N * sizeof *w) == 0);
    static const size_t parts[][2] = {{0, 1}, {262143, 2}, {262144, 262144}, {5, 500000}, {N - 1, 1}, {N, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        aid_ok(orr_store_snapshot_read(a.store, run, 20, "fc.weight", parts[i][0], parts[i][1], v, &err), &err);
        ck_assert(memcmp(w + parts[i][0], v, parts[i][1] * sizeof *w) == 0);
    }
    ck_assert_int_eq(orr_store_snapshot_read(a.store, run, 20, "fc.weight", N - 1, 2, v, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_snapshot_read(a.store, run, 30, "fc.weight", 0, 1, v, &err), ORR_ENOTFOUND);
    free(w);
    free(v);
    aid_store_end(&a);
}
END_TEST

START_TEST(snapshots_written_in_parts_are_what_they_are_when_written_whole)
{
    enum { N = 2 * 262144 + 1000 };
    static const size_t sizes[] = {N, 262144, 100000, 262143, N - 1};
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one"), shape[1] = {N};
    float *w = malloc(N * sizeof *w), *v = malloc(N * sizeof *v);
    for (int i = 0; i < N; i++) w[i] = (float)i * 0.25f; /* zero bytes, and bytes that are no UTF-8 */
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (size_t at = 0, n; at < N; at += n) {
            n = N - at < sizes[k] ? N - at : sizes[k];
            aid_ok(orr_store_snapshot_put_part(a.store, run, 1, "w", shape, 1, at, w + at, n, &err), &err);
        }
        memset(v, 0, N * sizeof *v);
        aid_ok(orr_store_snapshot_read(a.store, run, 1, "w", 0, N, v, &err), &err);
        ck_assert_msg(memcmp(w, v, N * sizeof *w) == 0, "parts of %zu", sizes[k]);
    }
    aid_ok(orr_store_snapshot_put_part(a.store, run, 1, "w", shape, 1, 0, w, 10, &err), &err);
    ck_assert_int_eq(orr_store_snapshot_put_part(a.store, run, 1, "w", shape, 1, 11, w, 5, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_snapshot_put_part(a.store, run, 1, "w", shape, 1, 9, w, 5, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_snapshot_put_part(a.store, run, 1, "w", shape, 1, 10, w, N, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_snapshot_put_part(a.store, run, 2, "w", shape, 1, 10, w, 5, &err), ORR_EINVAL);
    free(w);
    free(v);
    aid_store_end(&a);
}
END_TEST

/* ---- the handle ---- */

START_TEST(the_change_counter_grows_with_commits_of_any_handle_and_only_then)
{
    struct aid_store a = aid_store_new();
    struct orr_store *other = aid_store_open(&a, ORR_STORE_WRITE);
    int64_t n = orr_store_change_counter(a.store);
    ck_assert_int_eq(orr_store_change_counter(a.store), n);
    aid_run(other, "k", "one");
    ck_assert_int_gt(orr_store_change_counter(a.store), n);
    n = orr_store_change_counter(a.store);
    aid_run(a.store, "k2", "two");
    ck_assert_int_gt(orr_store_change_counter(a.store), n);
    n = orr_store_change_counter(a.store);
    aid_ok(orr_store_begin(other, &err), &err);
    aid_run(other, "k3", "three");
    ck_assert_int_eq(orr_store_change_counter(a.store), n);
    orr_store_rollback(other);
    ck_assert_int_eq(orr_store_change_counter(a.store), n);
    orr_store_close(other);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_default_path_follows_the_environment)
{
    setenv("ORRERY_STORE", "/x/y.db", 1);
    char *p = orr_store_default_path();
    ck_assert_str_eq(p, "/x/y.db");
    free(p);
    unsetenv("ORRERY_STORE");
    setenv("XDG_DATA_HOME", "/d", 1);
    p = orr_store_default_path();
    ck_assert_str_eq(p, "/d/orrery/store.db");
    free(p);
    setenv("XDG_DATA_HOME", "relative", 1); /* to be ignored, says the XDG specification */
    setenv("HOME", "/h", 1);
    p = orr_store_default_path();
    ck_assert_str_eq(p, "/h/.local/share/orrery/store.db");
    free(p);
}
END_TEST

START_TEST(info_counts_what_is_there)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    aid_append(a.store, run, "x", 5000, 0);
    aid_append(a.store, run, "y", 1, 0);
    struct orr_store_info i;
    aid_ok(orr_store_info(a.store, true, &i, &err), &err);
    ck_assert(i.runs == 1 && i.series == 2 && i.points == 5001 && i.chunks == 3 && i.version == 3);
    ck_assert(i.application_id == 0x4F525259 && i.bytes > 0 && i.page_size > 0);
    ck_assert_str_eq(i.journal_mode, "wal");
    ck_assert_str_eq(orr_store_path(a.store), a.path);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store", a_run_is_put_once_and_updated_by_its_key, pins_and_notes_stay_and_a_run_that_is_missing_is_an_error,
          deleting_a_run_takes_everything_of_it_and_nothing_else,
          a_run_is_found_by_number_name_key_or_a_prefix_that_is_unique,
          configuration_keeps_numbers_and_the_text_that_was_logged,
          a_column_has_one_cell_per_run_in_the_order_of_the_list, a_tag_can_be_taken_away_again,
          a_source_is_remembered_whole, settings_graphs_and_results_come_back_as_they_were_put,
          snapshots_are_read_whole_and_in_part_over_the_borders_of_blocks,
          snapshots_written_in_parts_are_what_they_are_when_written_whole,
          the_change_counter_grows_with_commits_of_any_handle_and_only_then, the_default_path_follows_the_environment,
          info_counts_what_is_there)
