#include "app/weights_figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const orr_weights_chart_names[ORR_WEIGHTS_CHARTS] = {"trajectories", "plane", "histogram", "error"};
const char *const orr_weights_overlays[ORR_WEIGHTS_OVERLAYS] = {"persistence", "linear", "dmd", "farcast", "flow"};

/* ---- names ---- */

void orr_weights_line_name(const struct orr_weights_picture *p, size_t line, char out[80])
{
    const struct orr_scene_coordinate c = p->lines[line];
    snprintf(out, 80, "%.50s[%zu]", p->scene->run.tensors[c.tensor].name, c.index);
}

/* 10,000,000 */
static void grouped(size_t n, char out[32])
{
    char digits[32];
    const int len = snprintf(digits, sizeof digits, "%zu", n);
    char *to = out;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
}

void orr_weights_scope_name(const struct orr_weights_picture *p, char out[120])
{
    const size_t n = orr_scene_weights(p->scene, p->scope), kept = orr_scene_kept(p->scene, p->scope);
    const char *tensor = p->scope < p->scene->run.n_tensors ? p->scene->run.tensors[p->scope].name : "";
    char all[32], some[32];
    grouped(n, all);
    grouped(kept, some);
    if (kept < n)
        snprintf(out, 120, "%.60s%s%s of %s weights", tensor, *tensor ? ", " : "", some, all);
    else
        snprintf(out, 120, "%.60s%s%s weights", tensor, *tensor ? ", " : "all ", all);
}

/* ---- what there is ---- */

static const struct orr_scene_forecast *main_of(const struct orr_weights_picture *p)
{
    return p->n_forecasts ? p->forecasts[0] : NULL;
}

const char *orr_weights_chart_empty(const struct orr_weights_picture *p, enum orr_weights_chart chart)
{
    const struct orr_scene *s = p->scene;
    struct orr_scene_plane plane;
    if (!s->sound) return "The weights of the first snapshot are not finite.";
    switch (chart) {
    case ORR_WEIGHTS_TRAJECTORIES: return p->n_lines ? NULL : "No weights.";
    case ORR_WEIGHTS_PLANE:
        return s->sound < 2                            ? "One snapshot is a point: a path needs two."
               : !orr_scene_plane(s, p->scope, &plane) ? "These weights do not move."
                                                       : NULL;
    case ORR_WEIGHTS_ERROR:
        if (!main_of(p)) return "No forecast yet.";
        return main_of(p)->truth ? NULL : "The truth is not recorded: observe less, or forecast less far.";
    case ORR_WEIGHTS_HISTOGRAM:
    case ORR_WEIGHTS_CHARTS: break;
    }
    return NULL;
}

/* ---- distribution ---- */

/* Values of one tensor's sample: 0 now, 1 forecast at the last horizon, 2 the truth then; NULL: there is none. */
static const float *values_of(const struct orr_weights_picture *p, size_t tensor, int which)
{
    const struct orr_scene_tensor *t = &p->scene->tensors[tensor];
    const struct orr_scene_forecast *f = main_of(p);
    if (which == 0) return t->w + (p->observed - 1) * t->kept;
    if (!f) return NULL;
    if (which == 1) return f->mean[tensor] + (f->n_ahead - 1) * t->kept;
    return f->truth ? t->w + (f->observed + f->n_ahead - 1) * t->kept : NULL;
}

bool orr_weights_histogram(const struct orr_weights_picture *p, struct orr_weights_histogram *out)
{
    const struct orr_scene *s = p->scene;
    const size_t first = p->scope < s->run.n_tensors ? p->scope : 0,
                 end = p->scope < s->run.n_tensors ? p->scope + 1 : s->run.n_tensors;
    if (!s->sound || !p->observed || p->observed > s->sound) return false;
    out->lo = INFINITY;
    out->hi = -INFINITY;
    for (int pass = 0; pass < 2; pass++) /* the range, then the counts */
        for (int which = 0; which < 3; which++) {
            double all = 0, *share = out->share[which];
            for (int b = 0; b < ORR_WEIGHTS_BINS; b++) share[b] = 0;
            for (size_t k = first; k < end; k++) {
                const struct orr_scene_tensor *t = &s->tensors[k];
                const float *x = values_of(p, k, which);
                const double weight = (double)s->run.tensors[k].n / (double)t->kept;
                for (size_t c = 0; x && c < t->kept; c++) {
                    if (!isfinite(x[c])) continue;
                    if (!pass) {
                        out->lo = fmin(out->lo, (double)x[c]);
                        out->hi = fmax(out->hi, (double)x[c]);
                        continue;
                    }
                    const double b = ((double)x[c] - out->lo) / (out->hi - out->lo) * ORR_WEIGHTS_BINS;
                    share[b >= ORR_WEIGHTS_BINS ? ORR_WEIGHTS_BINS - 1 : (int)b] += weight;
                    all += weight;
                }
            }
            for (int b = 0; pass && b < ORR_WEIGHTS_BINS; b++) share[b] = all > 0 ? share[b] / all : (double)NAN;
            if (!pass && which == 2 && !(out->hi > out->lo)) {
                out->lo -= 0.5;
                out->hi += 0.5;
            }
        }
    return true;
}

/* ---- tables ---- */

static void columns(struct orr_table *t, size_t rows, size_t n, const char *const *names, size_t texts)
{
    orr_table_init(t, rows, n);
    for (size_t c = 0; c < n; c++) orr_table_column(t, c, names[c], c < texts ? ORR_CELL_TEXT : ORR_CELL_NUMBER);
}

static void trajectories_table(const struct orr_weights_picture *p, struct orr_table *t)
{
    static const char *const names[] = {"tensor", "method", "index", "step", "value", "mean", "lower", "upper"};
    const struct orr_scene *s = p->scene;
    size_t rows = p->n_lines * s->sound, row = 0;
    for (size_t m = 0; m < p->n_forecasts; m++) rows += p->n_lines * p->forecasts[m]->n_ahead;
    columns(t, rows, 8, names, 2);
    for (size_t l = 0; l < p->n_lines; l++) {
        const struct orr_scene_coordinate c = p->lines[l];
        const struct orr_scene_tensor *x = &s->tensors[c.tensor];
        const size_t at = orr_scene_position(s, c);
        for (size_t i = 0; i < s->sound; i++, row++) {
            orr_table_set_text(t, row, 0, s->run.tensors[c.tensor].name);
            orr_table_set_text(t, row, 1, i < p->observed ? "observed" : "true");
            orr_table_set_number(t, row, 2, (double)c.index);
            orr_table_set_number(t, row, 3, (double)s->steps[i]);
            orr_table_set_number(t, row, 4, (double)x->w[i * x->kept + at]);
        }
        for (size_t m = 0; m < p->n_forecasts; m++) {
            const struct orr_scene_forecast *f = p->forecasts[m];
            for (size_t h = 0; h < f->n_ahead; h++, row++) {
                const double mean = (double)f->mean[c.tensor][h * x->kept + at],
                             half = f->spread[c.tensor * f->n_ahead + h];
                orr_table_set_text(t, row, 0, s->run.tensors[c.tensor].name);
                orr_table_set_text(t, row, 1, f->method);
                orr_table_set_number(t, row, 2, (double)c.index);
                orr_table_set_number(t, row, 3, (double)f->steps[h]);
                orr_table_set_number(t, row, 5, mean);
                orr_table_set_number(t, row, 6, mean - half);
                orr_table_set_number(t, row, 7, mean + half);
            }
        }
    }
}

static void plane_table(const struct orr_weights_picture *p, struct orr_table *t)
{
    static const char *const names[] = {"what", "step", "x", "y", "u", "v"};
    const struct orr_scene *s = p->scene;
    struct orr_scene_plane plane;
    size_t rows = s->sound + (p->field ? ORR_FIELD_ROWS * ORR_FIELD_COLUMNS : 0), row = 0;
    for (size_t m = 0; m < p->n_forecasts; m++) rows += p->forecasts[m]->n_ahead;
    if (!orr_scene_plane(s, p->scope, &plane)) rows = 0;
    columns(t, rows, 6, names, 1);
    if (!rows) return;
    for (size_t i = 0; i < s->sound; i++, row++) {
        orr_table_set_text(t, row, 0, i < p->observed ? "observed" : "true");
        orr_table_set_number(t, row, 1, (double)s->steps[i]);
        for (size_t d = 0; d < 2; d++) orr_table_set_number(t, row, 2 + d, plane.at[d][i]);
    }
    for (size_t m = 0; m < p->n_forecasts; m++)
        for (size_t h = 0; h < p->forecasts[m]->n_ahead; h++, row++) {
            double xy[2];
            orr_scene_project(s, p->forecasts[m], p->scope, &plane, h, xy);
            orr_table_set_text(t, row, 0, p->forecasts[m]->method);
            orr_table_set_number(t, row, 1, (double)p->forecasts[m]->steps[h]);
            for (size_t d = 0; d < 2; d++) orr_table_set_number(t, row, 2 + d, xy[d]);
        }
    for (size_t k = 0; p->field && k < ORR_FIELD_ROWS * ORR_FIELD_COLUMNS; k++, row++) {
        const size_t r = k / ORR_FIELD_COLUMNS, c = k % ORR_FIELD_COLUMNS;
        orr_table_set_text(t, row, 0, "field");
        orr_table_set_number(t, row, 2,
                             p->field->x0 + (p->field->x1 - p->field->x0) * (double)c / (ORR_FIELD_COLUMNS - 1));
        orr_table_set_number(t, row, 3,
                             p->field->y0 + (p->field->y1 - p->field->y0) * (double)r / (ORR_FIELD_ROWS - 1));
        orr_table_set_number(t, row, 4, p->field->u[r][c]);
        orr_table_set_number(t, row, 5, p->field->v[r][c]);
    }
}

static void histogram_table(const struct orr_weights_picture *p, struct orr_table *t)
{
    static const char *const names[] = {"from", "to", "now", "forecast", "true"};
    struct orr_weights_histogram h;
    const bool some = orr_weights_histogram(p, &h);
    columns(t, some ? ORR_WEIGHTS_BINS : 0, 5, names, 0);
    for (size_t b = 0; some && b < ORR_WEIGHTS_BINS; b++) {
        const double width = (h.hi - h.lo) / ORR_WEIGHTS_BINS;
        orr_table_set_number(t, b, 0, h.lo + width * (double)b);
        orr_table_set_number(t, b, 1, h.lo + width * (double)(b + 1));
        for (size_t k = 0; k < 3; k++) orr_table_set_number(t, b, 2 + k, h.share[k][b]);
    }
}

static void error_table(const struct orr_weights_picture *p, struct orr_table *t)
{
    static const char *const names[] = {"method", "observed", "step", "mae", "rmse"};
    size_t rows = 0, row = 0;
    for (size_t m = 0; m < p->n_forecasts; m++) rows += p->forecasts[m]->n_ahead;
    columns(t, rows, 5, names, 1);
    for (size_t m = 0; m < p->n_forecasts; m++)
        for (size_t h = 0; h < p->forecasts[m]->n_ahead; h++, row++) {
            const struct orr_scene_forecast *f = p->forecasts[m];
            orr_table_set_text(t, row, 0, f->method);
            orr_table_set_number(t, row, 1, (double)f->observed);
            orr_table_set_number(t, row, 2, (double)f->steps[h]);
            orr_table_set_number(t, row, 3, orr_scene_error(p->scene, f, p->scope, false, h));
            orr_table_set_number(t, row, 4, orr_scene_error(p->scene, f, p->scope, true, h));
        }
}

void orr_weights_chart_table(const struct orr_weights_picture *p, enum orr_weights_chart chart, struct orr_table *t)
{
    switch (chart) {
    case ORR_WEIGHTS_TRAJECTORIES: trajectories_table(p, t); break;
    case ORR_WEIGHTS_PLANE: plane_table(p, t); break;
    case ORR_WEIGHTS_HISTOGRAM: histogram_table(p, t); break;
    case ORR_WEIGHTS_ERROR: error_table(p, t); break;
    case ORR_WEIGHTS_CHARTS: break;
    }
}
