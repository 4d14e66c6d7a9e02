/* Columns that forecast: the final value of a series, its interval, and the run's rank by it. */
#ifndef ORRERY_APP_COLUMNS_PREDICTED_H
#define ORRERY_APP_COLUMNS_PREDICTED_H

#include "app/app.h"

enum orr_predicted { ORR_PREDICTED, ORR_PREDICTED_LOW, ORR_PREDICTED_HIGH, ORR_PREDICTED_RANK, ORR_PREDICTEDS };

/* All four, one number per run each; NaN where it has no such series or too few points. A running run is
 * carried on from all its points to the epochs that its configuration names, or as far again; a finished one from the
 * first 20% of its steps to its end, so that the forecast can be compared with what came. Intervals hold
 * with 90%. Ranks are among the runs of a group, 1 being best.
 * A fraction of a millisecond per run. */
enum orr_status orr_predicted_columns(struct orr_store *store, const struct orr_run_list *runs, const char *series,
                                      double *const out[ORR_PREDICTEDS], struct orr_error *err);

#endif
