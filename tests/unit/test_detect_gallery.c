/* Pictures to look for objects in, and data made of them. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "app/detect_data.h"
#include "app/detect_render.h"

static const char *folder_of(const char *file, char out[512])
{
    snprintf(out, 512, "%.*s", (int)(strrchr(file, '/') - file), file);
    return out;
}

START_TEST(drawn_scenes_come_by_number_in_any_order)
{
    struct orr_detect_gallery *g;
    struct orr_detect_image a, b, c;
    struct orr_error err = {0};
    ck_assert_int_eq(orr_detect_gallery_open("drawn:mixed:80", ORR_DETECT_TEST, 64, &g, &err), ORR_OK);
    ck_assert_uint_eq(orr_detect_gallery_count(g), 10);
    ck_assert(orr_detect_gallery_is_drawn(g) && orr_detect_gallery_classes(g) == 6);
    ck_assert_str_eq(orr_detect_gallery_class(g, 2), "glass");
    ck_assert_int_eq(orr_detect_gallery_get(g, 7, &a, &err), ORR_OK);
    ck_assert_int_eq(orr_detect_gallery_get(g, 0, &b, &err), ORR_OK);
    ck_assert_int_eq(orr_detect_gallery_get(g, 7, &c, &err), ORR_OK);
    ck_assert(memcmp(a.image.rgb, c.image.rgb, 64 * 64 * 3) == 0 && a.n_labels == c.n_labels);
    ck_assert(memcmp(a.image.rgb, b.image.rgb, 64 * 64 * 3) != 0);
    ck_assert_str_eq(a.name, "drawn 7");
    orr_detect_image_free(&a);
    orr_detect_image_free(&b);
    orr_detect_image_free(&c);
    ck_assert_int_eq(orr_detect_gallery_get(g, 10, &a, &err), ORR_EINVAL);
    orr_detect_gallery_close(g);
    static const char *const bad[] = {"drawn:hard", "drawn:easy:0", "drawn:easy:x", "drawn::1e9"};
    for (int k = 0; k < 4; k++)
        ck_assert_int_eq(orr_detect_gallery_open(bad[k], ORR_DETECT_TEST, 64, &g, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_detect_gallery_open("drawn", ORR_DETECT_TEST, 16, &g, &err), ORR_EINVAL);
    ck_assert_ptr_null(g);
}
END_TEST

START_TEST(a_folder_gives_labels_in_pixels_and_leaves_bad_files_out)
{
    char folder[512];
    folder_of(aid_file_write("set/x", "", 0), folder);
    const struct orr_detect_render o = {.scene = {.size = 64}, .n = 20, .seed = 3};
    struct orr_detect_rendered drawn;
    struct orr_error err = {0};
    ck_assert_int_eq(orr_detect_render(folder, &o, NULL, &drawn, &err), ORR_OK);
    aid_file_write("set/images/train/bad.png", "no picture", 10);
    struct orr_detect_data data;
    ck_assert_msg(orr_detect_data_load(folder, ORR_DETECT_TRAIN, 32, NULL, &data, &err) == ORR_OK, "%s", err.message);
    ck_assert(data.set.n == 18 && data.classes == 6 && data.unreadable == 1);
    ck_assert(strstr(data.first_bad.where, "bad.png") && !strcmp(data.class_name[1], "paper"));
    ck_assert_int_eq(data.set.images[0].image.width, 32); /* shrunk, and its labels with it */
    for (size_t i = 0; i < data.set.n; i++)
        for (size_t k = 0; k < data.set.images[i].n_labels; k++) ck_assert(data.set.images[i].labels[k].box.x1 <= 32);
    orr_detect_data_free(&data);
    ck_assert_msg(orr_detect_data_load(folder, ORR_DETECT_TEST, 32, NULL, &data, &err) == ORR_OK, "%s", err.message);
    ck_assert_uint_eq(data.set.n, 2); /* there is no test part: validation */
    orr_detect_data_free(&data);
    strcat(folder, "/images/val");
    ck_assert_int_eq(orr_detect_data_load(folder, ORR_DETECT_TEST, 32, NULL, &data, &err), ORR_EFORMAT);
    ck_assert(strstr(err.message, "no labels"));
    folder_of(aid_file_write("broken/images/val/a.jpg", "x", 1), folder);
    folder_of(aid_file_write("broken/data.yaml", "val: images/val\nnames: [a]\n", 27), folder);
    ck_assert_int_eq(orr_detect_data_load(folder, ORR_DETECT_VALIDATION, 32, NULL, &data, &err), ORR_EFORMAT);
    ck_assert(strstr(err.where, "a.jpg") && strstr(err.message, "no image of"));
}
END_TEST

ORR_SUITE_IN_FOLDER("detect gallery", drawn_scenes_come_by_number_in_any_order,
                    a_folder_gives_labels_in_pixels_and_leaves_bad_files_out)
