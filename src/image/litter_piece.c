/* More pieces of litter, upright in their own coordinates like those of litter.c: -1 at the top, 1 at the bottom. */
#include "image/litter_piece.h"

#include <math.h>

#include "image/litter_paint.h"

#define LINE(...) ((const struct orr_point[]){__VA_ARGS__})

static void stroke(struct orr_studio *s, const struct orr_point *points, size_t n, double width, struct orr_paint paint)
{
    orr_path_stroke(&s->path, points, n, width);
    orr_studio_detail(s, ORR_FILL_NONZERO, paint);
}

static void ellipse(struct orr_studio *s, double x, double y, double rx, double ry, struct orr_paint paint)
{
    orr_path_ellipse(&s->path, x, y, rx, ry);
    orr_studio_detail(s, ORR_FILL_NONZERO, paint);
}

static struct orr_rgb darker(struct orr_rgb c, double t) { return orr_rgb_mix(c, orr_rgb_grey(0), t); }
static struct orr_rgb lighter(struct orr_rgb c, double t) { return orr_rgb_mix(c, orr_rgb_grey(1), t); }

/* Hue, saturation and value, each between two numbers. One draw after the other: arguments have no order. */
static struct orr_rgb tone(struct orr_rng *rng, double h0, double h1, double s0, double s1, double v0, double v1)
{
    const double hue = orr_between(rng, h0, h1), saturation = orr_between(rng, s0, s1);
    return orr_rgb_hsv(hue, saturation, orr_between(rng, v0, v1));
}

/* A blot of rust or mould. */
static void blot(struct orr_studio *s, double radius, struct orr_rgb colour, struct orr_rng *rng)
{
    const double x = orr_between(rng, -0.4, 0.4), y = orr_between(rng, -0.35, 0.6);
    orr_path_blob(&s->path, x, y, radius, 0.55, orr_rng_u64(rng));
    orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = colour, .transparency = 0.3});
}

static const struct orr_paint SHADE = {.from = {0.55f, 0.55f, 0.55f}, .mix = ORR_MIX_MULTIPLY};

/* ---- plastic: saturated or milky, smooth, with soft streaks of light ---- */

static void tub(struct orr_studio *s, struct orr_rng *rng)
{
    const double rim = orr_between(rng, 0.7, 0.85), base = rim * orr_between(rng, 0.65, 0.8), top = -0.55;
    const struct orr_rgb colour = orr_rng_uniform(rng) < 0.4 ? orr_rgb_grey(0.95) : orr_litter_colour(s, rng);
    orr_path_polygon(&s->path, LINE({-rim, top}, {rim, top}, {base, 0.7}, {-base, 0.7}), 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(colour, 0.15), darker(colour, 0.35), rim));
    const struct orr_rgb print = orr_litter_colour(s, rng);
    stroke(s, LINE({-rim, 0.1}, {rim, 0.1}), 2, orr_between(rng, 0.3, 0.6),
           orr_paint_across(print, darker(print, 0.4), rim));
    orr_litter_gloss(s, -0.5 * rim, top, 0.7, 0.12, 0.4);
    orr_path_ellipse(&s->path, 0, top, rim * 1.1, 0.24);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(lighter(colour, 0.35)));
    ellipse(s, 0, top, rim * 0.95, 0.18, orr_paint_solid(darker(colour, 0.45)));
}

static void wrapper(struct orr_studio *s, struct orr_rng *rng)
{
    enum { TEETH = 7 };
    const double half = orr_between(rng, 0.45, 0.65), long_side = 0.95;
    const struct orr_rgb colour = orr_litter_colour(s, rng), print = orr_litter_colour(s, rng);
    orr_path_move(&s->path, -half, -long_side);
    for (int k = 1; k <= 2 * TEETH; k++)
        orr_path_line(&s->path, -half + half * k / TEETH, -long_side + (k % 2 ? 0.08 : 0));
    const double waist = half * orr_between(rng, 0.65, 0.95);
    orr_path_curve(&s->path, waist, -0.3, waist, 0.3, half, long_side);
    for (int k = 1; k <= 2 * TEETH; k++)
        orr_path_line(&s->path, half - half * k / TEETH, long_side - (k % 2 ? 0.08 : 0));
    orr_path_curve(&s->path, -waist, 0.3, -waist, -0.3, -half, -long_side);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(colour, 0.25), darker(colour, 0.3), half));
    ellipse(s, 0, orr_between(rng, -0.2, 0.2), 0.7 * half, 0.3, orr_paint_solid(print));
    orr_litter_creases(s, 4 + (int)orr_rng_below(rng, 3), 0.06, 0.8, rng);
    for (int side = -1; side <= 1; side += 2)
        stroke(s, LINE({-half, side * 0.83}, {half, side * 0.83}), 2, 0.04, SHADE);
    orr_litter_gloss(s, orr_between(rng, -0.3, 0.3), -0.7, 0.7, 0.07, 0.7);
}

static void lid(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb colour =
        orr_rng_uniform(rng) < 0.6 ? orr_rgb_grey(orr_between(rng, 0.75, 1)) : orr_litter_colour(s, rng);
    struct orr_paint film = orr_paint_across(lighter(colour, 0.3), darker(colour, 0.2), 0.9);
    film.transparency = orr_between(rng, 0.1, 0.35);
    orr_path_ellipse(&s->path, 0, 0, 0.9, orr_between(rng, 0.7, 0.9));
    orr_studio_body(s, ORR_FILL_NONZERO, film);
    for (int k = 0; k < 2; k++) {
        const double r = k ? 0.55 : 0.78;
        orr_path_ellipse(&s->path, 0, 0, r, 0.85 * r);
        orr_path_ellipse(&s->path, 0, 0, r - 0.08, 0.85 * (r - 0.08));
        orr_studio_detail(s, ORR_FILL_EVEN_ODD, SHADE);
    }
    orr_litter_gloss(s, -0.5, -0.3, 0.2, 0.1, 0.5);
    ellipse(s, 0.1, 0.05, 0.1, 0.1, orr_paint_solid(orr_rgb_grey(0.15)));
    if (orr_rng_uniform(rng) < 0.5) { /* the straw is still in it */
        const struct orr_rgb straw = orr_litter_colour(s, rng);
        const double end = orr_between(rng, -0.6, 0.6);
        orr_path_stroke(&s->path, LINE({0.1, 0.05}, {end, -0.98}), 2, 0.1);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(straw));
    }
}

/* ---- paper: pale, dull, printed ---- */

static void newspaper(struct orr_studio *s, struct orr_rng *rng)
{
    const double w = orr_between(rng, 0.62, 0.72), h = 0.9, skew = orr_between(rng, -0.12, 0.12);
    const struct orr_rgb colour = tone(rng, 0.12, 0.12, 0.03, 0.15, 0.72, 0.9);
    orr_path_polygon(&s->path, LINE({-w, -h}, {w, -h + skew}, {w, h}, {-w + skew, h}), 4);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(colour, darker(colour, 0.2), w));
    const struct orr_paint ink = {.from = orr_rgb_grey(0.2), .transparency = 0.35};
    stroke(s, LINE({-0.8 * w, -0.75}, {0.7 * w, -0.75}), 2, 0.14, ink);
    orr_path_rect(&s->path, -0.82 * w, -0.5, 0.8 * w, 0.45, 0);
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(darker(orr_litter_colour(s, rng), 0.2)));
    for (int k = 0; k < 13; k++) {
        const double y = -0.5 + 0.1 * k;
        if (k > 5) stroke(s, LINE({-0.82 * w, y}, {-0.08 * w, y}), 2, 0.04, ink);
        stroke(s, LINE({0.08 * w, y}, {0.82 * w * orr_between(rng, 0.7, 1), y}), 2, 0.04, ink);
    }
    stroke(s, LINE({-w, 0.02}, {w, 0.02}), 2, 0.03, SHADE); /* folded */
}

static void receipt(struct orr_studio *s, struct orr_rng *rng)
{
    const double w = orr_between(rng, 0.25, 0.36), curl = orr_between(rng, -0.25, 0.25);
    const struct orr_rgb colour = orr_rgb_grey(orr_between(rng, 0.88, 1));
    orr_path_move(&s->path, -w, -1);
    orr_path_line(&s->path, w, -1);
    orr_path_curve(&s->path, w + curl, -0.3, w - curl, 0.3, w, 1);
    orr_path_line(&s->path, -w, 1);
    orr_path_curve(&s->path, -w - curl, 0.3, -w + curl, -0.3, -w, -1);
    orr_studio_body(
        s, ORR_FILL_NONZERO,
        (struct orr_paint){
            .kind = ORR_PAINT_LINEAR, .from = colour, .to = darker(colour, 0.25), .a = {0, -1}, .b = {0, 1}});
    for (int k = 0; k < 9; k++)
        stroke(s, LINE({-0.7 * w, -0.8 + 0.18 * k}, {0.7 * w * orr_between(rng, 0, 1), -0.8 + 0.18 * k}), 2, 0.05,
               (struct orr_paint){.from = orr_rgb_grey(0.3), .transparency = 0.4});
    orr_litter_creases(s, 2, 0.04, 0.3, rng);
}

/* ---- glass: tinted, the ground shines through, hard narrow lights ---- */

static struct orr_rgb glass_tint(struct orr_rng *rng)
{
    static const double hues[4] = {0.33, 0.09, 0.27, 0.5};
    const uint64_t k = orr_rng_below(rng, 4);
    return k == 3 ? tone(rng, hues[k], hues[k], 0.05, 0.2, 0.8, 0.95) : tone(rng, hues[k], hues[k], 0.5, 0.9, 0.3, 0.6);
}

static void jar(struct orr_studio *s, struct orr_rng *rng)
{
    const double w = orr_between(rng, 0.5, 0.65), neck = 0.8 * w;
    const struct orr_rgb tint = tone(rng, 0.35, 0.55, 0.08, 0.25, 0.7, 0.95);
    orr_path_move(&s->path, -neck, -0.8);
    orr_path_line(&s->path, neck, -0.8);
    orr_path_curve(&s->path, neck, -0.6, w, -0.6, w, -0.4);
    orr_path_line(&s->path, w, 0.8);
    orr_path_curve(&s->path, w, 0.95, 0.9 * w, 0.95, 0.8 * w, 0.95);
    orr_path_line(&s->path, -0.8 * w, 0.95);
    orr_path_curve(&s->path, -0.9 * w, 0.95, -w, 0.95, -w, 0.8);
    orr_path_line(&s->path, -w, -0.4);
    orr_path_curve(&s->path, -w, -0.6, -neck, -0.6, -neck, -0.8);
    struct orr_paint glass = orr_paint_across(lighter(tint, 0.2), darker(tint, 0.4), w);
    glass.transparency = orr_between(rng, 0.4, 0.6);
    orr_studio_body(s, ORR_FILL_NONZERO, glass);
    stroke(s, LINE({-w, 0.88}, {w, 0.88}), 2, 0.1, orr_paint_solid(darker(tint, 0.5))); /* the thick base */
    for (int side = -1; side <= 1; side += 2)
        stroke(s, LINE({side * w, -0.4}, {side * w, 0.85}), 2, 0.09, orr_paint_solid(darker(tint, 0.45)));
    if (orr_rng_uniform(rng) < 0.4)
        stroke(s, LINE({-w, 0.25}, {w, 0.25}), 2, orr_between(rng, 0.4, 0.6),
               orr_paint_across(orr_rgb_hsv(0.12, 0.2, 0.9), orr_rgb_hsv(0.12, 0.2, 0.5), w));
    orr_litter_gloss(s, -0.65 * w, -0.4, 0.7, 0.06, 0.9);
    orr_litter_gloss(s, 0.7 * w, -0.3, 0.5, 0.03, 0.5);
    if (orr_rng_uniform(rng) < 0.5) {
        const struct orr_rgb cap = orr_rng_uniform(rng) < 0.5 ? orr_rgb_grey(0.7) : orr_litter_colour(s, rng);
        orr_path_rect(&s->path, -neck - 0.06, -1, 2 * neck + 0.12, 0.28, 0.04);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(cap, 0.3), darker(cap, 0.5), w));
    }
}

static void shards(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb tint = glass_tint(rng);
    const int n = 3 + (int)orr_rng_below(rng, 3);
    for (int k = 0; k < n; k++) {
        const double a = 2 * M_PI * k / n + orr_between(rng, -0.3, 0.3), r = orr_between(rng, 0.15, 0.5),
                     turn = orr_between(rng, 0, 2 * M_PI);
        struct orr_point corner[4];
        for (int i = 0; i < 4; i++) {
            const double b = turn + i * M_PI / 2 + orr_between(rng, -0.5, 0.5), reach = orr_between(rng, 0.25, 0.5);
            corner[i] = (struct orr_point){r * cos(a) + reach * cos(b), r * sin(a) + reach * sin(b)};
        }
        struct orr_paint glass = orr_paint_across(lighter(tint, 0.3), darker(tint, 0.35), 0.9);
        glass.transparency = orr_between(rng, 0.1, 0.35);
        orr_path_polygon(&s->path, corner, 4);
        orr_studio_body(s, ORR_FILL_NONZERO, glass);
        stroke(s, LINE(corner[0], corner[1]), 2, 0.06,
               (struct orr_paint){.from = orr_rgb_grey(0.8), .mix = ORR_MIX_ADD});
        stroke(s, LINE(corner[2], corner[3], corner[0]), 3, 0.06, orr_paint_solid(darker(tint, 0.55)));
    }
}

/* ---- metal: grey, streaks from bright to dark ---- */

static void tin(struct orr_studio *s, struct orr_rng *rng)
{
    const double w = orr_between(rng, 0.6, 0.75), top = -0.7, bottom = 0.75;
    orr_path_rect(&s->path, -w, top, 2 * w, bottom - top, 0);
    orr_path_ellipse(&s->path, 0, bottom, w, 0.16);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(orr_rgb_grey(0.82), orr_rgb_grey(0.3), w));
    orr_litter_gloss(s, -0.45 * w, top, bottom, 0.22, 0.35);
    for (int k = 0; k < 6; k++) {
        const double y = -0.45 + 0.2 * k;
        stroke(s, LINE({-w, y}, {-0.5 * w, y + 0.08}, {0.5 * w, y + 0.08}, {w, y}), 4, 0.05, SHADE);
    }
    if (orr_rng_uniform(rng) < 0.4) blot(s, 0.3, orr_rgb_hsv(0.06, 0.7, 0.45), rng);
    orr_path_ellipse(&s->path, 0, top, w, 0.22);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_grey(0.85)));
    ellipse(s, 0, top, 0.88 * w, 0.16, orr_paint_across(orr_rgb_grey(0.25), orr_rgb_grey(0.6), w));
    if (orr_rng_uniform(rng) < 0.6) { /* its lid stands open */
        orr_path_ellipse(&s->path, orr_between(rng, -0.2, 0.2), top - 0.12, 0.8 * w, 0.2);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(orr_rgb_grey(0.95), orr_rgb_grey(0.5), w));
    }
}

static void crown_cap(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb colour = orr_rng_uniform(rng) < 0.5 ? orr_rgb_grey(0.75) : orr_litter_colour(s, rng);
    orr_path_star(&s->path, 21, 0, 0, 0.95, 0.82, orr_between(rng, 0, 1));
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(orr_rgb_grey(0.9), orr_rgb_grey(0.35), 0.9));
    ellipse(s, 0, 0, 0.74, 0.74, orr_paint_across(lighter(colour, 0.4), darker(colour, 0.35), 0.8));
    ellipse(s, 0, 0, 0.4, 0.4, orr_paint_across(darker(colour, 0.2), lighter(colour, 0.2), 0.4));
    orr_litter_gloss(s, -0.45, -0.35, 0.25, 0.14, 0.6);
}

static void foil(struct orr_studio *s, struct orr_rng *rng)
{
    orr_path_blob(&s->path, 0, 0, 0.78, 0.4, orr_rng_u64(rng));
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(orr_rgb_grey(0.85), orr_rgb_grey(0.4), 0.8));
    for (int k = 0; k < 12; k++) { /* facets that throw the light this way and that */
        const double a = orr_between(rng, 0, 2 * M_PI), r = orr_between(rng, 0, 0.6), turn = orr_between(rng, 0, 6);
        orr_path_regular(&s->path, 3, r * cos(a), r * sin(a), orr_between(rng, 0.15, 0.35), turn);
        const double v = orr_rng_uniform(rng) < 0.5 ? orr_between(rng, 0.15, 0.45) : orr_between(rng, 0.8, 1.1);
        orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = orr_rgb_grey(v), .transparency = 0.2});
    }
}

/* ---- cardboard: brown, dull, corrugated ---- */

static struct orr_rgb brown_board(struct orr_rng *rng) { return tone(rng, 0.06, 0.1, 0.35, 0.55, 0.5, 0.78); }

static void board(struct orr_studio *s, struct orr_rng *rng)
{
    enum { RIBS = 11, TORN = 8 };
    const double w = orr_between(rng, 0.7, 0.9), h = orr_between(rng, 0.5, 0.9);
    const struct orr_rgb brown = brown_board(rng);
    orr_path_move(&s->path, -w, -h);
    orr_path_line(&s->path, w, -h);
    for (int k = 0; k <= TORN; k++) orr_path_line(&s->path, w - orr_between(rng, 0, 0.15), -h + 2 * h * k / TORN);
    orr_path_line(&s->path, -w, h);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(brown, 0.1), darker(brown, 0.2), w));
    for (int k = 0; k < RIBS; k++) {
        const double x = -w + 2 * w * (k + 0.5) / RIBS;
        stroke(s, LINE({x, -h}, {x, h}), 2, w / RIBS * 0.7,
               (struct orr_paint){.from = orr_rgb_grey(0.78), .mix = ORR_MIX_MULTIPLY});
    }
    const double fold = orr_between(rng, -0.4, 0.4) * h;
    stroke(s, LINE({-w, fold}, {w, fold}), 2, 0.05, SHADE);
    if (orr_rng_uniform(rng) < 0.6) {
        orr_path_rect(&s->path, -0.6 * w, fold + 0.15, 0.5 * w, 0.3, 0);
        orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(darker(brown, 0.65)));
    }
}

static void roll(struct orr_studio *s, struct orr_rng *rng)
{
    const double r = orr_between(rng, 0.3, 0.45);
    const struct orr_rgb brown = brown_board(rng);
    orr_path_rect(&s->path, -r, -0.85, 2 * r, 1.7, 0);
    orr_path_ellipse(&s->path, 0, 0.85, r, 0.13);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(brown, 0.2), darker(brown, 0.45), r));
    for (int k = 0; k < 4; k++)
        stroke(s, LINE({-r, -0.5 + 0.45 * k}, {r, -0.8 + 0.45 * k}), 2, 0.03, SHADE); /* wound */
    orr_path_ellipse(&s->path, 0, -0.85, r, 0.15);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(lighter(brown, 0.3)));
    ellipse(s, 0, -0.85, 0.82 * r, 0.11, orr_paint_solid(darker(brown, 0.7)));
}

static void egg_box(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb pulp = tone(rng, 0.09, 0.09, 0.12, 0.3, 0.5, 0.7);
    orr_path_rect(&s->path, -0.62, -0.92, 1.24, 1.84, 0.12);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(lighter(pulp, 0.1), darker(pulp, 0.2), 0.6));
    for (int k = 0; k < 6; k++) {
        const double x = k % 2 ? 0.3 : -0.3, y = -0.6 + 0.6 * (k / 2);
        ellipse(s, x, y, 0.25, 0.25,
                (struct orr_paint){.kind = ORR_PAINT_RADIAL,
                                   .from = darker(pulp, 0.65),
                                   .to = lighter(pulp, 0.2),
                                   .a = {x + 0.05, y + 0.05},
                                   .b = {x + 0.3, y}});
    }
}

/* ---- biodegradable: warm, matt, uneven ---- */

static void orange(struct orr_studio *s, struct orr_rng *rng)
{
    enum { SEGMENTS = 9 };
    const struct orr_rgb skin = tone(rng, 0.06, 0.14, 0.9, 0.9, 0.8, 1), pulp = lighter(skin, 0.25);
    orr_path_ellipse(&s->path, 0, 0, 0.9, orr_between(rng, 0.7, 0.9));
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(skin));
    ellipse(s, 0, 0, 0.78, 0.72, orr_paint_solid(lighter(skin, 0.75)));
    const double turn = orr_between(rng, 0, 1);
    for (int k = 0; k < SEGMENTS; k++) {
        const double a = turn + 2 * M_PI * k / SEGMENTS, b = a + 2 * M_PI * 0.82 / SEGMENTS;
        orr_path_polygon(&s->path,
                         LINE({0.12 * cos((a + b) / 2), 0.12 * sin((a + b) / 2)}, {0.68 * cos(a), 0.64 * sin(a)},
                              {0.7 * cos((a + b) / 2), 0.66 * sin((a + b) / 2)}, {0.68 * cos(b), 0.64 * sin(b)}),
                         4);
        orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(orr_rgb_mix(pulp, skin, orr_rng_uniform(rng))));
    }
}

static void bread(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb crumb = tone(rng, 0.11, 0.11, 0.25, 0.4, 0.82, 0.95),
                         crust = tone(rng, 0.07, 0.07, 0.7, 0.7, 0.4, 0.6);
    orr_path_rect(&s->path, -0.66, -0.5, 1.32, 1.4, 0.15);
    orr_path_ellipse(&s->path, -0.36, -0.5, 0.42, 0.35);
    orr_path_ellipse(&s->path, 0.36, -0.5, 0.42, 0.35);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(crust));
    orr_path_rect(&s->path, -0.55, -0.5, 1.1, 1.3, 0.12);
    orr_path_ellipse(&s->path, -0.32, -0.48, 0.34, 0.26);
    orr_path_ellipse(&s->path, 0.32, -0.48, 0.34, 0.26);
    orr_studio_detail(s, ORR_FILL_NONZERO, orr_paint_solid(crumb));
    for (int k = 0; k < 14; k++) {
        const double r = orr_between(rng, 0.02, 0.06), x = orr_between(rng, -0.5, 0.5);
        ellipse(s, x, orr_between(rng, -0.6, 0.7), r, 0.7 * r, orr_paint_solid(darker(crumb, 0.3)));
    }
    if (orr_rng_uniform(rng) < 0.5) blot(s, 0.25, orr_rgb_hsv(0.4, 0.35, 0.5), rng); /* gone green */
}

static void eggshell(struct orr_studio *s, struct orr_rng *rng)
{
    enum { TEETH = 9 };
    const struct orr_rgb shell = tone(rng, 0.07, 0.07, 0.12, 0.4, 0.8, 1);
    const double w = orr_between(rng, 0.65, 0.8);
    orr_path_move(&s->path, -w, -0.3);
    for (int k = 1; k <= TEETH; k++)
        orr_path_line(&s->path, -w + 2 * w * k / TEETH, -0.3 + (k % 2 ? orr_between(rng, -0.28, -0.1) : 0.05));
    orr_path_curve(&s->path, w, 0.5, 0.5 * w, 0.95, 0, 0.95);
    orr_path_curve(&s->path, -0.5 * w, 0.95, -w, 0.5, -w, -0.3);
    orr_studio_body(s, ORR_FILL_NONZERO,
                    (struct orr_paint){.kind = ORR_PAINT_RADIAL,
                                       .from = lighter(shell, 0.6),
                                       .to = darker(shell, 0.35),
                                       .a = {-0.3, 0.1},
                                       .b = {0.9, 0.6}});
    orr_path_ellipse(&s->path, 0, -0.3, 0.85 * w, 0.16);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(lighter(shell, 0.7)));
    ellipse(s, 0.05, -0.26, 0.6 * w, 0.1, orr_paint_solid(darker(shell, 0.25)));
}

static void fish_bone(struct orr_studio *s, struct orr_rng *rng)
{
    const struct orr_rgb bone = tone(rng, 0.11, 0.11, 0.1, 0.3, 0.8, 0.95), flesh = orr_rgb_hsv(0.04, 0.4, 0.6);
    const struct orr_paint paint = orr_paint_across(bone, darker(bone, 0.35), 0.6);
    orr_path_stroke(&s->path, LINE({0, -0.7}, {0, 0.75}), 2, 0.13);
    for (int k = 0; k < 6; k++) {
        const double y = -0.35 + 0.19 * k, reach = 0.5 - 0.06 * k;
        orr_path_stroke(&s->path, LINE({-reach, y + 0.14}, {0, y}, {reach, y + 0.14}), 3, 0.09);
    }
    orr_path_polygon(&s->path, LINE({0, 0.6}, {0.36, 0.98}, {-0.36, 0.98}), 3);
    orr_studio_body(s, ORR_FILL_NONZERO, paint);
    orr_path_move(&s->path, 0, -1);
    orr_path_curve(&s->path, 0.4, -0.85, 0.4, -0.5, 0.22, -0.45);
    orr_path_line(&s->path, -0.22, -0.45);
    orr_path_curve(&s->path, -0.4, -0.5, -0.4, -0.85, 0, -1);
    orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_across(flesh, darker(flesh, 0.4), 0.4));
    ellipse(s, 0.1, -0.72, 0.07, 0.07, orr_paint_solid(orr_rgb_grey(0.95)));
    ellipse(s, 0.1, -0.72, 0.035, 0.035, orr_paint_solid(orr_rgb_grey(0.05)));
}

/* ---- the list ---- */

typedef void drawer(struct orr_studio *, struct orr_rng *);
static drawer *const drawers[] = {tub,  wrapper, lid,  newspaper, receipt, jar,   shards,   tin,      crown_cap,
                                  foil, board,   roll, egg_box,   orange,  bread, eggshell, fish_bone};

const struct orr_litter_piece orr_litter_pieces[] = {
    /* those of litter.c, in its order */
    {"bottle", ORR_MATERIAL_PLASTIC, 0.35},
    {"glass bottle", ORR_MATERIAL_GLASS, 0.29},
    {"can", ORR_MATERIAL_METAL, 0.49},
    {"bag", ORR_MATERIAL_PLASTIC, 0.72},
    {"cup", ORR_MATERIAL_PAPER, 0.64},
    {"paper", ORR_MATERIAL_PAPER, 0.62},
    {"carton", ORR_MATERIAL_CARDBOARD, 0.65},
    {"peel", ORR_MATERIAL_ORGANIC, 0.75},
    /* those above */
    {"tub", ORR_MATERIAL_PLASTIC, 0.63},
    {"wrapper", ORR_MATERIAL_PLASTIC, 0.52},
    {"lid", ORR_MATERIAL_PLASTIC, 0.75},
    {"newspaper", ORR_MATERIAL_PAPER, 0.6},
    {"receipt", ORR_MATERIAL_PAPER, 0.33},
    {"jar", ORR_MATERIAL_GLASS, 0.56},
    {"shards", ORR_MATERIAL_GLASS, 0.6},
    {"tin", ORR_MATERIAL_METAL, 0.6},
    {"crown cap", ORR_MATERIAL_METAL, 0.9},
    {"foil", ORR_MATERIAL_METAL, 0.62},
    {"board", ORR_MATERIAL_CARDBOARD, 0.56},
    {"roll", ORR_MATERIAL_CARDBOARD, 0.37},
    {"egg box", ORR_MATERIAL_CARDBOARD, 0.57},
    {"orange", ORR_MATERIAL_ORGANIC, 0.72},
    {"bread", ORR_MATERIAL_ORGANIC, 0.67},
    {"eggshell", ORR_MATERIAL_ORGANIC, 0.55},
    {"fish bone", ORR_MATERIAL_ORGANIC, 0.5}};
const int orr_litter_piece_count = sizeof orr_litter_pieces / sizeof *orr_litter_pieces;
_Static_assert(sizeof orr_litter_pieces / sizeof *orr_litter_pieces ==
                   ORR_LITTER_KINDS + sizeof drawers / sizeof *drawers,
               "a drawer for each piece");

void orr_litter_piece_draw(struct orr_studio *s, int k, struct orr_affine pose, struct orr_rng *rng)
{
    if (k < ORR_LITTER_KINDS) {
        orr_litter_draw(s, (enum orr_litter)k, pose, rng);
    } else {
        orr_studio_begin(s, pose);
        drawers[k - ORR_LITTER_KINDS](s, rng);
    }
}

void orr_litter_clutter_draw(struct orr_studio *s, struct orr_affine pose, struct orr_rng *rng)
{
    orr_studio_begin(s, pose);
    const uint64_t kind = orr_rng_below(rng, 3);
    if (kind == 0) {
        const struct orr_rgb stone = tone(rng, 0.05, 0.7, 0, 0.12, 0.3, 0.65);
        orr_path_blob(&s->path, 0, 0, 0.7, 0.25, orr_rng_u64(rng));
        orr_studio_body(s, ORR_FILL_NONZERO,
                        (struct orr_paint){.kind = ORR_PAINT_RADIAL,
                                           .from = lighter(stone, 0.25),
                                           .to = darker(stone, 0.5),
                                           .a = {-0.3, -0.3},
                                           .b = {0.8, 0.5}});
    } else if (kind == 1) {
        const struct orr_rgb bark = tone(rng, 0.07, 0.07, 0.3, 0.6, 0.15, 0.4);
        const double bend = orr_between(rng, -0.3, 0.3);
        orr_path_stroke(&s->path, LINE({0, -1}, {bend, 0}, {0, 1}), 3, 0.1);
        orr_path_stroke(&s->path, LINE({bend, 0}, {bend + orr_between(rng, -0.6, 0.6), -0.5}), 2, 0.06);
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(bark));
    } else {
        const struct orr_rgb grass = tone(rng, 0.2, 0.32, 0.4, 0.8, 0.25, 0.6);
        for (int k = 0; k < 5; k++) {
            const double lean = orr_between(rng, -0.8, 0.8);
            orr_path_stroke(&s->path, LINE({0.08 * k - 0.2, 0.9}, {0.4 * lean, 0}, {lean, -0.9}), 3, 0.07);
        }
        orr_studio_body(s, ORR_FILL_NONZERO, orr_paint_solid(grass));
    }
}
