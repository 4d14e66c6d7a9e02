/* The real program, verb by verb: data on stdout, narration on stderr, exit codes. */
#include "suite.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aid_command.h"
#include "aid_store.h"
#include "app/tour.h"
#include "base/json.h"

static struct aid_store at;

/* Two runs with a loss each, one configuration key, one hostile name. */
static void setup(void)
{
    struct orr_error err;
    at = aid_store_new();
    aid_ok(orr_store_begin(at.store, &err), &err);
    for (int i = 0; i < 2; i++) {
        int64_t id;
        const struct orr_run run = {.key = i ? "src:b" : "src:a",
                                    .name = i ? "evil\033[31m name" : "baseline",
                                    .project = "demo",
                                    .group = "",
                                    .state = i ? "failed" : "finished",
                                    .notes = "",
                                    .started = 1717675200 + i,
                                    .ended = NAN};
        aid_ok(orr_store_run_put(at.store, &run, &id, &err), &err);
        aid_append(at.store, id, "val/loss", 5, 0.5 + i);
        const struct orr_config_value lr = {"lr", true, i ? 0.1 : 0.01, i ? "0.1" : "0.01"};
        aid_ok(orr_store_config_put(at.store, id, "lr", &lr, &err), &err);
    }
    aid_ok(orr_store_commit(at.store, &err), &err);
    orr_store_close(at.store);
    at.store = NULL;
}
static void teardown(void) { aid_store_end(&at); }

static void expect_out(const char *line, const char *out)
{
    struct aid_output o = aid_command_expect(at.path, line, 0);
    ck_assert_str_eq(o.out, out);
    aid_output_free(&o);
}

static void expect_failure(const char *line, int code, const char *message)
{
    struct aid_output o = aid_command_expect(at.path, line, code);
    ck_assert_msg(o.out[0] == '\0', "%s wrote data: %s", line, o.out);
    ck_assert_msg(strstr(o.err, message) != NULL, "%s: %s", line, o.err);
    ck_assert_msg(strchr(o.err, '\n') == o.err + strlen(o.err) - 1, "%s: more than one line: %s", line, o.err);
    aid_output_free(&o);
}

/* Fails unless the output of the command is one JSON value. */
static struct json_object *json_of(const char *line)
{
    struct aid_output o = aid_command_expect(at.path, line, 0);
    struct json_object *j;
    struct orr_error err;
    ck_assert_msg(orr_json_parse(line, o.out, strlen(o.out), &j, &err) == ORR_OK, "%s: %s", line, err.message);
    aid_output_free(&o);
    return j;
}

START_TEST(runs_prints_a_table_in_every_format)
{
    setup();
    expect_out("runs --columns id,state,min:val/loss --sort id",
               "id  state     min:val/loss\n 1  finished           0.5\n 2  failed             1.5\n");
    expect_out("runs --csv -c id,lr -s lr -r", "id,lr\n2,0.1\n1,0.01\n");
    expect_out("--csv runs -c id --filter 'lr<0.05'", "id\n1\n");
    expect_out("runs lr=0.1 --markdown -c id,state", "| id | state |\n| ---: | --- |\n| 2 | failed |\n");
    struct json_object *j = json_of("runs --json");
    ck_assert_uint_eq(json_object_array_length(j), 2);
    json_object_put(j);
    teardown();
}
END_TEST

START_TEST(no_escape_from_a_run_name_reaches_the_terminal)
{
    setup();
    static const char *const lines[] = {"tag 1 '\033]0;owned\007tag' 'c1\xc2\x9b' 'm'",
                                        "note 1 'bell\007 and \033[2J'",
                                        "runs",
                                        "runs -c id,tags,notes",
                                        "runs -c id,tags,notes --markdown",
                                        "runs -c id,tags,notes --json",
                                        "runs --json",
                                        "runs --markdown",
                                        "show 1",
                                        "show 1 --json",
                                        "show 2",
                                        "show 2 --json",
                                        "",
                                        "runs --group-by name",
                                        "runs --group-by tags",
                                        "runs nothere=1",
                                        "show evil",
                                        "show '\033[2Jnobody'",
                                        "import '/nowhere/\033[2J.csv'",
                                        "sql \"select tag, notes from run join tag on tag.run_id = run.id\"",
                                        "curve 1 --plot -",
                                        "export curve 1 --out '/nowhere/\033[2J.png'"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct aid_output o = aid_command(at.path, lines[i], NULL);
        ck_assert_msg(!strpbrk(o.out, "\033\007") && !strpbrk(o.err, "\033\007"), "%s", lines[i]);
        ck_assert_msg(!strstr(o.out, "\xc2\x9b") && !strstr(o.err, "\xc2\x9b"), "%s: a C1 control", lines[i]);
        aid_output_free(&o);
    }
    teardown();
}
END_TEST

START_TEST(a_result_that_cannot_be_written_is_said_before_the_work)
{
    setup();
    static const char *const lines[] = {"corpus pretrain --out /nonexistent/x", "prompt pretrain --out /nonexistent/x",
                                        "detect train drawn:easy --out /nonexistent/x"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct aid_output o = aid_command_expect(at.path, lines[i], 1);
        ck_assert_msg(strstr(o.err, "/nonexistent/x: cannot be written"), "%s", o.err);
        aid_output_free(&o);
    }
    teardown();
}
END_TEST

START_TEST(show_has_everything_about_a_run)
{
    setup();
    struct json_object *j = json_of("show baseline --json"), *config, *lr, *series;
    ck_assert(json_object_object_get_ex(j, "config", &config) && json_object_object_get_ex(config, "lr", &lr));
    ck_assert_double_eq(json_object_get_double(lr), 0.01);
    ck_assert(json_object_object_get_ex(j, "series", &series));
    ck_assert_uint_eq(json_object_array_length(series), 1);
    json_object_put(j);
    expect_out("show 1 --csv",
               "series,points,first_step,last_step,last,min,max,best_step\nval/loss,5,0,4,4.5,0.5,4.5,0\n");
    teardown();
}
END_TEST

START_TEST(marks_are_kept_and_taken_off)
{
    setup();
    expect_out("tag 1 paper good", "");
    expect_out("note 1 'it''s fine'", "");
    expect_out("pin 1", "");
    expect_out("runs -c id,tags,notes,pinned --csv",
               "id,tags,notes,pinned\n1,\"good,paper\",its fine,true\n2,,,false\n");
    expect_out("tag 1 good --remove", "");
    expect_out("pin 1 -d", "");
    expect_out("runs -c id,tags,pinned --csv -s id", "id,tags,pinned\n1,paper,false\n2,,false\n");
    expect_failure("tag 1 a,b", 2, "no comma");
    teardown();
}
END_TEST

START_TEST(delete_asks_nobody_where_there_is_no_terminal)
{
    setup();
    expect_failure("delete 1", 2, "say --yes");
    expect_out("delete 1 --yes", "");
    expect_out("runs -c id --csv", "id\n2\n");
    expect_failure("delete 2 nothere --yes", 1, "nothere");
    expect_out("runs -c id --csv", "id\n2\n");
    teardown();
}
END_TEST

START_TEST(sql_reads_and_never_writes)
{
    setup();
    expect_out("sql 'SELECT count(*) AS n, sum(value) AS s FROM point' --csv", "n,s\n10,30\n");
    expect_failure("sql 'DELETE FROM run'", 1, "only statements that read");
    struct aid_output o = aid_command_expect(at.path, "sql 'SELECT step FROM point' --limit 2 --csv", 4);
    ck_assert_str_eq(o.out, "step\n0\n1\n");
    aid_output_free(&o);
    o = aid_command(at.path, "sql - --csv", "SELECT 'a b' AS x, NULL AS y");
    ck_assert_str_eq(o.out, "x,y\na b,\n");
    aid_output_free(&o);
    teardown();
}
END_TEST

START_TEST(wrong_usage_is_exit_code_2_with_one_line)
{
    setup();
    expect_failure("rnus", 2, "did you mean `orrery runs`?");
    expect_failure("frobnicate", 2, "`orrery help` lists them");
    expect_failure("runs --sotr id", 2, "did you mean --sort?");
    expect_failure("runs --limit 0", 2, "from 1 to 1e+09");
    expect_failure("show", 2, "needs RUN");
    expect_failure("runs 'lr<'", 2, "filter:4: a value is missing");
    expect_failure("runs nothere=1", 2, "no column 'nothere'");
    expect_failure("help frobnicate", 2, "no verb");
    expect_failure("runs --columns los", 1, "no column 'los'");
    expect_failure("show nobody", 1, "nobody");
    teardown();
}
END_TEST

START_TEST(a_missing_or_foreign_store_says_what_to_do)
{
    at = aid_store_folder();
    expect_failure("runs", 1, "`orrery import FOLDER` creates one");
    expect_failure("tag 1 x", 1, "no store here");
    ck_assert_int_ne(access(at.path, F_OK), 0); /* nothing was created */
    FILE *f = fopen(at.path, "w");
    fputs("this is no database, but it is long enough to look like a file somebody cares about\n", f);
    fclose(f);
    struct aid_output o = aid_command_expect(at.path, "runs", 1);
    ck_assert_ptr_nonnull(strstr(o.err, at.path));
    aid_output_free(&o);
    teardown();
}
END_TEST

START_TEST(without_a_terminal_the_overview_is_text_and_exit_code_0)
{
    setup();
    struct aid_output o = aid_command_expect(at.path, "", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "2 runs, 2 series, 10 points"));
    ck_assert_ptr_nonnull(strstr(o.out, "try next"));
    aid_output_free(&o);
    teardown();
    at = aid_store_folder();
    o = aid_command_expect(at.path, "open", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "import FOLDER"));
    aid_output_free(&o);
    teardown();
}
END_TEST

START_TEST(help_covers_every_verb_in_text_and_json)
{
    struct json_object *j = json_of("help --json"), *verbs, *name;
    ck_assert(json_object_object_get_ex(j, "verbs", &verbs));
    for (size_t i = 0; i < json_object_array_length(verbs); i++) {
        char line[128];
        json_object_object_get_ex(json_object_array_get_idx(verbs, i), "name", &name);
        snprintf(line, sizeof line, "%s --help", json_object_get_string(name));
        struct aid_output o = aid_command_expect(NULL, line, 0), p;
        snprintf(line, sizeof line, "help %s", json_object_get_string(name));
        p = aid_command_expect(NULL, line, 0);
        ck_assert_str_eq(o.out, p.out);
        ck_assert_ptr_nonnull(strstr(o.out, "Usage: orrery"));
        aid_output_free(&o);
        aid_output_free(&p);
    }
    json_object_put(j);
    struct aid_output o = aid_command_expect(NULL, "--version", 0);
    ck_assert_int_eq(strncmp(o.out, "orrery ", 7), 0);
    aid_output_free(&o);
}
END_TEST

START_TEST(man_pages_and_completions_are_written_for_every_verb)
{
    at = aid_store_folder();
    char line[256], path[256];
    snprintf(line, sizeof line, "help --man %s/man", at.folder);
    struct aid_output o = aid_command_expect(NULL, line, 0);
    aid_output_free(&o);
    static const char *const pages[] = {"orrery.1", "orrery-runs.1", "orrery-simulate-runs.1", "orrery-methods.7"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        size_t n;
        snprintf(path, sizeof path, "%s/man/%s", at.folder, pages[i]);
        unsigned char *text = aid_slurp(path, &n);
        ck_assert_msg(text && n > 500, "%s", path);
        free(text);
    }
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "help --completion %s", shells[i]);
        o = aid_command_expect(NULL, line, 0);
        ck_assert_ptr_nonnull(strstr(o.out, "group-by"));
        aid_output_free(&o);
    }
    teardown();
}
END_TEST

START_TEST(curve_prints_points_bins_and_charts)
{
    setup();
    expect_out("curve 1 --series val/loss --csv",
               "run,name,series,step,value\n1,baseline,val/loss,0,0.5\n1,baseline,val/loss,1,1.5\n"
               "1,baseline,val/loss,2,2.5\n1,baseline,val/loss,3,3.5\n1,baseline,val/loss,4,4.5\n");
    struct json_object *j = json_of("curve 1 2 --bins 2 --json"); /* the only series is the most telling one */
    ck_assert_uint_eq(json_object_array_length(j), 4);
    json_object_put(j);
    j = json_of("curve --filter 'lr<1' --group-by '' --bins 2 --json");
    ck_assert_uint_eq(json_object_array_length(j), 2);
    json_object_put(j);
    struct aid_output o = aid_command_expect(at.path, "curve 1 2 --plot - --width 60 --height 12", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "baseline"));
    ck_assert_ptr_nonnull(strstr(o.out, "step"));
    ck_assert_ptr_null(strchr(o.out, 033));
    aid_output_free(&o);
    expect_failure("curve", 2, "name a run or give --filter");
    expect_failure("curve --filter lr=7", 1, "no run matches");
    expect_failure("curve 1 --series val/los", 1, "val/los");
    expect_failure("curve 1 --smooth 1", 2, "from 0 to 0.9999");
    teardown();
}
END_TEST

START_TEST(diff_shows_what_differs_and_all_when_asked)
{
    setup();
    struct aid_output o = aid_command_expect(at.path, "diff 1 2 --csv", 0),
                      all = aid_command_expect(at.path, "diff 1 2 --csv --all", 0);
    ck_assert_msg(strstr(o.out, "config,lr,0.01,0.1\n") != NULL, "%s", o.out);
    ck_assert_ptr_null(strstr(o.out, "project"));
    ck_assert_ptr_nonnull(strstr(all.out, "run,project,demo,demo\n"));
    aid_output_free(&o);
    aid_output_free(&all);
    expect_failure("diff 1", 2, "needs RUN RUN...");
    teardown();
}
END_TEST

START_TEST(export_writes_the_bytes_that_the_verb_prints_and_names_the_command)
{
    char line[512], path[128];
    setup();
    static const char *const whats[] = {"runs --sort id", "curve 1 --series val/loss", "diff 1 2"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/out.csv", at.folder);
        snprintf(line, sizeof line, "export %s --out %s", whats[i], path);
        struct aid_output written = aid_command_expect(at.path, line, 0);
        ck_assert_str_eq(written.out, "");
        size_t n;
        char *bytes = (char *)aid_slurp(path, &n);
        ck_assert_ptr_nonnull(bytes);
        snprintf(line, sizeof line, "%s --csv", whats[i]);
        struct aid_output o = aid_command_expect(at.path, line, 0);
        ck_assert_msg(strlen(o.out) == n && memcmp(o.out, bytes, n) == 0, "%s", line);
        aid_output_free(&o);
        char *again = strstr(written.err, "again: orrery "); /* the command that it names gives the same file */
        ck_assert_ptr_nonnull(again);
        unlink(path);
        again[strcspn(again, "\n")] = '\0';
        o = aid_command_expect(at.path, again + strlen("again: orrery "), 0);
        aid_output_free(&o);
        char *second = (char *)aid_slurp(path, &n);
        ck_assert_msg(second && memcmp(second, bytes, n) == 0, "%s", again);
        aid_output_free(&written);
        free(bytes);
        free(second);
    }
    snprintf(line, sizeof line, "export runs --out %s/x.doc", at.folder);
    expect_failure(line, 2, ".csv");
    expect_failure("export curve 1", 2, "needs --out FILE");
    teardown();
}
END_TEST

START_TEST(doctor_reports_as_a_table_and_finds_a_damaged_store)
{
    setup();
    struct json_object *j = json_of("doctor --json");
    ck_assert_uint_ge(json_object_array_length(j), 10);
    json_object_put(j);
    FILE *f = fopen(at.path, "r+");
    fseek(f, 4096, SEEK_SET);
    for (int i = 0; i < 8192; i++) fputc(0x5A, f);
    fclose(f);
    struct aid_output o = aid_command_expect(at.path, "doctor", 1);
    ck_assert_msg(strstr(o.out, "bad") != NULL, "%s", o.out);
    aid_output_free(&o);
    teardown();
}
END_TEST

START_TEST(import_takes_a_folder_once_and_says_what_it_did)
{
    char line[256], path[128];
    at = aid_store_folder();
    snprintf(path, sizeof path, "%s/metrics.csv", at.folder);
    FILE *f = fopen(path, "w");
    fputs("step,loss\n0,1\n1,0.5\n", f);
    fclose(f);
    snprintf(line, sizeof line, "import %s --csv", path);
    struct aid_output o = aid_command_expect(at.path, line, 0);
    ck_assert_msg(strstr(o.out, "total,1,0,0,1,1,2,") != NULL, "%s", o.out);
    aid_output_free(&o);
    o = aid_command_expect(at.path, line, 0);
    ck_assert_msg(strstr(o.out, "total,0,1,0,0,0,0,") != NULL, "%s", o.out);
    aid_output_free(&o);
    expect_out("runs -c min:loss --csv", "min:loss\n0.5\n");
    expect_failure("import nowhere.csv", 1, "nowhere.csv");
    teardown();
}
END_TEST

/* Starts a watching import, sends the signal once it has imported, and returns the exit code. */
static int code_after_signal(int number)
{
    int status, pipes[2];
    char line[256];
    at = aid_store_folder();
    snprintf(line, sizeof line, "%s/metrics.csv", at.folder);
    FILE *f = fopen(line, "w");
    fputs("step,loss\n0,1\n", f);
    fclose(f);
    ck_assert_int_eq(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), 1);
        dup2(pipes[1], 2);
        close(pipes[0]);
        execl(aid_program(), "orrery", "--store", at.path, "import", "--watch", "--interval", "0.05", line, NULL);
        _exit(127);
    }
    close(pipes[1]);
    char word[64];
    ck_assert_int_gt((int)read(pipes[0], word, sizeof word), 0); /* "1 runs, 1 points": it watches */
    ck_assert_int_eq(kill(child, number), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(pipes[0]);
    ck_assert(WIFEXITED(status));
    expect_out("runs -c min:loss --csv", "min:loss\n1\n");
    teardown();
    return WEXITSTATUS(status);
}

START_TEST(signals_stop_cleanly_with_their_exit_codes)
{
    ck_assert_int_eq(code_after_signal(SIGINT), 130);
    ck_assert_int_eq(code_after_signal(SIGTERM), 3);
}
END_TEST

START_TEST(every_step_of_every_tour_works_on_the_example_store)
{
    at = aid_store_folder();
    setenv("XDG_CACHE_HOME", at.folder, 1);
    struct aid_output o = aid_command_expect(NULL, "open --example", 0);
    ck_assert_ptr_nonnull(strstr(o.out, " runs, "));
    aid_output_free(&o);
    for (const struct orr_tour *const *t = orr_tours; *t; t++) {
        char line[128], last[64];
        size_t n = 0;
        while ((*t)->steps[n].caption) n++;
        snprintf(line, sizeof line, "demo %s", (*t)->name);
        snprintf(last, sizeof last, "[%zu/%zu] ", n, n);
        o = aid_command_expect(NULL, line, 0);
        ck_assert_ptr_nonnull(strstr(o.out, last));
        ck_assert_ptr_null(strchr(o.out, 033));
        aid_output_free(&o);
    }
    unsetenv("XDG_CACHE_HOME");
    expect_failure("demo nothing", 2, "`orrery demo --list` names them");
    teardown();
}
END_TEST

/* Runs `orrery help --json` with stdout on the descriptor. */
static int code_with_stdout(int fd, char *err, size_t cap)
{
    int status, pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(fd, 1);
        dup2(pipes[1], 2);
        close(pipes[0]);
        execl(aid_program(), "orrery", "help", "--json", NULL);
        _exit(127);
    }
    close(pipes[1]);
    size_t n = 0;
    for (ssize_t k; n + 1 < cap && (k = read(pipes[0], err + n, cap - 1 - n)) > 0;) n += (size_t)k;
    err[n] = '\0';
    close(pipes[0]);
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(a_full_disk_is_an_error_and_a_closed_pipe_is_not)
{
    char err[512];
    const int full = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(full, 0);
    ck_assert_int_eq(code_with_stdout(full, err, sizeof err), 1);
    ck_assert_msg(strstr(err, "No space left on device") != NULL, "%s", err);
    close(full);
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    close(pipes[0]);
    ck_assert_int_eq(code_with_stdout(pipes[1], err, sizeof err), 0);
    ck_assert_str_eq(err, "");
    close(pipes[1]);
}
END_TEST

ORR_SUITE("verbs", runs_prints_a_table_in_every_format, curve_prints_points_bins_and_charts,
          diff_shows_what_differs_and_all_when_asked,
          export_writes_the_bytes_that_the_verb_prints_and_names_the_command,
          doctor_reports_as_a_table_and_finds_a_damaged_store, no_escape_from_a_run_name_reaches_the_terminal,
          a_result_that_cannot_be_written_is_said_before_the_work, show_has_everything_about_a_run,
          marks_are_kept_and_taken_off, delete_asks_nobody_where_there_is_no_terminal,
          sql_reads_and_never_writes, wrong_usage_is_exit_code_2_with_one_line,
          a_missing_or_foreign_store_says_what_to_do, without_a_terminal_the_overview_is_text_and_exit_code_0,
          help_covers_every_verb_in_text_and_json, man_pages_and_completions_are_written_for_every_verb,
          import_takes_a_folder_once_and_says_what_it_did, every_step_of_every_tour_works_on_the_example_store,
          signals_stop_cleanly_with_their_exit_codes, a_full_disk_is_an_error_and_a_closed_pipe_is_not)
