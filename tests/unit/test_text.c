#include "suite.h"

#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/text.h"

/* What no text may hold after orr_text_neutralise, told byte by byte and independently of it. */
static bool is_harmless(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (*p < 0x20 || *p == 0x7F) return false;
        if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F) return false; /* C1 as UTF-8 */
        if (p[0] == 0xE2 && p[1] == 0x80 && ((p[2] >= 0xAA && p[2] <= 0xAE) || p[2] == 0x8E || p[2] == 0x8F)) return false;
        if (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9) return false;
    }
    return true;
}

static bool is_utf8(const char *s)
{
    for (size_t n = strlen(s), k; n; s += k, n -= k)
        if (orr_utf8_decode(s, n, &k) == 0xFFFD && k == 1) return false;
    return true;
}

static void check_neutralised(const char *text)
{
    char s[256], again[256];
    snprintf(s, sizeof s, "%s", text);
    const size_t n = orr_text_neutralise(s);
    ck_assert_uint_eq(n, strlen(s));
    ck_assert_uint_le(n, strlen(text));
    ck_assert(is_harmless(s) && is_utf8(s));
    snprintf(again, sizeof again, "%s", s);
    orr_text_neutralise(again);
    ck_assert_str_eq(again, s);
}

START_TEST(every_c0_and_c1_control_becomes_harmless_as_a_byte_and_as_a_code_point)
{
    for (int c = 1; c < 256; c++) {
        char raw[] = {'a', (char)c, 'b', 0}, s[8];
        snprintf(s, sizeof s, "%s", raw);
        orr_text_neutralise(s);
        if (c == '\t' || c == '\n' || c == '\r') ck_assert_str_eq(s, "a b");
        else if (c < 0x20 || c >= 0x7F) ck_assert_str_eq(s, "a?b"); /* a lone high byte is no UTF-8 */
        else ck_assert_str_eq(s, raw);
    }
    for (uint32_t cp = 0x80; cp < 0xA0; cp++) {
        char s[8] = "a";
        s[1 + orr_utf8_encode(cp, s + 1)] = 'b';
        orr_text_neutralise(s);
        ck_assert_str_eq(s, "a?b");
    }
}
END_TEST

START_TEST(terminal_escapes_lose_their_escape)
{
    static const char *const hostile[] = {
        "\033[31mred\033[0m",        "\033]0;title\007",       "\033]52;c;cm0gLXJm\033\\", "\033P+q544e\033\\",
        "\033[2J\033[H",             "\xC2\x9B" "31m",         "\x9B" "2J",                "run\b\b\bfake",
        "a\rb",                      "\x0E" "lines\x0F",       "\033c",                    "\033[?1049l",
    };
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) check_neutralised(hostile[i]);
}
END_TEST

START_TEST(bidirectional_controls_cannot_make_a_name_read_as_another)
{
    static const uint32_t bidi[] = {0x200E, 0x200F, 0x061C, 0x202A, 0x202B, 0x202C, 0x202D,
                                    0x202E, 0x2066, 0x2067, 0x2068, 0x2069};
    for (size_t i = 0; i < sizeof bidi / sizeof *bidi; i++) {
        char s[16] = "x";
        orr_utf8_encode(bidi[i], s + 1);
        orr_text_neutralise(s);
        ck_assert_str_eq(s, "x?");
    }
    char arabic[] = "\xD8\xB9\xD8\xB1\xD8\xA8"; /* the letters themselves stay */
    ck_assert_uint_eq(orr_text_neutralise(arabic), 6);
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_replaced_one_by_one)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"\x80", "?"},                         /* lone continuation */
        {"\xC3", "?"},                         /* cut two-byte form */
        {"\xE2\x82", "??"},                    /* cut three-byte form */
        {"\xF0\x9F\x98", "???"},               /* cut four-byte form */
        {"\xC0\xAF", "??"},                    /* overlong '/' */
        {"\xE0\x80\xAF", "???"},               /* overlong */
        {"\xED\xA0\x80", "???"},               /* surrogate */
        {"\xF4\x90\x80\x80", "????"},          /* past U+10FFFF */
        {"\xF8\x88\x80\x80\x80", "?????"},     /* five-byte form */
        {"\xFE\xFF", "??"},                    {"a\xC3(", "a?("},
        {"\xC3\xA9t\xC3\xA9", "\xC3\xA9t\xC3\xA9"}, {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"\xEF\xBF\xBD", "?"},                 /* U+FFFD itself */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char s[16];
        snprintf(s, sizeof s, "%s", cases[i].in);
        orr_text_neutralise(s);
        ck_assert_msg(!strcmp(s, cases[i].out), "case %zu: %s", i, s);
        check_neutralised(cases[i].in);
    }
}
END_TEST

START_TEST(random_bytes_become_harmless_utf8)
{
    struct orr_rng r;
    orr_rng_seed(&r, 21, 0);
    for (int i = 0; i < 20000; i++) {
        char s[64];
        const size_t n = (size_t)orr_rng_below(&r, sizeof s);
        for (size_t k = 0; k < n; k++) s[k] = (char)(1 + orr_rng_below(&r, 255));
        s[n] = '\0';
        check_neutralised(s);
    }
}
END_TEST

START_TEST(every_code_point_is_read_back_as_it_was_written)
{
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
        char s[4];
        size_t used;
        const size_t n = orr_utf8_encode(cp, s);
        const bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        ck_assert_uint_eq(orr_utf8_decode(s, n, &used), surrogate ? 0xFFFD : cp);
        ck_assert_uint_eq(used, n);
        if (n > 1) { /* cut short: one byte of invalid input */
            ck_assert_uint_eq(orr_utf8_decode(s, n - 1, &used), 0xFFFD);
            ck_assert_uint_eq(used, 1);
        }
    }
    size_t used;
    char s[4];
    ck_assert_uint_eq(orr_utf8_decode("", 0, &used), 0xFFFD);
    ck_assert_uint_eq(orr_utf8_encode(0x110000, s), 3);
}
END_TEST

START_TEST(widths_are_those_of_a_terminal)
{
    ck_assert_int_eq(orr_text_width(""), 0);
    ck_assert_int_eq(orr_text_width("loss"), 4);
    ck_assert_int_eq(orr_text_width("\xC3\xA9"), 1);
    ck_assert_int_eq(orr_text_width("e\xCC\x81"), 1);                 /* combining acute */
    ck_assert_int_eq(orr_text_width("\xE6\xBC\xA2\xE5\xAD\x97"), 4);  /* two ideographs */
    ck_assert_int_eq(orr_text_width("\xF0\x9F\x98\x80"), 2);          /* an emoji */
    ck_assert_int_eq(orr_text_width("\xE2\xA3\xBF"), 1);              /* braille, what charts are made of */
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) ck_assert(orr_text_cp_width(cp) >= 0 && orr_text_cp_width(cp) <= 2);
}
END_TEST

START_TEST(fitting_never_cuts_a_character_or_exceeds_the_columns)
{
    static const char text[] = "a\xE6\xBC\xA2" "e\xCC\x81" "b\xF0\x9F\x98\x80" "c";
    static const size_t fits[] = {0, 1, 1, 4, 7, 8, 8, 12, 13, 13}; /* bytes for 0, 1, ... columns */
    for (int columns = 0; columns < 10; columns++) ck_assert_uint_eq(orr_text_fit(text, columns), fits[columns]);
    ck_assert_uint_eq(orr_text_fit("abc", -1), 0);
}
END_TEST

ORR_SUITE("text", every_c0_and_c1_control_becomes_harmless_as_a_byte_and_as_a_code_point,
          terminal_escapes_lose_their_escape, bidirectional_controls_cannot_make_a_name_read_as_another,
          bytes_that_are_not_utf8_are_replaced_one_by_one, random_bytes_become_harmless_utf8,
          every_code_point_is_read_back_as_it_was_written, widths_are_those_of_a_terminal,
          fitting_never_cuts_a_character_or_exceeds_the_columns)
