/* SQL: a console that can only read. Statements run in the background on a connection of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sql.h"
#include "base/mem.h"
#include "base/shell.h"
#include "base/vec.h"
#include "tui/screens.h"
#include "tui/task.h"
#include "tui/widgets/nav.h"
#include "tui/widgets/table.h"

enum { ACT_EDIT = 1, ACT_NEW, ACT_AGAIN, ACT_TABLES, ACT_CELL, ACT_CANCEL, ACT_CAP };
enum { USUAL_CAP = 1000, MOST_CAP = 1000000, HISTORY_KEPT = 50 };
static const char TABLES[] = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL "
                             "UNION ALL SELECT 'view', 'point', 'run, run_id, series, position, step, value, wall'";
static const char HISTORY_SETTING[] = "sql.history";

/* A statement on its way. */
struct query {
    char *sql;
    size_t cap;
    struct orr_sql_table result;
};

struct console {
    char *sql; /* what the result below answers; NULL: nothing asked yet */
    struct orr_sql_table result;
    struct orr_table_widget widget;
    struct orr_ui_task *running;
    size_t cap;
    struct orr_error error;  /* of the last statement */
    ORR_VEC(char *) history; /* oldest first */
};

static const struct orr_action actions[] = {
    {ACT_EDIT, "Enter e", "sql", "edit the statement and run it", "STATEMENT"},
    {ACT_NEW, "; n", "sql-new", "type a new statement", NULL},
    {ACT_AGAIN, "r", "sql-again", "run the statement again", NULL},
    {ACT_TABLES, "t", "tables", "list the tables and views", NULL},
    {ACT_CELL, "v", "cell", "show the cell under the cursor whole", NULL},
    {ACT_CAP, "c", "row-cap", "change the most rows that are fetched", "ROWS"},
    {ACT_CANCEL, "x", "sql-cancel", "stop the statement that runs", NULL},
    ORR_NAV_ROW_ACTIONS,
    ORR_NAV_COLUMN_ACTIONS,
    {0},
};

/* ---- history: kept in the store ---- */

static void remember(struct orr_ui *ui, struct console *s, const char *sql)
{
    for (size_t i = 0; i < s->history.len; i++) {
        if (strcmp(s->history.data[i], sql) != 0) continue;
        free(s->history.data[i]); /* it moves to the end */
        memmove(&s->history.data[i], &s->history.data[i + 1], (s->history.len - i - 1) * sizeof *s->history.data);
        s->history.len--;
        break;
    }
    ORR_VEC_PUSH(&s->history, orr_xstrdup(sql));
    struct orr_str lines = {0};
    const size_t first = s->history.len > HISTORY_KEPT ? s->history.len - HISTORY_KEPT : 0;
    for (size_t i = first; i < s->history.len; i++) orr_str_printf(&lines, "%s\n", s->history.data[i]);
    orr_store_setting_put(orr_ui_store(ui), HISTORY_SETTING, lines.data, NULL); /* a store that is read-only forgets */
    orr_str_free(&lines);
}

static void load_history(struct orr_ui *ui, struct console *s)
{
    char *lines = NULL;
    if (orr_store_setting(orr_ui_store(ui), HISTORY_SETTING, &lines, NULL) != ORR_OK) return;
    for (char *p = lines; p && *p;) {
        const size_t n = strcspn(p, "\n");
        if (n) ORR_VEC_PUSH(&s->history, orr_xstrndup(p, n));
        p += n + (p[n] == '\n');
    }
    free(lines);
}

/* ---- running ---- */

static void free_query(void *work)
{
    struct query *q = work;
    orr_sql_table_free(&q->result);
    free(q->sql);
    free(q);
}

static enum orr_status run_query(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct query *q = work;
    struct orr_app app = {.store = store};
    return orr_app_sql(&app, q->sql, q->cap, ticker, &q->result, err);
}

static void finished(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct console *s = screen;
    struct query *q = work;
    if (state == ORR_JOB_DONE) {
        orr_sql_table_free(&s->result);
        s->result = q->result;
        q->result = (struct orr_sql_table){0};
        s->error = (struct orr_error){0};
        orr_table_widget_set(&s->widget, &s->result.table);
    } else if (state == ORR_JOB_CANCELLED) {
        orr_ui_message(ui, ORR_COLOR_WARN, "stopped");
    } else {
        s->error = *err;
    }
}

static const struct orr_ui_task_kind query_task = {true, run_query, finished, free_query};

static void start(struct orr_ui *ui, struct console *s, const char *sql)
{
    struct query *q = orr_xcalloc(1, sizeof *q);
    *q = (struct query){.sql = orr_xstrdup(sql), .cap = s->cap};
    char *kept = orr_xstrdup(sql); /* sql may be s->sql itself */
    free(s->sql);
    s->sql = kept;
    s->error = (struct orr_error){0};
    orr_ui_task_start(ui, &s->running, kept, &query_task, s, q);
}

static void typed(struct orr_ui *ui, void *ctx, const char *text)
{
    struct console *s = ctx;
    if (!text || !text[strspn(text, " ")]) return;
    remember(ui, s, text);
    start(ui, s, text);
}

/* The statements of before that begin like this one, newest first. */
static void complete(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *out)
{
    (void)ui;
    const struct console *s = ctx;
    for (size_t i = s->history.len; i-- > 0;)
        if (orr_starts_with(s->history.data[i], text)) orr_str_printf(out, "%s\thistory\n", s->history.data[i]);
}

static void edit(struct orr_ui *ui, struct console *s, const char *text)
{
    orr_ui_prompt(ui,
                  &(struct orr_prompt){.label = "sql> ", .text = text, .done = typed, .complete = complete, .ctx = s});
}

static void set_cap(struct orr_ui *ui, void *ctx, const char *text)
{
    struct console *s = ctx;
    if (!text) return;
    const long cap = strtol(text, NULL, 10);
    if (cap < 1 || cap > MOST_CAP) {
        orr_ui_message(ui, ORR_COLOR_BAD, "from 1 to %d rows; `orrery sql --limit` has no such limit", MOST_CAP);
        return;
    }
    s->cap = (size_t)cap;
    if (s->sql) start(ui, s, s->sql);
}

static void show_cell(struct orr_ui *ui, struct console *s)
{
    const struct orr_table *t = &s->result.table;
    if (s->widget.row >= t->rows || s->widget.column >= t->columns) return;
    struct orr_str cell = {0};
    orr_table_cell_text(t, s->widget.row, s->widget.column, 17, &cell);
    orr_ui_message(ui, ORR_COLOR_DEFAULT, "%s = %s", t->column[s->widget.column].name, cell.len ? cell.data : "NULL");
    orr_str_free(&cell);
}

/* ---- the screen ---- */

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct console *s = orr_xcalloc(1, sizeof *s);
    s->cap = USUAL_CAP;
    s->widget.sorted = SIZE_MAX;
    load_history(ui, s);
    *state = s;
    if (arg)
        typed(ui, s, arg);
    else
        edit(ui, s, s->history.len ? s->history.data[s->history.len - 1] : "SELECT ");
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct console *s = state;
    orr_ui_task_drop(&s->running);
    orr_sql_table_free(&s->result);
    orr_table_widget_free(&s->widget);
    for (size_t i = 0; i < s->history.len; i++) free(s->history.data[i]);
    free(s->history.data);
    free(s->sql);
    free(s);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct console *s = state;
    switch (id) {
    case ACT_EDIT:
        if (arg)
            typed(ui, s, arg);
        else
            edit(ui, s, s->sql ? s->sql : "SELECT ");
        break;
    case ACT_NEW: edit(ui, s, "SELECT "); break;
    case ACT_AGAIN:
        if (s->sql) start(ui, s, s->sql);
        break;
    case ACT_TABLES: start(ui, s, TABLES); break;
    case ACT_CELL: show_cell(ui, s); break;
    case ACT_CANCEL:
        if (s->running) orr_ui_message(ui, ORR_COLOR_WARN, "stopped");
        orr_ui_task_drop(&s->running);
        break;
    case ACT_CAP:
        if (arg)
            set_cap(ui, s, arg);
        else
            orr_ui_prompt(ui, &(struct orr_prompt){.label = "most rows: ", .done = set_cap, .ctx = s});
        break;
    default: orr_table_widget_act(&s->widget, &s->result.table, id); break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    (void)ui;
    struct console *s = state;
    return k.code == ORR_KEY_MOUSE && orr_table_widget_mouse(&s->widget, &s->result.table, k);
}

static void render_hints(struct orr_canvas *c, struct orr_rect r)
{
    static const char *const lines[] = {
        "One statement that only reads.",
        "",
        "SELECT state, count(*) FROM run GROUP BY state",
        "SELECT step, value FROM point WHERE run_id = 3 AND series = 'val/loss'",
        "",
        "t lists the tables. The store itself is a SQLite file: any SQLite tool reads it.",
    };
    const int n = (int)(sizeof lines / sizeof *lines);
    for (int i = 0; i < n && i < r.h; i++)
        orr_canvas_text(c, r.x + 1, r.y + i, r.w - 1, lines[i],
                        (struct orr_style){.fg = i ? ORR_COLOR_DEFAULT : ORR_COLOR_ACCENT});
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    struct console *s = state;
    if (s->sql && r.h > 3) { /* the statement above its answer */
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, s->sql, (struct orr_style){.fg = ORR_COLOR_ACCENT});
        r.y++;
        r.h--;
    }
    if (s->error.code)
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, s->error.message, (struct orr_style){.fg = ORR_COLOR_BAD});
    else if (s->result.table.columns)
        orr_table_widget_render(&s->widget, &s->result.table, c, r);
    else if (!s->sql)
        render_hints(c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct console *s = state;
    if (!s->sql) return;
    struct orr_str line = {0};
    orr_str_append(&line, "orrery sql");
    orr_shell_append(&line, s->sql);
    orr_str_printf(&line, " --limit %zu", s->cap);
    orr_str_append(out, line.data);
    orr_str_free(&line);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct console *s = state;
    if (s->running)
        orr_str_append(out, "running; x stops");
    else if (s->result.table.columns)
        orr_str_printf(out, "%s%zu row%s%s in %.3f s, read-only", s->result.truncated ? "first " : "",
                       s->result.table.rows, s->result.table.rows == 1 ? "" : "s",
                       s->result.truncated ? " (there are more: c raises the cap)" : "", s->result.seconds);
    else
        orr_str_printf(out, "read-only, at most %zu rows", s->cap);
}

const struct orr_screen orr_sql_screen = {
    .name = "sql",
    .title = "SQL",
    .summary = "ask the store in SQL, reading only",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .command = command,
    .status = status,
};
