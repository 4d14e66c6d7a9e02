/* Curves of `orrery eval curve`: loaded, cut, parted into training and test. */
#ifndef ORRERY_APP_EVAL_CURVE_CASES_H
#define ORRERY_APP_EVAL_CURVE_CASES_H

#include "app/curve_forecast.h"
#include "app/eval_curve.h"

#define ORR_EVAL_OBSERVE 0.2 /* part of a curve that is seen */
enum { ORR_EVAL_ENDS = 3 }; /* times that a curve is forecast to */

struct orr_eval_curve_task {
    const char *name; /* "mlp loss", "lcdb" */
    bool real, by_points;
    const char *setting[ORR_EVAL_ENDS]; /* "40->80" in epochs; of real curves only the last: "20%" */
    size_t n_ends;
    size_t left_out; /* curves that are too short or diverged */
};
/* One test curve: the first `seen` points are known. */
struct orr_eval_case {
    size_t task, group; /* group: of curves that are ranked against each other */
    int fold;           /* real curves: which half */
    const struct orr_curve_item *item;
    const struct orr_lc_settings *settings; /* NULL: not of the lab */
    size_t seen;
    double end[ORR_EVAL_ENDS], truth[ORR_EVAL_ENDS];
};
struct orr_eval_curves {
    struct orr_curve_items items[24];
    size_t n_items;
    struct orr_eval_curve_task tasks[12];
    size_t n_tasks, n_cases, n_examples;
    struct orr_eval_case *cases;
    struct orr_lc_example *examples; /* lab first, then real ones */
    const struct orr_lc_settings **settings; /* [n_examples] as in a case */
    int *fold; /* [n_examples] -1: the lab's training runs; -2: its test runs; else of a real curve */
};
enum orr_status orr_eval_curves_load(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                                     struct orr_eval_curves *out, struct orr_error *err);
void orr_eval_curves_free(struct orr_eval_curves *c);

/* eval_curve_ship.c: fits the shipped models on all curves into o->retrain. */
enum orr_status orr_eval_curve_ship(const struct orr_eval_curve_options *o, const struct orr_eval_curves *c,
                                    const struct orr_ticker *ticker, struct orr_error *err);

#endif
