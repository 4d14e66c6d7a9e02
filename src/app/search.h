/* Asking a corpus. Shared by `orrery search`, `orrery answer` and views/search. */
#ifndef ORRERY_APP_SEARCH_H
#define ORRERY_APP_SEARCH_H

#include "app/corpus_vectors.h"
#include "methods/tables/cascade.h"

struct orr_search {
    struct orr_corpus_index corpus;
    struct orr_corpus_vectors vectors; /* of an encoder; none: only what the index has */
    struct orr_cascade *cascade;
};
/* Opens a corpus for asking. encoder: a name (app/corpus_vectors.h); NULL: the one that the corpus has, and where that
 * cannot be opened any more, none, with a note. The index is then independent of the store handle: another thread may
 * take it over. */
enum orr_status orr_search_open_with(struct orr_store *store, const char *corpus, const char *encoder, bool rows,
                                     const struct orr_ticker *ticker, struct orr_search *out, struct orr_error *err);
/* The same with the encoder that the corpus has. */
enum orr_status orr_search_open(struct orr_store *store, const char *corpus, const struct orr_ticker *ticker,
                                struct orr_search *out, struct orr_error *err);
/* A cascade over the same corpus for another thread; free with orr_cascade_free. */
struct orr_cascade *orr_search_cascade(const struct orr_search *s);
void orr_search_close(struct orr_search *s);

/* Place, id, title, section and the score of every stage, best first, at most `k`. Zero-initialise *t before. */
void orr_search_table(const struct orr_search *s, const struct orr_cascade_result *r, size_t k, struct orr_table *t);
/* The contract of `orrery search --json`: one object
 * {"qid","query","tables":[{"id","title","section","sparse","dense","rerank"}...], "ms":{...}} on one line. qid
 * NULL: none. */
void orr_search_json(const struct orr_search *s, const struct orr_cascade_result *r, size_t k, const char *qid,
                     const char *query, struct orr_str *out);
/* The table of a candidate, from the store, in the arena. */
enum orr_status orr_search_doc(const struct orr_search *s, struct orr_store *store, uint32_t doc, struct orr_arena *a,
                               struct orr_doc *out, struct orr_error *err);

#endif
