/* Sets of pictures, and what is done to them on their way into a batch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/detect/data.h"
#include "num/kernel.h"

#define GREY 114

/* ---- sets ---- */

void orr_detect_image_free(struct orr_detect_image *i)
{
    orr_image_free(&i->image);
    free(i->labels);
    *i = (struct orr_detect_image){0};
}

void orr_detect_set_free(struct orr_detect_set *s)
{
    for (size_t i = 0; i < s->n; i++) orr_detect_image_free(&s->images[i]);
    free(s->images);
    *s = (struct orr_detect_set){0};
}

static bool shrink(struct orr_detect_image *i, int size)
{
    const int longer = i->image.width > i->image.height ? i->image.width : i->image.height;
    struct orr_image small = {0};
    if (longer <= size) return true;
    const int w = (int)lrint((double)i->image.width * size / longer),
              h = (int)lrint((double)i->image.height * size / longer);
    if (!orr_image_init(&small, w > 1 ? w : 1, h > 1 ? h : 1)) return false;
    if (!orr_image_resize(&i->image, &small, ORR_RESAMPLE_BILINEAR)) {
        orr_image_free(&small);
        return false;
    }
    const float sx = (float)small.width / (float)i->image.width, sy = (float)small.height / (float)i->image.height;
    for (size_t k = 0; k < i->n_labels; k++) {
        struct orr_box *b = &i->labels[k].box;
        *b = (struct orr_box){b->x0 * sx, b->y0 * sy, b->x1 * sx, b->y1 * sy};
    }
    orr_image_free(&i->image);
    i->image = small;
    return true;
}

bool orr_detect_set_add(struct orr_detect_set *s, struct orr_detect_image *i, int size)
{
    if (!shrink(i, size)) {
        orr_detect_image_free(i);
        return false;
    }
    if (s->n == s->cap) {
        s->cap = 2 * s->cap + 64;
        s->images = orr_xrealloc(s->images, s->cap, sizeof *s->images);
    }
    s->images[s->n++] = *i;
    *i = (struct orr_detect_image){0};
    return true;
}

/* ---- geometry: the result's pixels look up theirs in up to four pictures on a canvas ---- */

struct orr_augment orr_augment_defaults(void)
{
    return (struct orr_augment){
        .mosaic = 1, .hue = .015, .saturation = .7, .value = .4, .scale = .5, .translate = .1, .flip = .5};
}
struct orr_augment orr_augment_none(void) { return (struct orr_augment){0}; }

/* A picture of which canvas rectangle [x0, x1) x [y0, y1) shows a part: its own pixel (0, 0) lies at (ox, oy), one of
 * its pixels is `scale`
 * wide. */
struct tile {
    const struct orr_detect_image *from;
    double x0, y0, x1, y1, ox, oy, scale;
};
struct view {
    struct tile tile[4];
    int tiles;
    double scale, dx, dy; /* canvas = (result - d) / scale */
    bool mirror;
};

static double uniform(struct orr_rng *rng, double lo, double hi) { return lo + (hi - lo) * orr_rng_uniform(rng); }

static double fit_scale(const struct orr_image *i, int size)
{
    return (double)size / (i->width > i->height ? i->width : i->height);
}

/* Four pictures that meet at a point of a canvas twice as wide. */
static void lay_mosaic(struct view *v, const struct orr_detect_set *s, size_t index, int size, struct orr_rng *rng)
{
    const double cx = uniform(rng, .5 * size, 1.5 * size), cy = uniform(rng, .5 * size, 1.5 * size);
    v->tiles = 4;
    for (int k = 0; k < 4; k++) {
        const struct orr_detect_image *from = &s->images[k == 0 ? index : (size_t)orr_rng_below(rng, s->n)];
        struct tile *t = &v->tile[k];
        const double scale = fit_scale(&from->image, size), w = from->image.width * scale,
                     h = from->image.height * scale;
        const bool left = k % 2 == 0, top = k < 2;
        *t = (struct tile){.from = from, .scale = scale, .ox = left ? cx - w : cx, .oy = top ? cy - h : cy};
        t->x0 = fmax(t->ox, left ? 0 : cx);
        t->y0 = fmax(t->oy, top ? 0 : cy);
        t->x1 = fmin(t->ox + w, left ? cx : 2 * size);
        t->y1 = fmin(t->oy + h, top ? cy : 2 * size);
    }
}

static void lay_single(struct view *v, const struct orr_detect_image *from, int size)
{
    const double scale = fit_scale(&from->image, size), w = from->image.width * scale, h = from->image.height * scale;
    const double ox = (size - w) / 2, oy = (size - h) / 2;
    v->tiles = 1;
    v->tile[0] = (struct tile){from, ox, oy, ox + w, oy + h, ox, oy, scale};
}

static struct view lay(const struct orr_detect_set *s, size_t index, int size, const struct orr_augment *a,
                       struct orr_rng *rng)
{
    struct view v = {.scale = 1};
    const bool mosaic = orr_rng_uniform(rng) < a->mosaic;
    if (mosaic)
        lay_mosaic(&v, s, index, size, rng);
    else
        lay_single(&v, &s->images[index], size);
    const double middle =
        mosaic ? size : size / 2.0; /* of the canvas; it comes to the middle of the result, give or take */
    v.scale = uniform(rng, 1 - a->scale, 1 + a->scale);
    v.dx = size * uniform(rng, .5 - a->translate, .5 + a->translate) - middle * v.scale;
    v.dy = size * uniform(rng, .5 - a->translate, .5 + a->translate) - middle * v.scale;
    v.mirror = orr_rng_uniform(rng) < a->flip;
    return v;
}

/* Bilinear between pixel centres; beyond the picture's border its last pixels go on. */
static void sample(const struct orr_image *i, double x, double y, float out[3])
{
    const double cx = fmin(fmax(x - .5, 0), i->width - 1), cy = fmin(fmax(y - .5, 0), i->height - 1);
    const int x0 = (int)cx, y0 = (int)cy, x1 = x0 + 1 < i->width ? x0 + 1 : x0, y1 = y0 + 1 < i->height ? y0 + 1 : y0;
    const float fx = (float)(cx - x0), fy = (float)(cy - y0);
    const unsigned char *a = i->rgb + 3 * ((size_t)y0 * (size_t)i->width),
                        *b = i->rgb + 3 * ((size_t)y1 * (size_t)i->width);
    for (int c = 0; c < 3; c++) {
        const float top = (float)a[3 * x0 + c] + fx * ((float)a[3 * x1 + c] - (float)a[3 * x0 + c]);
        const float bottom = (float)b[3 * x0 + c] + fx * ((float)b[3 * x1 + c] - (float)b[3 * x0 + c]);
        out[c] = top + fy * (bottom - top);
    }
}

static void draw(const struct view *v, int size, float *planes)
{
    const size_t plane = (size_t)size * (size_t)size;
    for (size_t i = 0; i < 3 * plane; i++) planes[i] = GREY / 255.f;
    for (int k = 0; k < v->tiles; k++) {
        const struct tile *t = &v->tile[k];
        /* pixels whose centres lie in the tile */
        const int y0 = (int)fmax(ceil(t->y0 * v->scale + v->dy - .5), 0),
                  y1 = (int)fmin(ceil(t->y1 * v->scale + v->dy - .5), size);
        const int x0 = (int)fmax(ceil(t->x0 * v->scale + v->dx - .5), 0),
                  x1 = (int)fmin(ceil(t->x1 * v->scale + v->dx - .5), size);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++) {
                float rgb[3];
                sample(&t->from->image, ((x + .5 - v->dx) / v->scale - t->ox) / t->scale,
                       ((y + .5 - v->dy) / v->scale - t->oy) / t->scale, rgb);
                const size_t at = (size_t)y * (size_t)size + (size_t)(v->mirror ? size - 1 - x : x);
                for (size_t c = 0; c < 3; c++) planes[c * plane + at] = rgb[c] / 255;
            }
    }
}

static size_t objects(const struct view *v, int size, int image, struct orr_target *out)
{
    size_t n = 0;
    for (int k = 0; k < v->tiles; k++) {
        const struct tile *t = &v->tile[k];
        const double s = t->scale * v->scale;
        for (size_t i = 0; i < t->from->n_labels && n < ORR_TARGETS_MAX; i++) {
            const struct orr_label *l = &t->from->labels[i];
            const double left = fmax(t->x0 * v->scale + v->dx, 0), right = fmin(t->x1 * v->scale + v->dx, size);
            const double top = fmax(t->y0 * v->scale + v->dy, 0), bottom = fmin(t->y1 * v->scale + v->dy, size);
            const double ox = t->ox * v->scale + v->dx, oy = t->oy * v->scale + v->dy;
            const double x0 = fmax((double)l->box.x0 * s + ox, left), x1 = fmin((double)l->box.x1 * s + ox, right);
            const double y0 = fmax((double)l->box.y0 * s + oy, top), y1 = fmin((double)l->box.y1 * s + oy, bottom);
            const double whole =
                ((double)l->box.x1 - (double)l->box.x0) * ((double)l->box.y1 - (double)l->box.y0) * s * s;
            if (x1 - x0 < 2 || y1 - y0 < 2 || (x1 - x0) * (y1 - y0) < .1 * whole) continue;
            const double cx = (x0 + x1) / 2;
            out[n++] =
                (struct orr_target){image, l->class, {v->mirror ? size - cx : cx, (y0 + y1) / 2, x1 - x0, y1 - y0}};
        }
    }
    return n;
}

/* ---- colours ---- */

struct recolour {
    float hue, turn;         /* times this, plus this in 0..6 sixths of the circle */
    float saturation, value; /* factors */
};

/* In the hexagonal model, where a colour is v (1 - s f(h)) per channel. */
ORR_KERNEL static void recolour(float *restrict r, float *restrict g, float *restrict b, size_t n, struct recolour by)
{
    for (size_t i = 0; i < n; i++) {
        const float x = r[i], y = g[i], z = b[i];
        const float top = x > y ? (x > z ? x : z) : (y > z ? y : z), low = x < y ? (x < z ? x : z) : (y < z ? y : z);
        const float range = top - low, scale = range > 1e-6f ? 1 / range : 0;
        float h = top == x ? (y - z) * scale : top == y ? 2 + (z - x) * scale : 4 + (x - y) * scale; /* 0..6 */
        h = (h < 0 ? h + 6 : h) * by.hue + by.turn;
        h = h >= 6 ? h - 6 : h;
        float s = top > 1e-6f ? range / top * by.saturation : 0, v = top * by.value;
        s = s > 1 ? 1 : s;
        v = v > 1 ? 1 : v;
        /* f(h) of a channel: 1 - clamp(|k - 3| - 1, 0, 1) with k = h turned so that the channel's own hue is at 3 */
        const float kr = h, kg = h + 4 >= 6 ? h - 2 : h + 4, kb = h + 2 >= 6 ? h - 4 : h + 2;
        float fr = fabsf(kr - 3) - 1, fg = fabsf(kg - 3) - 1, fb = fabsf(kb - 3) - 1;
        fr = fr < 0 ? 0 : fr > 1 ? 1 : fr;
        fg = fg < 0 ? 0 : fg > 1 ? 1 : fg;
        fb = fb < 0 ? 0 : fb > 1 ? 1 : fb;
        r[i] = v * (1 - s * (1 - fr));
        g[i] = v * (1 - s * (1 - fg));
        b[i] = v * (1 - s * (1 - fb));
    }
}

/* Each channel times a number of its own. */
static void light(float *planes, size_t plane, struct orr_rng *rng)
{
    for (size_t c = 0; c < 3; c++) {
        const float k = (float)exp(uniform(rng, -log(1.25), log(1.25)));
        for (float *p = planes + c * plane, *end = p + plane; p < end; p++) *p = fminf(*p * k, 1);
    }
}

size_t orr_augment_sample(const struct orr_detect_set *s, size_t index, int size, const struct orr_augment *a,
                          struct orr_rng *rng, int image, float *planes, struct orr_target *targets)
{
    const struct view v = lay(s, index, size, a, rng);
    const size_t plane = (size_t)size * (size_t)size;
    draw(&v, size, planes);
    if (a->hue > 0 || a->saturation > 0 || a->value > 0 || a->lamps > 0) {
        struct recolour by = {.hue = (float)uniform(rng, 1 - a->hue, 1 + a->hue)};
        by.saturation = (float)uniform(rng, 1 - a->saturation, 1 + a->saturation);
        by.value = (float)uniform(rng, 1 - a->value, 1 + a->value);
        const bool lamp = a->lamps > 0 && orr_rng_uniform(rng) < a->lamps;
        if (lamp) by.turn = (float)uniform(rng, 0, 6);
        recolour(planes, planes + plane, planes + 2 * plane, plane, by);
        if (lamp) light(planes, plane, rng);
    }
    return objects(&v, size, image, targets);
}
