/* Heat maps of node states over time, the graphs, and the line of sliders. */
#include <math.h>
#include <stdio.h>

#include "state.h"
#include "tui/chart_graph.h"

enum { SIDE_BY_SIDE = 90, STACKED = 24, TALL = 16, SHADES = 16, KNOB = 21, MOST_EDGES = 200 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM}, accent = {.fg = ORR_COLOR_ACCENT},
                              bad = {.fg = ORR_COLOR_BAD}, strong = {.attr = ORR_BOLD};
static const char *const pane_names[PANES] = {"states", "forecast", "error", "graph"};

/* ---- numbers ---- */

/* What a heat map shows at row k of the table, node i; NaN: nothing. */
static double value_at(const struct network *s, enum network_pane pane, size_t k, size_t i)
{
    const size_t n = s->data.n;
    const bool ahead = s->f.horizon && k >= s->f.observed;
    const double truth = ahead                ? s->f.truth[(k - s->f.observed) * n + i]
                         : k < s->data.points ? s->data.x[k * n + i]
                                              : NAN;
    if (pane == PANE_TRUE) return truth;
    const double mean = ahead ? s->f.f.mean[(k - s->f.observed) * n + i] : truth;
    return pane == PANE_FORECAST ? mean : ahead ? fabs(mean - truth) : NAN;
}

struct range {
    double low, high;
};

/* Of the states as they were; of the errors from 0. */
static struct range range_of(const struct network *s, enum network_pane pane)
{
    struct range r = {INFINITY, -INFINITY};
    const size_t rows = network_rows(s);
    const enum network_pane what = pane == PANE_ERROR ? PANE_ERROR : PANE_TRUE;
    for (size_t k = 0; k < rows; k++)
        for (size_t i = 0; i < s->data.n; i++) {
            const double v = value_at(s, what, k, i);
            if (!isfinite(v)) continue;
            r.low = fmin(r.low, v);
            r.high = fmax(r.high, v);
        }
    if (pane == PANE_ERROR) r.low = 0;
    return r.high > r.low ? r : (struct range){r.low <= r.high ? r.low - 1 : 0, r.low <= r.high ? r.high + 1 : 1};
}

/* Mean of the values that fall into one cell. */
static double cell_mean(const struct network *s, enum network_pane pane, size_t k0, size_t k1, size_t i0, size_t i1)
{
    double sum = 0, known = 0;
    for (size_t k = k0; k < k1; k++)
        for (size_t i = i0; i < i1; i++) {
            const double v = value_at(s, pane, k, i);
            if (isfinite(v)) sum += v, known++;
        }
    return known > 0 ? sum / known : (double)NAN;
}

/* ---- heat maps ---- */

static void part(int at, int cells, size_t all, size_t *from, size_t *to)
{
    *from = (size_t)at * all / (size_t)cells;
    *to = (size_t)(at + 1) * all / (size_t)cells;
    if (*to <= *from) *to = *from + 1;
}

static void draw_heat(const struct network *s, enum network_pane pane, struct orr_canvas *c, struct orr_rect r)
{
    static const char ascii[] = " .:-=+*#%@";
    static const uint32_t blocks[] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};
    const struct range scale = range_of(s, pane);
    const size_t rows = network_rows(s);
    const int width = (size_t)r.w < rows ? r.w : (int)rows, height = (size_t)r.h < s->data.n ? r.h : (int)s->data.n;
    for (int x = 0; x < width; x++) {
        size_t k0, k1;
        part(x, width, rows, &k0, &k1);
        const bool hidden = k0 >= s->cursor,
                   edge = s->f.horizon && k0 <= s->f.observed && s->f.observed < k1 && r.w > 8;
        for (int y = 0; y < height; y++) {
            size_t i0, i1;
            part(y, height, s->data.n, &i0, &i1);
            const double v = hidden ? NAN : cell_mean(s, pane, k0, k1, i0, i1);
            if (!isfinite(v)) {
                orr_canvas_put(c, r.x + x, r.y + y, edge ? '|' : ' ', dim);
                continue;
            }
            const double share = fmin(fmax((v - scale.low) / (scale.high - scale.low), 0), 1);
            const int heat = (int)fmin(share * SHADES, SHADES - 1);
            const uint32_t glyph = edge                            ? '|'
                                   : c->glyphs == ORR_GLYPHS_ASCII ? (uint32_t)ascii[(int)fmin(share * 10, 9)]
                                                                   : blocks[(int)fmin(share * 5, 4)];
            /* The glyph says it too: without colours, and to eyes that tell them apart badly. */
            orr_canvas_put(c, r.x + x, r.y + y, glyph,
                           (struct orr_style){.fg = edge ? ORR_COLOR_DEFAULT : (uint8_t)(ORR_COLOR_HEAT + heat),
                                              .bg = (uint8_t)(ORR_COLOR_HEAT + heat)});
        }
    }
}

static void draw_pane(const struct network *s, enum network_pane pane, struct orr_canvas *c, struct orr_rect r)
{
    char title[160];
    const struct range scale = range_of(s, pane);
    if (pane == PANE_FORECAST)
        snprintf(title, sizeof title, "forecast: %s", network_method(s->method));
    else
        snprintf(title, sizeof title, "%s  %.3g to %.3g", pane_names[pane], scale.low, scale.high);
    orr_canvas_text(c, r.x, r.y, r.w, title, strong);
    r.y++;
    r.h--;
    if (pane != PANE_TRUE && s->error.code) {
        orr_canvas_printf(c, r.x, r.y, r.w, bad, "%s: %s", s->error.where, s->error.message);
        return;
    }
    draw_heat(s, pane, c, r);
}

/* ---- graphs ---- */

/* One line for both directions; every n-th where there are too many. */
static size_t true_edges(const struct network *s, struct orr_ring_edge *out)
{
    const struct orr_graph *g = &s->data.graph;
    const size_t every = g->m / MOST_EDGES + 1;
    size_t count = 0, seen = 0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t e = g->row[i]; e < g->row[i + 1] && count < MOST_EDGES; e++) {
            const size_t j = (size_t)g->from[e];
            if (j < i && orr_graph_weight(g, j, i) > 0) continue;
            if (seen++ % every == 0) out[count++] = (struct orr_ring_edge){i, j, 3};
        }
    return count;
}

/* The strongest latent edges, as many as there are true ones; those that are true in another colour and above. */
static size_t latent_edges(const struct network *s, size_t most, struct orr_ring_edge *out, size_t *right)
{
    struct orr_network_edge list[MOST_EDGES];
    const size_t n = orr_network_strongest(&s->f, most, list);
    size_t count = 0;
    *right = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < n; k++) {
            const bool is_true = s->data.graph.n && orr_graph_weight(&s->data.graph, list[k].to, list[k].from) > 0;
            if (is_true != (pass == 1)) continue;
            out[count++] = (struct orr_ring_edge){list[k].to, list[k].from, is_true ? 3 : 2};
            *right += is_true;
        }
    return count;
}

static void draw_ring(struct orr_canvas *c, struct orr_rect r, const char *title, size_t n,
                      const struct orr_ring_edge *edges, size_t count)
{
    orr_canvas_text(c, r.x, r.y, r.w, title, strong);
    r.y++;
    r.h--;
    orr_ring_draw(c, r, n, edges, count);
}

static void draw_graphs(const struct network *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_ring_edge edges[MOST_EDGES];
    struct orr_rect first = r, second = r;
    char title[96];
    if (r.w > 3 * r.h) {
        first.w = r.w / 2 - 1;
        second.x += r.w / 2;
        second.w -= r.w / 2;
    } else {
        first.h = r.h / 2;
        second.y += first.h;
        second.h -= first.h;
    }
    const size_t known = true_edges(s, edges);
    if (!known)
        second = r;
    else
        draw_ring(c, first, "true edges", s->data.n, edges, known);
    if (!s->f.f.edges.n) {
        orr_canvas_printf(c, second.x, second.y, second.w, dim, "%s infers no edges", network_method(s->method));
        return;
    }
    size_t right;
    const size_t shown = known ? known : 3 * s->data.n < MOST_EDGES ? 3 * s->data.n : MOST_EDGES;
    const size_t count = latent_edges(s, shown, edges, &right);
    if (known)
        snprintf(title, sizeof title, "strongest %zu latent: %zu true, AUC %.3f", count, right, s->f.auc);
    else
        snprintf(title, sizeof title, "strongest %zu latent edges", count);
    draw_ring(c, second, title, s->data.n, edges, count);
}

/* ---- the whole ---- */

static void draw_lines(const struct network *s, struct orr_canvas *c, struct orr_rect r)
{
    char text[200];
    if (r.h > 1 && !s->path) {
        snprintf(text, sizeof text, "%s on %s (synthetic): %s", orr_dynamics_names[s->o.dynamics],
                 orr_topology_names[s->o.topology], orr_dynamics_equation(s->o.dynamics));
        orr_canvas_text(c, r.x, r.y, r.w, text, dim);
        r.y++;
    } else if (r.h > 1) {
        orr_canvas_text(c, r.x, r.y, r.w, s->path, dim);
        r.y++;
    }
    int used = 0;
    if (!s->path) {
        used = orr_canvas_printf(c, r.x, r.y, r.w, accent, "noise %2.0f%% ", 100 * s->o.noise);
        if (r.w >= 60) {
            const int knob = (int)lround(s->o.noise / 0.2 * (KNOB - 1));
            for (int i = 0; i < KNOB; i++)
                orr_canvas_put(c, r.x + used + i, r.y, i == knob ? '|' : '-', i == knob ? accent : dim);
            used += KNOB + 2;
        }
    }
    if (s->f.horizon && isfinite(s->f.mae))
        orr_canvas_printf(c, r.x + used, r.y, r.w - used, plain, "mae %.3g  rmse %.3g", s->f.mae, s->f.rmse);
}

void network_render(const struct network *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->data.n) {
        orr_canvas_printf(c, r.x, r.y, r.w, bad, "%s: %s", s->error.where, s->error.message);
        return;
    }
    const int foot = r.h >= TALL ? 2 : r.h >= 4 ? 1 : 0;
    draw_lines(s, c, (struct orr_rect){r.x, r.y + r.h - foot, r.w, foot});
    r.h -= foot;
    struct orr_rect heat = r, graph = r;
    if (r.w >= SIDE_BY_SIDE) {
        heat.w = r.w * 6 / 10;
        graph.x += heat.w + 2;
        graph.w -= heat.w + 2;
        draw_graphs(s, c, graph);
    }
    const bool graph_alone = r.w < SIDE_BY_SIDE && s->pane == PANE_GRAPH;
    if (graph_alone) {
        draw_graphs(s, c, r);
    } else if (r.h >= STACKED) {
        for (int k = 0; k < 3; k++)
            draw_pane(s, (enum network_pane)k, c,
                      (struct orr_rect){heat.x, heat.y + k * heat.h / 3, heat.w,
                                        (k + 1) * heat.h / 3 - k * heat.h / 3 - (k < 2)});
    } else {
        draw_pane(s, s->pane == PANE_GRAPH ? PANE_TRUE : s->pane, c, heat);
    }
}
