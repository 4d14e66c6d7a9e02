/* Curve sets as tables in long form. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/curve_set.h"
#include "base/mem.h"

static const int64_t POINTS_LIMIT = 5000000;

static enum orr_cell_kind x_kind(const struct orr_curve_options *o)
{
    return o->x == ORR_X_WALL ? ORR_CELL_TIME : ORR_CELL_NUMBER;
}

static void name_columns(struct orr_table *t, const char *const *names, size_t from)
{
    for (size_t i = 0; names[i]; i++)
        orr_table_column(t, from + i, names[i], strcmp(names[i], "n") == 0 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
}

/* run, name, series of one row; the texts are shared by all rows of a curve. */
static void put_curve(struct orr_table *t, size_t row, const struct orr_curve_member *m, const char *name,
                      const char *series)
{
    t->column[0].number[row] = (double)orr_curve_run(m->curve);
    t->column[1].text[row] = name;
    t->column[2].text[row] = series;
}

static void init_curves(struct orr_table *t, size_t rows, size_t columns)
{
    orr_table_init(t, rows, columns);
    orr_table_column(t, 0, "run", ORR_CELL_INTEGER);
    orr_table_column(t, 1, "name", ORR_CELL_TEXT);
    orr_table_column(t, 2, "series", ORR_CELL_TEXT);
}

/* ---- every point ---- */

struct point_list {
    int64_t *step;
    double *x, *value;
    size_t n, *until; /* [curves] end of each curve's part */
};

static enum orr_status read_points(struct orr_open_set *s, const struct orr_curve_set *q, double x0, double x1,
                                   const struct orr_ticker *ticker, struct point_list *p, struct orr_error *err)
{
    enum { PART = 65536 };
    for (size_t i = 0; i < s->n; i++) {
        struct orr_curve *c = s->members[i].curve;
        size_t got = 0;
        for (int64_t at = 0; at < orr_curve_points(c); at += (int64_t)got) {
            const enum orr_status status = orr_curve_points_read(c, &q->options, at, PART, p->step + p->n, p->x + p->n,
                                                                 p->value + p->n, &got, err);
            if (status != ORR_OK && status != ORR_ENOTFOUND) return status;
            if (status != ORR_OK || !got) break;
            if (!orr_ticker_tick(ticker, orr_curve_name(c), "points", p->n, 0))
                return orr_error_set(err, ORR_ECANCELLED, NULL, "cancelled");
            const size_t end = p->n + got; /* keep what lies in the window, in place */
            for (size_t k = p->n; k < end; k++)
                if (p->x[k] >= x0 && p->x[k] <= x1) {
                    p->step[p->n] = p->step[k], p->x[p->n] = p->x[k], p->value[p->n] = p->value[k];
                    p->n++;
                }
        }
        p->until[i] = p->n;
    }
    return ORR_OK;
}

static void fill_points(struct orr_table *t, struct orr_open_set *s, const struct orr_curve_set *q,
                        const struct point_list *p)
{
    const bool step_only = q->options.x == ORR_X_STEP;
    size_t row = 0;
    init_curves(t, p->n, step_only ? 5 : 6);
    orr_table_column(t, 3, "step", ORR_CELL_INTEGER);
    if (!step_only) orr_table_column(t, 4, "x", x_kind(&q->options));
    orr_table_column(t, step_only ? 4 : 5, "value", ORR_CELL_NUMBER);
    for (size_t i = 0; i < s->n; i++) {
        const char *name = orr_arena_strdup(&t->arena, s->members[i].run_name);
        const char *series = orr_arena_strdup(&t->arena, s->members[i].series);
        for (; row < p->until[i]; row++) {
            put_curve(t, row, &s->members[i], name, series);
            t->column[3].number[row] = (double)p->step[row];
            if (!step_only) t->column[4].number[row] = p->x[row];
            t->column[step_only ? 4 : 5].number[row] = p->value[row];
        }
    }
}

static enum orr_status points_table(struct orr_open_set *s, const struct orr_curve_set *q, double x0, double x1,
                                    const struct orr_ticker *ticker, struct orr_table *out, struct orr_error *err)
{
    int64_t total = 0;
    for (size_t i = 0; i < s->n; i++) total += orr_curve_points(s->members[i].curve);
    if (total > POINTS_LIMIT)
        return orr_error_set(err, ORR_EINVAL, NULL, "%lld points are more than a table holds (%lld); ask for bins",
                             (long long)total, (long long)POINTS_LIMIT);
    const size_t room = (size_t)total + 65536;
    struct point_list p = {orr_alloc(room, sizeof *p.step), orr_alloc(room, sizeof *p.x),
                           orr_alloc(room, sizeof *p.value), 0, orr_xcalloc(s->n + 1, sizeof *p.until)};
    enum orr_status status = ORR_OK;
    if (!p.step || !p.x || !p.value)
        status = orr_error_set(err, ORR_ENOMEM, NULL, "no memory for %lld points; ask for bins", (long long)total);
    if (status == ORR_OK) status = read_points(s, q, x0, x1, ticker, &p, err);
    if (status == ORR_OK) fill_points(out, s, q, &p);
    free(p.step);
    free(p.x);
    free(p.value);
    free(p.until);
    return status;
}

/* ---- bins ---- */

static enum orr_status bins_table(struct orr_open_set *s, const struct orr_curve_set *q, double x0, double x1,
                                  struct orr_table *out, struct orr_error *err)
{
    static const char *const names[] = {"x", "n", "mean", "min", "max", "first", "last", NULL};
    struct orr_bin *bins = orr_alloc(s->n * q->bins, sizeof *bins);
    if (!bins) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for %zu bins", s->n * q->bins);
    enum orr_status status = ORR_OK;
    size_t rows = 0, row = 0;
    for (size_t i = 0; i < s->n && status == ORR_OK; i++) {
        struct orr_bin *own = bins + i * q->bins;
        status = orr_curve_bin(s->members[i].curve, &q->options, x0, x1, q->bins, own, err);
        if (status == ORR_ENOTFOUND) { /* without the series on the x axis */
            memset(own, 0, q->bins * sizeof *own);
            status = ORR_OK;
        }
        for (size_t k = 0; k < q->bins; k++) rows += own[k].n > 0;
    }
    if (status == ORR_OK) {
        init_curves(out, rows, 10);
        name_columns(out, names, 3);
        orr_table_column(out, 3, "x", x_kind(&q->options));
    }
    for (size_t i = 0; i < s->n && status == ORR_OK; i++) {
        const char *name = orr_arena_strdup(&out->arena, s->members[i].run_name);
        const char *series = orr_arena_strdup(&out->arena, s->members[i].series);
        for (size_t k = 0; k < q->bins; k++) {
            const struct orr_bin *b = &bins[i * q->bins + k];
            if (!b->n) continue;
            const double cells[] = {b->x, (double)b->n, b->mean, b->min, b->max, b->first, b->last};
            put_curve(out, row, &s->members[i], name, series);
            for (size_t c = 0; c < 7; c++) out->column[3 + c].number[row] = cells[c];
            row++;
        }
    }
    free(bins);
    return status;
}

static enum orr_status bands_table(struct orr_open_set *s, const struct orr_curve_set *q, double x0, double x1,
                                   struct orr_table *out, struct orr_error *err)
{
    static const char *const names[] = {"x", "n", "mean", "lo", "hi", NULL};
    const size_t n = q->bins ? q->bins : 400;
    struct orr_band_bin *bins = orr_alloc(s->n_groups * n, sizeof *bins);
    if (!bins) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for %zu bins", s->n_groups * n);
    enum orr_status status = ORR_OK;
    size_t rows = 0, row = 0, curves;
    for (size_t g = 0; g < s->n_groups && status == ORR_OK; g++) {
        struct orr_curve **c = orr_curve_set_group(s, g, &curves);
        status = orr_curve_band(c, curves, &q->options, x0, x1, n, q->min_max, bins + g * n, err);
        for (size_t k = 0; status == ORR_OK && k < n; k++) rows += bins[g * n + k].n > 0;
    }
    if (status == ORR_OK) {
        orr_table_init(out, rows, 7);
        orr_table_column(out, 0, "group", ORR_CELL_TEXT);
        orr_table_column(out, 1, "series", ORR_CELL_TEXT);
        name_columns(out, names, 2);
        orr_table_column(out, 2, "x", x_kind(&q->options));
    }
    for (size_t g = 0; g < s->n_groups && status == ORR_OK; g++) {
        const char *value = orr_arena_strdup(&out->arena, s->groups[g].value);
        const char *series = orr_arena_strdup(&out->arena, s->groups[g].series);
        for (size_t k = 0; k < n; k++) {
            const struct orr_band_bin *b = &bins[g * n + k];
            if (!b->n) continue;
            const double cells[] = {b->x, (double)b->n, b->mean, b->lo, b->hi};
            out->column[0].text[row] = value;
            out->column[1].text[row] = series;
            for (size_t c = 0; c < 5; c++) out->column[2 + c].number[row] = cells[c];
            row++;
        }
    }
    free(bins);
    return status;
}

enum orr_status orr_app_curve_table(struct orr_app *app, const struct orr_curve_set *q, const struct orr_ticker *ticker,
                                    struct orr_table *out, struct orr_error *err)
{
    struct orr_open_set s = {0};
    double x0, x1;
    enum orr_status status = orr_curve_set_open(app, q, &s, err);
    if (status == ORR_OK) status = orr_curve_set_window(&s, q, ticker, &x0, &x1, err);
    if (status == ORR_OK)
        status = q->group_by ? bands_table(&s, q, x0, x1, out, err)
                 : q->bins   ? bins_table(&s, q, x0, x1, out, err)
                             : points_table(&s, q, x0, x1, ticker, out, err);
    orr_curve_set_close(&s);
    return status;
}
