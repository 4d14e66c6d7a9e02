/* Importers of experiment stores: MLflow's folders and the SQLite files of MLflow, Optuna and trackio. */
#include "suite.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "aid_ingest.h"

static struct aid_sink a;

static void put(const char *name, const char *text) { aid_file_write(name, text, strlen(text)); }

/* FOLDER/name as a SQLite file made by `sql`. */
static const char *make_db(const char *name, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    const char *path = aid_file_write(name, "", 0);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, "%s", why);
    sqlite3_close(db);
    return path;
}

START_TEST(a_run_folder_holds_metrics_with_slashes_params_and_tags)
{
    put("mlruns/0/meta.yaml", "name: Default\n");
    put("mlruns/0/abc/meta.yaml", "run_id: abc\nexperiment_id: '0'\nstatus: 3\nstart_time: 1664364007025\nend_time: null\n"
                                  "lifecycle_stage: active\nname: ''\n");
    put("mlruns/0/abc/metrics/loss", "1664364007310 3.5 0\n1664364008310 nan 1\n1664364009310 2.5\nrubbish\n");
    put("mlruns/0/abc/metrics/val/acc", "1664364007310 0.5 7\n");
    put("mlruns/0/abc/params/EPOCHS", "12");
    put("mlruns/0/abc/tags/mlflow.runName", "bold-cat");
    const char *path = aid_file_write("mlruns/0/abc/tags/mlflow.user", "me", 2);
    char folder[256];
    snprintf(folder, sizeof folder, "%.*s", (int)(strstr(path, "/tags/") - path), path);
    aid_ingest_path(&a, &orr_format_mlflow, folder);
    ck_assert_str_eq(a.runs.data[0].meta.name, "bold-cat");
    ck_assert_str_eq(a.runs.data[0].meta.project, "Default");
    ck_assert_str_eq(a.runs.data[0].meta.state, "finished");
    ck_assert_double_eq(a.runs.data[0].meta.started, 1664364007.025);
    aid_expect(&a, "k", "loss", "0:3.5 1:nan 0:2.5");
    aid_expect(&a, "k", "val/acc", "7:0.5");
    aid_expect_config(&a, "k", "EPOCHS", "12");
    aid_expect_config(&a, "k", "mlflow.user", "me");
    ck_assert_double_eq(aid_sink_series(&a, "k", "loss")->wall.data[0], 1664364007.310);
    ck_assert(aid_sink_warned(&a, "metrics/loss:4"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(mlflow_db_reads_active_runs_by_column_name)
{
    aid_ingest_path(&a, &orr_format_mlflow_db, make_db("mlflow.db",
        "CREATE TABLE experiments(experiment_id INTEGER, name TEXT);"
        "CREATE TABLE runs(status TEXT, name TEXT, run_uuid TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER,"
        " lifecycle_stage TEXT, experiment_id INTEGER);"
        "CREATE TABLE metrics(key TEXT, value REAL, timestamp INTEGER, run_uuid TEXT, step INTEGER, is_nan INTEGER);"
        "CREATE TABLE params(key TEXT, value TEXT, run_uuid TEXT);"
        "INSERT INTO experiments VALUES(1,'exp');"
        "INSERT INTO runs VALUES('FINISHED','one','u1',1000,NULL,'active',1),('RUNNING','two','u2',0,0,'deleted',1);"
        "INSERT INTO metrics VALUES('loss',1.5,2000,'u1',1,0),('loss',9,2000,'u2',1,0),('loss',0,3000,'u1',2,1);"
        "INSERT INTO params VALUES('lr','0.1','u1'),('lr','7','u2');"));
    ck_assert_uint_eq(a.runs.len, 1);
    ck_assert_str_eq(a.runs.data[0].meta.name, "one");
    ck_assert_str_eq(a.runs.data[0].meta.project, "exp");
    aid_expect(&a, "k:u1", "loss", "1:1.5 2:nan");
    aid_expect_config(&a, "k:u1", "lr", "0.1");
    aid_sink_close(&a);
}
END_TEST

START_TEST(optuna_has_a_run_per_trial_and_one_per_study)
{
    aid_ingest_path(&a, &orr_format_optuna_db, make_db("optuna.db",
        "CREATE TABLE studies(study_id INTEGER PRIMARY KEY, study_name TEXT);"
        "CREATE TABLE trials(trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT,"
        " datetime_start TEXT, datetime_complete TEXT);"
        "CREATE TABLE trial_values(trial_id INTEGER, objective INTEGER, value REAL, value_type TEXT);"
        "CREATE TABLE trial_params(trial_id INTEGER, param_name TEXT, param_value REAL, distribution_json TEXT);"
        "CREATE TABLE trial_intermediate_values(trial_id INTEGER, step INTEGER, intermediate_value REAL,"
        " intermediate_value_type TEXT);"
        "INSERT INTO studies VALUES(1,'s');"
        "INSERT INTO trials VALUES(10,0,1,'COMPLETE','1970-01-01 00:00:05','1970-01-01 00:00:09'),(11,1,1,'PRUNED',NULL,NULL);"
        "INSERT INTO trial_values VALUES(10,0,0.5,'FINITE');"
        "INSERT INTO trial_params VALUES(10,'x',2.5,'{}'),(10,'opt',1,"
        "'{\"name\":\"CategoricalDistribution\",\"attributes\":{\"choices\":[\"sgd\",\"adam\"]}}');"
        "INSERT INTO trial_intermediate_values VALUES(10,2,0.25,'FINITE'),(10,1,NULL,'INF_POS'),(11,1,NULL,'NAN');"));
    aid_expect(&a, "k:s", "value", "0:0.5");
    aid_expect(&a, "k:s:0", "intermediate_value", "1:inf 2:0.25");
    aid_expect(&a, "k:s:1", "intermediate_value", "1:nan");
    aid_expect_config(&a, "k:s:0", "x", "2.5");
    aid_expect_config(&a, "k:s:0", "opt", "adam");
    aid_expect_config(&a, "k:s:0", "value", "0.5");
    aid_sink_close(&a);
}
END_TEST

START_TEST(trackio_metrics_are_json_per_row)
{
    aid_ingest_path(&a, &orr_format_trackio_db, make_db("proj.db",
        "CREATE TABLE metrics(id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT);"
        "CREATE TABLE configs(id INTEGER PRIMARY KEY, run_name TEXT, config TEXT, created_at TEXT);"
        "INSERT INTO metrics VALUES(1,'2024-07-02T00:00:00+00:00','r1',0,'{\"loss\": 1.5, \"val\": {\"acc\": 0.5}}'),"
        "(2,'2024-07-02T00:00:01+00:00','r1',1,'{\"loss\": \"NaN\"}'),(3,'','r1',2,'nonsense');"
        "INSERT INTO configs VALUES(1,'r1','{\"lr\": 0.1}','');"));
    ck_assert_str_eq(a.runs.data[0].meta.project, "proj");
    aid_expect(&a, "k:r1", "loss", "0:1.5 1:nan");
    aid_expect(&a, "k:r1", "val.acc", "0:0.5");
    aid_expect_config(&a, "k:r1", "lr", "0.1");
    ck_assert_double_eq(aid_sink_series(&a, "k:r1", "loss")->wall.data[0], 1719878400);
    ck_assert(aid_sink_warned(&a, "metrics"));
    aid_sink_close(&a);
}
END_TEST

START_TEST(damaged_and_foreign_databases_are_refused_with_a_reason)
{
    char bytes[8192] = "SQLite format 3";
    for (size_t i = 16; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
    const char *path = aid_file_write("bad.db", bytes, sizeof bytes);
    static const struct orr_format *const formats[] = {&orr_format_mlflow_db, &orr_format_optuna_db, &orr_format_trackio_db};
    ck_assert_ptr_null(orr_format_detect(path));
    ck_assert_ptr_null(orr_format_detect(make_db("other.db", "CREATE TABLE t(x)")));
    for (size_t i = 0; i < 3; i++) {
        struct orr_error err = {0};
        struct orr_ingest in = {.path = path, .run_key = "k"};
        aid_sink_open(&a, 0);
        ck_assert_int_eq(aid_sink_import(&a, formats[i], &in, &err), ORR_EFORMAT);
        ck_assert(strstr(err.where, "bad.db") && err.message[0]);
        aid_sink_close(&a);
    }
}
END_TEST

START_TEST(a_view_in_place_of_a_table_is_not_run)
{
    struct orr_error err = {0};
    struct orr_ingest in = {.run_key = "k"};
    in.path = make_db("view.db", "CREATE TABLE params(x); CREATE TABLE metrics(x);"
        "CREATE VIEW runs AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) SELECT n AS run_uuid,"
        " 'active' AS lifecycle_stage FROM c;");
    ck_assert_ptr_null(orr_format_detect(in.path));
    aid_sink_open(&a, 0);
    ck_assert_int_eq(aid_sink_import(&a, &orr_format_mlflow_db, &in, &err), ORR_EFORMAT);
    ck_assert(strstr(err.message, "no table runs"));
    aid_sink_close(&a);
}
END_TEST

static void refused(const struct orr_format *format, const char *path, const char *words)
{
    struct orr_error err = {0};
    struct orr_ingest in = {.path = path, .run_key = "k"};
    aid_sink_open(&a, 0);
    ck_assert_int_eq(aid_sink_import(&a, format, &in, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
    aid_sink_close(&a);
}

START_TEST(rows_that_belong_to_many_others_end_at_what_the_file_can_hold)
{
    /* 3,000 trials of the same id share 3,000 values: nine million points in 150 kB */
    refused(&orr_format_optuna_db, make_db("many.db",
        "CREATE TABLE studies(study_id, study_name); INSERT INTO studies VALUES(1,'s');"
        "CREATE TABLE trials(trial_id, number, study_id, state);"
        "CREATE TABLE trial_params(trial_id, param_name, param_value, distribution_json);"
        "CREATE TABLE trial_values(trial_id, objective, value, value_type);"
        "CREATE TABLE trial_intermediate_values(trial_id, step, intermediate_value, intermediate_value_type);"
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<3000) INSERT INTO trials SELECT 1,x,1,'' FROM c;"
        "INSERT INTO trial_intermediate_values SELECT 1,number,.5,NULL FROM trials;"), "more rows than it can hold");
}
END_TEST

enum { PAGE = 1024, LEVELS = 12 };

/* Puts all children of the inner page at `number`. */
static void all_children(unsigned char *page, unsigned number)
{
    const unsigned cells = page[3] * 256U + page[4];
    for (unsigned i = 0; i <= cells; i++) {
        unsigned char *child = i < cells ? page + page[12 + 2 * i] * 256U + page[13 + 2 * i] : page + 8;
        child[0] = child[1] = 0;
        child[2] = (unsigned char)(number / 256);
        child[3] = (unsigned char)number;
    }
}

START_TEST(pages_that_stand_in_the_tree_many_times_do_not_go_on_for_ever)
{
    const char *path = make_db("pages.db",
        "PRAGMA page_size=1024; CREATE TABLE runs(run_uuid, lifecycle_stage); CREATE TABLE metrics(run_uuid, key, value);"
        "CREATE TABLE params(x);"
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<900) INSERT INTO runs SELECT hex(zeroblob(20)),'' FROM c;");
    static unsigned char bytes[400 * PAGE], level[PAGE];
    FILE *f = fopen(path, "rb");
    const size_t pages = fread(bytes, 1, sizeof bytes, f) / PAGE;
    fclose(f);
    unsigned char *root = bytes + PAGE; /* of the first table */
    ck_assert(pages > 20 && pages + LEVELS < 400 && root[0] == 5);
    memcpy(level, root, PAGE);
    const unsigned leaf = level[12] * 256U + level[13], first = level[leaf + 2] * 256U + level[leaf + 3];
    for (unsigned i = 0; i < LEVELS; i++) { /* each has the next one as all its children, the last one a leaf */
        memcpy(bytes + (pages + i) * PAGE, level, PAGE);
        all_children(bytes + (pages + i) * PAGE, i + 1 < LEVELS ? (unsigned)pages + i + 2 : first);
    }
    all_children(root, (unsigned)pages + 1);
    bytes[30] = (unsigned char)((pages + LEVELS) / 256);
    bytes[31] = (unsigned char)(pages + LEVELS);
    refused(&orr_format_mlflow_db, aid_file_write("looped.db", (const char *)bytes, (pages + LEVELS) * PAGE), "would not end");
}
END_TEST

ORR_SUITE_IN_FOLDER("import_mlflow", a_run_folder_holds_metrics_with_slashes_params_and_tags,
                    mlflow_db_reads_active_runs_by_column_name, optuna_has_a_run_per_trial_and_one_per_study,
                    trackio_metrics_are_json_per_row, damaged_and_foreign_databases_are_refused_with_a_reason,
                    a_view_in_place_of_a_table_is_not_run, rows_that_belong_to_many_others_end_at_what_the_file_can_hold,
                    pages_that_stand_in_the_tree_many_times_do_not_go_on_for_ever)
