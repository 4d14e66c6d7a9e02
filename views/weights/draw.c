/* Weights: the list of tensors and the charts; at any size. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/chart.h"
#include "views/weights/state.h"

enum {
    LIST_WIDTH = 60,
    LIST_ROWS = 7,
    GRID_WIDTH = 150,
    GRID_HEIGHT = 30,
    SIDE_BY_SIDE = 110,
    LEAST_UPDATES = 12,
    MOST_UPDATES = 8
};
static const struct orr_style dim = {.fg = ORR_COLOR_DIM}, bad = {.fg = ORR_COLOR_BAD}, warn = {.fg = ORR_COLOR_WARN};

bool weights_picture(const struct weights_view *s, struct orr_weights_picture *p)
{
    if (!s->scene) return false;
    *p = (struct orr_weights_picture){.scene = &s->scene->scene,
                                      .scope = weights_scope(s),
                                      .lines = s->lines,
                                      .n_lines = s->n_drawn,
                                      .observed = s->observed};
    if (!s->result) return true;
    p->forecasts = s->result->list; /* the last one, until that of what is observed now is there */
    p->n_forecasts = s->result->n;
    if (s->arrows && s->field_of == s->result && s->field.scope == p->scope) p->field = &s->field;
    return true;
}

/* Text wrapped at blanks; returns the rows used. */
static int draw_text(struct orr_canvas *c, struct orr_rect r, const char *text, struct orr_style style)
{
    int y = 0;
    for (; y < r.h && *text; y++) {
        size_t n = strlen(text);
        if (n > (size_t)r.w)
            for (n = (size_t)r.w; n > 1 && text[n] != ' ' && text[n] != '\n';) n--;
        const char *end = memchr(text, '\n', n);
        if (end) n = (size_t)(end - text);
        char *line = orr_xstrndup(text, n);
        orr_canvas_text(c, r.x, r.y + y, r.w, line, style);
        free(line);
        text += n;
        text += *text == '\n' ? 1 : strspn(text, " ");
    }
    return y;
}

static bool job_of(struct orr_ui *ui, uint64_t id, struct orr_job_view *out)
{
    struct orr_job_view v[32];
    const size_t n = orr_jobs_list(orr_ui_jobs(ui), v, 32);
    for (size_t i = 0; i < n && i < 32; i++)
        if (v[i].id == id) return *out = v[i], true;
    return false;
}

/* "flow: 12 of 40 tensors  x stops it" while something is computed; what went wrong else. Returns the rows used. */
static int draw_progress(struct orr_ui *ui, const struct weights_view *s, struct orr_canvas *c, struct orr_rect r)
{
    const uint64_t id = orr_ui_task_job(s->loading ? s->loading : s->forecasting ? s->forecasting : s->fielding);
    struct orr_job_view v;
    char text[640];
    if (s->forecast_error.code && !s->forecasting) {
        snprintf(text, sizeof text, "%s: %s", s->method, s->forecast_error.message);
        return draw_text(c, (struct orr_rect){r.x, r.y, r.w, r.h < 3 ? r.h : 3}, text, warn);
    }
    if (s->scene && s->scene->scene.unsound && s->observed >= s->scene->scene.sound) {
        snprintf(text, sizeof text, "%s is not finite after step %lld: shown up to there", s->scene->scene.unsound,
                 s->scene->scene.sound ? (long long)s->scene->scene.steps[s->scene->scene.sound - 1] : 0LL);
        return orr_canvas_text(c, r.x, r.y, r.w, text, warn) > 0;
    }
    if (!weights_busy(s) || !job_of(ui, id, &v) || v.state != ORR_JOB_RUNNING || v.seconds < 0.05) return 0;
    if (v.total)
        snprintf(text, sizeof text, "%s: %s, %llu of %llu %s; x stops it", v.title, v.what, (unsigned long long)v.done,
                 (unsigned long long)v.total, v.unit);
    else
        snprintf(text, sizeof text, "%s: %s; x stops it", v.title, v.what);
    orr_canvas_text(c, r.x, r.y, r.w, text, dim);
    return 1;
}

static void draw_empty(struct orr_ui *ui, const struct weights_view *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_rect inner = {r.x + 1, r.y, r.w - 1, r.h};
    if (s->loading) {
        if (!draw_progress(ui, s, c, inner)) orr_canvas_text(c, inner.x, inner.y, inner.w, "Reading snapshots...", dim);
        return;
    }
    if (s->error.code && s->error.code != ORR_ENOTFOUND) {
        char text[sizeof s->error.message + sizeof s->error.where + 4];
        snprintf(text, sizeof text, "%s%s%s", s->error.where, *s->error.where ? ": " : "", s->error.message);
        draw_text(c, inner, text, s->error.code == ORR_ECANCELLED ? warn : bad);
        return;
    }
    char first[64] = "No run of this store has snapshots of weights.";
    if (s->n_runs)
        snprintf(first, sizeof first, "Run %lld has no snapshots of weights.", (long long)s->runs[s->run_at]);
    const int used = draw_text(c, inner, first, (struct orr_style){0});
    inner.y += used;
    inner.h -= used;
    draw_text(c, inner,
              "Record them while training:\n"
              "  orrery lab train --data digits --arch mlp:32 --weights every:epoch\n"
              "(in the Lab: n, then record), or import checkpoints named by their step:\n"
              "  orrery import FOLDER   with step_100.safetensors, .npy or .npz\n"
              "Then R looks again.",
              dim);
}

static void draw_grid(const struct weights_view *s, const struct orr_weights_picture *p, struct orr_canvas *c,
                      struct orr_rect r)
{
    const int w = (r.w - 1) / 2, h = r.h / 2;
    for (int k = 0; k < ORR_WEIGHTS_CHARTS; k++)
        orr_weights_chart_draw(
            c,
            (struct orr_rect){r.x + (k % 2) * (w + 1), r.y + k / 2 * h, k % 2 ? r.w - w - 1 : w, k / 2 ? r.h - h : h},
            p, (enum orr_weights_chart)k, &s->look);
}

/* Length of every update of the tensors, or of the one under the cursor: how fast they move. */
static void draw_updates(const struct weights_view *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_scene *scene = &s->scene->scene;
    const size_t tensors = scene->run.n_tensors, scope = weights_scope(s), first = scope < tensors ? scope : 0;
    const size_t n = scope < tensors          ? 1
                     : tensors < MOST_UPDATES ? tensors
                                              : MOST_UPDATES,
                 points = scene->sound ? scene->sound - 1 : 0;
    if (points < 2) return;
    struct orr_chart_series series[MOST_UPDATES];
    double *memory = orr_xcalloc((n + 1) * points, sizeof *memory);
    for (size_t i = 0; i < points; i++) memory[i] = (double)scene->steps[i + 1];
    for (size_t k = 0; k < n; k++) {
        double *y = memory + (k + 1) * points;
        for (size_t i = 0; i < points; i++) y[i] = orr_scene_distance(scene, first + k, i, i + 1);
        series[k] = (struct orr_chart_series){.name = scene->run.tensors[first + k].name,
                                              .kind = ORR_CHART_LINE,
                                              .n = points,
                                              .x = memory,
                                              .y = y,
                                              .note = ""};
    }
    struct orr_chart t = orr_chart_init();
    t.title = n < tensors && scope == tensors ? "length of updates, the first eight tensors" : "length of updates";
    t.x_label = "step";
    t.series = series;
    t.n_series = n;
    t.log_y = true;
    t.cursor = s->observed ? (double)scene->steps[s->observed - 1] : (double)NAN;
    orr_chart_draw(c, r, &t);
    free(memory);
}

void weights_render(struct orr_ui *ui, struct weights_view *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_weights_picture p;
    if (r.w < 1 || r.h < 1) return;
    if (!weights_picture(s, &p)) {
        draw_empty(ui, s, c, r);
        return;
    }
    struct orr_rect list = r, charts = r, updates = {0};
    if (s->whole || (r.w < SIDE_BY_SIDE && r.h < 14)) {
        list.h = 0;
    } else if (r.w >= SIDE_BY_SIDE) {
        list.w = r.w * 2 / 5 < LIST_WIDTH ? r.w * 2 / 5 : LIST_WIDTH;
        charts.x += list.w + 1;
        charts.w -= list.w + 1;
        const int rows = (int)s->table.rows + 2, most = r.h - LEAST_UPDATES;
        if (rows < most || (most >= 2 * LIST_ROWS && rows > most)) {
            list.h = rows < most ? rows : most;
            updates = (struct orr_rect){r.x, r.y + list.h, list.w, r.h - list.h};
        }
    } else {
        list.h = r.h / 3 < LIST_ROWS ? r.h / 3 : LIST_ROWS;
        charts.y += list.h;
        charts.h -= list.h;
    }
    if (list.h > 0) orr_table_widget_render(&s->widget, &s->table, c, list);
    if (updates.h > 0) draw_updates(s, c, updates);
    if (charts.h > 2) {
        const int used = draw_progress(ui, s, c, (struct orr_rect){charts.x, charts.y, charts.w, 3});
        charts.y += used;
        charts.h -= used;
    }
    if (!s->whole && r.w >= GRID_WIDTH && r.h >= GRID_HEIGHT)
        draw_grid(s, &p, c, charts);
    else
        orr_weights_chart_draw(c, charts, &p, s->chart, &s->look);
}
