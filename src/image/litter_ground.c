#include "image/litter_ground.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/studio.h"

enum { SIDE = 256 /* of a tile; a power of two */, UNITS = 16 /* features along it */, SEED = 20240917 };
enum tile { FRACTAL, FINE, RIDGES, CELL_VALUE, CELL_BORDER, TILES };

struct orr_noise_tiles {
    float v[TILES][SIDE * SIDE]; /* about -1..1 for noise, 0..1 for ridges and cells */
};

struct orr_noise_tiles *orr_noise_tiles_new(void)
{
    struct orr_noise_tiles *t = orr_alloc(1, sizeof *t);
    for (int i = 0; t && i < SIDE * SIDE; i++) {
        const double x = (i % SIDE) * (double)UNITS / SIDE, y = (i / SIDE) * (double)UNITS / SIDE;
        const struct orr_noise_cell cell = orr_noise_cells(SEED, x, y);
        t->v[FRACTAL][i] = (float)orr_noise_fractal(SEED + 10, x / 2, y / 2, 5, 0.6);
        t->v[FINE][i] = (float)orr_noise_fractal(SEED + 20, 4 * x, 4 * y, 2, 0.9);
        t->v[RIDGES][i] = (float)orr_noise_ridges(SEED + 30, x / 2, y / 2, 3);
        t->v[CELL_VALUE][i] = (float)cell.value;
        t->v[CELL_BORDER][i] = (float)cell.border;
    }
    return t;
}

void orr_noise_tiles_free(struct orr_noise_tiles *t) { free(t); }

/* Tiles are mirrored at their borders, which leaves no seam. */
static inline int folded(int i)
{
    i &= 2 * SIDE - 1;
    return i < SIDE ? i : 2 * SIDE - 1 - i;
}

/* At (x, y) in features, between four values of the tile. */
static inline float at(const struct orr_noise_tiles *t, enum tile tile, float x, float y)
{
    const float fx = x * (SIDE / UNITS) + 4096,
                fy = y * (SIDE / UNITS) + 4096; /* places are within a few hundred of 0 */
    const int i = (int)fx, j = (int)fy;
    const float u = fx - (float)i, v = fy - (float)j;
    const int i0 = folded(i), i1 = folded(i + 1), j0 = SIDE * folded(j), j1 = SIDE * folded(j + 1);
    const float *p = t->v[tile];
    const float top = p[j0 + i0] + u * (p[j0 + i1] - p[j0 + i0]), below = p[j1 + i0] + u * (p[j1 + i1] - p[j1 + i0]);
    return top + v * (below - top);
}

/* Of the cell that holds the place: nothing between two cells. */
static inline float cell_value(const struct orr_noise_tiles *t, float x, float y)
{
    return t->v[CELL_VALUE][SIDE * folded((int)(y * (SIDE / UNITS) + 4096)) + folded((int)(x * (SIDE / UNITS) + 4096))];
}

/* A number 0..1 of a slab. */
static inline float of_slab(const struct orr_noise_tiles *t, float column, float row)
{
    const float v = 0.5f + 0.7f * at(t, FINE, column * 3.7f, row * 5.3f);
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Slabs of `wide` by 1, rows shifted by `shift` of a slab: 0 in the joints, else 0.3..1. */
static float slabs(const struct orr_noise_tiles *t, float u, float v, float wide, float shift, float joint)
{
    const float row = floorf(v), along = u / wide + shift * (row - 2 * floorf(row / 2)), column = floorf(along);
    const float dx = fminf(along - column, 1 + column - along) * wide, dy = fminf(v - row, 1 + row - v);
    return fminf(dx, dy) < joint ? 0 : 0.45f + 0.4f * of_slab(t, column, row) + 0.15f * at(t, FINE, u * 1.5f, v * 1.5f);
}

/* Of ORR_SCENE_ANY. */
struct mixture {
    float fractal, fine, ridges, cells, stripes; /* weights */
    float borders;                               /* how dark those of the cells are */
    float levels;                                /* shades there are, with sharp edges between them; 0: any number */
    float u, v;                                  /* features of each along and across */
};

static float mixed(const struct mixture *m, const struct orr_noise_tiles *t, float u, float v)
{
    u *= m->u;
    v *= m->v;
    float s = 0.5f + m->fractal * at(t, FRACTAL, u, v) + m->ridges * (at(t, RIDGES, u, v) - 0.6f) +
              m->cells * (cell_value(t, 2 * u, 2 * v) - 0.5f) +
              m->stripes * sinf(6.2832f * u + 2 * at(t, FRACTAL, v, u));
    if (m->levels > 0) s = floorf(s * m->levels + 0.5f) / m->levels;
    if (m->borders > 0 && at(t, CELL_BORDER, 2 * u, 2 * v) < 0.07f) s -= m->borders;
    return s + m->fine * at(t, FINE, 1.5f * u, 1.5f * v);
}

/* Darker (0) to lighter (1); u along the ground's direction, v across. */
static float shade(enum orr_scene_ground ground, const struct orr_noise_tiles *t, float u, float v)
{
    switch (ground) {
    case ORR_SCENE_GRASS: return 0.5f + 0.55f * at(t, FRACTAL, 1.2f * u, 9 * v) + 0.35f * at(t, FRACTAL, u, v);
    case ORR_SCENE_SAND: return 0.55f + 0.3f * at(t, FRACTAL, u, v) + 0.3f * at(t, FINE, 1.3f * u, 1.3f * v);
    case ORR_SCENE_ASPHALT:
        return 0.4f + 0.5f * at(t, FINE, 1.7f * u, 1.7f * v) + 0.2f * at(t, FRACTAL, 0.5f * u, 0.5f * v);
    case ORR_SCENE_WATER: return 1.7f * (at(t, RIDGES, u, 2.6f * v) - 0.45f);
    case ORR_SCENE_PAVING: return slabs(t, u, v, 1.6f, 0.5f, 0.05f);
    case ORR_SCENE_LEAVES: {
        const float border = at(t, CELL_BORDER, 2 * u, 2 * v);
        return border < 0.07f ? 0.1f : 0.2f + 0.7f * cell_value(t, 2 * u, 2 * v) + 0.2f * at(t, FINE, u, v);
    }
    case ORR_SCENE_WOOD: {
        const float plank = floorf(v), ring = 5 * (v + 0.6f * at(t, FRACTAL, 0.5f * u + 3 * plank, 2 * v));
        return v - plank < 0.05f ? 0 : 0.5f + 0.35f * sinf(6.2832f * ring) + 0.15f * at(t, FINE, 0.4f * u, 3 * v);
    }
    case ORR_SCENE_GRAVEL: {
        const float border = at(t, CELL_BORDER, 3.5f * u, 3.5f * v);
        return fminf(1, 5 * border) * (0.35f + 0.6f * cell_value(t, 3.5f * u, 3.5f * v)) +
               0.1f * at(t, FINE, 2 * u, 2 * v);
    }
    case ORR_SCENE_CONCRETE: {
        const float crack = at(t, RIDGES, 0.6f * u, 0.6f * v);
        return crack > 0.93f ? 0.05f
                             : 0.6f + 0.25f * at(t, FRACTAL, 0.7f * u, 0.7f * v) + 0.18f * at(t, FINE, 2 * u, 2 * v);
    }
    case ORR_SCENE_SNOW: return 0.7f + 0.35f * at(t, FRACTAL, 0.8f * u, 1.6f * v) + 0.08f * at(t, FINE, 3 * u, 3 * v);
    case ORR_SCENE_TILES: {
        const float a = floorf(u), b = floorf(v), joint = fminf(fminf(u - a, 1 + a - u), fminf(v - b, 1 + b - v));
        const bool light = ((int)a + (int)b) & 1;
        return joint < 0.04f ? 0.5f : (light ? 0.8f : 0.15f) + 0.12f * at(t, FRACTAL, u, v);
    }
    case ORR_SCENE_MUD: {
        const float wet = at(t, RIDGES, u, 1.3f * v);
        return wet > 0.86f ? 0.95f : 0.35f + 0.4f * at(t, FRACTAL, 1.5f * u, 1.5f * v) + 0.1f * at(t, FINE, u, v);
    }
    case ORR_SCENE_BRICKS: return slabs(t, u, v, 2.4f, 0.5f, 0.07f);
    default: return 0.5f;
    }
}

/* One noise or several, each present in half of the grounds; any two colours. */
static struct mixture any_mixture(struct orr_rng *rng, struct orr_rgb *dark, struct orr_rgb *light)
{
    float weight[5];
    for (int k = 0; k < 5; k++) {
        const double w = orr_between(rng, 0.1, k == 4 ? 0.4 : 0.9);
        weight[k] = orr_rng_uniform(rng) < 0.5 ? (float)w : 0;
    }
    const double hue = orr_rng_uniform(rng), saturation = orr_between(rng, 0, 0.6), value = orr_between(rng, 0.2, 0.8);
    *dark = orr_rgb_hsv(hue, saturation, value * orr_between(rng, 0.3, 0.9));
    const double other = hue + 0.15 * orr_between(rng, -1, 1), pale = saturation * orr_between(rng, 0.3, 1);
    *light = orr_rgb_hsv(other, pale, fmin(1, value * orr_between(rng, 1, 1.6)));
    const double u = exp(orr_between(rng, log(0.3), log(3))), v = exp(orr_between(rng, log(0.3), log(3)));
    const double borders = orr_rng_uniform(rng) < 0.25 ? orr_between(rng, 0.2, 0.8) : 0;
    const double levels = orr_rng_uniform(rng) < 0.3 ? 1 + (double)orr_rng_below(rng, 3) : 0;
    return (struct mixture){weight[0],      weight[1],     weight[2], weight[3], weight[4],
                            (float)borders, (float)levels, (float)u,  (float)v};
}

void orr_scene_ground_paint(struct orr_picture *c, enum orr_scene_ground ground, const struct orr_noise_tiles *t,
                            struct orr_rng *rng)
{
    /* hue and its spread, saturation, darker and lighter value, features along a side */
    static const double look[ORR_SCENE_GROUNDS][6] = {[ORR_SCENE_GRASS] = {0.27, 0.05, 0.6, 0.2, 0.58, 5},
                                                      [ORR_SCENE_SAND] = {0.11, 0.02, 0.38, 0.58, 0.9, 6},
                                                      [ORR_SCENE_ASPHALT] = {0.6, 0.2, 0.06, 0.22, 0.5, 9},
                                                      [ORR_SCENE_WATER] = {0.53, 0.06, 0.55, 0.25, 0.75, 5},
                                                      [ORR_SCENE_PAVING] = {0.08, 0.08, 0.13, 0.4, 0.78, 5},
                                                      [ORR_SCENE_LEAVES] = {0.08, 0.05, 0.65, 0.2, 0.65, 6},
                                                      [ORR_SCENE_ANY] = {0, 0, 0, 0, 0, 5},
                                                      [ORR_SCENE_WOOD] = {0.08, 0.02, 0.5, 0.32, 0.66, 5},
                                                      [ORR_SCENE_GRAVEL] = {0.1, 0.1, 0.1, 0.25, 0.75, 6},
                                                      [ORR_SCENE_CONCRETE] = {0.15, 0.1, 0.06, 0.35, 0.7, 5},
                                                      [ORR_SCENE_SNOW] = {0.6, 0.03, 0.1, 0.7, 0.98, 4},
                                                      [ORR_SCENE_TILES] = {0.5, 0.5, 0.25, 0.3, 0.85, 5},
                                                      [ORR_SCENE_MUD] = {0.07, 0.02, 0.5, 0.2, 0.5, 5},
                                                      [ORR_SCENE_BRICKS] = {0.03, 0.02, 0.5, 0.35, 0.65, 8}};
    const double *l = look[ground], hue = l[0] + l[1] * orr_between(rng, -1, 1), turn = orr_between(rng, 0, 2 * M_PI);
    const double bright = orr_between(rng, 0.75, 1.15), side = c->width < c->height ? c->width : c->height;
    const double scale = l[5] * orr_between(rng, 0.7, 1.4) / side;
    struct orr_rgb dark = orr_rgb_hsv(hue, l[2], l[3] * bright),
                   light = orr_rgb_hsv(hue + orr_between(rng, -0.02, 0.02), l[2] * 0.8, l[4] * bright);
    const float dx = (float)(scale * cos(turn)), dy = (float)(scale * sin(turn)), x0 = (float)orr_between(rng, 0, 16),
                y0 = (float)orr_between(rng, 0, 16);
    const bool any = ground == ORR_SCENE_ANY;
    const struct mixture m = any ? any_mixture(rng, &dark, &light) : (struct mixture){0};
    float *p = c->rgb;
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++, p += 3) {
            const float u = x0 + dx * (float)x + dy * (float)y, v = y0 - dy * (float)x + dx * (float)y;
            const float s = any ? mixed(&m, t, u, v) : shade(ground, t, u, v);
            const float k = s < 0 ? 0 : s > 1 ? 1 : s;
            p[0] = dark.r + k * (light.r - dark.r);
            p[1] = dark.g + k * (light.g - dark.g);
            p[2] = dark.b + k * (light.b - dark.b);
        }
}
