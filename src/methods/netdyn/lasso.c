/* Predicting network dynamics without the graph (Prasse and Van Mieghem, PNAS 2022): the equations f and g are known, the
 * edges are estimated from the window by a LASSO for each node, and the estimated network is solved onwards. Its edges need
 * not be the true ones for its forecast to be good. Noise is taken off first by keeping the leading modes of the states
 * (proper orthogonal decomposition). Where the equations are unknown: dx/dt = c + A x with signed A.
 *
 * In integrals by the trapezoidal rule, which needs no derivatives:
 *     x_i(t+h) - x_i(t) - int f_i = sum_j a_ij int g(x_i, x_j),   min_a |y - G a|^2 / 2 + lambda sum |a|, a >= 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/private.h"
#include "num/solve.h"

enum { CUTS = 3, LAMBDAS = 4, SWEEPS = 40, MOST_POINTS = 200 };
static const double CUT[CUTS] = {1e-10, 1e-5, 1e-3};            /* of eigenvalues of the states' Gram matrix */
static const double LAMBDA[LAMBDAS] = {1e-1, 1e-2, 1e-3, 1e-4}; /* shares of the smallest that gives no edge */
static const double FARTHEST = 10, ENOUGH = 1e-4;

struct lasso {
    const struct orr_system *system; /* NULL: linear */
    size_t n, points;
    double step;
    const double *raw; /* (points, n) */
    double *x;         /* (points, n) on the leading modes */
    double *send;      /* (points, n, 2) */
    double *column;    /* (n, points): G of one node, by sender */
    double *rest;      /* [points] y - G a */
    double *a;         /* (n, n) */
    double *constant;  /* [n] linear only */
    double *low, *high;
};

/* x = P raw, P = K K^+ the projection onto modes of the Gram matrix K (rows, rows) above the cut. Around the last state, so
 * that the start of the forecast is kept. */
static void project(struct lasso *l, size_t rows, double cut)
{
    const size_t n = l->n;
    const double *origin = l->raw + (rows - 1) * n;
    double *k = orr_xmalloc(3 * rows * rows * sizeof *k), *inverse = k + rows * rows, *p = inverse + rows * rows;
    for (size_t t = 0; t < rows; t++)
        for (size_t s = 0; s <= t; s++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += (l->raw[t * n + i] - origin[i]) * (l->raw[s * n + i] - origin[i]);
            k[t * rows + s] = k[s * rows + t] = sum;
        }
    orr_pseudo_inverse(rows, k, cut, inverse);
    for (size_t t = 0; t < rows; t++)
        for (size_t s = 0; s < rows; s++) {
            p[t * rows + s] = 0;
            for (size_t r = 0; r < rows; r++) p[t * rows + s] += k[t * rows + r] * inverse[r * rows + s];
        }
    for (size_t t = 0; t < rows; t++)
        for (size_t i = 0; i < n; i++) {
            double sum = origin[i];
            for (size_t s = 0; s < rows; s++) sum += p[t * rows + s] * (l->raw[s * n + i] - origin[i]);
            l->x[t * n + i] = sum;
        }
    free(k);
    for (size_t t = 0; t < rows; t++)
        for (size_t i = 0; i < n; i++) {
            double *v = l->send + 2 * (t * n + i);
            if (l->system)
                orr_dynamics_send(l->system->kind, l->x[t * n + i], v);
            else
                v[0] = l->x[t * n + i] - origin[i], v[1] = 0;
        }
}

/* y in rest and G in column for node i. */
static void equations_of(struct lasso *l, size_t rows, size_t i)
{
    const size_t n = l->n, m = rows - 1;
    double mean = 0;
    for (size_t t = 0; t < rows; t++) {
        const double x = l->x[t * n + i];
        double u[2] = {1, 0}, f = 0;
        if (l->system) {
            orr_dynamics_receive(l->system->kind, x, u);
            f = orr_dynamics_self(l->system->kind, l->system->a[i], l->system->b[i], x);
        }
        for (size_t j = 0; j < n; j++) {
            const double *v = l->send + 2 * (t * n + j), half = 0.5 * l->step * (u[0] * v[0] + u[1] * v[1]);
            if (t < m) l->column[j * m + t] = half;
            if (t) l->column[j * m + t - 1] += half;
        }
        if (t < m) l->rest[t] = l->x[(t + 1) * n + i] - x - 0.5 * l->step * f;
        if (t) l->rest[t - 1] -= 0.5 * l->step * f;
    }
    if (l->system) { /* a node does not act on itself */
        memset(l->column + i * m, 0, m * sizeof *l->column);
        return;
    }
    for (size_t t = 0; t < m; t++) mean += l->rest[t] / (double)m;
    l->constant[i] = mean / l->step;
    for (size_t t = 0; t < m; t++) l->rest[t] -= mean;
}

static double dot(const double *a, const double *b, size_t n)
{
    double s = 0;
    for (size_t k = 0; k < n; k++) s += a[k] * b[k];
    return s;
}

/* Coordinate descent (Friedman et al. 2007) down the path to LAMBDA[level], each start warm. */
static void descend(struct lasso *l, size_t rows, size_t i, int level)
{
    const size_t n = l->n, m = rows - 1;
    double *a = l->a + i * n, *norm = orr_xmalloc(n * sizeof *norm), top = 0;
    memset(a, 0, n * sizeof *a);
    for (size_t j = 0; j < n; j++) {
        const double c = dot(l->column + j * m, l->rest, m);
        norm[j] = dot(l->column + j * m, l->column + j * m, m);
        top = fmax(top, l->system ? c : fabs(c));
    }
    for (int s = 0; s <= level && top > 0; s++) {
        const double lambda = LAMBDA[s] * top;
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            double moved = 0, most = 0;
            for (size_t j = 0; j < n; j++) {
                if (!(norm[j] > 0)) continue;
                const double *g = l->column + j * m, pull = dot(g, l->rest, m) + norm[j] * a[j];
                double next = pull > lambda ? (pull - lambda) / norm[j] : 0;
                if (!l->system && pull < -lambda) next = (pull + lambda) / norm[j];
                const double d = next - a[j];
                if (d != 0)
                    for (size_t t = 0; t < m; t++) l->rest[t] -= d * g[t];
                a[j] = next;
                moved = fmax(moved, fabs(d));
                most = fmax(most, fabs(next));
            }
            if (moved <= ENOUGH * most) break;
        }
    }
    free(norm);
}

/* ---- solving the estimated network ---- */

struct linear {
    const struct lasso *l;
    const double *origin;
};

static void linear_rhs(void *ctx, double t, size_t n, const double *x, double *dx)
{
    const struct linear *s = ctx;
    (void)t;
    for (size_t i = 0; i < n; i++) {
        dx[i] = s->l->constant[i];
        for (size_t j = 0; j < n; j++) dx[i] += s->l->a[i * n + j] * (x[j] - s->origin[j]);
    }
}

/* The estimated edges as a graph. */
static enum orr_status estimated(const struct lasso *l, struct orr_graph *out, struct orr_error *err)
{
    size_t m = 0;
    struct orr_edge *edges = orr_alloc(l->n * l->n, sizeof *edges);
    if (!edges) return orr_error_set(err, ORR_ENOMEM, "svd-lasso", "no memory for the edges of %zu nodes", l->n);
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++)
            if (l->a[i * l->n + j] != 0) edges[m++] = (struct orr_edge){(int32_t)i, (int32_t)j, l->a[i * l->n + j]};
    const enum orr_status s = orr_graph_build(l->n, edges, m, out, err);
    free(edges);
    return s;
}

/* From row `rows` - 1 on; where the estimated network explodes, the last state. */
static enum orr_status onwards(const struct lasso *l, size_t rows, size_t ahead, const struct orr_ticker *ticker,
                               double *mean, struct orr_error *err)
{
    const size_t n = l->n;
    const double *start = l->raw + (rows - 1) * n;
    const struct orr_ode_options o = {.method = ORR_DOPRI5, .rtol = 1e-4, .atol = 1e-6, .max_steps = 5000};
    double *t = orr_xmalloc((ahead + 1) * sizeof *t), *out = orr_alloc((ahead + 1) * n, sizeof *out);
    struct orr_system s = {0};
    enum orr_status status = out ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "svd-lasso", "no memory for the forecast");
    for (size_t h = 0; h <= ahead; h++) t[h] = l->step * (double)h;
    if (l->system && !status) {
        s = (struct orr_system){.kind = l->system->kind, .a = l->system->a, .b = l->system->b};
        s.work = orr_xmalloc(2 * n * sizeof *s.work);
        status = estimated(l, &s.graph, err);
    }
    struct linear linear = {l, start};
    if (!status)
        status = orr_ode_solve(l->system ? orr_system_rhs : linear_rhs, l->system ? (void *)&s : (void *)&linear, n,
                               start, t, ahead + 1, &o, ticker, out, NULL, err);
    if (status == ORR_EUNSUPPORTED) status = ORR_OK; /* NaN from where it exploded */
    for (size_t h = 0; h < ahead && !status; h++)
        for (size_t i = 0; i < n; i++) {
            const double x = out[(h + 1) * n + i], room = FARTHEST * (l->high[i] - l->low[i]) + 1e-12;
            mean[h * n + i] = !isfinite(x) ? start[i] : fmin(l->high[i] + room, fmax(l->low[i] - room, x));
        }
    orr_graph_free(&s.graph);
    free(s.work);
    free(out);
    free(t);
    return status;
}

static enum orr_status fit(struct lasso *l, size_t rows, int level, const struct orr_ticker *ticker,
                           struct orr_error *err)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!orr_ticker_tick(ticker, "estimating edges", "nodes", i, l->n))
            return orr_error_set(err, ORR_ECANCELLED, "svd-lasso", "stopped");
        equations_of(l, rows, i);
        descend(l, rows, i, level);
    }
    return ORR_OK;
}

/* Modes and lambda are those that forecast the last third of the window best from the rest. */
static enum orr_status choose(struct lasso *l, const struct orr_ticker *ticker, double *cut, int *level,
                              struct orr_error *err)
{
    const size_t held = l->points / 3, rows = l->points - held;
    double *trial = orr_alloc(held * l->n + 1, sizeof *trial), lowest = INFINITY;
    enum orr_status s = trial ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "svd-lasso", "no memory for the window");
    *cut = CUT[0];
    *level = LAMBDAS - 1;
    for (int c = 0; c < CUTS && !s && rows > 2 && held; c++) {
        project(l, rows, CUT[c]);
        for (int k = 0; k < LAMBDAS && !s; k++) {
            double error = 0;
            s = fit(l, rows, k, ticker, err);
            if (!s) s = onwards(l, rows, held, ticker, trial, err);
            for (size_t e = 0; e < held * l->n && !s; e++) error += fabs(trial[e] - l->raw[rows * l->n + e]);
            if (!s && error < lowest) {
                lowest = error;
                *cut = CUT[c];
                *level = k;
            }
        }
    }
    free(trial);
    return s;
}

static enum orr_status svd_lasso(const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker,
                                 double *mean, struct orr_latent_edges *edges, struct orr_error *err)
{
    const size_t n = c->x->n, points = c->x->points < MOST_POINTS ? c->x->points : MOST_POINTS;
    if (c->system && c->system->graph.n != n)
        return orr_error_set(err, ORR_EINVAL, "svd-lasso", "the equations are of %zu nodes, the series of %zu",
                             c->system->graph.n, n);
    struct lasso l = {.system = c->system,
                      .n = n,
                      .points = points,
                      .step = c->x->step,
                      .raw = c->x->x + (c->x->points - points) * n};
    double cut, *memory = orr_alloc(n, (4 * points + n + 3) * sizeof *memory);
    int level;
    if (!memory) return orr_error_set(err, ORR_ENOMEM, "svd-lasso", "no memory for %zu nodes", n);
    l.rest = orr_xmalloc(points * sizeof *l.rest);
    l.x = memory;
    l.send = l.x + points * n;
    l.column = l.send + 2 * points * n;
    l.a = l.column + points * n;
    l.constant = l.a + n * n;
    l.low = l.constant + n;
    l.high = l.low + n;
    for (size_t i = 0; i < n; i++) {
        l.low[i] = l.high[i] = l.raw[i];
        for (size_t t = 1; t < points; t++) {
            l.low[i] = fmin(l.low[i], l.raw[t * n + i]);
            l.high[i] = fmax(l.high[i], l.raw[t * n + i]);
        }
    }
    enum orr_status s = choose(&l, ticker, &cut, &level, err);
    if (!s) {
        project(&l, points, cut);
        s = fit(&l, points, level, ticker, err);
    }
    if (!s) s = onwards(&l, points, ahead, ticker, mean, err);
    if (!s && edges) {
        *edges = (struct orr_latent_edges){.n = n, .k = n, .weight = orr_alloc(n * n, sizeof *edges->weight)};
        if (!edges->weight) s = orr_error_set(err, ORR_ENOMEM, "svd-lasso", "no memory for the edges of %zu nodes", n);
        for (size_t k = 0; k < n * n && !s; k++) edges->weight[k] = (float)l.a[k];
    }
    free(l.rest);
    free(memory);
    return s;
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_nodes_method method;
const struct orr_method orr_nodes_svd_lasso = {
    .name = "svd-lasso",
    .summary = "edges estimated from the window, with the equations known",
    .source = "Prasse and Van Mieghem 2022, PNAS 119(44)",
    .equations = "min_a |x_i(t+h) - x_i(t) - int f_i - sum_j a_ij int g(x_i, x_j)|^2 / 2 + lambda sum_j a_ij, a >= 0",
    .params = no_params,
    .input = ORR_DATA_NODES,
    .baseline = true,
    .nodes = &method};
static const struct orr_nodes_method method = {.face = &orr_nodes_svd_lasso, .least = 4, .window = svd_lasso};
