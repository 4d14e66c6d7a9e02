#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "image/image.h"

static struct orr_image from_hex(int width, int height, const char *hex)
{
    struct orr_image image;
    ck_assert(orr_image_init(&image, width, height));
    ck_assert_uint_eq(strlen(hex), 6 * (size_t)width * (size_t)height);
    for (int i = 0; i < 3 * width * height; i++) {
        unsigned v;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &v), 1);
        image.rgb[i] = (unsigned char)v;
    }
    return image;
}

START_TEST(sizes_change_as_in_pillow_to_the_bit)
{
    static const char *const names[3] = {"nearest", "bilinear", "bicubic"};
    struct json_object *golden, *cases;
    struct orr_error err = {0};
    ck_assert_msg(orr_json_parse_file("tests/data/image_resize.json", 1 << 20, &golden, &err) == ORR_OK, "%s",
                  err.message);
    ck_assert(json_object_object_get_ex(golden, "cases", &cases) && json_object_array_length(cases) >= 24);
    for (size_t i = 0; i < json_object_array_length(cases); i++) {
        struct json_object *c = json_object_array_get_idx(cases, i), *in = json_object_object_get(c, "in"),
                           *to = json_object_object_get(c, "out");
        const int w = json_object_get_int(json_object_array_get_idx(in, 0)),
                  h = json_object_get_int(json_object_array_get_idx(in, 1)),
                  ow = json_object_get_int(json_object_array_get_idx(to, 0)),
                  oh = json_object_get_int(json_object_array_get_idx(to, 1));
        const char *how = json_object_get_string(json_object_object_get(c, "how"));
        int k = 0;
        while (k < 3 && strcmp(names[k], how) != 0) k++;
        struct orr_image a = from_hex(w, h, json_object_get_string(json_object_object_get(c, "from"))), b,
                         golden_b = from_hex(ow, oh, json_object_get_string(json_object_object_get(c, "to")));
        ck_assert(orr_image_init(&b, ow, oh) && orr_image_resize(&a, &b, (enum orr_resample)k));
        for (int j = 0; j < 3 * ow * oh; j++)
            ck_assert_msg(b.rgb[j] == golden_b.rgb[j], "%s %dx%d to %dx%d, byte %d: %d, not %d", how, w, h, ow, oh, j,
                          b.rgb[j], golden_b.rgb[j]);
        orr_image_free(&a);
        orr_image_free(&b);
        orr_image_free(&golden_b);
    }
    json_object_put(golden);
}
END_TEST

START_TEST(a_letterbox_keeps_proportions_and_says_where_things_went)
{
    struct orr_image in, out;
    struct orr_letterbox map;
    ck_assert(orr_image_init(&in, 40, 20) && orr_image_init(&out, 16, 16));
    memset(in.rgb, 255, 40 * 20 * 3);
    ck_assert(orr_image_letterbox(&in, &out, &map));
    ck_assert_float_eq_tol(map.scale, 0.4f, 1e-6f);
    ck_assert(map.dx == 0 && map.dy == 4);
    for (int y = 0; y < 16; y++) ck_assert_int_eq(out.rgb[3 * (y * 16 + 7)], y < 4 || y >= 12 ? 114 : 255);
    orr_image_free(&in);
    ck_assert(orr_image_init(&in, 1, 20000) &&
              orr_image_letterbox(&in, &out, &map)); /* at least a column is left of it */
    ck_assert_int_eq(out.rgb[3 * 7], 0);
    ck_assert_int_eq(out.rgb[3 * 8], 114);
    orr_image_free(&in);
    orr_image_free(&out);
}
END_TEST

START_TEST(planes_are_normalised_channels)
{
    struct orr_image in;
    ck_assert(orr_image_init(&in, 2, 1));
    memcpy(in.rgb, (unsigned char[]){0, 51, 255, 255, 102, 0}, 6);
    float p[6];
    orr_image_planes(&in, NULL, NULL, p);
    const float plain[6] = {0, 1, 0.2f, 0.4f, 1, 0};
    for (int i = 0; i < 6; i++) ck_assert_float_eq_tol(p[i], plain[i], 1e-6f);
    orr_image_planes(&in, (const float[3]){0.5f, 0.2f, 0}, (const float[3]){0.5f, 1, 2}, p);
    const float normal[6] = {-1, 1, 0, 0.2f, 0.5f, 0};
    for (int i = 0; i < 6; i++) ck_assert_float_eq_tol(p[i], normal[i], 1e-6f);
    orr_image_free(&in);
}
END_TEST

ORR_SUITE("image sizes", sizes_change_as_in_pillow_to_the_bit, a_letterbox_keeps_proportions_and_says_where_things_went,
          planes_are_normalised_channels)
