/* The screen of what a batch verb printed. Not in the tab bar: it opens by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/ui_state.h"
#include "tui/widgets/nav.h"
#include "tui/widgets/pager.h"

struct output {
    char *command; /* the first line of the argument */
    struct orr_pager pager;
    char *needle;
};

enum { ACT_FIND = 1, ACT_NEXT };

static const struct orr_action actions[] = {
    ORR_NAV_ROW_ACTIONS,
    {ORR_NAV_LEFT, "h Left", NULL, "scroll left", NULL},
    {ORR_NAV_RIGHT, "l Right", NULL, "scroll right", NULL},
    {ACT_FIND, "/", "find", "find text", "TEXT"},
    {ACT_NEXT, "n", "find-next", "find the next place", NULL},
    {0},
};

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)ui, (void)err;
    struct output *o = orr_xcalloc(1, sizeof *o);
    const char *text = arg ? arg : "", *newline = strchr(text, '\n');
    o->command = orr_xstrndup(text, newline ? (size_t)(newline - text) : strlen(text));
    orr_pager_set(&o->pager, newline ? newline + 1 : "");
    *state = o;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct output *o = state;
    orr_pager_free(&o->pager);
    free(o->command);
    free(o->needle);
    free(o);
}

static void find(struct orr_ui *ui, struct output *o, size_t from)
{
    const size_t at = o->needle && *o->needle ? orr_pager_find(&o->pager, from, o->needle) : o->pager.lines.len;
    if (at < o->pager.lines.len) o->pager.top = at;
    else orr_ui_message(ui, ORR_COLOR_WARN, "not found: %s", o->needle ? o->needle : "(nothing to find)");
}

static void found(struct orr_ui *ui, void *ctx, const char *text)
{
    struct output *o = ctx;
    if (!text) return;
    free(o->needle);
    o->needle = orr_xstrdup(text);
    find(ui, o, o->pager.top);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct output *o = state;
    if (orr_pager_act(&o->pager, id)) return;
    if (id == ACT_FIND && arg) found(ui, o, arg);
    else if (id == ACT_FIND) orr_ui_prompt(ui, &(struct orr_prompt){.label = "/", .done = found, .ctx = o});
    else if (id == ACT_NEXT) find(ui, o, o->pager.top + 1);
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    struct output *o = state;
    orr_pager_render(&o->pager, c, r);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct output *o = state;
    orr_str_printf(out, "%s   line %zu of %zu", o->command, o->pager.top + 1, o->pager.lines.len);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    orr_str_append(out, ((const struct output *)state)->command);
}

const struct orr_screen orr_output_screen = {
    .name = "output", .title = "Output", .summary = "what a command printed", .actions = actions, .open = open_screen,
    .close = close_screen, .act = act, .render = render, .status = status, .command = command,
};
