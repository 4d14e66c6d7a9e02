/* Jobs: what runs in the background, how far it is, how long it will take. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "tui/widgets/nav.h"
#include "tui/screens.h"

enum { ACT_CANCEL = 1, ACT_CANCEL_ALL, ACT_TIMER, LISTED_MAX = 128, REFRESH_MS = 500 };

struct jobs {
    struct orr_job_view view[LISTED_MAX];
    size_t n, row, top;
    int page;
};

static const struct orr_action actions[] = {
    {ACT_CANCEL, "x Delete", "cancel", "cancel the job under the cursor; it keeps its best so far", NULL},
    {ACT_CANCEL_ALL, "X", "cancel-all", "cancel every job", NULL},
    ORR_NAV_ROW_ACTIONS,
    {0},
};

static bool is_open(const struct orr_job_view *v) { return v->state == ORR_JOB_QUEUED || v->state == ORR_JOB_RUNNING; }

static void take(struct orr_ui *ui, struct jobs *s)
{
    const size_t n = orr_jobs_list(orr_ui_jobs(ui), s->view, LISTED_MAX);
    s->n = n < LISTED_MAX ? n : LISTED_MAX;
    if (s->row >= s->n) s->row = s->n ? s->n - 1 : 0;
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)ui, (void)arg, (void)err;
    *state = orr_xcalloc(1, sizeof(struct jobs));
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    free(state);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    (void)arg;
    struct jobs *s = state;
    if (orr_nav_move(id, s->n, s->page, &s->row)) return;
    for (size_t i = 0; i < s->n; i++)
        if (is_open(&s->view[i]) && (id == ACT_CANCEL_ALL || (id == ACT_CANCEL && i == s->row)))
            orr_jobs_cancel(orr_ui_jobs(ui), s->view[i].id);
}

static const char *state_name(enum orr_job_state s)
{
    static const char *const names[] = {"queued", "running", "done", "failed", "cancelled"};
    return names[s];
}

static enum orr_color state_color(enum orr_job_state s)
{
    static const enum orr_color colors[] = {ORR_COLOR_DIM, ORR_COLOR_ACCENT, ORR_COLOR_GOOD, ORR_COLOR_BAD, ORR_COLOR_WARN};
    return colors[s];
}

/* "12.1 MB/s  0:12 left", or the time it took, or what went wrong. */
static void tell(const struct orr_job_view *v, struct orr_str *out)
{
    const bool bytes = strcmp(v->unit, "bytes") == 0;
    if (v->state == ORR_JOB_FAILED) {
        orr_str_printf(out, "%s%s%s", v->error.where, v->error.where[0] ? ": " : "", v->error.message);
        return;
    }
    if (v->state == ORR_JOB_RUNNING && v->what[0]) orr_str_printf(out, "%s  ", v->what);
    if (v->done > 0) {
        orr_append_amount(out, (double)v->done, bytes);
        if (!bytes && v->unit[0]) orr_str_printf(out, " %s", v->unit);
        if (v->seconds > 0.05) {
            orr_str_append(out, "  ");
            orr_append_amount(out, (double)v->done / v->seconds, bytes);
            orr_str_append(out, "/s");
        }
        orr_str_append(out, "  ");
    }
    if (v->state == ORR_JOB_QUEUED) return;
    orr_append_duration(out, v->state == ORR_JOB_RUNNING && isfinite(v->eta) ? v->eta : v->seconds);
    if (v->state == ORR_JOB_RUNNING && isfinite(v->eta)) orr_str_append(out, " left");
}

enum { BAR_WIDTH = 20, STATE_WIDTH = 9 };

static void render_job(const struct orr_job_view *v, struct orr_canvas *c, struct orr_rect line, int title_width)
{
    struct orr_str text = {0};
    int x = line.x + 1;
    const int end = line.x + line.w;
    orr_canvas_text(c, x, line.y, STATE_WIDTH, state_name(v->state), (struct orr_style){.fg = (uint8_t)state_color(v->state)});
    x += STATE_WIDTH + 2;
    orr_canvas_text(c, x, line.y, title_width < end - x ? title_width : end - x, v->title, (struct orr_style){0});
    x += title_width + 2;
    if (line.w >= 76) {
        if (v->state == ORR_JOB_RUNNING && v->total > 0) {
            const double part = (double)v->done / (double)v->total;
            const int full = (int)(part * BAR_WIDTH + 0.5);
            for (int i = 0; i < BAR_WIDTH; i++)
                orr_canvas_put(c, x + i, line.y, i < full ? 0x2501 : 0x2500,
                               (struct orr_style){.fg = i < full ? ORR_COLOR_GOOD : ORR_COLOR_DIM});
            orr_canvas_printf(c, x + BAR_WIDTH + 1, line.y, 4, (struct orr_style){0}, "%3d%%", (int)(100 * part));
        }
        x += BAR_WIDTH + 7;
    }
    tell(v, &text);
    orr_canvas_text(c, x, line.y, end - x, orr_str_c(&text),
                    (struct orr_style){.fg = v->state == ORR_JOB_FAILED ? ORR_COLOR_BAD : ORR_COLOR_DIM});
    orr_str_free(&text);
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    struct jobs *s = state;
    bool busy = false;
    take(ui, s);
    if (s->n == 0) {
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, "No jobs. Long work such as :import DIR shows here.",
                        (struct orr_style){.fg = ORR_COLOR_DIM});
        return;
    }
    s->page = r.h;
    s->top = orr_nav_scroll(s->top, s->row, s->n, r.h);
    const int title = r.w >= 120 ? 40 : r.w >= 76 ? 24 : r.w - STATE_WIDTH - 24 > 12 ? r.w - STATE_WIDTH - 24 : 12;
    for (int y = 0; y < r.h && s->top + (size_t)y < s->n; y++) {
        const struct orr_rect line = {r.x, r.y + y, r.w, 1};
        render_job(&s->view[s->top + (size_t)y], c, line, title);
        if (s->top + (size_t)y == s->row) orr_canvas_tint(c, line, ORR_COLOR_CURSOR);
    }
    for (size_t i = 0; i < s->n; i++) busy |= is_open(&s->view[i]);
    if (busy) orr_ui_timer(ui, REFRESH_MS, ACT_TIMER); /* clocks go on between two reports */
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct jobs *s = state;
    size_t open = 0;
    for (size_t i = 0; i < s->n; i++) open += is_open(&s->view[i]);
    orr_str_printf(out, "%zu running or queued, %zu finished", open, s->n - open);
}

const struct orr_screen orr_jobs_screen = {
    .name = "jobs", .title = "Jobs", .summary = "work in the background: progress, cancel", .actions = actions,
    .open = open_screen, .close = close_screen, .act = act, .render = render, .status = status,
};
