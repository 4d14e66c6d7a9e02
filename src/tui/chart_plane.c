#include "tui/chart_plane.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const char ascii_dot[8] = {'*', '+', 'o', 'x', '#', '%', '@', '&'};
static const uint32_t marker_glyph[8] = {0x25CF, 0x25A0, 0x25B2, 0x25C6, 0x25CB, 0x25A1, 0x25B3, 0x25C7};

uint32_t orr_chart_marker(const struct orr_canvas *c, int color)
{
    const int i = (color - 1) & 7;
    return c->glyphs == ORR_GLYPHS_ASCII ? (uint32_t)ascii_dot[i] : marker_glyph[i];
}

void orr_plane_density(enum orr_glyphs glyphs, int *dx, int *dy)
{
    *dx = glyphs == ORR_GLYPHS_BRAILLE ? 2 : 1;
    *dy = glyphs == ORR_GLYPHS_BRAILLE ? 4 : glyphs == ORR_GLYPHS_BLOCK ? 2 : 1;
}

void orr_plane_init(struct orr_plane *p, const struct orr_canvas *c, struct orr_rect r)
{
    *p = (struct orr_plane){.r = r};
    orr_plane_density(c->glyphs, &p->dx, &p->dy);
    p->columns = r.w * p->dx;
    p->rows = r.h * p->dy;
    const size_t cells = (size_t)r.w * (size_t)r.h;
    uint8_t *m = p->memory = orr_xcalloc(5, cells);
    p->dots = m;
    p->band = m + cells;
    p->owner = m + 2 * cells;
    p->band_owner = m + 3 * cells;
    p->marker = m + 4 * cells;
}

void orr_plane_free(struct orr_plane *p) { free(p->memory); }

static size_t cell_of(const struct orr_plane *p, int x, int y)
{
    return (size_t)(y / p->dy) * (size_t)p->r.w + (size_t)(x / p->dx);
}

static uint8_t bit_of(const struct orr_plane *p, int x, int y)
{
    return (uint8_t)(1u << (y % p->dy * p->dx + x % p->dx));
}

static void dot(struct orr_plane *p, int x, int y, int color)
{
    if (x < 0 || y < 0 || x >= p->columns || y >= p->rows) return;
    const size_t cell = cell_of(p, x, y);
    p->dots[cell] |= bit_of(p, x, y);
    p->owner[cell] = (uint8_t)color;
}

/* One side of Liang and Barsky's clipping (1984): keeps t0..t1 where d * t <= q. */
static bool clip_side(double d, double q, double *t0, double *t1)
{
    if (d == 0) return q >= 0;
    const double t = q / d;
    if (d < 0)
        *t0 = fmax(*t0, t);
    else
        *t1 = fmin(*t1, t);
    return *t0 <= *t1;
}

static bool dash_shows(enum orr_chart_dash dash, int phase)
{
    return dash == ORR_DASH_SOLID || (dash == ORR_DASH_DASHED ? phase % 7 < 4 : phase % 3 == 0);
}

void orr_plane_line(struct orr_plane *p, double x0, double y0, double x1, double y1, int color,
                    enum orr_chart_dash dash, int *phase)
{
    const double dx = x1 - x0, dy = y1 - y0;
    double t0 = 0, t1 = 1;
    if (!isfinite(dx) || !isfinite(dy)) return;
    if (!clip_side(-dx, x0 + 0.5, &t0, &t1) || !clip_side(dx, p->columns - 0.5 - x0, &t0, &t1) ||
        !clip_side(-dy, y0 + 0.5, &t0, &t1) || !clip_side(dy, p->rows - 0.5 - y0, &t0, &t1))
        return;
    const double ax = x0 + t0 * dx, ay = y0 + t0 * dy, bx = x0 + t1 * dx, by = y0 + t1 * dy;
    const int steps = (int)ceil(fmax(fabs(bx - ax), fabs(by - ay)));
    for (int i = 0; i <= steps; i++, (*phase)++) {
        const double u = steps ? (double)i / steps : 0;
        if (dash_shows(dash, *phase)) dot(p, (int)lround(ax + u * (bx - ax)), (int)lround(ay + u * (by - ay)), color);
    }
}

/* The rows of y0..y1 that lie in the plane; false: none. */
static bool rows_of(const struct orr_plane *p, double y0, double y1, int *first, int *last)
{
    const double lo = fmin(y0, y1), hi = fmax(y0, y1);
    if (!(hi >= -0.5) || !(lo <= p->rows - 0.5)) return false;
    *first = lo < 0 ? 0 : (int)lround(lo);
    *last = hi > p->rows - 1 ? p->rows - 1 : (int)lround(hi);
    if (*first > p->rows - 1) *first = p->rows - 1;
    return true;
}

void orr_plane_stroke(struct orr_plane *p, int x, double y0, double y1, int color)
{
    int first, last;
    if (x < 0 || x >= p->columns || !rows_of(p, y0, y1, &first, &last)) return;
    for (int y = first; y <= last; y++) dot(p, x, y, color);
}

void orr_plane_band(struct orr_plane *p, int x, double y0, double y1, int color)
{
    int first, last;
    if (x < 0 || x >= p->columns || !rows_of(p, y0, y1, &first, &last)) return;
    for (int y = first; y <= last; y++) {
        if (p->dx == 2 && (x + y / 2 * 3) % 2 + y % 2) continue; /* a quarter of the dots, in a quincunx */
        const size_t cell = cell_of(p, x, y);
        p->band[cell] |= bit_of(p, x, y);
        p->band_owner[cell] = (uint8_t)color;
    }
}

void orr_plane_marker(struct orr_plane *p, double x, double y, int color)
{
    if (!(x >= -0.5) || !(y >= -0.5) || !(x < p->columns - 0.5) || !(y < p->rows - 0.5)) return;
    p->marker[cell_of(p, (int)lround(x), (int)lround(y))] = (uint8_t)color;
}

/* Bits y * 2 + x to the dot numbers of Unicode's braille patterns. */
static uint32_t braille(uint8_t bits)
{
    static const uint8_t dots[8] = {0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80};
    uint32_t cp = 0x2800;
    for (int i = 0; i < 8; i++)
        if (bits >> i & 1) cp |= dots[i];
    return cp;
}

static uint32_t glyph(const struct orr_plane *p, uint8_t bits, int color)
{
    if (p->dy == 4) return braille(bits);
    if (p->dy == 2) return bits == 1 ? 0x2580 : bits == 2 ? 0x2584 : 0x2588; /* upper half, lower half, full */
    return (uint32_t)ascii_dot[(color - 1) & 7];
}

static uint32_t band_glyph(const struct orr_plane *p, uint8_t bits)
{
    return p->dy == 4 ? braille(bits) : p->dy == 2 ? 0x2591 : (uint32_t)':';
}

void orr_plane_show(const struct orr_plane *p, struct orr_canvas *c)
{
    for (int y = 0; y < p->r.h; y++)
        for (int x = 0; x < p->r.w; x++) {
            const size_t i = (size_t)y * (size_t)p->r.w + (size_t)x;
            struct orr_style s = {0};
            uint32_t cp;
            if (p->marker[i]) {
                s = (struct orr_style){.fg = (uint8_t)(ORR_COLOR_SERIES + p->marker[i] - 1), .attr = ORR_BOLD};
                cp = orr_chart_marker(c, p->marker[i]);
            } else if (p->dots[i]) {
                s.fg = (uint8_t)(ORR_COLOR_SERIES + p->owner[i] - 1);
                cp = glyph(p, p->dots[i], p->owner[i]);
            } else if (p->band[i]) {
                s = (struct orr_style){.fg = (uint8_t)(ORR_COLOR_SERIES + p->band_owner[i] - 1), .attr = ORR_FAINT};
                cp = band_glyph(p, p->band[i]);
            } else {
                continue;
            }
            orr_canvas_put(c, p->r.x + x, p->r.y + y, cp, s);
        }
}
