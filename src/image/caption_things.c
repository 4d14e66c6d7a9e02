/* The things of captioned scenes: digits as strokes, garments as outlines, shapes; colours and patterns. Coordinates are a
 * thing's own, -1..1, y downwards. */
#include <math.h>

#include "image/caption_scene.h"

enum { ARC_POINTS = 14, MOST_POINTS = 64 };

struct orr_rgb orr_caption_colour_draw(int colour, struct orr_rng *rng)
{
    /* hue and its spread, saturation from and to, value from and to */
    static const double look[ORR_COLOURS][6] = {
        [ORR_COLOUR_RED] = {0.0, 0.015, 0.8, 1, 0.65, 1},         [ORR_COLOUR_ORANGE] = {0.075, 0.012, 0.8, 1, 0.85, 1},
        [ORR_COLOUR_YELLOW] = {0.155, 0.015, 0.7, 1, 0.85, 1},    [ORR_COLOUR_GREEN] = {0.34, 0.04, 0.65, 1, 0.4, 0.8},
        [ORR_COLOUR_CYAN] = {0.5, 0.02, 0.6, 1, 0.75, 1},         [ORR_COLOUR_BLUE] = {0.63, 0.025, 0.7, 1, 0.5, 1},
        [ORR_COLOUR_PURPLE] = {0.77, 0.02, 0.6, 1, 0.4, 0.75},    [ORR_COLOUR_PINK] = {0.91, 0.02, 0.35, 0.6, 0.9, 1},
        [ORR_COLOUR_BROWN] = {0.06, 0.015, 0.6, 0.85, 0.28, 0.5}, [ORR_COLOUR_BLACK] = {0, 0.5, 0, 0.2, 0, 0.12},
        [ORR_COLOUR_WHITE] = {0, 0.5, 0, 0.05, 0.93, 1},          [ORR_COLOUR_GREY] = {0, 0.5, 0, 0.06, 0.4, 0.65}};
    const double *l = look[colour];
    const double hue = l[0] + l[1] * orr_between(rng, -1, 1), saturation = orr_between(rng, l[2], l[3]);
    return orr_rgb_hsv(hue, saturation, orr_between(rng, l[4], l[5]));
}

/* ---- digits ---- */

struct pen {
    struct orr_path *path;
    struct orr_point at[MOST_POINTS];
    size_t n;
    double width;
};

static void to(struct pen *p, double x, double y)
{
    if (p->n < MOST_POINTS) p->at[p->n++] = (struct orr_point){x, y};
}
/* Angles in turns, clockwise from the right. */
static void arc(struct pen *p, double x, double y, double rx, double ry, double from, double until)
{
    for (int k = 0; k <= ARC_POINTS; k++) {
        const double a = 2 * M_PI * (from + (until - from) * k / ARC_POINTS);
        to(p, x + rx * cos(a), y + ry * sin(a));
    }
}
static void lift(struct pen *p)
{
    if (p->n >= 2) orr_path_stroke(p->path, p->at, p->n, p->width);
    p->n = 0;
}

static void digit(struct pen *p, int d, struct orr_rng *rng)
{
    const bool other = orr_rng_below(rng, 2); /* some digits are written in two ways */
    switch (d) {
    case 0: arc(p, 0, 0, 0.55, 0.85, 0, 1); break;
    case 1:
        if (other) to(p, -0.35, -0.5);
        to(p, 0.05, -0.85), to(p, 0.05, 0.85);
        break;
    case 2: arc(p, 0, -0.4, 0.5, 0.45, 0.5, 1.06), to(p, -0.5, 0.85), to(p, 0.55, 0.85); break;
    case 3: arc(p, -0.05, -0.42, 0.48, 0.43, 0.55, 1.25), arc(p, -0.05, 0.42, 0.55, 0.45, 0.75, 1.45); break;
    case 4:
        to(p, 0.25, other ? -0.85 : -0.4), to(p, 0.25, 0.85), lift(p);
        to(p, other ? 0.25 : -0.35, -0.85), to(p, -0.55, 0.3), to(p, 0.6, 0.3);
        break;
    case 5: to(p, 0.5, -0.85), to(p, -0.4, -0.85), to(p, -0.45, -0.1), arc(p, -0.05, 0.35, 0.55, 0.5, 0.65, 1.4); break;
    case 6: arc(p, 0.25, 0.1, 0.75, 0.95, 0.78, 0.5), arc(p, 0, 0.42, 0.5, 0.43, 0.5, -0.5); break;
    case 7:
        to(p, -0.5, -0.85), to(p, 0.55, -0.85), to(p, -0.1, 0.85);
        if (other) lift(p), to(p, -0.3, 0), to(p, 0.45, 0);
        break;
    case 8: arc(p, 0, -0.43, 0.42, 0.42, 0, 1), lift(p), arc(p, 0, 0.43, 0.52, 0.43, 0, 1); break;
    default: arc(p, 0, -0.38, 0.48, 0.45, 0, 1), to(p, 0.48, -0.3), to(p, other ? 0.48 : 0.2, 0.85); break;
    }
    lift(p);
}

/* ---- garments ---- */

/* The right half of an outline, from the middle of the top to the middle of the bottom; the left half mirrors it. */
static void mirrored(struct orr_path *path, const struct orr_point *half, size_t n)
{
    orr_path_move(path, half[0].x, half[0].y);
    for (size_t i = 1; i < n; i++) orr_path_line(path, half[i].x, half[i].y);
    for (size_t i = n; i-- > 0;) orr_path_line(path, -half[i].x, half[i].y);
}
#define MIRRORED(path, ...)                                                                                            \
    mirrored(path, (const struct orr_point[]){__VA_ARGS__},                                                            \
             sizeof((const struct orr_point[]){__VA_ARGS__}) / sizeof(struct orr_point))
#define POLYGON(path, ...)                                                                                             \
    orr_path_polygon(path, (const struct orr_point[]){__VA_ARGS__},                                                    \
                     sizeof((const struct orr_point[]){__VA_ARGS__}) / sizeof(struct orr_point))

enum garment { TEE, TROUSER, PULLOVER, DRESS, COAT, SANDAL, SHIRT, SNEAKER, HANDBAG, BOOT };

static void garment_path(struct orr_path *p, enum garment kind, struct orr_rng *rng)
{
    const double a = orr_between(rng, -0.06, 0.06), b = orr_between(rng, -0.08, 0.08),
                 c = orr_between(rng, -0.08, 0.08);
    switch (kind) {
    case TEE:
        MIRRORED(p, {0, -0.62}, {0.22, -0.75}, {0.5 + a, -0.7}, {0.95, -0.3 + b}, {0.7, -0.08 + b}, {0.48 + a, -0.3},
                 {0.5 + a, 0.8 + c}, {0, 0.82 + c});
        break;
    case TROUSER:
        MIRRORED(p, {0, -0.92}, {0.4 + a, -0.92}, {0.48 + b, 0.92}, {0.14 + b, 0.92}, {0.03, -0.25 + c}, {0, -0.3 + c});
        break;
    case PULLOVER:
        MIRRORED(p, {0, -0.66}, {0.2, -0.78}, {0.48 + a, -0.7}, {0.88 + b, 0.62}, {0.64 + b, 0.7}, {0.5 + a, -0.05},
                 {0.5 + a, 0.72 + c}, {0, 0.74 + c});
        break;
    case DRESS:
        MIRRORED(p, {0, -0.7}, {0.16, -0.92}, {0.28 + a, -0.92}, {0.3 + a, -0.5}, {0.2 + a, -0.15}, {0.55 + b, 0.92},
                 {0, 0.94});
        break;
    case COAT:
        MIRRORED(p, {0.02, -0.55}, {0.2, -0.88}, {0.48 + a, -0.8}, {0.8 + b, 0.4}, {0.6 + b, 0.46}, {0.46 + a, -0.1},
                 {0.56 + a, 0.94}, {0.04, 0.94}, {0.02, 0.2});
        break;
    case SANDAL:
        POLYGON(p, {-0.95, 0.5}, {-0.2, 0.32}, {0.4, 0.1 + b}, {0.9, -0.1 + b}, {0.95, 0.45}, {0.85, 0.45},
                {0.75, 0.2 + b}, {0.3, 0.4}, {-0.2, 0.55}, {-0.95, 0.62});
        orr_path_stroke(p, (const struct orr_point[]){{-0.62, 0.5}, {-0.35, 0.08 + a}, {0.02, 0.38}}, 3, 0.14);
        orr_path_stroke(p, (const struct orr_point[]){{0.45, 0.15}, {0.62, -0.4 + c}, {0.88, 0}}, 3, 0.12);
        break;
    case SHIRT:
        MIRRORED(p, {0, -0.58}, {0.12, -0.84}, {0.24, -0.8}, {0.5 + a, -0.68}, {0.9 + b, 0.3}, {0.68 + b, 0.38},
                 {0.47 + a, -0.1}, {0.5 + a, 0.78 + c}, {0.2, 0.88 + c}, {0, 0.8 + c});
        break;
    case SNEAKER:
        POLYGON(p, {-0.95, 0.45}, {-0.95, 0.2 + a}, {-0.5, 0}, {-0.1, -0.35 + b}, {0.15, -0.3 + b}, {0.7, -0.35 + c},
                {0.92, -0.3 + c}, {0.95, 0.45});
        break;
    case HANDBAG:
        orr_path_rect(p, -0.75 + a, -0.2 + b, 1.5 - 2 * a, 1.05, 0.12);
        orr_path_stroke(p,
                        (const struct orr_point[]){
                            {-0.42, -0.15}, {-0.32, -0.65 + c}, {0, -0.82 + c}, {0.32, -0.65 + c}, {0.42, -0.15}},
                        5, 0.11);
        break;
    default: /* BOOT */
        POLYGON(p, {-0.8, 0.85}, {-0.85, 0.5 + a}, {-0.4, 0.2}, {0, 0}, {0.05 + b, -0.85}, {0.62 + b, -0.88},
                {0.65, 0.3}, {0.75, 0.85}, {0.45, 0.85}, {0.4, 0.7}, {0.2, 0.85});
        break;
    }
}

static void garment_details(struct orr_studio *s, enum garment kind, struct orr_rgb dark)
{
    const struct orr_paint ink = {.from = dark};
    if (kind == COAT || kind == SHIRT)
        orr_path_stroke(&s->path, (const struct orr_point[]){{0, -0.6}, {0, 0.95}}, 2, kind == COAT ? 0.1 : 0.05);
    if (kind == COAT) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.2, -0.85}, {0, -0.3}, {0.2, -0.85}}, 3, 0.05);
    } else if (kind == SHIRT) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.2, -0.8}, {0, -0.5}, {0.2, -0.8}}, 3, 0.05);
    } else if (kind == SNEAKER) {
        orr_path_rect(&s->path, -1, 0.33, 2, 0.2, 0);
        for (int k = 0; k < 3; k++)
            orr_path_stroke(
                &s->path,
                (const struct orr_point[]){{-0.42 + 0.17 * k, -0.08 - 0.1 * k}, {-0.25 + 0.17 * k, 0.1 - 0.1 * k}}, 2,
                0.05);
    } else if (kind == PULLOVER) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.6, 0.68}, {0.6, 0.68}}, 2, 0.08);
    } else if (kind == DRESS) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.5, -0.15}, {0.5, -0.15}}, 2, 0.06);
    } else if (kind == TROUSER) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.6, -0.82}, {0.6, -0.82}}, 2, 0.05);
    } else if (kind == HANDBAG) {
        orr_path_stroke(&s->path, (const struct orr_point[]){{-0.75, 0.1}, {0, 0.3}, {0.75, 0.1}}, 3, 0.05);
    } else if (kind == BOOT) {
        orr_path_rect(&s->path, -1, 0.72, 2, 0.3, 0);
    } else {
        orr_path_clear(&s->path);
        return;
    }
    orr_studio_detail(s, ORR_FILL_NONZERO, ink);
}

/* ---- patterns ---- */

struct weave {
    int pattern;
    double unit, c, s, shift;
    struct orr_rgb a, b;
};

static struct orr_rgb weave_at(const void *ctx, double x, double y)
{
    const struct weave *w = ctx;
    const double u = (w->c * x + w->s * y) / w->unit + w->shift, v = (-w->s * x + w->c * y) / w->unit + w->shift;
    bool second = false;
    if (w->pattern == ORR_PATTERN_STRIPED) second = u - floor(u) < 0.5;
    if (w->pattern == ORR_PATTERN_CHECKED) second = (u - floor(u) < 0.5) != (v - floor(v) < 0.5);
    if (w->pattern == ORR_PATTERN_DOTTED) second = hypot(u - floor(u) - 0.5, v - floor(v) - 0.5) < 0.3;
    return second ? w->b : w->a;
}

static void weave(struct orr_studio *s, int pattern, struct orr_rgb colour, double size, struct orr_rng *rng)
{
    const double turn = orr_between(rng, -0.8, 0.8), unit = size * orr_between(rng, 0.42, 0.6);
    const struct orr_rgb light = {1, 1, 1}, dark = {0.08f, 0.08f, 0.1f};
    const struct weave w = {.pattern = pattern,
                            .unit = unit,
                            .c = cos(turn),
                            .s = sin(turn),
                            .shift = orr_rng_uniform(rng),
                            .a = colour,
                            .b = orr_rgb_mix(colour, orr_rgb_luma(colour) > 0.55f ? dark : light, 0.85)};
    orr_studio_coat(s, (struct orr_paint){.kind = ORR_PAINT_FUNCTION, .at = weave_at, .ctx = &w, .samples = 2});
}

/* ---- things ---- */

void orr_caption_thing(struct orr_studio *s, int noun, int pattern, struct orr_rgb colour, bool shaded,
                       struct orr_affine pose, struct orr_rng *rng)
{
    const struct orr_rgb black = {0, 0, 0}, white = {1, 1, 1};
    const double size = sqrt(fabs(pose.a * pose.d - pose.b * pose.c));
    struct orr_paint paint = {.from = colour};
    if (noun >= ORR_NOUN_LITTER) {
        orr_litter_draw(s, (enum orr_litter)(noun - ORR_NOUN_LITTER), pose, rng);
        return;
    }
    if (shaded) {
        const double lit = orr_between(rng, 0, 0.25), shade = orr_between(rng, 0.1, 0.4);
        paint = (struct orr_paint){.kind = ORR_PAINT_LINEAR,
                                   .from = orr_rgb_mix(colour, white, lit),
                                   .to = orr_rgb_mix(colour, black, shade),
                                   .a = {-0.8, -0.8},
                                   .b = {0.8, 0.8}};
    }
    orr_studio_begin(s, pose);
    if (noun < ORR_NOUN_DIGIT) {
        orr_shape_path(&s->path, (enum orr_shape_kind)noun);
        orr_studio_body(s, ORR_FILL_EVEN_ODD, paint);
    } else if (noun < ORR_NOUN_GARMENT) {
        struct pen pen = {.path = &s->path, .width = orr_between(rng, 0.16, 0.42)};
        digit(&pen, noun - ORR_NOUN_DIGIT, rng);
        orr_studio_body(s, ORR_FILL_NONZERO, paint);
    } else {
        garment_path(&s->path, (enum garment)(noun - ORR_NOUN_GARMENT), rng);
        orr_studio_body(s, ORR_FILL_NONZERO, paint);
    }
    if (pattern != ORR_PATTERN_PLAIN) weave(s, pattern, colour, size, rng);
    if (noun >= ORR_NOUN_GARMENT)
        garment_details(s, (enum garment)(noun - ORR_NOUN_GARMENT),
                        orr_rgb_luma(colour) > 0.25f ? orr_rgb_mix(colour, black, 0.5)
                                                     : orr_rgb_mix(colour, white, 0.4));
}
