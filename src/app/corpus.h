/* Corpora of tables: filled from files or from the store's own runs, and opened for searching with an index that is
 * up to date. Shared by `orrery corpus`, `orrery search`, `orrery eval tables` and views/search. */
#ifndef ORRERY_APP_CORPUS_H
#define ORRERY_APP_CORPUS_H

#include <orrery/corpus.h>

#include "app/app.h"
#include "app/shards.h"
#include "base/arena.h"
#include "text/index.h"

struct orr_corpus_report {
    size_t tables, added, changed, same, removed; /* tables: read in all */
    size_t doubles;                               /* ids that came more than once: the last one counts */
    size_t ragged;                                /* tables with rows of unequal length, filled up with empty cells */
    size_t headless;                              /* tables without a header */
    size_t noted;                                 /* lines and files passed over */
    struct orr_str notes;                         /* the first few, a line each; free with orr_str_free */
};
/* Reads the tables of `path` (ingest/tables.h) into a corpus, in one transaction: all or nothing. `mirror`: tables that
 * `path` does not hold are taken away. Adding the same again changes nothing. */
enum orr_status orr_app_corpus_add(struct orr_store *store, const char *name, const char *path, bool mirror,
                                   const struct orr_ticker *ticker, struct orr_corpus_report *out,
                                   struct orr_error *err);
/* The store's runs as a corpus: one table a run with its configuration and the last values of its series. Runs that are
 * gone leave the corpus. */
enum orr_status orr_app_corpus_runs(struct orr_store *store, const char *name, const struct orr_ticker *ticker,
                                    struct orr_corpus_report *out, struct orr_error *err);
/* Adds questions; those whose table the corpus lacks are counted in *strangers and added all the same. */
enum orr_status orr_app_corpus_questions(struct orr_store *store, const char *name, const char *path, size_t *n,
                                         size_t *strangers, struct orr_error *err);
/* Takes a corpus and its index file away. */
enum orr_status orr_app_corpus_remove(struct orr_store *store, const char *name, struct orr_error *err);
/* name, tables, questions, words, index bytes, whether it is up to date, source. Zero-initialise *t before. */
enum orr_status orr_app_corpus_table(struct orr_store *store, struct orr_table *t, struct orr_error *err);

/* ---- the index ---- */

struct orr_corpus_index {
    int64_t corpus;
    struct orr_index *index; /* close with orr_index_close */
    bool built;              /* was out of date, missing or damaged, and made anew */
    double seconds;          /* that took */
    char note[640];          /* why it could not be kept in a file, or what was wrong with the old one; "" */
};
/* Opens the index of a corpus, bringing it up to date first: only tables that are new or changed are read. The file
 * lies beside the store (STORE.corpus-ID.idx) and is written whole or not at all; where it cannot be written the
 * index lives in memory. */
enum orr_status orr_corpus_index_open(struct orr_store *store, const char *name, const struct orr_ticker *ticker,
                                      struct orr_corpus_index *out, struct orr_error *err);
/* Builds the index of only those tables that the shard has to, and writes nothing beside the store; or, merging, joins what all
 * have built into the file that orr_corpus_index_open finds: the same bytes as one process makes. EFORMAT: the fragments are of
 * other tables. */
enum orr_status orr_corpus_index_share(struct orr_store *store, const char *name, struct orr_shards *shards,
                                       const struct orr_ticker *ticker, struct orr_error *err);

/* The tables of a corpus as the documents of an index or of vectors. */
struct orr_corpus_tables {
    struct orr_store *store;
    struct orr_corpus_rows rows;
    struct orr_arena arena; /* of the document at hand */
    const uint64_t *id;     /* of the part that is read */
};
enum orr_status orr_corpus_tables_open(struct orr_store *store, int64_t corpus, struct orr_corpus_tables *out,
                                       struct orr_error *err);
void orr_corpus_tables_close(struct orr_corpus_tables *t);
/* At most `most` of them from place `first` on, valid until the next call. */
struct orr_index_source orr_corpus_tables_part(struct orr_corpus_tables *t, size_t first, size_t most);
/* A table of the store as a document in the arena, by its row id. */
enum orr_status orr_corpus_doc(struct orr_store *store, uint64_t id, struct orr_arena *a, struct orr_doc *out,
                               struct orr_error *err);
/* The path of a corpus's index file; the caller frees. */
char *orr_corpus_index_path(const struct orr_store *store, int64_t corpus);

#endif
