/* Our own small encoder: a text is the sum of the learned vectors of its hashed features, scaled to unit length. A word
 * (text/token.h: folded and stemmed) has two rows of the table (hash embeddings: Svenstrup et al. 2017) and one for each
 * of its trigrams "<ze", "zen", ..., "da>" (Bojanowski et al. 2017). Rows that the training never met stay as they were
 * drawn, so that unknown names are still told apart by their spelling. */
#ifndef ORRERY_TEXT_ENCODER_BAG_H
#define ORRERY_TEXT_ENCODER_BAG_H

#include "text/encoder.h"
#include "text/pieces.h"
#include "text/token.h"

enum { ORR_BAG_WORDS = 160 /* of a text that are read */ };

/* Appends the features of a text, rows of a table of `rows`. O(bytes of its first ORR_BAG_WORDS words). */
void orr_bag_features(struct orr_tokeniser *t, const char *text, int32_t rows, struct orr_tokens *out);

/* Writes the file: table (rows, dim), half precision. metadata: keys and values in turn, ended by NULL. */
enum orr_status orr_bag_write(const char *path, int32_t rows, int dim, const float *table, const char *const *metadata,
                              struct orr_error *err);

#endif
