/* Candidates from files, for app/pool.c. */
#ifndef ORRERY_APP_POOL_FILE_H
#define ORRERY_APP_POOL_FILE_H

#include "base/intern.h"
#include "methods/select/select.h"

struct orr_pool_texts {
    struct orr_pool *pool;
    struct orr_intern seen; /* what it has */
};
/* Adds a text unless it is empty or there already. */
void orr_pool_texts_add(struct orr_pool_texts *t, const char *text, size_t n);
/* See orr_pool_read. EFORMAT names the line. */
enum orr_status orr_pool_file_read(const char *path, const char *column, const struct orr_ticker *ticker,
                                   struct orr_pool_texts *out, struct orr_error *err);

#endif
