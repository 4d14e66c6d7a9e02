/* The tokenizer of the npm sentence encoder. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "text/encoder_use.h"

enum { RESERVED = 6, FILE_LIMIT = 16 << 20, PIECES_MOST = 1 << 20, TEXT_MOST = 1 << 16 };

static size_t utf16_units(const char *text, size_t n)
{
    size_t units = 0;
    for (size_t at = 0, used; at < n; at += used) units += orr_utf8_decode(text + at, n - at, &used) > 0xFFFF ? 2 : 1;
    return units;
}

static void add(struct orr_use_pieces *p, int32_t i, const char *text, double score)
{
    const size_t n = strlen(text);
    const size_t units = utf16_units(text, n);
    p->score[i] = score;
    p->units[i] = (uint8_t)(units == 0 ? 1 : units > 255 ? 255 : units); /* never 0, so that a reading ends */
    if (i < RESERVED || n == 0) return;
    const uint32_t at = orr_intern_add(&p->by_text, 0, text, n);
    if (at >= p->cap) {
        p->cap = p->cap ? 2 * p->cap : 1024;
        p->of_text = orr_xrealloc(p->of_text, p->cap, sizeof *p->of_text);
    }
    p->of_text[at] = i;
    if (n > p->longest) p->longest = n;
}

enum orr_status orr_use_pieces_open(const char *path, struct orr_use_pieces *out, struct orr_error *err)
{
    struct json_object *root;
    *out = (struct orr_use_pieces){0};
    enum orr_status s = orr_json_parse_file(path, FILE_LIMIT, &root, err);
    if (s) return s;
    const size_t n = json_object_is_type(root, json_type_array) ? json_object_array_length(root) : 0;
    if (n <= RESERVED || n > PIECES_MOST)
        s = orr_error_set(err, ORR_EFORMAT, path, "no list of [piece, score] pairs, or one too long (%zu)", n);
    if (!s) {
        out->n = (int32_t)n;
        out->score = orr_xcalloc(n, sizeof *out->score);
        out->units = orr_xcalloc(n, sizeof *out->units);
    }
    for (size_t i = 0; i < n && !s; i++) {
        struct json_object *pair = json_object_array_get_idx(root, i), *text = NULL, *score = NULL;
        if (json_object_is_type(pair, json_type_array) && json_object_array_length(pair) == 2) {
            text = json_object_array_get_idx(pair, 0);
            score = json_object_array_get_idx(pair, 1);
        }
        const bool scored = !score || json_object_is_type(score, json_type_double) || /* null counts as 0 there */
                            json_object_is_type(score, json_type_int);
        if (!json_object_is_type(text, json_type_string) || !scored)
            s = orr_error_set(err, ORR_EFORMAT, path, "entry %zu is no [piece, score]", i);
        else
            add(out, (int32_t)i, json_object_get_string(text), json_object_get_double(score));
    }
    json_object_put(root);
    if (s) orr_use_pieces_free(out);
    return s;
}

void orr_use_pieces_free(struct orr_use_pieces *p)
{
    orr_intern_free(&p->by_text);
    orr_str_free(&p->text);
    void *const parts[] = {p->of_text, p->score, p->units, p->start, p->best, p->word};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
    *p = (struct orr_use_pieces){0};
}

/* p->text: NFKC, with U+2581 before it and for every blank; its code points begin at p->start[0..n]. */
static size_t prepare(struct orr_use_pieces *p, const char *text, size_t n)
{
    static const char mark[] = "\xE2\x96\x81";
    utf8proc_uint8_t *folded = NULL;
    struct orr_str clean = {0};
    for (size_t at = 0, used; at < n; at += used) { /* only whole code points can be composed */
        const uint32_t c = orr_utf8_decode(text + at, n - at, &used);
        char bytes[4];
        if (c) orr_str_append_n(&clean, bytes, orr_utf8_encode(c, bytes));
    }
    const utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)orr_str_c(&clean), (utf8proc_ssize_t)clean.len, &folded,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    orr_str_clear(&p->text);
    if (length > 0) orr_str_append(&p->text, mark);
    for (utf8proc_ssize_t i = 0; i < length; i++)
        if (folded[i] == ' ')
            orr_str_append(&p->text, mark);
        else
            orr_str_append_char(&p->text, (char)folded[i]);
    free(folded);
    orr_str_free(&clean);
    if (p->text_cap < p->text.len + 2) {
        p->text_cap = 2 * p->text.len + 64;
        p->start = orr_xrealloc(p->start, p->text_cap, sizeof *p->start);
        p->best = orr_xrealloc(p->best, p->text_cap, sizeof *p->best);
        p->word = orr_xrealloc(p->word, p->text_cap, sizeof *p->word);
    }
    size_t points = 0;
    for (size_t at = 0, used; at < p->text.len; at += used) {
        orr_utf8_decode(p->text.data + at, p->text.len - at, &used);
        p->start[points++] = at;
    }
    p->start[points] = p->text.len;
    return points;
}

/* A best sum of exactly 0 counts as none yet, as in the package. */
static void offer(struct orr_use_pieces *p, size_t end, double score, int32_t word)
{
    if (p->best[end] != 0 && score < p->best[end]) return;
    p->best[end] = score;
    p->word[end] = word;
}

void orr_use_pieces_encode(struct orr_use_pieces *p, const char *text, size_t n, struct orr_tokens *out)
{
    const size_t points = prepare(p, text, n < TEXT_MOST ? n : TEXT_MOST), from = out->len;
    for (size_t i = 0; i <= points; i++) p->best[i] = 0, p->word[i] = 0;
    for (size_t i = 0; i < points; i++) {
        bool any = false;
        for (size_t end = i + 1; end <= points && p->start[end] - p->start[i] <= p->longest; end++) {
            const uint32_t at =
                orr_intern_find(&p->by_text, 0, p->text.data + p->start[i], p->start[end] - p->start[i]);
            if (at == ORR_INTERN_NONE) continue;
            any = true;
            offer(p, end, p->score[p->of_text[at]] + p->best[i], p->of_text[at]);
        }
        if (!any) offer(p, i + 1, p->best[i], 0);
    }
    bool unknown = false; /* neighbouring unknowns are one */
    for (size_t at = points; at > 0;) {
        const int32_t word = p->word[at];
        if (!(unknown && word == 0)) ORR_VEC_PUSH(out, word);
        unknown = word == 0;
        at -= at < p->units[word] ? at : p->units[word];
    }
    for (size_t i = from, k = out->len; i + 1 < k; i++, k--) { /* it was read from the end */
        const int32_t swap = out->data[i];
        out->data[i] = out->data[k - 1];
        out->data[k - 1] = swap;
    }
}
