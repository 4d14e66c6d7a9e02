/* Language models of one's own: trained on WordNet, recorded as runs, kept as model folders that `orrery select` opens. */
#ifndef ORRERY_APP_LM_H
#define ORRERY_APP_LM_H

#include "app/app.h"
#include "methods/lm/lm.h"

struct orr_lm_job {
    const char *arch;       /* "128:4:4" */
    int vocab, context;     /* pieces; tokens of the longest line */
    const char *out;        /* folder; its tokenizer.json, where it fits, is kept */
    const char *wordnet;    /* folder with data.noun and so on; NULL: the installed one */
    const char *checkpoint; /* file: saved now and then, gone on from when it exists; NULL: none */
    const char *name, *group; /* of the run; NULL: made up; none */
    int checkpoint_every, evaluate_every; /* steps */
    struct orr_lm_options train;
};
struct orr_lm_job orr_lm_job_defaults(void);

struct orr_lm_outcome {
    int64_t run, step;
    size_t parameters;
    uint64_t tokens;
    double train_loss, loss, accuracy; /* the latter two on definitions of synsets held back for validation */
    double seconds;                    /* of training, this time */
};
/* Trains and writes the folder. The run gets train/loss, validation/loss, validation/accuracy, lr and tokens_per_second by
 * steps. ORR_ECANCELLED: stopped after a whole step, with a checkpoint where one was asked for; the run says "stopped" and no
 * folder is written. */
enum orr_status orr_app_lm_train(struct orr_app *app, const struct orr_lm_job *job, const struct orr_ticker *ticker,
                                 struct orr_lm_outcome *out, struct orr_error *err);

/* The shipped model's folder, or NULL when it is not there. The caller frees. */
char *orr_lm_shipped(void);
/* Sizes, vocabulary and metadata of a model as a table of name and value. Zero-initialise *t. */
enum orr_status orr_app_lm_show(const char *path, struct orr_table *t, struct orr_error *err);
/* The models in a folder (NULL: those shipped): name, family, parameters, layers, width, vocabulary, context. */
enum orr_status orr_app_lm_list(const char *folder, struct orr_table *t, struct orr_error *err);

#endif
