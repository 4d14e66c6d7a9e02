/* The column chooser: every run field, configuration key and series summary, the shown ones first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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
    orr_runs_settings_write(ui, v);
    orr_runs_load(ui, v);
}

/* Shift moves the column under the cursor among the shown ones. */
static void move_entry(struct orr_runs_chooser *k, bool down)
{
    if (k->typed.len || k->listed.len != k->all.len || k->all.len < 2) return;
    const size_t other = down ? k->row + 1 : k->row - 1;
    if (other >= k->all.len) return;
    const struct entry e = k->all.data[k->row];
    k->all.data[k->row] = k->all.data[other];
    k->all.data[other] = e;
    k->row = other;
}

static void type(struct orr_runs_chooser *k, uint32_t code)
{
    if (code == ORR_KEY_BACKSPACE) {
        if (k->typed.len) k->typed.data[--k->typed.len] = '\0';
    } else if (code > ' ' && code < 0x7F) {
        orr_str_append_char(&k->typed, (char)code);
    }
    list_matching(k);
}

bool orr_runs_chooser_key(struct orr_ui *ui, struct orr_runs *v, struct orr_key key)
{
    static const struct orr_action moves[] = {{ORR_NAV_DOWN, "Down C-n", NULL, NULL, NULL},
                                              {ORR_NAV_UP, "Up C-p", NULL, NULL, NULL},
                                              {ORR_NAV_PAGE_DOWN, "PgDn", NULL, NULL, NULL},
                                              {ORR_NAV_PAGE_UP, "PgUp", NULL, NULL, NULL},
                                              {ORR_NAV_FIRST, "Home", NULL, NULL, NULL},
                                              {ORR_NAV_LAST, "End", NULL, NULL, NULL},
                                              {0}};
    struct orr_runs_chooser *k = v->chooser;
    if (key.mods == 0 && key.code == ORR_KEY_ESC) return orr_runs_chooser_close(v), true;
    if (key.mods == 0 && key.code == ORR_KEY_ENTER) return apply(ui, v), true;
    if (key.mods == 0 && (key.code == ORR_KEY_LEFT || key.code == ORR_KEY_RIGHT)) return move_entry(k, key.code == ORR_KEY_RIGHT), true;
    char name[16];
    orr_key_name(key, name);
    for (const struct orr_action *a = moves; a->id; a++) {
        const char *at = strstr(a->keys, name);
        if (at && (at == a->keys || at[-1] == ' ') && strcspn(at, " ") == strlen(name))
            return orr_nav_move(a->id, k->listed.len, k->page, &k->row);
    }
    if (key.mods) return false;
    if (key.code == ' ' && k->row < k->listed.len) {
        struct entry *e = &k->all.data[k->listed.data[k->row]];
        e->shown = !e->shown;
        orr_nav_move(ORR_NAV_DOWN, k->listed.len, k->page, &k->row);
    } else {
        type(k, key.code);
    }
    return true;
}

void orr_runs_chooser_render(struct orr_runs *v, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_runs_chooser *k = v->chooser;
    const int head = r.h > 2;
    if (head)
        orr_canvas_printf(c, r.x + 1, r.y, r.w - 2, (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD},
                          "Columns%s%s", k->typed.len ? " with " : "  Space shows, Left Right move, type to narrow, Enter applies",
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
