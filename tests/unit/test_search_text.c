/* The text layer: words, documents, questions. */
#include <string.h>

#include "base/str.h"
#include "suite.h"
#include "text/doc.h"
#include "text/token.h"

static void join(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    (void)at, (void)bytes;
    struct orr_str *s = ctx;
    if (s->len) orr_str_append_char(s, ' ');
    orr_str_append_n(s, term, n);
}

static void expect_words(const char *text, size_t n, const char *words)
{
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct orr_str s = {0};
    orr_tokenise(t, text, n, join, &s);
    ck_assert_str_eq(orr_str_c(&s), words);
    orr_str_free(&s);
    orr_tokeniser_free(t);
}
#define EXPECT_WORDS(text, words) expect_words(text, sizeof(text) - 1, words)

START_TEST(words_are_folded_and_stemmed_and_numbers_are_kept)
{
    EXPECT_WORDS("The Academic STAFFS, 2003-05 (1st)", "the academ staff 2003 05 1st");
    EXPECT_WORDS("running runs", "run run");
    EXPECT_WORDS("train_loss x2", "train loss x2");
}
END_TEST

START_TEST(accents_and_compatibility_forms_make_no_difference)
{
    EXPECT_WORDS("Saint-\xc3\x89tienne", "saint etienn");
    EXPECT_WORDS("e\xcc\x81tude", "etud");                 /* combining */
    EXPECT_WORDS("\xef\xac\x81ne \xe2\x91\xa0", "fine 1"); /* ligature fi, circled one */
    EXPECT_WORDS("STRASSE stra\xc3\x9f"
                 "e",
                 "strass strass");
}
END_TEST

START_TEST(scripts_without_blanks_are_parted_by_character)
{
    EXPECT_WORDS("ab\xe6\x9d\xb1\xe4\xba\xac"
                 "12",
                 "ab \xe6\x9d\xb1 \xe4\xba\xac 12");
}
END_TEST

START_TEST(bytes_that_are_no_text_part_words_and_long_words_are_cut)
{
    EXPECT_WORDS("ab\xff"
                 "cd\0ef",
                 "ab cd ef");
    EXPECT_WORDS("", "");
    EXPECT_WORDS("\xf0\x9f\x98\x80 !", "");
    char word[1000];
    memset(word, '7', sizeof word);
    char cut[ORR_TERM_BYTES + 1];
    memset(cut, '7', ORR_TERM_BYTES);
    cut[ORR_TERM_BYTES] = '\0';
    expect_words(word, sizeof word, cut);
}
END_TEST

struct spans {
    size_t n, at[8], bytes[8];
};
static void span(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    (void)term, (void)n;
    struct spans *s = ctx;
    s->at[s->n] = at;
    s->bytes[s->n++] = bytes;
}

START_TEST(words_know_where_they_stand)
{
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct spans s = {0};
    orr_tokenise(t, " \xc3\x89t\xc3\xa9, ab", 11, span, &s);
    ck_assert(s.n == 2 && s.at[0] == 1 && s.bytes[0] == 5 && s.at[1] == 8 && s.bytes[1] == 2);
    orr_tokeniser_free(t);
}
END_TEST

/* ---- documents ---- */

static enum orr_status parse(const char *json, struct orr_arena *a, struct orr_doc *d, struct orr_error *err)
{
    return orr_doc_parse("f:1", json, strlen(json), a, d, err);
}

START_TEST(a_table_survives_being_written_and_read)
{
    struct orr_arena a = {0};
    struct orr_doc d, e;
    struct orr_error err;
    ck_assert_int_eq(parse("{\"id\":\"x\",\"title\":\"T "
                           "\\\"q\\\"\",\"header\":[\"a\",\"b\"],\"rows\":[[\"1\",2.5],[null,true]],\"other\":{}}",
                           &a, &d, &err),
                     ORR_OK);
    ck_assert(d.rows == 2 && d.columns == 2 && d.ragged == 0);
    ck_assert_str_eq(orr_doc_cell(&d, 0, 1), "2.5");
    ck_assert_str_eq(orr_doc_cell(&d, 1, 0), "");
    ck_assert_str_eq(orr_doc_cell(&d, 1, 1), "true");
    ck_assert_str_eq(orr_doc_cell(&d, 2, 0), "");
    struct orr_str s = {0};
    orr_doc_json(&d, &s);
    ck_assert_int_eq(parse(s.data, &a, &e, &err), ORR_OK);
    ck_assert_str_eq(e.title, "T \"q\"");
    ck_assert_str_eq(orr_doc_cell(&e, 0, 1), "2.5");
    orr_str_free(&s);
    orr_arena_free(&a);
}
END_TEST

START_TEST(ragged_rows_are_filled_up_and_a_header_may_be_missing)
{
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_error err;
    ck_assert_int_eq(
        parse("{\"header\":[\"a\",\"b\"],\"rows\":[[\"1\"],[\"2\",\"3\",\"4\"],[\"5\",\"6\"]]}", &a, &d, &err), ORR_OK);
    ck_assert(d.columns == 3 && d.rows == 3 && d.ragged == 2);
    ck_assert_str_eq(d.header[2], "");
    ck_assert_str_eq(orr_doc_cell(&d, 0, 2), "");
    ck_assert_str_eq(orr_doc_cell(&d, 1, 2), "4");
    ck_assert_int_eq(parse("{\"rows\":[[\"1\"]]}", &a, &d, &err), ORR_OK);
    ck_assert(d.columns == 1 && d.ragged == 0);
    orr_arena_free(&a);
}
END_TEST

START_TEST(what_is_no_table_is_named)
{
    static const struct {
        const char *json, *message;
    } bad[] = {
        {"[1]", "a table is an object: {\"id\",\"title\",\"header\",\"rows\",...}"},
        {"{\"rows\":[1]}", "row 1 is no array of cells"},
        {"{\"rows\":\"x\"}", "header and rows are arrays: [\"a\",\"b\"] and [[\"1\",\"2\"]]"},
        {"{\"id\":\"x\"}", "a table without cells, title or text: nothing to search"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_arena a = {0};
        struct orr_doc d;
        struct orr_error err;
        ck_assert_int_eq(parse(bad[i].json, &a, &d, &err), ORR_EFORMAT);
        ck_assert_str_eq(err.message, bad[i].message);
        ck_assert_str_eq(err.where, "f:1");
        orr_arena_free(&a);
    }
}
END_TEST

START_TEST(one_long_row_among_many_short_ones_takes_no_memory)
{
    struct orr_str s = {0};
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_error err;
    orr_str_append(&s, "{\"rows\":[[");
    for (int i = 0; i < 9000; i++) orr_str_append(&s, i ? ",1" : "1");
    orr_str_append(&s, "]");
    for (int i = 0; i < 9000; i++) orr_str_append(&s, ",[]");
    orr_str_append(&s, "]}");
    ck_assert_int_eq(parse(s.data, &a, &d, &err), ORR_EFORMAT);
    orr_str_free(&s);
    orr_arena_free(&a);
}
END_TEST

ORR_SUITE("search_text", words_are_folded_and_stemmed_and_numbers_are_kept,
          accents_and_compatibility_forms_make_no_difference, scripts_without_blanks_are_parted_by_character,
          bytes_that_are_no_text_part_words_and_long_words_are_cut, words_know_where_they_stand,
          a_table_survives_being_written_and_read, ragged_rows_are_filled_up_and_a_header_may_be_missing,
          what_is_no_table_is_named, one_long_row_among_many_short_ones_takes_no_memory)
