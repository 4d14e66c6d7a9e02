#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_curve.h"
#include "aid_store.h"
#include "app/export_logs.h"
#include "app/import.h"

static const float kernel[6] = {1, -2.5f, 3, 0, 1e-30f, 7};
static const int64_t shape[2] = {2, 3};
static const char graph[] = "{\"arch\":\"mlp:3\",\"nodes\":"
                            "[{\"id\":0,\"op\":\"input\"},{\"id\":1,\"op\":\"linear 3\"}],\"edges\":[[0,1]]}";

/* A run with all that a run can have: steps that repeat and go back, values that are no numbers, two snapshots. */
static struct aid_store make_store(void)
{
    static const int64_t step[6] = {0, 1, 2, 2, 1, 3};
    static const double value[6] = {0.1, 1.0 / 3, NAN, INFINITY, -1e300, 5};
    static const double wall[6] = {1.7e9, 1.7e9 + 1, 1.7e9 + 2, 1.7e9 + 3, 1.7e9 + 4, 1.7e9 + 5.25};
    struct aid_store a = aid_store_new();
    struct orr_error err;
    int64_t id;
    const struct orr_run run = {.key = "k", .name = "a/b: \"c\"", .project = "p", .group = "g h", .state = "finished",
                                .notes = "two\nlines", .started = 1.7e9, .ended = NAN};
    aid_ok(orr_store_run_put(a.store, &run, &id, &err), &err);
    aid_curve_points(a.store, id, "train/loss", 6, step, value, wall);
    aid_curve_points(a.store, id, "epoch", 3, step, value, NULL);
    const struct orr_config_value texts[] = {{"optim", false, NAN, "adam"}, {"lr", true, 1e-3, "1e-3"},
                                             {"flag", false, NAN, "true"},
                                             {"odd", true, 0.5, ".5"}, {"inner.key", true, 12, "12"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        aid_ok(orr_store_config_put(a.store, id, texts[i].key, &texts[i], &err), &err);
    aid_ok(orr_store_tag_put(a.store, id, "best", true, &err), &err);
    aid_ok(orr_store_graph_put(a.store, id, graph, &err), &err);
    for (int64_t at = 5; at <= 10; at += 5)
        aid_ok(orr_store_snapshot_put(a.store, id, at, "layer.weight", shape, 2, kernel, 6, &err), &err);
    return a;
}

static enum orr_status export_all(struct aid_store *a, const char *folder, bool wall, struct orr_error *err)
{
    struct orr_app app = {.store = a->store, .store_path = a->path};
    static const struct orr_ticker nobody;
    const enum orr_status s = orr_app_export_logs(&app, (const int64_t[]){1}, 1, folder, wall, &nobody, err);
    return s;
}

/* Exports the run, imports it into a store of its own. */
static struct aid_store there_and_back(struct aid_store *a, bool wall)
{
    struct aid_store b = aid_store_new();
    struct orr_error err;
    char folder[128];
    const char *const source = folder;
    snprintf(folder, sizeof folder, "%s/logs", a->folder);
    aid_ok(export_all(a, folder, wall, &err), &err);
    struct orr_app app = {.store = b.store, .store_path = b.path};
    struct orr_import_result r;
    aid_ok(orr_app_import(&app, &source, 1, &(struct orr_import_options){.project = "other"}, NULL, &r, &err), &err);
    ck_assert_uint_eq(r.total.runs, 1);
    ck_assert_uint_eq(r.total.warnings, 0);
    ck_assert_uint_eq(r.n_notes, 0);
    orr_import_result_free(&r);
    return b;
}

START_TEST(an_exported_run_comes_back_with_series_and_times)
{
    struct aid_store a = make_store(), b = there_and_back(&a, true);
    struct orr_series x, y;
    struct orr_error err;
    int64_t step[2][6];
    double value[2][6], wall[2][6];
    size_t n;
    aid_ok(orr_store_series_find(a.store, 1, "train/loss", &x, &err), &err);
    aid_ok(orr_store_series_find(b.store, 1, "train/loss", &y, &err), &err);
    ck_assert_int_eq(y.n, 6);
    aid_ok(orr_store_points(a.store, x.id, 0, 6, step[0], value[0], wall[0], &n, &err), &err);
    aid_ok(orr_store_points(b.store, y.id, 0, 6, step[1], value[1], wall[1], &n, &err), &err);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(step[1][i], step[0][i]);
        ck_assert(value[1][i] == value[0][i] || (isnan(value[0][i]) && isnan(value[1][i])));
        ck_assert_double_eq(wall[1][i], wall[0][i]);
    }
    aid_ok(orr_store_series_find(b.store, 1, "epoch", &y, &err), &err);
    ck_assert_int_eq(y.n, 3);
    aid_store_end(&a);
    aid_store_end(&b);
}
END_TEST

START_TEST(an_exported_run_comes_back_with_name_configuration_tags_and_graph)
{
    struct aid_store a = make_store(), b = there_and_back(&a, false);
    struct orr_run_list runs;
    struct orr_config_list x, y, tags;
    struct orr_error err;
    char *json;
    aid_ok(orr_store_runs(b.store, &runs, &err), &err);
    ck_assert_uint_eq(runs.n, 1);
    ck_assert_str_eq(runs.runs[0].name, "a/b: \"c\"");
    ck_assert_str_eq(runs.runs[0].project, "p");
    ck_assert_str_eq(runs.runs[0].group, "g h");
    ck_assert_str_eq(runs.runs[0].state, "finished");
    ck_assert_str_eq(runs.runs[0].notes, "two\nlines");
    aid_ok(orr_store_tag_column(b.store, &runs, &tags, &err), &err);
    ck_assert_str_eq(tags.values[0].text, "best");
    aid_ok(orr_store_config(a.store, 1, &x, &err), &err);
    aid_ok(orr_store_config(b.store, 1, &y, &err), &err);
    ck_assert_uint_eq(y.n, x.n);
    for (size_t i = 0; i < x.n; i++) {
        ck_assert_str_eq(y.values[i].key, x.values[i].key);
        ck_assert_int_eq(y.values[i].is_number, x.values[i].is_number);
        if (x.values[i].is_number) ck_assert_double_eq(y.values[i].number, x.values[i].number);
        if (strcmp(x.values[i].key, "odd") != 0) ck_assert_str_eq(y.values[i].text, x.values[i].text); /* .5 is no JSON */
    }
    aid_ok(orr_store_graph(b.store, 1, &json, &err), &err);
    ck_assert_str_eq(json, graph);
    free(json);
    orr_config_list_free(&x);
    orr_config_list_free(&y);
    orr_config_list_free(&tags);
    orr_run_list_free(&runs);
    aid_store_end(&a);
    aid_store_end(&b);
}
END_TEST

START_TEST(an_exported_run_comes_back_with_its_weights)
{
    struct aid_store a = make_store(), b = there_and_back(&a, false);
    struct orr_snapshot_list list;
    struct orr_error err;
    float values[6];
    aid_ok(orr_store_snapshots(b.store, 1, &list, &err), &err);
    ck_assert_uint_eq(list.n, 2);
    ck_assert_int_eq(list.items[0].step, 5);
    ck_assert_int_eq(list.items[1].step, 10);
    ck_assert_str_eq(list.items[1].tensor, "layer.weight");
    ck_assert_int_eq(list.items[1].rank, 2);
    ck_assert_int_eq(list.items[1].shape[1], 3);
    aid_ok(orr_store_snapshot_read(b.store, 1, 10, "layer.weight", 0, 6, values, &err), &err);
    ck_assert_mem_eq(values, kernel, sizeof kernel);
    orr_snapshot_list_free(&list);
    aid_store_end(&a);
    aid_store_end(&b);
}
END_TEST

START_TEST(without_times_equal_runs_give_equal_bytes_and_no_time_is_written)
{
    struct aid_store a = make_store();
    struct orr_error err;
    char folder[128], path[256];
    size_t n;
    snprintf(folder, sizeof folder, "%s/logs", a.folder);
    aid_ok(export_all(&a, folder, false, &err), &err);
    snprintf(path, sizeof path, "%s/a-b-c/metrics.jsonl", folder);
    char *text = (char *)aid_slurp(path, &n);
    ck_assert_ptr_nonnull(text);
    const char expected[] = "{\"step\":0,\"epoch\":0.1,\"train/loss\":0.1}\n"
                            "{\"step\":1,\"epoch\":0.3333333333333333,\"train/loss\":0.3333333333333333}\n"
                            "{\"step\":2,\"epoch\":\"NaN\",\"train/loss\":\"NaN\"}\n{\"step\":2,\"train/loss\":\"Infinity\"}\n"
                            "{\"step\":1,\"train/loss\":-1e+300}\n{\"step\":3,\"train/loss\":5}\n";
    ck_assert_uint_eq(n, strlen(expected));
    ck_assert_mem_eq(text, expected, n);
    free(text);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_folder_that_is_there_is_not_written_into)
{
    struct aid_store a = make_store();
    struct orr_error err;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/logs", a.folder);
    aid_ok(export_all(&a, folder, false, &err), &err);
    ck_assert_int_eq(export_all(&a, folder, false, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.where, "a-b-c"));
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("export logs", an_exported_run_comes_back_with_series_and_times,
          an_exported_run_comes_back_with_name_configuration_tags_and_graph, an_exported_run_comes_back_with_its_weights,
          without_times_equal_runs_give_equal_bytes_and_no_time_is_written, a_folder_that_is_there_is_not_written_into)
