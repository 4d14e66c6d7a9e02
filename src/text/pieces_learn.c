#include "text/pieces_learn.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "text/pieces_private.h"

enum { BYTES = 256, SPECIAL = 1, FIRST_MERGE = SPECIAL + BYTES, MOST_VOCAB = 1 << 20 };

struct pair {
    int32_t left, right;
    int64_t count;
};
struct orr_pieces_learner {
    struct orr_intern parts;
    ORR_VEC(int64_t) count;    /* [parts.len] */
    ORR_VEC(int32_t) symbols;  /* of all parts; each ends with -1 */
    ORR_VEC(uint32_t) part_of; /* [symbols.len] */
    ORR_VEC(struct pair) pairs;
    uint32_t *slots; /* number of a pair + 1 */
    uint32_t mask;
    ORR_VEC(struct orr_str) piece; /* bytes of each token */
};

struct orr_pieces_learner *orr_pieces_learner_new(void) { return orr_xcalloc(1, sizeof(struct orr_pieces_learner)); }

void orr_pieces_learner_free(struct orr_pieces_learner *l)
{
    if (!l) return;
    orr_intern_free(&l->parts);
    for (size_t i = 0; i < l->piece.len; i++) orr_str_free(&l->piece.data[i]);
    free(l->piece.data);
    free(l->count.data);
    free(l->symbols.data);
    free(l->part_of.data);
    free(l->pairs.data);
    free(l->slots);
    free(l);
}

void orr_pieces_learner_add(struct orr_pieces_learner *l, const char *text, size_t n)
{
    for (size_t at = 0, k; at < n; at += k) {
        k = orr_pieces_part(ORR_SPLIT_GPT2, text + at, n - at);
        const uint32_t before = l->parts.len, part = orr_intern_add(&l->parts, 0, text + at, k);
        if (part == before) ORR_VEC_PUSH(&l->count, 0);
        l->count.data[part]++;
    }
}

/* ---- pairs ---- */

static uint32_t hash(int32_t left, int32_t right)
{
    const uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(h >> 32);
}

static void grow_slots(struct orr_pieces_learner *l)
{
    if (l->slots && 2 * l->pairs.len <= l->mask) return;
    const uint32_t size = l->slots ? 2 * (l->mask + 1) : 1 << 16;
    free(l->slots);
    l->slots = orr_xcalloc(size, sizeof *l->slots);
    l->mask = size - 1;
    for (size_t k = 0; k < l->pairs.len; k++) {
        uint32_t i = hash(l->pairs.data[k].left, l->pairs.data[k].right) & l->mask;
        while (l->slots[i]) i = (i + 1) & l->mask;
        l->slots[i] = (uint32_t)k + 1;
    }
}

static void count_pair(struct orr_pieces_learner *l, int32_t left, int32_t right, int64_t more)
{
    grow_slots(l);
    uint32_t i = hash(left, right) & l->mask;
    for (; l->slots[i]; i = (i + 1) & l->mask) {
        struct pair *p = &l->pairs.data[l->slots[i] - 1];
        if (p->left == left && p->right == right) {
            p->count += more;
            return;
        }
    }
    l->slots[i] = (uint32_t)l->pairs.len + 1;
    ORR_VEC_PUSH(&l->pairs, (struct pair){left, right, more});
}

static void begin(struct orr_pieces_learner *l)
{
    l->symbols.len = l->part_of.len = l->pairs.len = 0;
    free(l->slots);
    l->slots = NULL;
    for (uint32_t p = 0; p < l->parts.len; p++) {
        const struct orr_intern_entry *e = &l->parts.entries[p];
        for (size_t i = 0; i <= e->n; i++) {
            ORR_VEC_PUSH(&l->symbols, i < e->n ? SPECIAL + (unsigned char)e->text[i] : -1);
            ORR_VEC_PUSH(&l->part_of, p);
            if (i > 0 && i < e->n)
                count_pair(l, SPECIAL + (unsigned char)e->text[i - 1], SPECIAL + (unsigned char)e->text[i],
                           l->count.data[p]);
        }
    }
}

/* Of equally common pairs the one with the smaller numbers, so that the result does not hang on the order of texts. */
static const struct pair *commonest(const struct orr_pieces_learner *l)
{
    const struct pair *best = NULL;
    for (size_t k = 0; k < l->pairs.len; k++) {
        const struct pair *p = &l->pairs.data[k];
        if (!best || p->count > best->count ||
            (p->count == best->count &&
             (p->left < best->left || (p->left == best->left && p->right < best->right))))
            best = p;
    }
    return best && best->count >= 2 ? best : NULL;
}

/* Replaces the pair everywhere; symbols move up, so that the list shrinks. */
static void merge(struct orr_pieces_learner *l, int32_t left, int32_t right, int32_t into)
{
    int32_t *s = l->symbols.data;
    uint32_t *part = l->part_of.data;
    size_t to = 0;
    const size_t n = l->symbols.len;
    for (size_t i = 0; i < n; i++) {
        if (s[i] != left || i + 1 >= n || s[i + 1] != right) {
            s[to] = s[i];
            part[to++] = part[i];
            continue;
        }
        const int64_t c = l->count.data[part[i]];
        const int32_t before = to > 0 ? s[to - 1] : -1, after = s[i + 2]; /* a part ends with -1 */
        count_pair(l, left, right, -c);
        if (before >= 0) {
            count_pair(l, before, left, -c);
            count_pair(l, before, into, c);
        }
        if (after >= 0) {
            count_pair(l, right, after, -c);
            count_pair(l, into, after, c);
        }
        s[to] = into;
        part[to++] = part[i];
        i++;
    }
    l->symbols.len = l->part_of.len = to;
}

/* ---- tokenizer.json ---- */

/* GPT-2's table: printable bytes stand for themselves, the others, in order, for U+0100 and on. */
static uint32_t letter_of(int byte)
{
    uint32_t next = 256;
    for (int b = 0; b < BYTES; b++) {
        const bool shown = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        if (b == byte) return shown ? (uint32_t)b : next;
        next += !shown;
    }
    return 0;
}

static void append_piece(struct orr_str *out, const struct orr_str *bytes)
{
    for (size_t i = 0; i < bytes->len; i++) {
        char utf8[4];
        orr_str_append_n(out, utf8, orr_utf8_encode(letter_of((unsigned char)bytes->data[i]), utf8));
    }
}

static void write_json(const struct orr_pieces_learner *l, const struct pair *merges, struct orr_str *json)
{
    struct orr_str text = {0};
    orr_str_append(json, "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":0,\"content\":\"<|endoftext|>\",\"special\":true}],"
                         "\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
                         "\"trim_offsets\":true,\"use_regex\":true},\"post_processor\":{\"type\":\"TemplateProcessing\","
                         "\"single\":[{\"SpecialToken\":{\"id\":\"<|endoftext|>\",\"type_id\":0}},"
                         "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"<|endoftext|>\":"
                         "{\"id\":\"<|endoftext|>\",\"ids\":[0],\"tokens\":[\"<|endoftext|>\"]}}},"
                         "\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"<|endoftext|>\":0");
    for (size_t i = SPECIAL; i < l->piece.len; i++) {
        orr_str_clear(&text);
        append_piece(&text, &l->piece.data[i]);
        orr_str_append(json, ",\n");
        orr_json_append_string(json, orr_str_c(&text));
        orr_str_printf(json, ":%zu", i);
    }
    orr_str_append(json, "},\"merges\":[");
    for (size_t i = FIRST_MERGE; i < l->piece.len; i++) {
        const struct pair *m = &merges[i - FIRST_MERGE];
        orr_str_clear(&text);
        append_piece(&text, &l->piece.data[m->left]);
        orr_str_append_char(&text, ' ');
        append_piece(&text, &l->piece.data[m->right]);
        orr_str_append(json, i > FIRST_MERGE ? ",\n" : "\n");
        orr_json_append_string(json, orr_str_c(&text));
    }
    orr_str_append(json, "]}}\n");
    orr_str_free(&text);
}

static void add_piece(struct orr_pieces_learner *l, const struct orr_str *left, const struct orr_str *right)
{
    struct orr_str bytes = {0};
    if (left) orr_str_append_n(&bytes, left->data, left->len);
    if (right) orr_str_append_n(&bytes, right->data, right->len);
    ORR_VEC_PUSH(&l->piece, bytes);
}

enum orr_status orr_pieces_learner_write(struct orr_pieces_learner *l, int vocab, const struct orr_ticker *ticker,
                                         struct orr_str *json, struct orr_error *err)
{
    ORR_VEC(struct pair) merges = {0};
    enum orr_status s = ORR_OK;
    if (vocab < FIRST_MERGE || vocab > MOST_VOCAB)
        return orr_error_set(err, ORR_EINVAL, "tokenizer", "a vocabulary has %d to %d pieces", (int)FIRST_MERGE,
                             (int)MOST_VOCAB);
    begin(l);
    add_piece(l, NULL, NULL);
    for (int b = 0; b < BYTES; b++) {
        const char byte = (char)b;
        struct orr_str one = {0};
        orr_str_append_n(&one, &byte, 1);
        add_piece(l, &one, NULL);
        orr_str_free(&one);
    }
    const struct pair *best;
    while (l->piece.len < (size_t)vocab && (best = commonest(l))) {
        const struct pair p = *best;
        ORR_VEC_PUSH(&merges, p);
        const int32_t into = (int32_t)l->piece.len;
        const struct orr_str left = l->piece.data[p.left], right = l->piece.data[p.right];
        add_piece(l, &left, &right);
        merge(l, p.left, p.right, into);
        if (!orr_ticker_tick(ticker, "learning the vocabulary", "pieces", l->piece.len, (uint64_t)vocab)) {
            s = orr_error_set(err, ORR_ECANCELLED, "tokenizer", "stopped");
            break;
        }
    }
    if (!s) write_json(l, merges.data, json);
    free(merges.data);
    return s;
}
