/* Reading answers from tables, and commands that read or describe instead. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aid_command.h"
#include "aid_corpus.h"
#include "aid_folder.h"
#include "aid_store.h"
#include "app/answer.h"
#include "app/enrich.h"
#include "methods/tables/describe.h"
#include "suite.h"

static struct aid_store with_corpus(void)
{
    struct aid_store a = aid_store_new();
    struct orr_corpus_report r;
    struct orr_error err;
    aid_ok(orr_app_corpus_add(a.store, "towns", aid_file_write("c.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)),
                              false, NULL, &r, &err),
           &err);
    return a;
}

/* How long a command may take: short only where it hangs, so that a slow machine fails no test. */
enum { LONG = 60000, SHORT = 300 };
static int patience = LONG;

static void answer(struct aid_store *a, const char *question, const char *cmd, struct orr_answered *out)
{
    struct orr_search s;
    struct orr_error err;
    struct orr_answer_options o = orr_answer_defaults();
    o.reader_cmd = cmd;
    o.timeout_ms = patience;
    *out = (struct orr_answered){0};
    aid_ok(orr_search_open(a->store, "towns", NULL, &s, &err), &err);
    aid_ok(orr_answer(&s, a->store, question, &o, NULL, out, &err), &err);
    orr_search_close(&s);
}

START_TEST(cells_counts_extremes_and_sums_are_found)
{
    static const struct {
        const char *question, *answer;
        enum orr_answer_how how;
    } cases[] = {
        {"when was Zenda in Ruritania founded", "1311", ORR_ANSWER_CELL},
        {"which river has its mouth at Zenda", "Elbra", ORR_ANSWER_CELL},
        {"how many goals did Sapt score for FC Zenda", "7", ORR_ANSWER_CELL},
        {"which city of Ruritania has the largest population", "Streslau", ORR_ANSWER_MOST},
        {"which city of Ruritania has the smallest population", "Hofbau", ORR_ANSWER_LEAST},
        {"how many goals in total did the players of FC Zenda score", "26", ORR_ANSWER_SUM},
        {"average length of the rivers of Ruritania", "254", ORR_ANSWER_MEAN},
    };
    struct aid_store a = with_corpus();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_answered x;
        answer(&a, cases[i].question, NULL, &x);
        ck_assert_msg(strcmp(x.text, cases[i].answer) == 0, "%s: '%s' by %s", cases[i].question, x.text,
                      orr_answer_how_names[x.answer.how]);
        ck_assert_int_eq(x.answer.how, cases[i].how);
        orr_answered_free(&x);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(numbers_are_read_as_people_write_them)
{
    static const struct {
        const char *cell;
        double x;
    } good[] = {{"1,204", 1204}, {"412 km", 412}, {"$3.5", 3.5},
                {"12 %", 12},    {"(7)", 7},      {"-4", -4},
                {"1,2,3", 1},    {"1.", 1},       {"12,345,678.9", 12345678.9}};
    double x;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(orr_cell_number(good[i].cell, &x) && x == good[i].x, "%s", good[i].cell);
    }
    ck_assert(!orr_cell_number("", &x) && !orr_cell_number("none", &x) && !orr_cell_number("Rudolf 5", &x) &&
              !orr_cell_number("--", &x));
}
END_TEST

START_TEST(a_table_is_described_by_its_columns)
{
    struct orr_arena arena = {0};
    struct orr_doc d;
    struct orr_str s = {0};
    static const char json[] = "{\"header\":[\"Name\",\"Born\",\"\",\"Size\"],\"rows\":[[\"a\",\"1950\",\"\",\"1,200\"]"
                               ",[\"a\",\"1961\",\"\",\"3\"],[\"b\",\"1970\",\"\",\"7\"]]}";
    ck_assert_int_eq(orr_doc_parse("x", json, strlen(json), &arena, &d, NULL), ORR_OK);
    orr_table_describe(&d, &s);
    ck_assert_str_eq(s.data,
                     "3 rows. Name: 2 values, most often a. Born: years 1950 to 1970. Size: numbers from 3 to 1200.");
    orr_str_free(&s);
    orr_arena_free(&arena);
}
END_TEST

START_TEST(agreement_of_answers_is_counted_by_words)
{
    ck_assert_double_eq(orr_answer_f1("The Elbra river", "elbra"), 2.0 / 3);
    ck_assert_double_eq(orr_answer_f1("x", "y"), 0);
    ck_assert_double_eq(orr_answer_f1("", ""), 1);
    ck_assert_double_eq(orr_answer_f1("", "y"), 0);
    ck_assert_double_eq(orr_answer_exact("the Elbra!", "Elbra"), 1);
    ck_assert_double_eq(orr_answer_exact("Elbra river", "Elbra"), 0);
}
END_TEST

START_TEST(the_answer_is_taken_from_what_a_command_prints)
{
    struct orr_arena a = {0};
    static const struct {
        const char *out, *answer;
    } cases[] = {{"thinking...\nFINAL ANSWER: 12 km \n", "12 km"},
                 {"FINAL ANSWER: no\nFINAL ANSWER: **yes**\nbye\n", "yes"},
                 {"FINAL ANSWER:\n42\n", "42"},
                 {"first\nlast line\n\n", "last line"},
                 {"", ""},
                 {" \n\t\n", ""},
                 {"\033[31mred\n", "?[31mred"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(orr_answer_extract(cases[i].out, strlen(cases[i].out), &a), cases[i].answer);
    struct orr_str s = {0};
    for (int i = 0; i < 5000; i++) orr_str_append(&s, "\xc3\xa9");
    ck_assert_uint_eq(strlen(orr_answer_extract(s.data, s.len, &a)), 1000);
    orr_str_free(&s);
    orr_arena_free(&a);
}
END_TEST

static const char *script(const char *name, const char *text)
{
    const char *path = aid_file_write(name, text, strlen(text));
    ck_assert_int_eq(chmod(path, 0700), 0);
    return path;
}

START_TEST(a_command_reads_the_prompt_and_bad_ones_are_reported)
{
    struct aid_store a = with_corpus();
    struct orr_answered x;
    const char *question = "when was Zenda in Ruritania founded";
    /* the stub answers with what it finds in its prompt */
    answer(&a, question,
           script("stub.sh", "#!/bin/sh\ngrep -q 'Question: when was Zenda' && echo 'FINAL ANSWER: stub saw it'\n"),
           &x);
    ck_assert_str_eq(x.text, "stub saw it");
    ck_assert_str_eq(x.reader, "command");
    ck_assert_int_eq(x.failure.code, ORR_OK);
    orr_answered_free(&x);
    static const struct {
        const char *name, *text, *message;
    } bad[] = {
        {"fail.sh", "#!/bin/sh\necho oops >&2\nexit 3\n", "left with 3"},
        {"hang.sh", "#!/bin/sh\nsleep 60\n", "not done within"},
        {"mute.sh", "#!/bin/sh\ncat >/dev/null\n", "printed no answer"},
        {"garbage.sh", "#!/bin/sh\nprintf 'a\\000\\377\\n'\n", "printed what is no text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        patience = strcmp(bad[i].name, "hang.sh") == 0 ? SHORT : LONG;
        answer(&a, question, script(bad[i].name, bad[i].text), &x);
        patience = LONG;
        ck_assert_str_eq(x.text, "1311");
        ck_assert_str_eq(x.reader, "built-in");
        ck_assert_msg(strstr(x.failure.message, bad[i].message) != NULL, "%s: %s", bad[i].name, x.failure.message);
        orr_answered_free(&x);
    }
    answer(&a, question, "/nonexistent/reader", &x);
    /* under valgrind a failed exec shows as exit code 127 */
    ck_assert(x.failure.code != ORR_OK && strcmp(x.text, "1311") == 0);
    orr_answered_free(&x);
    aid_store_end(&a);
}
END_TEST

/* ---- descriptions ---- */

static struct orr_enrich_report enrich(struct aid_store *a, const char *cmd)
{
    struct orr_enrich_report r;
    struct orr_error err;
    const struct orr_enrich_options o = {.cmd = cmd, .batch = 2, .timeout_ms = patience};
    aid_ok(orr_app_corpus_enrich(a->store, "towns", &o, NULL, &r, &err), &err);
    orr_str_free(&r.notes);
    return r;
}

static size_t found(struct aid_store *a, const char *query)
{
    struct orr_search s;
    struct orr_error err;
    struct orr_cascade_result r = {0};
    const struct orr_cascade_options o = orr_cascade_defaults();
    aid_ok(orr_search_open(a->store, "towns", NULL, &s, &err), &err);
    aid_ok(orr_cascade_run(s.cascade, query, &o, &r, &err), &err);
    const size_t n = r.n;
    orr_cascade_result_free(&r);
    orr_search_close(&s);
    return n;
}

START_TEST(descriptions_of_a_command_are_searched_and_kept)
{
    struct aid_store a = with_corpus();
    struct orr_error err;
    char cmd[128];
    snprintf(cmd, sizeof cmd, "%s",
             script("describe.sh",
                    "#!/bin/sh\necho run >>\"$0.log\"\nsed -n "
                    "'s/^{\"id\":\"\\([a-z]*\\)\".*/{\"id\":\"\\1\",\"description\":\"gadzooks \\1\"}/p'\n"));
    ck_assert_uint_eq(found(&a, "gadzooks"), 0);
    struct orr_enrich_report r = enrich(&a, cmd);
    ck_assert(r.described == 5 && r.cached == 0 && r.missing == 0 && r.failed == 0 && r.garbage == 0);
    ck_assert_uint_eq(found(&a, "gadzooks"), 5);
    r = enrich(&a, cmd);
    ck_assert(r.described == 5 && r.cached == 5);
    char log[160];
    size_t n;
    snprintf(log, sizeof log, "%s.log", cmd);
    unsigned char *text = aid_slurp(log, &n);
    ck_assert_uint_eq(n, 3 * strlen("run\n")); /* three batches, once */
    free(text);
    r = enrich(&a, script("bad.sh", "#!/bin/sh\nexit 1\n")); /* neither another command that fails */
    ck_assert(r.described == 0 && r.missing == 5);
    ck_assert_uint_eq(found(&a, "gadzooks"), 5);
    struct orr_corpus_report again; /* nor the same tables without descriptions */
    aid_ok(orr_app_corpus_add(a.store, "towns", aid_file_write("towns.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false,
                              NULL, &again, &err), &err);
    orr_str_free(&again.notes);
    ck_assert(again.same == 5 && again.changed == 0);
    ck_assert_uint_eq(found(&a, "gadzooks"), 5);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_describing_command_that_fails_hangs_or_prints_garbage_loses_nothing)
{
    struct aid_store a = with_corpus();
    struct orr_enrich_report r = enrich(&a, script("bad1.sh", "#!/bin/sh\nexit 1\n"));
    ck_assert(r.failed == 3 && r.missing == 5 && r.described == 0);
    patience = SHORT;
    r = enrich(&a, script("bad2.sh", "#!/bin/sh\nsleep 60\n"));
    patience = LONG;
    ck_assert(r.failed == 3 && r.missing == 5);
    r = enrich(&a, script("bad3.sh",
                          "#!/bin/sh\necho nonsense\necho '{\"id\":\"nobody\",\"description\":\"x\"}'\necho '[1]'\n"));
    ck_assert(r.garbage == 9 && r.missing == 5 && r.failed == 0);
    ck_assert_uint_eq(found(&a, "Ruritania"), 3);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_built_in_describer_is_searched_too)
{
    struct aid_store a = with_corpus();
    ck_assert_uint_eq(found(&a, "years"), 0);
    ck_assert_uint_eq(enrich(&a, NULL).described, 5);
    ck_assert_uint_gt(found(&a, "years"), 0);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_verb_answers_and_says_what_failed)
{
    struct aid_store a = aid_store_folder();
    char line[256];
    snprintf(line, sizeof line, "corpus add towns %s",
             aid_file_write("v.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)));
    struct aid_output o = aid_command_expect(a.path, line, 0);
    aid_output_free(&o);
    o = aid_command_expect(a.path, "answer towns 'which river has its mouth at Zenda' --json", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "\"answer\":\"Elbra\",\"reader\":\"built-in\",\"how\":\"cell\",\"table\":"
                                        "\"rivers\",\"row\":1,\"column\":\"River\""));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "answer towns 'which river has its mouth at Zenda' --reader-cmd false", 4);
    ck_assert_ptr_nonnull(strstr(o.err, "the reader failed"));
    ck_assert_ptr_nonnull(strstr(o.out, "Elbra"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "answer towns gruyere", 1);
    ck_assert_ptr_nonnull(strstr(o.err, "no table has any of its words"));
    aid_output_free(&o);
    static const char asked[] =
        "{\"qid\":\"a\",\"question\":\"!\"}\n{\"qid\":\"b\",\"question\":\"when was Zenda in Ruritania founded\"}\n";
    snprintf(line, sizeof line, "answer towns --queries %s", aid_file_write("q.jsonl", asked, strlen(asked)));
    o = aid_command_expect(a.path, line, 4);
    ck_assert_ptr_nonnull(strstr(o.out, "{\"qid\":\"a\",\"question\":\"!\",\"answer\":\"\",\"reader\":\"none\""));
    ck_assert_ptr_nonnull(strstr(o.out, "\"answer\":\"1311\""));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "corpus remove towns", 0);
    aid_output_free(&o);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("answer", cells_counts_extremes_and_sums_are_found, numbers_are_read_as_people_write_them,
                    a_table_is_described_by_its_columns, agreement_of_answers_is_counted_by_words,
                    the_answer_is_taken_from_what_a_command_prints,
                    a_command_reads_the_prompt_and_bad_ones_are_reported,
                    descriptions_of_a_command_are_searched_and_kept,
                    a_describing_command_that_fails_hangs_or_prints_garbage_loses_nothing,
                    the_built_in_describer_is_searched_too, the_verb_answers_and_says_what_failed)
