/* Forecasts from a fitted method, and what it inferred of the edges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/law.h"
#include "num/stats.h"
#include "num/tape_watch.h"

enum { MOST_STEPS = 2000 };

void orr_latent_edges_free(struct orr_latent_edges *e)
{
    free(e->index);
    free(e->weight);
    *e = (struct orr_latent_edges){0};
}

void orr_nodes_forecast_free(struct orr_nodes_forecast *f)
{
    free(f->mean);
    orr_latent_edges_free(&f->edges);
    *f = (struct orr_nodes_forecast){0};
}

/* ---- edges ---- */

static int by_size(const void *a, const void *b)
{
    const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

double orr_latent_edges_auc(const struct orr_latent_edges *e, const struct orr_graph *truth)
{
    const size_t n = e->n;
    if (n < 2 || truth->n != n) return NAN;
    double *score = orr_alloc(n * n, sizeof *score); /* |weight|, negative zero and below for edges that are not */
    if (!score) return NAN;
    memset(score, 0, n * n * sizeof *score);
    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; m < e->k; m++)
            score[i * n + (e->index ? (size_t)e->index[i * e->k + m] : m)] = fabs((double)e->weight[i * e->k + m]);
    /* The sign bit says "no edge" while sorting by size: pairs are counted in one pass (Mann and Whitney 1947). */
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j) {
                const double size = score[i * n + j];
                score[count++] = orr_graph_weight(truth, i, j) > 0 ? size : -size;
            }
    /* count <= i * n + j throughout: nothing unread was overwritten */
    qsort(score, count, sizeof *score, by_size);
    double below = 0, wins = 0, edges = 0;
    for (size_t first = 0, last; first < count; first = last) {
        double here_edges = 0, here_others = 0;
        for (last = first; last < count && fabs(score[last]) <= fabs(score[first]); last++) {
            here_edges += !signbit(score[last]);
            here_others += signbit(score[last]) != 0;
        }
        wins += here_edges * (below + 0.5 * here_others);
        below += here_others;
        edges += here_edges;
    }
    free(score);
    return edges > 0 && below > 0 ? wins / (edges * below) : (double)NAN;
}

/* ---- networks ---- */

/* Slopes at the points (x, y) for a cubic through them: of the parabola through three neighbours. */
static void slopes(size_t n, const double *x, const double *y, double *slope)
{
    for (size_t k = 1; k + 1 < n; k++) {
        const double a = x[k] - x[k - 1], b = x[k + 1] - x[k];
        slope[k] = ((y[k] - y[k - 1]) / a * b + (y[k + 1] - y[k]) / b * a) / (a + b);
    }
    slope[0] = 2 * (y[1] - y[0]) / (x[1] - x[0]) - (n > 2 ? slope[1] : (y[1] - y[0]) / (x[1] - x[0]));
    slope[n - 1] = (y[n - 1] - y[n - 2]) / (x[n - 1] - x[n - 2]);
}

static double hermite(double s, double h, double y0, double y1, double d0, double d1)
{
    const double q = s * s * (3 - 2 * s);
    return y0 + q * (y1 - y0) + h * s * (1 - s) * ((1 - s) * d0 - s * d1);
}

/* The training grid up to share `end`, going on with its last step beyond 1; grid[0] = 0. */
static size_t steps_to(double end, double *grid)
{
    const double last = 1 - orr_nodes_grid(ORR_NODES_GRID - 1);
    size_t n = 0;
    while (n <= ORR_NODES_GRID) {
        grid[n] = orr_nodes_grid((int)n);
        if (n && grid[n] >= end - 1e-9) return n + 1;
        n++;
    }
    for (; n < MOST_STEPS && grid[n - 1] < end - 1e-9; n++) grid[n] = grid[n - 1] + last;
    return n;
}

static void interpolate(struct orr_var *const *z, size_t steps, const double *grid, const struct orr_nodes_batch *b,
                        size_t share, size_t ahead, double *mean, enum orr_outcome *outcome)
{
    double *y = orr_xmalloc(2 * steps * sizeof *y), *slope = y + steps;
    for (size_t i = 0; i < b->n; i++) {
        bool finite = true;
        y[0] = 0;
        for (size_t k = 1; k < steps; k++) {
            y[k] = (double)z[k - 1]->value[i];
            finite &= isfinite(y[k]);
        }
        if (!finite) *outcome = ORR_DIVERGED;
        for (size_t k = 1; k < steps && !finite; k++) y[k] = 0;
        slopes(steps, grid, y, slope);
        size_t k = 0;
        for (size_t h = 1; h <= ahead; h++) {
            const double tau = (double)h / (double)share;
            while (k + 2 < steps && tau > grid[k + 1]) k++;
            const double width = grid[k + 1] - grid[k], s = fmin(1, (tau - grid[k]) / width);
            mean[(h - 1) * b->n + i] =
                (double)b->last[i] + (double)b->scale[i] * hermite(s, width, y[k], y[k + 1], slope[k], slope[k + 1]);
        }
    }
    free(y);
}

static enum orr_status keep_edges(const struct orr_var *e, int32_t *index, struct orr_latent_edges *out,
                                  struct orr_error *err)
{
    *out = (struct orr_latent_edges){.n = (size_t)e->shape.size[1], .k = (size_t)e->shape.size[2]};
    out->weight = orr_alloc(e->n, sizeof *out->weight);
    out->index = index;
    if (!out->weight) return orr_error_set(err, ORR_ENOMEM, "netdyn", "no memory for %zu latent edges", e->n);
    for (size_t k = 0; k < e->n; k++) out->weight[k] = (float)e->value[k];
    return ORR_OK;
}

static enum orr_status run_network(const struct orr_nodes_model *m, const struct orr_nodes_case *c, size_t ahead,
                                   const struct orr_ticker *ticker, struct orr_nodes_forecast *out,
                                   struct orr_error *err)
{
    const struct orr_nodes_net *net = m->method->net;
    const size_t n = c->x->n, near = m->o.near && m->o.near < n && net->latent ? m->o.near : 0;
    struct orr_nodes_batch b = {0};
    struct orr_tape *tape = orr_tape_new();
    double *grid = orr_xmalloc((MOST_STEPS + ORR_NODES_GRID + 1) * sizeof *grid);
    int32_t *index = near ? orr_alloc(n, near * sizeof *index) : NULL;
    struct orr_var **z = NULL, *edges = NULL;
    enum orr_status s = ORR_OK;
    if (!orr_nodes_batch_alloc(&b, 1, n, &m->o, false) || (near && !index)) {
        s = orr_error_set(err, ORR_ENOMEM, m->method->face->name, "no memory for %zu nodes", n);
        goto out;
    }
    orr_nodes_scale(c->x, c->x->points - m->o.window, &m->o, 0, NULL, 0, &b);
    b.graph[0] = c->graph;
    if (near) orr_nodes_near(&b, m->o.window, near, index);
    double end = (double)ahead / (double)m->o.ahead;
    if (net->horizons && end > 1) end = 1;
    const size_t steps = net->horizons ? steps_to(1, grid) : steps_to(end, grid);
    z = orr_xcalloc(steps, sizeof *z);
    orr_tape_record(tape, false);
    orr_tape_watch(tape, &(struct orr_tape_watch){ticker, "forecasting", "networks", 0, 1});
    net->forward(m, tape, &b, index, (int)steps - 1, grid + 1, z, &edges);
    if (orr_tape_stopped(tape)) {
        s = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
        goto out;
    }
    interpolate(z, steps, grid, &b, m->o.ahead, ahead, out->mean, &out->outcome);
    if (edges) {
        s = keep_edges(edges, index, &out->edges, err);
        index = NULL;
    }
out:
    orr_nodes_batch_free(&b);
    orr_tape_free(tape);
    free(index);
    free(grid);
    free(z);
    return s;
}

/* ---- methods on the window alone ---- */

/* Half widths where nothing was calibrated: the 90% quantile of the errors that the method makes on the last third of its own
 * window, growing with the root of the horizon. */
static void backtest(const struct orr_nodes_model *m, const struct orr_nodes_case *c, struct orr_nodes_forecast *out)
{
    const struct orr_nodes *x = c->x;
    const size_t n = x->n, third = x->points / 3, fit = x->points - third;
    double *mean = NULL, *scale = NULL, unit;
    if (fit < m->method->least || !third) return;
    mean = orr_alloc(third * n, sizeof *mean);
    scale = orr_alloc(n, 2 * sizeof *scale);
    struct orr_nodes seen = *x;
    struct orr_nodes_case part = *c;
    seen.points = fit;
    part.x = &seen;
    if (mean && scale && !m->method->window(&part, third, NULL, mean, NULL, NULL)) {
        orr_nodes_scales(x, 0, x->points, scale + n, scale, &unit);
        for (size_t h = 0; h < third; h++)
            for (size_t i = 0; i < n; i++) {
                double *e = &mean[h * n + i];
                *e = fabs(*e - x->x[(fit + h) * n + i]) / (scale[i] * sqrt((double)h + 1));
                if (!isfinite(*e)) *e = INFINITY;
            }
        const double q = orr_stats_quantile(mean, third * n, 0.9);
        for (size_t h = 0; h < out->ahead; h++)
            for (size_t i = 0; i < n; i++) out->half[h * n + i] = q * scale[i] * sqrt((double)h + 1);
    }
    free(mean);
    free(scale);
}

/* From the calibrated spread at the grid's horizons. */
static void spread(const struct orr_nodes_model *m, const double *at_grid, const struct orr_nodes *x,
                   struct orr_nodes_forecast *out)
{
    const size_t n = x->n, w = m->o.window < x->points ? m->o.window : x->points;
    double *scale = orr_xmalloc(2 * n * sizeof *scale), unit;
    orr_nodes_scales(x, x->points - w, w, scale + n, scale, &unit);
    for (size_t h = 0; h < out->ahead; h++) {
        const double tau = (double)(h + 1) / (double)m->o.ahead;
        int k = 0;
        while (k + 1 < ORR_NODES_GRID && tau > orr_nodes_grid(k + 1)) k++;
        const double a = orr_nodes_grid(k), s = fmin(1, (tau - a) / (orr_nodes_grid(k + 1) - a));
        const double from = k ? at_grid[k - 1] : 0, q = (from + s * (at_grid[k] - from)) * (tau > 1 ? sqrt(tau) : 1);
        for (size_t i = 0; i < n; i++) out->half[h * n + i] = q * scale[i];
    }
    free(scale);
}

static enum orr_status run_law(const struct orr_nodes_model *m, const struct orr_nodes_case *c, size_t ahead,
                               const struct orr_ticker *ticker, struct orr_nodes_forecast *out, struct orr_error *err)
{
    struct orr_law laws[ORR_LAW_MOST];
    size_t n = 0;
    struct orr_law_choice choice;
    while (orr_law_read(&m->params, n, &laws[n])) n++;
    if (!n)
        return orr_error_set(err, ORR_EFORMAT, m->method->face->name, "the fitted model holds no law: fit it again");
    const enum orr_status s = orr_law_run(laws, n, &choice, c, ahead, ticker, out->mean, &out->edges, err);
    if (s) return s;
    const struct orr_law *law = &laws[choice.law];
    double q[ORR_NODES_GRID];
    out->coupling = orr_law_coupling_name(law->coupling);
    out->misfit = choice.misfit;
    for (int k = 0; k < ORR_NODES_GRID; k++) { /* errors grow with the noise about as its root: part of it is taken off */
        const double more = fmax(0, law->spread[1][k] - law->spread[0][k]);
        q[k] = law->spread[0][k] + (law->noise > 0 ? more * sqrt(choice.noise / law->noise) : 0);
    }
    if (isfinite(q[0])) spread(m, q, c->x, out);
    return ORR_OK;
}

enum orr_status orr_nodes_run(const struct orr_nodes_model *m, const struct orr_nodes_case *c, size_t ahead,
                              const struct orr_ticker *ticker, struct orr_nodes_forecast *out, struct orr_error *err)
{
    const char *name = m->method->face->name;
    const size_t n = c->x->n, least = m->method->net ? m->o.window : m->method->least;
    *out = (struct orr_nodes_forecast){.n = n, .ahead = ahead, .outcome = m->outcome};
    if (!n || !ahead) return orr_error_set(err, ORR_EINVAL, name, "no node or no horizon to forecast");
    if (c->x->points < least)
        return orr_error_set(err, ORR_EINVAL, name, "%zu points observed, and it needs %zu: observe more", c->x->points,
                             least);
    if (orr_nodes_method_needs_graph(m->method) && (!c->graph || c->graph->n != n))
        return orr_error_set(err, ORR_EINVAL, name, "needs the true edges: give an edge list");
    if (ahead > 1000000 || n > SIZE_MAX / ahead / 4 / sizeof *out->mean)
        return orr_error_set(err, ORR_EINVAL, name, "a horizon of %zu points is too far", ahead);
    if (!orr_ticker_tick(ticker, "forecasting", "networks", 0, 1))
        return orr_error_set(err, ORR_ECANCELLED, name, "stopped");
    out->mean = orr_alloc(ahead * n, 2 * sizeof *out->mean);
    if (!out->mean) return orr_error_set(err, ORR_ENOMEM, name, "no memory for %zu nodes at %zu horizons", n, ahead);
    out->half = out->mean + ahead * n;
    for (size_t k = 0; k < ahead * n; k++) out->half[k] = NAN;
    const enum orr_status s = m->method->net   ? run_network(m, c, ahead, ticker, out, err)
                              : m->method->law ? run_law(m, c, ahead, ticker, out, err)
                                               : m->method->window(c, ahead, ticker, out->mean, &out->edges, err);
    if (s) return s;
    if (m->method->law) return ORR_OK;
    if (isfinite(m->spread[0]))
        spread(m, m->spread, c->x, out);
    else if (m->method->window)
        backtest(m, c, out);
    return ORR_OK;
}
