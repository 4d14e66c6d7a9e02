#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid_curve.h"
#include "app/export.h"
#include "base/file.h"

/* Two seeds of one setting and one run of another; the third has no val/loss. */
static struct aid_store make_store(void)
{
    static const int64_t step[6] = {0, 10, 20, 30, 40, 50};
    static const double wall[6] = {1700000000, 1700000060, 1700000120, 1700000180, 1700000240, 1700000300};
    struct aid_store a = aid_store_new();
    for (int r = 0; r < 3; r++) {
        const int64_t run = aid_run(a.store, (const char *[]){"k:a", "k:b", "k:c"}[r], (const char *[]){"a", "b", "c, \"d\""}[r]);
        double v[6];
        for (int i = 0; i < 6; i++) v[i] = i == 3 && r == 0 ? (double)NAN : 6 - i + r;
        aid_curve_config(a.store, run, "lr", r < 2 ? 0.1 : 0.01);
        aid_curve_points(a.store, run, "train/loss", 6, step, v, wall);
        if (r < 2) aid_curve_points(a.store, run, "val/loss", 3, step, v, wall);
    }
    return a;
}

static const int64_t runs[] = {1, 2, 3};
static const char *const series[] = {"train/loss", "val/loss"};

static const char *table_text(struct aid_store *a, const struct orr_curve_set *q)
{
    static struct orr_str text;
    struct orr_app app = {.store = a->store, .store_path = a->path};
    struct orr_table t = {0};
    struct orr_error err;
    aid_ok(orr_app_curve_table(&app, q, NULL, &t, &err), &err);
    orr_str_clear(&text);
    orr_table_print(&t, ORR_TABLE_CSV, 0, &text);
    orr_table_free(&t);
    return text.data;
}

static struct orr_curve_set a_set(size_t n_runs, size_t n_series)
{
    struct orr_curve_set q;
    orr_curve_set_init(&q);
    q.runs = runs, q.n_runs = n_runs, q.series = series, q.n_series = n_series;
    return q;
}

START_TEST(every_point_is_a_row_with_the_run_its_name_and_the_series)
{
    struct aid_store a = make_store();
    struct orr_curve_set q = a_set(3, 2);
    q.bins = 0;
    q.x0 = 20;
    ck_assert_str_eq(table_text(&a, &q), "run,name,series,step,value\n"
                                         "1,a,train/loss,20,4\n1,a,train/loss,30,\n1,a,train/loss,40,2\n1,a,train/loss,50,1\n"
                                         "2,b,train/loss,20,5\n2,b,train/loss,30,4\n2,b,train/loss,40,3\n2,b,train/loss,50,2\n"
                                         "3,\"c, \"\"d\"\"\",train/loss,20,6\n3,\"c, \"\"d\"\"\",train/loss,30,5\n"
                                         "3,\"c, \"\"d\"\"\",train/loss,40,4\n3,\"c, \"\"d\"\"\",train/loss,50,3\n"
                                         "1,a,val/loss,20,4\n2,b,val/loss,20,5\n");
    aid_store_end(&a);
}
END_TEST

START_TEST(bins_and_bands_are_tables_too)
{
    struct aid_store a = make_store();
    struct orr_curve_set q = a_set(2, 1);
    q.bins = 2;
    ck_assert_str_eq(table_text(&a, &q), "run,name,series,x,n,mean,min,max,first,last\n"
                                         "1,a,train/loss,12.5,3,5,4,6,6,4\n1,a,train/loss,37.5,3,1.5,1,2,2,1\n"
                                         "2,b,train/loss,12.5,3,6,5,7,7,5\n2,b,train/loss,37.5,3,3,2,4,4,2\n");
    q = a_set(3, 1);
    q.bins = 1, q.group_by = "lr", q.min_max = true;
    ck_assert_str_eq(table_text(&a, &q), "group,series,x,n,mean,lo,hi\n0.1,train/loss,25,2,4.05,3.6,4.5\n"
                                         "0.01,train/loss,25,1,5.5,5.5,5.5\n");
    aid_store_end(&a);
}
END_TEST

START_TEST(the_command_line_names_everything_that_was_asked_for_and_quotes_it)
{
    struct orr_curve_set q = a_set(2, 2);
    struct orr_str line = {0};
    orr_app_curve_command(&q, NULL, &line);
    ck_assert_str_eq(line.data, "orrery curve 1 2 --series train/loss,val/loss --bins 400");
    orr_str_clear(&line);
    q.options = (struct orr_curve_options){ORR_X_SERIES, "tokens seen", 0.9, true};
    q.x0 = 1, q.x1 = 2.5, q.group_by = "", q.min_max = q.log_y = true, q.title = "it's", q.width = 800;
    orr_app_curve_command(&q, "a b.png", &line);
    ck_assert_str_eq(line.data, "orrery export curve 1 2 --series train/loss,val/loss --smooth 0.9 --x 'tokens seen' --log-x "
                                "--from 1 --to 2.5 --bins 400 --group-by '' --min-max --log-y --title 'it'\\''s' --width 800 "
                                "--out 'a b.png'");
    orr_str_free(&line);
}
END_TEST

START_TEST(the_name_says_the_kind_of_file_and_others_are_refused)
{
    struct aid_store a = make_store();
    struct orr_app app = {.store = a.store, .store_path = a.path};
    struct orr_curve_set q = a_set(2, 1);
    struct orr_error err;
    static const struct {
        const char *name, *begins;
    } files[] = {{"x.csv", "run,"}, {"x.JSON", "[\n{\"run\":1"}, {"x.md", "| run"}, {"x.txt", "run  name"}};
    char path[128];
    q.bins = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t n;
        snprintf(path, sizeof path, "%s/%s", a.folder, files[i].name);
        aid_ok(orr_app_curve_export(&app, &q, path, NULL, &err), &err);
        unsigned char *bytes = aid_slurp(path, &n);
        ck_assert_msg(bytes && n > 100 && memcmp(bytes, files[i].begins, strlen(files[i].begins)) == 0, "%s: %.40s",
                      files[i].name, (const char *)bytes);
        free(bytes);
    }
    ck_assert_int_eq(orr_app_curve_export(&app, &q, "/tmp/x.doc", NULL, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_app_curve_export(&app, &q, "noextension", NULL, &err), ORR_EINVAL);
    struct orr_table t = {0};
    ck_assert_int_eq(orr_export_table(&t, "/tmp/x.png", &err), ORR_EINVAL);
    q.series = (const char *const[]){"nothing"};
    ck_assert_int_eq(orr_app_curve_export(&app, &q, path, NULL, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

START_TEST(pictures_are_drawn_of_bins_bands_gaps_and_single_points)
{
    if (!orr_plot_probe()->found) {
        fprintf(stderr, "note: no gnuplot here; pictures are not tested\n");
        return;
    }
    struct aid_store a = make_store();
    struct orr_app app = {.store = a.store, .store_path = a.path};
    struct orr_error err;
    const int64_t step = 7;
    const double one = 3, none = NAN;
    aid_curve_points(a.store, 1, "one", 1, &step, &one, NULL);
    aid_curve_points(a.store, 1, "none", 1, &step, &none, NULL);
    static const char *const all[] = {"train/loss", "one", "none"};
    for (int kind = 0; kind < 6; kind++) {
        struct orr_curve_set q = a_set(3, 2);
        struct orr_str out = {0};
        q.series = all, q.n_series = 3;
        q.options.log_x = kind == 1, q.log_y = kind == 2;
        if (kind == 3) q.options.x = ORR_X_WALL;
        if (kind == 4) q.group_by = "lr";
        if (kind == 5) q.series = all + 2, q.n_series = 1; /* nothing but NaN */
        aid_ok(orr_app_curve_plot(&app, &q, ORR_PLOT_SVG, NULL, &out, &err), &err);
        ck_assert(strstr(out.data, "</svg>") != NULL);
        ck_assert_msg(strstr(out.data, kind == 4 ? "lr=0.1 (2)" : kind == 5 ? "none" : "a train/loss") != NULL, "kind %d", kind);
        orr_str_free(&out);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(a_file_is_replaced_whole_or_not_at_all)
{
    struct aid_store a = aid_store_folder();
    struct orr_error err;
    char path[128];
    size_t n;
    snprintf(path, sizeof path, "%s/f", a.folder);
    aid_ok(orr_file_write(path, "old", 3, &err), &err);
    aid_ok(orr_file_write(path, "newer", 5, &err), &err);
    unsigned char *bytes = aid_slurp(path, &n);
    ck_assert(n == 5 && memcmp(bytes, "newer", 5) == 0);
    free(bytes);
    ck_assert_int_eq(orr_file_write("/nonexistent/folder/f", "x", 1, &err), ORR_EIO);
    ck_assert(strstr(err.where, "/nonexistent/folder/f") != NULL);
    ck_assert_int_eq(orr_file_write(a.folder, "x", 1, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_file_write("/dev/null", "x", 1, &err), ORR_EINVAL);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("export", every_point_is_a_row_with_the_run_its_name_and_the_series, bins_and_bands_are_tables_too,
          the_command_line_names_everything_that_was_asked_for_and_quotes_it,
          the_name_says_the_kind_of_file_and_others_are_refused, pictures_are_drawn_of_bins_bands_gaps_and_single_points,
          a_file_is_replaced_whole_or_not_at_all)
