/* Where byte-level vocabularies split a text before merging: the patterns of GPT-2, LLaMA 3 and CLIP, read by hand. */
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"
#include "text/pieces_private.h"

enum kind { LETTER, DIGIT, BLANK, OTHER, NOTHING /* the end */ };

static enum kind kind_at(const char *text, size_t n, size_t *used)
{
    *used = 0;
    if (n == 0) return NOTHING;
    const uint32_t cp = orr_utf8_decode(text, n, used);
    if ((cp >= 9 && cp <= 13) || cp == 0x85) return BLANK;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return DIGIT;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return BLANK;
    default: return OTHER;
    }
}

/* Bytes of the run of one kind at `at`, of at most `most` characters. */
static size_t run(const char *text, size_t n, size_t at, enum kind kind, size_t most)
{
    const size_t from = at;
    size_t used;
    for (; most-- > 0 && kind_at(text + at, n - at, &used) == kind; at += used) {
    }
    return at - from;
}

/* 's 't 're 've 'm 'll 'd; 0: none of them. */
static size_t contraction(const char *text, size_t n, bool any_case)
{
    static const char *const ends[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    if (text[0] != '\'') return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t k = strlen(ends[i]);
        bool same = n > k;
        for (size_t j = 0; same && j < k; j++) {
            const char c = text[1 + j];
            same = c == ends[i][j] || (any_case && c == ends[i][j] - 'a' + 'A');
        }
        if (same) return 1 + k;
    }
    return 0;
}

/* \s+(?!\S)|\s+ : all blanks, but the last one before a word stays with the word. */
static size_t blanks(const char *text, size_t n)
{
    const size_t all = run(text, n, 0, BLANK, n);
    if (all == n) return all;
    size_t last = 0;
    for (size_t at = 0, used; at < all; at += used) {
        last = at;
        kind_at(text + at, n - at, &used);
    }
    return last > 0 ? last : all;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
static size_t gpt2(const char *text, size_t n)
{
    const size_t short_form = contraction(text, n, false), skip = text[0] == ' ' && n > 1;
    size_t used;
    if (short_form) return short_form;
    const enum kind kind = kind_at(text + skip, n - skip, &used);
    return kind == BLANK ? blanks(text, n) : skip + run(text, n, skip, kind, n);
}

static size_t newlines(const char *text, size_t n, size_t at)
{
    size_t k = at;
    while (k < n && (text[k] == '\r' || text[k] == '\n')) k++;
    return k - at;
}

/* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t llama3(const char *text, size_t n)
{
    size_t first, used;
    const size_t short_form = contraction(text, n, true);
    if (short_form) return short_form;
    const enum kind kind = kind_at(text, n, &first);
    if (kind == LETTER) return run(text, n, 0, LETTER, n);
    if (kind == DIGIT) return run(text, n, 0, DIGIT, 3);
    if (!newlines(text, n, 0) && kind_at(text + first, n - first, &used) == LETTER)
        return first + run(text, n, first, LETTER, n);
    const size_t skip = text[0] == ' ' && n > 1, others = run(text, n, skip, OTHER, n);
    if (others) return skip + others + newlines(text, n, skip + others);
    const size_t all = run(text, n, 0, BLANK, n);
    for (size_t k = all; k > 0; k--)
        if (newlines(text + k - 1, 1, 0)) return k;
    return blanks(text, n);
}

/* 's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+ of lower-case text; blanks, which the pattern leaves out, are parts. */
static size_t clip(const char *text, size_t n)
{
    const size_t short_form = contraction(text, n, false);
    size_t used;
    if (short_form) return short_form;
    const enum kind kind = kind_at(text, n, &used);
    return run(text, n, 0, kind, kind == DIGIT ? 1 : n);
}

bool orr_pieces_blank(const char *text, size_t n)
{
    size_t used;
    return kind_at(text, n, &used) == BLANK;
}

size_t orr_pieces_part(enum orr_pieces_split how, const char *text, size_t n)
{
    const size_t part = how == ORR_SPLIT_GPT2     ? gpt2(text, n)
                        : how == ORR_SPLIT_LLAMA3 ? llama3(text, n)
                        : how == ORR_SPLIT_CLIP   ? clip(text, n)
                                                  : n;
    return part > 0 ? part : 1;
}
