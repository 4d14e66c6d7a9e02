/* Lab: train networks here, watch and steer them; optimisers racing down a surface. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"
#include "views/lab/state.h"

enum {
    ACT_ENTER = 1,
    ACT_NEW,
    ACT_PAUSE,
    ACT_MORE,
    ACT_LESS,
    ACT_LR,
    ACT_STOP,
    ACT_FORK,
    ACT_TYPE,
    ACT_CHART,
    ACT_LOG_Y,
    ACT_EXPORT,
    ACT_RACE,
    ACT_SURFACE,
    ACT_STEP,
    ACT_SLOWER,
    ACT_QUICKER,
    ACT_AGAIN,
    ACT_LIST,
    ACT_TIMER
};
enum { WATCH_MS = 100, RACE_MS = 50, FASTEST = 64 };

static const struct orr_action actions[] = {
    {ACT_ENTER, "Enter", "train", "train what the form says; in the list: curves of the run", NULL},
    {ACT_NEW, "n", "new-run", "the form of a new run", NULL},
    {ACT_LIST, "w", "watch", "the runs that train or have trained", NULL},
    {ACT_PAUSE, "Space", "pause", "pause or go on", NULL},
    {ACT_MORE, "+ =", "more", "a larger learning rate, at once; in the form: the next value", NULL},
    {ACT_LESS, "-", "less", "a smaller learning rate, at once; in the form: the value before", NULL},
    {ACT_LR, NULL, "lr", "set the learning rate", "RATE"},
    {ACT_STOP, "x", "stop", "stop the run and keep what is there", NULL},
    {ACT_FORK, "F", "fork", "a new run from the weights of this one, with another rate or seed", NULL},
    {ACT_TYPE, "t", "type", "type the value under the cursor, or the learning rate", "VALUE"},
    {ACT_CHART, "c", "chart", "one chart alone: loss, accuracy, norms, rate; then all", NULL},
    {ACT_LOG_Y, "y", "log-y", "logarithmic losses", NULL},
    {ACT_EXPORT, "e", "export", "loss and accuracy as a picture", "FILE"},
    {ACT_RACE, "o", "race", "optimisers race down a surface; again: back", "SURFACE"},
    {ACT_SURFACE, "f", "surface", "race: the next surface", NULL},
    {ACT_STEP, "s", "step", "race: one step", NULL},
    {ACT_SLOWER, "[", "slower", "race: fewer steps per frame", NULL},
    {ACT_QUICKER, "]", "quicker", "race: more steps per frame", NULL},
    {ACT_AGAIN, "0", "again", "race: back to the start", NULL},
    ORR_NAV_ROW_ACTIONS,
    ORR_NAV_COLUMN_ACTIONS,
    {0},
};

static void wake(struct orr_ui *ui, struct lab *s)
{
    if (s->mode == LAB_RACE && s->running)
        orr_ui_timer(ui, RACE_MS, ACT_TIMER);
    else if (lab_refresh(ui, s))
        orr_ui_timer(ui, WATCH_MS, ACT_TIMER);
}

static void race(struct orr_ui *ui, struct lab *s, const char *name)
{
    if (s->mode == LAB_RACE && !name) {
        s->mode = s->bench->sessions.len ? LAB_WATCH : LAB_FORM;
        return;
    }
    for (size_t i = 0; name && orr_surfaces[i]; i++)
        if (!strcmp(orr_surfaces[i]->name, name)) {
            s->surface = i;
            orr_race_free(&s->race);
        }
    if (name && strcmp(orr_surfaces[s->surface]->name, name)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "no surface '%s'; f shows them in turn", name);
        return;
    }
    s->mode = LAB_RACE;
    if (!s->race.surface) lab_race_start(s);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct lab *s = orr_xcalloc(1, sizeof *s);
    s->bench = lab_bench_of(ui);
    s->lr_factor = 1;
    s->speed = 1;
    s->mode = s->bench->sessions.len ? LAB_WATCH : LAB_FORM;
    lab_form_init(s);
    *state = s;
    if (arg && *arg) race(ui, s, arg);
    wake(ui, s);
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    struct lab *s = state;
    (void)ui;
    orr_lab_session_free(s->parent);
    orr_race_free(&s->race);
    free(s);
}

/* ---- steering ---- */

static void set_lr(struct orr_ui *ui, struct lab *s, double lr)
{
    struct lab_session *here = lab_here(s);
    if (!here) return;
    if (here->look.phase == ORR_LAB_OVER) {
        orr_ui_message(ui, ORR_COLOR_WARN, "this run is over; F forks it with another learning rate");
        return;
    }
    if (!(lr > 0) || lr > 1e6) {
        orr_ui_message(ui, ORR_COLOR_WARN, "a learning rate is above 0");
        return;
    }
    orr_lab_session_set_lr(here->session, lr);
    orr_ui_message(ui, ORR_COLOR_ACCENT, "learning rate %.3g from the next step on", lr);
}

static void change(struct orr_ui *ui, struct lab *s, int direction)
{
    struct lab_session *here = lab_here(s);
    if (s->mode == LAB_FORM) {
        lab_form_key(s, direction);
    } else if (s->mode == LAB_RACE) {
        const double factor = direction > 0 ? 1.5 : 1 / 1.5;
        s->lr_factor *= factor;
        orr_race_scale_lr(&s->race, factor);
    } else if (here) {
        set_lr(ui, s, lab_next_lr(orr_lab_session_lr(here->session), direction));
    }
}

static void pause_or_go(struct lab *s)
{
    struct lab_session *here = lab_here(s);
    if (s->mode == LAB_RACE)
        s->running = !s->running;
    else if (s->mode == LAB_WATCH && here)
        orr_lab_session_pause(here->session, !orr_lab_session_paused(here->session));
}

static void open_curves(struct orr_ui *ui, const struct lab_session *here)
{
    char arg[32];
    if (!here) return;
    if (!here->look.run) {
        orr_ui_message(ui, ORR_COLOR_WARN, "this run is not stored yet");
        return;
    }
    snprintf(arg, sizeof arg, "%lld", (long long)here->look.run);
    orr_ui_open(ui, "curves", arg);
}

static void typed(struct orr_ui *ui, void *state, const char *text)
{
    struct lab *s = state;
    double x;
    if (!text || !*text) return;
    if (s->mode == LAB_FORM)
        lab_form_set(ui, s, text);
    else
        set_lr(ui, s, orr_parse_double(text, strlen(text), &x) ? x : NAN);
}

static void type(struct orr_ui *ui, struct lab *s, const char *arg)
{
    char label[48], text[160];
    struct orr_str value = {0};
    if (arg || s->mode == LAB_RACE) {
        typed(ui, s, arg);
        return;
    }
    snprintf(label, sizeof label, "%s: ", s->mode == LAB_FORM ? s->params[s->form.row].name : "learning rate");
    if (s->mode == LAB_FORM) orr_form_text(&s->form, s->form.row, &value);
    snprintf(text, sizeof text, "%s", orr_str_c(&value));
    orr_str_free(&value);
    orr_ui_prompt(ui, &(struct orr_prompt){.label = label, .text = text, .done = typed, .ctx = s});
}

static void exported(struct orr_ui *ui, void *state, const char *text)
{
    if (text && *text) lab_export(ui, state, text);
}

static void move(struct lab *s, int id)
{
    size_t *row = s->mode == LAB_FORM ? &s->form.row : &s->row;
    const size_t n = s->mode == LAB_FORM ? s->form.n : s->bench->sessions.len;
    if (s->mode == LAB_RACE || orr_nav_move(id, n, 8, row)) return;
    if (s->mode == LAB_FORM && (id == ORR_NAV_LEFT || id == ORR_NAV_RIGHT))
        lab_form_key(s, id == ORR_NAV_LEFT ? -1 : 1);
}

/* ---- the descriptor's functions ---- */

static void act_on_race(struct lab *s, int id)
{
    switch (id) {
    case ACT_SURFACE:
        s->surface = orr_surfaces[s->surface + 1] ? s->surface + 1 : 0;
        lab_race_start(s);
        break;
    case ACT_STEP:
        s->running = false;
        lab_race_advance(s, 1);
        break;
    case ACT_SLOWER: s->speed = s->speed > 1 ? s->speed / 2 : 1; break;
    case ACT_QUICKER: s->speed = s->speed < FASTEST ? s->speed * 2 : FASTEST; break;
    case ACT_AGAIN: lab_race_start(s); break;
    default: break;
    }
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct lab *s = state;
    struct lab_session *here = lab_here(s);
    double x;
    switch (id) {
    case ACT_ENTER:
        if (s->mode == LAB_FORM)
            lab_start(ui, s);
        else if (s->mode == LAB_WATCH)
            open_curves(ui, here);
        break;
    case ACT_NEW:
        orr_lab_session_free(s->parent);
        s->parent = NULL;
        s->mode = LAB_FORM;
        break;
    case ACT_LIST: s->mode = LAB_WATCH; break;
    case ACT_PAUSE: pause_or_go(s); break;
    case ACT_MORE: change(ui, s, 1); break;
    case ACT_LESS: change(ui, s, -1); break;
    case ACT_LR:
        if (arg) set_lr(ui, s, orr_parse_double(arg, strlen(arg), &x) ? x : NAN);
        break;
    case ACT_STOP:
        if (s->mode == LAB_WATCH && here) orr_lab_session_stop(here->session);
        break;
    case ACT_FORK:
        if (s->mode != LAB_WATCH || !here) break;
        lab_form_fork(s, here);
        s->mode = LAB_FORM;
        break;
    case ACT_TYPE: type(ui, s, arg); break;
    case ACT_CHART: s->panel = (enum lab_panel)((s->panel + 1) % LAB_PANELS); break;
    case ACT_LOG_Y: s->log_y = !s->log_y; break;
    case ACT_EXPORT:
        if (arg)
            lab_export(ui, s, arg);
        else
            orr_ui_prompt(
                ui, &(struct orr_prompt){.label = "export to: ", .text = "training.png", .done = exported, .ctx = s});
        break;
    case ACT_RACE: race(ui, s, arg); break;
    case ACT_TIMER:
        if (s->mode == LAB_RACE && s->running) lab_race_advance(s, s->speed);
        break;
    default:
        if (s->mode == LAB_RACE)
            act_on_race(s, id);
        else
            move(s, id);
    }
    wake(ui, s);
}

/* Esc comes back within the screen before it leaves it. */
static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    struct lab *s = state;
    const size_t n = s->bench->sessions.len;
    if (k.code == ORR_KEY_MOUSE && s->mode == LAB_WATCH && k.button == 1) {
        const int y = k.y - s->list.y;
        if (y >= 0 && y < s->list.h && s->top + (size_t)y < n) s->row = s->top + (size_t)y;
        return true;
    }
    if ((k.code != ORR_KEY_ESC && k.code != ORR_KEY_BACKSPACE) || s->mode == LAB_WATCH || (s->mode == LAB_FORM && !n))
        return false;
    orr_lab_session_free(s->parent);
    s->parent = NULL;
    s->mode = n ? LAB_WATCH : LAB_FORM;
    wake(ui, s);
    return true;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    struct lab *s = state;
    lab_refresh(ui, s);
    if (s->mode == LAB_FORM)
        lab_form_render(s, c, r);
    else if (s->mode == LAB_RACE)
        lab_race_render(s, c, r);
    else
        lab_watch_render(s, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    struct lab *s = state;
    const struct lab_session *here = lab_here(s);
    if (s->mode == LAB_RACE)
        orr_str_printf(out, "orrery lab race %s --steps %d", s->race.surface->name, s->race.steps);
    else if (s->mode == LAB_WATCH && here)
        lab_watch_command(orr_lab_session_job(here->session), out);
    else
        lab_form_command(s, out);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    struct lab *s = state;
    size_t live = 0;
    for (size_t i = 0; i < s->bench->sessions.len; i++) live += s->bench->sessions.data[i].look.phase != ORR_LAB_OVER;
    if (s->mode == LAB_RACE)
        orr_str_printf(out, "%s  Space %s  + - rate x%.3g  [ ] speed %d  f surface  0 again  o back",
                       s->race.surface->name, s->running ? "pauses" : "runs", s->lr_factor, s->speed);
    else if (s->mode == LAB_FORM)
        orr_str_printf(out, "%s%s", s->parent ? "fork" : "new run", live ? "  runs train in the background" : "");
    else
        orr_str_printf(out, "%zu of %zu train  Space pause  + - rate  x stop  F fork  Enter curves  n new", live,
                       s->bench->sessions.len);
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    (void)ui, (void)state;
    for (size_t i = 0; id == ACT_RACE && orr_surfaces[i]; i++)
        if (!strncmp(orr_surfaces[i]->name, arg, strlen(arg)))
            orr_str_printf(out, "%s\t%s\n", orr_surfaces[i]->name, orr_surfaces[i]->formula);
}

const struct orr_screen orr_lab_screen = {
    .name = "lab",
    .title = "Lab",
    .summary = "train networks, watch and steer them; optimisers racing",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .command = command,
    .status = status,
    .complete = complete,
};
