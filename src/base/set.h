/* A set of 64-bit numbers (hashes, ids): open addressing, at most half full. Control tier. */
#ifndef ORRERY_BASE_SET_H
#define ORRERY_BASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct orr_set {
    uint64_t *slots; /* 0 is free; zero-initialise */
    size_t mask, used;
    bool has_zero;
};

bool orr_set_add(struct orr_set *s, uint64_t x); /* false: it was there. Amortised O(1) */
bool orr_set_has(const struct orr_set *s, uint64_t x);
size_t orr_set_count(const struct orr_set *s);
void orr_set_clear(struct orr_set *s); /* keeps the memory */
void orr_set_free(struct orr_set *s);

#endif
