#include "base/suggest.h"

#include <string.h>

/* Edit distance with transpositions (optimal string alignment), cut off at 64 bytes. */
static size_t distance(const char *a, const char *b)
{
    const size_t n = strnlen(a, 64), m = strnlen(b, 64);
    size_t row[3][65], *before = row[0], *above = row[1], *now = row[2];
    for (size_t j = 0; j <= m; j++) above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t d = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < d) d = above[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
        }
        size_t *free_row = before;
        before = above, above = now, now = free_row;
    }
    return above[m];
}

const char *orr_suggest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t least = strlen(word) / 3 + 1;
    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, candidates[i]);
        if (d <= least && (!best || d < least)) best = candidates[i], least = d;
    }
    return best;
}
