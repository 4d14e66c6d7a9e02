/* Textures: the whole picture is of the class. */
#include "image/sets.h"

#include <math.h>

enum texture { STRIPES, CHECKS, DOTS, BRICKS, WOOD, CELLS, MARBLE, CLOUDS, TEXTURES };

static const char *const names[TEXTURES] = {"stripes", "checks", "dots", "bricks", "wood", "cells", "marble", "clouds"};

struct pattern {
    enum texture kind;
    uint64_t seed;
    double unit, c, s, scale, duty, warp;
    struct orr_rgb a, b;
};

static double part(double x) { return x - floor(x); }

static struct orr_rgb pattern_at(const void *ctx, double px, double py)
{
    const struct pattern *p = ctx;
    double x = px / p->unit * p->scale, y = py / p->unit * p->scale, t = 0;
    const double wx = p->warp * orr_noise(p->seed + 1, x / 3, y / 3),
                 wy = p->warp * orr_noise(p->seed + 2, x / 3, y / 3);
    const double u = p->c * x + p->s * y + wx, v = -p->s * x + p->c * y + wy;
    switch (p->kind) {
    case STRIPES: t = part(u) < p->duty; break;
    case CHECKS: t = (part(u / 2) < 0.5) != (part(v / 2) < 0.5); break;
    case DOTS: t = hypot(part(u) - 0.5, part(v) - 0.5) < 0.5 * sqrt(p->duty); break;
    case BRICKS: {
        const double row = floor(v), along = u / 2 + 0.5 * (row - 2 * floor(row / 2));
        t = part(along) < 0.08 || part(v) < 0.16
                ? 0
                : 0.7 + 0.3 * orr_noise_cells(p->seed, floor(along) + 0.5, row + 0.5).value;
        break;
    }
    case WOOD: t = 0.5 + 0.5 * sin(2 * M_PI * (u + 0.8 * orr_noise_fractal(p->seed, u / 2, v / 8, 2, 0.5))); break;
    case CELLS: {
        const struct orr_noise_cell c = orr_noise_cells(p->seed, u, v);
        t = c.border < 0.08 ? 0 : 0.5 + 0.5 * c.value;
        break;
    }
    case MARBLE:
        t = pow(fabs(sin(M_PI * (u / 2 + 1.2 * orr_noise_fractal(p->seed, x / 2, y / 2, 4, 0.6)))), 0.5);
        break;
    case CLOUDS: t = 0.5 + 0.9 * orr_noise_fractal(p->seed, x / 2, y / 2, 4, 0.55); break;
    default: break;
    }
    return orr_rgb_mix(p->a, p->b, t < 0 ? 0 : t > 1 ? 1 : t);
}

static void draw(struct orr_studio *s, int label, struct orr_rng *rng)
{
    const double side = s->picture.width < s->picture.height ? s->picture.width : s->picture.height,
                 turn = orr_between(rng, -0.5, 0.5);
    const struct orr_rgb a = orr_rgb_hsv(orr_rng_uniform(rng), orr_between(rng, 0, 0.8), orr_between(rng, 0.05, 0.6));
    const struct orr_rgb b = orr_rgb_hsv(orr_rng_uniform(rng), orr_between(rng, 0, 0.6), orr_between(rng, 0.5, 1));
    const double strength = orr_between(rng, 0.5, 1); /* of the contrast */
    const struct pattern p = {.kind = (enum texture)label,
                              .seed = orr_rng_u64(rng),
                              .unit = side,
                              .c = cos(turn),
                              .s = sin(turn),
                              .scale = orr_between(rng, 2.5, 4.5),
                              .duty = orr_between(rng, 0.3, 0.6),
                              .warp = orr_between(rng, 0, 0.3),
                              .a = a,
                              .b = orr_rgb_mix(a, b, strength)};
    const struct orr_paint paint = {
        .kind = ORR_PAINT_FUNCTION, .at = pattern_at, .ctx = &p, .samples = side < 64 ? 3 : 2};
    orr_picture_paint(&s->picture, NULL, &paint);
    orr_picture_blur(&s->picture, side * orr_between(rng, 0, 0.015));
    orr_picture_expose(&s->picture, orr_between(rng, 0.8, 1.2), orr_between(rng, -0.1, 0.1),
                       orr_between(rng, 0.005, 0.05), rng);
}

const struct orr_image_set orr_set_textures = {
    "textures", "drawn here, synthetic: eight textures of any colour, scale and direction", TEXTURES, names, draw};
