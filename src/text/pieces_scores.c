/* Vocabularies whose merges are ordered by a score per piece: llama2.c tokenizer files and SentencePiece models. */
#include <math.h>
#include <string.h>

#include "base/protobuf.h"
#include "base/reader.h"
#include "text/pieces_private.h"

enum { UNKNOWN, BEGIN, END, FIRST_BYTE, FIRST_PIECE = FIRST_BYTE + 256, MOST_BYTES = 1 << 16 };

/* byte: the piece may be a byte, written as <0x0A>. */
static void set_piece(struct orr_pieces *p, int i, const char *text, size_t n, float score, bool special, bool byte)
{
    const int value = byte ? orr_pieces_byte(text, n) : -1;
    if (value >= 0) {
        const char c = (char)value;
        p->byte[value] = i;
        orr_pieces_set(p, i, &c, 1, score, true);
        p->piece[i].special = false; /* it stands for its byte, but texts find the character's own piece */
    } else {
        orr_pieces_set(p, i, text, n, score, special);
    }
}

static enum orr_status next_piece(struct orr_reader *r, struct orr_pieces *p, int i, struct orr_error *err)
{
    size_t have;
    float score;
    const unsigned char *b = orr_reader_peek(r, 8, &have);
    if (!b || have < 8)
        return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r), "ends at piece %d; is it another model's tokenizer?",
                             i);
    const uint32_t n = orr_le32(b + 4);
    score = orr_pb_float(orr_le32(b));
    orr_reader_skip(r, 8);
    if (n > MOST_BYTES || isnan(score))
        return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r), "piece %d makes no sense; no llama2.c tokenizer?",
                             i);
    b = orr_reader_peek(r, n, &have);
    if (!b || have < n) return orr_error_set(err, ORR_EFORMAT, orr_reader_path(r), "ends within piece %d", i);
    set_piece(p, i, (const char *)b, n, score, i <= END, i >= FIRST_BYTE && i < FIRST_PIECE);
    orr_reader_skip(r, n);
    return ORR_OK;
}

enum orr_status orr_pieces_open_llama2c(const char *path, int vocab, struct orr_pieces **out, struct orr_error *err)
{
    struct orr_reader *r;
    size_t have;
    *out = NULL;
    if (vocab <= 0)
        return orr_error_set(err, ORR_EINVAL, path,
                             "a llama2.c tokenizer does not say how many pieces it has; name its model");
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    const unsigned char *b = orr_reader_peek(r, 4, &have); /* the longest piece's length, which we do not need */
    if (!b || have < 4)
        s = orr_error_set(err, ORR_EFORMAT, path, "too short for a tokenizer");
    else if (orr_reader_size(r) / 8 < (uint64_t)vocab)
        s = orr_error_set(err, ORR_EFORMAT, path,
                          "too short for the model's %d pieces; is it another model's tokenizer?", vocab);
    if (!s) {
        orr_reader_skip(r, 4);
        *out = orr_pieces_new(vocab);
        (*out)->unknown = UNKNOWN;
        (*out)->begin = vocab > BEGIN ? BEGIN : -1;
        (*out)->end = vocab > END ? END : -1;
        (*out)->adds_begin = (*out)->adds_blank = true;
    }
    for (int i = 0; !s && i < vocab; i++) s = next_piece(r, *out, i, err);
    if (!s && orr_reader_left(r) > 0)
        s = orr_error_set(err, ORR_EINVAL, path, "has more pieces than the model's %d; they do not belong together",
                          vocab);
    orr_reader_close(r);
    if (s) {
        orr_pieces_free(*out);
        *out = NULL;
    }
    return s;
}

/* ---- SentencePiece: ModelProto of sentencepiece_model.proto ---- */

enum {
    PIECES = 1,
    TRAINER = 2,
    NORMALISER = 3,
    TEXT = 1,
    SCORE = 2,
    TYPE = 3,
    MODEL_TYPE = 3,
    UNK_ID = 40,
    BOS_ID = 41,
    EOS_ID = 42,
    ADD_PREFIX = 3,
    MOST_PIECES = 1 << 22
};
enum type { NORMAL = 1, UNKNOWN_PIECE, CONTROL, USER_DEFINED, UNUSED, BYTE };
enum { UNIGRAM = 1, BPE = 2 };

static void read_piece(struct orr_pieces *p, int i, struct orr_pb_span span, struct orr_str *text)
{
    struct orr_pb m = orr_pb_open(span);
    float score = 0;
    uint64_t type = NORMAL;
    orr_str_clear(text);
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, SCORE, ORR_PB_FIXED32))
            score = orr_pb_float(m.value);
        else if (orr_pb_is(&m, TYPE, ORR_PB_VARINT))
            type = m.value;
        else if (orr_pb_is(&m, TEXT, ORR_PB_BYTES))
            for (size_t at = 0; at < m.bytes.n;) { /* U+2581 is the blank */
                const bool blank = m.bytes.n - at >= 3 && !memcmp(m.bytes.p + at, "\xe2\x96\x81", 3);
                orr_str_append_char(text, blank ? ' ' : (char)m.bytes.p[at]);
                at += blank ? 3 : 1;
            }
    }
    if (isnan(score)) score = 0;
    set_piece(p, i, orr_str_c(text), text->len, score, type == CONTROL || type == UNKNOWN_PIECE || type == UNUSED,
              type == BYTE);
    if (type == USER_DEFINED) ORR_VEC_PUSH(&p->added, i);
}

static int32_t token_or_none(uint64_t value, int n)
{
    return (int64_t)value >= 0 && value < (uint64_t)n ? (int32_t)value : -1;
}

static enum orr_status read_settings(struct orr_pieces *p, struct orr_pb_span trainer, struct orr_pb_span normaliser,
                                     const char *path, struct orr_error *err)
{
    uint64_t model = 1, unknown = 0, begin = 1, end = 2, prefix = 1;
    for (struct orr_pb m = orr_pb_open(trainer); orr_pb_next(&m);) {
        if (m.type != ORR_PB_VARINT) continue;
        if (m.field == MODEL_TYPE) model = m.value;
        if (m.field == UNK_ID) unknown = m.value;
        if (m.field == BOS_ID) begin = m.value;
        if (m.field == EOS_ID) end = m.value;
    }
    for (struct orr_pb m = orr_pb_open(normaliser); orr_pb_next(&m);)
        if (orr_pb_is(&m, ADD_PREFIX, ORR_PB_VARINT)) prefix = m.value;
    if (model != BPE && model != UNIGRAM)
        return orr_error_set(err, ORR_EUNSUPPORTED, path,
                             "a SentencePiece model of type %llu; unigram (1) and byte-pair encoding (2) are built in",
                             (unsigned long long)model);
    p->unigram = model == UNIGRAM;
    p->unknown = token_or_none(unknown, p->n);
    p->begin = token_or_none(begin, p->n);
    p->end = token_or_none(end, p->n);
    p->adds_begin = p->begin >= 0 && !p->unigram; /* models of unigram pieces frame their texts themselves */
    p->adds_blank = prefix != 0;
    return ORR_OK;
}

enum orr_status orr_pieces_open_model(const char *path, struct orr_pieces **out, struct orr_error *err)
{
    enum { LIMIT = 256 << 20 };
    struct orr_reader *r;
    struct orr_str text = {0};
    struct orr_pb_span all = {0}, trainer = {0}, normaliser = {0};
    size_t n = 0, count = 0;
    *out = NULL;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    if (orr_reader_size(r) > LIMIT) s = orr_error_set(err, ORR_EFORMAT, path, "larger than %d bytes", LIMIT);
    if (!s && !(all.p = orr_reader_peek(r, (size_t)orr_reader_size(r), &n))) s = orr_reader_status(r, err);
    all.n = n;
    struct orr_pb m = orr_pb_open(all);
    while (!s && orr_pb_next(&m)) {
        count += orr_pb_is(&m, PIECES, ORR_PB_BYTES);
        if (orr_pb_is(&m, TRAINER, ORR_PB_BYTES)) trainer = m.bytes;
        if (orr_pb_is(&m, NORMALISER, ORR_PB_BYTES)) normaliser = m.bytes;
    }
    if (!s && (m.bad || count == 0 || count > MOST_PIECES))
        s = orr_error_set(err, ORR_EFORMAT, path, "no SentencePiece model, or damaged (%zu pieces); copy it again",
                          count);
    if (!s) {
        *out = orr_pieces_new((int)count);
        s = read_settings(*out, trainer, normaliser, path, err);
    }
    int i = 0;
    for (m = orr_pb_open(all); !s && orr_pb_next(&m);)
        if (orr_pb_is(&m, PIECES, ORR_PB_BYTES)) read_piece(*out, i++, m.bytes, &text);
    if (!s && (*out)->unigram) orr_pieces_ready_unigram(*out);
    orr_str_free(&text);
    orr_reader_close(r);
    if (s) {
        orr_pieces_free(*out);
        *out = NULL;
    }
    return s;
}
