/* The last step of stage 3: an encoder reads the question with the best candidates' mini-tables. */
#ifndef ORRERY_METHODS_TABLES_REREAD_H
#define ORRERY_METHODS_TABLES_REREAD_H

#include "methods/tables/cascade.h"

/* score[n]: what the encoder says of items[0..n), in standard deviations above their mean, so that encoders of all
 * kinds compare. The error is that of fetching or encoding. */
enum orr_status orr_reread(const struct orr_reading_ranker *o, struct orr_table_scratch *scratch,
                           const struct orr_query *q, const char *query, const struct orr_candidate *items, size_t n,
                           float *score, struct orr_error *err);

#endif
