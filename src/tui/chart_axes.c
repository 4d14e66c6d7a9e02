#include "tui/chart_axes.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

enum { MARKS_MAX = 128 };
static const struct orr_style dim = {.fg = ORR_COLOR_DIM};
static const struct orr_style accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD};

/* Halves before the subtraction: hi - lo may overflow. */
static struct orr_scale scale(double lo, double hi, bool log, double first, double last)
{
    const double u = log ? log10(lo) : lo, v = log ? log10(hi) : hi;
    const double half = v / 2 - u / 2;
    struct orr_scale s = {.log = log, .lo = lo, .hi = hi};
    s.b = (last - first) / 2 / half;
    s.a = first - s.b * u;
    return s;
}

struct orr_scale orr_scale_x(double lo, double hi, bool log, int columns)
{
    return scale(lo, hi, log, 0, columns > 1 ? columns - 1 : 0.5);
}

struct orr_scale orr_scale_y(double lo, double hi, bool log, int rows)
{
    return scale(lo, hi, log, rows > 1 ? rows - 1 : 0.5, 0);
}

double orr_scale_dot(const struct orr_scale *s, double v)
{
    if (s->log) return v > 0 ? s->a + s->b * log10(v) : NAN;
    return s->a + s->b * v;
}

static int cell_of(double dot, int density) { return (int)floor((round(dot) + 0.5) / density); }

static size_t marks_of(enum orr_ticks_kind kind, const struct orr_scale *s, int want, struct orr_mark *out)
{
    if (want < 1) want = 1;
    return s->log ? orr_ticks_log(s->lo, s->hi, (size_t)want, out, MARKS_MAX)
                  : orr_ticks(kind, s->lo, s->hi, (size_t)want, out, MARKS_MAX);
}

static void draw_grid_row(struct orr_canvas *c, struct orr_rect plot, int y)
{
    if (plot.w < 30 || plot.h < 8) return;
    for (int x = 3; x < plot.w; x += 4) orr_canvas_put(c, plot.x + x, plot.y + y, 0x00B7, dim);
}

static void draw_y(struct orr_canvas *c, const struct orr_axes *a)
{
    const struct orr_rect g = a->layout.gutter, plot = a->layout.plot;
    if (!g.w) return;
    struct orr_mark marks[MARKS_MAX];
    const int want = plot.h >= 30 ? plot.h / 5 : plot.h >= 12 ? plot.h / 3 : (plot.h + 1) / 2;
    const size_t n = marks_of(ORR_TICKS_NUMBER, &a->y, want, marks);
    const int line = g.x + g.w - 1;
    for (int y = 0; y < plot.h; y++) orr_canvas_put(c, line, plot.y + y, 0x2502, dim);
    int taken = plot.h; /* rows at and below this one carry a label already */
    for (size_t i = 0; i < n; i++) {
        const int y = cell_of(orr_scale_dot(&a->y, marks[i].at), a->dy);
        if (y < 0 || y >= plot.h || !marks[i].label[0] || y >= taken) continue;
        orr_canvas_text_right(c, g.x, plot.y + y, g.w - 1, marks[i].label, dim);
        orr_canvas_put(c, line, plot.y + y, 0x2524, dim);
        if (y > 0 && y < plot.h - 1) draw_grid_row(c, plot, y);
        taken = y;
    }
}

/* Centres a label under its column, kept inside and off what stands left of it. Returns the column after it. */
static int put_label(struct orr_canvas *c, struct orr_rect row, int center, int from, int limit, const char *label,
                     struct orr_style s)
{
    const int w = orr_text_width(label);
    int x = center - w / 2;
    if (x < row.x) x = row.x;
    if (x + w > limit) x = limit - w;
    if (x < from) return from;
    orr_canvas_text(c, x, row.y, w, label, s);
    return x + w + 1;
}

static void draw_x(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a)
{
    const struct orr_rect plot = a->layout.plot, axis = a->layout.axis, row = a->layout.labels;
    for (int x = 0; axis.h && x < axis.w; x++) orr_canvas_put(c, axis.x + x, axis.y, 0x2500, dim);
    if (axis.h && a->layout.gutter.w) orr_canvas_put(c, axis.x - 1, axis.y, 0x2514, dim);
    if (!row.h) return;
    int limit = row.x + row.w;
    if (chart->x_label && orr_text_width(chart->x_label) < row.w / 4) {
        orr_canvas_text_right(c, row.x, row.y, row.w, chart->x_label, dim);
        limit -= orr_text_width(chart->x_label) + 1;
    }
    struct orr_mark marks[MARKS_MAX];
    const int width = chart->x_ticks == ORR_TICKS_TIME ? 14 : chart->x_ticks == ORR_TICKS_DURATION ? 10 : 9;
    const size_t n = marks_of(chart->x_ticks, &a->x, plot.w / width, marks);
    int from = row.x;
    for (size_t i = 0; i < n; i++) {
        const int x = cell_of(orr_scale_dot(&a->x, marks[i].at), a->dx);
        if (x < 0 || x >= plot.w) continue;
        if (axis.h && marks[i].label[0]) orr_canvas_put(c, plot.x + x, axis.y, 0x252C, dim);
        if (marks[i].label[0]) from = put_label(c, row, plot.x + x, from, limit, marks[i].label, dim);
    }
}

void orr_axes_draw(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a)
{
    draw_y(c, a);
    draw_x(c, chart, a);
}

static void cursor_label(const struct orr_chart *chart, const struct orr_axes *a, char out[24])
{
    struct orr_mark mark;
    const double span = a->x.hi - a->x.lo;
    if (chart->x_ticks == ORR_TICKS_NUMBER) {
        const double cells = a->layout.plot.w > 0 ? a->layout.plot.w : 1; /* on a log axis cells grow with x */
        orr_ticks_precise(chart->cursor, a->x.log ? chart->cursor * log(a->x.hi / a->x.lo) / cells : span / cells, out);
        return;
    }
    /* One tick right at the cursor, as fine as the axis: rounded to a thousandth of the window. */
    const double unit = span > 86400.0 * 1000 ? 86400 : span > 60000 ? 60 : 1, at = round(chart->cursor / unit) * unit;
    out[0] = '\0';
    if (orr_ticks(chart->x_ticks, at - unit * 0.25, at + unit * 0.25, 1, &mark, 1) == 1) memcpy(out, mark.label, 24);
}

static bool is_blank(const struct orr_canvas *c, int x, int y)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return true;
    return c->cells[(size_t)y * (size_t)c->width + (size_t)x].cp == ' ';
}

void orr_axes_cursor(struct orr_canvas *c, const struct orr_chart *chart, const struct orr_axes *a)
{
    const struct orr_rect plot = a->layout.plot, row = a->layout.labels;
    const double dot = orr_scale_dot(&a->x, chart->cursor);
    if (!(dot >= -0.5) || !(dot <= a->layout.columns - 0.5)) return;
    const int x = plot.x + cell_of(dot, a->dx);
    for (int y = plot.y; y < plot.y + plot.h && x < c->width && y < c->height; y++) {
        const uint32_t cp = x >= 0 && y >= 0 ? c->cells[(size_t)y * (size_t)c->width + (size_t)x].cp : 0;
        if (cp == ' ' || cp == 0x00B7 || cp == '.')
            orr_canvas_put(c, x, y, 0x2502, (struct orr_style){.fg = ORR_COLOR_ACCENT});
        else
            orr_canvas_tint(c, (struct orr_rect){x, y, 1, 1}, ORR_COLOR_CURSOR);
    }
    if (a->layout.axis.h) orr_canvas_put(c, x, a->layout.axis.y, 0x2534, accent);
    if (!row.h) return;
    char label[24];
    cursor_label(chart, a, label);
    int w = orr_text_width(label), left = x - w / 2;
    if (w > row.w) w = row.w;
    if (left + w > row.x + row.w) left = row.x + row.w - w;
    if (left < row.x) left = row.x;
    /* A label that would be cut goes whole: half a number reads as another one. */
    int from = left, to = left + w;
    while (from > row.x && (from == left || !is_blank(c, from, row.y))) from--;
    while (to < row.x + row.w && (to == left + w || !is_blank(c, to - 1, row.y))) to++;
    orr_canvas_fill(c, (struct orr_rect){from, row.y, to - from, 1}, ' ', (struct orr_style){0});
    orr_canvas_text(c, left, row.y, w, label, accent);
}
