#include "app/diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/vec.h"

enum { FIXED = 2 }; /* columns kind and key before those of the runs */

struct row {
    const char *kind, *key;
    const char **cells; /* [runs] NULL: this run has none */
};

struct work {
    size_t n;
    const struct orr_run **runs;
    ORR_VEC(struct row) rows;
    struct orr_arena arena;
};

static struct row *add_row(struct work *w, const char *kind, const char *key)
{
    const char **cells = orr_arena_zalloc(&w->arena, w->n, sizeof *cells);
    ORR_VEC_PUSH(&w->rows, ((struct row){kind, orr_arena_strdup(&w->arena, key), cells}));
    return &w->rows.data[w->rows.len - 1];
}

/* The row of a key among those from `first` on, which are all of one kind and numbered by `keys`. */
static struct row *row_of(struct work *w, size_t first, struct orr_intern *keys, const char *kind, const char *key)
{
    const size_t at = first + orr_intern_add(keys, 0, key, strlen(key));
    return at < w->rows.len ? &w->rows.data[at] : add_row(w, kind, key);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

static void sort_rows(struct work *w, size_t first)
{
    if (w->rows.len > first) qsort(w->rows.data + first, w->rows.len - first, sizeof *w->rows.data, by_key);
}

static const char *time_text(struct work *w, double t)
{
    struct orr_table one = {0};
    struct orr_str text = {0};
    orr_table_init(&one, 1, 1);
    orr_table_column(&one, 0, "t", ORR_CELL_TIME);
    orr_table_set_number(&one, 0, 0, t);
    orr_table_cell_text(&one, 0, 0, 6, &text);
    const char *kept = orr_arena_strdup(&w->arena, orr_str_c(&text));
    orr_str_free(&text);
    orr_table_free(&one);
    return kept;
}

static void add_fields(struct work *w)
{
    static const char *const names[] = {"id", "state", "project", "group", "notes", "started", "ended", "points"};
    enum { FIELDS = sizeof names / sizeof *names };
    struct row *rows[FIELDS];
    for (size_t k = 0; k < FIELDS; k++) add_row(w, "run", names[k]);
    for (size_t k = 0; k < FIELDS; k++) rows[k] = &w->rows.data[w->rows.len - FIELDS + k];
    for (size_t i = 0; i < w->n; i++) {
        const struct orr_run *r = w->runs[i];
        const char *const texts[FIELDS] = {
            orr_arena_printf(&w->arena, "%lld", (long long)r->id), r->state, r->project, r->group, r->notes,
            isnan(r->started) ? NULL : time_text(w, r->started), isnan(r->ended) ? NULL : time_text(w, r->ended),
            orr_arena_printf(&w->arena, "%lld", (long long)r->point_count)};
        for (size_t k = 0; k < FIELDS; k++)
            if (texts[k] && *texts[k]) rows[k]->cells[i] = orr_arena_strdup(&w->arena, texts[k]);
    }
}

static enum orr_status add_config(struct work *w, struct orr_store *s, struct orr_error *err)
{
    const size_t first = w->rows.len;
    struct orr_intern keys = {0};
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < w->n && status == ORR_OK; i++) {
        struct orr_config_list list = {0};
        status = orr_store_config(s, w->runs[i]->id, &list, err);
        for (size_t k = 0; status == ORR_OK && k < list.n; k++)
            row_of(w, first, &keys, "config", list.values[k].key)->cells[i] = orr_arena_strdup(&w->arena, list.values[k].text);
        orr_config_list_free(&list);
    }
    orr_intern_free(&keys);
    sort_rows(w, first);
    return status;
}

static enum orr_status add_tags(struct work *w, struct orr_store *s, const struct orr_run_list *all,
                                struct orr_error *err)
{
    struct orr_config_list tags = {0};
    const enum orr_status status = orr_store_tag_column(s, all, &tags, err);
    if (status == ORR_OK && tags.n >= all->n) {
        struct row *row = add_row(w, "tag", "tags");
        for (size_t i = 0; i < w->n; i++) {
            const char *text = tags.values[w->runs[i] - all->runs].text;
            if (text && *text) row->cells[i] = orr_arena_strdup(&w->arena, text);
        }
    }
    orr_config_list_free(&tags);
    return status;
}

static enum orr_status add_metrics(struct work *w, struct orr_store *s, struct orr_error *err)
{
    const size_t first = w->rows.len;
    struct orr_intern keys = {0};
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < w->n && status == ORR_OK; i++) {
        struct orr_series_list list = {0};
        status = orr_store_series(s, w->runs[i]->id, &list, err);
        for (size_t k = 0; status == ORR_OK && k < list.n; k++) {
            struct row *row = row_of(w, first, &keys, "metric", list.series[k].name);
            row->cells[i] = isnan(list.series[k].last) ? "nan" : orr_arena_printf(&w->arena, "%.6g", list.series[k].last);
        }
        orr_series_list_free(&list);
    }
    orr_intern_free(&keys);
    sort_rows(w, first);
    return status;
}

static bool is_equal(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static bool differs(const struct work *w, const struct row *r)
{
    for (size_t i = 1; i < w->n; i++)
        if (!is_equal(r->cells[0], r->cells[i])) return true;
    return false;
}

/* Two runs of one name get their ids as well: columns are told apart by their names. */
static const char *column_name(struct work *w, size_t i)
{
    for (size_t k = 0; k < w->n; k++)
        if (k != i && strcmp(w->runs[k]->name, w->runs[i]->name) == 0)
            return orr_arena_printf(&w->arena, "%s #%lld", w->runs[i]->name, (long long)w->runs[i]->id);
    return w->runs[i]->name;
}

static void fill(struct work *w, bool differing_only, struct orr_diff *out)
{
    size_t rows = 0, r = 0;
    for (size_t i = 0; i < w->rows.len; i++) out->n_differ += differs(w, &w->rows.data[i]);
    rows = differing_only ? out->n_differ : w->rows.len;
    orr_table_init(&out->table, rows, FIXED + w->n);
    out->differs = orr_arena_zalloc(&out->table.arena, rows + 1, sizeof *out->differs);
    orr_table_column(&out->table, 0, "kind", ORR_CELL_TEXT);
    orr_table_column(&out->table, 1, "key", ORR_CELL_TEXT);
    for (size_t i = 0; i < w->n; i++)
        orr_table_column(&out->table, FIXED + i, orr_arena_strdup(&out->table.arena, column_name(w, i)), ORR_CELL_TEXT);
    for (size_t i = 0; i < w->rows.len; i++) {
        const struct row *row = &w->rows.data[i];
        const bool differ = differs(w, row);
        if (differing_only && !differ) continue;
        orr_table_set_text(&out->table, r, 0, row->kind);
        orr_table_set_text(&out->table, r, 1, row->key);
        for (size_t k = 0; k < w->n; k++) orr_table_set_text(&out->table, r, FIXED + k, row->cells[k]);
        out->differs[r++] = differ;
    }
}

static enum orr_status find_runs(struct work *w, const struct orr_run_list *all, const int64_t *runs,
                                 struct orr_error *err)
{
    for (size_t i = 0; i < w->n; i++) {
        w->runs[i] = orr_run_list_find(all, runs[i]);
        if (!w->runs[i])
            return orr_error_set(err, ORR_ENOTFOUND, NULL, "there is no run %lld; `orrery runs` lists them", (long long)runs[i]);
    }
    return ORR_OK;
}

enum orr_status orr_app_diff(struct orr_app *app, const int64_t *runs, size_t n, bool differing_only,
                             struct orr_diff *out, struct orr_error *err)
{
    struct work w = {.n = n, .runs = orr_xcalloc(n + 1, sizeof *w.runs)};
    struct orr_run_list all = {0};
    *out = (struct orr_diff){0};
    enum orr_status status = n ? orr_store_runs(app->store, &all, err)
                               : orr_error_set(err, ORR_EINVAL, NULL, "name the runs to compare");
    if (status == ORR_OK) status = find_runs(&w, &all, runs, err);
    if (status == ORR_OK) {
        add_fields(&w);
        status = add_tags(&w, app->store, &all, err);
    }
    if (status == ORR_OK) status = add_config(&w, app->store, err);
    if (status == ORR_OK) status = add_metrics(&w, app->store, err);
    if (status == ORR_OK) fill(&w, differing_only, out);
    orr_run_list_free(&all);
    free(w.runs);
    free(w.rows.data);
    orr_arena_free(&w.arena);
    return status;
}

void orr_diff_free(struct orr_diff *d)
{
    orr_table_free(&d->table);
    *d = (struct orr_diff){0};
}
