/* Lab: optimisers racing down a surface. */
#include <math.h>
#include <stdio.h>

#include "tui/chart_map.h"
#include "views/lab/state.h"

static const struct orr_style dim = {.fg = ORR_COLOR_DIM}, accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD};

void lab_race_start(struct lab *s)
{
    orr_race_free(&s->race);
    orr_race_start(&s->race, orr_surfaces[s->surface], s->lr_factor);
}

void lab_race_advance(struct lab *s, int steps)
{
    for (int i = 0; i < steps; i++) orr_race_step(&s->race);
}

static double height(const void *surface, double x, double y) { return orr_surface_height(surface, x, y); }

static void paths_of(const struct orr_race *race, struct orr_chart_series out[ORR_RACERS], bool values)
{
    for (int i = 0; i < ORR_RACERS; i++) {
        const struct orr_racer *k = &race->racer[i];
        out[i] = (struct orr_chart_series){.name = orr_lab_optim_name(k->kind),
                                           .kind = ORR_CHART_LINE,
                                           .color = i + 1,
                                           .n = k->n,
                                           .x = values ? k->step : k->x,
                                           .y = values ? k->value : k->y};
    }
}

static void draw_map(const struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_surface *f = s->race.surface;
    struct orr_chart_series paths[ORR_RACERS];
    paths_of(&s->race, paths, false);
    const struct orr_map map = {.x0 = f->x0,
                                .x1 = f->x1,
                                .y0 = f->y0,
                                .y1 = f->y1,
                                .height = height,
                                .ctx = f,
                                .paths = paths,
                                .n_paths = ORR_RACERS,
                                .spots = f->minima,
                                .n_spots = f->n_minima};
    orr_map_draw(c, r, &map);
}

/* One row per optimiser: its marker, where it is, how much is left. */
static void draw_legend(const struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    for (int i = 0; i < ORR_RACERS && i < r.h; i++) {
        const struct orr_racer *k = &s->race.racer[i];
        const struct orr_style mark = {.fg = (uint8_t)(ORR_COLOR_SERIES + i), .attr = ORR_BOLD};
        orr_canvas_put(c, r.x, r.y + i, orr_chart_marker(c, i + 1), mark);
        orr_canvas_text(c, r.x + 2, r.y + i, 9, orr_lab_optim_name(k->kind), (struct orr_style){0});
        char text[64];
        if (k->lost)
            snprintf(text, sizeof text, "lost: the rate is too large");
        else if (r.w >= 46)
            snprintf(text, sizeof text, "f %-9.3g  at %6.2f %6.2f  lr %.3g",
                     k->value[k->n - 1] - s->race.surface->lowest, k->x[k->n - 1], k->y[k->n - 1], k->optim.o.lr);
        else
            snprintf(text, sizeof text, "%-8.2g lr %.2g", k->value[k->n - 1] - s->race.surface->lowest, k->optim.o.lr);
        orr_canvas_text(c, r.x + 11, r.y + i, r.w - 11, text, k->lost ? (struct orr_style){.fg = ORR_COLOR_BAD} : dim);
    }
}

static void draw_values(const struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_chart_series lines[ORR_RACERS];
    paths_of(&s->race, lines, true);
    double low[ORR_RACERS][512], at[ORR_RACERS][512];
    for (int i = 0; i < ORR_RACERS; i++) { /* above the minimum, thinned to what a chart can show */
        const struct orr_racer *k = &s->race.racer[i];
        const size_t stride = k->n / 512 + 1;
        size_t n = 0;
        for (size_t j = 0; j < k->n; j += stride, n++) {
            low[i][n] = fmax(k->value[j] - s->race.surface->lowest, 1e-12);
            at[i][n] = k->step[j];
        }
        lines[i].n = n;
        lines[i].x = at[i];
        lines[i].y = low[i];
    }
    struct orr_chart chart = orr_chart_init();
    chart.title = "height above the minimum";
    chart.x_label = "step";
    chart.series = lines;
    chart.n_series = ORR_RACERS;
    chart.log_y = true;
    chart.hide_legend = true;
    orr_chart_draw(c, r, &chart);
}

void lab_race_render(struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_surface *f = s->race.surface;
    if (r.h >= 5) {
        const int used = orr_canvas_text(c, r.x + 1, r.y, r.w - 1, f->name, accent);
        orr_canvas_printf(c, r.x + used + 2, r.y, r.w - used - 2, dim, " step %d   %s   %s", s->race.steps, f->formula,
                          f->source);
        r.y++, r.h--;
    }
    if (r.w >= 70 && r.h >= 12) {
        const int map = r.w >= 140 ? r.w * 6 / 10 : r.w - 34;
        draw_map(s, c, (struct orr_rect){r.x, r.y, map, r.h});
        const struct orr_rect side = {r.x + map + 1, r.y, r.w - map - 1, r.h};
        draw_legend(s, c, (struct orr_rect){side.x, side.y, side.w, ORR_RACERS});
        draw_values(s, c, (struct orr_rect){side.x, side.y + ORR_RACERS + 1, side.w, side.h - ORR_RACERS - 1});
    } else if (r.h >= 14) {
        draw_map(s, c, (struct orr_rect){r.x, r.y, r.w, r.h - ORR_RACERS});
        draw_legend(s, c, (struct orr_rect){r.x, r.y + r.h - ORR_RACERS, r.w, ORR_RACERS});
    } else {
        draw_map(s, c, r);
    }
}
