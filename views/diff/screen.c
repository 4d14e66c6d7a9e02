/* Diff: configuration, tags and final metrics of runs side by side. */
#include <stdlib.h>
#include <string.h>

#include "app/diff.h"
#include "app/export.h"
#include "base/mem.h"
#include "base/shell.h"
#include "tui/runs_arg.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"
#include "tui/widgets/table.h"

enum act { ACT_ALL = 1, ACT_EXPORT, ACT_CURVES };

static const struct orr_action actions[] = {
    {ACT_ALL, "a", "all-rows", "rows that are equal for all runs, too; again hides them", NULL},
    {ACT_CURVES, "Enter", "curves-of-runs", "curves of these runs", NULL},
    {ACT_EXPORT, "e", "export", "write a .csv .json .md or .txt file", "FILE"},
    ORR_NAV_ROW_ACTIONS,
    ORR_NAV_COLUMN_ACTIONS,
    {0},
};

struct diff {
    int64_t *runs;
    size_t n;
    bool all;
    struct orr_diff diff;
    struct orr_table_widget widget;
    struct orr_error error; /* code ORR_OK: none */
};

static void load(struct orr_ui *ui, struct diff *v)
{
    struct orr_diff next;
    struct orr_error err;
    if (!v->n) return;
    const enum orr_status status = orr_app_diff(orr_ui_app(ui), v->runs, v->n, !v->all, &next, &err);
    if (status != ORR_OK) {
        v->error = err;
        return;
    }
    v->error.code = ORR_OK;
    orr_diff_free(&v->diff);
    v->diff = next;
    v->widget.sorted = SIZE_MAX;
    orr_table_widget_set(&v->widget, &v->diff.table);
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct diff *v = state;
    orr_diff_free(&v->diff);
    orr_table_widget_free(&v->widget);
    free(v->runs);
    free(v);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    struct diff *v = orr_xcalloc(1, sizeof *v);
    const enum orr_status status = orr_ui_runs_arg(ui, arg, &v->runs, &v->n, err);
    if (status != ORR_OK) {
        close_screen(ui, v);
        return status;
    }
    load(ui, v);
    *state = v;
    return ORR_OK;
}

static void append_runs(const struct diff *v, struct orr_str *out)
{
    for (size_t i = 0; i < v->n; i++) orr_str_printf(out, " %lld", (long long)v->runs[i]);
    if (v->all) orr_str_append(out, " --all");
}

static void export_done(struct orr_ui *ui, void *ctx, const char *path)
{
    struct diff *v = ctx;
    struct orr_error err;
    struct orr_str line = {0};
    if (!path || !*path) return;
    if (orr_export_table(&v->diff.table, path, &err) != ORR_OK) {
        orr_ui_error(ui, &err);
        return;
    }
    orr_str_append(&line, "orrery export diff");
    append_runs(v, &line);
    orr_str_append(&line, " --out");
    orr_shell_append(&line, path);
    orr_ui_message(ui, ORR_COLOR_GOOD, "wrote %s; again: %s", path, line.data);
    orr_app_log(orr_ui_app(ui), line.data);
    orr_str_free(&line);
}

static void open_curves(struct orr_ui *ui, const struct diff *v)
{
    struct orr_str arg = {0};
    for (size_t i = 0; i < v->n; i++) orr_str_printf(&arg, "%s%lld", i ? " " : "", (long long)v->runs[i]);
    if (v->n) orr_ui_open(ui, "curves", arg.data);
    orr_str_free(&arg);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct diff *v = state;
    if (orr_table_widget_act(&v->widget, &v->diff.table, id)) return;
    switch ((enum act)id) {
    case ACT_ALL:
        v->all = !v->all;
        load(ui, v);
        break;
    case ACT_CURVES: open_curves(ui, v); break;
    case ACT_EXPORT:
        if (arg) export_done(ui, v, arg);
        else orr_ui_prompt(ui, &(struct orr_prompt){.label = "write to: ", .text = "diff.md", .done = export_done, .ctx = v});
        break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    (void)ui;
    struct diff *v = state;
    return k.code == ORR_KEY_MOUSE && orr_table_widget_mouse(&v->widget, &v->diff.table, k);
}

/* Equal rows step back; among those that differ, values of the first run are plain and others stand out. */
static enum orr_color color(void *ctx, size_t row, size_t column)
{
    const struct diff *v = ctx;
    const struct orr_table *t = &v->diff.table;
    if (!v->diff.differs[row]) return ORR_COLOR_DIM;
    if (column < 3) return column == 0 ? ORR_COLOR_DIM : ORR_COLOR_DEFAULT;
    const char *first = t->column[2].text[row], *here = t->column[column].text[row];
    return first && here && strcmp(first, here) == 0 ? ORR_COLOR_DEFAULT : ORR_COLOR_ACCENT;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    struct diff *v = state;
    const struct orr_style dim = {.fg = ORR_COLOR_DIM};
    if (v->error.code) {
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, v->error.message, (struct orr_style){.fg = ORR_COLOR_BAD});
    } else if (v->n < 2) {
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, "Select two or more runs in Runs with Space, then press d", dim);
    } else if (!v->diff.table.rows) {
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, "These runs do not differ; a shows all rows", dim);
    } else {
        const bool narrow = r.w < 40; /* then only the key and one run fit */
        v->widget.frozen = narrow ? 0 : 2;
        if (narrow && v->widget.column == 0) v->widget.column = v->widget.left = 1;
        v->widget.color = color;
        v->widget.ctx = v;
        orr_table_widget_render(&v->widget, &v->diff.table, c, r);
    }
}

static void changed(struct orr_ui *ui, void *state) { load(ui, state); }

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    orr_str_append(out, "orrery diff");
    append_runs(state, out);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct diff *v = state;
    orr_str_printf(out, "%zu runs  %zu rows differ%s", v->n, v->diff.n_differ, v->all ? "  all rows" : "");
}

const struct orr_screen orr_diff_screen = {
    .name = "diff", .title = "Diff", .summary = "runs side by side", .actions = actions,
    .open = open_screen, .close = close_screen, .act = act, .key = key, .render = render, .changed = changed,
    .command = command, .status = status,
};
