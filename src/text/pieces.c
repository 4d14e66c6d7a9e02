#include "text/pieces.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/text.h"
#include "text/pieces_private.h"

/* ---- vocabulary ---- */

struct orr_pieces *orr_pieces_new(int n)
{
    struct orr_pieces *p = orr_xcalloc(1, sizeof *p);
    p->piece = orr_xcalloc((size_t)n + 1, sizeof *p->piece);
    p->of_text = orr_xcalloc((size_t)n + 1, sizeof *p->of_text);
    p->n = n;
    p->begin = p->end = p->unknown = -1;
    for (int i = 0; i < 256; i++) p->byte[i] = -1;
    return p;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int orr_pieces_byte(const char *text, size_t n)
{
    if (n != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    const int high = hex_digit(text[3]), low = hex_digit(text[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

void orr_pieces_set(struct orr_pieces *p, int i, const char *bytes, size_t n, float score, bool special)
{
    p->piece[i] = (struct orr_piece){
        .bytes = orr_arena_strndup(&p->arena, bytes, n), .n = (uint32_t)n, .score = score, .special = special};
    if (special) return;
    const uint32_t before = p->by_bytes.len, at = orr_intern_add(&p->by_bytes, 0, bytes, n);
    if (at == before) p->of_text[at] = i; /* of equal pieces the first */
}

int32_t orr_pieces_find(const struct orr_pieces *p, const char *bytes, size_t n)
{
    const uint32_t at = orr_intern_find(&p->by_bytes, 0, bytes, n);
    return at == ORR_INTERN_NONE ? -1 : p->of_text[at];
}

static uint32_t slot_of(int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(h >> 32);
}

void orr_pieces_reserve_merges(struct orr_pieces *p, size_t n)
{
    uint32_t size = 16;
    while (size < 2 * n) size *= 2;
    free(p->merges);
    p->merges = orr_xcalloc(size, sizeof *p->merges);
    p->merges_mask = size - 1;
    for (uint32_t i = 0; i < size; i++) p->merges[i].left = -1;
}

static const struct orr_merge *find_merge(const struct orr_pieces *p, int32_t left, int32_t right)
{
    if (left < 0 || right < 0) return NULL;
    for (uint32_t i = slot_of(left, right) & p->merges_mask;; i = (i + 1) & p->merges_mask) {
        const struct orr_merge *m = &p->merges[i];
        if (m->left < 0) return NULL;
        if (m->left == left && m->right == right) return m;
    }
}

void orr_pieces_add_merge(struct orr_pieces *p, int32_t left, int32_t right, int32_t into, int32_t rank)
{
    uint32_t i = slot_of(left, right) & p->merges_mask;
    for (; p->merges[i].left >= 0; i = (i + 1) & p->merges_mask)
        if (p->merges[i].left == left && p->merges[i].right == right) return;
    p->merges[i] = (struct orr_merge){left, right, into, rank};
}

void orr_pieces_free(struct orr_pieces *p)
{
    if (!p) return;
    free(p->piece);
    free(p->of_text);
    free(p->merges);
    free(p->added.data);
    orr_intern_free(&p->by_bytes);
    orr_arena_free(&p->arena);
    free(p);
}

int orr_pieces_count(const struct orr_pieces *p) { return p->n; }
uint64_t orr_pieces_identity(const struct orr_pieces *p)
{
    const int32_t flags[] = {p->n, p->begin, p->end, p->unknown, p->adds_begin, p->over_bytes, p->adds_blank, p->whole_first,
                             (int32_t)p->split, p->merges ? (int32_t)p->merges_mask : -1};
    XXH64_hash_t h = XXH64(flags, sizeof flags, 0);
    for (int i = 0; i < p->n; i++) {
        const struct orr_piece *x = &p->piece[i];
        if (x->n) h = XXH64(x->bytes, x->n, h);
        h = XXH64(&x->score, sizeof x->score, h ^ (uint64_t)x->special);
    }
    for (uint32_t i = 0; p->merges && i <= p->merges_mask; i++) /* a table's order follows from what was put in, and when */
        if (p->merges[i].left >= 0) h ^= XXH64(&p->merges[i], sizeof p->merges[i], 1);
    return h;
}

int32_t orr_pieces_begin(const struct orr_pieces *p) { return p->begin; }
int32_t orr_pieces_end(const struct orr_pieces *p) { return p->end; }

/* ---- opening ---- */

static bool has_file(const char *folder, const char *name, struct orr_str *path)
{
    struct stat st;
    orr_str_clear(path);
    orr_str_printf(path, "%s/%s", folder, name);
    return stat(path->data, &st) == 0 && S_ISREG(st.st_mode);
}

static enum orr_status open_folder(const char *folder, struct orr_pieces **out, struct orr_error *err)
{
    struct orr_str a = {0}, b = {0};
    enum orr_status s;
    if (has_file(folder, "tokenizer.json", &a))
        s = orr_pieces_open_json(a.data, out, err);
    else if (has_file(folder, "tokenizer.model", &a))
        s = orr_pieces_open_model(a.data, out, err);
    else if (has_file(folder, "vocab.json", &a) && has_file(folder, "merges.txt", &b))
        s = orr_pieces_open_merges(a.data, b.data, out, err);
    else
        s = orr_error_set(
            err, ORR_ENOTFOUND, folder,
            "no tokenizer here: tokenizer.json, tokenizer.model, or vocab.json with merges.txt is needed");
    orr_str_free(&a);
    orr_str_free(&b);
    return s;
}

enum orr_status orr_pieces_open(const char *path, int vocab, struct orr_pieces **out, struct orr_error *err)
{
    struct stat st;
    enum orr_status s;
    *out = NULL;
    if (stat(path, &st) != 0) return orr_error_set(err, ORR_ENOTFOUND, path, "no such tokenizer");
    if (S_ISDIR(st.st_mode))
        s = open_folder(path, out, err);
    else if (orr_ends_with(path, ".json"))
        s = orr_pieces_open_json(path, out, err);
    else if (orr_ends_with(path, ".model"))
        s = orr_pieces_open_model(path, out, err);
    else
        s = orr_pieces_open_llama2c(path, vocab, out, err);
    /* A model's matrix may be padded with tokens that no text has. */
    if (!s && vocab > 0 && (*out)->n > vocab) {
        s = orr_error_set(err, ORR_EINVAL, path, "has %d tokens, the model %d; they do not belong together", (*out)->n,
                          vocab);
        orr_pieces_free(*out);
        *out = NULL;
    }
    return s;
}

/* ---- encoding: merges of neighbours, the best first ---- */

struct symbol {
    int32_t token;       /* -1: a character that no token is, kept for its bytes */
    uint32_t at, n;      /* its bytes */
    int32_t left, right; /* neighbours in the list, -1: none */
};
struct candidate { /* a merge that was possible when it was pushed */
    double order;  /* the lower the sooner: rank, or the negative score */
    int32_t left, right;
    uint32_t n; /* bytes of both: tells whether they are still what they were */
    int32_t into;
};
struct merging {
    const struct orr_pieces *p;
    const char *text;
    ORR_VEC(struct symbol) symbols;
    ORR_VEC(struct candidate) heap;
};

static bool sooner(const struct candidate *a, const struct candidate *b)
{
    return a->order < b->order || (a->order == b->order && a->left < b->left); /* of equals the leftmost */
}

static void push(struct merging *m, struct candidate c)
{
    ORR_VEC_PUSH(&m->heap, c);
    size_t i = m->heap.len - 1;
    for (; i > 0 && sooner(&c, &m->heap.data[(i - 1) / 2]); i = (i - 1) / 2)
        m->heap.data[i] = m->heap.data[(i - 1) / 2];
    m->heap.data[i] = c;
}

static struct candidate pop(struct merging *m)
{
    struct candidate *h = m->heap.data;
    const struct candidate best = h[0], last = h[--m->heap.len];
    size_t i = 0, n = m->heap.len;
    for (size_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && sooner(&h[k + 1], &h[k])) k++;
        if (!sooner(&h[k], &last)) break;
        h[i] = h[k];
    }
    if (n > 0) h[i] = last;
    return best;
}

static void consider(struct merging *m, int32_t left, int32_t right)
{
    if (left < 0 || right < 0) return;
    const struct symbol *a = &m->symbols.data[left], *b = &m->symbols.data[right];
    struct candidate c = {.left = left, .right = right, .n = a->n + b->n};
    if (m->p->merges) {
        const struct orr_merge *found = find_merge(m->p, a->token, b->token);
        if (!found) return;
        c.order = found->rank;
        c.into = found->into;
    } else {
        c.into = orr_pieces_find(m->p, m->text + a->at, c.n);
        if (c.into < 0) return;
        c.order = -m->p->piece[c.into].score;
    }
    push(m, c);
}

static void merge_all(struct merging *m)
{
    for (size_t i = 1; i < m->symbols.len; i++) consider(m, (int32_t)i - 1, (int32_t)i);
    while (m->heap.len > 0) {
        const struct candidate c = pop(m);
        struct symbol *a = &m->symbols.data[c.left], *b = &m->symbols.data[c.right];
        if (a->n == 0 || b->n == 0 || a->right != c.right || a->n + b->n != c.n)
            continue; /* one of them was merged since */
        a->n = c.n;
        a->token = c.into;
        a->right = b->right;
        b->n = 0;
        if (a->right >= 0) m->symbols.data[a->right].left = c.left;
        consider(m, a->left, c.left);
        consider(m, c.left, a->right);
    }
}

static void emit(const struct orr_pieces *p, const struct merging *m, struct orr_tokens *out)
{
    for (size_t i = 0; i < m->symbols.len; i++) {
        const struct symbol *s = &m->symbols.data[i];
        if (s->n == 0) continue;
        if (s->token >= 0) {
            ORR_VEC_PUSH(out, s->token);
            continue;
        }
        bool all = true; /* bytes of it, or unknown */
        for (uint32_t k = 0; k < s->n; k++) all &= p->byte[(unsigned char)m->text[s->at + k]] >= 0;
        if (all)
            for (uint32_t k = 0; k < s->n; k++) ORR_VEC_PUSH(out, p->byte[(unsigned char)m->text[s->at + k]]);
        else if (p->unknown >= 0)
            ORR_VEC_PUSH(out, p->unknown);
    }
}

/* A part of a text that no merge leaves. */
static void encode_part(struct merging *m, const char *text, size_t n, struct orr_tokens *out)
{
    const struct orr_pieces *p = m->p;
    const int32_t whole = p->whole_first ? orr_pieces_find(p, text, n) : -1;
    if (whole >= 0) {
        ORR_VEC_PUSH(out, whole);
        return;
    }
    m->text = text;
    m->symbols.len = m->heap.len = 0;
    for (size_t at = 0, used; at < n; at += used) {
        used = 1;
        if (!p->over_bytes) orr_utf8_decode(text + at, n - at, &used);
        const int32_t *byte = p->ends_words && at + 1 == n ? p->byte_last : p->byte;
        const int32_t token = p->over_bytes ? byte[(unsigned char)text[at]] : orr_pieces_find(p, text + at, used);
        const int32_t i = (int32_t)m->symbols.len;
        ORR_VEC_PUSH(
            &m->symbols,
            (struct symbol){.token = token, .at = (uint32_t)at, .n = (uint32_t)used, .left = i - 1, .right = i + 1});
    }
    if (m->symbols.len) m->symbols.data[m->symbols.len - 1].right = -1;
    merge_all(m);
    emit(p, m, out);
}

static void encode_plain(struct merging *m, const char *text, size_t n, struct orr_tokens *out)
{
    enum { MOST = 1 << 24 }; /* of one part, so that places in it fit their fields */
    for (size_t at = 0, part; at < n; at += part) {
        part = m->p->split == ORR_SPLIT_NONE ? n - at : orr_pieces_part(m->p->split, text + at, n - at);
        if (part > MOST) part = MOST;
        if (m->p->split != ORR_SPLIT_CLIP || !orr_pieces_blank(text + at, part)) encode_part(m, text + at, part, out);
    }
}

/* The longest added token that text[0..n) begins with, or -1. */
static int32_t added_at(const struct orr_pieces *p, const char *text, size_t n)
{
    int32_t best = -1;
    for (size_t i = 0; i < p->added.len; i++) {
        const struct orr_piece *a = &p->piece[p->added.data[i]];
        if (a->n > 0 && a->n <= n && text[0] == a->bytes[0] && !memcmp(text, a->bytes, a->n) &&
            (best < 0 || a->n > p->piece[best].n))
            best = p->added.data[i];
    }
    return best;
}

void orr_pieces_encode(const struct orr_pieces *p, const char *text, size_t n, bool begin, struct orr_tokens *out)
{
    struct merging m = {.p = p};
    struct orr_str padded = {0};
    if (p->unigram) {
        orr_pieces_encode_unigram(p, text, n, begin, out);
        return;
    }
    if (begin && p->adds_begin && p->begin >= 0) ORR_VEC_PUSH(out, p->begin);
    if (begin && p->adds_blank && n > 0) {
        orr_str_append_char(&padded, ' ');
        orr_str_append_n(&padded, text, n);
        text = padded.data;
        n = padded.len;
    }
    size_t from = 0;
    for (size_t at = 0; at < n && p->added.len;) {
        const int32_t token = added_at(p, text + at, n - at);
        if (token < 0) {
            at++;
            continue;
        }
        encode_plain(&m, text + from, at - from, out);
        ORR_VEC_PUSH(out, token);
        from = at += p->piece[token].n;
    }
    encode_plain(&m, text + from, n - from, out);
    free(m.symbols.data);
    free(m.heap.data);
    orr_str_free(&padded);
}

void orr_pieces_decode(const struct orr_pieces *p, int32_t token, bool first, struct orr_str *out)
{
    if (token < 0 || token >= p->n || p->piece[token].special) return;
    const struct orr_piece *x = &p->piece[token];
    const bool skip = first && p->adds_blank && x->n > 0 && x->bytes[0] == ' ';
    orr_str_append_n(out, x->bytes + skip, x->n - skip);
}
