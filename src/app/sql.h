/* Ad-hoc SQL as a typed table. Shared by `orrery sql` and views/sql. */
#ifndef ORRERY_APP_SQL_H
#define ORRERY_APP_SQL_H

#include "app/app.h"

struct orr_sql_table {
    struct orr_table table; /* columns of numbers only are NUMBER or INTEGER, all others TEXT; NULL is empty */
    bool truncated;         /* there were more than `cap` rows */
    double seconds;
};
/* One statement that only reads, at most cap rows. ORR_ECANCELLED when the tick said stop. Free with
 * orr_sql_table_free, also after an error. */
enum orr_status orr_app_sql(struct orr_app *app, const char *sql, size_t cap, const struct orr_ticker *ticker,
                            struct orr_sql_table *out, struct orr_error *err);
void orr_sql_table_free(struct orr_sql_table *t);

#endif
