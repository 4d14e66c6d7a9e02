#include "aid_shards.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"

enum { SHARDS = 3, STOPPED = 1 };

struct orr_shards *aid_shard_open(const char *folder, size_t i, bool resume)
{
    static const char *const command[] = {"eval", "x"};
    struct orr_shards *s;
    struct orr_error err;
    ck_assert_msg(orr_shards_open(folder, i, SHARDS, resume, 2, command, &s, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return s;
}

static bool count_down(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

struct orr_ticker aid_shard_stop(int *ticks) { return (struct orr_ticker){count_down, ticks}; }

static enum orr_status run_shard(aid_eval run, void *ctx, const char *folder, size_t i, const struct orr_ticker *ticker,
                                 bool resume)
{
    struct orr_eval e = {0};
    struct orr_error err;
    struct orr_shards *s = aid_shard_open(folder, i, resume);
    const enum orr_status status = run(ctx, s, ticker, &e, &err);
    ck_assert_msg(status == ORR_OK || status == ORR_ECANCELLED, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_shards_close(s, status == ORR_OK, &err), ORR_OK);
    orr_eval_free(&e);
    return status;
}

static bool is_time(const char *metric)
{
    static const char *const names[] = {"ms", "ms_p50", "ms_p95", "speedup_over_decode", "speedup_over_likelihood",
                                        "index_s", "encode_s", "cpu_seconds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(metric, names[i])) return true;
    return false;
}

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

static void compare(const struct orr_eval_row *a, size_t n, const struct orr_eval_row *b, size_t n_b)
{
    ck_assert_uint_eq(n, n_b);
    for (size_t i = 0; i < n; i++) {
        const char *words[2][5] = {{a[i].task, a[i].setting, a[i].method, a[i].metric, a[i].against},
                                   {b[i].task, b[i].setting, b[i].method, b[i].metric, b[i].against}};
        for (int k = 0; k < 5; k++) ck_assert_str_eq(words[0][k] ? words[0][k] : "", words[1][k] ? words[1][k] : "");
        const struct orr_stats_interval *x = &a[i].value, *y = &b[i].value;
        if (!is_time(a[i].metric))
            ck_assert_msg(same(x->value, y->value) && same(x->lo, y->lo) && same(x->hi, y->hi) && a[i].n == b[i].n,
                          "%s %s %s %s: %.17g [%g, %g] and %.17g [%g, %g]", a[i].task, a[i].setting, a[i].method, a[i].metric,
                          x->value, x->lo, x->hi, y->value, y->lo, y->hi);
    }
}

void aid_shards_same(aid_eval run, void *ctx)
{
    char folder[256];
    struct orr_eval one = {0}, merged = {0};
    struct orr_error err;
    struct orr_shards *s;
    snprintf(folder, sizeof folder, "%s-%d", aid_file_write("shards", "", 0), (int)getpid()); /* of this test alone */
    ck_assert_msg(run(ctx, NULL, NULL, &one, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_uint_gt(one.n_rows, 0);
    for (size_t i = SHARDS; i-- > 0;) {
        bool resume = false;
        for (int ticks = 4; i == STOPPED; ticks *= 10, resume = true) { /* again and again, and further each time */
            int left = ticks;
            const struct orr_ticker stop = aid_shard_stop(&left);
            if (run_shard(run, ctx, folder, i, &stop, resume) == ORR_OK) break;
        }
        if (i == STOPPED)
            ck_assert_msg(resume, "it was never stopped");
        else
            ck_assert_int_eq(run_shard(run, ctx, folder, i, NULL, false), ORR_OK);
    }
    ck_assert_msg(orr_shards_merge(folder, &s, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_msg(run(ctx, s, NULL, &merged, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_shards_close(s, false, &err), ORR_OK);
    compare(one.rows, one.n_rows, merged.rows, merged.n_rows);
    compare(one.paired, one.n_paired, merged.paired, merged.n_paired);
    orr_eval_free(&one);
    orr_eval_free(&merged);
}
