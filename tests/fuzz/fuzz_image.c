/* PNG and JPEG pictures: what is read can be resized and written again. */
#include "fuzz.h"

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_image image, small;
    struct orr_letterbox map;
    struct orr_error err = {.code = ORR_OK};
    const enum orr_status s = orr_image_parse(data, n, "x", &image, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0] && !image.rgb));
    if (s) return 0;
    if (orr_image_init(&small, 9, 7)) fuzz_require(orr_image_letterbox(&image, &small, &map));
    orr_image_free(&small);
    if ((size_t)image.width * (size_t)image.height < 4096) {
        struct orr_str again = {0};
        struct orr_image back;
        fuzz_require(orr_image_encode_png(&image, &again));
        fuzz_require(orr_image_parse(again.data, again.len, "y", &back, &err) == ORR_OK);
        fuzz_require(memcmp(back.rgb, image.rgb, 3 * (size_t)image.width * (size_t)image.height) == 0);
        orr_image_free(&back);
        orr_str_free(&again);
    }
    orr_image_free(&image);
    return 0;
}
