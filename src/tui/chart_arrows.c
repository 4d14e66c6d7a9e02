#include "tui/chart_arrows.h"

#include <math.h>

enum { EVERY_X = 4, EVERY_Y = 2 };

/* Bilinear between the field's points; false outside. */
static bool field_at(const struct orr_arrows *a, double x, double y, double uv[2])
{
    const double column = (x - a->x0) / (a->x1 - a->x0) * (a->columns - 1),
                 row = (y - a->y0) / (a->y1 - a->y0) * (a->rows - 1);
    if (!(column >= 0) || !(row >= 0) || column > a->columns - 1 || row > a->rows - 1) return false;
    const int i = column >= a->columns - 1 ? a->columns - 2 : (int)column,
              j = row >= a->rows - 1 ? a->rows - 2 : (int)row;
    const double s = column - i, t = row - j;
    for (int d = 0; d < 2; d++) {
        const double *f = (d ? a->v : a->u) + j * a->columns + i;
        uv[d] = (1 - t) * ((1 - s) * f[0] + s * f[1]) + t * ((1 - s) * f[a->columns] + s * f[a->columns + 1]);
    }
    return isfinite(uv[0]) && isfinite(uv[1]);
}

/* An eighth of a turn each, from right anticlockwise; up is positive. */
static uint32_t glyph(bool ascii, double right, double up)
{
    static const uint32_t arrows[8] = {0x2192, 0x2197, 0x2191, 0x2196, 0x2190, 0x2199, 0x2193, 0x2198};
    static const char plain[8] = {'>', '/', '^', '\\', '<', '/', 'v', '\\'};
    const int eighth = (int)lround(atan2(up, right) / (M_PI / 4)) & 7;
    return ascii ? (uint32_t)plain[eighth] : arrows[eighth];
}

/* Nothing there but the grid. */
static bool is_free(const struct orr_canvas *c, int x, int y)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return false;
    const uint32_t cp = c->cells[(size_t)y * (size_t)c->width + (size_t)x].cp;
    return cp == ' ' || cp == 0x00B7 || cp == '.';
}

static struct orr_style look(double share)
{
    if (share < 0.1) return (struct orr_style){.fg = ORR_COLOR_DIM};
    return (struct orr_style){.fg = ORR_COLOR_ACCENT, .attr = share > 0.4 ? ORR_BOLD : 0};
}

void orr_arrows_draw(struct orr_canvas *c, struct orr_rect r, double wx0, double wx1, double wy0, double wy1,
                     const struct orr_arrows *a)
{
    if (r.w < 1 || r.h < 1 || !(wx1 > wx0) || !(wy1 > wy0) || a->rows < 2 || a->columns < 2) return;
    /* A cell is about twice as high as wide: directions are those that the eye sees. */
    const double per_x = r.w / (wx1 - wx0), per_y = 2 * r.h / (wy1 - wy0);
    double fastest = 0, uv[2];
    for (int pass = 0; pass < 2; pass++)
        for (int j = r.h % EVERY_Y / 2; j < r.h; j += EVERY_Y)
            for (int i = EVERY_X / 2; i < r.w; i += EVERY_X) {
                const double x = wx0 + (i + 0.5) / r.w * (wx1 - wx0), y = wy1 - (j + 0.5) / r.h * (wy1 - wy0);
                if (!field_at(a, x, y, uv)) continue;
                const double right = uv[0] * per_x, up = uv[1] * per_y, speed = hypot(right, up);
                if (!pass)
                    fastest = fmax(fastest, speed);
                else if (speed > 0 && is_free(c, r.x + i, r.y + j))
                    orr_canvas_put(c, r.x + i, r.y + j, glyph(c->glyphs == ORR_GLYPHS_ASCII, right, up),
                                   look(speed / fastest));
            }
}
