#include "image/studio.h"

#include <math.h>

bool orr_studio_init(struct orr_studio *s, int width, int height)
{
    *s = (struct orr_studio){.pose = {.a = 1, .d = 1}, .hue_span = 1};
    if (orr_picture_init(&s->picture, width, height) && orr_mask_init(&s->object, width, height) &&
        orr_mask_init(&s->part, width, height))
        return true;
    orr_studio_free(s);
    return false;
}

void orr_studio_free(struct orr_studio *s)
{
    orr_picture_free(&s->picture);
    orr_mask_free(&s->object);
    orr_mask_free(&s->part);
    orr_path_free(&s->path);
}

void orr_studio_begin(struct orr_studio *s, struct orr_affine pose)
{
    s->pose = pose;
    orr_mask_clear(&s->object);
    orr_path_clear(&s->path);
}

static void fill_part(struct orr_studio *s, enum orr_fill rule)
{
    orr_path_transform(&s->path, 0, s->pose);
    orr_mask_clear(&s->part);
    orr_mask_fill(&s->part, &s->path, rule);
    orr_path_clear(&s->path);
}

static void paint_through(struct orr_studio *s, const struct orr_mask *m, struct orr_paint paint)
{
    paint.a = orr_affine_apply(s->pose, paint.a);
    paint.b = orr_affine_apply(s->pose, paint.b);
    orr_picture_paint(&s->picture, m, &paint);
}

void orr_studio_body(struct orr_studio *s, enum orr_fill rule, struct orr_paint paint)
{
    fill_part(s, rule);
    paint_through(s, &s->part, paint);
    for (size_t i = 0, n = (size_t)s->part.width * (size_t)s->part.height; i < n; i++)
        s->object.a[i] += (1 - s->object.a[i]) * s->part.a[i];
}

void orr_studio_detail(struct orr_studio *s, enum orr_fill rule, struct orr_paint paint)
{
    fill_part(s, rule);
    orr_mask_within(&s->part, &s->object);
    paint_through(s, &s->part, paint);
}

void orr_studio_coat(struct orr_studio *s, struct orr_paint paint) { paint_through(s, &s->object, paint); }

void orr_studio_shadow(struct orr_studio *s, int dx, int dy, double sigma, double strength)
{
    orr_mask_copy(&s->part, &s->object);
    orr_mask_shift(&s->part, dx, dy);
    orr_mask_blur(&s->part, sigma);
    orr_mask_without(&s->part, &s->object);
    orr_picture_paint(&s->picture, &s->part, &(struct orr_paint){.mix = ORR_MIX_MULTIPLY, .transparency = 1 - strength});
}
