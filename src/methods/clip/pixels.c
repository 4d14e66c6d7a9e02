/* Any picture to what an encoder takes. */
#include <string.h>

#include "image/image.h"
#include "methods/clip/clip.h"

bool orr_clip_pixels(const struct orr_clip *c, const struct orr_image *in, float *out)
{
    const int side = c->config.image;
    if (in->width < 1 || in->height < 1) return false;
    /* The shorter side to `side`, the longer one in proportion, rounded down as the reference does. */
    const int shorter = in->width < in->height ? in->width : in->height, longer = in->width + in->height - shorter;
    const long long scaled = (long long)side * longer / shorter;
    struct orr_image sized = {0}, square = {0};
    if (scaled > ORR_IMAGE_MAX_SIDE) return false;
    bool ok =
        orr_image_init(&sized, in->width == shorter ? side : (int)scaled, in->height == shorter ? side : (int)scaled) &&
        orr_image_init(&square, side, side);
    if (ok && in->width == sized.width && in->height == sized.height)
        memcpy(sized.rgb, in->rgb, 3 * (size_t)sized.width * (size_t)sized.height);
    else
        ok = ok && orr_image_resize(in, &sized, ORR_RESAMPLE_BICUBIC);
    if (ok) {
        const size_t left = (size_t)(sized.width - side) / 2, top = (size_t)(sized.height - side) / 2,
                     row = 3 * (size_t)side;
        for (size_t y = 0; y < (size_t)side; y++)
            memcpy(square.rgb + y * row, sized.rgb + 3 * ((top + y) * (size_t)sized.width + left), row);
        orr_image_planes(&square, c->config.mean, c->config.std, out);
    }
    orr_image_free(&sized);
    orr_image_free(&square);
    return ok;
}
