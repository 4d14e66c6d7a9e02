/* Prompts: what layers of a dual encoder are given to learn, how many of it they want, and what it is good for. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/screens.h"

enum {
    ACT_PANE = 1, ACT_LEARN, ACT_SEARCH, ACT_ALL, ACT_STOP, ACT_TASK, ACT_METHOD, ACT_METHOD_BACK, ACT_SEED, ACT_EARLIER,
    ACT_LATER, ACT_PLAY, ACT_DOWN, ACT_UP, ACT_ENCODER, ACT_FOLDER, ACT_EXPORT, ACT_TICK
};
enum { FRAME_MS = 150 };

static const struct orr_action actions[] = {
    {ACT_PANE, "Tab", "pane", "lengths, ledger, scores, words, image", NULL},
    {ACT_LEARN, "Enter", "learn", "learn the prompts of this method", NULL},
    {ACT_SEARCH, "S", "search", "search for the number of prompts of each layer, then learn them", NULL},
    {ACT_ALL, "b", "learn-all", "learn with every method and three seeds: fills the table of scores", NULL},
    {ACT_STOP, "x", "stop", "stop what is being learned", NULL},
    {ACT_TASK, "t", "task", "next task, or the one named", "TASK"},
    {ACT_METHOD, "m", "method", "next method, or the one named", "METHOD"},
    {ACT_METHOD_BACK, "M", NULL, "previous method", NULL},
    {ACT_SEED, "n", "new", "other images, other first prompts", NULL},
    {ACT_EARLIER, "[", "earlier", "an epoch of the search back", NULL},
    {ACT_LATER, "]", "later", "an epoch of the search forward", NULL},
    {ACT_PLAY, "Space", "play", "play the search, or stop it", NULL},
    {ACT_DOWN, "j Down", NULL, "next image, or line", NULL},
    {ACT_UP, "k Up", NULL, "previous image, or line", NULL},
    {ACT_FOLDER, "f", "folder", "a task of your own pictures: a folder with a folder per class", "DIR"},
    {ACT_ENCODER, "E", "encoder", "another encoder: a CLIP folder, or a file of orrery prompt pretrain", "PATH"},
    {ACT_EXPORT, "e", "export", "write ledger or lengths into a file: .png .svg .pdf .csv .json .md", "FILE"},
    {0},
};

static void tick(struct orr_ui *ui, struct prompts *s)
{
    if (s->running || s->playing) orr_ui_timer(ui, FRAME_MS, ACT_TICK);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct prompts *s = orr_xcalloc(1, sizeof *s);
    s->task = orr_xstrdup(arg && *arg ? arg : "shapes");
    s->method = &orr_method_prompt_modular;
    s->seed = 1;
    s->epoch = -1;
    s->pane = PANE_LEDGER;
    prompts_open(ui, s);
    tick(ui, s);
    *state = s;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    struct prompts *s = state;
    orr_ui_timer(ui, 0, ACT_TICK);
    prompts_leave(s);
    orr_picture_pane_free(&s->picture);
    free(s->encoder);
    free(s->task);
    free(s);
}

static void open_task(struct orr_ui *ui, struct prompts *s, const char *name)
{
    char *copy = orr_xstrdup(name);
    free(s->task);
    s->task = copy;
    prompts_open(ui, s);
}

static void next_task(struct orr_ui *ui, struct prompts *s)
{
    size_t k = 0;
    while (k < orr_prompt_drawn_count() && strcmp(orr_prompt_drawn(k)->name, s->task) != 0) k++;
    open_task(ui, s, orr_prompt_drawn(k + 1 < orr_prompt_drawn_count() ? k + 1 : 0)->name);
}

static void choose_method(struct orr_ui *ui, struct prompts *s, const char *name, int by)
{
    size_t n = 0, k = 0;
    while (prompts_method(n)) n++;
    while (k < n && prompts_method(k) != s->method) k++;
    if (name) {
        const struct orr_method *m = orr_method_find_for(ORR_DATA_IMAGES, name);
        if (!m || !m->prompt) {
            orr_ui_message(ui, ORR_COLOR_BAD, "no method '%s'", name);
            return;
        }
        s->method = m;
    } else {
        s->method = prompts_method((k + n + (size_t)(by + (int)n)) % n);
    }
    prompts_learn(ui, s);
}

static void typed_folder(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) open_task(ui, ctx, text);
    tick(ui, ctx);
}

static void set_encoder(struct orr_ui *ui, struct prompts *s, const char *path)
{
    char *copy = *path ? orr_xstrdup(path) : NULL;
    free(s->encoder);
    s->encoder = copy;
    prompts_open(ui, s);
    tick(ui, s);
}

static void typed_encoder(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text) set_encoder(ui, ctx, text);
}

/* The command that gives the same. */
static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct prompts *s = state;
    const bool search = s->method->prompt->kind == ORR_PROMPT_SEARCH;
    orr_str_printf(out, "orrery prompt %s", search ? "search" : "train");
    orr_shell_append(out, s->task);
    if (!search) orr_str_printf(out, " --method %s", s->method->name);
    orr_str_printf(out, " --seed %llu", (unsigned long long)s->seed);
    if (s->encoder) {
        orr_str_append(out, " --encoder");
        orr_shell_append(out, s->encoder);
    }
}

static void export(struct orr_ui *ui, struct prompts *s, const char *path)
{
    struct orr_error err;
    if (!s->shown || !s->opened) {
        orr_ui_message(ui, ORR_COLOR_WARN, "nothing was learned yet");
        return;
    }
    if (orr_prompt_export(&s->opened->world, &s->shown->result, path, NULL, &err)) {
        orr_ui_error(ui, &err);
        return;
    }
    struct orr_str again = {0};
    command(ui, s, &again);
    orr_str_append(&again, " --plot");
    orr_shell_append(&again, path);
    orr_ui_message(ui, ORR_COLOR_GOOD, "wrote %s; again: %s", path, orr_str_c(&again));
    orr_str_free(&again);
}

static void typed_export(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) export(ui, ctx, text);
}

static void move_epoch(struct prompts *s, int by)
{
    const struct orr_prompts_log *log;
    int longest, layers[ORR_PROMPTS_BRANCHES];
    if (!prompts_film(s, &log, &longest, layers)) return;
    const int at = s->epoch < 0 || s->epoch > log->epochs ? log->epochs : s->epoch;
    s->epoch = at + by < 0 ? 0 : at + by >= log->epochs ? -1 : at + by;
    if (s->epoch < 0) s->playing = false;
}

static void move_row(struct prompts *s, int by)
{
    if (s->pane == PANE_IMAGE && s->shown && s->shown->look.n) {
        const size_t n = s->shown->look.n;
        s->image = (s->image % n + n + (size_t)(by + (int)n)) % n;
    } else if (by > 0 || s->top > 0) {
        s->top += (size_t)by;
    }
}

static void ask(struct orr_ui *ui, struct prompts *s, int id)
{
    const char *label = id == ACT_FOLDER ? "folder of pictures: " : id == ACT_ENCODER ? "encoder: " : "write to: ";
    const char *text = id == ACT_EXPORT ? "prompts.png" : id == ACT_ENCODER && s->encoder ? s->encoder : "";
    orr_ui_prompt(ui, &(struct orr_prompt){.label = label,
                                           .text = text,
                                           .done = id == ACT_FOLDER    ? typed_folder
                                                   : id == ACT_ENCODER ? typed_encoder
                                                                       : typed_export,
                                           .ctx = s});
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct prompts *s = state;
    switch (id) {
    case ACT_PANE:
        s->pane = (enum prompts_pane)((s->pane + 1) % PROMPTS_PANES);
        s->top = 0;
        break;
    case ACT_LEARN: prompts_learn(ui, s); break;
    case ACT_SEARCH:
        s->pane = PANE_LENGTHS;
        choose_method(ui, s, "prompt-search", 0);
        break;
    case ACT_ALL:
        s->pane = PANE_SCORES;
        prompts_learn_all(ui, s);
        break;
    case ACT_STOP: orr_ui_task_cancel(s->running); break;
    case ACT_TASK:
        if (arg)
            open_task(ui, s, arg);
        else
            next_task(ui, s);
        break;
    case ACT_METHOD: choose_method(ui, s, arg, 1); break;
    case ACT_METHOD_BACK: choose_method(ui, s, NULL, -1); break;
    case ACT_SEED:
        s->seed++;
        prompts_learn(ui, s);
        break;
    case ACT_EARLIER:
    case ACT_LATER:
        s->playing = false;
        move_epoch(s, id == ACT_LATER ? 1 : -1);
        break;
    case ACT_PLAY:
        s->playing = !s->playing;
        if (s->playing && s->epoch < 0) s->epoch = 0;
        break;
    case ACT_DOWN: move_row(s, 1); break;
    case ACT_UP: move_row(s, -1); break;
    case ACT_TICK:
        prompts_refresh(s);
        if (s->playing) move_epoch(s, 1);
        break;
    case ACT_FOLDER:
    case ACT_ENCODER:
    case ACT_EXPORT:
        if (!arg)
            ask(ui, s, id);
        else if (id == ACT_EXPORT)
            export(ui, s, arg);
        else if (id == ACT_FOLDER)
            open_task(ui, s, arg);
        else
            set_encoder(ui, s, arg);
        break;
    default: break;
    }
    tick(ui, s);
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    prompts_render(state, c, r);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct prompts *s = state;
    orr_str_printf(out, "%s, %s, seed %llu%s", s->task, s->method->name, (unsigned long long)s->seed,
                   s->running ? ", learning" : "");
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    (void)ui, (void)state, (void)arg;
    for (size_t k = 0; id == ACT_TASK && k < orr_prompt_drawn_count(); k++)
        orr_str_printf(out, "%s\t%s\n", orr_prompt_drawn(k)->name, orr_prompt_drawn(k)->about);
    for (size_t k = 0; id == ACT_METHOD && prompts_method(k); k++)
        orr_str_printf(out, "%s\t%s\n", prompts_method(k)->name, prompts_method(k)->summary);
}

const struct orr_screen orr_prompts_screen = {
    .name = "prompts",
    .title = "Prompts",
    .summary = "prompts learned for a dual encoder: how many each layer wants, what is carried on, what they are good for",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .render = render,
    .command = command,
    .status = status,
    .complete = complete,
};
