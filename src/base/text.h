/* Text from outside: UTF-8 checked, control and escape characters made harmless, widths measured. */
#ifndef ORRERY_BASE_TEXT_H
#define ORRERY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Replaces in place C0, DEL and C1 controls (as bytes or as U+0080..U+009F) by '?', tabs and newlines by a blank, and
 * bytes that are not UTF-8 by '?'. Bidirectional overrides become '?' too: they can make a name read as another.
 * The length never grows. Returns the new length. */
size_t orr_text_neutralise(char *s);

/* Decodes one code point of s[0..n); *used (>= 1) receives the bytes taken. Invalid input yields U+FFFD, one byte. */
uint32_t orr_utf8_decode(const char *s, size_t n, size_t *used);

/* Encodes cp into out[4]; returns the number of bytes (1..4). Surrogates and values past U+10FFFF become U+FFFD. */
size_t orr_utf8_encode(uint32_t cp, char out[4]);

/* What orr_text_neutralise would show for one code point: itself, a blank or '?'. */
uint32_t orr_text_safe_cp(uint32_t cp);

/* Terminal columns of one code point: 0 (combining), 1 or 2; of a whole string. Controls count as 1. */
int orr_text_cp_width(uint32_t cp);
int orr_text_width(const char *s);

/* Bytes of s whose columns fit into `columns`. */
size_t orr_text_fit(const char *s, int columns);

/* Appends s in lower case, code point by code point: for comparisons without case. */
void orr_text_lower(struct orr_str *out, const char *s);

#endif
