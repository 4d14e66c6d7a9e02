#include "tui/chart_map.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tui/chart_axes.h"
#include "tui/chart_legend.h"
#include "tui/chart_plane.h"

enum {
    BANDS = 8, /* contour lines */
    SHADES = 7 /* of the 16 heat colours, the darkest: paths must stand out */
};

/* The band of each cell, by the height at its middle. */
static void heights(const struct orr_map *map, int w, int h, double *out)
{
    for (int j = 0; j < h; j++)
        for (int i = 0; i < w; i++) {
            const double x = map->x0 + (i + 0.5) / w * (map->x1 - map->x0),
                         y = map->y1 - (j + 0.5) / h * (map->y1 - map->y0);
            out[j * w + i] = map->height(map->ctx, x, y);
        }
}

static int band(double height) { return (int)fmin(fmax(height * BANDS, 0), BANDS - 1); }

static void draw_contours(struct orr_canvas *c, struct orr_rect r, const double *at)
{
    const uint32_t dot = c->glyphs == ORR_GLYPHS_ASCII ? '.' : 0x00B7;
    for (int j = 0; j < r.h; j++)
        for (int i = 0; i < r.w; i++) {
            const int here = band(at[j * r.w + i]);
            const bool edge = (i + 1 < r.w && band(at[j * r.w + i + 1]) != here) ||
                              (j + 1 < r.h && band(at[(j + 1) * r.w + i]) != here);
            orr_canvas_put(c, r.x + i, r.y + j, edge ? dot : ' ', (struct orr_style){.fg = ORR_COLOR_DIM});
        }
}

static void draw_path(struct orr_plane *p, const struct orr_map *map, const struct orr_chart_series *s, int color)
{
    const struct orr_scale sx = orr_scale_x(map->x0, map->x1, false, p->columns);
    const struct orr_scale sy = orr_scale_y(map->y0, map->y1, false, p->rows);
    int phase = 0;
    for (size_t i = 1; i < s->n; i++)
        orr_plane_line(p, orr_scale_dot(&sx, s->x[i - 1]), orr_scale_dot(&sy, s->y[i - 1]), orr_scale_dot(&sx, s->x[i]),
                       orr_scale_dot(&sy, s->y[i]), color, s->dash, &phase);
}

void orr_map_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_map *map)
{
    if (r.w < 1 || r.h < 1) return;
    struct orr_plane plane;
    double *at = orr_xmalloc((size_t)r.w * (size_t)r.h * sizeof *at);
    heights(map, r.w, r.h, at);
    draw_contours(c, r, at);
    orr_plane_init(&plane, c, r);
    const struct orr_scale sx = orr_scale_x(map->x0, map->x1, false, plane.columns);
    const struct orr_scale sy = orr_scale_y(map->y0, map->y1, false, plane.rows);
    for (size_t i = 0; i < map->n_spots; i++) {
        const double x = orr_scale_dot(&sx, map->spots[i][0]) / plane.dx,
                     y = orr_scale_dot(&sy, map->spots[i][1]) / plane.dy;
        if (x >= 0 && y >= 0 && x < r.w && y < r.h)
            orr_canvas_put(c, r.x + (int)x, r.y + (int)y, '+', (struct orr_style){.attr = ORR_BOLD});
    }
    for (size_t i = 0; i < map->n_paths; i++)
        draw_path(&plane, map, &map->paths[i], orr_chart_color(&map->paths[i], i));
    for (size_t i = 0; i < map->n_paths; i++) {
        const struct orr_chart_series *s = &map->paths[i];
        if (s->n)
            orr_plane_marker(&plane, orr_scale_dot(&sx, s->x[s->n - 1]), orr_scale_dot(&sy, s->y[s->n - 1]),
                             orr_chart_color(s, i));
    }
    orr_plane_show(&plane, c);
    for (int j = 0; j < r.h; j++)
        for (int i = 0; i < r.w; i++) {
            const int shade = (int)fmin(at[j * r.w + i] * SHADES, SHADES - 1);
            orr_canvas_tint(c, (struct orr_rect){r.x + i, r.y + j, 1, 1}, (enum orr_color)(ORR_COLOR_HEAT + shade));
        }
    orr_plane_free(&plane);
    free(at);
}
