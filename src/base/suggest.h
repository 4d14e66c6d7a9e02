/* "Did you mean ...?" */
#ifndef ORRERY_BASE_SUGGEST_H
#define ORRERY_BASE_SUGGEST_H

#include <stddef.h>

/* The candidate nearest to `word` by edit distance (transpositions count once), at most a third of the word plus one
 * away; NULL when none is. Borrowed from `candidates`. */
const char *orr_suggest(const char *word, const char *const *candidates, size_t n);

#endif
