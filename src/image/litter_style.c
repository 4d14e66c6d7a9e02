#include "image/litter_style.h"

#include <math.h>

#include "image/studio.h"

enum { STYLE_SEED = 7042 };

/* Ground, hues, light and stretch of one family never occur in the other; the rest lies in the same ranges. */
struct orr_litter_style orr_litter_style_of(bool held_out, int index)
{
    static const double hues[2][4] = {{0.0, 0.3, 0.55, 0.62}, {0.17, 0.42, 0.78, 0.86}};
    struct orr_rng r;
    orr_rng_seed(&r, STYLE_SEED + held_out, (uint64_t)index);
    struct orr_litter_style s = {.hue_span = 0.08, .stretch_least = 1, .stretch_most = 1.12};
    s.ground = (enum orr_scene_ground)(index % ORR_SCENE_TRAINING_GROUNDS);
    s.hue_from = hues[held_out][orr_rng_below(&r, 4)];
    s.light = orr_between(&r, 0.6 * M_PI, 1.9 * M_PI);
    s.shadow = orr_between(&r, 0.15, 0.7);
    s.softness = orr_between(&r, 0.004, 0.016);
    s.height = orr_between(&r, 0, 0.025);
    s.contrast = orr_between(&r, 0.75, 1.15);
    s.brightness = orr_between(&r, -0.1, 0.1);
    s.vignette = orr_between(&r, 0, 0.35);
    s.grain = orr_between(&r, 0, 0.06);
    s.blur = orr_between(&r, 0, 0.2);
    if (held_out) {
        s.ground = (enum orr_scene_ground)(ORR_SCENE_TRAINING_GROUNDS +
                                           index % (ORR_SCENE_GROUNDS - ORR_SCENE_TRAINING_GROUNDS));
        s.light = orr_between(&r, 0, 0.5 * M_PI);
        s.shadow = orr_between(&r, 0.3, 0.55);
        s.stretch_least = 1.13;
        s.stretch_most = 1.2;
        s.grain = orr_between(&r, 0.02, 0.045);
    }
    /* Lamps on the axis from warm to cool for training; towards green or violet for the test. */
    const double strength = orr_between(&r, 0, 0.1), side = orr_rng_uniform(&r) < 0.5 ? -1 : 1;
    const double warm = held_out ? 0 : side * strength, green = held_out ? side * (0.03 + 0.5 * strength) : 0;
    s.tint = (struct orr_rgb){(float)(1 + warm - 0.5 * green), (float)(1 + green), (float)(1 - warm - 0.5 * green)};
    return s;
}
