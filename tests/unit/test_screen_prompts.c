/* The Prompts screen on a random encoder: numbers are not looked at, only what stands where. */
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aid_clip.h"
#include "aid_folder.h"
#include "aid_ui.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static void command(struct orr_aid_ui *a, const char *verb, const char *arg)
{
    char text[400];
    snprintf(text, sizeof text, "%s %s", verb, arg);
    orr_ui_command(a->ui, text);
    orr_aid_ui_settle(a); /* opening starts learning */
    orr_aid_ui_settle(a);
}

static struct orr_aid_ui *open_prompts(int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    orr_ui_command(a->ui, "open prompts");
    command(a, "encoder", orr_aid_clip_file(16));
    return a;
}

START_TEST(the_ledger_of_what_was_learned_stands_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {20, 5}, {7, 2}};
    struct orr_aid_ui *a = open_prompts(200, 60);
    ck_assert(has(a, "image tower") && has(a, "++") && has(a, "(+2 -1)") && has(a, "one map per token"));
    ck_assert(has(a, "prompt-modular: base ") && has(a, "synthetic"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int pane = 0; pane < 5; pane++) {
            orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
            orr_aid_ui_keys(a, "Tab j k");
            ck_assert_uint_gt(strlen(orr_aid_ui_dump(a)), 0);
        }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_search_shows_weights_of_both_towers_and_can_be_scrubbed)
{
    struct orr_aid_ui *a = open_prompts(80, 24);
    orr_aid_ui_keys(a, "Tab Tab Tab Tab"); /* lengths */
    ck_assert(has(a, "no search yet"));
    orr_aid_ui_keys(a, "S");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "prompt-search: base ") && has(a, "text tower") && has(a, "image tower") && has(a, "nats"));
    const char *last = strstr(orr_aid_ui_dump(a), "epoch ");
    ck_assert_ptr_nonnull(last);
    int at, of;
    ck_assert_int_eq(sscanf(last, "epoch %d of %d", &at, &of), 2);
    ck_assert_int_eq(at, of);
    orr_aid_ui_keys(a, "[ [");
    ck_assert_int_eq(sscanf(strstr(orr_aid_ui_dump(a), "epoch "), "epoch %d of %d", &at, &of), 2);
    ck_assert_int_eq(at, of - 2);
    for (int k = 0; k <= of; k++) orr_aid_ui_keys(a, "[");
    ck_assert(has(a, "epoch 0 of") && has(a, "0.20 0.20 0.20 0.20 ") && has(a, " 0 by 0.000")); /* before: all alike */
    ck_assert(has(a, "1.61 nats"));                                                              /* ln 5 */
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(scores_words_and_image_of_the_methods)
{
    struct orr_aid_ui *a = open_prompts(110, 40);
    ck_assert(has(a, "n seeds 0 to 1"));
    orr_aid_ui_keys(a, "Tab Tab"); /* words */
    ck_assert(has(a, "nearest words") && has(a, "layer 0, 1: "));
    orr_aid_ui_keys(a, "Tab"); /* image */
    ck_assert(has(a, "image 1 of 40: ") && has(a, "attention to prompts") && has(a, "(new)"));
    orr_aid_ui_keys(a, "k");
    ck_assert(has(a, "image 40 of 40: "));
    command(a, "method", "zero-shot");
    ck_assert(has(a, "zero-shot: base ") && has(a, "attention to prompts 0%"));
    command(a, "method", "linear-probe");
    ck_assert(has(a, "new nan") && has(a, "looks at features alone"));
    command(a, "method", "telepathy");
    ck_assert(has(a, "no method 'telepathy'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(all_methods_learn_in_turn_and_can_be_stopped)
{
    struct orr_aid_ui *a = open_prompts(110, 40);
    orr_aid_ui_keys(a, "b x");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "prompt-modular"));
    orr_aid_ui_keys(a, "n Enter"); /* another seed: a second dot */
    orr_aid_ui_settle(a);
    ck_assert(has(a, " 2 "));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(tasks_change_and_what_is_missing_is_named)
{
    struct orr_aid_ui *a = open_prompts(110, 24);
    orr_aid_ui_keys(a, "t");
    orr_aid_ui_settle(a);
    orr_aid_ui_settle(a);
    ck_assert(has(a, "colours: synthetic"));
    command(a, "task", "dreams");
    ck_assert(has(a, "dreams: no task of that name"));
    orr_aid_ui_keys(a, "Tab Tab Enter S b x [ ] Space j e Esc"); /* nothing there: nothing breaks */
    command(a, "encoder", "/nowhere/at/all");
    ck_assert(has(a, "/nowhere/at/all"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_export_writes_the_ledger_and_says_the_command)
{
    struct orr_aid_ui *a = open_prompts(200, 24);
    struct stat st;
    const char *path = aid_file_write("ledger.csv", "", 0);
    command(a, "export", path);
    ck_assert(has(a, "orrery prompt train shapes --method prompt-modular --seed 1 --encoder"));
    ck_assert(stat(path, &st) == 0 && st.st_size > 0);
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE_IN_FOLDER("screen prompts", the_ledger_of_what_was_learned_stands_at_every_size,
                    a_search_shows_weights_of_both_towers_and_can_be_scrubbed, scores_words_and_image_of_the_methods,
                    all_methods_learn_in_turn_and_can_be_stopped, tasks_change_and_what_is_missing_is_named,
                    an_export_writes_the_ledger_and_says_the_command)
