#include "app/overview.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "app/runs.h"
#include "base/progress.h"
#include "base/shell.h"
#include "base/text.h"

enum { RUNS_SHOWN = 10, BEST_SHOWN = 5 };

static void amount(struct orr_str *out, int64_t n, const char *one, const char *many)
{
    orr_append_amount(out, (double)n, false);
    orr_str_printf(out, " %s", n == 1 ? one : many);
}

static enum orr_status append_counts(struct orr_app *app, struct orr_str *out, struct orr_error *err)
{
    struct orr_store_info info;
    const enum orr_status s = orr_store_info(app->store, false, &info, err);
    if (s) return s;
    struct orr_str path = {0};
    orr_str_append(&path, orr_store_path(app->store));
    orr_text_neutralise(path.data);
    orr_str_printf(out, "orrery " ORR_VERSION "\n\nstore  %s\nholds  ", path.data);
    amount(out, info.runs, "run", "runs");
    orr_str_append(out, ", ");
    amount(out, info.series, "series", "series");
    orr_str_append(out, ", ");
    amount(out, info.points, "point", "points");
    orr_str_append(out, " in ");
    orr_append_amount(out, (double)info.bytes, true);
    orr_str_append(out, "\n\n");
    orr_str_free(&path);
    return ORR_OK;
}

/* The best value of the most telling series, and the run that has it. */
static enum orr_status append_best(struct orr_app *app, int width, struct orr_str *out, struct orr_error *err)
{
    struct orr_run_frame *f;
    enum orr_status s = orr_run_frame_get(app, &f, err);
    if (s) return s;
    struct orr_arena arena = {0};
    struct orr_table t = {0};
    const char *specs[64];
    size_t n, best[BEST_SHOWN], shown = 0, row[BEST_SHOWN];
    double value[BEST_SHOWN];
    s = orr_run_frame_default_columns(f, &arena, specs, 64, &n, err);
    for (size_t i = 0; s == ORR_OK && i < n && shown < BEST_SHOWN; i++) {
        const char *name = orr_starts_with(specs[i], "last:") ? specs[i] + 5 : specs[i];
        if (orr_series_rank(name) == 0) continue;
        const bool low = orr_series_lower_is_better(name);
        const struct orr_run_column *c;
        if (orr_run_frame_column(f, orr_arena_printf(&arena, "%s:%s", low ? "min" : "max", name), &c, NULL)) continue;
        value[shown] = NAN;
        for (size_t r = 0; r < f->runs.n; r++) {
            const double x = c->number[r];
            if (isnan(x) || (!isnan(value[shown]) && (low ? x >= value[shown] : x <= value[shown]))) continue;
            value[shown] = x;
            row[shown] = r;
        }
        if (!isnan(value[shown])) best[shown++] = i;
    }
    if (s == ORR_OK && shown) {
        orr_table_init(&t, shown, 4);
        orr_table_column(&t, 0, "best", ORR_CELL_TEXT);
        orr_table_column(&t, 1, "value", ORR_CELL_NUMBER);
        orr_table_column(&t, 2, "run", ORR_CELL_INTEGER);
        orr_table_column(&t, 3, "name", ORR_CELL_TEXT);
        for (size_t i = 0; i < shown; i++) {
            const char *name = orr_starts_with(specs[best[i]], "last:") ? specs[best[i]] + 5 : specs[best[i]];
            t.column[0].text[i] =
                orr_arena_printf(&t.arena, "%s %s", orr_series_lower_is_better(name) ? "lowest" : "highest", name);
            orr_table_set_number(&t, i, 1, value[i]);
            orr_table_set_number(&t, i, 2, (double)f->runs.runs[row[i]].id);
            orr_table_set_text(&t, i, 3, f->runs.runs[row[i]].name);
        }
        orr_table_print(&t, ORR_TABLE_TEXT, width, out);
        orr_str_append_char(out, '\n');
    }
    orr_table_free(&t);
    orr_arena_free(&arena);
    return s;
}

static enum orr_status append_runs(struct orr_app *app, int width, struct orr_str *out, int64_t *first, size_t *total,
                                   struct orr_error *err)
{
    struct orr_run_table t;
    const enum orr_status s = orr_app_runs(app, &(struct orr_run_query){.limit = RUNS_SHOWN}, &t, err);
    if (s) return s;
    *total = t.total;
    *first = t.table.rows ? t.run[0] : 0;
    if (t.table.rows) {
        orr_table_print(&t.table, ORR_TABLE_TEXT, width, out);
        if (t.total > t.table.rows) orr_str_printf(out, "... and %zu more\n", t.total - t.table.rows);
        orr_str_append_char(out, '\n');
    }
    orr_run_table_free(&t);
    return ORR_OK;
}

/* "orrery", with --store where it is not the default one. */
static void append_command(const char *store_path, struct orr_str *out)
{
    char *usual = orr_store_default_path();
    struct orr_str command = {0};
    orr_shell_append(&command, "orrery");
    if (strcmp(store_path, usual) != 0) {
        orr_shell_append(&command, "--store");
        orr_shell_append(&command, store_path);
    }
    orr_str_append(out, command.data);
    orr_str_free(&command);
    free(usual);
}

/* "  orrery show 9  # everything about a run": the comment may be pasted along. */
static void append_hint(const char *store_path, const char *words, const char *comment, struct orr_str *out)
{
    orr_str_append(out, "  ");
    append_command(store_path, out);
    orr_str_printf(out, "%s  # %s\n", words, comment);
}

static void append_hints(const char *store_path, int64_t run, struct orr_str *out)
{
    char show[64], curve[64];
    snprintf(show, sizeof show, " show %lld", (long long)run);
    snprintf(curve, sizeof curve, " curve %lld --plot -", (long long)run);
    orr_str_append(out, "try next\n");
    append_hint(store_path, "", "the workbench, on a terminal", out);
    append_hint(store_path, show, "everything about one run", out);
    append_hint(store_path, curve, "its curve, drawn as text", out);
    append_hint(store_path, " runs --help", "columns, filters, groups", out);
    append_hint(store_path, " demo curves", "a guided tour", out);
    append_hint(store_path, " help", "everything else", out);
}

void orr_app_overview_empty(const char *store_path, struct orr_str *out)
{
    orr_str_append(out, "There are no runs yet. Try next:\n");
    append_hint(store_path, " import FOLDER", "logs of TensorBoard, W&B, MLflow, Lightning, Keras, YOLO, CSV, ...", out);
    orr_str_append(out, "  orrery open --example  # a store of example runs\n"
                        "  orrery help  # everything else\n");
}

enum orr_status orr_app_overview(struct orr_app *app, int width, struct orr_str *out, struct orr_error *err)
{
    size_t total = 0;
    int64_t first = 0;
    enum orr_status s = append_counts(app, out, err);
    if (s == ORR_OK) s = append_runs(app, width, out, &first, &total, err);
    if (s == ORR_OK && total) s = append_best(app, width, out, err);
    if (s) return s;
    if (total)
        append_hints(app->store_path, first, out);
    else
        orr_app_overview_empty(app->store_path, out);
    return ORR_OK;
}
