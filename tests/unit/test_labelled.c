/* Folders and files of labelled pictures. */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "base/str.h"
#include "ingest/labelled.h"

static const char *text_file(const char *name, const char *text) { return aid_file_write(name, text, strlen(text)); }

static void expect_error(const char *path, const char *split, enum orr_status status, const char *where,
                         const char *what)
{
    struct orr_labelled set;
    struct orr_error err = {0};
    ck_assert_int_eq(orr_labelled_read(path, split, &set, &err), status);
    ck_assert_msg(strstr(err.where, where), "where: %s", err.where);
    ck_assert_msg(strstr(err.message, what), "message: %s", err.message);
    ck_assert(!set.images.data && !set.boxes.data && !set.classes);
}

/* Two folders of pictures; b.jpg has no label file, c.png an empty one. */
static const char *small_set(const char *folder, const char *yaml)
{
    char path[128];
    static const char *const files[][2] = {
        {"images/train/a.jpg", ""},     {"labels/train/a.txt", "0 0.5 0.5 0.2 0.4\n\n2 0.1 0.1 0.2 0.2\n"},
        {"images/train/b.jpg", ""},     {"images/val/c.png", ""},
        {"labels/val/c.txt", ""},       {"images/val/note.txt", ""},
        {"images/val/deep/d.JPEG", ""}, {"labels/val/deep/d.txt", "1 0 0 1 0 1 0.5 0.25 0.75"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i][0]);
        text_file(path, files[i][1]);
    }
    snprintf(path, sizeof path, "%s/data.yaml", folder);
    return text_file(path, yaml);
}

START_TEST(yolo_folders_give_pictures_boxes_and_class_names)
{
    const char *yaml =
        small_set("good", "train: images/train\nval: [images/val]\nnc: 4\nnames: [plastic, paper, glass, 7]\n");
    struct orr_labelled set;
    struct orr_error err;
    ck_assert_msg(orr_labelled_read(yaml, "train", &set, &err) == ORR_OK, "%s", err.message);
    ck_assert(set.n_classes == 4 && !strcmp(set.classes[1], "paper") && !strcmp(set.classes[3], "7"));
    ck_assert(set.images.len == 2 && set.boxes.len == 2 && set.labelled);
    ck_assert(set.without_labels == 1 && set.empty == 1 && set.left_out == 0);
    const struct orr_labelled_box b = set.boxes.data[0];
    ck_assert(b.class == 0 && b.x0 == 0.4f && b.y0 == 0.3f && b.x1 == 0.6f && b.y1 == 0.7f);
    ck_assert(set.class_images[0] == 1 && set.class_images[1] == 0 &&
              set.class_boxes[2] == 1); /* a class without pictures */
    orr_labelled_free(&set);

    char folder[512];
    snprintf(folder, sizeof folder, "%.*s/", (int)(strrchr(yaml, '/') - yaml),
             yaml); /* val is what a folder gives unless asked */
    ck_assert_msg(orr_labelled_read(folder, NULL, &set, &err) == ORR_OK, "%s", err.message);
    ck_assert(set.images.len == 2 && set.empty == 1 && set.without_labels == 0 && set.boxes.len == 1);
    const struct orr_labelled_box p = set.boxes.data[0]; /* around a polygon */
    ck_assert(p.class == 1 && p.x0 == 0 && p.y0 == 0 && p.x1 == 1 && p.y1 == 0.75f);
    orr_labelled_free(&set);
}
END_TEST

START_TEST(names_may_be_a_map_and_paths_may_be_those_of_other_tools)
{
    struct orr_labelled set;
    struct orr_error err;
    const char *yaml =
        small_set("map", "path: /nonexistent/elsewhere\nval: ../images/val\nnames:\n  1: paper\n  0: plastic\n");
    ck_assert_msg(orr_labelled_read(yaml, NULL, &set, &err) == ORR_OK, "%s", err.message);
    ck_assert(set.n_classes == 2 && !strcmp(set.classes[0], "plastic") && set.images.len == 2);
    orr_labelled_free(&set);
    text_file("map/list.txt", "./images/train/b.jpg\r\n\nimages/val/c.png\n");
    yaml = text_file("map/listed.yaml", "val: list.txt\nnames: [a]\n");
    ck_assert_msg(orr_labelled_read(yaml, "val", &set, &err) == ORR_OK, "%s", err.message);
    ck_assert(set.images.len == 2 && strstr(set.images.data[0].path, "images/train/b.jpg"));
    orr_labelled_free(&set);
}
END_TEST

START_TEST(what_is_wrong_in_data_yaml_is_named)
{
    static const struct {
        const char *yaml, *what;
        enum orr_status status;
    } cases[] = {
        {"val: images/val\n", "names: is missing", ORR_EFORMAT},
        {"val: images/val\nnames: {0: a, 2: b}\n", "class 1 has no name", ORR_EFORMAT},
        {"val: images/val\nnames: [a]\nnc: 3\n", "nc: 3, but names: has 1", ORR_EFORMAT},
        {"val: images/val\nnames: [a]\nnc: many\n", "`many` is no number", ORR_EFORMAT},
        {"val: images/val\nnames: {x: a}\n", "`x` is no number of a class", ORR_EFORMAT},
        {"val: images/val\nnames: {999999999: a}\n", "at most 4096 classes", ORR_EFORMAT},
        {"names: [a]\n", "train: is missing", ORR_ENOTFOUND},
        {"val: images/gone\nnames: [a]\n", "is not there", ORR_ENOTFOUND},
        {"val: /etc\nnames: [a]\n", "leads out of", ORR_EFORMAT},
        {"val: images/../../../etc\nnames: [a]\n", "leads out of", ORR_EFORMAT},
        {"val: [images\n", "not valid YAML", ORR_EFORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(small_set("bad", cases[i].yaml), NULL, cases[i].status, "data.yaml", cases[i].what);
    expect_error(small_set("bad", "val: images/val\nnames: [a]\n"), "holdout", ORR_ENOTFOUND, "data.yaml",
                 "holdout: is missing");
    text_file("bad/list.txt", "images/val/c.png\n../../other/x.png\nimages/../../y.png\n");
    expect_error(text_file("bad/data.yaml", "val: list.txt\nnames: [a]\n"), NULL, ORR_EFORMAT, "list.txt:3",
                 "no picture inside");
}
END_TEST

START_TEST(what_is_wrong_in_a_label_is_named_by_file_and_line)
{
    static const struct {
        const char *line, *what;
    } cases[] = {{"2 0.5 0.5 0.1 0.1", "class 2, where data.yaml names classes 0 to 1"},
                 {"-1 0.5 0.5 0.1 0.1", "class -1"},
                 {"0.5 0.5 0.5 0.1 0.1", "class 0.5"},
                 {"nan 0.5 0.5 0.1 0.1", "class nan"},
                 {"0 0.95 0.5 0.2 0.1", "outside the picture"},
                 {"0 100 50 20 30", "if these are pixels"},
                 {"0 0.5 0.5 0.1", "4 numbers"},
                 {"0 0.5 0.5 0.1 0.1 0.9", "6 numbers"},
                 {"0 0.5 0.5 x 0.1", "number 4 of the line"},
                 {"0 nan 0.5 0.1 0.1", "not a number"},
                 {"0 inf 0.5 0.1 0.1", "not a number"},
                 {"0 0.1 0.1 nan 0.2 0.3 0.3", "not a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_labelled set = {.n_classes = 2};
        struct orr_error err = {0};
        struct orr_str text = {0};
        orr_str_printf(&text, "1 0.5 0.5 1 1\n\n%s\n", cases[i].line);
        const enum orr_status s = orr_labelled_parse_lines("a.txt", text.data, text.len, &set, &err);
        ck_assert_msg(s == ORR_EFORMAT && !strcmp(err.where, "a.txt:3") && strstr(err.message, cases[i].what),
                      "%s: %s: %s", cases[i].line, err.where, err.message);
        orr_str_free(&text);
        orr_labelled_free(&set);
    }
    small_set("line", "val: images/val\nnames: [a, b]\n");
    text_file("line/labels/val/c.txt", "1 0.5 0.5 1 1\r\n3 0.5 0.5 1 1\r\n");
    expect_error(text_file("line/data.yaml", "val: images/val\nnames: [a, b]\n"), NULL, ORR_EFORMAT,
                 "labels/val/c.txt:2", "class 3");
}
END_TEST

START_TEST(boxes_a_little_over_the_border_are_cut_and_those_without_area_left_out)
{
    static const char text[] = "0 0.1 0.5 0.21 1.01\n0 0.5 0.5 0 0.3\n0 0.5 0.5 0.1 -0.1\n";
    struct orr_labelled set = {.n_classes = 1};
    ck_assert_int_eq(orr_labelled_parse_lines("a.txt", text, sizeof text - 1, &set, NULL), ORR_OK);
    ck_assert(set.boxes.len == 1 && set.left_out == 2);
    ck_assert(set.boxes.data[0].x0 == 0 && set.boxes.data[0].y0 == 0 && set.boxes.data[0].y1 == 1);
    orr_labelled_free(&set);
}
END_TEST

#define COCO_HEAD                                                                                                      \
    "{\"images\": [{\"id\": 9, \"file_name\": \"p/b.jpg\", \"width\": 200, \"height\": 100},"                          \
    "{\"id\": 3, \"file_name\": \"a.png\", \"width\": 10, \"height\": 10}],"                                           \
    "\"categories\": [{\"id\": 5, \"name\": \"glass\"}, {\"id\": 2, \"name\": \"paper\"}], \"annotations\": ["

START_TEST(coco_files_give_the_same)
{
    struct orr_labelled set;
    struct orr_error err;
    text_file("coco/images/p/b.jpg", "");
    const char *path =
        text_file("coco/labels.json", COCO_HEAD "{\"image_id\": 3, \"category_id\": 2, \"bbox\": [1, 2, 3.5, 4]},"
                                                "{\"image_id\": 9, \"category_id\": 5, \"bbox\": [100, 50, 100, 50]},"
                                                "{\"image_id\": 9, \"category_id\": 5, \"iscrowd\": 1},"
                                                "{\"image_id\": 9, \"category_id\": 2, \"bbox\": [0, 0, 20, 10.5]}]}");
    ck_assert_msg(orr_labelled_read(path, NULL, &set, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert(set.n_classes == 2 && !strcmp(set.classes[0], "paper") && !strcmp(set.classes[1], "glass"));
    ck_assert(set.images.len == 2 && set.boxes.len == 3 && set.left_out == 1 && set.empty == 0);
    ck_assert(strstr(set.images.data[0].path, "coco/images/p/b.jpg") && set.images.data[0].n == 2 &&
              set.images.data[1].n == 1);
    const struct orr_labelled_box b = set.boxes.data[0], last = set.boxes.data[set.images.data[1].first];
    ck_assert(b.class == 1 && b.x0 == 0.5f && b.y0 == 0.5f && b.x1 == 1 && b.y1 == 1);
    ck_assert(last.class == 0 && last.x0 == 0.1f && last.y1 == 0.6f);
    orr_labelled_free(&set);
}
END_TEST

START_TEST(what_is_wrong_in_a_coco_file_is_named_by_its_entry)
{
    static const struct {
        const char *text, *where, *what;
    } cases[] = {
        {COCO_HEAD "{\"image_id\": 4, \"category_id\": 2, \"bbox\": [1, 2, 3, 4]}]}", "annotations[0]",
         "image_id 4 is not among"},
        {COCO_HEAD "{\"image_id\": 3, \"category_id\": 7, \"bbox\": [1, 2, 3, 4]}]}", "annotations[0]",
         "category_id 7"},
        {COCO_HEAD "{\"image_id\": 3, \"category_id\": 2, \"bbox\": [1, 2, 30, 4]}]}", "annotations[0]",
         "outside the picture"},
        {COCO_HEAD "{\"image_id\": 3, \"category_id\": 2, \"bbox\": [1, 2, null, 4]}]}", "annotations[0]",
         "not a number"},
        {COCO_HEAD "{\"image_id\": 3, \"category_id\": 2, \"bbox\": [1, 2, 3]}]}", "annotations[0]", "bbox is no list"},
        {COCO_HEAD "7]}", "annotations[0]", "no image_id"},
        {"{\"images\": [], \"annotations\": []}", "x.json", "no COCO file"},
        {"[1, 2]", "x.json", "no COCO file"},
        {"{\"images\": [], \"annotations\": [], \"categories\": []}", "x.json", "0 categories"},
        {"{\"images\": [{\"id\": 1, \"file_name\": \"../../etc/x.png\", \"width\": 1, \"height\": 1}], "
         "\"annotations\": [],"
         "\"categories\": [{\"id\": 1, \"name\": \"a\"}]}",
         "images[0]", "leads out of"},
        {"{\"images\": [{\"id\": 1, \"file_name\": \"x.png\", \"width\": 0, \"height\": 1}], \"annotations\": [],"
         "\"categories\": [{\"id\": 1, \"name\": \"a\"}]}",
         "images[0]", "width and height are needed"},
        {"{\"images\": [], \"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 1, \"name\": "
         "\"b\"}]}",
         "categories[1]", "its id is taken"},
        {"{\"images\": [", "x.json", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_labelled set = {0};
        struct orr_error err = {0};
        ck_assert_int_ne(orr_labelled_parse_coco("x.json", cases[i].text, strlen(cases[i].text), "f", &set, &err),
                         ORR_OK);
        ck_assert_msg(strstr(err.where, cases[i].where) && strstr(err.message, cases[i].what), "%zu: %s: %s", i,
                      err.where, err.message);
        orr_labelled_free(&set);
    }
}
END_TEST

START_TEST(pictures_without_labels_are_taken_as_they_are)
{
    struct orr_labelled set;
    struct orr_error err = {0};
    const char *b = text_file("plain/b.png", "");
    text_file("plain/a.jpg", "");
    text_file("plain/readme.md", "");
    ck_assert_int_eq(orr_labelled_read(b, NULL, &set, &err), ORR_OK);
    ck_assert(set.images.len == 1 && !set.labelled && set.n_classes == 0);
    orr_labelled_free(&set);
    char folder[512];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(b, '/') - b), b);
    ck_assert_int_eq(orr_labelled_read(folder, NULL, &set, &err), ORR_OK);
    ck_assert(set.images.len == 2 && strstr(set.images.data[0].path, "a.jpg"));
    orr_labelled_free(&set);
    expect_error(text_file("other/readme.md", "x"), NULL, ORR_EFORMAT, "readme.md", "neither a folder");
    expect_error("/nonexistent/set", NULL, ORR_ENOTFOUND, "set", "cannot open");
}
END_TEST

ORR_SUITE_IN_FOLDER("labelled", yolo_folders_give_pictures_boxes_and_class_names,
                    names_may_be_a_map_and_paths_may_be_those_of_other_tools, what_is_wrong_in_data_yaml_is_named,
                    what_is_wrong_in_a_label_is_named_by_file_and_line,
                    boxes_a_little_over_the_border_are_cut_and_those_without_area_left_out, coco_files_give_the_same,
                    what_is_wrong_in_a_coco_file_is_named_by_its_entry, pictures_without_labels_are_taken_as_they_are)
