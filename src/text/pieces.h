/* Subword vocabularies: text to tokens and back. Byte-pair merges by score (SentencePiece, llama2.c) or by rank (Hugging
 * Face tokenizer.json, GPT-2's vocab.json with merges.txt), over characters with byte fallback or over bytes. */
#ifndef ORRERY_TEXT_PIECES_H
#define ORRERY_TEXT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/str.h"
#include "base/vec.h"

struct orr_pieces;
struct orr_tokens { /* a growing array, as ORR_VEC; free data */
    int32_t *data;
    size_t len, cap;
};

/* A llama2.c tokenizer file, a SentencePiece model, a tokenizer.json, or a folder with one of tokenizer.json,
 * tokenizer.model, or vocab.json and merges.txt. vocab: how many tokens the model knows; llama2.c files do not say it,
 * and another number in any file is ORR_EINVAL (0: whatever the file has). The caller owns *out. */
enum orr_status orr_pieces_open(const char *path, int vocab, struct orr_pieces **out, struct orr_error *err);
/* CLIP's vocab.json and merges.txt: bytes as GPT-2 writes them, words end in "</w>", blanks are no tokens. Texts are
 * expected in lower case. */
enum orr_status orr_pieces_open_clip(const char *vocab, const char *merges, struct orr_pieces **out,
                                     struct orr_error *err);
void orr_pieces_free(struct orr_pieces *p); /* NULL-safe */
int orr_pieces_count(const struct orr_pieces *p);
/* A hash of all that decides which tokens a text has: equal for equal vocabularies in any file. */
uint64_t orr_pieces_identity(const struct orr_pieces *p);

/* Appends the tokens of text[0..n), any bytes. begin: with what the vocabulary puts before a text (beginning-of-sequence
 * token, leading blank); false for a text that goes on. O(n log n). */
void orr_pieces_encode(const struct orr_pieces *p, const char *text, size_t n, bool begin, struct orr_tokens *out);
/* Appends the bytes that `token` stands for; first: it begins the text, so that a leading blank of the vocabulary's own
 * is left out. Special tokens are nothing. */
void orr_pieces_decode(const struct orr_pieces *p, int32_t token, bool first, struct orr_str *out);
int32_t orr_pieces_begin(const struct orr_pieces *p); /* beginning of sequence; -1: none */
int32_t orr_pieces_end(const struct orr_pieces *p);   /* end of sequence; -1: none known */

#endif
