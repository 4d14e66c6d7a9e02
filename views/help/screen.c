/* Help: the keys of a screen and of the shell, from the key tables themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "tui/screens.h"
#include "tui/ui.h"
#include "tui/widgets/nav.h"

enum { ACT_FILTER = 1 };

static const struct orr_action actions[] = {
    {ACT_FILTER, "/", "find-key", "show only lines with a text", "TEXT"},
    ORR_NAV_ROW_ACTIONS,
    {0},
};

struct line {
    const char *heading;             /* or */
    const struct orr_action *action; /* of this line */
};
struct help {
    ORR_VEC(struct line) all;
    ORR_VEC(size_t) shown;
    char *filter;
    size_t top;
    int page;
};

static void add(struct help *h, const char *heading, const struct orr_action *list)
{
    ORR_VEC_PUSH(&h->all, (struct line){.heading = heading});
    for (const struct orr_action *a = list; a && a->id; a++)
        if (a->help) ORR_VEC_PUSH(&h->all, (struct line){.action = a});
}

static bool matches(const struct orr_action *a, const char *text)
{
    return !text || (a->keys && strstr(a->keys, text)) || (a->name && strcasestr(a->name, text)) || strcasestr(a->help, text);
}

/* Headings stay only above lines that match. */
static void select_lines(struct help *h)
{
    h->shown.len = 0;
    for (size_t i = 0; i < h->all.len; i++) {
        const struct line *l = &h->all.data[i];
        if (l->action && !matches(l->action, h->filter)) continue;
        if (l->heading && h->shown.len && h->all.data[h->shown.data[h->shown.len - 1]].heading) h->shown.len--;
        ORR_VEC_PUSH(&h->shown, i);
    }
    if (h->shown.len && h->all.data[h->shown.data[h->shown.len - 1]].heading) h->shown.len--;
    h->top = 0;
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)ui, (void)err;
    struct help *h = orr_xcalloc(1, sizeof *h);
    for (const struct orr_screen *const *s = orr_screens; *s; s++)
        if (arg && strcmp((*s)->name, arg) == 0) add(h, (*s)->title, (*s)->actions);
    add(h, "Everywhere", orr_ui_actions);
    for (const struct orr_screen *const *s = orr_screens; *s; s++)
        if (!arg || strcmp((*s)->name, arg) != 0) add(h, (*s)->title, (*s)->actions);
    select_lines(h);
    *state = h;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct help *h = state;
    free(h->all.data);
    free(h->shown.data);
    free(h->filter);
    free(h);
}

static void filter_changed(struct orr_ui *ui, void *ctx, const char *text)
{
    (void)ui;
    struct help *h = ctx;
    free(h->filter);
    h->filter = text && *text ? orr_xstrdup(text) : NULL;
    select_lines(h);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct help *h = state;
    const size_t page = h->page > 0 ? (size_t)h->page : 1, n = h->shown.len > page ? h->shown.len - page + 1 : 1;
    if (orr_nav_move(id, n, h->page, &h->top)) return;
    if (id != ACT_FILTER) return;
    if (arg) filter_changed(ui, h, arg);
    else orr_ui_prompt(ui, &(struct orr_prompt){.label = "/", .text = h->filter, .changed = filter_changed,
                                                .done = filter_changed, .ctx = h});
}

static void render_action(const struct orr_action *a, struct orr_canvas *c, int x, int y, int w)
{
    const int keys = w >= 76 ? 14 : w >= 30 ? 8 : 5, name = w >= 100 ? 22 : 0;
    const int shown = w >= 76 || !a->keys ? 99 : (int)strcspn(a->keys, " "); /* narrow: the first key only */
    if (a->keys) orr_canvas_printf(c, x, y, keys, (struct orr_style){.fg = ORR_COLOR_ACCENT}, "%.*s", shown, a->keys);
    else if (!name) orr_canvas_printf(c, x, y, keys, (struct orr_style){.fg = ORR_COLOR_ACCENT}, ":%s", a->name);
    if (name && a->name)
        orr_canvas_printf(c, x + keys + 2, y, name, (struct orr_style){.fg = ORR_COLOR_DIM}, ":%s%s%s", a->name,
                          a->arg ? " " : "", a->arg ? a->arg : "");
    const int at = keys + 2 + (name ? name + 2 : 0);
    orr_canvas_text(c, x + at, y, w - at, a->help, (struct orr_style){0});
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    struct help *h = state;
    h->page = r.h;
    h->top = orr_nav_scroll(h->top, h->top, h->shown.len, r.h);
    if (h->shown.len == 0)
        orr_canvas_printf(c, r.x + 1, r.y, r.w - 1, (struct orr_style){.fg = ORR_COLOR_WARN}, "nothing with '%s'",
                          h->filter);
    for (int y = 0; y < r.h && h->top + (size_t)y < h->shown.len; y++) {
        const struct line *l = &h->all.data[h->shown.data[h->top + (size_t)y]];
        if (l->action) render_action(l->action, c, r.x + 2, r.y + y, r.w - 3);
        else orr_canvas_text(c, r.x + 1, r.y + y, r.w - 1, l->heading, (struct orr_style){.attr = ORR_BOLD});
    }
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct help *h = state;
    orr_str_printf(out, "keys and commands%s%s   Esc goes back", h->filter ? " with " : "", h->filter ? h->filter : "");
}

const struct orr_screen orr_help_screen = {
    .name = "help", .title = "Help", .summary = "keys and commands", .actions = actions, .open = open_screen,
    .close = close_screen, .act = act, .render = render, .status = status,
};
