/* Single pieces of litter, seen from above or from the side, upright in their own coordinates: -1 at the top, 1 at the bottom. */
#include "image/litter_paint.h"

#include <math.h>

const char *const orr_material_names[ORR_MATERIALS] = {"plastic", "paper",     "glass",
                                                       "metal",   "cardboard", "biodegradable"};
const char *const orr_litter_names[ORR_LITTER_KINDS] = {"bottle", "glass bottle", "can",    "bag",
                                                        "cup",    "paper",        "carton", "peel"};

enum orr_material orr_litter_material(enum orr_litter kind)
{
    static const enum orr_material of[ORR_LITTER_KINDS] = {
        [ORR_LITTER_BOTTLE] = ORR_MATERIAL_PLASTIC,   [ORR_LITTER_GLASS] = ORR_MATERIAL_GLASS,
        [ORR_LITTER_CAN] = ORR_MATERIAL_METAL,        [ORR_LITTER_BAG] = ORR_MATERIAL_PLASTIC,
        [ORR_LITTER_CUP] = ORR_MATERIAL_PAPER,        [ORR_LITTER_PAPER] = ORR_MATERIAL_PAPER,
        [ORR_LITTER_CARTON] = ORR_MATERIAL_CARDBOARD, [ORR_LITTER_PEEL] = ORR_MATERIAL_ORGANIC};
    return of[kind];
}

/* ---- bottles and cans ---- */

/* Half of the outline from the neck down, then its mirror image. */
static void bottle_path(struct orr_path *p, double neck, double body, double shoulder, double top)
{
    orr_path_move(p, neck, top);
    orr_path_line(p, neck, shoulder - 0.3);
    orr_path_curve(p, neck, shoulder - 0.1, body, shoulder - 0.1, body, shoulder + 0.15);
    orr_path_line(p, body, 0.9);
    orr_path_curve(p, body, 1, body, 1, body - 0.1, 1);
    orr_path_line(p, -body + 0.1, 1);
    orr_path_curve(p, -body, 1, -body, 1, -body, 0.9);
    orr_path_line(p, -body, shoulder + 0.15);
    orr_path_curve(p, -body, shoulder - 0.1, -neck, shoulder - 0.1, -neck, shoulder - 0.3);
    orr_path_line(p, -neck, top);
}

static void label(struct orr_studio *s, double half_width, double top, double bottom, struct orr_rgb colour)
{
    orr_path_rect(&s->path, -half_width - 0.1, top, 2 * half_width + 0.2, bottom - top, 0);
    orr_studio_detail(s, ORR_FILL_NONZERO,
                      orr_paint_across(colour, orr_rgb_mix(colour, orr_rgb_grey(0), 0.45), half_width));
}

static void plastic_bottle(struct orr_studio *s, struct orr_rng *rng)
{
    const double body = orr_between(rng, 0.3, 0.4);
    const struct orr_rgb tint =
        orr_rgb_hsv(orr_between(rng, 0.45, 0.65), orr_between(rng, 0.05, 0.35), orr_between(rng, 0.75, 1));
    bottle_path(&s->path, 0.12, body, orr_between(rng, -0.5, -0.3), -0.85);
    struct orr_paint film =
        orr_paint_across(orr_rgb_mix(tint, orr_rgb_grey(1), 0.3), orr_rgb_mix(tint, orr_rgb_grey(0), 0.35), body);
    film.transparency = orr_between(rng, 0.15, 0.4); /* the ground shines through */
    orr_studio_body(s, ORR_FILL_NONZERO, film);
    if (orr_rng_uniform(rng) < 0.75) {
        const double top = orr_between(rng, -0.1, 0.2);
        label(s, body, top, top + orr_between(rng, 0.3, 0.5), orr_litter_colour(s, rng));
    }
    for (int k = 0; k < 3; k++) { /* ribs */
        const double y = 0.62 + 0.12 * k;
        orr_path_stroke(&s->path, (const struct orr_point[]){{-body, y}, {body, y}}, 2, 0.03);
        orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = orr_rgb_grey(0.6), .mix = ORR_MIX_MULTIPLY});
    }
    orr_litter_gloss(s, -0.5 * body, -0.3, 0.85, 0.09, 0.45);
    if (orr_rng_uniform(rng) < 0.8) {
        orr_path_rect(&s->path, -0.16, -1, 0.32, 0.18, 0.04);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(orr_litter_colour(s, rng)));
    }
}

static void glass_bottle(struct orr_studio *s, struct orr_rng *rng)
{
    static const double hues[3] = {0.33, 0.09, 0.27}; /* green, brown, olive */
    const struct orr_rgb tint = orr_rgb_hsv(hues[orr_rng_below(rng, 3)] + orr_between(rng, -0.03, 0.03),
                                            orr_between(rng, 0.5, 0.95), orr_between(rng, 0.25, 0.55));
    const double body = orr_between(rng, 0.25, 0.33);
    bottle_path(&s->path, 0.1, body, orr_between(rng, -0.3, -0.05), -1);
    struct orr_paint glass =
        orr_paint_across(orr_rgb_mix(tint, orr_rgb_grey(1), 0.12), orr_rgb_mix(tint, orr_rgb_grey(0), 0.5), body);
    glass.transparency = orr_between(rng, 0, 0.2);
    orr_studio_body(s, ORR_FILL_NONZERO, glass);
    if (orr_rng_uniform(rng) < 0.6)
        label(s, body, 0.3, orr_between(rng, 0.6, 0.8), orr_rgb_hsv(0.12, 0.25, orr_between(rng, 0.5, 0.95)));
    orr_litter_gloss(s, -0.55 * body, 0, 0.9, 0.05, 0.8);
    orr_litter_gloss(s, -0.04, -0.95, -0.4, 0.04, 0.7);
    orr_litter_gloss(s, 0.6 * body, 0.1, 0.8, 0.03, 0.35);
}

static void can(struct orr_studio *s, struct orr_rng *rng)
{
    const double half = orr_between(rng, 0.48, 0.58), top = -0.85, bottom = 0.85;
    const double pinch = orr_rng_uniform(rng) < 0.4 ? orr_between(rng, 0.1, 0.3) : 0; /* crushed */
    orr_path_move(&s->path, -half, top);
    orr_path_curve(&s->path, -0.4 * half, top - 0.15, 0.4 * half, top - 0.15, half, top);
    orr_path_curve(&s->path, half - 1.5 * pinch, -0.1, half - pinch, 0.2, half, bottom);
    orr_path_curve(&s->path, 0.4 * half, bottom + 0.15, -0.4 * half, bottom + 0.15, -half, bottom);
    orr_path_curve(&s->path, pinch - half, 0.2, 1.2 * pinch - half, -0.1, -half, top);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(orr_rgb_grey(0.85), orr_rgb_grey(0.35), half));
    const struct orr_rgb colour = orr_litter_colour(s, rng);
    label(s, half, top + 0.16, bottom - 0.1, colour);
    const double y = orr_between(rng, -0.4, 0.2);
    orr_path_stroke(&s->path, (const struct orr_point[]){{-half, y + 0.3}, {half, y - 0.1}}, 2,
                    orr_between(rng, 0.15, 0.35));
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_litter_colour(s, rng)));
    orr_litter_gloss(s, -0.45 * half, top, bottom, 0.12, 0.5);
    orr_litter_gloss(s, 0.7 * half, top, bottom, 0.06, 0.25);
    orr_path_ellipse(&s->path, 0, top, half * 0.95, 0.12); /* the lid */
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_grey(orr_between(rng, 0.6, 0.85))));
    orr_path_ellipse(&s->path, 0.05, top, 0.16, 0.05);
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_grey(0.3)));
}

/* ---- soft and flat things ---- */

static void bag(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb colour =
        orr_rng_uniform(rng) < 0.5 ? orr_rgb_grey(orr_between(rng, 0.75, 1)) : orr_litter_colour(s, rng);
    struct orr_paint film = orr_paint_across(colour, orr_rgb_mix(colour, orr_rgb_grey(0), 0.3), 0.8);
    film.transparency = orr_between(rng, 0, 0.3);
    for (int side = -1; side <= 1; side += 2) { /* handles */
        const double x = side * 0.4, lean = side * orr_between(rng, -0.1, 0.25);
        orr_path_ellipse(&s->path, x + lean, -0.72, 0.22, 0.34);
        orr_path_ellipse(&s->path, x + lean, -0.75, 0.11, 0.22);
        orr_studio_body(s, ORR_FILL_EVEN_ODD, film);
    }
    orr_path_blob(&s->path, 0, 0.22, orr_between(rng, 0.66, 0.78), 0.45, orr_rng_u64(rng));
    orr_studio_body(s, ORR_FILL_NONZERO, film);
    orr_litter_creases(s, 3 + (int)orr_rng_below(rng, 4), 0.06, 0.6, rng);
    orr_litter_gloss(s, orr_between(rng, -0.4, 0), -0.2, 0.5, 0.1, 0.3);
}

static void cup(struct orr_studio *s, struct orr_rng *rng)
{
    const double rim = orr_between(rng, 0.55, 0.68), base = rim * orr_between(rng, 0.6, 0.75);
    const struct orr_point side[4] = {{-rim, -0.75}, {rim, -0.75}, {base, 0.9}, {-base, 0.9}};
    const struct orr_rgb colour =
        orr_rng_uniform(rng) < 0.5 ? orr_rgb_grey(orr_between(rng, 0.8, 1)) : orr_litter_colour(s, rng);
    orr_path_polygon(&s->path, side, 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(colour, orr_rgb_mix(colour, orr_rgb_grey(0), 0.4), rim));
    orr_path_ellipse(&s->path, 0, 0.9, base, 0.08);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(colour, orr_rgb_mix(colour, orr_rgb_grey(0), 0.4), rim));
    if (orr_rng_uniform(rng) < 0.6) { /* a sleeve */
        const struct orr_point sleeve[4] = {{-rim, -0.3}, {rim, -0.3}, {rim, 0.4}, {-rim, 0.4}};
        const struct orr_rgb brown =
            orr_rng_uniform(rng) < 0.5 ? orr_rgb_hsv(0.08, 0.5, 0.6) : orr_litter_colour(s, rng);
        orr_path_polygon(&s->path, sleeve, 4);
        orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_across(brown, orr_rgb_mix(brown, orr_rgb_grey(0), 0.4), rim));
    }
    const bool lid = orr_rng_uniform(rng) < 0.5;
    orr_path_ellipse(&s->path, 0, -0.78, rim * 1.08, 0.2);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(lid ? orr_rgb_grey(orr_between(rng, 0.1, 0.95)) : colour));
    orr_path_ellipse(&s->path, 0, -0.78, rim * 0.9, 0.14); /* the inside, or the lid's dent */
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_grey(orr_between(rng, 0.1, 0.4))));
}

static void paper(struct orr_studio *s, struct orr_rng *rng)
{
    const double v = orr_between(rng, 0.75, 1), long_side = orr_between(rng, 0.8, 1),
                 short_side = orr_between(rng, 0.5, 0.85);
    const struct orr_rgb colour = orr_rgb_hsv(orr_between(rng, 0.1, 0.17), orr_between(rng, 0, 0.15), v);
    const bool ball = orr_rng_uniform(rng) < 0.35;
    if (ball) {
        orr_path_blob(&s->path, 0, 0, 0.7, 0.35, orr_rng_u64(rng));
    } else {
        struct orr_point corner[4] = {
            {-short_side, -long_side}, {short_side, -long_side}, {short_side, long_side}, {-short_side, long_side}};
        for (int k = 0; k < 4; k++)
            corner[k].x += orr_between(rng, -0.15, 0.15), corner[k].y += orr_between(rng, -0.15, 0.15);
        orr_path_polygon(&s->path, corner, 4);
    }
    orr_studio_body(s, ORR_FILL_NONZERO,
                    orr_paint_across(colour, orr_rgb_mix(colour, orr_rgb_grey(0), orr_between(rng, 0.05, 0.3)), 0.8));
    const int lines = !ball && orr_rng_uniform(rng) < 0.6 ? 5 + (int)orr_rng_below(rng, 4) : 0;
    for (int k = 0; k < lines; k++) { /* print */
        const double y = -0.7 * long_side + 1.4 * long_side * k / lines, x = 0.75 * short_side;
        orr_path_stroke(&s->path, (const struct orr_point[]){{-x, y}, {x * orr_between(rng, 0.3, 1), y}}, 2, 0.05);
        orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = orr_rgb_grey(0.25), .transparency = 0.4});
    }
    orr_litter_creases(s, ball ? 7 : 2 + (int)orr_rng_below(rng, 3), 0.05, ball ? 0.7 : 0.35, rng);
}

static void carton(struct orr_studio *s, struct orr_rng *rng)
{
    const double w = orr_between(rng, 0.55, 0.8), h = orr_between(rng, 0.4, 0.75), dx = orr_between(rng, 0.15, 0.4),
                 dy = 0.35;
    const struct orr_rgb brown =
        orr_rgb_hsv(orr_between(rng, 0.06, 0.1), orr_between(rng, 0.35, 0.6), orr_between(rng, 0.5, 0.8));
    const struct orr_point front[4] = {{-w, -h + dy}, {w - dx, -h + dy}, {w - dx, h + dy}, {-w, h + dy}};
    const struct orr_point lid[4] = {{-w, -h + dy}, {-w + dx, -h - dy}, {w, -h - dy}, {w - dx, -h + dy}};
    const struct orr_point right[4] = {{w - dx, -h + dy}, {w, -h - dy}, {w, h - dy}, {w - dx, h + dy}};
    orr_path_polygon(&s->path, front, 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(brown));
    orr_path_polygon(&s->path, lid, 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_mix(brown, orr_rgb_grey(1), 0.25)));
    orr_path_polygon(&s->path, right, 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_mix(brown, orr_rgb_grey(0), 0.35)));
    const double tape = -0.5 * dx; /* over the lid and down the front */
    orr_path_stroke(&s->path, (const struct orr_point[]){{tape + dx, -h - dy}, {tape, -h + dy}, {tape, -h + dy + 0.35}},
                    3, 0.12);
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_hsv(0.11, orr_between(rng, 0.1, 0.4), 0.85)));
    if (orr_rng_uniform(rng) < 0.5) {
        orr_path_rect(&s->path, -w + 0.1, dy, 0.35, 0.25, 0);
        orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_litter_colour(s, rng)));
    }
}

/* A banana's peel: arms around a middle; or the core of an apple. */
static void peel(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb fresh =
        orr_rgb_hsv(orr_between(rng, 0.1, 0.17), orr_between(rng, 0.55, 0.95), orr_between(rng, 0.5, 0.95));
    const struct orr_rgb old = orr_rgb_hsv(0.08, 0.7, orr_between(rng, 0.2, 0.4));
    struct orr_paint skin = {
        .kind = ORR_PAINT_RADIAL, .from = fresh, .to = orr_rgb_mix(fresh, old, orr_between(rng, 0.3, 1)), .b = {1, 0}};
    if (orr_rng_uniform(rng) < 0.7) {
        const int arms = 3 + (int)orr_rng_below(rng, 2);
        for (int k = 0; k < arms; k++) {
            const double a = 2 * M_PI * k / arms + orr_between(rng, -0.35, 0.35),
                         bend = a + orr_between(rng, -0.9, 0.9);
            const double length = orr_between(rng, 0.75, 1);
            orr_path_stroke(&s->path,
                            (const struct orr_point[]){{0, 0},
                                                       {0.5 * cos(a), 0.5 * sin(a)},
                                                       {length * cos((a + bend) / 2), length * sin((a + bend) / 2)}},
                            3, orr_between(rng, 0.22, 0.32));
            orr_studio_body(s, ORR_FILL_NONZERO, skin);
        }
    } else {
        orr_path_move(&s->path, -0.5, -0.8);
        orr_path_curve(&s->path, -0.1, -0.3, -0.1, 0.3, -0.5, 0.8);
        orr_path_line(&s->path, 0.5, 0.8);
        orr_path_curve(&s->path, 0.1, 0.3, 0.1, -0.3, 0.5, -0.8);
        orr_studio_body(s, ORR_FILL_NONZERO, skin);
        orr_path_stroke(&s->path, (const struct orr_point[]){{0, -0.8}, {0.1, -1}}, 2, 0.08);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(old));
    }
    for (int k = 0; k < 6; k++) { /* spots */
        orr_path_blob(&s->path, orr_between(rng, -0.8, 0.8), orr_between(rng, -0.8, 0.8), 0.08, 0.4, orr_rng_u64(rng));
        orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(old));
    }
}

void orr_litter_draw(struct orr_studio *s, enum orr_litter kind, struct orr_affine pose, struct orr_rng *rng)
{
    static void (*const draw[ORR_LITTER_KINDS])(struct orr_studio *,
                                                struct orr_rng *) = {[ORR_LITTER_BOTTLE] = plastic_bottle,
                                                                     [ORR_LITTER_GLASS] = glass_bottle,
                                                                     [ORR_LITTER_CAN] = can,
                                                                     [ORR_LITTER_BAG] = bag,
                                                                     [ORR_LITTER_CUP] = cup,
                                                                     [ORR_LITTER_PAPER] = paper,
                                                                     [ORR_LITTER_CARTON] = carton,
                                                                     [ORR_LITTER_PEEL] = peel};
    orr_studio_begin(s, pose);
    draw[kind](s, rng);
}
