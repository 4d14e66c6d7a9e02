#include "suite.h"

#include <string.h>

#include "aid_ui.h"
#include "tui/screens.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

/* The seconds differ from run to run. */
static void hide_time(struct orr_aid_ui *a) { orr_ui_message(a->ui, ORR_COLOR_DIM, "(time hidden)"); }

static struct orr_aid_ui *ask(const char *sql)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_ui_open(a->ui, "sql", sql);
    orr_aid_ui_settle(a);
    return a;
}

START_TEST(an_answer_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {38, 10}, {20, 5}};
    struct orr_aid_ui *a = ask("SELECT id, name, state, series_count FROM run ORDER BY id LIMIT 7");
    if (has(a, "no such column")) ck_abort_msg("%s", orr_aid_ui_dump(a));
    for (size_t i = 0; i < 5; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        hide_time(a);
        orr_aid_ui_golden(a, "sql");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_key_opens_a_prompt_and_escape_leaves_hints)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    orr_aid_ui_keys(a, ";");
    ck_assert(has(a, "sql> SELECT"));
    orr_aid_ui_keys(a, "Esc");
    orr_aid_ui_golden(a, "sql-empty");
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(writing_is_refused_and_said)
{
    struct orr_aid_ui *a = ask("DELETE FROM run");
    ck_assert(has(a, "only statements that read"));
    orr_ui_open(a->ui, "sql", "SELECT count(*) AS n FROM run");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "12"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_row_cap_is_stated_and_can_be_raised)
{
    struct orr_aid_ui *a = ask("SELECT step FROM point LIMIT 100");
    orr_ui_command(a->ui, "row-cap 30");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "first 30 rows (there are more"));
    orr_ui_command(a->ui, "row-cap 100");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "100 rows in"));
    orr_ui_command(a->ui, "row-cap 0");
    ck_assert(has(a, "from 1 to 1000000"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_last_statement_is_remembered_over_sessions)
{
    struct orr_aid_ui *a = ask("SELECT 41 + 1 AS answer");
    ck_assert(has(a, "answer") && has(a, "42"));
    orr_aid_ui_reopen(a);
    orr_aid_ui_keys(a, ";");
    ck_assert(has(a, "sql> SELECT 41 + 1 AS answer"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(leaving_while_a_statement_runs_stops_it)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    orr_ui_open(a->ui, "sql", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
    ck_assert(has(a, "running; x stops"));
    orr_aid_ui_keys(a, "x");
    orr_aid_ui_settle(a);
    orr_aid_ui_keys(a, "r Esc");
    orr_aid_ui_settle(a); /* would never end otherwise */
    ck_assert(!has(a, "running"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_batch_command_gives_the_same_rows)
{
    struct orr_aid_ui *a = ask("SELECT 'it''s' AS x");
    orr_aid_ui_keys(a, "Y");
    ck_assert_msg(has(a, "orrery sql 'SELECT '\\''it'\\'''\\''s'\\'' AS x' --limit 1000"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen_sql", an_answer_at_every_size, the_key_opens_a_prompt_and_escape_leaves_hints,
          writing_is_refused_and_said, the_row_cap_is_stated_and_can_be_raised,
          the_last_statement_is_remembered_over_sessions, leaving_while_a_statement_runs_stops_it,
          the_batch_command_gives_the_same_rows)
