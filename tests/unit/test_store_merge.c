#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aid_store.h"

static struct orr_error err;

enum { POINTS = 5000, WEIGHTS = 12 }; /* more than one chunk */

static void fill(struct orr_store *s, const char *key, double v0)
{
    const int64_t run = aid_run(s, key, key);
    const int64_t step[] = {POINTS, POINTS + 1};
    const double gap[] = {NAN, v0 - 1};
    float w[WEIGHTS];
    const int64_t shape[] = {3, 4};
    for (int i = 0; i < WEIGHTS; i++) w[i] = (float)v0 + (float)i;
    aid_append(s, run, "loss", POINTS, v0);
    aid_ok(orr_store_append(s, run, "loss", 2, step, gap, NULL, &err), &err);
    aid_append(s, run, key, 3, 2 * v0); /* a name that only this store has */
    const struct orr_config_value lr = {.key = "lr", .is_number = true, .text = "0.5", .number = 0.5};
    aid_ok(orr_store_config_put(s, run, "lr", &lr, &err), &err);
    aid_ok(orr_store_tag_put(s, run, "kept", true, &err), &err);
    aid_ok(orr_store_graph_put(s, run, "{\"kind\":\"mlp\"}", &err), &err);
    aid_ok(orr_store_snapshot_put(s, run, 7, "w", shape, 2, w, WEIGHTS, &err), &err);
}

/* What the run of that key holds, as text: the same for a run and its copy. */
static void check_same(struct orr_store *a, struct orr_store *b, const char *key)
{
    int64_t x, y;
    struct orr_series p, q;
    static double v[POINTS + 2], w[POINTS + 2];
    size_t n, m;
    aid_ok(orr_store_run_by_key(a, key, &x, &err), &err);
    aid_ok(orr_store_run_by_key(b, key, &y, &err), &err);
    ck_assert(x > 0 && y > 0);
    aid_ok(orr_store_series_find(a, x, "loss", &p, &err), &err);
    aid_ok(orr_store_series_find(b, y, "loss", &q, &err), &err);
    ck_assert_int_eq(p.n, q.n);
    ck_assert_int_eq(q.nan_count, 1);
    ck_assert_double_eq(p.last, q.last);
    aid_ok(orr_store_points(a, p.id, 0, POINTS + 2, NULL, v, NULL, &n, &err), &err);
    aid_ok(orr_store_points(b, q.id, 0, POINTS + 2, NULL, w, NULL, &m, &err), &err);
    ck_assert_uint_eq(n, POINTS + 2);
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(v, w, sizeof v);
    aid_ok(orr_store_series_find(b, y, key, &q, &err), &err);
    struct orr_config_list config;
    aid_ok(orr_store_config(b, y, &config, &err), &err);
    ck_assert_uint_eq(config.n, 1);
    ck_assert_double_eq(config.values[0].number, 0.5);
    orr_config_list_free(&config);
    char *graph;
    aid_ok(orr_store_graph(b, y, &graph, &err), &err);
    ck_assert_str_eq(graph, "{\"kind\":\"mlp\"}");
    free(graph);
    struct orr_snapshot_list weights;
    aid_ok(orr_store_snapshots(b, y, &weights, &err), &err);
    ck_assert_uint_eq(weights.n, 1);
    ck_assert_int_eq(weights.items[0].step, 7);
    orr_snapshot_list_free(&weights);
}

static void check_merge(struct aid_store *to, struct aid_store *from, size_t want_added, size_t want_present)
{
    size_t added, present;
    aid_ok(orr_store_merge(to->store, from->path, &added, &present, NULL, &err), &err);
    ck_assert_uint_eq(added, want_added);
    ck_assert_uint_eq(present, want_present);
}

START_TEST(runs_come_with_all_that_belongs_to_them_and_only_once)
{
    struct aid_store a = aid_store_new(), b = aid_store_new(), c = aid_store_new();
    fill(a.store, "first", 1);
    fill(b.store, "second", 2);
    fill(b.store, "third", 3);
    fill(c.store, "first", 1); /* the same run, copied before */
    fill(c.store, "fourth", 4);
    check_merge(&a, &b, 2, 0);
    check_merge(&a, &c, 1, 1);
    check_merge(&a, &b, 0, 2);
    check_same(b.store, a.store, "second");
    check_same(b.store, a.store, "third");
    check_same(c.store, a.store, "fourth");
    struct orr_store_info info;
    aid_ok(orr_store_info(a.store, true, &info, &err), &err);
    ck_assert_int_eq(info.runs, 4);
    ck_assert_int_eq(info.series, 8);
    aid_store_end(&a);
    aid_store_end(&b);
    aid_store_end(&c);
}
END_TEST

static bool stop(void *ctx, const struct orr_progress *p)
{
    return p->done < *(const uint64_t *)ctx;
}

START_TEST(a_merge_that_is_stopped_copies_nothing)
{
    for (uint64_t at = 1; at < 12; at += 5) {
        struct aid_store a = aid_store_new(), b = aid_store_new();
        size_t added, present;
        fill(b.store, "second", 2);
        const struct orr_ticker ticker = {stop, &at};
        ck_assert_int_eq(orr_store_merge(a.store, b.path, &added, &present, &ticker, &err), ORR_ECANCELLED);
        struct orr_store_info info;
        aid_ok(orr_store_info(a.store, true, &info, &err), &err);
        ck_assert_int_eq(info.runs, 0);
        ck_assert_int_eq(info.points, 0);
        check_merge(&a, &b, 1, 0);
        aid_store_end(&a);
        aid_store_end(&b);
    }
}
END_TEST

START_TEST(what_is_no_store_is_refused)
{
    struct aid_store a = aid_store_new();
    size_t added, present;
    ck_assert_int_eq(orr_store_merge(a.store, "/dev/null", &added, &present, NULL, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_store_merge(a.store, a.folder, &added, &present, NULL, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_store_merge(a.store, "/nonexistent", &added, &present, NULL, &err), ORR_ENOTFOUND);
    fill(a.store, "first", 1);
    check_merge(&a, &a, 0, 1); /* itself */
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store_merge", runs_come_with_all_that_belongs_to_them_and_only_once, a_merge_that_is_stopped_copies_nothing,
          what_is_no_store_is_refused)
