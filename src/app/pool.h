/* Pools of candidates by name: kept in the store, read from files, built in, or typed. Shared by `orrery pool`, `orrery
 * select`, `orrery eval select` and views/select. */
#ifndef ORRERY_APP_POOL_H
#define ORRERY_APP_POOL_H

#include "app/app.h"
#include "methods/select/select.h"

/* Reads the candidates that `name` stands for:
 *   "=cat, dog, tiger"   these texts, parted by commas, or by semicolons where there are some
 *   a pool of the store  by its name (store NULL: none); *stored receives its id, else 0
 *   a file               with a candidate per line; .csv and .tsv with one per row; .jsonl and .ndjson with a string or an
 *                        object per line; all of them also gzipped
 *   "wordnet[:N]"        the words of WordNet, or N of them, always the same ones
 * column: of a table a name in its header, or a number from 1 where there is none (NULL: 1); of JSON objects a member
 * (NULL: text, name or candidate). Equal candidates are kept once. ENOTFOUND names what there is. */
enum orr_status orr_pool_read(struct orr_store *store, const char *name, const char *column,
                              const struct orr_ticker *ticker, struct orr_pool *out, int64_t *stored,
                              struct orr_error *err);
/* orr_pool_encode for a pool that was read: tokens are taken from the store where it has them, and put there where it has not
 * and may be written. */
enum orr_status orr_pool_encode_stored(struct orr_store *store, int64_t stored, struct orr_pool *p,
                                       const struct orr_pieces *pieces, struct orr_error *err);
/* WordNet's words in the order of its files; n > 0: so many of them, drawn. */
enum orr_status orr_pool_wordnet(size_t n, const struct orr_ticker *ticker, struct orr_pool *out, struct orr_error *err);

/* Reads a file into a pool of the store, and notes that it came from `source`; one of that name is replaced. *n receives
 * the number of its candidates. */
enum orr_status orr_app_pool_add(struct orr_store *store, const char *name, const char *path, const char *source,
                                 const char *column, const struct orr_ticker *ticker, size_t *n, struct orr_error *err);
/* name, candidates, vocabularies, source, and those that are built in. Zero-initialise *t. store may be NULL. */
enum orr_status orr_app_pool_table(struct orr_store *store, struct orr_table *t, struct orr_error *err);

#endif
