/* What the names and values of columns (CSV) and keys (JSON lines) say: which one counts steps, tells runs apart or
 * holds times. Shared by the text importers, so that a log means the same in either form. */
#ifndef ORRERY_INGEST_COLUMNS_H
#define ORRERY_INGEST_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0: not a counter of steps; else the smaller, the better ("step" before "iteration" before "epoch"). No case. */
int orr_column_step_rank(const char *name, size_t n);
bool orr_column_is_run(const char *name, size_t n);  /* "run", "run_id", "record", "experiment", "trial", "seed", ... */
bool orr_column_is_time(const char *name, size_t n); /* "wall_time", "timestamp", "time", "date", ... */

/* A whole number written as such or as a float ("9.0"); false when it is not whole or past 2^53. */
bool orr_column_step(const char *s, size_t n, int64_t *step);

/* Unix seconds of a number that can hardly be anything else (2001 to 2128, in s, ms, us or ns); else NaN. */
double orr_epoch_seconds(double x);
/* ISO 8601: "2024-07-02", "2024-07", "2024-07-02 16:00:01.5", "...T...Z", "...+02:00"; UTC where no zone is given. */
bool orr_parse_iso_time(const char *s, size_t n, double *seconds);
/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Hinnant, "chrono-compatible date algorithms"). */
int64_t orr_days_from_civil(int year, int month, int day);

#endif
