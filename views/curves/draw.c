/* Curves: the list at the left, the chart, what to say when there is nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "tui/widgets/nav.h"
#include "views/curves/state.h"

static int pane_width(const struct orr_curves *v, struct orr_rect r)
{
    int widest = 10;
    if (!v->pane || r.w < 60 || r.h < 6) return 0;
    for (size_t i = 0; i < v->list.len; i++) {
        const int w = orr_text_width(v->list.data[i].name) + 4;
        if (w > widest) widest = w;
    }
    return widest < r.w / 4 ? widest : r.w / 4;
}

static void draw_list(struct orr_curves *v, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_style title = {.fg = ORR_COLOR_ACCENT, .attr = v->list_focus ? ORR_BOLD : 0};
    orr_canvas_printf(c, r.x, r.y, r.w - 1, title, "%zu series", v->list.len);
    v->list_top = orr_nav_scroll(v->list_top, v->list_row, v->list.len, r.h - 1);
    for (int y = 1; y < r.h && v->list_top + (size_t)y - 1 < v->list.len; y++) {
        const size_t i = v->list_top + (size_t)y - 1;
        const struct orr_curves_series *s = &v->list.data[i];
        const struct orr_style style = {.fg = s->shown ? ORR_COLOR_DEFAULT : ORR_COLOR_DIM, .attr = s->shown ? ORR_BOLD : 0};
        if (s->shown) orr_canvas_put(c, r.x, r.y + y, 0x2713, (struct orr_style){.fg = ORR_COLOR_GOOD});
        orr_canvas_text(c, r.x + 2, r.y + y, r.w - 3, s->name, style);
        if (v->list_focus && i == v->list_row)
            orr_canvas_tint(c, (struct orr_rect){r.x, r.y + y, r.w - 1, 1}, ORR_COLOR_CURSOR);
    }
}

/* The value of every line at the crosshair, exact and smoothed as the line is. */
static void make_notes(struct orr_curves *v)
{
    for (size_t i = 0; i < v->n_lines; i++) {
        struct orr_curves_line *line = &v->lines[i];
        line->note[0] = '\0';
        if (v->forecast) {
            orr_curves_forecast_note(v, i, line->note, sizeof line->note);
            continue;
        }
        if (isnan(v->cursor) || !line->n) continue;
        double x = NAN, value = NAN, best = INFINITY;
        int64_t step;
        struct orr_error err;
        if (v->group_by) {
            for (size_t k = 0; k < line->n; k++)
                if (fabs(line->x[k] - v->cursor) < best) best = fabs(line->x[k] - v->cursor), value = line->y[k];
        } else {
            struct orr_curve_options o = v->options;
            if (!orr_curve_ready(v->set.members[i].curve, &o)) o.smooth = 0;
            if (orr_curve_at(v->set.members[i].curve, &o, v->cursor, &x, &step, &value, &err) != ORR_OK) continue;
        }
        orr_ticks_value(value, line->note);
    }
}

static void make_title(const struct orr_curves *v, char *out, size_t n)
{
    struct orr_str t = {0};
    size_t shown = 0;
    for (size_t i = 0; i < v->list.len; i++) {
        if (!v->list.data[i].shown) continue;
        if (shown < 3) orr_str_printf(&t, "%s%s", shown ? ", " : "", v->list.data[i].name);
        shown++;
    }
    if (shown > 3) orr_str_printf(&t, " and %zu more", shown - 3);
    if (v->options.smooth > 0) orr_str_printf(&t, "  smooth %g%s", v->options.smooth, v->waiting ? " ..." : "");
    if (v->log_y) orr_str_append(&t, "  log y");
    if (v->options.log_x) orr_str_append(&t, "  log x");
    if (v->robust) orr_str_append(&t, "  robust");
    if (v->group_by && *v->group_by) orr_str_printf(&t, "  by %s", v->group_by);
    if (v->forecast) orr_curves_forecast_title(v, &t);
    if (v->group_by) orr_str_append(&t, v->min_max ? "  min to max" : "  mean -/+ sd");
    snprintf(out, n, "%s", orr_str_c(&t));
    orr_str_free(&t);
}

static const char *x_label(const struct orr_curve_options *o)
{
    switch (o->x) {
    case ORR_X_RELATIVE: return "time";
    case ORR_X_WALL: return "UTC";
    case ORR_X_SERIES: return o->x_series;
    case ORR_X_STEP: break;
    }
    return "step";
}

static void say(struct orr_canvas *c, struct orr_rect r, const char *text, enum orr_color color)
{
    const int w = orr_text_width(text);
    orr_canvas_text(c, r.x + (r.w > w ? (r.w - w) / 2 : 0), r.y + r.h / 3, r.w, text, (struct orr_style){.fg = (uint8_t)color});
}

static void draw_chart(struct orr_ui *ui, struct orr_curves *v, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_chart chart = orr_chart_init();
    struct orr_chart_series *s = orr_xcalloc(v->n_lines + orr_curves_forecast_most(v) + 1, sizeof *s);
    char title[256];
    make_title(v, title, sizeof title);
    for (size_t i = 0; i < v->n_lines; i++) s[i].name = v->lines[i].label;
    chart.title = title;
    chart.series = s;
    chart.n_series = v->n_lines;
    chart.x_label = x_label(&v->options);
    chart.log_x = v->options.log_x, chart.log_y = v->log_y, chart.robust_y = v->robust;
    chart.x_ticks = v->options.x == ORR_X_WALL       ? ORR_TICKS_TIME
                    : v->options.x == ORR_X_RELATIVE ? ORR_TICKS_DURATION
                                                     : ORR_TICKS_NUMBER;
    chart.cursor = v->forecast ? orr_curves_forecast_cut(v) : v->cursor;
    const struct orr_chart_layout layout = orr_chart_layout(c, r, &chart);
    orr_curves_bins(ui, v, orr_chart_columns(c, r, &chart), true);
    orr_curves_window(v, &chart.x0, &chart.x1);
    make_notes(v);
    for (size_t i = 0; i < v->n_lines; i++) {
        const struct orr_curves_line *line = &v->lines[i];
        s[i].note = line->note[0] ? line->note : "";
        if (v->group_by)
            s[i].n = line->n, s[i].x = line->x, s[i].y = line->y, s[i].lo = line->lo, s[i].hi = line->hi;
        else
            s[i].bins = line->bins, s[i].n_bins = line->n;
    }
    if (v->forecast) chart.n_series += orr_curves_forecast_series(v, s + v->n_lines);
    v->plot = layout.plot;
    orr_chart_draw(c, r, &chart);
    free(s);
}

void orr_curves_draw(struct orr_ui *ui, struct orr_curves *v, struct orr_canvas *c, struct orr_rect r)
{
    const int pane = pane_width(v, r);
    if (pane) {
        draw_list(v, c, (struct orr_rect){r.x, r.y, pane, r.h});
        r.x += pane, r.w -= pane;
    }
    if (!v->n_runs)
        say(c, r, "No run: choose some in Runs with Space, then Enter", ORR_COLOR_DIM);
    else if (!v->list.len)
        say(c, r, "These runs have no series yet", ORR_COLOR_DIM);
    else if (v->error.code)
        say(c, r, v->error.message, ORR_COLOR_BAD);
    else
        draw_chart(ui, v, c, r);
}
