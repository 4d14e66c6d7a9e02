#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_corpus.h"
#include "aid_folder.h"
#include "aid_ui.h"
#include "app/corpus.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static struct orr_aid_ui *new_with_corpus(int width, int height)
{
    static const char asked[] =
        "{\"qid\":\"1\",\"question\":\"who scored the goals of FC Zenda\",\"table_id\":\"football\"}\n"
        "{\"qid\":\"2\",\"question\":\"which tram line opened in 1899\",\"table_id\":\"trams\"}\n";
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    struct orr_corpus_report r;
    size_t n, strangers;
    ck_assert_int_eq(orr_app_corpus_add(a->app.store, "towns",
                                        aid_file_write("c.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false,
                                        NULL, &r, NULL),
                     ORR_OK);
    ck_assert_int_eq(orr_app_corpus_questions(a->app.store, "towns", aid_file_write("q.jsonl", asked, strlen(asked)),
                                              &n, &strangers, NULL),
                     ORR_OK);
    orr_ui_command(a->ui, "open search");
    orr_aid_ui_settle(a);
    return a;
}

/* The index lies beside the store, in the folder that the aid removes. */
static void end(struct orr_aid_ui *a)
{
    char *path = orr_corpus_index_path(a->app.store, 1);
    unlink(path);
    free(path);
    orr_aid_ui_free(a);
}

START_TEST(the_screen_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {20, 5}};
    struct orr_aid_ui *a = new_with_corpus(80, 24);
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "goals of Sapt in Zenda"); /* live: no learned number is on the screen */
    for (size_t i = 0; i < 4; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "search");
    }
    end(a);
}
END_TEST

START_TEST(tables_show_while_typing_and_enter_ranks_them)
{
    struct orr_aid_ui *a = new_with_corpus(160, 24);
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "tram");
    ck_assert(has(a, "Trams in Streslau") && has(a, "Enter ranks them anew"));
    orr_aid_ui_type(a, " lines 1899 opened");
    orr_aid_ui_keys(a, "Enter");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "rerank") && has(a, "Opened") && has(a, "1899"));
    ck_assert(!has(a, "Enter ranks them anew"));
    end(a);
}
END_TEST

START_TEST(questions_of_the_corpus_show_where_their_table_is)
{
    struct orr_aid_ui *a = new_with_corpus(120, 24);
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "the answer is at place 1") && has(a, "* FC Zenda"));
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "* Trams in Streslau"));
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "* FC Zenda"));
    end(a);
}
END_TEST

START_TEST(stages_mini_tables_and_scores_can_be_looked_at)
{
    struct orr_aid_ui *a = new_with_corpus(160, 40);
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_settle(a);
    orr_aid_ui_keys(a, "v");
    ck_assert(has(a, "sparse: ") && has(a, "dense: ") && has(a, "rerank: ") && has(a, "FC Zenda"));
    orr_aid_ui_resize(a, 20, 5);
    orr_aid_ui_keys(a, "j");
    orr_aid_ui_resize(a, 160, 40);
    orr_aid_ui_keys(a, "k v x");
    ck_assert(has(a, "weight = part of the score"));
    orr_aid_ui_keys(a, "x s");
    orr_aid_ui_settle(a);
    ck_assert(!has(a, "> dense") && has(a, "> rerank"));
    orr_aid_ui_keys(a, "s");
    orr_aid_ui_settle(a);
    ck_assert(!has(a, "> rerank"));
    orr_aid_ui_keys(a, "s m Enter");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "Player") && !has(a, "Cities"));
    orr_aid_ui_keys(a, "Enter Tab j k Tab j G g - - - +");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "FC Zenda"));
    end(a);
}
END_TEST

START_TEST(a_store_without_corpora_says_how_to_make_one_and_bad_names_are_errors)
{
    struct orr_aid_ui *a = orr_aid_ui_new(2, 100, 24);
    orr_ui_command(a->ui, "open search");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "orrery corpus add"));
    orr_aid_ui_keys(a, "/ n c r x m s Enter Tab j");
    orr_ui_command(a->ui, "corpus nowhere");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "no corpus 'nowhere'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(words_that_no_table_has_and_empty_questions_are_said)
{
    struct orr_aid_ui *a = new_with_corpus(100, 24);
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "??");
    ck_assert(has(a, "no words yet"));
    orr_aid_ui_type(a, "gruyere");
    ck_assert(has(a, "no table has any of these words"));
    orr_aid_ui_keys(a, "Esc");
    ck_assert(has(a, "gruyere"));
    end(a);
}
END_TEST

ORR_SUITE_IN_FOLDER("screen_search", the_screen_at_every_size, tables_show_while_typing_and_enter_ranks_them,
                    questions_of_the_corpus_show_where_their_table_is, stages_mini_tables_and_scores_can_be_looked_at,
                    a_store_without_corpora_says_how_to_make_one_and_bad_names_are_errors,
                    words_that_no_table_has_and_empty_questions_are_said)
