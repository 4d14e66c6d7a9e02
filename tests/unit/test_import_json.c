/* Importers of JSON: trainer_state.json, JSON lines, MLPerf logs, LCDB. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_ingest.h"
#include "base/str.h"

static struct aid_sink a;

START_TEST(trainer_state_rows_join_on_their_step_and_may_hold_bare_nan)
{
    aid_ingest(&a, &orr_format_hf_trainer, "hf/trainer_state.json",
               "{\"best_metric\": 0.5, \"global_step\": 20, \"log_history\": [\n"
               " {\"loss\": 25.5, \"learning_rate\": 1e-4, \"epoch\": 0.5, \"step\": 10},\n"
               " {\"eval_loss\": NaN, \"step\": 10}, 3,\n {\"train_loss\": 2, \"step\": 20}]}");
    aid_expect(&a, "k", "loss", "10:25.5");
    aid_expect(&a, "k", "epoch", "10:0.5");
    aid_expect(&a, "k", "eval_loss", "10:nan");
    aid_expect(&a, "k", "train_loss", "20:2");
    aid_expect_config(&a, "k", "global_step", "20");
    ck_assert(aid_sink_warned(&a, "log_history[2]"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_trainer_state_without_history_or_cut_short_is_an_error_with_its_place)
{
    static const char *const bad[] = {"{}", "[1]", "{\"log_history\": 1}", "{\"log_history\": [", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_error err = {0};
        struct orr_ingest in = {.path = aid_file_write("trainer_state.json", bad[i], strlen(bad[i])), .run_key = "k"};
        aid_sink_open(&a, 0);
        ck_assert_int_eq(aid_sink_import(&a, &orr_format_hf_trainer, &in, &err), ORR_EFORMAT);
        ck_assert(strstr(err.where, "trainer_state.json"));
        aid_sink_close(&a);
    }
}
END_TEST

START_TEST(json_lines_are_flattened_and_text_is_configuration)
{
    aid_ingest(&a, &orr_format_jsonl, "log.jsonl",
               "{\"step\": 1, \"loss\": 2.5, \"eval\": {\"acc\": 0.5}, \"opt\": \"adam\", \"config\": {\"lr\": 0.1}}\n\n"
               "{\"step\": 3, \"loss\": \"NaN\", \"eval\": {\"acc\": 0.75}, \"ts\": 1700000000}\n");
    aid_expect(&a, "k", "loss", "1:2.5 3:nan");
    aid_expect(&a, "k", "eval.acc", "1:0.5 3:0.75");
    aid_expect_config(&a, "k", "opt", "adam");
    aid_expect_config(&a, "k", "lr", "0.1");
    ck_assert_ptr_null(aid_sink_series(&a, "k", "ts"));
    ck_assert_double_eq(aid_sink_series(&a, "k", "loss")->wall.data[1], 1700000000);
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_first_line_of_thousands_of_keys_is_recognised)
{
    struct orr_str text = {0};
    orr_str_append(&text, "{\"step\": 0");
    for (int i = 0; i < 4000; i++) orr_str_printf(&text, ", \"grad/layer%04d/norm\": 0.5", i);
    orr_str_append(&text, "}\n");
    ck_assert_ptr_eq(orr_format_detect(aid_file_write("wide.jsonl", text.data, text.len)), &orr_format_jsonl);
    /* Cut in the middle it is no line of JSON, however long. */
    ck_assert_ptr_ne(orr_format_detect(aid_file_write("wide.txt", text.data, text.len / 2)), &orr_format_jsonl);
    orr_str_free(&text);
}
END_TEST

START_TEST(json_lines_of_several_runs_and_damaged_lines_are_sorted_out)
{
    aid_ingest(&a, &orr_format_jsonl, "runs.jsonl",
               "{\"run\": \"a\", \"step\": 1, \"x\": 1}\n{\"run\": \"b\", \"step\": 1, \"x\": 2}\n{oops}\n[1]\n"
               "{\"run\": \"a\", \"step\": 2, \"x\": 3}\n");
    aid_expect(&a, "k:a", "x", "1:1 2:3");
    aid_expect(&a, "k:b", "x", "1:2");
    ck_assert(aid_sink_warned(&a, "runs.jsonl:3"));
    ck_assert(aid_sink_warned(&a, "runs.jsonl:4"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_half_written_line_is_left_while_the_file_grows)
{
    const char *text = "{\"step\": 1, \"x\": 1}\n{\"step\": 2, \"x\": 22}\n";
    const size_t first = strcspn(text, "\n") + 1;
    for (size_t cut = first; cut <= strlen(text); cut++) {
        struct orr_error err;
        const char *path = aid_file_write("grow.jsonl", text, cut);
        struct orr_ingest in = {.path = path, .run_key = "k", .follow = true};
        aid_sink_open(&a, 0);
        ck_assert_int_eq(aid_sink_import(&a, &orr_format_jsonl, &in, &err), ORR_OK);
        ck_assert_uint_eq(in.end_offset, cut == strlen(text) ? cut : first);
        aid_file_write("grow.jsonl", text, strlen(text));
        struct orr_ingest rest = {.path = path, .run_key = "k", .resume_offset = in.end_offset, .resume_state = in.state};
        ck_assert_int_eq(aid_sink_import(&a, &orr_format_jsonl, &rest, &err), ORR_OK);
        aid_expect(&a, "k", "x", "1:1 2:22");
        free(in.state);
        free(rest.state);
        aid_sink_close(&a);
    }
}
END_TEST

START_TEST(mlperf_points_are_counted_by_their_metadata)
{
    aid_ingest(&a, &orr_format_mlperf, "mlperf.log",
               "noise\n0: :::MLLOG {\"key\": \"run_start\", \"value\": null, \"time_ms\": 1700000000000, \"metadata\": {}}\n"
               ":::MLLOG {\"key\": \"global_batch_size\", \"value\": 32, \"time_ms\": 1700000000000, \"metadata\": {}}\n"
               ":::MLLOG {\"key\": \"eval_accuracy\", \"value\": 0.5, \"time_ms\": 1700000001000,"
               " \"metadata\": {\"epoch_num\": 3}}\n"
               ":::MLLOG {\"key\": \"tracked_stats\", \"value\": {\"throughput\": 7}, \"time_ms\": 1700000001000,"
               " \"metadata\": {\"step\": 9}}\n:::MLLOG {broken\n"
               ":::MLLOG {\"key\": \"run_stop\", \"value\": null, \"time_ms\": 1700000002000,"
               " \"metadata\": {\"status\": \"success\"}}\n");
    aid_expect(&a, "k", "eval_accuracy", "3:0.5");
    aid_expect(&a, "k", "tracked_stats.throughput", "9:7");
    aid_expect_config(&a, "k", "global_batch_size", "32");
    ck_assert_str_eq(a.runs.data[0].meta.state, "finished");
    ck_assert_double_eq(a.runs.data[0].meta.started, 1700000000);
    ck_assert_double_eq(a.runs.data[0].meta.ended, 1700000002);
    ck_assert(aid_sink_warned(&a, "mlperf.log:6"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(lcdb_has_a_run_per_learner_with_values)
{
    const char *meta = "{\"learners\": [\"SVM\", \"Tree\"], \"anchors\": [16, 18]}", *names = "{\"3\": \"kr-vs-kp\"}";
    aid_file_write("lcdb/meta.json", meta, strlen(meta));
    aid_file_write("lcdb/names.json", names, strlen(names));
    aid_ingest(&a, &orr_format_lcdb, "lcdb/er/3.json",
               "[[[[0.25, 0.5, 0.75], [0.1, null, 0.7]], [[0, 0, 0], [0, 0, 0]]],"
               " [[[null, null, null], [null, null, null]], []]]");
    ck_assert_uint_eq(a.runs.len, 1);
    ck_assert_str_eq(a.runs.data[0].meta.name, "SVM on kr-vs-kp");
    aid_expect(&a, "k:SVM", "train/error", "16:0.25 18:0.1");
    aid_expect(&a, "k:SVM", "valid/error", "16:0.5");
    aid_expect(&a, "k:SVM", "test/error", "16:0.75 18:0.7");
    aid_expect_config(&a, "k:SVM", "dataset", "kr-vs-kp");
    aid_sink_close(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("import_json", trainer_state_rows_join_on_their_step_and_may_hold_bare_nan,
                    a_trainer_state_without_history_or_cut_short_is_an_error_with_its_place,
                    json_lines_are_flattened_and_text_is_configuration,
                    a_first_line_of_thousands_of_keys_is_recognised, json_lines_of_several_runs_and_damaged_lines_are_sorted_out,
                    a_half_written_line_is_left_while_the_file_grows, mlperf_points_are_counted_by_their_metadata,
                    lcdb_has_a_run_per_learner_with_values)
