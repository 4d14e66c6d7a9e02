#include "suite.h"

#include <string.h>
#include <unistd.h>

#include "aid_ui.h"
#include "app/columns.h"
#include "tui/screens.h"
#include "tui/ui_state.h"
#include "views/runs/state.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

START_TEST(the_run_table_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {38, 10}, {20, 5}};
    struct orr_aid_ui *a = orr_aid_ui_new(30, 80, 24);
    orr_aid_ui_keys(a, "j Space p j");
    for (size_t i = 0; i < 5; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "runs");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_empty_store_says_how_to_import)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    orr_aid_ui_golden(a, "runs-empty");
    orr_aid_ui_resize(a, 20, 5);
    ck_assert(has(a, "No runs yet"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(help_and_palette_and_chooser_look_as_intended)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_aid_ui_keys(a, "?");
    orr_aid_ui_golden(a, "help");
    orr_aid_ui_keys(a, "Esc c");
    orr_aid_ui_golden(a, "runs-columns");
    orr_aid_ui_keys(a, "Esc :");
    orr_aid_ui_type(a, "sor");
    orr_aid_ui_golden(a, "palette");
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(sorting_goes_to_the_top_and_turns_round_at_the_second_press)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_ui_command(a->ui, "sort val/loss");
    ck_assert(has(a, "val/loss ▲"));
    const char *text = orr_aid_ui_dump(a);
    const char *best = strstr(text, "resnet18-00"), *worst = strstr(text, "vit-s-07");
    ck_assert(best && worst && best < worst);
    orr_ui_command(a->ui, "sort val/loss");
    text = orr_aid_ui_dump(a);
    best = strstr(text, "resnet18-00"), worst = strstr(text, "vit-s-07");
    ck_assert(strstr(text, "val/loss ▼") && best > worst);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_filter_acts_while_it_is_typed_enter_keeps_it_escape_does_not)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "vit");
    ck_assert(!has(a, "resnet18-00"));
    orr_aid_ui_keys(a, "Esc");
    ck_assert(has(a, "resnet18-00"));
    ck_assert(has(a, "12 runs"));
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "vit lr<0.001");
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "3 of 12 runs"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_filter_that_does_not_parse_keeps_the_table_and_says_why)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "(vit");
    ck_assert(has(a, "resnet18-00") || has(a, "vit-s-11"));
    orr_aid_ui_golden(a, "runs-filter-error");
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(filter_sort_and_columns_outlive_the_session)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_ui_command(a->ui, "filter vit");
    orr_ui_command(a->ui, "columns name,max:val/loss,lr");
    orr_ui_command(a->ui, "sort lr");
    orr_aid_ui_reopen(a);
    ck_assert(has(a, "max:val/loss"));
    ck_assert(has(a, "lr ▲"));
    ck_assert(has(a, "6 of 12 runs"));
    orr_aid_ui_keys(a, "Y");
    ck_assert(has(a, "orrery runs --columns name,max:val/loss,lr --filter vit --sort lr"));
    orr_ui_command(a->ui, "reset");
    ck_assert(has(a, "12 runs"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(grouping_shows_counts_and_means_and_enter_shows_the_members)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 100, 24);
    orr_ui_command(a->ui, "group-by model");
    ck_assert(has(a, "2 groups by model"));
    orr_aid_ui_golden(a, "runs-groups");
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "6 of 12 runs"));
    ck_assert(has(a, "resnet18-00"));
    ck_assert(!has(a, "vit-s-01"));
    orr_ui_command(a->ui, "group-by nonsense");
    ck_assert(has(a, "nonsense"));
    ck_assert(has(a, "resnet18-00"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(tags_notes_pins_and_deletion_reach_the_store)
{
    struct orr_aid_ui *a = orr_aid_ui_new(6, 100, 24);
    orr_aid_ui_keys(a, "Space Space t");
    orr_aid_ui_type(a, "good");
    orr_aid_ui_keys(a, "Enter");
    orr_ui_command(a->ui, "filter tags=good");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "2 of 6 runs"));
    orr_ui_command(a->ui, "reset");
    orr_aid_ui_keys(a, "u n");
    orr_aid_ui_type(a, "look here");
    orr_aid_ui_keys(a, "Enter");
    orr_ui_command(a->ui, "filter notes~look");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "1 of 6 runs"));
    orr_ui_command(a->ui, "reset");
    orr_aid_ui_keys(a, "G p g");
    orr_aid_ui_settle(a); /* on a slow machine tables are loaded by a worker */
    ck_assert(has(a, "★"));
    orr_aid_ui_keys(a, "x");
    orr_aid_ui_keys(a, "n Enter");
    ck_assert(has(a, "nothing deleted"));
    orr_aid_ui_keys(a, "x y Enter");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "deleted 1 run"));
    ck_assert(!has(a, "resnet18-00"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_column_chooser_adds_and_removes_columns)
{
    struct orr_aid_ui *a = orr_aid_ui_new(6, 100, 24);
    orr_ui_command(a->ui, "columns name,lr");
    orr_aid_ui_keys(a, "c /");
    orr_aid_ui_type(a, "best:val/acc");
    orr_aid_ui_keys(a, "Enter Space Enter");
    ck_assert(has(a, "best:val/accuracy"));
    orr_aid_ui_keys(a, "c j Space Enter");
    ck_assert(!has(a, " lr"));
    ck_assert(has(a, "best:val/accuracy"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(escape_sequences_in_names_and_values_are_shown_harmlessly)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 140, 24);
    struct orr_error err = {0};
    int64_t id;
    const struct orr_run run = {.key = "evil", .name = "evil\x1b[2J\x1b]0;owned\x07\xc2\x9b", .project = "\x1b[31m", .group = "",
                                .state = "\x1b[5m", .notes = "\x1b[0m"};
    ck_assert_int_eq(orr_store_run_put(a->app.store, &run, &id, &err), ORR_OK);
    const struct orr_config_value v = {.number = 0, .text = "\x1bP1;2q"};
    ck_assert_int_eq(orr_store_config_put(a->app.store, id, "key\x1b[1m", &v, &err), ORR_OK);
    orr_aid_ui_keys(a, "R");
    orr_ui_command(a->ui, "filter evil");
    ck_assert(has(a, "evil?[2J?]0;owned"));
    orr_aid_ui_keys(a, "y c");
    const char *text = orr_aid_ui_dump(a);
    for (const char *p = text; *p; p++) ck_assert((unsigned char)*p >= ' ' || *p == '\n');
    ck_assert(strstr(text, "\xc2\x9b") == NULL);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(moving_sideways_scrolls_by_columns_and_keeps_the_first_one)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 44, 8);
    orr_aid_ui_keys(a, "l l l l l l l l l");
    orr_aid_ui_golden(a, "runs-scrolled");
    ck_assert(has(a, "name"));
    ck_assert(!has(a, "state"));
    orr_aid_ui_keys(a, "h h h h h h h h h");
    ck_assert(has(a, "state"));
    orr_aid_ui_free(a);
}
END_TEST

/* A commit of another process, so to speak. */
static void write_elsewhere(struct orr_aid_ui *a, const char *note)
{
    struct orr_store *other;
    struct orr_error err = {0};
    ck_assert_int_eq(orr_store_open(a->path, ORR_STORE_WRITE, &other, &err), ORR_OK);
    ck_assert_int_eq(orr_store_run_note(other, 1, note, &err), ORR_OK);
    orr_store_close(other);
}

START_TEST(a_slow_store_loads_on_a_worker_and_the_newest_request_wins)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    struct orr_error err = {0};
    void *state;
    ck_assert_int_eq(orr_runs_screen.open(a->ui, NULL, &state, &err), ORR_OK);
    struct orr_runs *v = state;
    static const char *const filters[] = {"resnet", "lr=0.1", "vit"};
    write_elsewhere(a, "one"); /* columns that are at hand need no worker, however slow the store */
    for (int i = 0; i < 3; i++) {
        v->seconds = 1; /* as if the load before had taken that long */
        orr_runs_screen.act(a->ui, v, orr_action_by_name(orr_runs_screen.actions, "filter", 6)->id, filters[i]);
        ck_assert_ptr_nonnull(v->pending);
        ck_assert_uint_eq(v->table.table.rows, 12); /* the old view stays usable meanwhile */
    }
    orr_aid_ui_settle(a);
    ck_assert_ptr_null(v->pending);
    ck_assert_uint_eq(v->table.table.rows, 6);
    ck_assert(orr_run_frame_is_current(&a->app)); /* what the worker read is ours now: sorting it asks nobody */
    v->seconds = 1;
    orr_runs_sort(a->ui, v, "val/loss");
    ck_assert_ptr_null(v->pending);
    write_elsewhere(a, "two");
    v->seconds = 1;
    orr_runs_load(a->ui, v);
    ck_assert_ptr_nonnull(v->pending);
    orr_runs_screen.close(a->ui, v); /* while it loads */
    orr_aid_ui_settle(a);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_change_while_another_process_writes_says_so_and_works_afterwards)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 120, 24);
    struct orr_store *other;
    struct orr_error err = {0};
    orr_store_patience(a->app.store, 10);
    ck_assert_int_eq(orr_store_open(a->path, ORR_STORE_WRITE, &other, &err), ORR_OK);
    ck_assert_int_eq(orr_store_begin(other, &err), ORR_OK);
    orr_aid_ui_keys(a, "p");
    ck_assert(has(a, "locked by another process"));
    ck_assert(!has(a, "\u2605"));
    orr_store_close(other);
    orr_aid_ui_keys(a, "p");
    ck_assert(has(a, "\u2605"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_store_that_was_deleted_refuses_changes_and_says_why)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 120, 24);
    ck_assert_int_eq(unlink(a->path), 0);
    orr_aid_ui_keys(a, "p");
    ck_assert(has(a, "deleted or replaced"));
    ck_assert(!has(a, "\u2605"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_paste_into_the_filter_is_one_edit_and_has_an_end)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_aid_ui_keys(a, "/");
    for (int i = 0; i < 100000; i++)
        orr_ui_key(a->ui, (struct orr_key){.code = i < 3 ? (uint32_t)"vit"[i] : ' ', .mods = ORR_MOD_PASTED});
    ck_assert(has(a, "vit-s-01") && !has(a, "resnet18-00"));
    ck_assert_uint_le(a->ui->edit.text.len, 4096);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(of_many_runs_the_first_screen_comes_first_and_a_key_finds_them_all)
{
    enum { RUNS = 1100 };
    struct orr_aid_ui *a = orr_aid_ui_new(RUNS, 80, 24);
    for (int reopened = 0; reopened < 2; reopened++) {
        const struct orr_runs *v = orr_ui_top(a->ui)->state;
        ck_assert(v->partial && v->pending && v->table.table.rows < RUNS);
        ck_assert(has(a, "1100 runs"));
        ck_assert(has(a, "1100  vit-s-1099"));
        if (reopened) orr_aid_ui_settle(a); /* the others come by themselves, or as soon as a key wants them */
        orr_aid_ui_keys(a, "G");
        ck_assert(!v->partial && v->table.table.rows == RUNS);
        ck_assert(has(a, "1  resnet18-00"));
        orr_aid_ui_settle(a);
        ck_assert(has(a, "1  resnet18-00"));
        if (!reopened) orr_aid_ui_reopen(a), orr_run_frame_free(a->app.frame), a->app.frame = NULL;
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_change_of_many_runs_shows_at_once_and_reads_no_column_again)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1100, 80, 24);
    orr_aid_ui_settle(a);
    const struct orr_run_frame *before = a->app.frame;
    ck_assert_ptr_nonnull(before);
    orr_aid_ui_keys(a, "j j p g");
    orr_ui_command(a->ui, "note-run worth-a-look");
    orr_ui_command(a->ui, "tag-runs best");
    orr_ui_command(a->ui, "columns name,tags,notes,pinned");
    ck_assert(has(a, "best  worth-a-look"));
    orr_ui_command(a->ui, "tag-runs -best");
    ck_assert(!has(a, "best  worth-a-look"));
    orr_ui_command(a->ui, "filter worth-a-look");
    ck_assert(has(a, "1 of 1100 runs"));
    ck_assert_ptr_eq(a->app.frame, before);
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen_runs", the_run_table_at_every_size, an_empty_store_says_how_to_import,
          help_and_palette_and_chooser_look_as_intended, sorting_goes_to_the_top_and_turns_round_at_the_second_press,
          a_filter_acts_while_it_is_typed_enter_keeps_it_escape_does_not,
          a_filter_that_does_not_parse_keeps_the_table_and_says_why, filter_sort_and_columns_outlive_the_session,
          grouping_shows_counts_and_means_and_enter_shows_the_members, tags_notes_pins_and_deletion_reach_the_store,
          the_column_chooser_adds_and_removes_columns, escape_sequences_in_names_and_values_are_shown_harmlessly,
          moving_sideways_scrolls_by_columns_and_keeps_the_first_one,
          a_slow_store_loads_on_a_worker_and_the_newest_request_wins,
          a_change_while_another_process_writes_says_so_and_works_afterwards,
          a_store_that_was_deleted_refuses_changes_and_says_why,
          a_paste_into_the_filter_is_one_edit_and_has_an_end,
          of_many_runs_the_first_screen_comes_first_and_a_key_finds_them_all,
          a_change_of_many_runs_shows_at_once_and_reads_no_column_again)
