#include "image/draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static float *plane(int width, int height, size_t numbers)
{
    if (width < 1 || height < 1 || width > ORR_MAX_SIDE || height > ORR_MAX_SIDE) return NULL;
    const size_t n = (size_t)width * (size_t)height * numbers;
    float *p = orr_alloc(n, sizeof *p);
    if (p) memset(p, 0, n * sizeof *p);
    return p;
}

bool orr_picture_init(struct orr_picture *c, int width, int height)
{
    *c = (struct orr_picture){width, height, plane(width, height, 3)};
    return c->rgb != NULL;
}

bool orr_mask_init(struct orr_mask *m, int width, int height)
{
    *m = (struct orr_mask){width, height, plane(width, height, 1)};
    return m->a != NULL;
}

void orr_picture_free(struct orr_picture *c)
{
    free(c->rgb);
    *c = (struct orr_picture){0};
}

void orr_mask_free(struct orr_mask *m)
{
    free(m->a);
    *m = (struct orr_mask){0};
}

static size_t pixels(int width, int height) { return (size_t)width * (size_t)height; }

/* ---- colours ---- */

struct orr_rgb orr_rgb_hsv(double hue, double saturation, double value)
{
    const double h = 6 * (hue - floor(hue));
    float v[3];
    for (int k = 0; k < 3; k++) { /* each channel is a trapezium of the hue, a third of a turn apart */
        const double d = fmod(h + (k == 0 ? 5 : k == 1 ? 3 : 1), 6);
        v[k] = (float)(value - value * saturation * fmax(0, fmin(fmin(d, 4 - d), 1)));
    }
    return (struct orr_rgb){v[0], v[1], v[2]};
}

struct orr_rgb orr_rgb_mix(struct orr_rgb a, struct orr_rgb b, double t)
{
    const float s = (float)t;
    return (struct orr_rgb){a.r + s * (b.r - a.r), a.g + s * (b.g - a.g), a.b + s * (b.b - a.b)};
}

/* ---- paint ---- */

static struct orr_rgb colour_at(const struct orr_paint *p, double x, double y)
{
    const double dx = p->b.x - p->a.x, dy = p->b.y - p->a.y, length = dx * dx + dy * dy;
    double t = 0;
    switch (p->kind) {
    case ORR_PAINT_SOLID: return p->from;
    case ORR_PAINT_FUNCTION: return p->at(p->ctx, x, y);
    case ORR_PAINT_LINEAR: t = length > 0 ? ((x - p->a.x) * dx + (y - p->a.y) * dy) / length : 0; break;
    case ORR_PAINT_RADIAL: t = length > 0 ? hypot(x - p->a.x, y - p->a.y) / sqrt(length) : 1; break;
    }
    return orr_rgb_mix(p->from, p->to, t < 0 ? 0 : t > 1 ? 1 : t);
}

static struct orr_rgb pixel_colour(const struct orr_paint *p, int x, int y)
{
    const int n = p->kind == ORR_PAINT_FUNCTION && p->samples > 1 ? p->samples : 1;
    struct orr_rgb sum = {0};
    for (int k = 0; k < n * n; k++) {
        const struct orr_rgb v = colour_at(p, x + (k % n + 0.5) / n, y + (k / n + 0.5) / n);
        sum.r += v.r;
        sum.g += v.g;
        sum.b += v.b;
    }
    const float scale = 1 / (float)(n * n);
    return (struct orr_rgb){sum.r * scale, sum.g * scale, sum.b * scale};
}

void orr_picture_paint(struct orr_picture *c, const struct orr_mask *m, const struct orr_paint *p)
{
    assert(!m || (m->width == c->width && m->height == c->height));
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            const size_t i = (size_t)y * (size_t)c->width + (size_t)x;
            const float a = (m ? m->a[i] : 1) * (float)(1 - p->transparency);
            if (a <= 0) continue;
            const struct orr_rgb s = p->kind == ORR_PAINT_SOLID ? p->from : pixel_colour(p, x, y);
            const float v[3] = {s.r, s.g, s.b};
            for (size_t k = 0; k < 3; k++) {
                float *d = c->rgb + 3 * i + k;
                switch (p->mix) {
                case ORR_MIX_OVER: *d += a * (v[k] - *d); break;
                case ORR_MIX_MULTIPLY: *d *= 1 + a * (v[k] - 1); break;
                case ORR_MIX_ADD: *d += a * v[k]; break;
                }
            }
        }
}

/* ---- blur ---- */

enum { MAX_REACH = 256 };

/* to[i] = weighted mean of here[i] and of its neighbours, of which k = 1..reach are at here[i -+ k step]. */
static void weigh(const float *here, size_t n, size_t step, const float *weight, int reach, float *to)
{
    for (size_t i = 0; i < n; i++) to[i] = weight[0] * here[i];
    for (int k = 1; k <= reach; k++) {
        const float *before = here - (size_t)k * step, *after = here + (size_t)k * step;
        for (size_t i = 0; i < n; i++) to[i] += weight[k] * (before[i] + after[i]);
    }
}

/* Both passes read lines from a copy whose borders are repeated `reach` times: no neighbour needs a test. */
static void blur(float *p, int width, int height, size_t channels, double sigma)
{
    if (!(sigma > 0)) return;
    const int reach = sigma * 3 < MAX_REACH ? (int)ceil(sigma * 3) : MAX_REACH;
    float weight[MAX_REACH + 1], total = 0;
    for (int k = 0; k <= reach; k++) total += (k ? 2 : 1) * (weight[k] = (float)exp(-0.5 * k * k / (sigma * sigma)));
    for (int k = 0; k <= reach; k++) weight[k] /= total;
    const size_t row = (size_t)width * channels, pad = (size_t)reach * channels;
    float *line = orr_xmalloc((row + 2 * pad) * sizeof *line);
    float *copy = orr_xmalloc(((size_t)height + 2 * (size_t)reach) * row * sizeof *copy);
    for (int y = 0; y < height; y++) {
        const float *here = p + (size_t)y * row;
        memcpy(line + pad, here, row * sizeof *line);
        for (size_t i = 0; i < pad; i++) {
            line[i] = here[i % channels];
            line[pad + row + i] = here[row - channels + i % channels];
        }
        weigh(line + pad, row, channels, weight, reach, copy + ((size_t)reach + (size_t)y) * row);
    }
    for (int k = 0; k < reach; k++) {
        memcpy(copy + (size_t)k * row, copy + (size_t)reach * row, row * sizeof *copy);
        memcpy(copy + (size_t)(reach + height + k) * row, copy + (size_t)(reach + height - 1) * row, row * sizeof *copy);
    }
    for (int y = 0; y < height; y++)
        weigh(copy + ((size_t)reach + (size_t)y) * row, row, row, weight, reach, p + (size_t)y * row);
    free(line);
    free(copy);
}

void orr_picture_blur(struct orr_picture *c, double sigma) { blur(c->rgb, c->width, c->height, 3, sigma); }
void orr_mask_blur(struct orr_mask *m, double sigma) { blur(m->a, m->width, m->height, 1, sigma); }

void orr_picture_expose(struct orr_picture *c, double contrast, double brightness, double grain, struct orr_rng *rng)
{
    for (size_t i = 0, n = 3 * pixels(c->width, c->height); i < n; i++) {
        const double noise = rng && grain > 0 ? grain * orr_rng_normal(rng) : 0;
        c->rgb[i] = (float)(((double)c->rgb[i] - 0.5) * contrast + 0.5 + brightness + noise);
    }
}

/* ---- masks ---- */

void orr_mask_clear(struct orr_mask *m) { memset(m->a, 0, pixels(m->width, m->height) * sizeof *m->a); }

void orr_mask_copy(struct orr_mask *to, const struct orr_mask *from)
{
    assert(to->width == from->width && to->height == from->height);
    memcpy(to->a, from->a, pixels(to->width, to->height) * sizeof *to->a);
}

void orr_mask_shift(struct orr_mask *m, int dx, int dy)
{
    for (int j = 0; j < m->height; j++) { /* against the direction of the shift: nothing is read after it was written */
        const int y = dy > 0 ? m->height - 1 - j : j;
        for (int i = 0; i < m->width; i++) {
            const int x = dx > 0 ? m->width - 1 - i : i, fx = x - dx, fy = y - dy;
            const bool inside = fx >= 0 && fx < m->width && fy >= 0 && fy < m->height;
            m->a[(size_t)y * (size_t)m->width + (size_t)x] = inside ? m->a[(size_t)fy * (size_t)m->width + (size_t)fx] : 0;
        }
    }
}

void orr_mask_within(struct orr_mask *m, const struct orr_mask *other)
{
    assert(m->width == other->width && m->height == other->height);
    for (size_t i = 0; i < pixels(m->width, m->height); i++) m->a[i] *= other->a[i];
}

void orr_mask_without(struct orr_mask *m, const struct orr_mask *other)
{
    assert(m->width == other->width && m->height == other->height);
    for (size_t i = 0; i < pixels(m->width, m->height); i++) m->a[i] *= 1 - other->a[i];
}

double orr_mask_area(const struct orr_mask *m)
{
    double sum = 0;
    for (size_t i = 0; i < pixels(m->width, m->height); i++) sum += (double)m->a[i];
    return sum;
}

bool orr_mask_box(const struct orr_mask *m, float least, struct orr_pixel_box *box)
{
    *box = (struct orr_pixel_box){m->width, m->height, 0, 0};
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            if (m->a[(size_t)y * (size_t)m->width + (size_t)x] < least) continue;
            if (x < box->x0) box->x0 = x;
            if (y < box->y0) box->y0 = y;
            if (x >= box->x1) box->x1 = x + 1;
            if (y >= box->y1) box->y1 = y + 1;
        }
    return box->x1 > box->x0;
}

/* ---- reading out ---- */

static float clip(float x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

void orr_picture_planes(const struct orr_picture *c, int channels, float *out)
{
    const size_t n = pixels(c->width, c->height);
    assert(channels == 1 || channels == 3);
    for (size_t i = 0; i < n; i++) {
        const struct orr_rgb v = {clip(c->rgb[3 * i]), clip(c->rgb[3 * i + 1]), clip(c->rgb[3 * i + 2])};
        if (channels == 1) {
            out[i] = orr_rgb_luma(v);
        } else {
            out[i] = v.r;
            out[n + i] = v.g;
            out[2 * n + i] = v.b;
        }
    }
}

void orr_picture_bytes(const struct orr_picture *c, unsigned char *out)
{
    for (size_t i = 0; i < 3 * pixels(c->width, c->height); i++) out[i] = (unsigned char)(clip(c->rgb[i]) * 255 + 0.5f);
}
