#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_ingest.h"

static struct aid_sink a;

START_TEST(a_wide_table_by_age_has_a_run_per_row_and_its_other_columns_as_configuration)
{
    aid_ingest(&a, &orr_format_counts, "finetune/IBM.csv",
               "model,0-month,1-month,2-month,lambda_i,approx_cond_label,created_at\n"
               "ibm/a,0,26.0,47.0,0.5,Fit the model,1970-01-02 00:00:00+00:00\nibm/b,0,,,1,,\nibm/a,1,2,3,,,\n");
    ck_assert_uint_eq(a.runs.len, 3);
    ck_assert_str_eq(a.runs.data[0].meta.name, "ibm/a");
    ck_assert_str_eq(a.runs.data[0].meta.project, "adoption");
    ck_assert_str_eq(a.runs.data[0].meta.group, "IBM");
    ck_assert_double_eq(a.runs.data[0].meta.started, 86400);
    aid_expect(&a, "k:ibm/a", "count", "0:0 1:26 2:47");
    aid_expect(&a, "k:ibm/b", "count", "0:0");
    aid_expect(&a, "k:ibm/a #2", "count", "0:1 1:2 2:3");
    aid_expect_config(&a, "k:ibm/a", "lambda_i", "0.5");
    aid_expect_config(&a, "k:ibm/a", "approx_cond_label", "Fit the model");
    aid_expect_config(&a, "k:ibm/a", "period", "month");
    aid_expect_config(&a, "k:ibm/a", "table", "finetune/IBM");
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_wide_table_by_date_counts_from_the_last_day_without_any)
{
    aid_ingest(&a, &orr_format_counts, "daily.csv",
               "model,2024-07-02 00:00:00,2024-07-03 00:00:00,2024-07-04 00:00:00,2024-07-05 00:00:00\n"
               "x,0.0,0.0,4.0,390.0\ny,7,8,9,10\n");
    aid_expect(&a, "k:x", "count", "0:0 1:4 2:390");
    aid_expect(&a, "k:y", "count", "0:7 1:8 2:9 3:10");
    aid_expect_config(&a, "k:x", "period", "day");
    ck_assert_double_eq(aid_sink_series(&a, "k:x", "count")->wall.data[0], 1719964800.0);
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_long_table_is_summed_up_per_name_in_order_of_time)
{
    aid_ingest(&a, &orr_format_counts, "long.csv",
               "name,month,download_count\na,2023-09,7\nb,2023-08,1\na,2023-08,263\na,2023-11,17\nb,2023-08,2\nc,,5\n");
    aid_expect(&a, "k:a", "count", "1:263 2:270 4:287");
    aid_expect(&a, "k:b", "count", "1:3");
    aid_expect_config(&a, "k:a", "period", "month");
    ck_assert(aid_sink_warned(&a, "line 7"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(a_metrics_table_is_no_table_of_counts)
{
    const char *text = "step,count,name\n1,2,x\n";
    const struct orr_format *f = orr_format_detect(aid_file_write("no.csv", text, strlen(text)));
    ck_assert_str_eq(f->name, "csv");
}
END_TEST

ORR_SUITE_IN_FOLDER("import_counts", a_wide_table_by_age_has_a_run_per_row_and_its_other_columns_as_configuration,
                    a_wide_table_by_date_counts_from_the_last_day_without_any,
                    a_long_table_is_summed_up_per_name_in_order_of_time, a_metrics_table_is_no_table_of_counts)
