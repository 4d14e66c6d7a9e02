/* k-means of box sides. The distance is 1 - IoU of boxes with one centre, so that small boxes count as much as large ones. */
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "methods/detect/data.h"

enum { K = ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS, ROUNDS = 100 };

struct sides {
    double w, h;
};

static double iou(const struct sides *a, const struct sides *b)
{
    const double inter = fmin(a->w, b->w) * fmin(a->h, b->h);
    return inter / (a->w * a->h + b->w * b->h - inter);
}

static int nearest(const struct sides *x, const struct sides *centre, double *best)
{
    int at = 0;
    *best = -1;
    for (int k = 0; k < K; k++) {
        const double i = iou(x, &centre[k]);
        if (i > *best) {
            *best = i;
            at = k;
        }
    }
    return at;
}

static double fitness(const struct sides *x, size_t n, const struct sides *centre)
{
    double sum = 0, best;
    for (size_t i = 0; i < n; i++) {
        nearest(&x[i], centre, &best);
        sum += best;
    }
    return sum / (double)n;
}

static int by_area(const void *a, const void *b)
{
    const struct sides *x = a, *y = b;
    return x->w * x->h < y->w * y->h ? -1 : x->w * x->h > y->w * y->h;
}

/* Centres start at boxes that are drawn with a chance that grows with their distance to those there are (k-means++). */
static void start(const struct sides *x, size_t n, struct sides *centre, struct orr_rng *rng)
{
    double *distance = orr_xcalloc(n, sizeof *distance);
    centre[0] = x[orr_rng_below(rng, n)];
    for (size_t i = 0; i < n; i++) distance[i] = 1 - iou(&x[i], &centre[0]);
    for (int k = 1; k < K; k++) {
        double total = 0;
        for (size_t i = 0; i < n; i++) total += distance[i] * distance[i];
        double left = orr_rng_uniform(rng) * total;
        size_t at = 0;
        while (at + 1 < n && (left -= distance[at] * distance[at]) > 0) at++;
        centre[k] = x[at];
        for (size_t i = 0; i < n; i++) distance[i] = fmin(distance[i], 1 - iou(&x[i], &centre[k]));
    }
    free(distance);
}

static bool move(const struct sides *x, size_t n, struct sides *centre)
{
    struct sides sum[K] = {{0}};
    size_t count[K] = {0};
    bool moved = false;
    double best;
    for (size_t i = 0; i < n; i++) {
        const int k = nearest(&x[i], centre, &best);
        sum[k].w += x[i].w;
        sum[k].h += x[i].h;
        count[k]++;
    }
    for (int k = 0; k < K; k++) {
        if (!count[k]) continue;
        const struct sides c = {sum[k].w / (double)count[k], sum[k].h / (double)count[k]};
        moved |= fabs(c.w - centre[k].w) + fabs(c.h - centre[k].h) > 1e-9;
        centre[k] = c;
    }
    return moved;
}

bool orr_yolo_fit_anchors(struct orr_yolo *y, const struct orr_detect_set *s, int size, uint64_t seed, double *before,
                          double *after)
{
    ORR_VEC(struct sides) x = {0};
    struct sides centre[K], old[K];
    struct orr_rng rng;
    for (size_t i = 0; i < s->n; i++) {
        const struct orr_detect_image *from = &s->images[i];
        const double scale =
            (double)size / (from->image.width > from->image.height ? from->image.width : from->image.height);
        for (size_t k = 0; k < from->n_labels; k++) {
            const struct orr_box *b = &from->labels[k].box;
            const struct sides side = {((double)b->x1 - (double)b->x0) * scale,
                                       ((double)b->y1 - (double)b->y0) * scale};
            if (side.w >= 2 && side.h >= 2) ORR_VEC_PUSH(&x, side);
        }
    }
    if (x.len < K) {
        free(x.data);
        return false;
    }
    orr_rng_seed(&rng, seed, 7);
    start(x.data, x.len, centre, &rng);
    for (int r = 0; r < ROUNDS && move(x.data, x.len, centre); r++) {
    }
    qsort(centre, K, sizeof *centre, by_area);
    for (int k = 0; k < K; k++) {
        double *a = y->anchor[k / ORR_YOLO_ANCHORS][k % ORR_YOLO_ANCHORS];
        old[k] = (struct sides){a[0], a[1]};
        a[0] = centre[k].w;
        a[1] = centre[k].h;
    }
    if (before) *before = fitness(x.data, x.len, old);
    if (after) *after = fitness(x.data, x.len, centre);
    free(x.data);
    return true;
}
