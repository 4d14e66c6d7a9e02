/* How captioned scenes look: what is behind the things, and what is done to the finished picture. The first styles are those
 * that encoders train on; chalk, night, poster and faded are kept from them. */
#include <math.h>

#include "image/caption_scene.h"

const char *const orr_caption_style_names[ORR_STYLES] = {"flat",   "shaded", "outline", "photo",  "pastel",
                                                         "marker", "chalk",  "night",   "poster", "faded"};

static float clip(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }
static struct orr_rgb clipped(struct orr_rgb c) { return (struct orr_rgb){clip(c.r), clip(c.g), clip(c.b)}; }
static double apart(struct orr_rgb a, struct orr_rgb b)
{
    return sqrt((double)((a.r - b.r) * (a.r - b.r) + (a.g - b.g) * (a.g - b.g) + (a.b - b.b) * (a.b - b.b)));
}

/* ---- behind the things ---- */

static struct orr_rgb some_ground(enum orr_caption_style style, struct orr_rng *rng)
{
    const double hue = orr_rng_uniform(rng), u = orr_rng_uniform(rng);
    double value, x;
    switch (style) {
    case ORR_STYLE_OUTLINE: return orr_rgb_hsv(hue, 0.05 * u, orr_between(rng, 0.85, 1));
    case ORR_STYLE_CHALK: /* a board, green or black */
        value = orr_between(rng, 0.12, 0.3);
        x = orr_between(rng, 0.38, 0.48);
        return orr_rgb_hsv(x, 0.45 * u, value);
    case ORR_STYLE_MARKER:
        value = orr_between(rng, 0.75, 1);
        x = orr_between(rng, 0, 0.25);
        return orr_rgb_hsv(hue, x, value);
    default:
        value = orr_between(rng, 0.05, 1);
        x = orr_between(rng, 0, 0.7);
        return orr_rgb_hsv(hue, x * u, value);
    }
}

struct orr_rgb orr_caption_backdrop(struct orr_studio *st, const struct orr_caption *s, const struct orr_rgb *things,
                                    int n, struct orr_rng *rng)
{
    const double width = st->picture.width, height = st->picture.height;
    if (s->ground != ORR_GROUND_PLAIN) {
        orr_ground_paint(st, (enum orr_ground)s->ground, rng);
        return (struct orr_rgb){0.5f, 0.5f, 0.5f};
    }
    struct orr_rgb best = {0.5f, 0.5f, 0.5f};
    double widest = -1;
    for (int t = 0; t < 12 && widest < 0.45; t++) { /* of some colours the one that is farthest from all things */
        const struct orr_rgb c = some_ground(s->style, rng);
        double nearest = n ? 9 : 1;
        for (int i = 0; i < n; i++) nearest = fmin(nearest, apart(c, things[i]));
        if (nearest > widest) widest = nearest, best = c;
    }
    struct orr_paint paint = {.from = best};
    if (s->style == ORR_STYLE_SHADED || s->style == ORR_STYLE_PHOTO || s->style == ORR_STYLE_NIGHT) {
        const struct orr_rgb end =
            orr_rgb_mix(best, orr_rgb_luma(best) > 0.5f ? (struct orr_rgb){0, 0, 0} : (struct orr_rgb){1, 1, 1},
                        orr_between(rng, 0, 0.25));
        const double a = orr_between(rng, 0, 2 * M_PI), x = width / 2, y = height / 2;
        paint = (struct orr_paint){.kind = ORR_PAINT_LINEAR,
                                   .from = best,
                                   .to = end,
                                   .a = {x - x * cos(a), y - y * sin(a)},
                                   .b = {x + x * cos(a), y + y * sin(a)}};
    }
    orr_picture_paint(&st->picture, NULL, &paint);
    return best;
}

/* ---- the finished picture ---- */

struct looks { /* of one style, drawn once per picture */
    enum orr_caption_style style;
    uint64_t seed;
    struct orr_rgb backdrop, tint;
    double strength, grain, scale, x, y, unit;
};

static struct orr_rgb chalk(const struct looks *l, struct orr_rgb c, double x, double y)
{
    const double dust = 0.5 + 0.5 * orr_noise(l->seed, x / l->unit * 40, y / l->unit * 40);
    const double coverage = fmin(1, apart(c, l->backdrop) / 0.35) * (1 - l->strength * dust);
    const struct orr_rgb light = orr_rgb_mix(c, (struct orr_rgb){0.97f, 0.97f, 0.93f}, 0.5);
    const struct orr_rgb board =
        orr_rgb_mix(l->backdrop, light, 0.06 + 0.06 * orr_noise(l->seed + 1, x / l->unit * 4, y / l->unit * 4));
    return orr_rgb_mix(board, light, coverage);
}

static struct orr_rgb night(const struct looks *l, struct orr_rgb c, double x, double y)
{
    const double far = hypot(x - l->x, y - l->y) / l->unit, light = l->strength * (0.35 + 0.65 * exp(-3 * far * far));
    return (struct orr_rgb){(float)(light * (double)c.r * 0.75), (float)(light * (double)c.g * 0.85),
                            (float)(light * (double)c.b * 1.05 + 0.07)};
}

/* Three levels a channel, dithered by a grid of dots. */
static struct orr_rgb poster(const struct looks *l, struct orr_rgb c, double x, double y)
{
    const double grid = 0.25 * (sin(2 * M_PI * x / l->scale) + sin(2 * M_PI * y / l->scale)) * l->strength;
    float v[3] = {c.r, c.g, c.b};
    for (int k = 0; k < 3; k++) v[k] = clip((float)(floor((double)v[k] * 2 + 0.5 + grid) / 2));
    return orr_rgb_mix((struct orr_rgb){v[0], v[1], v[2]}, l->tint, 0.12);
}

static struct orr_rgb faded(const struct looks *l, struct orr_rgb c, double x, double y)
{
    const float grey = orr_rgb_luma(c);
    const struct orr_rgb paper = {0.9f, 0.82f, 0.66f}, ink = {0.32f, 0.22f, 0.16f};
    const struct orr_rgb sepia = orr_rgb_mix(ink, paper, grey), thin = orr_rgb_mix(c, sepia, l->strength);
    const double blotch = 0.5 + 0.5 * orr_noise_fractal(l->seed, x / l->unit * 3, y / l->unit * 3, 3, 0.6);
    return orr_rgb_mix(thin, paper, 0.2 + 0.35 * blotch);
}

/* Strokes of a felt pen run through the colour. */
static struct orr_rgb marker(const struct looks *l, struct orr_rgb c, double x, double y)
{
    const double u = (l->tint.r > 0.5f ? x + y : x - y) / l->unit,
                 streak = orr_noise(l->seed, 26 * u, 2 * (x + 2 * y) / l->unit);
    return orr_rgb_mix(c, (struct orr_rgb){1, 1, 1}, fmax(0, 0.12 + l->strength * streak));
}

static struct orr_rgb look(const struct looks *l, struct orr_rgb c, double x, double y)
{
    switch (l->style) {
    case ORR_STYLE_PASTEL: return orr_rgb_mix(c, l->tint, l->strength);
    case ORR_STYLE_MARKER: return marker(l, c, x, y);
    case ORR_STYLE_CHALK: return chalk(l, c, x, y);
    case ORR_STYLE_NIGHT: return night(l, c, x, y);
    case ORR_STYLE_POSTER: return poster(l, c, x, y);
    case ORR_STYLE_FADED: return faded(l, c, x, y);
    default: return c;
    }
}

/* Ink where neighbouring pixels differ; works in place, as only pixels to the right and below are read. */
static void outline(struct orr_picture *p, struct orr_rgb paper, struct orr_rgb ink, double gain)
{
    const size_t w = (size_t)p->width, h = (size_t)p->height;
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            float *at = p->rgb + 3 * (y * w + x), most = 0;
            for (int k = 0; k < 3; k++) {
                const float right = x + 1 < w ? at[3 + k] : at[k], below = y + 1 < h ? at[3 * w + (size_t)k] : at[k];
                most = fmaxf(most, fmaxf(fabsf(right - at[k]), fabsf(below - at[k])));
            }
            const struct orr_rgb c = orr_rgb_mix(paper, ink, fmin(1, gain * (double)most));
            at[0] = c.r, at[1] = c.g, at[2] = c.b;
        }
}

void orr_caption_finish(struct orr_studio *st, const struct orr_caption *s, struct orr_rgb backdrop,
                        struct orr_rng *rng)
{
    struct orr_picture *p = &st->picture;
    const double side = p->width < p->height ? p->width : p->height;
    struct looks l = {.style = s->style, .seed = orr_rng_u64(rng), .backdrop = backdrop, .unit = side};
    const double u = orr_rng_uniform(rng);
    l.x = p->width * orr_between(rng, 0.3, 0.7);
    l.y = p->height * orr_between(rng, 0.3, 0.7);
    l.scale = side * orr_between(rng, 0.045, 0.07);
    l.tint = orr_rgb_hsv(orr_rng_uniform(rng), 0.15, 1);
    l.grain = orr_between(rng, 0, 0.02);
    switch (s->style) {
    case ORR_STYLE_OUTLINE: {
        const double dark = orr_between(rng, 0, 0.3), hue = orr_rng_uniform(rng), gain = orr_between(rng, 2, 4);
        const struct orr_rgb ink = orr_rgb_hsv(hue, 0.6 * u, dark);
        outline(p, orr_rgb_hsv(0.12, 0.06 * u, orr_between(rng, 0.88, 1)), ink, gain);
        break;
    }
    case ORR_STYLE_PHOTO:
        orr_picture_blur(p, side * 0.016 * u);
        l.grain = orr_between(rng, 0.01, 0.06);
        break;
    case ORR_STYLE_PASTEL: l.strength = orr_between(rng, 0.25, 0.5); break;
    case ORR_STYLE_MARKER: l.strength = orr_between(rng, 0.1, 0.3); break;
    case ORR_STYLE_CHALK: l.strength = orr_between(rng, 0.35, 0.75); break;
    case ORR_STYLE_NIGHT:
        l.strength = orr_between(rng, 0.6, 0.95);
        l.grain = orr_between(rng, 0.03, 0.06);
        break;
    case ORR_STYLE_POSTER: l.strength = orr_between(rng, 0.3, 0.7); break;
    case ORR_STYLE_FADED: l.strength = orr_between(rng, 0.35, 0.65); break;
    default: break;
    }
    for (size_t i = 0, n = (size_t)p->width * (size_t)p->height; i < n; i++) {
        float *at = p->rgb + 3 * i;
        const struct orr_rgb c = look(&l, clipped((struct orr_rgb){at[0], at[1], at[2]}),
                                      (double)(i % (size_t)p->width) + 0.5, (double)(i / (size_t)p->width) + 0.5);
        at[0] = c.r, at[1] = c.g, at[2] = c.b;
    }
    const double brightness = orr_between(rng, -0.06, 0.06), contrast = orr_between(rng, 0.85, 1.15);
    orr_picture_expose(p, contrast, brightness, l.grain, rng);
}
