/* Two figures of candidate selection on WordNet's held-back definitions: how often the first candidate is right by the size of
 * the pool, and how far its probability can be believed. */
#ifndef ORRERY_APP_SELECT_FIGURE_H
#define ORRERY_APP_SELECT_FIGURE_H

#include "app/app.h"

enum { ORR_SELECT_CURVES = 8, ORR_SELECT_SIZES = 5, ORR_SELECT_BINS = 10 };

struct orr_select_curves {
    size_t questions, n_sizes;
    double size[ORR_SELECT_SIZES];
    const char *method[ORR_SELECT_CURVES];
    double accuracy[ORR_SELECT_CURVES][ORR_SELECT_SIZES]; /* percent; NaN: not asked */
    /* with pools of five: */
    double ece[ORR_SELECT_CURVES]; /* NaN: the method gives no probabilities */
    double confidence[ORR_SELECT_CURVES][ORR_SELECT_BINS], right[ORR_SELECT_CURVES][ORR_SELECT_BINS]; /* means; NaN: none */
    size_t count[ORR_SELECT_CURVES][ORR_SELECT_BINS];
};
/* model NULL: the shipped one. sizes: pools of more than five too. */
enum orr_status orr_select_curves(const char *model, size_t questions, bool sizes, const struct orr_ticker *ticker,
                                  struct orr_select_curves *out, struct orr_error *err);
/* As a table or a picture, by the extension: accuracy by size of the pool, or (calibration) share of right answers by
 * probability. */
enum orr_status orr_select_figure_export(const char *model, size_t questions, bool calibration, const char *path,
                                         const struct orr_ticker *ticker, struct orr_error *err);

#endif
