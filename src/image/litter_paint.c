#include "image/litter_paint.h"

#include <math.h>

struct orr_rgb orr_litter_colour(const struct orr_studio *s, struct orr_rng *rng)
{
    const double hue = s->hue_from + s->hue_span * orr_rng_uniform(rng), saturation = orr_between(rng, 0.3, 1);
    return orr_rgb_hsv(hue, saturation, orr_between(rng, 0.35, 0.95));
}

void orr_litter_gloss(struct orr_studio *s, double x, double top, double bottom, double width, double strength)
{
    orr_path_stroke(&s->path, (const struct orr_point[]){{x, top}, {x, bottom}}, 2, width);
    orr_studio_detail(s, ORR_FILL_NONZERO, (struct orr_paint){.from = orr_rgb_grey(strength), .mix = ORR_MIX_ADD});
}

void orr_litter_creases(struct orr_studio *s, int n, double width, double strength, struct orr_rng *rng)
{
    for (int k = 0; k < n; k++) {
        const double angle = orr_between(rng, 0, M_PI), offset = orr_between(rng, -0.7, 0.7),
                     bend = orr_between(rng, -0.3, 0.3);
        const double c = cos(angle), d = sin(angle);
        const struct orr_point line[3] = {{-1.3 * c - offset * d, -1.3 * d + offset * c},
                                          {-(offset + bend) * d, (offset + bend) * c},
                                          {1.3 * c - offset * d, 1.3 * d + offset * c}};
        struct orr_point beside[3];
        for (int i = 0; i < 3; i++) beside[i] = (struct orr_point){line[i].x - width * d, line[i].y + width * c};
        orr_path_stroke(&s->path, line, 3, width);
        orr_studio_detail(
            s, ORR_FILL_NONZERO,
            (struct orr_paint){.from = orr_rgb_grey(0.5), .mix = ORR_MIX_MULTIPLY, .transparency = 1 - strength});
        orr_path_stroke(&s->path, beside, 3, width);
        orr_studio_detail(s, ORR_FILL_NONZERO,
                          (struct orr_paint){.from = orr_rgb_grey(0.3 * strength), .mix = ORR_MIX_ADD});
    }
}
