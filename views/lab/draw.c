/* Lab: the list of sessions and the charts of the one under the cursor. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tui/chart.h"
#include "tui/widgets/nav.h"
#include "views/lab/state.h"

enum { MOST_LINES = 16, BAR = 16 };
static const struct orr_style dim = {.fg = ORR_COLOR_DIM}, accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD};

/* ---- the list ---- */

static enum orr_color phase_color(const struct orr_lab_look *l)
{
    switch (l->phase) {
    case ORR_LAB_TRAINING: return ORR_COLOR_GOOD;
    case ORR_LAB_PAUSED: return ORR_COLOR_WARN;
    case ORR_LAB_OVER:
        return !strcmp(l->ended, "failed") || !strcmp(l->ended, "diverged") ? ORR_COLOR_BAD : ORR_COLOR_DIM;
    default: return ORR_COLOR_ACCENT;
    }
}

static const char *phase_name(const struct orr_lab_look *l)
{
    static const char *const names[] = {"waiting", "loading", "training", "paused"};
    return l->phase == ORR_LAB_OVER ? l->ended : names[l->phase];
}

static double share_done(const struct orr_lab_look *l)
{
    const double all = (double)l->steps_per_epoch * l->train.epochs;
    return all > 0 ? (double)l->train.step / all : 0;
}

static void time_text(double seconds, char out[16])
{
    if (seconds < 3600)
        snprintf(out, 16, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(out, 16, "%dh%02d", (int)(seconds / 3600), (int)seconds / 60 % 60);
}

static void draw_bar(struct orr_canvas *c, int x, int y, int w, double share, enum orr_color color)
{
    const int full = (int)(fmin(fmax(share, 0), 1) * w + 0.5);
    for (int i = 0; i < w; i++)
        orr_canvas_put(c, x + i, y, i < full ? 0x2501 : 0x2500,
                       (struct orr_style){.fg = (uint8_t)(i < full ? color : ORR_COLOR_DIM)});
}

/* What is left to show at the right of a name, by importance as the width allows. */
static void draw_session(const struct lab_session *x, struct orr_canvas *c, struct orr_rect r, bool here)
{
    const struct orr_lab_look *l = &x->look;
    const struct orr_train_state *t = &l->train;
    const enum orr_color color = phase_color(l);
    char text[64], left[16];
    int right = r.x + r.w, name = r.w - 2;
    const struct {
        int least, width;
    } field[] = {{30, 10}, {44, 9}, {56, 13}, {70, 11}, {90, 10}, {110, BAR + 2}, {120, 10}};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        if (r.w < field[i].least) break;
        right -= field[i].width;
        name -= field[i].width;
        struct orr_style style = {0};
        switch (i) {
        case 0:
            snprintf(text, sizeof text, "%s", phase_name(l));
            style.fg = (uint8_t)color;
            break;
        case 1: snprintf(text, sizeof text, "%d/%d", t->epoch, t->epochs); break;
        case 2: snprintf(text, sizeof text, "loss %.4g", t->validation_loss); break;
        case 3:
            snprintf(text, sizeof text, isnan(t->validation_accuracy) ? "" : "acc %.1f%%",
                     100 * t->validation_accuracy);
            break;
        case 4: snprintf(text, sizeof text, "lr %.3g", t->lr); break;
        case 5:
            draw_bar(c, right + 1, r.y, BAR,
                     l->phase == ORR_LAB_OVER && !strcmp(l->ended, "finished") ? 1 : share_done(l), color);
            continue;
        case 6: {
            const double share = share_done(l);
            text[0] = '\0';
            if (l->phase == ORR_LAB_TRAINING && share > 0) {
                time_text(l->seconds * (1 - share) / share, left);
                snprintf(text, sizeof text, "%s left", left);
            }
            style = dim;
            break;
        }
        default: text[0] = '\0';
        }
        if (i == 2 && isnan(t->validation_loss)) text[0] = '\0';
        orr_canvas_text(c, right + 1, r.y, field[i].width - 1, text, style);
    }
    const uint32_t mark = l->phase == ORR_LAB_PAUSED ? 0x2016 : l->phase == ORR_LAB_OVER ? 0x00B7 : 0x25CF;
    orr_canvas_put(c, r.x, r.y, c->glyphs == ORR_GLYPHS_ASCII ? '*' : mark, (struct orr_style){.fg = (uint8_t)color});
    orr_canvas_text(c, r.x + 2, r.y, name, x->name, (struct orr_style){.attr = here ? ORR_BOLD : 0});
    if (here) orr_canvas_tint(c, r, ORR_COLOR_CURSOR);
}

/* "lab sweep FILE  12/400 runs  0:50 left" over the list. */
static void draw_sweep(const struct orr_job_view *v, struct orr_canvas *c, struct orr_rect r)
{
    char left[16] = "", text[96];
    if (isfinite(v->eta)) time_text(v->eta, left);
    snprintf(text, sizeof text, "%llu/%llu runs  %s%s", (unsigned long long)v->done, (unsigned long long)v->total, left,
             *left ? " left" : "");
    const int width = orr_text_width(text), bar = r.w >= 90 ? BAR : 0;
    orr_canvas_put(c, r.x, r.y, c->glyphs == ORR_GLYPHS_ASCII ? '*' : 0x25CF, (struct orr_style){.fg = ORR_COLOR_GOOD});
    orr_canvas_text(c, r.x + 2, r.y, r.w - width - bar - 5, v->title, (struct orr_style){0});
    if (bar)
        draw_bar(c, r.x + r.w - width - bar - 2, r.y, bar, v->total ? (double)v->done / (double)v->total : 0,
                 ORR_COLOR_GOOD);
    orr_canvas_text_right(c, r.x + r.w - width - 1, r.y, width, text, dim);
}

static void draw_list(struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    const size_t n = s->bench->sessions.len;
    s->top = orr_nav_scroll(s->top, s->row, n, r.h);
    for (int y = 0; y < r.h && s->top + (size_t)y < n; y++) {
        const size_t row = s->top + (size_t)y;
        draw_session(&s->bench->sessions.data[n - 1 - row], c, (struct orr_rect){r.x, r.y + y, r.w, 1}, row == s->row);
    }
}

/* ---- the charts ---- */

struct lines {
    char name[MOST_LINES][24];
    struct orr_chart_series series[MOST_LINES];
    char note[MOST_LINES][24];
    double *memory[MOST_LINES];
    size_t n;
};

static void add(struct lines *l, const struct orr_lab_points *p, const char *name, int color)
{
    if (!p || !p->n || l->n == MOST_LINES) return;
    struct orr_chart_series *s = &l->series[l->n];
    *s = (struct orr_chart_series){
        .name = name, .kind = ORR_CHART_LINE, .color = color, .n = p->n, .x = p->x, .y = p->y};
    orr_ticks_value(p->y[p->n - 1], l->note[l->n]);
    s->note = l->note[l->n++];
}

/* "weight_norm/layers.3.weight" as "L3". */
static void add_norm(struct lines *l, const struct orr_lab_points *p)
{
    int layer, end = 0;
    if (l->n == MOST_LINES) return;
    char *name = l->name[l->n];
    const char *tensor = p->name + strlen("weight_norm/");
    if (sscanf(tensor, "layers.%d.weight%n", &layer, &end) == 1 && end && !tensor[end])
        snprintf(name, 24, "L%d", layer);
    else
        snprintf(name, 24, "%s", tensor);
    add(l, p, name, 0);
}

/* Losses of single batches jump: a debiased exponential mean, as Curves draws it. */
static void smooth(struct lines *l, double weight)
{
    struct orr_chart_series *s = &l->series[l->n - 1];
    double mean = 0, mass = 0, *y = l->memory[l->n - 1] = orr_xmalloc(s->n * sizeof *y);
    for (size_t i = 0; i < s->n; i++) {
        mean = weight * mean + (1 - weight) * s->y[i];
        mass = weight * mass + (1 - weight);
        y[i] = mean / mass;
    }
    s->y = y;
    orr_ticks_value(y[s->n - 1], l->note[l->n - 1]);
}

static void draw_panel(const struct lab *s, const struct orr_lab_look *look, enum lab_panel panel, struct orr_canvas *c,
                       struct orr_rect r)
{
    struct lines l = {.n = 0};
    struct orr_chart chart = orr_chart_init();
    switch (panel) {
    case LAB_ACCURACY:
        chart.title = "accuracy";
        add(&l, orr_lab_look_find(look, "train/accuracy"), "train", 1);
        add(&l, orr_lab_look_find(look, "val/accuracy"), "val", 2);
        if (l.n) break;
        chart.title = "gradient norm"; /* regression */
        add(&l, orr_lab_look_find(look, "grad_norm"), "gradient", 5);
        break;
    case LAB_NORMS:
        chart.title = "weight norms";
        for (size_t i = 0; i < look->n_series; i++)
            if (!strncmp(look->series[i].name, "weight_norm/", 12)) add_norm(&l, &look->series[i]);
        break;
    case LAB_RATE:
        chart.title = "learning rate";
        add(&l, orr_lab_look_find(look, "lr"), "lr", 3);
        if (l.n) l.series[0].kind = ORR_CHART_STEPS;
        break;
    default: {
        chart.title = "loss";
        add(&l, orr_lab_look_find(look, "batch/loss"), "batch", 8);
        if (l.n) smooth(&l, 0.9);
        add(&l, orr_lab_look_find(look, "train/loss"), "train", 1);
        add(&l, orr_lab_look_find(look, "val/loss"), "val", 2);
        const size_t before = l.n;
        add(&l, orr_lab_look_find(look, "jump/loss_after"), "jump", 7);
        if (l.n > before) l.series[before].kind = ORR_CHART_POINTS;
        chart.log_y = s->log_y;
        chart.robust_y = true; /* the first loss may be large */
        break;
    }
    }
    chart.x_label = "epoch";
    chart.x0 = 0;
    if (look->phase != ORR_LAB_OVER && look->steps_per_epoch) /* the axis waits for what comes, but not for long runs */
        chart.x1 =
            fmin(look->train.epochs, ceil(2 * fmax(1, (double)look->train.step / (double)look->steps_per_epoch)));
    chart.series = l.series;
    chart.n_series = l.n;
    orr_chart_draw(c, r, &chart);
    for (size_t i = 0; i < l.n; i++) free(l.memory[i]);
}

static void draw_charts(const struct lab *s, const struct orr_lab_look *look, struct orr_canvas *c, struct orr_rect r)
{
    if (s->panel != LAB_ALL || r.w < 56 || r.h < 12) {
        draw_panel(s, look, s->panel == LAB_ALL ? LAB_LOSS : s->panel, c, r);
        return;
    }
    const int left = r.w / 2, top = r.h - r.h / 2;
    const struct orr_rect quarter[] = {{r.x, r.y, left - 1, top},
                                       {r.x + left, r.y, r.w - left, top},
                                       {r.x, r.y + top, left - 1, r.h - top},
                                       {r.x + left, r.y + top, r.w - left, r.h - top}};
    for (int i = 0; i < 4; i++) draw_panel(s, look, (enum lab_panel)(LAB_LOSS + i), c, quarter[i]);
}

/* "jump at epoch 4.0  accepted x2  loss 1.686 > 1.07  1 of 1 accepted" */
static void draw_jump(const struct orr_lab_look *l, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_jump_result *j = &l->train.jump;
    const bool accepted = j->outcome == ORR_JUMP_ACCEPTED;
    char text[256], scale[32] = "";
    if (accepted) snprintf(scale, sizeof scale, " x%.4g", j->scale);
    int n = snprintf(text, sizeof text, "jump at epoch %.1f  %s%s  ", (double)j->step / (double)l->steps_per_epoch,
                     orr_jump_outcome_name(j->outcome), scale);
    if (*j->why)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s", j->why);
    else
        n += snprintf(text + n, sizeof text - (size_t)n, "loss %.4g > %.4g", j->before, j->after);
    if (l->train.jumps > 1)
        snprintf(text + n, sizeof text - (size_t)n, "  %zu of %zu accepted", l->train.jumps_accepted, l->train.jumps);
    orr_canvas_text(c, r.x + 1, r.y, r.w - 1, text,
                    (struct orr_style){.fg = (uint8_t)(accepted ? ORR_COLOR_GOOD : ORR_COLOR_WARN)});
}

void lab_watch_render(struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct lab_session *here = lab_here(s);
    const int n = (int)s->bench->sessions.len, most = r.h >= 40 ? 8 : r.h >= 16 ? 4 : 1;
    if (s->has_sweep && r.h > 3) {
        draw_sweep(&s->sweep, c, (struct orr_rect){r.x, r.y, r.w, 1});
        r.y++, r.h--;
    }
    if (!here) {
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, "Nothing trains. n starts a run.", dim);
        return;
    }
    const int list = n < most ? n : most;
    s->list = (struct orr_rect){r.x, r.y, r.w, list};
    draw_list(s, c, s->list);
    r.y += list;
    r.h -= list;
    if (r.h >= 8) r.y++, r.h--;
    const struct orr_lab_look *l = &here->look;
    if (l->phase == ORR_LAB_OVER && l->error.code) {
        orr_canvas_printf(c, r.x + 1, r.y, r.w - 1, (struct orr_style){.fg = ORR_COLOR_BAD}, "%s: %s", l->error.where,
                          l->error.message);
        r.y++, r.h--;
    }
    if (l->train.jumps && r.h >= 8) {
        draw_jump(l, c, r);
        r.y++, r.h--;
    }
    if (l->n_series)
        draw_charts(s, l, c, r);
    else if (l->phase != ORR_LAB_OVER)
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, "Loading the data", accent);
}
