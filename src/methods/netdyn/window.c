/* Forecasts from the window alone: the last state, autoregression of each node, and one of all nodes together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/law.h"
#include "num/solve.h"

enum { ORDER = 2, MOST_POINTS = 400, RIDGES = 8 };
static const double RIDGE[RIDGES] = {1e-8, 1e-6, 1e-4, 1e-2, 1, 10, 100, 1e4},
                    FARTHEST = 10; /* windows' ranges beyond the window */

static enum orr_status persistence(const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker,
                                   double *mean, struct orr_latent_edges *edges, struct orr_error *err)
{
    const size_t n = c->x->n;
    (void)ticker, (void)edges, (void)err;
    for (size_t h = 0; h < ahead; h++) memcpy(mean + h * n, c->x->x + (c->x->points - 1) * n, n * sizeof *mean);
    return ORR_OK;
}

static double limited(double x, double low, double high)
{
    const double room = FARTHEST * (high - low);
    return x > high + room ? high + room : x < low - room ? low - room : x;
}

/* Adds d d^T to a and d y to b. */
static void add_row(size_t n, const double *d, double y, double *a, double *b)
{
    for (size_t i = 0; i < n; i++) {
        b[i] += d[i] * y;
        for (size_t j = 0; j < n; j++) a[i * n + j] += d[i] * d[j];
    }
}

/* x_(k+1) = x_k + c + sum_p phi_p (x_(k+1-p) - x_last), least squares with a ridge of 1e-6. */
static void autoregress(const struct orr_nodes *x, size_t node, size_t ahead, double *mean)
{
    enum { P = ORDER + 1 };
    const size_t n = x->n, points = x->points;
    const double last = x->x[(points - 1) * n + node];
    double a[P * P] = {0}, b[P] = {0}, low = last, high = last;
    for (size_t k = 0; k < points; k++) {
        const double v = x->x[k * n + node];
        low = fmin(low, v);
        high = fmax(high, v);
        if (k < ORDER) continue;
        double d[P] = {1e-3 * (high - low)};
        for (size_t p = 0; p < ORDER; p++) d[p + 1] = x->x[(k - 1 - p) * n + node] - last;
        add_row(P, d, v - x->x[(k - 1) * n + node], a, b);
    }
    double trace = 0, recent[ORDER];
    for (size_t p = 0; p < P; p++) trace += a[p * P + p];
    for (size_t p = 0; p < P; p++) a[p * P + p] += 1e-6 * trace + 1e-300;
    const double one = 1e-3 * (high - low);
    if (!orr_solve_positive(P, a, b)) memset(b, 0, sizeof b);
    for (size_t p = 0; p < ORDER; p++) recent[p] = x->x[(points - 1 - p) * n + node];
    for (size_t h = 0; h < ahead; h++) {
        double next = recent[0] + b[0] * one;
        for (size_t p = 0; p < ORDER; p++) next += b[p + 1] * (recent[p] - last);
        next = limited(next, low, high);
        memmove(recent + 1, recent, (ORDER - 1) * sizeof *recent);
        mean[h * n + node] = recent[0] = next;
    }
}

static enum orr_status ar(const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker, double *mean,
                          struct orr_latent_edges *edges, struct orr_error *err)
{
    (void)ticker, (void)edges, (void)err;
    for (size_t i = 0; i < c->x->n; i++) autoregress(c->x, i, ahead, mean);
    return ORR_OK;
}

/* ---- all nodes together: x_(k+1) = x_k + B (x_k - m) + c ----
 * with a ridge on B, in the dual: B = sum_t alpha_t (x_t - m)^T, alpha = (K + r)^-1 D, K the inner products of the
 * states; c is an
 * input like them, so that a strong ridge leaves the last state. */

struct var_fit {
    size_t n, rows;
    const double *first; /* (rows + 1, n): the states */
    double *centre;      /* [n] */
    double *dual;        /* (rows, n): (K + r)^-1 D */
    double unit;         /* the square of the constant among the inputs */
};

static bool fit_var(struct var_fit *v, const double *kernel, size_t stride, double ridge)
{
    const size_t rows = v->rows, n = v->n;
    double trace = 0, log_det, *inverse = orr_xmalloc(rows * rows * sizeof *inverse),
           *work = orr_xmalloc(rows * (rows + 1) * sizeof *work);
    for (size_t t = 0; t < rows; t++) trace += kernel[t * stride + t] / (double)rows;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++)
            inverse[i * rows + j] = kernel[i * stride + j] + (i == j ? ridge * trace + 1e-300 : 0);
    const bool ok = orr_law_invert(rows, inverse, work, &log_det);
    memset(v->dual, 0, rows * n * sizeof *v->dual);
    for (size_t t = 0; t < rows && ok; t++)
        for (size_t s = 0; s < rows; s++) {
            const double w = inverse[t * rows + s];
            for (size_t i = 0; i < n; i++) v->dual[t * n + i] += w * (v->first[(s + 1) * n + i] - v->first[s * n + i]);
        }
    free(inverse);
    free(work);
    return ok;
}

static void run_var(const struct var_fit *v, const double *low, const double *high, size_t ahead, double *mean)
{
    const size_t n = v->n;
    const double *now = v->first + v->rows * n;
    for (size_t h = 0; h < ahead; h++) {
        double *next = mean + h * n;
        memcpy(next, now, n * sizeof *next);
        for (size_t t = 0; t < v->rows; t++) {
            double k = v->unit;
            for (size_t i = 0; i < n; i++) k += (v->first[t * n + i] - v->centre[i]) * (now[i] - v->centre[i]);
            for (size_t i = 0; i < n; i++) next[i] += k * v->dual[t * n + i];
        }
        for (size_t i = 0; i < n; i++) next[i] = limited(next[i], low[i], high[i]);
        now = next;
    }
}

/* The ridge is the one that forecasts the last quarter of the window best from the rest. */
static enum orr_status var(const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker, double *mean,
                           struct orr_latent_edges *edges, struct orr_error *err)
{
    const size_t n = c->x->n, points = c->x->points < MOST_POINTS ? c->x->points : MOST_POINTS, rows = points - 1;
    const size_t held = rows / 4 ? rows / 4 : 1;
    (void)edges;
    struct var_fit v = {.n = n, .rows = rows - held, .first = c->x->x + (c->x->points - points) * n};
    double *memory = orr_alloc(n, (5 + rows + held) * sizeof *memory), *kernel = orr_alloc(rows, rows * sizeof *kernel);
    if (!memory || !kernel) {
        free(memory);
        free(kernel);
        return orr_error_set(err, ORR_ENOMEM, "var", "no memory for %zu nodes", n);
    }
    v.centre = memory;
    double *low = memory + 2 * n, *high = memory + 3 * n, *trial = memory + 4 * n, lowest = INFINITY, best = 1;
    v.dual = trial + held * n;
    for (size_t i = 0; i < n; i++) {
        v.centre[i] = 0;
        low[i] = high[i] = v.first[i];
        for (size_t k = 0; k < points; k++) {
            v.centre[i] += v.first[k * n + i] / (double)points;
            low[i] = fmin(low[i], v.first[k * n + i]);
            high[i] = fmax(high[i], v.first[k * n + i]);
        }
    }
    for (size_t t = 0; t < rows; t++)
        for (size_t s = 0; s <= t; s++) {
            double k = 0;
            for (size_t i = 0; i < n; i++) k += (v.first[t * n + i] - v.centre[i]) * (v.first[s * n + i] - v.centre[i]);
            kernel[t * rows + s] = kernel[s * rows + t] = k;
        }
    for (size_t t = 0; t < rows; t++) v.unit += kernel[t * rows + t] / (double)rows;
    for (size_t k = 0; k < rows * rows; k++) kernel[k] += v.unit;
    enum orr_status status = ORR_OK;
    for (int r = 0; r < RIDGES && v.rows && !status; r++) {
        double error = 0;
        if (!orr_ticker_tick(ticker, "fitting", "ridges", (uint64_t)r, RIDGES)) status = ORR_ECANCELLED;
        if (!fit_var(&v, kernel, rows, RIDGE[r])) continue;
        run_var(&v, low, high, held, trial);
        for (size_t k = 0; k < held * n; k++) error += fabs(trial[k] - v.first[(v.rows + 1) * n + k]);
        if (error < lowest) {
            lowest = error;
            best = RIDGE[r];
        }
    }
    v.rows = rows;
    if (!status && !fit_var(&v, kernel, rows, best)) memset(v.dual, 0, rows * n * sizeof *v.dual);
    if (!status && !orr_ticker_tick(ticker, "forecasting", "networks", 0, 1)) status = ORR_ECANCELLED;
    if (status)
        status = orr_error_set(err, ORR_ECANCELLED, "var", "stopped");
    else
        run_var(&v, low, high, ahead, mean);
    free(memory);
    free(kernel);
    return status;
}

static const struct orr_param no_params[] = {{0}};

#define FIXED(function, fewest, text, what, origin, formula)                                                           \
    static const struct orr_nodes_method function##_method;                                                            \
    const struct orr_method orr_nodes_##function = {.name = text,                                                      \
                                                    .summary = what,                                                   \
                                                    .source = origin,                                                  \
                                                    .equations = formula,                                              \
                                                    .params = no_params,                                               \
                                                    .input = ORR_DATA_NODES,                                           \
                                                    .baseline = true,                                                  \
                                                    .nodes = &function##_method};                                      \
    static const struct orr_nodes_method function##_method = {                                                         \
        .face = &orr_nodes_##function, .least = fewest, .window = function}
FIXED(persistence, 1, "persistence", "the last state", "", "x(t) = x_w");
FIXED(ar, 4, "ar", "autoregression of order 2 of each node", "", "x_(k+1) = x_k + c + sum_p phi_p (x_(k+1-p) - x_w)");
FIXED(var, 4, "var", "one linear map of all nodes, ridge chosen on the window's end", "",
      "x_(k+1) = x_k + B (x_k - m) + c");
