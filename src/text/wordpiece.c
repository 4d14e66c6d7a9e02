#include "text/wordpiece.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utf8proc.h>

#include "base/intern.h"
#include "base/reader.h"
#include "base/text.h"
#include "text/model_folder.h"

enum {
    FILE_LIMIT = 64 << 20,
    MOST_TOKENS = 1 << 22,
    LONGEST = 100 /* code points of a word; longer ones are unknown */
};
enum { WHOLE, REST }; /* pieces that begin a word, and "##" pieces that go on */

struct orr_wordpiece {
    struct orr_intern pieces; /* by WHOLE and REST, without the "##" */
    int32_t *token;           /* [pieces.len] */
    size_t cap;
    int n;
    int32_t unknown;
    bool lower, strip, part_chinese;
};

/* ---- vocabulary ---- */

static struct orr_wordpiece *new_vocabulary(void)
{
    struct orr_wordpiece *w = orr_xcalloc(1, sizeof *w);
    w->lower = w->strip = w->part_chinese = true;
    w->unknown = -1;
    return w;
}

void orr_wordpiece_free(struct orr_wordpiece *w)
{
    if (!w) return;
    orr_intern_free(&w->pieces);
    free(w->token);
    free(w);
}

/* "##" alone is a piece of its own. */
static bool is_rest(const char *piece, size_t n) { return n > 2 && piece[0] == '#' && piece[1] == '#'; }

static void add(struct orr_wordpiece *w, const char *piece, size_t n, int32_t token)
{
    const bool rest = is_rest(piece, n);
    const uint32_t at = orr_intern_add(&w->pieces, rest ? REST : WHOLE, piece + 2 * rest, n - 2 * rest);
    if (at >= w->cap) {
        w->cap = w->cap ? 2 * w->cap : 1024;
        w->token = orr_xrealloc(w->token, w->cap, sizeof *w->token);
    }
    w->token[at] = token; /* of equal pieces the last, as the program that trained the model has it */
    if (token >= w->n) w->n = token + 1;
}

static int32_t find(const struct orr_wordpiece *w, uint32_t where, const char *piece, size_t n)
{
    const uint32_t at = orr_intern_find(&w->pieces, where, piece, n);
    return at == ORR_INTERN_NONE ? -1 : w->token[at];
}

int orr_wordpiece_count(const struct orr_wordpiece *w) { return w->n; }

int32_t orr_wordpiece_find(const struct orr_wordpiece *w, const char *piece)
{
    const size_t n = strlen(piece);
    const bool rest = is_rest(piece, n);
    return find(w, rest ? REST : WHOLE, piece + 2 * rest, n - 2 * rest);
}

static enum orr_status finish(struct orr_wordpiece *w, const char *where, struct orr_wordpiece **out,
                              struct orr_error *err)
{
    w->unknown = orr_wordpiece_find(w, "[UNK]");
    if (w->unknown < 0) w->unknown = orr_wordpiece_find(w, "<unk>");
    if (w->unknown < 0) {
        orr_wordpiece_free(w);
        return orr_error_set(err, ORR_EFORMAT, where,
                             "no piece [UNK]: this is no WordPiece vocabulary, or a part of one");
    }
    *out = w;
    return ORR_OK;
}

enum orr_status orr_wordpiece_from_lines(const char *where, const char *text, size_t n, bool fold,
                                         struct orr_wordpiece **out, struct orr_error *err)
{
    *out = NULL;
    struct orr_wordpiece *w = new_vocabulary();
    w->lower = w->strip = fold;
    int32_t token = 0;
    for (size_t at = 0; at < n && token < MOST_TOKENS; token++) {
        const char *end = memchr(text + at, '\n', n - at);
        const size_t length = end ? (size_t)(end - text) - at : n - at;
        add(w, text + at, length - (length > 0 && text[at + length - 1] == '\r'), token);
        at += length + 1;
    }
    return finish(w, where, out, err);
}

static enum orr_status from_file(const char *path, struct orr_wordpiece **out, struct orr_error *err)
{
    struct orr_reader *r;
    size_t n;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    if (orr_reader_size(r) > FILE_LIMIT) s = orr_error_set(err, ORR_EFORMAT, path, "larger than %d bytes", FILE_LIMIT);
    const char *text = s ? NULL : (const char *)orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
    if (!s && !text) s = orr_reader_status(r, err);
    if (!s) s = orr_wordpiece_from_lines(path, text, n, true, out, err);
    orr_reader_close(r);
    return s;
}

/* What BertNormalizer or tokenizer_config.json say of folding; accents follow the case where nothing is said. */
static void read_folding(struct orr_wordpiece *w, struct json_object *o, const char *lower, const char *chinese)
{
    w->lower = orr_json_flag(o, lower, w->lower);
    w->strip = orr_json_flag(o, "strip_accents", w->lower);
    w->part_chinese = orr_json_flag(o, chinese, w->part_chinese);
}

enum orr_status orr_wordpiece_from_json(const char *path, struct orr_wordpiece **out, struct orr_error *err)
{
    struct json_object *root;
    *out = NULL;
    enum orr_status s = orr_json_parse_file(path, FILE_LIMIT, &root, err);
    if (s) return s;
    struct json_object *model = orr_json_member(root, "model"), *vocab = orr_json_member(model, "vocab");
    const char *type = orr_json_text(model, "type");
    if (*type && strcmp(type, "WordPiece") != 0)
        s = orr_error_set(err, ORR_EUNSUPPORTED, path, "a %.40s vocabulary; encoders read WordPiece", type);
    else if (!json_object_is_type(vocab, json_type_object))
        s = orr_error_set(err, ORR_EFORMAT, path, "no WordPiece vocabulary (model.vocab)");
    struct orr_wordpiece *w = s ? NULL : new_vocabulary();
    if (!s) {
        json_object_object_foreach(vocab, piece, id)
        {
            const int64_t x = json_object_is_type(id, json_type_int) ? json_object_get_int64(id) : -1;
            if (!s && (x < 0 || x >= MOST_TOKENS))
                s = orr_error_set(err, ORR_EFORMAT, path, "piece '%.40s' has no token number", piece);
            if (!s) add(w, piece, strlen(piece), (int32_t)x);
        }
        read_folding(w, orr_json_member(root, "normalizer"), "lowercase", "handle_chinese_chars");
    }
    if (!s)
        s = finish(w, path, out, err);
    else
        orr_wordpiece_free(w);
    json_object_put(root);
    return s;
}

enum orr_status orr_wordpiece_open(const char *folder, struct orr_wordpiece **out, struct orr_error *err)
{
    char path[4096];
    struct stat st;
    *out = NULL;
    if (snprintf(path, sizeof path, "%s/tokenizer_config.json", folder) >= (int)sizeof path)
        return orr_error_set(err, ORR_EINVAL, "model folder", "the path is too long");
    struct json_object *config = NULL;
    enum orr_status s = stat(path, &st) == 0 ? orr_json_parse_file(path, FILE_LIMIT, &config, err) : ORR_OK;
    snprintf(path, sizeof path, "%s/vocab.txt", folder);
    if (!s && stat(path, &st) == 0) {
        s = from_file(path, out, err);
    } else if (!s) {
        snprintf(path, sizeof path, "%s/tokenizer.json", folder);
        s = stat(path, &st) == 0 ? orr_wordpiece_from_json(path, out, err)
                                 : orr_error_set(err, ORR_ENOTFOUND, folder,
                                                 "no vocabulary here: vocab.txt or tokenizer.json is needed");
    }
    if (!s) read_folding(*out, config, "do_lower_case", "tokenize_chinese_chars");
    json_object_put(config);
    return s;
}

/* ---- texts ---- */

struct reading {
    const struct orr_wordpiece *w;
    struct orr_tokens *out;
    size_t most;
    char word[4 * LONGEST];
    size_t starts[LONGEST + 1]; /* of its code points */
    size_t n;                   /* code points; more than LONGEST: too long */
};

static void cut_word(struct reading *r)
{
    const size_t n = r->n, before = r->out->len;
    r->n = 0;
    if (n == 0 || before >= r->most) return;
    bool known = n <= LONGEST;
    for (size_t at = 0; known && at < n;) {
        size_t end = n;
        int32_t token = -1;
        for (; end > at; end--) {
            token = find(r->w, at ? REST : WHOLE, r->word + r->starts[at], r->starts[end] - r->starts[at]);
            if (token >= 0) break;
        }
        known = token >= 0;
        if (known) ORR_VEC_PUSH(r->out, token);
        at = end;
    }
    if (!known) {
        r->out->len = before;
        ORR_VEC_PUSH(r->out, r->w->unknown);
    }
    if (r->out->len > r->most) r->out->len = r->most;
}

static bool is_chinese(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool is_punctuation(uint32_t c, utf8proc_category_t kind)
{
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126) ||
           (kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO);
}

static bool is_blank(utf8proc_category_t kind)
{
    return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP;
}

static void append(struct reading *r, uint32_t c)
{
    if (r->n >= LONGEST) {
        r->n = LONGEST + 1;
        return;
    }
    if (r->n == 0) r->starts[0] = 0;
    r->starts[r->n + 1] = r->starts[r->n] + orr_utf8_encode(c, r->word + r->starts[r->n]);
    r->n++;
}

/* A code point after folding. */
static void take(struct reading *r, uint32_t c)
{
    const utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);
    if (r->w->strip && kind == UTF8PROC_CATEGORY_MN) return;
    if (r->w->lower) c = (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
    if (is_blank(kind)) {
        cut_word(r);
    } else if (is_punctuation(c, kind)) {
        cut_word(r);
        append(r, c);
        cut_word(r);
    } else {
        append(r, c);
    }
}

/* Folds: canonical decomposition, of which the marks go, then lower case. */
static void fold(struct reading *r, uint32_t c)
{
    enum { MOST = 16 }; /* canonical decompositions have four code points at most */
    utf8proc_int32_t to[MOST];
    int boundary = 0;
    if (!r->w->strip || c < 0x80) {
        take(r, c);
        return;
    }
    const utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, to, MOST, UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < MOST; i++) take(r, (uint32_t)to[i]);
}

void orr_wordpiece_encode(const struct orr_wordpiece *w, const char *text, size_t n, size_t most,
                          struct orr_tokens *out)
{
    struct reading r = {.w = w, .out = out, .most = most};
    for (size_t at = 0, used; at < n && out->len < most; at += used) {
        const uint32_t c = orr_utf8_decode(text + at, n - at, &used);
        const utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);
        if (c == '\t' || c == '\n' || c == '\r' || kind == UTF8PROC_CATEGORY_ZS) {
            cut_word(&r);
        } else if (c == 0xFFFD || kind == UTF8PROC_CATEGORY_CN || kind >= UTF8PROC_CATEGORY_CC) {
            continue; /* controls, formats, surrogates, private and unassigned code points */
        } else if (w->part_chinese && is_chinese(c)) {
            cut_word(&r);
            fold(&r, c);
            cut_word(&r);
        } else {
            fold(&r, c);
        }
    }
    cut_word(&r);
}
