#include "app/sql.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

/* Numbers that a double cannot hold exactly (ids past 2^53) stay text. */
static bool all_exact(const struct orr_sql_result *r, size_t c)
{
    int64_t x;
    for (size_t i = 0; i < r->rows; i++) {
        const char *cell = r->cells[i * r->columns + c];
        if (cell && orr_parse_int64(cell, strlen(cell), &x) && (x > INT64_C(1) << 53 || x < -(INT64_C(1) << 53)))
            return false;
    }
    return true;
}

static bool all_whole(const struct orr_sql_result *r, size_t c)
{
    int64_t x;
    for (size_t i = 0; i < r->rows; i++) {
        const char *cell = r->cells[i * r->columns + c];
        if (cell && !orr_parse_int64(cell, strlen(cell), &x)) return false;
    }
    return true;
}

static void fill(const struct orr_sql_result *r, struct orr_table *t)
{
    orr_table_init(t, r->rows, r->columns);
    for (size_t c = 0; c < r->columns; c++) {
        const bool number = r->numeric[c] && r->rows && all_exact(r, c);
        orr_table_column(t, c, r->names[c],
                         !number           ? ORR_CELL_TEXT
                         : all_whole(r, c) ? ORR_CELL_INTEGER
                                           : ORR_CELL_NUMBER);
        for (size_t i = 0; i < r->rows; i++) {
            const char *cell = r->cells[i * r->columns + c];
            double x;
            if (!number)
                orr_table_set_text(t, i, c, cell);
            else if (cell && orr_parse_double(cell, strlen(cell), &x))
                orr_table_set_number(t, i, c, x);
        }
    }
}

enum orr_status orr_app_sql(struct orr_app *app, const char *sql, size_t cap, const struct orr_ticker *ticker,
                            struct orr_sql_table *out, struct orr_error *err)
{
    *out = (struct orr_sql_table){0};
    struct orr_sql_result r = {0};
    const enum orr_status s = orr_store_sql(app->store, sql, cap, ticker, &r, err);
    if (s == ORR_OK) {
        fill(&r, &out->table);
        out->truncated = r.truncated;
        out->seconds = r.seconds;
    }
    orr_sql_result_free(&r);
    return s;
}

void orr_sql_table_free(struct orr_sql_table *t)
{
    orr_table_free(&t->table);
    *t = (struct orr_sql_table){0};
}
