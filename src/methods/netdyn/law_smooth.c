/* Noise taken off a series before its derivatives are looked at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/law.h"
#include "num/stats.h"

enum { STRENGTHS = 14, BAND = 4, LEAST_POINTS = 8, MOST_POINTS = 1000 /* longer ones are taken as they are */ };
static const double WEAKEST = 1e-2, GROWTH = 4, UNEVEN = 4 /* times the median */;

void orr_law_smooth_free(struct orr_law_smooth *s)
{
    orr_nodes_free(&s->x);
    *s = (struct orr_law_smooth){0};
}

/* Cholesky factor of 1 + strength D'D, D third differences: l[i][d] stands d columns left of the diagonal. */
static void factor(size_t points, double strength, double (*l)[BAND])
{
    static const double third[BAND] = {-1, 3, -3, 1};
    for (size_t i = 0; i < points; i++)
        for (size_t d = 0; d < BAND; d++) l[i][d] = d == 0;
    for (size_t k = 0; k + BAND <= points; k++)
        for (size_t i = 0; i < BAND; i++)
            for (size_t d = 0; d <= i; d++) l[k + i][d] += strength * third[i] * third[i - d];
    for (size_t i = 0; i < points; i++)
        for (size_t d = i < BAND - 1 ? i + 1 : BAND; d-- > 0;) { /* column i - d, left to right */
            double sum = l[i][d];
            for (size_t e = d + 1; e < BAND && e <= i; e++) sum -= l[i][e] * l[i - d][e - d];
            l[i][d] = d ? sum / l[i - d][0] : sqrt(sum);
        }
}

/* x <- (L L')^-1 x, points numbers `stride` apart. */
static void solve(size_t points, double (*l)[BAND], size_t stride, double *x)
{
    for (size_t i = 0; i < points; i++) {
        for (size_t d = 1; d < BAND && d <= i; d++) x[i * stride] -= l[i][d] * x[(i - d) * stride];
        x[i * stride] /= l[i][0];
    }
    for (size_t i = points; i-- > 0;) {
        for (size_t d = 1; d < BAND && i + d < points; d++) x[i * stride] -= l[i + d][d] * x[(i + d) * stride];
        x[i * stride] /= l[i][0];
    }
}

/* The smoothed series x, and the trace of what smooths it. */
static double smooth(const struct orr_nodes *raw, double strength, double (*l)[BAND], double *column, double *x)
{
    const size_t points = raw->points, n = raw->n;
    double trace = 0;
    factor(points, strength, l);
    for (size_t k = 0; k < points; k++) {
        memset(column, 0, points * sizeof *column);
        column[k] = 1;
        solve(points, l, 1, column);
        trace += column[k];
    }
    memcpy(x, raw->x, points * n * sizeof *x);
    for (size_t i = 0; i < n; i++) solve(points, l, n, x + i);
    return trace;
}

/* Sum of squares of what was taken off at each point. */
static double taken_off(const struct orr_nodes *raw, const double *x, double *at)
{
    double sum = 0;
    for (size_t k = 0; k < raw->points; k++) {
        at[k] = 0;
        for (size_t i = 0; i < raw->n; i++) at[k] += pow(raw->x[k * raw->n + i] - x[k * raw->n + i], 2);
        sum += at[k];
    }
    return sum;
}

/* Smooths raw into x as generalised cross-validation wants it and returns the variance of the noise; 0: as it is. */
static double choose(const struct orr_nodes *raw, double (*l)[BAND], double *column, double *x)
{
    const size_t points = raw->points;
    double lowest = INFINITY, strength = WEAKEST, best = 0;
    for (int k = 0; k < STRENGTHS; k++, strength *= GROWTH) {
        const double kept = 1 - smooth(raw, strength, l, column, x) / (double)points;
        const double score = taken_off(raw, x, column) / (kept * kept);
        if (score >= lowest) continue;
        lowest = score;
        best = k ? strength : 0; /* the weakest is as good as none */
    }
    memcpy(x, raw->x, points * raw->n * sizeof *x);
    if (!(best > 0)) return 0;
    const double trace = smooth(raw, best, l, column, x);
    return taken_off(raw, x, column) / ((double)raw->n * ((double)points - trace));
}

static bool is_flat(const double *at, size_t n, double *work)
{
    double most = 0;
    for (size_t k = 0; k < n; k++) most = fmax(most, work[k] = at[k]);
    return most <= UNEVEN * orr_stats_median(work, n);
}

bool orr_law_smooth_make(const struct orr_nodes *raw, struct orr_law_smooth *out)
{
    const size_t points = raw->points;
    *out = (struct orr_law_smooth){0};
    double(*l)[BAND] = orr_alloc(points, sizeof *l), *column = orr_alloc(points, 2 * sizeof *column);
    const bool memory = l && column && orr_nodes_alloc(&out->x, raw->n, points, NULL) == ORR_OK;
    if (memory) {
        out->x.t0 = raw->t0;
        out->x.step = raw->step;
        if (points >= 2 * LEAST_POINTS && points <= MOST_POINTS) {
            const size_t half = points / 2; /* without the transients of the first half */
            const struct orr_nodes late = {.n = raw->n, .points = points - half, .x = raw->x + half * raw->n};
            const double alone = choose(&late, l, column, out->x.x);
            out->variance = choose(raw, l, column, out->x.x);
            if (out->variance > 0 && is_flat(column, points, column + points)) goto out;
            out->variance = alone;
        }
        memcpy(out->x.x, raw->x, points * raw->n * sizeof *raw->x);
    }
out:
    free(l);
    free(column);
    return memory;
}
