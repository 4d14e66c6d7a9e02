/* orrery detect train, test: learning to find objects, and how well. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/detect_test.h"
#include "app/detect_train.h"
#include "base/mem.h"
#include "cli/out_file.h"
#include "cli/verbs.h"

#define DATA_HELP                                                                                                      \
    "drawn:easy[:N], drawn:wild[:N], drawn:mixed[:N]: N scenes with litter of six materials, drawn (synthetic); or a " \
    "folder in YOLO's or "                                                                                             \
    "COCO's layout"

static void say_remark(const struct orr_detect_data *d, struct orr_io *io)
{
    struct orr_str text = {0};
    if (orr_detect_data_remark(d, &text)) orr_io_say(io, "%s", text.data);
    orr_str_free(&text);
}

/* ---- train ---- */

static enum orr_status read_job(const struct orr_args *a, struct orr_detect_job *job, struct orr_error *err)
{
    enum orr_yolo_kind kind;
    const enum orr_status s = orr_yolo_parse_kind(orr_args_text(a, "model"), &kind, err);
    if (s) return s;
    job->fit = orr_yolo_fit_defaults(kind, (int)orr_args_int(a, "epochs"));
    job->fit.size = (int)orr_args_int(a, "size");
    job->fit.batch = (int)orr_args_int(a, "batch");
    job->fit.seed = (uint64_t)orr_args_int(a, "seed");
    job->fit.lr = orr_args_number(a, "lr");
    job->fit.warmup = orr_args_number(a, "warmup");
    job->fit.class_gain = orr_args_number(a, "class-gain");
    job->fit.adam = !strcmp(orr_args_text(a, "optim"), "adamw");
    job->fit.augment.mosaic = orr_args_number(a, "mosaic");
    job->fit.augment.lamps = orr_args_number(a, "lamps");
    job->fit.keep_anchors = orr_args_flag(a, "keep-anchors");
    job->fit.start = orr_args_text(a, "start");
    job->data = a->n_operands ? a->operand[0] : "drawn:easy";
    job->minutes = orr_args_number(a, "minutes");
    job->checkpoint = orr_args_text(a, "checkpoint");
    job->name = orr_args_text(a, "name");
    job->check_every = (int)orr_args_int(a, "check-every");
    job->threads = (int)orr_args_int(a, "threads");
    return orr_args_out_file(a, &job->out, err);
}

static int detect_train(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_detect_job job = {0};
    struct orr_detect_trained done = {0};
    struct orr_error err;
    enum orr_status s = read_job(args, &job, &err);
    if (!s) s = orr_app_detect_train(app, &job, &io->ticker, &done, &err);
    if (done.remark.len) orr_io_say(io, "%s", done.remark.data);
    orr_str_free(&done.remark);
    if (s && s != ORR_ECANCELLED) return orr_cli_fail(io, args->verb, &err);
    const struct orr_yolo_fit_state *st = &done.state;
    const double map50 = done.validation ? done.validation->map50 : NAN,
                 map = done.validation ? done.validation->map : NAN;
    const struct {
        const char *name;
        double x;
    } cells[] = {{"run", (double)done.run}, {"epochs", st->epoch},       {"steps", (double)st->step},
                 {"box_loss", st->box},     {"object_loss", st->object}, {"class_loss", st->class},
                 {"val_map50", map50},      {"val_map50_95", map}};
    struct orr_table t = {0};
    if (s == ORR_ECANCELLED) orr_io_say(io, "stopped after epoch %d of %d; the run is stored", st->epoch, st->epochs);
    if (isfinite(st->anchors_after))
        orr_io_say(io, "anchors fitted to the boxes: mean best IoU %.3f (COCO's: %.3f)", st->anchors_after,
                   st->anchors_before);
    orr_table_init(&t, 1, 9);
    for (size_t i = 0; i < 8; i++) {
        orr_table_column(&t, i, cells[i].name, i < 3 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
        orr_table_set_number(&t, 0, i, cells[i].x);
    }
    orr_table_column(&t, 8, "state", ORR_CELL_TEXT);
    orr_table_set_text(&t, 0, 8, st->diverged ? "diverged" : s ? "stopped" : "finished");
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    free(done.validation);
    return s ? ORR_EXIT_INTERRUPTED : ORR_EXIT_OK;
}

static const struct orr_option train_options[] = {
    {"model", 'm', ORR_OPT_CHOICE, "pico|n|s|m", "pico", "network: 0.45, 1.8, 7 or 21 million parameters", 0, 0},
    {"size", 0, ORR_OPT_INT, "PIXELS", "256", "side of the images that it looks at, a multiple of 32", 32, 1280},
    {"epochs", 'e', ORR_OPT_INT, "N", "20", "passes over the images", 1, 10000},
    {"minutes", 0, ORR_OPT_NUMBER, "X", "0",
     "instead: as many epochs as fit into X minutes of processor time by that of the first; which they are depends on "
     "the machine",
     0, 1e5},
    {"batch", 'b', ORR_OPT_INT, "N", "16", "images per step", 1, 1024},
    {"optim", 'o', ORR_OPT_CHOICE, "sgd|adamw", "sgd", "SGD with Nesterov momentum .937, or AdamW", 0, 0},
    {"lr", 0, ORR_OPT_NUMBER, "X", "0.01", "learning rate; falls linearly to a hundredth", 1e-9, 10},
    {"warmup", 0, ORR_OPT_NUMBER, "EPOCHS", "3", "over which learning rate and momentum rise", 0, 1000},
    {"class-gain", 0, ORR_OPT_NUMBER, "X", "0.3",
     "weight of the classes' loss beside .05 of the boxes'; 0: .5 classes / 80, as published for long trainings", 0,
     100},
    {"mosaic", 0, ORR_OPT_NUMBER, "SHARE", "1", "of images put together from four, but in the last tenth of the epochs",
     0, 1},
    {"lamps", 0, ORR_OPT_NUMBER, "SHARE", "0",
     "of images seen under another lamp: hues turned by any angle, channels up to a quarter stronger or weaker", 0, 1},
    {"keep-anchors", 0, ORR_OPT_FLAG, NULL, NULL, "COCO's anchors, instead of k-means of the boxes", 0, 0},
    {"start", 0, ORR_OPT_FILE, "FILE", NULL,
     "weights to begin with: safetensors or an ONNX export of YOLOv5 of as many classes", 0, 0},
    {"seed", 's', ORR_OPT_INT, "N", "1", "seed of weights, order and augmentation", 0, 1e15},
    {"checkpoint", 0, ORR_OPT_FILE, "FILE", NULL, "saved after every epoch; gone on from when it exists", 0, 0},
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "weights for use, with batch norm folded in, as half precision", 0, 0},
    {"check-every", 0, ORR_OPT_INT, "EPOCHS", "1", "epochs between looks at the validation images; 0: at the end alone",
     0, 10000},
    {"threads", 't', ORR_OPT_INT, "N", "0", "of those looks; training itself takes one. 0: one per core", 0, 64},
    {"name", 0, ORR_OPT_TEXT, "TEXT", NULL, "name of the run", 0, 0},
    {0},
};

const struct orr_verb orr_verb_detect_train = {
    .name = "detect train",
    .summary = "train a detector of objects and record it as a run",
    .operands = "[DATA]",
    .details = "Trains a YOLOv5 network (v6; `pico` is ours, a narrower one) from scratch, with mosaic, changes of "
               "colour and scale, mirroring, and a running mean "
               "of the weights, which is what is kept. DATA: " DATA_HELP
               ". The default is drawn:easy. Without N there are 3000 scenes to train on, and 400 of the "
               "same styles to validate on. The same seed gives the same weights (--minutes aside). The run has "
               "train/box_loss, train/object_loss, train/class_loss, val/map50, val/map50_95, val/precision, "
               "val/recall by epoch. "
               "Ctrl-C stops at the last whole epoch; with --checkpoint the same command goes on.",
    .examples =
        "orrery detect train drawn:easy --model pico --epochs 30 --checkpoint pico.ckpt --out pico.safetensors\n"
        "orrery detect train drawn:easy:200 --model pico --size 128 --epochs 3",
    .options = train_options,
    .writes_store = true,
    .run = detect_train,
};

/* ---- test ---- */

static enum orr_status test(const struct orr_args *a, struct orr_io *io, struct orr_detector **d,
                            struct orr_scores *scores, struct orr_detect_data *data, struct orr_error *err)
{
    struct orr_score score = {0};
    const char *of = a->n_operands ? a->operand[0] : "drawn:easy";
    const enum orr_detect_part part =
        !strcmp(orr_args_text(a, "part"), "validation") ? ORR_DETECT_VALIDATION : ORR_DETECT_TEST;
    enum orr_status s = orr_detector_open(orr_args_text(a, "weights"), (int)orr_args_int(a, "size"),
                                          (int)orr_args_int(a, "threads"), d, err);
    if (!s) s = orr_detect_data_load(of, part, orr_detector_size(*d), &io->ticker, data, err);
    if (!s && data->classes != orr_detector_net(*d)->classes)
        s = orr_error_set(err, ORR_EINVAL, of, "has %d classes, the network %d", data->classes,
                          orr_detector_net(*d)->classes);
    if (!s) s = orr_detect_test(*d, &data->set, &io->ticker, &score, scores, err);
    if (!s) say_remark(data, io);
    if (!s && orr_args_flag(a, "interval")) {
        double map50[2], map[2];
        orr_detect_intervals(&score, 500, 1, map50, map);
        orr_io_say(io, "bootstrap over images, 95 %%: map50 %.3f to %.3f, map50_95 %.3f to %.3f", map50[0], map50[1],
                   map[0], map[1]);
    }
    orr_score_free(&score);
    return s;
}

/* What the table has no column for. */
static void say_summary(const struct orr_scores *scores, struct orr_io *io)
{
    static const char *const sizes[] = {"small", "medium", "large"};
    struct orr_str line = {0};
    orr_str_printf(&line,
                   "%zu image%s, %zu object%s; precision and recall at confidence %.3f, where F1 is highest; ap by size of the "
                   "box: ",
                   scores->images, scores->images == 1 ? "" : "s", scores->objects, scores->objects == 1 ? "" : "s",
                   scores->confidence);
    for (int k = 0; k < 3; k++) {
        orr_str_printf(&line, "%s%s ", k ? ", " : "", sizes[k]);
        if (isnan(scores->ap_size[k]))
            orr_str_printf(&line, "none");
        else
            orr_str_printf(&line, "%.3f", scores->ap_size[k]);
    }
    orr_io_say(io, "%s", orr_str_c(&line));
    orr_str_free(&line);
}

static int detect_test(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_error err;
    struct orr_detector *d = NULL;
    struct orr_detect_data data = {0};
    struct orr_scores *scores = orr_xcalloc(1, sizeof *scores);
    struct orr_table t = {0};
    const enum orr_status s = test(args, io, &d, scores, &data, &err);
    if (!s) {
        const char *show = orr_args_text(args, "show");
        if (!strcmp(show, "classes"))
            orr_detect_class_table(scores, orr_detector_net(d), &t);
        else
            orr_detect_matrix_table(scores, orr_detector_net(d), !strcmp(show, "matrix-shares"), &t);
        orr_cli_print_table(io, args, &t);
        say_summary(scores, io);
    }
    orr_table_free(&t);
    orr_detector_close(d);
    orr_detect_data_free(&data);
    free(scores);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static const struct orr_option test_options[] = {
    {"weights", 'w', ORR_OPT_TEXT, "FILE", NULL,
     "pico or n (shipped; trained on drawn litter), or a file: safetensors or an ONNX export of YOLOv5 (otherwise n where it "
     "ships, else pico)",
     0, 0},
    {"part", 0, ORR_OPT_CHOICE, "test|validation", "test",
     "of the data: drawn ones are tested on styles that were never trained on", 0, 0},
    {"size", 0, ORR_OPT_INT, "PIXELS", "0", "side of the images that it looks at; 0: as trained", 0, 4096},
    {"threads", 't', ORR_OPT_INT, "N", "0", "0: one per core", 0, 64},
    {"show", 0, ORR_OPT_CHOICE, "classes|matrix|matrix-shares", "classes",
     "scores by class, or who was taken for whom: counts, or shares of the true class", 0, 0},
    {"interval", 0, ORR_OPT_FLAG, NULL, NULL, "bootstrap intervals over images, on standard error", 0, 0},
    {0},
};

const struct orr_verb orr_verb_detect_test = {
    .name = "detect test",
    .summary = "score a detector on images with known objects",
    .operands = "[DATA]",
    .details =
        "Average precision as COCO defines it (101 recalls; ap50 at IoU .5, ap the mean over .5, .55, ..., .95), "
        "precision and recall at the confidence where the mean "
        "F1 is highest, and the confusion matrix with background, at confidence .25 and IoU .45. DATA: " DATA_HELP
        "; N counts scenes to train on, and a test has an eighth as many, 400 at most.",
    .examples = "orrery detect test drawn:easy --weights pico\n"
                "orrery detect test drawn:easy --show matrix-shares\n"
                "orrery detect test photos/ --weights mine.safetensors --json",
    .options = test_options,
    .run = detect_test,
};
