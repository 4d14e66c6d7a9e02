/* Trivial detectors, so that the scores of learned ones can be read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_detect.h"
#include "base/mem.h"

enum { SIDE = 64 /* cells that regions are found in */, LEAST_CELLS = 6 };
#define CONTRAST 28.0 /* distance in colour from the border's */

/* ---- learning: frequencies, mean boxes, mean colours of the middle of boxes ---- */

static void mean_colour(const struct orr_image *i, const struct orr_box *b, double out[3])
{
    const float w = b->x1 - b->x0, h = b->y1 - b->y0;
    const int x0 = (int)(b->x0 + w / 4), x1 = (int)(b->x1 - w / 4), y0 = (int)(b->y0 + h / 4),
              y1 = (int)(b->y1 - h / 4);
    double n = 0;
    memset(out, 0, 3 * sizeof *out);
    for (int y = y0; y <= y1 && y < i->height; y++)
        for (int x = x0; x <= x1 && x < i->width; x++, n++)
            for (int c = 0; c < 3; c++) out[c] += i->rgb[3 * ((size_t)y * (size_t)i->width + (size_t)x) + (size_t)c];
    for (int c = 0; c < 3 && n > 0; c++) out[c] /= n;
}

void orr_detect_baseline_learn(const struct orr_detect_data *d, struct orr_detect_baseline *out)
{
    double total = 0;
    *out = (struct orr_detect_baseline){.classes = d->classes};
    for (size_t i = 0; i < d->set.n; i++) {
        const struct orr_detect_image *at = &d->set.images[i];
        for (size_t k = 0; k < at->n_labels; k++, total++) {
            const struct orr_label *l = &at->labels[k];
            double colour[3];
            mean_colour(&at->image, &l->box, colour);
            out->frequency[l->class]++;
            out->box[l->class][0] += (double)(l->box.x1 - l->box.x0) / at->image.width;
            out->box[l->class][1] += (double)(l->box.y1 - l->box.y0) / at->image.height;
            for (int c = 0; c < 3; c++) out->colour[l->class][c] += colour[c];
        }
    }
    for (int k = 0; k < d->classes; k++) {
        const double n = out->frequency[k];
        for (int c = 0; c < 3 && n > 0; c++) out->colour[k][c] /= n;
        for (int c = 0; c < 2 && n > 0; c++) out->box[k][c] /= n;
        out->frequency[k] = total > 0 ? n / total : 0;
    }
}

static int by_confidence(const void *a, const void *b)
{
    const struct orr_detection *x = a, *y = b;
    return x->confidence != y->confidence ? (x->confidence < y->confidence ? 1 : -1)
                                          : (x->class > y->class) - (x->class < y->class);
}

size_t orr_detect_prior(const struct orr_detect_baseline *b, const struct orr_image *image, struct orr_detection *out,
                        size_t most)
{
    size_t n = 0;
    for (int k = 0; k < b->classes && n < most; k++) {
        const double w = b->box[k][0] * image->width, h = b->box[k][1] * image->height;
        if (!(b->frequency[k] > 0)) continue;
        out[n++] = (struct orr_detection){{(float)((image->width - w) / 2), (float)((image->height - h) / 2),
                                           (float)((image->width + w) / 2), (float)((image->height + h) / 2)},
                                          (float)b->frequency[k],
                                          k};
    }
    qsort(out, n, sizeof *out, by_confidence);
    return n;
}

/* ---- regions ---- */

static int by_value(const void *a, const void *b) { return *(const unsigned char *)a - *(const unsigned char *)b; }

/* The median colour of the border of the small picture. */
static void ground_colour(const struct orr_image *s, double out[3])
{
    unsigned char v[4 * SIDE];
    for (size_t c = 0; c < 3; c++) {
        size_t n = 0;
        for (size_t i = 0; i < SIDE; i++) {
            v[n++] = s->rgb[3 * i + c];
            v[n++] = s->rgb[3 * (SIDE * (SIDE - 1) + i) + c];
            v[n++] = s->rgb[3 * (SIDE * i) + c];
            v[n++] = s->rgb[3 * (SIDE * i + SIDE - 1) + c];
        }
        qsort(v, n, 1, by_value);
        out[c] = v[n / 2];
    }
}

static double distance(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

struct region {
    int x0, y0, x1, y1, cells;
    double colour[3], contrast; /* sums */
};

/* The region around a marked cell, which is unmarked: neighbours by sides, from a stack. */
static struct region grow(const struct orr_image *s, const double ground[3], unsigned char *marked, int start)
{
    static const int steps[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    int stack[SIDE * SIDE], n = 0;
    struct region r = {.x0 = SIDE, .y0 = SIDE};
    stack[n++] = start;
    marked[start] = 0;
    while (n > 0) {
        const int at = stack[--n], x = at % SIDE, y = at / SIDE;
        const double here[3] = {s->rgb[3 * at], s->rgb[3 * at + 1], s->rgb[3 * at + 2]};
        r.x0 = x < r.x0 ? x : r.x0;
        r.y0 = y < r.y0 ? y : r.y0;
        r.x1 = x + 1 > r.x1 ? x + 1 : r.x1;
        r.y1 = y + 1 > r.y1 ? y + 1 : r.y1;
        r.cells++;
        r.contrast += distance(here, ground);
        for (int c = 0; c < 3; c++) r.colour[c] += here[c];
        for (int k = 0; k < 4; k++) {
            const int u = x + steps[k][0], v = y + steps[k][1];
            if (u < 0 || v < 0 || u >= SIDE || v >= SIDE || !marked[v * SIDE + u]) continue;
            marked[v * SIDE + u] = 0;
            stack[n++] = v * SIDE + u;
        }
    }
    return r;
}

size_t orr_detect_blob(const struct orr_detect_baseline *b, const struct orr_image *image, struct orr_detection *out,
                       size_t most)
{
    struct orr_image s = {0};
    unsigned char marked[SIDE * SIDE];
    double ground[3];
    size_t n = 0;
    if (!orr_image_init(&s, SIDE, SIDE) || !orr_image_resize(image, &s, ORR_RESAMPLE_BILINEAR)) {
        orr_image_free(&s);
        return 0;
    }
    ground_colour(&s, ground);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double here[3] = {s.rgb[3 * i], s.rgb[3 * i + 1], s.rgb[3 * i + 2]};
        marked[i] = distance(here, ground) > CONTRAST;
    }
    for (int i = 0; i < SIDE * SIDE && n < most; i++) {
        if (!marked[i]) continue;
        const struct region r = grow(&s, ground, marked, i);
        if (r.cells < LEAST_CELLS) continue;
        const double colour[3] = {r.colour[0] / r.cells, r.colour[1] / r.cells, r.colour[2] / r.cells};
        int best = 0;
        for (int k = 1; k < b->classes; k++)
            if (distance(colour, b->colour[k]) < distance(colour, b->colour[best])) best = k;
        const float sx = (float)image->width / SIDE, sy = (float)image->height / SIDE;
        out[n++] = (struct orr_detection){{(float)r.x0 * sx, (float)r.y0 * sy, (float)r.x1 * sx, (float)r.y1 * sy},
                                          (float)fmin(r.contrast / r.cells / 255, 1),
                                          best};
    }
    orr_image_free(&s);
    qsort(out, n, sizeof *out, by_confidence);
    return n;
}
