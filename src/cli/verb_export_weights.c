/* orrery export weights: a chart of weight forecasts as a picture or a table. */
#include "cli/weights_args.h"

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_cli_weights_picture p = {.picture = {0}};
    struct orr_error err;
    const char *path = orr_args_text(args, "out");
    const enum orr_weights_chart chart = orr_cli_weights_chart(orr_args_text(args, "chart"));
    enum orr_status s = path ? orr_cli_weights_picture(app, args, chart, &io->ticker, &p, &err)
                             : orr_error_set(&err, ORR_EINVAL, NULL, "needs --out FILE");
    if (!s) s = orr_weights_figure(&p.picture, chart, path, &io->ticker, &err);
    orr_cli_weights_picture_free(&p);
    if (s) return orr_cli_fail(io, args->verb, &err);
    orr_cli_say_written(args, io, path);
    return ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "file to write: .png .svg .pdf, or .csv .json .md .txt", 0, 0},
    {"chart", 'c', ORR_OPT_CHOICE, "trajectories|plane|histogram|error", "trajectories", "what to draw", 0, 0},
    ORR_WEIGHTS_OPTIONS,
    ORR_WEIGHTS_CHART_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_export_weights = {
    .name = "export weights",
    .summary = "write a chart of weight forecasts into a picture or a table",
    .operands = "RUN|FOLDER",
    .details = "What the Weights view shows, into a file whose extension says the kind. trajectories: single weights "
               "with their forecast "
               "and its 90% interval. plane: the path in its principal plane, with the velocity field of flow as "
               "arrows; each arrow is the "
               "field at the time when the forecast comes nearest to it. histogram: weights now, forecast and true. "
               "error: mean absolute "
               "error against the step. Pictures are drawn by gnuplot. Charts of large networks show a sample of 4,096 "
               "weights or more.",
    .examples = "orrery export weights 3 --observe 20% --out trajectories.png\n"
                "orrery export weights 3 --observe 20% --chart plane --overlay --out plane.svg\n"
                "orrery export weights 3 --observe 20% --chart error --overlay --out error.csv",
    .options = options,
    .run = run,
};
