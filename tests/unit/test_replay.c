/* A recorded log, replayed, gives the same bytes as the commands themselves. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_command.h"
#include "aid_store.h"
#include "base/str.h"

static struct aid_store at;

static void setup(void)
{
    at = aid_store_new();
    for (int i = 0; i < 3; i++) {
        char key[16], name[32];
        snprintf(key, sizeof key, "src:%d", i);
        snprintf(name, sizeof name, "it's run %d", i);
        aid_append(at.store, aid_run(at.store, key, name), "val/loss", 20, i);
    }
    orr_store_close(at.store);
    at.store = NULL;
}

/* Runs each command with --record LOG and collects what they print. */
static void record(const char *const *lines, size_t n, struct orr_str *out)
{
    for (size_t i = 0; i < n; i++) {
        char line[512];
        snprintf(line, sizeof line, "%s --record %s/log", lines[i], at.folder);
        struct aid_output o = aid_command_expect(at.path, line, 0);
        orr_str_append(out, o.out);
        aid_output_free(&o);
    }
}

START_TEST(replaying_a_recorded_session_prints_the_same_bytes)
{
    static const char *const lines[] = {
        "runs --sort id",
        "runs --json 'val/loss>2 | 0'",
        "show 'it'\\''s run 1' --json",
        "runs --csv -c 'id,min:val/loss' -s id -r",
        "sql \"SELECT name, 'a  b\nc' AS x FROM run\" --json",
        "tag 1 'two words'",
        "runs --filter '\"two words\"' --csv",
    };
    setup();
    struct orr_str direct = {0};
    char line[256];
    record(lines, sizeof lines / sizeof *lines, &direct);
    snprintf(line, sizeof line, "replay %s/log", at.folder);
    struct aid_output o = aid_command_expect(at.path, line, 0);
    ck_assert_str_eq(o.out, direct.data);
    ck_assert_int_gt((int)direct.len, 500);
    aid_output_free(&o);
    orr_str_free(&direct);
    aid_store_end(&at);
}
END_TEST

static const char *write_log(const char *text)
{
    static char line[256];
    snprintf(line, sizeof line, "%s/log", at.folder);
    FILE *f = fopen(line, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    snprintf(line, sizeof line, "replay %s/log", at.folder);
    return line;
}

START_TEST(comments_and_empty_lines_are_skipped_and_the_program_name_is_optional)
{
    setup();
    struct aid_output o = aid_command_expect(
        at.path,
        write_log("# a session\n\n  \nruns -c id -s id --csv # that is all\norrery runs -c id -n 1 -s id --csv"), 0);
    ck_assert_str_eq(o.out, "id\n1\n2\n3\nid\n1\n");
    aid_output_free(&o);
    aid_store_end(&at);
}
END_TEST

START_TEST(a_failing_command_stops_the_replay_with_its_exit_code)
{
    setup();
    const char *log = write_log("orrery show nobody\norrery runs -c id --csv -n 1 -s id\n");
    struct aid_output o = aid_command_expect(at.path, log, 1);
    ck_assert_str_eq(o.out, "");
    aid_output_free(&o);
    char line[300];
    snprintf(line, sizeof line, "%s --keep-going", log);
    o = aid_command_expect(at.path, line, 1);
    ck_assert_str_eq(o.out, "id\n1\n");
    aid_output_free(&o);
    aid_store_end(&at);
}
END_TEST

START_TEST(a_log_cannot_replay_itself_and_a_broken_quote_is_named)
{
    setup();
    char text[256];
    snprintf(text, sizeof text, "orrery replay %s/log\n", at.folder);
    struct aid_output o = aid_command_expect(at.path, write_log(text), 2);
    ck_assert_ptr_nonnull(strstr(o.err, "command 1: `orrery replay` cannot be replayed"));
    aid_output_free(&o);
    o = aid_command_expect(at.path, write_log("runs -c id --csv\nruns 'open\n"), 1);
    ck_assert_msg(strstr(o.err, "command 2: a quote is opened") != NULL, "%s", o.err);
    aid_output_free(&o);
    aid_store_end(&at);
}
END_TEST

ORR_SUITE("replay", replaying_a_recorded_session_prints_the_same_bytes,
          comments_and_empty_lines_are_skipped_and_the_program_name_is_optional,
          a_failing_command_stops_the_replay_with_its_exit_code, a_log_cannot_replay_itself_and_a_broken_quote_is_named)
