/* Corpora in the store: named collections of tables as JSON text, and questions that tables are known to answer.
 *
 * Tables corpus(id, name, source, stamp, created), corpus_table(id, corpus_id, key, hash, json) and
 * corpus_question(corpus_id, qid, question, table_key) can be asked in SQL like the rest of the store. */
#ifndef ORRERY_CORPUS_H
#define ORRERY_CORPUS_H

#include <orrery/store.h>

struct orr_corpus {
    int64_t id;
    const char *name, *source; /* source: where it was last added from */
    int64_t tables, questions;
    uint64_t stamp; /* changes with every change of its tables; never the same for two corpora */
    double created;
};
struct orr_corpus_list {
    size_t n;
    struct orr_corpus *items; /* by name */
    void *memory;
};
enum orr_status orr_store_corpora(struct orr_store *s, struct orr_corpus_list *out, struct orr_error *err);
void orr_corpus_list_free(struct orr_corpus_list *l);
/* By exact name: a list of one. ENOTFOUND with the names that there are. */
enum orr_status orr_store_corpus_find(struct orr_store *s, const char *name, struct orr_corpus_list *out,
                                      struct orr_error *err);
/* The corpus of that name, made when missing; source replaces what is there. EINVAL for an empty name or one with a
 * control character. */
enum orr_status orr_store_corpus_make(struct orr_store *s, const char *name, const char *source, int64_t *id,
                                      struct orr_error *err);
enum orr_status orr_store_corpus_remove(struct orr_store *s, int64_t corpus, struct orr_error *err); /* and all in it */

enum orr_corpus_change { ORR_CORPUS_ADDED, ORR_CORPUS_CHANGED, ORR_CORPUS_SAME };
/* Adds a table, or replaces the one of the same key. hash: of json, tells whether anything is new. */
enum orr_status orr_store_corpus_put(struct orr_store *s, int64_t corpus, const char *key, uint64_t hash,
                                     const char *json, enum orr_corpus_change *change, struct orr_error *err);
/* Takes tables away whose key is not among keys[0..n) (sorted by strcmp); *removed (may be NULL) counts them. */
enum orr_status orr_store_corpus_keep(struct orr_store *s, int64_t corpus, const char *const *keys, size_t n,
                                      size_t *removed, struct orr_error *err);

struct orr_corpus_rows {
    size_t n;
    uint64_t *id, *hash; /* [n] ids ascending; free both */
};
enum orr_status orr_store_corpus_rows(struct orr_store *s, int64_t corpus, struct orr_corpus_rows *out,
                                      struct orr_error *err);
void orr_corpus_rows_free(struct orr_corpus_rows *r);
/* The JSON of a table by its row id; the caller frees. */
enum orr_status orr_store_corpus_table(struct orr_store *s, int64_t id, char **json, struct orr_error *err);
/* The row id of a table by its key; ENOTFOUND. */
enum orr_status orr_store_corpus_table_find(struct orr_store *s, int64_t corpus, const char *key, int64_t *id,
                                            struct orr_error *err);

struct orr_corpus_question {
    const char *qid, *question, *table_key;
};
struct orr_corpus_questions {
    size_t n;
    struct orr_corpus_question *items; /* in order of adding */
    void *memory;
};
/* Adds a question, or replaces the one of the same qid. */
enum orr_status orr_store_corpus_question_put(struct orr_store *s, int64_t corpus, const struct orr_corpus_question *q,
                                              struct orr_error *err);
enum orr_status orr_store_corpus_questions(struct orr_store *s, int64_t corpus, struct orr_corpus_questions *out,
                                           struct orr_error *err);
void orr_corpus_questions_free(struct orr_corpus_questions *l);

#endif
