/* Descriptions of tables, added to what is searched: by the built-in describer, or by a command of the user's. */
#ifndef ORRERY_APP_ENRICH_H
#define ORRERY_APP_ENRICH_H

#include <orrery/corpus.h>

#include "base/str.h"

struct orr_enrich_options {
    const char *cmd; /* a command line, split as a shell would, run without one; NULL: the built-in describer */
    size_t batch;    /* tables per run of the command; 0: 64 */
    int timeout_ms;  /* for one run; 0: 60 s */
};
struct orr_enrich_report {
    size_t described, cached; /* tables that got a description; those of them whose description the store had kept */
    size_t missing;           /* tables that the command gave none */
    size_t failed;            /* runs of the command that failed or hung */
    size_t garbage;           /* lines of its that were no {"id","description"} */
    struct orr_str notes;     /* the first few failures, a line each; free with orr_str_free */
};
/* The command gets one table a line as JSON (the layout of `orrery corpus add`) and prints {"id","description"}
 * lines in any order. What it says is kept in the store by command and table, so that no table is sent twice. A run
 * that fails, hangs or prints garbage is counted and passed over: its tables stay as they are. ECANCELLED keeps what
 * a command has said so far. */
enum orr_status orr_app_corpus_enrich(struct orr_store *store, const char *corpus, const struct orr_enrich_options *o,
                                      const struct orr_ticker *ticker, struct orr_enrich_report *out,
                                      struct orr_error *err);

#endif
