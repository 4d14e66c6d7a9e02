/* Forecasts of learning curves: from the store, files and pipes. Shared by `orrery forecast curve`, `orrery eval curve` and
 * views/curves. */
#ifndef ORRERY_APP_CURVE_FORECAST_H
#define ORRERY_APP_CURVE_FORECAST_H

#include "app/app.h"
#include "app/shards.h"
#include "methods/curve/lc.h"

enum {
    ORR_CURVE_AHEAD_MAX = 256, /* points of a forecast; more are thinned evenly, the last one stays */
    /* Items whose forecasts are computed together: a product of matrices rounds differently with another number of rows, so
     * that the groups must be the same however the items are shared out. */
    ORR_CURVE_TOGETHER = 32,
};

/* One recorded series, cleaned; status says why it cannot be used. */
struct orr_curve_item {
    int64_t run; /* 0: not from a store */
    const char *name, *group, *series;
    enum orr_status status;
    struct orr_error error;
    struct orr_lc_cleaning cleaning;
    size_t n;
    double *t, *y;                   /* [n] */
    enum orr_lc_direction direction; /* by the name of the series */
    struct orr_lc_graph *graph;      /* NULL: none is stored */
};
struct orr_curve_items {
    size_t n;
    struct orr_curve_item *items;
    struct orr_arena arena; /* owns all of it */
};
void orr_curve_items_free(struct orr_curve_items *s);

/* Whether smaller or larger values of this metric are better, by its name; UNKNOWN for other series. */
enum orr_lc_direction orr_curve_direction(const char *series);

/* Appends a series of a run (NULL: the most telling one) with the run's architecture. ENOTFOUND. A series too short or empty
 * is an item with its own status. Zero-initialise *out. */
enum orr_status orr_curve_items_add(struct orr_store *store, int64_t run, const char *series,
                                    struct orr_curve_items *out, struct orr_error *err);
/* That series of every run (of a group, unless NULL) which has it. */
enum orr_status orr_curve_items_add_all(struct orr_store *store, const char *group, const char *series,
                                        const struct orr_ticker *ticker, struct orr_curve_items *out,
                                        struct orr_error *err);
/* What a person may type: RUN, or RUN/SERIES. */
enum orr_status orr_curve_items_add_named(struct orr_store *store, const char *text, const char *series,
                                          struct orr_curve_items *out, struct orr_error *err);
/* Series of a file that `orrery import` reads (a number per line will do); series as above, "" for all of them. */
enum orr_status orr_curve_items_add_file(const char *path, const char *series, const struct orr_ticker *ticker,
                                         struct orr_curve_items *out, struct orr_error *err);

struct orr_curve_forecast_query {
    const char *method;   /* of ORR_DATA_CURVES */
    const char *model;    /* file; NULL: the shipped one, where the method learns */
    double observe_share; /* of the way from the first to the last step; 0: see observe */
    size_t observe;       /* points; 0: all */
    double horizon;       /* steps past the last observed one; 0: to the last recorded one, or as far again */
    double level;
    enum orr_lc_direction direction; /* UNKNOWN: by name, else by trend */
    uint64_t seed;
    const struct orr_shards *shards; /* forecast only the groups of this shard, other items stay empty; NULL: all */
};
struct orr_curve_forecast_query orr_curve_forecast_defaults(void);

struct orr_curve_forecast {
    enum orr_status status; /* of this item */
    struct orr_error error;
    size_t observed;
    enum orr_lc_direction direction;
    struct orr_forecast out; /* n 0 when status is not ORR_OK */
    double *actual;          /* [out.n] what was recorded there; NaN: nothing */
};
struct orr_curve_forecasts {
    size_t n; /* as in the items */
    struct orr_curve_forecast *items;
    const char *made_with; /* the model's file; "" for fits */
    double seconds;        /* of the forecasts alone */
    struct orr_arena arena;
};
/* EINVAL for an unknown method, ENOTFOUND for a method that learns without a model, ECANCELLED. Free with
 * orr_curve_forecasts_free (also after an error). */
enum orr_status orr_curve_forecast_run(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                                       const struct orr_ticker *ticker, struct orr_curve_forecasts *out,
                                       struct orr_error *err);
/* The same with a model at hand: its method counts, not the query's. */
enum orr_status orr_curve_forecast_with(const struct orr_lc_model *model, const struct orr_curve_items *items,
                                        const struct orr_curve_forecast_query *q, const struct orr_ticker *ticker,
                                        struct orr_curve_forecasts *out, struct orr_error *err);
void orr_curve_forecasts_free(struct orr_curve_forecasts *f);
/* A curve from points at hand. Copies what it is given. */
struct orr_curve_item *orr_curve_items_add_points(struct orr_curve_items *s, const char *name, const char *series, size_t n,
                                                  const double *t, const double *y);
/* An architecture graph of a run for an item; without one the item stays as it is. */
enum orr_status orr_curve_item_graph(struct orr_store *store, int64_t run, struct orr_curve_items *s,
                                     struct orr_curve_item *item, struct orr_error *err);
/* The shipped or named model, or an untrained one where nothing is learned. */
enum orr_status orr_curve_model(const char *method, const char *path, struct orr_lc_model **out, struct orr_error *err);

/* One object per item and line: the contract of `forecast curve --json`. */
void orr_curve_forecast_json(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                             const struct orr_curve_forecasts *f, struct orr_str *out);
/* One row per item: the last forecast with its bounds. Zero-initialise *t before. */
void orr_curve_forecast_table(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                              const struct orr_curve_forecasts *f, struct orr_table *t);
/* A file, its kind by the extension: the table, or a picture of at most 12 curves with their fans. */
enum orr_status orr_curve_forecast_export(const struct orr_curve_items *items, const struct orr_curve_forecast_query *q,
                                          const struct orr_curve_forecasts *f, const char *path,
                                          const struct orr_ticker *ticker, struct orr_error *err);

#endif
