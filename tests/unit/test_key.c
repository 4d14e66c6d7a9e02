#include "suite.h"

#include <string.h>

#include "tui/screen.h"

START_TEST(every_key_name_reads_back_as_the_same_key)
{
    static const char *const names[] = {"j",    "G",    "Enter", "Esc",  "Tab",     "BackTab", "Space", "Backspace",
                                        "Up",   "Down", "Left",  "Right", "Home",   "End",     "PgUp",  "PgDn",
                                        "C-d",  "M-x",  "C-M-x", "F1",   "F12",     "Delete",  "é",     "-",
                                        "C--",  ":",    ";",     "/",    "C-Space", "Mouse"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[16];
        const struct orr_key k = orr_key_parse(names[i]);
        ck_assert_msg(k.code != ORR_KEY_NONE, "%s", names[i]);
        orr_key_name(k, name);
        ck_assert_str_eq(name, names[i]);
    }
}
END_TEST

START_TEST(text_that_names_no_key_gives_none)
{
    static const char *const wrong[] = {"", "F0", "F13", "jk", "Ctrl-x", "C-", "enter", "\x1b", " ", "\xff"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct orr_key k = orr_key_parse(wrong[i]);
        ck_assert_msg(k.code == ORR_KEY_NONE && k.mods == 0, "'%s'", wrong[i]);
    }
}
END_TEST

START_TEST(modifiers_and_function_keys_have_their_codes)
{
    ck_assert_uint_eq(orr_key_parse("F3").code, ORR_KEY_F1 + 2);
    ck_assert_uint_eq(orr_key_parse("C-d").code, 'd');
    ck_assert_uint_eq(orr_key_parse("C-d").mods, ORR_MOD_CTRL);
    ck_assert_uint_eq(orr_key_parse("M-Left").code, ORR_KEY_LEFT);
    ck_assert_uint_eq(orr_key_parse("Space").code, ' ');
}
END_TEST

ORR_SUITE("key", every_key_name_reads_back_as_the_same_key, text_that_names_no_key_gives_none,
          modifiers_and_function_keys_have_their_codes)
