/* The small encoder that ships: trained on WordNet and on tables, written. */
#ifndef ORRERY_APP_CORPUS_PRETRAIN_H
#define ORRERY_APP_CORPUS_PRETRAIN_H

#include "methods/tables/pretrain.h"

/* Under datasets/models. */
#define ORR_BAG_SHIPPED "table-encoder.safetensors"

struct orr_bag_job {
    const char *out;     /* the file */
    const char *wordnet; /* folder; NULL: the installed one */
    const char *tables;  /* as for a corpus (ingest/tables.h); NULL: WordNet alone */
    /* Only tables of the parts 0 to parts - 1 (app/eval_tables.h): with ORR_EVAL_CHOOSING the evaluation asks of none of them. */
    int parts;
    struct orr_bag_options train;
};
struct orr_bag_job orr_bag_job_defaults(void);
/* The installed WordNet (package wordnet-base); ENOTFOUND names the command that installs it. */
enum orr_status orr_wordnet_installed(const struct orr_ticker *ticker, struct orr_wordnet *out, struct orr_error *err);
/* The checkpoint is removed when the file is there. */
enum orr_status orr_app_corpus_pretrain(const struct orr_bag_job *job, const struct orr_ticker *ticker,
                                        orr_bag_seen seen, void *ctx, struct orr_error *err);

#endif
