/* A store in a folder of its own under /tmp, and short ways to fill it. */
#ifndef ORRERY_TESTS_AID_STORE_H
#define ORRERY_TESTS_AID_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/store.h>

struct aid_store {
    char folder[64];
    char path[96]; /* folder/store.db */
    struct orr_store *store;
};

/* Creates folder and store; fails the test when it cannot. */
struct aid_store aid_store_new(void);
/* Only the folder; `store` is NULL. */
struct aid_store aid_store_folder(void);
/* Closes the store and removes the folder with all in it. */
void aid_store_end(struct aid_store *a);
/* Opens a->path, failing the test with the message when it cannot. */
struct orr_store *aid_store_open(const struct aid_store *a, enum orr_store_mode mode);

/* Fails the test, with the message, unless status is ORR_OK. */
void aid_ok(enum orr_status status, const struct orr_error *err);

int64_t aid_run(struct orr_store *s, const char *key, const char *name);
/* Values v0, v0 + 1, ... at steps 0, 1, ...; no times. */
void aid_append(struct orr_store *s, int64_t run, const char *name, size_t n, double v0);

/* The bytes of a file; the caller frees. NULL when it cannot be read. */
unsigned char *aid_slurp(const char *path, size_t *n);

#endif
