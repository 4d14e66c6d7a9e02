/* Encoders by name, and the vectors that one of them made of a corpus, kept beside its index. */
#ifndef ORRERY_APP_CORPUS_VECTORS_H
#define ORRERY_APP_CORPUS_VECTORS_H

#include "app/corpus.h"
#include "app/shards.h"
#include "text/vectors.h"

/* Whether the name asks for no encoder: NULL, "" or "hashed", the vectors of word pieces that every index has. */
bool orr_encoder_is_none(const char *name);
/* "shipped": our own small encoder (app/corpus_pretrain.h); "use": the npm sentence encoder that `make models` brings; else
 * a file or a model folder (text/encoder.h). */
#define ORR_ENCODER_SHIPPED "shipped"
enum orr_status orr_encoder_open_named(const char *name, struct orr_encoder **out, struct orr_error *err);

struct orr_corpus_vectors {
    struct orr_encoder *encoder; /* NULL: the corpus has none */
    struct orr_vectors *vectors;
    bool built; /* were out of date, missing or damaged, and made anew */
    double seconds;
    char note[640]; /* what was wrong with the old ones, or why the new ones could not be kept; "" */
};
/* Opens the vectors of a corpus for the tables of its index, bringing them up to date first: only tables that are new
 * or changed are encoded. name: an encoder, or NULL: the one that the corpus had last, if any. rows: whether rows get
 * vectors too; they
 * keep them where they had some, and the shipped one always makes them. The file lies beside the store
 * (STORE.corpus-ID.vec) and is written whole or not at all. */
enum orr_status orr_corpus_vectors_open(struct orr_store *store, const struct orr_corpus_index *index, const char *name,
                                        bool rows, const struct orr_ticker *ticker, struct orr_corpus_vectors *out,
                                        struct orr_error *err);
/* Encodes only those tables that the shard has to, and writes nothing beside the store; or, merging, puts together what all
 * have encoded into the file that orr_corpus_vectors_open finds: the same bytes as one process makes. name as above; EINVAL
 * where there is no encoder. EFORMAT: the fragments are of other tables. */
enum orr_status orr_corpus_vectors_share(struct orr_store *store, const char *corpus, const char *name, bool rows,
                                         struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_error *err);
void orr_corpus_vectors_close(struct orr_corpus_vectors *v);
/* Takes the vectors away for good: the corpus is searched without an encoder until one is named. */
enum orr_status orr_corpus_vectors_refuse(const struct orr_store *store, int64_t corpus, struct orr_error *err);
void orr_corpus_vectors_forget(const struct orr_store *store, int64_t corpus); /* takes the file away */
char *orr_corpus_vectors_path(const struct orr_store *store, int64_t corpus); /* the caller frees */

#endif
