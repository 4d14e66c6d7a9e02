/* Runs: the table of all runs; where a session starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "tui/widgets/nav.h"
#include "views/runs/state.h"

enum act {
    ACT_OPEN = 1, ACT_SORT, ACT_FILTER, ACT_SELECT, ACT_UNSELECT, ACT_PIN, ACT_COLUMNS, ACT_DEFAULTS, ACT_CHANGED,
    ACT_GROUP, ACT_DIFF, ACT_ADOPTION, ACT_WEIGHTS, ACT_NOTE, ACT_TAG, ACT_DELETE, ACT_COPY, ACT_DETAILS, ACT_REFRESH
};

static const struct orr_action actions[] = {
    {ACT_OPEN, "Enter", "curves-of-runs", "curves of the selected runs or this one; members of a group", NULL},
    {ACT_FILTER, "/", "filter", "show runs that match, such as: adam val/loss<0.4 !state=failed", "FILTER"},
    {ACT_SORT, "s", "sort", "sort by the column under the cursor; again turns round", "COLUMN"},
    {ACT_SELECT, "Space", "select", "select or unselect, then go on", NULL},
    {ACT_UNSELECT, "u", "unselect-all", "forget the selection", NULL},
    {ACT_PIN, "p", "pin-run", "keep this run on top", NULL},
    {ACT_COLUMNS, "c", "columns", "choose the columns", "COLUMN,..."},
    {ACT_DEFAULTS, NULL, "reset", "the default columns and order, no filter, no groups", NULL},
    {ACT_CHANGED, "C", "changed-only", "hide configuration columns that are equal everywhere", NULL},
    {ACT_GROUP, "b", "group-by", "one row per value of a key: count and means; again ends it", "KEY"},
    {ACT_DIFF, "d", "diff-runs", "compare the selected runs", NULL},
    {ACT_ADOPTION, "a", "adoption-of-run", "fit the adoption models to this run", NULL},
    {ACT_WEIGHTS, "w", "weights-of-runs", "weights of the selected runs or this one", NULL},
    {ACT_NOTE, "n", "note-run", "edit the note", "TEXT"},
    {ACT_TAG, "t", "tag-runs", "tag the selected runs or this one; -TAG removes a tag", "TAG"},
    {ACT_DELETE, "x", "delete-runs", "delete the selected runs or this one, after asking", NULL},
    {ACT_COPY, "y", "copy", "copy and show the command for this run", NULL},
    {ACT_DETAILS, "i", "details", "show or hide what the run under the cursor is", NULL},
    {ACT_REFRESH, "R", "refresh", "read the store anew", NULL},
    ORR_NAV_ROW_ACTIONS,
    ORR_NAV_COLUMN_ACTIONS,
    {0},
};

int64_t orr_runs_here(const struct orr_runs *v)
{
    return v->widget.row < v->table.table.rows ? v->table.run[v->widget.row] : -1;
}

int64_t *orr_runs_targets(struct orr_ui *ui, const struct orr_runs *v, size_t *n)
{
    const struct orr_selection *s = orr_ui_selection(ui);
    const int64_t here = orr_runs_here(v);
    int64_t *out = orr_xcalloc(s->n + 1, sizeof *out);
    *n = s->n;
    if (s->n) memcpy(out, s->runs, s->n * sizeof *out);
    else if (here >= 0) out[(*n)++] = here;
    return out;
}

static void append_ids(const int64_t *ids, size_t n, struct orr_str *out)
{
    for (size_t i = 0; i < n; i++) orr_str_printf(out, "%s%lld", i ? " " : "", (long long)ids[i]);
}

void orr_runs_settle(struct orr_ui *ui, struct orr_runs *v)
{
    orr_runs_load(ui, v);
    if (v->error.code) orr_ui_error(ui, &v->error);
}

static void open_runs(struct orr_ui *ui, struct orr_runs *v, const char *screen, size_t least)
{
    size_t n;
    int64_t *ids = orr_runs_targets(ui, v, &n);
    struct orr_str arg = {0};
    append_ids(ids, n, &arg);
    if (n >= least && n > 0) orr_ui_open(ui, screen, arg.data);
    else if (n > 0) orr_ui_message(ui, ORR_COLOR_WARN, "select at least %zu runs with Space first", least);
    orr_str_free(&arg);
    free(ids);
}

static void select_here(struct orr_ui *ui, struct orr_runs *v)
{
    const int64_t run = orr_runs_here(v);
    if (run < 0) return;
    if (v->query.group_by) {
        orr_ui_message(ui, ORR_COLOR_WARN, "a group; Enter shows its members");
        return;
    }
    orr_selection_toggle(orr_ui_selection(ui), run);
    orr_nav_move(ORR_NAV_DOWN, v->table.table.rows, 1, &v->widget.row);
}

static void copy(struct orr_ui *ui, const struct orr_runs *v)
{
    char command[48];
    const int64_t run = orr_runs_here(v);
    snprintf(command, sizeof command, "orrery show %lld", (long long)run);
    if (run >= 0) orr_ui_copy(ui, command);
}

/* ---- the descriptor's functions ---- */

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct orr_runs *v = orr_xcalloc(1, sizeof *v);
    v->widget.sorted = SIZE_MAX;
    v->details = true;
    v->detail_run = -1;
    orr_runs_settings_read(ui, v);
    if (arg) {
        free(v->query.filter);
        v->query.filter = orr_xstrdup(arg);
    }
    orr_runs_load(ui, v);
    if (!v->loaded) { /* a remembered column may be gone */
        orr_ui_error(ui, &v->error);
        orr_runs_query_free(&v->query);
        orr_runs_load(ui, v);
    }
    *state = v;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    struct orr_runs *v = state;
    orr_runs_settings_write(ui, v); /* only now: a commit makes every column load anew */
    orr_runs_abandon(v);
    orr_runs_chooser_close(v);
    orr_runs_query_free(&v->query);
    orr_run_table_free(&v->table);
    orr_table_widget_free(&v->widget);
    orr_str_free(&v->detail_text);
    free(v->targets);
    free(v->draft);
    free(v);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct orr_runs *v = state;
    orr_runs_complete(ui, v);
    if (orr_table_widget_act(&v->widget, &v->table.table, id)) return;
    switch ((enum act)id) {
    case ACT_OPEN:
        if (v->query.group_by && v->table.table.rows) orr_runs_open_group(ui, v);
        else open_runs(ui, v, "curves", 1);
        break;
    case ACT_FILTER: orr_runs_filter(ui, v, arg); break;
    case ACT_SORT: orr_runs_sort(ui, v, arg); break;
    case ACT_SELECT: select_here(ui, v); break;
    case ACT_UNSELECT: orr_ui_selection(ui)->n = 0; break;
    case ACT_PIN: orr_runs_pin(ui, v); break;
    case ACT_COLUMNS:
        if (arg) orr_runs_set_columns(ui, v, arg);
        else orr_runs_chooser_open(ui, v);
        break;
    case ACT_DEFAULTS: orr_runs_reset(ui, v); break;
    case ACT_CHANGED:
        v->query.changed_only = !v->query.changed_only;
        orr_ui_message(ui, ORR_COLOR_ACCENT, v->query.changed_only ? "only configuration columns that differ" : "all columns");
        orr_runs_settle(ui, v);
        break;
    case ACT_GROUP: orr_runs_group(ui, v, arg); break;
    case ACT_DIFF: open_runs(ui, v, "diff", 2); break;
    case ACT_ADOPTION: open_runs(ui, v, "adoption", 1); break;
    case ACT_WEIGHTS: open_runs(ui, v, "weights", 1); break;
    case ACT_NOTE: orr_runs_note(ui, v, arg); break;
    case ACT_TAG: orr_runs_tag(ui, v, arg); break;
    case ACT_DELETE: orr_runs_delete(ui, v); break;
    case ACT_COPY: copy(ui, v); break;
    case ACT_DETAILS: v->details = !v->details; break;
    case ACT_REFRESH: orr_runs_settle(ui, v); break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    struct orr_runs *v = state;
    if (v->chooser) return orr_runs_chooser_key(ui, v, k);
    if (k.code == ORR_KEY_MOUSE) orr_runs_complete(ui, v);
    if (k.code == ORR_KEY_MOUSE) return orr_table_widget_mouse(&v->widget, &v->table.table, k);
    return false;
}

static void render_empty(const struct orr_runs *v, struct orr_canvas *c, struct orr_rect r)
{
    static const char *const lines[] = {
        "No runs yet.", "",
        ":import DIR   reads every log below DIR: TensorBoard, W&B, MLflow,",
        "              Lightning, Keras, YOLOv5, trainer_state.json, CSV, ...", "",
        "The same from a shell: orrery import DIR",
    };
    const struct orr_style plain = {0}, title = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD};
    const int n = (int)(sizeof lines / sizeof *lines), x = r.x + (r.w > 70 ? (r.w - 66) / 2 : 1);
    const int y = r.y + (r.h > n ? (r.h - n) / 3 : 0);
    if (v->table.total > 0) {
        orr_canvas_printf(c, r.x + 1, r.y, r.w - 1, title, "No run of %zu matches.", v->table.total);
        if (r.h > 2) orr_canvas_text(c, r.x + 1, r.y + 2, r.w - 1, "/ changes the filter, :reset shows everything", plain);
        return;
    }
    if (r.h < 3) {
        orr_canvas_text(c, r.x, r.y, r.w, "No runs yet: :import DIR", title);
        return;
    }
    for (int i = 0; i < n && i < r.h; i++) orr_canvas_text(c, x, y + i, r.x + r.w - x, lines[i], i ? plain : title);
}

/* Marks need the UI while the table draws; nothing else does. */
struct mark_ctx {
    struct orr_ui *ui;
    const struct orr_runs *v;
};
static int mark(void *ctx, size_t row)
{
    const struct mark_ctx *m = ctx;
    const int64_t id = m->v->table.run[row];
    if (m->v->query.group_by) return ORR_MARK_NONE;
    const struct orr_run *r = orr_runs_info(m->ui, id);
    return (orr_selection_has(orr_ui_selection(m->ui), id) ? ORR_MARK_SELECTED : 0) | (r && r->pinned ? ORR_MARK_PINNED : 0);
}

/* Only what needs attention has a colour. */
static enum orr_color color(void *ctx, size_t row, size_t column)
{
    const struct mark_ctx *m = ctx;
    if (column != m->v->state_column) return ORR_COLOR_DEFAULT;
    const char *text = m->v->table.table.column[column].text[row];
    if (!text) return ORR_COLOR_DEFAULT;
    if (strcmp(text, "failed") == 0 || strcmp(text, "crashed") == 0 || strcmp(text, "killed") == 0) return ORR_COLOR_BAD;
    return strcmp(text, "running") == 0 ? ORR_COLOR_GOOD : ORR_COLOR_DIM;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_runs *v = state;
    struct mark_ctx marks = {ui, v};
    if (v->chooser) {
        orr_runs_chooser_render(v, c, r);
        return;
    }
    if (v->draft && v->error.code && r.h > 3) { /* the filter being typed does not parse yet */
        orr_canvas_text(c, r.x + 1, r.y + r.h - 1, r.w - 2, v->error.message, (struct orr_style){.fg = ORR_COLOR_WARN});
        r.h--;
    }
    if (v->table.table.rows == 0) {
        render_empty(v, c, r);
        return;
    }
    if (v->details && r.w >= 120 && r.h >= 8) {
        const int pane = r.w / 4 < 52 ? r.w / 4 : 52;
        orr_runs_details(ui, v, c, (struct orr_rect){r.x + r.w - pane, r.y, pane, r.h});
        r.w -= pane + 1;
    }
    v->widget.mark = mark;
    v->widget.color = color;
    v->widget.ctx = &marks;
    orr_table_widget_render(&v->widget, &v->table.table, c, r);
    v->widget.ctx = NULL;
}

static void changed(struct orr_ui *ui, void *state)
{
    orr_runs_load(ui, state);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct orr_runs_query *q = &((const struct orr_runs *)state)->query;
    struct orr_str columns = {0};
    orr_str_append(out, "orrery runs");
    for (size_t i = 0; i < q->columns.len; i++) orr_str_printf(&columns, "%s%s", i ? "," : "", q->columns.data[i]);
    if (columns.len) orr_shell_append(out, "--columns"), orr_shell_append(out, columns.data);
    if (q->filter) orr_shell_append(out, "--filter"), orr_shell_append(out, q->filter);
    if (q->sort) orr_shell_append(out, "--sort"), orr_shell_append(out, q->sort);
    if (q->sort && q->descending) orr_shell_append(out, "--reverse");
    if (q->group_by) orr_shell_append(out, "--group-by"), orr_shell_append(out, q->group_by);
    if (q->changed_only) orr_shell_append(out, "--changed");
    orr_str_free(&columns);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    const struct orr_runs *v = state;
    const size_t rows = v->table.matched, selected = orr_ui_selection(ui)->n;
    if (v->query.group_by) orr_str_printf(out, "%zu groups by %s", rows, v->query.group_by);
    else if (rows < v->table.total) orr_str_printf(out, "%zu of %zu runs", rows, v->table.total);
    else orr_str_printf(out, "%zu run%s", rows, rows == 1 ? "" : "s");
    if (selected) orr_str_printf(out, "  %zu selected", selected);
    if (v->query.filter) orr_str_printf(out, "  / %s", v->query.filter);
    if (v->query.changed_only) orr_str_append(out, "  changed only");
    if (v->pending && !v->partial) orr_str_append(out, "  loading");
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    if (id == ACT_FILTER) orr_runs_complete_filter(ui, state, arg, out);
    else if (id == ACT_GROUP) orr_runs_complete_group(ui, state, arg, out);
    else if (id == ACT_SORT || id == ACT_COLUMNS) orr_runs_complete_column(ui, arg, out);
}

const struct orr_screen orr_runs_screen = {
    .name = "runs", .title = "Runs", .summary = "all runs: sort, filter, group, select", .actions = actions,
    .open = open_screen, .close = close_screen, .act = act, .key = key, .render = render, .changed = changed,
    .command = command, .status = status, .complete = complete,
};
