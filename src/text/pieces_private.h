/* The inside of a subword vocabulary, shared by text/pieces*.c. */
#ifndef ORRERY_TEXT_PIECES_PRIVATE_H
#define ORRERY_TEXT_PIECES_PRIVATE_H

#include "base/intern.h"
#include "text/pieces.h"

enum orr_pieces_split {
    ORR_SPLIT_NONE,
    ORR_SPLIT_GPT2,
    ORR_SPLIT_LLAMA3, /* before merging; merges do not cross a split */
    ORR_SPLIT_CLIP,   /* blanks between parts are dropped */
};
/* What a merge of two tokens gives, in a table by the pair. */
struct orr_merge {
    int32_t left, right, into, rank; /* left -1: a free place */
};
struct orr_piece {
    const char *bytes; /* [n]; owned by the arena */
    uint32_t n;
    float score;
    bool special; /* stands for no text; found in texts only where the vocabulary says so */
};

struct orr_pieces {
    struct orr_piece *piece; /* [n] */
    int n;
    struct orr_intern by_bytes; /* texts of pieces that stand for themselves */
    int32_t *of_text;           /* [by_bytes.len] token */
    int32_t byte[256];          /* tokens of single bytes, -1: none */
    struct orr_merge *merges;   /* NULL: merges by score */
    uint32_t merges_mask;
    int32_t begin, end, unknown; /* -1: none */
    bool adds_begin, over_bytes;
    bool adds_blank;  /* a blank before the text */
    int32_t byte_last[256];  /* of a part's last byte, where words end in "</w>" */
    bool ends_words;
    bool whole_first; /* a part that is a piece is that token, whatever the merges would make of it */
    bool unigram;     /* the best cut of a text by the sum of its scores, not merges */
    float lowest;     /* of the scores, for unigram */
    uint32_t longest; /* bytes of a piece, for unigram */
    enum orr_pieces_split split;
    ORR_VEC(int32_t) added; /* tokens that are found in texts as they stand, before anything else */
    struct orr_arena arena;
};

struct orr_pieces *orr_pieces_new(int n);
/* The byte that a piece written as <0x0A> stands for; -1 where it is no such piece. */
int orr_pieces_byte(const char *text, size_t n);
/* Makes piece i of bytes[0..n), and findable by them unless special. */
void orr_pieces_set(struct orr_pieces *p, int i, const char *bytes, size_t n, float score, bool special);
/* The token of exactly these bytes, or -1. */
int32_t orr_pieces_find(const struct orr_pieces *p, const char *bytes, size_t n);
void orr_pieces_reserve_merges(struct orr_pieces *p, size_t n);
void orr_pieces_add_merge(struct orr_pieces *p, int32_t left, int32_t right, int32_t into, int32_t rank);

enum orr_status orr_pieces_open_llama2c(const char *path, int vocab, struct orr_pieces **out, struct orr_error *err);
enum orr_status orr_pieces_open_model(const char *path, struct orr_pieces **out, struct orr_error *err);
enum orr_status orr_pieces_open_json(const char *path, struct orr_pieces **out, struct orr_error *err);
enum orr_status orr_pieces_open_merges(const char *vocab, const char *merges, struct orr_pieces **out,
                                       struct orr_error *err);

/* Text as SentencePiece sees it: controls dropped, NFKC, runs of blanks as one, a blank before the first word. Appended. */
void orr_pieces_normalise(const char *text, size_t n, struct orr_str *out);
void orr_pieces_encode_unigram(const struct orr_pieces *p, const char *text, size_t n, bool begin,
                               struct orr_tokens *out);
/* Marks a vocabulary whose pieces are all set as a unigram one. */
void orr_pieces_ready_unigram(struct orr_pieces *p);

/* Length in bytes of the part that text[0..n), n > 0, begins with. */
size_t orr_pieces_part(enum orr_pieces_split how, const char *text, size_t n);
bool orr_pieces_blank(const char *text, size_t n); /* whether text[0..n) begins with a blank */

#endif
