/* Grounds that things lie on. All are functions of the place in units of the picture's smaller side, so that a larger picture
 * shows the same ground in more detail. */
#include "image/studio.h"

#include <math.h>

const char *const orr_ground_names[ORR_GROUNDS] = {"plain", "grass", "sand", "asphalt", "water", "paving", "leaves", "wood"};

struct ground {
    enum orr_ground kind;
    uint64_t seed;
    double unit, turn_c, turn_s, scale; /* pixels of a unit; direction; features per unit */
    struct orr_rgb dark, light;
};

static struct orr_rgb ground_at(const void *ctx, double px, double py)
{
    const struct ground *g = ctx;
    const double x = px / g->unit * g->scale, y = py / g->unit * g->scale;
    const double u = g->turn_c * x + g->turn_s * y, v = -g->turn_s * x + g->turn_c * y; /* along, across */
    double t = 0.5;
    switch (g->kind) {
    case ORR_GROUND_PLAIN: t = 0.5 + 0.5 * sin(u) * 0.6 + 0.2 * orr_noise(g->seed, x, y); break;
    case ORR_GROUND_GRASS: /* blades: noise drawn out along their direction */
        t = 0.5 + 0.5 * orr_noise(g->seed, 9 * u, 2 * v) + 0.3 * orr_noise_fractal(g->seed + 9, x, y, 3, 0.5);
        break;
    case ORR_GROUND_SAND:
        t = 0.5 + 0.25 * orr_noise_fractal(g->seed, x, y, 5, 0.8) + 0.2 * sin(4 * u + 2 * orr_noise(g->seed, x, y));
        break;
    case ORR_GROUND_ASPHALT: t = 0.4 + 0.6 * orr_noise_fractal(g->seed, 6 * x, 6 * y, 3, 0.9); break;
    case ORR_GROUND_WATER: t = 0.35 + 0.9 * (orr_noise_ridges(g->seed, 0.7 * u, 2.2 * v, 3) - 0.6); break;
    case ORR_GROUND_PAVING: { /* slabs in shifted rows, joints dark */
        const double row = floor(v), along = u + 0.5 * (row - 2 * floor(row / 2));
        const double joint = fmin(fmin(along - floor(along), 1 - along + floor(along)), fmin(v - row, 1 - v + row));
        t = joint < 0.06 ? 0 : 0.6 + 0.3 * orr_noise_cells(g->seed, floor(along) + 0.5, row + 0.5).value - 0.15 +
                                   0.15 * orr_noise(g->seed, 5 * x, 5 * y);
        break;
    }
    case ORR_GROUND_LEAVES: {
        const struct orr_noise_cell c = orr_noise_cells(g->seed, 2 * x, 2 * y);
        t = c.border < 0.05 ? 0 : c.value;
        break;
    }
    case ORR_GROUND_WOOD: { /* planks with rings of a log cut lengthwise */
        const double plank = floor(v), r = 6 * (v + 0.5 * orr_noise(g->seed + (uint64_t)(int64_t)plank, 0.4 * u, 2 * v));
        t = v - plank < 0.05 ? 0 : 0.5 + 0.4 * sin(2 * M_PI * r) * 0.6;
        break;
    }
    default: break;
    }
    return orr_rgb_mix(g->dark, g->light, t < 0 ? 0 : t > 1 ? 1 : t);
}

void orr_ground_paint(struct orr_studio *s, enum orr_ground ground, struct orr_rng *rng)
{
    /* hue and its spread, saturation, darker and lighter value, features per unit */
    static const double look[ORR_GROUNDS][6] = {
        [ORR_GROUND_PLAIN] = {0.5, 0.5, 0.5, 0.35, 0.6, 2},    [ORR_GROUND_GRASS] = {0.28, 0.06, 0.6, 0.2, 0.55, 3},
        [ORR_GROUND_SAND] = {0.11, 0.03, 0.4, 0.6, 0.9, 3},    [ORR_GROUND_ASPHALT] = {0.6, 0.2, 0.06, 0.25, 0.5, 4},
        [ORR_GROUND_WATER] = {0.53, 0.06, 0.6, 0.25, 0.75, 4}, [ORR_GROUND_PAVING] = {0.08, 0.08, 0.15, 0.4, 0.8, 4},
        [ORR_GROUND_LEAVES] = {0.08, 0.06, 0.7, 0.2, 0.7, 4},  [ORR_GROUND_WOOD] = {0.08, 0.02, 0.55, 0.3, 0.65, 4}};
    const double *l = look[ground], hue = l[0] + l[1] * orr_between(rng, -1, 1), turn = orr_between(rng, 0, 2 * M_PI);
    const double bright = orr_between(rng, 0.75, 1.2);
    const int side = s->picture.width < s->picture.height ? s->picture.width : s->picture.height;
    const struct ground g = {.kind = ground, .seed = orr_rng_u64(rng), .unit = side, .turn_c = cos(turn), .turn_s = sin(turn),
                             .scale = l[5] * orr_between(rng, 0.7, 1.4),
                             .dark = orr_rgb_hsv(hue, l[2], l[3] * bright),
                             .light = orr_rgb_hsv(hue + orr_between(rng, -0.02, 0.02), l[2] * 0.8, l[4] * bright)};
    const struct orr_paint paint = {.kind = ORR_PAINT_FUNCTION, .at = ground_at, .ctx = &g, .samples = side < 64 ? 3 : 2};
    orr_picture_paint(&s->picture, NULL, &paint);
}
