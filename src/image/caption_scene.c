#include "image/caption_scene.h"

#include <math.h>

#include "image/sets.h"

/* ---- names ---- */

const char *const orr_noun_names[ORR_NOUNS] = {
    "disc",    "ring",    "square",       "triangle", "star",        "cross",      "crescent", "hexagon", "zero",
    "one",     "two",     "three",        "four",     "five",        "six",        "seven",    "eight",   "nine",
    "tee",     "trouser", "pullover",     "dress",    "coat",        "sandal",     "shirt",    "sneaker", "handbag",
    "boot",    "bottle",  "glass bottle", "can",      "bag",         "cup",        "paper",    "carton",  "peel",
    "stripes", "checks",  "dots",         "bricks",   "wood",        "cells",      "marble",   "clouds",  "water",
    "forest",  "crops",   "meadow",       "bare",     "residential", "industrial", "river"};
const char *const orr_noun_plurals[ORR_NOUNS] = {
    "discs",  "rings",       "squares",    "triangles", "stars",     "crosses",       "crescents", "hexagons",
    "zeros",  "ones",        "twos",       "threes",    "fours",     "fives",         "sixes",     "sevens",
    "eights", "nines",       "tees",       "trousers",  "pullovers", "dresses",       "coats",     "sandals",
    "shirts", "sneakers",    "handbags",   "boots",     "bottles",   "glass bottles", "cans",      "bags",
    "cups",   "papers",      "cartons",    "peels",     "stripes",   "checks",        "dots",      "bricks",
    "wood",   "cells",       "marble",     "clouds",    "water",     "forest",        "crops",     "meadow",
    "bare",   "residential", "industrial", "river"};
const char *const orr_colour_names[ORR_COLOURS] = {"red",    "orange", "yellow", "green", "cyan",  "blue",
                                                   "purple", "pink",   "brown",  "black", "white", "grey"};
const char *const orr_pattern_names[ORR_PATTERNS] = {"plain", "striped", "dotted", "checked"};
const char *const orr_relation_names[ORR_RELATIONS] = {"above", "below", "left of", "right of"};
const char *const orr_place_names[ORR_PLACES] = {"top left", "top",         "top right", "left",        "middle",
                                                 "right",    "bottom left", "bottom",    "bottom right"};
const char *const orr_number_names[ORR_DIGITS] = {"zero", "one", "two",   "three", "four",
                                                  "five", "six", "seven", "eight", "nine"};

/* ---- what is kept from encoders ---- */

static bool one_of(int x, const int *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == x) return true;
    return false;
}
#define ONE_OF(x, ...) one_of(x, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* Red or yellow: no cross, disc, star, triangle. Striped: no crescent, hexagon, ring, square; dotted: no ring, square. */
static bool held_out_look(int noun, int colour, int pattern)
{
    return (ONE_OF(colour, ORR_COLOUR_RED, ORR_COLOUR_YELLOW) &&
            ONE_OF(noun, ORR_SHAPE_CROSS, ORR_SHAPE_DISC, ORR_SHAPE_STAR, ORR_SHAPE_TRIANGLE)) ||
           (pattern == ORR_PATTERN_STRIPED &&
            ONE_OF(noun, ORR_SHAPE_CRESCENT, ORR_SHAPE_HEXAGON, ORR_SHAPE_RING, ORR_SHAPE_SQUARE)) ||
           (pattern == ORR_PATTERN_DOTTED && ONE_OF(noun, ORR_SHAPE_RING, ORR_SHAPE_SQUARE));
}

bool orr_caption_held_out(const struct orr_caption *s)
{
    if (held_out_look(s->noun[0], s->colour[0], s->pattern[0])) return true;
    switch (s->layout) {
    case ORR_LAYOUT_SEVERAL: /* two or three discs, squares, stars */
        return (s->count == 2 || s->count == 3) && ONE_OF(s->noun[0], ORR_SHAPE_DISC, ORR_SHAPE_SQUARE, ORR_SHAPE_STAR);
    case ORR_LAYOUT_PAIR: {
        if (held_out_look(s->noun[1], s->colour[1], s->pattern[1])) return true;
        const int a = s->noun[0], b = s->noun[1];
        const bool beside = s->relation == ORR_RELATION_LEFT || s->relation == ORR_RELATION_RIGHT;
        /* triangles with rings; stars beside hexagons */
        return (ONE_OF(a, ORR_SHAPE_TRIANGLE, ORR_SHAPE_RING) && ONE_OF(b, ORR_SHAPE_TRIANGLE, ORR_SHAPE_RING) &&
                a != b) ||
               (beside && ONE_OF(a, ORR_SHAPE_STAR, ORR_SHAPE_HEXAGON) &&
                ONE_OF(b, ORR_SHAPE_STAR, ORR_SHAPE_HEXAGON) && a != b);
    }
    case ORR_LAYOUT_ONE: /* peels on asphalt, grass, sand, wood; cups on sand, wood */
        return (s->noun[0] == ORR_NOUN_LITTER + ORR_LITTER_PEEL &&
                ONE_OF(s->ground, ORR_GROUND_ASPHALT, ORR_GROUND_GRASS, ORR_GROUND_SAND, ORR_GROUND_WOOD)) ||
               (s->noun[0] == ORR_NOUN_LITTER + ORR_LITTER_CUP && ONE_OF(s->ground, ORR_GROUND_SAND, ORR_GROUND_WOOD));
    default: return false;
    }
}

/* ---- making up ---- */

static int below(struct orr_rng *rng, int n) { return (int)orr_rng_below(rng, (uint64_t)n); }

static int some_thing(struct orr_rng *rng)
{
    const double u = orr_rng_uniform(rng);
    if (u < 0.45) return ORR_NOUN_SHAPE + below(rng, ORR_SHAPE_KINDS);
    if (u < 0.6) return ORR_NOUN_DIGIT + below(rng, ORR_DIGITS);
    if (u < 0.8) return ORR_NOUN_GARMENT + below(rng, ORR_GARMENTS);
    return ORR_NOUN_LITTER + below(rng, ORR_LITTER_KINDS);
}

struct orr_caption orr_caption_of(enum orr_caption_style style, enum orr_caption_layout layout)
{
    return (struct orr_caption){.style = style,
                                .layout = layout,
                                .noun = {ORR_CAPTION_FREE, ORR_CAPTION_FREE},
                                .colour = {ORR_CAPTION_FREE, ORR_CAPTION_FREE},
                                .pattern = {ORR_CAPTION_FREE, ORR_CAPTION_FREE},
                                .count = ORR_CAPTION_FREE,
                                .place = ORR_CAPTION_FREE,
                                .relation = ORR_CAPTION_FREE,
                                .ground = ORR_CAPTION_FREE};
}

void orr_caption_complete(struct orr_caption *s, struct orr_rng *rng)
{
    const bool whole = s->layout == ORR_LAYOUT_WHOLE;
    for (int k = 0; k < 2; k++) {
        while (s->noun[k] == ORR_CAPTION_FREE || (k == 1 && s->noun[1] == s->noun[0])) {
            if (whole)
                s->noun[k] = ORR_NOUN_TEXTURE + below(rng, ORR_TEXTURES + ORR_LANDS);
            else if (s->layout == ORR_LAYOUT_ONE)
                s->noun[k] = some_thing(rng);
            else /* small things: mostly those of simple outline */
                s->noun[k] =
                    orr_rng_uniform(rng) < 0.8 ? ORR_NOUN_SHAPE + below(rng, ORR_SHAPE_KINDS) : some_thing(rng);
        }
        const bool litter = s->noun[k] >= ORR_NOUN_LITTER && !whole;
        if (s->colour[k] == ORR_CAPTION_FREE && !litter && !whole) s->colour[k] = below(rng, ORR_COLOURS);
        if (s->pattern[k] == ORR_CAPTION_FREE)
            s->pattern[k] =
                litter || whole || orr_rng_uniform(rng) < 0.7 ? ORR_PATTERN_PLAIN : below(rng, ORR_PATTERNS);
    }
    if (s->count == ORR_CAPTION_FREE) s->count = 1 + below(rng, ORR_MOST_THINGS);
    if (s->relation == ORR_CAPTION_FREE) s->relation = below(rng, ORR_RELATIONS);
    if (s->ground == ORR_CAPTION_FREE) {
        const double u = orr_rng_uniform(rng);
        const bool litter = s->noun[0] >= ORR_NOUN_LITTER;
        const double often = s->style == ORR_STYLE_CHALK ? 0 : s->style == ORR_STYLE_PHOTO ? 0.8 : litter ? 0.5 : 0.2;
        s->ground = u < often && !whole ? 1 + below(rng, ORR_GROUNDS - 1) : ORR_GROUND_PLAIN;
    }
}

void orr_caption_random(struct orr_caption *s, struct orr_rng *rng)
{
    do {
        const double u = orr_rng_uniform(rng);
        *s = orr_caption_of((enum orr_caption_style)below(rng, ORR_STYLES_TRAINED), u < 0.52   ? ORR_LAYOUT_ONE
                                                                                    : u < 0.66 ? ORR_LAYOUT_SEVERAL
                                                                                    : u < 0.82 ? ORR_LAYOUT_PAIR
                                                                                               : ORR_LAYOUT_WHOLE);
        if (s->layout == ORR_LAYOUT_ONE && orr_rng_uniform(rng) < 0.35) s->place = below(rng, ORR_PLACES);
        orr_caption_complete(s, rng);
    } while (orr_caption_held_out(s));
}

static void change_one(struct orr_caption *s, struct orr_rng *rng)
{
    const int k = s->layout == ORR_LAYOUT_PAIR ? below(rng, 2) : 0;
    const bool painted = s->layout != ORR_LAYOUT_WHOLE && s->noun[k] < ORR_NOUN_LITTER;
    const double u = orr_rng_uniform(rng);
    if (s->layout == ORR_LAYOUT_SEVERAL && u < 0.6) {
        s->count = 1 + below(rng, ORR_MOST_THINGS);
    } else if (s->layout == ORR_LAYOUT_PAIR && u < 0.6) {
        s->relation = below(rng, ORR_RELATIONS);
    } else if (s->layout == ORR_LAYOUT_ONE && s->place >= 0 && u < 0.6) {
        s->place = below(rng, ORR_PLACES);
    } else if (painted && u < 0.8) {
        if (s->style != ORR_STYLE_OUTLINE && u < 0.7)
            s->colour[k] = below(rng, ORR_COLOURS);
        else
            s->pattern[k] = below(rng, ORR_PATTERNS);
    } else {
        s->noun[k] = s->colour[k] = s->pattern[k] = ORR_CAPTION_FREE;
        orr_caption_complete(s, rng);
    }
}

void orr_caption_sibling(const struct orr_caption *of, struct orr_caption *s, struct orr_rng *rng)
{
    do {
        *s = *of;
        change_one(s, rng);
    } while (orr_caption_held_out(s));
}

/* ---- drawing ---- */

struct stage {
    const struct orr_caption *s;
    struct orr_studio *st;
    struct orr_rng *rng;
    struct orr_rgb colour[2];
    double side;
    bool shaded, shadow;
};

static void put(const struct stage *g, int k, double x, double y, double radius)
{
    const int noun = g->s->noun[k];
    const bool upright = noun >= ORR_NOUN_DIGIT && noun < ORR_NOUN_LITTER;
    const double turn = upright ? 0.2 : noun >= ORR_NOUN_LITTER ? 0.8 : 0.35, stretch = orr_between(g->rng, 0.9, 1.12);
    const double angle = orr_between(g->rng, -turn, turn), w = g->st->picture.width, h = g->st->picture.height;
    orr_caption_thing(g->st, noun, g->s->pattern[k], g->colour[k], g->shaded,
                      orr_affine_pose(x * w, y * h, angle, g->side * radius * stretch, g->side * radius / stretch),
                      g->rng);
    if (g->shadow) {
        const int dx = (int)lround(g->side * orr_between(g->rng, -0.04, 0.04)),
                  dy = (int)lround(g->side * orr_between(g->rng, 0, 0.04));
        orr_studio_shadow(g->st, dx, dy, g->side * 0.025, orr_between(g->rng, 0.2, 0.55));
    }
}

static void put_one(const struct stage *g)
{
    const int place = g->s->place;
    const double radius = place >= 0 ? orr_between(g->rng, 0.17, 0.24) : orr_between(g->rng, 0.24, 0.47);
    double x, y;
    if (place >= 0) { /* thirds of the picture */
        x = (place % 3 + 0.5) / 3 + orr_between(g->rng, -0.05, 0.05);
        y = ((place - place % 3) / 3 + 0.5) / 3 + orr_between(g->rng, -0.05, 0.05);
        x = fmin(fmax(x, 0.8 * radius), 1 - 0.8 * radius);
        y = fmin(fmax(y, 0.8 * radius), 1 - 0.8 * radius);
    } else {
        const double margin = fmin(0.5, 0.95 * radius);
        x = orr_between(g->rng, margin, 1 - margin);
        y = orr_between(g->rng, margin, 1 - margin);
    }
    put(g, 0, x, y, radius);
}

/* Places of a 3 x 3 grid without repetition: things never touch. */
static void put_several(const struct stage *g)
{
    int cell[ORR_PLACES];
    for (int i = 0; i < ORR_PLACES; i++) cell[i] = i;
    const double radius = orr_between(g->rng, 0.11, 0.145);
    for (int i = 0; i < g->s->count; i++) {
        const int j = i + below(g->rng, ORR_PLACES - i), c = cell[j];
        cell[j] = cell[i];
        const double dy = orr_between(g->rng, -0.025, 0.025), dx = orr_between(g->rng, -0.025, 0.025);
        put(g, 0, (c % 3 + 0.5) / 3 + dx, ((c - c % 3) / 3 + 0.5) / 3 + dy, radius);
    }
}

static void put_pair(const struct stage *g)
{
    const bool upright = g->s->relation == ORR_RELATION_ABOVE || g->s->relation == ORR_RELATION_BELOW;
    const bool first_first = g->s->relation == ORR_RELATION_ABOVE || g->s->relation == ORR_RELATION_LEFT;
    for (int k = 0; k < 2; k++) {
        const double along = ((k == 0) == first_first ? 0.26 : 0.74) + orr_between(g->rng, -0.03, 0.03),
                     across = 0.5 + orr_between(g->rng, -0.18, 0.18), radius = orr_between(g->rng, 0.17, 0.22);
        put(g, k, upright ? across : along, upright ? along : across, radius);
    }
}

void orr_caption_draw(const struct orr_caption *s, struct orr_studio *st, struct orr_rng *rng)
{
    struct stage g = {.s = s, .st = st, .rng = rng};
    struct orr_rgb backdrop = {0.5f, 0.5f, 0.5f};
    g.side = st->picture.width < st->picture.height ? st->picture.width : st->picture.height;
    g.shaded = s->style != ORR_STYLE_FLAT && s->style != ORR_STYLE_CHALK && orr_rng_uniform(rng) < 0.7;
    g.shadow = (s->style == ORR_STYLE_SHADED || s->style == ORR_STYLE_PHOTO) && s->layout != ORR_LAYOUT_SEVERAL;
    orr_studio_begin(st, (struct orr_affine){.a = 1, .d = 1});
    if (s->layout == ORR_LAYOUT_WHOLE) {
        const bool land = s->noun[0] >= ORR_NOUN_LAND;
        const struct orr_image_set *set = land ? &orr_set_land_cover : &orr_set_textures;
        set->draw(st, s->noun[0] - (land ? ORR_NOUN_LAND : ORR_NOUN_TEXTURE), rng);
    } else {
        const int kinds = s->layout == ORR_LAYOUT_PAIR ? 2 : 1;
        int coloured = 0;
        struct orr_rgb seen[2];
        for (int k = 0; k < kinds; k++)
            if (s->colour[k] >= 0) seen[coloured++] = g.colour[k] = orr_caption_colour_draw(s->colour[k], rng);
        backdrop = orr_caption_backdrop(st, s, seen, coloured, rng);
        if (s->layout == ORR_LAYOUT_ONE)
            put_one(&g);
        else if (s->layout == ORR_LAYOUT_SEVERAL)
            put_several(&g);
        else
            put_pair(&g);
    }
    orr_caption_finish(st, s, backdrop, rng);
}
