/* What a network sees of a window: per node the points relative to the last one in units of how far it moved lately (early
 * transients may be far larger: they are compressed), and the level and that unit themselves. Forecasts are changes in the
 * same unit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/private.h"

double orr_nodes_grid(int k) { return pow((double)k / ORR_NODES_GRID, 1.5); }

void orr_nodes_scales(const struct orr_nodes *x, size_t start, size_t window, double *last, double *scale, double *unit)
{
    const size_t n = x->n, recent = (window * 2 + 4) / 5;
    const double *end = x->x + (start + window - 1) * n;
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = window - recent; k < window; k++) {
            const double d = x->x[(start + k) * n + i] - end[i];
            sum += d * d;
        }
        last[i] = end[i];
        scale[i] = sum / (double)recent;
        all += scale[i] / (double)n;
    }
    /* Half the network's: a node that stands still in the window may move later. */
    for (size_t i = 0; i < n; i++) scale[i] = sqrt(0.5 * scale[i] + 0.5 * all) + 1e-9 * (1 + fabs(end[i]));
    *unit = sqrt(all) + 1e-9;
}

bool orr_nodes_batch_alloc(struct orr_nodes_batch *b, size_t batch, size_t n, const struct orr_nodes_options *o,
                           bool targets)
{
    *b = (struct orr_nodes_batch){.batch = batch, .n = n};
    b->features = orr_alloc(batch * n, (o->window + ORR_NODES_EXTRA) * sizeof *b->features);
    b->last = orr_alloc(batch * n, sizeof *b->last);
    b->scale = orr_alloc(batch * n, sizeof *b->scale);
    b->unit = orr_alloc(batch, sizeof *b->unit);
    b->graph = orr_alloc(batch, sizeof *b->graph);
    if (targets) b->target = orr_alloc(batch * n, 2 * ORR_NODES_GRID * sizeof *b->target);
    if (b->target) b->weight = b->target + batch * n * ORR_NODES_GRID;
    if (b->features && b->last && b->scale && b->unit && b->graph && (b->target || !targets)) return true;
    orr_nodes_batch_free(b);
    return false;
}

void orr_nodes_batch_free(struct orr_nodes_batch *b)
{
    free(b->features);
    free(b->last);
    free(b->scale);
    free(b->unit);
    free(b->target);
    free(b->graph);
    *b = (struct orr_nodes_batch){0};
}

/* The window's states, with noise on them; the caller frees. */
static double *jittered(const struct orr_nodes *x, size_t start, size_t window, double jitter, struct orr_rng *rng)
{
    const size_t count = window * x->n;
    const double *from = x->x + start * x->n;
    double *out = orr_xmalloc(count * sizeof *out), sum = 0, square = 0;
    memcpy(out, from, count * sizeof *out);
    if (!rng || !(jitter > 0)) return out;
    for (size_t k = 0; k < count; k++) sum += from[k] / (double)count;
    for (size_t k = 0; k < count; k++) square += (from[k] - sum) * (from[k] - sum) / (double)count;
    const double sigma = jitter * sqrt(square);
    for (size_t k = 0; k < count; k++) out[k] += sigma * orr_rng_normal(rng);
    return out;
}

/* How noisy a window is, on a scale from 0 to about 2: third differences of all nodes against the unit. Smooth states leave
 * next to none. */
static double roughness(const struct orr_nodes *x, double unit)
{
    const size_t n = x->n;
    double sum = 0;
    for (size_t k = x->points / 2; k + 3 < x->points; k++)
        for (size_t i = 0; i < n; i++) {
            const double *p = x->x + k * n + i, d = p[3 * n] - 3 * p[2 * n] + 3 * p[n] - p[0];
            sum += d * d;
        }
    const double count =
        (double)(n * (x->points - x->points / 2)) * 20; /* 20: variance of the difference of white noise */
    return 0.5 * log10(1 + 1e4 * sqrt(sum / count) / unit);
}

static void set_targets(const struct orr_nodes *x, size_t start, const struct orr_nodes_options *o, const double *last,
                        const double *scale, double unit, size_t at, struct orr_nodes_batch *b)
{
    const size_t n = x->n;
    for (int k = 0; k < ORR_NODES_GRID; k++) {
        const double place = orr_nodes_grid(k + 1) * (double)o->ahead;
        const size_t lower = (size_t)place < o->ahead ? (size_t)place : o->ahead - 1;
        const double s = place - (double)lower, *from = x->x + (start + o->window - 1 + lower) * n;
        float *target = b->target + (at * ORR_NODES_GRID + (size_t)k) * n, *weight = b->weight + (target - b->target);
        if (start + o->window + lower >= x->points) { /* after the end: counts nothing */
            memset(target, 0, n * sizeof *target);
            memset(weight, 0, n * sizeof *weight);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            target[i] = (float)((from[i] + s * (from[n + i] - from[i]) - last[i]) / scale[i]);
            weight[i] = (float)(scale[i] / unit);
        }
    }
}

void orr_nodes_scale(const struct orr_nodes *x, size_t start, const struct orr_nodes_options *o, double jitter,
                     struct orr_rng *rng, size_t at, struct orr_nodes_batch *b)
{
    const size_t n = x->n, w = o->window, width = w + ORR_NODES_EXTRA;
    double *seen = jittered(x, start, w, jitter, rng), *last = orr_xmalloc(2 * n * sizeof *last), *scale = last + n,
           unit;
    const struct orr_nodes window = {.n = n, .points = w, .x = seen};
    orr_nodes_scales(&window, 0, w, last, scale, &unit);
    b->unit[at] = (float)unit;
    const double rough = roughness(&window, unit);
    for (size_t i = 0; i < n; i++) {
        float *f = b->features + (at * n + i) * width;
        for (size_t k = 0; k < w; k++) f[k] = (float)asinh((seen[k * n + i] - last[i]) / scale[i]);
        f[w] = (float)asinh(last[i]);
        f[w + 1] = (float)log(scale[i] / unit);
        f[w + 2] = (float)(0.5 * asinh(last[i] / unit));
        f[w + 3] = (float)rough;
        b->last[at * n + i] = (float)last[i];
        b->scale[at * n + i] = (float)scale[i];
    }
    if (b->target) set_targets(x, start, o, last, scale, unit, at, b);
    free(last);
    free(seen);
}
