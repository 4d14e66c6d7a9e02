/* Adoption: series of counts from the store or from tables, fitted and forecast many at a time. Shared by
 * `orrery forecast adoption`, `orrery eval adoption` and views/adoption. */
#ifndef ORRERY_APP_ADOPTION_H
#define ORRERY_APP_ADOPTION_H

#include "app/app.h"
#include "app/shards.h"
#include "methods/adoption/adopt.h"

/* One series. Points at step 0 and below are left out: at release nothing has been counted. */
struct orr_adoption_item {
    int64_t run;                     /* 0: not from a store */
    const char *name, *group, *period; /* "" where unknown; period "month", "day", ... */
    size_t n;
    double *t, *c;                   /* [n] age in periods, cumulative count */
    double published[ORR_WSB_PARAMS]; /* the publishers' own lambda, mu, sigma (ln years), NaN where there are none */
};
struct orr_adoption_set {
    size_t n;
    struct orr_adoption_item *items;
    struct orr_arena arena; /* owns all of it */
};
void orr_adoption_set_free(struct orr_adoption_set *s);

/* Series `series` (NULL: "count") of the runs given, or, with n_runs 0, of every run of project "adoption". ENOTFOUND
 * when there is none. Zero-initialise *out; appends. */
enum orr_status orr_adoption_load(struct orr_store *store, const int64_t *runs, size_t n_runs, const char *series,
                                  struct orr_adoption_set *out, struct orr_error *err);
/* Every row of a table of counts, in any layout that `orrery import --format counts` takes. Appends. */
enum orr_status orr_adoption_load_table(const char *path, const struct orr_ticker *ticker,
                                        struct orr_adoption_set *out, struct orr_error *err);

/* How to fit: the name of a fit of `adoption` or of a baseline. */
struct orr_adoption_query {
    const char *method; /* "bayes", "blend", "rpp", "least-squares", "persistence", "linear", ... */
    bool paper, jumps;
    double m, level;
    uint64_t seed;
    size_t ahead;       /* periods to forecast */
    size_t observe;     /* use only so many points; 0: all */
    double observe_share; /* or this share of the points, at least one, when > 0 */
    int threads;        /* 0: one per core */
    const struct orr_shards *shards; /* fit only the items of this shard, others stay empty; NULL: all */
};
struct orr_adoption_query orr_adoption_query_defaults(void);
/* "bayes|blend|...": everything that method may name. */
const char *orr_adoption_methods(void);

struct orr_adoption_result {
    enum orr_status status; /* ORR_OK, or why this series could not be fitted: see error */
    struct orr_error error;
    size_t observed;        /* points used */
    bool has_parameters;    /* false for baselines: fit holds no more than its outcome */
    struct orr_adoption fit;
    struct orr_forecast forecast; /* n 0 when status is not ORR_OK */
};
struct orr_adoption_results {
    size_t n; /* as in the set */
    struct orr_adoption_result *items;
    double *numbers; /* private */
};
/* Fits all items in parallel. EINVAL for an unknown method or setting, ECANCELLED when the tick said stop (*out then
 * holds nothing). Free with orr_adoption_results_free. */
enum orr_status orr_adoption_run(const struct orr_adoption_set *set, const struct orr_adoption_query *query,
                                 const struct orr_ticker *ticker, struct orr_adoption_results *out,
                                 struct orr_error *err);
void orr_adoption_results_free(struct orr_adoption_results *r);

/* One row per item: name, group, observed, count, lambda, mu, sigma, ultimate, impact time, rmse, outcome, jumps, and the
 * last forecast with its bounds. Zero-initialise *t before. */
void orr_adoption_table(const struct orr_adoption_set *set, const struct orr_adoption_query *query,
                        const struct orr_adoption_results *results, struct orr_table *t);
/* The same and every horizon as JSON, one object per item and line: the contract of `forecast adoption --json`. */
void orr_adoption_json(const struct orr_adoption_set *set, const struct orr_adoption_query *query,
                       const struct orr_adoption_results *results, struct orr_str *out);
/* A file, its kind by the extension: a table of all items, or a picture of one item (counts, fit, forecast with its
 * band, jumps), or, with collapse, of all converged series rescaled onto one curve. */
enum orr_status orr_adoption_export(const struct orr_adoption_set *set, const struct orr_adoption_query *query,
                                    const struct orr_adoption_results *results, size_t item, bool collapse,
                                    const char *path, const struct orr_ticker *ticker, struct orr_error *err);

#endif
