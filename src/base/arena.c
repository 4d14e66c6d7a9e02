#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ALIGN = 16, FIRST_BLOCK = 16384 };

struct orr_arena_block {
    struct orr_arena_block *next;
    size_t used, size;
    _Alignas(ALIGN) char data[];
};

static struct orr_arena_block *grow(struct orr_arena *a, size_t least)
{
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;
    if (size < least) size = least;
    struct orr_arena_block *b = orr_xmalloc(sizeof *b + size);
    *b = (struct orr_arena_block){.next = a->head, .size = size};
    return a->head = b;
}

void *orr_arena_alloc(struct orr_arena *a, size_t size)
{
    if (size > SIZE_MAX / 4) abort(); /* no piece is that large: a size computed from hostile input went wrong */
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct orr_arena_block *b = a->head;
    if (!b || b->size - b->used < size) b = grow(a, size);
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

void *orr_arena_zalloc(struct orr_arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) abort();
    return memset(orr_arena_alloc(a, n), 0, n);
}

char *orr_arena_strndup(struct orr_arena *a, const char *s, size_t n)
{
    n = strnlen(s, n);
    char *p = orr_arena_alloc(a, n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *orr_arena_strdup(struct orr_arena *a, const char *s) { return orr_arena_strndup(a, s, strlen(s)); }

char *orr_arena_printf(struct orr_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = orr_arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    p[0] = '\0';
    if (n > 0) vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void orr_arena_reset(struct orr_arena *a)
{
    if (!a->head) return;
    struct orr_arena_block *b = a->head->next; /* the head is the newest and largest */
    while (b) {
        struct orr_arena_block *next = b->next;
        free(b);
        b = next;
    }
    a->head->next = NULL;
    a->head->used = 0;
}

void orr_arena_free(struct orr_arena *a)
{
    orr_arena_reset(a);
    free(a->head);
    a->head = NULL;
}
