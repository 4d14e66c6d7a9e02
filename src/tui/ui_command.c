/* The command palette: actions of all screens, global actions and batch verbs, by name, with completion. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/verb.h"
#include "tui/ui_state.h"

enum { NAMES_MAX = 400 };

static bool is_own_verb(const struct orr_verb *v)
{
    return strcmp(v->name, "open") != 0 && strcmp(v->name, "replay") != 0 && strcmp(v->name, "demo") != 0;
}

/* What a line starts: an action of the screen on top, of the shell, of another screen, or a verb. */
struct command {
    const struct orr_screen *screen; /* NULL: the shell's */
    const struct orr_action *action; /* NULL: a verb */
};

static bool find_command(struct orr_ui *ui, const char *name, size_t n, struct command *out)
{
    const struct orr_screen *top = orr_ui_screen(ui);
    *out = (struct command){top, orr_action_by_name(top->actions, name, n)};
    if (out->action) return true;
    *out = (struct command){NULL, orr_action_by_name(orr_ui_actions, name, n)};
    if (out->action) return true;
    for (const struct orr_screen *const *s = orr_screens; *s; s++) {
        *out = (struct command){*s, orr_action_by_name((*s)->actions, name, n)};
        if (out->action) return true;
    }
    return false;
}

static bool is_verb(const char *line)
{
    for (const struct orr_verb *const *v = orr_verbs; *v; v++) {
        const size_t n = strcspn((*v)->name, " "); /* the first word decides; the verb's parser says the rest */
        if (is_own_verb(*v) && strncmp(line, (*v)->name, n) == 0 && (line[n] == ' ' || line[n] == '\0')) return true;
    }
    return false;
}

/* Whether a line begins with the whole name of a verb of two words: `corpus add` is not the action `corpus` with an argument. */
static bool is_long_verb(const char *line)
{
    for (const struct orr_verb *const *v = orr_verbs; *v; v++) {
        const size_t n = strlen((*v)->name);
        if (is_own_verb(*v) && strchr((*v)->name, ' ') && strncmp(line, (*v)->name, n) == 0 &&
            (line[n] == ' ' || line[n] == '\0'))
            return true;
    }
    return false;
}

/* ---- completion ---- */

struct completion {
    struct orr_str *out;
    const char *typed;
    bool inside; /* second pass: where the text stands inside of the name */
};

static void offer(const struct completion *k, const char *name, const char *arg, const char *remark)
{
    const char *at = strstr(name, k->typed);
    if (!at || (at == name) == k->inside) return;
    orr_str_printf(k->out, "%s%s\t%s%s%s\n", name, arg ? " " : "", arg ? arg : "", arg ? "  " : "", remark ? remark : "");
}

static void offer_actions(const struct completion *k, const struct orr_action *actions, const struct orr_action *besides)
{
    for (const struct orr_action *a = actions; a && a->id; a++)
        if (a->name && !(besides && orr_action_by_name(besides, a->name, strlen(a->name))))
            offer(k, a->name, a->arg, a->help);
}

static void offer_screens(const struct completion *k)
{
    char text[96];
    for (const struct orr_screen *const *s = orr_screens; *s; s++) {
        snprintf(text, sizeof text, "open %s", (*s)->name);
        offer(k, text, NULL, (*s)->summary);
    }
}

static void offer_verbs(const struct completion *k)
{
    for (const struct orr_verb *const *v = orr_verbs; *v; v++)
        if (is_own_verb(*v)) offer(k, (*v)->name, (*v)->operands && *(*v)->operands ? (*v)->operands : NULL, (*v)->summary);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* Files for the last word of a verb's line; hidden ones only when asked for. */
static void offer_files(const char *line, struct orr_str *out)
{
    const char *word = strrchr(line, ' ') + 1, *slash = strrchr(word, '/');
    const char *base = slash ? slash + 1 : word;
    char folder[1024];
    struct dirent **list;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash + 1 - word) : 1, slash ? word : ".");
    if (strpbrk(word, "'\"\\")) return; /* inside of quotes a plain completion would lie */
    const int n = scandir(folder, &list, NULL, by_name);
    for (int i = 0, shown = 0; i < n; i++) {
        const struct dirent *e = list[i];
        const bool hidden = e->d_name[0] == '.' && base[0] != '.';
        if (!hidden && strncmp(e->d_name, base, strlen(base)) == 0 && !strpbrk(e->d_name, " \t\n'\"\\") && shown++ < 200)
            orr_str_printf(out, "%.*s%s%s\t\n", (int)(base - line), line, e->d_name, e->d_type == DT_DIR ? "/" : "");
        free(list[i]);
    }
    if (n >= 0) free(list);
}

/* Arguments that the screen on top knows: "sort val/l" gives "sort val/loss". */
static void offer_arguments(struct orr_ui *ui, const char *text, struct orr_str *out)
{
    const struct orr_frame f = *orr_ui_top(ui);
    const char *blank = strchr(text, ' ');
    const struct orr_action *a = blank ? orr_action_by_name(f.screen->actions, text, (size_t)(blank - text)) : NULL;
    struct orr_str arguments = {0};
    if (!a || !a->arg || !f.screen->complete) return;
    f.screen->complete(ui, f.state, a->id, blank + 1, &arguments);
    for (const char *line = orr_str_c(&arguments); *line;) {
        const size_t n = strcspn(line, "\n");
        orr_str_printf(out, "%s %.*s\n", a->name, (int)n, line);
        line += n + (line[n] == '\n');
    }
    orr_str_free(&arguments);
}

static void complete(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *out)
{
    (void)ctx;
    const struct orr_screen *top = orr_ui_screen(ui);
    offer_arguments(ui, text, out);
    if (is_verb(text) && strchr(text, ' ')) offer_files(text, out);
    for (int inside = 0; inside <= 1; inside++) {
        const struct completion k = {out, text, inside == 1};
        if (*text == '\0' && inside) break;
        offer_actions(&k, top->actions, NULL);
        offer_actions(&k, orr_ui_actions, NULL);
        offer_screens(&k);
        offer_verbs(&k);
        for (const struct orr_screen *const *s = orr_screens; *s; s++)
            if (*s != top) offer_actions(&k, (*s)->actions, top->actions);
    }
}

/* ---- running ---- */

void orr_ui_command(struct orr_ui *ui, const char *line)
{
    struct command k;
    ui->message[0] = '\0';
    line += strspn(line, " :");
    const size_t n = strcspn(line, " ");
    if (n == 0) return;
    const char *arg = line + n + strspn(line + n, " ");
    if (!is_long_verb(line) && find_command(ui, line, n, &k)) {
        if (k.screen && k.screen != orr_ui_screen(ui)) orr_ui_open(ui, k.screen->name, NULL);
        if (k.screen && k.screen != orr_ui_screen(ui)) return; /* it did not open and said why */
        if (k.screen) orr_ui_screen_act(ui, k.action->id, *arg ? arg : NULL);
        else orr_ui_act(ui, k.action->id, *arg ? arg : NULL);
    } else if (is_verb(line)) {
        orr_ui_run_verb(ui, line);
    } else {
        orr_ui_message(ui, ORR_COLOR_BAD, "no command '%.*s'; `:` and Tab lists them", (int)n, line);
    }
}

static void entered(struct orr_ui *ui, void *ctx, const char *text)
{
    (void)ctx;
    if (text) orr_ui_command(ui, text);
}

void orr_ui_palette(struct orr_ui *ui)
{
    const struct orr_prompt p = {.label = ":", .complete = complete, .done = entered};
    orr_ui_prompt(ui, &p);
}
