#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_store.h"
#include "app/columns.h"
#include "app/overview.h"
#include "app/runs.h"

static struct aid_store at;
static struct orr_app app;
static struct orr_error err;

static void config(int64_t run, const char *key, const char *text, double number)
{
    const struct orr_config_value v = {key, !isnan(number), number, text};
    aid_ok(orr_store_config_put(at.store, run, key, &v, &err), &err);
}

static int64_t add(const char *name, double started, double loss, const char *lr, const char *seed)
{
    char key[64];
    int64_t id;
    snprintf(key, sizeof key, "src:%s", name);
    const struct orr_run run = {.key = key,
                                .name = name,
                                .project = "p",
                                .group = "",
                                .state = "finished",
                                .notes = "",
                                .started = started,
                                .ended = NAN};
    aid_ok(orr_store_run_put(at.store, &run, &id, &err), &err);
    const int64_t steps[] = {0, 10, 20};
    const double values[] = {loss + 1, loss, loss + 0.5};
    if (!isnan(loss)) aid_ok(orr_store_append(at.store, id, "val/loss", 3, steps, values, NULL, &err), &err);
    config(id, "lr", lr, strtod(lr, NULL));
    config(id, "seed", seed, strtod(seed, NULL));
    config(id, "optimizer", "adam", NAN);
    return id;
}

/* Five runs: two pairs of seeds and one without points. */
static void setup(void)
{
    at = aid_store_new();
    app = (struct orr_app){.store = at.store, .store_path = at.path};
    aid_ok(orr_store_begin(at.store, &err), &err);
    add("run1", 100, 0.5, "0.1", "0");
    add("run2", 200, 0.25, "0.1", "1");
    add("run10", 300, 0.125, "0.01", "0");
    add("run11", 400, 0.375, "0.01", "1");
    const int64_t empty = add("nothing", NAN, NAN, "0.001", "0");
    aid_ok(orr_store_tag_put(at.store, empty, "Broken", true, &err), &err);
    aid_ok(orr_store_commit(at.store, &err), &err);
}

static void teardown(void)
{
    app.store = NULL;
    orr_app_close(&app);
    aid_store_end(&at);
}

/* The table as CSV. */
static void expect(const struct orr_run_query *q, const char *csv)
{
    struct orr_run_table t;
    struct orr_str out = {0};
    aid_ok(orr_app_runs(&app, q, &t, &err), &err);
    orr_table_print(&t.table, ORR_TABLE_CSV, 0, &out);
    ck_assert_str_eq(orr_str_c(&out), csv);
    ck_assert_uint_eq(t.total, 5);
    orr_str_free(&out);
    orr_run_table_free(&t);
}
#define COLUMNS(...)                                                                                                   \
    .columns = (const char *const[]){__VA_ARGS__},                                                                     \
    .n_columns = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

START_TEST(default_columns_are_the_telling_ones)
{
    setup();
    expect(
        &(struct orr_run_query){.limit = 2},
        "id,name,state,steps,val/loss,lr,seed\n4,run11,finished,20,0.875,0.01,1\n3,run10,finished,20,0.625,0.01,0\n");
    teardown();
}
END_TEST

START_TEST(the_first_rows_of_many_are_those_of_the_whole_table)
{
    setup();
    aid_ok(orr_store_begin(at.store, &err), &err);
    for (int i = 0; i < 40; i++) {
        char name[16], width[16];
        snprintf(name, sizeof name, "more%d", i);
        snprintf(width, sizeof width, "%d", i);
        const int64_t id = add(name, 1000 - i % 7, i, "0.5", "3");
        config(id, "width", i == 20 ? "auto" : width, i == 20 ? NAN : (double)i); /* a text that is not among the first rows */
    }
    aid_ok(orr_store_commit(at.store, &err), &err);
    static const char *const sorts[] = {NULL, "val/loss", "width", "name"};
    for (size_t k = 0; k < 4; k++) {
        struct orr_run_query q = {.sort = sorts[k], COLUMNS("id", "width", "lr", "min:val/loss", "tags", "seed")};
        struct orr_run_table all, few;
        aid_ok(orr_app_runs(&app, &q, &all, &err), &err);
        q.limit = 3;
        aid_ok(orr_app_runs(&app, &q, &few, &err), &err);
        ck_assert(all.matched == 45 && few.matched == 45 && few.total == 45 && few.table.rows == 3);
        ck_assert_mem_eq(all.run, few.run, 3 * sizeof *few.run);
        for (size_t c = 0; c < 6; c++) {
            ck_assert_int_eq(all.table.column[c].kind, few.table.column[c].kind);
            for (size_t r = 0; r < 3; r++) {
                struct orr_str a = {0}, b = {0};
                orr_table_cell_text(&all.table, r, c, 17, &a);
                orr_table_cell_text(&few.table, r, c, 17, &b);
                ck_assert_str_eq(orr_str_c(&a), orr_str_c(&b));
                orr_str_free(&a);
                orr_str_free(&b);
            }
        }
        orr_run_table_free(&all);
        orr_run_table_free(&few);
    }
    teardown();
}
END_TEST

START_TEST(every_summary_of_a_series_is_a_column)
{
    setup();
    expect(&(struct orr_run_query){COLUMNS("name", "last:val/loss", "min:val/loss", "max:val/loss", "best:val/loss",
                                           "count:val/loss", "tags"),
                                   .sort = "name"},
           "name,last:val/loss,min:val/loss,max:val/loss,best:val/loss,count:val/loss,tags\n"
           "nothing,,,,,,Broken\nrun1,1,0.5,1.5,10,3,\nrun2,0.75,0.25,1.25,10,3,\nrun10,0.625,0.125,1.125,10,3,\nrun11,"
           "0.875,0.375,1.375,10,3,\n");
    teardown();
}
END_TEST

START_TEST(empty_cells_sort_last_in_both_directions)
{
    setup();
    expect(&(struct orr_run_query){COLUMNS("name"), .sort = "min:val/loss"},
           "name\nrun10\nrun2\nrun11\nrun1\nnothing\n");
    expect(&(struct orr_run_query){COLUMNS("name"), .sort = "min:val/loss", .descending = true},
           "name\nrun1\nrun11\nrun2\nrun10\nnothing\n");
    teardown();
}
END_TEST

START_TEST(without_a_sort_column_pinned_runs_come_first_then_the_newest)
{
    setup();
    aid_ok(orr_store_run_pin(at.store, 2, true, &err), &err);
    expect(&(struct orr_run_query){COLUMNS("name")}, "name\nrun2\nrun11\nrun10\nrun1\nnothing\n");
    teardown();
}
END_TEST

START_TEST(filters_reach_columns_that_are_not_shown)
{
    setup();
    expect(&(struct orr_run_query){COLUMNS("name"), .filter = "min:val/loss<0.3 config:lr=0.1"}, "name\nrun2\n");
    expect(&(struct orr_run_query){COLUMNS("name"), .filter = "broken"}, "name\nnothing\n");
    expect(&(struct orr_run_query){COLUMNS("name"), .filter = "!tags~broken lr<0.05", .sort = "id"},
           "name\nrun10\nrun11\n");
    teardown();
}
END_TEST

START_TEST(groups_have_counts_and_means)
{
    setup();
    expect(
        &(struct orr_run_query){COLUMNS("name", "lr", "min:val/loss", "optimizer", "seed"), .group_by = "lr",
                                .sort = "min:val/loss"},
        "lr,runs,mean:min:val/loss,optimizer,mean:seed\n0.01,2,0.25,adam,0.5\n0.1,2,0.375,adam,0.5\n0.001,1,,adam,0\n");
    ck_assert_int_eq(orr_app_runs(&app, &(struct orr_run_query){.group_by = "lr", .sort = "points"},
                                  &(struct orr_run_table){0}, &err),
                     ORR_EINVAL);
    teardown();
}
END_TEST

START_TEST(changed_only_drops_configuration_that_is_equal_for_all_shown)
{
    setup();
    const struct orr_run_query q = {COLUMNS("name", "lr", "seed", "optimizer"), .filter = "lr=0.1", .sort = "name",
                                    .changed_only = true};
    expect(&q, "name,seed\nrun1,0\nrun2,1\n");
    teardown();
}
END_TEST

START_TEST(a_change_of_the_store_is_seen_and_columns_are_loaded_once)
{
    setup();
    struct orr_run_frame *f, *again;
    const struct orr_run_column *a, *b;
    aid_ok(orr_run_frame_get(&app, &f, &err), &err);
    aid_ok(orr_run_frame_column(f, "lr", &a, &err), &err);
    aid_ok(orr_run_frame_get(&app, &again, &err), &err);
    aid_ok(orr_run_frame_column(again, "lr", &b, &err), &err);
    ck_assert_ptr_eq(f, again);
    ck_assert_ptr_eq(a, b);
    struct orr_store *other = aid_store_open(&at, ORR_STORE_WRITE); /* another process, so to speak */
    aid_ok(orr_store_run_note(other, 1, "changed", &err), &err);
    orr_store_close(other);
    expect(&(struct orr_run_query){COLUMNS("name", "notes"), .filter = "changed"}, "name,notes\nrun1,changed\n");
    teardown();
}
END_TEST

START_TEST(an_own_edit_keeps_the_columns_unless_others_wrote_as_well)
{
    setup();
    struct orr_run_frame *f, *again;
    const struct orr_run_column *c;
    const int64_t run = 2;
    const bool pin = true;
    aid_ok(orr_run_frame_get(&app, &f, &err), &err);
    aid_ok(orr_run_frame_column(f, "pinned", &c, &err), &err);
    int64_t before = orr_store_change_counter(at.store);
    aid_ok(orr_store_run_pin(at.store, run, pin, &err), &err);
    orr_run_frame_edited(&app, before, &run, 1, &(struct orr_run_edit){.pin = &pin});
    aid_ok(orr_run_frame_get(&app, &again, &err), &err);
    ck_assert_ptr_eq(f, again);
    ck_assert(orr_run_frame_find(f, run)->pinned && c->number[1] == 1 && c->number[0] == 0);
    ck_assert_ptr_null(orr_run_frame_find(f, 99));

    before = orr_store_change_counter(at.store);
    struct orr_store *other = aid_store_open(&at, ORR_STORE_WRITE);
    aid_ok(orr_store_run_note(other, 1, "theirs", &err), &err);
    orr_store_close(other);
    aid_ok(orr_store_run_note(at.store, run, "ours", &err), &err);
    orr_run_frame_edited(&app, before, &run, 1, &(struct orr_run_edit){.notes = "ours"});
    ck_assert(!orr_run_frame_is_current(&app));
    expect(&(struct orr_run_query){COLUMNS("notes"), .filter = "notes~ours|theirs", .sort = "notes"}, "notes\nours\ntheirs\n");
    teardown();
}
END_TEST

START_TEST(an_unknown_column_is_refused_with_a_suggestion)
{
    setup();
    struct orr_run_table t;
    ck_assert_int_eq(orr_app_runs(&app, &(struct orr_run_query){COLUMNS("val/los")}, &t, &err), ORR_ENOTFOUND);
    ck_assert_msg(strstr(err.message, "did you mean 'val/loss'?") != NULL, "%s", err.message);
    ck_assert_int_eq(orr_app_runs(&app, &(struct orr_run_query){.filter = "lr=0.1 sede=1"}, &t, &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "filter:8");
    ck_assert_msg(strstr(err.message, "did you mean 'seed'?") != NULL, "%s", err.message);
    teardown();
}
END_TEST

START_TEST(the_overview_names_the_best_run)
{
    setup();
    struct orr_str out = {0};
    aid_ok(orr_app_overview(&app, 0, &out, &err), &err);
    ck_assert_msg(strstr(out.data, "lowest val/loss  0.125    3  run10") != NULL, "%s", out.data);
    ck_assert_ptr_nonnull(strstr(out.data, "5 runs"));
    orr_str_free(&out);
    teardown();
}
END_TEST

/* Without installed models: power laws, so that nothing here depends on trained numbers. */
START_TEST(final_values_are_forecast_with_interval_and_rank)
{
    static const char *const columns[] = {"name", "predicted:val/acc", "predicted-low:val/acc", "predicted-high:val/acc",
                                          "predicted-rank:val/acc"};
    setup();
    setenv("ORRERY_DATASETS", "/nonexistent", 1);
    for (int64_t run = 1; run <= 3; run++) {
        int64_t step[100];
        double value[100];
        for (int i = 0; i < 100; i++) step[i] = i + 1, value[i] = 0.5 + 0.1 * (double)run - 0.4 / (i + 1);
        aid_ok(orr_store_append(at.store, run, "val/acc", run == 3 ? 2 : 100, step, value, NULL, &err), &err);
    }
    struct orr_run_table t = {0};
    const struct orr_run_query q = {.columns = columns, .n_columns = 5, .sort = "predicted:val/acc", .descending = true};
    aid_ok(orr_app_runs(&app, &q, &t, &err), &err);
    ck_assert_str_eq(t.table.column[0].text[0], "run2");
    ck_assert_str_eq(t.table.column[0].text[1], "run1");
    ck_assert_double_eq_tol(t.table.column[1].number[0], 0.7 - 0.004, 0.01);
    ck_assert_double_le(t.table.column[2].number[0], t.table.column[1].number[0]);
    ck_assert_double_ge(t.table.column[3].number[0], t.table.column[1].number[0]);
    ck_assert_double_eq(t.table.column[4].number[0], 1);
    ck_assert_double_eq(t.table.column[4].number[1], 2);
    ck_assert_msg(isnan(t.table.column[1].number[2]), "two points are no curve");
    orr_run_table_free(&t);
    struct orr_run_query two = q; /* cells of a part of the runs, in the order of the table */
    two.limit = 2;
    aid_ok(orr_app_runs(&app, &two, &t, &err), &err);
    ck_assert_double_eq(t.table.column[4].number[0], 1);
    ck_assert_double_eq(t.table.column[4].number[1], 2);
    ck_assert(isfinite(t.table.column[3].number[0]) && isfinite(t.table.column[3].number[1]));
    orr_run_table_free(&t);
    teardown();
}
END_TEST

ORR_SUITE("runs", the_first_rows_of_many_are_those_of_the_whole_table,
          default_columns_are_the_telling_ones, every_summary_of_a_series_is_a_column,
          empty_cells_sort_last_in_both_directions, without_a_sort_column_pinned_runs_come_first_then_the_newest,
          filters_reach_columns_that_are_not_shown, groups_have_counts_and_means,
          changed_only_drops_configuration_that_is_equal_for_all_shown,
          a_change_of_the_store_is_seen_and_columns_are_loaded_once,
          an_own_edit_keeps_the_columns_unless_others_wrote_as_well, an_unknown_column_is_refused_with_a_suggestion,
          the_overview_names_the_best_run, final_values_are_forecast_with_interval_and_rank)
