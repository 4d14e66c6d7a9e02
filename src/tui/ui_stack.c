/* The stack of open screens: opening, coming back, and what the command log keeps of it. */
#include <stdlib.h>
#include <string.h>

#include "tui/ui_state.h"

enum { STACK_MAX = 16 };

static const struct orr_screen *find_screen(const char *name)
{
    for (const struct orr_screen *const *s = orr_screens; *s; s++)
        if (strcmp((*s)->name, name) == 0) return *s;
    return strcmp(name, orr_output_screen.name) == 0 ? &orr_output_screen : NULL;
}

/* The view that the user leaves is worth a line in the command log, once. */
void orr_ui_log_screen(struct orr_ui *ui)
{
    if (!ui->app->command_log || ui->stack.len == 0) return;
    if (orr_ui_screen(ui) == &orr_output_screen) return; /* logged when it ran */
    const struct orr_frame *f = orr_ui_top(ui);
    struct orr_str line = {0};
    if (f->screen->command) f->screen->command(ui, f->state, &line);
    if (line.len && strcmp(line.data, orr_str_c(&ui->logged)) != 0) {
        orr_app_log(ui->app, line.data);
        orr_str_clear(&ui->logged);
        orr_str_append(&ui->logged, line.data);
    }
    orr_str_free(&line);
}

static void close_frame(struct orr_ui *ui, size_t i)
{
    const struct orr_frame f = ui->stack.data[i];
    size_t kept = 0;
    memmove(&ui->stack.data[i], &ui->stack.data[i + 1], (ui->stack.len - i - 1) * sizeof f);
    ui->stack.len--;
    for (size_t t = 0; t < ui->timers.len; t++)
        if (ui->timers.data[t].frame != f.id) ui->timers.data[kept++] = ui->timers.data[t];
    ui->timers.len = kept;
    if (f.screen->close) f.screen->close(ui, f.state);
}

/* A screen that is open already and asked for without an argument comes to the top as it was left. */
static bool raise_frame(struct orr_ui *ui, const struct orr_screen *screen)
{
    for (size_t i = ui->stack.len; i-- > 0;) {
        if (ui->stack.data[i].screen != screen) continue;
        const struct orr_frame f = ui->stack.data[i];
        memmove(&ui->stack.data[i], &ui->stack.data[i + 1], (ui->stack.len - i - 1) * sizeof f);
        ui->stack.data[ui->stack.len - 1] = f;
        return true;
    }
    return false;
}

void orr_ui_open(struct orr_ui *ui, const char *name, const char *arg)
{
    const struct orr_screen *screen = find_screen(name);
    struct orr_error err = {0};
    struct orr_frame f = {.screen = screen, .id = ++ui->next_frame};
    if (!screen) {
        orr_ui_message(ui, ORR_COLOR_BAD, "no screen '%s'", name);
        return;
    }
    orr_ui_log_screen(ui);
    ui->dirty = true;
    if (!arg && raise_frame(ui, screen)) return;
    const uint64_t before = ui->running;
    ui->running = f.id;
    const enum orr_status rc = screen->open ? screen->open(ui, arg, &f.state, &err) : ORR_OK;
    ui->running = before;
    if (rc != ORR_OK) {
        orr_ui_error(ui, &err);
        return;
    }
    /* One of each screen is enough, but the one whose code runs just now cannot go. */
    for (size_t i = ui->stack.len; i-- > 0;)
        if (ui->stack.data[i].screen == screen && ui->stack.data[i].id != before) close_frame(ui, i);
    ORR_VEC_PUSH(&ui->stack, f);
    if (ui->stack.len > STACK_MAX) close_frame(ui, 1);
}

void orr_ui_back(struct orr_ui *ui)
{
    if (ui->stack.len < 2) return;
    orr_ui_log_screen(ui);
    ui->prompting = false;
    close_frame(ui, ui->stack.len - 1);
    ui->dirty = true;
}

void orr_ui_close_all(struct orr_ui *ui)
{
    while (ui->stack.len) close_frame(ui, ui->stack.len - 1);
    for (size_t i = 0; i < ui->kept.len; i++) ui->kept.data[i].release(ui->kept.data[i].thing);
    free(ui->kept.data);
    ui->kept.data = NULL;
    ui->kept.len = ui->kept.cap = 0;
}

void *orr_ui_keep(struct orr_ui *ui, const char *name, void *(*make)(void), void (*release)(void *))
{
    for (size_t i = 0; i < ui->kept.len; i++)
        if (strcmp(ui->kept.data[i].name, name) == 0) return ui->kept.data[i].thing;
    ORR_VEC_PUSH(&ui->kept, (struct orr_ui_kept){name, make(), release});
    return ui->kept.data[ui->kept.len - 1].thing;
}
