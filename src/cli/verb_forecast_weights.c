/* orrery forecast weights: where the weights of a run will be. */
#include <langinfo.h>
#include <string.h>
#include <sys/stat.h>

#include "app/weights.h"
#include "cli/args.h"
#include "cli/weights_args.h"
#include "tui/weights_chart.h"

enum { WIDTH = 100, HEIGHT = 24 };

static enum orr_status forecast(struct orr_app *app, const struct orr_args *args, const struct orr_weights_query *q,
                                const struct orr_ticker *ticker, struct orr_weights_forecasts *f, struct orr_error *err)
{
    struct stat st;
    if (args->n_operands != 1)
        return orr_error_set(err, ORR_EINVAL, NULL, "name one run with snapshots, or a folder of checkpoints");
    if (stat(args->operand[0], &st) == 0 && S_ISDIR(st.st_mode) && !q->learn)
        return orr_weights_run_folder(args->operand[0], q, ticker, f, err);
    struct orr_store *opened = NULL;
    int64_t run;
    enum orr_status s = app->store ? ORR_OK : orr_store_open(app->store_path, ORR_STORE_READ, &opened, err);
    struct orr_store *store = app->store ? app->store : opened;
    if (!s) s = orr_store_run_find(store, args->operand[0], &run, err);
    if (!s) s = orr_weights_run(store, run, q, ticker, f, err);
    orr_store_close(opened);
    return s;
}

/* A chart of text, as the workbench draws it. */
static int plot(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_cli_weights_picture p = {.picture = {0}};
    struct orr_error err;
    const enum orr_weights_chart chart = orr_cli_weights_chart(orr_args_text(args, "plot"));
    enum orr_status s = orr_cli_weights_picture(app, args, chart, &io->ticker, &p, &err);
    const char *empty = s ? NULL : orr_weights_chart_empty(&p.picture, chart);
    if (empty) s = orr_error_set(&err, ORR_EINVAL, orr_args_text(args, "plot"), "%s", empty);
    if (!s) {
        struct orr_canvas c;
        struct orr_str text = {0};
        const struct orr_weights_look look = {.log_y = orr_args_flag(args, "log-y"), .fan = true};
        const int64_t height = orr_args_int(args, "height");
        orr_canvas_init(&c, io->width > 0 && io->width < WIDTH ? io->width : WIDTH, height ? (int)height : HEIGHT);
        c.glyphs = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? ORR_GLYPHS_BRAILLE : ORR_GLYPHS_ASCII;
        orr_weights_chart_draw(&c, (struct orr_rect){0, 0, c.width, c.height}, &p.picture, chart, &look);
        orr_canvas_dump(&c, false, &text);
        fprintf(io->out, "%s\n", orr_str_c(&text));
        orr_str_free(&text);
        orr_canvas_free(&c);
    }
    orr_cli_weights_picture_free(&p);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static int forecast_weights(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_weights_query q = {
        .method = orr_args_text(args, "method"),
        .model = orr_args_text(args, "model"),
        .learn = orr_args_text(args, "learn"),
        .to = orr_args_int(args, "to"),
        .coordinates = (size_t)orr_args_int(args, "coordinates"),
        .solver = orr_args_text(args, "solver"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .out = orr_args_text(args, "out"),
    };
    struct orr_weights_forecasts f = {0};
    struct orr_error err;
    struct orr_str text = {0};
    if (orr_args_text(args, "plot")) return plot(app, args, io);
    enum orr_status s = orr_args_observe(args, "snapshots", &q.observe, &q.observe_share, &err);
    if (!s) s = forecast(app, args, &q, &io->ticker, &f, &err);
    const bool some = !s || (s == ORR_ECANCELLED && f.n_tensors > 0); /* what was done is not lost */
    if (some && orr_args_format(args) == ORR_TABLE_JSON) {
        orr_weights_json(&f, &text);
    } else if (some) {
        struct orr_table t = {0};
        orr_weights_table(&f, &t);
        orr_table_print(&t, orr_args_format(args), io->width, &text);
        orr_table_free(&t);
    }
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    if (!s) orr_io_say(io, "%zu weights of %zu tensors in %.2f s", f.run.weights, f.n_tensors, f.seconds);
    else if (some) orr_io_say(io, "stopped after %zu of %zu tensors", f.n_tensors, f.run.n_tensors);
    orr_str_free(&text);
    orr_weights_forecasts_free(&f);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    ORR_WEIGHTS_OPTIONS,
    {"coordinates", 'c', ORR_OPT_INT, "N", "3", "weights per tensor to print with their intervals (JSON)", 0, ORR_WEIGHTS_SHOWN},
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "write the weights at the last horizon as safetensors", 0, 0},
    {"plot", 0, ORR_OPT_CHOICE, "trajectories|plane|histogram|error", NULL, "draw a chart of text instead of the table", 0, 0},
    {"height", 0, ORR_OPT_INT, "N", "24", "rows of a chart", 3, 500},
    {"log-y", 0, ORR_OPT_FLAG, NULL, NULL, "chart of errors: logarithmic", 0, 0},
    ORR_WEIGHTS_CHART_OPTIONS,
    {0},
};
const struct orr_verb orr_verb_forecast_weights = {
    .name = "forecast weights",
    .summary = "forecast the weights of a network in training from its first snapshots",
    .operands = "RUN|FOLDER",
    .details =
        "The operand is a run of the store with snapshots of weights (orrery lab train --weights every:epoch, or imported "
        "checkpoints), or a folder of .safetensors, .npy or .npz files whose names hold the step. Prints one row per tensor: "
        "norm and half width of the 90% interval at the last horizon and, where later snapshots were recorded, mean absolute "
        "and root mean square error against them. --json adds every horizon and some single weights.\n\n"
        "flow integrates a learned velocity field; farcast maps four of the observed weights; flow-loss goes where the loss of the "
        "network is low rather than where training will come to, and has no interval. All three come fitted on the "
        "lab's sweeps (datasets/models); recorded moments of the optimiser are used. Other learned methods need --learn or --model. Weights are read in blocks, twice, so "
        "that memory does not grow with the network; safetensors are read where they lie.\n\n"
        "--plot draws what the Weights view shows: trajectories of single weights with their intervals, the path in its principal "
        "plane with the velocity field of flow, the distribution of weights, the error against the step. Charts of large networks "
        "show a sample of 4,096 weights or more.",
    .examples = "orrery forecast weights --method farcast --observe 20% 3\n"
                "orrery forecast weights --method flow --to 100 checkpoints/ --out final.safetensors\n"
                "orrery forecast weights 3 --observe 20% --plot plane",
    .options = options,
    .run = forecast_weights,
};
