#include "suite.h"

#include <string.h>

#include "aid_screen.h"

static const struct orr_style plain = {0};

static char *dumped(const struct orr_canvas *c, struct orr_str *s)
{
    orr_str_clear(s);
    orr_canvas_dump(c, false, s);
    return s->data;
}

START_TEST(text_is_cut_with_an_ellipsis_and_drawing_outside_is_ignored)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, 10, 3);
    ck_assert_int_eq(orr_canvas_text(&c, 0, 0, 6, "learning", plain), 6);
    ck_assert_int_eq(orr_canvas_text_right(&c, 0, 1, 10, "0.25", plain), 4);
    orr_canvas_text(&c, 7, 2, 10, "edges", plain);
    orr_canvas_text(&c, 0, 3, 10, "below", plain);
    orr_canvas_text(&c, -2, 2, 10, "left", plain);
    orr_canvas_put(&c, 99, -4, 'x', plain);
    orr_canvas_fill(&c, (struct orr_rect){8, 0, 500, 1}, '.', plain);
    ck_assert_str_eq(dumped(&c, &s), "learn…  ..\n      0.25\nft     edg\n");
    orr_canvas_free(&c);
    orr_str_free(&s);
}
END_TEST

START_TEST(escapes_controls_and_bidi_overrides_never_reach_a_cell)
{
    struct orr_canvas c;
    orr_canvas_init(&c, 40, 1);
    orr_canvas_text(&c, 0, 0, 40, "a\x1b[31mb\x07\xc2\x9b\x7f\t\xe2\x80\xae\xff", plain);
    orr_canvas_put(&c, 30, 0, 0x1B, plain);
    orr_canvas_put(&c, 31, 0, 0x9B, plain);
    for (int x = 0; x < 40; x++) {
        const uint32_t cp = c.cells[x].cp;
        ck_assert(cp >= 0x20 && !(cp >= 0x7F && cp < 0xA0) && cp != 0x202E && cp != 0xFFFD);
    }
    orr_canvas_free(&c);
}
END_TEST

START_TEST(wide_characters_take_two_cells_and_leave_no_orphan_half)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, 8, 1);
    ck_assert_int_eq(orr_canvas_text(&c, 0, 0, 8, "学習率", plain), 6);
    ck_assert_uint_eq(c.cells[1].cp, 0);
    orr_canvas_put(&c, 1, 0, 'x', plain);
    orr_canvas_put(&c, 2, 0, 'y', plain);
    ck_assert_str_eq(dumped(&c, &s), " xy 率\n");
    orr_canvas_put(&c, 7, 0, 0x5B66, plain);
    ck_assert_uint_eq(c.cells[7].cp, ' ');
    orr_canvas_clear(&c);
    ck_assert_int_eq(orr_canvas_text(&c, 0, 0, 4, "学習率", plain), 3);
    ck_assert_str_eq(dumped(&c, &s), "学…\n");
    orr_canvas_free(&c);
    orr_str_free(&s);
}
END_TEST

START_TEST(combining_marks_join_the_character_before_them)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, 6, 1);
    ck_assert_int_eq(orr_canvas_text(&c, 0, 0, 6, "e\xcc\x81" "a", plain), 2);
    ck_assert_uint_eq(c.cells[0].mark, 0x301);
    ck_assert_str_eq(dumped(&c, &s), "e\xcc\x81" "a\n");
    orr_canvas_free(&c);
    orr_str_free(&s);
}
END_TEST

START_TEST(a_terminal_without_utf8_gets_ascii_only)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, 12, 3);
    c.glyphs = ORR_GLYPHS_ASCII;
    orr_canvas_box(&c, (struct orr_rect){0, 0, 12, 3}, "学 é", plain);
    orr_canvas_text(&c, 1, 1, 5, "longest", plain);
    ck_assert_str_eq(dumped(&c, &s), "+ ? ? -----+\n|long~     |\n+----------+\n");
    orr_canvas_free(&c);
    orr_str_free(&s);
}
END_TEST

START_TEST(styles_are_dumped_by_letters_with_a_legend)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, 4, 2);
    orr_canvas_text(&c, 0, 0, 4, "ab", (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD});
    orr_canvas_tint(&c, (struct orr_rect){1, 0, 9, 9}, ORR_COLOR_CURSOR);
    orr_canvas_dump(&c, true, &s);
    ck_assert_str_eq(s.data, "ab\n\nabcc\n.ccc\na fg=2 bg=0 attr=1\nb fg=2 bg=7 attr=1\nc fg=0 bg=7 attr=0\n");
    orr_canvas_free(&c);
    orr_str_free(&s);
}
END_TEST

START_TEST(a_canvas_without_cells_takes_every_call)
{
    struct orr_canvas c;
    struct orr_str s = {0};
    orr_canvas_init(&c, -3, 0);
    orr_canvas_text(&c, 0, 0, 5, "x", plain);
    orr_canvas_box(&c, (struct orr_rect){0, 0, 5, 5}, "t", plain);
    orr_canvas_fill(&c, (struct orr_rect){-5, -5, 50, 50}, 'x', plain);
    orr_canvas_dump(&c, true, &s);
    ck_assert_str_eq(orr_str_c(&s), "");
    orr_canvas_free(&c);
}
END_TEST

START_TEST(a_golden_screen_compares_equal_to_its_file)
{
    struct orr_canvas c;
    orr_canvas_init(&c, 20, 3);
    orr_canvas_box(&c, (struct orr_rect){0, 0, 20, 3}, "loss", (struct orr_style){.fg = ORR_COLOR_DIM});
    orr_canvas_printf(&c, 2, 1, 16, plain, "step %d: %.3f", 12, 0.5);
    orr_aid_golden(&c, "canvas", true);
    orr_canvas_free(&c);
}
END_TEST

ORR_SUITE("canvas", text_is_cut_with_an_ellipsis_and_drawing_outside_is_ignored,
          escapes_controls_and_bidi_overrides_never_reach_a_cell,
          wide_characters_take_two_cells_and_leave_no_orphan_half, combining_marks_join_the_character_before_them,
          a_terminal_without_utf8_gets_ascii_only, styles_are_dumped_by_letters_with_a_legend,
          a_canvas_without_cells_takes_every_call, a_golden_screen_compares_equal_to_its_file)
