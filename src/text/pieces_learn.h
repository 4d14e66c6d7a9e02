/* Byte-pair vocabularies learned from texts (Sennrich et al. 2016), over bytes, split as GPT-2 splits. */
#ifndef ORRERY_TEXT_PIECES_LEARN_H
#define ORRERY_TEXT_PIECES_LEARN_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/str.h"

struct orr_pieces_learner;
struct orr_pieces_learner *orr_pieces_learner_new(void);
void orr_pieces_learner_free(struct orr_pieces_learner *l); /* NULL-safe */
void orr_pieces_learner_add(struct orr_pieces_learner *l, const char *text, size_t n);
/* Appends a tokenizer.json of at most `vocab` pieces: <|endoftext|>, which begins and ends a text, the 256 bytes, and what
 * merging the commonest pair again and again gives, until none occurs twice. O(merges x distinct parts of the texts). */
enum orr_status orr_pieces_learner_write(struct orr_pieces_learner *l, int vocab, const struct orr_ticker *ticker,
                                         struct orr_str *json, struct orr_error *err);

#endif
