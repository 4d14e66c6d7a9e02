/* Vectors of words that nothing was learned for: hashed pieces. A word is the sum of the directions of the word
 * itself and of its trigrams ("<ze", "zen", ..., "da>"), each a vector of signs drawn by a hash; nothing is stored.
 * Words that share pieces point the same way, so that misspelt and inflected forms are near what they stand for (the
 * hashing of fastText, Bojanowski et al. 2017, with random instead of learned directions: Achlioptas 2003). */
#ifndef ORRERY_TEXT_HASHED_H
#define ORRERY_TEXT_HASHED_H

#include <stddef.h>
#include <stdint.h>

enum { ORR_HASHED_DIM = 256, ORR_HASHED_WORDS = 48 /* weightiest words of a document that its vector holds */ };

/* out[0..DIM) += weight x the direction of the word, which has unit length on average. O(DIM x bytes of the word). */
void orr_encode_word(const char *term, size_t n, float weight, float out[ORR_HASHED_DIM]);
/* Rounds to 8 bits: out is v scaled so that its largest part is 127; returns the length of out, 0 for a vector of
 * zeros. */
float orr_encode_round(const float v[ORR_HASHED_DIM], int8_t out[ORR_HASHED_DIM]);

#endif
