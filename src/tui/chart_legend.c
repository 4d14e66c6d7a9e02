#include "tui/chart_legend.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

enum { COLORS = 8 };

int orr_chart_color(const struct orr_chart_series *s, size_t i)
{
    return s->color > 0 ? (s->color - 1) % COLORS + 1 : (int)(i % COLORS) + 1;
}

size_t orr_legend_entries(const struct orr_chart *chart, int *widest)
{
    size_t n = 0;
    *widest = 0;
    for (size_t i = 0; i < chart->n_series; i++) {
        if (!chart->series[i].name) continue;
        const int w = orr_text_width(chart->series[i].name);
        if (w > *widest) *widest = w;
        n++;
    }
    return n;
}

/* The value of a series nearest to x, within a fiftieth of the window: further away it has none there. */
static double value_at(const struct orr_chart_series *s, double x, double reach)
{
    double best = reach, value = NAN;
    for (size_t i = 0; i < s->n_bins; i++)
        if (s->bins[i].n > s->bins[i].nan_count && fabs(s->bins[i].x - x) < best)
            best = fabs(s->bins[i].x - x), value = s->bins[i].mean;
    for (size_t i = 0; i < s->n; i++)
        if (isfinite(s->y[i]) && fabs(s->x[i] - x) < best) best = fabs(s->x[i] - x), value = s->y[i];
    return value;
}

static void draw_entry(struct orr_canvas *c, struct orr_rect r, const struct orr_chart_series *s, int color,
                       const char *note)
{
    const struct orr_style style = {.fg = (uint8_t)(ORR_COLOR_SERIES + color - 1), .attr = ORR_BOLD};
    orr_canvas_put(c, r.x, r.y, orr_chart_marker(c, color), style);
    const int room = r.w - 3, note_width = orr_text_width(note);
    const int name = note_width && note_width + 4 < room ? room - note_width - 1 : room;
    const int used = orr_canvas_text(c, r.x + 2, r.y, name, s->name, (struct orr_style){0});
    orr_canvas_text(c, r.x + 2 + used + 1, r.y, room - used - 1, note, (struct orr_style){.attr = ORR_BOLD});
}

void orr_legend_draw(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a)
{
    const struct orr_rect r = a->layout.legend;
    if (!r.h) return;
    int widest;
    const size_t n = orr_legend_entries(chart, &widest), room = (size_t)r.h * (size_t)a->layout.legend_columns;
    const int w = r.w / a->layout.legend_columns;
    size_t k = 0;
    for (size_t i = 0; i < chart->n_series && k < room; i++) {
        const struct orr_chart_series *s = &chart->series[i];
        if (!s->name) continue;
        const int x = r.x + (int)(k % (size_t)a->layout.legend_columns) * w;
        const int y = r.y + (int)(k / (size_t)a->layout.legend_columns);
        k++;
        if (k == room && n > room && room > 1) {
            orr_canvas_printf(c, x, y, w, (struct orr_style){.fg = ORR_COLOR_DIM}, "+ %zu more", n - room + 1);
            break;
        }
        char value[24] = "";
        if (!s->note && !isnan(chart->cursor))
            orr_ticks_value(value_at(s, chart->cursor, a->x.hi / 50 - a->x.lo / 50), value);
        draw_entry(c, (struct orr_rect){x, y, w, 1}, s, orr_chart_color(s, i), s->note ? s->note : value);
    }
}

void orr_chart_sparkline(struct orr_canvas *c, int x, int y, int width, const double *values, size_t n,
                         struct orr_style s)
{
    static const char ascii[] = "_.-=^";
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) lo = fmin(lo, values[i]), hi = fmax(hi, values[i]);
    for (int k = 0; k < width && n > 0; k++) {
        /* A column shows the last finite value of its share; more columns than values repeat values. */
        const size_t from = (size_t)k * n / (size_t)width, to = (size_t)(k + 1) * n / (size_t)width;
        double v = NAN;
        for (size_t i = from; i < (to > from ? to : from + 1); i++)
            if (isfinite(values[i])) v = values[i];
        if (isnan(v)) continue;
        const double u = hi > lo ? (v / 2 - lo / 2) / (hi / 2 - lo / 2) : 0.5;
        const uint32_t cp = c->glyphs == ORR_GLYPHS_ASCII ? (uint32_t)ascii[(int)(u * 4 + 0.5)]
                                                          : 0x2581 + (uint32_t)(u * 7 + 0.5);
        orr_canvas_put(c, x + k, y, cp, s);
    }
}

void orr_legend_sparkline(struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart)
{
    if (!chart->n_series) return;
    const struct orr_chart_series *s = &chart->series[0];
    const size_t n = s->n_bins ? s->n_bins : s->n;
    double *v = orr_xmalloc(n * sizeof *v + 1), last = NAN;
    for (size_t i = 0; i < n; i++) {
        v[i] = s->n_bins ? s->bins[i].mean : s->y[i];
        if (isfinite(v[i])) last = v[i];
    }
    char text[24];
    orr_ticks_value(last, text);
    int x = r.x, right = r.x + r.w;
    if (s->name && r.w >= 24) x += orr_canvas_text(c, x, r.y, r.w / 3, s->name, (struct orr_style){0}) + 1;
    if (r.w >= 16) {
        right -= orr_text_width(text) + 1;
        orr_canvas_text(c, right + 1, r.y, orr_text_width(text), text, (struct orr_style){.attr = ORR_BOLD});
    }
    const struct orr_style style = {.fg = (uint8_t)(ORR_COLOR_SERIES + orr_chart_color(s, 0) - 1)};
    orr_chart_sparkline(c, x, r.y, right - x, v, n, style);
    free(v);
}
