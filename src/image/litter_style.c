#include "image/litter_style.h"

#include <math.h>

#include "image/studio.h"

enum { STYLE_SEED = 7042 };

/* Hues of print and dye, in turns: those of the test, and the gaps between them, which are for training. */
static const double HELD_OUT_HUES[4] = {0.17, 0.42, 0.78, 0.86}, HELD_OUT_SPAN = 0.08;
static const double TRAINING_HUES[3][2] = {{0.26, 0.41}, {0.51, 0.77}, {0.95, 1.16}};

/* Half of the grounds are none in particular: what holds on all of them does not hang on the ground. */
static struct orr_litter_style training_style(struct orr_rng *r, int index)
{
    struct orr_litter_style s = {.stretch_least = 1, .stretch_most = 1.12};
    const double *hues = TRAINING_HUES[orr_rng_below(r, 3)];
    s.ground = index % 2 ? ORR_SCENE_ANY : (enum orr_scene_ground)(index / 2 % ORR_SCENE_TRAINING_GROUNDS);
    s.hue_span = orr_between(r, 0.04, hues[1] - hues[0]);
    s.hue_from = orr_between(r, hues[0], hues[1] - s.hue_span);
    s.light = orr_between(r, 0.6 * M_PI, 1.9 * M_PI);
    s.shadow = orr_between(r, 0.1, 0.75);
    s.softness = orr_between(r, 0.004, 0.016);
    s.height = orr_between(r, 0, 0.025);
    s.contrast = orr_between(r, 0.65, 1.2);
    s.brightness = orr_between(r, -0.12, 0.12);
    s.vignette = orr_between(r, 0, 0.4);
    s.grain = orr_between(r, 0, 0.07);
    s.blur = orr_between(r, 0, 0.22);
    const double warm = orr_between(r, -0.14, 0.14); /* lamps on the axis from warm to cool */
    s.tint = (struct orr_rgb){(float)(1 + warm), 1, (float)(1 - warm)};
    return s;
}

static struct orr_litter_style held_out_style(struct orr_rng *r, int index)
{
    const int grounds = ORR_SCENE_GROUNDS - ORR_SCENE_TRAINING_GROUNDS;
    struct orr_litter_style s = {.hue_span = HELD_OUT_SPAN, .stretch_least = 1.13, .stretch_most = 1.2};
    s.ground = (enum orr_scene_ground)(ORR_SCENE_TRAINING_GROUNDS + index % grounds);
    s.hue_from = HELD_OUT_HUES[orr_rng_below(r, 4)];
    orr_rng_u64(r), orr_rng_u64(r); /* draws without use: the pictures that detectors are tested on stay the same */
    s.softness = orr_between(r, 0.004, 0.016);
    s.height = orr_between(r, 0, 0.025);
    s.contrast = orr_between(r, 0.75, 1.15);
    s.brightness = orr_between(r, -0.1, 0.1);
    s.vignette = orr_between(r, 0, 0.35);
    orr_rng_u64(r);
    s.blur = orr_between(r, 0, 0.2);
    s.light = orr_between(r, 0, 0.5 * M_PI);
    s.shadow = orr_between(r, 0.3, 0.55);
    s.grain = orr_between(r, 0.02, 0.045);
    /* Lamps towards green or violet. */
    const double strength = orr_between(r, 0, 0.1), side = orr_rng_uniform(r) < 0.5 ? -1 : 1,
                 green = side * (0.03 + 0.5 * strength);
    s.tint = (struct orr_rgb){(float)(1 - 0.5 * green), (float)(1 + green), (float)(1 - 0.5 * green)};
    return s;
}

struct orr_litter_style orr_litter_style_of(bool held_out, int index)
{
    struct orr_rng r;
    orr_rng_seed(&r, STYLE_SEED + held_out, (uint64_t)index);
    return held_out ? held_out_style(&r, index) : training_style(&r, index);
}
