/* Bump allocation: many small pieces with one lifetime. Not thread-safe; one arena per job. */
#ifndef ORRERY_BASE_ARENA_H
#define ORRERY_BASE_ARENA_H

#include <stddef.h>

struct orr_arena_block;
struct orr_arena {
    struct orr_arena_block *head; /* zero-initialise; nothing is allocated before the first use */
};

void *orr_arena_alloc(struct orr_arena *a, size_t size); /* 16-byte aligned, uninitialised; control tier: never NULL */
void *orr_arena_zalloc(struct orr_arena *a, size_t count, size_t size);
char *orr_arena_strdup(struct orr_arena *a, const char *s);
char *orr_arena_strndup(struct orr_arena *a, const char *s, size_t n);
char *orr_arena_printf(struct orr_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void orr_arena_reset(struct orr_arena *a); /* keeps the largest block for reuse */
void orr_arena_free(struct orr_arena *a);

#endif
