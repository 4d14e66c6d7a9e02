/* Filter expressions of the run table (grammar in runs.h): parsed once, bound to columns, then matched row by row. */
#ifndef ORRERY_APP_FILTER_H
#define ORRERY_APP_FILTER_H

#include "app/columns.h"

struct orr_filter;

/* Parses the text, without looking at any column. EINVAL: `where` is "filter:COLUMN", counted from 1 in bytes. An empty
 * text gives a filter that matches every row. The caller owns *out. */
enum orr_status orr_filter_parse(const char *text, struct orr_filter **out, struct orr_error *err);
void orr_filter_free(struct orr_filter *f); /* NULL-safe */

/* Where a filter finds what it names. */
struct orr_filter_source {
    void *ctx;
    enum orr_status (*column)(void *ctx, const char *spec, const struct orr_run_column **out, struct orr_error *err);
    /* The texts that plain words are sought in, in lower case, one per row. */
    enum orr_status (*words)(void *ctx, const char *const **out, struct orr_error *err);
};
/* Looks the columns up. ENOTFOUND or EINVAL, `where` as above, when a column is unknown. */
enum orr_status orr_filter_bind(struct orr_filter *f, const struct orr_filter_source *source, struct orr_error *err);
/* After binding. */
bool orr_filter_match(const struct orr_filter *f, size_t row);

#endif
