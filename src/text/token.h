/* Words of a text, in the form in which they are compared: Unicode compatibility decomposition, accents taken off, case
 * folded (utf8proc), English suffixes taken off (the Snowball stemmer of libstemmer). Numbers are kept as they are. */
#ifndef ORRERY_TEXT_TOKEN_H
#define ORRERY_TEXT_TOKEN_H

#include <stddef.h>

enum { ORR_TERM_BYTES = 64 }; /* a longer word is cut */

struct orr_tokeniser; /* remembers stems; one per thread */

struct orr_tokeniser *orr_tokeniser_new(void);
void orr_tokeniser_free(struct orr_tokeniser *t); /* NULL-safe */

/* A word: its term, not terminated, valid during the call; and where it stands in the text, in bytes. */
typedef void (*orr_token_fn)(void *ctx, const char *term, size_t n, size_t at, size_t bytes);

/* Calls fn for every word of text[0..n), in order. A word is a run of letters, digits and marks; every character of the
 * scripts that are written without blanks (Han, Kana) is one of its own. Bytes that are not UTF-8 part words.
 * O(n) expected. */
void orr_tokenise(struct orr_tokeniser *t, const char *text, size_t n, orr_token_fn fn, void *ctx);

#endif
