#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "aid_ui.h"
#include "tui/screens.h"
#include "tui/ui_state.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

START_TEST(q_quits_from_every_screen_at_every_size_with_code_0)
{
    static const int sizes[][2] = {{80, 24}, {20, 5}, {1, 1}, {0, 0}};
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    for (size_t i = 0; i < 4; i++) {
        for (int s = 0; orr_screens[s]; s++) {
            int code = -1;
            orr_aid_ui_reopen(a);
            orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
            orr_ui_open(a->ui, orr_screens[s]->name, NULL);
            if (strcmp(orr_screens[s]->name, "sql") == 0) orr_aid_ui_keys(a, "Esc"); /* leaves the text being edited */
            orr_aid_ui_keys(a, "q");
            ck_assert_msg(orr_ui_done(a->ui, &code) && code == 0, "%s", orr_screens[s]->name);
        }
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(q_quits_from_help_from_the_column_chooser_and_from_output)
{
    static const char *const ways[] = {"?", "c", "? j G"};
    int code;
    for (size_t i = 0; i < 3; i++) {
        struct orr_aid_ui *a = orr_aid_ui_new(3, 60, 12);
        orr_aid_ui_keys(a, ways[i]);
        ck_assert(!orr_ui_done(a->ui, &code));
        orr_aid_ui_keys(a, "q");
        ck_assert_msg(orr_ui_done(a->ui, &code) && code == 0, "%s", ways[i]);
        orr_aid_ui_free(a);
    }
}
END_TEST

START_TEST(in_a_prompt_q_is_text_and_ctrl_c_leaves_the_prompt_first_and_orrery_then)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 60, 12);
    int code = -1;
    orr_aid_ui_keys(a, ": q");
    ck_assert(!orr_ui_done(a->ui, &code));
    ck_assert(has(a, ":q"));
    orr_aid_ui_keys(a, "C-c");
    ck_assert(!orr_ui_done(a->ui, &code));
    orr_aid_ui_keys(a, "C-c");
    ck_assert(orr_ui_done(a->ui, &code));
    ck_assert_int_eq(code, 130);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(every_key_of_every_screen_and_of_the_shell_is_taken_at_any_size)
{
    static const int sizes[][2] = {{120, 30}, {38, 10}, {20, 5}, {7, 2}, {1, 1}};
    struct orr_aid_ui *a = orr_aid_ui_new(4, 120, 30);
    for (int s = 0; orr_screens[s]; s++) {
        for (size_t i = 0; i < 5; i++) {
            orr_aid_ui_reopen(a);
            orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
            for (const struct orr_action *k = orr_screens[s]->actions; k->id; k++) {
                char keys[64], *rest = keys, *name;
                snprintf(keys, sizeof keys, "%s", k->keys ? k->keys : "");
                while ((name = strsep(&rest, " "))) {
                    if (!*name) continue;
                    const struct orr_key key = orr_key_parse(name);
                    ck_assert_msg(key.code != ORR_KEY_NONE, "%s: '%s'", orr_screens[s]->name, name);
                    if (orr_ui_screen(a->ui) != orr_screens[s]) orr_ui_open(a->ui, orr_screens[s]->name, NULL);
                    orr_ui_key(a->ui, key);
                    orr_ui_render(a->ui, &a->canvas);
                    orr_ui_key(a->ui, orr_key_parse("C-c")); /* out of a prompt; else it asks to quit, which is fine */
                }
            }
            orr_aid_ui_keys(a, "1 2 3 ? F1 F2 C-l Y ; Tab Esc Esc Esc");
            orr_aid_ui_settle(a);
        }
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(every_key_of_a_screen_stands_in_its_table_once)
{
    for (int s = 0; orr_screens[s]; s++) {
        for (const struct orr_action *k = orr_screens[s]->actions; k->id; k++) {
            char keys[64], *rest = keys, *name;
            snprintf(keys, sizeof keys, "%s", k->keys ? k->keys : "");
            while ((name = strsep(&rest, " ")))
                if (*name)
                    ck_assert_msg(orr_action_by_key(orr_screens[s]->actions, orr_key_parse(name)) == k, "%s: %s is bound twice",
                                  orr_screens[s]->name, name);
        }
    }
}
END_TEST

START_TEST(a_storm_of_resizes_draws_every_size_from_nothing_to_large)
{
    struct orr_aid_ui *a = orr_aid_ui_new(5, 80, 24);
    for (int s = 0; orr_screens[s]; s++) {
        orr_ui_open(a->ui, orr_screens[s]->name, NULL);
        for (int w = 0; w <= 130; w += w < 8 ? 1 : 13)
            for (int h = 0; h <= 40; h += h < 6 ? 1 : 9) orr_aid_ui_resize(a, w, h);
        orr_aid_ui_keys(a, ":");
        for (int w = 1; w < 30; w += 3) orr_aid_ui_resize(a, w, 1 + w % 4);
        orr_aid_ui_keys(a, "Esc");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_palette_completes_names_and_opens_screens)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    orr_aid_ui_keys(a, ":");
    orr_aid_ui_type(a, "open jo");
    ck_assert(has(a, "open jobs"));
    orr_aid_ui_keys(a, "Tab Enter");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_jobs_screen);
    orr_aid_ui_keys(a, "Esc");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_runs_screen);
    orr_aid_ui_keys(a, ":");
    orr_aid_ui_type(a, "columns name,max:val/l");
    ck_assert(has(a, "columns name,max:val/loss"));
    orr_aid_ui_keys(a, "Tab Enter");
    ck_assert(has(a, "max:val/loss"));
    orr_ui_command(a->ui, "nonsense");
    ck_assert(has(a, "no command 'nonsense'"));
    orr_ui_command(a->ui, "open curves  1 2");
    ck_assert_str_eq(orr_ui_screen(a->ui)->name, "curves");
    ck_assert(has(a, "of 2 runs"));
    orr_ui_command(a->ui, "open runs");
    orr_ui_command(a->ui, "open nowhere");
    ck_assert(has(a, "no screen 'nowhere'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_action_of_another_screen_opens_that_screen)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    orr_ui_open(a->ui, "jobs", NULL);
    orr_ui_command(a->ui, "filter vit");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_runs_screen);
    ck_assert(has(a, "1 of 3 runs"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_batch_verb_runs_from_the_palette_and_shows_what_it_printed)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    orr_ui_command(a->ui, "runs --columns name,state --csv");
    orr_aid_ui_settle(a);
    ck_assert_str_eq(orr_ui_screen(a->ui)->name, "output");
    ck_assert(has(a, "name,state"));
    ck_assert(has(a, "resnet18-00,finished"));
    orr_aid_ui_keys(a, "l l l l l l l l l");
    ck_assert(has(a, "shed\n")); /* sideways ends with the longest line */
    orr_aid_ui_keys(a, "h h h h /");
    orr_aid_ui_type(a, "vit");
    orr_aid_ui_keys(a, "Enter Esc");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_runs_screen);
    orr_ui_command(a->ui, "runs --columns name");
    orr_aid_ui_keys(a, "j"); /* the user has gone on: no screen takes the place */
    orr_aid_ui_settle(a);
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_runs_screen);
    ck_assert(has(a, "O shows what it printed"));
    orr_aid_ui_keys(a, "O");
    ck_assert(has(a, "orrery runs --columns name"));
    orr_aid_ui_keys(a, "Esc");
    orr_ui_command(a->ui, "runs --no-such-option");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "no-such-option"));
    orr_ui_command(a->ui, "runs 'unclosed");
    ck_assert(has(a, "command"));
    orr_ui_command(a->ui, "corpus list --csv"); /* a verb of two words, not the action `corpus` of Search */
    orr_aid_ui_settle(a);
    ck_assert_str_ne(orr_ui_screen(a->ui)->name, "search");
    ck_assert(has(a, "index_bytes"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(help_lists_the_keys_of_the_screen_it_was_called_from_and_narrows)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 40);
    orr_aid_ui_keys(a, "?");
    ck_assert(has(a, "sort by the column under the cursor"));
    ck_assert(has(a, "Everywhere"));
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "tag");
    ck_assert(has(a, "tag the selected runs"));
    ck_assert(!has(a, "sort by the column"));
    orr_aid_ui_keys(a, "Enter Esc");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_runs_screen);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(pasted_text_never_acts_as_commands)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    int code;
    for (const char *p = "xyq:quit"; *p; p++)
        orr_ui_key(a->ui, (struct orr_key){.code = (unsigned char)*p, .mods = ORR_MOD_PASTED});
    ck_assert(!orr_ui_done(a->ui, &code));
    orr_aid_ui_keys(a, "/");
    for (const char *p = "vit"; *p; p++)
        orr_ui_key(a->ui, (struct orr_key){.code = (unsigned char)*p, .mods = ORR_MOD_PASTED});
    ck_assert(has(a, "/vit"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(escape_and_a_key_typed_fast_count_as_two_keys)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    int code;
    orr_aid_ui_keys(a, "? M-q");
    ck_assert(orr_ui_done(a->ui, &code));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_mouse_opens_tabs_moves_the_cursor_and_turns_the_wheel)
{
    struct orr_aid_ui *a = orr_aid_ui_new(30, 80, 10);
    ck_assert(has(a, "30 runs"));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 30, .y = 4, .button = 1});
    orr_aid_ui_keys(a, "Space");
    const char *text = orr_aid_ui_dump(a);
    for (int line = 0; line < 4; line++) text = strchr(text, '\n') + 1;
    ck_assert_msg(strncmp(text, "●", 3) == 0, "%s", orr_aid_ui_dump(a));
    for (int i = 0; i < 9; i++) orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 5, .y = 5, .button = 5});
    ck_assert(has(a, "resnet18-00"));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 12, .y = 0, .button = 1});
    ck_assert_ptr_eq(orr_ui_screen(a->ui), orr_screens[1]);
    orr_ui_open(a->ui, "help", NULL);
    const size_t before = strlen(orr_aid_ui_dump(a));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 5, .y = 5, .button = 5});
    ck_assert(before > 0 && !has(a, " Runs\n"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_tab_bar_names_the_shown_screen_and_as_many_others_as_fit)
{
    static const int widths[] = {200, 80, 38, 20, 14};
    int total = 0;
    while (orr_screens[total]) total++;
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 10);
    for (size_t w = 0; w < 5; w++) {
        orr_aid_ui_resize(a, widths[w], 10);
        for (int i = 0; i < total; i++) {
            orr_ui_open(a->ui, orr_screens[i]->name, NULL);
            const char *text = orr_aid_ui_dump(a);
            char line[512];
            snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
            ck_assert_msg(strstr(line, orr_screens[i]->title) != NULL, "%s is not in '%s'", orr_screens[i]->title, line);
            const bool first = strstr(line, orr_screens[0]->title), last = strstr(line, orr_screens[total - 1]->title);
            ck_assert_msg((line[0] == '<') == !first, "'%s'", line);
            ck_assert_msg((strstr(line, " >") != NULL) == !last, "'%s'", line);
            if (widths[w] == 200) ck_assert(first && last);
        }
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_click_on_the_arrow_of_the_tab_bar_opens_the_hidden_neighbour)
{
    int total = 0;
    while (orr_screens[total]) total++;
    struct orr_aid_ui *a = orr_aid_ui_new(1, 9, 10);
    orr_ui_open(a->ui, orr_screens[total - 1]->name, NULL);
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 0, .y = 0, .button = 1});
    ck_assert_str_eq(orr_ui_screen(a->ui)->name, orr_screens[total - 2]->name);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(braces_walk_through_all_screens_and_come_round)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    int total = 0;
    while (orr_screens[total]) total++;
    for (int i = 1; i <= total; i++) {
        orr_aid_ui_keys(a, strcmp(orr_ui_screen(a->ui)->name, "sql") == 0 ? "Esc }" : "}"); /* SQL opens typing */
        ck_assert_str_eq(orr_ui_screen(a->ui)->name, orr_screens[i % total]->name);
    }
    orr_aid_ui_keys(a, "{");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), orr_screens[total - 1]);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_recorded_session_holds_the_batch_commands_of_what_was_seen_and_done)
{
    struct orr_aid_ui *a = orr_aid_ui_new(6, 80, 10);
    char log[1024] = "";
    a->app.command_log = fmemopen(log, sizeof log, "w");
    orr_ui_command(a->ui, "filter vit lr<1");
    orr_aid_ui_keys(a, "p ? Esc");
    orr_ui_command(a->ui, "show 1 --csv");
    orr_aid_ui_settle(a);
    orr_aid_ui_reopen(a);
    fclose(a->app.command_log);
    a->app.command_log = NULL;
    ck_assert_str_eq(log, "orrery pin 6\norrery runs --filter 'vit lr<1'\norrery show 1 --csv\n");
    orr_aid_ui_free(a);
}
END_TEST

static enum orr_status spin(void *payload, const struct orr_ticker *t, struct orr_error *err)
{
    (void)payload, (void)err;
    while (orr_ticker_tick(t, "counting", "bytes", 5000000, 20000000)) usleep(1000);
    return ORR_ECANCELLED;
}

START_TEST(jobs_shows_progress_and_x_cancels_what_the_cursor_is_on)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 100, 10);
    struct orr_job_view v[2] = {0};
    orr_jobs_submit(a->jobs, "first", spin, NULL, NULL, NULL, NULL);
    orr_jobs_submit(a->jobs, "second", spin, NULL, NULL, NULL, NULL);
    while (orr_jobs_list(a->jobs, v, 2), v[0].done == 0 || v[1].done == 0) usleep(500);
    orr_ui_open(a->ui, "jobs", NULL);
    ck_assert(has(a, "running    first"));
    ck_assert(has(a, "25%"));
    ck_assert(has(a, "5.0 MB") || has(a, "5 MB"));
    ck_assert(has(a, "second 25%")); /* in the status bar */
    orr_aid_ui_keys(a, "j x k");
    while (orr_jobs_list(a->jobs, v, 2), v[1].state != ORR_JOB_CANCELLED) usleep(500);
    ck_assert(has(a, "cancelled  first"));
    ck_assert(has(a, "running    second"));
    orr_aid_ui_keys(a, "X");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "0 running or queued, 2 finished"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_long_error_is_readable_to_its_end_and_short_windows_cut_it)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 40, 12);
    orr_ui_message(a->ui, ORR_COLOR_BAD, "log.csv:12: the field 'loss' is not a number: 'abc'; leave it empty or write nan. %s",
                   "THE END");
    ck_assert(has(a, "THE END"));
    ck_assert(has(a, "log.csv:12"));
    for (int w = 0; w < 45; w++)
        for (int h = 0; h < 12; h += 3) orr_aid_ui_resize(a, w, h);
    orr_aid_ui_resize(a, 40, 12);
    orr_aid_ui_keys(a, "j");
    ck_assert(has(a, "3 runs"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_monkey_at_the_keyboard_breaks_nothing)
{
    static const char *const names[] = {"Tab", "Enter", "Esc", "Space", "Up", "Down", "Left", "Right", "PgDn", "PgUp", "Home",
                                        "End", "BackTab", "Backspace", "C-d", "C-u", "C-w", "Delete", "F1", "O", "Y"};
    static const int sizes[][2] = {{80, 24}, {31, 7}, {1, 1}, {140, 40}};
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    struct orr_rng r;
    int code;
    orr_rng_seed(&r, 20, 24);
    for (int i = 0; i < 1500; i++) {
        struct orr_key k = orr_key_parse(names[orr_rng_u64(&r) % (sizeof names / sizeof *names)]);
        if (orr_rng_u64(&r) % 2) k = (struct orr_key){.code = (uint32_t)('!' + orr_rng_u64(&r) % 94)};
        /* What a monkey would type into a prompt is not to be run: it might name a file. */
        if (a->ui->prompting && k.code == ORR_KEY_ENTER) k.code = ORR_KEY_ESC;
        orr_ui_key(a->ui, k);
        if (orr_ui_done(a->ui, &code)) orr_aid_ui_reopen(a);
        if (i % 100 == 99) orr_aid_ui_resize(a, sizes[i / 100 % 4][0], sizes[i / 100 % 4][1]);
        if (i % 10 == 0) orr_ui_jobs_changed(a->ui);
        orr_ui_tick(a->ui, orr_ui_clock() + 1);
        orr_ui_render(a->ui, &a->canvas);
    }
    for (const char *p = orr_aid_ui_dump(a); *p; p++) ck_assert((unsigned char)*p >= ' ' || *p == '\n');
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(nothing_is_due_and_nothing_dirty_while_nothing_happens)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    const double now = orr_ui_clock();
    ck_assert(orr_ui_take_dirty(a->ui));
    for (int i = 1; i < 20; i++) orr_ui_tick(a->ui, now + i);
    ck_assert(!orr_ui_take_dirty(a->ui));
    ck_assert_int_gt(orr_ui_wait(a->ui, now + 19), 900);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(what_another_process_writes_appears_without_a_key)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    struct orr_store *other;
    struct orr_error err = {0};
    int64_t id;
    ck_assert_int_eq(orr_store_open(a->path, ORR_STORE_WRITE, &other, &err), ORR_OK);
    const struct orr_run run = {.key = "other:1", .name = "newcomer", .project = "", .group = "", .state = "", .notes = ""};
    ck_assert_int_eq(orr_store_run_put(other, &run, &id, &err), ORR_OK);
    orr_store_close(other);
    ck_assert(!has(a, "newcomer"));
    orr_ui_tick(a->ui, orr_ui_clock() + 2);
    ck_assert(has(a, "newcomer"));
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("ui", q_quits_from_every_screen_at_every_size_with_code_0,
          q_quits_from_help_from_the_column_chooser_and_from_output,
          in_a_prompt_q_is_text_and_ctrl_c_leaves_the_prompt_first_and_orrery_then,
          every_key_of_every_screen_and_of_the_shell_is_taken_at_any_size, every_key_of_a_screen_stands_in_its_table_once,
          a_storm_of_resizes_draws_every_size_from_nothing_to_large, the_palette_completes_names_and_opens_screens,
          an_action_of_another_screen_opens_that_screen,
          a_batch_verb_runs_from_the_palette_and_shows_what_it_printed,
          help_lists_the_keys_of_the_screen_it_was_called_from_and_narrows, pasted_text_never_acts_as_commands,
          escape_and_a_key_typed_fast_count_as_two_keys, the_mouse_opens_tabs_moves_the_cursor_and_turns_the_wheel,
          the_tab_bar_names_the_shown_screen_and_as_many_others_as_fit,
          a_click_on_the_arrow_of_the_tab_bar_opens_the_hidden_neighbour, braces_walk_through_all_screens_and_come_round,
          a_recorded_session_holds_the_batch_commands_of_what_was_seen_and_done,
          jobs_shows_progress_and_x_cancels_what_the_cursor_is_on,
          a_long_error_is_readable_to_its_end_and_short_windows_cut_it,
          a_monkey_at_the_keyboard_breaks_nothing, nothing_is_due_and_nothing_dirty_while_nothing_happens,
          what_another_process_writes_appears_without_a_key)
