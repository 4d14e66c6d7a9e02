/* WordNet (Fellbaum, 1998) from its data files: synsets with their words, definitions, examples and kin. */
#ifndef ORRERY_TEXT_WORDNET_H
#define ORRERY_TEXT_WORDNET_H

#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/vec.h"

enum orr_wordnet_part { ORR_WORDNET_TRAIN, ORR_WORDNET_VALIDATION, ORR_WORDNET_TEST };

struct orr_synset {
    const char *definition; /* without examples */
    uint32_t word, n_words; /* words[word..word + n_words): numbers of its words */
    uint32_t example, n_examples;
    int32_t kin;         /* the synset above it; of adjectives the one it is similar to; -1: none */
    char kind;           /* n, v, a, s (an adjective that stands near another), r */
    uint8_t part;        /* of a split by a hash of kind and offset: 90, 5 and 5 percent */
};

/* Zero-initialise; free with orr_wordnet_free. */
struct orr_wordnet {
    ORR_VEC(struct orr_synset) synsets;
    ORR_VEC(uint32_t) words;
    ORR_VEC(const char *) examples;
    struct orr_intern lemmas; /* "flat tire": distinct words, blanks for underscores */
    struct orr_arena texts;
};

/* Reads data.noun, data.verb, data.adj and data.adv of a folder. A line that is none of WordNet's is ORR_EFORMAT. */
enum orr_status orr_wordnet_read(const char *folder, const struct orr_ticker *ticker, struct orr_wordnet *out,
                                 struct orr_error *err);
void orr_wordnet_free(struct orr_wordnet *w);

static inline const char *orr_wordnet_word(const struct orr_wordnet *w, const struct orr_synset *s, uint32_t i)
{
    return w->lemmas.entries[w->words.data[s->word + i]].text;
}

#endif
