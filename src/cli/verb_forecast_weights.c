/* orrery forecast weights: where the weights of a run will be. */
#include <string.h>
#include <sys/stat.h>

#include "app/weights.h"
#include "base/number.h"
#include "cli/verbs.h"

static enum orr_status set_observe(const char *text, struct orr_weights_query *q, struct orr_error *err)
{
    if (!text) return ORR_OK;
    const size_t n = strlen(text);
    double x;
    int64_t k;
    if (n && text[n - 1] == '%' && orr_parse_double(text, n - 1, &x) && x > 0 && x <= 100)
        q->observe_share = x / 100;
    else if (orr_parse_int64(text, n, &k) && k > 0)
        q->observe = (size_t)k;
    else
        return orr_error_set(err, ORR_EINVAL, "--observe", "'%s' is neither a number of snapshots nor a share like 20%%", text);
    return ORR_OK;
}

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
    enum orr_status s = set_observe(orr_args_text(args, "observe"), &q, &err);
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
    {"method", 'm', ORR_OPT_CHOICE,
     "flow|farcast|persistence|linear|quadratic|dmd|dlinear|nlinear|lstm|transformer|introspection|wnn", "flow",
     "how to forecast", 0, 0},
    {"observe", 'o', ORR_OPT_TEXT, "N|P%", NULL,
     "only the first N snapshots, or those of the first P percent of the steps", 0, 0},
    {"to", 't', ORR_OPT_INT, "STEP", NULL, "forecast up to this step (otherwise the last recorded one, or twice it)", 1, 1e15},
    {"model", 0, ORR_OPT_FILE, "FILE", NULL, "a fitted model (otherwise the shipped one)", 0, 0},
    {"learn", 0, ORR_OPT_TEXT, "GROUP", NULL, "fit the method on the other runs of this group instead", 0, 0},
    {"coordinates", 'c', ORR_OPT_INT, "N", "3", "weights per tensor to print with their intervals (JSON)", 0, ORR_WEIGHTS_SHOWN},
    {"solver", 0, ORR_OPT_CHOICE, "euler|rk4|dopri5", NULL, "flow: how the field is integrated", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of a fit", 0, 1e15},
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "write the weights at the last horizon as safetensors", 0, 0},
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
        "flow integrates a learned velocity field; farcast maps the first and the last observed weight; both come fitted on the "
        "lab's sweeps (datasets/models). Other learned methods need --learn or --model. Weights are read in blocks, twice, so "
        "that memory does not grow with the network.",
    .examples = "orrery forecast weights --method farcast --observe 20% 3\n"
                "orrery forecast weights --method flow --to 100 checkpoints/ --out final.safetensors",
    .options = options,
    .run = forecast_weights,
};
