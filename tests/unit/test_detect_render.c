#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "app/detect_render.h"
#include "ingest/labelled.h"

START_TEST(a_drawn_folder_reads_back_as_what_was_drawn)
{
    char folder[512];
    const char *file = aid_file_write("drawn/x", "", 0);
    snprintf(folder, sizeof folder, "%.*s/a/b", (int)(strrchr(file, '/') - file), file);
    struct orr_detect_render o = {.scene = {.split = ORR_LITTER_EASY, .size = 64}, .n = 20, .seed = 3};
    struct orr_detect_rendered train, test;
    struct orr_error err = {0};
    ck_assert_msg(orr_detect_render(folder, &o, NULL, &train, &err) == ORR_OK, "%s", err.message);
    o.scene.held_out = true;
    o.n = 4;
    ck_assert_msg(orr_detect_render(folder, &o, NULL, &test, &err) == ORR_OK, "%s", err.message);
    static const struct {
        const char *split;
        size_t images;
    } splits[] = {{"train", 18}, {"val", 2}, {"test", 4}};
    size_t boxes = 0;
    for (int k = 0; k < 3; k++) {
        struct orr_labelled set;
        ck_assert_msg(orr_labelled_read(folder, splits[k].split, &set, &err) == ORR_OK, "%s", err.message);
        ck_assert_uint_eq(set.images.len, splits[k].images);
        ck_assert(set.n_classes == ORR_MATERIALS && set.without_labels == 0 && set.left_out == 0);
        ck_assert_str_eq(set.classes[5], "biodegradable");
        boxes += set.boxes.len;
        orr_labelled_free(&set);
    }
    ck_assert_uint_eq(boxes, train.boxes + test.boxes);

    struct orr_litter_scenes *g =
        orr_litter_scenes_new(&o.scene); /* the second of the test set, box by box and pixel by pixel */
    struct orr_litter_scene scene = {0};
    struct orr_labelled set;
    struct orr_image image;
    ck_assert(g && orr_litter_scene_draw(g, 3, 1, &scene));
    ck_assert_int_eq(orr_labelled_read(folder, "test", &set, &err), ORR_OK);
    ck_assert_uint_eq(set.images.data[1].n, (size_t)scene.n);
    for (int k = 0; k < scene.n; k++) {
        const struct orr_labelled_box b = set.boxes.data[set.images.data[1].first + (size_t)k];
        ck_assert(b.class == scene.boxes[k].material);
        ck_assert_float_eq_tol(64 * b.x0, scene.boxes[k].x0, 1e-3f);
        ck_assert_float_eq_tol(64 * b.y1, scene.boxes[k].y1, 1e-3f);
    }
    ck_assert_int_eq(orr_image_read(set.images.data[1].path, &image, &err), ORR_OK);
    ck_assert(memcmp(image.rgb, scene.image.rgb, 64 * 64 * 3) == 0);
    orr_image_free(&image);
    orr_image_free(&scene.image);
    orr_labelled_free(&set);
    orr_litter_scenes_free(g);
}
END_TEST

static bool stop_at_three(void *ctx, const struct orr_progress *p)
{
    (void)ctx;
    return p->done < 3;
}

START_TEST(drawing_stops_when_told_and_refuses_what_it_cannot_draw)
{
    char folder[512];
    const char *file = aid_file_write("stopped/x", "", 0);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(file, '/') - file), file);
    struct orr_detect_render o = {.scene = {.size = 32}, .n = 20};
    struct orr_detect_rendered out;
    struct orr_error err = {0};
    ck_assert_int_eq(orr_detect_render(folder, &o, &(struct orr_ticker){stop_at_three, NULL}, &out, &err),
                     ORR_ECANCELLED);
    ck_assert_uint_eq(out.images, 3);
    o.scene.size = 16;
    ck_assert_int_eq(orr_detect_render(folder, &o, NULL, &out, &err), ORR_EINVAL);
    o.scene.size = 32, o.n = 0;
    ck_assert_int_eq(orr_detect_render(folder, &o, NULL, &out, &err), ORR_EINVAL);
    o.n = 1;
    ck_assert_int_eq(orr_detect_render(file, &o, NULL, &out, &err), ORR_EIO); /* a file is no folder */
}
END_TEST

ORR_SUITE_IN_FOLDER("detect render", a_drawn_folder_reads_back_as_what_was_drawn,
                    drawing_stops_when_told_and_refuses_what_it_cannot_draw)
