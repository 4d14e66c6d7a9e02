/* Changing sizes. A pixel of the result is a weighted mean of those under a filter centred on it: first along rows, then along
 * columns, each rounded to 8 bits, with weights in fixed point, so that results are the same everywhere. */
#include "image/image.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    FRACTION = 22 /* bits of a weight: 8 of a value, 2 for overshoot of bicubic weights, 32 in all */,
    LETTERBOX = 114
};

/* ---- filters ---- */

static double bilinear(double x) { return fabs(x) < 1 ? 1 - fabs(x) : 0; }

/* Keys, 1981, with a = -1/2. */
static double bicubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/* For each of n places of the result: its first source pixel, how many there are, and their weights. */
struct taps {
    int n, width;
    int *first, *count; /* [n] */
    int32_t *weight;    /* [n][width] */
};

static void taps_free(struct taps *t)
{
    free(t->first);
    free(t->count);
    free(t->weight);
}

static bool taps_init(struct taps *t, int from, int to, double (*filter)(double), double support)
{
    const double scale = (double)from / to, wide = scale > 1 ? scale : 1, reach = support * wide;
    *t = (struct taps){.n = to, .width = (int)ceil(reach) * 2 + 1};
    t->first = orr_alloc((size_t)to, sizeof *t->first);
    t->count = orr_alloc((size_t)to, sizeof *t->count);
    t->weight = orr_alloc((size_t)to * (size_t)t->width, sizeof *t->weight);
    double *w = orr_alloc((size_t)t->width, sizeof *w);
    const bool have = t->first && t->count && t->weight && w;
    for (int i = 0; have && i < to; i++) {
        const double centre = (i + 0.5) * scale;
        int begin = (int)(centre - reach + 0.5), end = (int)(centre + reach + 0.5);
        if (begin < 0) begin = 0;
        if (end > from) end = from;
        double sum = 0;
        for (int k = begin; k < end; k++) sum += w[k - begin] = filter((k - centre + 0.5) / wide);
        for (int k = 0; k < end - begin; k++)
            t->weight[(size_t)i * (size_t)t->width + (size_t)k] =
                (int32_t)lround((sum != 0 ? w[k] / sum : w[k]) * (1 << FRACTION));
        t->first[i] = begin;
        t->count[i] = end - begin;
    }
    free(w);
    if (!have) taps_free(t);
    return have;
}

static unsigned char rounded(int32_t sum)
{
    const int32_t v = sum >> FRACTION;
    return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* from: [height][from_width][3] -> to: [height][t->n][3] */
static void along_rows(const unsigned char *from, size_t from_width, int height, const struct taps *t,
                       unsigned char *to)
{
    for (int y = 0; y < height; y++, from += 3 * from_width)
        for (int x = 0; x < t->n; x++, to += 3) {
            const unsigned char *p = from + 3 * (size_t)t->first[x];
            const int32_t *w = t->weight + (size_t)x * (size_t)t->width, half = 1 << (FRACTION - 1);
            int32_t r = half, g = half, b = half;
            for (int k = 0; k < t->count[x]; k++, p += 3) {
                r += w[k] * p[0];
                g += w[k] * p[1];
                b += w[k] * p[2];
            }
            to[0] = rounded(r);
            to[1] = rounded(g);
            to[2] = rounded(b);
        }
}

/* from: rows of `row` bytes -> to: [t->n][row]; sums: [row] */
static void along_columns(const unsigned char *from, size_t row, const struct taps *t, int32_t *sums, unsigned char *to)
{
    for (int y = 0; y < t->n; y++, to += row) {
        for (size_t i = 0; i < row; i++) sums[i] = 1 << (FRACTION - 1);
        for (int k = 0; k < t->count[y]; k++) {
            const int32_t w = t->weight[(size_t)y * (size_t)t->width + (size_t)k];
            const unsigned char *p = from + (size_t)(t->first[y] + k) * row;
            for (size_t i = 0; i < row; i++) sums[i] += w * p[i];
        }
        for (size_t i = 0; i < row; i++) to[i] = rounded(sums[i]);
    }
}

static void nearest(const struct orr_image *in, struct orr_image *out)
{
    for (int y = 0; y < out->height; y++) {
        const int fy = (int)((y + 0.5) * ((double)in->height / out->height));
        const unsigned char *row = in->rgb + 3 * (size_t)fy * (size_t)in->width;
        unsigned char *to = out->rgb + 3 * (size_t)y * (size_t)out->width;
        for (int x = 0; x < out->width; x++, to += 3)
            memcpy(to, row + 3 * (size_t)((x + 0.5) * ((double)in->width / out->width)), 3);
    }
}

bool orr_image_resize(const struct orr_image *in, struct orr_image *out, enum orr_resample how)
{
    const bool rows = in->width != out->width, columns = in->height != out->height;
    if (how == ORR_RESAMPLE_NEAREST) return nearest(in, out), true;
    if (!rows && !columns) {
        memcpy(out->rgb, in->rgb, 3 * (size_t)in->width * (size_t)in->height);
        return true;
    }
    double (*const filter)(double) = how == ORR_RESAMPLE_BILINEAR ? bilinear : bicubic;
    const double support = how == ORR_RESAMPLE_BILINEAR ? 1 : 2;
    const size_t row = 3 * (size_t)out->width;
    struct taps across = {0}, down = {0};
    unsigned char *between = NULL; /* [in height][out width][3] */
    int32_t *sums = NULL;
    bool done = false;
    if (rows && !taps_init(&across, in->width, out->width, filter, support)) goto out;
    if (columns && !taps_init(&down, in->height, out->height, filter, support)) goto out;
    if (rows && columns && !(between = orr_alloc((size_t)in->height, row))) goto out;
    if (columns && !(sums = orr_alloc(row, sizeof *sums))) goto out;
    if (rows) along_rows(in->rgb, (size_t)in->width, in->height, &across, columns ? between : out->rgb);
    if (columns) along_columns(rows ? between : in->rgb, row, &down, sums, out->rgb);
    done = true;
out:
    taps_free(&across);
    taps_free(&down);
    free(between);
    free(sums);
    return done;
}

bool orr_image_letterbox(const struct orr_image *in, struct orr_image *out, struct orr_letterbox *map)
{
    const double scale = fmin((double)out->width / in->width, (double)out->height / in->height);
    const int w = (int)fmax(1, fmin(out->width, rint(in->width * scale))),
              h = (int)fmax(1, fmin(out->height, rint(in->height * scale)));
    /* Half of the rest before it; a single pixel left over goes behind it. */
    const int dx = (out->width - w) / 2, dy = (out->height - h) / 2;
    struct orr_image fitted;
    bool done = false;
    if (orr_image_init(&fitted, w, h) && orr_image_resize(in, &fitted, ORR_RESAMPLE_BILINEAR)) {
        memset(out->rgb, LETTERBOX, 3 * (size_t)out->width * (size_t)out->height);
        for (int y = 0; y < h; y++)
            memcpy(out->rgb + 3 * ((size_t)(y + dy) * (size_t)out->width + (size_t)dx),
                   fitted.rgb + 3 * (size_t)y * (size_t)w, 3 * (size_t)w);
        *map = (struct orr_letterbox){(float)scale, (float)dx, (float)dy};
        done = true;
    }
    orr_image_free(&fitted);
    return done;
}
