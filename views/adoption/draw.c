/* The charts of the adoption screen: one series with its forecast, and all on one curve. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "num/special.h"
#include "state.h"
#include "tui/chart.h"

enum { SIDE_BY_SIDE = 100 /* columns */, LIST_ROWS = 8, CURVE_POINTS = 160, MOST_SERIES = 40, PHI_POINTS = 60 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM}, accent = {.fg = ORR_COLOR_ACCENT},
                              warn = {.fg = ORR_COLOR_WARN}, bad = {.fg = ORR_COLOR_BAD};

/* ---- counts, fit, band, jumps ---- */

static void draw_series(const struct adoption *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_adoption_item *item = &s->set.items[s->shown];
    const struct orr_adoption_result *one = &s->one.items[0];
    const struct orr_forecast *f = &one->forecast;
    const double end = f->n ? f->t[f->n - 1] : item->n ? item->t[item->n - 1] : 1;
    double x[CURVE_POINTS], y[CURVE_POINTS], jump_x[ORR_JUMPS_MAX], jump_y[ORR_JUMPS_MAX];
    size_t n_curve = 0;
    for (int i = 0; one->has_parameters && i < CURVE_POINTS; i++, n_curve++) {
        x[i] = end * (i + 1) / CURVE_POINTS;
        y[i] = orr_adoption_curve(&s->moved, x[i]);
        if (!(y[i] < 1e15)) y[i] = NAN;
    }
    const struct orr_jumps *jumps = &one->fit.jumps;
    for (size_t k = 0; k < jumps->n; k++) {
        jump_x[k] = item->t[jumps->jump[k].at];
        jump_y[k] = item->c[jumps->jump[k].at];
    }
    const struct orr_chart_series series[] = {
        {.name = "counts", .kind = ORR_CHART_POINTS, .color = 1, .n = item->n, .x = item->t, .y = item->c, .note = ""},
        {.name = s->is_moved ? "moved" : "fit", .kind = ORR_CHART_LINE, .color = 3, .n = n_curve, .x = x, .y = y, .note = ""},
        {.name = "forecast", .kind = ORR_CHART_LINE, .dash = ORR_DASH_DASHED, .color = 2, .n = f->n, .x = f->t,
         .y = f->mean, .lo = f->lower, .hi = f->upper, .note = ""},
        {.name = "jump", .kind = ORR_CHART_POINTS, .color = 4, .n = jumps->n, .x = jump_x, .y = jump_y, .note = ""},
    };
    struct orr_chart chart = orr_chart_init();
    chart.title = item->name;
    chart.x_label = *item->period ? item->period : "period";
    chart.series = series;
    chart.n_series = jumps->n ? 4 : f->n ? 3 : n_curve ? 2 : 1;
    chart.log_y = s->log_y;
    chart.x0 = 0;
    chart.cursor = s->observed < item->n && s->observed ? item->t[s->observed - 1] : NAN;
    if (!s->log_y) { /* a band or a moved curve may run off the top; the counts stay readable */
        double top = 0;
        for (size_t i = 0; i < item->n; i++) top = fmax(top, item->c[i]);
        if (f->n) top = fmax(top, fmin(f->upper[f->n - 1], 3 * fmax(top, f->mean[f->n - 1])));
        chart.y0 = 0;
        chart.y1 = top > 0 ? 1.05 * top : 1;
    }
    orr_chart_draw(c, r, &chart);
}

/* ---- all series on one curve ---- */

static void draw_collapse(const struct adoption *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_chart_series series[MOST_SERIES + 1] = {{0}};
    double *memory[MOST_SERIES] = {0}, phi_x[PHI_POINTS], phi_y[PHI_POINTS];
    size_t n = 0;
    for (size_t row = 0; row < s->set.n && n < MOST_SERIES; row++) {
        const size_t i = s->order[row];
        const struct orr_adoption_item *item = &s->set.items[i];
        const struct orr_adoption_result *result = &s->results.items[i];
        if (!result->has_parameters || result->fit.outcome != ORR_CONVERGED || item->c[item->n - 1] < 10) continue;
        double *x = memory[n] = orr_xcalloc(2 * item->n, sizeof *x), *y = x + item->n;
        for (size_t k = 0; k < item->n; k++) orr_adoption_collapse(&result->fit, item->t[k], item->c[k], &x[k], &y[k]);
        series[n] = (struct orr_chart_series){
            .kind = ORR_CHART_POINTS, .color = i == s->shown ? 2 : 1, .n = item->n, .x = x, .y = y};
        n++;
    }
    for (int i = 0; i < PHI_POINTS; i++) {
        phi_x[i] = -4 + 8.0 * i / (PHI_POINTS - 1);
        phi_y[i] = orr_normal_cdf(phi_x[i]);
    }
    series[n] = (struct orr_chart_series){.name = "Phi", .kind = ORR_CHART_LINE, .color = 3, .n = PHI_POINTS, .x = phi_x,
                                          .y = phi_y, .note = ""};
    struct orr_chart chart = orr_chart_init();
    char title[96];
    snprintf(title, sizeof title, "%zu series rescaled", n);
    chart.title = title;
    chart.x_label = "(ln t - mu) / sigma";
    chart.series = series;
    chart.n_series = n + 1;
    chart.x0 = -4;
    chart.x1 = 4;
    chart.y0 = -0.1;
    chart.y1 = 1.1;
    orr_chart_draw(c, r, &chart);
    for (size_t i = 0; i < n; i++) free(memory[i]);
}

/* ---- sliders ---- */

static double slider_value(const struct orr_wsb *p, int k)
{
    return k == SLIDER_LAMBDA ? p->lambda : k == SLIDER_MU ? p->mu : p->sigma;
}

/* lambda 5.67 [3.70 11.5]  ---|--- ; the bar spans four times the interval in logs (mu: as it is). */
static void draw_sliders(const struct adoption *s, struct orr_canvas *c, struct orr_rect r)
{
    static const char *const names[SLIDERS] = {"lambda", "mu", "sigma"};
    const struct orr_adoption *fit = &s->one.items[0].fit;
    for (int k = 0; k < SLIDERS && k < r.h; k++) {
        const bool chosen = (int)s->slider == k;
        char text[96];
        snprintf(text, sizeof text, "%c%-7s%8.4g  [%.3g, %.3g]", chosen ? '>' : ' ', names[k], slider_value(&s->moved.p, k),
                 fit->lo[k], fit->hi[k]);
        const int used = orr_canvas_text(c, r.x, r.y + k, r.w, text, chosen ? accent : plain);
        const int from = r.x + (used > 34 ? used : 34) + 1, width = r.x + r.w - from - 1;
        if (width < 11) continue;
        const double at = slider_value(&s->moved.p, k), start = slider_value(&fit->p, k);
        const double moved = k == SLIDER_MU ? (at - start) / 3 : log(at / start) / log(20);
        const int knob = (int)((fmin(fmax(moved, -1), 1) + 1) / 2 * (width - 1) + 0.5);
        for (int i = 0; i < width; i++) orr_canvas_put(c, from + i, r.y + k, '-', dim);
        orr_canvas_put(c, from + (width - 1) / 2, r.y + k, '+', dim);
        orr_canvas_put(c, from + knob, r.y + k, '|', chosen ? accent : plain);
    }
}

static void draw_detail(const struct adoption *s, struct orr_canvas *c, struct orr_rect r)
{
    if (s->shown == SIZE_MAX || r.h < 1 || r.w < 1) return;
    const struct orr_adoption_result *one = s->one.n ? &s->one.items[0] : NULL;
    if (s->collapse) {
        draw_collapse(s, c, r);
        return;
    }
    if (!one || one->status != ORR_OK) {
        orr_canvas_text(c, r.x, r.y, r.w, one ? one->error.message : "fitting...", one ? bad : dim);
        return;
    }
    const bool sliders = one->has_parameters && r.h >= 9;
    struct orr_rect chart = r;
    if (sliders) chart.h -= SLIDERS + 1;
    draw_series(s, c, chart);
    if (!sliders) return;
    char text[160];
    snprintf(text, sizeof text, "%s, %s; ultimate impact %.4g, impact time %.3g", s->query.method,
             orr_outcome_name(one->fit.outcome), s->moved.ultimate, orr_wsb_impact_time(&s->moved.p) * s->moved.time_unit);
    orr_canvas_text(c, r.x, r.y + chart.h, r.w, text, one->fit.outcome == ORR_CONVERGED ? dim : warn);
    draw_sliders(s, c, (struct orr_rect){r.x, r.y + chart.h + 1, r.w, SLIDERS});
}

void adoption_render(struct adoption *s, struct orr_canvas *c, struct orr_rect r)
{
    if (s->set.n == 0) {
        const char *const text = s->running        ? "Fitting..."
                                 : s->error.code ? s->error.message
                                                 : "No adoption series: `orrery import FILE` takes tables of counts.";
        orr_canvas_text(c, r.x + 1, r.y, r.w - 1, text, s->error.code && s->error.code != ORR_ENOTFOUND ? bad : dim);
        return;
    }
    struct orr_rect list = r, detail = r;
    if (s->whole) {
        list.h = 0;
    } else if (r.w >= SIDE_BY_SIDE) {
        list.w = r.w * 45 / 100;
        detail.x += list.w + 1;
        detail.w -= list.w + 1;
    } else if (r.h >= 12) {
        list.h = r.h / 3 < LIST_ROWS ? r.h / 3 : LIST_ROWS;
        detail.y += list.h;
        detail.h -= list.h;
    } else {
        detail.h = 0;
    }
    if (list.h > 0) orr_table_widget_render(&s->widget, &s->table, c, list);
    draw_detail(s, c, detail);
}
