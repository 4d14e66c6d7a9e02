#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"
#include "aid_ui.h"
#include "app/detect_render.h"
#include "methods/detect/yolo_file.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static void command(struct orr_aid_ui *a, const char *what, const char *arg)
{
    char line[600];
    snprintf(line, sizeof line, "%s %s", what, arg);
    orr_ui_command(a->ui, line);
    orr_aid_ui_settle(a);
}

/* A network that was never trained, of the six classes: it finds next to nothing, and something at the lowest threshold. */
static const char *network_file(void)
{
    static const char *path;
    static const char *const names[] = {"plastic", "paper", "glass", "metal", "cardboard", "biodegradable"};
    struct orr_yolo y;
    struct orr_error err = {0};
    if (path && access(path, R_OK) == 0) return path;
    ck_assert_int_eq(orr_yolo_init(&y, ORR_YOLO_PICO, 6, 1, &err), ORR_OK);
    for (int c = 0; c < 6; c++) snprintf(y.class_name[c], sizeof y.class_name[c], "%s", names[c]);
    path = aid_file_write("net.safetensors", "", 0);
    ck_assert_msg(orr_yolo_save(&y, path, 64, true, NULL, &err) == ORR_OK, "%s: %s", err.where, err.message);
    orr_yolo_free(&y);
    return path;
}

static struct orr_aid_ui *new_screen(int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, width, height);
    command(a, "open", "detect");
    command(a, "weights", network_file());
    command(a, "pictures", "drawn:easy:160"); /* twenty to test on */
    return a;
}

START_TEST(pictures_are_browsed_and_numbered)
{
    struct orr_aid_ui *a = new_screen(80, 24);
    ck_assert_msg(has(a, "1/20 drawn 0"), "%s", orr_aid_ui_dump(a));
    ck_assert(has(a, "synthetic, styles never trained on"));
    ck_assert(has(a, "confidence") && has(a, "0.25") && has(a, "0.45"));
    orr_aid_ui_keys(a, "n n n");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "4/20 drawn 3"));
    orr_aid_ui_keys(a, "p");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "3/20 drawn 2"));
    orr_aid_ui_keys(a, "End");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "20/20 drawn 19"));
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "20/20 drawn 19"));
    command(a, "goto", "7");
    ck_assert(has(a, "7/20 drawn 6"));
    command(a, "goto", "0");
    ck_assert(has(a, "numbered from 1"));
    orr_aid_ui_keys(a, "s");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "1/20 drawn 0") && has(a, "styles trained on"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(thresholds_are_applied_at_each_key)
{
    struct orr_aid_ui *a = new_screen(120, 30);
    ck_assert_msg(has(a, "0 true +  0 false x"), "%s", orr_aid_ui_dump(a)); /* nothing is sure by a quarter */
    ck_assert(has(a, "missed ?"));
    command(a, "confidence", "0.001");
    ck_assert_msg(!has(a, " 0 false x"), "%s", orr_aid_ui_dump(a)); /* without looking again */
    ck_assert(has(a, "0.00 - +"));
    command(a, "confidence", "2");
    ck_assert(has(a, "a number from 0 to 1"));
    orr_aid_ui_keys(a, "+");
    ck_assert(has(a, "0.05 - +"));
    orr_aid_ui_keys(a, "> >");
    ck_assert(has(a, "0.55 < >"));
    orr_aid_ui_keys(a, "f m");
    ck_assert(has(a, "(hidden)"));
    orr_aid_ui_keys(a, "g");
    ck_assert(has(a, "labels ="));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(panes_show_scores_curves_confusion_and_time)
{
    struct orr_aid_ui *a = new_screen(120, 30);
    ck_assert(has(a, "objects"));
    orr_aid_ui_keys(a, "t");
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "20 images") && has(a, "AP50") && has(a, "plastic"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_keys(a, "Tab");
    ck_assert_msg(has(a, "mAP50 0.0") && has(a, "recall"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_keys(a, "Tab");
    ck_assert(has(a, "said (rows), true (columns); counts") && has(a, "background"));
    orr_aid_ui_keys(a, "x");
    ck_assert(has(a, "columns); shares") && has(a, "1.0")); /* all is missed */
    orr_aid_ui_keys(a, "Tab");
    ck_assert(has(a, "time by module") && has(a, "SPPF") && has(a, "net.safetensors"));
    orr_aid_ui_keys(a, "Tab");
    ck_assert(has(a, "object         conf")); /* wide: not the picture alone, which is there anyway */
    orr_aid_ui_resize(a, 80, 24);
    orr_aid_ui_keys(a, "BackTab");
    ck_assert(has(a, "1/20 drawn 0"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(folders_without_labels_and_without_network_are_looked_through)
{
    char folder[512];
    const char *file = aid_file_write("plain/x", "", 0);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(file, '/') - file), file);
    const struct orr_detect_render o = {.scene = {.size = 64}, .n = 3, .seed = 3};
    struct orr_detect_rendered drawn;
    ck_assert_int_eq(orr_detect_render(folder, &o, NULL, &drawn, NULL), ORR_OK);
    aid_file_write("plain/images/train/bad.png", "x", 1);
    strcat(folder, "/images/train");
    struct orr_aid_ui *a = orr_aid_ui_new(1, 100, 30);
    command(a, "open", "detect");
    command(a, "weights", "/nonexistent/net.onnx");
    command(a, "pictures", folder);
    ck_assert_msg(has(a, "1/4 000000.png") && has(a, "64x64"), "%s", orr_aid_ui_dump(a));
    ck_assert(has(a, "/nonexistent/net.onnx") && has(a, "0 found"));
    orr_aid_ui_keys(a, "End"); /* a damaged file is named, and the way back is open */
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "4/4") && has(a, "bad.png") && has(a, "neither a PNG nor a JPEG"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_keys(a, "p");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "3/4 000002.png") && !has(a, "neither a PNG"));
    command(a, "pictures", "/nonexistent/folder");
    ck_assert(has(a, "/nonexistent/folder") && has(a, "cannot open"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(what_is_shown_goes_into_files)
{
    struct orr_aid_ui *a = new_screen(120, 30);
    static const struct {
        const char *keys, *name, *begin;
    } files[] = {{"", "a.png", "\x89PNG"},      {"", "a.csv", "class,confidence,x,y,w,h"},
                 {"t", "s.csv", "class,"},      {"Tab", "c.csv", "confidence,precision"},
                 {"Tab", "m.csv", "predicted"}, {"Tab", "t.csv", "module,name,output"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char begin[32] = {0};
        const char *path = aid_file_write(files[i].name, "", 0);
        orr_aid_ui_keys(a, files[i].keys);
        orr_aid_ui_settle(a);
        command(a, "export", path);
        FILE *f = fopen(path, "rb");
        ck_assert(f && fread(begin, 1, strlen(files[i].begin), f) > 0);
        fclose(f);
        ck_assert_msg(!strncmp(begin, files[i].begin, strlen(files[i].begin)), "%s begins with %s", files[i].name,
                      begin);
    }
    ck_assert(has(a, "wrote "));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(every_size_is_drawn)
{
    struct orr_aid_ui *a = new_screen(200, 60);
    static const int sizes[][2] = {{200, 60}, {120, 30}, {80, 24}, {40, 10}, {20, 5}, {5, 3}, {1, 1}};
    orr_aid_ui_keys(a, "t");
    orr_aid_ui_settle(a);
    command(a, "confidence", "0.001");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int pane = 0; pane < 6; pane++) {
            orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
            ck_assert_ptr_nonnull(orr_aid_ui_dump(a));
            orr_aid_ui_keys(a, "Tab");
        }
    orr_aid_ui_resize(a, 80, 24);
    ck_assert(has(a, "Detect"));
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE_IN_FOLDER("detect screen", pictures_are_browsed_and_numbered, thresholds_are_applied_at_each_key,
                    panes_show_scores_curves_confusion_and_time,
                    folders_without_labels_and_without_network_are_looked_through, what_is_shown_goes_into_files,
                    every_size_is_drawn)
