/* The column chooser: every run field, configuration key and series summary, the shown ones first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/mem.h"
#include "tui/ui.h"
#include "tui/widgets/nav.h"
#include "views/runs/state.h"

struct entry {
    char *spec;
    const char *kind; /* static */
    bool shown;
};

struct orr_runs_chooser {
    ORR_VEC(struct entry) all;
    ORR_VEC(size_t) listed; /* entries that match the typed text */
    struct orr_str typed;
    size_t row, top;
    int page;
};

static const char *const fields[] = {"id", "name", "key", "project", "group", "state", "tags", "notes", "started",
                                     "ended", "steps", "points", "series", NULL};

static struct entry *find(struct orr_runs_chooser *k, const char *spec)
{
    for (size_t i = 0; i < k->all.len; i++)
        if (strcmp(k->all.data[i].spec, spec) == 0) return &k->all.data[i];
    return NULL;
}

static void add(struct orr_runs_chooser *k, const char *prefix, const char *name, const char *kind, bool shown)
{
    struct orr_str spec = {0};
    orr_str_printf(&spec, "%s%s", prefix, name);
    struct entry *known = find(k, spec.data);
    if (known) {
        known->kind = kind;
        orr_str_free(&spec);
        return;
    }
    ORR_VEC_PUSH(&k->all, (struct entry){spec.data, kind, shown});
}

static void list_matching(struct orr_runs_chooser *k)
{
    k->listed.len = 0;
    for (size_t i = 0; i < k->all.len; i++)
        if (strcasestr(k->all.data[i].spec, orr_str_c(&k->typed))) ORR_VEC_PUSH(&k->listed, i);
    if (k->row >= k->listed.len) k->row = 0;
}

void orr_runs_chooser_open(struct orr_ui *ui, struct orr_runs *v)
{
    struct orr_runs_chooser *k = v->chooser = orr_xcalloc(1, sizeof *k);
    struct orr_name_list names = {0};
    struct orr_error err;
    const struct orr_table *t = &v->table.table;
    if (v->query.columns.len)
        for (size_t i = 0; i < v->query.columns.len; i++) add(k, "", v->query.columns.data[i], "", true);
    else
        for (size_t c = 0; c < t->columns && !v->query.group_by; c++) add(k, "", t->column[c].name, "", true);
    for (size_t i = 0; fields[i]; i++) add(k, "", fields[i], "run", false);
    if (orr_store_config_names(orr_ui_store(ui), &names, &err) == ORR_OK)
        for (size_t i = 0; i < names.n; i++) add(k, "", names.names[i].text, "configuration", false);
    orr_name_list_free(&names);
    if (orr_store_series_names(orr_ui_store(ui), &names, &err) == ORR_OK)
        for (size_t i = 0; i < names.n; i++) {
            add(k, "", names.names[i].text, "last value", false);
            add(k, "min:", names.names[i].text, "smallest value", false);
            add(k, "max:", names.names[i].text, "largest value", false);
            add(k, "best:", names.names[i].text, "step of the best value", false);
            if (orr_series_rank(names.names[i].text) < 2) continue; /* a forecast of a timing says nothing */
            add(k, "predicted:", names.names[i].text, "forecast final value", false);
            add(k, "predicted-low:", names.names[i].text, "its interval", false);
            add(k, "predicted-high:", names.names[i].text, "its interval", false);
            add(k, "predicted-rank:", names.names[i].text, "rank by it in the group", false);
        }
    orr_name_list_free(&names);
    list_matching(k);
}

void orr_runs_chooser_close(struct orr_runs *v)
{
    struct orr_runs_chooser *k = v->chooser;
    if (!k) return;
    for (size_t i = 0; i < k->all.len; i++) free(k->all.data[i].spec);
    free(k->all.data);
    free(k->listed.data);
    orr_str_free(&k->typed);
    free(k);
    v->chooser = NULL;
}

static void apply(struct orr_ui *ui, struct orr_runs *v)
{
    const struct orr_runs_chooser *k = v->chooser;
    struct orr_names *columns = &v->query.columns;
    for (size_t i = 0; i < columns->len; i++) free(columns->data[i]);
    columns->len = 0;
    for (size_t i = 0; i < k->all.len; i++)
        if (k->all.data[i].shown) ORR_VEC_PUSH(columns, orr_xstrdup(k->all.data[i].spec));
    orr_runs_chooser_close(v);
    orr_runs_load(ui, v);
    if (v->error.code) orr_ui_error(ui, &v->error);
}

/* Moves the entry under the cursor up or down: the order of the shown ones is the order of the columns. */
static void move_entry(struct orr_runs_chooser *k, bool down)
{
    const size_t other = down ? k->row + 1 : k->row - 1;
    if (k->typed.len || other >= k->all.len) return;
    const struct entry e = k->all.data[k->row];
    k->all.data[k->row] = k->all.data[other];
    k->all.data[other] = e;
    k->row = other;
}

static void narrowed(struct orr_ui *ui, void *ctx, const char *text)
{
    (void)ui;
    struct orr_runs_chooser *k = ((struct orr_runs *)ctx)->chooser;
    if (!k) return;
    orr_str_clear(&k->typed);
    if (text) orr_str_append(&k->typed, text);
    list_matching(k);
}

static void toggle(struct orr_runs_chooser *k)
{
    if (k->row >= k->listed.len) return;
    struct entry *e = &k->all.data[k->listed.data[k->row]];
    e->shown = !e->shown;
    orr_nav_move(ORR_NAV_DOWN, k->listed.len, k->page, &k->row);
}

/* Keys of the whole shell (q, ?, :) pass; what the table below would take does not. */
bool orr_runs_chooser_key(struct orr_ui *ui, struct orr_runs *v, struct orr_key key)
{
    enum { APPLY = 1, CANCEL, TOGGLE, NARROW, EARLIER, LATER };
    static const struct orr_action keys[] = {
        {APPLY, "Enter", NULL, NULL, NULL}, {CANCEL, "Esc c", NULL, NULL, NULL},   {TOGGLE, "Space x", NULL, NULL, NULL},
        {NARROW, "/", NULL, NULL, NULL},    {EARLIER, "K Left", NULL, NULL, NULL}, {LATER, "J Right", NULL, NULL, NULL},
        ORR_NAV_ROW_ACTIONS,                {0},
    };
    struct orr_runs_chooser *k = v->chooser;
    const struct orr_action *a = orr_action_by_key(keys, key);
    if (!a) return orr_action_by_key(orr_ui_actions, key) == NULL;
    switch (a->id) {
    case APPLY: apply(ui, v); break;
    case CANCEL: orr_runs_chooser_close(v); break;
    case TOGGLE: toggle(k); break;
    case NARROW:
        orr_ui_prompt(ui, &(struct orr_prompt){.label = "columns with: ", .text = orr_str_c(&k->typed), .changed = narrowed,
                                               .done = narrowed, .ctx = v});
        break;
    case EARLIER: move_entry(k, false); break;
    case LATER: move_entry(k, true); break;
    default: orr_nav_move(a->id, k->listed.len, k->page, &k->row);
    }
    return true;
}

void orr_runs_chooser_render(struct orr_runs *v, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_runs_chooser *k = v->chooser;
    const int head = r.h > 2;
    if (head)
        orr_canvas_printf(c, r.x + 1, r.y, r.w - 2, (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD},
                          "Columns%s%s   Space shows  J K move  / narrows  Enter applies", k->typed.len ? " with " : "",
                          orr_str_c(&k->typed));
    r.y += head, r.h -= head;
    k->page = r.h;
    k->top = orr_nav_scroll(k->top, k->row, k->listed.len, r.h);
    for (int y = 0; y < r.h && k->top + (size_t)y < k->listed.len; y++) {
        const struct entry *e = &k->all.data[k->listed.data[k->top + (size_t)y]];
        orr_canvas_text(c, r.x + 1, r.y + y, 3, e->shown ? "[x]" : "[ ]",
                        (struct orr_style){.fg = e->shown ? ORR_COLOR_GOOD : ORR_COLOR_DIM});
        const int used = orr_canvas_text(c, r.x + 5, r.y + y, r.w - 6, e->spec, (struct orr_style){0});
        orr_canvas_text(c, r.x + 7 + (used > 28 ? used : 28), r.y + y, r.w - 8 - (used > 28 ? used : 28), e->kind,
                        (struct orr_style){.fg = ORR_COLOR_DIM});
        if (k->top + (size_t)y == k->row) orr_canvas_tint(c, (struct orr_rect){r.x, r.y + y, r.w, 1}, ORR_COLOR_CURSOR);
    }
}
