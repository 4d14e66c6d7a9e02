#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "aid_store.h"
#include "aid_ui.h"
#include "app/diff.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

START_TEST(runs_side_by_side_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {38, 10}, {20, 5}};
    struct orr_aid_ui *a = orr_aid_ui_new(6, 80, 24);
    orr_ui_open(a->ui, "diff", "1 2 4");
    for (size_t i = 0; i < 5; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "diff");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(equal_rows_come_with_a_and_go_with_a)
{
    struct orr_aid_ui *a = orr_aid_ui_new(6, 80, 24);
    orr_ui_open(a->ui, "diff", "1 2");
    ck_assert(!has(a, "dataset") && has(a, "model"));
    orr_aid_ui_keys(a, "a");
    ck_assert(has(a, "dataset") && has(a, "blobs"));
    orr_aid_ui_keys(a, "a");
    ck_assert(!has(a, "dataset"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(without_two_runs_the_screen_says_what_to_do)
{
    struct orr_aid_ui *a = orr_aid_ui_new(2, 80, 24);
    orr_ui_open(a->ui, "diff", NULL);
    ck_assert(has(a, "Select two or more runs"));
    orr_ui_open(a->ui, "diff", "1 99");
    ck_assert(has(a, "99"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_diff_has_the_union_of_keys_and_tells_which_rows_differ)
{
    struct aid_store s = aid_store_new();
    struct orr_app app = {.store = s.store, .store_path = s.path};
    struct orr_error err;
    struct orr_diff d;
    const int64_t a = aid_run(s.store, "k:a", "twin"), b = aid_run(s.store, "k:b", "twin");
    const struct orr_config_value one = {.is_number = true, .number = 1, .text = "1"}, two = {.text = "two"};
    aid_ok(orr_store_config_put(s.store, a, "same", &one, &err), &err);
    aid_ok(orr_store_config_put(s.store, b, "same", &one, &err), &err);
    aid_ok(orr_store_config_put(s.store, b, "only-b", &two, &err), &err);
    aid_append(s.store, a, "loss", 3, 0.5);
    aid_ok(orr_store_tag_put(s.store, a, "good", true, &err), &err);
    aid_ok(orr_app_diff(&app, (int64_t[]){a, b}, 2, false, &d, &err), &err);
    struct orr_str text = {0};
    orr_table_print(&d.table, ORR_TABLE_CSV, 0, &text);
    ck_assert_msg(strstr(text.data, "config,only-b,,two\n") && strstr(text.data, "config,same,1,1\n") &&
                  strstr(text.data, "metric,loss,2.5,\n") && strstr(text.data, "tag,tags,good,\n"), "%s", text.data);
    char heading[64];
    snprintf(heading, sizeof heading, "kind,key,twin #%lld,twin #%lld", (long long)a, (long long)b);
    ck_assert_msg(strstr(text.data, heading) != NULL, "%s", text.data);
    const size_t all = d.table.rows, differ = d.n_differ;
    orr_diff_free(&d);
    aid_ok(orr_app_diff(&app, (int64_t[]){a, b}, 2, true, &d, &err), &err);
    ck_assert(d.table.rows == differ && differ < all);
    orr_diff_free(&d);
    ck_assert_int_eq(orr_app_diff(&app, (int64_t[]){a, 77}, 2, true, &d, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_app_diff(&app, NULL, 0, true, &d, &err), ORR_EINVAL);
    orr_str_free(&text);
    aid_store_end(&s);
}
END_TEST

ORR_SUITE("screen_diff", runs_side_by_side_at_every_size, equal_rows_come_with_a_and_go_with_a,
          without_two_runs_the_screen_says_what_to_do, the_diff_has_the_union_of_keys_and_tells_which_rows_differ)
