/* Names, tags, notes, cells and candidates that hold escapes: whatever shows them, none reaches the terminal. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <orrery/pool.h>

#include "aid_command.h"
#include "aid_folder.h"
#include "aid_ui.h"
#include "app/corpus.h"

/* Clears the screen, sets the title, colours by C1, turns the reading direction. */
#define EVIL "\x1b[2J\x1b]0;owned\x07\xc2\x9b" "31m\xe2\x80\xae\r\b"

static struct orr_error err;

static void ok(enum orr_status s) { ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message); }

static void fill_run(struct orr_store *s, const char *key)
{
    const struct orr_run run = {.key = key, .name = "name" EVIL, .project = "project" EVIL, .group = "group" EVIL,
                                .state = "state" EVIL, .notes = "notes" EVIL, .started = 1, .ended = NAN};
    const struct orr_config_value v = {.number = NAN, .text = "value" EVIL};
    const float w[4] = {1, 2, 3, 4};
    const int64_t shape[2] = {2, 2};
    int64_t id, step[20];
    double value[20];
    for (int i = 0; i < 20; i++) step[i] = i, value[i] = 1 / (1.0 + i);
    ok(orr_store_run_put(s, &run, &id, &err));
    ok(orr_store_config_put(s, id, "key" EVIL, &v, &err));
    ok(orr_store_tag_put(s, id, "tag" EVIL, true, &err));
    ok(orr_store_append(s, id, "loss" EVIL, 20, step, value, NULL, &err));
    for (int64_t at = 0; at < 4; at++) ok(orr_store_snapshot_put(s, id, at, "tensor" EVIL, shape, 2, w, 4, &err));
}

static struct orr_aid_ui *open_hostile(void)
{
    static const char tables[] =
        "{\"id\":\"id\\u001b[2J\",\"title\":\"title\\u001b]0;owned\\u0007\",\"section_title\":\"\\u009b31m\",\"intro\":\"a river "
        "\\u202e\",\"header\":[\"head\\u001b[1m\"],\"rows\":[[\"cell\\u001b[2J\\r\\b\"]]}\n";
    struct orr_aid_ui *a = orr_aid_ui_new(0, 100, 30);
    struct orr_corpus_report r;
    const char *const texts[] = {"word" EVIL, "other"};
    int64_t pool;
    fill_run(a->app.store, "one" EVIL);
    fill_run(a->app.store, "two" EVIL);
    ok(orr_app_corpus_add(a->app.store, "odd", aid_file_write("t" EVIL ".jsonl", tables, strlen(tables)), false, NULL, &r, &err));
    orr_str_free(&r.notes);
    ok(orr_store_pool_put(a->app.store, "pool", "from" EVIL, texts, 2, &pool, &err));
    orr_aid_ui_reopen(a);
    return a;
}

/* No control, by itself or as a code point, and nothing that turns the reading direction. */
static void expect_harmless(const char *text, const char *where)
{
    for (const char *p = text; *p; p++)
        ck_assert_msg((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t', "%s: control %d", where, *p);
    ck_assert_msg(!strstr(text, "\xc2\x9b") && !strstr(text, "\xe2\x80\xae"), "%s: a control beyond ASCII", where);
}

START_TEST(every_screen_shows_hostile_texts_harmlessly)
{
    static const char *const commands[] = {
        "open runs", "columns name,state,tags,notes", "group-by tags", "filter name" EVIL, "filter", "open curves", "open diff",
        "open weights", "open adoption", "open search", "corpus odd", "corpus none" EVIL, "open select", "open sql",
        "sql select * from run", "open lab", "open network", "open jobs", "open help", "nothing" EVIL, "export /nowhere/" EVIL ".png"};
    static const int sizes[][2] = {{200, 60}, {80, 24}, {20, 5}};
    struct orr_aid_ui *a = open_hostile();
    bool seen = false;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        orr_ui_command(a->ui, commands[i]);
        orr_aid_ui_settle(a);
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            orr_aid_ui_resize(a, sizes[k][0], sizes[k][1]);
            const char *text = orr_aid_ui_dump(a);
            expect_harmless(text, commands[i]);
            seen |= strstr(text, "name?[2J?]0;owned") != NULL;
        }
    }
    ck_assert(seen);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(every_verb_that_prints_the_store_prints_hostile_texts_harmlessly)
{
    static const char *const lines[] = {
        "runs -c id,name,state,tags,notes", "runs --group-by tags", "runs --markdown", "show 1", "show 2 --markdown", "diff 1 2",
        "curve 1", "curve 1 --plot -", "forecast curve 1 --method power", "corpus list", "search odd 'a river'",
        "pool list", "pool show pool", "sql 'select * from run'", "sql 'select * from corpus_table'", "open --plain", "doctor"};
    struct orr_aid_ui *a = open_hostile();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct aid_output o = aid_command(a->path, lines[i], NULL);
        expect_harmless(o.out, lines[i]);
        expect_harmless(o.err, lines[i]);
        aid_output_free(&o);
    }
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE_IN_FOLDER("hostile texts", every_screen_shows_hostile_texts_harmlessly,
                    every_verb_that_prints_the_store_prints_hostile_texts_harmlessly)
