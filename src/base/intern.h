/* Byte strings to dense numbers: 0, 1, 2, ... in order of first appearance. Control tier. */
#ifndef ORRERY_BASE_INTERN_H
#define ORRERY_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct orr_intern_entry {
    uint64_t hash;
    uint32_t space;
    size_t n;
    const char *text; /* NUL-terminated copy; may hold NUL bytes itself */
};

/* Zero-initialise; nothing is allocated before the first use. */
struct orr_intern {
    struct orr_intern_entry *entries; /* [len], by number */
    uint32_t len, cap;
    uint32_t *slots; /* private */
    uint32_t mask;
    struct orr_arena texts;
};

#define ORR_INTERN_NONE UINT32_MAX

/* The number of text[0..n) within `space` (equal texts of different spaces are different), ORR_INTERN_NONE where it is
 * new. Expected O(n). */
uint32_t orr_intern_find(const struct orr_intern *t, uint32_t space, const char *text, size_t n);
/* The same, adding it where it is new: then the result is the old t->len. */
uint32_t orr_intern_add(struct orr_intern *t, uint32_t space, const char *text, size_t n);
void orr_intern_free(struct orr_intern *t); /* and zeroes *t */

#endif
