#include "tui/chart.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tui/chart_axes.h"
#include "tui/chart_legend.h"
#include "tui/chart_plane.h"

enum { VALUE_WIDTH = 10 };
static const double largest = 8e307;   /* two of them apart is still a double */
static const double smallest = 1e-300; /* ranges below it count as one value */

struct orr_chart orr_chart_init(void)
{
    return (struct orr_chart){.x0 = NAN, .x1 = NAN, .y0 = NAN, .y1 = NAN, .cursor = NAN};
}

/* ---- layout ---- */

static int legend_rows(const struct orr_chart *chart, int w, int h, int *columns)
{
    int widest;
    const size_t n = orr_legend_entries(chart, &widest);
    if (chart->hide_legend || !n || h < 4) return 0;
    int entry = 2 + widest + 1 + VALUE_WIDTH + 1;
    if (entry > w) entry = w;
    *columns = w / entry > 0 ? w / entry : 1;
    const int most = h >= 24 ? h / 4 : h >= 12 ? 3 : h >= 8 ? 2 : 1;
    const int rows = ((int)(n < 1000 ? n : 1000) + *columns - 1) / *columns;
    return rows < most ? rows : most;
}

struct orr_chart_layout orr_chart_layout(const struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart)
{
    struct orr_chart_layout l = {0};
    if (r.w < 1 || r.h < 1) return l;
    int dx, dy;
    orr_plane_density(c->glyphs, &dx, &dy);
    l.sparkline = r.h == 1;
    const int title = chart->title && r.h >= 7, labels = r.h >= 4, axis = r.h >= 8;
    const int legend = legend_rows(chart, r.w, r.h, &l.legend_columns);
    const int gutter = r.h < 3 ? 0 : r.w >= 60 ? 9 : r.w >= 34 ? 8 : r.w >= 16 ? 7 : 0;
    const int h = r.h - title - labels - axis - legend;
    l.title = (struct orr_rect){r.x, r.y, r.w, title};
    l.plot = (struct orr_rect){r.x + gutter, r.y + title, r.w - gutter, h};
    l.gutter = (struct orr_rect){r.x, r.y + title, gutter, h};
    l.axis = (struct orr_rect){r.x + gutter, r.y + title + h, r.w - gutter, axis};
    l.labels = (struct orr_rect){r.x + gutter, r.y + title + h + axis, r.w - gutter, labels};
    l.legend = (struct orr_rect){r.x, r.y + r.h - legend, r.w, legend};
    l.columns = l.plot.w * dx;
    l.rows = l.plot.h * dy;
    return l;
}

size_t orr_chart_columns(const struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart)
{
    const struct orr_chart_layout l = orr_chart_layout(c, r, chart);
    return l.columns > 0 ? (size_t)l.columns : 1;
}

/* ---- ranges ---- */

struct range {
    double lo, hi;
};

static void widen(struct range *r, double v, bool log)
{
    if (!isfinite(v) || (log && !(v > 0))) return;
    if (!(v >= r->lo)) r->lo = v;
    if (!(v <= r->hi)) r->hi = v;
}

/* What the caller asked for wins; the rest comes from the data; the result is never empty. */
static void settle(struct range found, double ask0, double ask1, bool log, double *lo, double *hi)
{
    double a = isfinite(ask0) && !(log && ask0 <= 0) ? ask0 : found.lo;
    double b = isfinite(ask1) && !(log && ask1 <= 0) ? ask1 : found.hi;
    if (isnan(a) && isnan(b)) a = log ? 1 : 0, b = log ? 10 : 1;
    if (isnan(a)) a = b;
    if (isnan(b)) b = a;
    a = fmax(fmin(a, largest), -largest), b = fmax(fmin(b, largest), -largest);
    if (a > b) {
        const double swap = a;
        a = b, b = swap;
    }
    if (log) a = fmax(a, smallest), b = fmax(b, smallest);
    if (!(b - a > fmax(fabs(a) * 1e-12, smallest))) { /* one value: a margin on both sides */
        const double margin = fabs(a) <= smallest ? 1 : fabs(a) * 0.1;
        if (log)
            a /= 2, b *= 2;
        else
            a -= margin, b += margin;
    }
    *lo = a, *hi = b;
}

void orr_chart_range_x(const struct orr_chart *chart, double *x0, double *x1)
{
    struct range r = {NAN, NAN};
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct orr_chart_series *s = &chart->series[i];
        for (size_t k = 0; k < s->n_bins; k++)
            if (s->bins[k].n > 0) widen(&r, s->bins[k].x, chart->log_x);
        for (size_t k = 0; k < s->n; k++) widen(&r, s->x[k], chart->log_x);
    }
    settle(r, chart->x0, chart->x1, chart->log_x, x0, x1);
}

/* Calls widen or collects for every y in the window. */
struct values {
    double *v; /* NULL: only count */
    size_t n;
};

static void take(struct values *all, struct range *r, double v, bool log)
{
    if (!isfinite(v) || (log && !(v > 0))) return;
    widen(r, v, log);
    if (all->v) all->v[all->n] = v;
    all->n++;
}

static void take_all(const struct orr_chart *chart, struct values *all, struct range *r)
{
    double x0, x1;
    orr_chart_range_x(chart, &x0, &x1);
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct orr_chart_series *s = &chart->series[i];
        for (size_t k = 0; k < s->n_bins; k++) {
            const struct orr_bin *b = &s->bins[k];
            if (b->n == b->nan_count || b->x < x0 || b->x > x1) continue;
            take(all, r, b->min, chart->log_y);
            take(all, r, b->max, chart->log_y);
            if (chart->log_y && b->min <= 0) take(all, r, b->last, true);
        }
        for (size_t k = 0; k < s->n; k++) {
            if (!(s->x[k] >= x0) || !(s->x[k] <= x1)) continue;
            take(all, r, s->y[k], chart->log_y);
            if (s->lo) take(all, r, s->lo[k], chart->log_y);
            if (s->hi) take(all, r, s->hi[k], chart->log_y);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Narrows *r to the bulk of the values; in log space on a log axis. */
static void trim(const struct orr_chart *chart, struct range *r, size_t n)
{
    struct range again = {NAN, NAN};
    struct values all = {orr_xmalloc(n * sizeof *all.v), 0};
    take_all(chart, &all, &again);
    qsort(all.v, n, sizeof *all.v, by_value);
    double lo = all.v[(size_t)(0.02 * (double)(n - 1))], hi = all.v[(size_t)ceil(0.98 * (double)(n - 1))];
    free(all.v);
    if (chart->log_y) lo = log10(lo), hi = log10(hi);
    const double margin = (hi / 2 - lo / 2) * 0.5;
    lo -= margin, hi += margin;
    if (chart->log_y) lo = pow(10, lo), hi = pow(10, hi);
    r->lo = fmax(r->lo, lo), r->hi = fmin(r->hi, hi);
}

void orr_chart_range_y(const struct orr_chart *chart, double *y0, double *y1)
{
    struct range r = {NAN, NAN};
    struct values count = {NULL, 0};
    take_all(chart, &count, &r);
    if (chart->robust_y && count.n >= 20) trim(chart, &r, count.n);
    settle(r, chart->y0, chart->y1, chart->log_y, y0, y1);
}

/* ---- series to dots ---- */

struct pen {
    struct orr_plane *plane;
    const struct orr_axes *axes;
    const struct orr_chart_series *s;
    int color, phase;
    bool down;           /* a previous point exists to join with */
    double x, y;         /* it, in dots */
    double *line;        /* [columns] the dot row where the line passes, NaN where it does not */
    size_t points;
};

static void remember(struct pen *p, double x, double y)
{
    const double column = round(x);
    if (column >= 0 && column < p->plane->columns) p->line[(int)column] = y;
}

static void join(struct pen *p, double x, double y)
{
    const enum orr_chart_dash dash = p->s->dash;
    if (p->s->kind == ORR_CHART_STEPS) {
        orr_plane_line(p->plane, p->x, p->y, x, p->y, p->color, dash, &p->phase);
        orr_plane_line(p->plane, x, p->y, x, y, p->color, dash, &p->phase);
    } else {
        orr_plane_line(p->plane, p->x, p->y, x, y, p->color, dash, &p->phase);
    }
    const double from = fmax(fmin(p->x, x), 0), to = fmin(fmax(p->x, x), p->plane->columns - 1);
    const double slope = x == p->x || p->s->kind == ORR_CHART_STEPS ? 0 : (y - p->y) / (x - p->x);
    for (double c = ceil(from); c <= to; c++)
        if (isnan(p->line[(int)c])) p->line[(int)c] = p->y + slope * (c - p->x);
}

static void draw_bins(struct pen *p)
{
    const struct orr_axes *a = p->axes;
    for (size_t i = 0; i < p->s->n_bins; i++) {
        const struct orr_bin *b = &p->s->bins[i];
        if (b->n == 0) continue;
        const double x = round(orr_scale_dot(&a->x, b->x));
        const double lo = orr_scale_dot(&a->y, a->y.log && !(b->min > 0) ? a->y.lo : b->min);
        const double hi = orr_scale_dot(&a->y, b->max), mean = orr_scale_dot(&a->y, b->mean);
        const double first = orr_scale_dot(&a->y, b->first), last = orr_scale_dot(&a->y, b->last);
        if (b->n == b->nan_count || isnan(hi) || isnan(x)) { /* nothing finite: the line breaks */
            p->down = false;
            continue;
        }
        p->points += (size_t)(b->n - b->nan_count);
        if (p->s->kind != ORR_CHART_POINTS) {
            if (p->down && !isnan(first)) join(p, x, first);
            if (fabs(x) < 1e6) orr_plane_stroke(p->plane, (int)x, lo, hi, p->color);
        }
        remember(p, x, isnan(mean) ? hi : mean);
        p->down = !isnan(last);
        p->x = x, p->y = last;
    }
}

static void draw_points(struct pen *p)
{
    const struct orr_axes *a = p->axes;
    for (size_t i = 0; i < p->s->n; i++) {
        const double x = orr_scale_dot(&a->x, p->s->x[i]), y = orr_scale_dot(&a->y, p->s->y[i]);
        if (!isfinite(x) || !isfinite(y)) {
            p->down = false;
            continue;
        }
        p->points++;
        if (p->s->kind != ORR_CHART_POINTS) {
            if (p->down)
                join(p, x, y);
            else
                orr_plane_line(p->plane, x, y, x, y, p->color, ORR_DASH_SOLID, &p->phase);
        }
        remember(p, x, y);
        p->down = true;
        p->x = x, p->y = y;
    }
}

/* The band between lo and hi, interpolated between neighbouring points. */
static void draw_band(struct pen *p)
{
    const struct orr_axes *a = p->axes;
    const struct orr_chart_series *s = p->s;
    double px = NAN, plo = NAN, phi = NAN;
    for (size_t i = 0; s->lo && s->hi && i < s->n; i++) {
        const double x = orr_scale_dot(&a->x, s->x[i]), hi = orr_scale_dot(&a->y, s->hi[i]);
        double lo = orr_scale_dot(&a->y, s->lo[i]);
        if (a->y.log && isnan(lo) && isfinite(s->lo[i])) lo = orr_scale_dot(&a->y, a->y.lo);
        const bool ok = isfinite(x) && isfinite(lo) && isfinite(hi);
        const double from = isnan(px) ? x : px;
        const double left = fmax(0, ceil(fmin(from, x) - 0.5));
        const double right = fmin(round(fmax(from, x)), p->plane->columns - 1);
        for (double c = left; ok && c <= right; c++) {
            const double u = x == from ? 1 : fmax(0, fmin(1, (c - from) / (x - from)));
            orr_plane_band(p->plane, (int)c, isnan(px) ? lo : plo + u * (lo - plo),
                           isnan(px) ? hi : phi + u * (hi - phi), p->color);
        }
        px = ok ? x : NAN, plo = lo, phi = hi;
    }
}

/* Markers tell series apart without colour: at each point where points are few, else at intervals, staggered. */
static void draw_markers(struct pen *p, size_t index, size_t of)
{
    const struct orr_plane *plane = p->plane;
    const int dx = plane->dx, cells = plane->r.w;
    const bool few = p->points * 4 <= (size_t)cells || p->s->kind == ORR_CHART_POINTS;
    if (few && p->s->dash == ORR_DASH_SOLID) {
        for (size_t i = 0; i < p->s->n_bins; i++)
            if (p->s->bins[i].n > p->s->bins[i].nan_count)
                orr_plane_marker(p->plane, orr_scale_dot(&p->axes->x, p->s->bins[i].x),
                                 orr_scale_dot(&p->axes->y, p->s->bins[i].mean), p->color);
        for (size_t i = 0; i < p->s->n; i++)
            orr_plane_marker(p->plane, orr_scale_dot(&p->axes->x, p->s->x[i]), orr_scale_dot(&p->axes->y, p->s->y[i]),
                             p->color);
        return;
    }
    if (of < 2 || plane->r.h < 3) return;
    const int gap = cells / 3 > 10 ? cells / 3 : 10;
    const int start = gap / 4 + (int)(index % 8) * gap / (int)(of < 8 ? of : 8);
    for (int x = start; x < cells; x += gap)
        for (int k = 0; k < dx; k++)
            if (!isnan(p->line[x * dx + k])) {
                orr_plane_marker(p->plane, x * dx + k, p->line[x * dx + k], p->color);
                break;
            }
}

/* Returns the number of points that could be drawn. */
static size_t draw_series(struct orr_plane *plane, const struct orr_axes *a, const struct orr_chart *chart)
{
    size_t points = 0;
    double *line = orr_xmalloc((size_t)plane->columns * sizeof *line + 1);
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct orr_chart_series *s = &chart->series[i];
        struct pen p = {.plane = plane, .axes = a, .s = s, .color = orr_chart_color(s, i), .line = line};
        draw_band(&p);
    }
    for (size_t i = 0; i < chart->n_series; i++) {
        const struct orr_chart_series *s = &chart->series[i];
        struct pen p = {.plane = plane, .axes = a, .s = s, .color = orr_chart_color(s, i), .line = line};
        for (int k = 0; k < plane->columns; k++) line[k] = NAN;
        draw_bins(&p);
        p.down = false;
        draw_points(&p);
        draw_markers(&p, i, chart->n_series);
        points += p.points;
    }
    free(line);
    return points;
}

void orr_chart_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_chart *chart)
{
    struct orr_axes a = {.layout = orr_chart_layout(c, r, chart)};
    if (a.layout.sparkline) {
        orr_legend_sparkline(c, r, chart);
        return;
    }
    if (a.layout.plot.w < 1 || a.layout.plot.h < 1) return;
    double x0, x1, y0, y1;
    orr_chart_range_x(chart, &x0, &x1);
    orr_chart_range_y(chart, &y0, &y1);
    a.x = orr_scale_x(x0, x1, chart->log_x, a.layout.columns);
    a.y = orr_scale_y(y0, y1, chart->log_y, a.layout.rows);
    orr_plane_density(c->glyphs, &a.dx, &a.dy);

    if (a.layout.title.h)
        orr_canvas_text(c, a.layout.title.x + a.layout.gutter.w, a.layout.title.y, a.layout.plot.w, chart->title,
                        (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD});
    if (a.layout.title.h && chart->y_label)
        orr_canvas_text_right(c, a.layout.title.x, a.layout.title.y, a.layout.title.w, chart->y_label,
                              (struct orr_style){.fg = ORR_COLOR_DIM});
    orr_axes_draw(c, chart, &a);
    struct orr_plane plane;
    orr_plane_init(&plane, c, a.layout.plot);
    const size_t points = draw_series(&plane, &a, chart);
    orr_plane_show(&plane, c);
    if (!points && plane.r.w >= 9)
        orr_canvas_text(c, plane.r.x + (plane.r.w - 7) / 2, plane.r.y + plane.r.h / 2, 7, "no data",
                        (struct orr_style){.fg = ORR_COLOR_DIM});
    orr_plane_free(&plane);
    if (!isnan(chart->cursor)) orr_axes_cursor(c, chart, &a);
    orr_legend_draw(c, chart, &a);
}
