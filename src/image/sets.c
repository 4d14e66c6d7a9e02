#include "image/sets.h"

#include <math.h>
#include <string.h>

/* ---- shapes and litter: one thing on a ground ---- */

static double side_of(const struct orr_studio *s)
{
    return s->picture.width < s->picture.height ? s->picture.width : s->picture.height;
}

/* Where the thing lies: anywhere that leaves it in the picture, turned by up to `turn`, a little longer or shorter. */
static struct orr_affine place(const struct orr_studio *s, double least, double most, double turn, struct orr_rng *rng)
{
    const double side = side_of(s), size = side * orr_between(rng, least, most), stretch = orr_between(rng, 0.88, 1.14);
    const double margin = 0.9 * size, angle = orr_between(rng, -turn, turn);
    const double x = orr_between(rng, margin, s->picture.width - margin),
                 y = orr_between(rng, margin, s->picture.height - margin);
    return orr_affine_pose(x, y, angle, size * stretch, size / stretch);
}

/* Light, lens and sensor. */
static void photograph(struct orr_studio *s, double grain, struct orr_rng *rng)
{
    orr_picture_blur(&s->picture, side_of(s) * orr_between(rng, 0, 0.015));
    const double contrast = orr_between(rng, 0.75, 1.15), brightness = orr_between(rng, -0.1, 0.1);
    orr_picture_expose(&s->picture, contrast, brightness, orr_between(rng, 0.2, 1) * grain, rng);
}

/* Two colours that can be told apart. */
static void contrasting(struct orr_rng *rng, struct orr_rgb *a, struct orr_rgb *b)
{
    double far;
    do {
        *a = orr_rgb_hsv(orr_rng_uniform(rng), orr_between(rng, 0.1, 0.9), orr_between(rng, 0.15, 1));
        *b = orr_rgb_hsv(orr_rng_uniform(rng), orr_between(rng, 0.1, 0.9), orr_between(rng, 0.15, 1));
        far = fabs((double)(orr_rgb_luma(*a) - orr_rgb_luma(*b)));
    } while (far < 0.3);
}

static void draw_shape(struct orr_studio *s, int label, struct orr_rng *rng)
{
    struct orr_rgb ground, ink;
    const double side = side_of(s);
    contrasting(rng, &ground, &ink);
    const struct orr_rgb other = orr_rgb_mix(ground, ink, orr_between(rng, 0, 0.35));
    const double turn = orr_between(rng, 0, 2 * M_PI);
    orr_picture_paint(&s->picture, NULL,
                      &(struct orr_paint){.kind = ORR_PAINT_LINEAR,
                                          .from = ground,
                                          .to = other,
                                          .a = {side / 2 - side / 2 * cos(turn), side / 2 - side / 2 * sin(turn)},
                                          .b = {side / 2 + side / 2 * cos(turn), side / 2 + side / 2 * sin(turn)}});
    const struct orr_affine pose = place(s, 0.28, 0.45, 0.5, rng);
    for (int k = (int)orr_rng_below(rng, 3); k > 0; k--) { /* clutter: strokes and spots that the thing lies upon */
        const struct orr_point line[2] = {{side * orr_rng_uniform(rng), side * orr_rng_uniform(rng)},
                                          {side * orr_rng_uniform(rng), side * orr_rng_uniform(rng)}};
        orr_studio_begin(s, (struct orr_affine){.a = 1, .d = 1});
        orr_path_stroke(&s->path, line, 1 + orr_rng_below(rng, 2), side * orr_between(rng, 0.02, 0.07));
        const struct orr_paint paint = {.from = orr_rgb_mix(ground, ink, orr_between(rng, 0.3, 0.9))};
        orr_studio_body(s, ORR_FILL_NONZERO, paint);
    }
    orr_studio_begin(s, pose);
    orr_shape_path(&s->path, (enum orr_shape_kind)label);
    orr_studio_body(s, ORR_FILL_EVEN_ODD,
                    (struct orr_paint){.kind = ORR_PAINT_LINEAR,
                                       .from = ink,
                                       .to = orr_rgb_mix(ink, ground, orr_between(rng, 0, 0.4)),
                                       .a = {-1, 0},
                                       .b = {1, 0}});
    photograph(s, 0.07, rng);
}

static void draw_litter(struct orr_studio *s, int label, struct orr_rng *rng)
{
    const double side = side_of(s);
    orr_ground_paint(s, (enum orr_ground)orr_rng_below(rng, ORR_GROUNDS), rng);
    const struct orr_affine pose = place(s, 0.3, 0.46, M_PI, rng);
    orr_litter_draw(s, (enum orr_litter)label, pose, rng);
    const int dx = (int)lround(side * orr_between(rng, -0.05, 0.05)),
              dy = (int)lround(side * orr_between(rng, 0, 0.05));
    orr_studio_shadow(s, dx, dy, side * 0.03, orr_between(rng, 0.2, 0.6));
    photograph(s, 0.06, rng);
}

static const struct orr_image_set SHAPES = {"shapes",
                                            "drawn here, synthetic: eight shapes of any colour, size and place",
                                            ORR_SHAPE_KINDS, orr_shape_names, draw_shape};
static const struct orr_image_set LITTER = {"litter", "drawn here, synthetic: one piece of litter on a ground",
                                            ORR_LITTER_KINDS, orr_litter_names, draw_litter};

/* ---- the list ---- */

const struct orr_image_set *const orr_image_sets[] = {&SHAPES, &orr_set_textures, &orr_set_land_cover, &LITTER, NULL};

const struct orr_image_set *orr_image_set_find(const char *name, size_t length)
{
    for (size_t i = 0; orr_image_sets[i]; i++)
        if (strlen(orr_image_sets[i]->name) == length && !strncmp(orr_image_sets[i]->name, name, length))
            return orr_image_sets[i];
    return NULL;
}

void orr_image_set_draw(const struct orr_image_set *set, struct orr_studio *s, uint64_t seed, uint64_t item, int label)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, item);
    orr_studio_begin(s, (struct orr_affine){.a = 1, .d = 1});
    set->draw(s, label, &rng);
}
