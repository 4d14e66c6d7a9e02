/* Two tiers of allocation. Control data is small and aborts when memory is out; data-sized requests are checked for
 * overflow and return NULL, which the caller turns into ORR_ENOMEM. Free both with free(). */
#ifndef ORRERY_BASE_MEM_H
#define ORRERY_BASE_MEM_H

#include <stddef.h>

void *orr_xmalloc(size_t size);               /* never NULL */
void *orr_xcalloc(size_t count, size_t size); /* never NULL, zeroed */
void *orr_xrealloc(void *p, size_t count, size_t size);
char *orr_xstrdup(const char *s);
char *orr_xstrndup(const char *s, size_t n);

void *orr_alloc(size_t count, size_t size);            /* NULL on overflow or refusal; count 0 gives a valid pointer */
void *orr_realloc(void *p, size_t count, size_t size); /* as orr_alloc; p stays valid when NULL is returned */

#endif
