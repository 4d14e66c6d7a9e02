#include "base/intern.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 64 };

/* Slots are probed linearly and hold number + 1; 0 is free. They are at most half full. */
static uint32_t find(const struct orr_intern *t, uint64_t hash, uint32_t space, const char *text, size_t n)
{
    if (!t->slots) return ORR_INTERN_NONE;
    for (uint32_t at = (uint32_t)hash & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
        const struct orr_intern_entry *e = &t->entries[t->slots[at] - 1];
        if (e->hash == hash && e->space == space && e->n == n && memcmp(e->text, text, n) == 0)
            return t->slots[at] - 1;
    }
    return ORR_INTERN_NONE;
}

static void put(struct orr_intern *t, uint32_t number)
{
    uint32_t at = (uint32_t)t->entries[number].hash & t->mask;
    while (t->slots[at]) at = (at + 1) & t->mask;
    t->slots[at] = number + 1;
}

static void grow(struct orr_intern *t)
{
    t->cap = t->cap ? 2 * t->cap : FIRST_SLOTS / 2;
    t->entries = orr_xrealloc(t->entries, t->cap, sizeof *t->entries);
    free(t->slots);
    t->mask = 2 * t->cap - 1;
    t->slots = orr_xcalloc(2 * (size_t)t->cap, sizeof *t->slots);
    for (uint32_t i = 0; i < t->len; i++) put(t, i);
}

uint32_t orr_intern_find(const struct orr_intern *t, uint32_t space, const char *text, size_t n)
{
    return find(t, XXH3_64bits_withSeed(text, n, space), space, text, n);
}

uint32_t orr_intern_add(struct orr_intern *t, uint32_t space, const char *text, size_t n)
{
    const uint64_t hash = XXH3_64bits_withSeed(text, n, space);
    const uint32_t known = find(t, hash, space, text, n);
    if (known != ORR_INTERN_NONE) return known;
    if (t->len == t->cap) grow(t);
    char *copy = orr_arena_alloc(&t->texts, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    t->entries[t->len] = (struct orr_intern_entry){hash, space, n, copy};
    put(t, t->len);
    return t->len++;
}

void orr_intern_free(struct orr_intern *t)
{
    free(t->entries);
    free(t->slots);
    orr_arena_free(&t->texts);
    *t = (struct orr_intern){0};
}
