#include "app/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/filter.h"
#include "base/mem.h"

enum { MOST_COLUMNS = 256 };

/* What is shown: columns over `n` rows; row i stands for the frame's run first[i]. Without groups the arrays are the
 * frame's own, addressed by run; with groups they live in the arena, addressed by group. */
struct shown_column {
    const char *name;
    enum orr_cell_kind kind;
    const double *number;
    const char *const *text;
    bool config;
};
struct view {
    size_t n, n_columns;
    uint32_t *row; /* [n] index into the columns' arrays, in the order shown */
    size_t *first; /* by row index: index of the run in the frame */
    struct shown_column *columns;
    size_t matched;            /* rows before the limit */
    struct orr_run_frame part; /* of the rows shown, where only their cells are read */
    struct orr_arena arena;
};

/* ---- rows ---- */

static enum orr_status frame_column(void *ctx, const char *spec, const struct orr_run_column **out,
                                    struct orr_error *err)
{
    return orr_run_frame_column(ctx, spec, out, err);
}
static enum orr_status frame_words(void *ctx, const char *const **out, struct orr_error *err)
{
    return orr_run_frame_words(ctx, out, err);
}

static enum orr_status filter_rows(struct orr_run_frame *f, const char *text, struct view *v, struct orr_error *err)
{
    v->row = orr_xcalloc(f->runs.n, sizeof *v->row);
    v->first = orr_arena_zalloc(&v->arena, f->runs.n, sizeof *v->first);
    for (size_t i = 0; i < f->runs.n; i++) v->first[i] = i;
    struct orr_filter *filter;
    enum orr_status s = orr_filter_parse(text ? text : "", &filter, err);
    if (s) return s;
    const struct orr_filter_source source = {f, frame_column, frame_words};
    s = orr_filter_bind(filter, &source, err);
    for (size_t i = 0; s == ORR_OK && i < f->runs.n; i++)
        if (orr_filter_match(filter, i)) v->row[v->n++] = (uint32_t)i;
    orr_filter_free(filter);
    return s;
}

/* ---- columns ---- */

static bool is_constant(const struct orr_run_column *c, const struct view *v)
{
    for (size_t i = 1; i < v->n; i++) {
        const char *a = c->text[v->row[0]], *b = c->text[v->row[i]];
        if (!a != !b || (a && strcmp(a, b) != 0)) return false;
    }
    return true;
}

static enum orr_status choose_columns(struct orr_run_frame *f, const struct orr_run_query *q, struct view *v,
                                      struct orr_error *err)
{
    const char *defaults[MOST_COLUMNS];
    const char *const *specs = q->columns;
    size_t n = q->n_columns;
    if (!specs) {
        const enum orr_status s = orr_run_frame_default_columns(f, &v->arena, defaults, MOST_COLUMNS, &n, err);
        if (s) return s;
        specs = defaults;
    }
    struct orr_run_frame *from = v->part.part ? &v->part : f;
    v->columns = orr_arena_zalloc(&v->arena, n, sizeof *v->columns);
    for (size_t i = 0; i < n; i++) {
        const struct orr_run_column *c;
        const enum orr_status s = orr_run_frame_column(from, specs[i], &c, err);
        if (s) return s;
        if (q->changed_only && c->config && is_constant(c, v)) continue;
        v->columns[v->n_columns++] = (struct shown_column){c->spec, c->kind, c->number, c->text, c->config};
    }
    return ORR_OK;
}

/* ---- sorting ---- */

struct sort_key {
    double number;
    const char *text;
    uint32_t row, order; /* order: position before, so that equal keys keep it */
    bool descending;
};

static int by_number(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    const bool x_empty = isnan(x->number), y_empty = isnan(y->number);
    if (x_empty != y_empty) return x_empty ? 1 : -1; /* empty cells come last either way */
    if (!x_empty && x->number != y->number) return (x->number < y->number) != x->descending ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static int by_text(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    if (!x->text != !y->text) return x->text ? -1 : 1;
    const int d = x->text ? strverscmp(x->text, y->text) : 0; /* run2 before run10 */
    if (d != 0) return (d < 0) != x->descending ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void sort_rows(struct view *v, const struct shown_column *c, bool descending)
{
    struct sort_key *keys = orr_xcalloc(v->n, sizeof *keys);
    int (*const order)(const void *, const void *) = c->kind == ORR_CELL_TEXT ? by_text : by_number;
    bool sorted = true; /* as the order by age mostly is */
    for (size_t i = 0; i < v->n; i++) {
        const uint32_t r = v->row[i];
        keys[i] =
            (struct sort_key){c->number ? c->number[r] : NAN, c->text ? c->text[r] : NULL, r, (uint32_t)i, descending};
        sorted = sorted && (i == 0 || order(&keys[i - 1], &keys[i]) < 0);
    }
    if (!sorted) qsort(keys, v->n, sizeof *keys, order);
    for (size_t i = 0; i < v->n; i++) v->row[i] = keys[i].row;
    free(keys);
}

/* Pinned first, then the newest. */
static void sort_by_age(struct orr_run_frame *f, struct view *v)
{
    double *newest = orr_arena_alloc(&v->arena, f->runs.n * sizeof *newest);
    double *pinned = orr_arena_alloc(&v->arena, f->runs.n * sizeof *pinned);
    for (size_t i = 0; i < f->runs.n; i++) {
        newest[i] = f->runs.runs[i].started;
        pinned[i] = f->runs.runs[i].pinned;
    }
    for (size_t i = 0; i < v->n / 2; i++) { /* by descending id where times are unknown or equal */
        const uint32_t r = v->row[i];
        v->row[i] = v->row[v->n - 1 - i];
        v->row[v->n - 1 - i] = r;
    }
    sort_rows(v, &(struct shown_column){"started", ORR_CELL_TIME, newest, NULL, false}, true);
    sort_rows(v, &(struct shown_column){"pinned", ORR_CELL_BOOL, pinned, NULL, false}, true);
}

static enum orr_status sort_view(struct orr_run_frame *f, const struct orr_run_query *q, struct view *v,
                                 struct orr_error *err)
{
    if (!q->sort && !q->group_by) {
        sort_by_age(f, v);
        return ORR_OK;
    }
    if (!q->sort) return ORR_OK; /* groups come ordered by their value */
    for (size_t c = 0; c < v->n_columns; c++) {
        const char *name = v->columns[c].name;
        if (strcmp(name, q->sort) != 0 && !(orr_starts_with(name, "mean:") && strcmp(name + 5, q->sort) == 0)) continue;
        sort_rows(v, &v->columns[c], q->descending);
        return ORR_OK;
    }
    if (q->group_by)
        return orr_error_set(err, ORR_EINVAL, NULL, "groups can be sorted by a column that is shown; '%s' is not",
                             q->sort);
    const struct orr_run_column *c;
    const enum orr_status s = orr_run_frame_column(f, q->sort, &c, err);
    if (s) return s;
    sort_rows(v, &(struct shown_column){c->spec, c->kind, c->number, c->text, c->config}, q->descending);
    return ORR_OK;
}

/* ---- groups ---- */

static bool same_cell(const struct orr_run_column *c, size_t a, size_t b)
{
    if (c->text) {
        const char *x = c->text[a], *y = c->text[b];
        return x && y ? strcmp(x, y) == 0 : !x && !y;
    }
    return c->number[a] == c->number[b] || (isnan(c->number[a]) && isnan(c->number[b]));
}

/* group[i] of the i-th row shown; rows come sorted by the key, so that groups are neighbours. */
static size_t number_groups(struct view *v, const struct orr_run_column *key, uint32_t *group)
{
    sort_rows(v, &(struct shown_column){key->spec, key->kind, key->number, key->text, true}, false);
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (i == 0 || !same_cell(key, v->row[i - 1], v->row[i])) n++;
        group[i] = (uint32_t)(n - 1);
    }
    return n;
}

/* Means of finite numbers; the latest of times; texts that all members share. */
static struct shown_column fold_column(struct view *v, const struct shown_column *c, const uint32_t *group, size_t n)
{
    struct shown_column out = *c;
    if (c->kind == ORR_CELL_TEXT) {
        const char **text = orr_arena_zalloc(&v->arena, n, sizeof *text);
        for (size_t i = 0; i < v->n; i++) {
            const char *t = c->text[v->row[i]];
            const bool first = i == 0 || group[i - 1] != group[i];
            if (first)
                text[group[i]] = t;
            else if (text[group[i]] && (!t || strcmp(text[group[i]], t) != 0))
                text[group[i]] = NULL;
        }
        out.text = text;
        out.number = NULL;
        return out;
    }
    double *number = orr_arena_zalloc(&v->arena, n, sizeof *number),
           *count = orr_arena_zalloc(&v->arena, n, sizeof *count);
    for (size_t i = 0; i < v->n; i++) {
        const double x = c->number[v->row[i]];
        if (!isfinite(x)) continue;
        const uint32_t g = group[i];
        if (c->kind == ORR_CELL_TIME)
            number[g] = count[g] > 0 && number[g] > x ? number[g] : x;
        else
            number[g] += x;
        count[g]++;
    }
    for (size_t g = 0; g < n; g++)
        number[g] = count[g] == 0 ? NAN : c->kind == ORR_CELL_TIME ? number[g] : number[g] / count[g];
    if (c->kind != ORR_CELL_TIME) {
        out.name = orr_arena_printf(&v->arena, "mean:%s", c->name);
        out.kind = ORR_CELL_NUMBER;
    }
    out.number = number;
    out.text = NULL;
    return out;
}

static enum orr_status group_view(struct orr_run_frame *f, const char *by, struct view *v, struct orr_error *err)
{
    const struct orr_run_column *key;
    const enum orr_status s = orr_run_frame_column(f, by, &key, err);
    if (s) return s;
    uint32_t *group = orr_arena_zalloc(&v->arena, v->n, sizeof *group);
    const size_t n = number_groups(v, key, group);
    struct shown_column *columns = orr_arena_zalloc(&v->arena, v->n_columns + 2, sizeof *columns);
    size_t m = 0;

    double *count = orr_arena_zalloc(&v->arena, n, sizeof *count);
    size_t *first = orr_arena_zalloc(&v->arena, n, sizeof *first);
    double *number = orr_arena_zalloc(&v->arena, n, sizeof *number);
    const char **text = orr_arena_zalloc(&v->arena, n, sizeof *text);
    for (size_t i = v->n; i-- > 0;) {
        const uint32_t g = group[i], r = v->row[i];
        first[g] = v->first[r];
        count[g]++;
        number[g] = key->number ? key->number[r] : NAN;
        text[g] = key->text ? key->text[r] : NULL;
    }
    columns[m++] = (struct shown_column){key->spec, key->kind, number, text, false};
    columns[m++] = (struct shown_column){"runs", ORR_CELL_INTEGER, count, NULL, false};
    for (size_t c = 0; c < v->n_columns; c++) {
        const char *name = v->columns[c].name;
        if (strcmp(name, key->spec) == 0 || strcmp(name, "id") == 0 || strcmp(name, "name") == 0 ||
            strcmp(name, "key") == 0)
            continue; /* these tell the members apart */
        columns[m++] = fold_column(v, &v->columns[c], group, n);
    }
    v->columns = columns;
    v->n_columns = m;
    v->n = n;
    v->first = first;
    for (size_t g = 0; g < n; g++) v->row[g] = (uint32_t)g;
    return ORR_OK;
}

/* ---- the table ---- */

/* A first screen of many runs: only its own cells are read. What the columns say of all rows must not matter then. */
static bool few_of_many(const struct orr_run_query *q, const struct view *v)
{
    return q->limit && q->limit < v->n / 4 && !q->group_by && !q->changed_only;
}

/* Cuts the sorted view down to `limit` rows with a frame of their own. */
static void keep_first(const struct orr_run_frame *f, size_t limit, struct view *v)
{
    struct orr_run *runs = orr_arena_alloc(&v->arena, limit * sizeof *runs);
    size_t *first = orr_arena_alloc(&v->arena, limit * sizeof *first);
    for (size_t i = 0; i < limit; i++) {
        first[i] = v->first[v->row[i]];
        runs[i] = f->runs.runs[first[i]];
        v->row[i] = (uint32_t)i;
    }
    v->n = limit;
    v->first = first;
    orr_run_frame_part(f, runs, limit, &v->part);
}

static void fill_table(const struct orr_run_frame *f, const struct view *v, size_t limit, struct orr_run_table *out)
{
    const size_t n = limit && limit < v->n ? limit : v->n;
    orr_table_init(&out->table, n, v->n_columns);
    out->run = orr_arena_zalloc(&out->table.arena, n, sizeof *out->run);
    out->matched = v->matched;
    out->total = f->runs.n;
    for (size_t i = 0; i < n; i++) out->run[i] = f->runs.runs[v->first[v->row[i]]].id;
    for (size_t c = 0; c < v->n_columns; c++) {
        const struct shown_column *col = &v->columns[c];
        orr_table_column(&out->table, c, col->name, col->kind);
        for (size_t i = 0; i < n; i++) {
            if (col->kind == ORR_CELL_TEXT)
                orr_table_set_text(&out->table, i, c, col->text[v->row[i]]);
            else
                orr_table_set_number(&out->table, i, c, col->number[v->row[i]]);
        }
    }
}

enum orr_status orr_app_runs(struct orr_app *app, const struct orr_run_query *q, struct orr_run_table *out,
                             struct orr_error *err)
{
    *out = (struct orr_run_table){0};
    struct orr_run_frame *f;
    struct view v = {0};
    enum orr_status s = orr_run_frame_get(app, &f, err);
    if (s) return s;
    s = filter_rows(f, q->filter, &v, err);
    const bool few = s == ORR_OK && few_of_many(q, &v);
    v.matched = v.n;
    if (few) {
        s = sort_view(f, q, &v, err);
        if (s == ORR_OK) keep_first(f, q->limit, &v);
    }
    if (s == ORR_OK) s = choose_columns(f, q, &v, err);
    if (s == ORR_OK && q->group_by) {
        s = group_view(f, q->group_by, &v, err);
        v.matched = v.n;
    }
    if (s == ORR_OK && !few) s = sort_view(f, q, &v, err);
    if (s == ORR_OK) fill_table(f, &v, q->limit, out);
    free(v.row);
    orr_run_frame_part_end(&v.part);
    orr_arena_free(&v.arena);
    return s;
}

void orr_run_table_free(struct orr_run_table *t)
{
    orr_table_free(&t->table);
    *t = (struct orr_run_table){0};
}
