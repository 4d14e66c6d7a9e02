/* orrery export detect: scores of a detector as a picture or a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/detect_figure.h"
#include "app/export.h"
#include "base/mem.h"
#include "cli/verbs.h"

static enum orr_status write(const struct orr_args *a, const char *of, const struct orr_detector *d,
                             const struct orr_scores *s, const struct orr_ticker *ticker, struct orr_error *err)
{
    const char *chart = orr_args_text(a, "chart"), *path = orr_args_text(a, "out");
    const bool shares = !strcmp(chart, "matrix-shares"), drawn = !strncmp(of, "drawn", 5);
    char title[160];
    snprintf(title, sizeof title, "%.60s on %.60s%s", orr_detector_name(d), of, drawn ? " (synthetic)" : "");
    if (strcmp(chart, "classes") != 0)
        return orr_detect_figure(s, orr_detector_net(d),
                                 !strcmp(chart, "curves") ? ORR_DETECT_CURVES : ORR_DETECT_MATRIX, shares, title, path,
                                 ticker, err);
    struct orr_table t = {0};
    orr_detect_class_table(s, orr_detector_net(d), &t);
    const enum orr_status status = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return status;
}

static int run(struct orr_app *app, const struct orr_args *a, struct orr_io *io)
{
    (void)app;
    struct orr_error err;
    struct orr_detector *d = NULL;
    struct orr_detect_data data = {0};
    struct orr_score score = {0};
    struct orr_scores *scores = orr_xcalloc(1, sizeof *scores);
    const char *of = a->n_operands ? a->operand[0] : "drawn:easy", *path = orr_args_text(a, "out");
    const enum orr_detect_part part =
        !strcmp(orr_args_text(a, "part"), "validation") ? ORR_DETECT_VALIDATION : ORR_DETECT_TEST;
    enum orr_status s = path ? ORR_OK : orr_error_set(&err, ORR_EINVAL, NULL, "needs --out FILE");
    if (!s) s = orr_detector_open(orr_args_text(a, "weights"), 0, 0, &d, &err);
    if (!s) s = orr_detect_data_load(of, part, orr_detector_size(d), &io->ticker, &data, &err);
    if (!s && data.classes != orr_detector_net(d)->classes)
        s = orr_error_set(&err, ORR_EINVAL, of, "has %d classes, the network %d", data.classes,
                          orr_detector_net(d)->classes);
    if (!s) s = orr_detect_test(d, &data.set, &io->ticker, &score, scores, &err);
    if (!s) s = write(a, of, d, scores, &io->ticker, &err);
    orr_score_free(&score);
    orr_detect_data_free(&data);
    orr_detector_close(d);
    free(scores);
    if (s) return orr_cli_fail(io, a->verb, &err);
    orr_cli_say_written(a, io, path);
    return ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "file to write: .png .svg .pdf, or .csv .json .md .txt", 0, 0},
    {"chart", 'c', ORR_OPT_CHOICE, "curves|matrix|matrix-shares|classes", "curves",
     "precision and recall; who was taken for whom, in counts or shares of the true class; scores by class (a table)",
     0, 0},
    {"weights", 'w', ORR_OPT_TEXT, "FILE", NULL,
     "pico or n (shipped; otherwise n where it ships, else pico), or a file: safetensors or an ONNX export of YOLOv5",
     0, 0},
    {"part", 0, ORR_OPT_CHOICE, "test|validation", "test",
     "of the data: drawn ones are tested on styles that were never trained on", 0, 0},
    {0},
};

const struct orr_verb orr_verb_export_detect = {
    .name = "export detect",
    .summary = "write the scores of a detector into a picture or a table",
    .operands = "[DATA]",
    .details = "What the Detect view shows beside its pictures, into a file whose extension says the kind. curves: the "
               "envelope of precision by "
               "recall, and precision, recall and F1 by confidence, means over classes at IoU .5. matrix: what was "
               "said against what is there, with "
               "background, at confidence .25 and IoU .45. Pictures are drawn by gnuplot. DATA as `orrery detect test` "
               "takes it.",
    .examples = "orrery export detect drawn:easy --weights pico --out curves.png\n"
                "orrery export detect drawn:easy --chart matrix-shares --out matrix.svg\n"
                "orrery export detect photos/ --weights mine.safetensors --chart classes --out scores.csv",
    .options = options,
    .run = run,
};
