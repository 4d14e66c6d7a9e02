#include "tui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "tui/ui_state.h"

enum { LOOK_SECONDS = 1, MESSAGE_SECONDS = 12, PASTE_MAX = 4096 /* bytes: more was not meant for a prompt */ };

const struct orr_action orr_ui_actions[] = {
    {ORR_UI_OPEN, "1 2 3 4 5 6 7 8 9", "open", "open the screen with this number or name", "SCREEN [FOR]"},
    {ORR_UI_TAB, "} Tab", NULL, "next screen; Tab goes to the next pane where there are panes", NULL},
    {ORR_UI_TAB_BACK, "{ BackTab", NULL, "the screen before, likewise", NULL},
    {ORR_UI_BACK, "Esc Backspace", "back", "back to the screen before", NULL},
    {ORR_UI_COMMAND, ":", NULL, "type a command; Tab completes", NULL},
    {ORR_UI_SQL, ";", NULL, "SQL console", NULL},
    {ORR_UI_JOBS, "J", NULL, "what runs in the background", NULL},
    {ORR_UI_HELP, "? F1", "help", "keys of this screen", NULL},
    {ORR_UI_SHOW_COMMAND, "Y", "show-command", "show and copy the batch command that gives this view", NULL},
    {ORR_UI_OUTPUT, "O", "output", "what the last command printed", NULL},
    {ORR_UI_MOUSE, "F2", "mouse", "turn the mouse on or off", NULL},
    {ORR_UI_REDRAW, "C-l", "redraw", "paint everything anew", NULL},
    {ORR_UI_SUSPEND, "C-z", "suspend", "stop and go to the shell; fg comes back", NULL},
    {ORR_UI_QUIT, "q", "quit", "leave Orrery", NULL},
    {ORR_UI_INTERRUPT, "C-c", NULL, "leave Orrery with exit code 130", NULL},
    {0},
};

double orr_ui_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- actions ---- */

const struct orr_action *orr_action_by_key(const struct orr_action *actions, struct orr_key key)
{
    char name[16];
    orr_key_name(key, name);
    const size_t n = strlen(name);
    if (n == 0) return NULL;
    for (const struct orr_action *a = actions; a && a->id; a++)
        for (const char *k = a->keys; k && *k; k += strcspn(k, " "), k += *k == ' ')
            if (strncmp(k, name, n) == 0 && (k[n] == ' ' || k[n] == '\0')) return a;
    return NULL;
}

const struct orr_action *orr_action_by_name(const struct orr_action *actions, const char *name, size_t n)
{
    for (const struct orr_action *a = actions; a && a->id; a++)
        if (a->name && strlen(a->name) == n && memcmp(a->name, name, n) == 0) return a;
    return NULL;
}

static const struct orr_screen *screen_by_number(int n)
{
    for (int i = 0; orr_screens[i]; i++)
        if (i + 1 == n) return orr_screens[i];
    return NULL;
}

void orr_ui_screen_act(struct orr_ui *ui, int id, const char *arg)
{
    const struct orr_frame f = *orr_ui_top(ui);
    const uint64_t before = ui->running;
    ui->running = f.id;
    f.screen->act(ui, f.state, id, arg);
    ui->running = before;
    ui->dirty = true;
}

/* Tab on a screen without panes: the next or previous one of the bar. */
static void neighbour(struct orr_ui *ui, int step)
{
    int n = 0, at = -1;
    for (; orr_screens[n]; n++)
        if (orr_screens[n] == orr_ui_top(ui)->screen) at = n;
    if (at < 0 && step < 0) at = 0;
    if (n > 0) orr_ui_open(ui, orr_screens[(at + step + n) % n]->name, NULL);
}

static void show_command(struct orr_ui *ui)
{
    const struct orr_frame *f = orr_ui_top(ui);
    struct orr_str line = {0};
    if (f->screen->command) f->screen->command(ui, f->state, &line);
    if (line.len) orr_ui_copy(ui, line.data);
    else orr_ui_message(ui, ORR_COLOR_WARN, "this screen has no batch command");
    orr_str_free(&line);
}

/* "curves 3 5": a screen and what it is opened for. */
static void open_named(struct orr_ui *ui, const char *line)
{
    const size_t n = strcspn(line, " ");
    const char *arg = line + n + strspn(line + n, " ");
    char *name = orr_xstrndup(line, n);
    orr_ui_open(ui, name, *arg ? arg : NULL);
    free(name);
}

void orr_ui_act(struct orr_ui *ui, int id, const char *arg)
{
    ui->dirty = true;
    switch ((enum orr_ui_action)id) {
    case ORR_UI_QUIT: orr_ui_quit(ui, 0); break;
    case ORR_UI_INTERRUPT: orr_ui_quit(ui, 130); break;
    case ORR_UI_HELP:
        if (strcmp(orr_ui_top(ui)->screen->name, "help") != 0) orr_ui_open(ui, "help", orr_ui_top(ui)->screen->name);
        break;
    case ORR_UI_COMMAND: orr_ui_palette(ui); break;
    case ORR_UI_SQL: orr_ui_open(ui, "sql", NULL); break;
    case ORR_UI_JOBS: orr_ui_open(ui, "jobs", NULL); break;
    case ORR_UI_BACK: orr_ui_back(ui); break;
    case ORR_UI_TAB: neighbour(ui, 1); break;
    case ORR_UI_TAB_BACK: neighbour(ui, -1); break;
    case ORR_UI_OPEN:
        if (arg && *arg) open_named(ui, arg);
        else orr_ui_message(ui, ORR_COLOR_WARN, "open which screen? `:open ` and Tab lists them");
        break;
    case ORR_UI_REDRAW: ui->repaint = true; break;
    case ORR_UI_SUSPEND: ui->suspend = true; break;
    case ORR_UI_MOUSE:
        ui->mouse = !ui->mouse;
        orr_ui_message(ui, ORR_COLOR_ACCENT, "mouse %s", ui->mouse ? "on" : "off");
        break;
    case ORR_UI_SHOW_COMMAND: show_command(ui); break;
    case ORR_UI_OUTPUT:
        if (ui->output.len) orr_ui_open(ui, orr_output_screen.name, ui->output.data);
        else orr_ui_message(ui, ORR_COLOR_WARN, "no command has printed anything yet");
        break;
    }
}

/* ---- keys ---- */

static void update_candidates(struct orr_ui *ui)
{
    struct orr_str lines = {0};
    if (!ui->prompt.complete) return;
    ui->prompt.complete(ui, ui->prompt.ctx, orr_str_c(&ui->edit.text), &lines);
    orr_prompt_widget_candidates(&ui->edit, &lines);
    orr_str_free(&lines);
}

/* done may start the next prompt, so this one is over before it is called. */
static void end_prompt(struct orr_ui *ui, bool accepted)
{
    const struct orr_prompt p = ui->prompt;
    char *text = accepted ? orr_xstrdup(orr_str_c(&ui->edit.text)) : NULL;
    if (accepted) orr_prompt_widget_remember(&ui->edit);
    ui->prompting = false;
    const uint64_t before = ui->running;
    ui->running = ui->prompt_frame;
    if (p.done) p.done(ui, p.ctx, text);
    ui->running = before;
    free(text);
}

static void edited(struct orr_ui *ui)
{
    update_candidates(ui);
    if (ui->prompt.changed) ui->prompt.changed(ui, ui->prompt.ctx, orr_str_c(&ui->edit.text));
}

void orr_ui_end_paste(struct orr_ui *ui)
{
    if (ui->pasted && ui->prompting) edited(ui);
    ui->pasted = false;
}

static void prompt_key(struct orr_ui *ui, struct orr_key key, bool pasted)
{
    if (pasted && ui->edit.text.len >= PASTE_MAX) return;
    if (!pasted) orr_ui_end_paste(ui);
    switch (orr_prompt_widget_key(&ui->edit, key)) {
    case ORR_PROMPT_ACCEPTED: end_prompt(ui, true); break;
    case ORR_PROMPT_CANCELLED: end_prompt(ui, false); break;
    case ORR_PROMPT_EDITED:
        if (pasted) ui->pasted = true;
        else edited(ui);
        break;
    case ORR_PROMPT_MOVED:
        if (ui->prompt.changed) ui->prompt.changed(ui, ui->prompt.ctx, orr_str_c(&ui->edit.text));
        break;
    case ORR_PROMPT_IGNORED:
        if (!(key.mods & ORR_MOD_ALT)) break;
        end_prompt(ui, false); /* Esc and a key typed fast arrive as one Alt key */
        key.mods &= (uint8_t)~ORR_MOD_ALT;
        orr_ui_key(ui, key);
        break;
    }
}

static bool is_always_global(const struct orr_action *a)
{
    return a && (a->id == ORR_UI_QUIT || a->id == ORR_UI_COMMAND || a->id == ORR_UI_HELP || a->id == ORR_UI_INTERRUPT ||
                 a->id == ORR_UI_SUSPEND);
}

static bool screen_key(struct orr_ui *ui, struct orr_key key)
{
    const struct orr_frame f = *orr_ui_top(ui);
    const uint64_t before = ui->running;
    if (!f.screen->key) return false;
    ui->running = f.id;
    const bool taken = f.screen->key(ui, f.state, key);
    ui->running = before;
    return taken;
}

/* A click on the tab bar; the wheel where the screen has no use of its own for it. */
static bool mouse(struct orr_ui *ui, struct orr_key key)
{
    const int tab = key.button == 1 && key.y == 0 && ui->height >= TITLE_HEIGHT ? orr_ui_tab_at(ui, key.x) : 0;
    if (tab) return orr_ui_open(ui, screen_by_number(tab)->name, NULL), true;
    if (screen_key(ui, key)) return true;
    const struct orr_key arrow = {.code = key.button == 4 ? ORR_KEY_UP : key.button == 5 ? ORR_KEY_DOWN : ORR_KEY_NONE};
    const struct orr_action *a = orr_action_by_key(orr_ui_top(ui)->screen->actions, arrow);
    for (int i = 0; a && i < 3; i++) orr_ui_screen_act(ui, a->id, NULL);
    return a != NULL;
}

static bool dispatch(struct orr_ui *ui, struct orr_key key)
{
    if (key.code == ORR_KEY_MOUSE) return mouse(ui, key);
    const struct orr_action *global = orr_action_by_key(orr_ui_actions, key), *own;
    if (screen_key(ui, key)) return true;
    own = is_always_global(global) ? NULL : orr_action_by_key(orr_ui_top(ui)->screen->actions, key);
    if (own) return orr_ui_screen_act(ui, own->id, NULL), true;
    if (!global) return false;
    if (global->id == ORR_UI_OPEN) {
        const struct orr_screen *s = screen_by_number((int)key.code - '0');
        if (s) orr_ui_open(ui, s->name, NULL);
    } else {
        orr_ui_act(ui, global->id, NULL);
    }
    return true;
}

void orr_ui_key(struct orr_ui *ui, struct orr_key key)
{
    ui->dirty = true;
    ui->keys++;
    if (key.code == ORR_KEY_NONE || ui->stack.len == 0) return;
    if (key.code == 'z' && key.mods == ORR_MOD_CTRL) {
        ui->suspend = true;
        return;
    }
    const bool pasted = key.mods & ORR_MOD_PASTED;
    key.mods &= (uint8_t)~ORR_MOD_PASTED;
    if (ui->prompting) {
        prompt_key(ui, key, pasted);
        return;
    }
    if (pasted) { /* only a screen that edits text wants it; it must not act as commands */
        screen_key(ui, key);
        return;
    }
    ui->message[0] = '\0';
    if (dispatch(ui, key) || !(key.mods & ORR_MOD_ALT)) return;
    /* Esc and a key typed fast arrive as one Alt key; nothing is bound to it, so it was two. */
    dispatch(ui, (struct orr_key){.code = ORR_KEY_ESC});
    key.mods &= (uint8_t)~ORR_MOD_ALT;
    dispatch(ui, key);
}

/* ---- time, jobs, changes ---- */

static void run_timer(struct orr_ui *ui, struct orr_ui_timer t)
{
    for (size_t i = 0; i < ui->stack.len; i++) {
        const struct orr_frame f = ui->stack.data[i];
        if (f.id != t.frame) continue;
        ui->running = f.id;
        f.screen->act(ui, f.state, t.id, NULL);
        ui->running = 0;
        ui->dirty = true;
        return;
    }
}

static void look_for_changes(struct orr_ui *ui)
{
    const int64_t counter = ui->app->store ? orr_store_change_counter(ui->app->store) : 0;
    if (counter == ui->change_counter) return;
    ui->change_counter = counter;
    ui->dirty = true;
    for (size_t i = 0; i < ui->stack.len; i++) {
        const struct orr_frame f = ui->stack.data[i];
        ui->running = f.id;
        if (f.screen->changed) f.screen->changed(ui, f.state);
        ui->running = 0;
    }
}

void orr_ui_tick(struct orr_ui *ui, double now)
{
    /* No more of them than there were: one that sets itself anew waits for the next tick, however late `now` is. */
    for (size_t i = 0, left = ui->timers.len; i < ui->timers.len && left > 0;) {
        const struct orr_ui_timer t = ui->timers.data[i];
        if (t.due > now) {
            i++;
            continue;
        }
        left--;
        ui->timers.data[i] = ui->timers.data[--ui->timers.len];
        run_timer(ui, t);
    }
    if (now >= ui->next_look) {
        look_for_changes(ui);
        ui->next_look = now + LOOK_SECONDS;
    }
    if (ui->message[0] && now >= ui->message_until) {
        ui->message[0] = '\0';
        ui->dirty = true;
    }
}

int orr_ui_wait(const struct orr_ui *ui, double now)
{
    double due = ui->next_look;
    for (size_t i = 0; i < ui->timers.len; i++)
        if (ui->timers.data[i].due < due) due = ui->timers.data[i].due;
    return due <= now ? 0 : (int)((due - now) * 1e3) + 1;
}

void orr_ui_jobs_changed(struct orr_ui *ui)
{
    orr_jobs_drain(ui->jobs);
    orr_jobs_collect(ui->jobs);
    look_for_changes(ui);
    ui->dirty = true;
}

/* ---- services for screens ---- */

struct orr_app *orr_ui_app(struct orr_ui *ui) { return ui->app; }
struct orr_store *orr_ui_store(struct orr_ui *ui) { return ui->app->store; }
struct orr_jobs *orr_ui_jobs(struct orr_ui *ui) { return ui->jobs; }
struct orr_selection *orr_ui_selection(struct orr_ui *ui) { return &ui->selection; }
int orr_ui_width(const struct orr_ui *ui) { return ui->width; }
void orr_ui_redraw(struct orr_ui *ui) { ui->dirty = true; }

void orr_ui_message(struct orr_ui *ui, enum orr_color color, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(ui->message, sizeof ui->message, fmt, ap);
    va_end(ap);
    ui->message_color = color;
    ui->message_until = orr_ui_clock() + MESSAGE_SECONDS;
    ui->dirty = true;
}

void orr_ui_error(struct orr_ui *ui, const struct orr_error *err)
{
    if (err->where[0]) orr_ui_message(ui, ORR_COLOR_BAD, "%s: %s", err->where, err->message);
    else orr_ui_message(ui, ORR_COLOR_BAD, "%s", err->message[0] ? err->message : orr_status_name(err->code));
}

void orr_ui_copy(struct orr_ui *ui, const char *text)
{
    orr_str_clear(&ui->clipboard);
    orr_str_append(&ui->clipboard, text);
    orr_ui_message(ui, ORR_COLOR_ACCENT, "%s", text);
}

void orr_ui_prompt(struct orr_ui *ui, const struct orr_prompt *p)
{
    ui->prompt = *p;
    ui->prompting = true;
    ui->pasted = false;
    ui->prompt_frame = ui->running ? ui->running : orr_ui_top(ui)->id;
    ui->message[0] = '\0';
    orr_prompt_widget_start(&ui->edit, p->label, p->text);
    update_candidates(ui);
    ui->dirty = true;
}

void orr_ui_timer(struct orr_ui *ui, int ms, int id)
{
    const uint64_t frame = ui->running ? ui->running : ui->stack.len ? orr_ui_top(ui)->id : 0;
    size_t i = 0;
    while (i < ui->timers.len && (ui->timers.data[i].frame != frame || ui->timers.data[i].id != id)) i++;
    if (i < ui->timers.len) ui->timers.data[i] = ui->timers.data[--ui->timers.len];
    if (ms > 0) ORR_VEC_PUSH(&ui->timers, (struct orr_ui_timer){frame, id, orr_ui_clock() + 1e-3 * ms});
}

bool orr_selection_has(const struct orr_selection *s, int64_t run)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->runs[i] == run) return true;
    return false;
}

void orr_selection_toggle(struct orr_selection *s, int64_t run)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->runs[i] != run) continue;
        memmove(&s->runs[i], &s->runs[i + 1], (s->n - i - 1) * sizeof *s->runs);
        s->n--;
        return;
    }
    s->runs = orr_xrealloc(s->runs, s->n + 1, sizeof *s->runs);
    s->runs[s->n++] = run;
}

/* ---- life ---- */

struct orr_ui *orr_ui_new(struct orr_app *app, struct orr_jobs *jobs, int width, int height)
{
    struct orr_ui *ui = orr_xcalloc(1, sizeof *ui);
    *ui = (struct orr_ui){.app = app, .jobs = jobs, .width = width, .height = height, .dirty = true};
    if (app->store) ui->change_counter = orr_store_change_counter(app->store);
    ui->next_look = orr_ui_clock() + LOOK_SECONDS;
    if (orr_screens[0]) orr_ui_open(ui, orr_screens[0]->name, NULL);
    return ui;
}

void orr_ui_free(struct orr_ui *ui)
{
    if (!ui) return;
    orr_ui_log_screen(ui);
    orr_ui_close_all(ui);
    free(ui->stack.data);
    free(ui->timers.data);
    free(ui->selection.runs);
    orr_prompt_widget_free(&ui->edit);
    orr_str_free(&ui->clipboard);
    orr_str_free(&ui->output);
    orr_str_free(&ui->logged);
    free(ui);
}

void orr_ui_resize(struct orr_ui *ui, int width, int height)
{
    ui->width = width;
    ui->height = height;
    ui->dirty = true;
}

void orr_ui_quit(struct orr_ui *ui, int code)
{
    ui->done = true;
    ui->code = code;
}

bool orr_ui_done(const struct orr_ui *ui, int *code)
{
    if (ui->done) *code = ui->code;
    return ui->done;
}

bool orr_ui_take_dirty(struct orr_ui *ui)
{
    const bool dirty = ui->dirty;
    ui->dirty = false;
    return dirty;
}

bool orr_ui_take_suspend(struct orr_ui *ui)
{
    const bool suspend = ui->suspend;
    ui->suspend = false;
    return suspend;
}

bool orr_ui_take_repaint(struct orr_ui *ui)
{
    const bool repaint = ui->repaint;
    ui->repaint = false;
    return repaint;
}

const char *orr_ui_take_clipboard(struct orr_ui *ui)
{
    if (ui->clipboard.len == 0) return NULL;
    ui->clipboard.len = 0;
    return ui->clipboard.data;
}

bool orr_ui_wants_mouse(const struct orr_ui *ui) { return ui->mouse; }
const struct orr_screen *orr_ui_screen(const struct orr_ui *ui)
{
    return ui->stack.len ? ui->stack.data[ui->stack.len - 1].screen : NULL;
}
