#include "suite.h"

#include <string.h>

#include "base/mem.h"
#include "tui/widgets/prompt.h"

static struct orr_prompt_widget w;

static void start(const char *text)
{
    orr_prompt_widget_free(&w);
    w = (struct orr_prompt_widget){0};
    orr_prompt_widget_start(&w, "/", text);
}

static enum orr_prompt_event press(const char *keys)
{
    enum orr_prompt_event last = ORR_PROMPT_IGNORED;
    char *copy = orr_xstrdup(keys), *rest = copy, *name;
    while ((name = strsep(&rest, " "))) last = orr_prompt_widget_key(&w, orr_key_parse(name));
    free(copy);
    return last;
}

#define text() orr_str_c(&w.text)

START_TEST(characters_go_in_at_the_cursor_also_those_of_several_bytes)
{
    start("ab");
    ck_assert_int_eq(press("Left é 学"), ORR_PROMPT_EDITED);
    ck_assert_str_eq(text(), "aé学b");
    press("Left Backspace");
    ck_assert_str_eq(text(), "a学b");
    press("Delete End c Home x");
    ck_assert_str_eq(text(), "xabc");
}
END_TEST

START_TEST(control_keys_cut_words_and_ends_as_in_a_shell)
{
    start("one two  three");
    press("C-w");
    ck_assert_str_eq(text(), "one two  ");
    press("C-w");
    ck_assert_str_eq(text(), "one ");
    press("C-a C-f C-k");
    ck_assert_str_eq(text(), "o");
    press("C-e n C-u");
    ck_assert_str_eq(text(), "");
    ck_assert_int_eq(press("Backspace"), ORR_PROMPT_CANCELLED);
}
END_TEST

START_TEST(keys_at_both_ends_of_the_text_do_no_harm)
{
    start("");
    press("Left Right Home End Delete C-w C-u C-k C-d Up Down Tab BackTab");
    ck_assert_str_eq(text(), "");
    start("é");
    press("Right Right C-d Left Left Left");
    ck_assert_uint_eq(w.cursor, 0);
}
END_TEST

START_TEST(history_goes_back_and_returns_to_the_draft)
{
    start("first");
    orr_prompt_widget_remember(&w);
    orr_prompt_widget_start(&w, "/", "second");
    orr_prompt_widget_remember(&w);
    orr_prompt_widget_remember(&w); /* the same again is one entry */
    orr_prompt_widget_start(&w, "/", "dra");
    press("f t Up");
    ck_assert_str_eq(text(), "second");
    press("Up Up Up");
    ck_assert_str_eq(text(), "first");
    press("Down Down");
    ck_assert_str_eq(text(), "draft");
    orr_prompt_widget_start(&w, ":", ""); /* another prompt, another history */
    press("Up");
    ck_assert_str_eq(text(), "");
}
END_TEST

START_TEST(tab_goes_round_the_candidates_and_typing_goes_on_from_there)
{
    struct orr_str lines = {0};
    start("o");
    orr_str_append(&lines, "open runs\tall runs\nopen jobs\n\n");
    orr_prompt_widget_candidates(&w, &lines);
    ck_assert_uint_eq(w.candidates.len, 2);
    ck_assert_str_eq(w.remarks.data[0], "all runs");
    press("Tab");
    ck_assert_str_eq(text(), "open runs");
    press("Tab");
    ck_assert_str_eq(text(), "open jobs");
    press("Tab");
    ck_assert_str_eq(text(), "open runs");
    press("BackTab !");
    ck_assert_str_eq(text(), "open jobs!");
    orr_str_free(&lines);
}
END_TEST

START_TEST(the_line_slides_so_that_the_cursor_stays_in_sight)
{
    struct orr_canvas c;
    for (int width = 1; width < 12; width++) {
        orr_canvas_init(&c, width, 1);
        start("0123456789abcdef");
        orr_prompt_widget_render(&w, &c, (struct orr_rect){0, 0, width, 1}, 0);
        ck_assert_int_lt(c.cursor_x, width);
        ck_assert_int_ge(c.cursor_x, 0);
        if (width > 3) ck_assert_uint_eq(c.cells[c.cursor_x - 1].cp, 'f');
        orr_canvas_free(&c);
    }
    orr_prompt_widget_free(&w);
    w = (struct orr_prompt_widget){0};
}
END_TEST

ORR_SUITE("prompt", characters_go_in_at_the_cursor_also_those_of_several_bytes,
          control_keys_cut_words_and_ends_as_in_a_shell, keys_at_both_ends_of_the_text_do_no_harm,
          history_goes_back_and_returns_to_the_draft, tab_goes_round_the_candidates_and_typing_goes_on_from_there,
          the_line_slides_so_that_the_cursor_stays_in_sight)
