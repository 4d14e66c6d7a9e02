/* Small corpora for tests: synthetic tables about cities, and random ones of any size. */
#ifndef ORRERY_TESTS_AID_CORPUS_H
#define ORRERY_TESTS_AID_CORPUS_H

#include "text/index.h"

/* Five tables with titles, sections, headers and a few rows each, as JSON lines. */
extern const char aid_corpus_jsonl[];

/* n random tables, the same for the same n and seed: words of a Zipf-like vocabulary in all fields. */
struct aid_docs {
    size_t n;
    uint64_t *key, *hash;
    char **json;
    struct orr_arena arena; /* of the document fetched last */
};
struct aid_docs *aid_docs_random(size_t n, uint64_t seed);
struct aid_docs *aid_docs_from(const char *jsonl);
void aid_docs_free(struct aid_docs *d);
/* An index of the documents from `first` on, n of them; the test fails when it cannot be made. */
struct orr_index *aid_index(struct aid_docs *d, size_t first, size_t n, const struct orr_index *old);
/* Its bytes. */
struct orr_str aid_index_bytes(struct aid_docs *d, size_t first, size_t n, const struct orr_index *old);

#endif
