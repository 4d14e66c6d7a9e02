/* orrery lab sweep: hundreds of training runs from one specification. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/sweep.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

static int lab_sweep(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_sweep_options o = {.threads = (int)orr_args_int(args, "threads"),
                                  .most_seconds = orr_args_number(args, "most-seconds")};
    struct orr_sweep *sweep = NULL;
    struct orr_sweep_result r = {0};
    struct orr_error err = {0};
    orr_shards_part(app->shards, &o.shard, &o.shards);
    enum orr_status s = orr_sweep_read(args->operand[0], &sweep, &err);
    if (!s) s = orr_app_sweep(app, sweep, &o, &io->ticker, &r, &err);
    orr_sweep_free(sweep);
    if (s && s != ORR_ECANCELLED) return orr_cli_fail(io, args->verb, &err);
    if (r.failed) orr_io_say(io, "%zu runs could not be trained; the last: %s: %s", r.failed, err.where, err.message);
    static const char *const names[] = {"runs", "already_stored", "finished", "diverged", "failed", "left", "seconds"};
    const double cells[] = {(double)r.runs,     (double)r.done_before, (double)r.finished, (double)r.diverged,
                            (double)r.failed, (double)r.left,        r.seconds};
    struct orr_table t = {0};
    orr_table_init(&t, 1, 7);
    for (size_t i = 0; i < 7; i++) {
        orr_table_column(&t, i, names[i], i < 6 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
        orr_table_set_number(&t, 0, i, cells[i]);
    }
    struct orr_str out = {0};
    orr_table_print(&t, orr_args_format(args), io->width, &out);
    fputs(orr_str_c(&out), io->out);
    orr_str_free(&out);
    orr_table_free(&t);
    return s ? ORR_EXIT_INTERRUPTED : r.failed ? ORR_EXIT_PARTIAL : r.left ? ORR_EXIT_RETRY : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"threads", 't', ORR_OPT_INT, "N", "0", "runs trained side by side; 0: one per core", 0, 256},
    ORR_SHARD_OPTIONS,
    {"most-seconds", 0, ORR_OPT_NUMBER, "S", "0", "begin no run after S seconds; the same command goes on later", 0, 1e9},
    {0},
};

const struct orr_verb orr_verb_lab_sweep = {
    .name = "lab sweep",
    .summary = "train hundreds of networks from one specification",
    .operands = "SPEC.json",
    .details =
        "The specification names data, architectures and ranges of settings; every run's settings and seed follow from it and "
        "the run's number alone, so that shards, threads and interruptions do not change results. Runs that the store "
        "already holds are skipped: the same command goes on where it was stopped, even by kill -9.\n\n"
        "{\"name\": \"mlp-tabular\", \"runs\": 400, \"seed\": 1, \"data\": [\"iris\", \"wine\"], \"epochs\": 100,\n"
        " \"arch\": {\"mlp\": {\"layers\": [1, 5], \"units\": [16, 1024], \"dropout\": [0, 0.5]}},\n"
        " \"optim\": \"adam\", \"lr\": {\"log\": [1e-4, 1e-1]}, \"batch\": {\"log_int\": [16, 512]}}\n\n"
        "A value is a constant, a list to choose from, or a range: uniform, log, int, log_int; a number may "
        "have one for each optimiser, {\"sgd\": ..., \"adam\": ...}. \"seeds\": k runs every setting with k seeds, "
        "0 gives every run its own.\n\n"
        "\"jump\": [\"none\", \"linear\", \"flow\"], \"jump_at\": \"20%\" runs every setting and seed with each of these "
        "jump-starts (see orrery lab train --jump), so that the runs are paired; runs counts them all. \"jump_horizon\": 0.3 looks "
        "so far ahead (otherwise to the end).",
    .examples = "orrery lab sweep datasets/sweeps/mlp-tabular.json",
    .options = options,
    .writes_store = true,
    .run = lab_sweep,
};
