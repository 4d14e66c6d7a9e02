/* How often the stages of the cascade find the table that answers one of a corpus's own questions among their first k. */
#ifndef ORRERY_APP_SEARCH_RECALL_H
#define ORRERY_APP_SEARCH_RECALL_H

#include "app/search.h"

enum { ORR_RECALL_DEPTH = 100 };

struct orr_search_recall {
    size_t n;                                     /* questions whose table the corpus has */
    double percent[ORR_STAGES][ORR_RECALL_DEPTH]; /* of k = 1 .. ORR_RECALL_DEPTH */
    double milliseconds[ORR_STAGES];              /* median */
};
/* ENOTFOUND when the corpus has no such questions. */
enum orr_status orr_search_recall(struct orr_store *store, const char *corpus, const struct orr_ticker *ticker,
                                  struct orr_search_recall *out, struct orr_error *err);
/* As a table (k, sparse, dense, rerank) or a picture, by the extension. */
enum orr_status orr_search_recall_export(struct orr_store *store, const char *corpus, const char *path,
                                         const struct orr_ticker *ticker, struct orr_error *err);

#endif
