#include "suite.h"

#include <stdio.h>

#include "aid_sink.h"

START_TEST(the_real_run_file_is_read_without_a_warning)
{
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing read");
        return;
    }
    char path[1024];
    snprintf(path, sizeof path, "%s/wandb_assets/run-g9dvvkua.wandb", real);
    struct orr_ingest in = {.path = path, .run_key = "run"};
    struct orr_error err;
    struct aid_sink sink;
    ck_assert_ptr_eq(orr_format_detect(path), &orr_format_wandb);
    aid_sink_open(&sink, 0);
    ck_assert_int_eq(aid_sink_import(&sink, &orr_format_wandb, &in, &err), ORR_OK);
    ck_assert_uint_eq(sink.warnings.len, 0);
    ck_assert_str_eq(sink.runs.data[0].meta.project, "code-toad");
    ck_assert_str_eq(sink.runs.data[0].meta.name, "g9dvvkua");
    ck_assert_str_eq(sink.runs.data[0].meta.state, "finished");
    ck_assert_double_eq(aid_sink_series(&sink, "run", "system/cpu")->value.data[0], 24.3);
    free(in.state);
    aid_sink_close(&sink);
}
END_TEST

ORR_SUITE("real_wandb", the_real_run_file_is_read_without_a_warning)
