#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_sink.h"
#include "ingest/params.h"

static uint32_t run(struct aid_sink *a, const char *key)
{
    uint32_t handle;
    const struct orr_run_meta meta = {.key = key, .name = key, .started = NAN, .ended = NAN};
    ck_assert_int_eq(orr_sink_run(a->sink, &meta, &handle, NULL), ORR_OK);
    return handle;
}

static uint32_t series(struct aid_sink *a, uint32_t r, const char *name)
{
    uint32_t handle;
    ck_assert_int_eq(orr_sink_series(a->sink, r, name, strlen(name), &handle, NULL), ORR_OK);
    return handle;
}

START_TEST(points_of_interleaved_series_arrive_in_order_whatever_the_batch)
{
    for (size_t batch = 1; batch < 70; batch += 1 + batch / 4) {
        struct aid_sink a;
        aid_sink_open(&a, batch);
        const uint32_t r = run(&a, "r");
        for (int i = 0; i < 1000; i++) {
            const char *name = i % 3 ? "loss" : "accuracy";
            const double wall = i % 5 ? (double)NAN : i;
            ck_assert_int_eq(orr_sink_point(a.sink, series(&a, r, name), i, i * 0.5, wall, NULL), ORR_OK);
        }
        ck_assert_uint_eq(orr_sink_totals(a.sink).points, 1000);
        ck_assert_int_eq(orr_sink_flush(a.sink, NULL), ORR_OK);
        ck_assert_uint_eq(orr_sink_totals(a.sink).points, 1000);
        const struct aid_series *loss = aid_sink_series(&a, "r", "loss"), *acc = aid_sink_series(&a, "r", "accuracy");
        ck_assert(loss && acc && loss->step.len == 666 && acc->step.len == 334);
        for (size_t i = 0; i < acc->step.len; i++) {
            ck_assert_int_eq(acc->step.data[i], 3 * (int64_t)i);
            ck_assert_double_eq(acc->value.data[i], 1.5 * (double)i);
        }
        aid_sink_close(&a);
    }
}
END_TEST

START_TEST(batches_are_full_except_while_a_series_is_young_or_flushed)
{
    struct aid_sink a;
    aid_sink_open(&a, 100);
    const uint32_t s = series(&a, run(&a, "r"), "x");
    for (int i = 0; i < 250; i++) orr_sink_point(a.sink, s, i, 0, NAN, NULL);
    ck_assert_uint_eq(a.batches, 2);
    orr_sink_flush(a.sink, NULL);
    ck_assert_uint_eq(a.batches, 3);
    ck_assert_uint_eq(a.series.data[0].step.len, 250);
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_run_is_told_again_only_when_something_new_is_known)
{
    struct aid_sink a;
    aid_sink_open(&a, 0);
    struct orr_run_meta m = {.key = "k", .name = "first", .started = NAN, .ended = NAN};
    uint32_t one, two;
    orr_sink_run(a.sink, &m, &one, NULL);
    a.runs.data[0].meta.name = NULL; /* told again? */
    orr_sink_run(a.sink, &m, &two, NULL);
    ck_assert_uint_eq(one, two);
    ck_assert_ptr_null(a.runs.data[0].meta.name);
    m = (struct orr_run_meta){.key = "k", .state = "finished", .started = 5, .ended = NAN};
    orr_sink_run(a.sink, &m, &two, NULL);
    ck_assert_uint_eq(one, two);
    ck_assert_str_eq(a.runs.data[0].meta.name, "first"); /* what was known before is told with it */
    ck_assert_str_eq(a.runs.data[0].meta.state, "finished");
    ck_assert_double_eq(a.runs.data[0].meta.started, 5);
    ck_assert_uint_eq(orr_sink_totals(a.sink).runs, 1);
    aid_sink_close(&a);
}
END_TEST

START_TEST(fifty_thousand_series_of_two_runs_keep_apart)
{
    struct aid_sink a;
    aid_sink_open(&a, 4);
    const uint32_t r[2] = {run(&a, "a"), run(&a, "b")};
    char name[32];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 50000; i++) {
            snprintf(name, sizeof name, "layer.%d", i / 2);
            const uint32_t s = series(&a, r[i % 2], name);
            ck_assert_uint_eq(s, (uint32_t)i);
            orr_sink_point(a.sink, s, round, i, NAN, NULL);
        }
    orr_sink_flush(a.sink, NULL);
    ck_assert_uint_eq(a.series.len, 50000);
    for (size_t i = 0; i < a.series.len; i++) {
        ck_assert_uint_eq(a.series.data[i].step.len, 3);
        ck_assert_double_eq(a.series.data[i].value.data[2], (double)i);
    }
    aid_sink_close(&a);
}
END_TEST

static size_t counted, largest;
static enum orr_status count(void *ctx, uint32_t s, const struct orr_points *p, struct orr_error *err)
{
    (void)ctx, (void)s, (void)err;
    counted += p->n;
    if (p->n > largest) largest = p->n;
    return ORR_OK;
}

START_TEST(buffers_of_many_series_stay_within_their_budget)
{
    const struct orr_sink_ops ops = {.points = count};
    struct orr_sink *s = orr_sink_new(&ops, NULL, 1 << 20);
    const struct orr_run_meta meta = {.key = "r"};
    uint32_t r;
    orr_sink_run(s, &meta, &r, NULL);
    enum { SERIES = 1000, EACH = 6000 };
    counted = largest = 0;
    for (int i = 0; i < SERIES; i++) {
        char name[16];
        uint32_t handle;
        orr_sink_series(s, r, name, (size_t)snprintf(name, sizeof name, "%d", i), &handle, NULL);
        for (int k = 0; k < EACH; k++) orr_sink_point(s, handle, k, k, NAN, NULL);
    }
    const size_t waiting = (size_t)SERIES * EACH - counted;
    ck_assert_uint_le(waiting, (64u << 20) / 24 + SERIES * 8);
    ck_assert_uint_ge(largest, 8);
    orr_sink_flush(s, NULL);
    ck_assert_uint_eq(counted, (size_t)SERIES * EACH);
    orr_sink_free(s);
}
END_TEST

START_TEST(wall_times_are_absent_when_no_point_of_a_batch_has_one)
{
    struct aid_sink a;
    aid_sink_open(&a, 2);
    const uint32_t s = series(&a, run(&a, "r"), "x");
    for (int i = 0; i < 4; i++) orr_sink_point(a.sink, s, i, 0, i == 3 ? 7.0 : (double)NAN, NULL);
    orr_sink_flush(a.sink, NULL);
    ck_assert(isnan(a.series.data[0].wall.data[2]) && a.series.data[0].wall.data[3] == 7);
    aid_sink_close(&a);
}
END_TEST

START_TEST(an_error_of_the_back_part_reaches_the_importer_and_leaks_nothing)
{
    struct aid_sink a;
    aid_sink_open(&a, 8);
    a.fail_after = 2;
    const uint32_t s = series(&a, run(&a, "r"), "x");
    struct orr_error err;
    enum orr_status status = ORR_OK;
    int i = 0;
    while (!status && i < 100) status = orr_sink_point(a.sink, s, i++, 0, NAN, &err);
    ck_assert_int_eq(status, ORR_EFULL);
    ck_assert_int_eq(err.code, ORR_EFULL);
    ck_assert_int_eq(i, 25);
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_name_of_any_bytes_ends_at_nul_and_at_the_limit)
{
    struct aid_sink a;
    aid_sink_open(&a, 0);
    const uint32_t r = run(&a, "r");
    uint32_t x, y;
    orr_sink_series(a.sink, r, "ab\0cd", 5, &x, NULL);
    orr_sink_series(a.sink, r, "ab", 2, &y, NULL);
    ck_assert_uint_eq(x, y);
    static char wide[5000];
    memset(wide, 'w', sizeof wide);
    orr_sink_series(a.sink, r, wide, sizeof wide, &x, NULL);
    ck_assert_uint_eq(strlen(a.series.data[x].name), ORR_SINK_NAME_MAX);
    ck_assert(aid_sink_warned(&a, "cut"));
    ck_assert_uint_eq(orr_sink_totals(a.sink).warnings, 1);
    aid_sink_close(&a);
}
END_TEST

START_TEST(formats_are_found_by_name_and_nothing_is_guessed_of_a_missing_file)
{
    for (const struct orr_format *const *f = orr_formats; *f; f++) {
        ck_assert_ptr_eq(orr_format_by_name((*f)->name), *f);
        ck_assert((*f)->summary && (*f)->read && (*f)->detect);
    }
    ck_assert_ptr_null(orr_format_by_name("no such format"));
    ck_assert_ptr_null(orr_format_detect("/nonexistent/file"));
    ck_assert_ptr_null(orr_format_detect("/dev/null"));
}
END_TEST

/* What json-c gives where it has no memory for a number's text. */
START_TEST(a_value_without_text_is_said_to_lack_memory)
{
    struct aid_sink a;
    struct orr_error err = {0};
    aid_sink_open(&a, 0);
    ck_assert_int_eq(orr_params_text(a.sink, run(&a, "r"), "key", NULL, &err), ORR_ENOMEM);
    aid_sink_close(&a);
}
END_TEST

ORR_SUITE("sink", points_of_interleaved_series_arrive_in_order_whatever_the_batch,
          batches_are_full_except_while_a_series_is_young_or_flushed,
          a_run_is_told_again_only_when_something_new_is_known, fifty_thousand_series_of_two_runs_keep_apart,
          buffers_of_many_series_stay_within_their_budget, wall_times_are_absent_when_no_point_of_a_batch_has_one,
          an_error_of_the_back_part_reaches_the_importer_and_leaks_nothing,
          a_name_of_any_bytes_ends_at_nul_and_at_the_limit,
          formats_are_found_by_name_and_nothing_is_guessed_of_a_missing_file,
          a_value_without_text_is_said_to_lack_memory)
