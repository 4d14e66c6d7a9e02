/* Land cover from above: procedural tiles in the manner of satellite pictures. Seasons, light and haze overlap between the
 * classes, so that the mean colour alone does not tell them. */
#include "image/sets.h"

#include <math.h>

enum land { WATER, FOREST, CROPS, MEADOW, BARE, RESIDENTIAL, INDUSTRIAL, RIVER, LANDS };

static const char *const names[LANDS] = {"water", "forest",      "crops",      "meadow",
                                         "bare",  "residential", "industrial", "river"};

struct tile {
    enum land kind;
    uint64_t seed;
    double unit, scale; /* pixels of a unit; features per unit */
    struct orr_rgb dark, light, other;
};

static double clip(double t) { return t < 0 ? 0 : t > 1 ? 1 : t; }

/* Fields around random points, each with its own direction of rows and its own state of growth. */
static struct orr_rgb crops_at(const struct tile *g, double x, double y)
{
    const struct orr_noise_cell c = orr_noise_cells(g->seed, 1.3 * x, 1.3 * y);
    const double turn = M_PI * c.value, row = sin(2 * M_PI * 7 * (cos(turn) * x + sin(turn) * y));
    const double bare = clip(2 * (c.value * 7 - floor(c.value * 7)) - 0.5);
    const struct orr_rgb field = orr_rgb_mix(orr_rgb_mix(g->dark, g->light, 0.7 * c.value + 0.3), g->other, bare);
    if (c.border < 0.04) return orr_rgb_mix(g->dark, g->other, 0.4);
    return orr_rgb_mix(field, g->dark, 0.2 + 0.2 * row + 0.1 * orr_noise(g->seed + 5, 6 * x, 6 * y));
}

static struct orr_rgb tile_at(const void *ctx, double px, double py)
{
    const struct tile *g = ctx;
    const double x = px / g->unit * g->scale, y = py / g->unit * g->scale;
    const double broad = orr_noise_fractal(g->seed, x, y, 4, 0.6),
                 fine = orr_noise_fractal(g->seed + 9, 8 * x, 8 * y, 2, 0.7);
    double t = 0.5;
    switch (g->kind) {
    case CROPS: return crops_at(g, x, y);
    case WATER: t = 0.4 + 0.35 * broad + 0.12 * fine; break;
    case FOREST: { /* crowns: lit in the middle, dark between */
        const struct orr_noise_cell c = orr_noise_cells(g->seed + 3, 7 * x, 7 * y);
        t = 0.75 - 0.8 * c.distance + 0.35 * (c.value - 0.5) + 0.25 * broad;
        break;
    }
    case BARE:
        t = 0.3 + 0.7 * (orr_noise_ridges(g->seed, 1.5 * x, 1.5 * y, 4) - 0.4) + 0.3 * broad + 0.15 * fine;
        break;
    case RESIDENTIAL:
    case RIVER:
    case MEADOW: t = 0.5 + 0.5 * broad + 0.15 * fine; break;
    case INDUSTRIAL: t = 0.5 + 0.2 * broad + 0.2 * fine; break;
    default: break;
    }
    return orr_rgb_mix(g->dark, g->light, clip(t));
}

/* hue, its spread, saturation, darker and lighter value */
static const double look[LANDS][5] = {
    [WATER] = {0.55, 0.08, 0.55, 0.15, 0.45},   [FOREST] = {0.32, 0.08, 0.5, 0.1, 0.42},
    [CROPS] = {0.25, 0.08, 0.5, 0.25, 0.65},    [MEADOW] = {0.25, 0.07, 0.45, 0.25, 0.55},
    [BARE] = {0.09, 0.05, 0.35, 0.3, 0.75},     [RESIDENTIAL] = {0.26, 0.08, 0.35, 0.25, 0.5},
    [INDUSTRIAL] = {0.1, 0.2, 0.08, 0.35, 0.6}, [RIVER] = {0.26, 0.09, 0.45, 0.2, 0.55}};

static void cover(struct orr_studio *s, enum land kind, double side, struct orr_rng *rng)
{
    const double *l = look[kind], hue = l[0] + l[1] * orr_between(rng, -1, 1), bright = orr_between(rng, 0.75, 1.25);
    struct tile g = {.kind = kind, .unit = side, .scale = orr_between(rng, 1.2, 2.2), .seed = orr_rng_u64(rng)};
    g.dark = orr_rgb_hsv(hue, l[2] * orr_between(rng, 0.7, 1.3), l[3] * bright);
    g.light = orr_rgb_hsv(hue + orr_between(rng, -0.06, 0.03), l[2] * orr_between(rng, 0.6, 1.1), l[4] * bright);
    g.other = orr_rgb_hsv(orr_between(rng, 0.06, 0.14), orr_between(rng, 0.25, 0.5), orr_between(rng, 0.4, 0.75));
    const struct orr_paint paint = {.kind = ORR_PAINT_FUNCTION, .at = tile_at, .ctx = &g, .samples = side < 64 ? 3 : 2};
    orr_picture_paint(&s->picture, NULL, &paint);
}

/* ---- what is built ---- */

/* A roof with its shadow, in the block's coordinates. */
static void roof(struct orr_studio *s, double x, double y, double w, double h, struct orr_rgb colour, bool ridge)
{
    orr_studio_begin(s, s->pose);
    orr_path_rect(&s->path, x + 0.12 * h, y + 0.16 * h, w, h, 0);
    orr_studio_body(s, ORR_FILL_NONZERO, (struct orr_paint){.mix = ORR_MIX_MULTIPLY, .transparency = 0.45});
    orr_path_rect(&s->path, x, y, w, h, 0);
    orr_studio_body(s, ORR_FILL_NONZERO, (struct orr_paint){.from = colour});
    if (!ridge) return;
    orr_path_rect(&s->path, x, y + h / 2, w, h / 2, 0);
    orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = orr_rgb_mix(colour, (struct orr_rgb){0}, 0.35)});
}

static void street(struct orr_studio *s, double x0, double y0, double x1, double y1, double width,
                   struct orr_rgb colour)
{
    orr_studio_begin(s, s->pose);
    orr_path_stroke(&s->path, (const struct orr_point[]){{x0, y0}, {x1, y1}}, 2, width);
    orr_studio_body(s, ORR_FILL_NONZERO, (struct orr_paint){.from = colour});
}

/* Rows of houses along streets, all in one direction. */
static void residential(struct orr_studio *s, struct orr_rng *rng)
{
    const double v = orr_between(rng, 0.45, 0.75), hue = orr_between(rng, 0, 0.08), pitch = orr_between(rng, 0.3, 0.42);
    const struct orr_rgb asphalt = {(float)v, (float)v, (float)v};
    for (double y = -1.6; y < 1.6; y += pitch) {
        street(s, -2, y, 2, y, 0.07, asphalt);
        for (double x = -1.6; x < 1.6; x += 0.24) {
            if (orr_rng_uniform(rng) < 0.15) continue;
            const double w = orr_between(rng, 0.12, 0.18), h = orr_between(rng, 0.1, 0.14);
            const struct orr_rgb tile = orr_rng_uniform(rng) < 0.65
                                            ? orr_rgb_hsv(hue, orr_between(rng, 0.35, 0.7), orr_between(rng, 0.4, 0.75))
                                            : orr_rgb_hsv(0.6, 0.05, orr_between(rng, 0.3, 0.85));
            roof(s, x, y + 0.5 * pitch - 0.5 * h + orr_between(rng, -0.03, 0.03), w, h, tile, true);
        }
    }
    const double cross = orr_between(rng, -0.8, 0.8);
    street(s, cross, -2, cross, 2, 0.08, asphalt);
}

/* A few large flat roofs and yards. */
static void industrial(struct orr_studio *s, struct orr_rng *rng)
{
    const double pitch = orr_between(rng, 0.65, 0.9), shift = orr_between(rng, -0.3, 0.3);
    for (double y = -1.7 + shift; y < 1.5; y += pitch)
        for (double x = -1.7 - shift; x < 1.5; x += 1.2 * pitch) {
            if (orr_rng_uniform(rng) < 0.12) continue;
            const double w = 1.2 * pitch * orr_between(rng, 0.55, 0.85), h = pitch * orr_between(rng, 0.5, 0.8);
            const struct orr_rgb sheet = orr_rng_uniform(rng) < 0.75
                                             ? orr_rgb_hsv(0.6, orr_between(rng, 0, 0.12), orr_between(rng, 0.55, 1))
                                             : orr_rgb_hsv(orr_rng_uniform(rng), orr_between(rng, 0.2, 0.5), 0.6);
            roof(s, x, y, w, h, sheet, orr_rng_uniform(rng) < 0.3);
            for (double u = 0.1; u < w - 0.1; u += 0.2) { /* skylights */
                orr_path_rect(&s->path, x + u, y + 0.2 * h, 0.05, 0.6 * h, 0);
                orr_studio_detail(s, ORR_FILL_NONZERO,
                                  (struct orr_paint){.from = orr_rgb_mix(sheet, (struct orr_rgb){0}, 0.25)});
            }
        }
}

/* A winding band of water from edge to edge with lighter banks. */
static void river(struct orr_studio *s, struct orr_rng *rng)
{
    enum { STEPS = 24 };
    struct orr_point line[STEPS + 1];
    const double bend = orr_between(rng, 0.1, 0.45), turns = orr_between(rng, 1.5, 4),
                 phase = orr_between(rng, 0, 2 * M_PI);
    const double offset = orr_between(rng, -0.4, 0.4), width = orr_between(rng, 0.14, 0.4);
    for (int k = 0; k <= STEPS; k++) {
        const double t = -2 + 4.0 * k / STEPS;
        line[k] = (struct orr_point){t, offset + bend * sin(turns * t + phase)};
    }
    const struct orr_rgb water =
        orr_rgb_hsv(orr_between(rng, 0.45, 0.62), orr_between(rng, 0.25, 0.7), orr_between(rng, 0.2, 0.5));
    const struct orr_rgb bank = orr_rgb_hsv(0.11, 0.3, orr_between(rng, 0.4, 0.7));
    orr_path_stroke(&s->path, line, STEPS + 1, width + 0.08);
    orr_studio_body(s, ORR_FILL_NONZERO, (struct orr_paint){.from = bank, .transparency = 0.3});
    orr_path_stroke(&s->path, line, STEPS + 1, width);
    orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = water});
}

static void draw(struct orr_studio *s, int label, struct orr_rng *rng)
{
    const double side = s->picture.width < s->picture.height ? s->picture.width : s->picture.height;
    static const enum land around[4] = {MEADOW, FOREST, CROPS, BARE};
    const enum land kind = (enum land)label;
    cover(s, kind == RIVER ? around[orr_rng_below(rng, 4)] : kind, side, rng);
    s->pose = orr_affine_pose(s->picture.width / 2.0, s->picture.height / 2.0, orr_between(rng, 0, 2 * M_PI), side / 2,
                              side / 2);
    if (kind == RESIDENTIAL) residential(s, rng);
    if (kind == INDUSTRIAL) industrial(s, rng);
    if (kind == RIVER) river(s, rng);
    orr_mask_clear(&s->object); /* the whole picture is of the class */
    const struct orr_paint haze = {.from = orr_rgb_hsv(0.58, 0.1, 0.85), .transparency = 1 - orr_between(rng, 0, 0.35)};
    orr_picture_paint(&s->picture, NULL, &haze);
    orr_picture_blur(&s->picture, side * orr_between(rng, 0, 0.01));
    orr_picture_expose(&s->picture, orr_between(rng, 0.8, 1.2), orr_between(rng, -0.06, 0.06),
                       orr_between(rng, 0.005, 0.04), rng);
}

const struct orr_image_set orr_set_land_cover = {
    "land-cover", "drawn here, synthetic: eight kinds of land cover from above", LANDS, names, draw};
