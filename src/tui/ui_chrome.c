/* What surrounds a screen: the tab bar above, one status line below. Short windows give their lines to the screen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/text.h"
#include "tui/ui_state.h"

static const struct orr_style bar = {.bg = ORR_COLOR_BAR};

enum { NUMBERED = 9 }; /* screens opened by a digit; the others by Tab, the braces and their command */

static int tab_text(int i, char *out, size_t size)
{
    if (i >= NUMBERED) return snprintf(out, size, " %s ", orr_screens[i]->title);
    return snprintf(out, size, " %d %s ", i + 1, orr_screens[i]->title);
}

static int tab_width(int i)
{
    char text[64];
    tab_text(i, text, sizeof text);
    return orr_text_width(text);
}

/* Tabs [first, last] around the shown one, as many as fit; < and > stand for those left out on a side. */
struct tabs {
    int first, last, total;
};

static struct tabs tabs_fitting(const struct orr_ui *ui, int width)
{
    struct tabs t = {0};
    int used = 0;
    while (orr_screens[t.total]) t.total++;
    while (t.first < t.total && orr_ui_screen(ui) != orr_screens[t.first]) t.first++;
    if (t.first == t.total) t.first = 0;
    t.last = t.first;
    used = tab_width(t.first);
    for (bool grown = true; grown;) {
        grown = false;
        for (int side = 0; side < 2; side++) {
            const int next = side ? t.first - 1 : t.last + 1;
            if (next < 0 || next >= t.total) continue;
            const int first = side ? next : t.first, last = side ? t.last : next;
            if (used + tab_width(next) + (first > 0) + (last + 1 < t.total) > width) continue;
            used += tab_width(next);
            t.first = first;
            t.last = last;
            grown = true;
        }
    }
    return t;
}

int orr_ui_tab_at(const struct orr_ui *ui, int x)
{
    const struct tabs t = tabs_fitting(ui, ui->width);
    int at = t.first > 0;
    if (x < at) return t.first;
    for (int i = t.first; i <= t.last; i++) {
        at += tab_width(i);
        if (x < at) return i + 1;
    }
    return x == at && t.last + 1 < t.total ? t.last + 2 : 0;
}

static void render_title(const struct orr_ui *ui, struct orr_canvas *c)
{
    char text[64];
    bool listed = false;
    const struct tabs t = tabs_fitting(ui, c->width);
    const struct orr_style dim = {.fg = ORR_COLOR_DIM, .bg = ORR_COLOR_BAR};
    int x = 0;
    orr_canvas_fill(c, (struct orr_rect){0, 0, c->width, 1}, ' ', bar);
    if (t.first > 0) x += orr_canvas_text(c, x, 0, c->width - x, "<", dim);
    for (int i = t.first; i <= t.last; i++) {
        const bool shown = orr_ui_screen(ui) == orr_screens[i];
        listed |= shown;
        tab_text(i, text, sizeof text);
        const struct orr_style s = {.fg = ORR_COLOR_ACCENT, .bg = ORR_COLOR_DEFAULT, .attr = ORR_BOLD};
        x += orr_canvas_text(c, x, 0, c->width - x, text, shown ? s : dim);
    }
    if (t.last + 1 < t.total) x += orr_canvas_text(c, x, 0, c->width - x, ">", dim);
    if (!listed && orr_ui_screen(ui)) {
        snprintf(text, sizeof text, " %s ", orr_ui_screen(ui)->title);
        x += orr_canvas_text(c, x, 0, c->width - x, text, (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD});
    }
    const char *path = ui->app->store_path, *name = path ? strrchr(path, '/') : NULL;
    name = name ? name + 1 : path;
    if (name && c->width - x > orr_text_width(name) + 3)
        orr_canvas_text_right(c, x, 0, c->width - x - 1, name, (struct orr_style){.fg = ORR_COLOR_DIM, .bg = ORR_COLOR_BAR});
}

/* "importing 42% 0:12" for the newest running job, "+2" for others; "" when idle. */
static void jobs_text(struct orr_ui *ui, struct orr_str *out)
{
    struct orr_job_view v[16];
    const size_t total = ui->jobs ? orr_jobs_list(ui->jobs, v, 16) : 0;
    const struct orr_job_view *first = NULL;
    int others = 0;
    for (size_t i = 0; i < total && i < 16; i++) {
        if (v[i].state != ORR_JOB_RUNNING && v[i].state != ORR_JOB_QUEUED) continue;
        if (!first) first = &v[i];
        else others++;
    }
    if (!first) return;
    orr_str_printf(out, "%s", first->title);
    if (first->total > 0) orr_str_printf(out, " %d%%", (int)(100.0 * (double)first->done / (double)first->total));
    if (isfinite(first->eta) && first->eta >= 1) {
        orr_str_append(out, " ");
        orr_append_duration(out, first->eta);
    }
    if (others) orr_str_printf(out, " +%d", others);
}

/* The bytes of text that go on a line of `width` columns: whole words where a blank is near enough. */
static size_t line_of(const char *text, int width)
{
    const size_t fit = orr_text_fit(text, width);
    size_t n = fit;
    if (!text[n]) return n;
    while (n > fit / 2 && text[n] != ' ') n--;
    return n > fit / 2 ? n : fit > 0 ? fit : strlen(text);
}

/* A message longer than the line takes up to `most` lines, for the remedy stands at the end of an error. */
static int message_lines(const struct orr_ui *ui, int width, int most)
{
    const char *text = ui->message;
    int n = 0;
    while (*text && n < most) {
        text += line_of(text, width);
        text += *text == ' ';
        n++;
    }
    return n;
}

static void render_message(const struct orr_ui *ui, struct orr_canvas *c, int lines)
{
    const struct orr_style s = {.fg = (uint8_t)ui->message_color, .bg = ORR_COLOR_BAR};
    const char *text = ui->message;
    for (int i = 0; i < lines; i++) {
        const int y = c->height - lines + i;
        const size_t n = i + 1 < lines ? line_of(text, c->width - 2) : strlen(text);
        char *line = orr_xstrndup(text, n);
        orr_canvas_fill(c, (struct orr_rect){0, y, c->width, 1}, ' ', bar);
        orr_canvas_text(c, 1, y, c->width - 2, line, s);
        text += n;
        text += *text == ' ';
        free(line);
    }
}

static void render_status(struct orr_ui *ui, struct orr_canvas *c, int y)
{
    struct orr_str left = {0}, right = {0};
    const struct orr_frame *f = ui->stack.len ? orr_ui_top(ui) : NULL;
    struct orr_style s = bar;
    int room = c->width - 1;
    orr_canvas_fill(c, (struct orr_rect){0, y, c->width, 1}, ' ', bar);
    jobs_text(ui, &right);
    if (ui->message[0]) {
        orr_str_append(&left, ui->message);
        s.fg = (uint8_t)ui->message_color;
    } else if (f && f->screen->status) {
        f->screen->status(ui, f->state, &left);
    }
    if (right.len) {
        const int half = c->width / 2, w = orr_text_width(right.data);
        orr_canvas_text_right(c, c->width - 1 - (w < half ? w : half), y, w < half ? w : half, right.data,
                              (struct orr_style){.fg = ORR_COLOR_GOOD, .bg = ORR_COLOR_BAR});
        room -= (w < half ? w : half) + 2;
    } else if (!ui->message[0]) {
        static const char hint[] = "? help  : command  q quit";
        const int w = (int)sizeof hint - 1;
        if (room - orr_text_width(orr_str_c(&left)) > w + 3) {
            orr_canvas_text(c, c->width - 1 - w, y, w, hint, (struct orr_style){.fg = ORR_COLOR_DIM, .bg = ORR_COLOR_BAR});
            room -= w + 2;
        }
    }
    orr_canvas_text(c, 1, y, room, orr_str_c(&left), s);
    orr_str_free(&left);
    orr_str_free(&right);
}

void orr_ui_render(struct orr_ui *ui, struct orr_canvas *c)
{
    orr_ui_end_paste(ui);
    const int w = c->width, h = c->height;
    const int title = h >= TITLE_HEIGHT ? 1 : 0, status = h >= 2 || ui->prompting || ui->message[0] ? 1 : 0;
    const struct orr_rect r = {0, title, w, h - title - status};
    orr_canvas_clear(c);
    if (w <= 0 || h <= 0) return;
    if (title) render_title(ui, c);
    if (ui->stack.len && r.h > 0) {
        const struct orr_frame f = *orr_ui_top(ui);
        f.screen->render(ui, f.state, c, r);
    }
    if (!status) return;
    if (!ui->prompting) {
        const int lines = message_lines(ui, w - 2, h > 8 ? 4 : h > 4 ? 2 : 1);
        if (lines > 1) render_message(ui, c, lines);
        else render_status(ui, c, h - 1);
        return;
    }
    orr_prompt_widget_render(&ui->edit, c, (struct orr_rect){0, h - 1, w, 1}, h - 1 - title);
}
