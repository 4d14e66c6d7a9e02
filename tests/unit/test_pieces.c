/* Subword vocabularies: splits, merges, byte fallback, files of every kind and damaged ones. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/pieces.h"
#include "text/pieces_private.h"

static struct orr_error err;

/* "Hello| world|!" */
static void split(enum orr_pieces_split how, const char *text, const char *want)
{
    struct orr_str got = {0};
    const size_t n = strlen(text);
    for (size_t at = 0, part; at < n; at += part) {
        part = orr_pieces_part(how, text + at, n - at);
        if (at) orr_str_append_char(&got, '|');
        orr_str_append_n(&got, text + at, part);
    }
    ck_assert_str_eq(orr_str_c(&got), want);
    orr_str_free(&got);
}

START_TEST(gpt2_splits_words_with_their_blank_contractions_numbers_and_marks)
{
    split(ORR_SPLIT_GPT2, "Hello world!", "Hello| world|!");
    split(ORR_SPLIT_GPT2, "I'll say it's 2024, don't", "I|'ll| say| it|'s| 2024|,| don|'t");
    split(ORR_SPLIT_GPT2, "a   b  ", "a|  | b|  ");
    split(ORR_SPLIT_GPT2, "x\n\n y", "x|\n\n| y");
    split(ORR_SPLIT_GPT2, "x \ny", "x| |\n|y");
    split(ORR_SPLIT_GPT2, "caf\xc3\xa9\xc2\xbd \xf0\x9f\x98\x80!", "caf\xc3\xa9|\xc2\xbd| \xf0\x9f\x98\x80!");
    split(ORR_SPLIT_GPT2, "e\xcc\x81", "e|\xcc\x81"); /* a combining mark is no letter */
    split(ORR_SPLIT_GPT2, "'Sx 'd", "'|Sx| '|d");
    split(ORR_SPLIT_GPT2, " ", " ");
}
END_TEST

START_TEST(llama3_splits_numbers_by_three_and_keeps_line_ends)
{
    split(ORR_SPLIT_LLAMA3, "12345 x", "123|45| x");
    split(ORR_SPLIT_LLAMA3, "I'LL go", "I|'LL| go");
    split(ORR_SPLIT_LLAMA3, "a!!\n\nb", "a|!!\n\n|b");
    split(ORR_SPLIT_LLAMA3, "a  \n  b", "a|  \n| | b");
    split(ORR_SPLIT_LLAMA3, "(word)", "(word|)");
    split(ORR_SPLIT_LLAMA3, "  x", " | x");
}
END_TEST

static struct orr_pieces *from_text(const char *ending, const char *text, size_t n, int vocab, enum orr_status want,
                                    const char *says)
{
    char folder[] = "/tmp/orrery-test-XXXXXX", path[64];
    struct orr_pieces *p;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, ending);
    FILE *f = fopen(path, "wb");
    fwrite(text, 1, n, f);
    fclose(f);
    const enum orr_status s = orr_pieces_open(path, vocab, &p, &err);
    unlink(path);
    rmdir(folder);
    ck_assert_msg(s == want && (!s || strstr(err.message, says)), "%s: %s", orr_status_name(s), s ? err.message : "");
    ck_assert((p != NULL) == (s == ORR_OK));
    return p;
}
static struct orr_pieces *from_json(const char *text)
{
    return from_text("tokenizer.json", text, strlen(text), 0, ORR_OK, "");
}

/* "3 0 4" */
static void encodes(const struct orr_pieces *p, const char *text, size_t n, bool begin, const char *want)
{
    struct orr_tokens t = {0};
    struct orr_str got = {0};
    orr_pieces_encode(p, text, n, begin, &t);
    for (size_t i = 0; i < t.len; i++) orr_str_printf(&got, "%s%d", i ? " " : "", t.data[i]);
    ck_assert_str_eq(orr_str_c(&got), want);
    free(t.data);
    orr_str_free(&got);
}

/* All 256 bytes as GPT-2 writes them, then "he", "ll", "hell", " w" and an added token. */
static void byte_level(struct orr_str *json)
{
    orr_str_append(json, "{\"model\":{\"type\":\"BPE\",\"vocab\":{");
    for (int b = 0, other = 256; b < 256; b++) {
        const bool shown = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        orr_str_printf(json, "%s\"\\u%04x\":%d", b ? "," : "", shown ? b : other++, b);
    }
    orr_str_append(
        json,
        ",\"he\":256,\"ll\":257,\"hell\":258,\"\\u0120w\":259},\"merges\":[\"l l\",\"h e\",\"he ll\",\"\\u0120 w\"]},"
        "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
        "\"added_tokens\":[{\"id\":260,\"content\":\"<|endoftext|>\",\"special\":true}]}");
}

START_TEST(merges_over_bytes_follow_their_ranks_and_any_bytes_come_back)
{
    struct orr_str json = {0}, back = {0};
    byte_level(&json);
    struct orr_pieces *p = from_json(json.data);
    ck_assert_int_eq(orr_pieces_count(p), 261);
    ck_assert_int_eq(orr_pieces_end(p), 260);
    encodes(p, "hello world", 11, true, "258 111 259 111 114 108 100");
    encodes(p, "hel<|endoftext|>ll", 18, true, "256 108 260 257");
    encodes(p, "", 0, true, "");
    char all[512];
    for (int i = 0; i < 512; i++) all[i] = (char)(i * 7 % 256); /* no UTF-8 at all */
    struct orr_tokens t = {0};
    orr_pieces_encode(p, all, sizeof all, true, &t);
    for (size_t i = 0; i < t.len; i++) orr_pieces_decode(p, t.data[i], i == 0, &back);
    ck_assert_uint_eq(back.len, sizeof all);
    ck_assert(!memcmp(back.data, all, sizeof all));
    free(t.data);
    orr_pieces_free(p);
    orr_str_free(&json);
    orr_str_free(&back);
}
END_TEST

static const char LLAMA[] = "{\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"byte_fallback\":true,\"vocab\":{\"<"
                            "unk>\":0,\"<s>\":1,\"</s>\":2,\"<0xC3>\":3,"
                            "\"<0xA9>\":4,\"\xe2\x96\x81\":5,\"a\":6,\"b\":7,\"ab\":8,\"\xe2\x96\x81"
                            "ab\":9},\"merges\":[[\"a\",\"b\"],[\"\xe2\x96\x81\",\"ab\"]]},"
                            "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":"
                            "\"\xe2\x96\x81\"},{\"type\":\"Replace\"}]},"
                            "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":"
                            "\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}}]},"
                            "\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\",\"special\":true},{\"id\":1,\"content\":"
                            "\"<s>\",\"special\":true},"
                            "{\"id\":2,\"content\":\"</s>\",\"special\":true}]}";

START_TEST(characters_fall_back_to_bytes_then_to_unknown)
{
    struct orr_pieces *p = from_json(LLAMA);
    struct orr_str back = {0};
    encodes(p, "ab ab", 5, true, "1 9 9");
    encodes(p, "ab", 2, false, "8");
    encodes(p, "a\xc3\xa9", 3, true, "1 5 6 3 4");
    encodes(p, "z", 1, false, "0");
    encodes(p, "</s>a", 5, false, "2 6");
    orr_pieces_decode(p, 9, true, &back);
    ck_assert_str_eq(back.data, "ab");
    orr_pieces_decode(p, 9, false, &back);
    orr_pieces_decode(p, 1, false, &back);
    orr_pieces_decode(p, 99, false, &back);
    ck_assert_str_eq(back.data, "ab ab");
    orr_str_free(&back);
    orr_pieces_free(p);
}
END_TEST

static void piece(struct orr_str *s, const char *text, float score)
{
    const uint32_t n = (uint32_t)strlen(text);
    orr_str_append_n(s, &score, 4);
    orr_str_append_n(s, &n, 4);
    orr_str_append(s, text);
}

START_TEST(merges_by_score_take_the_best_first_and_of_equals_the_leftmost)
{
    struct orr_str file = {0};
    const int32_t longest = 3;
    orr_str_append_n(&file, &longest, 4);
    piece(&file, "<unk>", 0);
    piece(&file, "<s>", 0);
    piece(&file, "</s>", 0);
    for (int i = 0; i < 256; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned)i);
        piece(&file, name, 0);
    }
    static const char *const more[] = {" ", "a", "b", "c", "ab", "bc", " a", "aa"};
    static const float scores[] = {-9, -9, -9, -9, -3, -2, -4, -5};
    for (int i = 0; i < 8; i++) piece(&file, more[i], scores[i]);
    struct orr_pieces *p = from_text("tokenizer.bin", file.data, file.len, 267, ORR_OK, "");
    encodes(p, "abc", 3, true, "1 265 264"); /* bc before ab, then " a" */
    encodes(p, "aaa", 3, false, "266 260");
    encodes(p, "\xff", 1, false, "258");
    encodes(p, "<s>", 3, false, "63 118 65");
    orr_pieces_free(p);
    from_text("tokenizer.bin", file.data, file.len, 266, ORR_EINVAL, "more pieces");
    from_text("tokenizer.bin", file.data, file.len, 268, ORR_EFORMAT, "ends at piece 267");
    from_text("tokenizer.bin", file.data, file.len - 1, 267, ORR_EFORMAT, "within piece");
    from_text("tokenizer.bin", file.data, 60, 267, ORR_EFORMAT, "too short");
    from_text("tokenizer.bin", file.data, file.len, 0, ORR_EINVAL, "name its model");
    orr_str_free(&file);
}
END_TEST

static void field(struct orr_str *s, int number, const struct orr_str *bytes)
{
    orr_str_append_char(s, (char)(number << 3 | 2));
    orr_str_append_char(s, (char)bytes->len);
    orr_str_append_n(s, bytes->data, bytes->len);
}

START_TEST(sentencepiece_models_are_read_and_other_kinds_are_refused)
{
    static const char *const texts[] = {"<unk>",
                                        "<s>",
                                        "</s>",
                                        "\xe2\x96\x81",
                                        "a",
                                        "\xe2\x96\x81"
                                        "a"};
    struct orr_str model = {0}, one = {0}, text = {0};
    for (int i = 0; i < 6; i++) {
        const float score = i < 5 ? -9 : -1;
        orr_str_clear(&one);
        orr_str_clear(&text);
        orr_str_append(&text, texts[i]);
        field(&one, 1, &text);
        orr_str_append_char(&one, 2 << 3 | 5);
        orr_str_append_n(&one, &score, 4);
        orr_str_append_char(&one, 3 << 3);
        orr_str_append_char(&one, i == 0 ? 2 : i < 3 ? 3 : 1);
        field(&model, 1, &one);
    }
    const size_t pieces = model.len;
    orr_str_clear(&one);
    orr_str_append_n(&one, "\x18\x02", 2); /* model_type BPE */
    field(&model, 2, &one);
    struct orr_pieces *p = from_text("tokenizer.model", model.data, model.len, 0, ORR_OK, "");
    encodes(p, "a a", 3, true, "1 5 5");
    orr_pieces_free(p);
    from_text("tokenizer.model", model.data, model.len - 1, 0, ORR_EFORMAT, "damaged");
    from_text("tokenizer.model", model.data, model.len, 3, ORR_EINVAL, "do not belong together");
    orr_str_clear(&one);
    orr_str_append_n(&one, "\x18\x03", 2); /* words */
    model.len = pieces;
    field(&model, 2, &one);
    from_text("tokenizer.model", model.data, model.len, 0, ORR_EUNSUPPORTED, "type 3");
    orr_str_free(&model);
    orr_str_free(&one);
    orr_str_free(&text);
}
END_TEST

START_TEST(json_that_is_no_byte_pair_vocabulary_is_a_named_error)
{
    static const struct {
        const char *text;
        enum orr_status status;
        const char *says;
    } bad[] = {
        {"{}", ORR_EFORMAT, "no vocabulary"},
        {"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}", ORR_EUNSUPPORTED, "WordPiece"},
        {"{\"model\":{\"vocab\":{\"a\":-1}}}", ORR_EFORMAT, "no token number"},
        {"{\"model\":{\"vocab\":{\"a\":99999999999}}}", ORR_EFORMAT, "no token number"},
        {"{\"model\":{\"vocab\":{\"<0x-2>\":0},\"merges\":[\"a b\"]}}", ORR_EFORMAT, "merge 0"}, /* no byte */
        {"{\"model\":{\"vocab\":{\"a\":0,\"b\":0,\"c\":0,\"d\":0}}}", ORR_EFORMAT, "stands for"},
        {"{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}", ORR_EFORMAT, "merge 0"},
        {"{\"model\":{\"vocab\":{\"a\":0},\"merges\":[5]}}", ORR_EFORMAT, "merge 0"},
        {"{\"model\":{\"vocab\":{\"a\":0}},\"pre_tokenizer\":{\"type\":\"Bert\"}}", ORR_EUNSUPPORTED, "Bert"},
        {"[1,", ORR_EFORMAT, ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        from_text("tokenizer.json", bad[i].text, strlen(bad[i].text), 0, bad[i].status, bad[i].says);
}
END_TEST

/* A SentencePiece model of <unk>, <s>, </s> and these pieces. */
static void unigram_model(struct orr_str *model, const char *const *texts, const float *scores, int n)
{
    struct orr_str one = {0}, text = {0};
    for (int i = -3; i < n; i++) {
        static const char *const own[] = {"<unk>", "<s>", "</s>"};
        const float score = i < 0 ? 0 : scores[i];
        orr_str_clear(&one);
        orr_str_clear(&text);
        orr_str_append(&text, i < 0 ? own[i + 3] : texts[i]);
        field(&one, 1, &text);
        orr_str_append_char(&one, 2 << 3 | 5);
        orr_str_append_n(&one, &score, 4);
        orr_str_append_char(&one, 3 << 3);
        orr_str_append_char(&one, i == -3 ? 2 : i < 0 ? 3 : 1);
        field(model, 1, &one);
    }
    orr_str_free(&one);
    orr_str_free(&text);
}

/* Tokens by a reference implementation of the published rules in Python. */
START_TEST(unigram_models_cut_a_text_into_the_pieces_of_the_best_sum)
{
    static const char *const texts[] = {"\xe2\x96\x81",
                                        "a",
                                        "b",
                                        "ab",
                                        "\xe2\x96\x81"
                                        "ab",
                                        "\xe2\x96\x81"
                                        "a",
                                        "ba",
                                        "abab",
                                        "e",
                                        "\xc3\xa9",
                                        "\xe2\x96\x81"
                                        "caf",
                                        "c",
                                        "f",
                                        "\xe6\x97\xa5",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "fi",
                                        "\xe2\x96\x81the",
                                        "t",
                                        "h",
                                        "1",
                                        "2",
                                        "12"};
    static const float scores[] = {-3.1F, -4.2F, -4.7F, -5.3F, -6.1F,  -4.9F, -5.9F, -7.4F,  -4.05F, -6.2F,  -6.6F,
                                   -5.2F, -5.6F, -7.7F, -8.3F, -6.05F, -3.6F, -4.4F, -4.45F, -5.05F, -5.15F, -7.05F};
    static const struct {
        const char *text;
        size_t n;
        const char *want;
    } cases[] = {
        {"ab", 2, "7"},
        {"abab ab", 7, "3 10 7"},
        {"  the   cafe\xcc"
         "\x81"
         " ",
         15, "19 13 12"},
        {"caf\xc3"
         "\xa9"
         "",
         5, "13 12"},
        {"\xe6"
         "\x97"
         "\xa5"
         "\xe6"
         "\x9c"
         "\xac"
         "\xe6"
         "\x97"
         "\xa5"
         "",
         9, "3 17 16"},
        {"\xef"
         "\xac"
         "\x81"
         " \xc2"
         "\xbd"
         " 12",
         9, "3 18 3 22 0 23 3 24"},
        {"\xf0"
         "\x9f"
         "\x98"
         "\x80"
         "\xf0"
         "\x9f"
         "\x98"
         "\x80"
         " ab\xf0"
         "\x9f"
         "\x98"
         "\x80"
         "",
         15, "3 0 7 0"},
        {"a\xff"
         "b",
         3, "8 3 5"},
        {"", 0, ""},
        {" ", 1, ""},
        {"ba\x07"
         "ba\x09"
         "b\xe2"
         "\x80"
         "\x8b"
         "a",
         11, "3 9 9 3 5 8"},
        {"bababab", 7, "3 5 6 10"},
        {"\xe2"
         "\x96"
         "\x81"
         "ab",
         5, "7"},
    };
    struct orr_str model = {0};
    unigram_model(&model, texts, scores, sizeof texts / sizeof *texts);
    struct orr_pieces *p = from_text("tokenizer.model", model.data, model.len, 0, ORR_OK, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        encodes(p, cases[i].text, cases[i].n, true, cases[i].want);
    orr_pieces_free(p);
    orr_str_free(&model);
}
END_TEST

ORR_SUITE("pieces", gpt2_splits_words_with_their_blank_contractions_numbers_and_marks,
          llama3_splits_numbers_by_three_and_keeps_line_ends,
          merges_over_bytes_follow_their_ranks_and_any_bytes_come_back, characters_fall_back_to_bytes_then_to_unknown,
          merges_by_score_take_the_best_first_and_of_equals_the_leftmost,
          sentencepiece_models_are_read_and_other_kinds_are_refused,
          unigram_models_cut_a_text_into_the_pieces_of_the_best_sum,
          json_that_is_no_byte_pair_vocabulary_is_a_named_error)
