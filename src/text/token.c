#include "text/token.h"

#include <libstemmer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    REMEMBERED = 1 << 20, /* words whose stems are kept; hostile input must not take memory without bound */
    FOLDED = 32,          /* code points that one can fold to: U+FDFA needs 18 */
};

struct orr_tokeniser {
    struct sb_stemmer *stemmer;
    struct orr_intern words; /* folded words met so far */
    uint32_t *stems;         /* [words.len] number of the stem in `terms` */
    size_t cap;
    struct orr_intern terms;
};

struct orr_tokeniser *orr_tokeniser_new(void)
{
    struct orr_tokeniser *t = orr_xcalloc(1, sizeof *t);
    t->stemmer = sb_stemmer_new("english", "UTF_8");
    return t;
}

static void forget(struct orr_tokeniser *t)
{
    orr_intern_free(&t->words);
    orr_intern_free(&t->terms);
    free(t->stems);
    t->stems = NULL;
    t->cap = 0;
}

void orr_tokeniser_free(struct orr_tokeniser *t)
{
    if (!t) return;
    forget(t);
    sb_stemmer_delete(t->stemmer);
    free(t);
}

static bool has_digit(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word[i] >= '0' && word[i] <= '9') return true;
    return false;
}

static void emit(struct orr_tokeniser *t, const char *word, size_t n, size_t at, size_t bytes, orr_token_fn fn,
                 void *ctx)
{
    if (n == 0) return;
    if (t->words.len >= REMEMBERED) forget(t);
    const uint32_t known = t->words.len, w = orr_intern_add(&t->words, 0, word, n);
    if (w == known) {
        if (w >= t->cap) {
            t->cap = t->cap ? 2 * t->cap : 1024;
            t->stems = orr_xrealloc(t->stems, t->cap, sizeof *t->stems);
        }
        const sb_symbol *stem = NULL;
        if (t->stemmer && !has_digit(word, n)) stem = sb_stemmer_stem(t->stemmer, (const sb_symbol *)word, (int)n);
        const int length = stem ? sb_stemmer_length(t->stemmer) : 0;
        t->stems[w] = length > 0 ? orr_intern_add(&t->terms, 0, (const char *)stem, (size_t)length)
                                 : orr_intern_add(&t->terms, 0, word, n);
    }
    const struct orr_intern_entry *e = &t->terms.entries[t->stems[w]];
    fn(ctx, e->text, e->n, at, bytes);
}

static bool stands_alone(uint32_t cp)
{
    return (cp >= 0x3040 && cp <= 0x30FF) || (cp >= 0x3400 && cp <= 0x9FFF) || (cp >= 0xF900 && cp <= 0xFAFF) ||
           (cp >= 0x20000 && cp <= 0x3FFFF);
}

static bool is_word(uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return false;
    }
}

/* Appends what cp folds to; full words take no more. */
static size_t fold(uint32_t cp, char *word, size_t n)
{
    utf8proc_int32_t to[FOLDED];
    int boundary = 0;
    const utf8proc_ssize_t m = utf8proc_decompose_char(
        (utf8proc_int32_t)cp, to, FOLDED,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE, &boundary);
    for (utf8proc_ssize_t i = 0; i < m && i < FOLDED; i++) {
        char bytes[4];
        if (!is_word((uint32_t)to[i])) continue; /* the slash of a fraction, the blank of a ligature */
        const size_t k = orr_utf8_encode((uint32_t)to[i], bytes);
        if (n + k > ORR_TERM_BYTES) break;
        memcpy(word + n, bytes, k);
        n += k;
    }
    return n;
}

void orr_tokenise(struct orr_tokeniser *t, const char *text, size_t n, orr_token_fn fn, void *ctx)
{
    char word[ORR_TERM_BYTES];
    size_t len = 0, start = 0, used = 1;
    for (size_t i = 0; i < n; i += used) {
        const unsigned char c = (unsigned char)text[i];
        used = 1;
        if (c < 0x80) {
            const unsigned char lower = c | 0x20;
            const bool letter = lower >= 'a' && lower <= 'z';
            if (letter || (c >= '0' && c <= '9')) {
                if (!len) start = i;
                if (len < ORR_TERM_BYTES) word[len++] = (char)(letter ? lower : c);
                continue;
            }
        } else {
            const uint32_t cp = orr_utf8_decode(text + i, n - i, &used);
            if (is_word(cp)) {
                if (stands_alone(cp) && len) emit(t, word, len, start, i - start, fn, ctx), len = 0;
                if (!len) start = i;
                len = fold(cp, word, len);
                if (stands_alone(cp)) emit(t, word, len, start, i + used - start, fn, ctx), len = 0;
                continue;
            }
        }
        if (len) emit(t, word, len, start, i - start, fn, ctx), len = 0;
    }
    if (len) emit(t, word, len, start, n - start, fn, ctx);
}
