/* Pairs of texts that belong together, from which an encoder learns: words of WordNet with their definitions, and questions
 * drawn from a table with the table. Everything drawn follows from the generator that is handed in. */
#ifndef ORRERY_METHODS_TABLES_PAIRS_H
#define ORRERY_METHODS_TABLES_PAIRS_H

#include <orrery/rng.h>

#include "text/doc.h"
#include "text/wordnet.h"

struct orr_pair_source {
    const struct orr_wordnet *wordnet; /* its training part; NULL: none */
    const struct orr_doc *docs;        /* [n_docs] */
    size_t n_docs;
    /* of orr_pairs_init */
    uint32_t *synset; /* [n_synsets] numbers of those for training */
    size_t n_synsets;
    uint32_t *first_of, *of; /* lemma -> synsets for training: of[first_of[lemma]..first_of[lemma + 1]) */
};
/* Borrows wordnet and docs. */
void orr_pairs_init(struct orr_pair_source *s, const struct orr_wordnet *wordnet, const struct orr_doc *docs, size_t n);
void orr_pairs_free(struct orr_pair_source *s);

/* Appends a word, synonyms or an example of synset i of the source, and what it means. */
void orr_pair_wordnet(const struct orr_pair_source *s, size_t i, struct orr_rng *rng, struct orr_str *query,
                      struct orr_str *passage);
/* Appends a question that table i might answer, some of its words by synonyms, and what an encoder reads of the table or of
 * one row (text/passage.h). Synthetic. */
void orr_pair_table(const struct orr_pair_source *s, size_t i, struct orr_rng *rng, struct orr_str *query,
                    struct orr_str *passage);
/* Appends the text with each word that the training part of WordNet has replaced, with probability `share`, by a synonym. */
void orr_pairs_reword(const struct orr_pair_source *s, const char *text, double share, struct orr_rng *rng,
                      struct orr_str *out);

#endif
