/* `orrery eval adoption`: how well adoption curves are fitted and forecast, against baselines, on simulated series and,
 * with real data, on fine-tunes of models and downloads of packages. */
#ifndef ORRERY_APP_EVAL_ADOPTION_H
#define ORRERY_APP_EVAL_ADOPTION_H

#include "app/adoption.h"
#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_adoption_options {
    const char *real;  /* folder with hf_adoption/ and pypi_downloads/; NULL: simulated series only */
    bool quick;        /* fewer series and ages, the same code */
    bool only_models;  /* leave out simulated series and packages */
    uint64_t seed;
    int threads;       /* 0: one per core */
    const char *learn; /* file to write the learned prior and blend to, as C source; needs real. NULL: none */
    struct orr_shards *shards; /* NULL: all here */
};
/* Fills *out (zero-initialise; free with orr_eval_free). Minutes; a minute with quick. */
enum orr_status orr_eval_adoption(const struct orr_eval_adoption_options *options, const struct orr_ticker *ticker,
                                  struct orr_eval *out, struct orr_error *err);

/* ---- for eval_adoption.c: forecasts of one panel of series ---- */

struct orr_adoption_panel {
    const char *task;
    size_t n, groups;                /* groups: companies, folds of packages, seeds */
    struct orr_blend_series *series; /* [n]; t = 1, 2, ... without gaps */
    /* learned by orr_adoption_panel_learn, each without group g; element `groups` from all */
    struct orr_rpp_prior *priors;
    struct orr_blend *blends;
    struct orr_arena arena;          /* owns the points */
};
/* Copies an item, carrying counts forward over gaps. */
void orr_adoption_panel_add(struct orr_adoption_panel *p, const struct orr_adoption_item *item, size_t group);
enum orr_status orr_adoption_panel_learn(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o,
                                         const struct orr_ticker *ticker, struct orr_error *err);
/* Every method at (6,6), (12,6), (12,12): rows and paired differences. Needs panel_learn before. */
enum orr_status orr_adoption_panel_forecast(const struct orr_adoption_panel *p,
                                            const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                            struct orr_eval *out, struct orr_error *err);
void orr_adoption_panel_free(struct orr_adoption_panel *p);
/* Fill a panel (zero-initialise) with simulated series, with packages of o->real. */
void orr_adoption_panel_simulate(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o);
enum orr_status orr_adoption_panel_packages(struct orr_adoption_panel *p, const struct orr_eval_adoption_options *o,
                                            const struct orr_ticker *ticker, struct orr_error *err);

/* ---- eval_adoption_ship.c ---- */

/* Writes src/methods/adoption/learned.c to o->learn: the prior and b of `models`, which are learned, and sizes of errors
 * of models, packages and simulated series together, each kind with the same weight. */
enum orr_status orr_adoption_panel_ship(const struct orr_adoption_panel *models,
                                        const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                        struct orr_error *err);

#endif
