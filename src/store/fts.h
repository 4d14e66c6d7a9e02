/* SQLite's own full-text index (FTS5) over tables: the baseline that searching is measured against. It lives in a temporary
 * database of its own. */
#ifndef ORRERY_STORE_FTS_H
#define ORRERY_STORE_FTS_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

struct orr_fts;

/* Columns title, section, header, body; tokenizer "porter unicode61"; bm25 with the title counted title_weight times.
 * EUNSUPPORTED where SQLite was built without FTS5. The caller owns *out. */
enum orr_status orr_fts_new(double title_weight, struct orr_fts **out, struct orr_error *err);
void orr_fts_free(struct orr_fts *f); /* NULL-safe */
enum orr_status orr_fts_add(struct orr_fts *f, int64_t id, const char *title, const char *section, const char *header,
                            const char *body, struct orr_error *err);
enum orr_status orr_fts_finish(struct orr_fts *f,
                               struct orr_error *err); /* optimises and commits; once, before searching */
/* The words of the text joined by OR, best first: ids[0..k) and how many there are. */
enum orr_status orr_fts_search(struct orr_fts *f, const char *text, size_t k, int64_t *ids, size_t *n,
                               struct orr_error *err);
const char *orr_fts_version(void); /* "SQLite 3.40.1" */

#endif
