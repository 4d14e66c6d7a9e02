/* Texts to tokens, in CLIP's way: begin, the tokens of the text, end. Two vocabularies: CLIP's byte-pair encoding (lower
 * case, words end in "</w>"; vocab.json and merges.txt), and plain words with one token for all others, which our own small
 * encoder uses. */
#ifndef ORRERY_METHODS_CLIP_TOKENS_H
#define ORRERY_METHODS_CLIP_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/str.h"

struct orr_clip_tokens;

/* CLIP's files. Token numbers must be 0..n-1. */
enum orr_status orr_clip_tokens_open(const char *vocab, const char *merges, struct orr_clip_tokens **out,
                                     struct orr_error *err);
/* Words parted by blanks, lower case; token 0 begins, 1 ends, 2 is any other word, 3 + i is word i. Equal words: the first. */
struct orr_clip_tokens *orr_clip_tokens_words(const char *words);
void orr_clip_tokens_free(struct orr_clip_tokens *t); /* NULL-safe */

int orr_clip_tokens_count(const struct orr_clip_tokens *t);
int32_t orr_clip_tokens_begin(const struct orr_clip_tokens *t);
int32_t orr_clip_tokens_end(const struct orr_clip_tokens *t);
/* The words as given to orr_clip_tokens_words; NULL for a byte-pair encoding. */
const char *orr_clip_tokens_text(const struct orr_clip_tokens *t);

/* ids[0..length): begin, text (cut where it does not fit), end, then end repeated: under the causal mask what follows the
 * first end changes nothing. Any bytes: what is not UTF-8 counts as U+FFFD. Returns the place of the end. length >= 2. */
int orr_clip_tokens_encode(const struct orr_clip_tokens *t, const char *text, size_t n, int32_t *ids, int length);
/* Whether every word of the text is known (words), so that its meaning was learned. */
bool orr_clip_tokens_knows(const struct orr_clip_tokens *t, const char *text);
/* The text of one token, for people; "" for none. */
const char *orr_clip_tokens_name(const struct orr_clip_tokens *t, int32_t token);

#endif
