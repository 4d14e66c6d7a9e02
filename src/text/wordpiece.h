/* WordPiece (Schuster and Nakajima 2012) with the rules of BERT (Devlin et al. 2018): controls are dropped, blanks and
 * marks of punctuation part words, Chinese characters stand alone; where the vocabulary is an uncased one, accents
 * and case are folded; then every word is cut into the longest pieces that the vocabulary has, from the left. */
#ifndef ORRERY_TEXT_WORDPIECE_H
#define ORRERY_TEXT_WORDPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "text/pieces.h"

struct orr_wordpiece; /* read only once open */

/* From a model folder: vocab.txt, or else tokenizer.json; what is folded from tokenizer_config.json or
 * tokenizer.json, all of it where they do not say. ENOTFOUND, EFORMAT; EUNSUPPORTED for a tokenizer.json of another
 * kind. The caller owns *out. */
enum orr_status orr_wordpiece_open(const char *folder, struct orr_wordpiece **out, struct orr_error *err);
/* From the text of a vocab.txt: a piece a line. EFORMAT without "[UNK]" or "<unk>". */
enum orr_status orr_wordpiece_from_lines(const char *where, const char *text, size_t n, bool fold,
                                         struct orr_wordpiece **out, struct orr_error *err);
enum orr_status orr_wordpiece_from_json(const char *path, struct orr_wordpiece **out, struct orr_error *err);
void orr_wordpiece_free(struct orr_wordpiece *w); /* NULL-safe */

int orr_wordpiece_count(const struct orr_wordpiece *w); /* the highest token + 1 */
/* The token of a piece as the file writes it, "[CLS]" or "##ing"; -1: none. */
int32_t orr_wordpiece_find(const struct orr_wordpiece *w, const char *piece);
/* Appends the tokens of text[0..n), any bytes, without those that frame a text; stops when `out` has `most`.
 * Names of special tokens in a text are text like any other. O(n) for words of bounded length. */
void orr_wordpiece_encode(const struct orr_wordpiece *w, const char *text, size_t n, size_t most,
                          struct orr_tokens *out);

#endif
