#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (p) return p;
    fputs("orrery: out of memory for control data\n", stderr);
    abort();
}

void *orr_alloc(size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) return NULL;
    return malloc(n ? n : 1);
}

void *orr_realloc(void *p, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) return NULL;
    return realloc(p, n ? n : 1);
}

void *orr_xmalloc(size_t size) { return must(malloc(size ? size : 1)); }
void *orr_xcalloc(size_t count, size_t size) { return must(calloc(count ? count : 1, size ? size : 1)); }
void *orr_xrealloc(void *p, size_t count, size_t size) { return must(orr_realloc(p, count, size)); }

char *orr_xstrndup(const char *s, size_t n)
{
    n = strnlen(s, n);
    char *p = orr_xmalloc(n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *orr_xstrdup(const char *s) { return orr_xstrndup(s, strlen(s)); }
