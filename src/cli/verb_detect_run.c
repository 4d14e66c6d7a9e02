/* orrery detect run, render: boxes in pictures, and pictures with boxes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/detect_draw.h"
#include "app/detect_gallery.h"
#include "app/detect_render.h"
#include "base/vec.h"
#include "cli/verbs.h"

/* ---- run ---- */

struct found {
    char *image;
    struct orr_detection d;
};
typedef ORR_VEC(struct found) found_list;

static void fill_table(const found_list *list, const struct orr_yolo *net, struct orr_table *t)
{
    static const char *const names[] = {"image", "class", "confidence", "x", "y", "w", "h"};
    orr_table_init(t, list->len, 7);
    for (size_t c = 0; c < 7; c++) orr_table_column(t, c, names[c], c < 2 ? ORR_CELL_TEXT : ORR_CELL_NUMBER);
    for (size_t i = 0; i < list->len; i++) {
        const struct orr_detection *d = &list->data[i].d;
        const double numbers[] = {(double)d->confidence, (double)d->box.x0, (double)d->box.y0,
                                  (double)(d->box.x1 - d->box.x0), (double)(d->box.y1 - d->box.y0)};
        orr_table_set_text(t, i, 0, list->data[i].image);
        orr_table_set_text(t, i, 1, net->class_name[d->class]);
        for (size_t c = 0; c < 5; c++) orr_table_set_number(t, i, 2 + c, numbers[c]);
    }
}

/* FOLDER/NAME.png for an image NAME.* */
static enum orr_status write_picture(const char *folder, const char *path, struct orr_image *image,
                                     const struct orr_yolo *net, const struct orr_detection *d, size_t n,
                                     struct orr_error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    struct orr_str to = {0};
    orr_str_printf(&to, "%s/%.*s.png", folder, (int)(dot && dot > name ? dot - name : (long)strlen(name)), name);
    orr_detect_draw(image, net, d, n);
    const enum orr_status s = orr_image_write_png(to.data, image, err);
    orr_str_free(&to);
    return s;
}

static enum orr_status look(struct orr_detector *d, const char *path, const struct orr_nms_options *nms,
                            const char *out, struct orr_detect_look *seen, struct orr_detection *kept, found_list *list,
                            struct orr_error *err)
{
    struct orr_image image = {0};
    struct orr_detect_image scene = {0};
    enum orr_status s = orr_detect_is_scene(path) ? orr_detect_scene(path, orr_detector_size(d), &scene, err)
                                                  : orr_image_read(path, &image, err);
    if (scene.image.rgb) { /* taken over */
        image = scene.image;
        scene.image = (struct orr_image){0};
    }
    orr_detect_image_free(&scene);
    if (!s) s = orr_detector_look(d, &image, false, seen, err);
    const size_t n = s ? 0 : orr_nms_detections(seen->candidates, seen->n, nms, kept);
    for (size_t i = 0; i < n; i++) ORR_VEC_PUSH(list, (struct found){orr_xstrdup(path), kept[i]});
    if (!s && out) s = write_picture(out, path, &image, orr_detector_net(d), kept, n, err);
    orr_image_free(&image);
    return s;
}

static int detect_run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_nms_options nms = orr_nms_deploy();
    struct orr_detector *d = NULL;
    struct orr_detect_look seen = {0};
    struct orr_table t = {0};
    struct orr_error err;
    found_list list = {0};
    size_t failed = 0;
    const char *out = orr_args_text(args, "out");
    nms.confidence = orr_args_number(args, "confidence");
    nms.iou = orr_args_number(args, "iou");
    nms.most = (int)orr_args_int(args, "most");
    if (args->n_operands == 0) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name a picture, PNG or JPEG");
        return orr_cli_fail(io, args->verb, &err);
    }
    if (out && mkdir(out, 0777) && errno != EEXIST) {
        orr_error_set(&err, ORR_EIO, out, "%s", strerror(errno));
        return orr_cli_fail(io, args->verb, &err);
    }
    if (orr_detector_open(orr_args_text(args, "weights"), (int)orr_args_int(args, "size"),
                          (int)orr_args_int(args, "threads"), &d, &err))
        return orr_cli_fail(io, args->verb, &err);
    struct orr_detection *kept = orr_xcalloc((size_t)nms.most, sizeof *kept);
    for (size_t i = 0; i < args->n_operands; i++) {
        if (!orr_ticker_tick(&io->ticker, "looking", "images", i, args->n_operands)) break;
        if (!look(d, args->operand[i], &nms, out, &seen, kept, &list, &err)) continue;
        failed++;
        orr_io_say(io, "orrery detect run: %s: %s", err.where, err.message);
    }
    if (orr_args_flag(args, "times"))
        orr_detector_times(d, &t);
    else
        fill_table(&list, orr_detector_net(d), &t);
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    for (size_t i = 0; i < list.len; i++) free(list.data[i].image);
    free(list.data);
    free(kept);
    orr_detect_look_free(&seen);
    orr_detector_close(d);
    return failed == 0 ? ORR_EXIT_OK : failed < args->n_operands ? ORR_EXIT_PARTIAL : ORR_EXIT_FAILED;
}

static const struct orr_option run_options[] = {
    {"weights", 'w', ORR_OPT_TEXT, "FILE", NULL,
     "pico or n (shipped; trained on drawn litter), or a file: safetensors or an ONNX export of YOLOv5 (otherwise n where it "
     "ships, else pico)", 0, 0},
    {"confidence", 'c', ORR_OPT_NUMBER, "P", "0.25", "least confidence", 0.001, 1},
    {"iou", 0, ORR_OPT_NUMBER, "X", "0.45", "boxes of a class that overlap by more are one object", 0, 1},
    {"most", 0, ORR_OPT_INT, "N", "300", "boxes of an image", 1, 30000},
    {"size", 0, ORR_OPT_INT, "PIXELS", "0",
     "side of the square that images are fitted into, a multiple of 32; 0: as trained", 0, 4096},
    {"threads", 't', ORR_OPT_INT, "N", "0", "0: one per core", 0, 64},
    {"out", 'o', ORR_OPT_FILE, "FOLDER", NULL, "also draw boxes and labels, as PNG files there", 0, 0},
    {"times", 0, ORR_OPT_FLAG, NULL, NULL, "instead of boxes: seconds by module of the network, of the last image", 0,
     0},
    {0},
};

const struct orr_verb orr_verb_detect_run = {
    .name = "detect run",
    .summary = "find objects in pictures",
    .operands = "IMAGE...",
    .details =
        "Prints one row per object: image, class, confidence, and the box by its upper left corner x, y, width w and "
        "height h in pixels of the image. "
        "Images are PNG or JPEG, told apart by content; drawn:K, drawn:wild:K is scene K of those for testing "
        "(synthetic). One that cannot be read is reported and the rest are looked at; the exit status is then 4, "
        "or 1 where none could be read.",
    .examples = "orrery detect run photo.jpg --json\n"
                "orrery detect run *.png --weights pico --confidence 0.4 --out boxes/\n"
                "orrery detect run photo.jpg --weights yolov5s.onnx --times",
    .options = run_options,
    .run = detect_run,
};

/* ---- render ---- */

static int detect_render(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_detect_rendered done;
    struct orr_error err;
    struct orr_table t = {0};
    const struct orr_detect_render o = {
        .scene = {.split = !strcmp(orr_args_text(args, "kind"), "wild") ? ORR_LITTER_WILD : ORR_LITTER_EASY,
                  .held_out = orr_args_flag(args, "held-out"),
                  .size = (int)orr_args_int(args, "size")},
        .n = (int)orr_args_int(args, "scenes"),
        .seed = (uint64_t)orr_args_int(args, "seed")};
    if (args->n_operands != 1) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name the folder that receives the pictures");
        return orr_cli_fail(io, args->verb, &err);
    }
    if (orr_detect_render(args->operand[0], &o, &io->ticker, &done, &err)) return orr_cli_fail(io, args->verb, &err);
    orr_table_init(&t, ORR_MATERIALS + 1, 2);
    orr_table_column(&t, 0, "class", ORR_CELL_TEXT);
    orr_table_column(&t, 1, "boxes", ORR_CELL_INTEGER);
    for (size_t c = 0; c <= ORR_MATERIALS; c++) {
        orr_table_set_text(&t, c, 0, c < ORR_MATERIALS ? orr_material_names[c] : "all");
        orr_table_set_number(&t, c, 1, (double)(c < ORR_MATERIALS ? done.of_class[c] : done.boxes));
    }
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return ORR_EXIT_OK;
}

static const struct orr_option render_options[] = {
    {"scenes", 'n', ORR_OPT_INT, "N", "100", "how many", 1, 1000000},
    {"kind", 0, ORR_OPT_CHOICE, "easy|wild", "easy",
     "few large pieces, or numbers and sizes as in photographs of litter (TACO)", 0, 0},
    {"held-out", 0, ORR_OPT_FLAG, NULL, NULL, "in the styles that are for testing", 0, 0},
    {"size", 0, ORR_OPT_INT, "PIXELS", "256", "side of the pictures", 32, 2048},
    {"seed", 's', ORR_OPT_INT, "N", "1", "the same seed draws the same scenes", 0, 1e15},
    {0},
};

const struct orr_verb orr_verb_detect_render = {
    .name = "detect render",
    .summary = "draw litter scenes as a folder in YOLO's layout",
    .operands = "FOLDER",
    .details = "Writes synthetic scenes with litter of six materials, their boxes and a data.yaml, for detectors here "
               "and elsewhere: every tenth scene is for "
               "validation, those with --held-out are for testing.",
    .examples = "orrery detect render scenes/ --scenes 500\n"
                "orrery detect render scenes/ --scenes 100 --held-out",
    .options = render_options,
    .run = detect_render,
};
