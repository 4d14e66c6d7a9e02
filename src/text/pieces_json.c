/* Vocabularies of Hugging Face: tokenizer.json (byte-pair encoding), and GPT-2's vocab.json with merges.txt. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/reader.h"
#include "base/text.h"
#include "text/pieces_private.h"

enum { FILE_LIMIT = 256 << 20, MOST_TOKENS = 1 << 22 };

/* ---- how files write bytes ---- */

/* GPT-2's table: printable bytes stand for themselves, the others, in order, for U+0100 and on. */
static int byte_of(uint32_t cp)
{
    if ((cp >= 33 && cp <= 126) || (cp >= 161 && cp <= 172) || (cp >= 174 && cp <= 255)) return (int)cp;
    if (cp < 256 || cp > 256 + 67) return -1;
    const int k = (int)cp - 256;
    return k < 33 ? k : k < 33 + 34 ? k - 33 + 127 : 173;
}

/* The bytes that a piece of the file stands for; false where it holds what the table lacks. */
static bool plain(const char *piece, bool over_bytes, struct orr_str *out)
{
    const size_t n = strlen(piece);
    orr_str_clear(out);
    for (size_t at = 0, used; at < n; at += used) {
        const uint32_t cp = orr_utf8_decode(piece + at, n - at, &used);
        if (over_bytes) {
            const int b = byte_of(cp);
            if (b < 0) return false;
            orr_str_append_char(out, (char)b);
        } else if (cp == 0x2581) { /* SentencePiece's blank */
            orr_str_append_char(out, ' ');
        } else {
            orr_str_append_n(out, piece + at, used);
        }
    }
    return true;
}

static void set_piece(struct orr_pieces *p, int id, const char *text, bool special, struct orr_str *bytes)
{
    const int byte = p->over_bytes ? -1 : orr_pieces_byte(text, strlen(text));
    if (special || !plain(text, p->over_bytes, bytes)) {
        orr_pieces_set(p, id, text, strlen(text), 0, true);
    } else if (byte >= 0) {
        const char c = (char)byte;
        orr_pieces_set(p, id, &c, 1, 0, true);
        p->piece[id].special = false; /* for its byte, though texts find the character's own piece */
        p->byte[byte] = id;
    } else {
        orr_pieces_set(p, id, orr_str_c(bytes), bytes->len, 0, false);
        if (p->over_bytes && bytes->len == 1) p->byte[(unsigned char)bytes->data[0]] = id;
    }
}

/* ---- vocabulary and merges ---- */

static enum orr_status count(struct json_object *vocab, struct json_object *added, const char *where, int *n,
                             struct orr_error *err)
{
    int64_t most = -1;
    if (!json_object_is_type(vocab, json_type_object) || json_object_object_length(vocab) == 0)
        return orr_error_set(err, ORR_EFORMAT, where, "no vocabulary of byte-pair encoding (model.vocab)");
    json_object_object_foreach(vocab, piece, id)
    {
        const int64_t x = json_object_is_type(id, json_type_int) ? json_object_get_int64(id) : -1;
        if (x < 0 || x >= MOST_TOKENS)
            return orr_error_set(err, ORR_EFORMAT, where, "piece '%.40s' has no token number", piece);
        if (x > most) most = x;
    }
    const size_t n_added = json_object_is_type(added, json_type_array) ? json_object_array_length(added) : 0;
    for (size_t i = 0; i < n_added; i++) {
        struct json_object *number = orr_json_member(json_object_array_get_idx(added, i), "id");
        const int64_t x = json_object_is_type(number, json_type_int) ? json_object_get_int64(number) : -1;
        if (x < 0 || x >= MOST_TOKENS)
            return orr_error_set(err, ORR_EFORMAT, where, "added token %zu has no number", i);
        if (x > most) most = x;
    }
    *n = (int)most + 1;
    return ORR_OK;
}

static bool add_merge(struct orr_pieces *p, const char *left, size_t left_n, const char *right, size_t right_n,
                      int32_t rank, struct orr_str part[3])
{
    struct orr_str name = {0};
    int32_t id[3];
    for (int i = 0; i < 3; i++) { /* the pieces, and what they make together */
        orr_str_clear(&name);
        if (i != 1) orr_str_append_n(&name, left, left_n);
        if (i != 0) orr_str_append_n(&name, right, right_n);
        id[i] = plain(orr_str_c(&name), p->over_bytes, &part[i]) ? orr_pieces_find(p, orr_str_c(&part[i]), part[i].len)
                                                                 : -1;
    }
    orr_str_free(&name);
    if (id[0] < 0 || id[1] < 0 || id[2] < 0) return false;
    orr_pieces_add_merge(p, id[0], id[1], id[2], rank);
    return true;
}

static enum orr_status read_merges(struct json_object *merges, struct orr_pieces *p, const char *where,
                                   struct orr_error *err)
{
    struct orr_str part[3] = {{0}, {0}, {0}};
    enum orr_status s = ORR_OK;
    const size_t n = json_object_is_type(merges, json_type_array) ? json_object_array_length(merges) : 0;
    orr_pieces_reserve_merges(p, n);
    for (size_t i = 0; i < n && !s; i++) {
        struct json_object *m = json_object_array_get_idx(merges, i);
        bool ok = false;
        if (json_object_is_type(m, json_type_string)) {
            const char *text = json_object_get_string(m), *blank = *text ? strchr(text + 1, ' ') : NULL;
            ok = blank && add_merge(p, text, (size_t)(blank - text), blank + 1, strlen(blank + 1), (int32_t)i, part);
        } else if (json_object_is_type(m, json_type_array) && json_object_array_length(m) == 2) {
            const char *a = json_object_get_string(json_object_array_get_idx(m, 0)),
                       *b = json_object_get_string(json_object_array_get_idx(m, 1));
            ok = a && b && add_merge(p, a, strlen(a), b, strlen(b), (int32_t)i, part);
        }
        if (!ok) s = orr_error_set(err, ORR_EFORMAT, where, "merge %zu is none of two pieces of the vocabulary", i);
    }
    for (int i = 0; i < 3; i++) orr_str_free(&part[i]);
    return s;
}

/* ---- what is done to a text before ---- */

/* Calls f for o and, where o is a sequence, for each of its members in turn. */
static void each(struct json_object *o, const char *members, void (*f)(struct orr_pieces *p, struct json_object *o),
                 struct orr_pieces *p)
{
    struct json_object *list = orr_json_member(o, members);
    if (!json_object_is_type(list, json_type_array)) {
        if (o) f(p, o);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) f(p, json_object_array_get_idx(list, i));
}

static void see_normaliser(struct orr_pieces *p, struct json_object *o)
{
    if (!strcmp(orr_json_text(o, "type"), "Prepend")) p->adds_blank = true;
}

static void see_pre_tokeniser(struct orr_pieces *p, struct json_object *o)
{
    const char *type = orr_json_text(o, "type"), *regex = orr_json_text(orr_json_member(o, "pattern"), "Regex");
    if (!strcmp(type, "ByteLevel")) {
        p->over_bytes = true;
        p->adds_blank |= orr_json_flag(o, "add_prefix_space", false);
        if (orr_json_flag(o, "use_regex", true)) p->split = ORR_SPLIT_GPT2;
    } else if (!strcmp(type, "Metaspace")) {
        const char *scheme = orr_json_text(o, "prepend_scheme");
        p->adds_blank |= *scheme ? strcmp(scheme, "never") != 0 : orr_json_flag(o, "add_prefix_space", true);
    } else if (!strcmp(type, "Split")) {
        if (strstr(regex, "\\p{N}{1,3}"))
            p->split = ORR_SPLIT_LLAMA3;
        else if (strstr(regex, " ?\\p{L}+"))
            p->split = ORR_SPLIT_GPT2;
    }
}

static void see_post_processor(struct orr_pieces *p, struct json_object *o)
{
    struct json_object *single = orr_json_member(o, "single");
    if (!json_object_is_type(single, json_type_array) || json_object_array_length(single) == 0) return;
    const char *name = orr_json_text(orr_json_member(json_object_array_get_idx(single, 0), "SpecialToken"), "id");
    for (int i = 0; *name && i < p->n; i++)
        if (p->piece[i].special && p->piece[i].bytes && !strcmp(p->piece[i].bytes, name)) {
            p->begin = i;
            p->adds_begin = true;
        }
}

/* What this code would read otherwise than the file's own program is refused, not guessed. */
static enum orr_status check_built(struct json_object *root, const char *where, struct orr_error *err)
{
    struct json_object *list = orr_json_member(orr_json_member(root, "pre_tokenizer"), "pretokenizers"),
                       *one = orr_json_member(root, "pre_tokenizer");
    const size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : one ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = list ? json_object_array_get_idx(list, i) : one;
        const char *type = orr_json_text(o, "type"), *regex = orr_json_text(orr_json_member(o, "pattern"), "Regex");
        const bool known_split = !strcmp(type, "Split") && (strstr(regex, "\\p{N}{1,3}") || strstr(regex, " ?\\p{L}+"));
        if (strcmp(type, "ByteLevel") != 0 && strcmp(type, "Metaspace") != 0 && !known_split)
            return orr_error_set(err, ORR_EUNSUPPORTED, where, "splits texts by '%.40s' %.200s, which is not built in",
                                 type, regex);
    }
    const char *type = orr_json_text(orr_json_member(root, "model"), "type");
    if (*type && strcmp(type, "BPE") != 0)
        return orr_error_set(err, ORR_EUNSUPPORTED, where, "a %.40s vocabulary; byte-pair encoding (BPE) is built in",
                             type);
    return ORR_OK;
}

static void find_end(struct orr_pieces *p)
{
    static const char *const names[] = {"</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>"};
    for (size_t k = 0; k < sizeof names / sizeof *names && p->end < 0; k++)
        for (int i = 0; i < p->n; i++)
            if (p->piece[i].special && p->piece[i].bytes && !strcmp(p->piece[i].bytes, names[k])) p->end = i;
}

static void read_added(struct json_object *added, struct orr_pieces *p)
{
    const size_t n = json_object_is_type(added, json_type_array) ? json_object_array_length(added) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(added, i);
        const int32_t id = (int32_t)json_object_get_int64(orr_json_member(o, "id"));
        const char *text = orr_json_text(o, "content");
        orr_pieces_set(p, id, text, strlen(text), 0, true);
        p->piece[id].special = orr_json_flag(o, "special", false);
        ORR_VEC_PUSH(&p->added, id);
    }
}

static enum orr_status build(struct json_object *vocab, struct json_object *merges, struct json_object *root,
                             const char *where, struct orr_pieces **out, struct orr_error *err)
{
    struct orr_str bytes = {0};
    struct json_object *added = orr_json_member(root, "added_tokens");
    int n = 0;
    enum orr_status s = count(vocab, added, where, &n, err);
    if (s) return s;
    struct orr_pieces *p = *out = orr_pieces_new(n);
    each(orr_json_member(root, "normalizer"), "normalizers", see_normaliser, p);
    each(orr_json_member(root, "pre_tokenizer"), "pretokenizers", see_pre_tokeniser, p);
    if (!root) p->over_bytes = true, p->split = ORR_SPLIT_GPT2;
    const char *unknown = orr_json_text(orr_json_member(root, "model"), "unk_token");
    json_object_object_foreach(vocab, piece, id)
    {
        const int at = (int)json_object_get_int64(id);
        if (p->piece[at].bytes) /* pieces are found by a table with one place for each number */
            s = orr_error_set(err, ORR_EFORMAT, where, "token number %d stands for '%.40s' and '%.40s'", at,
                              p->piece[at].bytes, piece);
        if (s) break;
        set_piece(p, at, piece, !root && !strcmp(piece, "<|endoftext|>"), &bytes);
        if (*unknown && !strcmp(piece, unknown)) p->unknown = at;
    }
    read_added(added, p);
    each(orr_json_member(root, "post_processor"), "processors", see_post_processor, p);
    find_end(p);
    p->whole_first = orr_json_flag(orr_json_member(root, "model"), "ignore_merges", false);
    if (!s) s = read_merges(merges, p, where, err);
    orr_str_free(&bytes);
    if (s) {
        orr_pieces_free(p);
        *out = NULL;
    }
    return s;
}

enum orr_status orr_pieces_open_json(const char *path, struct orr_pieces **out, struct orr_error *err)
{
    struct json_object *root;
    *out = NULL;
    enum orr_status s = orr_json_parse_file(path, FILE_LIMIT, &root, err);
    if (s) return s;
    s = check_built(root, path, err);
    struct json_object *model = orr_json_member(root, "model");
    if (!s) s = build(orr_json_member(model, "vocab"), orr_json_member(model, "merges"), root, path, out, err);
    json_object_put(root);
    return s;
}

/* merges.txt: a pair per line, after a line that begins with #version. */
static enum orr_status merges_as_array(const char *path, struct json_object *list, struct orr_error *err)
{
    struct orr_reader *r;
    size_t n;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    if (orr_reader_size(r) > FILE_LIMIT) s = orr_error_set(err, ORR_EFORMAT, path, "larger than %d bytes", FILE_LIMIT);
    const char *text = s ? NULL : (const char *)orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
    if (!s && !text) s = orr_reader_status(r, err);
    for (size_t at = 0; text && at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        const size_t length = end ? (size_t)(end - text) - at : n - at,
                     cr = length > 0 && text[at + length - 1] == '\r';
        if (length > cr && !(at == 0 && length >= 8 && !memcmp(text, "#version", 8)))
            json_object_array_add(list, json_object_new_string_len(text + at, (int)(length - cr)));
        at += length + 1;
    }
    orr_reader_close(r);
    return s;
}

enum orr_status orr_pieces_open_merges(const char *vocab, const char *merges, struct orr_pieces **out,
                                       struct orr_error *err)
{
    struct json_object *pieces = NULL, *list = json_object_new_array();
    *out = NULL;
    enum orr_status s = orr_json_parse_file(vocab, FILE_LIMIT, &pieces, err);
    if (!s) s = merges_as_array(merges, list, err);
    if (!s) s = build(pieces, list, NULL, merges, out, err);
    json_object_put(pieces);
    json_object_put(list);
    return s;
}
