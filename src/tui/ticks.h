/* Tick marks: round numbers (1, 2, 5 times a power of ten), decades, durations, dates. */
#ifndef ORRERY_TUI_TICKS_H
#define ORRERY_TUI_TICKS_H

#include <stdbool.h>
#include <stddef.h>

enum orr_ticks_kind {
    ORR_TICKS_NUMBER,
    ORR_TICKS_DURATION, /* seconds: 1:30 is ninety minutes, 45s, 2d */
    ORR_TICKS_TIME,     /* Unix seconds, UTC */
};
struct orr_mark {
    double at;
    char label[24]; /* "" for a minor mark */
};

/* At most `want` (>= 1) labelled marks inside lo..hi, ascending, into out[0..cap); returns their number. Every label of
 * one call has the same decimals. lo > hi, NaN and infinities give 0 marks. */
size_t orr_ticks(enum orr_ticks_kind kind, double lo, double hi, size_t want, struct orr_mark *out, size_t cap);
/* The same on a log axis (0 < lo < hi): decades, with 2 and 5 between where few decades are seen, minor marks unlabelled;
 * below half a decade the linear marks. */
size_t orr_ticks_log(double lo, double hi, size_t want, struct orr_mark *out, size_t cap);

/* A value as it is read beside a chart, at most 10 columns: 0.3142, 1.2e-05, 12.5k, nan. */
void orr_ticks_value(double x, char out[24]);
/* The same with as many decimals as tell neighbours that are `resolution` apart from each other. */
void orr_ticks_precise(double x, double resolution, char out[24]);

#endif
