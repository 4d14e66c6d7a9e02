#include "tui/weights_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "tui/chart.h"
#include "tui/chart_arrows.h"

enum {
    RUNAWAY = 4 /* times the error of the method: more of a baseline is cut off */,
    MOST = 64,
    BASELINE_COLOR = 3 /* and on; 1: what was recorded, 2: the forecast */
};
static const struct orr_style dim = {.fg = ORR_COLOR_DIM};

/* Series under construction; arrays live in the arena. */
struct build {
    struct orr_arena arena;
    struct orr_chart_series series[MOST];
    size_t n;
    double lo, hi; /* of what the picture is about: a baseline that runs away must not flatten it */
};

static void widen(struct build *b, double y)
{
    if (!isfinite(y)) return;
    b->lo = fmin(b->lo, y);
    b->hi = fmax(b->hi, y);
}

static struct orr_chart_series *add(struct build *b, const char *name, int color, enum orr_chart_dash dash,
                                    size_t points)
{
    if (b->n == MOST) return NULL;
    struct orr_chart_series *s = &b->series[b->n++];
    double *x = orr_arena_zalloc(&b->arena, 4 * points + 1, sizeof *x);
    *s = (struct orr_chart_series){.name = name,
                                   .kind = ORR_CHART_LINE,
                                   .dash = dash,
                                   .color = color,
                                   .n = points,
                                   .x = x,
                                   .y = x + points,
                                   .note = ""};
    return s;
}
/* The arrays are ours: chart series borrow them as const. */
static double *x_of(const struct orr_chart_series *s) { return (double *)s->x; }
static double *y_of(const struct orr_chart_series *s) { return (double *)s->y; }

static int baseline_color(size_t m) { return BASELINE_COLOR + (int)((m - 1) % 6); }

/* ---- trajectories ---- */

static void add_line(struct build *b, const struct orr_weights_picture *p, size_t line, bool fan)
{
    const struct orr_scene *s = p->scene;
    const struct orr_scene_coordinate c = p->lines[line];
    const struct orr_scene_tensor *t = &s->tensors[c.tensor];
    const size_t at = orr_scene_position(s, c);
    const int color = 1 + (int)(line % 8);
    char name[80];
    if (at == SIZE_MAX) return;
    orr_weights_line_name(p, line, name);
    struct orr_chart_series *seen = add(b, orr_arena_strdup(&b->arena, name), color, ORR_DASH_SOLID, p->observed);
    struct orr_chart_series *came = add(b, NULL, color, ORR_DASH_DOTTED, s->sound - p->observed + 1);
    for (size_t i = 0; seen && came && i < s->sound; i++) {
        const double x = (double)s->steps[i], y = (double)t->w[i * t->kept + at];
        if (i < p->observed) x_of(seen)[i] = x, y_of(seen)[i] = y;
        if (i + 1 >= p->observed) x_of(came)[i + 1 - p->observed] = x, y_of(came)[i + 1 - p->observed] = y;
        widen(b, y);
    }
    for (size_t m = 0; m < p->n_forecasts; m++) {
        const struct orr_scene_forecast *f = p->forecasts[m];
        struct orr_chart_series *ahead = add(b, NULL, color, m ? ORR_DASH_DOTTED : ORR_DASH_DASHED, f->n_ahead + 1);
        if (!ahead) return;
        double *lo = y_of(ahead) + ahead->n, *hi = lo + ahead->n;
        for (size_t h = 0; h <= f->n_ahead; h++) {
            const double half = h ? f->spread[c.tensor * f->n_ahead + h - 1] : 0;
            x_of(ahead)[h] = (double)(h ? f->steps[h - 1] : s->steps[f->observed - 1]);
            y_of(ahead)[h] =
                (double)(h ? f->mean[c.tensor][(h - 1) * t->kept + at] : t->w[(f->observed - 1) * t->kept + at]);
            lo[h] = y_of(ahead)[h] - half;
            hi[h] = y_of(ahead)[h] + half;
            if (m) continue;
            widen(b, y_of(ahead)[h]);
            if (fan) widen(b, lo[h]), widen(b, hi[h]);
        }
        if (m == 0 && fan && isfinite(f->spread[c.tensor * f->n_ahead])) ahead->lo = lo, ahead->hi = hi;
    }
}

/* ---- the plane ---- */

static void add_paths(struct build *b, const struct orr_weights_picture *p, const struct orr_scene_plane *plane)
{
    const struct orr_scene *s = p->scene;
    struct orr_chart_series *seen = add(b, "observed", 1, ORR_DASH_SOLID, p->observed);
    for (size_t m = 0; m < p->n_forecasts; m++) {
        const struct orr_scene_forecast *f = p->forecasts[m];
        struct orr_chart_series *ahead =
            add(b, f->method, m ? baseline_color(m) : 2, m ? ORR_DASH_DOTTED : ORR_DASH_DASHED, f->n_ahead + 1);
        if (!ahead) return;
        x_of(ahead)[0] = plane->at[0][f->observed - 1];
        y_of(ahead)[0] = plane->at[1][f->observed - 1];
        for (size_t h = 0; h < f->n_ahead; h++) {
            double xy[2];
            orr_scene_project(s, f, p->scope, plane, h, xy);
            x_of(ahead)[h + 1] = xy[0];
            y_of(ahead)[h + 1] = xy[1];
        }
    }
    struct orr_chart_series *came =
        add(b, s->sound > p->observed ? "what came" : NULL, 8, ORR_DASH_DOTTED, s->sound - p->observed + 1);
    for (size_t i = 0; i < s->sound; i++) {
        if (i < p->observed) x_of(seen)[i] = plane->at[0][i], y_of(seen)[i] = plane->at[1][i];
        if (i + 1 >= p->observed)
            x_of(came)[i + 1 - p->observed] = plane->at[0][i], y_of(came)[i + 1 - p->observed] = plane->at[1][i];
    }
    struct orr_chart_series *snapshots = add(b, NULL, 1, ORR_DASH_SOLID, p->observed);
    if (!snapshots) return;
    snapshots->kind = ORR_CHART_POINTS;
    memcpy(x_of(snapshots), x_of(seen), p->observed * sizeof(double));
    memcpy(y_of(snapshots), y_of(seen), p->observed * sizeof(double));
    struct orr_chart_series *end = add(b, NULL, 8, ORR_DASH_SOLID, 1);
    if (!end) return;
    end->kind = ORR_CHART_POINTS;
    x_of(end)[0] = plane->at[0][s->sound - 1];
    y_of(end)[0] = plane->at[1][s->sound - 1];
}

/* ---- distribution, errors ---- */

static void add_histogram(struct build *b, const struct orr_weights_picture *p)
{
    static const char *const names[3] = {"now", "forecast", "what came"};
    static const int colors[3] = {1, 2, 8};
    static const enum orr_chart_dash dashes[3] = {ORR_DASH_SOLID, ORR_DASH_DASHED, ORR_DASH_DOTTED};
    struct orr_weights_histogram h;
    if (!orr_weights_histogram(p, &h)) return;
    for (int k = 0; k < 3; k++) {
        if (isnan(h.share[k][0])) continue;
        struct orr_chart_series *s = add(b, names[k], colors[k], dashes[k], ORR_WEIGHTS_BINS + 1);
        if (!s) return;
        s->kind = ORR_CHART_STEPS;
        for (int i = 0; i <= ORR_WEIGHTS_BINS; i++) {
            x_of(s)[i] = h.lo + (h.hi - h.lo) * i / ORR_WEIGHTS_BINS;
            y_of(s)[i] = h.share[k][i < ORR_WEIGHTS_BINS ? i : ORR_WEIGHTS_BINS - 1];
        }
    }
}

static void add_errors(struct build *b, const struct orr_weights_picture *p)
{
    for (size_t m = 0; m < p->n_forecasts; m++) {
        const struct orr_scene_forecast *f = p->forecasts[m];
        struct orr_chart_series *s =
            add(b, f->method, m ? baseline_color(m) : 2, m ? ORR_DASH_DOTTED : ORR_DASH_SOLID, f->n_ahead);
        char note[24];
        if (!s) return;
        for (size_t h = 0; h < f->n_ahead; h++) {
            x_of(s)[h] = (double)f->steps[h];
            y_of(s)[h] = orr_scene_error(p->scene, f, p->scope, false, h);
            if (m == 0) widen(b, RUNAWAY * y_of(s)[h]);
        }
        orr_ticks_value(y_of(s)[f->n_ahead - 1], note);
        s->note = orr_arena_strdup(&b->arena, note);
    }
}

/* ---- all ---- */

/* Lines that fit, wrapped at blanks. */
static void draw_text(struct orr_canvas *c, struct orr_rect r, const char *text)
{
    for (int y = 0; y < r.h && *text; y++) {
        size_t n = strlen(text);
        if (n > (size_t)r.w)
            for (n = (size_t)r.w; n > 1 && text[n] != ' ';) n--;
        char line[200];
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        orr_canvas_text(c, r.x, r.y + y, r.w, line, dim);
        text += n;
        text += strspn(text, " ");
    }
}

void orr_weights_chart_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_weights_picture *p,
                            enum orr_weights_chart chart, const struct orr_weights_look *look)
{
    static const char *const titles[] = {"trajectories", "principal plane", "weights", "mean absolute error"};
    const char *empty = orr_weights_chart_empty(p, chart);
    struct build b = {.lo = INFINITY, .hi = -INFINITY};
    struct orr_scene_plane plane;
    char title[200], label[24] = "step", scope[120];
    if (r.w < 1 || r.h < 1) return;
    if (empty) {
        if (r.h > 1) orr_canvas_text(c, r.x, r.y, r.w, titles[chart], (struct orr_style){.attr = ORR_BOLD});
        draw_text(c, r.h > 1 ? (struct orr_rect){r.x, r.y + 1, r.w, r.h - 1} : r, empty);
        return;
    }
    orr_weights_scope_name(p, scope);
    snprintf(title, sizeof title, "%s, %s", titles[chart], scope);
    struct orr_chart t = orr_chart_init();
    switch (chart) {
    case ORR_WEIGHTS_TRAJECTORIES:
        for (size_t l = 0; l < p->n_lines; l++) add_line(&b, p, l, look->fan);
        if (b.hi > b.lo) t.y0 = b.lo - 0.03 * (b.hi - b.lo), t.y1 = b.hi + 0.03 * (b.hi - b.lo);
        t.cursor = p->n_forecasts ? (double)p->scene->steps[p->observed - 1] : (double)NAN;
        snprintf(title, sizeof title, "%s%s%s", titles[chart], p->n_forecasts ? ", " : "",
                 p->n_forecasts ? p->forecasts[0]->method : "");
        break;
    case ORR_WEIGHTS_PLANE:
        if (!orr_scene_plane(p->scene, p->scope, &plane)) return;
        add_paths(&b, p, &plane);
        orr_scene_window(p->scene, p->forecasts, p->n_forecasts, p->scope, &plane, &t.x0, &t.x1, &t.y0, &t.y1);
        snprintf(title, sizeof title, "%s, PC1 %.0f%% PC2 %.0f%%, %s", titles[chart], 100 * plane.share[0],
                 100 * plane.share[1], scope);
        snprintf(label, sizeof label, "PC1");
        break;
    case ORR_WEIGHTS_HISTOGRAM:
        add_histogram(&b, p);
        t.y0 = 0;
        snprintf(label, sizeof label, "weight");
        break;
    case ORR_WEIGHTS_ERROR:
        add_errors(&b, p);
        t.log_y = look->log_y;
        if (!look->log_y) {
            double top = 0;
            for (size_t i = 0; i < b.n; i++)
                for (size_t h = 0; h < b.series[i].n; h++) top = fmax(top, b.series[i].y[h]);
            t.y0 = 0;
            t.y1 = top < b.hi ? top : b.hi;
        }
        break;
    case ORR_WEIGHTS_CHARTS: break;
    }
    t.title = title;
    t.x_label = label;
    t.series = b.series;
    t.n_series = b.n;
    orr_chart_draw(c, r, &t);
    if (chart == ORR_WEIGHTS_PLANE && p->field) {
        const struct orr_arrows a = {p->field->x0,   p->field->x1,   p->field->y0,   p->field->y1,
                                     p->field->u[0], p->field->v[0], ORR_FIELD_ROWS, ORR_FIELD_COLUMNS};
        double x0, x1, y0, y1;
        orr_chart_range_x(&t, &x0, &x1);
        orr_chart_range_y(&t, &y0, &y1);
        orr_arrows_draw(c, orr_chart_layout(c, r, &t).plot, x0, x1, y0, y1, &a);
    }
    orr_arena_free(&b.arena);
}
