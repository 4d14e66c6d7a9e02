/* Decimal text to numbers, fast and independent of the locale. */
#ifndef ORRERY_BASE_NUMBER_H
#define ORRERY_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses all of s[0..n) (blanks around it allowed) as a double, correctly rounded. Accepts nan, inf, infinity in any
 * case and with a sign. False when anything else is left over or n is 0. */
bool orr_parse_double(const char *s, size_t n, double *out);

/* The same for a decimal int64; false on overflow. */
bool orr_parse_int64(const char *s, size_t n, int64_t *out);

/* "12" to *count, "20%" to *share = 0.2; the other one is left alone. False unless count > 0 or 0 < share <= 1. */
bool orr_parse_count_or_share(const char *s, size_t *count, double *share);

#endif
