#include "methods/clip/tokens.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/text.h"
#include "text/pieces.h"

enum { BEGIN, END, OTHER, WORDS }; /* tokens of a vocabulary of words */

struct orr_clip_tokens {
    struct orr_pieces *pieces; /* byte-pair encoding; NULL: words */
    char *text;                /* words: as given */
    struct orr_intern words;
    char **name; /* [count], names of tokens, made at the first question; words: at once */
    int count;
};

/* ---- construction ---- */

static struct orr_clip_tokens *tokens_new(int count)
{
    struct orr_clip_tokens *t = orr_xcalloc(1, sizeof *t);
    t->count = count;
    t->name = orr_xcalloc((size_t)count, sizeof *t->name);
    return t;
}

/* What people read of a piece: "star</w>" as "star ". */
static void name_pieces(struct orr_clip_tokens *t)
{
    struct orr_str s = {0};
    for (int i = 0; i < t->count; i++) {
        orr_str_clear(&s);
        orr_pieces_decode(t->pieces, i, false, &s);
        if (s.len >= 4 && !memcmp(s.data + s.len - 4, "</w>", 4)) {
            s.data[s.len -= 4] = '\0';
            orr_str_append_char(&s, ' ');
        }
        t->name[i] = orr_xstrndup(orr_str_c(&s), s.len);
        orr_text_neutralise(t->name[i]);
    }
    orr_str_free(&s);
}

enum orr_status orr_clip_tokens_open(const char *vocab, const char *merges, struct orr_clip_tokens **out,
                                     struct orr_error *err)
{
    struct orr_pieces *p;
    *out = NULL;
    const enum orr_status s = orr_pieces_open_clip(vocab, merges, &p, err);
    if (s) return s;
    *out = tokens_new(orr_pieces_count(p));
    (*out)->pieces = p;
    name_pieces(*out);
    return ORR_OK;
}

struct orr_clip_tokens *orr_clip_tokens_words(const char *words)
{
    struct orr_intern seen = {0};
    for (const char *at = words; *at;) {
        const size_t n = strcspn(at, " ");
        if (n > 0) orr_intern_add(&seen, 0, at, n);
        at += n + (at[n] == ' ');
    }
    struct orr_clip_tokens *t = tokens_new(WORDS + (int)seen.len);
    t->text = orr_xstrdup(words);
    t->words = seen;
    t->name[BEGIN] = orr_xstrdup("<begin>");
    t->name[END] = orr_xstrdup("<end>");
    t->name[OTHER] = orr_xstrdup("<other>");
    for (const char *at = words; *at;) {
        const size_t n = strcspn(at, " ");
        const uint32_t i = n ? orr_intern_find(&t->words, 0, at, n) : ORR_INTERN_NONE;
        if (i != ORR_INTERN_NONE && !t->name[WORDS + i]) {
            t->name[WORDS + i] = orr_xstrndup(at, n);
            orr_text_neutralise(t->name[WORDS + i]);
        }
        at += n + (at[n] == ' ');
    }
    return t;
}

void orr_clip_tokens_free(struct orr_clip_tokens *t)
{
    if (!t) return;
    for (int i = 0; i < t->count; i++) free(t->name[i]);
    free(t->name);
    free(t->text);
    orr_intern_free(&t->words);
    orr_pieces_free(t->pieces);
    free(t);
}

int orr_clip_tokens_count(const struct orr_clip_tokens *t) { return t->count; }
int32_t orr_clip_tokens_begin(const struct orr_clip_tokens *t)
{
    return t->pieces ? orr_pieces_begin(t->pieces) : BEGIN;
}
int32_t orr_clip_tokens_end(const struct orr_clip_tokens *t) { return t->pieces ? orr_pieces_end(t->pieces) : END; }
const char *orr_clip_tokens_text(const struct orr_clip_tokens *t) { return t->text; }
const char *orr_clip_tokens_name(const struct orr_clip_tokens *t, int32_t token)
{
    return token >= 0 && token < t->count ? t->name[token] : "";
}

/* ---- texts ---- */

/* Bytes of the longest part of text[0..n) that could have begun a character: what one U+FFFD stands for (Unicode 3.9,
 * "maximal subpart"). The caller knows that no whole character begins here. */
static size_t ill_formed(const unsigned char *s, size_t n)
{
    const unsigned char b = s[0];
    const size_t want = b >= 0xC2 && b <= 0xDF ? 2 : b >= 0xE0 && b <= 0xEF ? 3 : b >= 0xF0 && b <= 0xF4 ? 4 : 1;
    unsigned char low = 0x80, high = 0xBF; /* of the second byte */
    if (b == 0xE0) low = 0xA0;
    if (b == 0xED) high = 0x9F;
    if (b == 0xF0) low = 0x90;
    if (b == 0xF4) high = 0x8F;
    size_t k = 1;
    while (k < want && k < n && s[k] >= low && s[k] <= high) {
        k++;
        low = 0x80;
        high = 0xBF;
    }
    return k;
}

/* Valid UTF-8 without NUL, composed (NFC), in lower case: what CLIP's tokenizer sees. */
static void normalise(const char *text, size_t n, struct orr_str *out)
{
    static const char replacement[] = "\xEF\xBF\xBD", dotted_i[] = "i\xCC\x87"; /* U+0130 is the only one that grows */
    struct orr_str valid = {0};
    for (size_t at = 0, used; at < n; at += used) {
        const uint32_t cp = orr_utf8_decode(text + at, n - at, &used);
        if (cp == 0xFFFD && used == 1) {
            used = ill_formed((const unsigned char *)text + at, n - at);
            orr_str_append(&valid, replacement);
        } else if (cp == 0) {
            orr_str_append(&valid, replacement);
        } else {
            orr_str_append_n(&valid, text + at, used);
        }
    }
    char *composed = (char *)utf8proc_NFC((const utf8proc_uint8_t *)orr_str_c(&valid));
    const char *from = composed ? composed : orr_str_c(&valid);
    for (size_t at = 0, length = strlen(from), used; at < length; at += used) {
        char utf8[4];
        const uint32_t cp = orr_utf8_decode(from + at, length - at, &used);
        if (cp == 0x130)
            orr_str_append(out, dotted_i);
        else
            orr_str_append_n(out, utf8, orr_utf8_encode((uint32_t)utf8proc_tolower((utf8proc_int32_t)cp), utf8));
    }
    free(composed);
    orr_str_free(&valid);
}

/* Bytes of the next word of letters and digits (also bytes past ASCII) at *at; 0: none is left. */
static size_t next_word(const char *text, size_t n, size_t *at)
{
    size_t k = 0;
    for (;; (*at)++) {
        if (*at >= n) return 0;
        const unsigned char c = (unsigned char)text[*at];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) break;
    }
    for (; *at + k < n; k++) {
        const unsigned char c = (unsigned char)text[*at + k];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)) break;
    }
    return k;
}

static void encode_words(const struct orr_clip_tokens *t, const char *text, size_t n, struct orr_tokens *out)
{
    for (size_t at = 0, k; (k = next_word(text, n, &at)) > 0; at += k) {
        const uint32_t i = orr_intern_find(&t->words, 0, text + at, k);
        ORR_VEC_PUSH(out, i == ORR_INTERN_NONE ? OTHER : (int32_t)(WORDS + i));
    }
}

int orr_clip_tokens_encode(const struct orr_clip_tokens *t, const char *text, size_t n, int32_t *ids, int length)
{
    struct orr_str s = {0};
    struct orr_tokens tokens = {0};
    normalise(text, n, &s);
    if (t->pieces)
        orr_pieces_encode(t->pieces, orr_str_c(&s), s.len, false, &tokens);
    else
        encode_words(t, orr_str_c(&s), s.len, &tokens);
    const int end = tokens.len < (size_t)length - 2 ? (int)tokens.len + 1 : length - 1;
    ids[0] = orr_clip_tokens_begin(t);
    for (int i = 1; i < end; i++) ids[i] = tokens.data[i - 1];
    for (int i = end; i < length; i++) ids[i] = orr_clip_tokens_end(t);
    orr_str_free(&s);
    free(tokens.data);
    return end;
}

bool orr_clip_tokens_knows(const struct orr_clip_tokens *t, const char *text)
{
    struct orr_str s = {0};
    struct orr_tokens tokens = {0};
    bool all = true;
    if (t->pieces) return true;
    normalise(text, strlen(text), &s);
    encode_words(t, orr_str_c(&s), s.len, &tokens);
    for (size_t i = 0; i < tokens.len; i++) all = all && tokens.data[i] != OTHER;
    orr_str_free(&s);
    free(tokens.data);
    return all;
}
