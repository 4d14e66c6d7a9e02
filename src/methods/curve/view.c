/* Curves as networks see them. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/curve/private.h"

static const double DENSER = 1.5;       /* points stand denser at the start: position i^DENSER */
static const double LEAST_SCALE = 2e-3; /* of |last value| */
static const float MASKED = -1e9F;
enum { MOST = 200 };

static double within(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
static float soft(double x) { return (float)within(x, -12, 12); }

/* The curve at position p among its points (a fraction lies between two), averaged over positions a to b. */
static void mean_at(const struct orr_lc_observed *o, double a, double p, double b, double *t, double *y)
{
    const size_t first = (size_t)ceil(a), last = (size_t)floor(b);
    if (last > first) {
        *t = *y = 0;
        for (size_t i = first; i <= last; i++) {
            *t += o->t[i] / (double)(last - first + 1);
            *y += o->y[i] / (double)(last - first + 1);
        }
        return;
    }
    const size_t i = (size_t)p < o->n - 1 ? (size_t)p : o->n - 2;
    *t = o->t[i] + (p - (double)i) * (o->t[i + 1] - o->t[i]);
    *y = o->y[i] + (p - (double)i) * (o->y[i + 1] - o->y[i]);
}

/* A long curve averaged down to MOST points, so that it looks like those that networks learn from: in the units of a view only
 * their number would tell them apart. */
static struct orr_lc_observed thin(const struct orr_lc_observed *o, double *t, double *y)
{
    struct orr_lc_observed thinned = *o;
    if (o->n <= MOST) return thinned;
    for (size_t k = 0; k < MOST; k++) {
        const size_t first = k * o->n / MOST, last = (k + 1) * o->n / MOST;
        t[k] = y[k] = 0;
        for (size_t i = first; i < last; i++) {
            t[k] += o->t[i] / (double)(last - first);
            y[k] += o->y[i] / (double)(last - first);
        }
    }
    thinned.n = MOST;
    thinned.t = t;
    thinned.y = y;
    return thinned;
}

void orr_lc_view_make(const struct orr_lc_observed *whole, double end, struct orr_lc_view *v)
{
    double thin_t[MOST], thin_y[MOST];
    const struct orr_lc_observed thinned = thin(whole, thin_t, thin_y), *o = &thinned;
    double t[ORR_LC_SEEN], y[ORR_LC_SEEN], low, high, moved = 0, noise = 0, best = INFINITY;
    const double n = (double)o->n;
    v->sign = orr_lc_direction_of(o) == ORR_LC_RISING ? -1 : 1;
    v->shift = orr_lc_shift(o->n, o->t);
    v->x_last = whole->t[whole->n - 1] + v->shift;
    v->last = o->y[o->n - 1];
    v->span = log(fmax((end + v->shift) / v->x_last, 1));
    for (int k = 0; k < ORR_LC_SEEN; k++) {
        const double at = (n - 1) * pow((double)k / (ORR_LC_SEEN - 1), DENSER),
                     before = k ? (n - 1) * pow((k - 0.5) / (ORR_LC_SEEN - 1), DENSER) : 0,
                     after = k < ORR_LC_SEEN - 1 ? (n - 1) * pow((k + 0.5) / (ORR_LC_SEEN - 1), DENSER) : n - 1;
        mean_at(o, before, at, after, &t[k], &y[k]);
        moved += fabs(y[k] - v->last) / ORR_LC_SEEN;
    }
    for (size_t i = 0; i < o->n; i++) {
        best = fmin(best, v->sign * o->y[i]);
        if (i > 1) noise += fabs(o->y[i] - 2 * o->y[i - 1] + o->y[i - 2]) / (n - 2);
    }
    v->scale = fmax(moved, fmax(LEAST_SCALE * fabs(v->last), DBL_MIN));
    for (int k = 0; k < ORR_LC_SEEN; k++) {
        v->points[k][0] = soft(v->sign * (y[k] - v->last) / v->scale);
        v->points[k][1] = soft(log((t[k] + v->shift) / v->x_last));
    }
    orr_lc_bounds(o, &low, &high);
    const double room = v->sign > 0 ? v->last - low : high - v->last; /* how far it can still go */
    const float context[ORR_LC_CONTEXT] = {
        v->sign < 0 ? 1 : 0,
        (float)within(log(v->scale / fmax(fabs(v->last), DBL_MIN)) / 3, -3, 3),
        isfinite(room) ? (float)(log1p(room / v->scale) / 2) : 4,
        isfinite(room) ? 1 : 0,
        (float)(log(n) / 5),
        (float)within(log(v->x_last / (o->t[0] + v->shift)) / 5, 0, 4),
        (float)(v->span / 2),
        soft(noise / v->scale),
        soft((best - v->sign * v->last) / v->scale),
        (float)within(log((o->t[o->n - 1] - o->t[o->n - 2]) / v->x_last) / 5, -4, 0),
    };
    memcpy(v->context, context, sizeof context);
}

/* ---- batches ---- */

void orr_lc_batch_init(struct orr_lc_batch *b, int cap, bool graphs)
{
    const size_t n = (size_t)cap;
    *b = (struct orr_lc_batch){.cap = cap};
    b->points = orr_xcalloc(n, ORR_LC_SEEN * ORR_LC_POINT * sizeof(float));
    b->context = orr_xcalloc(n, ORR_LC_CONTEXT * sizeof(float));
    b->span = orr_xcalloc(n, sizeof(float));
    b->target = orr_xcalloc(n, ORR_LC_KNOTS * sizeof(float));
    if (!graphs) return;
    b->node = orr_xcalloc(n, ORR_LC_NODES * ORR_LC_FEATURES * sizeof(float));
    b->link = orr_xcalloc(n, ORR_LC_NODES * ORR_LC_NODES * sizeof(float));
    b->mask = orr_xcalloc(n, ORR_LC_NODES * sizeof(float));
    b->known = orr_xcalloc(n, sizeof *b->known);
}

void orr_lc_batch_free(struct orr_lc_batch *b)
{
    free(b->points);
    free(b->context);
    free(b->span);
    free(b->target);
    free(b->node);
    free(b->link);
    free(b->mask);
    free(b->known);
    *b = (struct orr_lc_batch){0};
}

void orr_lc_batch_add(struct orr_lc_batch *b, const struct orr_lc_view *v, const struct orr_lc_graph *graph)
{
    const size_t row = (size_t)b->n++;
    memcpy(b->points + row * ORR_LC_SEEN * ORR_LC_POINT, v->points, sizeof v->points);
    memcpy(b->context + row * ORR_LC_CONTEXT, v->context, sizeof v->context);
    b->span[row] = (float)v->span;
    if (!b->node) return;
    b->known[row] = graph;
    float *node = b->node + row * ORR_LC_NODES * ORR_LC_FEATURES, *link = b->link + row * ORR_LC_NODES * ORR_LC_NODES,
          *mask = b->mask + row * ORR_LC_NODES;
    if (graph) {
        memcpy(node, graph->feature, sizeof graph->feature);
        memcpy(link, graph->link, sizeof graph->link);
    } else { /* one empty node */
        memset(node, 0, sizeof graph->feature);
        memset(link, 0, sizeof graph->link);
    }
    for (int i = 0; i < ORR_LC_NODES; i++) mask[i] = i < (graph ? graph->n : 1) ? 0 : MASKED;
}
