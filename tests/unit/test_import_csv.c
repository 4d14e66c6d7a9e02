#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_ingest.h"

static struct aid_sink a;

START_TEST(lightning_rows_are_sparse_and_hparams_describe_the_run)
{
    aid_file_write("lightning/hparams.yaml", "lr: 0.001\nmodel:\n  name: cnn\n  sizes: [1, 2]\nbest: true\n", 56);
    aid_ingest(&a, &orr_format_csv, "lightning/metrics.csv",
               "epoch,lr-Adam,step,train_loss,val_loss\n,0.004,9,,\n0,,9,0.25,\n0,,19,,0.5\n,0.003,19,,\n");
    ck_assert_uint_eq(a.runs.len, 1);
    aid_expect(&a, "k", "lr-Adam", "9:0.004 19:0.003");
    aid_expect(&a, "k", "train_loss", "9:0.25");
    aid_expect(&a, "k", "val_loss", "19:0.5");
    aid_expect(&a, "k", "epoch", "9:0 19:0");
    aid_expect_config(&a, "k", "lr", "0.001");
    aid_expect_config(&a, "k", "model.name", "cnn");
    aid_expect_config(&a, "k", "model.sizes", "[1,2]");
    aid_expect_config(&a, "k", "best", "true");
    aid_sink_close(&a);
}
END_TEST

START_TEST(keras_logs_may_restart_repeat_their_header_and_hold_arrays)
{
    aid_ingest(&a, &orr_format_csv, "keras.csv",
               "epoch;loss;lr;w\n0;1.5;NA;\"\"\"[0.5, 2]\"\"\"\n1;0.5;0.1;\"\"\"[1, 3]\"\"\"\nepoch;loss;lr;w\n0;0.25;0.1;\n");
    aid_expect(&a, "k", "loss", "0:1.5 1:0.5 0:0.25");
    aid_expect(&a, "k", "lr", "1:0.1 0:0.1");
    aid_expect(&a, "k", "w[0]", "0:0.5 1:1");
    aid_expect(&a, "k", "w[1]", "0:2 1:3");
    ck_assert_uint_eq(a.warnings.len, 0);
    aid_sink_close(&a);
}
END_TEST

START_TEST(yolo_cells_are_padded_and_names_of_both_generations_are_kept)
{
    aid_ingest(&a, &orr_format_csv, "yolo.csv",
               "               epoch,      train/box_loss,     metrics/mAP_0.5,   metrics/mAP50(B)\n"
               "                   0,            0.075778,          7.6327e-06,                0.5\n"
               "                   1,            0.066134,                 nan,                0.6\n");
    aid_expect(&a, "k", "train/box_loss", "0:0.075778 1:0.066134");
    aid_expect(&a, "k", "metrics/mAP_0.5", "0:7.6327e-06 1:nan");
    aid_expect(&a, "k", "metrics/mAP50(B)", "0:0.5 1:0.6");
    aid_sink_close(&a);
}
END_TEST

START_TEST(columns_that_name_runs_make_many_runs_of_one_file)
{
    aid_ingest(&a, &orr_format_csv, "runs.csv",
               "record,run,step,val_loss\nt1/rec,f66d43d7-e449-4029-8adf-e8537bab49ea.log,0,3\n"
               "t1/rec,other.txt,0,4\nt1/rec,f66d43d7-e449-4029-8adf-e8537bab49ea.log,1,2\n");
    ck_assert_uint_eq(a.runs.len, 2);
    ck_assert_str_eq(a.runs.data[0].meta.name, "rec/f66d43d7");
    ck_assert_str_eq(a.runs.data[0].meta.group, "t1/rec");
    aid_expect(&a, a.runs.data[0].meta.key, "val_loss", "0:3 1:2");
    aid_expect(&a, a.runs.data[1].meta.key, "val_loss", "0:4");
    aid_expect_config(&a, a.runs.data[1].meta.key, "run", "other.txt");
    aid_sink_close(&a);
}
END_TEST

START_TEST(times_are_taken_only_where_they_can_be_nothing_else)
{
    aid_ingest(&a, &orr_format_csv, "t1.csv", "step,timestamp,loss\n1,1700000000.5,3\n2,1700000001,4\n");
    ck_assert_double_eq(aid_sink_series(&a, "k", "loss")->wall.data[0], 1700000000.5);
    ck_assert_ptr_null(aid_sink_series(&a, "k", "timestamp"));
    aid_sink_close(&a);
    aid_ingest(&a, &orr_format_csv, "t2.csv", "step,time,loss\n1,0.5,3\n");
    ck_assert(isnan(aid_sink_series(&a, "k", "loss")->wall.data[0]));
    aid_expect(&a, "k", "time", "1:0.5");
    aid_sink_close(&a);
    aid_ingest(&a, &orr_format_csv, "t3.csv", "step,date,loss\n1,2024-07-02T00:00:01+01:00,3\n");
    ck_assert_double_eq(aid_sink_series(&a, "k", "loss")->wall.data[0], 1719874801.0);
    aid_sink_close(&a);
}
END_TEST

START_TEST(text_that_never_changes_is_configuration)
{
    aid_ingest(&a, &orr_format_csv, "text.csv", "step,opt,phase,loss\n1,adam,warm,3\n2,adam,main,2\n");
    aid_expect_config(&a, "k", "opt", "adam");
    aid_expect_config(&a, "k", "phase", NULL);
    ck_assert(aid_sink_warned(&a, "phase"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(ragged_rows_and_bad_cells_are_named_by_line)
{
    aid_ingest(&a, &orr_format_csv, "ragged.csv", "step,a,b\n1,2,3\n2,5\n3,x,7\nq,1,1\n4,8,9,10\n");
    aid_expect(&a, "k", "a", "1:2 2:5 4:8");
    aid_expect(&a, "k", "b", "1:3 3:7 4:9");
    ck_assert(aid_sink_warned(&a, "ragged.csv:3: 2 cells"));
    ck_assert(aid_sink_warned(&a, "ragged.csv:4: column a: \"x\""));
    ck_assert(aid_sink_warned(&a, "ragged.csv:5: no step"));
    ck_assert(aid_sink_warned(&a, "ragged.csv:6: 4 cells"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(without_a_counter_the_row_number_is_the_step)
{
    aid_ingest(&a, &orr_format_csv, "plain.csv", "loss,acc\n3,0.5\n2,0.6\n");
    aid_expect(&a, "k", "loss", "0:3 1:2");
    aid_sink_close(&a);
    aid_ingest(&a, &orr_format_csv, "fractions.csv", "epoch,loss\n0.5,3\n1.0,2\n");
    aid_expect(&a, "k", "epoch", "0:0.5 1:1");
    aid_expect(&a, "k", "loss", "0:3 1:2");
    aid_sink_close(&a);
    int score;
    orr_format_guess(aid_file_write("plain.csv", "loss,acc\n3,0.5\n", 15), &score);
    ck_assert_int_lt(score, ORR_FORMAT_SURE);
    const char *table = "run,lr,steps,loss\na,0.1,100,3\n";
    orr_format_guess(aid_file_write("table_of_runs.csv", table, strlen(table)), &score);
    ck_assert_int_lt(score, ORR_FORMAT_SURE);
}
END_TEST

/* Reads text[0..cut) and then, resuming, all of it. */
static char *in_two_parts(const char *text, size_t cut, bool follow)
{
    struct orr_error err;
    const char *path = aid_file_write("grow.csv", text, cut);
    struct orr_ingest in = {.path = path, .run_key = "k", .follow = follow};
    aid_sink_open(&a, 0);
    ck_assert_int_eq(aid_sink_import(&a, &orr_format_csv, &in, &err), ORR_OK);
    if (in.start_anew) { /* the driver would clear the run */
        aid_sink_close(&a);
        aid_sink_open(&a, 0);
        in.end_offset = 0;
    }
    aid_file_write("grow.csv", text, strlen(text));
    struct orr_ingest rest = {.path = path, .run_key = "k", .resume_offset = in.end_offset, .resume_state = in.state};
    ck_assert_int_eq(aid_sink_import(&a, &orr_format_csv, &rest, &err), ORR_OK);
    free(in.state);
    free(rest.state);
    char *const got = aid_sink_text(&a);
    aid_sink_close(&a);
    return got;
}

START_TEST(a_file_read_in_two_parts_gives_what_it_gives_in_one)
{
    const char *text = "loss,time,note\n3,1700000000,x\n2,1700000001,x\n1,1700000002,x\n";
    const char *counted = "step,seed,loss\n1,0,0.5\n2,0,0.25\n1,1,8\n2,1,9\n";
    for (int i = 0; i < 2; i++) {
        const char *const t = i ? counted : text;
        char *const whole = in_two_parts(t, strlen(t), false);
        for (size_t cut = 0; cut < strlen(t); cut++)
            for (int follow = 0; follow < 2; follow++) {
                char *const got = in_two_parts(t, cut, follow);
                /* configuration may be told twice: compare runs and points */
                const char *p = strstr(whole, "\nk"), *q = strstr(got, "\nk");
                ck_assert_msg(p && q && strcmp(p, q) == 0, "cut %zu follow %d:\n%s", cut, follow, got);
                free(got);
            }
        free(whole);
    }
}
END_TEST

START_TEST(nul_bytes_in_names_and_cells_stay_within_bounds)
{
    static const char text[] = "st\0ep,a\0b,step\n1\0,N\0A\0,1\nab\0cd,ab\0cdefgh,2\nab,ab,3\n";
    struct orr_error err;
    const char *path = aid_file_write("nul.csv", text, sizeof text - 1);
    struct orr_ingest in = {.path = path, .run_key = "k"};
    aid_sink_open(&a, 0);
    ck_assert_int_eq(aid_sink_import(&a, &orr_format_csv, &in, &err), ORR_OK);
    free(in.state);
    aid_sink_close(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("import_csv", lightning_rows_are_sparse_and_hparams_describe_the_run,
                    keras_logs_may_restart_repeat_their_header_and_hold_arrays,
                    yolo_cells_are_padded_and_names_of_both_generations_are_kept,
                    columns_that_name_runs_make_many_runs_of_one_file,
                    times_are_taken_only_where_they_can_be_nothing_else, text_that_never_changes_is_configuration,
                    ragged_rows_and_bad_cells_are_named_by_line, without_a_counter_the_row_number_is_the_step,
                    a_file_read_in_two_parts_gives_what_it_gives_in_one, nul_bytes_in_names_and_cells_stay_within_bounds)
