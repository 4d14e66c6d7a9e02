/* The tasks of `orrery eval prompt`: prompts learned from few images of the base classes, scored on these and on new ones. */
#ifndef ORRERY_APP_EVAL_PROMPT_H
#define ORRERY_APP_EVAL_PROMPT_H

#include "app/eval.h"
#include "app/prompt.h"
#include "app/shards.h"

struct orr_eval_prompt_options {
    struct orr_shards *shards; /* NULL: all here */
    bool quick;
    uint64_t seed;
    int seeds;           /* 0: ten, two when quick */
    int threads, shots;  /* shots 0: 16 */
    bool validation;     /* score on validation images, to choose settings by */
    int epochs, batch, search_epochs; /* 0: the default */
    double lr, alpha_lr; /* 0: the default */
    size_t each;         /* test images of a class; 0: 20 */
    const char *encoder; /* NULL: the shipped one */
    const char *const *tasks, *const *methods; /* only these; n 0: all */
    size_t n_tasks, n_methods;
};
/* ORR_ECANCELLED: stopped; there are no rows then. */
enum orr_status orr_eval_prompt(const struct orr_eval_prompt_options *o, const struct orr_ticker *ticker, struct orr_eval *out,
                                struct orr_error *err);

#endif
